# Copyright (c) 2026 evergreen.os_migration contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The guest's own word: it is asked as soon as its agent answers, and again while it is not settled."""

from __future__ import annotations

from ..command import unreachable
from ..goal import Goal
from ..record import Moment
from ..verb import Step, Verb, failing, failing_by, wait
from .view import Migration, active, instance, restoring

#: Seconds between two questions: the facts script reads much, and what is not settled takes minutes.
AGAIN = 120


def guest_asked(record: Migration, goal: Goal, now: Moment, state: str) -> Step:
    """Return the step that asks the guest, or waits until it can be asked."""
    if record.knows("instance") and instance(record).answers:
        return Step(Verb.ASK, state, changes={"asked": now.date})
    return _agent_awaited(record, goal, now, state)


def asked_again(record: Migration, goal: Goal, now: Moment, state: str = "verifying") -> Step:
    """Return the step that asks the guest once more, some time after its last answer."""
    if now.ticks - (record.seen.get("guest") or 0.0) < AGAIN:
        return wait("instance", state, AGAIN)
    return guest_asked(record, goal, now, state)


def _agent_awaited(record: Migration, goal: Goal, now: Moment, state: str) -> Step:
    """Return the step for a guest that does not answer: it comes back after a restart, and else is given up at once.

    What restarts it in an attempt can have changed its disks as well.
    """
    if record.state == "pending" and state == "probing":
        return failing_by(unreachable(instance(record)))
    if record.overdue(state, goal.hop_timeout, "instance", now):
        return failing(
            "AgentLost",
            "The cloud's agent did not come back, so the guest's operating system could not be verified.",
            "Look at the instance's console; when the agent answers again, run again: the next run goes on here.",
        )
    return wait("disks" if active(record) or restoring(record) else "instance", state)
