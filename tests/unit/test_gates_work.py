# Copyright (c) 2026 evergreen.os_migration contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The works of the hops: followed, enrolled for, ordered, begun."""

from __future__ import annotations

from dataclasses import replace

import pytest
from ansible_collections.evergreen.os_migration.plugins.module_utils._core.model import Enrolment, Work
from ansible_collections.evergreen.os_migration.plugins.module_utils._core.tag import set_label, work_name
from ansible_collections.evergreen.os_migration.plugins.module_utils._core.verb import Verb

from .situations import (
    FRESH,
    ID,
    POINT,
    SAFE,
    arrived,
    at,
    code_of,
    end_of,
    look_of,
    offering,
    step_of,
    tagged,
    verb_of,
    waiving,
    wanting,
    work,
)

READY = SAFE.learns(enrolment=Enrolment("ready", "s-0", "Available"))
WATCH = offering(transport="watch")
RETRY = wanting(retry=True)


# --- the enrolment ----------------------------------------------------------------------------------------------------


def test_an_instance_is_enrolled_once_its_disks_are_safe() -> None:
    step = step_of(SAFE)
    assert (step.verb, step.subject, step.state) == (Verb.ENROL, "smc", "importing")


def test_an_import_is_begun_once_for_each_hop() -> None:
    lost = SAFE.learns(enrolment=Enrolment("lost", "s-0"))
    assert verb_of(lost) is Verb.ENROL
    assert look_of(lost.learns(enrolled_for=1)) == "enrolment"
    assert verb_of(lost.learns(enrolled_for=2)) is Verb.ENROL


def test_an_enrolment_that_was_forgotten_is_looked_at_before_anything_is_ordered() -> None:
    assert verb_of(READY) is Verb.ORDER
    step = step_of(READY.forgets("enrolment"))
    assert (step.verb, step.subject, step.patient) == (Verb.LOOK, "enrolment", True)


@pytest.mark.parametrize("state", ["pending", "busy"])
def test_an_enrolment_is_waited_for_and_given_up_by_the_service_s_own_word(state: str) -> None:
    waiting = SAFE.learns(enrolment=Enrolment(state, "s-0", "InUse"), enrolled_for=1).with_(state="importing")
    assert look_of(waiting, now=at(7201)) == "enrolment"
    given_up = end_of(waiting.looked(["enrolment"], 7201), now=at(7201))
    assert given_up.problem is not None
    assert given_up.problem.code == "SourceUnavailable"
    assert "s-0 stayed InUse" in given_up.problem.message


def test_an_attempt_that_goes_on_without_a_source_or_an_import_command_is_told_so() -> None:
    """The run that started it had a command; the one that resumes it has none."""
    for one in (SAFE, waiving(SAFE, "source.not_imported")):
        assert code_of(one, offering()) == "SourceMissing"
    assert code_of(FRESH, offering()) == "source.not_imported"
    assert verb_of(waiving(FRESH, "source.not_imported"), offering()) is Verb.MARK


# --- ordered and begun ------------------------------------------------------------------------------------------------


def test_an_order_says_all_that_a_job_is_made_from() -> None:
    order = step_of(READY).subject
    assert (order.kind, order.name, order.enrolment) == ("smc", work_name(ID, 1, 1), "s-0")
    assert (order.of.instance_id, order.hop.source, order.hop.target) == (ID, "centos-7", "alinux-3")
    assert step_of(READY).event == "created the job centos-7 -> alinux-3"
    assert order.token == step_of(READY.with_(state="importing")).subject.token


def test_a_job_that_nobody_has_begun_yet_is_looked_at_before_it_is_begun() -> None:
    step = step_of(READY.learns(works=(work("made", said=""),)))
    assert (step.verb, step.subject, step.patient) == (Verb.LOOK, "work", False)
    step = step_of(READY.learns(works=(work("made"),)))
    assert (step.verb, step.subject, step.event) == (Verb.BEGIN, work("made"), "started job j-0")
    assert look_of(READY.learns(works=(work("made"),)).forgets("works")) == "work"
    assert look_of(READY.learns(works=(work("running"),))) == "work"


def test_a_job_that_failed_is_never_begun_without_being_asked_whatever_jobs_there_are_beside_it() -> None:
    later = replace(work("made", name=work_name(ID, 1, 2)), id="j-1")
    for status in ("failed", "stopped", "gone"):
        assert code_of(READY.learns(works=(work(status), later))) == "MigrationFailed"
    assert look_of(READY.learns(works=(work("made", said=""), later))) == "work"
    assert look_of(READY.learns(works=(work("running"), later))) == "work"


@pytest.mark.parametrize("status", ["failed", "stopped", "gone"])
def test_what_failed_is_never_begun_again_another_try_has_a_job_and_a_set_of_its_own(status: str) -> None:
    failed = READY.learns(works=(work(status),))
    assert code_of(failed) == "MigrationFailed"
    step = step_of(failed, RETRY)
    assert (step.verb, step.event) == (Verb.MARK, "began try 2, after job j-0")
    assert step.subject == "started attempt=1 set=2 try=2 from=centos-7 to=alinux-3"
    assert code_of(failed.learns(retried=True), RETRY) == "MigrationFailed"
    anew = failed.learns(instance=tagged("started", sets=2, tries=2), **step.changes)
    assert {take.label for take in step_of(anew, RETRY).subject} == {set_label(ID, 1, 2)}
    second = replace(POINT, snapshot_id="s-2", label=set_label(ID, 1, 2))
    step = step_of(anew.learns(points=(POINT, second)), RETRY)
    assert (step.verb, step.subject) == (Verb.DELETE_WORKS, (work(status),))
    order = step_of(anew.learns(points=(POINT, second), works=()), RETRY).subject
    assert order.name == work_name(ID, 1, 1, 2) == f"osm-{ID}-a1-h1-t2"
    assert order.token != step_of(READY).subject.token


def test_a_failed_job_that_somebody_began_again_is_followed_whatever_try_is_under_way() -> None:
    record = READY.learns(instance=tagged("started", sets=2, tries=2), sets=(2,))
    assert look_of(record.learns(works=(work("running"),))) == "work"
    over = record.learns(works=(work("done"),)).with_(state="verifying")
    assert code_of(over, now=at(600)) == "OldSystemBooted"
    both = (work("done"), replace(work("failed", name=work_name(ID, 1, 1, 2)), id="j-1"))
    assert code_of(record.learns(works=both)) == "MigrationFailed"


def test_jobs_of_another_instance_are_never_taken_for_our_own() -> None:
    theirs = work("failed", name="osm-i-other-a1-h1")
    assert verb_of(READY.learns(works=(theirs,))) is Verb.ORDER


def test_a_failed_job_is_told_with_its_error() -> None:
    failed = work("failed", "InError", progress=40.0, error_code="E.1", error_text="No space.")
    problem = end_of(READY.learns(works=(failed,))).problem
    assert problem is not None
    assert problem.message == "Job j-0 ended as InError at 40 % (E.1: No space)."
    problem = end_of(READY.learns(works=(work("failed", "InError"),))).problem
    assert problem is not None
    assert problem.message == "Job j-0 ended as InError at 0 % (no reason given)."


def test_what_takes_too_long_is_called_stuck_and_goes_on_in_the_next_run() -> None:
    waiting = READY.learns(works=(work("running", "Running", progress=7.0),)).with_(state="migrating", since=1.0)
    assert look_of(waiting, now=at(7000)) == "work"
    assert look_of(waiting, now=at(7300)) == "work"
    stuck = end_of(waiting.looked(["works"], 7250), now=at(7300))
    assert stuck.problem is not None
    assert stuck.problem.code == "JobStuck"
    assert "still Running at 7 % after 7200 s" in stuck.problem.message
    assert code_of(waiting, now=at(14_402)) == "JobStuck"
    assert look_of(waiting.with_(state="pending", since=7300.0), now=at(7300)) == "work"


def test_a_second_attempt_deletes_the_job_that_the_first_one_left_unfinished() -> None:
    safe = tuple(replace(POINT, label=set_label(ID, number, 1)) for number in (1, 2))
    former = work("failed")
    here = READY.learns(instance=tagged("started", 2), points=safe)
    step = step_of(here.learns(works=(former,)))
    assert (step.verb, step.subject, step.changes) == (Verb.DELETE_WORKS, (former,), {"unsettled": 0})
    for status in ("done", "failed"):
        foreign = work(status, name="of somebody else")
        assert verb_of(here.learns(works=(foreign, replace(former, status="done")))) is Verb.ORDER


# --- jobs that somebody else begins -----------------------------------------------------------------------------------


def console(status: str, began: str = "2026-01-01T00:00:00Z", **more: str) -> Work:
    return replace(work(status, name="by hand"), began=began, **more)


def test_the_newest_unfinished_job_of_the_console_is_followed() -> None:
    older, newer = console("failed"), console("running", "2026-01-02T00:00:00Z", id="j-1")
    assert look_of(FRESH.learns(works=(newer, older)), WATCH) == "work"
    assert code_of(FRESH.learns(works=(replace(newer, status="done"), older)), WATCH) == "MigrationFailed"


def test_a_job_of_the_console_that_nobody_begins_is_waited_for() -> None:
    waiting = FRESH.learns(works=(console("made"),)).with_(state="migrating")
    assert look_of(waiting, WATCH) == "work"
    assert code_of(waiting.looked(["works"], 7300), WATCH, at(7300)) == "JobStuck"


def test_without_a_job_of_the_console_it_is_told_where_to_start_one() -> None:
    record = end_of(FRESH, WATCH)
    assert record.problem is not None
    assert record.problem.code == "JobNotStarted"
    assert "SMC console" in record.problem.remedy


def test_a_job_of_the_console_that_is_over_is_judged_by_the_guest() -> None:
    over = FRESH.learns(works=(console("done"),)).forgets("guest", "instance").with_(state="migrating")
    assert look_of(over, WATCH) == "instance"
    assert verb_of(over.looked(["instance"], 0.0), WATCH) is Verb.ASK
    assert end_of(over.looked(["instance", "guest"], 0.0).learns(guest=arrived()), WATCH).state == "migrated"
