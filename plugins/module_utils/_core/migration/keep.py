# Copyright (c) 2026 evergreen.os_migration contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The goals protected and unprotected: a set of points without a migration, kept apart from what migrations take.

Such a set has a number of attempt of its own, which no migration ever has: one that begins later takes the next.
"""

from __future__ import annotations

from functools import wraps

from .. import before, rules, tag
from ..goal import Goal
from ..model import Point, Tag, required
from ..record import Moment
from ..verb import Step, Verb, blocked, failing, finish
from ..workflow import Gate
from .begin import blocker
from .commit import deleted, of_the_service
from .protect import completed, current_set, next_set
from .sets import Set, chosen, complete
from .view import (
    ACTIVE,
    Migration,
    View,
    active,
    attempt,
    case,
    copied,
    guest_os,
    instance,
    own_works,
    points_of,
    restoring,
    stands,
)

#: What a set is complete in spite of, or taken in vain for, without a word of the user's.
_DISKS = ("disk.none_visible", "disk.not_in_use", "disk.no_snapshots", "disk.multi_attach", "disk.snapshot_quota")


# --- a set is there -------------------------------------------------------------------------------------------------


def attempt_respected(record: Migration, goal: Goal, now: Moment) -> Step | None:
    """Leave an attempt its own sets: one of them is a way back already, and another would hide it."""
    if restoring(record):
        return under_way(record, "run the rollback to its end")
    if not (active(record) or stands(record, "migrated")):
        return None
    own = chosen(record, goal)
    if own is None:
        return under_way(record, "run the migration to its end, which takes snapshots, or roll it back")
    if too_old(own, goal, now):
        return under_way(record, f"its snapshots of {own.text} are its way back; commit it, or roll it back")
    return finish("protected", f"protected by the snapshots of its migration, of {own.text}")


def under_way(record: Migration, remedy: str) -> Step:
    """Return the step that refuses an instance of which an attempt is under way."""
    known = record.view.tag or Tag("", 0, "", "")
    way = f" from {known.source} to {known.target}" if known.source else ""
    return failing(
        "AttemptUnderWay",
        f"Attempt {known.attempt}{way} of the instance is {known.state.replace('_', ' ')}: its snapshots are its own.",
        f"{remedy[:1].upper()}{remedy[1:]}, then run again.",
    )


def commit_over(record: Migration, goal: Goal, now: Moment) -> Step | None:
    """Refuse to forget a commit that has not deleted all that it had to."""
    if not stands(record, "committed") or not points_of(record):
        return None
    return failing(
        "CommitUnfinished",
        "The instance's migration is committed, and snapshots of it are still there.",
        "Run commit again, which ends what a killed one left; then run this again.",
    )


def disks_can_be_kept(record: Migration, goal: Goal, now: Moment) -> Step | None:
    """Refuse an instance of which a set would not be whole, unless that is waived."""
    if _there(record, goal, now):
        return None
    found = tuple(one for one in rules.examine(case(record.learns(guest=None), goal, now)) if one.id in _DISKS)
    problem = blocker(found)
    return blocked(problem, findings=found) if problem else None


def set_kept(record: Migration, goal: Goal, now: Moment) -> Step | None:
    """Take a set under a number that was marked before, unless there is one that is complete and young enough."""
    if not stands(record, tag.PROTECTED):
        return _first_set(record, goal)
    current = current_set(record)
    if not complete(record, current):
        last = chosen(record, goal)
        stays = last and not too_old(last, goal, now) and current.number not in record.view.sets
        return None if stays else completed(record, current, goal, now)
    if too_old(current, goal, now) and current.number not in record.view.sets:
        was = before.of_instance(instance(record))
        return next_set(record, goal, current, f"the last one, of {current.text}, is too old", was=was)
    return None


def _first_set(record: Migration, goal: Goal) -> Step:
    known, number = record.view.tag, attempt(record)
    undone = "" if known is None else known.target if known.state == "rolled_back" and known.target else known.undone
    text = tag.to_text(Tag(tag.PROTECTED, number, "", "", sets=1, run=goal.run, undone=undone))
    changes = {"sets": (*record.view.sets, 1), "was": before.of_instance(instance(record))}
    return Step(Verb.MARK, "protecting", text, changes, event="marked protected")


def _there(record: Migration, goal: Goal, now: Moment) -> bool:
    last = chosen(record, goal) if stands(record, tag.PROTECTED) else None
    return last is not None and not too_old(last, goal, now)


def too_old(one: Set, goal: Goal, now: Moment) -> bool:
    """Say whether a set is older than it may be."""
    return one.moment is None or now.cloud - one.moment > goal.most_age


def kept(record: Migration, goal: Goal, now: Moment) -> Step | None:
    """End an instance that has its set."""
    return finish("protected", "protected")


# --- no set is there ------------------------------------------------------------------------------------------------


def nothing_under_way(record: Migration, goal: Goal, now: Moment) -> Step | None:
    """Refuse to take the way back from an attempt that may need it."""
    if not stands(record, *ACTIVE) or (stands(record, "started") and copied(record)):
        return None
    return under_way(record, "run the migration or the rollback to its end")


def sets_deleted(record: Migration, goal: Goal, now: Moment) -> Step | None:
    """Delete the points of no migration, and of those that were rolled back or committed."""
    return deleted(record, points_to_delete(record, goal), "unprotecting")


def points_to_delete(record: Migration, goal: Goal) -> tuple[Point, ...]:
    """Return the points whose label names this instance, but for those of a migration that is not committed.

    Those that the service itself took go only after a rollback that is proven, and where that is wanted; while there
    are works of others, they may be the way back of these.
    """
    known = record.view.tag
    needed = known.attempt if known and stands(record, "migrated") else 0
    own = (point for point, label in points_of(record) if label.attempt != needed)
    alone = len(own_works(record)) == len(record.view.works)
    return (*own, *(of_the_service(record, goal) if alone and _swept(record, goal) else ()))


def after_a_rollback(gate: Gate[View]) -> Gate[View]:
    """Return a gate of what also goes that a migration left which was rolled back, where that is wanted."""

    @wraps(gate)
    def passed(record: Migration, goal: Goal, now: Moment) -> Step | None:
        return gate(record, goal, now) if _swept(record, goal) else None

    return passed


def _swept(record: Migration, goal: Goal) -> bool:
    """Say whether to sweep up behind a rollback; one without a former system was of no migration."""
    return goal.delete_service_points and stands(record, "rolled_back") and bool(required(record.view.tag).source)


def former_os_runs(record: Migration, goal: Goal, now: Moment) -> Step | None:
    """Delete nothing before the guest is seen to run its former system: somebody may have migrated it since."""
    former = required(record.view.tag).source
    if guest_os(record) == former:
        return None
    return failing(
        "RollbackUnverified",
        f"The instance was rolled back to {former}, but its guest runs {guest_os(record)}: nothing was deleted.",
        "Look at the instance in the console: what is left may be the only way back of another migration.",
    )


def let_go(record: Migration, goal: Goal, now: Moment) -> Step | None:
    """End an instance that has no set but that of a migration."""
    return finish("unprotected", "unprotected")
