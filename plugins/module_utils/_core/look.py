# Copyright (c) 2026 evergreen.os_migration contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Decisions of the goals that do not migrate: assess, verify, commit, describe, run a script."""

from __future__ import annotations

from . import rules
from .migrate import way
from .model import UNKNOWN, Finding, Hop, Problem, Record, known
from .position import active, answers, case, guest_os, instance, job_runs, own_jobs
from .shared import blocker, mark, unreachable
from .step import Goal, Step, Verb, blocked, failing, failing_by, finish


def job_not_running(record: Record, goal: Goal, now: float) -> Step | None:
    return finish("in_progress", "a migration job is running") if job_runs(record) else None


def assessed_from_outside(record: Record, goal: Goal, now: float) -> Step | None:
    if answers(record) or record.guest is not None:
        return None
    return finish("in_progress") if active(record) else _judged(record, goal, now, instance(record).os)


def already_there(record: Record, goal: Goal, now: float) -> Step | None:
    return finish("migrated") if guest_os(record) == record.item.target else None


def assessment_done(record: Record, goal: Goal, now: float) -> Step | None:
    return _judged(record, goal, now, guest_os(record))


def _judged(record: Record, goal: Goal, now: float, source: str) -> Step:
    """Return the end of an assessment: everything that was found, with the plan as far as there is one."""
    hops = way(record, goal, source) if record.item.target else ()
    plan = () if isinstance(hops, Problem) else hops
    found = rules.examine(case(record.with_(hops=plan, hop=0), goal, now))
    problem = _hindrance(record, source, hops, found)
    if problem:
        return blocked(problem, findings=found, hops=plan)
    return finish("ready" if plan else "assessed", findings=found, hops=plan)


def _hindrance(
    record: Record, source: str, hops: tuple[Hop, ...] | Problem, found: tuple[Finding, ...]
) -> Problem | None:
    """Return what stops the instance first: that it has no path, a finding, or that its guest was never asked."""
    stopping = blocker(found)
    # That an unreadable guest has no path is no news; why it could not be read is.
    if isinstance(hops, Problem) and (source != UNKNOWN or not stopping):
        return hops
    if stopping:
        return stopping
    # Whoever waived that the guest does not answer did not waive what it would have said.
    return None if record.guest else unreachable(record)


def guest_understood(record: Record, goal: Goal, now: float) -> Step | None:
    guest = known(record.guest)
    if not guest.trouble:
        return None
    return failing(
        "GuestUnreadable",
        f"The guest's answer to the facts script was {guest.trouble.replace('_', ' ')}. {guest.trouble_text}".strip(),
        "Look at the guest's load and its disk, and at the invocation in the Cloud Assistant console; then run again.",
    )


def reachable_guest(record: Record, goal: Goal, now: float) -> Step | None:
    return None if record.guest is not None or answers(record) else failing_by(unreachable(record))


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
