# Copyright (c) 2026 evergreen.os_migration contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Decisions of the goals that do not migrate: assess, verify, commit, describe, run a script."""

from __future__ import annotations

from . import rules
from .model import Record
from .position import active, answers, case, guest_os, instance, job_runs, own_jobs
from .shared import block, mark
from .step import Goal, Step, Verb, failing, finish


def job_not_running(record: Record, goal: Goal, now: float) -> Step | None:
    return finish("in_progress", "a migration job is running") if job_runs(record) else None


def assessed_from_outside(record: Record, goal: Goal, now: float) -> Step | None:
    if answers(record):
        return None
    return finish("in_progress") if active(record) else block(rules.examine(case(record, goal)))


def already_there(record: Record, goal: Goal, now: float) -> Step | None:
    return finish("migrated") if guest_os(record) == record.item.target else None


def assessment_done(record: Record, goal: Goal, now: float) -> Step | None:
    found = rules.examine(case(record, goal), goal.waive)
    return block(found) if rules.inhibitors(found) else finish("ready", findings=found)


def reachable_guest(record: Record, goal: Goal, now: float) -> Step | None:
    if record.guest is not None or answers(record):
        return None
    here = instance(record)
    return failing(
        "GuestUnreachable",
        f"The instance is {here.status} and its agent is {'online' if here.agent.online else 'offline'}.",
        "Start the instance and its agent, then run again.",
    )


def runs_target(record: Record, goal: Goal, now: float) -> Step | None:
    if guest_os(record) == record.item.target:
        return None
    return failing(
        "WrongOs",
        f"The guest runs {guest_os(record)}, wanted is {record.item.target}.",
        "Look at the migration's result; run migrate again or roll back.",
    )


def verified(record: Record, goal: Goal, now: float) -> Step | None:
    return finish("verified", "verified")


def commit_allowed(record: Record, goal: Goal, now: float) -> Step | None:
    if record.ledger is None or record.ledger.state in ("migrated", "committed"):
        return None
    return failing(
        "NotMigrated",
        f"The instance's migration is {record.ledger.state}, not migrated.",
        "Let migrate finish first; it marks the instance when the target was seen to run.",
    )


def committed(record: Record, goal: Goal, now: float) -> Step | None:
    if record.snapshots:
        event = f"snapshots deleted: {len(record.snapshots)}"
        return Step(Verb.DELETE_SNAPSHOTS, "committing", subject=record.snapshots, event=event)
    jobs = tuple(job for job in own_jobs(record) if job.status == "Finished")
    if jobs:
        return Step(Verb.DELETE_JOBS, "committing", subject=jobs, event=f"finished jobs deleted: {len(jobs)}")
    if record.ledger is not None and record.ledger.state == "migrated":
        return mark(record, "committed", "committing")
    return finish("committed", "committed")


# --- described, scripted --------------------------------------------------------------------------------------------


def described(record: Record, goal: Goal, now: float) -> Step | None:
    return finish(instance(record).status.lower())


def script_fits(record: Record, goal: Goal, now: float) -> Step | None:
    os_type = instance(record).os_type
    if (os_type == "windows") == (goal.shell == "powershell"):
        return None
    return failing(
        "WrongShell",
        f"The script is for {goal.shell}, but the instance runs {os_type or 'an unknown system'}.",
        "Give this script only to instances of its system.",
    )


def script_run(record: Record, goal: Goal, now: float) -> Step | None:
    if record.result is None:
        return Step(Verb.RUN_SCRIPT, "running", event="ran the script")
    return finish("finished")
