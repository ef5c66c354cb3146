# Copyright (c) 2026 evergreen.os_migration contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Brings stacks to their state: those of each place by a thread of their own, so that a place that hangs keeps nobody.

A stack is no instance: there is no lock, and no guard of its own. A name is the only one in its region, so the cloud
itself refuses a second stack, and a deletion names the stack by its id.
"""

from __future__ import annotations

import uuid
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field, replace
from threading import Event

from .._clouds.base import Cloud, Stacks
from .._core.model import Blueprint, Place, Problem, Stack, required
from .._core.stacks import DELETE, DONE, MAKE, MOVING, WAIT, Past, comes_by_itself, next_step
from .._errors import CloudError, MigrationError, MissingLibrary, Moved, OutOfTime
from .limits import Clock

# For how many times the time until a write is seen a name may be taken by a stack that no list has.
_UNSEEN = 12
Tell = Callable[["Wish"], None]


@dataclass
class Wish:
    """One stack of a call, and how far it is. ``before`` is what was there when the call began."""

    blueprint: Blueprint
    place: Place
    state: str
    before: Stack | None = None
    stack: Stack | None = None
    past: Past = field(default_factory=Past)
    looked: bool = False
    changed: bool = False
    planned: bool = False
    done: bool = False
    problem: Problem | None = None
    unseen_since: float | None = None
    made_at: float | None = None
    token: str = field(default_factory=lambda: uuid.uuid4().hex)

    def fail(self, problem: Problem) -> None:
        """End with a problem."""
        self.problem, self.done = problem, True

    def see(self, seen: Stack | None) -> bool:
        """Note what a look has shown; say whether that is something else than before."""
        stack = None if seen is None or seen.status == "gone" else seen
        if stack is not None:
            self.past = replace(self.past, made=self.past.made or stack.status in ("making", "undoing"))
            self.unseen_since = None
        if not self.looked:
            self.before = stack
        other = not self.looked or _said(stack) != _said(self.stack)
        self.stack, self.looked = stack, True
        return other


@dataclass(frozen=True)
class Limit:
    """Until when calls are sent, in ticks, how long that is in all, and the seconds between two looks."""

    until: float
    timeout: float
    poll: float


@dataclass(frozen=True)
class StackEngine:
    """A run over stacks; without ``writing`` nothing is changed, and what would be is told."""

    connect: Callable[[Place], Cloud]
    limit: Limit
    writing: bool
    clock: Clock
    stop: Event
    tell: Tell

    def run(self, wishes: Sequence[Wish]) -> None:
        """Work until every stack is as it is wanted, or cannot be."""
        places: dict[Place, list[Wish]] = {}
        for wish in wishes:
            places.setdefault(wish.place, []).append(wish)
        with ThreadPoolExecutor(max(1, len(places))) as pool:
            lanes = [pool.submit(self._lane, place, members) for place, members in places.items()]
            for lane in lanes:
                lane.result()

    def _lane(self, place: Place, wishes: Sequence[Wish]) -> None:
        try:
            cloud = self.connect(place)
            if cloud.stacks is None:
                message = f"{place.provider} has no stacks."
                raise MigrationError(Problem("NotOffered", message, "Name a provider that has."))
            _Lane(self, cloud.stacks, cloud.capabilities.visibility, wishes).run()
        except MissingLibrary:
            raise
        except OutOfTime:
            for wish in _open(wishes):
                wish.fail(_late(wish, self.limit.timeout))
        except MigrationError as refusal:
            for wish in _open(wishes):
                wish.fail(refusal.problem)


def _said(stack: Stack | None) -> str:
    return stack.said if stack else ""


def _open(wishes: Sequence[Wish]) -> list[Wish]:
    return [wish for wish in wishes if not wish.done]


def _late(wish: Wish, timeout: float) -> Problem:
    said = wish.stack.said if wish.stack else "not looked at"
    message = f"The stack {wish.blueprint.name} was still {said} when the {timeout:.0f} s of this call were over."
    return Problem("DeadlineExceeded", message, "Run again: the cloud goes on, and the next run follows it.")


@dataclass(frozen=True)
class _Lane:
    """The stacks of one place."""

    engine: StackEngine
    port: Stacks
    visibility: float
    wishes: Sequence[Wish]

    def run(self) -> None:
        clock, limit = self.engine.clock, self.engine.limit
        while left := _open(self.wishes):
            self._look(left)
            for wish in left:
                self._go_on(wish)
            if _open(self.wishes):
                if clock.ticks() + limit.poll > limit.until or self.engine.stop.is_set():
                    raise OutOfTime
                clock.sleep(limit.poll)

    # --- looking ---

    def _look(self, wishes: Sequence[Wish]) -> None:
        known = {wish.stack.id: wish for wish in wishes if wish.stack}
        named = [wish for wish in wishes if not wish.stack]
        by_name = self.port.find([wish.blueprint.name for wish in named]) if named else {}
        by_id = self.port.read(list(known)) if known else {}
        for wish in wishes:
            self._saw(wish, by_id.get(wish.stack.id) if wish.stack else by_name.get(wish.blueprint.name))

    def _saw(self, wish: Wish, listed: Stack | None) -> None:
        stack = self._newest(wish, listed)
        if stack is None and self._made_just_now(wish):
            return
        if wish.see(stack):
            self.engine.tell(wish)

    def _newest(self, wish: Wish, listed: Stack | None) -> Stack | None:
        """Return a stack as it is. Lists may be late, and tell neither outputs nor all that failed."""
        known = listed or wish.stack
        if known is None or (listed and listed.status in (*MOVING, "gone")):
            return known
        return self.port.whole(known.id)

    def _made_just_now(self, wish: Wish) -> bool:
        """Say whether a stack of ours may be there although nothing shows it yet."""
        return wish.made_at is not None and self.engine.clock.ticks() - wish.made_at <= self.visibility

    # --- doing ---

    def _go_on(self, wish: Wish) -> None:
        step = next_step(wish.state, wish.blueprint.name, wish.stack, wish.past)
        try:
            if isinstance(step, Problem):
                wish.fail(step)
            elif step == DONE:
                wish.done = True
            elif step == WAIT:
                self._wait(wish)
            else:
                _DO[step](self, wish)
        except Moved as moved:
            self._later(wish, moved)
        except CloudError as refusal:
            if refusal.whole_call:
                raise
            wish.fail(refusal.problem)

    def _wait(self, wish: Wish) -> None:
        """Wait for what the cloud does; without writing, say whether that is all."""
        if not self.engine.writing:
            wish.changed = wish.planned = not comes_by_itself(wish.state, required(wish.stack))
            wish.done = True

    def _make(self, wish: Wish) -> None:
        if not self.engine.writing:
            self.port.check(wish.blueprint)
            wish.changed = wish.planned = wish.done = True
            return
        made = self.port.make(wish.blueprint, wish.token)
        wish.changed, wish.past, wish.made_at = True, Past(made=True), self.engine.clock.ticks()
        wish.stack = Stack(wish.blueprint.name, made, "making", "being made", wish.blueprint.label)

    def _delete(self, wish: Wish) -> None:
        if not self.engine.writing:
            wish.changed = wish.planned = wish.done = True
            return
        self.port.delete(required(wish.stack).id)
        wish.changed, wish.past = True, replace(wish.past, deleted=True)

    def _later(self, wish: Wish, moved: Moved) -> None:
        """Look again: another call was faster, or something else is done with the stack; not for ever."""
        now = self.engine.clock.ticks()
        wish.unseen_since = now if wish.unseen_since is None else wish.unseen_since
        if now - wish.unseen_since > _UNSEEN * self.visibility:
            wish.fail(moved.problem)


_DO: Mapping[str, Callable[[_Lane, Wish], None]] = {MAKE: _Lane._make, DELETE: _Lane._delete}
