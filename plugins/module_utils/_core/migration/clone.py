# Copyright (c) 2026 evergreen.os_migration contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""A clone for a drill: made from points of its original's disks, isolated, and everything that was made for it deleted.

Nothing here stops or changes the original, beyond its lock and the tag that says what came of its drill. What another
run left is deleted first and nothing of it is gone on with, so that a drill is one run's own.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from datetime import datetime, timedelta, timezone
from functools import wraps

from .. import tag
from ..drilled import DRILL_KEY, Cost
from ..goal import Goal
from ..lock import LOCK_KEY
from ..model import Disk, Order, Point, Problem, Take, Work, required
from ..record import Moment
from ..verb import Step, Verb, blocked, failing, finish, look, wait
from ..workflow import Gate
from .sets import lacks_of_group, within_one_moment
from .view import Migration, View, instance, own_works, protectable_disks
from .work import works_deleted

IMAGE, GROUP, CLONE = "image", "security_group", "clone"
#: The order in which copies go: an image after the clones that use it, a group after its last member.
KINDS = (CLONE, IMAGE, GROUP)


# --- what is there ----------------------------------------------------------------------------------------------------


def copies_seen(record: Migration, goal: Goal, now: Moment) -> Step | None:
    """Look at what was made for drills of the instance, by any run."""
    return None if record.knows("copies") else look("copies", record.state)


def _copies(record: Migration, kind: str, run: str = "") -> tuple[Work, ...]:
    """Return the copies of a kind, of one run or of all."""
    name = tag.drill_name(record.id, run)
    return tuple(work for work in record.view.copies if work.kind == kind and (not run or work.name == name))


def _own(record: Migration, goal: Goal, kind: str) -> Work | None:
    """Return this run's copy of a kind."""
    return next(iter(_copies(record, kind, goal.run)), None)


def _points(record: Migration, run: str = "") -> tuple[Point, ...]:
    """Return the points that drills of the instance took, of one run or of all."""
    found = (point for point in record.view.points if tag.is_drill_label(point.label, record.id))
    return tuple(point for point in found if not run or point.label == tag.drill_label(record.id, run))


def original_free(record: Migration, goal: Goal, now: Moment) -> Step | None:
    """Make sure that no other run works for the original at this moment: a clone may be what it is making."""
    if record.view.claimed or not _copies(record, CLONE):
        return None
    return Step(Verb.CLAIM, "clearing", changes={"claimed": True})


def copies_told(record: Migration, goal: Goal, now: Moment) -> Step | None:
    """End an instance of which only was asked what was made for drills of it."""
    return finish("copied")


def before_the_copies(gate: Gate[View]) -> Gate[View]:
    """Return a gate that a drill which has begun has passed: its own points would stop it there."""

    @wraps(gate)
    def passed(record: Migration, goal: Goal, now: Moment) -> Step | None:
        return None if _points(record, goal.run) else gate(record, goal, now)

    return passed


# --- before anything is made ------------------------------------------------------------------------------------------


def clones_offered(record: Migration, goal: Goal, now: Moment) -> Step | None:
    """Refuse a drill on a clone where the provider's adapter copies no instances, or not every disk can be copied."""
    left = [disk.disk_id for disk in instance(record).disks if disk not in protectable_disks(record)]
    if not left:
        return None
    return blocked(
        Problem(
            "NotCopied",
            f"Disks of the instance cannot be copied, so a clone would not be what it is: {', '.join(left)}.",
            "Drill an instance that is made in the same way and has no local disks.",
        )
    )


def tags_free(record: Migration, goal: Goal, now: Moment) -> Step | None:
    """Refuse an instance that has no room for the tags that a drill sets, before anything is made."""
    tags = instance(record).tags
    needed = sum(key not in tags for key in (LOCK_KEY, DRILL_KEY))
    most = goal.offer(record.item.provider).most_tags
    if len(tags) + needed <= most:
        return None
    return blocked(
        Problem(
            "NoRoomForTags",
            f"{len(tags)} of {most} tags of the instance are used, and a drill needs {needed} more.",
            "Remove tags of the instance that are no longer needed.",
        )
    )


def room_seen(record: Migration, goal: Goal, now: Moment) -> Step | None:
    """Ask the cloud whether it would make the clone, and keep what the drill costs, before the first write."""
    if "room" not in record.seen:
        return look("room", record.state)
    if record.view.room is not None:
        return blocked(record.view.room)
    if record.view.cost is not None:
        return None
    cost = Cost.of(instance(record).disks, sum(hop.minutes for hop in record.view.hops), goal.prices)
    return Step(
        Verb.NOTE, record.state, changes={"cost": cost, "clone_since": now.cloud}, event=f"the drill takes {cost.text}"
    )


# --- made -------------------------------------------------------------------------------------------------------------


def points_taken(record: Migration, goal: Goal, now: Moment) -> Step | None:
    """Take a point of each disk, all of one moment, which the image is made of."""
    if _own(record, goal, IMAGE):
        return None
    points = _points(record, goal.run)
    missing = _bare(record, points)
    useless = _useless(points, missing, now)
    if useless:
        text = f"The snapshots for the drill are of no use: {useless}."
        return failing("SnapshotFailed", text, "Look at the disks and the snapshot service, then drill again.")
    if missing:
        return _taken(record, goal, missing, rest=bool(points))
    if all(point.status == "accomplished" for point in points):
        return None
    if record.overdue("protecting", goal.hop_timeout, "points", now):
        return failing("SnapshotTimeout", _late("The snapshots were not accomplished", goal), _CLEAN)
    return wait("point", "protecting")


def _taken(record: Migration, goal: Goal, missing: tuple[Disk, ...], rest: bool) -> Step:
    takes = tuple(_take(record, goal, disk, rest) for disk in missing)
    return Step(Verb.SNAPSHOT, "protecting", takes, event=f"snapshots started: {len(missing)}")


def _bare(record: Migration, points: tuple[Point, ...]) -> tuple[Disk, ...]:
    """Return the disks that have no point yet."""
    there = {point.disk_id for point in points}
    return tuple(disk for disk in protectable_disks(record) if disk.disk_id not in there)


def _useless(points: tuple[Point, ...], missing: tuple[Disk, ...], now: Moment) -> str:
    """Return why no image can be made of points; empty while one may. None is added to those of a group."""
    failed = [point.snapshot_id for point in points if point.status == "failed"]
    if failed:
        return ", ".join(failed)
    fits = not lacks_of_group(points, missing) and within_one_moment(points, now.cloud if missing else None)
    return "" if fits else "they are not of one moment"


def _take(record: Migration, goal: Goal, disk: Disk, rest: bool) -> Take:
    name, label = f"osm-{disk.disk_id}-drill-{goal.run}", tag.drill_label(record.id, goal.run)
    token = tag.client_token(record.id, 0, goal.run, "snapshot", disk.disk_id)
    return Take(disk, name, label, token, tag.place_of(disk), of=record.id, rest=rest)


_CLEAN = "Drill again: the next run deletes what this one has made, as the role drill with drill_cleanup does."


def _late(what: str, goal: Goal) -> str:
    return f"{what} within {goal.hop_timeout:.0f} s."


def made(kind: str) -> Gate[View]:
    """Return the gate that makes a copy of a kind, and waits until it is there."""

    def made(record: Migration, goal: Goal, now: Moment) -> Step | None:
        work, what = _own(record, goal, kind), kind.replace("_", " ")
        if work is None:
            return Step(Verb.ORDER, "cloning", _order(record, goal, kind), event=f"made the {what} for the drill")
        if work.status == "done" and work.said:
            return None
        if work.status in ("failed", "stopped"):
            text = f"The {what} {work.id} for the drill is {work.said or work.status}."
            return failing("CloneFailed", text, _CLEAN)
        if record.overdue("cloning", goal.hop_timeout, "copies", now):
            text = _late(f"The {what} {work.id} for the drill is {work.said or work.status} and was not there", goal)
            return failing("CloneSilent", text, _CLEAN)
        return wait("copies", "cloning")

    return made


def _order(record: Migration, goal: Goal, kind: str) -> Order:
    name = tag.drill_name(record.id, goal.run)
    token = tag.client_token(record.id, 0, goal.run, kind)
    return Order(kind, instance(record), name, token, settings=_SETTINGS[kind](record, goal))


def _of_image(record: Migration, goal: Goal) -> dict[str, str]:
    return {point.place: point.snapshot_id for point in _points(record, goal.run)}


def _of_clone(record: Migration, goal: Goal) -> dict[str, str]:
    until = datetime.fromtimestamp(record.view.clone_since, timezone.utc) + timedelta(hours=goal.clone_hours)
    return {
        "image": required(_own(record, goal, IMAGE)).id,
        "security_group": required(_own(record, goal, GROUP)).id,
        "host": tag.drill_host(record.id, goal.run),
        "until": until.strftime("%Y-%m-%dT%H:%M:%SZ"),
    }


_SETTINGS: Mapping[str, Callable[[Migration, Goal], dict[str, str]]] = {
    IMAGE: _of_image,
    GROUP: lambda record, goal: {},
    CLONE: _of_clone,
}


def cloned(record: Migration, goal: Goal, now: Moment) -> Step | None:
    """End the original: its clone can be asked."""
    return finish("cloned", f"its clone is {required(_own(record, goal, CLONE)).id}")


# --- deleted ----------------------------------------------------------------------------------------------------------


def leftovers_gone(record: Migration, goal: Goal, now: Moment) -> Step | None:
    """Delete what earlier runs made, before this one makes its own."""
    own = {work.id for kind in KINDS if (work := _own(record, goal, kind))}
    if own or _points(record, goal.run):
        return None
    return all_gone(record, goal, now)


def all_gone(record: Migration, goal: Goal, now: Moment) -> Step | None:
    """Delete what was made for drills of the instance, each kind once what uses it is seen to be gone."""
    if not record.knows("copies"):
        return look("copies", "clearing")
    for kind in KINDS:
        works = _copies(record, kind)
        if works:
            return _deleted(record, goal, now, kind, works)
    points = _points(record)
    if not points:
        return None
    gone = tuple(dict.fromkeys((*record.view.gone, *points)))
    return Step(Verb.DELETE_POINTS, "clearing", points, {"gone": gone}, event=f"snapshots deleted: {len(points)}")


def _deleted(record: Migration, goal: Goal, now: Moment, kind: str, works: tuple[Work, ...]) -> Step:
    what, told = kind.replace("_", " "), ", ".join(work.id for work in works)
    if record.overdue("clearing", goal.hop_timeout, "copies", now):
        return failing("CopiesLeft", _late(f"The {what} {told} of a drill could not be deleted", goal), _LEFT)
    return once_a_poll(record, goal, now, Step(Verb.DELETE_WORKS, "clearing", works), [f"{what} {told}"], "copies")


def once_a_poll(record: Migration, goal: Goal, now: Moment, step: Step, names: list[str], sight: str) -> Step:
    """Return a step that deletes, with what it tells; what is listed although it was deleted just now is waited for."""
    view = record.view
    again = set(names) <= set(view.deleting)
    if again and now.ticks - view.deleted_at < goal.poll_interval:
        return wait(sight, step.state)
    told = tuple(dict.fromkeys((*view.deleting, *names)))
    event = "" if again else f"deleted the {', '.join(names)}"
    return replace(step, changes={**step.changes, "deleting": told, "deleted_at": now.ticks}, event=event)


_LEFT = "Look at it in the console, correct what keeps it, and clean up again: it is found by its tag."


def result_marked(record: Migration, goal: Goal, now: Moment) -> Step | None:
    """Write down what came of the drill, once nothing of it is left."""
    text = record.item.drilled
    if not text or instance(record).tags.get(DRILL_KEY) == text:
        return None
    return Step(Verb.MARK, "clearing", tag.Extra(DRILL_KEY, text), event=f"marked the drill as {text.split()[0]}")


def cleared(record: Migration, goal: Goal, now: Moment) -> Step | None:
    """End the original: nothing of a drill is left."""
    return finish("cleared", "nothing of a drill is left" if record.changed else "")


# --- the clone itself -------------------------------------------------------------------------------------------------


def is_clone(record: Migration, goal: Goal, now: Moment) -> Step | None:
    """Refuse to discard anything that is not a clone of ours, of the original that the call names."""
    label = instance(record).tags.get(tag.MADE_KEY, "")
    if tag.what_of(label) == CLONE and tag.owner_of(label) == record.item.clone_of:
        return None
    return failing(
        "NotAClone",
        f"The instance is no clone for a drill of {record.item.clone_of}: its tag says {label or 'nothing'}.",
        "Look at its tags; it was left alone.",
    )


def clone_given_up(record: Migration, goal: Goal, now: Moment) -> Step | None:
    """Mark the clone as one that will be deleted, so that the run that made it begins nothing on it meanwhile.

    That it bears no such mark yet also means that its lock is taken first: a clone that is worked on is left alone.
    """
    if tag.GOING_KEY in instance(record).tags:
        return None
    return Step(Verb.MARK, "clearing", tag.Extra(tag.GOING_KEY, f"run={goal.run}"), event="gave the clone up")


def not_given_up(record: Migration, goal: Goal, now: Moment) -> Step | None:
    """Refuse a clone that a run is about to delete."""
    going = instance(record).tags.get(tag.GOING_KEY, "")
    if not going:
        return None
    text = f"The clone is about to be deleted: its tag {tag.GOING_KEY} says {going}."
    return failing("CloneGoing", text, "Let the other drill of the instance end, then drill again.")


def works_over(record: Migration, goal: Goal, now: Moment) -> Step | None:
    """Wait for a job that a killed run left on the clone: it cannot be deleted while it runs."""
    running = [work for work in record.view.works if work.holds and work.status == "running"]
    if not running:
        return None
    if record.overdue("clearing", goal.hop_timeout, "works", now):
        text = _late(f"{{work}} {running[0].id} on the clone did not end", goal)
        return failing("JobStuck", text, "Look at the job in the {console}, then clean up again.")
    return wait("work", "clearing")


def works_gone(record: Migration, goal: Goal, now: Moment) -> Step | None:
    """Delete the jobs of the clone: its name is in theirs."""
    works = tuple(work for work in own_works(record) if work.status != "gone")
    return works_deleted(works, "clearing", now, f"jobs deleted: {len(works)}") if works else None


def clone_s_points_gone(record: Migration, goal: Goal, now: Moment) -> Step | None:
    """Delete the points of the clone's own disks, ours and the service's: they would outlive it."""
    points = record.view.points
    if not points:
        return None
    gone = tuple(dict.fromkeys((*record.view.gone, *points)))
    return Step(Verb.DELETE_POINTS, "clearing", points, {"gone": gone}, event=f"snapshots deleted: {len(points)}")


def clone_s_source_left(record: Migration, goal: Goal, now: Moment) -> Step | None:
    """Delete the enrolment that the import in the clone made.

    One that does not bear our tag is told and left: a client that was copied with the disk may speak as its original.
    """
    enrolment = record.view.enrolment
    if enrolment is None or not enrolment.id or record.view.works or enrolment.id in record.view.deleting:
        return None
    if not enrolment.ours:
        event = f"left the migration source {enrolment.id}, which bears no tag of ours"
        return Step(Verb.NOTE, "clearing", changes={"deleting": (*record.view.deleting, enrolment.id)}, event=event)
    return Step(Verb.LEAVE, "clearing", enrolment, event=f"deleted the migration source {enrolment.id}")


def discarded(record: Migration, goal: Goal, now: Moment) -> Step | None:
    """End the clone: it can be released."""
    return finish("discarded", "nothing is left on the clone")
