# Copyright (c) 2026 evergreen.os_migration contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A fleet in a storm: every fault that the simulated cloud knows, at random, and what must hold afterwards.

python -m integration.storm [--instances 200] [--seeds 20] [--first 1]
"""

from __future__ import annotations

import argparse
import json
import random
import subprocess
import sys
import tempfile
from collections import Counter, defaultdict
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from .harness import DURATIONS, TARGETS, Call, Cloud, Controller, cloud

SPEED = 600
#: Seconds of the cloud for which faults come; then it is calm.
STORM = 6000
#: Real seconds in which a fleet has to come to its end, and a hop.
PATIENCE, HOP_TIMEOUT = 900, 120
#: For how long an instance may serve before, between and after its works until its snapshots are too old for a
#: rollback by itself, in seconds of the cloud: a minute of the controller, whose calls keep to the account's pace.
SET_VALID = 60 * SPEED
#: What a rollback may take away then, with one retry of the work.
LONGEST_LOSS = 3 * SET_VALID + 2 * DURATIONS["migrate"]
LISTS = ("instances", "disks", "snapshots", "tags", "jobs", "sources", "agents", "results")
#: What happens to calls, each to a few in a hundred.
CALLS: tuple[Call, ...] = (
    {"effect": "throttle"},
    {"effect": "http_500"},
    {"effect": "http_503"},
    {"effect": "html_403"},
    {"effect": "html_502"},
    {"effect": "html_502", "applied": True},
    {"effect": "code", "code": "SystemBusy", "status": 403},
    {"effect": "cut"},
    {"effect": "lost_answer"},
    {"effect": "applied_late", "seconds": 40},
    {"effect": "applied_late", "seconds": 150},
    {"effect": "late_answer", "seconds": 20},
    {"effect": "delay", "seconds": 5},
)
#: What is wrong with the instances of a group, beside those with which nothing is.
SICK: tuple[Mapping[str, Any], ...] = (
    {},
    {},
    {"faults": {"job": {"fail_at_hop": 1, "after_progress": 40, "error_code": "M199", "message": "no", "times": 1}}},
    {"faults": {"snapshot_fails": 1}},
    {"faults": {"agent_silent": [{"since": 600, "until": 1500}]}},
    {"faults": {"guest_hangs": [{"since": 300, "until": 900}]}},
    {"faults": {"source": [{"since": 100, "until": 700, "state": "Unavailable"}]}, "smc_source": "available"},
    {"faults": {"stop_hangs": 1, "job": {"fail_at_hop": 1, "after_progress": 80, "error_code": "M1", "message": "no"}}},
    {"faults": {"clock_offset": -900}},
    {"host_name": "twin", "private_address": "10.9.9.9", "smc_source": "available"},
)
SYSTEMS = ("centos-7", "centos-7", "alinux-2", "windows-2012r2")


@dataclass
class Storm:
    """One fleet in one storm."""

    seed: int
    instances: int
    luck: random.Random = field(init=False)

    def __post_init__(self) -> None:
        self.luck = random.Random(self.seed)

    def groups(self) -> Iterator[Call]:
        """Yield groups of instances, each with something else that is wrong with it."""
        left, number = self.instances, 0
        each = max(1, self.instances // len(SICK) // 2)
        while left > 0:
            sick, system = SICK[number % len(SICK)], self.luck.choice(SYSTEMS)
            count = 2 if "host_name" in sick else min(left, each)
            disks = [{"type": "system", "size_gib": 40}, *([{"type": "data", "size_gib": 100}] if number % 3 else [])]
            yield {
                "name": f"g{number}-{{n}}",
                "os": system,
                "count": count,
                "id_prefix": f"i-bp1storm{number:02}",
                "disks": disks,
                "durations": DURATIONS,
                **sick,
            }
            left, number = left - count, number + 1

    def scenario(self) -> dict[str, Any]:
        faults = [{"match": {}, "until": STORM, "probability": self.luck.uniform(0.002, 0.02), **one} for one in CALLS]
        return {
            "seed": self.seed,
            "consistency_lag": self.luck.choice((0, 5, 12)),
            "stale_reads": {name: self.luck.choice((0, 0, 8, 12)) for name in LISTS},
            "clock_offset": self.luck.choice((0, 600, -600)),
            "quotas": {"default": 5000},
            "command": {"memoise_facts": True},
            "groups": list(self.groups()),
            "faults": faults,
        }


@dataclass(frozen=True)
class Aftermath:
    """What a run did, by the results that it gave and by the cloud's journal."""

    results: Mapping[str, Mapping[str, Any]]
    calls: list[Call]
    output: str

    def wrong(self) -> Iterator[str]:
        """Yield everything that must not be."""
        if "Traceback" in self.output:
            yield "a traceback was shown"
        for instance_id, result in self.results.items():
            problem = result["error"]
            if result["state"] not in ("migrated", "rolled_back") and not (problem and problem["remedy"]):
                yield f"{instance_id} is {result['state']} and nobody is told what to do"
        yield from self._starts()
        yield from self._resets()

    def _done(self, action: str) -> Iterator[Call]:
        return (call for call in self.calls if call["action"] == action and call["status"] == 200)

    def _starts(self) -> Iterator[str]:
        started = Counter(
            one for call in self._done("StartReplicationJob") for one in call["resources"] if one[:2] == "j-"
        )
        yield from (f"job {job} was started {times} times" for job, times in started.items() if times > 1)

    def _resets(self) -> Iterator[str]:
        """Every disk is put back once at the most, and its guest had not served for longer than the set was valid."""
        resets = defaultdict(list)
        for call in self._done("ResetDisk"):
            resets[call["lost"]["disk"]].append(call["lost"]["seconds"])
        for disk, lost in resets.items():
            if max(lost) > LONGEST_LOSS:
                yield f"disk {disk} lost what was written in {max(lost):.0f} s"
            if len(lost) > 1:
                yield f"disk {disk} was put back {len(lost)} times"


def blow(storm: Storm, directory: Path) -> tuple[Aftermath, Counter[str]]:
    """Take a fleet through a storm, then once more in the calm that follows."""
    scenario = storm.scenario()
    with cloud(scenario, directory / "cloud", SPEED) as sky:
        hosts = dict(_hosts(scenario, sky))
        user = Controller(sky, directory / "user", hosts)
        output = ""
        for _again in range(2):
            command = user.command(
                "evergreen.os_migration.migrate",
                migrate_on_failure="rollback",
                migrate_max_running=max(10, storm.instances // 3),
                migrate_hop_timeout=HOP_TIMEOUT,
                os_migration_snapshots_valid=SET_VALID,
            )
            run = subprocess.run(
                command, env=user.environment(), capture_output=True, text=True, timeout=PATIENCE, check=False
            )
            output += run.stdout + run.stderr
        document = json.loads((user.reports / "migrate.json").read_text("utf-8"))
        results = {result["instance_id"]: result for result in document["results"]}
        missing = {host["instance_id"] for host in hosts.values()} - results.keys()
        assert not missing, f"no result for {sorted(missing)}"
        told = Counter(f"{one['state']} {(one['error'] or {}).get('code', '')}".strip() for one in results.values())
        return Aftermath(results, sky.calls(), output), told


def _hosts(scenario: Mapping[str, Any], sky: Cloud) -> Iterator[tuple[str, dict[str, Any]]]:
    """Yield the inventory: ids follow from the groups' prefixes."""
    for group in scenario["groups"]:
        for number in range(1, group["count"] + 1):
            prefix = group["id_prefix"]
            identity = f"{prefix}{number:0{22 - len(prefix)}}"
            variables = {"instance_id": identity, "region": "cn-hangzhou", "os_migration_target": TARGETS[group["os"]]}
            yield group["name"].format(n=number), variables


def main() -> int:
    """Blow as often as is asked for."""
    parser = argparse.ArgumentParser(description="Migrate a fleet while everything goes wrong, again and again.")
    parser.add_argument("--instances", type=int, default=200)
    parser.add_argument("--seeds", type=int, default=20)
    parser.add_argument("--first", type=int, default=1)
    options = parser.parse_args()
    bad = 0
    for seed in range(options.first, options.first + options.seeds):
        with tempfile.TemporaryDirectory() as directory:
            aftermath, told = blow(Storm(seed, options.instances), Path(directory))
            wrong = list(aftermath.wrong())
            bad += bool(wrong)
            print(f"seed {seed}: {len(aftermath.calls)} calls, {dict(told)}", *wrong, sep="\n  ", flush=True)
    return 1 if bad else 0


if __name__ == "__main__":
    sys.exit(main())
