# Copyright (c) 2026 evergreen.os_migration contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What Ansible's own side costs for each host: an inventory of a large account, and an assessment by the playbook.

Each is measured beside what Ansible itself needs for as many hosts, in the same run: the same variables and groups by
``ansible.builtin.constructed``; a role of two tasks that do nothing, of which the second fails the same hosts. Machines
differ, so this ratio of CPU times is judged, with a quarter of the hosts and with all of them: it may not grow, so
nothing that is done for a host grows with the number of hosts. Ansible's own does where many hosts fail.
"""

from __future__ import annotations

import argparse
import json
import sys
import tempfile
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml
from integration.harness import COMMANDS, Cloud, Controller, cloud

from benchmark import fleet, measuring

#: How much CPU time each may need beside Ansible's own, and how much more of that with all hosts than with a quarter.
INVENTORY, ASSESSMENT, GROWTH = 1.3, 1.6, 1.25
CONSTRUCTED = {
    "compose": {"os_migration_target": "'alinux-3' if os == 'centos-7' else 'windows-2022'", "short": "name[:3]"},
    "groups": {"large": "vcpus > 2"},
    "keyed_groups": [{"key": "os", "prefix": "kind"}, {"key": "status", "prefix": "state"}, {"key": "zone"}],
}
#: A role of two tasks, as those of a phase that run for every host.
NOTHING = [
    {"name": "Do nothing", "ansible.builtin.debug": {"msg": "nothing"}},
    {"name": "Fail some", "ansible.builtin.assert": {"that": "not fails", "quiet": True}},
]


@dataclass(frozen=True)
class Cost:
    """What one command cost, in seconds, with so many hosts."""

    hosts: int
    wall: float
    cpu: float


def listed(simulated: Cloud, hosts: int, directory: Path) -> Cost:
    """List the account as an inventory with variables and groups of the user's own."""
    connection = {"endpoint": simulated.endpoint, "requests_per_second": 200}
    source = {"plugin": "evergreen.os_migration.instances", "regions": [fleet.REGION], "alicloud": connection}
    return inventory_of(simulated, hosts, directory, {"fleet.os_migration.yml": {**source, **CONSTRUCTED}})


def constructed(simulated: Cloud, hosts: int, directory: Path) -> Cost:
    """Let Ansible make the same variables and groups of what the list has found."""
    found = json.loads((directory / "listed.json").read_text("utf-8"))["_meta"]["hostvars"]
    known = {name: {**of_host.pop("os_migration_instance"), **of_host} for name, of_host in found.items()}
    static = {"all": {"hosts": known}}
    own = {"plugin": "ansible.builtin.constructed", **CONSTRUCTED}
    return inventory_of(simulated, hosts, directory, {"a.json": static, "b.yml": own})


def inventory_of(simulated: Cloud, hosts: int, directory: Path, sources: dict[str, Any]) -> Cost:
    """Let ansible-inventory read these files, and check that it has found all hosts."""
    output = directory / f"{'listed' if len(sources) == 1 else 'constructed'}.json"
    command = [str(COMMANDS / "ansible-inventory"), "--list", "--output", str(output)]
    for name, content in sources.items():
        (directory / name).write_text(json.dumps(content), "utf-8")  # which is YAML too
        command += ["-i", str(directory / name)]
    usage = measured(command, simulated, directory)
    found = json.loads(output.read_text("utf-8"))
    assert len(found["_meta"]["hostvars"]) == hosts, usage.output
    assert any(group.startswith("kind_") for group in found), usage.output
    return Cost(hosts, usage.wall, usage.cpu)


def assessed(simulated: Cloud, hosts: int, directory: Path) -> Cost:
    """Assess the fleet by the collection's playbook."""
    user = user_of(simulated, directory, hosts)
    usage = measured(user.command("evergreen.os_migration.assess"), simulated, directory)
    results = json.loads((user.reports / "assess.json").read_text("utf-8"))
    assert results["summary"] == fleet.states(hosts), usage.output[-3000:]
    return Cost(hosts, usage.wall, usage.cpu)


def nothing(simulated: Cloud, hosts: int, directory: Path) -> Cost:
    """Run a role that does nothing for every host, and fails those that an assessment finds blocked."""
    tasks = directory / "roles/nothing/tasks/main.yml"
    tasks.parent.mkdir(parents=True)
    tasks.write_text(yaml.safe_dump(NOTHING), "utf-8")
    play = directory / "nothing.yml"
    play.write_text(yaml.safe_dump([{"hosts": "all", "gather_facts": False, "roles": ["nothing"]}]), "utf-8")
    bad = fleet.blocked(hosts)
    user = user_of(simulated, directory, hosts)
    user.hosts = {name: {**of_host, "fails": name in bad} for name, of_host in user.hosts.items()}
    usage = measured(user.command(str(play)), simulated, directory)
    assert usage.rc == (2 if bad else 0), usage.output[-3000:]
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


Measure = Callable[[Cloud, int, Path], Cost]

#: What is measured, what Ansible itself needs for as much, and how much more ours may need.
MEASURES: dict[str, tuple[Measure, Measure, float]] = {
    "inventory": (listed, constructed, INVENTORY),
    "assess": (assessed, nothing, ASSESSMENT),
}


def ratios(name: str, hosts: int, directory: Path) -> Iterator[float]:
    """Measure with a quarter of the hosts, and with all; give the CPU time by Ansible's own."""
    ours, own, _most = MEASURES[name]
    for number in (hosts // 4, hosts):
        here = directory / f"{name}-{number}"
        here.mkdir()
        scenario = {**fleet.scenario(number), "quotas": {"default": 60_000}}
        with cloud(scenario, here / "cloud", speed=60) as simulated:
            found = [measure(simulated, number, here) for measure in (ours, own)]
        for title, one in zip((name, "Ansible alone"), found, strict=True):
            print(f"{title}: {one.hosts} hosts, {one.wall:.1f} s, {one.cpu:.1f} s of CPU", flush=True)
        yield found[0].cpu / found[1].cpu


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
            few, many = ratios(name, arguments.hosts, Path(scratch))
            for title, found, limit in (
                ("CPU by Ansible's own", many, MEASURES[name][2]),
                ("growth", many / few, GROWTH),
            ):
                bad |= found > limit
                print(f"{'TOO MUCH' if found > limit else 'ok      '} {name}: {title}: {found:.2f} (at most {limit:g})")
    return int(bad)


if __name__ == "__main__":
    sys.exit(main())
