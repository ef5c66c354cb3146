# Copyright (c) 2026 evergreen.os_migration contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What is known of one instance in this run, and when each part of it was seen."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime, timezone
from typing import Any, Generic, NamedTuple, TypeVar

from .model import Event, Item, Problem

V = TypeVar("V")


class Moment(NamedTuple):
    """Now: ``ticks`` on a clock that never goes back, for waits; ``date`` in epoch seconds by this machine's clock.

    A time that a cloud gave is compared with ``cloud``; its clock is ``ahead`` of this machine's, as its answers show.
    """

    ticks: float
    date: float
    ahead: float = 0.0

    @property
    def cloud(self) -> float:
        """Return the cloud's now, in epoch seconds."""
        return self.date + self.ahead


def epoch(text: str) -> float | None:
    """Return a moment in ISO 8601, UTC, in epoch seconds; a text in another form is no moment."""
    try:
        found = datetime.fromisoformat(text.removesuffix("Z"))
    except ValueError:
        return None
    return (found if found.tzinfo else found.replace(tzinfo=timezone.utc)).timestamp()


@dataclass(frozen=True)
class Record(Generic[V]):
    """One instance on its way to a goal. It can be rebuilt from the cloud at any time: a cache, never the only copy.

    ``view`` is what was seen, ``seen`` when each aspect of it was looked at last, in ticks: an aspect that is not in
    it was never looked at, one with ``None`` was forgotten, because something has changed it since. ``since`` is when
    the instance entered its state, in ticks.
    """

    item: Item
    view: V
    state: str = "pending"
    done: bool = False
    changed: bool = False
    problem: Problem | None = None
    timeline: tuple[Event, ...] = ()
    seen: Mapping[str, float | None] = field(default_factory=dict)
    since: float = 0.0

    @property
    def id(self) -> str:
        """Return the instance's id."""
        return self.item.instance_id

    def with_(self, **changes: Any) -> Record[V]:
        """Return a copy with ``changes`` applied."""
        return replace(self, **changes)

    def learns(self, **changes: Any) -> Record[V]:
        """Return a copy whose view has ``changes`` applied."""
        view: Any = self.view
        return replace(self, view=replace(view, **changes))

    def looked(self, aspects: Iterable[str], when: float) -> Record[V]:
        """Return a copy that knows when aspects were seen."""
        return replace(self, seen={**self.seen, **dict.fromkeys(aspects, when)})

    def forgets(self, *aspects: str) -> Record[V]:
        """Return a copy in which aspects have to be looked at again; what was never seen stays so."""
        return replace(self, seen={name: None if name in aspects else when for name, when in self.seen.items()})

    def knows(self, aspect: str) -> bool:
        """Say whether the aspect was looked at and nothing has changed it since."""
        return self.seen.get(aspect) is not None

    def overdue(self, state: str, patience: float, aspect: str, now: Moment) -> bool:
        """Say whether the wait in ``state`` is over: a look at the aspect after the deadline still showed no end.

        Where no look succeeds, the deadline counts once more from there: what cannot be seen is not judged early.
        """
        waited = now.ticks - self.since
        last = self.seen.get(aspect)
        looked = last is not None and last - self.since > patience
        return self.state == state and waited > patience and (looked or waited > 2 * patience)
