# Copyright (c) 2026 evergreen.os_migration contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Server Migration Center: the activation codes of an account, and those that a run makes for its own imports."""

from __future__ import annotations

import re
import uuid
from collections.abc import Iterable, Mapping
from threading import Lock
from typing import Any, NamedTuple

from ..._core.model import Code, Problem
from ..._errors import CloudError, Unclear
from .rpc import Rpc, entries, number, text

_STATUS = {"activated": "active", "unactivated": "disabled", "expired": "expired"}
_CODES = "AccessTokens.AccessToken"
# A run's code counts for as many guests as a code can, and not longer than the run may need it.
_USES, _DAYS = 1000, 1
_OWN = "os-migration-{}"
_ANY_OWN = re.compile(_OWN.format("[0-9a-f]{12}"))
# Names may be used again, so a code whose answer was lost only stands there until the run ends.
_TRIES = 3


class Codes:
    """The activation codes of one account, which are the same in all of its regions."""

    def __init__(self, rpc: Rpc) -> None:
        self._rpc = rpc

    def listed(self, name: str = "") -> list[Code]:
        """Return all codes, or those of a name. The list has no pages: one that is not whole is refused."""
        answer = self._rpc.request("smc", "ListAccessTokens", needs=_CODES, Name=name or None)
        found = [to_code(raw) for raw in entries(answer, _CODES)]
        total = number(answer, "TotalCount")
        if total > len(found):
            message = f"ListAccessTokens: there are {total} activation codes, of which {len(found)} were listed."
            raise CloudError(Problem("CodesNotListed", message, "Name the code, or delete codes that have expired."))
        return [one for one in found if name in ("", one.name)]

    def make(self, wanted: Code) -> tuple[Code, str]:
        """Make a code. There is no token of idempotency: one whose answer was lost may be there."""
        answer = self._rpc.request(
            "smc",
            "CreateAccessToken",
            needs="AccessTokenCode",
            repeatable=False,
            Name=wanted.name,
            Count=wanted.count,
            TimeToLiveInDays=wanted.days,
            Description=wanted.description or None,
        )
        made = Code(wanted.name, wanted.count, wanted.days, wanted.description, text(answer, "AccessTokenId"), "active")
        return made, str(answer["AccessTokenCode"])

    def disable(self, code_id: str) -> None:
        """Let no more guests use a code."""
        self._rpc.request("smc", "DisableAccessToken", AccessTokenId=code_id)

    def delete(self, code_id: str) -> None:
        """Delete a code."""
        self._rpc.request("smc", "DeleteAccessToken", AccessTokenId=code_id)


def to_code(raw: Mapping[str, Any]) -> Code:
    """Translate an entry of ListAccessTokens. A status that nobody knows is none in which a code can be used."""
    return Code(
        text(raw, "Name"),
        number(raw, "Count"),
        number(raw, "TimeToLiveInDays"),
        text(raw, "Description"),
        text(raw, "AccessTokenId"),
        _STATUS.get(text(raw, "Status"), "disabled"),
        number(raw, "RegisteredCount"),
        text(raw, "CreationTime"),
    )


class _Made(NamedTuple):
    id: str
    text: str
    left: int


class RunCodes:
    """The activation codes of one run, one after another: the next is made when one is used up or counts no more."""

    def __init__(self, codes: Codes) -> None:
        self._codes = codes
        self._name = _OWN.format(uuid.uuid4().hex[:12])
        self._now: _Made | None = None
        self._made: list[str] = []
        self._lock = Lock()

    def take(self, uses: int) -> tuple[str, str]:
        """Return the id and the text of a code that so many guests more can use."""
        with self._lock:
            if self._now is None or self._now.left < uses:
                self._now = self._new()
            self._now = self._now._replace(left=self._now.left - uses)
            return self._now.id, self._now.text

    def _new(self) -> _Made:
        for left in reversed(range(_TRIES)):
            try:
                made, says = self._codes.make(Code(self._name, _USES, _DAYS))
            except Unclear:
                if not left:
                    raise
            else:
                self._made.append(made.id)
                return _Made(made.id, says, _USES)
        raise AssertionError  # the last try returns or raises

    def worn(self, code_id: str) -> bool:
        """Say whether a code counts no more (expired, disabled, deleted, used up); the next one is made then."""
        with self._lock:
            if self._now is None or self._now.id != code_id:
                return True
            known = {one.id: one for one in self._codes.listed(self._name)}
            if code_id in known and known[code_id].usable:
                return False
            self._now = None
            return True

    def delete_all(self) -> list[str]:
        """Delete the codes of this run, and what earlier runs left; return what was not deleted, and why."""
        if not self._made:
            return []
        failed = [self._deleted(code_id) for code_id in self._left()]
        return [text for text in failed if text]

    def _left(self) -> Iterable[str]:
        """Return what is to be deleted. Another run may be using its code until that has expired."""
        try:
            listed = self._codes.listed()
        except CloudError:
            return self._made
        others = (one for one in listed if one.status == "expired" and _ANY_OWN.fullmatch(one.name))
        mine = (one for one in listed if one.name == self._name)
        return dict.fromkeys((*self._made, *(one.id for one in (*mine, *others))))

    def _deleted(self, code_id: str) -> str:
        try:
            self._codes.delete(code_id)
        except CloudError as refusal:
            return f"The activation code {code_id} ({self._name}) is still there: {refusal.problem.message}"
        return ""
