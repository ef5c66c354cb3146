# Copyright (c) 2026 evergreen.os_migration contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The goal committed: what a migration keeps for its way back is deleted."""

from __future__ import annotations

from ..goal import Goal
from ..record import Moment
from ..verb import Step, Verb, failing, finish
from .begin import mark
from .view import Migration, own_works


def tag_settled(record: Migration, goal: Goal, now: Moment) -> Step | None:
    """Refuse an instance whose migration has not ended well."""
    if record.view.tag is None or record.view.tag.state in ("migrated", "committed"):
        return None
    return failing(
        "NotMigrated",
        f"The instance's migration is {record.view.tag.state}, not migrated.",
        "Let migrate finish first; it marks the instance when the target was seen to run.",
    )


def points_deleted(record: Migration, goal: Goal, now: Moment) -> Step | None:
    """Delete the points."""
    points = record.view.points
    if not points:
        return None
    return Step(Verb.DELETE_POINTS, "committing", points, event=f"snapshots deleted: {len(points)}")


def works_gone(record: Migration, goal: Goal, now: Moment) -> Step | None:
    """Delete the works that are done."""
    done = tuple(work for work in own_works(record) if work.status == "done")
    if not done:
        return None
    return Step(Verb.DELETE_WORKS, "committing", done, event=f"finished jobs deleted: {len(done)}")


def committed_marked(record: Migration, goal: Goal, now: Moment) -> Step | None:
    """Write down that there is no way back."""
    if record.view.tag is None or record.view.tag.state != "migrated":
        return None
    return mark(record, "committed", "committing")


def committed(record: Migration, goal: Goal, now: Moment) -> Step | None:
    """End the instance."""
    return finish("committed", "committed")
