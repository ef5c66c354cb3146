# Copyright (c) 2026 evergreen.os_migration contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""A set of points of every disk before a hop may begin: a way back that is of one moment, and not too old."""

from __future__ import annotations

from .. import before, contents, tag
from ..goal import Goal
from ..model import Disk, Point, Take, required
from ..record import Moment
from ..verb import Step, Verb, failing, wait
from .begin import mark
from .hooked import changed_before
from .sets import Set, complete, lacks_of_group, number_of_set, served, sets, within_one_moment, work_over
from .view import Migration, points_of, protectable_disks, stands, written_by_this_run

# A set with a point that failed, or that fell apart, is taken anew so often in one run.
_SETS = 3


def set_taken(record: Migration, goal: Goal, now: Moment) -> Step | None:
    """Take a set under a number that was marked before, and wait until all its points are accomplished."""
    current = current_set(record)
    return _fitting(record, current, goal, now) if complete(record, current) else completed(record, current, goal, now)


def completed(record: Migration, current: Set, goal: Goal, now: Moment) -> Step:
    """Return the step that makes a set complete, or begins another one."""
    if not _in_the_making(record, current, goal, now):
        return next_set(record, goal, current, "the last one is of no use")
    missing = _missing(record, current)
    if missing:
        rest = bool(_points(record, current))
        takes = tuple(_take(record, disk, current.number, rest) for disk in missing)
        return Step(Verb.SNAPSHOT, "protecting", takes, event=f"snapshots started: {len(missing)}")
    return _set_awaited(record, goal, now)


def current_set(record: Migration) -> Set:
    """Return the set that was begun last, also where nothing of it is seen."""
    number = number_of_set(record)
    return next((one for one in sets(record) if one.number == number), Set(number))


def _fitting(record: Migration, current: Set, goal: Goal, now: Moment) -> Step | None:
    """Return None where a complete set protects the hop and try that come next, else the step to one that does.

    That is taken once for each hop and try: snapshots can take longer than they are valid.
    """
    view, place = record.view, _place(record)
    old = served(record, current, goal, now) and not _importing(record)
    if view.renewed != place and (old or not _of_hop(record, current, goal)):
        why = "the instance has served since the last one" if old else "this hop has none of its own"
        return next_set(record, goal, current, why, renewed=place)
    if not old or view.told == place:
        return None
    event = f"went on with snapshots of {current.text}, although the instance has served since"
    return Step(Verb.NOTE, "protecting", changes={"told": place}, event=event)


def _of_hop(record: Migration, current: Set, goal: Goal) -> bool:
    """Say whether a set is what a rollback of the hop alone leads to, where that is wanted."""
    over = work_over(record)
    if goal.rollback_to == "start" or record.view.hop == 0:
        return True
    return over is not None and required(current.moment) >= over


def _importing(record: Migration) -> bool:
    """Say whether an import that this run began is waited for: how old the set is counts when it is over."""
    enrolment = record.view.enrolment
    return record.view.enrolled_for == record.view.hop + 1 and (enrolment is None or enrolment.state != "ready")


def _place(record: Migration) -> tuple[int, int]:
    return record.view.hop + 1, required(record.view.tag).tries


def _in_the_making(record: Migration, current: Set, goal: Goal, now: Moment) -> bool:
    """Say whether a set that is not complete may still become so.

    One of another run is finished while it is of one moment; where nothing of it is seen, its snapshots may have been
    deleted, and their tokens give those again. A set is taken one way: none is added to those of a group.
    """
    points, missing = _points(record, current), _missing(record, current)
    if any(point.status == "failed" for point in points) or lacks_of_group(points, missing):
        return False
    mine = current.number in record.view.sets or written_by_this_run(record, goal)
    return within_one_moment(points, now.cloud if missing else None) and (mine or bool(points))


def _points(record: Migration, current: Set) -> tuple[Point, ...]:
    number = required(record.view.tag).attempt
    return tuple(point for point, label in points_of(record) if (label.attempt, label.set) == (number, current.number))


def _missing(record: Migration, current: Set) -> tuple[Disk, ...]:
    taken = {point.disk_id for point in _points(record, current)}
    return tuple(disk for disk in protectable_disks(record) if disk.disk_id not in taken)


def next_set(record: Migration, goal: Goal, current: Set, why: str, **changes: object) -> Step:
    """Mark that a set with a number of its own is begun, which no snapshot had before."""
    view, number = record.view, current.number + 1
    wasted = view.wasted + 1 if current.number in view.sets and not complete(record, current) else 0
    if wasted >= _SETS:
        return _given_up(record, current)
    event = f"began set {number} of snapshots" + (f": {why}" if current.number else "")
    changes |= {"sets": (*view.sets, number), "wasted": wasted}
    state = tag.PROTECTED if stands(record, tag.PROTECTED) else "started"
    return mark(record, goal, state, "protecting", _numbers(record, current), event, changes)


def _numbers(record: Migration, current: Set) -> dict[str, int]:
    """Return the tag's pairs for a new set.

    It is also what the attempt began with, where this run took the first one, and nothing can have begun since.
    """
    view, number = record.view, current.number + 1
    if stands(record, tag.PROTECTED):
        return {"sets": number}
    first = 1 in view.sets and view.hop == 0 and required(view.tag).tries <= 1 and not changed_before(record)
    return {"sets": number, "start": number} if first and complete(record, current) else {"sets": number}


def _given_up(record: Migration, current: Set) -> Step:
    failed = [point.snapshot_id for point in _points(record, current) if point.status == "failed"]
    return failing(
        "SnapshotFailed",
        f"Snapshots failed again and again, at the last: {', '.join(failed) or 'they were not of one moment'}.",
        "Look at the disks and the snapshot service, then run again: the next run takes new snapshots.",
    )


def _take(record: Migration, disk: Disk, number: int, rest: bool) -> Take:
    attempt = required(record.view.tag).attempt
    label = tag.set_label(record.id, attempt, number)
    return Take(
        disk,
        name=tag.point_name(disk, attempt, number),
        label=label,
        token=tag.client_token(record.id, attempt, number, "snapshot", disk.disk_id),
        place=tag.place_of(disk),
        before=before.to_text(record.view.was),
        contents=contents.to_text(contents.of_guest(record.view.guest)),
        of=record.id,
        rest=rest,
    )


def _set_awaited(record: Migration, goal: Goal, now: Moment) -> Step:
    if record.overdue("protecting", goal.hop_timeout, "points", now):
        return failing(
            "SnapshotTimeout",
            f"The snapshots were not accomplished within {goal.hop_timeout:.0f} s; nothing else was begun.",
            "Look at the snapshots in the console, then run again: the next run goes on here.",
        )
    return wait("point", "protecting")
