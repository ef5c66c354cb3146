# Copyright (c) 2026 evergreen.os_migration contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Two controllers on one cloud in memory: engines in threads of their own, on one clock that moves when all sleep.

What each of them is told may be old, what it sends may be lost, come late, or come after it was stopped or killed. The
cloud notes every write that must never happen.
"""

from __future__ import annotations

import copy
import random
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from threading import Condition, Thread
from typing import Any

from ansible_collections.evergreen.os_migration.plugins.module_utils._core import tag
from ansible_collections.evergreen.os_migration.plugins.module_utils._core.goal import Goal
from ansible_collections.evergreen.os_migration.plugins.module_utils._core.lock import Holder, Lock
from ansible_collections.evergreen.os_migration.plugins.module_utils._core.migration.tables import MIGRATION
from ansible_collections.evergreen.os_migration.plugins.module_utils._core.model import Item, Problem
from ansible_collections.evergreen.os_migration.plugins.module_utils._core.record import Record
from ansible_collections.evergreen.os_migration.plugins.module_utils._engine import Brief, Clock, Engine, Limits
from ansible_collections.evergreen.os_migration.plugins.module_utils._engine.limits import in_time
from ansible_collections.evergreen.os_migration.plugins.module_utils._errors import CloudError, Unclear

from .memory_cloud import OFFER, Agents, Enrolments, Killed, MemoryCloud, Works

PROBES = {"linux": "# facts", "windows": "# facts"}
LOST = Unclear(Problem("SDK.HttpError", "no answer"))
_PORTS = ("instances", "agents", "snapshots", "enrolments")
_WRITES = ("tag", "stop", "start", "restore", "take", "delete", "order", "begin", "run", "enrol")
#: What can become of a write: most are simply carried out.
FAULTS = (
    "answer lost",
    "never arrived",
    "40 s late",
    "150 s late",
    "stopped for 700 s",
    "stopped for 1500 s",
    "sent 60 s later",
    "killed before",
    "killed after",
)


@dataclass
class Time:
    """A clock that moves to the next moment at which somebody wakes, when every controller sleeps."""

    now: float = 1000.0
    awake: set[str] = field(default_factory=set)
    sleepers: dict[str, list[float]] = field(default_factory=dict)
    frozen: dict[str, float] = field(default_factory=dict)
    events: list[tuple[float, Callable[[], None]]] = field(default_factory=list)
    turn: Condition = field(default_factory=Condition)

    def sleep(self, name: str, seconds: float) -> None:
        with self.turn:
            wake = self.now + max(seconds, 0.001)
            self.sleepers.setdefault(name, []).append(wake)
            while self.now < wake:
                if all(self.sleepers.get(one) for one in self.awake):
                    self._advance()
                else:
                    self.turn.wait()

    def _advance(self) -> None:
        following = min(wake for one in self.awake for wake in self.sleepers[one])
        due = sorted((event for event in self.events if event[0] <= following), key=lambda event: event[0])
        self.events = [event for event in self.events if event[0] > following]
        for when, act in due:
            self.now = max(self.now, when)
            act()
        self.now = following
        for name, wakes in self.sleepers.items():
            self.sleepers[name] = [wake for wake in wakes if wake > following]
        self.turn.notify_all()

    def ticks(self, name: str) -> float:
        """A process that is stopped does nothing, in none of its threads."""
        while self.frozen.get(name, 0.0) > self.now:
            self.sleep(name, self.frozen[name] - self.now)
        return self.now

    def begin(self, name: str) -> None:
        with self.turn:
            self.awake.add(name)

    def end(self, name: str) -> None:
        with self.turn:
            self.awake.discard(name)
            if self.awake and all(self.sleepers.get(one) for one in self.awake):
                self._advance()
            self.turn.notify_all()


@dataclass
class Watched(MemoryCloud):
    """A cloud that notes what must never happen, and knows what it was at every moment."""

    time: Time = field(default_factory=Time)
    wrong: list[str] = field(default_factory=list)
    past: list[tuple[float, dict[str, Any]]] = field(default_factory=list)
    served: dict[str, float] = field(default_factory=dict)
    dead: set[str] = field(default_factory=set)
    restored_at: dict[str, float] = field(default_factory=dict)

    def settle(self) -> None:
        """Follow the clock, and keep what is there now for those who look late."""
        self.now = self.time.now
        for key in list(self.made):
            Works(self).work(key)
        for name in self.machines:
            self.facts(name)
            if name in self.restored_at and self.machines[name].instance.status == "Running":
                self.served.setdefault(name, self.now)
        self.past = [*self.past[-40:], (self.now, self._state())]

    def _state(self) -> dict[str, Any]:
        machines = {name: copy.copy(machine) for name, machine in self.machines.items()}
        return {"machines": machines, **{name: dict(getattr(self, name)) for name in ("made", "taken", "registered")}}

    def as_of(self, when: float) -> MemoryCloud:
        """Return the cloud as it was."""
        older = [state for at, state in self.past if at <= when] or [self.past[0][1]]
        was = copy.copy(self)
        for name, value in older[-1].items():
            setattr(was, name, {key: copy.copy(one) for key, one in value.items()})
        was.now = when
        return was

    def tag_says(self, name: str) -> str:
        found = tag.from_tags(self.machines[name].instance.tags)
        return found.state if found else ""

    def must(self, allowed: bool, what: str) -> None:
        if not allowed:
            self.wrong.append(f"{what} at {self.now:.0f}")

    def running_works(self, name: str) -> bool:
        return any(
            v[2].of.instance_id == name and Works(self).work(k).status == "running" for k, v in self.made.items()
        )

    def judge(self, verb: str, arguments: tuple[Any, ...]) -> None:
        """Note a write that must not be, before it is carried out."""
        self.settle()
        if verb == "begin":
            self._judge_begin(*arguments)
        elif verb == "stop":
            for name in arguments[0]:
                self.must(not self.running_works(name), f"{name} stopped under a running work")
                self.must(
                    self.tag_says(name) == "rolling_back", f"{name} stopped while its tag says {self.tag_says(name)}"
                )
        elif verb == "restore":
            self._judge_restore(arguments[0].split("-")[1])
        elif verb == "delete" and arguments[0] in self.taken:
            name = self.taken[arguments[0]][2]
            self.must(
                self.tag_says(name) not in ("rolling_back", "restored"), f"point of {name} deleted under a rollback"
            )

    def _judge_begin(self, work_id: str) -> None:
        if work_id not in self.made:
            return
        work, _ready, order = self.made[work_id]
        name = order.of.instance_id
        self.must(work.status == "made", f"a {work.status} work of {name} begun again")
        over = self.tag_says(name) in ("rolling_back", "restored", "rolled_back", "committed")
        self.must(not over, f"work of {name} begun while its tag says {self.tag_says(name)}")
        assert order.hop
        self.must(self.machines[name].os != order.hop.target, f"second work begun on the migrated {name}")

    def _judge_restore(self, name: str) -> None:
        self.must(not self.running_works(name), f"{name} reset under a running work")
        self.must(self.tag_says(name) == "rolling_back", f"{name} reset while its tag says {self.tag_says(name)}")
        again = self.restored_at.get(name, float("inf")) < self.served.get(name, 0.0)
        self.must(not again, f"{name} reset a second time, after it had served again")
        self.restored_at.setdefault(name, self.now)


@dataclass
class Line:
    """How one controller reaches the cloud, or a part of it."""

    target: Any
    cloud: Watched
    controller: Controller

    def __getattr__(self, name: str) -> Any:
        value = getattr(self.target, name)
        if name in _PORTS:
            return Line(value, self.cloud, self.controller)
        if name == "works":
            return {kind: Line(port, self.cloud, self.controller) for kind, port in value.items()}
        if not callable(value):
            return value
        return lambda *arguments, **named: self.controller.call(self, name, arguments, named)


@dataclass
class Controller:
    """One controller: its goal, and what happens to its calls. ``odds`` is how likely a fault is for each of them."""

    name: str
    cloud: Watched
    goal: Goal
    luck: random.Random
    odds: float = 0.0
    skew: float = 0.0
    same_machine: bool = False
    confirm: str = ""
    most: int = 20
    records: list[Record[Any]] = field(default_factory=list)
    told: list[str] = field(default_factory=list)

    @property
    def holder(self) -> Holder:
        return Holder(self.name, "a1", 1, "1")

    def call(self, line: Line, name: str, arguments: tuple[Any, ...], named: Mapping[str, Any]) -> Any:
        """Make one call, or lose it."""
        if self.name in self.cloud.dead:
            raise Killed
        if name not in _WRITES:
            return self._read(line, name, arguments, named)
        fault = self.luck.choice(FAULTS) if self.luck.random() < self.odds else ""
        if fault:
            self.told.append(f"{self.cloud.time.now:.0f} {name} {fault}")
        self._held_up(fault)

        def act() -> Any:
            self.cloud.judge(name, arguments)
            return getattr(line.target, name)(*arguments, **named)

        return self._sent(fault, act)

    def _held_up(self, fault: str) -> None:
        """Lose time before the call is sent, which then is too late, or die."""
        time = self.cloud.time
        if fault.startswith("stopped"):
            time.frozen[self.name] = time.now + float(fault.split()[2])
        if fault == "sent 60 s later":
            time.sleep(self.name, 60)
        in_time(time.ticks(self.name))
        if fault == "killed before":
            raise self._killed()

    def _sent(self, fault: str, act: Callable[[], Any]) -> Any:
        """Send the call and return its answer, if there is one."""
        time = self.cloud.time

        def act_late() -> None:
            try:
                act()
            except CloudError:
                self.told.append(f"{time.now:.0f} the late call was refused")

        if fault.endswith("late"):
            time.events.append((time.now + float(fault.split()[0]), act_late))
        if fault.endswith("late") or fault == "never arrived":
            raise LOST
        with time.turn:
            answer = act()
            self.cloud.settle()
        if fault == "killed after":
            raise self._killed()
        if fault == "answer lost":
            raise LOST
        return answer

    def _killed(self) -> Killed:
        self.cloud.dead.add(self.name)
        return Killed()

    def _read(self, line: Line, name: str, arguments: tuple[Any, ...], named: Mapping[str, Any]) -> Any:
        """Look, at what was there up to 14 s ago."""
        with self.cloud.time.turn:
            self.cloud.settle()
            old = self.odds and self.luck.random() < self.odds
            if not old or isinstance(line.target, (Agents, Enrolments)):
                return getattr(line.target, name)(*arguments, **named)
            was = self.cloud.as_of(self.cloud.now - 14)
            target = was if isinstance(line.target, MemoryCloud) else type(line.target)(was)
            return getattr(target, name)(*arguments, **named)

    def run(self, names: list[str]) -> None:
        """Work until the goal is reached, or the controller is killed."""
        time = self.cloud.time
        clock = Clock(
            lambda: time.ticks(self.name),
            lambda: time.ticks(self.name) + self.skew,
            lambda seconds: time.sleep(self.name, seconds),
        )
        line: Any = Line(self.cloud, self.cloud, self)
        brief = Brief(self.goal, PROBES, holder=self.holder)
        limits = Limits(threads=1, until=time.now + 20_000, max_running=self.most)
        engine = Engine(MIGRATION, lambda place: line, brief, limits, clock=clock, there=self._sees)
        items = [Item(name, "r", "alicloud", target="alinux-3", confirm=self.confirm) for name in names]
        try:
            self.records = engine.run([MIGRATION.record(item) for item in items])
        except Killed:
            pass
        finally:
            time.end(self.name)

    def _sees(self, lock: Lock) -> bool | None:
        """Say whether the process that holds a lock is there, when it is one of this machine."""
        return lock.holder.run not in self.cloud.dead if self.same_machine else None


@contextmanager
def started(controllers: list[tuple[Controller, float, list[str]]]) -> Iterator[None]:
    """Run controllers, each after a while and for some instances, and wait for all of them."""
    threads = []
    for one, since, instances in controllers:
        one.cloud.time.begin(one.name)

        def work(controller: Controller = one, after: float = since, names: list[str] = instances) -> None:
            controller.cloud.time.sleep(controller.name, after)
            controller.run(names)

        threads.append(Thread(target=work, daemon=True))
    for thread in threads:
        thread.start()
    yield
    for thread in threads:
        thread.join(120)
        assert not thread.is_alive(), "a controller hangs"


def goal(state: str, **more: Any) -> Goal:
    """Return what a controller wants."""
    return Goal(state=state, offers={"alicloud": OFFER}, **more)
