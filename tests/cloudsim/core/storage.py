# Copyright (c) 2026 evergreen.os_migration contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Snapshots and disks being put back."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

from . import data
from .clock import Timeline
from .state import Disk, Snapshot, SnapshotGroup, Tags
from .world import World


@dataclass(frozen=True)
class Loss:
    """What a reset took away: `seconds` of writing, between the stamp of the snapshot and that of the disk."""

    disk: str
    snapshot: str
    snapshot_written_until: float | None
    written_until: float | None
    seconds: float


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
        data=data.on_disk(instance, disk, now),
        disk_type=disk.type,
        disk_size_gib=disk.size_gib,
        tags=Timeline(tags),
        serial=world.serial(),
        visible=now + world.scenario.consistency_lag,
    )
    world.snapshots[snapshot.id] = disk.snapshots[snapshot.id] = snapshot
    return snapshot


def create_group(world: World, name: str, disks: Sequence[Disk], tags: Tags, now: float) -> SnapshotGroup:
    """Snapshots of disks at one moment. The tags are the group's; its members know the instance that they are of."""
    instance_id = disks[0].instance_id
    mark = {"acs:ecs:createFrom": instance_id}
    group = SnapshotGroup(
        id=world.new_id("ssg"),
        name=name,
        instance_id=instance_id,
        region=disks[0].region,
        members=tuple(create_snapshot(world, disk, "", mark, now) for disk in disks),
        created=now,
        tags=Timeline(tags),
        serial=world.serial(),
        visible=now + world.scenario.consistency_lag,
    )
    world.snapshot_groups[group.id] = group
    return group


def add_snapshot(world: World, disk: Disk, name: str, kind: str, created: float) -> Snapshot:
    """A snapshot from before the simulation: everybody sees it."""
    snapshot = create_snapshot(world, disk, name, {}, created)
    snapshot.kind, snapshot.visible = kind, -math.inf
    return snapshot


def reset_disk(world: World, disk: Disk, snapshot: Snapshot, now: float) -> Loss:
    """Put a disk back, and tell what was on it that is not in the snapshot."""
    instance = world.instances[disk.instance_id]
    before = data.on_disk(instance, disk, now)
    disk.conditions.cancel_after(now)
    disk.conditions.plan(now, "ReIniting")
    disk.conditions.plan(now + world.sample(instance, "reset_disk"), "In_use")
    disk.contents.cancel_after(now)
    disk.contents.plan(now, snapshot.content)
    disk.data.plan(now, snapshot.data)
    stamps = data.written_until(snapshot.data), data.written_until(before)
    return Loss(disk.id, snapshot.id, *stamps, data.seconds(data.lost(before, snapshot.data)))
