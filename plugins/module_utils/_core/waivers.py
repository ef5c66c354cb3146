# Copyright (c) 2026 evergreen.os_migration contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Waivers as users write them: somebody answers for a finding, with a reason, until a day."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from datetime import date
from difflib import get_close_matches
from typing import Any

from .model import Waiver
from .rules import RULES

_DAY = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}")


def checked(rows: Iterable[Mapping[str, Any]]) -> tuple[Waiver, ...]:
    """Return the waivers that the user's rows describe; ``ValueError`` says what is wrong with the first bad one."""
    return tuple(_waiver(row) for row in rows)


def _waiver(row: Mapping[str, Any]) -> Waiver:
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
