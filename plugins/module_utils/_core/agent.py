# Copyright (c) 2026 evergreen.os_migration contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What became of a script that a guest's agent was sent: why it did not run, and what the agent does after its end."""

from __future__ import annotations

import re
from dataclasses import dataclass, field

from .goal import Offer
from .model import CommandResult, Guest, Problem


@dataclass(frozen=True)
class Trouble:
    """Why a guest does not run scripts. It is known by what is printed, with one of these exit codes if any is named.

    What is looked for is in no language: names of errors, and what programs say that only speak English to scripts.
    """

    problem: Problem
    printed: re.Pattern[str] = field(default_factory=lambda: re.compile(r"(?!)"))
    exit_codes: frozenset[int] = frozenset()

    def seen_in(self, result: CommandResult) -> bool:
        """Say whether a script's result shows this trouble."""
        coded = result.exit_code in self.exit_codes if self.exit_codes else result.exit_code != 0
        return coded and bool(self.printed.search(f"{result.stdout}\n{result.stderr}"))


#: By the word that an adapter gives for what its agent says in words of its own.
TROUBLES = {
    "policy": Trouble(
        Problem(
            "GuestPolicyForbidsScripts",
            "The script was not run: a policy of the guest forbids PowerShell scripts, or those that are not signed.",
            "Let the group policy 'Turn on Script Execution' allow local scripts, or take the guest out of its reach "
            "until the migration is over; the agent cannot go round it.",
        ),
        re.compile(r"PSSecurityException|about_Execution_Policies|about_signing|is not digitally signed"),
        frozenset({1}),
    ),
    "noexec": Trouble(
        Problem(
            "GuestForbidsPrograms",
            "The script was not run: the file system that the agent writes scripts to is mounted noexec.",
            "Mount it with exec until the migration is over (mount -o remount,exec): it is that of the agent's "
            "directory, or /tmp for a script with a username.",
        ),
        re.compile(r"Permission denied"),
        frozenset({126}),
    ),
    "disk_full": Trouble(
        Problem(
            "GuestDiskFull",
            "A disk of the guest is full, so the script could not do its work.",
            "Free space in the guest (logs, caches of package managers, old kernels, temporary files), and run again.",
        ),
        re.compile(r"No space left on device|There is not enough space on the disk|0x80070070"),
    ),
    "sent_twice": Trouble(
        Problem(
            "ScriptSentTwice",
            "The agent refused the script: it has the file of a task with this id already.",
            "Look at the earlier invocation in the console of the cloud's agent for what the script did, then run "
            "again: it is sent under another id.",
        ),
    ),
}


def trouble_of(result: CommandResult) -> Problem | None:
    """Return why the guest did not run a script, where that is one of the known reasons."""
    if result.trouble:
        return TROUBLES[result.trouble].problem
    if result.status == "finished":
        return next((trouble.problem for trouble in TROUBLES.values() if trouble.seen_in(result)), None)
    return None


def afterwards(result: CommandResult | None, os_type: str, offer: Offer) -> str:
    """Return what the agent does to the guest after a script's end: restart it, power it off, or nothing."""
    if result is None or result.status != "finished" or result.exit_code is None:
        return ""
    return offer.exit_codes.get(os_type, {}).get(result.exit_code, "")


def powered_off(result: CommandResult) -> Problem:
    """Return the problem of a guest that goes off after a script."""
    return Problem(
        "GuestPoweredOff",
        f"The script ended with exit code {result.exit_code}, for which the agent powers the guest off.",
        "Let the script end with another code, start the instance, and look whether the script has done its work.",
    )


def booted_since(guest: Guest | None, asked: float | None, began: float) -> bool:
    """Say whether a guest has started since a script was sent.

    Only time that the guest has surely run for is compared, as it counts itself: it was asked after it was looked at.
    """
    times = [guest.facts.get(name, "") if guest else "" for name in ("time", "os_booted")]
    if asked is None or not all(map(str.isdecimal, times)):
        return False
    time, booted = map(int, times)
    return time - booted < asked - began


def agent_problem(what: str, result: CommandResult) -> Problem:
    """Return the problem of a script that the agent did not bring to its end."""
    if result.status == "timed_out":
        return Problem(
            "ScriptTimeout",
            f"{what}: it ran out of time.",
            "Look at the guest's load and whether something that the script started is still at work there, such as a "
            "package manager; then raise the timeout.",
        )
    return trouble_of(result) or Problem(
        "AgentFailed",
        f"{what}: {agent_words(result)}.",
        "Look at the invocation in the {agent} console, and that the agent is online.",
    )


def agent_words(result: CommandResult) -> str:
    """Return what the agent said of a script that it did not bring to its end."""
    trouble = trouble_of(result)
    if trouble is not None:
        return f"{trouble.message} {trouble.remedy}"
    why = result.error_code or f"exit code {result.exit_code}"
    return f"{why} ({readable(result.stderr)})" if result.stderr else why


def readable(text: str) -> str:
    """Return a text in which what is no text, or was none any more when it arrived, is escaped."""
    return "".join(
        char if char in "\n\r\t" or (char.isprintable() and char != "\ufffd") else f"\\u{ord(char):04x}"
        for char in text
    )
