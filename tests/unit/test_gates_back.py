# Copyright (c) 2026 evergreen.os_migration contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""After a failure, and both ways back to the points of an attempt."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest
from ansible_collections.evergreen.os_migration.plugins.module_utils._core.migration.tables import MIGRATION
from ansible_collections.evergreen.os_migration.plugins.module_utils._core.migration.view import Migration
from ansible_collections.evergreen.os_migration.plugins.module_utils._core.model import Disk, Guest, Problem, Work
from ansible_collections.evergreen.os_migration.plugins.module_utils._core.record import Record
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
TWO_POINTS = (POINT, replace(POINT, snapshot_id="s-1", disk_id="d-1"))


def back(state: str = "rolling_back", status: str = "Stopped", **more: Any) -> Migration:
    """Return a record on its way back."""
    return SAFE.learns(instance=tagged(state, status=status, **more)).forgets("guest").with_(state="rolling_back")


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
    assert (step.verb, step.subject) == (Verb.MARK, "rolling_back attempt=1 from=centos-7 to=alinux-3")


def test_who_was_rolled_back_already_is_done() -> None:
    record = end_of(SAFE.learns(instance=tagged("rolled_back")), BACK)
    assert (record.state, record.problem) == ("rolled_back", None)


def test_without_a_complete_set_of_the_attempt_nothing_is_rolled_back() -> None:
    assert code_of(FRESH, BACK) == "NothingToRollBack"
    assert code_of(MIGRATED.learns(instance=tagged("committed")), BACK) == "NothingToRollBack"
    for changes in ({"label": "attempt=2 hop=1"}, {"status": "failed"}, {"label": ""}):
        assert code_of(MIGRATED.learns(points=(replace(POINT, **changes),)), BACK) == "NothingToRollBack"


def test_a_disk_without_a_point_is_named() -> None:
    record = end_of(MIGRATED.learns(instance=tagged("migrated", disks=(*HERE.disks, DATA))), BACK)
    assert record.problem is not None
    assert "Without a snapshot: d-1." in record.problem.message


def test_no_disk_is_put_back_under_a_running_job() -> None:
    assert code_of(MIGRATED.learns(works=(work("running"),)), BACK) == "JobRunning"
    assert verb_of(MIGRATED.learns(works=(replace(work("running"), holds=False),)), BACK) is Verb.MARK


# --- stopped, put back, started ---------------------------------------------------------------------------------------


def test_an_instance_is_stopped_and_waited_for() -> None:
    assert verb_of(back(status="Running"), BACK) is Verb.STOP
    assert look_of(back(status="Stopping"), BACK) == "disks"
    assert look_of(back(status="Running").forgets("instance"), BACK) == "disks"


def test_every_disk_is_put_back_once_and_waited_for() -> None:
    disks = (*HERE.disks, DATA)
    stopped = back(disks=disks).learns(points=TWO_POINTS)
    step = step_of(stopped, BACK)
    assert (step.verb, step.subject) == (Verb.RESTORE, TWO_POINTS)
    (left,) = step_of(stopped.learns(restored=("d-0",)), BACK).subject
    assert left.disk_id == "d-1"
    resetting = back(disks=(replace(DATA, status="ReIniting"),)).learns(points=TWO_POINTS)
    assert look_of(resetting, BACK) == "disks"
    step = step_of(stopped.learns(restored=("d-0", "d-1")), BACK)
    assert (step.verb, step.subject[:9]) == (Verb.MARK, "restored ")


def test_the_wanted_moment_is_gone_back_to() -> None:
    second = replace(POINT, snapshot_id="s-2", label="attempt=1 hop=2")
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
    assert code_of(seen.learns(guest=Guest("alinux-3")), BACK) == "RollbackUnverified"
    to_the_hop = wanting("rolled_back", rollback_to="hop")
    assert verb_of(seen.learns(guest=Guest("windows-2012r2")), to_the_hop) is Verb.MARK


def test_a_migration_whose_rollback_is_under_way_goes_on_with_the_rollback() -> None:
    assert verb_of(back(), wanting("migrated")) is Verb.RESTORE
    assert verb_of(back().with_(problem=Problem("MigrationFailed", "x")), ASKED) is Verb.RESTORE


def test_a_rollback_whose_points_are_gone_is_told_so_before_anything_is_started() -> None:
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
    return Work("disk", f"w-{disk_id}", f"osm-{ID}-a1-disk-{disk_id}", status=status, holds=False, outputs=outputs)


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
        state = subject.partition(" ")[0]
        learnt[Verb.MARK] = {"instance": replace(here, tags=tagged(state).tags)}
    if step.verb in (Verb.DETACH, Verb.ATTACH):
        left = tuple(disk for disk in here.disks if disk.disk_id != subject.disk_id)
        disks = left if step.verb is Verb.DETACH else (*left, subject)
        learnt[step.verb] = {"instance": replace(here, disks=disks)}
    after = record.learns(**learnt[step.verb]).with_(state=step.state)
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
    assert (first.name, first.token) == (f"osm-{ID}-a1-disk-d-0", again.token)
    assert look_of(back().learns(works=(made("d-0", "running"),)), REPLACE) == "work"


@pytest.mark.parametrize("status", ["failed", "stopped", "gone"])
def test_a_disk_that_could_not_be_made_stops_the_way_back_while_the_old_ones_are_in_place(status: str) -> None:
    record = back(disks=(*HERE.disks, DATA)).learns(points=TWO_POINTS, works=(made("d-0"), made("d-1", status)))
    assert code_of(record, REPLACE) == "RollbackStuck"


def test_a_disk_that_is_never_finished_is_called_stuck() -> None:
    making = back().learns(works=(made("d-0", "running"),))
    assert look_of(making, REPLACE, at(7201)) == "work"
    assert code_of(making.looked(["works"], 7201), REPLACE, at(7201)) == "RollbackStuck"


def test_no_disk_is_detached_before_the_instance_was_seen_to_stand_still() -> None:
    ready = back().learns(works=(made("d-0"),))
    assert verb_of(ready, REPLACE) is Verb.DETACH
    assert look_of(ready.forgets("instance"), REPLACE) == "disks"
    assert verb_of(back(status="Running").learns(works=(made("d-0"),)), REPLACE) is Verb.STOP


def test_points_that_are_gone_end_the_way_back_while_no_disk_is_made() -> None:
    assert code_of(back().learns(points=()), REPLACE) == "NoSnapshots"


def test_the_default_way_back_of_a_provider_is_the_first_that_it_offers() -> None:
    assert verb_of(back(), replace(GOAL, state="rolled_back")) is Verb.RESTORE
    assert verb_of(back(), REPLACE) is Verb.ORDER
