# Copyright (c) 2026 evergreen.os_migration contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Applications for checks: servers in threads of this process, with good certificates and bad ones."""

from __future__ import annotations

import datetime
import ipaddress
import socket
import ssl
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

NAME = "localhost"
ODD = 'it\'s "gr\u00f6\u00dfe" $(touch injected) `x` [a] 100%'
DAY = datetime.timedelta(days=1)


class Shop(BaseHTTPRequestHandler):
    """Answers by its path: /STATUS, /text, /leads, /hangs, /drips, or /third, which works from the third call on."""

    calls = 0

    def do_GET(self) -> None:
        page = self.path.strip("/")
        if page == "hangs":
            time.sleep(5)
        Shop.calls += page == "third"
        status = {"leads": 302, "third": 200 if Shop.calls >= 3 else 503}.get(page) or int(
            page if page.isdigit() else 200
        )
        self.send_response(status)
        if status == 302:
            self.send_header("Location", "/200?token=secret")
        self.end_headers()
        with suppress(OSError):
            self.wfile.write(f"<p>shop is open</p>\n<p>{ODD}</p>\n".encode())
            for _second in range(50 if page == "drips" else 0):
                self.wfile.write(b".")
                time.sleep(0.1)

    def log_message(self, *_arguments: Any) -> None:
        pass


@dataclass(frozen=True)
class Authority:
    """An authority of our own."""

    directory: Path
    key: ec.EllipticCurvePrivateKey
    certificate: x509.Certificate

    @property
    def file(self) -> Path:
        return self.directory / "authority.pem"

    def context(self, name: str, days: int, signed: bool = True) -> ssl.SSLContext:
        """A server's side with a certificate for this name, which ends in so many days."""
        key = ec.generate_private_key(ec.SECP256R1())
        issuer, by = (self.certificate.subject, self.key) if signed else (_subject(name), key)
        file = self.directory / f"{name}-{days}-{signed}.pem"
        made = _certificate(_subject(name), issuer, key, by, days, names=[name])
        file.write_bytes(_pem(key) + made.public_bytes(serialization.Encoding.PEM))
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(file)
        return context


def authority(directory: Path) -> Authority:
    key = ec.generate_private_key(ec.SECP256R1())
    made = _certificate(_subject("Tests"), _subject("Tests"), key, key, 3650)
    found = Authority(directory, key, made)
    found.file.write_bytes(made.public_bytes(serialization.Encoding.PEM))
    return found


def _subject(name: str) -> x509.Name:
    return x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)])


def _pem(key: ec.EllipticCurvePrivateKey) -> bytes:
    no_password = serialization.NoEncryption()
    return key.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, no_password)


def _certificate(
    subject: x509.Name, issuer: x509.Name, key: Any, by: Any, days: int, names: list[str] | None = None
) -> x509.Certificate:
    now = datetime.datetime.now(datetime.timezone.utc)
    builder = (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(issuer)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - 30 * DAY)
        .not_valid_after(now + days * DAY + datetime.timedelta(hours=1))
        .add_extension(x509.BasicConstraints(ca=names is None, path_length=None), critical=True)
        .add_extension(x509.SubjectKeyIdentifier.from_public_key(key.public_key()), critical=False)
        .add_extension(x509.AuthorityKeyIdentifier.from_issuer_public_key(by.public_key()), critical=False)
    )
    if not names:
        uses = ("digital_signature", "content_commitment", "key_encipherment", "data_encipherment", "key_agreement")
        may = dict.fromkeys((*uses, "crl_sign", "encipher_only", "decipher_only"), False)
        builder = builder.add_extension(x509.KeyUsage(key_cert_sign=True, **may), critical=True)
    if names:
        alternatives = [*map(x509.DNSName, names), x509.IPAddress(ipaddress.ip_address("127.0.0.2"))]
        builder = builder.add_extension(x509.SubjectAlternativeName(alternatives), critical=False)
    return builder.sign(by, hashes.SHA256())


@contextmanager
def serving(context: ssl.SSLContext | None = None) -> Iterator[int]:
    """Serve on a port of this machine as long as the block lasts."""
    server = ThreadingHTTPServer(("127.0.0.1", 0), Shop)
    server.daemon_threads = True
    server.handle_error = lambda *_arguments: None  # type: ignore[method-assign]  # who refuses a certificate hangs up
    if context:
        server.socket = context.wrap_socket(server.socket, server_side=True, do_handshake_on_connect=False)
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True)
    thread.start()
    try:
        yield server.server_address[1]
    finally:
        server.shutdown()
        server.server_close()


@contextmanager
def hanging() -> Iterator[int]:
    """A port that takes connections, and says nothing."""
    with socket.create_server(("127.0.0.1", 0)) as server:
        yield server.getsockname()[1]


def closed() -> int:
    """A port at which nobody listens."""
    with socket.create_server(("127.0.0.1", 0)) as server:
        return int(server.getsockname()[1])
