# Copyright (c) 2026 evergreen.os_migration contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A made-up estate of any size: ten kinds of instances, of which some cannot be migrated as they are."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

CREDENTIAL = {"access_key": "LTAI5tBenchmark", "secret_key": "benchmark-secret-value"}
REGION = "cn-hangzhou"
ID_LENGTH = 22
_KEPT = {"category": "cloud_essd", "delete_auto_snapshot": False}
_LINUX_DISKS = [{"type": "system", "size_gib": 40, "manual_snapshots": 1, **_KEPT}]
_WINDOWS_DISKS = [{"type": "system", "size_gib": 80, **_KEPT}, {"type": "data", "size_gib": 200, **_KEPT}]
_OLD_PACKAGES = ["glibc.x86_64", "kernel.x86_64", "glibc.i686", "zlib.i686"]


@dataclass(frozen=True)
class Kind:
    """Instances of one sort; ``share`` is per mille of the estate, ``state`` what their assessment ends as."""

    name: str
    share: int
    os: str
    target: str
    state: str = "ready"
    more: dict[str, Any] = field(default_factory=dict)


KINDS = (
    Kind("web", 300, "centos-7", "alinux-3"),
    Kind("app", 100, "centos-7", "alinux-3", "blocked", {"guest": {"packages": _OLD_PACKAGES}}),
    Kind(
        "db", 80, "centos-8", "alinux-3", "blocked", {"guest": {"free_mib": {"/usr": 9000, "/var": 300, "/boot": 90}}}
    ),
    Kind("cache", 120, "alinux-2", "alinux-3"),
    Kind("batch", 30, "rhel-7", "rhel-9"),
    Kind("lab", 20, "rhel-8", "rhel-9"),
    Kind("idle", 50, "centos-7", "anolis-8", "blocked", {"status": "Stopped"}),
    Kind("erp", 150, "windows-2008r2", "windows-2016", "ready", {"guest": {"edition": "Enterprise"}}),
    Kind("files", 100, "windows-2012r2", "windows-2022"),
    Kind("hr", 50, "windows-2016", "windows-2022"),
)


def sizes(instances: int) -> dict[str, int]:
    """How many instances of each kind; the first kind takes what is left over."""
    found = {kind.name: instances * kind.share // 1000 for kind in KINDS}
    found[KINDS[0].name] += instances - sum(found.values())
    return found


def _group(kind: Kind, count: int) -> dict[str, Any]:
    windows = kind.os.startswith("windows")
    return {
        "name": f"{kind.name}-{{n:05}}",
        "count": count,
        "id_prefix": _prefix(kind),
        "os": kind.os,
        "region": REGION,
        "vcpus": 4,
        "memory_mib": 16384,
        "disks": _WINDOWS_DISKS if windows else _LINUX_DISKS,
        "smc_source": "available",
        **kind.more,
    }


def scenario(instances: int) -> dict[str, Any]:
    """The simulated cloud's scenario; a group's facts script runs once, so that the time is not that of its guests."""
    counts = sizes(instances)
    return {
        "credentials": [CREDENTIAL],
        "quotas": {"default": 6000},
        "command": {"memoise_facts": True},
        "groups": [_group(kind, counts[kind.name]) for kind in KINDS if counts[kind.name]],
    }


def hosts(instances: int) -> dict[str, dict[str, str]]:
    """Inventory hosts with what the roles read of them."""
    return {
        f"{kind.name}-{number:05}": {
            "instance_id": _instance_id(kind, number),
            "region": REGION,
            "os_migration_target": kind.target,
        }
        for kind in KINDS
        for number in range(1, sizes(instances)[kind.name] + 1)
    }


def _prefix(kind: Kind) -> str:
    return f"i-bp1{kind.name}"


def _instance_id(kind: Kind, number: int) -> str:
    prefix = _prefix(kind)
    return f"{prefix}{number:0{ID_LENGTH - len(prefix)}}"


def blocked(instances: int) -> set[str]:
    """Names of the hosts that the assessment must find blocked."""
    kinds = tuple(f"{kind.name}-" for kind in KINDS if kind.state == "blocked")
    return {name for name in hosts(instances) if name.startswith(kinds)}


def states(instances: int) -> dict[str, int]:
    """What the assessment of the estate must come to."""
    counts = sizes(instances)
    found: dict[str, int] = {}
    for kind in KINDS:
        found[kind.state] = found.get(kind.state, 0) + counts[kind.name]
    return found
