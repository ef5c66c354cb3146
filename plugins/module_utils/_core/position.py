# Copyright (c) 2026 evergreen.os_migration contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Where an instance stands: questions about a record that several decisions ask."""

from __future__ import annotations

from collections.abc import Iterable

from . import ledger as book
from . import paths, rules
from .model import UNKNOWN, Disk, Guest, Hop, Instance, Job, Record, Snapshot, known
from .step import Goal

#: Ledger states between the first and the last write of an attempt.
ACTIVE = ("started", "rolling_back", "restored")


def instance(record: Record) -> Instance:
    """Return the instance's facts; decide() looks at them before anything else."""
    return known(record.instance)


def guest_os(record: Record) -> str:
    """Return what the guest was seen to run."""
    return known(record.guest).os


def answers(record: Record) -> bool:
    """Say whether a script can be run in the guest now."""
    here = instance(record)
    return here.status == "Running" and here.agent.online


def next_hop(record: Record) -> Hop:
    """Return the hop that comes next."""
    return record.hops[record.hop]


def stands(record: Record, *states: str) -> bool:
    """Say whether the ledger's state is one of those named."""
    return record.ledger is not None and record.ledger.state in states


def in_flight(record: Record) -> bool:
    """Say whether the record's instance is between its first and last write."""
    return not record.done and stands(record, *ACTIVE)


def restoring(record: Record) -> bool:
    """Say whether a rollback of the instance is under way."""
    return stands(record, "rolling_back", "restored")


def active(record: Record) -> bool:
    """Say whether an attempt to migrate the instance is under way."""
    return stands(record, "started")


def attempt(record: Record) -> int:
    """Return the number of the attempt that is under way, or of the next one."""
    if record.ledger is None:
        return 1
    return record.ledger.attempt if record.ledger.state in ACTIVE else record.ledger.attempt + 1


def own_jobs(record: Record, of_attempt: int | None = None) -> tuple[Job, ...]:
    """Return this collection's jobs for the instance, by hop; all attempts unless one is named."""
    placed = [(place, job) for job in record.jobs or () if (place := book.job_place(job.name))]
    return tuple(job for place, job in sorted(placed, key=lambda pair: pair[0]) if of_attempt in (None, place[0]))


def current_job(record: Record, goal: Goal) -> Job | None:
    """Return the job to follow: the newest of this attempt, or in watch mode the newest unfinished one."""
    if goal.transport == "watch":
        live = [job for job in record.jobs or () if job.status in rules.UNFINISHED]
        return max(live, key=lambda job: job.created, default=None)
    mine = own_jobs(record, attempt(record)) if active(record) else ()
    return mine[-1] if mine else None


def protectable_disks(record: Record) -> tuple[Disk, ...]:
    """Return the disks that can have snapshots; that there are others stops a migration, unless it is waived."""
    return tuple(disk for disk in instance(record).disks if not disk.category.startswith(rules.LOCAL_DISKS))


def restore_set(record: Record, goal: Goal) -> tuple[Snapshot, ...]:
    """Return the snapshots to go back to, one per disk and all of the same moment; empty when there is no full set."""
    disks = [disk.disk_id for disk in protectable_disks(record)]
    moments = _snapshots_by_moment(record)
    full = [moments[label] for label in sorted(moments) if moments[label].keys() >= set(disks)]
    if not disks or not full:
        return ()
    chosen = full[-1 if goal.rollback_to == "hop" else 0]
    return tuple(chosen[disk] for disk in disks)


def _snapshots_by_moment(record: Record) -> dict[str, dict[str, Snapshot]]:
    """Return the attempt's accomplished snapshots by label and disk."""
    of_attempt = f"attempt={known(record.ledger).attempt} "
    sets: dict[str, dict[str, Snapshot]] = {}
    for snapshot in record.snapshots or ():
        if snapshot.status == "accomplished" and snapshot.label.startswith(of_attempt):
            sets.setdefault(snapshot.label, {})[snapshot.disk_id] = snapshot
    return sets


def job_runs(record: Record) -> bool:
    """Say whether a migration job of the instance runs."""
    return any(job.status in ("Running", "Waiting") for job in record.jobs or ())


def overdue(record: Record, goal: Goal, now: float) -> bool:
    """Say whether the instance has been in its state for longer than a hop may take."""
    return record.waiting_since > 0 and now - record.waiting_since > goal.hop_timeout


def start(record: Record, source: str) -> paths.Start:
    """Return where a plan from the OS ``source`` begins; what is only known of another OS does not count."""
    here, guest = instance(record), record.guest or Guest(UNKNOWN)
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


def case(record: Record, goal: Goal, now: float) -> rules.Case:
    """Return what the precheck rules look at."""
    here = instance(record)
    watching = goal.transport == "watch"
    hop = record.hops[record.hop] if record.hop < len(record.hops) else None
    return rules.Case(
        instance=here,
        guest=record.guest,
        hop=hop,
        path=paths.find(hop, goal.paths) if hop else None,
        jobs=None if watching else record.jobs,
        has_source=None if watching or record.jobs is None else record.source is not None,
        can_import=here.os_type in goal.importable,
        account=None if watching else record.account,
        now=now,
        probed_at=record.probed_at,
        waivers=record.item.waivers,
    )
