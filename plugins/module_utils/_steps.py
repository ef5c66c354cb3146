# Copyright (c) 2026 evergreen.os_migration contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""How each verb is done: what is asked of the cloud, and what a record learns from the answer.

One row per verb in ``OPERATIONS``. An operation gets tasks that fit into one call; it returns a record or a problem
for each. It may raise what the cloud raises: the engine knows what to do with it.
"""

from __future__ import annotations

import uuid
from collections.abc import Callable, Hashable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any, NamedTuple, TypeVar

from ._clouds.base import Capabilities, Cloud, JobRequest, Script
from ._core import facts
from ._core.ledger import TAG_KEY, client_token, from_tags, job_name, snapshot_label, snapshot_name, to_tag
from ._core.model import (
    UNKNOWN,
    Agent,
    CommandResult,
    Disk,
    Guest,
    Instance,
    Job,
    Problem,
    Record,
    Snapshot,
    Source,
    known,
)
from ._core.position import ACTIVE, attempt, instance, stands
from ._core.step import Goal, Step, Verb
from ._errors import CloudError

PROBE_TIMEOUT = 120

S = TypeVar("S")
R = TypeVar("R")


class Task(NamedTuple):
    """One instance and its next step."""

    record: Record
    step: Step

    @property
    def id(self) -> str:
        """Return the instance's id."""
        return self.record.item.instance_id


@dataclass(frozen=True)
class Brief:
    """What the operations need beyond the records: the goal and the scripts."""

    goal: Goal
    probes: Mapping[str, str] = field(default_factory=dict)
    script: Script = field(default_factory=lambda: Script(""))


Answer = Mapping[str, "Record | Problem"]


@dataclass(frozen=True)
class Operation:
    """How a verb is done. ``size`` is the most tasks in one call, ``key`` must be the same for all of them.

    ``look_again`` is what to ask when the cloud answers that the resource has moved on.
    """

    run: Callable[[Cloud, Sequence[Task], Brief], Answer]
    size: Callable[[Capabilities], int]
    key: Callable[[Task], Hashable] = lambda task: None
    look_again: Verb = Verb.POLL_INSTANCE


def _ids(tasks: Iterable[Task]) -> list[str]:
    return [task.id for task in tasks]


def _here(task: Task) -> Instance:
    return instance(task.record)


# --- looking --------------------------------------------------------------------------------------------------------


def _describe(cloud: Cloud, tasks: Sequence[Task], brief: Brief) -> Answer:
    found = cloud.describe(_ids(tasks), details=brief.goal.state != "scripted")
    missing = [one for one in _ids(tasks) if one not in found]
    answers: dict[str, Record | Problem] = dict(cloud.diagnose(missing)) if missing else {}
    for task in tasks:
        seen = found.get(task.id)
        if seen is not None:
            answers[task.id] = _first_seen(task.record, seen) if isinstance(seen, Instance) else seen
    return answers


def _first_seen(record: Record, seen: Instance) -> Record:
    known = from_tags(seen.tags)
    started = known is not None and known.state == "started"
    return record.with_(instance=seen, ledger=known, before=None if started else seen)


def _poll_instance(cloud: Cloud, tasks: Sequence[Task], brief: Brief) -> Answer:
    found = cloud.describe(_ids(tasks), details=False)
    disks = cloud.disks(_ids(tasks))
    return {task.id: task.record.with_(instance=_refreshed(task, found, disks)) for task in tasks}


def _refreshed(task: Task, found: Mapping[str, Any], disks: Mapping[str, tuple[Disk, ...]]) -> Instance:
    """Keep what a light look does not show; an instance that is not shown now is as it was."""
    before, now = _here(task), found.get(task.id)
    if not isinstance(now, Instance):
        return before
    counts = {disk.disk_id: disk.manual_snapshots for disk in before.disks}
    seen = tuple(replace(disk, manual_snapshots=counts.get(disk.disk_id)) for disk in disks.get(task.id, ()))
    return replace(
        now,
        disks=seen or before.disks,
        architecture=before.architecture,
        snapshots_in_progress=before.snapshots_in_progress,
    )


def _look_at_account(cloud: Cloud, tasks: Sequence[Task], brief: Brief) -> Answer:
    account = cloud.account()
    return {task.id: task.record.with_(account=account) for task in tasks}


def _find_migration(cloud: Cloud, tasks: Sequence[Task], brief: Brief) -> Answer:
    found = cloud.find_migrations([_here(task) for task in tasks])
    return {task.id: task.record.with_(source=found[task.id][0], jobs=found[task.id][1]) for task in tasks}


def _find_snapshots(cloud: Cloud, tasks: Sequence[Task], brief: Brief) -> Answer:
    wanted = brief.goal.delete_service_snapshots
    found = cloud.find_snapshots([_here(task) for task in tasks], TAG_KEY, wanted)
    return {task.id: task.record.with_(snapshots=found[task.id]) for task in tasks}


def _poll_snapshots(cloud: Cloud, tasks: Sequence[Task], brief: Brief) -> Answer:
    waiting = [s.snapshot_id for task in tasks for s in task.record.snapshots or () if s.status == "progressing"]
    size = cloud.capabilities.snapshots
    found: dict[str, Snapshot] = {}
    for start in range(0, len(waiting), size):
        found |= cloud.snapshots(waiting[start : start + size])
    return {task.id: _with_snapshots(task.record, found) for task in tasks}


def _with_snapshots(record: Record, found: Mapping[str, Snapshot]) -> Record:
    """Take over what changes; the label is known and may not be visible yet in a list."""

    def refreshed(snapshot: Snapshot) -> Snapshot:
        seen = found.get(snapshot.snapshot_id, snapshot)
        return replace(snapshot, status=seen.status, created=seen.created)

    return record.with_(snapshots=tuple(map(refreshed, record.snapshots or ())))


def _poll_source(cloud: Cloud, tasks: Sequence[Task], brief: Brief) -> Answer:
    found = cloud.sources([task.record.source.source_id for task in tasks if task.record.source])
    return {task.id: task.record.with_(source=_refreshed_source(task.record.source, found)) for task in tasks}


def _refreshed_source(source: Source | None, found: Mapping[str, Source]) -> Source | None:
    return found.get(source.source_id, source) if source else None


def _poll_job(cloud: Cloud, tasks: Sequence[Task], brief: Brief) -> Answer:
    found = cloud.jobs([task.step.subject.job_id for task in tasks])
    return {task.id: _with_job(task, found.get(task.step.subject.job_id)) for task in tasks}


def _confirm_job(cloud: Cloud, tasks: Sequence[Task], brief: Brief) -> Answer:
    found = cloud.jobs([task.step.subject.job_id for task in tasks])
    return {
        task.id: _with_job(task, found[task.step.subject.job_id]) for task in tasks if task.step.subject.job_id in found
    }


def _with_job(task: Task, job: Job | None) -> Record:
    if job is None:  # not visible yet in the list
        return task.record
    record = task.record.with_(jobs=tuple(job if old.job_id == job.job_id else old for old in task.record.jobs or ()))
    return _stale_guest(record) if job.status == "Finished" else record


def _stale_guest(record: Record) -> Record:
    """Forget what a job or a reset has changed, so that it is looked at again."""
    source = replace(record.source, state="unknown") if record.source else None
    return record.with_(guest=None, source=source, instance=replace(instance(record), agent=Agent(installed=True)))


# --- the agent ------------------------------------------------------------------------------------------------------

_SHELLS = {"windows": "powershell"}


def _probe(cloud: Cloud, tasks: Sequence[Task], brief: Brief) -> Answer:
    os_type = _here(tasks[0]).os_type
    script = Script(brief.probes[os_type], _SHELLS.get(os_type, "sh"), PROBE_TIMEOUT)
    command = cloud.run_script(_ids(tasks), script, str(uuid.uuid4()), "probe")
    return {task.id: task.record.with_(command=command) for task in tasks}


def _run_script(cloud: Cloud, tasks: Sequence[Task], brief: Brief) -> Answer:
    limit = cloud.capabilities.script_bytes
    if len(brief.script.content.encode()) > limit:
        message = f"The script has {len(brief.script.content.encode())} bytes; the agent takes {limit} at most."
        return dict.fromkeys(_ids(tasks), Problem("ScriptTooLarge", message, "Shorten it, or let it fetch the rest."))
    command = cloud.run_script(_ids(tasks), brief.script, str(uuid.uuid4()), "script")
    return {task.id: task.record.with_(command=command, changed=True) for task in tasks}


def _import(cloud: Cloud, tasks: Sequence[Task], brief: Brief) -> Answer:
    command = cloud.import_source(_ids(tasks), _here(tasks[0]).os_type, str(uuid.uuid4()))
    return {
        task.id: task.record.with_(command=command, imported_for=task.record.hop + 1, changed=True) for task in tasks
    }


def _poll_command(cloud: Cloud, tasks: Sequence[Task], brief: Brief) -> Answer:
    command = known(tasks[0].record.command)
    found = cloud.script_results(command.invocation_id, _ids(tasks))
    over = {"probe": _probe_over, "import": _import_over, "script": _script_over}[command.purpose]
    answers: dict[str, Record | Problem] = {}
    for task in tasks:
        result = found.get(task.id)
        running = result is None or result.status == "running"
        answers[task.id] = task.record if running or result is None else over(cloud, task.record, result)
    return answers


def _probe_over(cloud: Cloud, record: Record, result: CommandResult) -> Record | Problem:
    free, guest = record.with_(command=None), _probed(result)
    if guest.trouble and stands(record, *ACTIVE):
        # The guest is on its way up again; wait for the agent instead of giving up.
        return free.with_(instance=replace(instance(record), agent=Agent(installed=True)))
    return free.with_(guest=guest)


def _probed(result: CommandResult) -> Guest:
    """Return what a facts script's result tells; that it is of no use is told as the guest's trouble."""
    if result.status == "finished" and result.exit_code == 0:
        guest = facts.parse(result.stdout)
        if not result.dropped_bytes:
            return guest
        lost = f"{result.dropped_bytes} bytes were dropped"
        return replace(guest, trouble=guest.trouble or "cut_off", trouble_text=lost)
    trouble = "timed_out" if result.status == "timed_out" else "failed"
    return Guest(UNKNOWN, trouble=trouble, trouble_text=_agent_words(result))


def _import_over(cloud: Cloud, record: Record, result: CommandResult) -> Record | Problem:
    source = cloud.imported_source(result)
    if source is not None:
        return record.with_(command=None, source=source)
    # The output is not shown: it may repeat the activation code.
    return _agent_problem("The import command did not register a migration source", result)


def _script_over(cloud: Cloud, record: Record, result: CommandResult) -> Record | Problem:
    done = record.with_(command=None, result=result)
    if result.status != "finished":
        return done.with_(problem=_agent_problem("The script did not end", result), state="failed", done=True)
    if result.exit_code != 0:
        problem = Problem("ScriptFailed", f"The script ended with exit code {result.exit_code}.", "Read its output.")
        return done.with_(problem=problem, state="failed", done=True)
    return done


def _agent_problem(what: str, result: CommandResult) -> Problem:
    if result.status == "timed_out":
        return Problem(
            "ScriptTimeout", f"{what}: it ran out of time.", "Raise the timeout, or look at the guest's load."
        )
    return Problem(
        "AgentFailed",
        f"{what}: {_agent_words(result)}.",
        "Look at the invocation in the Cloud Assistant console, and that the agent is online.",
    )


def _agent_words(result: CommandResult) -> str:
    why = result.error_code or f"exit code {result.exit_code}"
    return f"{why} ({result.stderr})" if result.stderr else why


# --- writing --------------------------------------------------------------------------------------------------------


def _mark(cloud: Cloud, tasks: Sequence[Task], brief: Brief) -> Answer:
    cloud.tag(_ids(tasks), TAG_KEY, to_tag(tasks[0].step.subject))
    return {task.id: task.record.with_(ledger=task.step.subject, changed=True) for task in tasks}


def _snapshot(cloud: Cloud, tasks: Sequence[Task], brief: Brief) -> Answer:
    (task,) = tasks
    record, hop = task.record, task.record.hop + 1
    label = snapshot_label(attempt(record), hop)

    def take(disk: Disk) -> Snapshot:
        failures = sum(1 for s in record.snapshots or () if s.disk_id == disk.disk_id and s.status == "failed")
        token = client_token(record, attempt(record), hop, "snapshot", disk.disk_id, failures)
        return cloud.create_snapshot(disk, snapshot_name(disk, attempt(record), hop), (TAG_KEY, label), token)

    taken = _each(task.step.subject, take)
    return {task.id: record.with_(snapshots=(*(record.snapshots or ()), *taken), changed=True)}


def _each(subjects: Iterable[S], act: Callable[[S], R]) -> list[R]:
    """Return what ``act`` returns for each; when one is refused, what was done before it is not lost.

    The next step takes the rest.
    """
    done: list[R] = []
    for subject in subjects:
        try:
            done.append(act(subject))
        except CloudError:
            if not done:
                raise
            break
    return done


def _delete_snapshots(cloud: Cloud, tasks: Sequence[Task], brief: Brief) -> Answer:
    (task,) = tasks

    def delete(snapshot: Snapshot) -> str:
        cloud.delete_snapshot(snapshot.snapshot_id)
        return snapshot.snapshot_id

    gone = set(_each(task.step.subject, delete))
    left = tuple(s for s in task.record.snapshots or () if s.snapshot_id not in gone)
    return {task.id: task.record.with_(snapshots=left, changed=True)}


def _create_job(cloud: Cloud, tasks: Sequence[Task], brief: Brief) -> Answer:
    (task,) = tasks
    record, hop = task.record, task.record.hop + 1
    job = cloud.create_job(
        JobRequest(
            instance=_here(task),
            source_id=known(record.source).source_id,
            name=job_name(task.id, attempt(record), hop),
            hop=task.step.subject,
            token=client_token(record, attempt(record), hop, "job"),
        )
    )
    return {task.id: record.with_(jobs=(*(record.jobs or ()), job), changed=True)}


def _start_job(cloud: Cloud, tasks: Sequence[Task], brief: Brief) -> Answer:
    (task,) = tasks
    cloud.start_job(task.step.subject.job_id)
    started = replace(task.step.subject, status="Running")
    jobs = tuple(started if job.job_id == started.job_id else job for job in task.record.jobs or ())
    return {task.id: task.record.with_(jobs=jobs, changed=True)}


def _delete_jobs(cloud: Cloud, tasks: Sequence[Task], brief: Brief) -> Answer:
    (task,) = tasks

    def delete(job: Job) -> str:
        cloud.delete_job(job.job_id)
        return job.job_id

    gone = set(_each(task.step.subject, delete))
    left = tuple(job for job in task.record.jobs or () if job.job_id not in gone)
    return {task.id: task.record.with_(jobs=left, changed=True)}


def _power(
    verb: Callable[[Cloud], Callable[[Sequence[str]], Mapping[str, Problem]]], status: str
) -> Callable[[Cloud, Sequence[Task], Brief], Answer]:
    def switch(cloud: Cloud, tasks: Sequence[Task], brief: Brief) -> Answer:
        refused = verb(cloud)(_ids(tasks))
        return {task.id: refused.get(task.id) or _switched(task, status) for task in tasks}

    return switch


def _switched(task: Task, status: str) -> Record:
    return task.record.with_(instance=replace(_here(task), status=status, agent=Agent(installed=True)), changed=True)


def _reset_disks(cloud: Cloud, tasks: Sequence[Task], brief: Brief) -> Answer:
    (task,) = tasks

    def reset(snapshot: Snapshot) -> str:
        cloud.reset_disk(snapshot.disk_id, snapshot.snapshot_id)
        return snapshot.disk_id

    done = set(_each(task.step.subject, reset))
    disks = tuple(replace(d, status="ReIniting") if d.disk_id in done else d for d in _here(task).disks)
    record = task.record.with_(instance=replace(_here(task), disks=disks), changed=True, guest=None)
    return {task.id: record.with_(reset_disks=(*record.reset_disks, *sorted(done)))}


def _one(capabilities: Capabilities) -> int:
    return 1


def _all(capabilities: Capabilities) -> int:
    return 1_000_000


def _os_type(task: Task) -> Hashable:
    return _here(task).os_type


OPERATIONS: Mapping[Verb, Operation] = {
    Verb.DESCRIBE: Operation(_describe, lambda limits: limits.describe),
    Verb.LOOK_AT_ACCOUNT: Operation(_look_at_account, _all),
    Verb.FIND_MIGRATION: Operation(_find_migration, _all),
    Verb.FIND_SNAPSHOTS: Operation(_find_snapshots, _all),
    Verb.CONFIRM_JOB: Operation(_confirm_job, lambda limits: limits.jobs),
    Verb.POLL_INSTANCE: Operation(_poll_instance, lambda limits: limits.describe),
    Verb.POLL_COMMAND: Operation(
        _poll_command,
        _all,
        key=lambda task: task.record.command,
    ),
    Verb.POLL_SNAPSHOTS: Operation(_poll_snapshots, _all),
    Verb.POLL_SOURCE: Operation(_poll_source, lambda limits: limits.sources),
    Verb.POLL_JOB: Operation(_poll_job, lambda limits: limits.jobs),
    Verb.PROBE: Operation(_probe, lambda limits: limits.run_script, key=_os_type),
    Verb.RUN_SCRIPT: Operation(_run_script, lambda limits: limits.run_script, key=_os_type),
    Verb.IMPORT: Operation(_import, lambda limits: limits.run_script, key=_os_type),
    Verb.MARK: Operation(_mark, lambda limits: limits.tag, key=lambda task: task.step.subject),
    Verb.SNAPSHOT: Operation(_snapshot, _one),
    Verb.DELETE_SNAPSHOTS: Operation(_delete_snapshots, _one),
    Verb.CREATE_JOB: Operation(_create_job, _one, look_again=Verb.POLL_SOURCE),
    Verb.START_JOB: Operation(_start_job, _one, look_again=Verb.POLL_JOB),
    Verb.DELETE_JOBS: Operation(_delete_jobs, _one, look_again=Verb.FIND_MIGRATION),
    Verb.STOP: Operation(_power(lambda cloud: cloud.stop, "Stopping"), lambda limits: limits.power),
    Verb.START: Operation(_power(lambda cloud: cloud.start, "Starting"), lambda limits: limits.power),
    Verb.RESET_DISKS: Operation(_reset_disks, _one),
}
