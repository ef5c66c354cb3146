# Copyright (c) 2026 evergreen.os_migration contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The role migrate takes instances to their targets, by hops that are one job each, with a way back."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from typing import Any

import pytest
from testinfra.host import Host

Calls = Callable[[str], list[dict[str, Any]]]
Results = Callable[[str], dict[str, dict[str, Any]]]

TARGETS = {"web-01": "alinux-3", "cache-01": "alinux-3", "erp-01": "windows-2016"}
HOPS = 4
DISKS = 2


@pytest.mark.parametrize(("name", "target"), TARGETS.items())
def test_the_instance_is_migrated(results: Results, name: str, target: str) -> None:
    found = results("migrate")[name]
    assert (found["state"], found["target_os"], found["error"]) == ("migrated", target, None)
    assert found["changed"] is False, "the results are of the second run"


@pytest.mark.parametrize("name", ["web-01", "cache-01"])
def test_the_guest_runs_its_target(host: Host, guest: Callable[[Host, str], Any], name: str) -> None:
    release = guest(host, name).file("/etc/os-release")
    assert release.contains('^ID="alinux"$')
    assert release.contains('^VERSION_ID="3')


def test_each_hop_is_one_job(writes: Calls) -> None:
    actions = Counter(call["action"] for call in writes("converge"))
    assert (actions["CreateReplicationJob"], actions["StartReplicationJob"]) == (HOPS, HOPS)


def test_every_disk_has_a_snapshot(writes: Calls) -> None:
    snapshots = [call for call in writes("converge") if call["action"] == "CreateSnapshotGroup"]
    disks = {resource for call in snapshots for resource in call["resources"] if resource.startswith("d-")}
    assert len(disks) == len(TARGETS) * DISKS
