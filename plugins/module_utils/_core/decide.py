# Copyright (c) 2026 evergreen.os_migration contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""(what is known of an instance, what is wanted) -> the one next step.

Pure: no clock, no network, no Ansible. Each wanted state is a chain of small rules; the first that finds something
missing names the step. The same function drives a first run, a resumed run, check mode and the report, which is why
a killed controller loses nothing: the next one looks again and arrives at the same step.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from enum import Enum
from typing import Any

from . import ledger as book
from . import paths, rules
from .catalog import is_known
from .model import Guest, Hop, Instance, Job, Ledger, Problem, Record, Snapshot


class Kind(Enum):
    """How a step touches the cloud; check mode lets only LOCAL and READ through."""

    LOCAL = "local"
    READ = "read"
    POLL = "poll"
    WRITE = "write"


class Verb(Enum):
    """Every step there is."""

    NOTE = "note", Kind.LOCAL
    FINISH = "finish", Kind.LOCAL
    FAIL = "fail", Kind.LOCAL
    DESCRIBE = "describe", Kind.READ
    FIND_MIGRATION = "find_migration", Kind.READ
    FIND_SNAPSHOTS = "find_snapshots", Kind.READ
    POLL_INSTANCE = "poll_instance", Kind.POLL
    POLL_COMMAND = "poll_command", Kind.POLL
    POLL_SNAPSHOTS = "poll_snapshots", Kind.POLL
    POLL_SOURCE = "poll_source", Kind.POLL
    POLL_JOB = "poll_job", Kind.POLL
    PROBE = "probe", Kind.WRITE
    RUN_SCRIPT = "run_script", Kind.WRITE
    IMPORT = "import", Kind.WRITE
    MARK = "mark", Kind.WRITE
    SNAPSHOT = "snapshot", Kind.WRITE
    DELETE_SNAPSHOTS = "delete_snapshots", Kind.WRITE
    CREATE_JOB = "create_job", Kind.WRITE
    START_JOB = "start_job", Kind.WRITE
    DELETE_JOBS = "delete_jobs", Kind.WRITE
    STOP = "stop", Kind.WRITE
    START = "start", Kind.WRITE
    RESET_DISKS = "reset_disks", Kind.WRITE

    @property
    def kind(self) -> Kind:
        """Return how this step touches the cloud."""
        return self.value[1]


@dataclass(frozen=True)
class Goal:
    """What the user wants for every instance of a call. Times in seconds."""

    state: str = "migrated"
    transport: str = "api"
    on_failure: str = "keep"
    rollback_to: str = "start"
    retry: bool = False
    waive: tuple[str, ...] = ()
    hop_timeout: float = 7200
    importable: frozenset[str] = frozenset()
    delete_service_snapshots: bool = False
    shell: str = "sh"


@dataclass(frozen=True)
class Step:
    """The next step of one instance.

    ``state`` is what the instance is doing meanwhile, ``changes`` what the record learns from the decision itself,
    ``subject`` what the step works on, ``event`` the line for the timeline.
    """

    verb: Verb
    state: str
    changes: Mapping[str, Any] = field(default_factory=dict)
    subject: Any = None
    event: str = ""


Rule = Callable[[Record, Goal, float], "Step | None"]


def decide(record: Record, goal: Goal, now: float) -> Step:
    """Return the next step for ``record``; ``now`` is in seconds on the clock that stamped the record."""
    if record.command is not None:
        return Step(Verb.POLL_COMMAND, record.state)
    if record.instance is None:
        return Step(Verb.DESCRIBE, "pending")
    for rule in _CHAINS[_chain(record, goal)]:
        step = rule(record, goal, now)
        if step is not None:
            return step
    raise AssertionError(f"no rule of the chain {_chain(record, goal)} ends it")  # a bug in the chains below


def fail(record: Record, problem: Problem) -> Record:
    """Return the record after ``problem``; a migration's own failure may still be answered with a rollback."""
    final = record.instance is None or record.problem is not None or _restoring(record)
    first = record.problem or problem
    return record.with_(
        problem=problem if _restoring(record) else first,
        done=final,
        state="failed" if final else record.state,
    )


def predict(record: Record, step: Step) -> Record:
    """Return the record as check mode leaves it where ``step`` would have touched the cloud."""
    assert record.instance is not None
    if step.verb is Verb.PROBE:
        return record.with_(guest=Guest(record.instance.os, probed=False))
    return record.with_(state="planned", done=True, changed=step.verb.kind is Kind.WRITE)


def is_admission(step: Step) -> bool:
    """Say whether ``step`` would make a waiting instance one more in flight."""
    return step.verb is Verb.MARK and step.subject.state == "started"


def in_flight(record: Record) -> bool:
    """Say whether the record's instance is between its first and last write."""
    return not record.done and record.ledger is not None and record.ledger.state in _ACTIVE


_ACTIVE = ("started", "rolling_back", "restored")


def _chain(record: Record, goal: Goal) -> str:
    if goal.state in ("migrated", "rolled_back") and _restoring(record):
        return "restore"
    if record.problem is not None:
        return "failed"
    return goal.state


def _restoring(record: Record) -> bool:
    return record.ledger is not None and record.ledger.state in ("rolling_back", "restored")


def _active(record: Record) -> bool:
    return record.ledger is not None and record.ledger.state == "started"


def attempt(record: Record) -> int:
    """Return the number of the attempt that is under way, or of the next one."""
    if record.ledger is None:
        return 1
    return record.ledger.attempt if record.ledger.state in _ACTIVE else record.ledger.attempt + 1


def own_jobs(record: Record, of_attempt: int | None = None) -> tuple[Job, ...]:
    """Return this collection's jobs for the instance, by hop; all attempts unless one is named."""
    placed = [(place, job) for job in record.jobs or () if (place := book.job_place(job.name))]
    return tuple(job for place, job in sorted(placed, key=lambda pair: pair[0]) if of_attempt in (None, place[0]))


def current_job(record: Record, goal: Goal) -> Job | None:
    """Return the job to follow: the newest of this attempt, or in watch mode the newest unfinished one."""
    if goal.transport == "watch":
        live = [job for job in record.jobs or () if job.status in rules.UNFINISHED]
        return max(live, key=lambda job: job.created, default=None)
    mine = own_jobs(record, attempt(record)) if _active(record) else ()
    return mine[-1] if mine else None


def restore_set(record: Record, goal: Goal) -> tuple[Snapshot, ...]:
    """Return the snapshots to go back to, one per disk and all of the same moment; empty when there is no full set."""
    assert record.instance is not None and record.ledger is not None
    disks = {disk.disk_id for disk in record.instance.disks}
    sets: dict[str, dict[str, Snapshot]] = {}
    for snapshot in record.snapshots or ():
        if snapshot.status == "accomplished" and snapshot.label.startswith(f"attempt={record.ledger.attempt} "):
            sets.setdefault(snapshot.label, {})[snapshot.disk_id] = snapshot
    full = sorted(label for label, by_disk in sets.items() if disks and disks <= by_disk.keys())
    if not full:
        return ()
    chosen = sets[full[-1 if goal.rollback_to == "hop" else 0]]
    return tuple(chosen[disk.disk_id] for disk in record.instance.disks)


# --- small helpers to write the rules with ----------------------------------------------------------------------------


def _instance(record: Record) -> Instance:
    assert record.instance is not None  # decide() describes first
    return record.instance


def _fail(code: str, message: str, remedy: str, state: str = "failed") -> Step:
    return Step(Verb.FAIL, state, subject=Problem(code, message, remedy), event=f"failed: {message}")


def _finish(state: str, event: str = "", **changes: Any) -> Step:
    return Step(Verb.FINISH, state, changes, event=event)


def _block(found: tuple[Any, ...]) -> Step:
    stopping = rules.inhibitors(found)
    first = stopping[0]
    more = f" ({len(stopping) - 1} more findings stop it too.)" if len(stopping) > 1 else ""
    problem = Problem(first.id, f"{first.message} {first.evidence}.{more}", first.remedy)
    return _finish("blocked", f"blocked by {first.id}", findings=found, problem=problem)


def _mark(record: Record, state: str, step_state: str, **changes: Any) -> Step:
    source, target = (record.hops[0].source, record.hops[-1].target) if record.hops else ("", "")
    known = record.ledger
    if state != "started" and known is not None:
        source, target = known.source, known.target
    number = attempt(record) if state == "started" else known.attempt if known else 1
    return Step(Verb.MARK, step_state, changes, Ledger(state, number, source, target), f"marked {state}")


def _overdue(record: Record, goal: Goal, now: float) -> bool:
    return record.waiting_since > 0 and now - record.waiting_since > goal.hop_timeout


def _case(record: Record, goal: Goal) -> rules.Case:
    here = _instance(record)
    watching = goal.transport == "watch"
    return rules.Case(
        instance=here,
        guest=record.guest,
        hop=record.hops[record.hop] if record.hop < len(record.hops) else None,
        jobs=None if watching else record.jobs,
        has_source=None if watching or record.jobs is None else record.source is not None,
        can_import=here.os_type in goal.importable,
    )


def _hop(record: Record) -> Hop:
    return record.hops[record.hop]


# --- rules shared by the chains ---------------------------------------------------------------------------------------


def _target_named(record: Record, goal: Goal, now: float) -> Step | None:
    target = record.item.target
    if is_known(target):
        return None
    message = f"The target '{target}' is not an operating system id that is known." if target else "No target is set."
    return _fail("InvalidTarget", message, "Name a canonical id such as alinux-3 or windows-2016.")


def _migration_known(record: Record, goal: Goal, now: float) -> Step | None:
    return Step(Verb.FIND_MIGRATION, record.state) if record.jobs is None else None


def _snapshots_known(record: Record, goal: Goal, now: float) -> Step | None:
    return Step(Verb.FIND_SNAPSHOTS, record.state) if record.snapshots is None else None


def _probed(record: Record, goal: Goal, now: float) -> Step | None:
    if record.guest is not None:
        return None
    here = _instance(record)
    state = "rolling_back" if _restoring(record) else "verifying" if _active(record) else "probing"
    if here.status == "Running" and here.agent.online:
        return Step(Verb.PROBE, state)
    if record.state == state and _overdue(record, goal, now):
        return _fail(
            "AgentLost",
            "The cloud's agent did not come back, so the guest's operating system could not be verified.",
            "Look at the instance's console; when the agent answers again, run again: the next run goes on here.",
        )
    return Step(Verb.POLL_INSTANCE, state)


def _cloud_allows(record: Record, goal: Goal, now: float) -> Step | None:
    if _active(record):
        return None
    found = rules.examine(_case(record.with_(guest=None), goal), goal.waive)
    return _block(found) if rules.inhibitors(found) else None


# --- migrated -----------------------------------------------------------------------------------------------------------


def _earlier_attempt(record: Record, goal: Goal, now: float) -> Step | None:
    known = record.ledger
    if known is None:
        return None
    if known.state == book.UNREADABLE:
        return _fail(
            "TagUnreadable",
            f"The instance's tag {book.TAG_KEY} holds a text that this collection did not write.",
            "Correct or remove the tag, after making sure that no migration of the instance is under way.",
        )
    if _active(record) and known.target != record.item.target:
        return _fail(
            "TargetChanged",
            f"A migration from {known.source} to {known.target} is under way; the target is now {record.item.target}.",
            f"Finish it with target {known.target}, or roll it back first.",
        )
    if known.state == "rolled_back" and known.target == record.item.target and not (goal.retry or record.retried):
        return _finish("rolled_back", problem=_rolled_back_earlier(known))
    return None


def _rolled_back_earlier(known: Ledger) -> Problem:
    return Problem(
        "RolledBack",
        f"Attempt {known.attempt} from {known.source} to {known.target} failed and was rolled back.",
        "Correct the cause, then run with retry true.",
    )


def _snapshots_belong(record: Record, goal: Goal, now: float) -> Step | None:
    if record.ledger is not None or not any(snapshot.label for snapshot in record.snapshots or ()):
        return None
    return _fail(
        "TagMissing",
        f"Snapshots of an earlier attempt exist, but the instance's tag {book.TAG_KEY} is gone.",
        "Restore the tag, or delete those snapshots if the attempt is over.",
    )


def _job_followed(record: Record, goal: Goal, now: float) -> Step | None:
    job = current_job(record, goal)
    if job is None or job.status == "Finished":
        return None
    if job.status in ("Running", "Waiting") or (job.status == "Ready" and goal.transport == "watch"):
        return _job_awaited(record, goal, now, job)
    if job.status == "Ready":
        return Step(Verb.START_JOB, "migrating", subject=job, event=f"started job {job.job_id}")
    if job.status in ("InError", "Stopped") and goal.retry and not record.retried and goal.transport == "api":
        return Step(Verb.START_JOB, "migrating", {"retried": True}, job, f"retried job {job.job_id}")
    detail = ": ".join(part for part in (job.error_code, job.error_text) if part)
    return _fail(
        "MigrationFailed",
        f"Job {job.job_id} ended as {job.status} at {job.progress:.0f} %{' (' + detail + ')' if detail else ''}.",
        "Read the job's error in the SMC console, correct the cause, then run with retry true.",
    )


def _job_awaited(record: Record, goal: Goal, now: float, job: Job) -> Step:
    if record.state == "migrating" and _overdue(record, goal, now):
        return _fail(
            "JobStuck",
            f"Job {job.job_id} is still {job.status} at {job.progress:.0f} % after {goal.hop_timeout:.0f} s.",
            "Look at the job in the SMC console; a later run goes on following it.",
        )
    return Step(Verb.POLL_JOB, "migrating", subject=job)


def _arrived(record: Record, goal: Goal, now: float) -> Step | None:
    assert record.guest is not None
    if record.guest.os != record.item.target:
        return None
    if _active(record):
        return _mark(record, "migrated", "verifying")
    return _finish("migrated", "verified", findings=(*record.findings, *_kept(record)), hop=len(record.hops))


def _kept(record: Record) -> tuple[Any, ...]:
    """Return a warning for each thing that the migration should have kept and did not."""
    before, after = record.before, _instance(record)
    if before is None:
        return ()
    pairs = {
        "hostname": (before.hostname, after.hostname),
        "private_addresses": (before.private_addresses, after.private_addresses),
        "public_addresses": (before.public_addresses, after.public_addresses),
        "disks": ({d.disk_id for d in before.disks}, {d.disk_id for d in after.disks}),
    }
    return tuple(
        rules.Finding(
            f"verify.{name}_changed",
            rules.WARNING,
            f"The instance's {name.replace('_', ' ')} changed during the migration.",
            f"before {old}, after {new}",
            "Check what depends on the former value.",
        )
        for name, (old, new) in pairs.items()
        if old != new
    )


def _planned(record: Record, goal: Goal, now: float) -> Step | None:
    assert record.guest is not None
    here, known = _instance(record), record.ledger
    source = known.source if known and _active(record) else record.guest.os
    if not record.hops:
        hops = paths.plan(source, record.item.target, here.provider, here.architecture)
        if isinstance(hops, Problem):
            return _finish("blocked", f"blocked by {hops.code}", problem=hops)
        return Step(Verb.NOTE, record.state, {"hops": hops, "hop": 0})
    places = [hop.source for hop in record.hops]
    if record.guest.os not in places:
        return _fail(
            "UnexpectedOs",
            f"The guest runs {record.guest.os}, which is not on the path {' -> '.join(places)}.",
            "Find out who changed the guest; roll back, or remove the instance's tag and plan anew.",
        )
    hop = places.index(record.guest.os)
    return Step(Verb.NOTE, record.state, {"hop": hop}) if hop != record.hop else None


def _hop_not_refuted(record: Record, goal: Goal, now: float) -> Step | None:
    """Catch a job that says it finished while the guest still runs the OS that it should have left."""
    name = book.job_name(record.item.instance_id, attempt(record), record.hop + 1)
    if not any(job.name == name and job.status == "Finished" for job in record.jobs or ()):
        return None
    return _fail(
        "VerifyFailed",
        f"The job of hop {record.hop + 1} finished, but the guest still runs {_hop(record).source}.",
        "Look at the guest and at the job's log; roll back, or run again when the guest is right.",
    )


def _guest_allows(record: Record, goal: Goal, now: float) -> Step | None:
    found = rules.examine(_case(record, goal), goal.waive)
    if _active(record):
        found = tuple(finding for finding in found if finding.id not in _OWN_DOING)
    if rules.inhibitors(found):
        return _block(found)
    return Step(Verb.NOTE, record.state, {"findings": found}) if found != record.findings else None


#: An attempt under way causes these itself: its own snapshots, jobs and reboots.
_OWN_DOING = frozenset(("instance.snapshot_in_progress", "job.unfinished", "source.not_imported"))


def _marked(record: Record, goal: Goal, now: float) -> Step | None:
    return None if _active(record) else _mark(record, "started", "queued", retried=True)


def _protected(record: Record, goal: Goal, now: float) -> Step | None:
    if goal.rollback_to == "start" and record.hop > 0:
        return None
    label = book.snapshot_label(attempt(record), record.hop + 1)
    taken = [snapshot for snapshot in record.snapshots or () if snapshot.label == label]
    failed = [snapshot for snapshot in taken if snapshot.status == "failed"]
    if len(failed) >= _SNAPSHOT_TRIES:
        return _fail(
            "SnapshotFailed",
            f"Snapshots failed again and again: {', '.join(snapshot.snapshot_id for snapshot in failed)}.",
            "Look at the disks and the snapshot service, delete the failed snapshots, then run again.",
        )
    safe = {snapshot.disk_id for snapshot in taken if snapshot.status != "failed"}
    missing = tuple(disk for disk in _instance(record).disks if disk.disk_id not in safe)
    if missing:
        return Step(Verb.SNAPSHOT, "protecting", subject=missing, event=f"took {len(missing)} snapshots")
    if not any(snapshot.status == "progressing" for snapshot in taken):
        return None
    return _snapshots_awaited(record, goal, now)


_SNAPSHOT_TRIES = 3


def _snapshots_awaited(record: Record, goal: Goal, now: float) -> Step:
    if record.state == "protecting" and _overdue(record, goal, now):
        return _fail(
            "SnapshotTimeout",
            f"The snapshots were not accomplished within {goal.hop_timeout:.0f} s; the migration was not started.",
            "Look at the snapshots in the console, then run again: the next run goes on here.",
        )
    return Step(Verb.POLL_SNAPSHOTS, "protecting")


def _former_jobs_deleted(record: Record, goal: Goal, now: float) -> Step | None:
    former = tuple(
        job
        for job in own_jobs(record)
        if job.status in rules.UNFINISHED and (book.job_place(job.name) or (0, 0))[0] < attempt(record)
    )
    return Step(Verb.DELETE_JOBS, "importing", subject=former, event="deleted the former attempt's job") if former else None


def _source_ready(record: Record, goal: Goal, now: float) -> Step | None:
    if record.source is not None and record.source.state == "Available":
        return None
    offline = record.source is None or record.source.state == "Unavailable"
    if offline and record.imported_for != record.hop + 1 and _instance(record).os_type in goal.importable:
        return Step(Verb.IMPORT, "importing", event="imported as a migration source")
    assert record.source is not None  # the rule source.not_imported has seen to it
    if record.state == "importing" and _overdue(record, goal, now):
        return _fail(
            "SourceUnavailable",
            f"The migration source {record.source.source_id} stayed {record.source.state}.",
            "Look at the source in the SMC console (its client must be online), then run again.",
        )
    return Step(Verb.POLL_SOURCE, "importing")


def _job_created(record: Record, goal: Goal, now: float) -> Step | None:
    hop = _hop(record)
    return Step(Verb.CREATE_JOB, "migrating", subject=hop, event=f"created the job {hop.source} -> {hop.target}")


def _watched_job_exists(record: Record, goal: Goal, now: float) -> Step | None:
    if goal.transport == "api":
        return None
    hop = _hop(record)
    return _fail(
        "JobNotStarted",
        f"No OS migration job from {hop.source} to {hop.target} is under way for the instance.",
        "Start it in the SMC console and run again, or use transport api.",
    )


# --- after a failure, and rolling back ----------------------------------------------------------------------------------


def _failure_answered(record: Record, goal: Goal, now: float) -> Step | None:
    if record.ledger is not None and record.ledger.state == "rolled_back":
        return _finish("rolled_back", "rolled back")
    touched = _active(record) and bool(own_jobs(record, attempt(record)))
    wanted = goal.state == "migrated" and goal.on_failure == "rollback"
    if wanted and touched and not _job_runs(record) and restore_set(record, goal):
        return _mark(record, "rolling_back", "rolling_back")
    return _finish("failed")


def _job_runs(record: Record) -> bool:
    return any(job.status in ("Running", "Waiting") for job in record.jobs or ())


def _rollback_possible(record: Record, goal: Goal, now: float) -> Step | None:
    known = record.ledger
    if known is not None and known.state == "rolled_back":
        return _finish("rolled_back")
    if known is None or known.state == "committed" or not restore_set(record, goal):
        return _fail(
            "NothingToRollBack",
            "There is no complete set of accomplished snapshots that this collection took of the instance's disks.",
            "If the migration service's own snapshots exist, roll the disks back to them in the console.",
        )
    if _job_runs(record):
        return _fail(
            "JobRunning",
            "A migration job of the instance is running; resetting disks under it would destroy data.",
            "Wait until the job ends, then roll back.",
        )
    return _mark(record, "rolling_back", "rolling_back")


def _halted(record: Record, goal: Goal, now: float) -> Step | None:
    here = _instance(record)
    if record.ledger is None or record.ledger.state != "rolling_back" or here.status == "Stopped":
        return None
    if here.status == "Running":
        return Step(Verb.STOP, "rolling_back", event="stopped the instance")
    return _restore_awaited(record, goal, now)


def _restore_awaited(record: Record, goal: Goal, now: float) -> Step:
    if record.state == "rolling_back" and _overdue(record, goal, now):
        return _fail(
            "RollbackStuck",
            f"The instance is {_instance(record).status} and the rollback did not go on within {goal.hop_timeout:.0f} s.",
            "Look at the instance in the console, then run again: the next run goes on with the rollback.",
        )
    return Step(Verb.POLL_INSTANCE, "rolling_back")


def _disks_reset(record: Record, goal: Goal, now: float) -> Step | None:
    assert record.ledger is not None
    if record.ledger.state != "rolling_back":
        return None
    if any(disk.status == "ReIniting" for disk in _instance(record).disks):
        return _restore_awaited(record, goal, now)
    snapshots = restore_set(record, goal)
    if not snapshots:
        return _fail("NoSnapshots", "The snapshots to roll back to are gone.", "Restore the disks by hand.")
    wanted = tuple(snapshot for snapshot in snapshots if snapshot.disk_id not in record.reset_disks)
    if wanted:
        return Step(Verb.RESET_DISKS, "rolling_back", subject=wanted, event=f"reset {len(wanted)} disks")
    return _mark(record, "restored", "rolling_back")


def _started_again(record: Record, goal: Goal, now: float) -> Step | None:
    here = _instance(record)
    if here.status == "Stopped":
        return Step(Verb.START, "rolling_back", event="started the instance")
    return None if here.status == "Running" else _restore_awaited(record, goal, now)


def _former_os_confirmed(record: Record, goal: Goal, now: float) -> Step | None:
    assert record.guest is not None and record.ledger is not None
    allowed = {record.ledger.source} if goal.rollback_to == "start" else {record.guest.os}
    if record.guest.os not in allowed:
        return _fail(
            "RollbackUnverified",
            f"The disks were reset, but the guest runs {record.guest.os} and not {record.ledger.source}.",
            "Look at the instance in the console before you go on.",
        )
    return _mark(record, "rolled_back", "rolling_back")


# --- assessed, verified, committed ----------------------------------------------------------------------------------------


def _job_not_running(record: Record, goal: Goal, now: float) -> Step | None:
    return _finish("in_progress", "a migration job is running") if _job_runs(record) else None


def _assessed_from_outside(record: Record, goal: Goal, now: float) -> Step | None:
    here = _instance(record)
    if here.status == "Running" and here.agent.online:
        return None
    return _finish("in_progress") if _active(record) else _block(rules.examine(_case(record, goal)))


def _already_there(record: Record, goal: Goal, now: float) -> Step | None:
    assert record.guest is not None
    return _finish("migrated") if record.guest.os == record.item.target else None


def _assessment_done(record: Record, goal: Goal, now: float) -> Step | None:
    found = rules.examine(_case(record, goal), goal.waive)
    return _block(found) if rules.inhibitors(found) else _finish("ready", findings=found)


def _reachable_guest(record: Record, goal: Goal, now: float) -> Step | None:
    here = _instance(record)
    if record.guest is not None or (here.status == "Running" and here.agent.online):
        return None
    return _fail(
        "GuestUnreachable",
        f"The instance is {here.status} and its agent is {'online' if here.agent.online else 'offline'}.",
        "Start the instance and its agent, then run again.",
    )


def _runs_target(record: Record, goal: Goal, now: float) -> Step | None:
    assert record.guest is not None
    if record.guest.os == record.item.target:
        return None
    return _fail(
        "WrongOs",
        f"The guest runs {record.guest.os}, wanted is {record.item.target}.",
        "Look at the migration's result; run migrate again or roll back.",
    )


def _verified(record: Record, goal: Goal, now: float) -> Step | None:
    return _finish("verified", "verified")


def _commit_allowed(record: Record, goal: Goal, now: float) -> Step | None:
    if record.ledger is None or record.ledger.state in ("migrated", "committed"):
        return None
    return _fail(
        "NotMigrated",
        f"The instance's migration is {record.ledger.state}, not migrated.",
        "Let migrate finish first; it marks the instance when the target was seen to run.",
    )


def _committed(record: Record, goal: Goal, now: float) -> Step | None:
    if record.snapshots:
        event = f"deleted {len(record.snapshots)} snapshots"
        return Step(Verb.DELETE_SNAPSHOTS, "committing", subject=record.snapshots, event=event)
    jobs = tuple(job for job in own_jobs(record) if job.status == "Finished")
    if jobs:
        return Step(Verb.DELETE_JOBS, "committing", subject=jobs, event=f"deleted {len(jobs)} finished jobs")
    if record.ledger is not None and record.ledger.state == "migrated":
        return _mark(record, "committed", "committing")
    return _finish("committed", "committed")


# --- described, scripted --------------------------------------------------------------------------------------------------


def _described(record: Record, goal: Goal, now: float) -> Step | None:
    return _finish(_instance(record).status.lower())


def _script_fits(record: Record, goal: Goal, now: float) -> Step | None:
    os_type = _instance(record).os_type
    if (os_type == "windows") == (goal.shell == "powershell"):
        return None
    return _fail(
        "WrongShell",
        f"The script is for {goal.shell}, but the instance runs {os_type or 'an unknown system'}.",
        "Give this script only to instances of its system.",
    )


def _script_run(record: Record, goal: Goal, now: float) -> Step | None:
    if record.result is None:
        return Step(Verb.RUN_SCRIPT, "running", event="ran the script")
    return _finish("finished")


_CHAINS: Mapping[str, tuple[Rule, ...]] = {
    "migrated": (
        _target_named,
        _earlier_attempt,
        _cloud_allows,
        _migration_known,
        _cloud_allows,
        _snapshots_known,
        _snapshots_belong,
        _job_followed,
        _probed,
        _arrived,
        _planned,
        _hop_not_refuted,
        _watched_job_exists,
        _guest_allows,
        _marked,
        _protected,
        _former_jobs_deleted,
        _source_ready,
        _job_created,
    ),
    "failed": (_failure_answered,),
    "restore": (
        _migration_known,
        _snapshots_known,
        _halted,
        _disks_reset,
        _started_again,
        _probed,
        _former_os_confirmed,
    ),
    "rolled_back": (_migration_known, _snapshots_known, _rollback_possible),
    "assessed": (
        _target_named,
        _migration_known,
        _job_not_running,
        _assessed_from_outside,
        _probed,
        _already_there,
        _planned,
        _assessment_done,
    ),
    "verified": (_target_named, _reachable_guest, _probed, _runs_target, _verified),
    "committed": (
        _target_named,
        _reachable_guest,
        _probed,
        _runs_target,
        _migration_known,
        _snapshots_known,
        _commit_allowed,
        _committed,
    ),
    "described": (_described,),
    "scripted": (_reachable_guest, _script_fits, _script_run),
}
