# Copyright (c) 2026 evergreen.os_migration contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Questions about the sets of an attempt: the points of one moment, and whether the instance has served since."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from itertools import accumulate

from .. import tag
from ..goal import Goal
from ..model import Disk, Point, Work, required
from ..record import Moment, epoch
from .view import Migration, points_of, protectable_disks, remade, stands

#: Points that were begun further apart than this, in seconds, are not of one moment.
ONE_MOMENT = 600.0


@dataclass(frozen=True)
class Set:
    """The points under one number. ``moment`` is that of the last of them, in epoch seconds."""

    number: int
    points: Mapping[str, Point] = field(default_factory=dict)
    moment: float | None = None

    @property
    def text(self) -> str:
        """Return the set's moment for people: the time of its earliest point, as the cloud gave it."""
        return min((point.created for point in self.points.values()), default="")


def sets(record: Migration) -> tuple[Set, ...]:
    """Return the sets of the tag's attempt by number, whether they are complete or not."""
    found: dict[int, dict[str, Point]] = {}
    number = required(record.view.tag).attempt
    newest_first = sorted(points_of(record), key=lambda one: one[0].created, reverse=True)
    for point, label in sorted(newest_first, key=lambda one: one[0].status == "accomplished"):
        if label.attempt == number:
            found.setdefault(label.set, {})[point.disk_id] = point  # the earliest good one of a disk stays
    return tuple(Set(one, found[one], _moment(found[one].values())) for one in sorted(found))


def _moment(points: Iterable[Point]) -> float | None:
    """Return the moment of points that are of one."""
    times = [epoch(point.created) for point in points]
    known = [time for time in times if time is not None]
    return max(known) if len(known) == len(times) and max(known) - min(known) <= ONE_MOMENT else None


def within_one_moment(points: Iterable[Point], last: float | None) -> bool:
    """Say whether points may be of one moment, with what is taken at ``last``; what was not seen yet is told later."""
    times = [epoch(point.created) for point in points if point.created]
    known = [time for time in (*times, last) if time is not None]
    return None not in times and (not known or max(known) - min(known) <= ONE_MOMENT)


def lacks_of_group(points: Iterable[Point], missing: Iterable[Disk]) -> bool:
    """Say whether disks are missing in a group, to which nothing can be added: a set is taken one way."""
    return any(missing) and any(point.group for point in points)


def complete(record: Migration, one: Set) -> bool:
    """Say whether a set can be gone back to: every disk has a point in it, all accomplished and of one moment.

    A disk that was made from a point stands for the disk that the point was taken of, in its place or not yet.
    """
    good = {disk for disk, point in one.points.items() if point.status == "accomplished"}
    wanted = disks_wanted(record)
    return one.moment is not None and bool(wanted) and good >= set(wanted)


def disks_wanted(record: Migration) -> tuple[str, ...]:
    """Return the ids of the disks that a set has to hold."""
    made = remade(record)
    stands_for = {work.outputs.get("disk"): disk_id for disk_id, works in made.items() for work in works}
    attached = (stands_for.get(disk.disk_id, disk.disk_id) for disk in protectable_disks(record))
    return tuple(dict.fromkeys((*attached, *made)))


def chosen(record: Migration, goal: Goal) -> Set | None:
    """Return the set to go back to: the attempt's first complete one, which serves all its hops, or the last.

    Of sets that no migration took, the last is what was wanted last.
    """
    found = [one for one in sets(record) if complete(record, one)]
    if goal.rollback_to == "hop" or stands(record, tag.PROTECTED):
        return found[-1] if found else None
    start = required(record.view.tag).start
    return next((one for one in found if one.number >= start), None)


def number_of_set(record: Migration) -> int:
    """Return the number of the set that was begun last; a tag of the version before does not tell it."""
    found = sets(record)
    return max(required(record.view.tag).sets, found[-1].number if found else 0)


def work_over(record: Migration) -> float | None:
    """Return when the last work that held the instance ended, as far as works are known."""
    return max((span[1] for span in _spans(record)), default=None)


def served(record: Migration, one: Set, goal: Goal, now: Moment) -> bool:
    """Say whether the instance may have served since a set: for longer than a set is valid nothing held it.

    What was written between a set and the work that it was taken for is told, and does not count.
    """
    if one.moment is None:
        return True
    held = [span for span in _spans(record) if span[1] > one.moment]
    if held and not _followed_by_another(record, one, held[0][0]):
        held[0] = (one.moment, held[0][1])
    held = sorted((*held, *hooks_at_work(record, one.moment)))
    ends = accumulate((ended for _began, ended in held), max, initial=one.moment)
    begins = (*(began for began, _ended in held), now.cloud)
    return any(began - ended > goal.set_valid for began, ended in zip(begins, ends, strict=True))


def hooks_at_work(record: Migration, since: float) -> list[tuple[float, float]]:
    """Return when hooks of this run were at work, by the cloud's clock: the instance does not serve meanwhile."""
    return [(ran.began, ran.ended) for ran in record.view.hooks if ran.began and ran.ended > since]


def _followed_by_another(record: Migration, one: Set, before: float) -> bool:
    later = (other.moment for other in sets(record) if other.number > one.number)
    return any(moment < before for moment in later if moment is not None)


def _spans(record: Migration) -> list[tuple[float, float]]:
    """Return when works that hold the instance began and ended; one that did not end is no end."""
    held = (work for work in record.view.works if work.holds and _has_begun(work))
    spans = ((epoch(work.began), epoch(work.ended)) for work in held)
    return sorted((began, ended) for began, ended in spans if began is not None and ended is not None)


def _has_begun(work: Work) -> bool:
    return work.status in ("done", "failed", "stopped")
