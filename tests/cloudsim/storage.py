# Copyright (c) 2026 evergreen.os_migration contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Snapshots and disks being put back."""

from __future__ import annotations

import math

from .clock import Timeline
from .state import Disk, Instance, Snapshot, Tags
from .world import World


def create_snapshot(world: World, disk: Disk, name: str, tags: Tags, now: float) -> Snapshot:
    """A snapshot of what is on the disk then; it takes its time."""
    instance = world.instances[disk.instance_id]
    snapshot = Snapshot(
        id=world.new_id("s"),
        disk_id=disk.id,
        instance_id=disk.instance_id,
        region=disk.region,
        name=name,
        created=now,
        length=world.sample(instance, "snapshot"),
        content=disk.contents.at(now),
        disk_type=disk.type,
        disk_size_gib=disk.size_gib,
        tags=Timeline(tags),
        serial=world.serial(),
        visible=now + world.scenario.consistency_lag,
    )
    world.snapshots[snapshot.id] = disk.snapshots[snapshot.id] = snapshot
    return snapshot


def add_snapshot(world: World, disk: Disk, name: str, kind: str, created: float) -> Snapshot:
    """A snapshot from before the simulation: everybody sees it."""
    snapshot = create_snapshot(world, disk, name, {}, created)
    snapshot.kind, snapshot.visible = kind, -math.inf
    return snapshot


def delete_snapshot(world: World, snapshot: Snapshot) -> None:
    del world.snapshots[snapshot.id], world.disks[snapshot.disk_id].snapshots[snapshot.id]


def reset_disk(world: World, disk: Disk, snapshot: Snapshot) -> None:
    now = world.now()
    instance = world.instances[disk.instance_id]
    disk.resetting_until = now + world.sample(instance, "reset_disk")
    disk.contents.cancel_after(now)
    disk.contents.plan(now, snapshot.content)


def let_fail(instance: Instance) -> bool:
    """Whether the scenario wants this instance's next snapshot to fail."""
    if instance.failed_snapshots >= instance.group.faults.snapshot_fails:
        return False
    instance.failed_snapshots += 1
    return True
