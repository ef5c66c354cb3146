# Copyright (c) 2026 evergreen.os_migration contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The workflow that runs one script in guests: once, in those it is for, and its end is told as it was."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest
from ansible_collections.evergreen.os_migration.plugins.module_utils._core.command import COMMAND, View
from ansible_collections.evergreen.os_migration.plugins.module_utils._core.model import (
    CommandResult,
    Instance,
    Invocation,
    Problem,
)
from ansible_collections.evergreen.os_migration.plugins.module_utils._core.record import Record
from ansible_collections.evergreen.os_migration.plugins.module_utils._core.verb import Verb
from hypothesis import given, settings
from hypothesis import strategies as st

from .situations import HERE, ITEM, SILENT, START, code_of, end_of, next_step, offering, record, step_of, wanting
from .strategies import goals, instances, invocations, maybe, now_and_then, records, results

RUNNING = Invocation("script", "t-1")
views = st.builds(View, maybe(instances), maybe(invocations), maybe(results))


def before(instance: Instance = HERE, **view: Any) -> Record[View]:
    """Return a record whose instance was seen."""
    return record(ITEM, View(instance, **view), "instance")


def after(status: str, exit_code: int | None = None, **more: Any) -> Record[View]:
    """Return the record after the script's end."""
    return before(result=CommandResult(status, exit_code, **more)).with_(state="running")


@settings(max_examples=200, deadline=None)
@given(records(views), goals, now_and_then)
def test_every_record_comes_to_an_end_or_to_a_step_and_no_other_write_is_made(
    one: Record[View], goal: Any, now: Any
) -> None:
    _unused, step = next_step(one, goal, now, COMMAND)
    assert step is None or step.verb in (Verb.LOOK, Verb.RUN)


def test_the_instance_is_looked_at_then_the_script_is_run_once_and_waited_for() -> None:
    step = step_of(COMMAND.record(ITEM), workflow=COMMAND)
    assert (step.verb, step.subject, step.patient) == (Verb.LOOK, "instance", False)
    step = step_of(before(), workflow=COMMAND)
    assert (step.verb, step.state, step.event, step.verb.writes) == (Verb.RUN, "running", "ran the script", True)
    step = step_of(before(command=RUNNING).with_(state="running"), workflow=COMMAND)
    assert (step.verb, step.subject, step.state, step.patient) == (Verb.LOOK, "command", "running", True)


def test_a_script_that_ended_well_is_finished() -> None:
    ended = end_of(after("finished", 0), workflow=COMMAND)
    assert (ended.state, ended.problem) == ("finished", None)


def test_a_script_whose_end_is_known_is_not_run_again_whatever_became_of_the_guest() -> None:
    gone = after("finished", 0).learns(instance=replace(HERE, status="Stopped"))
    assert end_of(gone, workflow=COMMAND).state == "finished"


@pytest.mark.parametrize(
    ("result", "code", "said"),
    [
        (CommandResult("finished", 3), "ScriptFailed", "exit code 3"),
        (CommandResult("finished"), "ScriptFailed", "exit code None"),
        (CommandResult("timed_out"), "ScriptTimeout", "ran out of time"),
        (CommandResult("failed", error_code="ClientOffline"), "AgentFailed", "did not end: ClientOffline."),
        (CommandResult("failed", 7, stderr="no disk"), "AgentFailed", "exit code 7 (no disk)"),
    ],
)
def test_a_script_that_did_not_end_well_is_told_with_why(result: CommandResult, code: str, said: str) -> None:
    ended = end_of(before(result=result), workflow=COMMAND)
    assert ended.state == "failed"
    assert ended.problem is not None
    assert (ended.problem.code, ended.view.result) == (code, result)
    assert said in ended.problem.message
    assert "{" not in ended.problem.text


def test_the_provider_s_words_stand_in_what_is_told() -> None:
    problem = end_of(before(result=CommandResult("failed")), offering(), workflow=COMMAND).problem
    assert problem is not None
    assert "Cloud Assistant console" in problem.remedy


@pytest.mark.parametrize("instance", [SILENT, replace(HERE, status="Stopped"), replace(HERE, status="")])
def test_a_guest_that_cannot_be_asked_is_refused(instance: Instance) -> None:
    assert code_of(before(instance), workflow=COMMAND) == "GuestUnreachable"


@pytest.mark.parametrize(("os_type", "shell"), [("windows", "sh"), ("linux", "powershell"), ("", "powershell")])
def test_a_script_for_the_other_family_of_systems_is_refused(os_type: str, shell: str) -> None:
    here = before(replace(HERE, os_type=os_type))
    assert code_of(here, wanting(shell=shell), START, COMMAND) == "WrongShell"
    other = "powershell" if shell == "sh" else "sh"
    assert step_of(here, wanting(shell=other), workflow=COMMAND).verb is Verb.RUN


def test_a_problem_ends_the_instance_and_the_first_one_is_told() -> None:
    first = COMMAND.failed(before(), Problem("A", "x"))
    assert (first.done, first.state) == (True, "failed")
    assert COMMAND.failed(first, Problem("B", "x")).problem == Problem("A", "x")
    assert not COMMAND.in_flight(before(command=RUNNING))
