# Copyright (c) 2026 evergreen.os_migration contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Fleet reports of any size, alike at every run, to look at the page with."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from datetime import date
from random import Random
from typing import Any

from ansible_collections.evergreen.os_migration.plugins.module_utils._core.catalog import NAMES
from ansible_collections.evergreen.os_migration.plugins.module_utils._core.lifecycle import support

TODAY = date(2026, 11, 22)
REGIONS = ("cn-hangzhou", "cn-shanghai", "cn-beijing", "ap-northeast-1", "eu-central-1")
PLANS = {
    "centos-7": ("rhel-7", "rhel-8", "rhel-9"),
    "centos-8": ("alinux-3",),
    "alinux-2": ("alinux-3",),
    "rhel-7": ("rhel-8",),
    "windows-2008r2": ("windows-2012r2", "windows-2016", "windows-2019", "windows-2022"),
    "windows-2012r2": ("windows-2016",),
    "windows-2016": ("windows-2022",),
    "windows-2022": (),
    "unknown": (),
}
FINDINGS = {
    "linux.space.var": ("inhibitor", "/var needs 4096 MiB of free space.", "Free space in /var, or extend it."),
    "linux.i686_packages": ("inhibitor", "Installed i386/i686 packages stop the migration.", "Remove the packages."),
    "agent.offline": ("inhibitor", "The cloud's agent does not answer.", "Start the agent in the guest."),
    "linux.selinux": ("warning", "SELinux is enforcing.", "Plan for a relabel at the first start."),
    "disk.deletes_auto_snapshots": ("warning", "Automatic snapshots go with the disk.", "Keep them before you start."),
    "linux.local_programs": ("info", "Programs were built on this machine.", "Build and test them on the target."),
    "windows.antivirus": ("warning", "An antivirus program is running.", "Stop it for the time of the migration."),
    **{
        f"linux.rule_{number}": ("info", f"Something else that is worth a look, number {number}.", "Look at it.")
        for number in range(1, 9)
    },
}
WAIVER = {"reason": "Monitoring covers it", "owner": "Storage team", "expires": "2027-03-31"}


def fleet_report(size: int, compared: bool = True) -> dict[str, Any]:
    """Return a report of ``size`` instances with about three findings each."""
    random = Random(size)
    instances = [instance(number, random) for number in range(size)]
    return {
        "schema_version": 1,
        "date": TODAY.isoformat(),
        "totals": totals(instances),
        "systems": systems(instances),
        "blockers": blockers(instances),
        "findings": {
            rule: {"message": message, "remedy": remedy, "source": "The collection's own checks"}
            for rule, (_severity, message, remedy) in FINDINGS.items()
        },
        "waivers": waivers(instances),
        "instances": instances,
        "comparison": comparison(instances) if compared else None,
    }


def instance(number: int, random: Random) -> dict[str, Any]:
    """Return one instance with a drawn system and drawn findings."""
    system = random.choices(list(PLANS), (30, 5, 12, 8, 3, 10, 14, 12, 1))[0]
    findings = [finding(rule, number, random) for rule in random.sample(list(FINDINGS), random.randint(0, 6))]
    path = PLANS[system]
    ends = support(system, TODAY)
    return {
        "instance_id": f"i-bp1{random.getrandbits(68):017x}",
        "name": f"{random.choice(('web', 'app', 'db', 'cache', 'batch'))}-{number:05d}.shop.example",
        "provider": "alicloud",
        "region": random.choice(REGIONS),
        "profile": random.choice(("", "shop")),
        "status": "Running",
        "os": system,
        "os_name": NAMES.get(system, "FreeBSD 13.1") + " 64位",
        "version": "",
        "edition": "datacenter" if system.startswith("windows") else "",
        "language": "zh" if system.startswith("windows") else "",
        "architecture": "x86_64",
        "support": {"state": ends.state, "ends": ends.ends and ends.ends.isoformat(), "days": ends.days},
        "target": path[-1] if path else None,
        "state": state(system, findings, random),
        "hops": [hop(*ends) for ends in zip((system, *path), path, strict=False)],
        "targets": list(path),
        "findings": findings,
        "minutes": 30 * len(path),
        "snapshot_gib": random.choice((40, 80, 140, 1100)),
    }


def hop(source: str, target: str) -> dict[str, Any]:
    return {"source": source, "target": target, "service": "smc", "minutes": 30, "path": f"{source}.{target}"}


def finding(rule: str, number: int, random: Random) -> dict[str, Any]:
    severity, evidence = FINDINGS[rule][0], f"free_mib is {number}, needed is {random.randint(4000, 9000)}"
    waived = severity == "inhibitor" and random.random() < 0.2
    return {
        "id": rule,
        "severity": "warning" if waived else severity,
        "evidence": evidence,
        "waiver": WAIVER if waived else None,
    }


def state(system: str, findings: Sequence[dict[str, Any]], random: Random) -> str:
    if any(found["severity"] == "inhibitor" for found in findings):
        return "blocked"
    if not PLANS[system]:
        return "assessed"
    return random.choices(("ready", "migrated", "in_progress", "failed"), (80, 12, 5, 3))[0]


def totals(instances: Sequence[dict[str, Any]]) -> dict[str, Any]:
    return {
        "instances": len(instances),
        "states": dict(Counter(each["state"] for each in instances)),
        "support": dict(Counter(each["support"]["state"] for each in instances)),
        "hops": sum(len(each["hops"]) for each in instances),
        "minutes": sum(each["minutes"] for each in instances),
        "snapshot_gib": sum(each["snapshot_gib"] for each in instances),
        "waived": len(waivers(instances)),
    }


def systems(instances: Sequence[dict[str, Any]]) -> list[dict[str, Any]]:
    counts = Counter(each["os"] for each in instances)
    rows = [
        {
            "os": system,
            "name": NAMES.get(system, system),
            "count": count,
            "ends": found.ends and found.ends.isoformat(),
            "state": found.state,
            "source": found.source,
        }
        for system, count in counts.items()
        for found in (support(system, TODAY),)
    ]
    return sorted(rows, key=lambda row: row["ends"] or "9999")


def blockers(instances: Sequence[dict[str, Any]]) -> list[dict[str, Any]]:
    found = [found for each in instances for found in each["findings"]]
    counts = Counter(each["id"] for each in found)
    stopped = Counter(each["id"] for each in found if each["severity"] == "inhibitor")
    return [
        {"id": rule, "count": count, "stopped": stopped[rule], "severity": FINDINGS[rule][0]}
        for rule, count in counts.most_common()
    ]


def waivers(instances: Sequence[dict[str, Any]]) -> list[dict[str, Any]]:
    return [
        {**WAIVER, **named(each), "rule": found["id"], "expired": found["id"] == "agent.offline"}
        for each in instances
        for found in each["findings"]
        if found["waiver"]
    ]


def named(each: dict[str, Any]) -> dict[str, Any]:
    return {"instance_id": each["instance_id"], "name": each["name"]}


def comparison(instances: Sequence[dict[str, Any]]) -> dict[str, Any]:
    better = [{**named(each), "ids": ["linux.space.var"], "from": "blocked", "to": "ready"} for each in instances[::4]]
    worse = [{**each, "ids": ["agent.offline"], "from": "ready", "to": "blocked"} for each in better[::3]]
    return {
        "previous_date": "2026-10-01",
        "better": better,
        "worse": worse,
        "added": [named(each) for each in instances[:2]],
        "gone": [{"instance_id": "i-bp1gone", "name": "gone-01"}],
        "unchanged": len(instances) - len(better) - len(worse),
    }
