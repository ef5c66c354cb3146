# Copyright (c) 2026 evergreen.os_migration contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The simulated AWS: moto's server in this process, with a line in the journal for every call."""

from __future__ import annotations

import importlib
import io
import json
import logging
import re
import threading
from collections.abc import Callable, Iterable
from typing import Any
from urllib.parse import parse_qs

from ..core.clock import Clock
from ..core.journal import Journal

_SCOPE = re.compile(r"Credential=([^/]+)/[^/]+/[^/]+/([^/]+)/")
_CODE = re.compile(rb'<Code>([^<]+)</Code>|"__type"\s*:\s*"(?:[^"#]*#)?([^"]+)"')
_IDS = re.compile(rb"\b(?:i|vol|snap|import-ami|replacetask)-[0-9a-f]{8,17}\b")
_REQUEST_LIMIT = 4 * 1024 * 1024

Application = Callable[[dict[str, Any], Callable[..., Any]], Iterable[bytes]]


class AwsMissing(Exception):
    """moto's server is not installed."""


def _with_journal(application: Application, journal: Journal, clock: Clock) -> Application:
    def journaled(environ: dict[str, Any], start_response: Callable[..., Any]) -> Iterable[bytes]:
        request = environ["wsgi.input"].read(min(int(environ.get("CONTENT_LENGTH") or 0), _REQUEST_LIMIT))
        environ["wsgi.input"] = io.BytesIO(request)
        status, answer = _run(application, environ, start_response)
        scope = _SCOPE.search(environ.get("HTTP_AUTHORIZATION", "")) or {1: None, 2: "unknown"}
        code = _CODE.search(answer) if status >= 400 else None
        journal.write(
            ts=clock.now(),
            service=str(scope[2]),
            action=_action(environ, request),
            resources=[found.decode() for found in _IDS.findall(request + b" " + answer)],
            status=status,
            code=(code[1] or code[2]).decode() if code else None,
            access_key=scope[1],
        )
        return [answer]

    return journaled


def _run(application: Application, environ: dict[str, Any], start_response: Callable[..., Any]) -> tuple[int, bytes]:
    """The application's status and whole answer; what moto has not implemented is a 501."""
    seen: list[str] = []

    def start(status: str, *args: Any, **kwargs: Any) -> Any:
        seen.append(status)
        return start_response(status, *args, **kwargs)

    try:
        answer = b"".join(application(environ, start))
    except NotImplementedError as error:
        answer = json.dumps({"__type": "NotImplemented", "message": str(error)}).encode()
        start("501 Not Implemented", [("Content-Type", "application/json"), ("Content-Length", str(len(answer)))])
    return int(seen[0].split()[0]), answer


def _action(environ: dict[str, Any], request: bytes) -> str:
    """From the target header of the JSON services, or from the form of the query services."""
    target = environ.get("HTTP_X_AMZ_TARGET", "")
    if target:
        return str(target).rpartition(".")[2]
    form = parse_qs(request.decode("utf-8", "replace"))
    return form.get("Action", [f"{environ['REQUEST_METHOD']} {environ['PATH_INFO']}"])[0]


def start(port: int, journal: Journal, clock: Clock) -> str:
    """Serve moto on 127.0.0.1 and return the URL."""
    try:
        moto, serving = importlib.import_module("moto.server"), importlib.import_module("werkzeug.serving")
    except ImportError:
        raise AwsMissing("the simulated AWS needs the Python package 'moto[server]'") from None
    logging.getLogger("werkzeug").setLevel(logging.ERROR)  # the journal is the log
    application = _with_journal(moto.DomainDispatcherApplication(moto.create_backend_app), journal, clock)
    server = serving.make_server("127.0.0.1", port, application, threaded=True)
    threading.Thread(target=server.serve_forever, daemon=True, name="aws").start()
    return f"http://127.0.0.1:{server.server_port}"
