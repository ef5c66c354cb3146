# Copyright (c) 2026 evergreen.os_migration contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""After a failure, and on the way back to the points of an attempt."""

from __future__ import annotations

from collections.abc import Mapping

from .. import tag
from ..goal import Goal
from ..model import RESETTING, RUNNING, STARTING, STOPPED, Disk, Order, Point, Problem, Work, required
from ..record import Moment, epoch
from ..verb import Step, Verb, failing, failing_by, finish, look, note, wait
from ..workflow import Gate
from .ask import asked_again
from .begin import mark
from .compared import back, findings, not_known, starting
from .sets import Set, chosen, served
from .view import (
    Migration,
    View,
    active,
    guest_os,
    instance,
    own_disks,
    own_works,
    protectable_disks,
    remade,
    restoring,
    running,
    stands,
    traces,
)
from .work import works_deleted

#: The migration itself was seen to fail, by the service or in the guest: that an API or a guest did not answer, or that
#: the old system was booted again, is no reason to throw data away.
_WRONG = ("MigrationFailed", "UnexpectedOs", "HalfConverted", "OldKernelRuns")
#: Works that may still begin, or be begun again.
_BEGINS = ("made", "failed", "stopped")
# A disk that could not be made is ordered so often in one run.
_DISKS = 3


# --- the answer to a failure ----------------------------------------------------------------------------------------


def failure_answered(record: Migration, goal: Goal, now: Moment) -> Step | None:
    """End an instance that has a problem, or begin the rollback that was wanted for this case."""
    if goal.state != "migrated":
        return finish("failed")
    if stands(record, "rolled_back"):
        return finish("rolled_back", "rolled back")
    wanted = goal.on_failure == "rollback" and required(record.problem).code in _WRONG
    if not wanted or not _touched(record):
        return finish("failed")
    why = _why_not_by_itself(record, goal, now)
    return finish("failed", f"not rolled back by itself: {why}") if why else _turned(record, goal)


def _touched(record: Migration) -> bool:
    """Say whether a work of the attempt has begun: it may have changed the instance."""
    return active(record) and any(
        work.status != "made" for work in own_works(record, required(record.view.tag).attempt)
    )


def _why_not_by_itself(record: Migration, goal: Goal, now: Moment) -> str:
    """Return why nobody but a person may decide to go back now."""
    if running(record):
        return "a job runs"
    problem = _unproven(record, goal) or _out_of_place(record, goal) or _may_begin(record)
    if problem:
        return problem.message
    one = required(chosen(record, goal))
    return f"the instance has served since the snapshots of {one.text}" if served(record, one, goal, now) else ""


def _turned(record: Migration, goal: Goal) -> Step:
    changes = {"turned": True, "restored": ()}
    pairs: dict[str, int] = {"reset": False}
    if stands(record, tag.PROTECTED):
        pairs["start"] = required(chosen(record, goal)).number  # which of its sets, when another run goes on
    return mark(record, goal, "rolling_back", "rolling_back", pairs, changes=changes)


# --- before anything stops ------------------------------------------------------------------------------------------


def attempt_there(record: Migration, goal: Goal, now: Moment) -> Step | None:
    """End an instance that was rolled back already, or that no attempt has changed."""
    known = record.view.tag
    if stands(record, "rolled_back"):
        return finish("rolled_back")
    if known is None or (known.state == "started" and known.attempt not in traces(record)):
        return finish("unchanged", "nothing to roll back")
    if stands(record, tag.PROTECTED) and not goal.to_protected:
        return finish("unchanged", "nothing to roll back: its snapshots are of no migration")
    return None


def set_chosen(record: Migration, goal: Goal, now: Moment) -> Step | None:
    """Refuse a way back without a complete set of the attempt's points."""
    problem = None if stands(record, "restored") else _unproven(record, goal)
    return failing_by(problem) if problem else None


def _unproven(record: Migration, goal: Goal) -> Problem | None:
    if not stands(record, "committed") and chosen(record, goal):
        return None
    return Problem(
        "NoSnapshots" if restoring(record) else "NothingToRollBack",
        "There is no complete set of accomplished snapshots of one moment that this collection took of the instance's "
        f"disks.{_bare_disks(record)}",
        "Detach a disk that was attached since (a failed job can leave the service's own behind) and run again; "
        "or roll the disks back in the console, to the migration service's own snapshots.",
    )


def _bare_disks(record: Migration) -> str:
    """Name the disks without a point, if others have one: they are what keeps the set from being complete."""
    safe = {point.disk_id for point in record.view.points if point.status == "accomplished"}
    bare = [disk.disk_id for disk in protectable_disks(record) if disk.disk_id not in {*safe, *_new_disks(record)}]
    return f" Without a snapshot: {', '.join(bare)}." if safe and bare else ""


def _new_disks(record: Migration) -> set[str]:
    return {work.outputs.get("disk", "") for works in remade(record).values() for work in works}


def disks_in_place(record: Migration, goal: Goal, now: Moment) -> Step | None:
    """Refuse to put a disk back that is not the point's own, or not in the place where it was."""
    problem = None if stands(record, "restored") else _out_of_place(record, goal)
    return failing_by(problem) if problem else None


def _out_of_place(record: Migration, goal: Goal) -> Problem | None:
    one = chosen(record, goal)
    here = {disk.disk_id: tag.place_of(disk) for disk in instance(record).disks}
    for disk_id, point in one.points.items() if one else ():
        place = here.get(disk_id, "no place")
        if place != (point.place or place) or disk_id not in here:
            return Problem(
                "DiskOutOfPlace",
                f"The disk {disk_id} is attached as {place}; its snapshot is of {point.place or 'an attached disk'}.",
                "Attach the disk where it was, then run again; or restore the disks by hand.",
            )
    return None


def nothing_begins(record: Migration, goal: Goal, now: Moment) -> Step | None:
    """Refuse a way back while a work of somebody else may begin under it."""
    problem = None if stands(record, "restored") else _may_begin(record)
    return failing_by(problem) if problem else None


def _may_begin(record: Migration) -> Problem | None:
    mine = own_works(record)
    others = [work for work in record.view.works if work.holds and work.status in _BEGINS and work not in mine]
    if not others:
        return None
    return Problem(
        "JobUnfinished",
        f"Job {others[0].id} is {others[0].said or others[0].status}: somebody may start it while disks are put back, "
        "and this collection did not make it.",
        "Delete it in the console, then run again.",
    )


def confirmed(record: Migration, goal: Goal, now: Moment) -> Step | None:
    """Go back to before a time in which the instance has served only when that moment was confirmed.

    A rollback of another run goes on while the instance stands still: nothing has served since then.
    """
    stands_still = restoring(record) and instance(record).status != RUNNING
    if stands(record, "restored") or record.view.turned or stands_still:
        return None
    problem = _unconfirmed(record, goal, now)
    return failing_by(problem) if problem else None


def _unconfirmed(record: Migration, goal: Goal, now: Moment) -> Problem | None:
    one = required(chosen(record, goal))
    if not served(record, one, goal, now) or _is_confirmed(record, one):
        return None
    return Problem(
        "NotConfirmed",
        f"The snapshots are of {one.text}, and the instance has served since: what was written after that is lost "
        "when its disks are put back.",
        f"To go back to that moment all the same, set confirm to {one.text}.",
    )


def _is_confirmed(record: Migration, one: Set) -> bool:
    word = record.item.confirm
    return bool(word) and (word == one.text or epoch(word) == epoch(one.text))


# --- begun, and stopped ---------------------------------------------------------------------------------------------


def marked(record: Migration, goal: Goal, now: Moment) -> Step | None:
    """Write down that the rollback begins."""
    return None if restoring(record) else _turned(record, goal)


def own_works_gone(record: Migration, goal: Goal, now: Moment) -> Step | None:
    """Delete our own works that may still begin, and see them gone, before anything stops."""
    if not stands(record, "rolling_back"):
        return None
    works = tuple(work for work in own_works(record) if work.status in _BEGINS)
    if not works:
        return None if record.knows("works") else wait("works", "rolling_back")
    return works_deleted(works, "rolling_back", now, f"deleted jobs that might begin: {len(works)}")


def halted(record: Migration, goal: Goal, now: Moment) -> Step | None:
    """Stop the instance, by force when it does not within the grace time."""
    if not stands(record, "rolling_back"):
        return None
    if not record.knows("instance"):
        return _awaited(record, goal, now)
    if instance(record).status == STOPPED:
        return None
    return _stopped(record, goal, now) or _awaited(record, goal, now)


def _stopped(record: Migration, goal: Goal, now: Moment) -> Step | None:
    """Return the step that stops an instance; one that is being stopped already has its grace time from now on."""
    since, runs = record.view.stopping, instance(record).status == RUNNING
    if since is None:
        changes = {"stopping": now.ticks}
        return _soft(changes) if runs else note("rolling_back", **changes)
    if now.ticks - since <= _grace(goal):
        return _soft({}) if runs else None
    return None if record.view.forced else _forced(goal)


def _grace(goal: Goal) -> float:
    """Return how long a stop may take; it is forced before the rollback as a whole is given up."""
    return min(goal.stop_grace, goal.hop_timeout / 4)


def _soft(changes: Mapping[str, float]) -> Step:
    return Step(Verb.STOP, "rolling_back", changes=changes, event="stopped the instance")


def _forced(goal: Goal) -> Step:
    event = f"stopped the instance by force, after {_grace(goal):.0f} s"
    return Step(Verb.STOP, "rolling_back", FORCE, {"forced": True}, event=event)


#: What a stop works on when it is to be done by force.
FORCE = "force"


def _awaited(record: Migration, goal: Goal, now: Moment) -> Step:
    if record.overdue("rolling_back", goal.hop_timeout, "instance", now):
        done = ", ".join(record.view.restored) or "none in this run"
        disks = ", ".join(f"{disk.disk_id} {disk.status}" for disk in instance(record).disks)
        return failing(
            "RollbackStuck",
            f"The instance is {instance(record).status}; the rollback did not go on within {goal.hop_timeout:.0f} s. "
            f"Disks: {disks}; put back: {done}.",
            "Look at the instance in the console, then run again: the next run goes on with the rollback.",
        )
    return wait("disks", "rolling_back")


def left_running(record: Migration, goal: Goal, now: Moment) -> Step | None:
    """End a rollback that cannot go on; nothing was put back yet, so the instance is to serve again."""
    status = instance(record).status
    if status == STARTING or (status == RUNNING and record.knows("instance")) or running(record):
        return finish("failed")
    if status == STOPPED and record.knows("instance"):
        return Step(Verb.START, "rolling_back", event="started the instance again: no disk was put back")
    if record.overdue("rolling_back", goal.hop_timeout, "instance", now):
        return finish("failed")
    return wait("disks", "rolling_back")


# --- put back -------------------------------------------------------------------------------------------------------


def _reset_marked(record: Migration, goal: Goal) -> Step | None:
    """Write down that disks may be put back from now on, once the points were seen after the instance stopped."""
    if required(record.view.tag).reset:
        return None
    if (record.seen.get("points") or 0.0) < (record.view.stopping or 0.0):
        return look("points", "rolling_back")
    return mark(record, goal, "rolling_back", "rolling_back", {"reset": True}, "marked that disks are put back")


def disks_reset(record: Migration, goal: Goal, now: Moment) -> Step | None:
    """Put every disk back to its point."""
    if not stands(record, "rolling_back"):
        return None
    if not record.knows("instance") or any(disk.status == RESETTING for disk in instance(record).disks):
        return _awaited(record, goal, now)
    one = required(chosen(record, goal))
    wanted = tuple(point for disk_id, point in one.points.items() if disk_id not in record.view.restored)
    if not wanted:
        return mark(record, goal, "restored", "rolling_back")
    event = f"disks put back: {len(wanted)}, to {one.text}"
    restore = Step(Verb.RESTORE, "rolling_back", wanted, {"lost_since": one.text}, event=event)
    return _reset_marked(record, goal) or restore


def disks_made(kind: str) -> Gate[View]:
    """Return the gate that has a new disk made from each point, by a kind of works."""

    def disks_made(record: Migration, goal: Goal, now: Moment) -> Step | None:
        if not stands(record, "rolling_back"):
            return None
        one = required(chosen(record, goal))
        made = {disk_id: _made(record, one, disk_id) for disk_id in one.points}
        missing = [one.points[disk_id] for disk_id, work in made.items() if work is None]
        if missing:
            return _disk_ordered(record, kind, one, missing[0])
        return next(filter(None, (_disk_awaited(record, goal, now, work) for work in made.values() if work)), None)

    return disks_made


def _made(record: Migration, one: Set, disk_id: str) -> Work | None:
    """Return the work that makes a disk from a set, if one does or did."""
    prefix = tag.disk_name(record.id, required(record.view.tag).attempt, disk_id, one.number, 0).removesuffix("0")
    works = [work for work in remade(record).get(disk_id, ()) if work.name.startswith(prefix)]
    return next((work for work in works if work.status in ("made", "running", "done")), None)


def _disk_awaited(record: Migration, goal: Goal, now: Moment, work: Work) -> Step | None:
    if work.status == "done":
        return None
    if record.overdue("rolling_back", goal.hop_timeout, "works", now):
        return _disk_stuck(work)
    return wait("work", "rolling_back")


def _disk_stuck(work: Work) -> Step:
    return failing(
        "RollbackStuck",
        f"The disk {work.id} that is made from a snapshot is {work.said or work.status}.",
        "Look at the disk in the console, then run again: the next run goes on with the rollback.",
    )


def _disk_ordered(record: Migration, kind: str, one: Set, point: Point) -> Step:
    """Order a disk, or another one in the place of those that could not be made."""
    former = remade(record).get(point.disk_id, ())
    if former and record.view.wasted >= _DISKS:
        return _disk_stuck(former[-1])
    number = required(record.view.tag).attempt
    name = tag.disk_name(record.id, number, point.disk_id, one.number, len(former) + 1)
    here = (disk.device for disk in instance(record).disks if disk.disk_id == point.disk_id)
    order = Order(
        kind,
        of=instance(record),
        name=name,
        token=tag.client_token(record.id, number, name, point.snapshot_id),
        settings={"point": point.snapshot_id, "place": next(here, "") or point.place},
    )
    wasted = record.view.wasted + 1 if former else 0
    return Step(Verb.ORDER, "rolling_back", order, {"wasted": wasted}, event=f"ordered a disk from {point.snapshot_id}")


def disks_swapped(record: Migration, goal: Goal, now: Moment) -> Step | None:
    """Put every disk that was made from a point in the place of the disk that it replaces, which is kept."""
    if not stands(record, "rolling_back"):
        return None
    if not record.knows("instance"):
        return _awaited(record, goal, now)
    one = required(chosen(record, goal))
    for disk_id in one.points:
        step = _swap(record, disk_id, required(_made(record, one, disk_id)))
        if step is not None:
            return _reset_marked(record, goal) or step
    kept = sorted(own_disks(record) - {disk.disk_id for disk in instance(record).disks})
    event = f"marked restored; the former disks are kept, detached: {', '.join(kept)}"
    return mark(record, goal, "restored", "rolling_back", event=event, changes={"lost_since": one.text})


def _swap(record: Migration, disk_id: str, work: Work) -> Step | None:
    """Return the next step that puts a new disk in its place."""
    attached = {disk.disk_id: disk for disk in instance(record).disks}
    new = work.outputs["disk"]
    others = {disk_id, *(other.outputs.get("disk", "") for other in remade(record)[disk_id])} - {new}
    former = next((attached[other] for other in sorted(others) if other in attached), None)
    if former is not None:
        return Step(Verb.DETACH, "rolling_back", former, event=f"detached {former.disk_id}, which is kept")
    if new in attached:
        return None
    disk = Disk(new, device=work.outputs.get("place", ""))
    return Step(Verb.ATTACH, "rolling_back", disk, event=f"attached {new}")


# --- started again --------------------------------------------------------------------------------------------------


def restarted(record: Migration, goal: Goal, now: Moment) -> Step | None:
    """Start the instance again."""
    if not record.knows("instance"):
        return _awaited(record, goal, now)
    status = instance(record).status
    if status == STOPPED:
        return Step(Verb.START, "rolling_back", event="started the instance")
    return None if status == RUNNING else _awaited(record, goal, now)


def former_os_seen(record: Migration, goal: Goal, now: Moment) -> Step | None:
    """Mark the end of the rollback when the guest was seen to run its former system.

    One that runs another system although its disks were put back once, by another run, is to be put back again when
    that is asked for.
    """
    trouble = required(record.view.guest).trouble
    if not trouble and _runs_former(record, goal):
        return _compared(record, goal, now)
    if not trouble and goal.state == "rolled_back" and not record.view.turned:
        return _again(record, goal, now)
    said = f"could not be read ({trouble.replace('_', ' ')})" if trouble else f"runs {guest_os(record)}"
    former = required(record.view.tag).source or "what it ran then"
    return failing(
        "RollbackUnverified",
        f"The disks were put back, but the guest {said}; it should run {former}.",
        "Look at the instance in the console before you go on.",
    )


def _compared(record: Migration, goal: Goal, now: Moment) -> Step:
    """Mark the end of the rollback with what the guest differs in from the moment that its disks were put back to.

    What has not been started yet is waited for, as long as a system takes for that.
    """
    proof = back(record, goal)
    if starting(record, proof) and not record.overdue("rolling_back", goal.hop_timeout, "guest", now):
        return asked_again(record, goal, now, "rolling_back")
    told = (*findings(proof, "rollback"), *not_known(proof, "rollback"))
    changes = {"proof": proof, "findings": (*record.view.findings, *told)}
    return mark(record, goal, "rolled_back", "rolling_back", changes=changes)


def _runs_former(record: Migration, goal: Goal) -> bool:
    """Say whether the guest runs what it should; a set of a hop, or of no migration, is of any system."""
    former = required(record.view.tag).source
    return goal.rollback_to == "hop" or not former or guest_os(record) == former


def _again(record: Migration, goal: Goal, now: Moment) -> Step:
    """Begin the rollback once more, from a guest that runs another system than the disks were put back to."""
    problem = _unproven(record, goal) or _may_begin(record) or _unconfirmed(record, goal, now)
    return failing_by(problem) if problem else _turned(record, goal)
