# Copyright (c) 2026 evergreen.os_migration contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""How far a fleet is, line by line: when something has changed, and of what is silent for long that it goes on."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any

from . import plan
from .goal import Goal
from .outcome import summary
from .record import Record
from .telling import some

#: Seconds after which it is told that nothing has changed.
HEARTBEAT = 600.0
#: From so many intervals on, the time between two lines grows with that of the run.
_RARER = 30
#: States in which nothing is done: whoever is in them is only counted.
_BEFORE = ("pending", "probing", "queued", "planned")
_NAMED = 5


@dataclass
class Progress:
    """The lines on a run; ``interval`` is in seconds. Migrations and commits begin with a table of what they will do.

    ``most`` instances of an account are under way at a time; ``taken`` tells what others use of these places.
    """

    interval: float
    started: float
    goal: Goal
    most: int
    taken: Callable[[], plan.Counted]
    _planned: bool = False
    _told: dict[str, str] = field(default_factory=dict)
    _at: float = 0.0

    def lines(self, records: Sequence[Record[Any]], ticks: float, date: float) -> list[str]:
        """Return the lines that are to be shown now."""
        line = self.line(records, ticks, date)
        return [*self._plan(records), *([line] if line else [])]

    def _plan(self, records: Sequence[Record[Any]]) -> list[str]:
        told = None if self._planned else plan.lines(records, self.goal, self.most, self.taken())
        self._planned = self._planned or told is not None
        return told or []

    def line(self, records: Sequence[Record[Any]], ticks: float, date: float) -> str:
        """Return the line that is to be shown now, none when it is too early or nothing has changed."""
        last = self._at or self.started
        if ticks < last + self.interval:
            return ""
        states = {record.id: record.state for record in records}
        moved = [record for record in records if record.state != self._told.get(record.id)]
        if ticks < last + self._pause(moved, ticks):
            return ""
        self._told, self._at = states, ticks
        clock = time.strftime("%H:%M:%S", time.localtime(date))
        return "; ".join([f"{clock} {summary(records, ticks - self.started)['text']}", *_news(moved)])

    def _pause(self, moved: Sequence[Record[Any]], ticks: float) -> float:
        """Return for how long nothing is told: the longer a run takes, the rarer its lines; what fails is told soon."""
        if any(record.problem for record in moved):
            return self.interval
        rare = max(self.interval, (ticks - self.started) / _RARER)
        return min(rare, HEARTBEAT) if moved else HEARTBEAT


def _news(moved: Sequence[Record[Any]]) -> Iterator[str]:
    """Yield which instances came to a state since the last line."""
    for state in dict.fromkeys(record.state for record in moved):
        if state not in _BEFORE:
            names = [record.item.name or record.id for record in moved if record.state == state]
            yield f"{state.replace('_', ' ')}: {some(names, _NAMED)}"
