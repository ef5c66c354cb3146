# Copyright (c) 2026 evergreen.os_migration contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Checks of applications that are made from the controller: by sockets of its own, many at once, without a shell."""

from __future__ import annotations

import contextlib
import http.client
import math
import socket
import ssl
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Mapping, Sequence
from functools import partial
from queue import Empty, SimpleQueue
from threading import Thread
from typing import Any

from ..module_utils._core.checks import CONTROLLER, fault

Json = Mapping[str, Any]

#: So many are asked at once, whatever the number of hosts.
THREADS = 64
#: What looking up a name can take beside a check's own time: the system's resolver has its own.
_RESOLVER_SLACK = 30.0
#: So much of an answer is looked through.
_MOST_BYTES = 1024 * 1024
_PIECE = 65536
_AGENT = "evergreen.os_migration"

#: What OpenSSL calls a certificate that has ended, one that does not count yet, and one of another name or address.
_CERTIFICATES = {
    9: "CertificateEnds",
    10: "CertificateEnds",
    62: "CertificateOfAnother",
    64: "CertificateOfAnother",
}


class _Found(Exception):
    """A check has found a fault."""

    def __init__(self, code: str, message: str) -> None:
        super().__init__(message)
        self.error = fault(code, message, CONTROLLER)


def probe(check: Json) -> dict[str, Any]:
    """Make a check once."""
    try:
        return _answer(stdout=_PROBES[check["kind"]](check))
    except _Found as found:
        return _answer(error=found.error)
    except Exception as error:  # whatever a foreign server makes our libraries do is the outcome of this check alone
        return _answer(error=_seen(error, check).error)


def probe_all(checks: Sequence[Json]) -> list[dict[str, Any]]:
    """Make checks once each, a bounded number at a time and within a bounded time all together."""
    if not checks:
        return []
    turns = math.ceil(len(checks) / THREADS)
    limit = turns * max(check["timeout"] for check in checks) + _RESOLVER_SLACK
    found = _together([partial(probe, check) for check in checks], THREADS, limit)
    late = [one["timeout"] for one in checks]
    return [found.get(number) or _answer(error=_silent(late[number]).error) for number in range(len(checks))]


def _together(jobs: Sequence[Callable[[], Any]], threads: int, limit: float) -> dict[int, Any]:
    """Return what jobs returned, by their number; one that does not end in time is left behind and has none.

    The threads are daemons: one that hangs in a resolver does not keep the process.
    """
    waiting: SimpleQueue[tuple[int, Callable[[], Any]]] = SimpleQueue()
    done: SimpleQueue[tuple[int, Any]] = SimpleQueue()
    for job in enumerate(jobs):
        waiting.put(job)

    def work() -> None:
        with contextlib.suppress(Empty):
            while True:
                number, job = waiting.get_nowait()
                done.put((number, job()))

    for _number in range(min(threads, len(jobs))):
        Thread(target=work, daemon=True).start()
    found: dict[int, Any] = {}
    deadline = time.monotonic() + limit
    with contextlib.suppress(Empty):
        while len(found) < len(jobs):
            number, answer = done.get(timeout=max(0.0, deadline - time.monotonic()))
            found[number] = answer
    return found


def _answer(stdout: str | None = None, error: Json | None = None) -> dict[str, Any]:
    return {"planned": False, "rc": None, "stdout": stdout, "restarted": False, "error": error}


# --- the kinds --------------------------------------------------------------------------------------------------------


def _connected(check: Json) -> socket.socket:
    return socket.create_connection((check["address"], check["port"]), timeout=check["timeout"])


def _tcp(check: Json) -> str:
    with _connected(check):
        return f"port {check['port']} is open"


def _tls(check: Json) -> str:
    context = ssl.create_default_context()
    with _connected(check) as plain, context.wrap_socket(plain, server_hostname=check["server_name"]) as wrapped:
        ends = str((wrapped.getpeercert() or {})["notAfter"])
    days = math.floor((ssl.cert_time_to_seconds(ends) - time.time()) / 86400)
    if days < check["valid_days"]:
        message = f"the certificate is valid for {days} more days only, until {ends}, and not for {check['valid_days']}"
        raise _Found("CertificateEnds", message)
    return f"the certificate is valid for {days} more days"


class _NoRedirects(urllib.request.HTTPRedirectHandler):
    """Redirects are answers like others: whoever expects one says so by its status."""

    def redirect_request(self, *_arguments: Any) -> None:
        """Follow none."""


def _opener(check: Json) -> urllib.request.OpenerDirector:
    """Return what opens addresses for one check.

    Ansible's open_url installs its opener for the whole process before it uses it: of two threads one could get the
    other's, and with that its validation of certificates.
    """
    context = ssl.create_default_context()
    if not check["validate_certs"]:
        context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
    return urllib.request.build_opener(urllib.request.HTTPSHandler(context=context), _NoRedirects)


def _http(check: Json) -> str:
    deadline = time.monotonic() + check["timeout"]
    request = urllib.request.Request(check["url"], headers={"User-Agent": _AGENT})
    try:
        answer: Any = _opener(check).open(request, timeout=check["timeout"])
    except urllib.error.HTTPError as error:
        answer = error
    with answer:
        if answer.status not in check["status"]:
            raise _Found("WrongStatus", _status(answer, check))
        if check["contains"]:
            _look_for(check["contains"].encode(), answer, deadline)
    return f"answered {answer.status}"


def _status(answer: Any, check: Json) -> str:
    wanted = " or ".join(map(str, check["status"]))
    place = answer.headers.get("Location")
    leads = f", which leads to {place.split('?')[0]}" if place and 300 <= answer.status < 400 else ""
    return f"it answered {answer.status}{leads}, and not {wanted}"


def _look_for(text: bytes, answer: Any, deadline: float) -> None:
    """Read what is sent, as long as there is time: a server can send a little for ever."""
    seen, piece = b"", b" "
    while piece and text not in seen and len(seen) < _MOST_BYTES:
        if time.monotonic() > deadline:
            raise TimeoutError
        piece = answer.read1(_PIECE)
        seen += piece
    if text not in seen:
        raise _Found("TextMissing", f"the answer of {len(seen)} bytes does not contain '{text.decode()}'")


_PROBES: Mapping[str, Callable[[Json], str]] = {"tcp": _tcp, "tls": _tls, "http": _http}


# --- what went wrong --------------------------------------------------------------------------------------------------


def _seen(error: Exception, check: Json) -> _Found:
    """Return an exception as what the check has found."""
    reason = getattr(error, "reason", None)
    if isinstance(error, urllib.error.URLError) and isinstance(reason, Exception):
        return _seen(reason, check)
    if isinstance(error, ssl.SSLCertVerificationError):
        code = _CERTIFICATES.get(error.verify_code, "CertificateNotTrusted")
        return _Found(code, f"the certificate is refused: {error.verify_message.rstrip('.')}")
    for kind, found in _EXCEPTIONS:
        if isinstance(error, kind):
            return found(error, check)
    return _Found("NoAnswer", f"it broke off: {type(error).__name__}: {error}")


def _silent(seconds: int) -> _Found:
    return _Found("NoAnswer", f"there was no answer within {seconds} s")


def _where(check: Json) -> str:
    return check["url"].split("/")[2] if "url" in check else f"{check['address']} port {check['port']}"


#: What an exception means, the first row that fits.
_EXCEPTIONS: Sequence[tuple[type[Exception], Callable[[Any, Json], _Found]]] = (
    (socket.gaierror, lambda error, check: _Found("NameUnknown", f"nobody knows the name of {_where(check)}")),
    (UnicodeError, lambda error, check: _Found("NameUnknown", f"{_where(check)} is no name")),
    (TimeoutError, lambda error, check: _silent(check["timeout"])),
    (ConnectionRefusedError, lambda error, check: _Found("PortClosed", f"nothing listens at {_where(check)}")),
    (ssl.SSLError, lambda error, check: _Found("NoTls", f"{_where(check)} speaks no TLS that fits: {error.reason}")),
    (ConnectionResetError, lambda error, check: _Found("NoAnswer", f"{_where(check)} ended the connection")),
    (
        OSError,
        lambda error, check: _Found("PortClosed", f"{_where(check)} cannot be reached: {error.strerror or error}"),
    ),
    (http.client.HTTPException, lambda error, check: _Found("NoAnswer", f"{_where(check)} speaks no HTTP")),
    (ValueError, lambda error, check: _Found("NameUnknown", f"the address is wrong: {error}")),
)
