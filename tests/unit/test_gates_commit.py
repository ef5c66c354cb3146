# Copyright (c) 2026 evergreen.os_migration contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The goals verified and committed: the guest runs its target, and what was kept for the way back is deleted."""

from __future__ import annotations

from dataclasses import replace

import pytest
from ansible_collections.evergreen.os_migration.plugins.module_utils._core.goal import Goal
from ansible_collections.evergreen.os_migration.plugins.module_utils._core.migration.arrive import seen_before
from ansible_collections.evergreen.os_migration.plugins.module_utils._core.model import Enrolment, Guest, Problem
from ansible_collections.evergreen.os_migration.plugins.module_utils._core.tag import set_label
from ansible_collections.evergreen.os_migration.plugins.module_utils._core.verb import Verb
from ansible_collections.evergreen.os_migration.plugins.module_utils._engine.acts import VERBS

from .situations import (
    FRESH,
    HERE,
    POINT,
    SAFE,
    SILENT,
    arrived,
    at,
    code_of,
    end_of,
    linux,
    look_of,
    step_of,
    tagged,
    verb_of,
    wanting,
    work,
)

VERIFY, COMMIT = wanting("verified"), wanting("committed")
THERE = SAFE.learns(instance=tagged("migrated"), guest=arrived(), works=(work("done"),))


@pytest.mark.parametrize("goal", [VERIFY, COMMIT], ids=["verified", "committed"])
def test_a_guest_that_cannot_be_read_is_never_taken_for_one_that_runs_its_target(goal: object) -> None:
    record = THERE.learns(instance=tagged("migrated", os="alinux-3"), guest=Guest("unknown", trouble="cut_off"))
    assert code_of(record, goal) == "GuestUnreadable"
    problem = end_of(record.learns(guest=Guest("alinux-3", trouble="timed_out")), goal).problem
    assert isinstance(problem, Problem)
    assert "timed out" in problem.message
    assert "Cloud Assistant" in problem.remedy


@pytest.mark.parametrize("goal", [VERIFY, COMMIT], ids=["verified", "committed"])
def test_a_guest_that_cannot_be_asked_or_runs_something_else_is_refused(goal: object) -> None:
    silent = replace(tagged("migrated"), agent=SILENT.agent)
    assert code_of(THERE.learns(instance=silent, guest=None).forgets("guest"), goal) == "GuestUnreachable"
    assert code_of(THERE.learns(guest=Guest("centos-7")), goal) == "WrongOs"
    assert verb_of(THERE.forgets("guest"), goal) is Verb.ASK


@pytest.mark.parametrize("goal", [VERIFY, COMMIT])
@pytest.mark.parametrize(
    ("facts", "code"),
    [
        ({"package_kinds": "100:al8/53fe0598cac33616 300:el7/24c6a8a7f4a80eb5"}, "HalfConverted"),
        ({"kernel": "3.10.0-1160.119.1.el7.x86_64"}, "OldKernelRuns"),
        ({"kernel": "4.18.0-348.el8.x86_64", "kernel_owner": "kernel/el8/05b555b38483c65d"}, "NotProven"),
        ({"package_kinds": ""}, "NotProven"),
    ],
)
def test_a_guest_that_is_not_proven_is_not_verified_and_nothing_of_it_is_deleted(
    goal: Goal, facts: dict[str, str], code: str
) -> None:
    assert code_of(THERE.learns(guest=arrived(**facts)), goal) == code


def test_what_did_not_stay_as_it_was_is_told_by_verify() -> None:
    was = seen_before(replace(HERE, hostname="web-1"), linux())
    end = end_of(THERE.learns(was=was), VERIFY)
    assert (end.state, [one.id for one in end.view.findings]) == (
        "verified",
        ["verify.hostname_changed", "verify.not_compared"],
    )


def test_who_runs_its_target_is_verified() -> None:
    assert end_of(THERE, VERIFY).state == "verified"
    assert end_of(FRESH.learns(guest=arrived()), VERIFY).state == "verified"


def test_a_commit_looks_for_works_and_points_first() -> None:
    for aspect in ("works", "points"):
        assert look_of(replace(THERE, seen={name: 0.0 for name in THERE.seen if name != aspect}), COMMIT) == aspect


@pytest.mark.parametrize("goal", [VERIFY, COMMIT], ids=["verified", "committed"])
@pytest.mark.parametrize("state", ["started", "rolling_back", "restored", "rolled_back", "paused"])
def test_a_migration_that_has_not_ended_well_is_neither_verified_nor_committed(state: str, goal: Goal) -> None:
    assert code_of(THERE.learns(instance=tagged(state)), goal) == "NotMigrated"


@pytest.mark.parametrize("goal", [VERIFY, COMMIT], ids=["verified", "committed"])
def test_under_a_running_job_nothing_is_verified_or_committed(goal: Goal) -> None:
    running = THERE.learns(works=(work("running", name="by hand"),))
    assert code_of(running, goal) == "JobRunning"
    assert code_of(running.learns(instance=tagged("committed")), goal) == "JobRunning"


def test_that_there_is_no_way_back_is_marked_before_works_and_points_are_deleted() -> None:
    step = step_of(THERE, COMMIT)
    assert (step.verb, step.subject) == (Verb.MARK, "committed attempt=1 set=1 try=1 from=centos-7 to=alinux-3")
    marked = THERE.learns(instance=tagged("committed"))
    step = step_of(marked, COMMIT)
    assert (step.verb, step.subject, step.event) == (Verb.DELETE_WORKS, (work("done"),), "jobs deleted: 1")
    step = step_of(marked.learns(works=()), COMMIT)
    assert (step.verb, step.subject, step.event) == (Verb.DELETE_POINTS, (POINT,), "snapshots deleted: 1")
    assert end_of(marked.learns(points=(), works=()), COMMIT).state == "committed"


MADE = Enrolment("ready", "s-src", "Available", ours=True)


def test_a_source_that_our_import_made_goes_last_and_only_when_no_work_is_left_of_it() -> None:
    marked = THERE.learns(instance=tagged("committed"), enrolment=MADE)
    assert verb_of(marked, COMMIT) is Verb.DELETE_WORKS
    assert verb_of(marked.learns(works=()), COMMIT) is Verb.DELETE_POINTS
    bare = marked.learns(works=(), points=())
    step = step_of(bare, COMMIT)
    assert (step.verb, step.subject, step.event) == (Verb.LEAVE, MADE, "deleted the migration source s-src")
    assert end_of(bare.learns(enrolment=Enrolment()), COMMIT).state == "committed"
    foreign = bare.learns(works=(work("done", name="by hand"),))
    assert end_of(foreign, COMMIT).state == "committed"


@pytest.mark.parametrize("enrolment", [None, Enrolment(), replace(MADE, ours=False), Enrolment("unclear")])
def test_a_source_that_our_import_did_not_make_stays(enrolment: Enrolment | None) -> None:
    bare = THERE.learns(instance=tagged("committed"), works=(), points=(), enrolment=enrolment)
    assert end_of(bare, COMMIT).state == "committed"


def test_only_a_commit_deletes_a_source() -> None:
    """What is migrated, verified or rolled back may need it once more."""
    record = THERE.learns(works=(), enrolment=MADE)
    assert end_of(record, VERIFY).state == "verified"
    assert end_of(THERE.learns(enrolment=MADE)).state == "migrated"


def test_a_source_is_deleted_only_on_a_fresh_look_at_tag_and_works() -> None:
    assert VERBS[Verb.LEAVE].guard == ("tag", "works_of")
    assert VERBS[Verb.LEAVE].forgets == ("enrolment",)


def test_a_service_that_puts_disks_back_when_its_jobs_are_deleted_does_not_meet_a_deleted_way_back() -> None:
    deleted = THERE.learns(instance=tagged("committed"), works=(), unsettled=10.0)
    assert look_of(deleted, COMMIT) == "disks"
    looked = deleted.looked(["instance"], 11.0)
    assert verb_of(looked, COMMIT) is Verb.DELETE_POINTS
    resetting = tagged("committed", disks=(replace(HERE.disks[0], status="ReIniting"),))
    for instance in (resetting, tagged("committed", status="Stopping")):
        assert code_of(looked.learns(instance=instance), COMMIT) == "DisksPutBack"


def test_only_what_names_this_instance_is_deleted() -> None:
    other, service = replace(POINT, label=set_label("i-other", 1, 1)), replace(POINT, label="", name="SMC_Backup")
    former, detached = replace(POINT, label="attempt=1 hop=1"), replace(POINT, disk_id="d-9")
    gone = replace(POINT, label="attempt=1 hop=1", disk_id="d-9")
    points = (other, service, former, detached, gone, replace(POINT, label="by hand"))
    works = tuple(work("done", name=name) for name in ("by hand", "osm-i-other-a1-h1"))
    record = THERE.learns(instance=tagged("committed"), points=points, works=works)
    assert step_of(record, COMMIT).subject == (former, detached)
    assert step_of(record, replace(COMMIT, delete_service_points=True)).subject == (former, detached, service)


def test_what_a_killed_commit_left_is_deleted_by_the_next_also_when_the_guest_cannot_be_read() -> None:
    silent = replace(tagged("committed"), agent=SILENT.agent)
    left = THERE.learns(instance=silent, guest=None).forgets("guest")
    assert verb_of(left, COMMIT) is Verb.DELETE_WORKS
    assert verb_of(left.learns(works=()), COMMIT) is Verb.DELETE_POINTS
    assert end_of(left.learns(works=(), points=()), COMMIT).state == "committed"


@pytest.mark.parametrize("guest", [arrived(), linux(), Guest("unknown", trouble="cut_off")])
def test_an_instance_that_was_never_migrated_is_left_alone_by_commit_also_without_a_target(guest: Guest) -> None:
    nameless = FRESH.learns(guest=guest).with_(item=replace(FRESH.item, target=""))
    end = end_of(nameless, COMMIT)
    assert (end.state, end.problem, end.changed) == ("unchanged", None, False)
    for state in ("protected", "rolled_back"):
        kept = SAFE.learns(instance=tagged(state, source="", target=""), guest=guest)
        assert end_of(kept, COMMIT).state == "unchanged"
    nothing_done = FRESH.learns(instance=tagged("started"), guest=guest)
    assert end_of(nothing_done, COMMIT).state == "unchanged"


def test_what_the_service_left_of_jobs_in_the_console_is_deleted_where_that_is_wanted() -> None:
    watched = FRESH.learns(guest=arrived(), points=(replace(POINT, label="", name="SMC_Backup"),))
    assert end_of(watched, COMMIT).state == "unchanged"
    assert verb_of(watched, replace(COMMIT, delete_service_points=True)) is Verb.DELETE_POINTS


def test_a_migration_is_committed_when_it_has_soaked_for_long_enough_and_keeps_its_way_back_until_then() -> None:
    over = THERE.learns(works=(work("done", began="1970-01-01T00:00:00Z", ended="1970-01-01T01:00:00Z"),))
    goal = wanting("committed", soak=86400.0)
    early = end_of(over, goal, at(89_999))
    assert (early.state, early.view.opens, early.problem) == ("postponed", "1970-01-02T01:00:00Z", None)
    assert verb_of(over, goal, at(90_000)) is Verb.MARK
    assert verb_of(over, COMMIT, at(3_601)) is Verb.MARK


def test_without_its_work_a_migration_soaks_from_its_snapshots_on() -> None:
    goal = wanting("committed", soak=86400.0)
    assert end_of(THERE.learns(works=()), goal, at(86_399)).state == "postponed"
    assert verb_of(THERE.learns(works=()), goal, at(86_400)) is Verb.MARK


def test_a_commit_that_was_begun_is_ended_however_young_the_migration_is() -> None:
    begun = THERE.learns(instance=tagged("committed"))
    assert verb_of(begun, wanting("committed", soak=86400.0)) in (Verb.DELETE_WORKS, Verb.DELETE_POINTS)
