# Copyright (c) 2026 evergreen.os_migration contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Tell how the demo fleet ended: a table, and whether it is what examples/fleet/scenario.yml must lead to.

Usage: _demo.py INVENTORY.json REPORT_DIRECTORY, where the inventory is what "ansible-inventory --list" prints.
"""

from __future__ import annotations

import json
import sys
import textwrap
from collections.abc import Iterator
from pathlib import Path
from typing import Any

# How each phase must end for an instance, and for the two that the scenario treats badly.
NORMAL = {"assess": {"ready"}, "migrate": {"migrated"}, "verify": {"verified"}}
NOT_VERIFIED = {"blocked", "failed", "rolled_back"}
SPECIAL = {
    "app-02": {"assess": {"blocked"}, "migrate": {"blocked"}, "verify": NOT_VERIFIED},
    "app-03": {"assess": {"ready"}, "migrate": {"rolled_back"}, "verify": NOT_VERIFIED},
}
COLUMNS = "{:<10}{:<16}{:<16}{:<13}{}"

Result = dict[str, Any]
Reports = dict[str, dict[str, Result]]


def read_hosts(path: Path) -> dict[str, str]:
    """Return the instance id of every host."""
    hostvars = json.loads(path.read_text("utf-8"))["_meta"]["hostvars"]
    return {host: variables["instance_id"] for host, variables in sorted(hostvars.items())}


def read_report(path: Path) -> dict[str, Result]:
    """Return the results by instance id; a phase that left no report has none."""
    if not path.exists():
        return {}
    return {result["instance_id"]: result for result in json.loads(path.read_text("utf-8"))["results"]}


def why(result: Result) -> str:
    error = result.get("error")
    return textwrap.shorten(f"{error['code']}: {error['message']}", 90, placeholder=" ...") if error else ""


def table(hosts: dict[str, str], migrations: dict[str, Result]) -> Iterator[str]:
    yield COLUMNS.format("instance", "from", "to", "result", "why").rstrip()
    for host, instance_id in hosts.items():
        result = migrations.get(instance_id, {})
        cells = [str(result.get(key) or "?") for key in ("source_os", "target_os", "state")]
        yield COLUMNS.format(host, *cells[:2], cells[2].replace("_", " "), why(result)).rstrip()


def deviations(hosts: dict[str, str], reports: Reports) -> Iterator[str]:
    for phase, results in reports.items():
        for host, instance_id in hosts.items():
            wanted = SPECIAL.get(host, NORMAL)[phase]
            state = results.get(instance_id, {}).get("state", "missing in the report")
            if state not in wanted:
                yield f"{phase}: {host} is {state}, expected {' or '.join(sorted(wanted))}"


def main(inventory: str, directory: str) -> int:
    hosts = read_hosts(Path(inventory))
    reports = {phase: read_report(Path(directory, f"{phase}.json")) for phase in NORMAL}
    wrong = list(deviations(hosts, reports))
    print("\n".join(table(hosts, reports["migrate"])))
    print(f"\nResults: {directory}/{{{','.join(reports)}}}.json")
    print(f"The fleet report, as it was before: {directory}/fleet.html")
    if wrong:
        print("\nThis is not what the demo should lead to:", *wrong, sep="\n  ")
        return 1
    print(f"As expected: {len(hosts) - 2} migrated and verified, 1 stopped by a precheck, 1 failed and rolled back.")
    return 0


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
