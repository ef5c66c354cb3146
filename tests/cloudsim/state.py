# Copyright (c) 2026 evergreen.os_migration contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What exists in the simulated account. Every status is a function of the simulated time."""

from __future__ import annotations

import math
from collections import Counter
from dataclasses import dataclass, field
from typing import Any

from .clock import Timeline
from .oses import CATALOG, OperatingSystem
from .scenario import Group

HEARTBEAT = 60.0
HEARTBEAT_VALID = 120.0
UNFINISHED = frozenset({"Ready", "Running", "Stopped", "InError"})

Tags = dict[str, str]


@dataclass(frozen=True)
class Content:
    """What lies on a disk, as far as anybody can tell from outside."""

    os: str = ""
    hops: int = 0
    smc_client: bool = False


@dataclass
class Disk:
    id: str
    instance_id: str
    region: str
    type: str
    size_gib: int
    category: str
    device: str
    contents: Timeline[Content]
    tags: Timeline[Tags]
    serial: int = 0
    delete_auto_snapshot: bool = True
    condition: str = "In_use"
    resetting_until: float = -math.inf
    snapshots: dict[str, Snapshot] = field(default_factory=dict)

    def status(self, now: float) -> str:
        return "ReIniting" if now < self.resetting_until else self.condition

    def snapshot_in_progress(self, now: float) -> bool:
        return any(snapshot.status(now) == "progressing" for snapshot in self.snapshots.values())


@dataclass
class Snapshot:
    id: str
    disk_id: str
    instance_id: str
    region: str
    name: str
    created: float
    length: float
    content: Content
    disk_type: str
    disk_size_gib: int
    tags: Timeline[Tags]
    kind: str = "user"
    serial: int = 0
    fails: bool = False
    visible: float = -math.inf
    description: str = ""
    retention_days: int | None = None

    @property
    def ends(self) -> float:
        return self.created + self.length

    def status(self, now: float) -> str:
        if now < self.ends:
            return "progressing"
        return "failed" if self.fails else "accomplished"

    def progress(self, now: float) -> str:
        done = 1.0 if now >= self.ends else (now - self.created) / self.length
        return f"{max(0, int(done * 100))}%"


@dataclass
class Instance:
    id: str
    name: str
    group: Group
    private_address: str
    public_address: str
    disks: list[Disk]
    power: Timeline[str]
    agent: Timeline[bool]
    tags: Timeline[Tags]
    serial: int = 0
    stopped_mode: str = "Not-applicable"
    samples: Counter[str] = field(default_factory=Counter)
    failed_jobs: int = 0
    failed_snapshots: int = 0
    invocations: int = 0
    last_invoked: float | None = None
    source: Source | None = None
    jobs: dict[str, Job] = field(default_factory=dict)
    packages: tuple[str, ...] = ()

    @property
    def region(self) -> str:
        return self.group.region

    @property
    def system_disk(self) -> Disk:
        return next(disk for disk in self.disks if disk.type == "system")

    def content(self, now: float) -> Content:
        return self.system_disk.contents.at(now)

    def system(self, now: float) -> OperatingSystem:
        return CATALOG[self.content(now).os]

    def running_job(self, now: float) -> Job | None:
        return next((job for job in self.jobs.values() if job.status(now) == "Running"), None)

    def heartbeat(self, now: float) -> float | None:
        """When the agent was heard last; None when it was never installed."""
        if self.group.faults.agent == "missing":
            return None
        if self.agent.at(now):
            return now - (now + self.serial) % HEARTBEAT
        return max(self.agent.since(now), -self.group.faults.agent_heartbeat_age)

    def agent_online(self, now: float) -> bool:
        """What DescribeCloudAssistantStatus says: a heartbeat within two minutes, so it may be stale."""
        heard = self.heartbeat(now)
        return heard is not None and now - heard <= HEARTBEAT_VALID


@dataclass(frozen=True)
class JobState:
    status: str
    progress: float = 0.0
    error_code: str = ""
    info: str = ""


@dataclass(frozen=True)
class Run:
    """One start of a job; `length` is the whole way, also of a run that will not reach the end."""

    started: float
    snapshots: float
    length: float
    limit: float = 100.0

    def progress(self, now: float) -> float:
        return round(min((now - self.started) / self.length * 100, self.limit), 1)

    def business_status(self, now: float) -> str:
        before = self.snapshots / self.length * 100
        done = (self.progress(now) - before) / (100 - before)
        stages = (("Preparing", 0.0), ("Syncing", 0.15), ("Processing", 0.9))
        return next((name for name, until in stages if done < until), "Cleaning")


@dataclass
class Job:
    id: str
    name: str
    source_id: str
    instance_id: str
    target: str
    created: float
    states: Timeline[JobState]
    request: dict[str, Any]
    serial: int = 0
    visible: float = -math.inf
    runs: list[Run] = field(default_factory=list)
    tags: Tags = field(default_factory=dict)

    def status(self, now: float) -> str:
        return self.states.at(now).status

    def progress(self, now: float) -> float:
        state = self.states.at(now)
        return self.runs[-1].progress(now) if state.status == "Running" else state.progress


@dataclass
class Source:
    id: str
    instance_id: str
    created: float
    ready: float
    serial: int = 0
    job_id: str = ""


@dataclass
class AccessToken:
    id: str
    code: str
    expires: float
    left: int


@dataclass
class Result:
    """One instance's share of a command; `finishes` is inf while the script is still running for real."""

    instance_id: str
    starts: float
    finishes: float
    status: str = "Running"
    rc: int | None = None
    output: bytes = b""
    dropped: int = 0
    error_code: str = ""
    error_info: str = ""
    stopped: float | None = None
    serial: int = 0


@dataclass
class Invocation:
    id: str
    command_id: str
    region: str
    created: float
    timeout: int
    username: str
    results: dict[str, Result]
