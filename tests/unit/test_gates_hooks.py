# Copyright (c) 2026 evergreen.os_migration contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""A user's hooks: after the snapshots and before the job, after the arrival and before the mark, and never in vain."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest
from ansible_collections.evergreen.os_migration.plugins.module_utils._core.goal import Goal
from ansible_collections.evergreen.os_migration.plugins.module_utils._core.hooks import (
    Due,
    Hook,
    Ran,
    due_after,
    due_before,
)
from ansible_collections.evergreen.os_migration.plugins.module_utils._core.migration.view import Migration
from ansible_collections.evergreen.os_migration.plugins.module_utils._core.model import (
    CommandResult,
    Enrolment,
    Guest,
    Hop,
    Invocation,
)
from ansible_collections.evergreen.os_migration.plugins.module_utils._core.verb import Step, Verb

from .healthy import HEALTHY_WINDOWS
from .situations import (
    GOAL,
    SAFE,
    SILENT,
    arrived,
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
    work,
)

STOP = Hook("remove the agent", "before_migration", "remove", timeout=60)
WATCH = Hook("note the hop", "before_hop", "note", timeout=60)
START = Hook("install the agent", "after_migration", "install", timeout=60)
HOP = Hop("centos-7", "alinux-3", path="alicloud.centos-7.alinux-3")
READY = SAFE.learns(enrolment=Enrolment("ready", "s-1"))
THERE = READY.learns(guest=arrived(), works=(work("done"),))
GOOD, BAD = CommandResult("finished", 0, "all is well\n"), CommandResult("finished", 3, "no such agent\n")


def with_hooks(*hooks: Hook, **changes: Any) -> Goal:
    return replace(GOAL, hooks=hooks, **changes)


def sent(record: Migration, goal: Goal, ticks: float = 0.0) -> tuple[Migration, Step]:
    """Return the record after a hook was sent, which must come next, and the step."""
    after, step = next_step(record, goal, at(ticks))
    assert step is not None
    assert step.verb is Verb.HOOK, step
    return after.learns(command=Invocation("hook", "t-1"), **step.changes).with_(state=step.state), step


def ended(record: Migration, result: CommandResult = GOOD, guest: Guest | None = None) -> Migration:
    """Return the record after a hook's end, in which the guest was asked again."""
    return record.learns(command=None, said=result, guest=guest or record.view.guest)


def names(record: Migration, goal: Goal) -> list[str]:
    """Return the hooks that are sent one after the other until something else comes."""
    found: list[str] = []
    while verb_of(record, goal) is Verb.HOOK:
        after, step = sent(record, goal)
        found.append(step.subject.hook.name)
        record = ended(after)
    return found


def kept(word: str, due: Due, ago: int = 10, booted: int = 0, **facts: str) -> dict[str, str]:
    """Return the facts of a guest that keeps a mark of so many seconds ago."""
    return {"hooks": f"{due.mark}:{word}:{1000 - ago}", "time": "1000", "os_booted": str(booted), **facts}


BEFORE = next(due_before((STOP,), HOP, True, 1, 1))
AFTER = next(due_after((START,), HOP.source, HOP.target, True, 1))


# --- where they stand -------------------------------------------------------------------------------------------------


def test_a_hook_before_a_hop_runs_after_the_snapshots_and_before_the_job() -> None:
    """The set is from before the hooks: a rollback brings back what they took away."""
    goal = with_hooks(STOP, START)
    assert verb_of(READY.learns(points=()), goal) is Verb.SNAPSHOT
    after, step = sent(READY, goal)
    assert (step.subject, step.state) == (BEFORE, "running_hooks")
    assert look_of(after, goal) == "command"
    assert verb_of(ended(after), goal) is Verb.ORDER


def test_a_hook_after_a_hop_runs_on_the_proven_system_and_before_the_mark() -> None:
    goal = with_hooks(STOP, START)
    assert verb_of(THERE.learns(guest=arrived(kernel_owner="kernel/el7/none")), goal) is not Verb.HOOK
    after, step = sent(THERE, goal)
    assert step.subject == AFTER
    marked = step_of(ended(after), goal)
    assert (marked.verb, marked.last) == (Verb.MARK, True)


def test_hooks_run_one_after_the_other_in_the_users_order() -> None:
    first, second = replace(STOP, name="first", when="before_hop"), replace(STOP, name="second")
    assert names(READY, with_hooks(first, START, second)) == ["first", "second"]


def test_a_hook_is_for_its_family_and_its_systems_and_an_instance_has_its_own() -> None:
    elsewhere = replace(WATCH, systems=("centos-8",))
    powershell = replace(WATCH, name="other", shell="powershell")
    goal = with_hooks(elsewhere, powershell, STOP, WATCH)
    assert names(READY, goal) == ["remove the agent", "note the hop"]
    own = READY.with_(item=replace(READY.item, hooks=(3,)))
    assert names(own, goal) == ["note the hop"]
    assert names(READY.with_(item=replace(READY.item, hooks=())), goal) == []


def test_between_two_hops_those_after_the_one_run_before_those_before_the_other() -> None:
    hooks = tuple(
        replace(STOP, name=when, when=when, shell="powershell")
        for when in ("before_migration", "before_hop", "after_hop", "after_migration")
    )
    windows = tagged("started", source="windows-2008r2", target="windows-2016", os_type="windows", os="windows-2012r2")
    item = replace(READY.item, target="windows-2016")
    boots = {"os_build": "9600", "os_booted": "9600", "os_installed": "9600"}
    guest = Guest("windows-2012r2", facts={**HEALTHY_WINDOWS, **boots}, edition="datacenter", language="en")
    record = READY.with_(item=item).learns(instance=windows, guest=guest, works=(work("done"),))
    goal = offering(with_hooks(*hooks), enrols=frozenset({"windows"}))
    assert names(record, goal) == ["after_hop", "before_hop"]


def test_hooks_are_refused_where_a_job_of_somebody_else_is_only_followed() -> None:
    goal = offering(with_hooks(STOP), transport="watch")
    assert code_of(READY.learns(instance=replace(tagged("started"), tags={}), points=()), goal) == "HooksNotRun"


def test_where_nothing_is_to_be_migrated_no_hook_runs() -> None:
    there = READY.learns(instance=replace(tagged("started"), tags={}), guest=arrived(), points=())
    assert end_of(there, with_hooks(STOP, START)).state == "migrated"


# --- how they end -----------------------------------------------------------------------------------------------------


def test_a_hook_that_failed_stops_its_instance_and_nothing_is_put_back_by_itself() -> None:
    for goal in (with_hooks(STOP), with_hooks(STOP, on_failure="rollback")):
        after, _step = sent(READY, goal)
        end = end_of(ended(after, BAD), goal)
        assert (end.state, end.problem and end.problem.code) == ("failed", "HookFailed")
        [ran] = end.view.hooks
        assert (ran.status, ran.exit_code, ran.output) == ("failed", 3, "no such agent\n")


def test_a_hook_that_is_only_to_be_told_of_is_a_warning_and_the_migration_goes_on() -> None:
    goal = with_hooks(replace(START, on_failure="warn"))
    after, _step = sent(THERE, goal)
    failed = ended(after, BAD)
    assert verb_of(failed, goal) is Verb.MARK
    before, _step = next_step(failed, goal)
    end = end_of(before.learns(instance=tagged("migrated")), goal)
    assert [(one.id, one.severity) for one in end.view.findings] == [("hook.failed", "warning")]


@pytest.mark.parametrize(
    ("result", "code"),
    [
        (CommandResult("timed_out"), "HookTimeout"),
        (CommandResult("failed", error_code="ClientNotResponse"), "AgentFailed"),
        (CommandResult("finished", 193), "GuestPoweredOff"),
        (CommandResult("failed", trouble="noexec"), "GuestForbidsPrograms"),
    ],
)
def test_each_way_in_which_a_hook_can_end_badly_has_its_own_problem(result: CommandResult, code: str) -> None:
    goal = with_hooks(STOP)
    after, _step = sent(READY, goal)
    assert code_of(ended(after, result), goal) == code


def test_a_hook_of_which_the_agent_says_nothing_ends_by_its_deadline() -> None:
    goal = with_hooks(STOP)
    after, _step = sent(READY, goal)
    assert look_of(after, goal, at(300)) == "command"
    assert look_of(after, goal, at(361)) == "command"  # a look after the deadline has to show it
    looked = after.looked(("command",), 361.0)
    assert code_of(looked, goal, at(362)) == "HookLost"
    assert code_of(after, goal, at(721)) == "HookLost"  # and where no look succeeds, it counts twice


def test_what_a_hook_prints_is_not_kept_when_that_is_wanted() -> None:
    goal = with_hooks(replace(STOP, no_log=True))
    after, _step = sent(READY, goal)
    record, _next = next_step(ended(after), goal)
    assert [ran.output for ran in record.view.hooks] == [""]


def test_a_guest_that_a_hook_restarts_is_waited_for() -> None:
    goal = with_hooks(STOP)
    after, _step = sent(READY, goal)
    result = ended(after, CommandResult("finished", 194))
    restarting, step = next_step(result, goal)
    assert step is not None
    assert (restarting.state, step.verb, step.subject) == ("restarting", Verb.LOOK, "instance")
    seen = restarting.looked(("instance",), 50.0)
    assert verb_of(seen, goal, at(51)) is Verb.ASK
    old = seen.learns(guest=linux(time="1000", os_booted="100")).looked(("guest",), 52.0)
    assert look_of(old, goal, at(53)) == "instance"
    back = seen.learns(guest=linux(time="1000", os_booted="990")).looked(("guest",), 52.0)
    assert verb_of(back, goal, at(53)) is Verb.ORDER
    late = restarting.looked(("instance",), 1801.0).looked(("guest",), 1801.0)
    assert code_of(late, goal, at(1802)) == "GuestNotBack"


# --- after a kill -----------------------------------------------------------------------------------------------------


def test_a_hook_that_the_guest_knows_to_be_done_is_not_run_again() -> None:
    goal = with_hooks(STOP, WATCH)
    record = READY.learns(guest=linux(**kept("done", BEFORE)))
    after, step = sent(record, goal)
    assert step.subject.hook == WATCH
    assert [(ran.due, ran.status) for ran in after.view.hooks] == [(BEFORE, "done")]


def test_a_hook_that_failed_before_is_run_again() -> None:
    assert names(READY.learns(guest=linux(**kept("failed", BEFORE))), with_hooks(STOP)) == [STOP.name]


def test_a_hook_of_another_run_that_may_be_at_work_is_waited_for_and_not_run_beside() -> None:
    goal = with_hooks(STOP)
    record = READY.learns(guest=linux(**kept("begun", BEFORE))).with_(state="running_hooks")
    assert look_of(record, goal, at(10)) == "instance"
    assert verb_of(record, goal, at(31)) is Verb.ASK
    done = record.learns(guest=linux(**kept("done", BEFORE)))
    assert verb_of(done, goal, at(40)) is Verb.ORDER


@pytest.mark.parametrize("facts", [kept("begun", BEFORE, ago=121), kept("begun", BEFORE, booted=995)])
def test_a_hook_that_cannot_be_at_work_any_more_is_run_again(facts: dict[str, str]) -> None:
    """Its time is over, or the guest has restarted since."""
    assert names(READY.learns(guest=linux(**facts)), with_hooks(STOP)) == [STOP.name]


def test_a_mark_from_before_the_attempt_is_another_instances() -> None:
    """A clone has the marks of its original."""
    old = kept("done", BEFORE, ago=500)
    record = READY.learns(guest=linux(**old), asked=300.0)  # so it was made 200 s before the first set
    assert names(record, with_hooks(STOP)) == [STOP.name]
    assert names(record.learns(asked=600.0), with_hooks(STOP)) == []


def test_a_hook_whose_script_was_changed_or_that_belongs_to_another_try_is_another_one() -> None:
    facts = kept("done", BEFORE)
    record = READY.learns(guest=linux(**facts))
    assert names(record, with_hooks(STOP)) == []
    assert names(record, with_hooks(replace(STOP, script="remove better"))) == [STOP.name]
    again = record.learns(instance=tagged("started", tries=2), works=())
    assert names(again, with_hooks(STOP)) == [STOP.name]


def test_no_hook_runs_while_the_agent_is_away() -> None:
    instance = replace(tagged("started"), agent=SILENT.agent)
    assert look_of(THERE.learns(instance=instance), with_hooks(START)) == "disks"
    assert code_of(READY.learns(instance=instance), with_hooks(STOP)) == "agent.offline"


# --- the set that the way back leads to -------------------------------------------------------------------------------


def test_the_time_of_hooks_is_no_time_in_which_the_instance_serves() -> None:
    ran = Ran(BEFORE, "done", 0, began=10.0, ended=3000.0)
    for hooks, verb in (((), Verb.MARK), ((ran,), Verb.ORDER)):
        goal = with_hooks(STOP) if hooks else GOAL
        assert verb_of(READY.learns(hooks=hooks), goal, at(4000)) is verb


def test_a_set_that_is_renewed_after_hooks_is_not_what_the_attempt_began_with() -> None:
    ran = Ran(BEFORE, "done", 0, began=10.0, ended=20.0)
    plain, hooked = (step_of(READY.learns(hooks=hooks), GOAL, at(4000)) for hooks in ((), (ran,)))
    assert "start=2" in plain.subject
    assert "set=2" in hooked.subject
    assert "start=" not in hooked.subject


# --- as many hops as are wanted ---------------------------------------------------------------------------------------


def test_a_call_makes_no_more_hops_than_it_is_to_make_and_the_next_one_goes_on() -> None:
    windows = tagged("started", source="windows-2008r2", target="windows-2016", os_type="windows", os="windows-2012r2")
    item = replace(READY.item, target="windows-2016")
    boots = {"os_build": "9600", "os_booted": "9600", "os_installed": "9600"}
    guest = Guest("windows-2012r2", facts={**HEALTHY_WINDOWS, **boots}, edition="datacenter", language="en")
    record = READY.with_(item=item).learns(instance=windows, guest=guest, works=(work("done"),))
    goal = offering(replace(GOAL, most_hops=1), enrols=frozenset({"windows"}))
    end = end_of(record.learns(first_hop=0), goal)
    assert (end.state, end.problem) == ("in_progress", None)
    assert verb_of(record, goal) is Verb.ORDER


def test_a_hop_that_was_under_way_counts_as_one_of_the_call_that_sees_its_end() -> None:
    goal = replace(GOAL, most_hops=1)
    running = READY.learns(works=(work("running"),))
    after, _step = next_step(running, goal)
    assert after.view.first_hop == 0
    assert settled(running, Step(Verb.NOTE, "migrating", changes={"first_hop": 0})).view.first_hop == 0
