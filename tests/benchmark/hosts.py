# Copyright (c) 2026 evergreen.os_migration contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What Ansible's own side costs for each host: an inventory of a large account, and an assessment by the playbook.

Each is measured with a quarter of the hosts and with all of them. CPU time is judged, never a time on the wall: the
fourfold fleet may cost at most a little more than four times as much, so nothing that is done for a host grows with the
number of hosts.
"""

from __future__ import annotations

import argparse
import json
import sys
import tempfile
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import yaml
from integration.harness import COMMANDS, Cloud, Controller, cloud

from benchmark import fleet, measuring

#: CPU seconds for each host, and how much more a host of the whole fleet may cost than one of the quarter.
INVENTORY_CPU, ASSESS_CPU, GROWTH = 0.0075, 0.06, 1.3
INVENTORY = {
    "plugin": "evergreen.os_migration.instances",
    "compose": {"os_migration_target": "'alinux-3' if os == 'centos-7' else 'windows-2022'", "short": "name[:3]"},
    "groups": {"large": "vcpus > 2"},
    "keyed_groups": [{"key": "os", "prefix": "kind"}, {"key": "status", "prefix": "state"}, {"key": "zone"}],
}


@dataclass(frozen=True)
class Cost:
    """What one command cost, in seconds, with so many hosts."""

    hosts: int
    wall: float
    cpu: float


def listed(simulated: Cloud, hosts: int, directory: Path) -> Cost:
    """List the account as an inventory with variables and groups of the user's own."""
    source = directory / "fleet.os_migration.yml"
    connection = {"endpoint": simulated.endpoint, "requests_per_second": 200}
    source.write_text(yaml.safe_dump({**INVENTORY, "regions": [fleet.REGION], "alicloud": connection}), "utf-8")
    output = directory / "inventory.json"
    command = [str(COMMANDS / "ansible-inventory"), "-i", str(source), "--list", "--output", str(output)]
    usage = measured(command, simulated, directory)
    found = json.loads(output.read_text("utf-8"))
    assert len(found["_meta"]["hostvars"]) == hosts, usage.output
    return Cost(hosts, usage.wall, usage.cpu)


def assessed(simulated: Cloud, hosts: int, directory: Path) -> Cost:
    """Assess the fleet by the collection's playbook."""
    user = user_of(simulated, directory, hosts)
    usage = measured(user.command("evergreen.os_migration.assess"), simulated, directory)
    results = json.loads((user.reports / "assess.json").read_text("utf-8"))
    assert results["summary"] == fleet.states(hosts), usage.output[-3000:]
    return Cost(hosts, usage.wall, usage.cpu)


def user_of(simulated: Cloud, directory: Path, hosts: int) -> Controller:
    options = {"endpoint": simulated.endpoint, "requests_per_second": 200}
    return Controller(
        simulated,
        directory,
        fleet.hosts(hosts),
        {"os_migration_alicloud": options, "os_migration_poll_interval": 2, "os_migration_smc": None},
        {
            "ALIBABA_CLOUD_ACCESS_KEY_ID": fleet.CREDENTIAL["access_key"],
            "ALIBABA_CLOUD_ACCESS_KEY_SECRET": fleet.CREDENTIAL["secret_key"],
        },
        screen="evergreen.os_migration.fleet",
    )


def measured(command: list[str], simulated: Cloud, directory: Path) -> measuring.Usage:
    """Run a command; hosts of which some are blocked end a playbook with 2."""
    environment = user_of(simulated, directory, 0).environment()
    usage = measuring.run(command, environment, directory / "output.txt")
    if usage.rc not in (0, 2):
        raise SystemExit(usage.output[-4000:])
    return usage


#: What is measured, each with its CPU seconds for a host.
MEASURES: dict[str, tuple[Callable[[Cloud, int, Path], Cost], float]] = {
    "inventory": (listed, INVENTORY_CPU),
    "assess": (assessed, ASSESS_CPU),
}


def costs(measure: Callable[[Cloud, int, Path], Cost], hosts: int, directory: Path) -> list[Cost]:
    """Measure with a quarter of the hosts, and with all."""
    found = []
    for number in (hosts // 4, hosts):
        here = directory / f"{measure.__name__}-{number}"
        here.mkdir()
        scenario = {**fleet.scenario(number), "quotas": {"default": 60_000}}
        with cloud(scenario, here / "cloud", speed=60) as simulated:
            found.append(measure(simulated, number, here))
    return found


def main() -> int:
    parser = argparse.ArgumentParser(
        prog="script/benchmark hosts", description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--hosts", type=int, default=2000)
    parser.add_argument("--only", choices=list(MEASURES))
    arguments = parser.parse_args()
    measuring.stop_when_asked()
    bad = False
    with tempfile.TemporaryDirectory() as scratch:
        for name in [arguments.only] if arguments.only else list(MEASURES):
            measure, most = MEASURES[name]
            few, many = costs(measure, arguments.hosts, Path(scratch))
            for one in (few, many):
                print(f"{name}: {one.hosts} hosts, {one.wall:.1f} s, {one.cpu:.1f} s of CPU", flush=True)
            bars = {
                "CPU per host, s": (many.cpu / many.hosts, most),
                "growth of it": (many.cpu / few.cpu * few.hosts / many.hosts, GROWTH),
            }
            for title, (found, limit) in bars.items():
                bad |= found > limit
                print(f"{'TOO MUCH' if found > limit else 'ok      '} {name}: {title}: {found:.4g} (at most {limit:g})")
    return int(bad)


if __name__ == "__main__":
    sys.exit(main())
