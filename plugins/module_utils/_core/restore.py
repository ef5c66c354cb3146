# Copyright (c) 2026 evergreen.os_migration contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Decisions after a failure and on the way back to the snapshots."""

from __future__ import annotations

from .model import Record, known
from .position import (
    active,
    attempt,
    guest_os,
    instance,
    job_runs,
    overdue,
    own_jobs,
    protectable_disks,
    restore_set,
    stands,
)
from .shared import mark
from .step import Goal, Step, Verb, failing, finish


def failure_answered(record: Record, goal: Goal, now: float) -> Step | None:
    if goal.state != "migrated":
        return finish("failed")
    if stands(record, "rolled_back"):
        return finish("rolled_back", "rolled back")
    wanted = goal.on_failure == "rollback" and _guest_failed(record)
    if wanted and _touched(record) and not job_runs(record) and restore_set(record, goal):
        return mark(record, "rolling_back", "rolling_back")
    return finish("failed")


def _touched(record: Record) -> bool:
    """Say whether the attempt has come so far that it may have changed the guest."""
    return active(record) and bool(own_jobs(record, attempt(record)))


def _guest_failed(record: Record) -> bool:
    """Say whether the migration itself failed: no trouble with an API is a reason to throw a guest's data away."""
    return record.problem is not None and record.problem.code in ("MigrationFailed", "VerifyFailed", "AgentLost")


def _bare_disks(record: Record) -> str:
    """Name the disks without a snapshot, if others have one: they are what keeps the set from being complete."""
    safe = {snapshot.disk_id for snapshot in record.snapshots or () if snapshot.status == "accomplished"}
    bare = [disk.disk_id for disk in protectable_disks(record) if disk.disk_id not in safe]
    return f" Without a snapshot: {', '.join(bare)}." if safe and bare else ""


def rollback_possible(record: Record, goal: Goal, now: float) -> Step | None:
    if stands(record, "rolled_back"):
        return finish("rolled_back")
    if record.ledger is None or stands(record, "committed") or not restore_set(record, goal):
        return failing(
            "NothingToRollBack",
            "There is no complete set of accomplished snapshots that this collection took of the instance's disks."
            + _bare_disks(record),
            "Detach a disk that was attached since (a failed job can leave the service's own behind) and run again; "
            "or roll the disks back in the console, to the migration service's own snapshots.",
        )
    if job_runs(record):
        return failing(
            "JobRunning",
            "A migration job of the instance is running; resetting disks under it would destroy data.",
            "Wait until the job ends, then roll back.",
        )
    return mark(record, "rolling_back", "rolling_back")


def halted(record: Record, goal: Goal, now: float) -> Step | None:
    here = instance(record)
    if not stands(record, "rolling_back") or here.status == "Stopped":
        return None
    if here.status == "Running":
        return Step(Verb.STOP, "rolling_back", event="stopped the instance")
    return _restore_awaited(record, goal, now)


def _restore_awaited(record: Record, goal: Goal, now: float) -> Step:
    if record.state == "rolling_back" and overdue(record, goal, now):
        return failing(
            "RollbackStuck",
            f"The instance is {instance(record).status}; the rollback did not go on within {goal.hop_timeout:.0f} s.",
            "Look at the instance in the console, then run again: the next run goes on with the rollback.",
        )
    return Step(Verb.POLL_INSTANCE, "rolling_back")


def disks_reset(record: Record, goal: Goal, now: float) -> Step | None:
    if not stands(record, "rolling_back"):
        return None
    if any(disk.status == "ReIniting" for disk in instance(record).disks):
        return _restore_awaited(record, goal, now)
    snapshots = restore_set(record, goal)
    if not snapshots:
        return failing("NoSnapshots", "The snapshots to roll back to are gone.", "Restore the disks by hand.")
    wanted = tuple(snapshot for snapshot in snapshots if snapshot.disk_id not in record.reset_disks)
    if wanted:
        return Step(Verb.RESET_DISKS, "rolling_back", subject=wanted, event=f"disks put back: {len(wanted)}")
    return mark(record, "restored", "rolling_back")


def started_again(record: Record, goal: Goal, now: float) -> Step | None:
    here = instance(record)
    if here.status == "Stopped":
        return Step(Verb.START, "rolling_back", event="started the instance")
    return None if here.status == "Running" else _restore_awaited(record, goal, now)


def former_os_confirmed(record: Record, goal: Goal, now: float) -> Step | None:
    former, now_running = known(record.ledger).source, guest_os(record)
    if goal.rollback_to == "start" and now_running != former:
        return failing(
            "RollbackUnverified",
            f"The disks were reset, but the guest runs {now_running} and not {former}.",
            "Look at the instance in the console before you go on.",
        )
    return mark(record, "rolled_back", "rolling_back")
