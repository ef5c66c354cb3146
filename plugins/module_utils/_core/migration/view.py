# Copyright (c) 2026 evergreen.os_migration contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What is seen of an instance that is to be migrated, and the questions about it that several gates ask."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from functools import cached_property
from typing import TypeAlias

from .. import paths, rules, tag
from ..goal import Goal, Offer
from ..model import (
    UNKNOWN,
    Account,
    Disk,
    Enrolment,
    Finding,
    Guest,
    Hop,
    Instance,
    Invocation,
    Point,
    Problem,
    Tag,
    Work,
    required,
)
from ..record import Moment, Record

#: States of the tag between the first and the last write of an attempt.
ACTIVE = ("started", "rolling_back", "restored")


@dataclass(frozen=True)
class View:
    """What was seen, and what was concluded from it.

    The first seven fields are aspects, each looked at on its own. ``before`` is the instance as it was before the
    attempt, ``asked`` when the guest was asked (epoch seconds), ``restored`` the disks that were put back in this run,
    ``enrolled_for`` the number of the hop for which an import was begun.
    """

    instance: Instance | None = None
    account: Account | None = None
    guest: Guest | None = None
    command: Invocation | None = None
    points: tuple[Point, ...] = ()
    works: tuple[Work, ...] = ()
    enrolment: Enrolment | None = None
    before: Instance | None = None
    asked: float = 0.0
    hops: tuple[Hop, ...] = ()
    hop: int = 0
    findings: tuple[Finding, ...] = ()
    restored: tuple[str, ...] = ()
    retried: bool = False
    enrolled_for: int = 0

    @cached_property
    def tag(self) -> Tag | None:
        """Return what the instance's own tag says, ``None`` where there is none."""
        return tag.from_tags(self.instance.tags) if self.instance else None


Migration: TypeAlias = Record[View]


def instance(record: Migration) -> Instance:
    """Return the instance's facts; every chain looks at them before anything else."""
    return required(record.view.instance)


def guest_os(record: Migration) -> str:
    """Return what the guest was seen to run."""
    return required(record.view.guest).os


def offer(record: Migration, goal: Goal) -> Offer:
    """Return what the instance's provider offers."""
    return goal.offer(record.item.provider)


def next_hop(record: Migration) -> Hop:
    """Return the hop that comes next."""
    return record.view.hops[record.view.hop]


def stands(record: Migration, *states: str) -> bool:
    """Say whether the tag's state is one of those named."""
    return record.view.tag is not None and record.view.tag.state in states


def in_flight(record: Migration) -> bool:
    """Say whether the instance is between its first and last write."""
    return not record.done and stands(record, *ACTIVE)


def restoring(record: Migration) -> bool:
    """Say whether a rollback of the instance is under way."""
    return stands(record, "rolling_back", "restored")


def active(record: Migration) -> bool:
    """Say whether an attempt to migrate the instance is under way."""
    return stands(record, "started")


def attempt(record: Migration) -> int:
    """Return the number of the attempt that is under way, or of the next one."""
    if record.view.tag is None:
        return 1
    return record.view.tag.attempt if record.view.tag.state in ACTIVE else record.view.tag.attempt + 1


def own_works(record: Migration, of_attempt: int | None = None) -> tuple[Work, ...]:
    """Return this collection's works for the hops of the instance, by hop; all attempts unless one is named."""
    placed = [(place, work) for work in record.view.works if (place := tag.work_place(work.name, record.id))]
    return tuple(work for place, work in sorted(placed, key=lambda pair: pair[0]) if of_attempt in (None, place[0]))


def work_of_hop(record: Migration) -> Work | None:
    """Return the attempt's work for the hop that comes next."""
    name = tag.work_name(record.id, attempt(record), record.view.hop + 1)
    return next((work for work in record.view.works if work.name == name), None)


def work_runs(record: Migration) -> bool:
    """Say whether a work that changes the instance runs."""
    return any(work.holds and work.status == "running" for work in record.view.works)


def protectable_disks(record: Migration) -> tuple[Disk, ...]:
    """Return the disks that can have points; that there are others stops a migration, unless it is waived."""
    return tuple(disk for disk in instance(record).disks if not disk.category.startswith(rules.LOCAL_DISKS))


def chosen_set(record: Migration, goal: Goal) -> tuple[Point, ...]:
    """Return the points to go back to, one per disk and all of the same moment; empty when there is no full set.

    A disk that was made from a point stands for the disk that the point was taken of, in its place or not yet.
    """
    made = replacements(record)
    stands_for = {work.outputs.get("disk"): disk_id for disk_id, work in made.items()}
    attached = (stands_for.get(disk.disk_id, disk.disk_id) for disk in protectable_disks(record))
    disks = tuple(dict.fromkeys((*attached, *made)))
    moments = _points_by_moment(record)
    full = [moments[label] for label in sorted(moments) if moments[label].keys() >= set(disks)]
    if not disks or not full:
        return ()
    chosen = full[-1 if goal.rollback_to == "hop" else 0]
    return tuple(chosen[disk] for disk in disks)


def _points_by_moment(record: Migration) -> dict[str, dict[str, Point]]:
    """Return the attempt's accomplished points by label and disk."""
    number = required(record.view.tag).attempt
    sets: dict[str, dict[str, Point]] = {}
    for point in record.view.points:
        if point.status == "accomplished" and tag.is_of_attempt(point.label, number):
            sets.setdefault(point.label, {})[point.disk_id] = point
    return sets


def replacements(record: Migration) -> dict[str, Work]:
    """Return the works that make a disk from one of the attempt's points, by the disk that is to be replaced."""
    if record.view.tag is None:
        return {}
    prefix = tag.made_name(record.id, record.view.tag.attempt, "disk-")
    return {work.name.removeprefix(prefix): work for work in record.view.works if work.name.startswith(prefix)}


def start(record: Migration, source: str) -> paths.Start:
    """Return where a plan from the OS ``source`` begins; what is only known of another OS does not count."""
    here, guest = instance(record), record.view.guest or Guest(UNKNOWN)
    seen = ((guest.os, guest.version, guest.edition), (here.os, here.os_version, here.os_edition))
    fitting = [words for os_id, *words in seen if os_id == source]
    return paths.Start(
        os=source,
        provider=here.provider,
        architecture=here.architecture,
        region=here.region,
        version=_first(version for version, _edition in fitting),
        edition=_first(edition for _version, edition in fitting),
        language=_first((guest.language, here.os_language)),
    )


def _first(words: Iterable[str]) -> str:
    """Return the first word that says something: the guest's own goes before the cloud's."""
    return next(filter(None, words), "")


def way(record: Migration, goal: Goal, source: str) -> tuple[Hop, ...] | Problem:
    """Return the hops from the OS ``source`` to the instance's target, or why there are none."""
    item = record.item
    return paths.plan(start(record, source), item.target, goal.paths, via=item.via, avoid=item.avoid)


def case(record: Migration, goal: Goal, now: Moment) -> rules.Case:
    """Return what the precheck rules look at; who only follows a work of somebody else needs nothing for his own."""
    view, offered = record.view, offer(record, goal)
    here = instance(record)
    hop = view.hops[view.hop] if view.hop < len(view.hops) else None
    seen = "works" in record.seen and not offered.follows
    return rules.Case(
        instance=here,
        guest=view.guest,
        hop=hop,
        path=paths.find(hop, goal.paths) if hop else None,
        works=view.works if seen else None,
        enrolment=view.enrolment if seen else None,
        can_enrol=here.os_type in offered.enrols,
        account=None if offered.follows else view.account,
        now=now.cloud,
        probed_at=view.asked,
        waivers=record.item.waivers,
        words=offered.words,
        most_tags=offered.most_tags,
    )
