# Copyright (c) 2026 evergreen.os_migration contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A recording behind an endpoint: it answers what was asked then in the order of then, and the last answer for ever."""

from __future__ import annotations

import json
import threading
import time
from collections import defaultdict, deque
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from cloudsim.core.server import Reply, Request

from .redact import SIGNING

#: In what pages a list is asked for says nothing of what is asked.
_PAGES = frozenset(("MaxResults", "PageSize"))


class Replay:
    """Answers from a recording; requests are not signed for it."""

    def __init__(self, file: Path) -> None:
        self.lines: list[dict[str, Any]] = [json.loads(line) for line in file.read_text("utf-8").splitlines()]
        self._answers: dict[str, deque[dict[str, Any]]] = defaultdict(deque)
        for line in self.lines:
            self._answers[_key(line["parameters"])].append(line)
        self._serving = threading.Lock()

    def handle(self, request: Request) -> Reply:
        """Answer with what was answered then."""
        with self._serving:
            known = self._answers.get(_key(request.parameters))
            if not known:
                return Reply(404, json.dumps(_not_recorded(request)).encode())
            line = known.popleft() if len(known) > 1 else known[0]
        return Reply(line["status"], json.dumps(line["answer"]).encode())

    def date(self) -> float:
        """A recording has no clock."""
        return time.time()


def _not_recorded(request: Request) -> dict[str, str]:
    message = f"This was not asked when the conversation was recorded: {_key(request.parameters)}"
    return {"Code": "NotRecorded", "Message": message}


def _key(parameters: Mapping[str, str]) -> str:
    """Return what a call asks; the order of a list says nothing, since other ids sort otherwise."""
    asked = {
        name: _unordered(value)
        for name, value in sorted(parameters.items())
        if name not in _PAGES and not SIGNING.match(name)
    }
    return json.dumps(asked)


def _unordered(value: str) -> str:
    return json.dumps(sorted(json.loads(value))) if value.startswith('["') else value
