# Copyright (c) 2026 evergreen.os_migration contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The only loop: observe, decide, act, sleep. It alone knows check mode, time, threads and retries.

Each tick asks :mod:`_core.decide` for every instance's next step, puts equal steps together, sends them in as few
calls as the API allows, and takes the answers into the records. A call that fails for good becomes the problem of its
instances; the others go on.
"""

from __future__ import annotations

import random
import threading
import time
from collections.abc import Callable, Hashable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from datetime import datetime, timezone
from typing import Any

from ._clouds.base import Cloud
from ._core.decide import decide, fail, is_admission, predict
from ._core.model import Event, Item, Problem, Record
from ._core.position import in_flight
from ._core.step import Kind, Step, Verb
from ._errors import CloudError, MigrationError, MissingLibrary, Moved, OutOfTime, Transient
from ._steps import OPERATIONS, Brief, Operation, Task

CloudFor = Callable[[Item], Cloud]


@dataclass(frozen=True)
class Clock:
    """Time in seconds since the epoch, and how to wait; tests give their own."""

    now: Callable[[], float] = time.time
    sleep: Callable[[float], None] = time.sleep


@dataclass(frozen=True)
class Limits:
    """How the engine may behave. Times in seconds; ``until`` is on the clock."""

    until: float = float("inf")
    poll_interval: float = 20
    max_running: int = 20
    hop_timeout: float = 7200
    threads: int = 8


class Retrier:
    """Run one API call: wait for the rate limit, back off from what passes, stop at the deadline.

    Rate limits are waited out; other faults get a limited number of tries, few while nothing was ever answered,
    because then the endpoint is more likely to be wrong than the network to be bad.
    """

    _TRIES, _FIRST_TRIES, _LONGEST = 9, 3, 30.0

    def __init__(self, clock: Clock, until: float, per_second: float = 20) -> None:
        self._clock = clock
        self._until = until
        self._interval = 1 / per_second
        self._free_at = 0.0
        self._lock = threading.Lock()
        self._answered = False

    def __call__(self, call: Callable[[], Any]) -> Any:
        """Return what ``call`` returns."""
        tries = 0
        while True:
            self._pause(self._turn())
            try:
                result = call()
            except Transient as fault:
                tries += 1
                self._answered = self._answered or fault.throttled
                if not fault.throttled and tries >= (self._TRIES if self._answered else self._FIRST_TRIES):
                    raise
                self._pause(random.uniform(0.5, 1) * min(self._LONGEST, 2.0 ** min(tries, 6) / 2))
            else:
                self._answered = True
                return result

    def _turn(self) -> float:
        """Return how long to wait for this call's turn under the rate limit."""
        with self._lock:
            now = self._clock.now()
            self._free_at = max(now, self._free_at + self._interval)
            return self._free_at - now

    def _pause(self, seconds: float) -> None:
        if self._clock.now() + seconds > self._until:
            raise OutOfTime
        if seconds > 0:
            self._clock.sleep(seconds)


@dataclass
class Engine:
    """Brings records to their goal. ``records`` holds the newest of each instance, by id and in the user's order."""

    cloud_for: CloudFor
    brief: Brief
    limits: Limits = field(default_factory=Limits)
    check_mode: bool = False
    clock: Clock = field(default_factory=Clock)
    next_poll: float = 0.0
    records: dict[str, Record] = field(default_factory=dict)
    _resting: set[str] = field(default_factory=set)

    def run(self, records: Sequence[Record]) -> list[Record]:
        """Work until every record is done or the time is over, and return the records."""
        self.records = {record.item.instance_id: record for record in records}
        with ThreadPoolExecutor(self.limits.threads) as pool:
            while self._open() and self._tick(pool):
                pass
        return list(self.records.values())

    def _open(self) -> list[Record]:
        return [record for record in self.records.values() if not record.done]

    def _tick(self, pool: ThreadPoolExecutor) -> bool:
        """Do everything that can be done now; return whether there is time for more."""
        polling = self.clock.now() >= self.next_poll
        if polling:
            self._resting.clear()
        tasks = self._admitted([task for record in self._open() if (task := self._task(record))])
        ready = [task for task in tasks if polling or task.step.verb.kind is not Kind.POLL]
        self._act(pool, ready)
        if polling:
            self.next_poll = self.clock.now() + self.limits.poll_interval
        return self._wait()

    def _wait(self) -> bool:
        """Sleep until the next poll, unless there is something to do at once; return whether there is time left.

        A call that has nothing left to do in its time sleeps to the end of it: it would only be called again.
        """
        if any((task := self._task(record)) and task.step.verb.kind is not Kind.POLL for record in self._open()):
            return self.clock.now() < self.limits.until
        if not self._open():
            return False
        self.clock.sleep(max(0.0, min(self.next_poll, self.limits.until) - self.clock.now()))
        return self.clock.now() < self.limits.until

    def _task(self, record: Record) -> Task | None:
        """Return the instance's next step that touches the cloud; take the local ones on the way."""
        if record.item.instance_id in self._resting:
            return None
        while not record.done:
            step = decide(record, self.brief.goal, self.clock.now())
            task = self._local(record, step)
            if task is not None:
                return task
            record = self.records[record.item.instance_id]
        return None

    def _local(self, record: Record, step: Step) -> Task | None:
        kind = step.verb.kind
        if kind is Kind.LOCAL:
            self._keep(record, step, _settled(record, step))
        elif self.check_mode and kind is not Kind.READ:
            self._keep(record, step, predict(record, step), planned=True)
        else:
            return Task(record, step)
        return None

    def _keep(self, record: Record, step: Step, result: Record, planned: bool = False) -> None:
        """Store what a step led to, with its timeline."""
        state = result.state if result.done or planned else step.state
        moved = state != record.state
        timeline = result.timeline
        if step.event and not planned:
            at = datetime.fromtimestamp(self.clock.now(), timezone.utc).isoformat(timespec="seconds")
            timeline = (*timeline, Event(at, step.event))
        since = self.clock.now() if moved else result.waiting_since
        self.records[record.item.instance_id] = result.with_(state=state, waiting_since=since, timeline=timeline)

    # --- acting -----------------------------------------------------------------------------------------------------

    def _act(self, pool: ThreadPoolExecutor, tasks: Sequence[Task]) -> None:
        batches = list(self._batches(tasks))
        for batch, answer in zip(batches, pool.map(lambda batch: self._answer(*batch), batches), strict=True):
            for task in batch[2]:
                self._take(task, answer.get(task.id))

    def _batches(self, tasks: Sequence[Task]) -> Iterator[tuple[Cloud, Operation, list[Task]]]:
        """Yield groups of tasks that fit into one call each."""
        groups: dict[Hashable, tuple[Cloud, Operation, list[Task]]] = {}
        for task in tasks:
            try:
                cloud = self.cloud_for(task.record.item)
            except MissingLibrary:
                raise
            except MigrationError as error:
                self._take(task, error.problem)
                continue
            operation = OPERATIONS[task.step.verb]
            key = (id(cloud), task.step.verb, operation.key(task))
            groups.setdefault(key, (cloud, operation, []))[2].append(task)
        for cloud, operation, members in groups.values():
            size = operation.size(cloud.capabilities)
            for start in range(0, len(members), size):
                yield cloud, operation, members[start : start + size]

    def _answer(self, cloud: Cloud, operation: Operation, tasks: list[Task]) -> Mapping[str, Record | Problem | None]:
        """Return a record or problem per instance; ``None`` where nothing was learnt and it must be tried again."""
        if tasks[0].step.verb.kind is Kind.WRITE and self.clock.now() >= self.limits.until:
            return {}  # nothing new is begun when the time of this call is over
        try:
            return operation.run(cloud, tasks, self.brief)
        except OutOfTime:
            return {}
        except CloudError as error:
            return self._refused(cloud, operation, tasks, error)
        except Exception as fault:
            # An answer of a form that nobody foresaw must not stop what is under way for the other instances.
            return dict.fromkeys((task.id for task in tasks), _unexpected(fault, tasks[0].step.verb))

    def _refused(
        self, cloud: Cloud, operation: Operation, tasks: list[Task], error: CloudError
    ) -> Mapping[str, Record | Problem | None]:
        """Find out whom a refusal is meant for: one bad instance must not stop the rest of its batch."""
        if len(tasks) > 1 and not error.whole_call:
            return self._in_halves(cloud, operation, tasks)
        if isinstance(error, Moved):
            return self._look_again(cloud, operation, tasks, error)
        waiting = [task.id for task in tasks if isinstance(error, Transient) and self._patient(task.record)]
        return {task.id: None if task.id in waiting else error.problem for task in tasks}

    def _in_halves(
        self, cloud: Cloud, operation: Operation, tasks: list[Task]
    ) -> Mapping[str, Record | Problem | None]:
        middle = len(tasks) // 2
        return {
            **self._answer(cloud, operation, tasks[:middle]),
            **self._answer(cloud, operation, tasks[middle:]),
        }

    def _patient(self, record: Record) -> bool:
        """Say whether to wait on: what is under way in the cloud is not given up because it cannot be seen."""
        return in_flight(record) and self.clock.now() - record.waiting_since <= self.limits.hop_timeout

    def _look_again(
        self, cloud: Cloud, operation: Operation, tasks: list[Task], error: Moved
    ) -> Mapping[str, Record | Problem | None]:
        (task,) = tasks
        if in_flight(task.record) and not self._patient(task.record):
            return {task.id: error.problem}
        self._resting.add(task.id)
        try:
            return OPERATIONS[operation.look_again].run(cloud, tasks, self.brief)
        except (CloudError, OutOfTime):
            return {}

    def _take(self, task: Task, answer: Record | Problem | None) -> None:
        if answer is None:
            self._resting.add(task.id)
        elif isinstance(answer, Problem):
            event = Step(task.step.verb, task.step.state, event=f"failed: {answer.message}")
            self._keep(task.record, event, fail(task.record, answer))
        elif task.id in self._resting:
            self._keep(task.record, Step(task.step.verb, task.step.state), answer)
        else:
            self._keep(task.record, task.step, answer.with_(**task.step.changes))

    # --- the cap ----------------------------------------------------------------------------------------------------

    def _admitted(self, tasks: list[Task]) -> list[Task]:
        """Hold back instances that would exceed the most running at once, in the account, whoever started them."""
        waiting = [task for task in tasks if is_admission(task.step)]
        if not waiting:
            return tasks
        held = set[str]()
        for account in sorted({_account(task.record.item) for task in waiting}):
            mine = [task for task in waiting if _account(task.record.item) == account]
            held |= self._held(mine, account)
        return [task for task in tasks if task.id not in held]

    def _held(self, waiting: Sequence[Task], account: tuple[str, str]) -> set[str]:
        """Return the ids of one account's waiting instances that must not start now."""
        try:
            held = list(waiting[self._free_places(account, waiting[0].record.item) :])
        except (Transient, OutOfTime):
            held = list(waiting)  # the count is not known now: nobody is let in before it is
        except CloudError as refusal:
            for task in waiting:
                self._take(task, refusal.problem)
            return {task.id for task in waiting}
        for task in held:
            self._resting.add(task.id)
            self._keep(task.record, Step(task.step.verb, "queued"), task.record)
        return {task.id for task in held}

    def _free_places(self, account: tuple[str, str], example: Item) -> int:
        ours = [r for r in self.records.values() if in_flight(r) and _account(r.item) == account]
        own_jobs = {job.job_id for record in ours for job in record.jobs or ()}
        foreign = self.cloud_for(example).running_jobs() - own_jobs
        return max(0, self.limits.max_running - len(ours) - len(foreign))


def _unexpected(fault: Exception, verb: Verb) -> Problem:
    return Problem(
        "UnexpectedAnswer",
        f"An answer to the step {verb.value[0]} could not be understood ({type(fault).__name__}: {fault}).",
        "This is a fault of the collection: report this message. What is under way in the cloud goes on.",
    )


def _account(item: Item) -> tuple[str, str]:
    return item.provider, item.profile


def _settled(record: Record, step: Step) -> Record:
    """Return the record after a step that needs nobody else."""
    if step.verb is Verb.FAIL:
        return fail(record, step.subject)
    changed = record.with_(**step.changes)
    return changed.with_(state=step.state, done=True) if step.verb is Verb.FINISH else changed
