# Copyright (c) 2026 evergreen.os_migration contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What of a conversation may be kept. What is not known to be harmless is replaced: a new field shows nothing.

An identity has one replacement all over a recording, of the same kind and length, and another one in the next: the key
is made for one recording, and thrown away.
"""

from __future__ import annotations

import hashlib
import hmac
import json
import re
import secrets
from collections.abc import Callable, Iterable, Mapping
from typing import Any

REDACTED = "REDACTED"
#: Prefix of the keys and the names that this collection gives: what they hold are ids and words of its own.
OUR_TAGS, OUR_NAMES = "evergreen:os_migration", ("osm-", "SMC_Backup")

#: Parameters that sign a request, or are another one each time it is sent; they are left out.
SIGNING = re.compile(r"^(AccessKeyId|Signature\w*|SecurityToken|Timestamp|Format|ClientToken)$")
#: Fields that can hold a secret, or whatever a guest or a user has written.
_SECRET = re.compile(
    r"(?i)password|secret|accesskey|accesstokencode|securitytoken|content$|^output$|userdata|templatebody|parametervalue"
)
#: Fields whose values are words of the service, the same in every account.
_HARMLESS = frozenset(
    (
        *("Action", "Version", "RegionId", "ZoneId", "Code", "ErrorCode", "Recommend", "ResourceType", "RoleName"),
        *("Status", "State", "JobType", "Type", "OSType", "OSName", "OSNameEn", "Platform"),
        *(
            "InstanceType",
            "InstanceTypes",
            "InstanceTypeId",
            "InstanceTypeFamily",
            "CpuArchitecture",
            "Category",
            "PerformanceLevel",
            "IoOptimized",
        ),
        *("InstanceChargeType", "InternetChargeType", "InstanceNetworkType", "NetworkType", "SpotStrategy"),
        *("SnapshotType", "SourceType", "DiskChargeType", "Device", "StoppedMode", "LockReason", "CreditSpecification"),
        *("InvocationStatus", "InvokeRecordStatus", "InvokeStatus", "CloudAssistantStatus", "CloudAssistantVersion"),
        *("BusinessStatus", "LicenseType", "ValidateOnly", "Progress", "Usage", "MultiAttach"),
    )
)
#: Texts of the service in which identities may stand.
_TEXTS = frozenset(("Message", "ErrorMessage", "ErrorInfo", "StatusInfo", "StatusMessage"))
_MOMENT = re.compile(r"^\d{4}-\d\d-\d\d(T\d\d:\d\d(:\d\d)?(\.\d+)?Z)?$")
_SHORT_NUMBER = re.compile(r"^-?\d{1,6}%?$")
_ID = re.compile(r"\b((?:[a-z]{1,6}-)+)([0-9a-z]{8,})\b")
_ADDRESS = re.compile(r"\b\d{1,3}(?:\.\d{1,3}){3}\b")
_LONG_NUMBER = re.compile(r"\b\d{7,}\b")
_HEX = re.compile(r"\b[0-9A-Fa-f]{8}-(?:[0-9A-Fa-f]{4}-){3}[0-9A-Fa-f]{12}\b")
_LETTERS = "0123456789abcdefghijklmnopqrstuvwxyz"


class Leak(Exception):
    """A secret would have been written."""


class Redactor:
    """Replaces the identities of one recording; ``known`` are secrets that must not stand anywhere."""

    def __init__(self, known: Iterable[str], key: bytes | None = None) -> None:
        self._known = {secret for secret in known if len(secret) >= 6}
        self._key = key or secrets.token_bytes(32)

    def parameters(self, given: Mapping[str, str]) -> dict[str, str]:
        """Return the parameters of a request, flat as they are sent, without what signs it."""
        return {
            name: self._flat(name, value, given) for name, value in sorted(given.items()) if not SIGNING.match(name)
        }

    def answer(self, value: Any, name: str = "") -> Any:
        """Return an answer, or what stands in it under a name."""
        if isinstance(value, dict):
            ours = str(value.get("TagKey") or value.get("Key") or "").startswith(OUR_TAGS)
            return {
                key: self._tag(one) if ours and isinstance(one, str) else self.answer(one, key)
                for key, one in value.items()
            }
        if isinstance(value, list):
            return [self.answer(one, name) for one in value]
        if isinstance(value, str):
            return self._text(name, value)
        return self._number(value)

    def checked(self, line: str) -> str:
        """Return a line that is to be written; :class:`Leak` when a secret stands in it."""
        if any(secret in line for secret in self._known):
            raise Leak("a secret stands where none was expected")
        return line

    def _flat(self, name: str, value: str, given: Mapping[str, str]) -> str:
        key = given.get(f"{name.removesuffix('Value')}Key", value if name.endswith("Key") else "")
        if key.startswith(OUR_TAGS):
            return self._tag(value)
        return self._text([part for part in name.split(".") if not part.isdigit()][-1], value)

    def _text(self, name: str, value: str) -> str:
        if _SECRET.search(name):
            self._known.add(value) if len(value) >= 6 else None
            return REDACTED if value else ""
        if (
            not value
            or name in _HARMLESS
            or _MOMENT.match(value)
            or _SHORT_NUMBER.match(value)
            or value in ("true", "false")
        ):
            return value
        if value[0] in "[{":
            return self._structured(name, value)
        if name in _TEXTS or value.startswith(OUR_NAMES):
            return self._within(value)
        within = self._within(value)
        return within if _ID.fullmatch(value) or _ADDRESS.fullmatch(value) else self._replaced("text", value)

    def _structured(self, name: str, value: str) -> str:
        """Return a text that holds JSON, as lists of ids do, with what is in it replaced."""
        try:
            return json.dumps(self.answer(json.loads(value), name))
        except ValueError:
            return self._replaced("text", value)

    def _tag(self, value: str) -> str:
        return value if value.startswith(OUR_TAGS) else self._within(value)

    def _within(self, text: str) -> str:
        """Return a text with the identities in it replaced."""
        kinds: tuple[tuple[re.Pattern[str], Callable[[re.Match[str]], str]], ...] = (
            (_HEX, lambda found: self._replaced("", found[0])),
            (_ID, lambda found: found[1] + self._letters(found[0], len(found[2]))),
            (_ADDRESS, lambda found: self._address(found[0])),
            (_LONG_NUMBER, lambda found: str(int(self._digest(found[0])[:12], 16))[: len(found[0])]),
        )
        for pattern, replacement in kinds:
            text = pattern.sub(replacement, text)
        return text

    def _number(self, value: Any) -> Any:
        """Return a number, another one where it is so long that it may be an account's."""
        long = isinstance(value, int) and not isinstance(value, bool) and abs(value) >= 10**9
        return int(self._digest(str(value))[:8], 16) if long else value

    def _replaced(self, kind: str, value: str) -> str:
        return f"{kind or 'id'}-{self._digest(value)[:12]}"

    def _letters(self, value: str, length: int) -> str:
        number = int(self._digest(value), 16)
        return "".join(_LETTERS[(number >> 5 * place) % len(_LETTERS)] for place in range(length))

    def _address(self, value: str) -> str:
        number = int(self._digest(value)[:6], 16)
        return f"10.{number >> 16 & 255}.{number >> 8 & 255}.{number & 255}"

    def _digest(self, value: str) -> str:
        return hmac.new(self._key, value.encode(), hashlib.sha256).hexdigest()
