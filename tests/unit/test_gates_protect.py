# Copyright (c) 2026 evergreen.os_migration contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Points of every disk, before a hop may begin."""

from __future__ import annotations

from dataclasses import replace

import pytest
from ansible_collections.evergreen.os_migration.plugins.module_utils._core.goal import Goal
from ansible_collections.evergreen.os_migration.plugins.module_utils._core.migration.protect import set_taken
from ansible_collections.evergreen.os_migration.plugins.module_utils._core.migration.view import Migration
from ansible_collections.evergreen.os_migration.plugins.module_utils._core.model import (
    Disk,
    Enrolment,
    Guest,
    Point,
    Work,
)
from ansible_collections.evergreen.os_migration.plugins.module_utils._core.record import Moment
from ansible_collections.evergreen.os_migration.plugins.module_utils._core.tag import TAG_KEY, set_label
from ansible_collections.evergreen.os_migration.plugins.module_utils._core.verb import Verb

from .healthy import HEALTHY_WINDOWS
from .situations import (
    GOAL,
    HERE,
    ID,
    POINT,
    SAFE,
    START,
    STARTED,
    at,
    code_of,
    end_of,
    look_of,
    next_step,
    offering,
    step_of,
    tagged,
    verb_of,
    waiving,
    wanting,
    work,
)

DATA = Disk("d-1", status="In_use", device="/dev/xvdb")
TWO_DISKS = STARTED.learns(instance=tagged("started", disks=(*HERE.disks, DATA)))
SECOND = Guest("windows-2012r2", facts=HEALTHY_WINDOWS, edition="datacenter", language="en")
TAKEN = replace(POINT, status="progressing", created="")
HOUR = 3600.0


def failed(number: int, disk_id: str = "d-0") -> Point:
    return replace(POINT, snapshot_id=f"s-{number}", disk_id=disk_id, status="failed")


def marked(record: Migration, goal: Goal = GOAL, now: Moment = START) -> Migration:
    """Return the record after a mark, which must come next."""
    after, step = next_step(record, goal, now)
    assert step is not None
    assert step.verb is Verb.MARK, step
    tags = {TAG_KEY: step.subject}
    return after.learns(instance=replace(record.view.instance, tags=tags), **step.changes).with_(state=step.state)


def number_of(record: Migration) -> int:
    assert record.view.tag is not None
    return record.view.tag.sets


# --- one set ----------------------------------------------------------------------------------------------------------


def test_a_point_of_every_disk_is_taken_under_one_label_with_its_place() -> None:
    step = step_of(TWO_DISKS)
    assert (step.verb, step.state, step.event) == (Verb.SNAPSHOT, "protecting", "snapshots started: 2")
    assert [(take.disk.disk_id, take.name, take.place) for take in step.subject] == [
        ("d-0", "osm-d-0-a1-s1", "root"),
        ("d-1", "osm-d-1-a1-s1", "/dev/xvdb"),
    ]
    assert {take.label for take in step.subject} == {set_label(ID, 1, 1)}
    assert len({take.token for take in step.subject}) == 2


def test_what_is_missing_is_taken_by_the_run_that_began_the_set_while_it_is_one_moment() -> None:
    for point in (TAKEN, POINT):
        (take,) = step_of(TWO_DISKS.learns(points=(point,))).subject
        assert take.disk == DATA
    assert verb_of(TWO_DISKS.learns(points=(POINT,)), now=at(600)) is Verb.SNAPSHOT
    late = marked(TWO_DISKS.learns(points=(POINT,)), now=at(601))
    assert (number_of(late), late.view.sets) == (2, (1, 2))
    assert [take.disk.disk_id for take in step_of(late, now=at(601)).subject] == ["d-0", "d-1"]


def test_a_set_of_another_run_is_finished_while_it_is_one_moment_and_never_begun_anew() -> None:
    """Where nothing of it is seen its snapshots may have been taken and deleted: their tokens give those again."""
    other = TWO_DISKS.learns(sets=(), begun=1)
    whole = (replace(TAKEN, created="1970-01-01T00:00:00Z"), replace(TAKEN, snapshot_id="s-1", disk_id="d-1"))
    assert look_of(other.learns(points=whole)) == "point"
    (take,) = step_of(other.learns(points=whole[:1]), now=at(600)).subject
    assert (take.disk, take.label) == (DATA, set_label(ID, 1, 1))
    for points, now in (((), START), (whole[:1], at(601))):
        anew = marked(other.learns(points=points), now=now)
        assert (number_of(anew), anew.view.sets) == (2, (2,))
        first = step_of(TWO_DISKS.learns(points=())).subject
        assert not {take.token for take in first} & {take.token for take in step_of(anew, now=now).subject}


def test_a_point_that_was_deleted_and_taken_again_does_not_complete_its_set() -> None:
    again = replace(POINT, snapshot_id="s-1", disk_id="d-1", created="1970-01-01T00:10:01Z")
    record = TWO_DISKS.learns(points=(POINT, again))
    assert number_of(marked(record)) == 2


def test_points_of_another_attempt_set_or_instance_protect_nothing() -> None:
    for label in (set_label(ID, 2, 1), set_label("i-other", 1, 1), "", "attempt=2 hop=1"):
        assert verb_of(STARTED.learns(points=(replace(POINT, label=label),))) is Verb.SNAPSHOT
    assert verb_of(STARTED.learns(points=(replace(POINT, label="attempt=1 hop=1"),))) is Verb.ENROL
    later = STARTED.learns(points=(replace(POINT, label=set_label(ID, 1, 11)),), sets=())
    assert verb_of(later) is Verb.ENROL


def test_a_hop_waits_until_all_points_are_accomplished() -> None:
    step = step_of(STARTED.learns(points=(TAKEN,)))
    assert (step.verb, step.subject, step.patient) == (Verb.LOOK, "point", True)
    assert verb_of(STARTED.learns(points=(POINT,))) is Verb.ENROL


def test_a_snapshot_that_failed_never_meets_its_token_again() -> None:
    first, again = step_of(STARTED).subject[0], step_of(STARTED.learns(retried=True)).subject[0]
    assert first.token == again.token
    for left in ((failed(1),), ()):  # told as failed, and deleted by somebody
        record = marked(STARTED.learns(points=left, sets=() if not left else (1,)))
        (anew,) = step_of(record).subject
        assert (anew.label, anew.token != first.token) == (set_label(ID, 1, 2), True)


def test_points_that_fail_again_and_again_are_given_up_before_anything_is_ordered_and_block_no_later_run() -> None:
    record = STARTED
    for number in (1, 2, 3):
        points = (*record.view.points, replace(failed(number), label=set_label(ID, 1, number)))
        record = record.learns(points=points)
        if number < 3:
            record = marked(record)
    problem = end_of(record).problem
    assert problem is not None
    assert (problem.code, "s-3" in problem.message, "delete" in problem.remedy) == ("SnapshotFailed", True, False)
    assert number_of(marked(record.learns(sets=(), wasted=0))) == 4


def test_the_wait_for_points_ends_with_a_look_after_the_deadline() -> None:
    waiting = STARTED.learns(points=(TAKEN,)).with_(state="protecting")
    assert look_of(waiting, now=at(7201)) == "point"
    assert code_of(waiting.looked(["points"], 7201), now=at(7201)) == "SnapshotTimeout"
    assert code_of(waiting, now=at(14401)) == "SnapshotTimeout"
    assert look_of(waiting.with_(state="pending"), now=at(14401)) == "point"


# --- how old it is ----------------------------------------------------------------------------------------------------

READY = SAFE.learns(enrolment=Enrolment("ready", "s-0"))


@pytest.mark.parametrize("works", [(), (work("made"),)], ids=["ordered", "begun"])
def test_a_set_from_before_the_instance_served_is_renewed_before_a_job_is(works: tuple[Work, ...]) -> None:
    record = READY.learns(works=works)
    assert verb_of(record, now=at(HOUR)) is (Verb.BEGIN if works else Verb.ORDER)
    later = at(HOUR + 1)
    step = step_of(record, now=later)
    assert (step.verb, step.event) == (
        Verb.MARK,
        "began set 2 of snapshots: the instance has served since the last one",
    )
    anew = marked(record, now=later)
    assert {take.label for take in step_of(anew, now=later).subject} == {set_label(ID, 1, 2)}


def test_a_hop_that_begins_within_the_time_after_the_last_needs_no_new_set() -> None:
    windows = tagged("started", source="windows-2008r2", target="windows-2016", os_type="windows")
    done = work("done", began="1970-01-01T00:05:00Z", ended="1970-01-01T03:00:00Z")
    record = READY.with_(item=replace(READY.item, target="windows-2016"))
    record = record.learns(instance=windows, guest=SECOND, works=(done,))
    assert verb_of(record, now=at(3.9 * HOUR)) is Verb.ORDER
    assert verb_of(record, now=at(4.1 * HOUR)) is Verb.MARK
    assert verb_of(record.learns(works=(replace(done, holds=False),)), now=at(3.9 * HOUR)) is Verb.MARK


def test_a_set_is_renewed_once_for_each_hop_and_try_and_then_it_goes_on_and_tells() -> None:
    """Snapshots can take longer than a set is valid."""
    later, much_later = at(HOUR + 1), at(5 * HOUR)
    second = replace(POINT, snapshot_id="s-2", label=set_label(ID, 1, 2), created="1970-01-01T01:00:01Z")
    record = marked(READY, now=later).learns(points=(POINT, second))
    after, step = next_step(record, now=much_later)
    assert step is not None
    assert (step.verb, after.view.told) == (Verb.ORDER, (1, 1))
    told = set_taken(after.learns(told=(0, 0)), GOAL, much_later)
    assert told is not None
    assert told.event == "went on with snapshots of 1970-01-01T01:00:01Z, although the instance has served since"


def test_the_attempt_begins_with_the_renewed_set_only_where_nothing_can_have_begun_since_the_first() -> None:
    later = at(HOUR + 1)
    assert " start=2 " in step_of(READY, now=later).subject
    assert " start=" not in step_of(READY.learns(sets=()), now=later).subject
    of_a_retry = READY.learns(instance=tagged("started", sets=1, tries=2), sets=(1,))
    assert " start=" not in step_of(of_a_retry, now=later).subject


def test_how_old_a_set_is_counts_when_the_import_that_is_waited_for_is_over() -> None:
    later = at(HOUR + 1)
    waiting = SAFE.learns(enrolment=Enrolment("pending", "s-0"), enrolled_for=1).with_(state="importing")
    assert look_of(waiting, now=later) == "enrolment"
    assert verb_of(waiting.learns(enrolment=Enrolment("ready", "s-0")), now=later) is Verb.MARK


@pytest.mark.parametrize(("rollback_to", "verb"), [("start", Verb.ENROL), ("hop", Verb.SNAPSHOT)])
def test_later_hops_have_points_of_their_own_only_when_a_rollback_leads_there(rollback_to: str, verb: Verb) -> None:
    windows = tagged("started", source="windows-2008r2", target="windows-2016", os_type="windows")
    record = STARTED.with_(item=replace(STARTED.item, target="windows-2016"))
    goal = offering(wanting(rollback_to=rollback_to), enrols=frozenset({"windows"}))
    record = record.learns(instance=windows, points=(POINT,), guest=SECOND)
    done = work("done", began="1970-01-01T00:05:00Z", ended="1970-01-01T00:50:00Z")
    for one in (record, record.learns(works=(done,))):
        assert verb_of(marked(one, goal, at(3000)) if rollback_to == "hop" else one, goal, at(3000)) is verb


def test_a_disk_that_cannot_have_a_point_is_left_out_when_that_is_waived() -> None:
    local = Disk("d-2", status="In_use", category="local_ssd_pro")
    record = STARTED.learns(instance=tagged("started", disks=(*HERE.disks, local)))
    assert code_of(record) == "disk.no_snapshots"
    assert [take.disk.disk_id for take in step_of(waiving(record, "disk.no_snapshots")).subject] == ["d-0"]
