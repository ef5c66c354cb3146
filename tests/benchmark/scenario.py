# Copyright (c) 2026 evergreen.os_migration contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Fleets to migrate, whose every duration is known before: scenario, inventory, and the plans of an ideal controller.

All times are simulated seconds, but where a name says otherwise.
"""

from __future__ import annotations

import math
import random
from collections.abc import Iterator
from dataclasses import dataclass, field
from statistics import NormalDist, fmean
from typing import Any

from benchmark.bound import Plan, Step

#: Simulated seconds in a second.
SPEED = 10
#: Calls a minute of each action in a region. The provider publishes no numbers (an account sees its own in the Quota
#: Center): the simulated cloud's default, and what the provider's text on throttling takes for an example.
WIDE, NARROW = 1000, 200
#: Jobs that an account may have: documented.
JOBS_OF_AN_ACCOUNT = 1000
HEALTHY, OTHER = "cn-hangzhou", "cn-shanghai"
#: A heavy tail: the slowest twentieth takes about five times as long as the middle.
SIGMA, PARTS = 0.8, 20
LATENCY, IDS_OF_A_CALL = 4.0, 50


@dataclass(frozen=True)
class Way:
    """Where instances come from and go to, and what they look like."""

    os: str
    target: str
    disk_gib: int
    guest: dict[str, Any] = field(default_factory=dict)


#: By the number of hops.
WAYS = {
    1: Way("centos-7", "alinux-3", 40),
    2: Way("windows-2008r2", "windows-2016", 80, {"edition": "Enterprise"}),
}


@dataclass(frozen=True)
class Pace:
    """How long a hop takes the service beside its own snapshots (on average), and how long each snapshot takes."""

    migrate: float
    snapshot: float


USUAL = Pace(600, 60)


@dataclass(frozen=True)
class Case:
    """One run: how many instances go how far, how long a hop takes them, and what holds them up."""

    instances: int
    hops: int = 1
    cap: int | None = None
    shape: str = "fixed"
    quota: int = WIDE
    pace: Pace = USUAL
    #: Seconds until the cloud shows a write everywhere: what a careful controller waits three times.
    visibility: float = 0
    #: The module called once for all of them, without the roles' work per host.
    module: bool = False
    #: None: the collection; else a task per step and host, with that many forks.
    forks: int | None = None
    #: How many of the instances are in a region that never answers.
    unreachable: int = 0

    @property
    def name(self) -> str:
        said = [f"{self.instances} x {self.hops} hop{'s' if self.hops > 1 else ''}"]
        said += [f"{self.cap} at a time"] if self.cap else []
        said += [self.shape] if self.shape != "fixed" else []
        said += [f"hop of {self.pace.migrate:g} s"] if self.pace != USUAL else []
        said += [f"quota {self.quota}"] if self.quota != WIDE else []
        said += ["module alone"] if self.module else []
        said += [f"by tasks, forks {self.forks}"] if self.forks else []
        return ", ".join(said)

    @property
    def way(self) -> Way:
        return WAYS[self.hops]

    @property
    def accounts(self) -> int:
        """How many accounts share the fleet: one alone may not have enough jobs."""
        return -(-self.instances * self.hops // JOBS_OF_AN_ACCOUNT)

    @property
    def quotas(self) -> dict[str, int]:
        return {"default": self.quota}


@dataclass(frozen=True)
class Instance:
    """One instance of a fleet, and how long the cloud takes for its migration."""

    number: int
    account: int
    region: str
    migrate: float

    @property
    def id(self) -> str:
        return f"i-bp1{self.number:017}"


def lengths(case: Case) -> list[float]:
    """Return how long the cloud migrates each instance: all alike, or in a random order with a heavy tail."""
    if case.shape == "fixed":
        return [case.pace.migrate] * case.instances
    drawn = [NormalDist(0, SIGMA).inv_cdf((part + 0.5) / PARTS) for part in range(PARTS)]
    tail = [math.exp(exponent) for exponent in drawn]
    found = [round(case.pace.migrate * tail[number % PARTS] / fmean(tail), 1) for number in range(case.instances)]
    random.Random(case.instances).shuffle(found)
    return found


def fleet(case: Case) -> list[Instance]:
    """Return the fleet; the unreachable instances come on top of it."""
    size = -(-case.instances // case.accounts)
    known = [Instance(number, number // size, HEALTHY, length) for number, length in enumerate(lengths(case))]
    beyond = range(case.instances, case.instances + case.unreachable)
    return known + [Instance(number, 0, OTHER, case.pace.migrate) for number in beyond]


# --- what the cloud and the controller are told ----------------------------------------------------------------------


def credential(account: int) -> dict[str, str]:
    return {"access_key": f"LTAI5tBenchmark{account:02}", "secret_key": f"benchmark-secret-{account:02}"}


def profile(account: int) -> str:
    return f"account-{account:02}"


def scenario(case: Case, account: int) -> dict[str, Any]:
    """Return the scenario of one account; a group's facts script runs once, so that the time is not that of guests."""
    mine = [instance for instance in fleet(case) if instance.account == account]
    kinds = sorted({(instance.region, instance.migrate) for instance in mine})
    return {
        "credentials": [credential(account)],
        "quotas": case.quotas,
        "command": {"memoise_facts": True, "latency": LATENCY},
        "groups": [
            _group(case, number, [one for one in mine if (one.region, one.migrate) == kind])
            for number, kind in enumerate(kinds)
        ],
    }


def _group(case: Case, number: int, members: list[Instance]) -> dict[str, Any]:
    reboot = case.pace.migrate / 100
    return {
        "name": f"g{number:02}-{{n:05}}",
        "ids": [instance.id for instance in members],
        "os": case.way.os,
        "region": members[0].region,
        "vcpus": 4,
        "memory_mib": 16384,
        "disks": [{"type": "system", "size_gib": case.way.disk_gib, "category": "cloud_essd"}],
        "guest": case.way.guest,
        "smc_source": "available",
        "durations": {
            "migrate": members[0].migrate,
            "snapshot": case.pace.snapshot,
            "start": reboot,
            "agent_reconnect": reboot,
        },
    }


def hosts(case: Case) -> dict[str, dict[str, str]]:
    """Return the inventory; with more than one account each host names its own."""
    return {
        f"host-{instance.number:05}": {
            "instance_id": instance.id,
            "region": instance.region,
            "os_migration_target": case.way.target,
            **({"os_migration_profile": profile(instance.account)} if case.accounts > 1 else {}),
        }
        for instance in fleet(case)
    }


def items(case: Case) -> list[dict[str, str]]:
    """Return the same fleet as the module's option ``instances`` takes it."""
    names = {"os_migration_target": "target", "os_migration_profile": "profile"}
    return [
        {"name": host, **{names.get(name, name): value for name, value in variables.items()}}
        for host, variables in hosts(case).items()
    ]


# --- what an ideal controller would do -------------------------------------------------------------------------------


def plans(case: Case) -> list[Plan]:
    """Return the steps of each instance that can be reached, from its first mark to its last."""
    reachable = [instance for instance in fleet(case) if instance.region == HEALTHY]
    return [Plan(tuple(_steps(case, instance)), str(instance.account)) for instance in reachable]


def _steps(case: Case, instance: Instance) -> Iterator[Step]:
    """Yield the steps; the service takes its own snapshots before it begins, and each hop is looked at in the guest."""
    many = 1 / IDS_OF_A_CALL
    yield Step("TagResources", 3 * case.visibility, many)
    yield Step("CreateSnapshot", case.pace.snapshot)
    for _hop in range(case.hops):
        yield Step("CreateReplicationJob")
        yield Step("StartReplicationJob", case.pace.snapshot + instance.migrate)
        yield Step("RunCommand", LATENCY, many)
    yield Step("TagResources", share=many)
