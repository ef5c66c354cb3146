# Copyright (c) 2026 evergreen.os_migration contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The goal committed: that there is no way back is marked, then what was kept for it is deleted."""

from __future__ import annotations

from datetime import datetime, timezone
from functools import wraps

from .. import tag
from ..goal import Goal
from ..model import Point
from ..record import Moment
from ..verb import Step, Verb, failing, finish
from ..workflow import Gate
from .begin import mark
from .sets import sets, work_over
from .view import Migration, View, own_works, points_of, stands, traces
from .work import works_deleted


def tag_settled(record: Migration, goal: Goal, now: Moment) -> Step | None:
    """Refuse an instance whose migration has not ended well."""
    known = record.view.tag
    if known is None or stands(record, "migrated", "committed", tag.PROTECTED):
        return None
    way = f" from {known.source} to {known.target}" if known.source else ""
    return failing(
        "NotMigrated",
        f"The instance's migration{way} is {known.state}, not migrated.",
        "Let migrate finish first; it marks the instance when the target was seen to run.",
    )


def something_there(record: Migration, goal: Goal, now: Moment) -> Step | None:
    """Leave an instance alone that was never migrated, also when it has snapshots that somebody wanted to have."""
    known = record.view.tag
    if known is None:
        left = bool(own_works(record) or of_the_service(record, goal))
    elif stands(record, tag.PROTECTED, "rolled_back"):
        left = bool(known.source)  # without it, it is of no migration
    else:
        left = not stands(record, "started") or known.attempt in traces(record)
    return None if left else finish("unchanged", "nothing to commit")


def soaked(record: Migration, goal: Goal, now: Moment) -> Step | None:
    """Keep the way back of a migration that is not over for long enough."""
    if not goal.soak or record.view.tag is None:
        return None
    since = work_over(record) or max((one.moment or 0.0 for one in sets(record)), default=0.0)
    until = since + goal.soak
    if now.cloud >= until:
        return None
    text = datetime.fromtimestamp(until, timezone.utc).strftime("%Y-%m-%dT%H:%M:%SZ")
    return finish("postponed", f"kept its snapshots until {text}", opens=text)


def unless_committed(gate: Gate[View]) -> Gate[View]:
    """Return a gate that a commit of another run has passed: what that one left is deleted whatever the guest says."""

    @wraps(gate)
    def passed(record: Migration, goal: Goal, now: Moment) -> Step | None:
        return None if stands(record, "committed") else gate(record, goal, now)

    return passed


def committed_marked(record: Migration, goal: Goal, now: Moment) -> Step | None:
    """Write down that there is no way back, before the first part of it goes."""
    return mark(record, goal, "committed", "committing") if stands(record, "migrated") else None


def works_gone(state: str) -> Gate[View]:
    """Return the gate that deletes our works: what is over, and what must not begin any more."""

    def works_gone(record: Migration, goal: Goal, now: Moment) -> Step | None:
        works = tuple(work for work in own_works(record) if work.status != "gone")
        return works_deleted(works, state, now, f"jobs deleted: {len(works)}") if works else None

    return works_gone


def points_deleted(record: Migration, goal: Goal, now: Moment) -> Step | None:
    """Delete the points that were kept for the way back."""
    return deleted(record, points_to_delete(record, goal), "committing")


def points_to_delete(record: Migration, goal: Goal) -> tuple[Point, ...]:
    """Return the points whose label names this instance, and the service's own where that is wanted."""
    return (*(point for point, _label in points_of(record)), *of_the_service(record, goal))


def points_going(record: Migration, goal: Goal) -> tuple[Point, ...]:
    """Return the points that this run deletes, those that are gone already among them."""
    return record.view.gone or points_to_delete(record, goal)


def deleted(record: Migration, points: tuple[Point, ...], state: str) -> Step | None:
    """Return the step that deletes points, if there are any."""
    if not points:
        return None
    gone = tuple(dict.fromkeys((*record.view.gone, *points)))
    return Step(Verb.DELETE_POINTS, state, points, {"gone": gone}, event=f"snapshots deleted: {len(points)}")


def of_the_service(record: Migration, goal: Goal) -> tuple[Point, ...]:
    """Return the service's own points of the instance, where they are to go too."""
    return tuple(point for point in record.view.points if goal.delete_service_points and not point.label)


def source_left(state: str) -> Gate[View]:
    """Return the gate that deletes the enrolment of an import of ours; one that works of others belong to stays."""

    def source_left(record: Migration, goal: Goal, now: Moment) -> Step | None:
        enrolment = record.view.enrolment
        if enrolment is None or not enrolment.ours or record.view.works:
            return None
        return Step(Verb.LEAVE, state, enrolment, event=f"deleted the migration source {enrolment.id}")

    return source_left


def committed(record: Migration, goal: Goal, now: Moment) -> Step | None:
    """End the instance."""
    return finish("committed", "committed")
