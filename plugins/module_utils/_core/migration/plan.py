# Copyright (c) 2026 evergreen.os_migration contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""From what the guest says to the hop that comes next, and whether it may begin."""

from __future__ import annotations

from collections.abc import Sequence

from .. import rules
from ..goal import Goal
from ..model import Problem, required
from ..record import Moment
from ..verb import Step, blocked, failing, finish, note
from .arrive import arrived, settled, unsettled, verdict_on
from .ask import asked_again, guest_asked
from .begin import stopped_by
from .hooked import hooks_after
from .view import (
    Migration,
    active,
    attempt,
    case,
    current_works,
    guest_os,
    next_hop,
    own_works,
    restoring,
    way,
    work_of_hop,
)


def guest_seen(record: Migration, goal: Goal, now: Moment) -> Step | None:
    """Ask the guest what it is, as soon as it answers."""
    if record.knows("guest"):
        return None
    arriving = active(record) or record.state in ("migrating", "verifying")
    state = "rolling_back" if restoring(record) else "verifying" if arriving else "probing"
    return guest_asked(record, goal, now, state)


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
        over = active(record) and any(work.status == "done" for work in own_works(record, attempt(record)))
        if over and not settled(record, now):
            return asked_again(record, goal, now)
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
    work, hop = work_of_hop(record), next_hop(record)
    if work is None or work.status != "done":
        return None
    return unsettled(record, goal, now, verdict_on(record, hop.target, hop.source), hop.target)


def hop_proven(record: Migration, goal: Goal, now: Moment) -> Step | None:
    """Go on to the next hop only from a system that is proven to be what the last hop leads to."""
    if not active(record) or record.view.hop == 0:
        return None
    hop = record.view.hops[record.view.hop - 1]
    verdict = verdict_on(record, hop.target, hop.source)
    return None if verdict.proven else unsettled(record, goal, now, verdict, hop.target)


def hops_counted(record: Migration, goal: Goal, now: Moment) -> Step | None:
    """Keep in mind how many hops were done before this call, where it is to make no more than some."""
    if record.view.first_hop is not None or goal.most_hops == float("inf"):
        return None
    done = [work for work in current_works(record) if work.status == "done"] if active(record) else []
    return note(record.state, first_hop=len(done))


def hops_wanted(record: Migration, goal: Goal, now: Moment) -> Step | None:
    """End an instance that has made as many hops as this call is to make; a later call goes on from there."""
    view = record.view
    if view.first_hop is None or not active(record) or work_of_hop(record) is not None:
        return None
    if view.hop - view.first_hop < goal.most_hops:
        return None
    return finish("in_progress", f"stopped after hop {view.hop} of {len(view.hops)}, as it was wanted")


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

PLAN = (
    guest_seen,
    guest_readable,
    arrived,
    planned,
    placed,
    hop_not_refuted,
    hop_proven,
    hooks_after,
    hops_wanted,
    guest_allows,
)
