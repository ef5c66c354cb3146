# Copyright (c) 2026 evergreen.os_migration contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Brings records to their goal. It alone knows check mode, time, threads and retries.

The instances of each place are served by a lane of their own (:mod:`.lane`), so that a place that hangs or is
throttled costs only its own instances.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from concurrent.futures import FIRST_EXCEPTION, Future, ThreadPoolExecutor, wait
from dataclasses import dataclass, field, replace
from threading import Event
from typing import Any

from .._clouds.base import Cloud
from .._core.model import Place
from .._core.plan import Counted
from .._core.record import Record
from .._core.workflow import Workflow
from .cap import Cap
from .lane import Foresees, Lane, Limits, Shift
from .leases import There, nobody_knows
from .limits import Callers, Clock
from .sights import Brief

__all__ = ["Brief", "Callers", "Clock", "Engine", "Foresees", "Limits"]

Tell = Callable[[Sequence[Record[Any]]], None]

# Seconds between two looks at the lanes' progress.
_GLANCE = 0.5


def _nothing(records: Sequence[Record[Any]]) -> None:
    """Tell nobody."""


def _nobody_asks(records: Sequence[Record[Any]]) -> bool:
    """Say that nothing is to be counted."""
    return False


@dataclass
class Engine:
    """A run over one workflow; ``stop`` ends it: no call begins after it is set, and those under way come to an end.

    ``there`` says whether the process that holds a lock is still there. ``foresees`` says of the instances of a place
    whether it is to be counted now what others use of the places that these will take. ``left`` tells what was made for
    the run only and could not be deleted at its end.
    """

    workflow: Workflow[Any]
    connect: Callable[[Place], Cloud]
    brief: Brief
    limits: Limits = field(default_factory=Limits)
    check_mode: bool = False
    clock: Clock = field(default_factory=Clock)
    stop: Event = field(default_factory=Event)
    there: There = nobody_knows
    foresees: Foresees = _nobody_asks
    left: list[str] = field(default_factory=list)
    _at_work: Sequence[Lane] = ()

    def run(self, records: Sequence[Record[Any]], tell: Tell = _nothing) -> list[Record[Any]]:
        """Work until every record is done or the time is over, and return the records in their order.

        ``tell`` is called again and again with the records as they are.
        """
        since = self.clock.ticks()
        lanes = self._at_work = self._lanes([record.with_(since=since) for record in records])
        try:
            self._run(lanes, records, tell)
        finally:
            self.stop.set()
            self.left += [text for lane in lanes for text in lane.left]
        return _newest(lanes, records)

    def taken(self) -> Counted:
        """Return who of others takes places, by the places of the instances, as far as it was counted."""
        return {lane.place: lane.taken() for lane in self._at_work if lane.counted}

    def _lanes(self, records: Sequence[Record[Any]]) -> list[Lane]:
        goal = replace(self.brief.goal, run=self.brief.holder.run)
        accounts = {record.item.place.credentials for record in records}
        shift = Shift(
            self.workflow,
            replace(self.brief, date=self.clock.date, goal=goal),
            self.connect,
            Cap(self.limits.max_running),
            self.limits,
            self.clock,
            self.check_mode,
            self.stop,
            self.there,
            owned=len(accounts) > 1,
            foresees=self.foresees,
        )
        places: dict[Place, dict[str, Record[Any]]] = {}
        for record in records:
            places.setdefault(record.item.place, {})[record.id] = record
        return [Lane(shift, place, members) for place, members in places.items()]

    def _run(self, lanes: Sequence[Lane], records: Sequence[Record[Any]], tell: Tell) -> None:
        with ThreadPoolExecutor(max(1, len(lanes))) as pool:
            running: set[Future[None]] = {pool.submit(lane.run) for lane in lanes}
            try:
                while running:
                    ended, running = wait(running, _GLANCE, FIRST_EXCEPTION)
                    for lane in ended:
                        lane.result()
                    tell(_newest(lanes, records))
            finally:
                self.stop.set()


def _newest(lanes: Sequence[Lane], records: Sequence[Record[Any]]) -> list[Record[Any]]:
    """Return the newest record of each instance in the order of ``records``."""
    places = {lane.place: lane.records for lane in lanes}
    return [places[record.item.place][record.id] for record in records]
