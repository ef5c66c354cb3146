# Copyright (c) 2026 evergreen.os_migration contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Run a case: its clouds, the controller's surroundings, the command; then read what the clouds and the run left."""

from __future__ import annotations

import json
import sys
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any

import yaml
from ansible_collections.evergreen.os_migration.plugins.module_utils._clouds.alicloud.options import RATES
from integration.harness import Cloud, Controller, cloud

from benchmark import by_tasks, journal, measuring, scenario
from benchmark.costs import Cost, Lanes, compared, cost
from benchmark.front import front
from benchmark.scenario import HEALTHY, SPEED, Case

#: What the collection's defaults are at the speed of the simulated clouds.
REQUESTS_PER_SECOND, POLL_INTERVAL = 20.0 * SPEED, 20.0 / SPEED
#: Seconds that a call to the region that hangs waits for its answer.
CALL_TIMEOUT = 5
OUTPUT = "output.txt"
#: The module alone, as a user calls it without the roles.
MODULE: list[dict[str, Any]] = [
    {
        "hosts": "localhost",
        "gather_facts": False,
        "connection": "local",
        "tasks": [
            {
                "name": "Migrate the fleet",
                "evergreen.os_migration.os_migration": {
                    "state": "migrated",
                    "instances": "{{ fleet }}",
                    "alicloud": "{{ os_migration_alicloud }}",
                    "max_running": "{{ migrate_max_running }}",
                    "poll_interval": "{{ os_migration_poll_interval }}",
                    "snapshots_valid": 3600.0 * SPEED,
                    "results_file": "{{ os_migration_report_dir }}/migrate.json",
                },
            }
        ],
    }
]


@contextmanager
def clouds(case: Case, directory: Path) -> Iterator[tuple[str, list[Cloud]]]:
    """Run the case's accounts, each a cloud of its own, behind one endpoint."""
    with ExitStack() as stack:
        running = [
            stack.enter_context(cloud(scenario.scenario(case, number), directory / f"cloud-{number}", SPEED))
            for number in range(case.accounts)
        ]
        if len(running) == 1 and not case.unreachable:
            yield running[0].endpoint, running
            return
        backends = {scenario.credential(number)["access_key"]: one.endpoint for number, one in enumerate(running)}
        yield stack.enter_context(front(backends, scenario.OTHER if case.unreachable else "")), running


def run(case: Case, directory: Path, deadline: int | None = None) -> Cost:
    """Migrate a fleet; ``deadline`` is when the collection is told to give up."""
    directory.mkdir(parents=True)
    with clouds(case, directory) as (endpoint, running):
        controller = _controller(case, endpoint, running[0], directory)
        command, environment = _command(case, controller, deadline), _environment(case, controller)
        usage = measuring.run(command, environment, directory / OUTPUT)
        calls = [call for one in running for call in one.calls()]
    reachable = [one.id for one in scenario.fleet(case) if one.region == HEALTHY]
    return cost(case, usage, journal.traffic(calls, case.hops, reachable), _lost(case, controller, usage, reachable))


def _controller(case: Case, endpoint: str, running: Cloud, directory: Path) -> Controller:
    keys = scenario.credential(0)
    return Controller(
        running,
        directory,
        scenario.hosts(case),
        variables={
            "os_migration_alicloud": {
                "endpoint": endpoint,
                "requests_per_second": REQUESTS_PER_SECOND,
                "rates": {action: rate.per_minute * SPEED for action, rate in RATES.items()},
                "visibility": 15.0 / SPEED,
                **({"timeout": CALL_TIMEOUT} if case.unreachable else {}),
            },
            "os_migration_poll_interval": POLL_INTERVAL,
            "os_migration_snapshots_valid": 3600.0 * SPEED,
            "os_migration_smc": None,
            "migrate_max_running": case.cap or case.instances + case.unreachable,
        },
        credentials={
            "ALIBABA_CLOUD_ACCESS_KEY_ID": keys["access_key"],
            "ALIBABA_CLOUD_ACCESS_KEY_SECRET": keys["secret_key"],
        },
    )


def _environment(case: Case, controller: Controller) -> dict[str, str]:
    """Return the controller's environment; with more than one account its home has a profile for each."""
    file = controller.directory / ".aliyun/config.json"
    file.parent.mkdir()
    profiles = [
        {
            "name": scenario.profile(number),
            "mode": "AK",
            "access_key_id": scenario.credential(number)["access_key"],
            "access_key_secret": scenario.credential(number)["secret_key"],
        }
        for number in range(case.accounts)
    ]
    file.write_text(json.dumps({"profiles": profiles}), "utf-8")
    return {
        **controller.environment(),
        "HOME": str(controller.directory),
        "ANSIBLE_LIBRARY": str(by_tasks.LIBRARY),
        "ANSIBLE_PYTHON_INTERPRETER": sys.executable,
    }


def _command(case: Case, controller: Controller, deadline: int | None) -> list[str]:
    """Return the command line of the playbook, or of one that does the same in another way."""
    if not case.module and not case.forks:
        return controller.command("evergreen.os_migration.migrate", migrate_timeout=deadline)
    play = controller.directory / "play.yml"
    play.write_text(yaml.safe_dump(MODULE if case.module else by_tasks.play(), sort_keys=False), "utf-8")
    if case.module:
        controller.hosts = {}
        controller.reports.mkdir()
        return controller.command(str(play), fleet=scenario.items(case))
    endpoint = controller.variables["os_migration_alicloud"]["endpoint"]
    return controller.command(str(play), "--forks", str(case.forks), endpoint=endpoint)


def _lost(case: Case, controller: Controller, usage: measuring.Usage, ids: Sequence[str]) -> int:
    """Return how many instances did not come to their target; a playbook of tasks only says whether all did."""
    if case.forks:
        return len(ids) if usage.rc else 0
    file = controller.reports / "migrate.json"
    results = json.loads(file.read_text("utf-8"))["results"] if file.exists() else []
    arrived = {result["instance_id"] for result in results if result["state"] == "migrated"}
    return len(set(ids) - arrived)


def lanes(case: Case, directory: Path, patience: int) -> Lanes:
    """Measure what a region that hangs does to the others, which get at least twice the time that they take alone."""
    alone = run(case, directory / "alone")
    deadline = max(patience, round(2 * alone.wall))
    return compared(alone, run(replace(case, unreachable=case.instances), directory / "beside", deadline))
