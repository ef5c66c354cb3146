# Copyright (c) 2026 evergreen.os_migration contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""How each sight is looked at: what is asked of the cloud for many instances, and what their views learn.

One row per sight in ``SIGHTS``. A sight shows one aspect of a view or more; it may raise what the cloud raises.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Hashable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any, TypeAlias

from .._clouds.base import Cloud, Enrolments, Script, Works
from .._core import facts
from .._core.agent import afterwards, agent_problem, agent_words, powered_off
from .._core.command import RESTARTING
from .._core.goal import POWER_OFF, RESTART, Goal
from .._core.lock import Holder
from .._core.model import (
    GONE,
    NOT_FOUND,
    UNKNOWN,
    CommandResult,
    Enrolment,
    Guest,
    Instance,
    Invocation,
    Order,
    Point,
    Problem,
    Work,
    required,
)
from .._core.record import Record
from .._core.tag import drill_name

Seen: TypeAlias = Record[Any]
Answers: TypeAlias = Mapping[str, "Seen | Problem"]


@dataclass(frozen=True)
class Brief:
    """What the engine needs beyond the records: the goal, the facts scripts by type of system, a user's script.

    ``holder`` is who takes locks, ``date`` the date in epoch seconds.
    """

    goal: Goal
    probes: Mapping[str, str] = field(default_factory=dict)
    script: Script = field(default_factory=lambda: Script(""))
    holder: Holder = field(default_factory=Holder)
    date: Callable[[], float] = time.time


def _same(record: Seen) -> Hashable:
    return None


@dataclass(frozen=True)
class Sight:
    """One way to look. ``shows`` are the aspects; ``key`` must be the same for all records of one look."""

    look: Callable[[Cloud, Sequence[Seen], Brief], Answers]
    shows: tuple[str, ...]
    key: Callable[[Seen], Hashable] = _same


def ids(records: Iterable[Seen]) -> list[str]:
    """Return the instances' ids."""
    return [record.id for record in records]


def here(record: Seen) -> Instance:
    """Return the instance as it was seen last."""
    instance: Instance | None = record.view.instance
    return required(instance)


# --- what is gone ---------------------------------------------------------------------------------------------------


def _gone(cloud: Cloud, records: Sequence[Seen], brief: Brief) -> Answers:
    """Look whether instances are gone; one that may be there and not be shown has a problem."""
    found = cloud.instances.describe(ids(records), details=False)
    missing = [one for one in ids(records) if one not in found]
    why = cloud.instances.explain(missing) if missing else {}
    return {
        record.id: _as_gone(record, answer)
        for record in records
        if (answer := found.get(record.id) or why.get(record.id)) is not None
    }


def _as_gone(record: Seen, answer: Instance | Problem) -> Seen | Problem:
    if isinstance(answer, Instance):
        return record.learns(instance=answer)
    if answer.code != NOT_FOUND:
        return answer
    return record.learns(instance=Instance(record.id, record.item.region, record.item.provider, status=GONE))


def _left(cloud: Cloud, records: Sequence[Seen], brief: Brief) -> Answers:
    """Find what bears our marks of instances that are gone, and which instances have the disks of its points now."""
    points = cloud.snapshots.left(ids(records))
    disks = {point.disk_id for mine in points.values() for point in mine}
    holders = cloud.instances.holders(sorted(disks)) if disks else {}
    works, copies, marked = _found(cloud.works, records), _found(cloud.copies, records), _marked(cloud, records)
    return {
        record.id: record.learns(
            points=points[record.id],
            holders=holders,
            works=works[record.id],
            copies=copies[record.id],
            enrolment=next(iter(marked[record.id]), None),
        )
        for record in records
    }


def _found(ports: Mapping[str, Works], records: Sequence[Seen]) -> dict[str, tuple[Work, ...]]:
    """Return what the ports find for instances."""
    instances = [here(record) for record in records]
    found = [port.find(instances) for port in ports.values()]
    return {one: tuple(work for answer in found for work in answer[one][0]) for one in ids(records)}


def _marked(cloud: Cloud, records: Sequence[Seen]) -> dict[str, tuple[Enrolment, ...]]:
    found = [port.left(ids(records)) for port in enrolment_ports(cloud).values()]
    return {one: tuple(mine for answer in found for mine in answer[one]) for one in ids(records)}


# --- the instance ---------------------------------------------------------------------------------------------------


def _details(cloud: Cloud, records: Sequence[Seen], brief: Brief) -> Answers:
    return _described(cloud, records, details=True)


def _described(cloud: Cloud, records: Sequence[Seen], details: bool) -> Answers:
    found = cloud.instances.describe(ids(records), details=details)
    missing = [one for one in ids(records) if one not in found]
    answers: dict[str, Seen | Problem] = dict(cloud.instances.explain(missing)) if missing else {}
    for record in records:
        seen = found.get(record.id)
        if seen is not None:
            answers[record.id] = record.learns(instance=seen) if isinstance(seen, Instance) else seen
    return answers


def _instance(cloud: Cloud, records: Sequence[Seen], brief: Brief) -> Answers:
    """Look at the status and the agent. An instance that is not shown is as it was, unless it was never seen."""
    new = [record for record in records if record.view.instance is None]
    answers = dict(_described(cloud, new, details=False)) if new else {}
    known = [record for record in records if record.view.instance is not None]
    found = cloud.instances.describe(ids(known), details=False) if known else {}
    return answers | {
        record.id: record.learns(instance=_refreshed(here(record), now))
        for record in known
        if isinstance(now := found.get(record.id), Instance)
    }


def _refreshed(before: Instance, now: Instance) -> Instance:
    """Keep what a light look does not show, and our own mark, which it may not show yet."""
    return replace(
        now,
        disks=before.disks,
        architecture=before.architecture,
        snapshots_in_progress=before.snapshots_in_progress,
        tags=before.tags,
    )


def _disks(cloud: Cloud, records: Sequence[Seen], brief: Brief) -> Answers:
    """Look at the status, the agent and the disks."""
    disks = cloud.instances.disks(ids(records))
    answers: dict[str, Seen | Problem] = {}
    for instance_id, record in _instance(cloud, records, brief).items():
        answers[instance_id] = record
        if not isinstance(record, Problem) and disks.get(instance_id):
            counts = {disk.disk_id: disk.manual_snapshots for disk in here(record).disks}
            seen = tuple(replace(disk, manual_snapshots=counts.get(disk.disk_id)) for disk in disks[instance_id])
            answers[instance_id] = record.learns(instance=replace(here(record), disks=seen))
    return answers


def _tag(cloud: Cloud, records: Sequence[Seen], brief: Brief) -> Answers:
    found = cloud.instances.tags(ids(records))
    return {
        record.id: record.learns(instance=replace(here(record), tags=found[record.id]))
        for record in records
        if record.id in found
    }


def _account(cloud: Cloud, records: Sequence[Seen], brief: Brief) -> Answers:
    account = cloud.account()
    return {record.id: record.learns(account=account) for record in records}


# --- works and enrolments -------------------------------------------------------------------------------------------


def _works(cloud: Cloud, records: Sequence[Seen], brief: Brief) -> Answers:
    """Find all works. What this run made and no look has shown yet may be missing in a list: it stays."""
    found: dict[str, list[Work]] = {record.id: [] for record in records}
    enrolments: dict[str, Enrolment] = {}
    for port in cloud.works.values():
        for instance_id, (works, enrolment) in port.find([here(record) for record in records]).items():
            found[instance_id] += works
            if enrolment is not None:
                enrolments[instance_id] = enrolment
    return {
        record.id: _with_works(record, _made_too(record, found[record.id])).learns(enrolment=enrolments.get(record.id))
        for record in records
    }


def _made_too(record: Seen, found: Sequence[Work]) -> tuple[Work, ...]:
    listed = {work.id for work in found}
    return (*found, *(work for work in record.view.works if not work.said and work.id not in listed))


def _works_of(cloud: Cloud, records: Sequence[Seen], brief: Brief) -> Answers:
    """Find the works of instances that are known already: cheap, and it shows what somebody else made or began."""
    instances = [here(record) for record in records]
    enrolments = {record.id: record.view.enrolment.id for record in records if record.view.enrolment}
    found = [port.of(instances, enrolments) for port in cloud.works.values()]

    def merged(record: Seen) -> tuple[Work, ...]:
        listed = (work for works in found for work in works.get(record.id, ()))
        return tuple({work.id: work for work in (*record.view.works, *listed)}.values())

    return {record.id: _with_works(record, merged(record)) for record in records}


def _work(cloud: Cloud, records: Sequence[Seen], brief: Brief) -> Answers:
    """Look at the works that are not over by their ids; what a list does not show yet is as it was."""
    found: dict[str, Work] = {}
    for kind, port in cloud.works.items():
        open_ids = [work.id for record in records for work in _open_works(record) if work.kind == kind]
        found |= port.read(open_ids) if open_ids else {}
    return {
        record.id: _with_works(record, tuple(found.get(work.id, work) for work in record.view.works))
        for record in records
    }


def _open_works(record: Seen) -> list[Work]:
    return [work for work in record.view.works if not work.said or work.status in ("made", "running")]


def _with_works(record: Seen, works: tuple[Work, ...]) -> Seen:
    """Take works over; one that holds the instance and ended since the last look has changed the guest.

    It may have begun since then too, by itself or by somebody: that it was never seen to run says nothing.
    """
    known = {work.id for work in record.view.works if _is_over(work)}
    over = any(work.holds and _is_over(work) and work.id not in known for work in works)
    changed = over and "works" in record.seen
    return (record.forgets("instance", "guest", "enrolment") if changed else record).learns(works=works)


def _is_over(work: Work) -> bool:
    return work.status not in ("made", "running")


def _enrolment(cloud: Cloud, records: Sequence[Seen], brief: Brief) -> Answers:
    known = [record.view.enrolment for record in records if record.view.enrolment]
    wanted = [enrolment.id for enrolment in known if enrolment.id]
    found: dict[str, Enrolment] = {}
    for port in enrolment_ports(cloud).values():
        found |= port.read(wanted)
    return {record.id: record.learns(enrolment=_newest(record.view.enrolment, found)) for record in records}


def _newest(before: Enrolment | None, found: Mapping[str, Enrolment]) -> Enrolment | None:
    return found.get(before.id, before) if before else None


def enrolment_ports(cloud: Cloud) -> dict[str, Enrolments]:
    """Return the ports of the kinds of works that need an enrolment."""
    return {kind: port.enrolments for kind, port in cloud.works.items() if port.enrolments is not None}


# --- points ---------------------------------------------------------------------------------------------------------


def _copies(cloud: Cloud, records: Sequence[Seen], brief: Brief) -> Answers:
    """Find what was made for drills. What this run made and no look has shown yet may be missing in lists: it stays."""
    listed = _found(cloud.copies, records)
    return {record.id: record.learns(copies=_made_before(record.view.copies, listed[record.id])) for record in records}


def _made_before(known: Sequence[Work], listed: Sequence[Work]) -> tuple[Work, ...]:
    ids_listed = {work.id for work in listed}
    return (*listed, *(work for work in known if not work.said and work.id not in ids_listed))


def _room(cloud: Cloud, records: Sequence[Seen], brief: Brief) -> Answers:
    """Ask whether the cloud would make a clone of each instance now."""
    port = cloud.copies.get("clone")
    answers: dict[str, Seen | Problem] = {}
    for record in records:
        order = Order("clone", here(record), drill_name(record.id, brief.goal.run), "")
        answers[record.id] = record.learns(room=port.refusal(order)) if port else _NO_COPIES
    return answers


_NO_COPIES = Problem(
    "NotOffered",
    "For this provider no clones of instances are made.",
    "Look up in the documentation what is offered for the provider.",
)


def _points(cloud: Cloud, records: Sequence[Seen], brief: Brief) -> Answers:
    """Find all points. What this run took and no look has shown yet may be missing in a list: it stays."""
    found = cloud.snapshots.find([here(record) for record in records], brief.goal.delete_service_points)
    return {record.id: record.learns(points=_taken_too(record, found[record.id])) for record in records}


def _taken_too(record: Seen, found: Sequence[Point]) -> tuple[Point, ...]:
    listed = {point.snapshot_id for point in found}
    return (*found, *(p for p in record.view.points if not p.created and p.snapshot_id not in listed))


def _point(cloud: Cloud, records: Sequence[Seen], brief: Brief) -> Answers:
    """Look at the points in progress, and those that no look has shown yet, by their ids."""
    points = [point for record in records for point in record.view.points]
    found = cloud.snapshots.read([p.snapshot_id for p in points if p.status == "progressing" or not p.created])
    return {
        record.id: record.learns(points=tuple(_as_seen(point, found) for point in record.view.points))
        for record in records
    }


def _as_seen(point: Point, found: Mapping[str, Point]) -> Point:
    """Take over what changes; the label is known and may not be visible yet in a list."""
    seen = found.get(point.snapshot_id, point)
    return replace(point, status=seen.status, created=seen.created)


# --- scripts in guests ----------------------------------------------------------------------------------------------


def _command(cloud: Cloud, records: Sequence[Seen], brief: Brief) -> Answers:
    """Look how far a script is; what its end tells depends on what it is for."""
    command: Invocation = required(records[0].view.command)
    found = cloud.agents.results(command.id, ids(records))
    answers: dict[str, Seen | Problem] = {}
    for record in records:
        result = found.get(record.id)
        over = result is not None and result.status != "running"
        answers[record.id] = _OVER[command.purpose](cloud, record, required(result), brief) if over else record
    return answers


def _facts_over(cloud: Cloud, record: Seen, result: CommandResult, brief: Brief) -> Seen | Problem:
    free, guest = record.learns(command=None), _probed(result)
    if guest.trouble and _comes_back(record):
        return free.forgets("instance")  # on its way up again: wait for the agent instead of giving up
    asked = record.seen.get("instance") or 0.0
    return free.learns(guest=guest).looked(("guest",), asked)


def _comes_back(record: Seen) -> bool:
    """Say whether the guest was restarted by what is under way, and not only asked."""
    return record.state in ("verifying", "rolling_back", RESTARTING)


def _probed(result: CommandResult) -> Guest:
    """Return what a facts script's result tells; that it is of no use is told as the guest's trouble."""
    if result.status == "finished" and result.exit_code == 0:
        guest = facts.parse(result.stdout)
        if not result.dropped_bytes:
            return guest
        lost = f"{result.dropped_bytes} bytes were dropped"
        return replace(guest, trouble=guest.trouble or "cut_off", trouble_text=lost)
    trouble = "timed_out" if result.status == "timed_out" else "failed"
    return Guest(UNKNOWN, trouble=trouble, trouble_text=agent_words(result))


def _enrol_over(cloud: Cloud, record: Seen, result: CommandResult, brief: Brief) -> Seen | Problem:
    """Take over what an import has made; after a restart that it asked for, one that made nothing may be repeated."""
    port = enrolment_ports(cloud)[required(record.view.command).kind]
    then = afterwards(result, here(record).os_type, brief.goal.offer(record.item.provider))
    if then == POWER_OFF:
        return powered_off(result)
    enrolment = port.enrolled(here(record), result)
    if then == RESTART and (enrolment is None or isinstance(enrolment, Problem)):
        enrolment = Enrolment()
    if isinstance(enrolment, Problem):
        return enrolment
    if enrolment is None:
        # The output is not shown: it may repeat the activation code.
        return agent_problem("The import command did not register a migration source", result)
    return record.learns(
        command=None,
        enrolment=enrolment,
        import_again=enrolment.state == "absent",
        restart_code=result.exit_code if then == RESTART else None,
    )


def _script_over(cloud: Cloud, record: Seen, result: CommandResult, brief: Brief) -> Seen | Problem:
    return record.learns(command=None, result=result)


def _hook_over(cloud: Cloud, record: Seen, result: CommandResult, brief: Brief) -> Seen | Problem:
    return record.learns(command=None, said=result)


_OVER: Mapping[str, Callable[[Cloud, Seen, CommandResult, Brief], Seen | Problem]] = {
    "facts": _facts_over,
    "enrol": _enrol_over,
    "script": _script_over,
    "hook": _hook_over,
}


def _invocation(record: Seen) -> Hashable:
    command: Invocation | None = record.view.command
    return command


SIGHTS: Mapping[str, Sight] = {
    "details": Sight(_details, ("details", "instance", "tag")),
    "instance": Sight(_instance, ("instance",)),
    "gone": Sight(_gone, ("gone",)),
    "left": Sight(_left, ("left",)),
    "disks": Sight(_disks, ("instance",)),
    "tag": Sight(_tag, ("tag",)),
    "account": Sight(_account, ("account",)),
    "works": Sight(_works, ("works", "works_found", "enrolment")),
    "works_of": Sight(_works_of, ("works", "works_found")),
    "work": Sight(_work, ("works",)),
    "enrolment": Sight(_enrolment, ("enrolment",)),
    "copies": Sight(_copies, ("copies",)),
    "room": Sight(_room, ("room",)),
    "points": Sight(_points, ("points",)),
    "point": Sight(_point, ("points",)),
    "command": Sight(_command, ("command",), key=_invocation),
}


def shown(record: Seen, sight: str) -> float:
    """Return when all that a sight shows was seen last; never, when a part of it was not, or was forgotten."""
    seen = (record.seen.get(aspect) for aspect in SIGHTS[sight].shows)
    return min(float("-inf") if when is None else when for when in seen)
