# Copyright (c) 2026 evergreen.os_migration contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""How many instances may be under way at once: over all lanes of an account, and beside all other runs."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Hashable, Mapping, Sequence
from dataclasses import dataclass, field
from threading import Lock as Mutex
from typing import TypeAlias

from .._core.lock import Lock


@dataclass(frozen=True)
class Count:
    """Who is under way in a place: the instances with a living lock, and every work that runs with its instance.

    The look ``began`` then, in ticks.
    """

    began: float
    locks: Mapping[str, Lock]
    works: Mapping[str, str]


#: What each lane counted last, by queues.
Counts: TypeAlias = Mapping[Hashable, Mapping[Hashable, Count]]


@dataclass
class Cap:
    """The places of each queue: who of this run holds one, with which works, and what each lane counted last."""

    most: int
    _held: dict[Hashable, dict[str, frozenset[str]]] = field(default_factory=lambda: defaultdict(dict))
    _counts: dict[Hashable, dict[Hashable, Count]] = field(default_factory=lambda: defaultdict(dict))
    _wanted: dict[Hashable, float] = field(default_factory=dict)
    _told: dict[Hashable, dict[Hashable, Count]] = field(default_factory=lambda: defaultdict(dict))
    _mutex: Mutex = field(default_factory=Mutex)

    def keep(self, queue: Hashable, instance_id: str, works: frozenset[str]) -> None:
        """Note that an instance holds a place, and the works that are its own."""
        with self._mutex:
            self._held[queue][instance_id] = works

    def leave(self, queue: Hashable, instance_id: str) -> bool:
        """Note that an instance holds no place; return whether it held one."""
        with self._mutex:
            return self._held[queue].pop(instance_id, None) is not None

    def holders(self, queue: Hashable, waiting: Sequence[str]) -> frozenset[str]:
        """Return those of ``waiting`` that were given a place before, and whose write has not succeeded yet."""
        with self._mutex:
            return frozenset(waiting) & self._held[queue].keys()

    def full(self, queue: Hashable) -> bool:
        """Say whether this run alone holds every place: then nobody else need be counted."""
        with self._mutex:
            return len(self._held[queue]) >= self.most

    def note(self, queue: Hashable, lane: Hashable, count: Count) -> None:
        """Keep what a lane counted."""
        with self._mutex:
            self._counts[queue][lane] = self._told[queue][lane] = count

    def others(self, queue: Hashable) -> frozenset[str]:
        """Return who of others is under way by all that was counted, also by lanes that have ended."""
        with self._mutex:
            return frozenset(self._others(queue, self._told))

    def ends(self, queue: Hashable, lane: Hashable) -> None:
        """Note that a lane counts no more; what it counted last no longer says anything."""
        with self._mutex:
            self._counts[queue].pop(lane, None)

    def wants(self, queue: Hashable) -> float:
        """Return the tick after which every lane of the queue has to count again, if it has not."""
        with self._mutex:
            return self._wanted.get(queue, float("-inf"))

    def admit(self, queue: Hashable, waiting: Sequence[str]) -> frozenset[str]:
        """Give the places that are free beside all others that are under way to the first of those waiting."""
        with self._mutex:
            held = self._held[queue]
            free = max(0, self.most - len(held) - len(self._others(queue, self._counts)))
            admitted = frozenset([one for one in waiting if one not in held][:free])
            held.update(dict.fromkeys(admitted, frozenset[str]()))
            return admitted

    def is_within(self, queue: Hashable, instance_id: str, since: float, late: bool) -> bool | None:
        """Say whether an instance's lock is among the first, ``None`` as long as a lane has not counted ``since`` then.

        Every run ranks alike, so those that let in too many at the same time find out who has to wait. Who is ``late``
        goes by the last counts.
        """
        with self._mutex:
            self._wanted[queue] = max(since, self._wanted.get(queue, since))
            counts = self._counts[queue].values()
            if not late and any(count.began < since for count in counts):
                return None
            locks = {one: lock for count in counts for one, lock in count.locks.items()}
            begun = self._running(queue, self._counts) - locks.keys()
            ahead = sorted(locks, key=lambda one: (locks[one].since, locks[one].holder.run, one))
            return instance_id not in locks or len(begun) + ahead.index(instance_id) < self.most

    def _others(self, queue: Hashable, counts: Counts) -> set[str]:
        locks = {one for count in counts[queue].values() for one in count.locks}
        return (locks | self._running(queue, counts)) - self._held[queue].keys()

    def _running(self, queue: Hashable, counts: Counts) -> set[str]:
        """Return the instances of the works that run and are not of this run; a work that names none stands for it."""
        own = frozenset().union(*self._held[queue].values())
        works = {work: one for count in counts[queue].values() for work, one in count.works.items()}
        return {one or work for work, one in works.items() if work not in own}
