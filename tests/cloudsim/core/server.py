# Copyright (c) 2026 evergreen.os_migration contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""HTTP on 127.0.0.1: a thread per connection, keep-alive, one endpoint for every service."""

from __future__ import annotations

import contextlib
import socket
import sys
import threading
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from email.utils import formatdate
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any, Protocol
from urllib.parse import parse_qsl, urlsplit

from .effects import ConnectionCut

BODY_LIMIT = 4 * 1024 * 1024
JSON, HTML = "application/json;charset=utf-8", "text/html"


class Headers(Protocol):
    """Headers by names in lower case, however they were sent."""

    def get(self, name: str, default: str, /) -> str: ...


@dataclass(frozen=True)
class Request:
    """One request."""

    method: str
    query: Mapping[str, str] = field(default_factory=dict)
    form: Mapping[str, str] = field(default_factory=dict)
    path: str = "/"
    headers: Headers = field(default_factory=dict[str, str])
    body: bytes = b""
    abandoned: Callable[[], bool] = lambda: False

    @property
    def parameters(self) -> dict[str, str]:
        return {**self.query, **self.form}


@dataclass(frozen=True)
class Reply:
    status: int
    body: bytes
    content_type: str = JSON


class Service(Protocol):
    """A cloud behind an endpoint."""

    def handle(self, request: Request) -> Reply:
        """Answer; ConnectionCut when the client is to get nothing."""

    def date(self) -> float:
        """The cloud's own clock, in seconds since 1970."""


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True
    wbufsize = -1  # head and body of an answer leave in one piece
    timeout = 120
    server: Server

    def do_POST(self) -> None:
        self._serve()

    def do_GET(self) -> None:
        self._serve()

    def _serve(self) -> None:
        try:
            reply = self.server.cloud.handle(self._request())
        except ConnectionCut:
            self.close_connection = True
            with contextlib.suppress(OSError):
                self.connection.shutdown(socket.SHUT_RDWR)
            return
        self._send(reply)

    def _request(self) -> Request:
        size = min(int(self.headers.get("Content-Length") or 0), BODY_LIMIT)
        body = self.rfile.read(size)
        target = urlsplit(self.path)
        return Request(
            self.command,
            dict(parse_qsl(target.query, keep_blank_values=True)),
            dict(parse_qsl(body.decode("utf-8", "replace"), keep_blank_values=True)),
            target.path,
            self.headers,
            body,
            self._abandoned,
        )

    def _abandoned(self) -> bool:
        """Whether the client has closed the connection."""
        try:
            return not self.connection.recv(1, socket.MSG_PEEK | socket.MSG_DONTWAIT)
        except BlockingIOError:
            return False
        except OSError:
            return True

    def _send(self, reply: Reply) -> None:
        self.send_response(reply.status)
        self.send_header("Content-Type", reply.content_type)
        self.send_header("Content-Length", str(len(reply.body)))
        self.end_headers()
        self.wfile.write(reply.body)
        self.wfile.flush()

    def date_time_string(self, timestamp: float | None = None) -> str:
        """The Date of an answer is the cloud's."""
        return formatdate(self.server.cloud.date() if timestamp is None else timestamp, usegmt=True)

    def log_message(self, *_args: Any) -> None:
        """The journal is the log."""


class Server(ThreadingHTTPServer):
    daemon_threads = True
    request_queue_size = 128

    def __init__(self, cloud: Service, port: int) -> None:
        super().__init__(("127.0.0.1", port), _Handler)
        self.cloud = cloud

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.server_address[1]}"

    def start(self) -> None:
        threading.Thread(target=self.serve_forever, kwargs={"poll_interval": 0.1}, daemon=True, name="http").start()

    def handle_error(self, request: Any, client_address: Any) -> None:
        """A client that goes away in the middle is nothing to report."""
        if not isinstance(sys.exc_info()[1], OSError):
            super().handle_error(request, client_address)
