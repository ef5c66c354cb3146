# Copyright (c) 2026 evergreen.os_migration contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Assessments of fleets of any size, alike at every run, and the reports on them."""

from __future__ import annotations

from datetime import date
from random import Random
from typing import Any

from ansible_collections.evergreen.os_migration.plugins.module_utils._core.catalog import NAMES
from ansible_collections.evergreen.os_migration.plugins.module_utils._core.rules import RULES
from ansible_collections.evergreen.os_migration.plugins.module_utils._report.attempts import attempts
from ansible_collections.evergreen.os_migration.plugins.module_utils._report.compare import compare
from ansible_collections.evergreen.os_migration.plugins.module_utils._report.document import Day, build
from ansible_collections.evergreen.os_migration.plugins.module_utils._report.words import translated

Result = dict[str, Any]

TODAY, EARLIER = Day(date(2026, 11, 22)), Day(date(2026, 10, 1))
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
WAIVER = {"reason": "Monitoring covers it", "owner": "Storage team"}


def fleet_report(size: int, words: dict[str, Any]) -> dict[str, Any]:
    """Return the report on ``size`` instances with about three findings each, compared with an earlier one."""
    before = build([result(number, changed=False) for number in range(1, size + 1)], EARLIER)
    results = [result(number, changed=number % 5 == 0) for number in range(size)]
    now = build(results, TODAY, attempts({"migrate": [migration(number, each) for number, each in enumerate(results)]}))
    return translated({**now, "comparison": compare(before, now)}, words)


def result(number: int, changed: bool) -> Result:
    """Return what an assessment says of one instance; its system is drawn, and its findings are."""
    random = Random(number)
    system = random.choices(list(PLANS), (30, 5, 12, 8, 3, 10, 14, 12, 1))[0]
    path = PLANS[system]
    identity = {
        "instance_id": f"i-bp1{random.getrandbits(68):017x}",
        "name": f"{random.choice(('web', 'app', 'db', 'cache', 'batch'))}-{number:05d}.shop.example",
        "provider": "alicloud",
        "region": random.choice(REGIONS),
        "profile": random.choice(("", "shop")),
    }
    findings = drawn_findings(Random(f"{number} {changed}"))
    return {
        **identity,
        "instance": instance(system, random),
        "target_os": path[-1] if path else None,
        "state": state(system, findings, random),
        "hops": [hop(*ends) for ends in zip((system, *path), path, strict=False)],
        "targets": path,
        "findings": findings,
    }


def migration(number: int, assessed: Result) -> Result:
    """Return what is known of an instance's migration: of every second one, and of some an earlier attempt."""
    if number % 2 or not assessed["hops"]:
        return {"instance_id": assessed["instance_id"], "state": "unchanged"}
    first = {
        **attempt(number, 1, "rolled_back", assessed),
        "error": {"code": "MigrationFailed", "message": "It broke."},
    }
    if number % 10:
        return attempt(number, 1, "migrated", assessed)
    return {**attempt(number, 2, "migrated", assessed), "earlier": [first]}


def attempt(number: int, count: int, state: str, assessed: Result) -> Result:
    """Return one attempt of an instance; a fleet's events come in batches, so moments are few and jobs are many."""
    random = Random(f"{number} {count}")
    moments = [f"2026-11-2{count}T10:{number % 7:02}:{second:02}+00:00" for second in range(8)]
    jobs = [f"j-bp1{random.getrandbits(80):020x}" for _hop in assessed["hops"]]
    events = ["marked started", "snapshots started: 2", *(f"started job {job}" for job in jobs), f"marked {state}"]
    return {
        "instance_id": assessed["instance_id"],
        "attempt": count,
        "source_os": assessed["hops"][0]["source"],
        "target_os": assessed["target_os"],
        "state": state,
        "hops": assessed["hops"],
        "method": "smc",
        "way_back": "disks",
        "proof": proof(random),
        "works": [
            {"id": job, "kind": "smc", "status": "done", "began": moments[1], "ended": moments[5]} for job in jobs
        ],
        "runs": [{"who": "ops@controller", "at": moments[7], "state": state, "changed": True}],
        "timeline": [{"at": at, "event": event} for at, event in zip(moments, events, strict=False)],
        "earlier": [],
    }


def proof(random: Random) -> dict[str, Any]:
    """Return how a guest compared with what it was: one in three has lost something."""
    lost = random.random() < 1 / 3
    verdicts = {"packages": "expected", "kernel": "expected", "ports": "not_expected" if lost else "equal"}
    facts = {
        name: {
            "verdict": verdict,
            "expected_count": {"packages": 214, "kernel": 1}.get(name, 0),
            "not_expected": ["-tcp/8080", "+tcp/111"] if verdict == "not_expected" else [],
            "why": None,
        }
        for name, verdict in verdicts.items()
    }
    return {"verdict": "not_expected" if lost else "expected", "compared": "names", "facts": facts}


def instance(system: str, random: Random) -> dict[str, Any]:
    windows = {"os_edition": "datacenter", "os_language": "zh"} if system.startswith("windows") else {}
    return {
        "status": "Running",
        "os": system,
        "os_name": f"{NAMES.get(system, 'FreeBSD 13.1')} 64位",
        "architecture": "x86_64",
        "disks": [{"size_gib": random.choice((40, 80, 140, 1100))}],
        **windows,
    }


def hop(source: str, target: str) -> dict[str, Any]:
    path = f"alicloud.{source}.{target}"
    return {"source": source, "target": target, "service": "smc", "minutes": 30, "path": path}


def drawn_findings(random: Random) -> list[dict[str, Any]]:
    """Return none to six findings; the first rules of a group are met more often than the last."""
    rules = {RULES[int(len(RULES) * random.random() ** 2)].id: random.random() for _draw in range(random.randint(0, 6))}
    return [finding(rule_id, chance) for rule_id, chance in rules.items()]


def finding(rule_id: str, chance: float) -> dict[str, Any]:
    """Return a finding of the rule: an inhibitor, one that is waived, or less."""
    severity = "inhibitor" if chance < 0.2 else "warning" if chance < 0.5 else "info"
    expires = "2027-03-31" if chance < 0.24 else "2026-11-01"
    return {
        "id": rule_id,
        "severity": severity,
        "evidence": f"found is {int(chance * 10**9)}, needed is 9000",
        "waiver": {**WAIVER, "expires": expires} if 0.2 < chance < 0.26 else None,
    }


def state(system: str, findings: list[dict[str, Any]], random: Random) -> str:
    if any(found["severity"] == "inhibitor" for found in findings):
        return "blocked"
    if not PLANS[system]:
        return "assessed"
    return random.choices(("ready", "migrated", "in_progress", "failed"), (80, 12, 5, 3))[0]
