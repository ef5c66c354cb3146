# Copyright (c) 2026 evergreen.os_migration contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Faults between client and service: which calls of the scenario's list go wrong."""

from __future__ import annotations

import random
from collections.abc import Collection, Sequence
from dataclasses import dataclass

from .scenario import Fault, Match


@dataclass(frozen=True)
class Asked:
    """What a call is, as far as a fault can tell."""

    service: str
    action: str
    kind: str
    access_key: str | None
    regions: Collection[str]
    resources: Collection[str]


class Faults:
    def __init__(self, faults: Sequence[Fault], seed: int) -> None:
        self._faults = faults
        self._matched = [0] * len(faults)
        self._struck = [0] * len(faults)
        self._rng = random.Random(f"{seed}:faults")

    def __len__(self) -> int:
        return len(self._faults)

    def strike(self, asked: Asked, now: float) -> Fault | None:
        """The first fault that hits this call."""
        for index, fault in enumerate(self._faults):
            if fault.since <= now < fault.until and _matches(fault.match, asked) and self._due(index, fault):
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


def _matches(match: Match, asked: Asked) -> bool:
    same = (
        (match.service, asked.service),
        (match.action, asked.action),
        (match.kind, asked.kind),
        (match.access_key, asked.access_key),
    )
    among = ((match.region, asked.regions), (match.instance, asked.resources))
    return all(wanted in (None, given) for wanted, given in same) and all(
        wanted is None or wanted in given for wanted, given in among
    )
