# Copyright (c) 2026 evergreen.os_migration contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Calls per minute, counted per account, region and action in fixed windows of 60 simulated seconds."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping

DEFAULT = 1000
WINDOW = 60.0


class Quotas:
    def __init__(self, limits: Mapping[str, int]) -> None:
        self._limits = limits
        self._window = -1
        self._spent: Counter[tuple[str, str, str]] = Counter()

    def spend(self, account: str, region: str, action: str, now: float) -> bool:
        """Count a call; False when this minute's calls are used up."""
        if int(now // WINDOW) != self._window:
            self._window = int(now // WINDOW)
            self._spent.clear()
        limit = self._limits.get(action, self._limits.get("default", DEFAULT))
        key = (account, region, action)
        if self._spent[key] >= limit:
            return False
        self._spent[key] += 1
        return True
