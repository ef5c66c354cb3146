# Copyright (c) 2026 evergreen.os_migration contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""A sweep: what bears our marks of an instance that is gone is deleted, once that it is gone is proven.

There is no instance to lock, so each deletion has both proofs looked at freshly before it: that the instance is gone,
and that no instance has the disks. Deletions are by id and may be repeated, by another sweep too.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from ..goal import Goal
from ..model import GONE, Enrolment, Item, Point, Work
from ..record import Moment
from ..verb import Step, Verb, failing, finish, look, wait
from ..workflow import Gate, Workflow, ended, never
from .clone import KINDS, once_a_poll
from .view import Migration, View, drill_works, instance, own_works

SWEEPING = "sweeping"


def _still_there(instance_id: str, how: str) -> Step:
    """Return the step that refuses an instance which is not gone."""
    return failing(
        "InstanceNotGone",
        f"{instance_id} is not gone: it is {how}. Only what is left of released instances is swept.",
        "Clear an instance that is there with commit, with instance_snapshot state absent, or with drill_cleanup of "
        "the role drill.",
    )


# --- what there is ----------------------------------------------------------------------------------------------------


def free_points(record: Migration) -> tuple[Point, ...]:
    """Return the points whose disks no instance has."""
    return tuple(point for point in record.view.points if not record.view.holders.get(point.disk_id))


def held_points(record: Migration) -> dict[Point, str]:
    """Return the points whose disks another instance has now, with that instance."""
    holders = record.view.holders
    return {point: holders[point.disk_id] for point in record.view.points if holders.get(point.disk_id)}


def _works(record: Migration) -> tuple[Work, ...]:
    """Return our jobs of the instance; of anything else that works are, such as disks, nothing is known to be waste."""
    works = (*own_works(record), *drill_works(record))
    return tuple(work for work in works if work.status != "gone")


def _swept_works(record: Migration) -> tuple[Work, ...]:
    """Return the jobs that go. A service may put disks back when a job is deleted: not those of another instance."""
    return () if held_points(record) else _works(record)


def names(record: Migration) -> list[str]:
    """Return what a sweep deletes beside points, in its order."""
    works = (*_swept_works(record), *(work for kind in KINDS for work in record.view.copies if work.kind == kind))
    source = record.view.enrolment
    return [*map(_name, works), *([_source(source)] if source and source.id else [])]


def _source(enrolment: Enrolment) -> str:
    return f"migration source {enrolment.id}"


def _name(work: Work) -> str:
    return f"{work.kind.replace('_', ' ') if work.kind in KINDS else 'job'} {work.id}"


# --- gates ------------------------------------------------------------------------------------------------------------


def gone(record: Migration, goal: Goal, now: Moment) -> Step | None:
    """Have it proven that the instance is gone."""
    if not record.knows("gone"):
        return look("gone", record.state)
    status = instance(record).status
    return None if status == GONE else _still_there(record.id, status)


def left_seen(record: Migration, goal: Goal, now: Moment) -> Step | None:
    """Look at what is left. A disk that is attached to the instance proves that it is there, whatever lists say."""
    if not record.knows("left"):
        return look("left", record.state)
    here = sorted(disk for disk, holder in record.view.holders.items() if holder == record.id)
    return _still_there(record.id, f"not shown, and {', '.join(here)} is attached to it") if here else None


def left_told(record: Migration, goal: Goal, now: Moment) -> Step | None:
    """End an instance of which only was asked what is left."""
    return finish("left")


def works_over(record: Migration, goal: Goal, now: Moment) -> Step | None:
    """Wait for a job that runs: it cannot be deleted, and ends without its instance."""
    running = [work for work in _swept_works(record) if work.status == "running"]
    if not running:
        return None
    if record.overdue(SWEEPING, goal.hop_timeout, "left", now):
        return _stuck(f"job {running[0].id}", goal)
    return wait("left", SWEEPING)


def works_gone(record: Migration, goal: Goal, now: Moment) -> Step | None:
    """Delete our jobs."""
    works = _swept_works(record)
    return _deleted(record, goal, now, works, list(map(_name, works))) if works else None


def copies_gone(record: Migration, goal: Goal, now: Moment) -> Step | None:
    """Delete what was made for drills, each kind once what uses it is seen to be gone."""
    for kind in KINDS:
        works = tuple(work for work in record.view.copies if work.kind == kind)
        if works:
            return _deleted(record, goal, now, works, list(map(_name, works)))
    return None


def points_gone(record: Migration, goal: Goal, now: Moment) -> Step | None:
    """Delete the points whose disks nobody has."""
    points = free_points(record)
    been = tuple(dict.fromkeys((*record.view.gone, *points)))
    names = [f"snapshot {point.snapshot_id}" for point in points]
    return _deleted(record, goal, now, points, names, gone=been) if points else None


def source_gone(record: Migration, goal: Goal, now: Moment) -> Step | None:
    """Delete the enrolment that an import of ours made; one that jobs of others belong to stays."""
    enrolment = record.view.enrolment
    if enrolment is None or not enrolment.id or record.view.works:
        return None
    return _deleted(record, goal, now, enrolment, [_source(enrolment)])


def swept(record: Migration, goal: Goal, now: Moment) -> Step | None:
    """End the instance; what was left alone is told."""
    kept = [f"{point.snapshot_id}, whose disk {point.disk_id} is {who}'s" for point, who in held_points(record).items()]
    kept += [f"job {work.id}" for work in _works(record)]
    told = f"left {'; '.join(kept)}" if kept else "nothing is left"
    return finish("swept", told if kept or record.changed else "")


def _deleted(record: Migration, goal: Goal, now: Moment, subject: Any, names: list[str], **learnt: Any) -> Step:
    """Return the step that deletes something."""
    if record.overdue(SWEEPING, goal.hop_timeout, "left", now):
        return _stuck(names[0], goal)
    return once_a_poll(record, goal, now, Step(Verb.SWEEP, SWEEPING, subject, learnt), names, "left")


def _stuck(what: str, goal: Goal) -> Step:
    text = f"The {what} of an instance that is gone could not be deleted within {goal.hop_timeout:.0f} s."
    return failing(
        "NotSwept", text, "Look at it in the console, correct what keeps it, and sweep again: it is found by its tag."
    )


_SEEN: tuple[Gate[View], ...] = (gone, left_seen)
GOALS: Mapping[str, tuple[Gate[View], ...]] = {
    "left": (*_SEEN, left_told),
    "swept": (*_SEEN, works_over, works_gone, copies_gone, points_gone, source_gone, swept),
}


def _chain(record: Migration, goal: Goal) -> tuple[Gate[View], ...]:
    return GOALS[goal.state]


def _start(item: Item) -> View:
    return View()


SWEEP: Workflow[View] = Workflow("sweep", _start, _chain, ended, never)
