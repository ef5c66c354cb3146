# Copyright (c) 2026 evergreen.os_migration contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The RPC wire format: parameters in query and form, the V1 signature (HMAC-SHA1), errors as JSON."""

from __future__ import annotations

import base64
import hashlib
import hmac
import time
from collections import deque
from collections.abc import Mapping, Sequence
from datetime import datetime, timezone
from urllib.parse import quote

from ..scenario import Credential

TIMESTAMP_VALID = 900.0
# The service ends this with the text it signed, and clients rely on the colon; that text can hold secrets.
_MISMATCH = "Specified signature is not matched with our calculation. server string to sign is:(withheld)"


class ApiError(Exception):
    """An error as the service answers it."""

    def __init__(self, status: int, code: str, message: str) -> None:
        super().__init__(f"{code}: {message}")
        self.status = status
        self.code = code
        self.message = message


def signature(method: str, parameters: Mapping[str, str], secret: str) -> str:
    """Signature version 1.0 of everything that is sent, in query and form alike."""
    pairs = sorted((_encode(name), _encode(value)) for name, value in parameters.items() if name != "Signature")
    canonical = "&".join(f"{name}={value}" for name, value in pairs)
    text = f"{method}&%2F&{_encode(canonical)}"
    return base64.b64encode(hmac.new(f"{secret}&".encode(), text.encode(), hashlib.sha1).digest()).decode()


def _encode(text: str) -> str:
    return quote(text, safe="~")


class Gatekeeper:
    """Checks who calls: access key, signature, timestamp, nonce, security token."""

    def __init__(self, credentials: Sequence[Credential]) -> None:
        self._credentials = {credential.access_key: credential for credential in credentials}
        self._nonces: set[str] = set()
        self._seen: deque[tuple[float, str]] = deque()

    def admit(self, method: str, parameters: Mapping[str, str], now: float) -> Credential:
        """The caller's credential, or the error of the first check that fails; `now` is simulated."""
        for name in ("AccessKeyId", "Signature", "SignatureNonce", "Timestamp"):
            if not parameters.get(name):
                raise ApiError(400, f"Missing{name}", f"{name} is mandatory for this action.")
        credential = self._credentials.get(parameters["AccessKeyId"])
        if credential is None:
            raise ApiError(404, "InvalidAccessKeyId.NotFound", "Specified access key is not found.")
        expected = signature(method, parameters, credential.secret_key)
        if not hmac.compare_digest(expected.encode(), parameters["Signature"].encode()):
            raise ApiError(400, "SignatureDoesNotMatch", _MISMATCH)
        self._check_time(parameters["Timestamp"])
        self._check_nonce(parameters["SignatureNonce"])
        _check_token(credential, parameters.get("SecurityToken"), now)
        return credential

    def _check_time(self, stamp: str) -> None:
        """Requests are dated by the wall clock, however fast the simulation runs."""
        try:
            sent = datetime.strptime(stamp, "%Y-%m-%dT%H:%M:%SZ").replace(tzinfo=timezone.utc).timestamp()
        except ValueError:
            raise ApiError(400, "InvalidTimeStamp.Format", "Specified time stamp is not well formatted.") from None
        if abs(time.time() - sent) > TIMESTAMP_VALID:
            raise ApiError(400, "InvalidTimeStamp.Expired", "Specified time stamp or date value is expired.")

    def _check_nonce(self, nonce: str) -> None:
        while self._seen and self._seen[0][0] < time.time() - 2 * TIMESTAMP_VALID:
            self._nonces.discard(self._seen.popleft()[1])
        if nonce in self._nonces:
            raise ApiError(400, "SignatureNonceUsed", "Specified signature nonce was used already.")
        self._nonces.add(nonce)
        self._seen.append((time.time(), nonce))


def _check_token(credential: Credential, token: str | None, now: float) -> None:
    if credential.security_token is None and token is None:
        return
    if not token:
        raise ApiError(400, "MissingSecurityToken", "SecurityToken is mandatory for this action.")
    if token != credential.security_token:
        raise ApiError(400, "InvalidSecurityToken.MismatchWithAccessKey", "Specified SecurityToken mismatches.")
    if credential.expired or now >= credential.expires_after:
        raise ApiError(400, "InvalidSecurityToken.Expired", "Specified SecurityToken is expired.")
