# Copyright (c) 2026 evergreen.os_migration contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""From what the guest says to the hop that comes next, and whether it may begin."""

from __future__ import annotations

from collections.abc import Sequence

from .. import rules
from ..command import unreachable
from ..goal import Goal
from ..model import Problem, required
from ..record import Moment
from ..verb import Step, Verb, blocked, failing, failing_by, note, wait
from .arrive import arrived
from .begin import stopped_by
from .view import Migration, active, case, guest_os, instance, next_hop, restoring, way, work_of_hop


def guest_seen(record: Migration, goal: Goal, now: Moment) -> Step | None:
    """Ask the guest what it is, as soon as it answers."""
    if record.knows("guest"):
        return None
    state = "rolling_back" if restoring(record) else "verifying" if active(record) else "probing"
    if record.knows("instance") and instance(record).answers:
        return Step(Verb.ASK, state, changes={"asked": now.date})
    return _agent_awaited(record, goal, now, state)


def _agent_awaited(record: Migration, goal: Goal, now: Moment, state: str) -> Step:
    """Return the step for a guest that does not answer: it comes back after a restart, and else is given up at once.

    What restarts it can have changed its disks as well.
    """
    if record.state == "pending" and state == "probing":
        return failing_by(unreachable(instance(record)))
    if record.overdue(state, goal.hop_timeout, "instance", now):
        return failing(
            "AgentLost",
            "The cloud's agent did not come back, so the guest's operating system could not be verified.",
            "Look at the instance's console; when the agent answers again, run again: the next run goes on here.",
        )
    return wait("instance" if state == "probing" else "disks", state)


def guest_readable(record: Migration, goal: Goal, now: Moment) -> Step | None:
    """Refuse a guest that gave no usable answer."""
    return stopped_by(rules.examine(case(record, goal, now))) if required(record.view.guest).trouble else None


def planned(record: Migration, goal: Goal, now: Moment) -> Step | None:
    """Plan the hops once; an attempt that is under way is planned from where it began."""
    if record.view.hops:
        return None
    source = required(record.view.tag).source if active(record) else guest_os(record)
    hops = way(record, goal, source)
    if isinstance(hops, Problem):
        return blocked(hops)
    return note(record.state, hops=hops) if hops else _off_the_path(record, (source,))


def placed(record: Migration, goal: Goal, now: Moment) -> Step | None:
    """Find out which hop comes next: the one that leaves the OS that the guest runs."""
    places = tuple(hop.source for hop in record.view.hops)
    if guest_os(record) not in places:
        return _off_the_path(record, places)
    hop = places.index(guest_os(record))
    return note(record.state, hop=hop) if hop != record.view.hop else None


def _off_the_path(record: Migration, places: Sequence[str]) -> Step:
    return failing(
        "UnexpectedOs",
        f"The guest runs {guest_os(record)}, which is not on the path {' -> '.join(places)}.",
        "Find out who changed the guest; roll back, or remove the instance's tag and plan anew.",
    )


def hop_not_refuted(record: Migration, goal: Goal, now: Moment) -> Step | None:
    """Catch a work that says it is done while the guest still runs the OS that it should have left."""
    work = work_of_hop(record)
    if work is None or work.status != "done":
        return None
    return failing(
        "VerifyFailed",
        f"The job of hop {record.view.hop + 1} finished, but the guest still runs {next_hop(record).source}.",
        "Look at the guest and at the job's log; roll back, or run again when the guest is right.",
    )


def guest_allows(record: Migration, goal: Goal, now: Moment) -> Step | None:
    """Refuse an instance for any finding that stops it, and keep the others."""
    found = rules.examine(case(record, goal, now))
    if active(record):
        found = tuple(finding for finding in found if finding.id not in _OWN_DOING)
    noted = note(record.state, findings=found) if found != record.view.findings else None
    return stopped_by(found) or noted


#: An attempt under way causes these itself: its own snapshots, works and reboots.
_OWN_DOING = frozenset(
    (
        "instance.snapshot_in_progress",
        "disk.not_in_use",
        "disk.snapshot_quota",
        "job.unfinished",
        "source.not_imported",
    )
)

PLAN = (guest_seen, guest_readable, arrived, planned, placed, hop_not_refuted, guest_allows)
