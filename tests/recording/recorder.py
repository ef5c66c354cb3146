# Copyright (c) 2026 evergreen.os_migration contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""An endpoint that passes every call on to the cloud and writes down what was said, redacted."""

from __future__ import annotations

import json
import threading
import time
import urllib.error
import urllib.request
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

from ansible_collections.evergreen.os_migration.plugins.module_utils._clouds.alicloud.rpc import VERSIONS, default_url
from cloudsim.core.effects import ConnectionCut
from cloudsim.core.server import Reply, Request

from .redact import Redactor

#: Headers that belong to the connection, not to the call.
_OWN = {"host", "content-length", "connection", "accept-encoding", "proxy-connection"}
_TIMEOUT = 60.0
_SERVICES = {version: service for service, version in VERSIONS.items()}


class Recorder:
    """Behind an endpoint of the product: ``upstream`` is the cloud's URL, by default that of each service."""

    def __init__(self, file: Path, redactor: Redactor, upstream: str = "") -> None:
        self._file, self._redactor, self._upstream = file, redactor, upstream
        self._writing = threading.Lock()
        self.calls = 0

    def handle(self, request: Request) -> Reply:
        """Pass a call on and write it down; what the client gets is untouched."""
        said = request.parameters
        service = _SERVICES.get(said.get("Version", ""), "")
        url = self._upstream or default_url(service, said.get("RegionId", ""))
        reply = self._passed_on(f"{url}{request.path}?{urlencode(request.query)}", request)
        self._write(service, said, reply)
        return reply

    def date(self) -> float:
        """This machine's clock is what the client hears."""
        return time.time()

    def _passed_on(self, url: str, request: Request) -> Reply:
        headers = {name: value for name, value in request.headers.items() if name.lower() not in _OWN}  # type: ignore[attr-defined]
        asked = urllib.request.Request(url, request.body or None, headers, method=request.method)
        try:
            with urllib.request.urlopen(asked, timeout=_TIMEOUT) as answer:
                return Reply(answer.status, answer.read(), answer.headers.get("Content-Type", ""))
        except urllib.error.HTTPError as refusal:
            return Reply(refusal.code, refusal.read(), refusal.headers.get("Content-Type", ""))
        except OSError:
            raise ConnectionCut from None

    def _write(self, service: str, said: dict[str, str], reply: Reply) -> None:
        try:
            answer = json.loads(reply.body)
        except ValueError:
            answer = None  # a page of somebody on the way: that it came is kept, not what it said
        line: dict[str, Any] = {
            "service": service,
            "action": said.get("Action", ""),
            "parameters": self._redactor.parameters(said),
            "status": reply.status,
            "answer": self._redactor.answer(answer),
        }
        with self._writing, self._file.open("a", encoding="utf-8") as out:
            out.write(self._redactor.checked(json.dumps(line, ensure_ascii=False)) + "\n")
            self.calls += 1
