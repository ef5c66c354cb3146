# Copyright (c) 2026 evergreen.os_migration contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Operating system migration jobs: everything a run will do is planned when it starts."""

from __future__ import annotations

import math
import sys
from collections.abc import Sequence
from dataclasses import replace

from ..core import power, storage
from ..core.state import Content, Instance, Snapshot
from .account import Account
from .migrations import Job, JobState, Run

REBOOTS = (0.45, 0.85)
EARLY = 5.0
ENVIRONMENT = "M199"
DRILL_SHARE, DRILL_CRITICAL = 0.5, "MigrationDrill.Critical"
RELEASED = ("InvalidInstanceId.NotFound", "The instance was released during the migration.")
_MIGRATION_MINIMUM = 1.0
_FREE_MIB = {"/usr": 250, "/var": 4096, "/boot": 100}
_MEMORY_MIB = 600
_WINDOWS_VCPUS, _WINDOWS_MEMORY_MIB, _WINDOWS_FREE_MIB = 2, 2048, 20480

Failure = tuple[str, str]


def start(account: Account, job: Job, now: float) -> None:
    """Run the job: refuse it early, or take the backup snapshots and plan reboots, progress and outcome."""
    instance = account.instances[job.instance_id]
    refusal = _refusal(instance, now)
    if refusal:
        job.runs.append(Run(now, 0.0, EARLY * 20, limit=5.0))
        job.states.plan(now, JobState("Running"))
        job.states.plan(now + EARLY, JobState("InError", 5.0, *refusal))
        return
    name = f"SMC_Backup_Snapshot_{job.id}"
    backups = [storage.create_snapshot(account, disk, name, {}, now) for disk in instance.attached_disks(now)]
    snapshots = max(backup.length for backup in backups)
    migrate = max(account.sample(instance, "migrate"), _MIGRATION_MINIMUM)
    job.states.plan(now, JobState("Running"))
    run = Run(now, snapshots, snapshots + migrate)
    if job.drill and (job.drill == "only" or instance.group.faults.drill_critical):
        _drill(account, job, run, backups)
    else:
        _plan(account, job, instance, run)


def _drill(account: Account, job: Job, run: Run, backups: Sequence[Snapshot]) -> None:
    """Convert for a trial, then put all disks back to the job's own snapshots (documented: what was written is lost).

    That the guest serves on until then, and is restarted at the end, is invented, and so are code and words.
    """
    instance = account.instances[job.instance_id]
    critical = instance.group.faults.drill_critical
    end = run.started + run.snapshots + (run.length - run.snapshots) * DRILL_SHARE
    job.runs.append(run)
    for backup in backups:
        disk = account.disks[backup.disk_id]
        disk.conditions.plan(end - 1, "ReIniting")
        disk.conditions.plan(end, "In_use")
        disk.data.plan(end, backup.data)
    power.bounce(account, instance, end - 4)
    job.states.plan(
        end, JobState("InError", 50.0, DRILL_CRITICAL, critical) if critical else JobState("Finished", 100.0)
    )


def _plan(account: Account, job: Job, instance: Instance, run: Run) -> None:
    """Plan reboots up to the end of the run, and the end: finished, failed or never."""
    end, failure = _end(instance, run)
    instance.held.plan(run.started, True)
    if math.isinf(end):
        run = replace(run, limit=instance.group.faults.job_stuck.after_progress)  # type: ignore[union-attr]
    job.runs.append(run)
    reach = min(end, run.started + run.length * run.limit / 100)
    for share in REBOOTS:
        at = run.started + run.snapshots + (run.length - run.snapshots) * share
        if at < reach:
            power.bounce(account, instance, at)
    if not math.isinf(end):
        instance.held.plan(end, False)
    if failure:
        job.states.plan(end, JobState("InError", run.progress(end), *failure))
    elif not math.isinf(end):
        job.states.plan(end, JobState("Finished", 100.0))
        disk = instance.system_disk
        disk.contents.plan(end, _converted(disk.contents.at(run.started), job, instance.group.faults.arrival))


def _converted(content: Content, job: Job, arrival: str) -> Content:
    """What is on the disk once the job says that it is finished."""
    reached = content.os if arrival == "old_system" else job.target
    return replace(content, os=reached, hops=content.hops + 1, former=content.os, arrival=arrival)


def _end(instance: Instance, run: Run) -> tuple[float, Failure | None]:
    """When and how the run ends; inf for a job that is stuck."""
    end, failure = _wanted_end(instance, run)
    return (instance.gone, RELEASED) if instance.gone < end else (end, failure)


def _wanted_end(instance: Instance, run: Run) -> tuple[float, Failure | None]:
    hop = instance.content(run.started).hops + 1
    faults = instance.group.faults
    if faults.job_stuck and faults.job_stuck.at_hop == hop:
        return math.inf, None
    fault = faults.job
    if fault and fault.fail_at_hop == hop and instance.let_fail("job", fault.times or sys.maxsize):
        return run.started + run.length * fault.after_progress / 100, (fault.error_code, fault.message)
    return run.started + run.length, None


def interrupt(account: Account, job: Job, state: JobState, now: float) -> None:
    """End a running job now; what it had planned does not happen."""
    instance = account.instances[job.instance_id]
    job.states.cancel_after(now)
    job.states.plan(now, state)
    instance.power.cancel_after(now)
    instance.agent.cancel_after(now)
    instance.system_disk.contents.cancel_after(now)
    instance.held.cancel_after(now)
    instance.held.plan(now, False)


def _refusal(instance: Instance, now: float) -> Failure | None:
    """Why the service does not touch this instance at all."""
    if instance.power.at(now) != "Running":
        return "IncorrectInstanceStatus", "The instance is not in the Running state."
    if instance.group.locks:
        return "InstanceLockedForSecurity", f"The instance is locked: {', '.join(instance.group.locks)}."
    if not instance.answers(now):
        return ENVIRONMENT, "Cloud Assistant Agent did not answer."
    for disk in instance.attached_disks(now):
        if disk.snapshot_in_progress(now):
            return "IncorrectDiskStatus.CreatingSnapshot", f"A snapshot of disk {disk.id} is being created."
    unfit = _unfit_windows(instance) if instance.system(now).windows else _unfit_linux(instance)
    return (ENVIRONMENT, f"The environment check failed: {unfit}") if unfit else None


def _unfit_linux(instance: Instance) -> str | None:
    guest = instance.group.guest
    packages = [package for package in instance.packages if package.endswith((".i686", ".i386"))]
    if packages:
        return f"32-bit packages are installed: {' '.join(packages)}."
    short = [path for path, need in _FREE_MIB.items() if guest.free_mib.get(path, need) < need]
    if short:
        return f"not enough free space in {', '.join(short)}."
    return "not enough free memory." if guest.memory_available_mib < _MEMORY_MIB else None


def _unfit_windows(instance: Instance) -> str | None:
    group = instance.group
    if group.vcpus < _WINDOWS_VCPUS or group.memory_mib < _WINDOWS_MEMORY_MIB:
        return "the instance type has fewer than 2 vCPUs or 2 GiB of memory."
    free = group.guest.free_mib.get("C:", _WINDOWS_FREE_MIB + group.guest.windows_dir_mib)
    enough = max(_WINDOWS_FREE_MIB, group.guest.windows_dir_mib + 1)
    return "not enough free space on drive C." if free < enough else None
