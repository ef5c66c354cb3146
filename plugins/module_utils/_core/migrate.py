# Copyright (c) 2026 evergreen.os_migration contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Decisions on the way to the target: from the earlier attempt to the next hop's job."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from . import ledger as book
from . import paths, rules
from .model import Disk, Finding, Hop, Job, Problem, Record, Snapshot, known
from .position import (
    active,
    attempt,
    case,
    current_job,
    guest_os,
    instance,
    next_hop,
    overdue,
    own_jobs,
    protectable_disks,
    start,
)
from .shared import mark, stopped_by
from .step import Goal, Step, Verb, blocked, failing, finish


def earlier_attempt(record: Record, goal: Goal, now: float) -> Step | None:
    earlier = record.ledger
    if earlier is None:
        return None
    if earlier.state == book.UNREADABLE:
        return failing(
            "TagUnreadable",
            f"The instance's tag {book.TAG_KEY} holds a text that this collection did not write.",
            "Correct or remove the tag, after making sure that no migration of the instance is under way.",
        )
    if active(record) and earlier.target != record.item.target:
        return failing(
            "TargetChanged",
            f"A migration from {earlier.source} to {earlier.target} is under way, not to {record.item.target}.",
            f"Finish it with target {earlier.target}, or roll it back first.",
        )
    return None


def not_rolled_back_before(record: Record, goal: Goal, now: float) -> Step | None:
    earlier = record.ledger
    if earlier is None or earlier.state != "rolled_back" or earlier.target != record.item.target:
        return None
    if goal.retry:
        return None
    problem = Problem(
        "RolledBack",
        f"Attempt {earlier.attempt} from {earlier.source} to {earlier.target} was rolled back.",
        "Correct what was wrong, then run with retry true.",
    )
    return finish("rolled_back", problem=problem)


def snapshots_belong(record: Record, goal: Goal, now: float) -> Step | None:
    if record.ledger is not None or not any(snapshot.label for snapshot in record.snapshots or ()):
        return None
    return failing(
        "TagMissing",
        f"Snapshots of an earlier attempt exist, but the instance's tag {book.TAG_KEY} is gone.",
        "Restore the tag, or delete those snapshots if the attempt is over.",
    )


def job_followed(record: Record, goal: Goal, now: float) -> Step | None:
    job = current_job(record, goal)
    if job is None or job.status == "Finished":
        return None
    if job.status in _UNDER_WAY[goal.transport]:
        return _job_awaited(record, goal, now, job)
    if job.status == "Ready":
        return Step(Verb.START_JOB, "migrating", subject=job, event=f"started job {job.job_id}")
    if _may_restart(job, record, goal):
        return Step(Verb.START_JOB, "migrating", {"retried": True}, job, f"retried job {job.job_id}")
    return _job_failed(job)


def _job_failed(job: Job) -> Step:
    detail = ": ".join(part for part in (job.error_code, job.error_text) if part).rstrip(".") or "no reason given"
    return failing(
        "MigrationFailed",
        f"Job {job.job_id} ended as {job.status} at {job.progress:.0f} % ({detail}).",
        "Read the job's error in the SMC console, correct the cause, then run with retry true.",
    )


def _may_restart(job: Job, record: Record, goal: Goal) -> bool:
    return job.status in ("InError", "Stopped") and goal.retry and not record.retried and goal.transport == "api"


# Created is here because a killed run may have created *and* started the job: nothing is started before it was seen.
_UNDER_WAY = {"api": ("Created", "Running", "Waiting"), "watch": ("Created", "Ready", "Running", "Waiting")}


def _job_awaited(record: Record, goal: Goal, now: float, job: Job) -> Step:
    if record.state == "migrating" and overdue(record, goal, now):
        return failing(
            "JobStuck",
            f"Job {job.job_id} is still {job.status} at {job.progress:.0f} % after {goal.hop_timeout:.0f} s.",
            "Look at the job in the SMC console; a later run goes on following it.",
        )
    return Step(Verb.CONFIRM_JOB if job.status == "Created" else Verb.POLL_JOB, "migrating", subject=job)


def arrived(record: Record, goal: Goal, now: float) -> Step | None:
    if guest_os(record) != record.item.target:
        return None
    if active(record):
        return mark(record, "migrated", "verifying")
    return finish("migrated", "verified", findings=(*record.findings, *_kept(record)), hop=len(record.hops))


def _kept(record: Record) -> tuple[Finding, ...]:
    """Return a warning for each thing that the migration should have kept and did not."""
    before, after = record.before, instance(record)
    if before is None:
        return ()
    pairs = {
        "hostname": (before.hostname, after.hostname),
        "private_addresses": (before.private_addresses, after.private_addresses),
        "public_addresses": (before.public_addresses, after.public_addresses),
        "disks": ({d.disk_id for d in before.disks}, {d.disk_id for d in after.disks}),
    }
    return tuple(
        Finding(
            f"verify.{name}_changed",
            rules.WARNING,
            f"The instance's {name.replace('_', ' ')} changed during the migration.",
            f"before {old}, after {new}",
            "Check what depends on the former value.",
        )
        for name, (old, new) in pairs.items()
        if old != new
    )


def planned(record: Record, goal: Goal, now: float) -> Step | None:
    if record.hops:
        return None
    source = known(record.ledger).source if active(record) else guest_os(record)
    hops = way(record, goal, source)
    if isinstance(hops, Problem):
        return blocked(hops)
    return Step(Verb.NOTE, record.state, {"hops": hops}) if hops else _off_the_path(record, (source,))


def way(record: Record, goal: Goal, source: str) -> tuple[Hop, ...] | Problem:
    """Return the hops from the OS ``source`` to the instance's target, or why there are none."""
    item = record.item
    return paths.plan(start(record, source), item.target, goal.paths, via=item.via, avoid=item.avoid)


def placed(record: Record, goal: Goal, now: float) -> Step | None:
    """Find out which hop comes next: the one that leaves the OS that the guest runs."""
    places = tuple(hop.source for hop in record.hops)
    if guest_os(record) not in places:
        return _off_the_path(record, places)
    hop = places.index(guest_os(record))
    return Step(Verb.NOTE, record.state, {"hop": hop}) if hop != record.hop else None


def _off_the_path(record: Record, places: Sequence[str]) -> Step:
    return failing(
        "UnexpectedOs",
        f"The guest runs {guest_os(record)}, which is not on the path {' -> '.join(places)}.",
        "Find out who changed the guest; roll back, or remove the instance's tag and plan anew.",
    )


def hop_not_refuted(record: Record, goal: Goal, now: float) -> Step | None:
    """Catch a job that says it finished while the guest still runs the OS that it should have left."""
    name = book.job_name(record.item.instance_id, attempt(record), record.hop + 1)
    if not any(job.name == name and job.status == "Finished" for job in record.jobs or ()):
        return None
    return failing(
        "VerifyFailed",
        f"The job of hop {record.hop + 1} finished, but the guest still runs {next_hop(record).source}.",
        "Look at the guest and at the job's log; roll back, or run again when the guest is right.",
    )


def guest_allows(record: Record, goal: Goal, now: float) -> Step | None:
    found = rules.examine(case(record, goal, now))
    if active(record):
        found = tuple(finding for finding in found if finding.id not in _OWN_DOING)
    noted = Step(Verb.NOTE, record.state, {"findings": found}) if found != record.findings else None
    return stopped_by(found) or noted


#: An attempt under way causes these itself: its own snapshots, jobs and reboots.
_OWN_DOING = frozenset(
    (
        "instance.snapshot_in_progress",
        "disk.not_in_use",
        "disk.snapshot_quota",
        "job.unfinished",
        "source.not_imported",
    )
)


def marked(record: Record, goal: Goal, now: float) -> Step | None:
    if active(record):
        return None
    if now - record.seen_at > _FRESH:
        return Step(Verb.DESCRIBE, record.state, {"seen_at": now})
    return mark(record, "started", "queued", retried=True)


# Seconds: who has queued for longer is looked at again before it is let in.
_FRESH = 600


def protected(record: Record, goal: Goal, now: float) -> Step | None:
    if goal.rollback_to == "start" and record.hop > 0:
        return None
    by_status = _snapshots_of_hop(record)
    failed = by_status.get("failed", [])
    if len(failed) >= _SNAPSHOT_TRIES:
        return failing(
            "SnapshotFailed",
            f"Snapshots failed again and again: {', '.join(snapshot.snapshot_id for snapshot in failed)}.",
            "Look at the disks and the snapshot service, delete the failed snapshots, then run again.",
        )
    missing = _unprotected_disks(record, by_status)
    if missing:
        return Step(Verb.SNAPSHOT, "protecting", subject=missing, event=f"snapshots started: {len(missing)}")
    return _snapshots_awaited(record, goal, now) if "progressing" in by_status else None


def _unprotected_disks(record: Record, by_status: Mapping[str, Sequence[Snapshot]]) -> tuple[Disk, ...]:
    safe = {snapshot.disk_id for status in ("progressing", "accomplished") for snapshot in by_status.get(status, ())}
    return tuple(disk for disk in protectable_disks(record) if disk.disk_id not in safe)


def _snapshots_of_hop(record: Record) -> dict[str, list[Snapshot]]:
    """Return this hop's snapshots by status."""
    label = book.snapshot_label(attempt(record), record.hop + 1)
    by_status: dict[str, list[Snapshot]] = {}
    for snapshot in record.snapshots or ():
        if snapshot.label == label:
            by_status.setdefault(snapshot.status, []).append(snapshot)
    return by_status


_SNAPSHOT_TRIES = 3


def _snapshots_awaited(record: Record, goal: Goal, now: float) -> Step:
    if record.state == "protecting" and overdue(record, goal, now):
        return failing(
            "SnapshotTimeout",
            f"The snapshots were not accomplished within {goal.hop_timeout:.0f} s; the migration was not started.",
            "Look at the snapshots in the console, then run again: the next run goes on here.",
        )
    return Step(Verb.POLL_SNAPSHOTS, "protecting")


def former_jobs_deleted(record: Record, goal: Goal, now: float) -> Step | None:
    former = tuple(
        job
        for job in own_jobs(record)
        if job.status in rules.UNFINISHED and (book.job_place(job.name) or (0, 0))[0] < attempt(record)
    )
    if not former:
        return None
    return Step(Verb.DELETE_JOBS, "importing", subject=former, event="deleted the former attempt's job")


def source_ready(record: Record, goal: Goal, now: float) -> Step | None:
    if record.source is not None and record.source.state == "Available":
        return None
    if _to_be_imported(record, goal):
        return Step(Verb.IMPORT, "importing", event="began the import as a migration source")
    if record.source is None:
        return _source_missing()
    if record.state == "importing" and overdue(record, goal, now):
        return failing(
            "SourceUnavailable",
            f"The migration source {record.source.source_id} stayed {record.source.state}.",
            "Look at the source in the SMC console (its client must be online), then run again.",
        )
    return Step(Verb.POLL_SOURCE, "importing")


def _source_missing() -> Step:
    """Tell an attempt that is resumed without the import command it was started with; rules stop a new one earlier."""
    return failing(
        "SourceMissing",
        "The attempt is under way, but the instance is no migration source and there is no import command.",
        "Set smc.import_command for its operating system, or import it in the SMC console, then run again.",
    )


def _to_be_imported(record: Record, goal: Goal) -> bool:
    """Say whether an import may help; it is done once per hop, because a hop can take the client away."""
    offline = record.source is None or record.source.state == "Unavailable"
    return offline and record.imported_for != record.hop + 1 and instance(record).os_type in goal.importable


def job_created(record: Record, goal: Goal, now: float) -> Step | None:
    hop = next_hop(record)
    return Step(Verb.CREATE_JOB, "migrating", subject=hop, event=f"created the job {hop.source} -> {hop.target}")


def watched_job_exists(record: Record, goal: Goal, now: float) -> Step | None:
    if goal.transport == "api":
        return None
    hop = next_hop(record)
    return failing(
        "JobNotStarted",
        f"No OS migration job from {hop.source} to {hop.target} is under way for the instance.",
        "Start it in the SMC console and run again, or use transport api.",
    )
