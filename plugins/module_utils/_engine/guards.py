# Copyright (c) 2026 evergreen.os_migration contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Who may write next: a write leaves only on a fresh look, so no more are looked at than can be sent in time."""

from __future__ import annotations

from dataclasses import dataclass, field

from .._core.verb import Verb
from .acts import VERBS, Task
from .sights import shown

#: The part of the time for which a look stays fresh in which the writes that follow it are to be sent.
_IN_TIME = 0.4


@dataclass
class Guards:
    """The instances of one lane that are looked at, or written for, after a look; by verb.

    ``fresh`` is for how long a look counts, ``calls`` how many calls a second may be made, by ``threads`` at a time.
    """

    calls: float
    threads: int
    fresh: float = 15.0
    _in: dict[Verb, dict[str, float]] = field(default_factory=dict)
    _outside: dict[Verb, dict[str, None]] = field(default_factory=dict)

    def lets_in(self, task: Task, size: int, now: float) -> bool:
        """Say whether it is the instance's turn to be looked at, and written for; ``size`` ids go into a call."""
        verb = task.step.verb
        inside = self._in.setdefault(verb, {})
        if task.id not in inside and len(inside) >= size * max(self.threads, int(self.calls * self.fresh * _IN_TIME)):
            self._outside.setdefault(verb, {})[task.id] = None
            return False
        inside.setdefault(task.id, now)
        return True

    def waits(self, task: Task, now: float) -> float:
        """Return for how long an instance that was let in has not been written for."""
        return now - self._in[task.step.verb].get(task.id, now)

    def look(self, task: Task, now: float) -> str:
        """Return the sight that has to be looked at before the write, none when all are fresh."""
        sights = VERBS[task.step.verb].guard
        return next((sight for sight in sights if now - shown(task.record, sight) > self.fresh), "")

    def deadline(self, task: Task) -> float:
        """Return until when the write may be sent."""
        times = [shown(task.record, sight) for sight in VERBS[task.step.verb].guard]
        return min(times, default=float("inf")) + self.fresh

    def leaves(self, instance_id: str, but: Verb | None = None) -> list[str]:
        """Note that an instance is written for, or is not to be; return whose turn it may be now."""
        free: list[str] = []
        for verb, inside in self._in.items():
            if verb is not but and instance_id in inside:
                del inside[instance_id]
                waiting = self._outside.pop(verb, {})
                free += waiting
        return free
