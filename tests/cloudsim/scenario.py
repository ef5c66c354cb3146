# Copyright (c) 2026 evergreen.os_migration contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The scenario file: YAML to frozen dataclasses, every mistake named with its place."""

from __future__ import annotations

import dataclasses
import math
import random
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, TypeVar

import yaml

from .oses import CATALOG, EDITIONS, LANGUAGES

T = TypeVar("T")
Reader = Callable[[Any, str], T]


class ScenarioError(Exception):
    """A scenario that cannot be used; the text says where and why."""


# --- readers: a YAML value and its place in the file to a checked Python value ---------------------------------------


def _scalar(kind: type[T], words: str) -> Reader[T]:
    def read(value: Any, place: str) -> T:
        if not isinstance(value, kind) or (isinstance(value, bool) and kind is not bool):
            raise ScenarioError(f"{place}: expected {words}, got {value!r}")
        return value

    return read


text = _scalar(str, "a text")
boolean = _scalar(bool, "true or false")
whole_number = _scalar(int, "a whole number")


def integer(value: Any, place: str) -> int:
    if not isinstance(value, int) or isinstance(value, bool) or value < 0:
        raise ScenarioError(f"{place}: expected a whole number from 0, got {value!r}")
    return value


def number(value: Any, place: str) -> float:
    if not isinstance(value, (int, float)) or isinstance(value, bool) or value < 0:
        raise ScenarioError(f"{place}: expected a number from 0, got {value!r}")
    return float(value)


def optional(reader: Reader[T]) -> Reader[T | None]:
    return lambda value, place: None if value is None else reader(value, place)


def one_of(*allowed: Any) -> Reader[Any]:
    def read(value: Any, place: str) -> Any:
        if value not in allowed or type(value) is not type(allowed[allowed.index(value)]):
            raise ScenarioError(f"{place}: expected one of {', '.join(map(str, allowed))}, got {value!r}")
        return value

    return read


def list_of(reader: Reader[T]) -> Reader[tuple[T, ...]]:
    def read(value: Any, place: str) -> tuple[T, ...]:
        if not isinstance(value, list):
            raise ScenarioError(f"{place}: expected a list, got {value!r}")
        return tuple(reader(item, f"{place}[{index}]") for index, item in enumerate(value))

    return read


def mapping_of(reader: Reader[T], keys: Reader[str] = text) -> Reader[dict[str, T]]:
    def read(value: Any, place: str) -> dict[str, T]:
        if not isinstance(value, dict):
            raise ScenarioError(f"{place}: expected a mapping, got {value!r}")
        return {keys(key, f"{place} (key)"): reader(item, f"{place}.{key}") for key, item in value.items()}

    return read


def record(kind: Callable[..., T], **readers: Reader[Any]) -> Reader[T]:
    """A dataclass from a mapping: unknown keys and missing keys without a default are errors."""

    def read(value: Any, place: str) -> T:
        if not isinstance(value, dict):
            raise ScenarioError(f"{place}: expected a mapping, got {value!r}")
        unknown = sorted(str(key) for key in value if key not in readers)
        if unknown:
            raise ScenarioError(f"{place}: unknown key {unknown[0]!r}; known are {', '.join(sorted(readers))}")
        missing = [name for name in required(kind) if name not in value]
        if missing:
            raise ScenarioError(f"{place}: {missing[0]!r} is missing")
        return kind(**{name: readers[name](item, f"{place}.{name}") for name, item in value.items()})

    return read


def required(kind: Any) -> list[str]:
    absent = dataclasses.MISSING
    fields = dataclasses.fields(kind)
    return [each.name for each in fields if each.default is absent and each.default_factory is absent]


# --- what a scenario holds -------------------------------------------------------------------------------------------


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


_distribution: Reader[Distribution] = record(
    Distribution,
    distribution=one_of("fixed", "uniform", "lognormal"),
    value=number,
    mean=number,
    sigma=number,
    min=number,
    max=number,
)
_NEEDS = {"fixed": ("value",), "uniform": ("min", "max"), "lognormal": ("mean",)}


def duration(value: Any, place: str) -> Distribution:
    """A distribution, or a plain number for a fixed one."""
    if isinstance(value, (int, float)):
        return Distribution("fixed", value=number(value, place))
    made = _distribution(value, place)
    missing = [name for name in _NEEDS[made.distribution] if name not in value]
    if missing:
        raise ScenarioError(f"{place}: a {made.distribution} distribution needs {missing[0]!r}")
    if made.min > made.max or (made.distribution == "lognormal" and made.mean <= 0):
        raise ScenarioError(f"{place}: min must not exceed max and mean must be above 0")
    return made


SPOILT_FACTS = ("rubbish", "cut_off", "huge", "not_utf8", "hangs")
DURATIONS: Mapping[str, Distribution] = {
    "migrate": Distribution("lognormal", mean=1200, sigma=0.2, min=900, max=1800),
    "snapshot": Distribution("uniform", min=60, max=300),
    "stop": Distribution("uniform", min=10, max=40),
    "start": Distribution("uniform", min=20, max=60),
    "reset_disk": Distribution("uniform", min=30, max=120),
    "import": Distribution("uniform", min=60, max=180),
    "agent_reconnect": Distribution("uniform", min=10, max=60),
}


@dataclass(frozen=True)
class Credential:
    access_key: str
    secret_key: str
    security_token: str | None = None
    expired: bool = False
    expires_after: float = math.inf
    permissions: tuple[str, ...] = ("*",)


@dataclass(frozen=True)
class Smc:
    """What the simulated SMC expects of CreateReplicationJob; the real names are not public."""

    target_parameter: str = "TargetOsType"
    target_location: str = "query"
    target_values: Mapping[str, str] = field(default_factory=dict)
    authorised: bool = True

    def target_name(self, system_id: str) -> str:
        return self.target_values.get(system_id, CATALOG[system_id].service_name)


@dataclass(frozen=True)
class Command:
    """How Cloud Assistant behaves: latency in simulated seconds, max_wall in real ones."""

    latency: Distribution = Distribution("uniform", min=2, max=6)
    max_wall: float = 30.0
    memoise_facts: bool = False


@dataclass(frozen=True)
class DiskSpec:
    type: str
    size_gib: int
    category: str = "cloud_essd"
    status: str = "In_use"
    manual_snapshots: int = 0
    delete_auto_snapshot: bool = True


@dataclass(frozen=True)
class Answer:
    """What a Windows guest prints for a script that contains a text."""

    contains: str
    output: str = ""
    rc: int = 0


@dataclass(frozen=True)
class Guest:
    packages: tuple[str, ...] = ("glibc.x86_64", "kernel.x86_64")
    free_mib: Mapping[str, int] = field(default_factory=lambda: {"/usr": 10000, "/var": 12000, "/boot": 400})
    memory_available_mib: int = 4000
    windows_dir_mib: int = 16000
    language: str = "zh-CN"
    edition: str = "Datacenter"
    users: tuple[str, ...] = ("root", "Administrator", "System")
    files: Mapping[str, str | None] = field(default_factory=dict)
    facts: Mapping[str, str] = field(default_factory=dict)
    answers: tuple[Answer, ...] = ()


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
class GroupFaults:
    job: JobFault | None = None
    job_stuck: StuckFault | None = None
    snapshot_fails: int = 0
    agent: str = "online"
    agent_heartbeat_age: float = 3 * 86400.0
    snapshot_in_progress: float = 0.0
    command_hangs: bool = False
    facts: str = ""
    clock_offset: int = 0


@dataclass(frozen=True)
class ConsoleJob:
    """A job that somebody starts in the console."""

    target: str
    after: float = 0.0


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

    def sample(self, what: str, rng: random.Random) -> float:
        return self.durations.get(what, DURATIONS[what]).sample(rng)


@dataclass(frozen=True)
class Match:
    service: str | None = None
    action: str | None = None
    instance: str | None = None


@dataclass(frozen=True)
class Fault:
    """Something that goes wrong between the client and the service."""

    match: Match
    effect: str
    after: int = 0
    times: int | None = None
    probability: float = 1.0
    seconds: float = 0.0


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
    command: Command = Command()
    faults: tuple[Fault, ...] = ()
    other_jobs: int = 0


# --- how it is written -----------------------------------------------------------------------------------------------

_system = one_of(*CATALOG)
_guest = record(
    Guest,
    packages=list_of(text),
    free_mib=mapping_of(integer),
    memory_available_mib=integer,
    windows_dir_mib=integer,
    language=one_of(*LANGUAGES),
    edition=one_of(*EDITIONS),
    users=list_of(text),
    files=mapping_of(optional(text)),
    facts=mapping_of(text),
    answers=list_of(record(Answer, contains=text, output=text, rc=integer)),
)
_group_faults = record(
    GroupFaults,
    job=record(
        JobFault,
        fail_at_hop=integer,
        after_progress=number,
        error_code=text,
        message=text,
        times=integer,
    ),
    job_stuck=record(StuckFault, at_hop=integer, after_progress=number),
    snapshot_fails=integer,
    agent=one_of("online", "offline", "missing"),
    agent_heartbeat_age=number,
    snapshot_in_progress=number,
    command_hangs=boolean,
    facts=one_of(*SPOILT_FACTS),
    clock_offset=whole_number,
)
_disk = record(
    DiskSpec,
    type=one_of("system", "data"),
    size_gib=integer,
    category=text,
    status=one_of("In_use", "Attaching", "Detaching", "Creating", "ReIniting"),
    manual_snapshots=integer,
    delete_auto_snapshot=boolean,
)
_group = record(
    Group,
    name=text,
    os=_system,
    count=integer,
    first=integer,
    ids=list_of(text),
    id_prefix=text,
    os_name=text,
    architecture=one_of("x86_64", "arm64"),
    region=text,
    instance_type=text,
    vcpus=integer,
    memory_mib=integer,
    network_type=one_of("vpc", "classic"),
    public_address=one_of(True, False, "eip"),
    status=one_of("Running", "Stopped"),
    locks=list_of(one_of("financial", "security", "Recycling", "dedicatedhostfinancial", "refunded")),
    tags=mapping_of(text),
    disks=list_of(_disk),
    guest=_guest,
    durations=mapping_of(duration, keys=one_of(*DURATIONS)),
    faults=_group_faults,
    smc_source=one_of("available", "unavailable", "none"),
    console_job=record(ConsoleJob, target=_system, after=number),
)
_fault = record(
    Fault,
    match=record(Match, service=one_of("ecs", "ram", "smc", "sts"), action=text, instance=text),
    effect=one_of("throttle", "http_500", "http_503", "cut", "lost_answer", "delay"),
    after=integer,
    times=integer,
    probability=number,
    seconds=number,
)
_scenario = record(
    Scenario,
    groups=list_of(_group),
    seed=integer,
    credentials=list_of(
        record(
            Credential,
            access_key=text,
            secret_key=text,
            security_token=text,
            expired=boolean,
            expires_after=number,
            permissions=list_of(text),
        )
    ),
    regions=list_of(text),
    quotas=mapping_of(integer),
    consistency_lag=number,
    snapshot_service=boolean,
    smc=record(
        Smc,
        target_parameter=text,
        target_location=one_of("query", "replication_parameters"),
        target_values=mapping_of(text, keys=_system),
        authorised=boolean,
    ),
    command=record(Command, latency=duration, max_wall=number, memoise_facts=boolean),
    faults=list_of(_fault),
    other_jobs=integer,
)


def parse(document: Any) -> Scenario:
    """A checked scenario; top-level keys that start with `x-` are for YAML anchors and are ignored."""
    if isinstance(document, dict):
        document = {key: value for key, value in document.items() if not str(key).startswith("x-")}
    scenario = _scenario(document, "scenario")
    if not scenario.credentials:
        raise ScenarioError("scenario.credentials: at least one is needed")
    for index, group in enumerate(scenario.groups):
        _check_group(group, scenario, f"scenario.groups[{index}]")
    for index, credential in enumerate(scenario.credentials):
        if credential.expired and not credential.security_token:
            raise ScenarioError(f"scenario.credentials[{index}]: only a credential with a security_token expires")
    return scenario


def _check_group(group: Group, scenario: Scenario, place: str) -> None:
    if bool(group.ids) == bool(group.count):
        raise ScenarioError(f"{place}: give either 'ids' or a 'count' above 0")
    if [disk.type for disk in group.disks].count("system") != 1:
        raise ScenarioError(f"{place}.disks: exactly one system disk is needed")
    if group.region not in scenario.regions:
        raise ScenarioError(f"{place}.region: {group.region!r} is not in scenario.regions")
    try:
        group.name.format(n=1)
    except (KeyError, IndexError, ValueError):
        raise ScenarioError(f"{place}.name: only {{n}} (with a format such as {{n:02}}) can stand in it") from None


def load(path: Path) -> Scenario:
    try:
        document = yaml.safe_load(path.read_text(encoding="utf-8"))
    except OSError as error:
        raise ScenarioError(f"{path}: {error.strerror}") from None
    except (UnicodeDecodeError, yaml.YAMLError) as error:
        raise ScenarioError(f"{path}: not valid YAML: {' '.join(str(error).split())}") from None
    return parse(document)
