# Copyright (c) 2026 evergreen.os_migration contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""How many instances may be under way at once, over all lanes of an account."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Hashable, Sequence
from dataclasses import dataclass, field
from threading import Lock


@dataclass
class Cap:
    """The places of each queue: who of this run holds one, and with which works."""

    most: int
    _held: dict[Hashable, dict[str, frozenset[str]]] = field(default_factory=lambda: defaultdict(dict))
    _lock: Lock = field(default_factory=Lock)

    def keep(self, queue: Hashable, instance_id: str, works: frozenset[str]) -> None:
        """Note that an instance holds a place, and the works that are its own."""
        with self._lock:
            self._held[queue][instance_id] = works

    def leave(self, queue: Hashable, instance_id: str) -> bool:
        """Note that an instance holds no place; return whether it held one."""
        with self._lock:
            return self._held[queue].pop(instance_id, None) is not None

    def holders(self, queue: Hashable, waiting: Sequence[str]) -> frozenset[str]:
        """Return those of ``waiting`` that were given a place before, and whose write has not succeeded yet."""
        with self._lock:
            return frozenset(waiting) & self._held[queue].keys()

    def full(self, queue: Hashable) -> bool:
        """Say whether this run alone holds every place: then nobody else need be counted."""
        with self._lock:
            return len(self._held[queue]) >= self.most

    def admit(self, queue: Hashable, waiting: Sequence[str], running: frozenset[str]) -> frozenset[str]:
        """Give the places that are free beside the works ``running`` in the queue to the first of those waiting."""
        with self._lock:
            held = self._held[queue]
            own = frozenset().union(*held.values())
            free = max(0, self.most - len(held) - len(running - own))
            admitted = frozenset([one for one in waiting if one not in held][:free])
            held.update(dict.fromkeys(admitted, frozenset[str]()))
            return admitted
