# Copyright (c) 2026 evergreen.os_migration contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The public network of the simulated instances, as an HTTP proxy on 127.0.0.1.

A client that has it as its `http_proxy` asks an instance's public address for a page as it would ask a real one. What
it gets depends on the guest: whether it is up and nobody's work has it, whether a security group lets the port in,
which packages its scripts installed, which services run, and which files lie in its root. There is no PHP here: the one
application that is known, WordPress, is a page that says what the guest is.
"""

from __future__ import annotations

import html
import http.client
import socket
import sys
import threading
from collections.abc import Iterable
from dataclasses import dataclass
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from .state import Instance
from .world import World

NOBODY_ANSWERS = "Connection refused"
#: As WordPress says it when it cannot use its database, with status 500.
NO_DATABASE = "<h1>Error establishing a database connection</h1>"
_NAME_IN_CONFIG = "'DB_NAME', '"


@dataclass(frozen=True)
class Page:
    status: int
    body: str
    server: str = "proxy of the simulated network"


@dataclass(frozen=True)
class _Guest:
    """What the web server of a guest finds there."""

    root: Path
    system: str

    def has(self, *packages: str) -> bool:
        try:
            lines = (self.root / ".guest/packages").read_text("utf-8").split()
        except OSError:
            return False
        names = {line.rpartition(".")[0] for line in lines}
        return all(any(name == one or name.startswith(f"{one}-") for name in names) for one in packages)

    def runs(self, service: str) -> bool:
        """Whether somebody started it: what a package brings does not run by itself."""
        unit = self.root / ".guest/units" / service
        return unit.is_file() and unit.read_text("utf-8").strip() == "active"

    def page(self, path: str) -> Page:
        server = f"Apache ({self.system})"
        if path == "/wordpress" or path.startswith("/wordpress/"):
            return Page(*self._wordpress(), server)
        root = self.root / "var/www/html"
        file = (root / path.lstrip("/")).resolve()
        file = file / "index.html" if file.is_dir() else file
        if not file.is_file() or root.resolve() not in file.parents:
            return Page(404, "<h1>Not Found</h1>", server)
        return Page(200, file.read_text("utf-8", "replace"), server)

    def _wordpress(self) -> tuple[int, str]:
        config = self.root / "etc/wordpress/wp-config.php"
        if not self.has("wordpress", "php") or not config.is_file():
            return 404, "<h1>Not Found</h1>"
        name = config.read_text("utf-8", "replace").partition(_NAME_IN_CONFIG)[2].partition("'")[0]
        if not self.has("mariadb-server") or not self.runs("mariadb") or name not in self._databases():
            return 500, NO_DATABASE
        title = "WordPress &rsaquo; Installation"
        return 200, f"<html><head><title>{title}</title></head><body><h1>Welcome</h1>{html.escape(name)}</body></html>"

    def _databases(self) -> list[str]:
        file = self.root / ".guest/databases"
        return file.read_text("utf-8").split() if file.is_file() else []


class Network:
    """The public addresses of all accounts."""

    def __init__(self, worlds: Iterable[World], guests: Path) -> None:
        self._worlds = tuple(worlds)
        self._guests = guests

    def page(self, url: str) -> Page:
        """What a browser gets."""
        target = urlsplit(url)
        if target.scheme != "http" or not target.hostname:
            return Page(400, "Only http://ADDRESS/PATH is served here.")
        for world in self._worlds:
            with world.lock:
                now = world.now()
                instance = _at(world, target.hostname, now)
                if instance and instance.serves(now) and _let_in(world, instance, target.port or 80):
                    guest = _Guest(self._guests / instance.id, instance.system(now).os_name)
                    if (target.port or 80) == 80 and guest.has("httpd") and guest.runs("httpd"):
                        return guest.page(target.path or "/")
        return Page(502, NOBODY_ANSWERS)


def _at(world: World, address: str, now: float) -> Instance | None:
    instances = world.instances.values()
    return next((one for one in instances if one.public_address.at(now) == address and now < one.gone), None)


def _let_in(world: World, instance: Instance, port: int) -> bool:
    """Whether its security group, where it has one, lets in what comes for a port."""
    group = world.security_groups.get(instance.security_group)
    return group is None or any(low <= port <= high for low, high in group.ports)


class _Handler(BaseHTTPRequestHandler):
    server: Sites
    timeout = 120

    def do_GET(self) -> None:
        self._send(self.server.network.page(self.path))

    def do_POST(self) -> None:
        """The API's own endpoint: clients of clouds do not heed no_proxy."""
        target = urlsplit(self.path)
        if f"http://{target.netloc}" != self.server.endpoint:
            self._send(Page(502, NOBODY_ANSWERS))
            return
        body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
        connection = http.client.HTTPConnection(target.netloc, timeout=self.timeout)
        try:
            connection.request("POST", f"{target.path or '/'}?{target.query}", body, dict(self.headers.items()))
            answer = connection.getresponse()
            self.send_response_only(answer.status)
            for name, value in answer.getheaders():
                self.send_header(name, value)
            self.end_headers()
            self.wfile.write(answer.read())
        finally:
            connection.close()

    def _send(self, page: Page) -> None:
        body = page.body.encode()
        self.send_response_only(page.status)
        self.send_header("Server", page.server)
        self.send_header("Content-Type", "text/html; charset=utf-8")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_args: Any) -> None:
        """Nobody reads it."""


class Sites(ThreadingHTTPServer):
    """The proxy; `endpoint` is where the API is."""

    daemon_threads = True

    def __init__(self, network: Network, endpoint: str, port: int) -> None:
        super().__init__(("127.0.0.1", port), _Handler)
        self.network = network
        self.endpoint = endpoint

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.server_address[1]}"

    def start(self) -> None:
        threading.Thread(target=self.serve_forever, kwargs={"poll_interval": 0.1}, daemon=True, name="sites").start()

    def stop(self) -> None:
        self.shutdown()
        self.server_close()

    def handle_error(self, request: socket.socket | tuple[bytes, socket.socket], client_address: Any) -> None:
        """A client that goes away in the middle is nothing to report."""
        if not isinstance(sys.exc_info()[1], OSError):
            super().handle_error(request, client_address)
