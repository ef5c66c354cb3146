# Copyright (c) 2026 evergreen.os_migration contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Writes that must not be sent now: it has to be seen first whether they were carried out, or what has moved on."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from .._core.record import Record
from .._core.verb import Step, Verb, look, wait
from .acts import VERBS
from .sights import shown


@dataclass(frozen=True)
class Hold:
    """One such write. ``since`` and ``until`` are in ticks; a ``late`` one waits for a look that is newer than both."""

    verb: Verb
    since: float
    until: float
    late: bool

    def over(self, now: float, seen: float) -> bool:
        """Say whether the write may be sent, now that it was looked for at ``seen``."""
        return now >= self.until and seen > self.since and (seen >= self.until or not self.late)

    def look(self, now: float, seen: float, state: str) -> Step:
        """Return the look for the write: at once where one is due, else at the next poll."""
        due = seen <= self.since or now >= self.until
        return (look if due else wait)(VERBS[self.verb].asks, state)


@dataclass
class Holds:
    """The writes that are held, one at the most for each instance."""

    _of: dict[str, Hold] = field(default_factory=dict)

    def __contains__(self, instance_id: str) -> bool:
        return instance_id in self._of

    def add(self, instance_id: str, hold: Hold) -> None:
        """Hold a write."""
        self._of[instance_id] = hold

    def drop(self, instance_id: str) -> None:
        """Hold nothing of an instance."""
        self._of.pop(instance_id, None)

    def instead(self, record: Record[Any], step: Step, now: float) -> Step:
        """Return the step, or the look that has to come before it.

        Where the chain wants another write the held one was carried out, or is not wanted any more.
        """
        hold = self._of.get(record.id)
        if hold is None:
            return step
        if hold.verb is step.verb:
            seen = shown(record, VERBS[hold.verb].asks)
            if not hold.over(now, seen):
                return hold.look(now, seen, step.state)
        elif not step.verb.writes:
            return step
        self.drop(record.id)
        return step
