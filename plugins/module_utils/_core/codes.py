# Copyright (c) 2026 evergreen.os_migration contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What has to be done so that the activation codes of a name are as they are wanted."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from .model import Code

MOST_USES, MOST_DAYS = 1000, 90
_NAME = re.compile(r"(?!https?://)[A-Za-z][A-Za-z0-9:_-]{1,127}")


@dataclass(frozen=True)
class Changes:
    """Whether a code is to be made, and which ones are to be disabled or deleted."""

    make: bool = False
    disable: tuple[Code, ...] = ()
    delete: tuple[Code, ...] = ()

    @property
    def any(self) -> bool:
        """Say whether there is anything to do."""
        return self.make or bool(self.disable or self.delete)


def changes(state: str, found: Sequence[Code]) -> Changes:
    """Return what brings the codes of a name to a state: present, disabled or absent.

    Present is a code that one more guest can use: one that is over or disabled is left as it is beside the new one.
    """
    if state == "absent":
        return Changes(delete=tuple(found))
    if state == "disabled":
        return Changes(disable=tuple(one for one in found if one.status == "active"))
    return Changes(make=not any(one.usable for one in found))


def what_is_wrong(wanted: Code) -> str:
    """Return what no code can have, empty when all is well."""
    if not _NAME.fullmatch(wanted.name):
        return (
            f"name is {wanted.name!r}: it has 2 to 128 letters, digits, colons, underscores and hyphens, begins with a "
            "letter, and not with http:// or https://."
        )
    limits = {"count": (wanted.count, MOST_USES), "valid_days": (wanted.days, MOST_DAYS)}
    wrong = ((name, value, most) for name, (value, most) in limits.items() if not 1 <= value <= most)
    return next((f"{name} is {value}: it can be 1 to {most}." for name, value, most in wrong), "")


def differences(wanted: Code, found: Sequence[Code]) -> list[str]:
    """Return in what the code that is there differs from the wanted one: a code cannot be changed."""
    usable = next((one for one in found if one.usable), None)
    if usable is None:
        return []
    pairs = {"count": (usable.count, wanted.count), "valid_days": (usable.days, wanted.days)}
    return [f"{name} is {there}, not {asked}" for name, (there, asked) in pairs.items() if there != asked]


def shown(code: Code) -> Mapping[str, Any]:
    """Return a code as results show it."""
    return {
        "name": code.name,
        "id": code.id,
        "status": code.status,
        "usable": code.usable,
        "count": code.count,
        "used": code.used,
        "valid_days": code.days,
        "created": code.created,
        "expires": _expires(code),
        "description": code.description,
    }


def _expires(code: Code) -> str:
    try:
        begin = datetime.fromisoformat(code.created.replace("Z", "+00:00"))
    except ValueError:
        return ""
    return (begin + timedelta(days=code.days)).strftime("%Y-%m-%dT%H:%M:%SZ")
