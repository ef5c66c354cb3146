# Copyright (c) 2026 evergreen.os_migration contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The loop of one place: observe, decide, act, sleep. No lane waits for another.

For each instance the workflow decides on the next step; equal steps are put together and sent in as few calls as the
API allows, some at the same time; each answer is taken as it comes. A call that fails for good becomes the problem of
its instances; the others go on.
"""

from __future__ import annotations

from collections.abc import Callable, Hashable, Iterable, Mapping, Sequence
from concurrent.futures import FIRST_COMPLETED, Executor, Future, ThreadPoolExecutor, wait
from dataclasses import dataclass, field, replace
from datetime import datetime, timezone
from threading import Event as Flag
from typing import Any, TypeAlias

from .._clouds.base import Cloud
from .._core.goal import told
from .._core.lock import LATE
from .._core.model import Event, Place, Problem
from .._core.plan import Taken
from .._core.record import Record
from .._core.verb import Step, Verb, look
from .._core.workflow import Workflow
from .._errors import CloudError, MigrationError, MissingLibrary, Moved, OutOfTime, TooLate, Transient, Unclear
from .acts import VERBS, Task, key_of, most_of, name_of
from .admission import Admission, owner_of
from .cap import Cap
from .guards import Guards
from .holds import Hold, Holds
from .leases import Errand, Lease, Leases, Outcome, There
from .leases import run as run_errand
from .limits import Clock, sent_by
from .sights import SIGHTS, Brief, enrolment_ports, shown

# Seconds for which a call that is not full waits for more of its kind while others are under way, at the most: a look
# before a write must not become old by that. And for which the lane may not notice that it is to stop.
_GATHER, _GLANCE = 1.0, 1.0
_GATHER_OF_FRESH = 1 / 4


@dataclass(frozen=True)
class Limits:
    """How the engine may behave. Times in seconds; ``until`` is in ticks."""

    until: float = float("inf")
    poll_interval: float = 20
    max_running: int = 20
    hop_timeout: float = 7200
    threads: int = 8
    calls_per_second: Callable[[str], float] = lambda provider: 5.0


@dataclass(frozen=True)
class Shift:
    """What all lanes of a run share. With ``owned`` the clouds are asked whose accounts the places' profiles are.

    ``foresees`` says whether it is to be told who else takes places that instances of a lane are about to take.
    """

    workflow: Workflow[Any]
    brief: Brief
    connect: Callable[[Place], Cloud]
    cap: Cap
    limits: Limits
    clock: Clock
    check_mode: bool
    stop: Flag
    there: There
    owned: bool
    foresees: Foresees


@dataclass
class Group:
    """Tasks that may share a call, and since when the first of them waits."""

    since: float
    tasks: list[Task] = field(default_factory=list)


class Again:
    """The answer of a step that was not sent: what was seen before it had become too old."""


Foresees: TypeAlias = Callable[[Sequence[Record[Any]]], bool]
Answer: TypeAlias = "Record[Any] | Problem | Hold | Again | None"


@dataclass
class Lane:
    """The instances of one place, by id and in the user's order.

    ``_let_in`` are those with a place in a queue that are looked at before the write that the place is for. Once it has
    ``counted``, it can tell who of others takes places.
    """

    shift: Shift
    place: Place
    records: dict[str, Record[Any]]
    left: list[str] = field(default_factory=list)
    counted: bool = False
    _tick: float = float("-inf")
    _touched: set[str] = field(default_factory=set)
    _busy: set[str] = field(default_factory=set)
    _resting: set[str] = field(default_factory=set)
    _let_in: set[str] = field(default_factory=set)
    _ready: dict[Hashable, Group] = field(default_factory=dict)
    _flights: dict[Future[Mapping[str, Answer]], list[Task]] = field(default_factory=dict)
    _holds: Holds = field(default_factory=Holds)
    _wakes: dict[str, float] = field(default_factory=dict)
    _errands: dict[Future[Outcome], Errand] = field(default_factory=dict)
    _admission: Admission = field(init=False)
    _connected: bool = False
    _left: int = 0
    _order: dict[str, int] = field(default_factory=dict)

    def __post_init__(self) -> None:
        """Prepare what needs the shift."""
        limits, brief = self.shift.limits, self.shift.brief
        self._leases = Leases(brief.holder, self.shift.there, self._is_within, self.shift.workflow.afresh is not None)
        self._guards = Guards(limits.calls_per_second(self.place.provider), limits.threads)

    def run(self) -> None:
        """Work until every record is done, the time is over, or the run is stopped."""
        try:
            self._run()
        finally:
            self.counted = True

    def taken(self) -> Taken:
        """Return who of others takes places here."""
        return self._admission.taken() if self._connected else Taken(self.place)

    def _run(self) -> None:
        self._left = sum(not record.done for record in self.records.values())
        self._order = {instance_id: number for number, instance_id in enumerate(self.records)}
        try:
            self._cloud = self.shift.connect(self.place)
        except MissingLibrary:
            raise
        except MigrationError as error:
            for record in list(self.records.values()):
                self._fail(record, Step(Verb.NOTE, record.state), error.problem)
            return
        self._leases.visibility = self._guards.fresh = self._cloud.capabilities.visibility
        owner = owner_of(self._cloud, self.place, self.shift.owned)
        shared = (self.shift.cap, self._leases, self.shift.clock)
        self._admission, self._connected = Admission(self._cloud, self.place, owner, *shared), True
        self._work()

    def _work(self) -> None:
        with ThreadPoolExecutor(self.shift.limits.threads) as pool, ThreadPoolExecutor(1) as keeper:
            while self._unfinished and not self._over():
                self._decide()
                self._foresee()
                self._send(pool)
                self._keep_locks(keeper)
                self._rest()
            self._foresee()
            for flight, tasks in self._flights.items():
                self._take(flight, tasks)
            self._admission.ends()
            if not self.shift.stop.is_set():
                self._let_go(keeper)
                self._clear_away()

    def _foresee(self) -> None:
        """Have counted who else takes places, once it is known which instances are about to take some here."""
        if not self.counted and self.shift.foresees(list(self.records.values())):
            self._admission.foresees()
            self.counted = True

    def _over(self) -> bool:
        return self.shift.stop.is_set() or self.shift.clock.ticks() >= self.shift.limits.until

    # --- decide -----------------------------------------------------------------------------------------------------

    def _decide(self) -> None:
        """Find the steps of all instances at a poll, and else of those of which something was learnt."""
        now = self.shift.clock.ticks()
        polling = now >= self._tick + self.shift.limits.poll_interval
        if polling:
            self._tick = now
            self._touched.update(self.records)
            self._resting.clear()
            self._admission.polls()
        self._touched.update(one for one, tick in self._wakes.items() if tick <= now)
        touched, self._touched = self._touched - self._busy, self._touched & self._busy
        for instance_id in sorted(touched, key=self._order.__getitem__):
            self._wakes.pop(instance_id, None)
            self._go_on(instance_id, polling)
        if self._admission.free:
            self._admission.free = False
            self._admit()

    def _go_on(self, instance_id: str, polling: bool) -> None:
        """Have the instance's next step sent, if it is to be sent now."""
        task = self._task(self.records[instance_id])
        self._leave_guard(instance_id, task.step.verb if task else None)
        if instance_id in self._let_in and not (task and task.step.queue):
            self._let_in.discard(instance_id)
            self._note_place(self.records[instance_id])
        if task is None or not self._due(task, polling):
            return
        if task.step.queue:
            self._admission.wait(task)
        else:
            self._dispatch(task)

    def _task(self, record: Record[Any]) -> Task | None:
        """Return the instance's next step that touches the cloud; take the local ones on the way."""
        while not record.done:
            step = self.shift.workflow.decide(record, self.shift.brief.goal, self.shift.clock.now)
            if not self.shift.check_mode:
                step = self._leases.instead(record, step, self.shift.clock.now)
            if step.verb.local:
                self._settle(record, step)
            elif self.shift.check_mode and (step.verb.writes or step.awaits):
                changed = record.changed or step.verb.writes
                self._keep(record, step, record.with_(state="planned", done=True, changed=changed), planned=True)
            else:
                return Task(record, self._holds.instead(record, step, self.shift.clock.ticks()))
            record = self.records[record.id]
        return None

    def _due(self, task: Task, polling: bool) -> bool:
        """Say whether to send a step now. Nothing is looked at twice between two polls, unless a step says when."""
        if task.step.at:
            if task.step.at > self.shift.clock.ticks():
                self._wakes[task.id] = task.step.at
                return False
            return True
        if polling:
            return not task.step.age or self._tick - shown(task.record, task.step.subject) >= task.step.age
        if task.id in self._resting or task.step.patient:
            return False
        if task.step.verb is not Verb.LOOK:
            return True
        return shown(task.record, task.step.subject) < self._tick

    def _dispatch(self, task: Task) -> None:
        """Have a step sent; a write only on a fresh look at what it depends on, and after one more decision."""
        now = self.shift.clock.ticks()
        if task.step.verb.writes:
            if not self._guards.lets_in(task, most_of(task, self._cloud.capabilities), now):
                return
            if self._guards.waits(task, now) > self.shift.limits.hop_timeout:
                self._fail(task.record, task.step, _too_slow(task, self._guards.fresh))
                return
            sight = self._guards.look(task, now)
            if task.step.queue:
                (self._let_in.add if sight else self._let_in.discard)(task.id)
            if sight:
                task = Task(task.record, look(sight, task.record.state))
        self._get_ready(task)

    def _leave_guard(self, instance_id: str, but: Verb | None = None) -> None:
        self._touched.update(self._guards.leaves(instance_id, but))

    def _get_ready(self, task: Task) -> None:
        self._busy.add(task.id)
        self._ready.setdefault(key_of(task), Group(self.shift.clock.ticks())).tasks.append(task)

    # --- the cap ----------------------------------------------------------------------------------------------------

    def _admit(self) -> None:
        """Let in who waits and finds a place free, whoever holds the others; the rest is told to be queued."""
        for kind in self._admission.kinds():
            admitted = self._admission.admitted(kind)
            for task in [task for task in self._admission.waiting.values() if task.step.queue == kind]:
                record, step = self.records[task.id], task.step
                if isinstance(admitted, Problem):
                    del self._admission.waiting[task.id]
                    self._fail(record, step, admitted)
                elif task.id in admitted:
                    del self._admission.waiting[task.id]
                    self._dispatch(Task(record, step))
                else:
                    self._leave_guard(task.id)  # who has no place may not keep out those who have
                    if record.state != "queued":
                        self._keep(record, Step(step.verb, "queued"), record)

    def _is_within(self, kind: str, instance_id: str, lease: Lease) -> bool | None:
        return self._admission.is_within(kind, instance_id, lease)

    # --- act --------------------------------------------------------------------------------------------------------

    def _send(self, pool: ThreadPoolExecutor) -> None:
        """Send calls while there are threads, one of each kind in turn: no kind keeps all others waiting."""
        sent = True
        while sent:
            sent = False
            for key in list(self._ready):
                if len(self._flights) >= self.shift.limits.threads:
                    return
                tasks = self._batch(key)
                if tasks:
                    self._flights[pool.submit(self._call, tasks)] = tasks
                    sent = True

    def _batch(self, key: Hashable) -> list[Task]:
        """Take the tasks of one call out of a group; none while it may still fill up."""
        group = self._ready[key]
        size = most_of(group.tasks[0], self._cloud.capabilities)
        young = self.shift.clock.ticks() - group.since < self._gather
        if len(group.tasks) < size and young and self._flights:
            return []
        tasks, rest = group.tasks[:size], group.tasks[size:]
        del self._ready[key]
        if rest:
            self._ready[key] = Group(group.since, rest)
        return tasks

    def _call(self, tasks: list[Task]) -> Mapping[str, Answer]:
        """Return what each instance learnt; ``None`` where nothing was, and it must be tried again."""
        try:
            return self._sent(tasks)
        except OutOfTime:
            return {}
        except CloudError as error:
            return self._refused(tasks, error)
        except Exception as fault:
            # An answer of a form that nobody foresaw must not stop what is under way for the other instances.
            return dict.fromkeys((task.id for task in tasks), _unexpected(fault, tasks[0]))

    def _sent(self, tasks: list[Task]) -> Mapping[str, Answer]:
        step, began = tasks[0].step, self.shift.clock.ticks()
        if step.verb.writes and self._over():
            raise OutOfTime  # nothing new is begun when the time of this call is over
        if step.verb is not Verb.LOOK:
            deadline = min(map(self._deadline, tasks))
            if began > deadline:
                raise TooLate
            with sent_by(deadline):
                return VERBS[step.verb].act(self._cloud, tasks, self.shift.brief)
        sight = SIGHTS[step.subject]
        found = sight.look(self._cloud, [task.record for task in tasks], self.shift.brief)
        return {
            instance_id: seen if isinstance(seen, Problem) else self._looked(seen.looked(sight.shows, began), began)
            for instance_id, seen in found.items()
        }

    def _looked(self, record: Record[Any], began: float) -> Record[Any]:
        return self._leases.own_wins(record, began) if record.seen.get("tag") == began else record

    def _deadline(self, task: Task) -> float:
        """Return until when a step may be sent: what was seen before it is fresh, and its lock lasts."""
        if not task.step.verb.writes:
            return float("inf")
        lasts = float("inf") if task.step.verb is Verb.LOCK else self._leases.deadline(task.id)
        return min(self._guards.deadline(task), lasts)

    def _refused(self, tasks: list[Task], error: CloudError) -> Mapping[str, Answer]:
        """Find out whom a refusal is meant for: one bad instance must not stop the rest of its batch."""
        if len(tasks) > 1 and not error.whole_call:
            middle = len(tasks) // 2
            return {**self._call(tasks[:middle]), **self._call(tasks[middle:])}
        now = self.shift.clock.ticks()
        return {task.id: self._verdict(task, error, now) for task in tasks}

    def _verdict(self, task: Task, error: CloudError, now: float) -> Answer:
        """Return what a refusal means for an instance: a problem, a wait, or that it has to be looked at again."""
        verb = task.step.verb
        if isinstance(error, (TooLate, Unclear)):
            return self._unsent(verb, error, now)
        if not self._patient(task.record, now):
            later = isinstance(error, (Moved, Transient))
            return _tried(error.problem, now - task.record.since) if later else error.problem
        if isinstance(error, Moved):
            again = self._tick + self.shift.limits.poll_interval
            return None if verb is Verb.LOOK else Hold(verb, now, again, late=False)
        waits = isinstance(error, Transient) and self.shift.workflow.in_flight(task.record)
        return None if waits else error.problem

    def _unsent(self, verb: Verb, error: CloudError, now: float) -> Answer:
        """Return what becomes of a write that was not sent, or perhaps was; the next lock has another value."""
        if isinstance(error, TooLate) or verb is Verb.LOCK:
            return Again()
        return Hold(verb, now, now + LATE * self._cloud.capabilities.visibility, late=True)

    def _patient(self, record: Record[Any], now: float) -> bool:
        """Say whether to wait on: what is under way in the cloud is not given up because it cannot be seen."""
        return now - record.since <= self.shift.limits.hop_timeout

    # --- take -------------------------------------------------------------------------------------------------------

    def _rest(self) -> None:
        """Take the answers that are there, or sleep until something can be there."""
        pause = self._pause()
        if self._flights or self._errands:
            under_way: list[Future[Any]] = [*self._flights, *self._errands]
            landed, _others = wait(under_way, min(pause, _GLANCE), FIRST_COMPLETED)
            for flight in [one for one in self._flights if one in landed]:
                self._take(flight, self._flights.pop(flight))
        elif not (self._ready or self._touched) and self._unfinished:
            self.shift.clock.sleep(pause)

    @property
    def _unfinished(self) -> bool:
        return bool(self._left) or self._leases.some_left

    def _pause(self) -> float:
        """Return for how long nothing is to be done if no answer comes."""
        limits = self.shift.limits
        due = min(self._tick + limits.poll_interval, limits.until, *self._wakes.values())
        if self._ready and len(self._flights) < limits.threads:
            due = min(due, *(group.since + self._gather for group in self._ready.values()))
        return max(0.0, due - self.shift.clock.ticks())

    @property
    def _gather(self) -> float:
        return min(_GATHER, self._guards.fresh * _GATHER_OF_FRESH)

    def _take(self, flight: Future[Mapping[str, Answer]], tasks: Iterable[Task]) -> None:
        answers = flight.result()
        for task in tasks:
            self._busy.discard(task.id)
            self._touched.add(task.id)
            if task.step.verb.writes:
                self._leave_guard(task.id)
            self._learn(task, answers.get(task.id))

    def _learn(self, task: Task, answer: Answer) -> None:
        record, step = task
        if step.verb is Verb.LOCK:
            self._leases.tried(record.id)
        if answer is None:
            self._resting.add(record.id)
        elif isinstance(answer, Problem):
            self._fail(record, step, answer)
        elif isinstance(answer, Again):
            self._look_again(task)
        elif isinstance(answer, Hold):
            self._holds.add(record.id, answer)
            self._note_mark(task, answered=False)
            self._keep(record, Step(step.verb, step.state), record.forgets(*VERBS[step.verb].forgets))
        elif step.verb is Verb.LOOK:
            self._keep(record, step, answer)
        elif step.verb is Verb.LOCK:
            self._take_lock(task, answer)
        else:
            self._note_mark(task, answered=True)
            self._keep(record, step, answer.learns(**step.changes).forgets(*VERBS[step.verb].forgets))

    # --- locks ------------------------------------------------------------------------------------------------------

    def _take_lock(self, task: Task, answer: Record[Any]) -> None:
        """Have the instance looked at anew under its lock; a lock that was written too late is tried again."""
        record, step = task
        looked = shown(record, "tag")
        if self._leases.taken(answer, step.queue, looked, self.shift.clock.ticks()) and self.shift.workflow.afresh:
            self._keep(record, Step(step.verb, step.state, event=step.event), self.shift.workflow.afresh(answer))
        else:
            self._look_again(task)

    def _look_again(self, task: Task) -> None:
        """Have the tag and the lock looked at again before a write that was not sent, or sent too late."""
        self._keep(task.record, Step(task.step.verb, task.record.state), task.record.forgets("tag"))

    def _note_mark(self, task: Task, answered: bool) -> None:
        if task.step.verb is Verb.MARK:
            self._leases.marked(task.id, task.step, shown(task.record, "tag"), answered)

    def _keep_locks(self, keeper: Executor) -> None:
        """Have locks renewed and let go, by a thread of their own: no other call may keep them waiting."""
        for flight in [one for one in self._errands if one.done()]:
            self._leases.came_back(self._errands.pop(flight), flight.result(), self.shift.clock.ticks())
        capabilities = self._cloud.capabilities
        for errand in self._leases.errands(self.shift.clock.ticks(), capabilities.batch.get("mark", 1)):
            flight = keeper.submit(run_errand, errand, self._cloud.instances, self.shift.clock, capabilities.visibility)
            self._errands[flight] = errand

    def _let_go(self, keeper: Executor) -> None:
        """Let all locks go, at the end of the call's time; one that cannot be let go now ends by itself."""
        wait(self._errands)
        self._leases.let_all_go()
        self._keep_locks(keeper)
        wait(self._errands)

    def _clear_away(self) -> None:
        """Have deleted what was made for this run only, as far as its time allows; what is left is told."""
        for port in enrolment_ports(self._cloud).values():
            try:
                self.left += port.over()
            except (OutOfTime, CloudError) as reason:
                self.left.append(f"What this run made for its imports was not deleted: {reason}")

    # --- keep -------------------------------------------------------------------------------------------------------

    def _settle(self, record: Record[Any], step: Step) -> None:
        """Do a step that touches no cloud."""
        if step.verb is Verb.FAIL and step.problem:
            self._fail(record, step, step.problem)
            return
        done = record.learns(**step.changes)
        if step.verb is Verb.FINISH:
            done = done.with_(problem=step.problem or record.problem, state=step.state, done=True)
        self._keep(record, step, done)

    def _fail(self, record: Record[Any], step: Step, problem: Problem) -> None:
        in_words = told(problem, self.shift.brief.goal.offer(record.item.provider).words)
        failed = Step(step.verb, step.state, event=f"failed: {in_words.message}")
        self._keep(record, failed, self.shift.workflow.failed(record, in_words))

    def _keep(self, record: Record[Any], step: Step, result: Record[Any], planned: bool = False) -> None:
        """Store what a step led to, with its timeline."""
        state = result.state if result.done or planned else step.state
        event = () if planned or not step.event else (self._event(step.event),)
        since = self.shift.clock.ticks() if state != record.state else result.since
        kept = result.with_(state=state, since=since, timeline=(*result.timeline, *event))
        self.records[record.id] = kept
        self._left -= kept.done and not record.done
        if kept.done:
            self._holds.drop(record.id)
            self._leases.let_go(record.id)
        self._note_place(kept)

    def _note_place(self, record: Record[Any]) -> None:
        if self._connected:
            in_flight = self.shift.workflow.in_flight(record)
            looked_at = record.id in self._let_in and not record.done
            may_write = looked_at or record.id in self._holds or record.id in self._leases
            self._admission.holds(record, in_flight, may_write)

    def _event(self, text: str) -> Event:
        at = datetime.fromtimestamp(self.shift.clock.date(), timezone.utc)
        return Event(at.isoformat(timespec="seconds"), text)


def _tried(problem: Problem, seconds: float) -> Problem:
    return replace(problem, message=f"{problem.message} It was tried again for {seconds:.0f} s.")


def _too_slow(task: Task, fresh: float) -> Problem:
    return Problem(
        "AnswersTooSlow",
        f"The step {name_of(task)} was never sent: looks at what it depends on were older than {fresh:g} s each time.",
        "Raise the connection's option visibility above the time that answers take, then run again.",
    )


def _unexpected(fault: Exception, task: Task) -> Problem:
    return Problem(
        "UnexpectedAnswer",
        f"An answer to the step {name_of(task)} could not be understood ({type(fault).__name__}: {fault}).",
        "This is a fault of the collection: report this message. What is under way in the cloud goes on.",
    )
