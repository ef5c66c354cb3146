# Copyright (c) 2026 evergreen.os_migration contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The guest before and after an attempt: what is kept of it, who finds it again, and what the comparison says."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import pytest
from ansible_collections.evergreen.os_migration.plugins.module_utils._core.contents import (
    Contents,
    Kept,
    of_guest,
    to_text,
)
from ansible_collections.evergreen.os_migration.plugins.module_utils._core.migration.ask import AGAIN
from ansible_collections.evergreen.os_migration.plugins.module_utils._core.migration.view import Migration
from ansible_collections.evergreen.os_migration.plugins.module_utils._core.outcome import attempted
from ansible_collections.evergreen.os_migration.plugins.module_utils._core.verb import Verb
from ansible_collections.evergreen.os_migration.plugins.module_utils._kept import KeptFacts

from .healthy import listed
from .situations import (
    FRESH,
    GOAL,
    ID,
    POINT,
    SAFE,
    STARTED,
    arrived,
    at,
    end_of,
    linux,
    next_step,
    settled,
    step_of,
    tagged,
    wanting,
    work,
)

BEFORE = of_guest(linux())
LABELLED = replace(POINT, contents=to_text(BEFORE))
VERIFY, BACK = wanting("verified"), wanting("rolled_back")
#: Migrated by another run, whose controller is gone.
THERE = FRESH.learns(instance=tagged("migrated"), guest=arrived(), points=(LABELLED,), works=(work("done"),))
LOST = {"all.mounts": listed("/_xfs")}


def ids(record: Migration) -> list[str]:
    return [found.id for found in record.view.findings]


def back(**facts: str) -> Migration:
    """A guest whose disks were put back, and that says so; the facts are what it says instead."""
    view = {"instance": tagged("restored", status="Running"), "points": (LABELLED,), "guest": linux(**facts)}
    return SAFE.learns(**view).looked(["guest"], 0.0).with_(state="rolling_back")


# --- what is kept -----------------------------------------------------------------------------------------------------


def test_what_the_guest_consists_of_is_kept_before_the_first_write_and_on_every_point() -> None:
    first = step_of(FRESH)
    assert (first.verb, first.changes["former"]) == (Verb.MARK, BEFORE)
    (take,) = step_of(STARTED).subject
    assert take.contents == to_text(BEFORE)


def test_an_attempt_that_a_killed_run_began_is_still_looked_at_before_anything_changes_it() -> None:
    """Nobody has kept anything: the mark was all that the killed run came to."""
    after, step = next_step(STARTED)
    assert after.view.former == BEFORE
    assert step is not None
    assert step.verb is Verb.SNAPSHOT
    begun = STARTED.learns(works=(work("running"),))
    assert not next_step(begun.looked(["works"], 0.0))[0].view.former


def test_it_is_written_to_a_file_when_the_attempt_begins(tmp_path: Path) -> None:
    """So a run that is killed right then has kept it."""
    began = settled(FRESH, step_of(FRESH)).learns(instance=tagged("started"))
    kept = KeptFacts(tmp_path / "facts", writing=True)
    kept.keep([FRESH], 0.0)
    assert not (tmp_path / "facts").exists()
    kept.keep([began], 0.5)
    assert not (tmp_path / "facts").exists(), "that was looked at less than a second ago"
    kept.keep([began], 2.0)
    assert kept.of([ID, "i-other"]) == {ID: Kept(1, BEFORE)}
    assert (tmp_path / "facts").stat().st_mode & 0o777 == 0o700
    assert KeptFacts(tmp_path / "facts", writing=False).of([ID]) == {ID: Kept(1, BEFORE)}


def test_in_check_mode_and_without_a_file_of_results_nothing_is_kept(tmp_path: Path) -> None:
    began = settled(FRESH, step_of(FRESH)).learns(instance=tagged("started"))
    for kept in (KeptFacts(tmp_path / "facts", writing=False), KeptFacts(None, writing=True)):
        kept.keep([began])
        assert kept.of([ID]) == {}
    assert list(tmp_path.iterdir()) == []


def test_that_it_cannot_be_kept_is_told_and_stops_nothing(tmp_path: Path) -> None:
    (tmp_path / "facts").write_text("in the way", encoding="utf-8")
    began = settled(FRESH, step_of(FRESH)).learns(instance=tagged("started"))
    kept = KeptFacts(tmp_path / "facts", writing=True)
    kept.keep([began])
    assert "cannot be written" in kept.trouble


@pytest.mark.parametrize(
    "text", ["", "{", "[]", '{"instance_id": "i-other", "attempt": 1, "facts": {}}', '{"attempt": "1", "facts": {}}']
)
def test_a_damaged_file_counts_as_none(tmp_path: Path, text: str) -> None:
    (tmp_path / f"{ID}.json").write_text(text, encoding="utf-8")
    assert KeptFacts(tmp_path, writing=True).of([ID]) == {}


def test_an_id_is_no_path(tmp_path: Path) -> None:
    secret = tmp_path / "secret.json"
    secret.write_text(json.dumps({"instance_id": "../secret", "attempt": 1, "facts": {}}), encoding="utf-8")
    (tmp_path / "facts").mkdir()
    assert KeptFacts(tmp_path / "facts", writing=True).of(["../secret"]) == {}


# --- after a migration ------------------------------------------------------------------------------------------------


def test_a_migration_ends_with_what_differs_and_a_warning_for_what_should_not() -> None:
    over = THERE.learns(former=BEFORE, guest=arrived(**LOST))
    end = end_of(over)
    assert (end.state, ids(end)) == ("migrated", ["verify.mounts_changed"])
    (found,) = end.view.findings
    assert (found.severity, found.evidence) == ("warning", "-/data_xfs")
    proof = attempted(end, GOAL)["proof"]
    assert (proof["verdict"], proof["facts"]["packages"]["verdict"]) == ("not_expected", "expected")


def test_a_migration_that_changed_what_it_should_warns_of_nothing() -> None:
    end = end_of(THERE.learns(former=BEFORE))
    assert ids(end) == []
    assert attempted(end, GOAL)["proof"]["verdict"] == "expected"


@pytest.mark.parametrize("facts", [{}, LOST])
def test_another_controller_verifies_by_the_digests_on_the_points(facts: dict[str, str]) -> None:
    end = end_of(THERE.learns(guest=arrived(**facts)), VERIFY)
    proof = attempted(end, VERIFY)["proof"]
    assert (end.state, proof["compared"], ids(end)) == ("verified", "digests", ["verify.not_compared"] if facts else [])
    assert proof["facts"]["services_enabled"]["verdict"] == "equal"


def test_another_controller_that_has_the_file_names_what_differs() -> None:
    goal = replace(VERIFY, kept={ID: Kept(1, BEFORE)})
    assert ids(end_of(THERE.learns(guest=arrived(**LOST)), goal)) == ["verify.mounts_changed"]


@pytest.mark.parametrize("kept", [Kept(2, BEFORE), Kept(1, of_guest(linux(**LOST))), Kept(1, Contents())])
def test_a_file_of_another_moment_is_not_believed(kept: Kept) -> None:
    end = end_of(THERE, replace(VERIFY, kept={ID: kept}))
    assert attempted(end, VERIFY)["proof"]["compared"] == "digests"


def test_where_nobody_has_kept_anything_it_says_so() -> None:
    end = end_of(THERE.learns(points=(POINT,)), VERIFY)
    proof = attempted(end, VERIFY)["proof"]
    assert (proof["verdict"], proof["compared"], ids(end)) == ("not_known", None, ["verify.not_compared"])


def test_what_no_attempt_of_ours_has_changed_is_not_compared() -> None:
    end = end_of(FRESH.learns(guest=arrived()), VERIFY)
    assert (end.state, attempted(end, VERIFY), ids(end)) == ("verified", {"proof": None}, [])


# --- after a rollback -------------------------------------------------------------------------------------------------


def rolled_back(record: Migration) -> Migration:
    """The record at the end of the rollback: the mark is the last write."""
    after, step = next_step(record, BACK)
    assert step is not None
    assert (step.verb, step.subject[:12]) == (Verb.MARK, "rolled_back ")
    return end_of(settled(after, step).learns(instance=tagged("rolled_back")), BACK)


def test_a_rollback_is_proven_by_a_guest_that_is_equal_to_what_it_was() -> None:
    end = rolled_back(back())
    assert (end.state, ids(end)) == ("rolled_back", [])
    proof = attempted(end, BACK)["proof"]
    assert (proof["verdict"], proof["compared"]) == ("equal", "digests")


def test_a_rollback_to_anything_else_is_a_finding() -> None:
    end = rolled_back(back(**LOST, package_sum="7 7"))
    assert (end.state, ids(end)) == ("rolled_back", ["rollback.packages_changed", "rollback.mounts_changed"])
    assert attempted(end, BACK)["proof"]["verdict"] == "not_expected"


def test_the_run_that_saw_the_guest_before_names_what_differs_after_its_rollback() -> None:
    (found,) = rolled_back(back(**LOST).learns(former=BEFORE)).view.findings
    assert found.evidence == "-/data_xfs"


def test_a_rollback_that_cannot_be_compared_is_not_called_proven() -> None:
    end = rolled_back(back().learns(points=(POINT,)))
    assert (attempted(end, BACK)["proof"]["verdict"], ids(end)) == ("not_known", ["rollback.not_compared"])


def test_what_nobody_has_kept_is_not_waited_for_after_a_rollback() -> None:
    unknown = back(time="5020", os_booted="5000").learns(points=(POINT,))
    assert rolled_back(unknown).state == "rolled_back"


def test_after_a_rollback_services_have_the_time_that_a_start_takes() -> None:
    """Only then does what is missing count; what is all there is not waited for."""
    young = {"time": "5020", "os_booted": "5000"}
    assert rolled_back(back(**young)).state == "rolled_back"
    starting = back(**young, **{"all.services_running": listed("sshd")})
    step = step_of(starting, BACK, at(1))
    assert (step.verb, step.subject, step.age) == (Verb.LOOK, "instance", AGAIN)
    assert step_of(starting, BACK, at(AGAIN + 1)).verb is Verb.ASK
    overdue = starting.looked(["guest"], 9000.0)
    assert step_of(overdue, BACK, at(9001)).verb is Verb.MARK
