# Copyright (c) 2026 evergreen.os_migration contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What the options of all providers, and of the modules, are made of."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from ansible.module_utils.basic import env_fallback

from .._errors import OptionError

#: A text below that length is no secret: to hide it would take its letters out of every other text.
SHORTEST_SECRET = 4


def from_env(*names: str) -> tuple[Any, list[str]]:
    """Return an argument spec's fallback to environment variables, the first that is set."""
    return env_fallback, list(names)


def check_above_zero(given: Mapping[str, Any], names: Iterable[str], prefix: str = "") -> None:
    """Refuse numbers with which the work would never end or never begin."""
    for name in names:
        value = given.get(name)
        if value is not None and value <= 0:
            raise OptionError(f"{prefix}{name} is {value}.", "It must be above 0.")
