# Copyright (c) 2026 evergreen.os_migration contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Waivers as users write them: somebody answers for a finding, with a reason, until a day, for some hosts or all."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable, Mapping
from datetime import date
from difflib import get_close_matches
from typing import Any

from .model import Waiver
from .rules import RULES

Row = Mapping[str, Any]

_LIMITS = ("hosts", "groups")
_KEYS = ("rule", "reason", "owner", "expires", *_LIMITS)
_DAY = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}")


def rows(value: Any) -> list[Row]:
    """Return what a user wrote as the rows of waivers that it must be; ``ValueError`` says what is wrong with it."""
    entries = _list_of_rows(value or [])
    strange = sorted({str(key) for entry in entries for key in entry} - {*_KEYS})
    if strange:
        raise ValueError(f"there is no {strange[0]}, only {', '.join(sorted(_KEYS))}.")
    if not all(isinstance(entry.get(limit), str | list | None) for entry in entries for limit in _LIMITS):
        raise ValueError("hosts and groups must be lists of names.")
    return entries


def _list_of_rows(value: Any) -> list[Row]:
    if isinstance(value, list) and all(isinstance(entry, Mapping) for entry in value):
        return value
    raise ValueError("it must be a list of waivers with rule, reason, owner and expires.")


def meant(row: Row, names: Collection[str], groups: Collection[str]) -> bool:
    """Say whether a waiver is for a host of these names and groups: its limits count if it has any, also empty ones."""
    if not limited(row):
        return True
    return not _names(row.get("hosts")).isdisjoint(names) or not _names(row.get("groups")).isdisjoint(groups)


def limited(row: Row) -> bool:
    """Say whether a waiver is not for every host that has it."""
    return any(limit in row for limit in _LIMITS)


def unlimited(row: Row) -> dict[str, Any]:
    """Return a waiver without its limits, for a host that it is meant for."""
    return {name: value for name, value in row.items() if name not in _LIMITS}


def for_nobody(row: Row) -> str:
    """Return a text on a waiver that is for no host."""
    names = sorted(_names(row.get("hosts")) | _names(row.get("groups")))
    limits = f"it names {', '.join(names)}, of which the inventory has none" if names else "its list is empty"
    return f"The waiver of {row.get('rule')} by {row.get('owner')} is for no host: {limits}."


def _names(value: Any) -> set[str]:
    return {value} if isinstance(value, str) else {str(name) for name in value or ()}


def checked(written: Iterable[Row]) -> tuple[Waiver, ...]:
    """Return the waivers that the user's rows describe; ``ValueError`` says what is wrong with the first bad one."""
    return tuple(_waiver(row) for row in written)


def _waiver(row: Row) -> Waiver:
    fields = {name: str(row.get(name) or "").strip() for name in ("rule", "reason", "owner", "expires")}
    missing = [name for name, value in fields.items() if not value]
    if missing:
        which = f"The waiver of {fields['rule']}" if fields["rule"] else "A waiver"
        raise ValueError(f"{which} lacks {', '.join(missing)}.")
    _check_rule(fields["rule"])
    _check_day(fields["rule"], fields["expires"])
    return Waiver(**fields)


def _check_rule(rule_id: str) -> None:
    ids = [rule.id for rule in RULES]
    if rule_id in ids:
        return
    close = get_close_matches(rule_id, ids, n=1)
    advice = f"Did you mean {close[0]}?" if close else "The documentation lists every rule."
    raise ValueError(f"There is no precheck rule '{rule_id}' that could be waived. {advice}")


def _check_day(rule_id: str, text: str) -> None:
    try:
        known = bool(_DAY.fullmatch(text) and date.fromisoformat(text))
    except ValueError:
        known = False
    if not known:
        raise ValueError(f"The waiver of {rule_id} expires on '{text}', which is no day of the form YYYY-MM-DD.")
