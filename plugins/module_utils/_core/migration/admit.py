# Copyright (c) 2026 evergreen.os_migration contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Who may begin now, and what: the last gates before an attempt's first write, and before each next hop."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from .. import approval, contents, durations, windows
from ..goal import Goal
from ..model import Hop, Problem, required
from ..record import Moment
from ..verb import Step, blocked, finish, note, wait
from ..workflow import Gate
from .arrive import seen_before
from .begin import mark
from .hooked import changed_before, due_with_next_hop
from .view import Migration, View, active, attempt, instance, next_hop, own_works, points_of


def in_window(record: Migration, goal: Goal, now: Moment) -> Step | None:
    """Begin nothing that may not come to its end within a maintenance window, by all that is known of hop and hooks."""
    if not record.item.windows:
        return None
    hop = next_hop(record)
    hooks = [durations.hook_seconds(due.hook, goal.lasted) for due in due_with_next_hop(record, goal)]
    takes = durations.seconds(hop, goal.lasted) + sum(hooks)
    found = windows.opening(record.item.windows, takes, now.date)
    if found is None:
        return _too_short(record, hop, takes, sum(hooks))
    left = found.begin - now.date
    if left <= 0:
        return None
    if left <= goal.window_wait:
        return replace(wait("instance", "queued"), at=now.ticks + left)
    told = f"left {hop.source} -> {hop.target} for the maintenance window that opens at {found.text}"
    return finish("postponed", told, opens=found.text)


def _too_short(record: Migration, hop: Hop, takes: float, hooks: float) -> Step:
    too = f", {hooks / 60:.0f} of them in its hooks" if hooks else ""
    longest = max(window.length for window in record.item.windows)
    return blocked(
        Problem(
            "WindowTooShort",
            f"{hop.source} -> {hop.target} may take {takes / 60:.0f} minutes{too}, and the longest maintenance window "
            f"of the instance is of {longest}.",
            "Make a window longer (os_migration_windows), give the path's minutes as they are (os_migration_paths), or "
            "its hooks a shorter timeout.",
        )
    )


def approved(record: Migration, goal: Goal, now: Moment) -> Step | None:
    """Begin only what is planned as somebody has approved it."""
    if goal.approval is None:
        return None
    view = record.view
    planned = approval.plan(view.hops, instance(record).disks, view.findings)
    known = goal.approval.plans.get(record.id)
    parts = approval.UNDER_WAY if active(record) else tuple(planned)
    wrong = ["nobody has approved it"] if known is None else list(approval.differences(known, planned, parts))
    if not wrong:
        return None
    by = f" by {goal.approval.by} at {goal.approval.at}" if known else ""
    return blocked(
        Problem(
            "NotApproved",
            f"The plan is not one that was approved{by}: {'; '.join(wrong)}.",
            "Assess again, have the plan approved (playbook approve), and run again.",
        )
    )


def _before(record: Migration) -> dict[str, Any]:
    """Return what the view learns of the instance and its guest before the first write."""
    here, guest = instance(record), required(record.view.guest)
    return {"before": here, "was": seen_before(here, guest), "former": contents.of_guest(guest)}


def _seen_late(record: Migration) -> Step | None:
    """Keep what an instance is whose attempt a killed run has begun, as long as nothing of it can have changed it."""
    view = record.view
    untouched = not view.was and not points_of(record) and not own_works(record) and not changed_before(record)
    return note(record.state, **_before(record)) if untouched and view.hop == 0 else None


def admitted(queue: str) -> Gate[View]:
    """Return the gate that begins the attempt when the queue of a kind of works has a place free.

    Who has waited is looked at anew in any case: under the lock that the mark needs.
    """

    def admitted(record: Migration, goal: Goal, now: Moment) -> Step | None:
        if active(record):
            return _seen_late(record)
        began = {"begun": attempt(record), "sets": (1,), "retried": True, **_before(record)}
        return mark(record, goal, "started", "queued", queue=queue, changes=began)

    return admitted
