# Copyright (c) 2026 evergreen.os_migration contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The workflow that runs one script in guests."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from .agent import afterwards, agent_problem, booted_since, powered_off, trouble_of
from .goal import POWER_OFF, RESTART, Goal
from .model import CommandResult, Guest, Instance, Invocation, Item, Problem, required
from .record import Moment, Record
from .verb import Step, Verb, failing, failing_by, finish, look, wait
from .workflow import Gate, Workflow, ended, never

RESTARTING = "restarting"
#: Seconds that a guest has to come back in, with the updates that it installs on the way.
RESTART_TIMEOUT = 1800
#: How the collection's scripts tell what they have stopped.
_STOPPED = "was running: "


@dataclass(frozen=True)
class View:
    """What is seen of an instance in which a script runs; ``began`` is when it was sent, in ticks."""

    instance: Instance | None = None
    command: Invocation | None = None
    result: CommandResult | None = None
    began: float = 0.0
    guest: Guest | None = None


def instance_seen(record: Record[View], goal: Goal, now: Moment) -> Step | None:
    """Look at the instance before anything else."""
    return None if record.knows("instance") else look("instance", record.state)


def in_time(record: Record[View], goal: Goal, now: Moment) -> Step | None:
    """Give up a script or a restart that takes too long; a look after the deadline still has to show no end."""
    if record.state == RESTARTING and _late(record, RESTART_TIMEOUT, now):
        return failing(
            "GuestNotBack",
            f"The script's exit code made the agent restart the guest; {RESTART_TIMEOUT} s later the guest does not "
            "say that it has started again.",
            "Look at the instance's console for what it waits for, such as updates that it installs.",
        )
    if record.state == "running" and _late(record, goal.hop_timeout, now):
        return failing(
            "AgentLost",
            f"The agent did not say within {goal.hop_timeout:.0f} s how the script ended.",
            "Look at the invocation in the {agent} console: the script may still run.",
        )
    return None


def _late(record: Record[View], patience: float, now: Moment) -> bool:
    return any(record.overdue(record.state, patience, aspect, now) for aspect in ("instance", "command"))


def command_over(record: Record[View], goal: Goal, now: Moment) -> Step | None:
    """Wait for the script that runs."""
    return wait("command", record.state) if record.view.command else None


def reachable(record: Record[View], goal: Goal, now: Moment) -> Step | None:
    """Refuse a guest that cannot be asked."""
    here = required(record.view.instance)
    return None if record.view.result or here.answers else failing_by(unreachable(here))


def unreachable(here: Instance) -> Problem:
    """Return the problem of an instance whose guest cannot be asked, although that was waived or not looked at."""
    return Problem(
        "GuestUnreachable",
        f"The instance is {here.status} and its agent is {'online' if here.agent.online else 'offline'}.",
        "Start the instance and its agent, then run again.",
    )


def script_fits(record: Record[View], goal: Goal, now: Moment) -> Step | None:
    """Refuse a script for the other family of systems."""
    os_type = required(record.view.instance).os_type
    if (os_type == "windows") == (goal.shell == "powershell"):
        return None
    return failing(
        "WrongShell",
        f"The script is for {goal.shell}, but the instance runs {os_type or 'an unknown system'}.",
        "Give this script only to instances of its system.",
    )


def script_run(record: Record[View], goal: Goal, now: Moment) -> Step | None:
    """Run the script once."""
    if record.view.result is not None:
        return None
    return Step(Verb.RUN, "running", changes={"began": now.ticks}, event="ran the script")


def guest_back(record: Record[View], goal: Goal, now: Moment) -> Step | None:
    """Wait for a guest that its agent restarts because of the script's exit code, until it has booted again."""
    result, here = required(record.view.result), required(record.view.instance)
    if afterwards(result, here.os_type, goal.offer(record.item.provider)) != RESTART:
        return None
    if record.state != RESTARTING:
        return Step(Verb.NOTE, RESTARTING, event=f"the guest restarts now (exit code {result.exit_code})")
    if booted_since(record.view.guest, record.seen.get("guest"), record.view.began):
        return None
    return asked_when_back(record, here)


def asked_when_back(record: Record[Any], here: Instance, **changes: Any) -> Step:
    """Ask a guest that restarts, once a look sent after that began, and after the last question, finds it answering."""
    seen, asked = (record.seen.get(aspect) or 0.0 for aspect in ("instance", "guest"))
    if seen > max(record.since, asked) and here.answers:
        return Step(Verb.ASK, RESTARTING, changes=changes)
    return wait("instance", RESTARTING)


def told(record: Record[View], goal: Goal, now: Moment) -> Step:
    """Tell how the script ended."""
    result = required(record.view.result)
    here = required(record.view.instance)
    then = afterwards(result, here.os_type, goal.offer(record.item.provider))
    if result.status != "finished":
        return failing_by(agent_problem("The script did not end", result))
    if then == POWER_OFF:
        return failing_by(powered_off(result))
    if then == RESTART:
        return finish("finished", "the guest has restarted")
    if result.exit_code != 0:
        failed = Problem("ScriptFailed", f"The script ended with exit code {result.exit_code}.", "Read its output.")
        return failing_by(trouble_of(result) or failed)
    return finish("finished")


def restarted(record: Record[View]) -> bool:
    """Say whether the guest has restarted because of the script's exit code, and is back."""
    return record.done and record.problem is None and record.view.guest is not None


def stopped_services(printed: str) -> tuple[str, ...]:
    """Return the services that a script of the collection has stopped, as it tells them; the first one first."""
    lines = (line.strip() for line in printed.splitlines())
    return tuple(line.removeprefix(_STOPPED) for line in lines if line.startswith(_STOPPED))


def _start(item: Item) -> View:
    return View()


def _chain(record: Record[View], goal: Goal) -> tuple[Gate[View], ...]:
    return (instance_seen, in_time, command_over, reachable, script_fits, script_run, guest_back, told)


COMMAND: Workflow[View] = Workflow("command", _start, _chain, ended, never)
