# Copyright (c) 2026 evergreen.os_migration contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The shortest time in which a fleet could be migrated: list scheduling by a controller that costs nothing.

The controller is told everything at once and never waits for a poll. What holds it up is what would hold up any
controller: how long the cloud takes, how many instances may be under way, and how often the cloud may be called.
"""

from __future__ import annotations

import heapq
import itertools
from collections import defaultdict, deque
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

#: Seconds of the windows in which the cloud counts calls.
WINDOW = 60.0
_ROUNDING = 1e-9


@dataclass(frozen=True)
class Step:
    """A call, and what the cloud does then for ``seconds``; of a call for many instances each takes a ``share``."""

    action: str
    seconds: float = 0.0
    share: float = 1.0


@dataclass(frozen=True)
class Plan:
    """All steps of one instance, from its first mark to its last; ``place`` is whose quotas its calls use up."""

    steps: tuple[Step, ...]
    place: str = ""


class Windows:
    """How much of its quota each action of each place has used up, minute by minute."""

    def __init__(self, quotas: Mapping[str, int]) -> None:
        self._quotas = quotas
        self._spent: dict[tuple[str, str, int], float] = defaultdict(float)

    def when(self, place: str, step: Step, now: float) -> float:
        """Spend a call and return ``now``, or return when the next window begins if this one's are used up."""
        quota = self._quotas.get(step.action, self._quotas.get("default"))
        window = int((now + _ROUNDING) // WINDOW)
        key = (place, step.action, window)
        if quota is not None and self._spent[key] + step.share > quota + _ROUNDING:
            return (window + 1) * WINDOW
        self._spent[key] += step.share
        return now


def makespan(plans: Sequence[Plan], cap: int | None, quotas: Mapping[str, int]) -> float:
    """Return when the last instance is done, if no more than ``cap`` hold a place at once.

    Places are given in the order of ``plans``, each as soon as one is free. ``quotas`` are calls per minute by action,
    and ``default``; without it what is not named has no limit.
    """
    if any(quota < 1 for quota in quotas.values()) or (cap is not None and cap < 1):
        raise ValueError("a cap and quotas have to let something through")
    windows, turn = Windows(quotas), itertools.count()
    queue = deque(plans)
    # When, in which order, whose, and which of its steps is next.
    events = [(0.0, next(turn), queue.popleft(), 0) for _place in range(min(len(plans), cap or len(plans)))]
    now = 0.0
    while events:
        now, order, plan, number = heapq.heappop(events)
        if number == len(plan.steps):
            if queue:
                heapq.heappush(events, (now, next(turn), queue.popleft(), 0))
            continue
        step = plan.steps[number]
        at = windows.when(plan.place, step, now)
        following = (at, order, plan, number) if at > now else (now + step.seconds, next(turn), plan, number + 1)
        heapq.heappush(events, following)
    return now
