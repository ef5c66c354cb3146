# Copyright (c) 2026 evergreen.os_migration contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""(what is known of an instance, what is wanted) -> the one next step.

Pure: no clock, no network, no Ansible. A workflow gives each goal a chain of gates; the first gate that is not passed
names the step. The same function drives a first run, a resumed run, check mode and the report, which is why a killed
controller loses nothing: the next one looks again and arrives at the same step.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from typing import Generic, TypeAlias

from .goal import Goal, in_words, told
from .model import Item, Problem
from .record import Moment, Record, V
from .verb import Step

Gate: TypeAlias = Callable[[Record[V], Goal, Moment], "Step | None"]


@dataclass(frozen=True)
class Workflow(Generic[V]):
    """What a kind of work needs of an instance, in which order.

    ``start`` is the view of an instance of which nothing was seen yet; ``failed`` the record after a problem, and
    ``in_flight`` says whether an instance is between its first and its last write. What writes only under the lock of
    the instance has ``afresh``: the record in which nothing counts that was seen before the lock was taken.
    """

    name: str
    start: Callable[[Item], V]
    chain: Callable[[Record[V], Goal], tuple[Gate[V], ...]]
    failed: Callable[[Record[V], Problem], Record[V]]
    in_flight: Callable[[Record[V]], bool]
    afresh: Callable[[Record[V]], Record[V]] | None = None

    def record(self, item: Item) -> Record[V]:
        """Return the record of an instance of which nothing is known."""
        return Record(item, self.start(item))

    def decide(self, record: Record[V], goal: Goal, now: Moment) -> Step:
        """Return the next step, told in the words of the instance's provider."""
        for gate in self.chain(record, goal):
            step = gate(record, goal, now)
            if step is not None:
                return _worded(step, goal.offer(record.item.provider).words)
        raise AssertionError(f"no gate of {self.name} ends the chain for {goal.state}")  # a fault in the chains


def _worded(step: Step, words: Mapping[str, str]) -> Step:
    if step.problem is None:
        return step
    return replace(step, problem=told(step.problem, words), event=in_words(step.event, words))


def ended(record: Record[V], problem: Problem) -> Record[V]:
    """Return the record that a problem ends for good."""
    return record.with_(problem=record.problem or problem, state="failed", done=True)


def never(record: Record[V]) -> bool:
    """Say that nothing of the instance is ever under way."""
    return False
