# Copyright (c) 2026 evergreen.os_migration contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Imports: by hand and waited for, made again where that may help, and what their exit codes ask the agent for."""

from __future__ import annotations

import pytest
from ansible_collections.evergreen.os_migration.plugins.module_utils._core.command import RESTARTING
from ansible_collections.evergreen.os_migration.plugins.module_utils._core.goal import Goal
from ansible_collections.evergreen.os_migration.plugins.module_utils._core.model import Enrolment
from ansible_collections.evergreen.os_migration.plugins.module_utils._core.verb import Verb

from .situations import FRESH, SAFE, at, code_of, end_of, linux, look_of, offering, step_of, verb_of, waiving, wanting

BY_HAND = offering(awaits=600.0)
DECIDED_BY_US = offering(awaits=600.0, enrols=frozenset({"linux"}))
LOST = Enrolment("lost", "s-0", "Unavailable (S1: Rsync not found)")


# --- by hand ----------------------------------------------------------------------------------------------------------


def test_an_import_by_hand_is_waited_for_before_anything_is_begun_and_until_a_deadline() -> None:
    step = step_of(FRESH, BY_HAND)
    assert (step.verb, step.subject, step.patient, step.state) == (Verb.LOOK, "works", True, "importing")
    waiting = FRESH.with_(state="importing")
    assert look_of(waiting, BY_HAND, at(599)) == "works"
    assert look_of(waiting, BY_HAND, at(601)) == "works"
    problem = end_of(waiting.looked(["works"], 601.0), BY_HAND, at(602)).problem
    assert problem is not None
    assert (problem.code, "After 600 s" in problem.message) == ("SourceMissing", True)
    assert "SMC console" in problem.remedy


def test_what_is_nearest_is_told_when_no_source_came() -> None:
    near = FRESH.learns(enrolment=Enrolment(said="s-9 has its address, but the host name db")).with_(state="importing")
    problem = end_of(near.looked(["works"], 601.0), BY_HAND, at(602)).problem
    assert problem is not None
    assert "s-9 has its address, but the host name db." in problem.message


@pytest.mark.parametrize("state", ["ready", "lost", "pending"])
def test_a_source_that_came_by_itself_is_not_waited_for_any_more(state: str) -> None:
    came = FRESH.learns(enrolment=Enrolment(state, "s-0", "so"), guest=linux()).with_(state="importing")
    assert verb_of(came, BY_HAND) is Verb.MARK


def test_with_a_command_nobody_is_waited_for() -> None:
    assert verb_of(FRESH, DECIDED_BY_US) is Verb.MARK


def test_an_assessment_tells_that_a_source_is_waited_for_and_does_not_wait() -> None:
    end = end_of(FRESH, wanting("assessed", offers=BY_HAND.offers))
    assert end.state == "ready"
    (finding,) = [one for one in end.view.findings if one.id == "source.not_imported"]
    assert (finding.severity, "600 s at the most" in finding.evidence) == ("warning", True)


def test_a_source_that_went_missing_under_way_is_waited_for_too_and_told() -> None:
    for one in (SAFE, waiving(SAFE, "source.not_imported")):
        assert look_of(one, BY_HAND) == "works"
        waiting = one.with_(state="importing").looked(["works"], 601.0)
        assert code_of(waiting, BY_HAND, at(602)) == "SourceMissing"


# --- again ------------------------------------------------------------------------------------------------------------


def test_an_import_that_made_nothing_is_made_once_more_where_that_may_help() -> None:
    first = step_of(SAFE)
    assert (first.changes["imports"], first.changes["import_again"]) == (1, False)
    again = SAFE.learns(**{**first.changes, "import_again": True})
    step = step_of(again)
    assert (step.verb, step.changes["imports"]) == (Verb.ENROL, 2)
    assert step.event == "began the import as a migration source again"
    twice = SAFE.learns(**{**step.changes, "import_again": True})
    problem = end_of(twice).problem
    assert problem is not None
    assert (problem.code, "2 times" in problem.message) == ("ImportFailed", True)


def test_each_hop_counts_its_imports_anew() -> None:
    assert step_of(SAFE.learns(enrolled_for=2, imports=2, import_again=True)).changes["imports"] == 1


def test_a_source_that_stays_lost_is_told_with_what_it_says_of_itself() -> None:
    waiting = SAFE.learns(enrolment=LOST, enrolled_for=1).with_(state="importing").looked(["enrolment"], 7201.0)
    problem = end_of(waiting, now=at(7202)).problem
    assert problem is not None
    assert "s-0 stayed Unavailable (S1: Rsync not found)." in problem.message


# --- a restart that the import asks for -------------------------------------------------------------------------------

READY = Enrolment("ready", "s-0", "Available")
ASKED = SAFE.learns(enrolment=READY, enrolled_for=1, imports=1, imported_at=0.0, restart_code=194)
RESTARTS = ASKED.with_(state=RESTARTING, since=1.0)


def uptime(seconds: int) -> dict[str, str]:
    """Return what a guest says 20 s after the beginning."""
    return {"time": "20", "os_booted": str(20 - seconds)}


def test_no_job_is_ordered_before_the_guest_has_booted_again_after_its_import() -> None:
    step = step_of(ASKED)
    assert (step.verb, step.subject, step.state) == (Verb.LOOK, "instance", RESTARTING)
    assert verb_of(RESTARTS.looked(["instance"], 20.0)) is Verb.ASK
    asking = step_of(RESTARTS.looked(["instance"], 20.0), now=at(25))
    assert asking.changes == {"asked": 25}, "the guest's clock is compared with when it was asked"
    old = RESTARTS.looked(["instance", "guest"], 20.0).learns(guest=linux(**uptime(20)))
    assert look_of(old, now=at(30)) == "instance"
    new = RESTARTS.looked(["instance", "guest"], 20.0).learns(guest=linux(**uptime(5)))
    assert verb_of(new, now=at(30)) is Verb.ORDER


def test_a_guest_that_does_not_come_back_from_its_import_is_told() -> None:
    waiting = RESTARTS.looked(["instance"], 1802.0)
    assert code_of(waiting.learns(guest=linux(**uptime(20))), now=at(1803)) == "GuestNotBack"


def test_an_import_that_named_nothing_before_the_restart_is_made_again_after_it() -> None:
    none = RESTARTS.learns(enrolment=Enrolment(), import_again=True)
    new = none.looked(["instance", "guest"], 20.0).learns(guest=linux(**uptime(5)))
    assert verb_of(new, now=at(30)) is Verb.ENROL


def test_without_such_a_code_nothing_is_waited_for() -> None:
    goal: Goal = wanting()
    assert verb_of(ASKED.learns(restart_code=None), goal) is Verb.ORDER
