# Copyright (c) 2026 evergreen.os_migration contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""How a scenario is written: a YAML file to the dataclasses, every mistake named with its place."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import yaml

from .agent_habits import TROUBLES
from .effects import EFFECTS
from .oses import CATALOG, EDITIONS, LANGUAGES
from .readers import (
    Reader,
    ScenarioError,
    boolean,
    integer,
    list_of,
    mapping_of,
    moment,
    number,
    one_of,
    optional,
    record,
    text,
    whole_number,
)
from .scenario import (
    ARRIVALS,
    DURATIONS,
    SPOILT_FACTS,
    Answer,
    Command,
    ConsoleJob,
    Credential,
    DiskSpec,
    Distribution,
    Event,
    Fault,
    Group,
    GroupFaults,
    Guest,
    InUse,
    JobFault,
    Made,
    Match,
    ResourceFault,
    Ros,
    Scenario,
    Smc,
    SourceFault,
    StuckFault,
    Window,
)

# The lists that can be stale, each on its own.
LISTS = (
    "instances",
    "disks",
    "snapshots",
    "tags",
    "jobs",
    "sources",
    "codes",
    "agents",
    "results",
    "images",
    "security_groups",
    "stacks",
)
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
    services=list_of(text),
)
_windows = list_of(record(Window, since=moment, until=moment))
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
    arrival=one_of(*ARRIVALS),
    loses=list_of(text),
    snapshot_fails=integer,
    agent=one_of("online", "offline", "missing"),
    agent_heartbeat_age=number,
    snapshot_in_progress=number,
    command_hangs=boolean,
    facts=one_of(*SPOILT_FACTS),
    script=one_of(*TROUBLES),
    outlives=text,
    clock_offset=whole_number,
    agent_silent=_windows,
    guest_hangs=_windows,
    stop_hangs=integer,
    image_fails=integer,
    drill_critical=text,
    copies_silent=boolean,
    source=list_of(record(SourceFault, since=moment, until=moment, state=one_of("Pending", "Unavailable"))),
)
_disk = record(
    DiskSpec,
    type=one_of("system", "data"),
    size_gib=integer,
    category=text,
    status=one_of("In_use", "Attaching", "Detaching", "Creating", "ReIniting", "Available"),
    manual_snapshots=integer,
    delete_auto_snapshot=boolean,
    multi_attach=boolean,
)
_smc_source = one_of("available", "unavailable", "none")
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
    smc_source=_smc_source,
    console_job=record(ConsoleJob, target=_system, after=number),
    account=text,
    host_name=text,
    private_address=text,
    source_host_name=text,
    old_sources=integer,
    smc_client_of=text,
    spot_strategy=one_of("NoSpot", "SpotAsPriceGo", "SpotWithPriceLimit"),
    events=list_of(
        record(Event, at=number, what=one_of("attach_disk", "detach_disk", "release", "import"), disk=integer)
    ),
)
_ros = record(
    Ros,
    most_stacks=integer,
    fails=list_of(record(ResourceFault, resource=text, code=text, message=text, times=integer)),
    in_use=list_of(record(InUse, resource=text, until=moment)),
    durations=mapping_of(number),
    instance=record(
        Made,
        guest=_guest,
        durations=mapping_of(duration, keys=one_of(*DURATIONS)),
        faults=_group_faults,
        smc_source=_smc_source,
    ),
)
_fault = record(
    Fault,
    match=record(
        Match,
        service=one_of("ecs", "ram", "ros", "smc", "sts"),
        action=text,
        instance=text,
        region=text,
        access_key=text,
        kind=one_of("read", "write"),
    ),
    effect=one_of(*EFFECTS),
    after=integer,
    times=integer,
    probability=number,
    seconds=number,
    since=moment,
    until=moment,
    at=number,
    applied=boolean,
    code=text,
    status=integer,
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
            account=text,
            clock_offset=whole_number,
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
        most_codes=integer,
        codes_last=list_of(number),
        codes_listed=integer,
        drill_parameter=text,
        drill_location=one_of("query", "replication_parameters"),
        drill_values=mapping_of(text, keys=one_of("only", "and_migrate")),
    ),
    ros=_ros,
    command=record(Command, latency=duration, max_wall=number, memoise_facts=boolean, code_pages=boolean),
    faults=list_of(_fault),
    other_jobs=integer,
    stale_reads=mapping_of(number, keys=one_of(*LISTS)),
    clock_offset=whole_number,
    most=mapping_of(integer, keys=one_of("images", "instances", "security_groups")),
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
    if group.account not in {credential.account for credential in scenario.credentials}:
        raise ScenarioError(f"{place}.account: no credential is of account {group.account!r}")
    _check_events(group, place)
    try:
        group.name.format(n=1)
    except (KeyError, IndexError, ValueError):
        raise ScenarioError(f"{place}.name: only {{n}} (with a format such as {{n:02}}) can stand in it") from None


def _check_events(group: Group, place: str) -> None:
    for index, event in enumerate(group.events):
        if event.what.endswith("_disk") and [disk.type for disk in group.disks][event.disk : event.disk + 1] != [
            "data"
        ]:
            raise ScenarioError(f"{place}.events[{index}].disk: {event.disk} is not a data disk of the group")


def load(path: Path) -> Scenario:
    try:
        document = yaml.safe_load(path.read_text(encoding="utf-8"))
    except OSError as error:
        raise ScenarioError(f"{path}: {error.strerror}") from None
    except (UnicodeDecodeError, yaml.YAMLError) as error:
        raise ScenarioError(f"{path}: not valid YAML: {' '.join(str(error).split())}") from None
    return parse(document)
