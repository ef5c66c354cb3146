# Copyright (c) 2026 evergreen.os_migration contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""After a failure, and on the way back to the points of an attempt."""

from __future__ import annotations

from .. import tag
from ..goal import Goal
from ..model import RESETTING, RUNNING, STOPPED, Disk, Order, Point, Work, required
from ..record import Moment
from ..verb import Step, Verb, failing, finish, wait
from ..workflow import Gate
from .begin import mark
from .view import (
    Migration,
    View,
    active,
    attempt,
    chosen_set,
    guest_os,
    instance,
    own_works,
    protectable_disks,
    replacements,
    restoring,
    stands,
    work_runs,
)

#: The migration itself was seen to fail: that an API or a guest did not answer is no reason to throw its data away.
_OF_THE_GUEST = ("MigrationFailed", "VerifyFailed")


def failure_answered(record: Migration, goal: Goal, now: Moment) -> Step | None:
    """End an instance that has a problem, or begin the rollback that was wanted for this case."""
    if goal.state != "migrated":
        return finish("failed")
    if stands(record, "rolled_back"):
        return finish("rolled_back", "rolled back")
    wanted = goal.on_failure == "rollback" and required(record.problem).code in _OF_THE_GUEST
    if wanted and _touched(record) and not work_runs(record) and chosen_set(record, goal):
        return mark(record, "rolling_back", "rolling_back")
    return finish("failed")


def _touched(record: Migration) -> bool:
    """Say whether the attempt has come so far that it may have changed the guest."""
    return active(record) and bool(own_works(record, attempt(record)))


def rolled_back_already(record: Migration, goal: Goal, now: Moment) -> Step | None:
    """End an instance that was rolled back."""
    return finish("rolled_back") if stands(record, "rolled_back") else None


def set_chosen(record: Migration, goal: Goal, now: Moment) -> Step | None:
    """Refuse a rollback without a complete set of the attempt's points."""
    if restoring(record):
        return None
    if record.view.tag is None or stands(record, "committed") or not chosen_set(record, goal):
        return failing(
            "NothingToRollBack",
            "There is no complete set of accomplished snapshots that this collection took of the instance's disks."
            + _bare_disks(record),
            "Detach a disk that was attached since (a failed job can leave the service's own behind) and run again; "
            "or roll the disks back in the console, to the migration service's own snapshots.",
        )
    return None


def _bare_disks(record: Migration) -> str:
    """Name the disks without a point, if others have one: they are what keeps the set from being complete."""
    safe = {point.disk_id for point in record.view.points if point.status == "accomplished"}
    bare = [disk.disk_id for disk in protectable_disks(record) if disk.disk_id not in safe]
    return f" Without a snapshot: {', '.join(bare)}." if safe and bare else ""


def no_work_runs(record: Migration, goal: Goal, now: Moment) -> Step | None:
    """Refuse a rollback under a running work."""
    if restoring(record) or not work_runs(record):
        return None
    return failing(
        "JobRunning",
        "A migration job of the instance is running; resetting disks under it would destroy data.",
        "Wait until the job ends, then roll back.",
    )


def marked(record: Migration, goal: Goal, now: Moment) -> Step | None:
    """Write down that the rollback begins."""
    return None if restoring(record) else mark(record, "rolling_back", "rolling_back")


def halted(record: Migration, goal: Goal, now: Moment) -> Step | None:
    """Stop the instance."""
    if not stands(record, "rolling_back"):
        return None
    if not record.knows("instance"):
        return _awaited(record, goal, now)
    status = instance(record).status
    if status == RUNNING:
        return Step(Verb.STOP, "rolling_back", event="stopped the instance")
    return None if status == STOPPED else _awaited(record, goal, now)


def _awaited(record: Migration, goal: Goal, now: Moment) -> Step:
    if record.overdue("rolling_back", goal.hop_timeout, "instance", now):
        return failing(
            "RollbackStuck",
            f"The instance is {instance(record).status}; the rollback did not go on within {goal.hop_timeout:.0f} s.",
            "Look at the instance in the console, then run again: the next run goes on with the rollback.",
        )
    return wait("disks", "rolling_back")


def disks_reset(record: Migration, goal: Goal, now: Moment) -> Step | None:
    """Put every disk back to its point."""
    if not stands(record, "rolling_back"):
        return None
    if not record.knows("instance") or any(disk.status == RESETTING for disk in instance(record).disks):
        return _awaited(record, goal, now)
    points = chosen_set(record, goal)
    if not points:
        return _set_gone()
    wanted = tuple(point for point in points if point.disk_id not in record.view.restored)
    if wanted:
        return Step(Verb.RESTORE, "rolling_back", wanted, event=f"disks put back: {len(wanted)}")
    return mark(record, "restored", "rolling_back")


def _set_gone() -> Step:
    return failing("NoSnapshots", "The snapshots to roll back to are gone.", "Restore the disks by hand.")


def disks_made(kind: str) -> Gate[View]:
    """Return the gate that has a new disk made from each point, by a kind of works."""

    def disks_made(record: Migration, goal: Goal, now: Moment) -> Step | None:
        if not stands(record, "rolling_back"):
            return None
        points = chosen_set(record, goal)
        if not points:
            return _set_gone()
        made = replacements(record)
        missing = [point for point in points if point.disk_id not in made]
        if missing:
            return Step(Verb.ORDER, "rolling_back", _replacement(record, kind, missing[0]), event="ordered a disk")
        return next(filter(None, (_disk_awaited(record, goal, now, work) for work in made.values())), None)

    return disks_made


def _disk_awaited(record: Migration, goal: Goal, now: Moment, work: Work) -> Step | None:
    if work.status == "done":
        return None
    stuck = record.overdue("rolling_back", goal.hop_timeout, "works", now)
    if stuck or work.status not in ("made", "running"):
        return failing(
            "RollbackStuck",
            f"The disk {work.id} that is made from a snapshot is {work.said or work.status}.",
            "Look at the disk in the console, then run again: the next run goes on with the rollback.",
        )
    return wait("work", "rolling_back")


def _replacement(record: Migration, kind: str, point: Point) -> Order:
    name = tag.made_name(record.id, attempt(record), f"disk-{point.disk_id}")
    place = next((disk.device for disk in instance(record).disks if disk.disk_id == point.disk_id), "")
    return Order(
        kind,
        of=instance(record),
        name=name,
        token=tag.client_token(record.id, attempt(record), "disk", point.snapshot_id),
        settings={"point": point.snapshot_id, "place": place},
    )


def disks_swapped(record: Migration, goal: Goal, now: Moment) -> Step | None:
    """Put every disk that was made from a point in the place of the disk that it replaces."""
    if not stands(record, "rolling_back"):
        return None
    if not record.knows("instance"):
        return _awaited(record, goal, now)
    attached = {disk.disk_id: disk for disk in instance(record).disks}
    for disk_id, work in replacements(record).items():
        former = attached.get(disk_id)
        if former is not None:
            return Step(Verb.DETACH, "rolling_back", former, event=f"detached {former.disk_id}")
        if work.outputs["disk"] not in attached:
            disk = Disk(work.outputs["disk"], device=work.outputs.get("place", ""))
            return Step(Verb.ATTACH, "rolling_back", disk, event=f"attached {disk.disk_id}")
    return mark(record, "restored", "rolling_back")


def restarted(record: Migration, goal: Goal, now: Moment) -> Step | None:
    """Start the instance again."""
    if not record.knows("instance"):
        return _awaited(record, goal, now)
    status = instance(record).status
    if status == STOPPED:
        return Step(Verb.START, "rolling_back", event="started the instance")
    return None if status == RUNNING else _awaited(record, goal, now)


def former_os_seen(record: Migration, goal: Goal, now: Moment) -> Step | None:
    """Mark the end of the rollback when the guest was seen to run its former system."""
    former, now_running = required(record.view.tag).source, guest_os(record)
    if goal.rollback_to == "start" and now_running != former:
        return failing(
            "RollbackUnverified",
            f"The disks were reset, but the guest runs {now_running} and not {former}.",
            "Look at the instance in the console before you go on.",
        )
    return mark(record, "rolled_back", "rolling_back")
