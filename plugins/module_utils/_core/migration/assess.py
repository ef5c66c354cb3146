# Copyright (c) 2026 evergreen.os_migration contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The goal assessed: everything that was found, and the plan as far as there is one."""

from __future__ import annotations

from .. import rules
from ..command import unreachable
from ..goal import Goal
from ..model import UNKNOWN, Finding, Hop, Problem
from ..record import Moment
from ..signs import told
from ..verb import Step, blocked, finish
from .arrive import doubts, taken, verdict_on
from .begin import blocker, rolled_back_before
from .view import Migration, active, case, guest_os, instance, way, work_runs


def nothing_runs(record: Migration, goal: Goal, now: Moment) -> Step | None:
    """End at once where a migration runs."""
    return finish("in_progress", "a migration job is running") if work_runs(record) else None


def outside_judged(record: Migration, goal: Goal, now: Moment) -> Step | None:
    """Judge an instance whose guest cannot be asked by what the cloud shows."""
    if instance(record).answers or record.view.guest is not None:
        return None
    return finish("in_progress") if active(record) else _judged(record, goal, now, instance(record).os)


def already_there(record: Migration, goal: Goal, now: Moment) -> Step | None:
    """End an instance that is its target; one that is so by its name only is nothing to migrate."""
    if guest_os(record) != record.item.target:
        return None
    verdict = verdict_on(record, record.item.target)
    if taken(record, verdict):
        return finish("migrated", findings=doubts(verdict))
    return blocked(told(verdict, record.item.target))


def judged(record: Migration, goal: Goal, now: Moment) -> Step | None:
    """Judge an instance by what its guest says."""
    return _judged(record, goal, now, guest_os(record))


def _judged(record: Migration, goal: Goal, now: Moment, source: str) -> Step:
    hops = way(record, goal, source) if record.item.target else ()
    plan = () if isinstance(hops, Problem) else hops
    found = rules.examine_all([case(record.learns(hops=plan, hop=hop), goal, now) for hop in range(max(1, len(plan)))])
    problem = rolled_back_before(record, goal) or _hindrance(record, source, hops, found)
    if problem:
        return blocked(problem, findings=found, hops=plan)
    return finish("ready" if plan else "assessed", findings=found, hops=plan)


def _hindrance(
    record: Migration, source: str, hops: tuple[Hop, ...] | Problem, found: tuple[Finding, ...]
) -> Problem | None:
    """Return what stops the instance first: that it has no path, a finding, or that its guest was never asked."""
    stopping = blocker(found)
    # That an unreadable guest has no path is no news; why it could not be read is.
    if isinstance(hops, Problem) and (source != UNKNOWN or not stopping):
        return hops
    if stopping:
        return stopping
    # Whoever waived that the guest does not answer did not waive what it would have said.
    return None if record.view.guest else unreachable(instance(record))
