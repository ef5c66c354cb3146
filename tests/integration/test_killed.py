# Copyright (c) 2026 evergreen.os_migration contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The controller is killed again and again; the last run finishes the fleet, and nothing was started twice."""

from __future__ import annotations

import random
from collections import Counter
from pathlib import Path

import pytest
from integration.harness import Call, Cloud, Controller, cloud, group, host, instance_id

FLEET = {"web-1": "centos-7", "web-2": "centos-7", "web-3": "alinux-2", "erp-1": "windows-2008r2"}
MORE = {"erp-1": {"guest": {"edition": "Enterprise"}}}
HOPS = {"web-1": 1, "web-2": 1, "web-3": 1, "erp-1": 2}
DISKS = [{"type": "system", "size_gib": 40}, {"type": "data", "size_gib": 100}]
# A run writes about this often, so kills spread over all its phases.
WRITES = 40
KILLS = 4


def created(calls: list[Call], prefix: str) -> Counter[str]:
    """How many different things of a kind each instance got."""
    ids = {(one, other) for call in calls for one in call["resources"] for other in call["resources"]}
    return Counter(owner for owner, thing in ids if owner.startswith("i-") and thing.startswith(prefix))


def started_twice(simulated: Cloud) -> list[str]:
    starts = Counter(one for call in simulated.writes("StartReplicationJob") for one in call["resources"])
    return [one for one, count in starts.items() if one.startswith("j-") and count > 1]


@pytest.mark.parametrize(
    "whole_group",
    [
        pytest.param(True, id="everything dies"),
        pytest.param(False, id="only ansible-playbook dies", marks=pytest.mark.variant),
    ],
)
def test_killing_the_controller_starts_nothing_twice(tmp_path: Path, whole_group: bool) -> None:
    seed = random.randrange(10**6)
    print(f"seed {seed}")
    points = sorted(random.Random(seed).sample(range(1, WRITES), KILLS))
    groups = [group(name, system, disks=DISKS, **MORE.get(name, {})) for name, system in FLEET.items()]
    with cloud({"seed": seed, "consistency_lag": 5, "groups": groups}, tmp_path / "cloud") as simulated:
        user = Controller(simulated, tmp_path / "user", {name: host(name, FLEET[name]) for name in FLEET})
        killed = [user.play_until_killed("migrate", point, whole_group) for point in points]
        run = user.play("migrate")
        assert run.rc == 0, run.output
        assert any(killed), "the fleet was ready before the first kill"
        assert set(run.states("migrate").values()) == {"migrated"}
        jobs = created(simulated.writes("CreateReplicationJob"), "j-")
        assert jobs == {instance_id(name): hops for name, hops in HOPS.items()}, f"killed after {points} writes"
        snapshots = created(simulated.writes("CreateSnapshot", "CreateSnapshotGroup"), "s-")
        assert set(snapshots) == {instance_id(name) for name in FLEET}
        # A kill can fall between the mark of a set and its snapshots: then the next run takes another one.
        assert all(len(DISKS) <= count <= len(DISKS) * (1 + KILLS) for count in snapshots.values()), snapshots
        assert started_twice(simulated) == []
