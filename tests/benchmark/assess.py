# Copyright (c) 2026 evergreen.os_migration contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What it costs the controller to assess a large estate and to write its reports.

The real ansible-playbook works on a simulated cloud in a process of its own, so what is measured is the controller's
alone: CPU time and peak memory of ansible-playbook with all it starts, API calls from the cloud's journal.
"""

from __future__ import annotations

import argparse
import json
import os
import sys
import tempfile
from collections import Counter
from dataclasses import asdict, dataclass
from pathlib import Path

import yaml
from integration.harness import COMMANDS, cloud

from benchmark import fleet, measuring

LANGUAGES = ["en", "ja", "zh"]
AGENT_BATCH = 50
CALLS_PER_INSTANCE, AGENT_ACTIONS = 0.15, ("RunCommand",)
CPU_PER_INSTANCE, MEMORY_MIB, HTML_MIB = 0.020, 400, 6

# The modules as a user calls them without the roles, whose light per-host checks are Ansible's own cost.
PLAY = [
    {
        "hosts": "localhost",
        "gather_facts": False,
        "tasks": [
            {
                "name": "Assess the estate",
                "evergreen.os_migration.os_migration": {
                    "state": "assessed",
                    "instances": "{{ fleet }}",
                    "alicloud": {"endpoint": "{{ endpoint }}", "requests_per_second": 200},
                    "poll_interval": 2,
                    "results_file": "{{ directory }}/assess.json",
                },
                "register": "result",
                "failed_when": "result.results is not defined",
            },
            {
                "name": "Write the reports",
                "evergreen.os_migration.fleet_report": {
                    "src": "{{ directory }}/assess.json",
                    "dest": "{{ directory }}",
                    "languages": LANGUAGES,
                },
            },
        ],
    }
]


@dataclass(frozen=True)
class Cost:
    """What was measured; times in seconds."""

    instances: int
    wall: float
    cpu: float
    memory_mib: int
    calls: dict[str, int]
    files_mib: dict[str, float]
    states: dict[str, int]

    @property
    def agent_calls(self) -> int:
        return sum(self.calls.get(action, 0) for action in AGENT_ACTIONS)

    @property
    def other_calls(self) -> int:
        return sum(self.calls.values()) - self.agent_calls

    def bars(self) -> dict[str, tuple[float, float]]:
        """The promises: what was measured, and the most that it may be."""
        html = max((size for name, size in self.files_mib.items() if name.endswith(".html")), default=0.0)
        return {
            "controller CPU per instance, s": (self.cpu / self.instances, CPU_PER_INSTANCE),
            "peak memory, MiB": (self.memory_mib, MEMORY_MIB),
            "API calls per instance": (self.other_calls / self.instances, CALLS_PER_INSTANCE),
            "agent calls": (self.agent_calls, -(-self.instances // AGENT_BATCH) + len(fleet.KINDS)),
            "HTML, MiB": (html, HTML_MIB),
        }


def measure(instances: int, directory: Path) -> Cost:
    """Assess an estate of that size and return what it cost."""
    with cloud(fleet.scenario(instances), directory / "cloud", speed=20) as simulated:
        usage = _run(_command(instances, directory, simulated.endpoint), directory)
        calls = Counter(call["action"] for call in simulated.calls())
    results = json.loads((directory / "assess.json").read_text("utf-8"))
    written = [path for path in directory.glob("fleet*") if path.is_file()]
    return Cost(
        instances=instances,
        wall=usage.wall,
        cpu=usage.cpu,
        memory_mib=usage.memory_mib,
        calls=dict(calls.most_common()),
        files_mib={path.name: path.stat().st_size / 2**20 for path in sorted(written)},
        states=results["summary"],
    )


def _command(instances: int, directory: Path, endpoint: str) -> list[str]:
    play, variables = directory / "play.yml", directory / "variables.json"
    items = [{"name": name, **_item(host)} for name, host in fleet.hosts(instances).items()]
    play.write_text(yaml.safe_dump(PLAY), "utf-8")
    given = {"fleet": items, "endpoint": endpoint, "directory": str(directory)}
    variables.write_text(json.dumps(given), "utf-8")
    return [str(COMMANDS / "ansible-playbook"), "-i", "localhost,", "-c", "local", "-e", f"@{variables}", str(play)]


def _item(host: dict[str, str]) -> dict[str, str]:
    return {"instance_id": host["instance_id"], "region": host["region"], "target": host["os_migration_target"]}


def _run(command: list[str], directory: Path) -> measuring.Usage:
    """Run a playbook that has to succeed."""
    environment = {
        **os.environ,
        "ALIBABA_CLOUD_ACCESS_KEY_ID": fleet.CREDENTIAL["access_key"],
        "ALIBABA_CLOUD_ACCESS_KEY_SECRET": fleet.CREDENTIAL["secret_key"],
        "ANSIBLE_PYTHON_INTERPRETER": sys.executable,
    }
    usage = measuring.run(command, environment, directory / "output.txt")
    if usage.rc:
        raise SystemExit(usage.output[-4000:])
    return usage


def main() -> int:
    parser = argparse.ArgumentParser(
        prog="script/benchmark assess", description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--instances", type=int, default=10_000)
    parser.add_argument("--keep", type=Path, help="a directory for the reports, the output and the journal")
    arguments = parser.parse_args()
    measuring.stop_when_asked()
    with tempfile.TemporaryDirectory() as scratch:
        directory = (arguments.keep or Path(scratch)).resolve()
        directory.mkdir(parents=True, exist_ok=True)
        cost = measure(arguments.instances, directory)
    print(json.dumps(asdict(cost), indent=2))
    print(f"states as expected: {cost.states == fleet.states(cost.instances)}")
    for name, (found, most) in cost.bars().items():
        print(f"{'ok      ' if found <= most else 'TOO MUCH'} {name}: {found:.4g} (at most {most:g})")
    return int(cost.states != fleet.states(cost.instances) or any(found > most for found, most in cost.bars().values()))


if __name__ == "__main__":
    sys.exit(main())
