# Copyright (c) 2026 evergreen.os_migration contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What is seen of an instance that is to be migrated, and the questions about it that several gates ask."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from typing import TypeAlias

from .. import paths, rules, tag
from ..before import Before
from ..contents import Contents
from ..drilled import Cost, Drilled
from ..goal import Goal, Offer
from ..hooks import Ran, Sent
from ..model import (
    UNKNOWN,
    Account,
    CommandResult,
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
from ..proof import Proof
from ..record import Moment, Record

#: States of the tag between the first and the last write of an attempt.
ACTIVE = ("started", "rolling_back", "restored")
#: How works end without success.
ENDED_BADLY = ("failed", "stopped", "gone")


@dataclass(frozen=True)
class View:
    """What was seen, and what was concluded from it.

    The first seven fields are aspects, each looked at on its own. ``before`` is the instance as it was before the
    attempt, ``was`` what of it and of its guest tells later what has changed, ``former`` what the guest consisted of,
    ``proof`` what the comparison with it came to, ``doubt`` why the guest is not proven to be migrated yet. ``asked``
    is when the guest was asked (epoch seconds), ``restored`` are the disks that were put back in this run,
    ``enrolled_for`` is the number of the hop for which an import was begun, ``imports`` how often it was,
    ``imported_at`` when, in ticks, ``import_again`` that another one may help, and ``restart_code`` the exit code by
    which an import has the guest restarted.

    What this run has done: ``begun`` is the attempt that it began or found to be this instance's, ``sets`` the numbers
    of the sets that it began, of which the last ``wasted`` did not become complete; ``renewed`` is the hop and try that
    it took a newer one for, ``told`` those of which it told that this is old too. ``turned`` says that it began the
    rollback, ``stopping`` since when the instance is being stopped for it, in ticks, ``forced`` that the stop
    was forced, ``stuck`` that the rollback cannot go on. ``lost_since`` is the moment that disks were put back to, and
    ``unsettled`` when works were deleted whose service may put disks back, in ticks. ``gone`` are the points that were
    deleted, ``opens`` is when the maintenance window opens that the rest is left for. ``hook`` is the hook that was
    sent, ``said`` its result until it is judged, and ``hooks`` are those that are over. ``first_hop`` is how many hops
    were done when this run came to the attempt. ``drill`` is a drill of the service that is over, and
    ``drilled`` what came of it. ``copies`` is what was made for drills on clones, ``room`` why the cloud would make no
    clone, ``cost`` what one takes, ``clone_since`` when that was said, by the cloud's clock, ``claimed`` that no other
    run worked for the original then, ``deleting`` what was told of what is being deleted, and ``deleted_at`` when it
    was asked for last, in ticks. ``holders`` says by disk which instance has it, of the points of one that is gone.
    """

    instance: Instance | None = None
    account: Account | None = None
    guest: Guest | None = None
    command: Invocation | None = None
    points: tuple[Point, ...] = ()
    works: tuple[Work, ...] = ()
    enrolment: Enrolment | None = None
    before: Instance | None = None
    was: Before = field(default_factory=dict)
    former: Contents = field(default_factory=Contents)
    proof: Proof | None = None
    doubt: str = ""
    asked: float = 0.0
    hops: tuple[Hop, ...] = ()
    hop: int = 0
    findings: tuple[Finding, ...] = ()
    restored: tuple[str, ...] = ()
    retried: bool = False
    enrolled_for: int = 0
    imports: int = 0
    imported_at: float = 0.0
    import_again: bool = False
    restart_code: int | None = None
    begun: int = 0
    sets: tuple[int, ...] = ()
    renewed: tuple[int, int] = (0, 0)
    told: tuple[int, int] = (0, 0)
    wasted: int = 0
    turned: bool = False
    stopping: float | None = None
    forced: bool = False
    stuck: bool = False
    lost_since: str = ""
    unsettled: float | None = None
    gone: tuple[Point, ...] = ()
    opens: str = ""
    hook: Sent | None = None
    said: CommandResult | None = None
    hooks: tuple[Ran, ...] = ()
    first_hop: int | None = None
    drill: Work | None = None
    drilled: Drilled | None = None
    copies: tuple[Work, ...] = ()
    room: Problem | None = None
    cost: Cost | None = None
    clone_since: float = 0.0
    claimed: bool = False
    deleting: tuple[str, ...] = ()
    deleted_at: float = 0.0
    holders: Mapping[str, str] = field(default_factory=dict)

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


def method(record: Migration, goal: Goal) -> str:
    """Return the method of the hop: that of the attempt, else the wanted one; nothing where none is offered.

    Until a hop is placed it is one of the provider's first service.
    """
    methods, view = offer(record, goal).methods, record.view
    service = view.hops[view.hop].service if view.hop < len(view.hops) else next(iter(methods), "")
    return _chosen(methods.get(service, ()), view.tag.by if view.tag and active(record) else "")


def way_back(record: Migration, goal: Goal) -> str:
    """Return the way back: that of the attempt, else the wanted one; nothing where none is offered."""
    return _chosen(offer(record, goal).back, record.view.tag.back if record.view.tag else "")


def _chosen(names: tuple[str, ...], word: str) -> str:
    return next((name for name in names if tag.word(name) == word), next(iter(names), ""))


def next_hop(record: Migration) -> Hop:
    """Return the hop that comes next."""
    return record.view.hops[record.view.hop]


def stands(record: Migration, *states: str) -> bool:
    """Say whether the tag's state is one of those named."""
    return record.view.tag is not None and record.view.tag.state in states


def written_by_this_run(record: Migration, goal: Goal) -> bool:
    """Say whether this run wrote the tag last, also where no answer told it so."""
    return record.view.tag is not None and goal.run != "" and record.view.tag.run == goal.run


def in_flight(record: Migration) -> bool:
    """Say whether the instance is between its first and last write."""
    return not record.done and (stands(record, *ACTIVE) or any(work in running(record) for work in drill_works(record)))


def restoring(record: Migration) -> bool:
    """Say whether a rollback of the instance is under way."""
    return stands(record, "rolling_back", "restored")


def active(record: Migration) -> bool:
    """Say whether an attempt to migrate the instance is under way."""
    return stands(record, "started") and not copied(record)


def copied(record: Migration) -> bool:
    """Say whether the tag is of an attempt that did nothing to this instance, or of another instance's."""
    number = required(record.view.tag).attempt
    seen = "points" in record.seen and "works" in record.seen
    return seen and record.view.begun != number and number not in traces(record)


def traces(record: Migration) -> frozenset[int]:
    """Return the attempts that left something of this instance: a point, or a work."""
    labels = (label.attempt for _point, label in points_of(record))
    names = (tag.attempt_of(work.name, record.id) for work in record.view.works)
    return frozenset((*labels, *filter(None, names)))


def attempt(record: Migration) -> int:
    """Return the number of the attempt that is under way, or of the next one, which no attempt had before."""
    known = record.view.tag
    if known is None or not stands(record, *ACTIVE) or (known.state == "started" and copied(record)):
        return max((known.attempt if known else 0, *traces(record))) + 1
    return known.attempt


def points_of(record: Migration) -> tuple[tuple[Point, tag.Label], ...]:
    """Return the points whose label names the instance; one of the version before is of a disk that it has."""
    read = ((point, tag.read_label(point.label)) for point in record.view.points)
    disks = own_disks(record)
    return tuple(
        (point, label)
        for point, label in read
        if label and (label.of == record.id or (not label.of and point.disk_id in disks))
    )


def own_disks(record: Migration) -> frozenset[str]:
    """Return the ids of the disks that the instance has, and had before disks were replaced."""
    return frozenset((*(disk.disk_id for disk in instance(record).disks), *remade(record)))


def own_works(record: Migration, of_attempt: int | None = None) -> tuple[Work, ...]:
    """Return this collection's works for the hops of the instance, by hop; all attempts unless one is named."""
    placed = [(place, work) for work in record.view.works if (place := _own_place(record, work))]
    placed.sort(key=lambda pair: pair[0])
    return tuple(work for place, work in placed if of_attempt in (None, place.attempt))


def _own_place(record: Migration, work: Work) -> tag.WorkPlace | None:
    return tag.work_place(work.name, record.id)


def drill_works(record: Migration) -> tuple[Work, ...]:
    """Return the works by which the service drills a migration of the instance, of any run of this collection."""
    return tuple(work for work in record.view.works if tag.is_drill_work(work.name, record.id))


def current_works(record: Migration) -> tuple[Work, ...]:
    """Return the works of the attempt that is under way by hop, of each hop the newest.

    One that ended badly is not counted once another try has been begun.
    """
    newest: dict[int, Work] = {}
    for work in own_works(record, attempt(record)):
        newest[required(_own_place(record, work)).hop] = work
    return tuple(work for work in newest.values() if not superseded(record, work))


def superseded(record: Migration, work: Work) -> bool:
    """Say whether a work of the attempt ended badly before the try that is under way."""
    tried = required(_own_place(record, work)).tried
    return work.status in ENDED_BADLY and tried < required(record.view.tag).tries


def work_of_hop(record: Migration) -> Work | None:
    """Return the attempt's work for the hop that comes next."""
    hop = record.view.hop + 1
    return next((work for work in current_works(record) if required(_own_place(record, work)).hop == hop), None)


def work_runs(record: Migration) -> bool:
    """Say whether a work that changes the instance runs."""
    return bool(running(record))


def running(record: Migration) -> tuple[Work, ...]:
    """Return the works that run and change the instance; one that was ordered and not seen yet may do so."""
    return tuple(
        work
        for work in record.view.works
        if work.holds and (work.status == "running" or (work.status == "made" and not work.said))
    )


def protectable_disks(record: Migration) -> tuple[Disk, ...]:
    """Return the disks that can have points; that there are others stops a migration, unless it is waived."""
    return tuple(disk for disk in instance(record).disks if not disk.category.startswith(rules.LOCAL_DISKS))


def remade(record: Migration) -> dict[str, tuple[Work, ...]]:
    """Return the works that make a disk from one of the attempt's points, by the disk that is to be replaced."""
    found: dict[str, tuple[Work, ...]] = {}
    number = record.view.tag.attempt if record.view.tag else 0
    for work in sorted(record.view.works, key=lambda work: (len(work.name), work.name)):
        disk_id = tag.replaced_disk(work.name, record.id, number)
        if disk_id:
            found[disk_id] = (*found.get(disk_id, ()), work)
    return found


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
        awaits=offered.awaits,
        account=None if offered.follows else view.account,
        now=now.cloud,
        probed_at=view.asked,
        waivers=record.item.waivers,
        words=offered.words,
        most_tags=offered.most_tags,
        in_drill=bool(record.item.clone_of),
    )
