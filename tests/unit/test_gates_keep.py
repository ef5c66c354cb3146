# Copyright (c) 2026 evergreen.os_migration contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The goals protected and unprotected, and the way back to a set that no migration took."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest
from ansible_collections.evergreen.os_migration.plugins.module_utils._core.goal import Goal
from ansible_collections.evergreen.os_migration.plugins.module_utils._core.migration.view import Migration
from ansible_collections.evergreen.os_migration.plugins.module_utils._core.model import Disk, Enrolment, Guest
from ansible_collections.evergreen.os_migration.plugins.module_utils._core.record import Moment
from ansible_collections.evergreen.os_migration.plugins.module_utils._core.tag import TAG_KEY, set_label
from ansible_collections.evergreen.os_migration.plugins.module_utils._core.verb import Verb
from hypothesis import given, settings

from .situations import (
    FRESH,
    GOAL,
    HERE,
    ID,
    POINT,
    SAFE,
    SILENT,
    arrived,
    at,
    code_of,
    end_of,
    linux,
    next_step,
    step_of,
    tagged,
    verb_of,
    waiving,
    wanting,
    work,
)
from .strategies import goals_of, likely_records, now_and_then

KEEP, LET_GO = wanting("protected"), wanting("unprotected")
BACK = wanting("rolled_back", to_protected=True)
HOUR = 3600.0


def kept(**more: Any) -> Migration:
    """Return a record of an instance with a complete set that no migration took."""
    return SAFE.learns(instance=tagged("protected", source="", target="", tries=0, **more), begun=0, sets=())


# --- present ----------------------------------------------------------------------------------------------------------


def test_a_set_is_marked_under_a_number_that_no_migration_has_before_it_is_taken() -> None:
    step = step_of(FRESH, KEEP)
    assert (step.verb, step.subject, step.event) == (Verb.MARK, "protected attempt=1 set=1", "marked protected")
    marked = FRESH.learns(instance=replace(HERE, tags={TAG_KEY: step.subject}), **step.changes)
    step = step_of(marked, KEEP)
    assert step.verb is Verb.SNAPSHOT
    assert [(take.label, take.place) for take in step.subject] == [(set_label(ID, 1, 1), "root")]
    assert step.subject[0].before


def test_a_guest_need_not_answer_for_a_set_of_its_disks() -> None:
    stopped = FRESH.learns(instance=replace(SILENT, status="Stopped"), guest=None).forgets("guest")
    assert verb_of(stopped, KEEP) is Verb.MARK


def test_what_has_a_complete_set_is_left_alone_also_when_it_is_old() -> None:
    end = end_of(kept(), KEEP, at(1000 * HOUR))
    assert (end.state, end.problem) == ("protected", None)


def test_another_set_is_taken_when_the_last_is_older_than_it_may_be_and_once_in_a_run() -> None:
    goal = replace(KEEP, most_age=HOUR)
    assert end_of(kept(), goal, at(HOUR)).state == "protected"
    step = step_of(kept(), goal, at(2 * HOUR))
    assert (step.verb, step.subject) == (Verb.MARK, "protected attempt=1 set=2")
    marked = kept(sets=2).learns(**step.changes)
    assert step_of(marked, goal, at(2 * HOUR)).subject[0].label == set_label(ID, 1, 2)
    second = replace(POINT, snapshot_id="s-1", label=set_label(ID, 1, 2))
    done = marked.learns(points=(POINT, second))
    assert end_of(done, goal, at(9 * HOUR)).state == "protected"


def test_a_set_that_a_killed_run_began_beside_a_good_one_is_finished_only_where_the_good_one_does_not_do() -> None:
    left = kept(sets=2)
    assert end_of(left, KEEP, at(HOUR)).state == "protected"
    step = step_of(left, replace(KEEP, most_age=60.0), at(HOUR))
    assert (step.verb, step.subject) == (Verb.MARK, "protected attempt=1 set=3")


def test_a_set_without_a_disk_that_came_since_does_not_do() -> None:
    more = kept(disks=(*HERE.disks, Disk("d-1", status="In_use", device="/dev/xvdb")))
    step = step_of(more, KEEP, at(HOUR))
    assert (step.verb, step.subject) == (Verb.MARK, "protected attempt=1 set=2")


@pytest.mark.parametrize(
    "disk", [Disk("d-1", status="In_use", category="local_ssd_pro"), Disk("d-1", status="In_use", multi_attach=True)]
)
def test_a_disk_of_which_a_set_would_not_be_whole_stops_it_unless_that_is_waived(disk: Disk) -> None:
    record = FRESH.learns(instance=replace(HERE, disks=(*HERE.disks, disk)))
    end = end_of(record, KEEP)
    assert end.state == "blocked"
    assert end.problem is not None
    assert verb_of(waiving(record, end.problem.code), KEEP) is Verb.MARK


@pytest.mark.parametrize("state", ["started", "migrated"])
def test_a_migration_s_own_set_protects_and_no_other_hides_it(state: str) -> None:
    mine = SAFE.learns(instance=tagged(state))
    assert end_of(mine, KEEP).state == "protected"
    assert code_of(mine, replace(KEEP, most_age=60.0), at(HOUR)) == "AttemptUnderWay"
    if state == "migrated":
        assert code_of(mine.learns(points=()), KEEP) == "AttemptUnderWay"


@pytest.mark.parametrize("state", ["rolling_back", "restored"])
@pytest.mark.parametrize("goal", [KEEP, LET_GO])
def test_nothing_is_taken_or_deleted_under_a_rollback(state: str, goal: Goal) -> None:
    assert code_of(SAFE.learns(instance=tagged(state)), goal) == "AttemptUnderWay"


@pytest.mark.parametrize("goal", [KEEP, LET_GO])
def test_nothing_is_taken_or_deleted_under_a_running_job_or_an_unreadable_tag(goal: Goal) -> None:
    assert code_of(FRESH.learns(works=(work("running", name="by hand"),)), goal) == "JobRunning"
    assert code_of(FRESH.learns(instance=replace(HERE, tags={TAG_KEY: "by hand"})), goal) == "TagUnreadable"
    assert code_of(FRESH.learns(points=(POINT,)), goal) == "TagMissing"


def test_a_commit_that_was_killed_is_ended_before_its_mark_is_replaced() -> None:
    left = SAFE.learns(instance=tagged("committed"))
    assert code_of(left, KEEP) == "CommitUnfinished"
    assert step_of(left.learns(points=()), KEEP).subject == "protected attempt=2 set=1"


def test_that_a_migration_was_rolled_back_is_not_forgotten_over_a_set() -> None:
    step = step_of(SAFE.learns(instance=tagged("rolled_back")), KEEP)
    assert step.subject == "protected attempt=2 set=1 undone=alinux-3"
    marked = FRESH.learns(instance=replace(HERE, tags={TAG_KEY: step.subject}))
    assert code_of(marked) == "RolledBack"
    assert verb_of(marked, wanting(retry=True)) is Verb.MARK


def test_a_migration_after_it_has_the_next_number_and_takes_snapshots_of_its_own() -> None:
    step = step_of(kept())
    assert str(step.subject).startswith("started attempt=2 set=1 try=1 from=centos-7 to=alinux-3")


# --- absent -----------------------------------------------------------------------------------------------------------


def test_only_what_names_this_instance_is_deleted_and_the_tag_stays() -> None:
    other, by_hand = replace(POINT, label=set_label("i-other", 1, 1)), replace(POINT, label="")
    former = replace(POINT, snapshot_id="s-9", label=set_label(ID, 1, 2))
    record = kept(sets=2).learns(points=(other, POINT, by_hand, former))
    step = step_of(record, LET_GO)
    assert (step.verb, step.subject, step.event) == (Verb.DELETE_POINTS, (POINT, former), "snapshots deleted: 2")
    end = end_of(record.learns(points=(other, by_hand)), LET_GO)
    assert (end.state, end.problem) == ("unprotected", None)


def test_the_set_of_a_migration_that_is_not_committed_stays() -> None:
    former = replace(POINT, snapshot_id="s-9", label=set_label(ID, 1, 1))
    mine = replace(POINT, label=set_label(ID, 2, 1))
    record = SAFE.learns(instance=tagged("migrated", attempt=2), points=(former, mine))
    assert step_of(record, LET_GO).subject == (former,)
    assert end_of(record.learns(points=(mine,)), LET_GO).state == "unprotected"
    assert code_of(SAFE, LET_GO) == "AttemptUnderWay"


def test_after_a_rollback_its_set_can_be_deleted_and_nothing_there_is_nothing_to_do() -> None:
    assert verb_of(SAFE.learns(instance=tagged("rolled_back")), LET_GO) is Verb.DELETE_POINTS
    assert end_of(FRESH, LET_GO).state == "unprotected"


SWEEP = wanting("unprotected", delete_service_points=True)
BY_SMC = replace(POINT, snapshot_id="s-smc", label="", name="SMC_Backup_Snapshot_1")
UNDONE = SAFE.learns(
    instance=tagged("rolled_back"),
    points=(POINT, BY_SMC),
    works=(work("done"),),
    enrolment=Enrolment("ready", "s-1", ours=True),
    guest=linux(),
)


def test_what_a_rolled_back_migration_left_at_the_service_is_deleted_where_that_is_wanted() -> None:
    assert (verb_of(UNDONE, SWEEP), step_of(UNDONE, SWEEP).subject) == (Verb.DELETE_WORKS, (work("done"),))
    workless = UNDONE.learns(works=())
    assert step_of(workless, SWEEP).subject == (POINT, BY_SMC)
    bare = workless.learns(points=())
    assert (verb_of(bare, SWEEP), step_of(bare, SWEEP).subject) == (Verb.LEAVE, UNDONE.view.enrolment)
    assert end_of(bare.learns(enrolment=None), SWEEP).state == "unprotected"


def test_without_a_word_of_the_users_what_the_service_left_stays() -> None:
    assert step_of(UNDONE, LET_GO).subject == (POINT,)
    assert end_of(UNDONE.learns(points=(BY_SMC,)), LET_GO).state == "unprotected"


def test_nothing_goes_before_the_guest_is_seen_to_run_its_former_system() -> None:
    assert verb_of(UNDONE.learns(guest=None).forgets("guest"), SWEEP) not in (Verb.DELETE_WORKS, Verb.DELETE_POINTS)
    migrated_since = UNDONE.learns(guest=arrived())
    assert code_of(migrated_since, SWEEP) == "RollbackUnverified"
    assert code_of(UNDONE.learns(guest=Guest("unknown", trouble="cut_off")), SWEEP) == "GuestUnreadable"


def test_what_may_be_the_way_back_of_somebody_else_s_job_stays() -> None:
    theirs = UNDONE.learns(points=(BY_SMC,), works=(work("failed", name="by hand"),))
    assert end_of(theirs, SWEEP).state == "unprotected"


@pytest.mark.parametrize("state", ["migrated", "committed", "protected"])
def test_what_the_service_took_of_anything_but_a_rollback_is_not_swept(state: str) -> None:
    record = UNDONE.learns(instance=tagged(state), points=(BY_SMC,))
    assert end_of(record, SWEEP).state == "unprotected"
    of_no_migration = UNDONE.learns(instance=tagged("rolled_back", source="", target=""), points=(BY_SMC,))
    assert end_of(of_no_migration, SWEEP).state == "unprotected"


@settings(max_examples=250, deadline=None)
@given(likely_records(), goals_of("unprotected", delete_service_points=True), now_and_then)
def test_whatever_is_seen_the_service_s_points_go_only_after_a_rollback_that_the_guest_shows(
    record: Migration, goal: Goal, now: Moment
) -> None:
    after, step = next_step(record, goal, now)
    if step is not None and step.verb is Verb.DELETE_POINTS and any(not point.label for point in step.subject):
        known, guest = after.view.tag, after.view.guest
        assert known is not None
        assert guest is not None
        assert (known.state, guest.os) == ("rolled_back", known.source)


# --- restored ---------------------------------------------------------------------------------------------------------


def test_a_rollback_leaves_a_set_alone_that_no_migration_took() -> None:
    end = end_of(kept(), wanting("rolled_back"))
    assert (end.state, end.problem) == ("unchanged", None)


def test_disks_go_back_to_the_last_set_that_is_complete() -> None:
    assert step_of(kept(), BACK).subject == "rolling_back attempt=1 set=1 start=1"
    second = replace(POINT, snapshot_id="s-1", label=set_label(ID, 1, 2))
    both = kept(sets=2).learns(points=(POINT, second))
    assert step_of(both, BACK).subject == "rolling_back attempt=1 set=2 start=2"
    stopped = tagged("rolling_back", source="", target="", sets=2, start=2, tries=0, reset=True, status="Stopped")
    assert step_of(both.learns(instance=stopped, turned=True, stopping=0.0), BACK).subject == (second,)


def test_disks_do_not_go_back_behind_what_was_served_unless_that_moment_is_confirmed() -> None:
    assert code_of(kept(), BACK, at(2 * HOUR)) == "NotConfirmed"
    confirmed = kept().with_(item=replace(kept().item, confirm=POINT.created))
    assert verb_of(confirmed, BACK, at(2 * HOUR)) is Verb.MARK


@pytest.mark.parametrize("os", ["centos-7", "windows-2016"])
def test_it_ends_with_any_system_that_can_be_read_and_a_second_time_nothing_is_done(os: str) -> None:
    back = tagged("restored", source="", target="", tries=0)
    step = step_of(kept().learns(instance=back, guest=Guest(os)), BACK)
    assert (step.subject, step.last) == ("rolled_back attempt=1 set=1", True)
    assert code_of(kept().learns(instance=back, guest=Guest("unknown", trouble="cut_off")), BACK) is not None
    over = kept().learns(instance=tagged("rolled_back", source="", target="", tries=0), guest=Guest(os))
    assert (end_of(over, BACK).state, end_of(over, BACK).problem) == ("rolled_back", None)


def test_a_set_that_was_deleted_by_hand_cannot_be_gone_back_to_and_no_set_is_nothing_to_do() -> None:
    assert code_of(kept().learns(points=()), BACK) == "NothingToRollBack"
    assert end_of(FRESH, BACK).state == "unchanged"


def test_a_migration_that_finds_such_a_way_back_ends_it_and_does_not_begin() -> None:
    goal = replace(GOAL, run="1a2b3c4d")
    over = kept().learns(instance=tagged("rolled_back", source="", target="", tries=0, run="1a2b3c4d"))
    assert code_of(over, goal) == "RolledBack"


# --- whatever is seen -------------------------------------------------------------------------------------------------


@settings(max_examples=250, deadline=None)
@given(likely_records(), goals_of("protected", "unprotected", delete_service_points=False), now_and_then)
def test_nothing_but_the_tag_and_points_is_written_and_guests_are_not_asked(
    record: Migration, goal: Goal, now: Moment
) -> None:
    _unused, step = next_step(record, goal, now)
    assert step is None or step.verb in (Verb.LOOK, Verb.MARK, Verb.SNAPSHOT, Verb.DELETE_POINTS)
