# Copyright (c) 2026 evergreen.os_migration contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What the role left behind after two runs: in its report, and in the simulated cloud's journal of calls."""

from __future__ import annotations

import json
import os
from collections import Counter
from typing import Any

import pytest
from testinfra.host import Host

testinfra_hosts = ["local://"]

CLOUD = f"{os.environ['MOLECULE_EPHEMERAL_DIRECTORY']}/cloud"
HOPS = {
    "i-bp1moleculeweb1a7k2m": ("centos-7", "alinux-3"),
    "i-bp1moleculecache1h8k": ("alinux-2", "alinux-3"),
    "i-bp1moleculeerp1k4r8v": ("windows-2008r2", "windows-2012r2", "windows-2016"),
}
DISKS = 2


@pytest.fixture(scope="module")
def results(host: Host) -> dict[str, dict[str, Any]]:
    report = json.loads(host.file(f"{CLOUD}/report/migrate.json").content_string)
    return {result["instance_id"]: result for result in report["results"]}


@pytest.fixture(scope="module")
def writes(host: Host) -> list[dict[str, Any]]:
    lines = host.file(f"{CLOUD}/journal.jsonl").content_string.splitlines()
    return [call for call in map(json.loads, lines) if call["kind"] == "write"]


@pytest.mark.parametrize(("instance_id", "systems"), HOPS.items())
def test_instance_runs_its_target(
    results: dict[str, dict[str, Any]], instance_id: str, systems: tuple[str, ...]
) -> None:
    assert results[instance_id]["state"] == "migrated"
    assert results[instance_id]["target_os"] == systems[-1]
    assert results[instance_id]["error"] is None


def test_report_is_private(host: Host) -> None:
    assert host.file(f"{CLOUD}/report/migrate.json").mode == 0o600


def test_second_run_changed_nothing(results: dict[str, dict[str, Any]]) -> None:
    assert not any(result["changed"] for result in results.values())


def test_each_hop_is_one_job(writes: list[dict[str, Any]]) -> None:
    actions = Counter(call["action"] for call in writes if call["status"] == 200)
    hops = sum(len(systems) - 1 for systems in HOPS.values())
    assert actions["CreateReplicationJob"] == hops
    assert actions["StartReplicationJob"] == hops


def test_every_disk_has_a_snapshot(writes: list[dict[str, Any]]) -> None:
    snapshots = [call for call in writes if call["action"] == "CreateSnapshot" and call["status"] == 200]
    disks = {resource for call in snapshots for resource in call["resources"] if resource.startswith("d-")}
    assert len(disks) == len(HOPS) * DISKS


def test_no_secret_is_written_down(host: Host) -> None:
    assert "molecule-secret" not in host.file(f"{CLOUD}/journal.jsonl").content_string
    assert "molecule-secret" not in host.file(f"{CLOUD}/report/migrate.json").content_string
