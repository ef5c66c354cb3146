# Copyright (c) 2026 evergreen.os_migration contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The goals verified and committed: the guest runs its target, and what was kept for the way back is deleted."""

from __future__ import annotations

from dataclasses import replace

import pytest
from ansible_collections.evergreen.os_migration.plugins.module_utils._core.model import Guest, Problem
from ansible_collections.evergreen.os_migration.plugins.module_utils._core.verb import Verb

from .situations import (
    FRESH,
    HERE,
    POINT,
    SAFE,
    SILENT,
    code_of,
    end_of,
    look_of,
    step_of,
    tagged,
    verb_of,
    wanting,
    work,
)

VERIFY, COMMIT = wanting("verified"), wanting("committed")
THERE = SAFE.learns(instance=tagged("migrated"), guest=Guest("alinux-3"), works=(work("done"),))


@pytest.mark.parametrize("goal", [VERIFY, COMMIT], ids=["verified", "committed"])
def test_a_guest_that_cannot_be_read_is_never_taken_for_one_that_runs_its_target(goal: object) -> None:
    record = FRESH.learns(instance=replace(HERE, os="alinux-3"), guest=Guest("unknown", trouble="cut_off"))
    assert code_of(record, goal) == "GuestUnreadable"
    problem = end_of(record.learns(guest=Guest("alinux-3", trouble="timed_out")), goal).problem
    assert isinstance(problem, Problem)
    assert "timed out" in problem.message
    assert "Cloud Assistant" in problem.remedy


@pytest.mark.parametrize("goal", [VERIFY, COMMIT], ids=["verified", "committed"])
def test_a_guest_that_cannot_be_asked_or_runs_something_else_is_refused(goal: object) -> None:
    assert code_of(THERE.learns(instance=SILENT, guest=None).forgets("guest"), goal) == "GuestUnreachable"
    assert code_of(THERE.learns(guest=Guest("centos-7")), goal) == "WrongOs"
    assert verb_of(THERE.forgets("guest"), goal) is Verb.ASK


def test_who_runs_its_target_is_verified() -> None:
    assert end_of(THERE, VERIFY).state == "verified"
    assert end_of(FRESH.learns(guest=Guest("alinux-3")), VERIFY).state == "verified"


def test_a_commit_looks_for_works_and_points_first() -> None:
    for aspect in ("works", "points"):
        assert look_of(replace(THERE, seen={name: 0.0 for name in THERE.seen if name != aspect}), COMMIT) == aspect


@pytest.mark.parametrize("state", ["started", "rolling_back", "restored", "rolled_back", "paused"])
def test_nothing_of_a_migration_that_has_not_ended_well_is_deleted(state: str) -> None:
    assert code_of(THERE.learns(instance=tagged(state)), COMMIT) == "NotMigrated"


def test_points_then_finished_works_are_deleted_and_the_end_is_marked() -> None:
    step = step_of(THERE, COMMIT)
    assert (step.verb, step.subject, step.event) == (Verb.DELETE_POINTS, (POINT,), "snapshots deleted: 1")
    step = step_of(THERE.learns(points=()), COMMIT)
    assert (step.verb, step.subject, step.event) == (Verb.DELETE_WORKS, (work("done"),), "finished jobs deleted: 1")
    step = step_of(THERE.learns(points=(), works=()), COMMIT)
    assert (step.verb, step.subject) == (Verb.MARK, "committed attempt=1 from=centos-7 to=alinux-3")
    assert end_of(THERE.learns(points=(), works=(), instance=tagged("committed")), COMMIT).state == "committed"


def test_works_of_somebody_else_and_unfinished_ones_stay() -> None:
    for one in (work("done", name="by hand"), work("failed")):
        assert verb_of(THERE.learns(points=(), works=(one,)), COMMIT) is Verb.MARK


def test_what_a_killed_commit_left_is_deleted_by_the_next() -> None:
    assert verb_of(THERE.learns(instance=tagged("committed")), COMMIT) is Verb.DELETE_POINTS
    assert verb_of(THERE.learns(instance=tagged("committed"), points=()), COMMIT) is Verb.DELETE_WORKS


def test_an_instance_without_a_migration_of_ours_is_committed_without_a_mark() -> None:
    assert end_of(FRESH.learns(guest=Guest("alinux-3")), COMMIT).state == "committed"
