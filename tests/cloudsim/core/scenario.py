# Copyright (c) 2026 evergreen.os_migration contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What a scenario holds: what exists in the simulated clouds and what goes wrong, as frozen dataclasses.

One file describes all clouds, so keys that only one of them knows (`smc`, `console_job`) are here, too; what they mean
is that cloud's business.
"""

from __future__ import annotations

import math
import random
from collections.abc import Mapping
from dataclasses import dataclass, field

from .oses import CATALOG


@dataclass(frozen=True)
class Distribution:
    """A duration in simulated seconds."""

    distribution: str
    value: float = 0.0
    mean: float = 0.0
    sigma: float = 0.25
    min: float = 0.0
    max: float = math.inf

    def sample(self, rng: random.Random) -> float:
        if self.distribution == "fixed":
            return self.value
        if self.distribution == "uniform":
            return rng.uniform(self.min, self.max)
        # mu is chosen so that `mean` is the distribution's mean, not its median.
        drawn = rng.lognormvariate(math.log(self.mean) - self.sigma**2 / 2, self.sigma)
        return min(max(drawn, self.min), self.max)


ACCOUNT = "1968132000123456"
#: What a job leaves behind that says it is finished: the kernel of before runs; three packages of four are the former
#: system's; the former system was booted again.
ARRIVALS = ("old_kernel", "half_converted", "old_system")
SPOILT_FACTS = ("rubbish", "cut_off", "huge", "not_utf8", "hangs")
DURATIONS: Mapping[str, Distribution] = {
    "migrate": Distribution("lognormal", mean=1200, sigma=0.2, min=900, max=1800),
    "snapshot": Distribution("uniform", min=60, max=300),
    "stop": Distribution("uniform", min=10, max=40),
    "start": Distribution("uniform", min=20, max=60),
    "reset_disk": Distribution("uniform", min=30, max=120),
    "import": Distribution("uniform", min=60, max=180),
    "agent_reconnect": Distribution("uniform", min=10, max=60),
    "image": Distribution("uniform", min=120, max=600),
    "release": Distribution("uniform", min=5, max=40),
}


@dataclass(frozen=True)
class Window:
    """A stretch of simulated time."""

    since: float = 0.0
    until: float = math.inf


@dataclass(frozen=True)
class Credential:
    """A key of an account; `clock_offset`: how far the clock is off that signs with it."""

    access_key: str
    secret_key: str
    security_token: str | None = None
    expired: bool = False
    expires_after: float = math.inf
    permissions: tuple[str, ...] = ("*",)
    account: str = ACCOUNT
    clock_offset: int = 0


@dataclass(frozen=True)
class Smc:
    """What the simulated SMC expects of CreateReplicationJob; the real names are not public.

    `codes_last`: for how many seconds the first activation codes count, whatever was asked for; `codes_listed`: how
    many of them a list shows at the most. `drill_parameter`, `drill_location`, `drill_values`: how it is asked for a
    drill, which is not public either; the defaults are invented.
    """

    target_parameter: str = "TargetOsType"
    target_location: str = "query"
    target_values: Mapping[str, str] = field(default_factory=dict)
    authorised: bool = True
    most_codes: int = 1000
    codes_last: tuple[float, ...] = ()
    codes_listed: int = 1000
    drill_parameter: str = "DrillMode"
    drill_location: str = "query"
    drill_values: Mapping[str, str] = field(
        default_factory=lambda: {"only": "DrillOnly", "and_migrate": "DrillAndMigrate"}
    )

    def target_name(self, system_id: str) -> str:
        return self.target_values.get(system_id, CATALOG[system_id].service_name)


@dataclass(frozen=True)
class ResourceFault:
    """A resource of a template that cannot be made; 0 times is always."""

    resource: str
    code: str = "OperationDenied.NoStock"
    message: str = "The resource is out of stock in the specified zone."
    times: int = 0


@dataclass(frozen=True)
class InUse:
    """A resource of a template that somebody else's instance uses for a while, so that it cannot be deleted."""

    resource: str
    until: float = math.inf


@dataclass(frozen=True)
class Command:
    """How Cloud Assistant behaves: latency in simulated seconds, max_wall in real ones."""

    latency: Distribution = Distribution("uniform", min=2, max=6)
    max_wall: float = 30.0
    memoise_facts: bool = False
    code_pages: bool = False


@dataclass(frozen=True)
class DiskSpec:
    type: str
    size_gib: int
    category: str = "cloud_essd"
    status: str = "In_use"
    manual_snapshots: int = 0
    delete_auto_snapshot: bool = True
    multi_attach: bool = False


@dataclass(frozen=True)
class Answer:
    """What a Windows guest prints for a script that contains a text."""

    contains: str
    output: str = ""
    rc: int = 0


@dataclass(frozen=True)
class Guest:
    packages: tuple[str, ...] | None = None
    free_mib: Mapping[str, int] = field(default_factory=lambda: {"/usr": 10000, "/var": 12000, "/boot": 400})
    memory_available_mib: int = 4000
    windows_dir_mib: int = 16000
    language: str = "zh-CN"
    edition: str = "Datacenter"
    users: tuple[str, ...] = ("root", "Administrator", "System")
    files: Mapping[str, str | None] = field(default_factory=dict)
    facts: Mapping[str, str] = field(default_factory=dict)
    answers: tuple[Answer, ...] = ()
    services: tuple[str, ...] = ("crond", "sshd")


@dataclass(frozen=True)
class JobFault:
    fail_at_hop: int = 1
    after_progress: float = 50.0
    error_code: str = "InternalError"
    message: str = "The operating system migration failed."
    times: int = 0


@dataclass(frozen=True)
class StuckFault:
    at_hop: int = 1
    after_progress: float = 50.0


@dataclass(frozen=True)
class SourceFault(Window):
    """A migration source that is in this state for a while, whatever its guest does."""

    state: str = "Unavailable"


@dataclass(frozen=True)
class GroupFaults:
    job: JobFault | None = None
    job_stuck: StuckFault | None = None
    arrival: str = ""
    loses: tuple[str, ...] = ()
    snapshot_fails: int = 0
    agent: str = "online"
    agent_heartbeat_age: float = 3 * 86400.0
    snapshot_in_progress: float = 0.0
    command_hangs: bool = False
    facts: str = ""
    script: str = ""
    outlives: str = ""
    clock_offset: int = 0
    agent_silent: tuple[Window, ...] = ()
    guest_hangs: tuple[Window, ...] = ()
    stop_hangs: int = 0
    image_fails: int = 0
    drill_critical: str = ""
    copies_silent: bool = False
    source: tuple[SourceFault, ...] = ()


@dataclass(frozen=True)
class ConsoleJob:
    """A job that somebody starts in the console."""

    target: str
    after: float = 0.0


@dataclass(frozen=True)
class Event:
    """Something that happens to the group's instances at a time, whoever else is at work; `disk` counts from 0.

    `import`: somebody runs the client of the cloud's migration service in the guest.
    """

    at: float
    what: str
    disk: int = 0


@dataclass(frozen=True)
class Group:
    name: str
    os: str
    count: int = 0
    first: int = 1
    ids: tuple[str, ...] = ()
    id_prefix: str = "i-bp1"
    os_name: str | None = None
    architecture: str = "x86_64"
    region: str = "cn-hangzhou"
    instance_type: str = "ecs.g6.large"
    vcpus: int = 2
    memory_mib: int = 8192
    network_type: str = "vpc"
    public_address: bool | str = False
    status: str = "Running"
    locks: tuple[str, ...] = ()
    tags: Mapping[str, str] = field(default_factory=dict)
    disks: tuple[DiskSpec, ...] = (DiskSpec("system", 40),)
    guest: Guest = Guest()
    durations: Mapping[str, Distribution] = field(default_factory=dict)
    faults: GroupFaults = GroupFaults()
    smc_source: str = "none"
    console_job: ConsoleJob | None = None
    account: str = ACCOUNT
    host_name: str | None = None
    private_address: str | None = None
    source_host_name: str | None = None
    old_sources: int = 0
    smc_client_of: str = ""
    spot_strategy: str = "NoSpot"
    events: tuple[Event, ...] = ()

    @property
    def machine(self) -> str:
        """The architecture as the guest's kernel and its packages call it."""
        return "aarch64" if self.architecture == "arm64" else self.architecture

    @property
    def packages(self) -> tuple[str, ...]:
        """What is installed beside the packages of every system."""
        default = tuple(f"{name}.{self.machine}" for name in ("glibc", "kernel"))
        return default if self.guest.packages is None else self.guest.packages

    def sample(self, what: str, rng: random.Random) -> float:
        return self.durations.get(what, DURATIONS[what]).sample(rng)


@dataclass(frozen=True)
class Made:
    """What an instance that a template makes is like, beside what the template says."""

    guest: Guest = Guest()
    durations: Mapping[str, Distribution] = field(default_factory=dict)
    faults: GroupFaults = GroupFaults()
    smc_source: str = "none"


@dataclass(frozen=True)
class Ros:
    """How stacks are made; `durations` are seconds by the names of resources."""

    most_stacks: int = 200
    fails: tuple[ResourceFault, ...] = ()
    in_use: tuple[InUse, ...] = ()
    durations: Mapping[str, float] = field(default_factory=dict)
    instance: Made = Made()


@dataclass(frozen=True)
class Match:
    service: str | None = None
    action: str | None = None
    instance: str | None = None
    region: str | None = None
    access_key: str | None = None
    kind: str | None = None


@dataclass(frozen=True)
class Fault:
    """Something that goes wrong between the client and the service, for calls that come from `since` to `until`."""

    match: Match
    effect: str
    after: int = 0
    times: int | None = None
    probability: float = 1.0
    seconds: float = 0.0
    since: float = 0.0
    until: float = math.inf
    at: float = 0.0
    applied: bool = False
    code: str = ""
    status: int = 403


@dataclass(frozen=True)
class Scenario:
    groups: tuple[Group, ...]
    seed: int = 1
    credentials: tuple[Credential, ...] = (Credential("LTAIsimulatedoperator", "simulated-secret"),)
    regions: tuple[str, ...] = ("cn-hangzhou", "cn-shanghai", "cn-beijing", "ap-southeast-1")
    quotas: Mapping[str, int] = field(default_factory=dict)
    consistency_lag: float = 0.0
    snapshot_service: bool = True
    smc: Smc = Smc()
    ros: Ros = Ros()
    command: Command = Command()
    faults: tuple[Fault, ...] = ()
    other_jobs: int = 0
    stale_reads: Mapping[str, float] = field(default_factory=dict)
    clock_offset: int = 0
    most: Mapping[str, int] = field(default_factory=dict)
