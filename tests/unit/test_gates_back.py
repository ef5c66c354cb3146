# Copyright (c) 2026 evergreen.os_migration contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""After a failure, and both ways back to the points of an attempt."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timezone
from typing import Any

import pytest
from ansible_collections.evergreen.os_migration.plugins.module_utils._core.migration.tables import MIGRATION
from ansible_collections.evergreen.os_migration.plugins.module_utils._core.migration.view import Migration
from ansible_collections.evergreen.os_migration.plugins.module_utils._core.model import (
    Disk,
    Guest,
    Point,
    Problem,
    Work,
)
from ansible_collections.evergreen.os_migration.plugins.module_utils._core.record import Moment, Record
from ansible_collections.evergreen.os_migration.plugins.module_utils._core.tag import TAG_KEY, set_label
from ansible_collections.evergreen.os_migration.plugins.module_utils._core.verb import Step, Verb

from .situations import (
    FRESH,
    GOAL,
    HERE,
    ID,
    POINT,
    SAFE,
    at,
    code_of,
    end_of,
    linux,
    look_of,
    next_step,
    offering,
    settled,
    step_of,
    tagged,
    verb_of,
    wanting,
    work,
)

BACK = wanting("rolled_back")
REPLACE = offering(BACK, back="replace_disks")
ASKED = wanting(on_failure="rollback")
MIGRATED = SAFE.learns(instance=tagged("migrated"), works=(work("done"),))
DATA = Disk("d-1", status="In_use", device="/dev/xvdb")
TWO_POINTS = (POINT, replace(POINT, snapshot_id="s-1", disk_id="d-1", place="/dev/xvdb"))
HOUR = 3600.0


def back(state: str = "rolling_back", status: str = "Stopped", reset: bool = True, **more: Any) -> Migration:
    """Return a record on its way back, of which the first disk may have been put back."""
    here = tagged(state, status=status, reset=reset, **more)
    return SAFE.learns(instance=here).forgets("guest").with_(state="rolling_back")


def labelled(number: int, snapshot_id: str, **more: Any) -> Point:
    """Return a point of another set."""
    return replace(POINT, snapshot_id=snapshot_id, label=set_label(ID, 1, number), **more)


def hours(number: float) -> str:
    """Return a moment some hours after the start of the clock, as a cloud gives it."""
    return datetime.fromtimestamp(number * HOUR, timezone.utc).isoformat()


# --- the answer to a failure ------------------------------------------------------------------------------------------


def test_a_failed_first_job_is_rolled_back_only_when_asked_and_only_with_a_full_set() -> None:
    failed = SAFE.with_(problem=Problem("MigrationFailed", "x")).learns(works=(work("failed"),))
    assert code_of(failed) == "MigrationFailed"
    step = step_of(failed, ASKED)
    assert (step.verb, step.subject[:12]) == (Verb.MARK, "rolling_back")
    assert code_of(failed.learns(points=(replace(POINT, disk_id="d-9"),)), ASKED) == "MigrationFailed"
    assert code_of(failed.learns(works=(work("running"),)), ASKED) == "MigrationFailed"
    assert code_of(failed.learns(works=()), ASKED) == "MigrationFailed"


@pytest.mark.parametrize("code", ["SourceUnavailable", "SnapshotTimeout", "JobStuck", "Throttled", "AgentLost"])
def test_nothing_that_was_only_not_seen_is_answered_with_a_rollback(code: str) -> None:
    failed = SAFE.with_(problem=Problem(code, "x")).learns(works=(work("failed"),))
    assert code_of(failed, ASKED) == code


def test_after_the_rollback_of_a_failure_the_failure_is_still_the_problem() -> None:
    over = SAFE.learns(instance=tagged("rolled_back")).with_(problem=Problem("VerifyFailed", "x"))
    assert (end_of(over, ASKED).state, code_of(over, ASKED)) == ("rolled_back", "VerifyFailed")


def test_a_problem_of_another_goal_ends_the_instance() -> None:
    for state in ("rolled_back", "verified", "committed", "assessed"):
        record = end_of(SAFE.with_(problem=Problem("X", "x")), wanting(state))
        assert (record.state, record.problem) == ("failed", Problem("X", "x"))


# --- whether there is a way back --------------------------------------------------------------------------------------


def test_a_rollback_is_marked_before_anything_stops() -> None:
    step = step_of(MIGRATED, BACK)
    assert (step.verb, step.subject) == (Verb.MARK, "rolling_back attempt=1 set=1 try=1 from=centos-7 to=alinux-3")


def test_who_was_rolled_back_already_is_done() -> None:
    record = end_of(SAFE.learns(instance=tagged("rolled_back")), BACK)
    assert (record.state, record.problem) == ("rolled_back", None)


def test_without_a_complete_set_of_the_attempt_nothing_is_rolled_back() -> None:
    assert code_of(MIGRATED.learns(instance=tagged("committed")), BACK) == "NothingToRollBack"
    of_another = {"label": set_label("i-other", 1, 1)}
    for changes in ({"label": set_label(ID, 2, 1)}, {"status": "failed"}, {"label": ""}, of_another):
        assert code_of(MIGRATED.learns(points=(replace(POINT, **changes),)), BACK) == "NothingToRollBack"


def test_a_disk_without_a_point_is_named() -> None:
    record = end_of(MIGRATED.learns(instance=tagged("migrated", disks=(*HERE.disks, DATA))), BACK)
    assert record.problem is not None
    assert "Without a snapshot: d-1." in record.problem.message


def test_what_no_attempt_has_changed_is_left_alone_and_that_is_no_failure() -> None:
    for record in (FRESH, FRESH.learns(instance=tagged("started"))):
        end = end_of(record, BACK)
        assert (end.state, end.problem) == ("unchanged", None)
    assert code_of(SAFE.learns(instance=HERE), BACK) == "TagMissing"
    assert code_of(FRESH.learns(instance=tagged("migrated")), BACK) == "NothingToRollBack"


def test_no_disk_is_put_back_under_a_running_job() -> None:
    assert code_of(MIGRATED.learns(works=(work("running"),)), BACK) == "JobRunning"
    assert verb_of(MIGRATED.learns(works=(replace(work("running"), holds=False),)), BACK) is Verb.MARK


def test_a_way_back_waits_for_a_job_that_somebody_began_under_it() -> None:
    for record in (back(), back("restored"), back(status="Running", reset=False)):
        under = record.learns(works=(work("running"),))
        assert look_of(under, BACK) == "work"
        assert code_of(under.looked(["works"], 7201), BACK, at(7201)) == "JobRunning"


def test_a_disk_that_is_not_in_its_place_refuses_the_way_back_before_anything_stops() -> None:
    elsewhere = (replace(DATA, device="/dev/xvdc"),)
    for disks in ((*HERE.disks, *elsewhere), HERE.disks):
        record = MIGRATED.learns(instance=tagged("migrated", disks=disks), points=TWO_POINTS)
        assert code_of(record, BACK) == "DiskOutOfPlace"
    former = tuple(replace(point, place="") for point in TWO_POINTS)
    record = MIGRATED.learns(instance=tagged("migrated", disks=(*HERE.disks, *elsewhere)), points=former)
    assert verb_of(record, BACK) is Verb.MARK


def test_a_job_of_somebody_else_that_may_begin_refuses_the_way_back() -> None:
    for status in ("made", "failed", "stopped"):
        record = MIGRATED.learns(works=(work(status, name="by hand"),))
        assert code_of(record, BACK) == "JobUnfinished"
        assert verb_of(record.learns(works=(work(status, name="by hand", holds=False),)), BACK) is Verb.MARK
    assert verb_of(MIGRATED.learns(works=(work("done", name="by hand"),)), BACK) is Verb.MARK


def test_our_own_jobs_that_may_begin_are_deleted_and_seen_gone_before_anything_stops() -> None:
    for status in ("made", "failed", "stopped"):
        turning = back(status="Running", reset=False).learns(works=(work(status),), turned=True)
        step = step_of(turning, BACK)
        assert (step.verb, step.subject) == (Verb.DELETE_WORKS, (work(status),))
    gone = turning.learns(works=()).forgets("works")
    assert look_of(gone, BACK) == "works"
    assert verb_of(gone.looked(["works"], 1.0), BACK) is Verb.STOP


# --- how old the set is -----------------------------------------------------------------------------------------------

LATER = at(2 * HOUR)


def held(began: float, ended: float, **more: Any) -> Work:
    """Return a job that held the instance between these hours."""
    return work(more.pop("status", "done"), began=hours(began), ended=hours(ended), **more)


def test_a_set_is_as_old_as_the_time_since_something_held_the_instance() -> None:
    assert verb_of(MIGRATED.learns(works=(held(0.1, 1.5),)), BACK, LATER) is Verb.MARK
    assert code_of(MIGRATED.learns(works=(held(0.1, 0.9),)), BACK, LATER) == "NotConfirmed"
    assert code_of(MIGRATED, BACK, LATER) == "NotConfirmed"
    runbook = held(0.1, 1.5, holds=False)
    assert code_of(MIGRATED.learns(works=(runbook,)), BACK, LATER) == "NotConfirmed"


def test_a_set_s_age_is_by_the_cloud_s_clock_and_not_by_this_machine_s() -> None:
    assert code_of(MIGRATED, BACK, Moment(0, 0, 2 * HOUR)) == "NotConfirmed"
    assert verb_of(MIGRATED, BACK, Moment(0, 2 * HOUR, -2 * HOUR)) is Verb.MARK


def test_a_set_from_before_a_time_in_which_the_instance_served_is_old_whatever_held_it_since() -> None:
    """Try 2 took a set of its own; the way back to the start leads to before the time between."""
    points = (POINT, labelled(2, "s-2", created=hours(60)))
    record = MIGRATED.learns(points=points, works=(held(60.1, 61.0, name=f"osm-{ID}-a1-h1-t2"),))
    now = at(61.5 * HOUR)
    assert code_of(record, BACK, now) == "NotConfirmed"
    assert verb_of(record, wanting("rolled_back", rollback_to="hop"), now) is Verb.MARK


def test_what_was_written_between_a_set_and_its_job_is_told_and_does_not_count() -> None:
    late = MIGRATED.learns(works=(held(5.0, 6.0),))
    assert verb_of(late, BACK, at(6.5 * HOUR)) is Verb.MARK
    step = step_of(back(), BACK)
    assert step.changes == {"lost_since": "1970-01-01T00:00:00Z"}
    assert step.event == "disks put back: 1, to 1970-01-01T00:00:00Z"


def test_an_old_set_is_gone_back_to_when_its_moment_was_confirmed() -> None:
    problem = end_of(MIGRATED, BACK, LATER).problem
    assert problem is not None
    assert "1970-01-01T00:00:00Z" in problem.message
    assert problem.remedy.endswith("set confirm to 1970-01-01T00:00:00Z.")
    for word, code in (("1970-01-01T00:00:00Z", None), ("1970-01-01T00:00:00+00:00", None), ("yes", "NotConfirmed")):
        record = MIGRATED.with_(item=replace(MIGRATED.item, confirm=word))
        assert (verb_of(record, BACK, LATER) is Verb.MARK) if code is None else code_of(record, BACK, LATER) == code


def test_a_rollback_of_another_run_goes_on_while_the_instance_stands_still_and_else_only_within_the_time() -> None:
    assert verb_of(back(), BACK, at(90 * HOUR)) is Verb.RESTORE
    running = back(status="Running")
    assert code_of(running, BACK, LATER) == "NotConfirmed"
    assert verb_of(running, BACK, at(0.5 * HOUR)) is Verb.STOP
    assert verb_of(running.learns(turned=True), BACK, LATER) is Verb.STOP


@pytest.mark.parametrize(
    ("second", "good"), [(hours(0), True), (hours(0.16), True), (hours(0.17), False), ("", False), ("soon", False)]
)
def test_a_set_is_one_moment(second: str, good: bool) -> None:
    points = (POINT, replace(TWO_POINTS[1], created=second))
    record = MIGRATED.learns(instance=tagged("migrated", disks=(*HERE.disks, DATA)), points=points)
    assert (verb_of(record, BACK) is Verb.MARK) if good else code_of(record, BACK) == "NothingToRollBack"


def test_points_of_two_sets_make_no_set_and_numbers_are_numbers() -> None:
    two = tagged("migrated", disks=(*HERE.disks, DATA))
    mixed = (POINT, labelled(2, "s-2", disk_id="d-1", place="/dev/xvdb"))
    assert code_of(MIGRATED.learns(instance=two, points=mixed), BACK) == "NothingToRollBack"
    ten = (labelled(10, "s-10"), labelled(9, "s-9"))
    for rollback_to, chosen in (("start", "s-9"), ("hop", "s-10")):
        (point,) = step_of(back().learns(points=ten), wanting("rolled_back", rollback_to=rollback_to)).subject
        assert point.snapshot_id == chosen


def test_the_start_is_moved_when_its_set_was_renewed_before_anything_began() -> None:
    renewed = back(sets=2, start=2).learns(points=(POINT, labelled(2, "s-2")))
    (point,) = step_of(renewed, BACK).subject
    assert point.snapshot_id == "s-2"


def test_points_of_the_version_before_are_a_way_back() -> None:
    former = replace(POINT, label="attempt=1 hop=1", place="")
    assert verb_of(MIGRATED.learns(instance=tagged("migrated", sets=0, tries=0), points=(former,)), BACK) is Verb.MARK


# --- what cannot go on ------------------------------------------------------------------------------------------------


def test_a_way_back_that_cannot_go_on_before_a_disk_was_put_back_leaves_the_instance_running() -> None:
    stopped = back(reset=False).learns(points=(), turned=True)
    step = step_of(stopped, BACK)
    assert (step.verb, step.event) == (Verb.START, "started the instance again: no disk was put back")
    after, _unused = next_step(stopped, BACK)
    started = after.learns(instance=replace(after.view.instance, status="Starting")).forgets("instance")
    assert (end_of(started, BACK).state, code_of(started, BACK)) == ("failed", "NoSnapshots")
    stopping = after.learns(instance=replace(after.view.instance, status="Stopping"))
    assert look_of(stopping, BACK) == "disks"
    assert code_of(after.learns(works=(work("running"),)), BACK) == "NoSnapshots"


def test_that_the_points_are_there_is_seen_once_more_when_the_instance_stands_still() -> None:
    assert look_of(back(reset=False).learns(stopping=5.0), BACK) == "points"
    assert verb_of(back(reset=False).learns(stopping=5.0).looked(["points"], 6.0), BACK) is Verb.MARK


def test_once_a_disk_may_be_put_back_nothing_is_started_by_itself() -> None:
    assert code_of(back(reset=True).learns(points=()), BACK) == "NoSnapshots"
    step = step_of(back(reset=False), BACK)
    assert (step.verb, step.subject[-8:]) == (Verb.MARK, " reset=1")


# --- stopped, put back, started ---------------------------------------------------------------------------------------


def test_an_instance_is_stopped_and_waited_for() -> None:
    assert verb_of(back(status="Running"), BACK) is Verb.STOP
    assert look_of(back(status="Stopping"), BACK) == "disks"
    assert look_of(back(status="Running").forgets("instance"), BACK) == "disks"


def test_a_stop_that_hangs_is_forced_after_the_grace_time_and_told() -> None:
    step = step_of(back(status="Running"), BACK, at(5))
    assert (step.verb, step.subject, step.changes) == (Verb.STOP, None, {"stopping": 5})
    stopping = back(status="Stopping").learns(stopping=5.0)
    assert look_of(stopping, BACK, at(305)) == "disks"
    step = step_of(stopping, BACK, at(306))
    assert (step.verb, step.subject, step.changes) == (Verb.STOP, "force", {"forced": True})
    assert step.event == "stopped the instance by force, after 300 s"
    assert look_of(stopping.learns(forced=True), BACK, at(306)) == "disks"
    stuck = end_of(stopping.learns(forced=True).looked(["instance"], 7201), BACK, at(7201)).problem
    assert stuck is not None
    assert "Disks: d-0 In_use; put back: none in this run." in stuck.message


def test_a_stop_of_another_run_has_its_grace_time_from_when_it_was_seen() -> None:
    after, step = next_step(back(status="Stopping"), BACK, at(1000))
    assert (after.view.stopping, step.verb if step else None) == (1000, Verb.LOOK)


def test_every_disk_is_put_back_once_and_waited_for() -> None:
    disks = (*HERE.disks, DATA)
    stopped = back(disks=disks).learns(points=TWO_POINTS)
    step = step_of(stopped, BACK)
    assert (step.verb, step.subject) == (Verb.RESTORE, TWO_POINTS)
    (left,) = step_of(stopped.learns(restored=("d-0",)), BACK).subject
    assert left.disk_id == "d-1"
    resetting = back(disks=(*HERE.disks, replace(DATA, status="ReIniting"))).learns(points=TWO_POINTS)
    assert look_of(resetting, BACK) == "disks"
    step = step_of(stopped.learns(restored=("d-0", "d-1")), BACK)
    assert (step.verb, step.subject[:9]) == (Verb.MARK, "restored ")


def test_the_wanted_moment_is_gone_back_to() -> None:
    second = labelled(2, "s-2")
    for rollback_to, point in (("start", POINT), ("hop", second)):
        record = back().learns(points=(second, POINT))
        assert step_of(record, wanting("rolled_back", rollback_to=rollback_to)).subject == (point,)


def test_once_put_back_it_is_started_and_the_guest_is_asked() -> None:
    restored = back("restored")
    assert verb_of(restored, BACK) is Verb.START
    assert look_of(back("restored", "Starting"), BACK) == "disks"
    step = step_of(back("restored", "Running"), BACK)
    assert (step.verb, step.state) == (Verb.ASK, "rolling_back")


def test_the_end_is_marked_only_when_the_guest_runs_its_former_system() -> None:
    seen = back("restored", "Running").looked(["guest"], 0.0)
    step = step_of(seen.learns(guest=linux()), BACK)
    assert (step.verb, step.subject[:12]) == (Verb.MARK, "rolled_back ")
    assert code_of(seen.learns(guest=Guest("alinux-3"), turned=True), BACK) == "RollbackUnverified"
    to_the_hop = wanting("rolled_back", rollback_to="hop")
    assert verb_of(seen.learns(guest=Guest("windows-2012r2")), to_the_hop) is Verb.MARK


def test_a_guest_that_cannot_be_read_is_not_taken_for_put_back() -> None:
    for rollback_to in ("start", "hop"):
        seen = back("restored", "Running").looked(["guest"], 0.0).learns(guest=Guest("centos-7", trouble="cut_off"))
        assert code_of(seen, wanting("rolled_back", rollback_to=rollback_to)) == "RollbackUnverified"


def test_a_restored_guest_with_another_system_is_put_back_again_when_that_is_asked_for() -> None:
    other = back("restored", "Running").looked(["guest"], 0.0).learns(guest=Guest("alinux-3"))
    step = step_of(other, BACK)
    assert (step.verb, step.subject) == (Verb.MARK, "rolling_back attempt=1 set=1 try=1 from=centos-7 to=alinux-3")
    assert code_of(other, wanting("migrated")) == "RollbackUnverified"
    assert code_of(other, BACK, LATER) == "NotConfirmed"


def test_a_migration_whose_rollback_is_under_way_goes_on_with_the_rollback() -> None:
    assert verb_of(back(), wanting("migrated")) is Verb.RESTORE
    assert verb_of(back().with_(problem=Problem("MigrationFailed", "x")), ASKED) is Verb.RESTORE


def test_a_rollback_whose_points_are_gone_is_told_so_and_once_a_disk_was_put_back_nothing_is_started() -> None:
    assert code_of(back().learns(points=()), BACK) == "NoSnapshots"
    assert verb_of(back(), BACK) is Verb.RESTORE


def test_a_rollback_that_does_not_go_on_is_called_stuck() -> None:
    stopping = back(status="Stopping")
    assert look_of(stopping, BACK, at(7201)) == "disks"
    assert code_of(stopping.looked(["instance"], 7201), BACK, at(7201)) == "RollbackStuck"
    silent = back("restored", "Running", agent=replace(HERE.agent, online=False))
    assert look_of(silent, BACK, at(7201)) == "disks"
    assert code_of(silent.looked(["instance"], 7201), BACK, at(7201)) == "AgentLost"


# --- new disks in the place of the old --------------------------------------------------------------------------------


def made(disk_id: str, status: str = "done") -> Work:
    """Return the disk that is made for the place of another."""
    place = {"d-0": "/dev/xvda", "d-1": "/dev/xvdb"}[disk_id]
    outputs = {"disk": f"{disk_id}-new", "place": place}
    return Work("disk", f"w-{disk_id}", f"osm-{ID}-a1-disk-{disk_id}:1:1", status=status, holds=False, outputs=outputs)


def done(record: Migration, step: Step) -> Migration:
    """Return the record after a step of the way back that went well."""
    if step.verb.local:
        return settled(record, step)
    here, subject, view = record.view.instance, step.subject, record.view
    assert here is not None
    learnt: dict[Verb, dict[str, Any]] = {
        Verb.STOP: {"instance": replace(here, status="Stopped")},
        Verb.START: {"instance": replace(here, status="Running")},
        Verb.LOOK: {"works": tuple(replace(one, status="done") for one in view.works)},
        Verb.ASK: {"guest": linux()},
    }
    if step.verb is Verb.ORDER:
        learnt[Verb.ORDER] = {"works": (*view.works, made(subject.settings["point"].replace("s-", "d-"), "made"))}
    if step.verb is Verb.MARK:
        learnt[Verb.MARK] = {"instance": replace(here, tags={TAG_KEY: subject})}
    if step.verb in (Verb.DETACH, Verb.ATTACH):
        left = tuple(disk for disk in here.disks if disk.disk_id != subject.disk_id)
        disks = left if step.verb is Verb.DETACH else (*left, subject)
        learnt[step.verb] = {"instance": replace(here, disks=disks)}
    after = record.learns(**learnt[step.verb], **step.changes).with_(state=step.state)
    return after.looked(["guest"], 0.0) if step.verb is Verb.ASK else after


def way_back(record: Migration) -> list[str]:
    """Return every step from here to the end, as one word or two."""
    told = []
    for _unused in range(30):
        if record.done:
            return told
        step = MIGRATION.decide(record, REPLACE, at(0))
        told.append(" ".join(filter(None, (step.verb.name, _about(step)))))
        record = done(record, step)
    raise AssertionError(told)


def _about(step: Step) -> str:
    if step.verb in (Verb.DETACH, Verb.ATTACH):
        return f"{step.subject.disk_id} {step.subject.device}"
    if step.verb is Verb.ORDER:
        return f"{step.subject.kind} of {step.subject.settings['point']} for {step.subject.settings['place']}"
    return str(step.subject or "").partition(" ")[0]


ONE_DISK = MIGRATED
TWO_DISKS = MIGRATED.learns(instance=tagged("migrated", disks=(*HERE.disks, DATA)), points=TWO_POINTS)
WHOLE_WAY = [
    "MARK rolling_back",
    "STOP",
    "ORDER disk of s-0 for /dev/xvda",
    "LOOK work",
    "MARK rolling_back",
    "DETACH d-0 /dev/xvda",
    "ATTACH d-0-new /dev/xvda",
    "MARK restored",
    "START",
    "ASK",
    "MARK rolled_back",
    "FINISH",
]


def test_a_disk_is_made_from_each_point_and_put_in_the_place_of_the_old_one() -> None:
    assert way_back(ONE_DISK.forgets("guest")) == WHOLE_WAY
    assert way_back(TWO_DISKS.forgets("guest")) == [
        "MARK rolling_back",
        "STOP",
        "ORDER disk of s-0 for /dev/xvda",
        "ORDER disk of s-1 for /dev/xvdb",
        "LOOK work",
        "MARK rolling_back",
        "DETACH d-0 /dev/xvda",
        "ATTACH d-0-new /dev/xvda",
        "DETACH d-1 /dev/xvdb",
        "ATTACH d-1-new /dev/xvdb",
        *WHOLE_WAY[-5:],
    ]


@pytest.mark.parametrize("before", [ONE_DISK, TWO_DISKS], ids=["one disk", "two disks"])
def test_new_disks_are_put_in_place_by_another_run_from_wherever_one_was_killed(before: Migration) -> None:
    record, whole = before.forgets("guest"), way_back(before.forgets("guest"))
    for passed in range(1, len(whole)):
        record = done(record, MIGRATION.decide(record, REPLACE, at(0)))
        resumed = Record(record.item, replace(record.view, restored=(), before=None, guest=None), seen=FRESH.seen)
        left = [step for step in way_back(resumed.forgets("guest")) if step not in ("LOOK work", "ASK")]
        assert left == [step for step in whole[passed:] if step not in ("LOOK work", "ASK")]


def test_a_disk_is_made_once_and_with_the_same_token() -> None:
    first, again = step_of(back(), REPLACE).subject, step_of(back().learns(retried=True), REPLACE).subject
    assert (first.name, first.token) == (f"osm-{ID}-a1-disk-d-0:1:1", again.token)
    assert look_of(back().learns(works=(made("d-0", "running"),)), REPLACE) == "work"


@pytest.mark.parametrize("status", ["failed", "stopped", "gone"])
def test_a_disk_that_could_not_be_made_is_made_anew_and_blocks_no_later_run(status: str) -> None:
    record = back(disks=(*HERE.disks, DATA)).learns(points=TWO_POINTS, works=(made("d-0"), made("d-1", status)))
    step = step_of(record, REPLACE)
    assert (step.verb, step.subject.name) == (Verb.ORDER, f"osm-{ID}-a1-disk-d-1:1:2")
    assert step.subject.token != step_of(record.learns(works=(made("d-0"),)), REPLACE).subject.token
    assert code_of(record.learns(wasted=3), REPLACE) == "RollbackStuck"


def test_a_disk_that_is_never_finished_is_called_stuck() -> None:
    making = back().learns(works=(made("d-0", "running"),))
    assert look_of(making, REPLACE, at(7201)) == "work"
    assert code_of(making.looked(["works"], 7201), REPLACE, at(7201)) == "RollbackStuck"


def test_no_disk_is_detached_before_the_instance_was_seen_to_stand_still() -> None:
    ready = back().learns(works=(made("d-0"),))
    assert verb_of(ready.learns(instance=tagged("rolling_back", status="Stopped")), REPLACE) is Verb.MARK
    assert verb_of(ready, REPLACE) is Verb.DETACH
    assert look_of(ready.forgets("instance"), REPLACE) == "disks"
    assert verb_of(back(status="Running").learns(works=(made("d-0"),)), REPLACE) is Verb.STOP


def test_points_that_are_gone_end_the_way_back_while_no_disk_is_made() -> None:
    assert code_of(back().learns(points=()), REPLACE) == "NoSnapshots"


def test_the_default_way_back_of_a_provider_is_the_first_that_it_offers() -> None:
    assert verb_of(back(), replace(GOAL, state="rolled_back")) is Verb.RESTORE
    assert verb_of(back(), REPLACE) is Verb.ORDER
