# Copyright (c) 2026 evergreen.os_migration contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""How each verb is done: what is asked of the cloud, and what a view learns from the answer.

One row per verb in ``VERBS``. An act gets tasks that fit into one call and returns a record or a problem for each; it
may raise what the cloud raises. What the verb changes is forgotten by its row, and has to be looked at again.
"""

from __future__ import annotations

import uuid
from collections.abc import Callable, Hashable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, NamedTuple, TypeVar

from .._clouds.base import Capabilities, Cloud, Script
from .._core.lock import LASTS, LOCK_KEY, Lock
from .._core.model import RESETTING, STARTING, STOPPING, Agent, Enrolment, Invocation, Point, Problem, Take, Work
from .._core.record import Record
from .._core.scripts import hook
from .._core.tag import TAG_KEY, Extra
from .._core.verb import Step, Verb
from .._errors import CloudError
from .sights import SIGHTS, Answers, Brief, Seen, enrolment_ports, here, ids

FACTS_TIMEOUT = 130
_SHELLS = {"windows": "powershell"}
# Sights and verbs that take as many ids as there are.
_ALL = 1_000_000

S = TypeVar("S")
R = TypeVar("R")


class Task(NamedTuple):
    """One instance and its next step."""

    record: Record[Any]
    step: Step

    @property
    def id(self) -> str:
        """Return the instance's id."""
        return self.record.id


Act = Callable[[Cloud, Sequence[Task], Brief], Answers]


def _same(task: Task) -> Hashable:
    return None


@dataclass(frozen=True)
class Row:
    """One verb. ``forgets`` are the aspects that it changes, ``key`` must be the same for all tasks of one call.

    ``asks`` is the sight that shows whether it was carried out: it is looked at before the verb is tried again, when
    the answer was unclear or the resource was in another state than the call needs. ``guard`` are the sights that are
    looked at freshly before it, each time.
    """

    act: Act
    forgets: tuple[str, ...]
    asks: str
    guard: tuple[str, ...] = ()
    key: Callable[[Task], Hashable] = _same


def _records(tasks: Iterable[Task]) -> list[Seen]:
    return [task.record for task in tasks]


def _done(task: Task, **learnt: Any) -> Seen:
    return task.record.with_(changed=True).learns(**learnt)


# --- guests ---------------------------------------------------------------------------------------------------------


def _ask(cloud: Cloud, tasks: Sequence[Task], brief: Brief) -> Answers:
    os_type = here(tasks[0].record).os_type
    script = Script(brief.probes[os_type], _SHELLS.get(os_type, "sh"), FACTS_TIMEOUT)
    started = Invocation("facts", cloud.agents.run(ids(_records(tasks)), script, str(uuid.uuid4())))
    return {task.id: task.record.learns(command=started) for task in tasks}


def _run(cloud: Cloud, tasks: Sequence[Task], brief: Brief) -> Answers:
    return _sent(cloud, tasks, brief.script, "script")


def _hook(cloud: Cloud, tasks: Sequence[Task], brief: Brief) -> Answers:
    due = tasks[0].step.subject
    script = Script(hook(due, brief.probes), due.hook.shell, due.hook.timeout)
    return _sent(cloud, tasks, script, "hook")


def _sent(cloud: Cloud, tasks: Sequence[Task], script: Script, purpose: str) -> Answers:
    size, limit = len(script.content.encode()), cloud.capabilities.script_bytes
    if size > limit:
        message = f"The script has {size} bytes; the agent takes {limit} at most."
        problem = Problem("ScriptTooLarge", message, "Shorten it, or let it fetch the rest.")
        return dict.fromkeys(ids(_records(tasks)), problem)
    started = Invocation(purpose, cloud.agents.run(ids(_records(tasks)), script, str(uuid.uuid4())))
    return {task.id: _done(task, command=started) for task in tasks}


def _enrol(cloud: Cloud, tasks: Sequence[Task], brief: Brief) -> Answers:
    kind, os_type = tasks[0].step.subject, here(tasks[0].record).os_type
    port = enrolment_ports(cloud)[kind]
    started = Invocation("enrol", port.enrol(ids(_records(tasks)), os_type, str(uuid.uuid4())), kind)
    return {task.id: _done(task, command=started) for task in tasks}


# --- the tag and the power ------------------------------------------------------------------------------------------


def _lock(cloud: Cloud, tasks: Sequence[Task], brief: Brief) -> Answers:
    """Write a value of this try's own; that a lock was taken changes nothing for the user."""
    date, lasts = brief.date(), LASTS * cloud.capabilities.visibility
    lock = Lock(brief.holder, tasks[0].step.subject, int(date), int(date + lasts), brief.goal.state)
    cloud.instances.tag(ids(_records(tasks)), {LOCK_KEY: lock.text})
    return {task.id: _tagged(task, {LOCK_KEY: lock.text}) for task in tasks}


def _claim(cloud: Cloud, tasks: Sequence[Task], brief: Brief) -> Answers:
    """Do nothing under the lock: that it was taken is what was wanted."""
    return {task.id: task.record for task in tasks}


def _tagged(task: Task, tags: Mapping[str, str]) -> Seen:
    seen = here(task.record)
    return task.record.learns(instance=replace(seen, tags={**seen.tags, **tags}))


def _mark(cloud: Cloud, tasks: Sequence[Task], brief: Brief) -> Answers:
    """Write the instances' tag, or another one of theirs; the last one lets the lock go."""
    step = tasks[0].step
    key, text = step.subject if isinstance(step.subject, Extra) else (TAG_KEY, step.subject)
    tags = {key: text, **({LOCK_KEY: ""} if step.last and LOCK_KEY in here(tasks[0].record).tags else {})}
    cloud.instances.tag(ids(_records(tasks)), tags)
    return {task.id: _tagged(task, tags).with_(changed=True) for task in tasks}


def _changed(task: Task, **changes: Any) -> Seen:
    return _done(task, instance=replace(here(task.record), **changes))


def _stop(cloud: Cloud, tasks: Sequence[Task], brief: Brief) -> Answers:
    return _switched(cloud.instances.stop(ids(_records(tasks)), bool(tasks[0].step.subject)), tasks, STOPPING)


def _start(cloud: Cloud, tasks: Sequence[Task], brief: Brief) -> Answers:
    return _switched(cloud.instances.start(ids(_records(tasks))), tasks, STARTING)


def _switched(refused: Mapping[str, Problem], tasks: Sequence[Task], status: str) -> Answers:
    offline = Agent(installed=True)
    return {task.id: refused.get(task.id) or _changed(task, status=status, agent=offline) for task in tasks}


def _detach(cloud: Cloud, tasks: Sequence[Task], brief: Brief) -> Answers:
    (task,) = tasks
    disk = task.step.subject
    cloud.instances.detach(task.id, disk.disk_id)
    left = tuple(one for one in here(task.record).disks if one.disk_id != disk.disk_id)
    return {task.id: _changed(task, disks=left)}


def _attach(cloud: Cloud, tasks: Sequence[Task], brief: Brief) -> Answers:
    (task,) = tasks
    disk = task.step.subject
    cloud.instances.attach(task.id, disk.disk_id, disk.device)
    return {task.id: _changed(task, disks=(*here(task.record).disks, disk))}


# --- points ---------------------------------------------------------------------------------------------------------


def _snapshot(cloud: Cloud, tasks: Sequence[Task], brief: Brief) -> Answers:
    (task,) = tasks
    size = cloud.capabilities.batch.get("take", 1)
    takes: Sequence[Take] = task.step.subject
    portions = [takes[start : start + size] for start in range(0, len(takes), size)]
    taken = [point for points in _each(portions, cloud.snapshots.take) for point in points]
    return {task.id: _done(task, points=(*task.record.view.points, *taken))}


def _each(subjects: Iterable[S], act: Callable[[S], R]) -> list[R]:
    """Return what ``act`` returns for each; when one is refused, what was done before it is not lost.

    The next step takes the rest.
    """
    done: list[R] = []
    for subject in subjects:
        try:
            done.append(act(subject))
        except CloudError:
            if not done:
                raise
            break
    return done


def _restore(cloud: Cloud, tasks: Sequence[Task], brief: Brief) -> Answers:
    (task,) = tasks

    def restore(point: Point) -> str:
        cloud.snapshots.restore(point.disk_id, point.snapshot_id)
        return point.disk_id

    done = set(_each(task.step.subject, restore))
    disks = tuple(replace(d, status=RESETTING) if d.disk_id in done else d for d in here(task.record).disks)
    restored = (*task.record.view.restored, *sorted(done))
    return {task.id: _changed(task, disks=disks).learns(restored=restored)}


def _grouped(points: Iterable[Point]) -> Iterable[Sequence[Point]]:
    """Return the points of each group together, and every other on its own."""
    found: dict[str, list[Point]] = {}
    for point in points:
        found.setdefault(point.group or point.snapshot_id, []).append(point)
    return found.values()


def _delete_points(cloud: Cloud, tasks: Sequence[Task], brief: Brief) -> Answers:
    (task,) = tasks

    def delete(points: Sequence[Point]) -> set[str]:
        cloud.snapshots.delete(points)
        return {point.snapshot_id for point in points}

    gone = set().union(*_each(_grouped(task.step.subject), delete))
    left = tuple(point for point in task.record.view.points if point.snapshot_id not in gone)
    return {task.id: _done(task, points=left)}


# --- works ----------------------------------------------------------------------------------------------------------


def _order(cloud: Cloud, tasks: Sequence[Task], brief: Brief) -> Answers:
    (task,) = tasks
    order = task.step.subject
    if order.kind in cloud.copies:
        made = cloud.copies[order.kind].order(order)
        return {task.id: _done(task, copies=(*task.record.view.copies, made))}
    made = cloud.works[order.kind].order(order)
    return {task.id: _done(task, works=(*task.record.view.works, made))}


def _begin(cloud: Cloud, tasks: Sequence[Task], brief: Brief) -> Answers:
    (task,) = tasks
    work: Work = task.step.subject
    cloud.works[work.kind].begin(work.id)
    begun = replace(work, status="running")
    works = tuple(begun if one.id == begun.id else one for one in task.record.view.works)
    return {task.id: _done(task, works=works)}


def _delete_works(cloud: Cloud, tasks: Sequence[Task], brief: Brief) -> Answers:
    (task,) = tasks

    def delete(work: Work) -> str:
        (cloud.copies if work.kind in cloud.copies else cloud.works)[work.kind].delete(work.id)
        return work.id

    gone, view = set(_each(task.step.subject, delete)), task.record.view
    works, copies = (tuple(one for one in ones if one.id not in gone) for ones in (view.works, view.copies))
    return {task.id: _done(task, works=works, copies=copies)}


def _leave(cloud: Cloud, tasks: Sequence[Task], brief: Brief) -> Answers:
    """Delete an enrolment; the ports that do not know it have nothing to do."""
    (task,) = tasks
    for port in enrolment_ports(cloud).values():
        port.leave(task.step.subject.id)
    return {task.id: _done(task, enrolment=Enrolment())}


def _sweep(cloud: Cloud, tasks: Sequence[Task], brief: Brief) -> Answers:
    """Delete what is left of an instance that is gone: works or points, or an enrolment."""
    subject = tasks[0].step.subject
    return _SWEEPS[type(subject if isinstance(subject, Enrolment) else subject[0])](cloud, tasks, brief)


_SWEEPS: Mapping[type, Act] = {Work: _delete_works, Point: _delete_points, Enrolment: _leave}


def _os_type(task: Task) -> Hashable:
    return here(task.record).os_type


def _kind_and_os_type(task: Task) -> Hashable:
    return task.step.subject, here(task.record).os_type


def _subject(task: Task) -> Hashable:
    subject: Hashable = task.step.subject
    return subject


def _text(task: Task) -> Hashable:
    return str(task.step.subject)


def _mark_key(task: Task) -> Hashable:
    return task.step.subject, task.step.last


_WHILE_IT_HOLDS = ("works", "instance", "guest", "enrolment")
_WORKS = ("tag", "works_of")
_POWER = ("tag", "works_of", "disks")
VERBS: Mapping[Verb, Row] = {
    Verb.ASK: Row(_ask, ("command",), "instance", key=_os_type),
    Verb.RUN: Row(_run, ("command", "guest"), "instance", ("tag",), key=_os_type),
    Verb.HOOK: Row(_hook, ("command", "guest"), "instance", _WORKS, key=_subject),
    Verb.LOCK: Row(_lock, (), "tag", ("tag",), key=_text),
    Verb.CLAIM: Row(_claim, (), "tag", ("tag",)),
    Verb.ENROL: Row(_enrol, ("command", "enrolment"), "works", _WORKS, key=_kind_and_os_type),
    Verb.MARK: Row(_mark, (), "tag", _WORKS, key=_mark_key),
    Verb.SNAPSHOT: Row(_snapshot, ("points",), "points", ("tag",)),
    Verb.ORDER: Row(_order, ("works", "copies"), "works", (*_WORKS, "instance")),
    Verb.BEGIN: Row(_begin, _WHILE_IT_HOLDS, "work", (*_WORKS, "instance")),
    Verb.DELETE_POINTS: Row(_delete_points, ("points",), "points", _WORKS),
    Verb.DELETE_WORKS: Row(_delete_works, ("works", "copies"), "works", _WORKS),
    Verb.LEAVE: Row(_leave, ("enrolment",), "works", _WORKS),
    Verb.SWEEP: Row(_sweep, ("left",), "left", ("gone", "left")),
    Verb.STOP: Row(_stop, ("instance", "guest"), "disks", _WORKS, key=_text),
    Verb.START: Row(_start, ("instance", "guest"), "disks", _WORKS),
    Verb.DETACH: Row(_detach, ("instance", "guest"), "disks", _POWER),
    Verb.ATTACH: Row(_attach, ("instance", "guest"), "disks", _POWER),
    Verb.RESTORE: Row(_restore, ("instance", "points", "guest", "enrolment"), "disks", _POWER),
}


def name_of(task: Task) -> str:
    """Return the name under which a provider tells how many ids a call of the task takes."""
    return str(task.step.subject) if task.step.verb is Verb.LOOK else task.step.verb.name.lower()


def most_of(task: Task, capabilities: Capabilities) -> int:
    """Return the most tasks of this kind in one call."""
    return capabilities.batch.get(name_of(task), _ALL if task.step.verb is Verb.LOOK else 1)


def key_of(task: Task) -> Hashable:
    """Return what has to be the same for all tasks of one call."""
    if task.step.verb is Verb.LOOK:
        return name_of(task), SIGHTS[task.step.subject].key(task.record)
    return task.step.verb, VERBS[task.step.verb].key(task)
