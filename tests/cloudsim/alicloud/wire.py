# Copyright (c) 2026 evergreen.os_migration contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The RPC wire format: parameters in query and form, two ways of signing them, errors as JSON.

Version 1.0 (HMAC-SHA1) signs the parameters and has everything in them. ACS3-HMAC-SHA256 signs the request as it is
sent, and has the action, the key and the rest in headers.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
import re
import threading
import time
from collections import deque
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timezone
from urllib.parse import quote

from ..core.scenario import Credential
from ..core.server import Request

TIMESTAMP_VALID = 900.0
ACS3 = "ACS3-HMAC-SHA256"
_AUTHORIZATION = re.compile(rf"{ACS3} Credential=([^,]*), ?SignedHeaders=([^,]*), ?Signature=(.*)")
# The service ends this with the text it signed, and clients rely on the colon; that text can hold secrets.
_MISMATCH = "Specified signature is not matched with our calculation. server string to sign is:(withheld)"


class ApiError(Exception):
    """An error as the service answers it."""

    def __init__(self, status: int, code: str, message: str) -> None:
        super().__init__(f"{code}: {message}")
        self.status = status
        self.code = code
        self.message = message


@dataclass(frozen=True)
class Envelope:
    """A request, however it was signed; `expected` is the signature that a secret key makes."""

    parameters: Mapping[str, str]
    access_key: str
    signature: str
    nonce: str
    stamp: str
    security_token: str
    expected: Callable[[str], str]


def opened(request: Request) -> Envelope:
    authorization = request.headers.get("authorization", "")
    return _opened_acs3(request, authorization) if authorization.startswith(ACS3) else _opened_v1(request)


def _opened_v1(request: Request) -> Envelope:
    flat = request.parameters
    return Envelope(
        flat,
        access_key=flat.get("AccessKeyId", ""),
        signature=flat.get("Signature", ""),
        nonce=flat.get("SignatureNonce", ""),
        stamp=flat.get("Timestamp", ""),
        security_token=flat.get("SecurityToken", ""),
        expected=lambda secret: signature(request.method, flat, secret),
    )


def _opened_acs3(request: Request, authorization: str) -> Envelope:
    headers = request.headers
    found = _AUTHORIZATION.fullmatch(authorization)
    key, signed, given = found.groups() if found else ("", "", "")
    asked = {"Action": headers.get("x-acs-action", ""), "Version": headers.get("x-acs-version", "")}
    return Envelope(
        {**request.parameters, **asked},
        access_key=key,
        signature=given,
        nonce=headers.get("x-acs-signature-nonce", ""),
        stamp=headers.get("x-acs-date", ""),
        security_token=headers.get("x-acs-security-token", ""),
        expected=lambda secret: acs3_signature(request, signed.split(";"), secret),
    )


def signature(method: str, parameters: Mapping[str, str], secret: str) -> str:
    """Signature version 1.0 of everything that is sent, in query and form alike."""
    text = f"{method}&%2F&{_encode(_canonical(parameters, without='Signature'))}"
    return base64.b64encode(hmac.new(f"{secret}&".encode(), text.encode(), hashlib.sha1).digest()).decode()


def acs3_signature(request: Request, signed: Sequence[str], secret: str) -> str:
    """ACS3-HMAC-SHA256 of method, path, query, signed headers and the digest of the body."""
    headers = "".join(f"{name}:{request.headers.get(name, '').strip()}\n" for name in signed)
    body = hashlib.sha256(request.body).hexdigest()
    query = _canonical(request.query)
    canonical = "\n".join((request.method, request.path or "/", query, headers, ";".join(signed), body))
    text = f"{ACS3}\n{hashlib.sha256(canonical.encode()).hexdigest()}"
    return hmac.new(secret.encode(), text.encode(), hashlib.sha256).hexdigest()


def _canonical(parameters: Mapping[str, str], without: str = "") -> str:
    pairs = sorted((_encode(name), _encode(value)) for name, value in parameters.items() if name != without)
    return "&".join(f"{name}={value}" for name, value in pairs)


def _encode(text: str) -> str:
    return quote(text, safe="~")


class Gatekeeper:
    """Checks who calls: access key, signature, timestamp, nonce, security token."""

    def __init__(self, credentials: Sequence[Credential], clock_offset: float = 0.0) -> None:
        self._credentials = {credential.access_key: credential for credential in credentials}
        self._offset = clock_offset
        self._nonces: set[str] = set()
        self._seen: deque[tuple[float, str]] = deque()
        self._lock = threading.Lock()

    def admit(self, envelope: Envelope, now: float) -> Credential:
        """The caller's credential, or the error of the first check that fails; `now` is simulated."""
        needed = ("AccessKeyId", "Signature", "SignatureNonce", "Timestamp")
        given = (envelope.access_key, envelope.signature, envelope.nonce, envelope.stamp)
        for name, value in zip(needed, given, strict=True):
            if not value:
                raise ApiError(400, f"Missing{name}", f"{name} is mandatory for this action.")
        credential = self._credentials.get(envelope.access_key)
        if credential is None:
            raise ApiError(404, "InvalidAccessKeyId.NotFound", "Specified access key is not found.")
        expected = envelope.expected(credential.secret_key)
        if not hmac.compare_digest(expected.encode(), envelope.signature.encode()):
            raise ApiError(400, "SignatureDoesNotMatch", _MISMATCH)
        self._check_time(envelope.stamp, credential.clock_offset)
        self._check_nonce(envelope.nonce)
        _check_token(credential, envelope.security_token, now)
        return credential

    def _check_time(self, stamp: str, offset: float) -> None:
        """Requests are dated by the wall clock, however fast the simulation runs; either clock may be off."""
        try:
            sent = datetime.strptime(stamp, "%Y-%m-%dT%H:%M:%SZ").replace(tzinfo=timezone.utc).timestamp()
        except ValueError:
            raise ApiError(400, "InvalidTimeStamp.Format", "Specified time stamp is not well formatted.") from None
        if abs(time.time() + self._offset - (sent + offset)) > TIMESTAMP_VALID:
            raise ApiError(400, "InvalidTimeStamp.Expired", "Specified time stamp or date value is expired.")

    def _check_nonce(self, nonce: str) -> None:
        with self._lock:
            while self._seen and self._seen[0][0] < time.time() - 2 * TIMESTAMP_VALID:
                self._nonces.discard(self._seen.popleft()[1])
            if nonce in self._nonces:
                raise ApiError(400, "SignatureNonceUsed", "Specified signature nonce was used already.")
            self._nonces.add(nonce)
            self._seen.append((time.time(), nonce))


def _check_token(credential: Credential, token: str, now: float) -> None:
    if credential.security_token is None and not token:
        return
    if not token:
        raise ApiError(400, "MissingSecurityToken", "SecurityToken is mandatory for this action.")
    if token != credential.security_token:
        raise ApiError(400, "InvalidSecurityToken.MismatchWithAccessKey", "Specified SecurityToken mismatches.")
    if credential.expired or now >= credential.expires_after:
        raise ApiError(400, "InvalidSecurityToken.Expired", "Specified SecurityToken is expired.")
