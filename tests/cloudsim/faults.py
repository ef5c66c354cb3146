# Copyright (c) 2026 evergreen.os_migration contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Faults between client and service: which calls of the scenario's list go wrong, and how."""

from __future__ import annotations

import random
from collections.abc import Collection, Sequence

from .scenario import Fault, Match


class Faults:
    def __init__(self, faults: Sequence[Fault], seed: int) -> None:
        self._faults = faults
        self._matched = [0] * len(faults)
        self._struck = [0] * len(faults)
        self._rng = random.Random(f"{seed}:faults")

    def strike(self, service: str, action: str, resources: Collection[str]) -> Fault | None:
        """The first fault that hits this call."""
        for index, fault in enumerate(self._faults):
            if _matches(fault.match, service, action, resources) and self._due(index, fault):
                return fault
        return None

    def _due(self, index: int, fault: Fault) -> bool:
        self._matched[index] += 1
        if self._matched[index] <= fault.after:
            return False
        if fault.times is not None and self._struck[index] >= fault.times:
            return False
        if self._rng.random() >= fault.probability:
            return False
        self._struck[index] += 1
        return True


def _matches(match: Match, service: str, action: str, resources: Collection[str]) -> bool:
    return (
        match.service in (None, service)
        and match.action in (None, action)
        and (match.instance is None or match.instance in resources)
    )
