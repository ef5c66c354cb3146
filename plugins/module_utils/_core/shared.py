# Copyright (c) 2026 evergreen.os_migration contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Decisions that several chains share, and the steps that they write."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from . import paths, rules
from .catalog import is_known, unknown_id
from .model import Finding, Ledger, Problem, Record, known
from .position import active, answers, attempt, case, current_job, instance, overdue, restoring
from .step import Goal, Step, Verb, blocked, failing, failing_by


def stopped_by(found: tuple[Finding, ...]) -> Step | None:
    """Return the step that refuses an instance because of its findings, if one of them stops it."""
    problem = blocker(found)
    return blocked(problem, findings=found) if problem else None


def blocker(found: tuple[Finding, ...]) -> Problem | None:
    """Return the problem that tells of the findings that stop an instance, by the first of them."""
    stopping = rules.inhibitors(found)
    if not stopping:
        return None
    first = stopping[0]
    more = f" Findings that stop it: {len(stopping)}." if len(stopping) > 1 else ""
    return Problem(first.id, f"{first.message} {first.evidence}.{more}", first.remedy)


def mark(record: Record, state: str, step_state: str, **changes: Any) -> Step:
    """Return the step that writes a state into the instance's tag."""
    if state == "started":
        ledger = Ledger(state, attempt(record), record.hops[0].source, record.hops[-1].target)
    else:
        ledger = replace(known(record.ledger), state=state)
    return Step(Verb.MARK, step_state, changes, ledger, f"marked {state}")


def target_named(record: Record, goal: Goal, now: float) -> Step | None:
    target = record.item.target
    if is_known(target):
        return None
    return failing_by(paths.invalid_target(unknown_id(target) if target else "No target is set."))


def account_known(record: Record, goal: Goal, now: float) -> Step | None:
    looked = record.account is not None or active(record)
    return None if looked else Step(Verb.LOOK_AT_ACCOUNT, record.state)


def migration_known(record: Record, goal: Goal, now: float) -> Step | None:
    return Step(Verb.FIND_MIGRATION, record.state) if record.jobs is None else None


def snapshots_known(record: Record, goal: Goal, now: float) -> Step | None:
    return Step(Verb.FIND_SNAPSHOTS, record.state) if record.snapshots is None else None


def unreachable(record: Record) -> Problem:
    """Return the problem of an instance whose guest cannot be asked, although that was waived or not looked at."""
    here = instance(record)
    return Problem(
        "GuestUnreachable",
        f"The instance is {here.status} and its agent is {'online' if here.agent.online else 'offline'}.",
        "Start the instance and its agent, then run again.",
    )


def probed(record: Record, goal: Goal, now: float) -> Step | None:
    if record.guest is not None:
        return None
    state = "rolling_back" if restoring(record) else "verifying" if active(record) else "probing"
    return Step(Verb.PROBE, state, {"probed_at": now}) if answers(record) else _agent_awaited(record, goal, now, state)


def _agent_awaited(record: Record, goal: Goal, now: float, state: str) -> Step:
    """Return the step for a guest that does not answer: it comes back after a restart, and else is given up at once."""
    if record.state == "pending" and state == "probing":
        return failing_by(unreachable(record))
    if record.state == state and overdue(record, goal, now):
        return failing(
            "AgentLost",
            "The cloud's agent did not come back, so the guest's operating system could not be verified.",
            "Look at the instance's console; when the agent answers again, run again: the next run goes on here.",
        )
    return Step(Verb.POLL_INSTANCE, state)


def _watched(record: Record, goal: Goal) -> bool:
    """Say whether a job of the console is followed, or was: it reboots the instance and takes snapshots itself."""
    if goal.transport != "watch":
        return False
    return record.state != "pending" or record.jobs is None or current_job(record, goal) is not None


def cloud_allows(record: Record, goal: Goal, now: float) -> Step | None:
    if active(record) or _watched(record, goal):
        return None
    return stopped_by(rules.examine(case(record.with_(guest=None), goal, now)))


def guest_readable(record: Record, goal: Goal, now: float) -> Step | None:
    return stopped_by(rules.examine(case(record, goal, now))) if known(record.guest).trouble else None
