# Copyright (c) 2026 evergreen.os_migration contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""A cloud in memory, on a clock that only moves when somebody sleeps: thousands of engine runs in a second.

It knows just enough states to catch an engine that starts something twice. What the real API looks like is the
business of the simulated clouds in tests/cloudsim.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from ansible_collections.evergreen.os_migration.plugins.module_utils._clouds.base import (
    Capabilities,
    JobRequest,
    Script,
)
from ansible_collections.evergreen.os_migration.plugins.module_utils._core.model import (
    Account,
    Agent,
    Command,
    CommandResult,
    Disk,
    Instance,
    Job,
    Problem,
    Snapshot,
    Source,
)
from ansible_collections.evergreen.os_migration.plugins.module_utils._engine import Clock
from ansible_collections.evergreen.os_migration.plugins.module_utils._errors import CloudError, Moved

from .strategies import HEALTHY_LINUX, HEALTHY_WINDOWS, REGION

LIMITS = Capabilities(describe=3, run_script=2, tag=2, power=2, snapshots=2, jobs=2, sources=2, script_bytes=2000)


class Killed(BaseException):
    """The controller died."""


def _disk(name: str, number: int) -> Disk:
    return Disk(f"d-{name}-{number}", "data" if number else "system", status="In_use")


def _facts(os: str) -> dict[str, str]:
    family, _unused, version = os.rpartition("-")
    if family != "windows":
        return {**HEALTHY_LINUX, "os_id": family, "os_version": version}
    edition = "Enterprise" if version == "2008r2" else "Datacenter"
    name = f"Windows Server {version[:4]} {version[4:]} {edition}"
    return {**HEALTHY_WINDOWS, "os_name": name, "os_language": "en-US"}


@dataclass
class Machine:
    """One instance; times are seconds on the cloud's clock."""

    instance: Instance
    os: str
    healthy: bool = True
    busy_until: float = 0.0
    next_status: str = "Running"


@dataclass
class MemoryCloud:
    """The verbs of a cloud over dictionaries. ``before_call`` may raise to kill the controller."""

    now: float = 1000.0
    machines: dict[str, Machine] = field(default_factory=dict)
    taken: dict[str, tuple[Snapshot, float, str]] = field(default_factory=dict)
    made_jobs: dict[str, tuple[Job, float, JobRequest]] = field(default_factory=dict)
    registered: dict[str, tuple[str, float]] = field(default_factory=dict)
    tokens: dict[str, str] = field(default_factory=dict)
    commands: dict[str, tuple[str, tuple[str, ...], float]] = field(default_factory=dict)
    log: list[tuple[str, str]] = field(default_factory=list)
    born: dict[str, float] = field(default_factory=dict)
    lag: float = 0.0
    foreign_jobs: frozenset[str] = frozenset()
    failing: frozenset[tuple[str, str]] = frozenset()
    before_call: Callable[[str], None] = lambda verb: None
    after_call: Callable[[str], None] = lambda verb: None
    durations: Callable[[str, str], float] = lambda what, who: 60.0
    most_running: int = 0

    @property
    def clock(self) -> Clock:
        return Clock(lambda: self.now, self._sleep)

    def _sleep(self, seconds: float) -> None:
        self.now += seconds

    @property
    def capabilities(self) -> Capabilities:
        return LIMITS

    def _visible(self, key: str) -> bool:
        """Lists show what was created only after the lag."""
        return self.now >= self.born[key] + self.lag

    def _write(self, verb: str, what: str) -> None:
        self.log.append((verb, what))

    def add(self, name: str, os: str, disks: int = 1, **facts: Any) -> None:
        """Put a running instance into the cloud."""
        system = "windows" if os.startswith("windows") else "linux"
        instance = Instance(
            instance_id=name,
            region=REGION,
            provider="alicloud",
            **{
                "status": "Running",
                "os": os,
                "os_type": system,
                "architecture": "x86_64",
                "vcpus": 2,
                "memory_mib": 4096,
                "network_type": "vpc",
                "disks": tuple(_disk(name, n) for n in range(disks)),
                "agent": Agent(installed=True, online=True),
                **facts,
            },
        )
        self.machines[name] = Machine(instance, os)

    # --- reads --------------------------------------------------------------------------------------------------------

    def describe(self, instance_ids: Sequence[str], details: bool) -> Mapping[str, Instance | Problem]:
        self.before_call("describe")
        return {one: self._facts(one) for one in instance_ids if one in self.machines}

    def _facts(self, name: str) -> Instance:
        machine = self.machines[name]
        if self.now >= machine.busy_until and machine.instance.status in ("Stopping", "Starting"):
            machine.instance = replace(machine.instance, status=machine.next_status)
        return replace(machine.instance, os=machine.os, agent=replace(machine.instance.agent, online=self._up(name)))

    def _up(self, name: str) -> bool:
        agent = self.machines[name].instance.agent
        return agent.online and self.machines[name].instance.status == "Running"

    def diagnose(self, instance_ids: Sequence[str]) -> Mapping[str, Problem]:
        return {one: Problem("InstanceNotFound", f"no {one}") for one in instance_ids}

    def account(self) -> Account:
        self.before_call("account")
        return Account(service_role=True, snapshots_used=True)

    def disks(self, instance_ids: Sequence[str]) -> Mapping[str, tuple[Disk, ...]]:
        return {one: self.machines[one].instance.disks for one in instance_ids}

    def script_results(self, invocation_id: str, instance_ids: Sequence[str]) -> Mapping[str, CommandResult]:
        self.before_call("script_results")
        purpose, names, ready = self.commands[invocation_id]
        if self.now < ready:
            return {}
        return {one: self._said(purpose, one) for one in names}

    def _said(self, purpose: str, name: str) -> CommandResult:
        if purpose == "import":
            return CommandResult("finished", 0, f"Import Source Server [s-{name}] Successfully!")
        if purpose == "script":
            return CommandResult("finished", 0, "hello")
        facts = {**_facts(self.machines[name].os), "time": str(int(self.now))}
        if not self.machines[name].healthy:
            facts["free_mib./var"] = "9"
        lines = "".join(f"{key}={value}\n" for key, value in facts.items())
        return CommandResult("finished", 0, f"osm-facts 1\n{lines}osm-facts end\n")

    def find_snapshots(
        self, instances: Sequence[Instance], key: str, service_made: bool
    ) -> Mapping[str, tuple[Snapshot, ...]]:
        self.before_call("find_snapshots")
        return {
            instance.instance_id: tuple(
                self._snapshot(key)
                for key, value in self.taken.items()
                if value[2] == instance.instance_id and self._visible(key)
            )
            for instance in instances
        }

    def _snapshot(self, key: str) -> Snapshot:
        snapshot, ready, _owner = self.taken[key]
        return replace(snapshot, status="accomplished") if self.now >= ready else snapshot

    def snapshots(self, snapshot_ids: Sequence[str]) -> Mapping[str, Snapshot]:
        self.before_call("snapshots")
        return {key: self._snapshot(key) for key in snapshot_ids if self._visible(key)}

    def find_migrations(self, instances: Sequence[Instance]) -> Mapping[str, tuple[Source | None, tuple[Job, ...]]]:
        self.before_call("find_migrations")
        return {one.instance_id: (self._source(one.instance_id), self._jobs_of(one.instance_id)) for one in instances}

    def _source(self, name: str) -> Source | None:
        if f"s-{name}" not in self.registered:
            return None
        ready = self.registered[f"s-{name}"][1]
        return Source(f"s-{name}", "Available" if self.now >= ready else "Unavailable")

    def _jobs_of(self, name: str) -> tuple[Job, ...]:
        mine = [key for key, value in self.made_jobs.items() if value[2].instance.instance_id == name]
        return tuple(self._job(key) for key in mine if self._visible(key))

    def _job(self, key: str) -> Job:
        job, ready, request = self.made_jobs[key]
        if job.status == "Running" and self.now >= ready:
            name = request.instance.instance_id
            broken = (name, request.hop.target) in self.failing
            job = replace(job, status="InError" if broken else "Finished", error_code="M199" if broken else "")
            self.made_jobs[key] = (job, ready, request)
            if not broken:
                self.machines[name].os = request.hop.target
        return job

    def sources(self, source_ids: Sequence[str]) -> Mapping[str, Source]:
        self.before_call("sources")
        found = (self._source(key[2:]) for key in source_ids)
        return {source.source_id: source for source in found if source}

    def jobs(self, job_ids: Sequence[str]) -> Mapping[str, Job]:
        self.before_call("jobs")
        return {key: self._job(key) for key in job_ids if self._visible(key)}

    def running_jobs(self) -> frozenset[str]:
        self.before_call("running_jobs")
        return self.foreign_jobs | {key for key in self.made_jobs if self._job(key).status == "Running"}

    # --- writes -------------------------------------------------------------------------------------------------------

    def run_script(self, instance_ids: Sequence[str], script: Script, token: str, purpose: str) -> Command:
        self.before_call("run_script")
        key = f"t-{len(self.commands)}"
        self.commands[key] = (purpose, tuple(instance_ids), self.now + self.durations("script", key))
        self.after_call("run_script")
        return Command(purpose, key)

    def import_source(self, instance_ids: Sequence[str], os_type: str, token: str) -> Command:
        command = self.run_script(instance_ids, Script(""), token, "import")
        ready = self.commands[command.invocation_id][2]
        for one in instance_ids:
            self.registered.setdefault(f"s-{one}", (one, ready + self.durations("import", one)))
        return command

    def imported_source(self, result: CommandResult) -> Source | None:
        return Source(result.stdout.split("[")[1].split("]")[0], "Unavailable")

    def tag(self, instance_ids: Sequence[str], key: str, value: str) -> None:
        self.before_call("tag")
        for one in instance_ids:
            machine = self.machines[one]
            machine.instance = replace(machine.instance, tags={**machine.instance.tags, key: value})
            self._write(f"tag {value}", one)
        self.after_call("tag")

    def create_snapshot(self, disk: Disk, name: str, tag: tuple[str, str], token: str) -> Snapshot:
        self.before_call("create_snapshot")
        if token not in self.tokens:
            key = f"snap-{len(self.taken)}"
            owner = disk.disk_id.split("-")[1]
            snapshot = Snapshot(key, disk.disk_id, "progressing", self.machines[owner].os, tag[1])
            self.taken[key] = (snapshot, self.now + self.durations("snapshot", disk.disk_id), owner)
            self.tokens[token] = key
            self.born[key] = self.now
            self._write("snapshot", f"{disk.disk_id} {tag[1]}")
        self.after_call("create_snapshot")
        return self._snapshot(self.tokens[token])

    def delete_snapshot(self, snapshot_id: str) -> None:
        self.before_call("delete_snapshot")
        self.taken.pop(snapshot_id, None)
        self._write("delete_snapshot", snapshot_id)

    def reset_disk(self, disk_id: str, snapshot_id: str) -> None:
        self.before_call("reset_disk")
        machine = self.machines[disk_id.split("-")[1]]
        if machine.instance.status != "Stopped":
            raise Moved(Problem("IncorrectInstanceStatus", "not stopped"))
        machine.os = self.taken[snapshot_id][0].name
        self._write("reset_disk", disk_id)

    def stop(self, instance_ids: Sequence[str]) -> Mapping[str, Problem]:
        return self._switch(instance_ids, "stop", "Stopping", "Stopped")

    def start(self, instance_ids: Sequence[str]) -> Mapping[str, Problem]:
        return self._switch(instance_ids, "start", "Starting", "Running")

    def _switch(self, instance_ids: Sequence[str], verb: str, status: str, then: str) -> Mapping[str, Problem]:
        self.before_call(verb)
        for one in instance_ids:
            machine = self.machines[one]
            machine.instance = replace(machine.instance, status=status)
            machine.busy_until, machine.next_status = self.now + self.durations(verb, one), then
            self._write(verb, one)
        self.after_call(verb)
        return {}

    def create_job(self, request: JobRequest) -> Job:
        self.before_call("create_job")
        if request.token not in self.tokens:
            if any(job.name == request.name for job, _unused, _unused in self.made_jobs.values()):
                raise CloudError(Problem("ReplicationJobName.Duplicate", request.name))
            key = f"j-{len(self.made_jobs)}"
            name = request.instance.instance_id
            made = str(len(self.made_jobs))
            job = Job(key, request.name, "Ready", source_id=request.source_id, instance_id=name, created=made)
            self.made_jobs[key] = (job, 0.0, request)
            self.tokens[request.token] = key
            self.born[key] = self.now
            self._write("create_job", f"{name} {request.hop.target}")
        self.after_call("create_job")
        return replace(self.made_jobs[self.tokens[request.token]][0], status="Created")  # the answer has the id only

    def start_job(self, job_id: str) -> None:
        self.before_call("start_job")
        job, _ready, request = self.made_jobs[job_id]
        if job.status not in ("Ready", "Stopped", "InError"):
            raise Moved(Problem("ReplicationJob.InvalidStatus", job.status))
        name = request.instance.instance_id
        ready = self.now + self.durations("job", name)
        self.made_jobs[job_id] = (replace(job, status="Running"), ready, request)
        self._write("start_job", f"{name} {request.hop.target}")
        running = [key for key in self.made_jobs if self._job(key).status == "Running"]
        self.most_running = max(self.most_running, len(running) + len(self.foreign_jobs))
        self.after_call("start_job")

    def delete_job(self, job_id: str) -> None:
        self.before_call("delete_job")
        self.made_jobs.pop(job_id, None)
        self._write("delete_job", job_id)
