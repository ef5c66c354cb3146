# Copyright (c) 2026 evergreen.os_migration contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The workflow that runs one script in guests."""

from __future__ import annotations

from dataclasses import dataclass

from .goal import Goal
from .model import CommandResult, Instance, Invocation, Item, Problem, required
from .record import Moment, Record
from .verb import Step, Verb, failing, failing_by, finish, look, wait
from .workflow import Gate, Workflow, ended, never


@dataclass(frozen=True)
class View:
    """What is seen of an instance in which a script runs."""

    instance: Instance | None = None
    command: Invocation | None = None
    result: CommandResult | None = None


def instance_seen(record: Record[View], goal: Goal, now: Moment) -> Step | None:
    """Look at the instance before anything else."""
    return None if record.knows("instance") else look("instance", record.state)


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
    if record.view.result is None:
        return Step(Verb.RUN, "running", event="ran the script")
    return _told(record.view.result)


def _told(result: CommandResult) -> Step:
    if result.status != "finished":
        return failing_by(agent_problem("The script did not end", result))
    if result.exit_code != 0:
        return failing("ScriptFailed", f"The script ended with exit code {result.exit_code}.", "Read its output.")
    return finish("finished")


def agent_problem(what: str, result: CommandResult) -> Problem:
    """Return the problem of a script that the agent did not bring to its end."""
    if result.status == "timed_out":
        return Problem(
            "ScriptTimeout", f"{what}: it ran out of time.", "Raise the timeout, or look at the guest's load."
        )
    return Problem(
        "AgentFailed",
        f"{what}: {agent_words(result)}.",
        "Look at the invocation in the {agent} console, and that the agent is online.",
    )


def agent_words(result: CommandResult) -> str:
    """Return what the agent said of a script that it did not bring to its end."""
    why = result.error_code or f"exit code {result.exit_code}"
    return f"{why} ({result.stderr})" if result.stderr else why


def _start(item: Item) -> View:
    return View()


def _chain(record: Record[View], goal: Goal) -> tuple[Gate[View], ...]:
    return (instance_seen, command_over, reachable, script_fits, script_run)


COMMAND: Workflow[View] = Workflow("command", _start, _chain, ended, never)
