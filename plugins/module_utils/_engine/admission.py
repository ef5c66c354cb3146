# Copyright (c) 2026 evergreen.os_migration contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Who of a lane may begin: the instances that wait for a place in a queue, and who else is counted in it."""

from __future__ import annotations

from collections.abc import Hashable
from contextlib import suppress
from dataclasses import dataclass, field
from math import inf
from typing import Any

from .._clouds.base import Cloud
from .._core.lock import LATE, LOCK_KEY, WAIT, lock_in
from .._core.model import Place, Problem
from .._core.plan import Taken
from .._core.record import Record
from .._errors import CloudError, OutOfTime, Transient
from .acts import Task
from .cap import Cap, Count
from .leases import Lease, Leases
from .limits import Clock

_NEVER = float("-inf")


@dataclass
class Admission:
    """The queues of one lane, by kind of works, and the steps that wait there by instance.

    A place is ``free`` when somebody may be let in. ``counted`` is when a kind was counted last, in ticks.
    """

    cloud: Cloud
    place: Place
    owner: str
    cap: Cap
    leases: Leases
    clock: Clock
    free: bool = False
    waiting: dict[str, Task] = field(default_factory=dict)
    _counted: dict[str, float] = field(default_factory=dict)
    _due: set[str] = field(default_factory=set)

    def wait(self, task: Task) -> None:
        """Put a step into its queue."""
        self.waiting[task.id] = task
        self.free = True

    def polls(self) -> None:
        """Note that everybody is asked anew, and count here what a lock of another lane waits for."""
        self.waiting.clear()
        self._due = set(self.cloud.capabilities.queues)
        for kind, counted in list(self._counted.items()):
            if counted < self.cap.wants(self._queue(kind)):
                self._count_if_it_can_be(kind)

    def kinds(self) -> tuple[str, ...]:
        """Return the kinds of works that somebody waits for."""
        return tuple(dict.fromkeys(task.step.queue for task in self.waiting.values()))

    def admitted(self, kind: str) -> frozenset[str] | Problem:
        """Return who of those waiting has a place now, or why nobody can be let in."""
        waiting = [one for one, task in self.waiting.items() if task.step.queue == kind]
        queue = self._queue(kind)
        holders = self.cap.holders(queue, waiting)
        if self.cap.full(queue):
            return holders
        try:
            if kind in self._due or kind not in self._counted:
                self._count(kind)
        except (Transient, OutOfTime):
            return holders  # the count is not known now: nobody else is let in before it is
        except CloudError as refusal:
            return refusal.problem
        return holders | self.cap.admit(queue, waiting)

    def is_within(self, kind: str, instance_id: str, lease: Lease) -> bool | None:
        """Say whether a lock that was just taken is among those that the cap lets in, when every lane has counted."""
        visibility, now = self.cloud.capabilities.visibility, self.clock.ticks()
        due, counted = lease.answered + WAIT * visibility, self._counted.get(kind, _NEVER)
        if counted < due and now - counted >= visibility / WAIT:
            self._count_if_it_can_be(kind)
        return self.cap.is_within(self._queue(kind), instance_id, due, now > due + LATE * visibility)

    def holds(self, record: Record[Any], in_flight: bool, may_write: bool) -> None:
        """Note who holds a place, or may hold one; when one becomes free, who waits for it may be let in."""
        for kind in self.cloud.capabilities.queues:
            if in_flight:
                works = frozenset(work.id for work in record.view.works)
                self.cap.keep(self._queue(kind), record.id, works)
            elif not may_write and self.cap.leave(self._queue(kind), record.id):
                self.free = True

    def ends(self) -> None:
        """Note that this lane counts no more."""
        for kind in self.cloud.capabilities.queues:
            self.cap.ends(self._queue(kind), self.place)

    def foresees(self) -> None:
        """Have counted, for the plan, what nobody was let in by yet; where that cannot be, it is not known."""
        for kind in self.cloud.capabilities.queues:
            if kind not in self._counted:
                self._count_if_it_can_be(kind)

    def taken(self) -> Taken:
        """Return who of others takes places here, in the fullest of the queues."""
        found = [self._taken(kind) for kind in self.cloud.capabilities.queues]
        nobody = Taken(self.place, frozenset())
        return max(found, key=lambda one: inf if one.by is None else len(one.by), default=nobody)

    def _taken(self, kind: str) -> Taken:
        queue = self._queue(kind)
        return Taken(queue, self.cap.others(queue) if kind in self._counted else None)

    def _queue(self, kind: str) -> Hashable:
        region = self.place.region if self.cloud.capabilities.queues[kind].scope == "region" else ""
        return self.place.provider, self.owner, region, kind

    def _count_if_it_can_be(self, kind: str) -> None:
        with suppress(CloudError, OutOfTime):  # other lanes may have counted; here it is tried again
            self._count(kind)

    def _count(self, kind: str) -> None:
        """Count who is under way in this place, whoever it is of."""
        began = self.clock.ticks()
        works = self.cloud.works[kind].running()
        listed = {one.instance_id: lock_in(one.tags) for one in self.cloud.instances.listed(LOCK_KEY)}
        locks = {one: lock for one, lock in listed.items() if lock and self.leases.counts(one, lock, began)}
        self.cap.note(self._queue(kind), self.place, Count(began, locks, works))
        self._counted[kind] = began
        self._due.discard(kind)


def owner_of(cloud: Cloud, place: Place, ask: bool) -> str:
    """Return whose account a place is in: two profiles may be of one; the profile where that is not told."""
    try:
        return cloud.owner() if ask else place.profile
    except (CloudError, OutOfTime):
        return place.profile
