# Copyright (c) 2026 evergreen.os_migration contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The workflow that runs one script in guests: once, in those it is for, and its end is told as it was."""

from __future__ import annotations

import math
from dataclasses import replace
from typing import Any

import pytest
from ansible_collections.evergreen.os_migration.plugins.module_utils._core.agent import TROUBLES, agent_words
from ansible_collections.evergreen.os_migration.plugins.module_utils._core.command import (
    COMMAND,
    RESTART_TIMEOUT,
    View,
    restarted,
)
from ansible_collections.evergreen.os_migration.plugins.module_utils._core.model import (
    CommandResult,
    Guest,
    Instance,
    Invocation,
    Problem,
)
from ansible_collections.evergreen.os_migration.plugins.module_utils._core.outcome import script_outcome
from ansible_collections.evergreen.os_migration.plugins.module_utils._core.record import Record
from ansible_collections.evergreen.os_migration.plugins.module_utils._core.verb import Verb
from hypothesis import given, settings
from hypothesis import strategies as st

from .situations import HERE, ITEM, SILENT, START, at, code_of, end_of, next_step, offering, record, step_of, wanting
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
    assert step is None or step.verb in (Verb.LOOK, Verb.ASK, Verb.RUN)


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


SHELLS = {"linux": "sh", "windows": "powershell"}
UP = {"time": "1700000100", "os_booted": "1700000090"}


def restarting(ticks: float, asked: float | None = None, **facts: str) -> Record[View]:
    """Return a record whose script, sent at 10, made the guest restart at 20; it was looked at, and asked, since."""
    view: dict[str, Any] = {"began": 10.0, "result": CommandResult("finished", 194)}
    if asked is not None:
        view["guest"] = Guest("centos-7", facts=facts)
    one = before(**view).with_(state="restarting", since=20.0).looked(("instance",), ticks)
    return one if asked is None else one.looked(("guest",), asked)


@pytest.mark.parametrize(("os_type", "code"), [("linux", 194), ("windows", 3010)])
def test_a_guest_that_restarts_for_an_exit_code_is_told_and_waited_for_and_is_no_failure(
    os_type: str, code: int
) -> None:
    here = replace(HERE, os_type=os_type)
    ended = before(here, result=CommandResult("finished", code)).with_(state="running")
    step = COMMAND.decide(ended, offering(wanting(shell=SHELLS[os_type])), START)
    assert (step.verb, step.state, step.problem) == (Verb.NOTE, "restarting", None)
    assert step.event == f"the guest restarts now (exit code {code})"


@pytest.mark.parametrize(("os_type", "code"), [("linux", 195), ("windows", 194), ("linux", 1)])
def test_what_means_nothing_to_the_agent_is_a_failure(os_type: str, code: int) -> None:
    ended = before(replace(HERE, os_type=os_type), result=CommandResult("finished", code)).with_(state="running")
    assert code_of(ended, offering(wanting(shell=SHELLS[os_type])), START, COMMAND) == "ScriptFailed"
    assert code_of(after("finished", 194), wanting(offers={}), START, COMMAND) == "ScriptFailed"


def test_a_guest_that_restarts_is_asked_when_it_answers_again_and_its_answer_counts_when_it_has_booted_since() -> None:
    step = step_of(restarting(15), offering(), at(40), COMMAND)
    assert (step.verb, step.subject, step.patient) == (Verb.LOOK, "instance", True), "no look since it went away"
    assert step_of(restarting(41), offering(), at(42), COMMAND).verb is Verb.ASK
    silent = restarting(41).learns(instance=SILENT)
    assert step_of(silent, offering(), at(42), COMMAND).subject == "instance"
    ended = end_of(restarting(41, 41, **UP), offering(), at(43), COMMAND)
    assert (ended.state, ended.problem, restarted(ended)) == ("finished", None, True)


@pytest.mark.parametrize(
    "facts", [{}, {"time": "1700000100"}, {"time": "x", "os_booted": "1"}, UP | {"os_booted": "1700000060"}]
)
def test_a_guest_that_has_not_booted_since_or_does_not_say_so_is_asked_again(facts: dict[str, str]) -> None:
    asked = restarting(41, 41, **facts)
    assert step_of(asked, offering(), at(43), COMMAND).patient
    assert step_of(asked.looked(("instance",), 60), offering(), at(61), COMMAND).verb is Verb.ASK


@given(st.floats(10, 5000), st.floats(0, 5000), st.integers(0, 100_000))
def test_no_boot_from_before_the_script_counts_as_a_restart(asked: float, lag: float, ran: int) -> None:
    """Whenever the guest answers, and however long it had run before the script was sent at 10."""
    answered = asked + lag
    uptime = answered - 10 + ran
    facts = {"time": str(10**9), "os_booted": str(10**9 - math.ceil(uptime))}
    assert COMMAND.decide(restarting(asked, asked, **facts), offering(), at(answered)).verb is not Verb.FINISH


@pytest.mark.parametrize("command", [None, Invocation("facts", "t-2")])
def test_a_guest_that_does_not_come_back_is_told(command: Invocation | None) -> None:
    late = restarting(20 + RESTART_TIMEOUT + 1).learns(command=command)
    assert step_of(late, offering(), at(20 + RESTART_TIMEOUT), COMMAND).problem is None
    assert code_of(late, offering(), at(20 + RESTART_TIMEOUT + 2), COMMAND) == "GuestNotBack"


def test_a_guest_that_is_powered_off_by_an_exit_code_is_told() -> None:
    ended = end_of(after("finished", 193), offering(), workflow=COMMAND)
    assert ended.problem is not None
    assert (ended.problem.code, "exit code 193" in ended.problem.message) == ("GuestPoweredOff", True)


def test_an_agent_that_never_says_how_a_script_ended_is_told() -> None:
    running = before(command=RUNNING).with_(state="running").looked(("command",), 601)
    goal = wanting(hop_timeout=600)
    assert code_of(running, goal, at(602), COMMAND) == "AgentLost"
    assert step_of(running, goal, at(599), COMMAND).patient


DENIED = "sh: /usr/local/share/aliyun-assist/work/script/t.sh: Permission denied"
POLICY = "+ CategoryInfo : SecurityError: (:) [], PSSecurityException"
CHINESE = "\u65e0\u6cd5\u52a0\u8f7d\u6587\u4ef6 get-help about_signing"


@pytest.mark.parametrize(
    ("result", "code"),
    [
        (CommandResult("finished", 1, POLICY), "GuestPolicyForbidsScripts"),
        (CommandResult("finished", 1, CHINESE), "GuestPolicyForbidsScripts"),
        (CommandResult("finished", 1, "x.ps1 is not digitally signed."), "GuestPolicyForbidsScripts"),
        (CommandResult("finished", 2, POLICY), "ScriptFailed"),
        (CommandResult("finished", 126, DENIED), "GuestForbidsPrograms"),
        (CommandResult("finished", 1, DENIED), "ScriptFailed"),
        (CommandResult("finished", 1, "mktemp: /tmp/x: No space left on device"), "GuestDiskFull"),
        (CommandResult("finished", 1, "(0x80070070)"), "GuestDiskFull"),
        (CommandResult("failed", stderr="disk", trouble="disk_full"), "GuestDiskFull"),
        (CommandResult("failed", error_code="ScriptFileExisted", trouble="sent_twice"), "ScriptSentTwice"),
    ],
)
def test_what_keeps_a_guest_from_running_scripts_has_a_message_of_its_own(result: CommandResult, code: str) -> None:
    problem = end_of(before(result=result).with_(state="running"), offering(), workflow=COMMAND).problem
    assert problem is not None
    assert (problem.code, bool(problem.remedy)) == (code, True)


def test_each_trouble_is_told_with_what_to_do_where_facts_are_asked_too() -> None:
    for word, trouble in TROUBLES.items():
        words = agent_words(CommandResult("failed", trouble=word))
        assert trouble.problem.remedy in words
        assert "{" not in words


def test_a_script_that_ended_well_is_no_trouble_whatever_it_printed() -> None:
    assert end_of(after("finished", 0, stdout="No space left on device"), workflow=COMMAND).state == "finished"


def test_text_that_came_back_garbled_is_shown_escaped() -> None:
    result = CommandResult("finished", 0, "gr\u00fcn\n\u4e2d\t\ufffd\x1b[2J\x00\r\n", "\ufffd")
    shown = script_outcome(before(result=result), wanting())
    assert (shown["stdout"], shown["stderr"]) == ("gr\u00fcn\n\u4e2d\t\\ufffd\\u001b[2J\\u0000\r\n", "\\ufffd")


def test_the_services_that_a_script_stopped_are_in_its_result() -> None:
    printed = "stopped a\r\nwas running: a.service\r\nwas running: Bob\\u2019s\nx was running: b\n"
    shown = script_outcome(before(result=CommandResult("finished", 0, printed)), wanting())
    assert shown["stopped_services"] == ["a.service", "Bob\\u2019s"]


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
