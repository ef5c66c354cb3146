# Copyright (c) 2026 evergreen.os_migration contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Images of machines, and machines that are made from them: what was on the disks is on the copies' disks."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass, replace

from . import power
from .clock import Timeline
from .power import NOT_STOPPED
from .scenario import Group
from .state import Disk, Image, Instance, Snapshot, Tags
from .world import World


@dataclass(frozen=True)
class Wanted:
    """What a copy is to be called, and where it is to be."""

    name: str
    host_name: str
    security_group: str
    tags: Tags
    released: float = math.inf


def create_image(world: World, name: str, snapshots: Mapping[str, Snapshot], tags: Tags, now: float) -> Image:
    """An image of snapshots; it takes its time."""
    first = next(iter(snapshots.values()))
    instance = world.instances[first.instance_id]
    image = Image(
        id=world.new_id("m"),
        name=name,
        region=first.region,
        snapshots=dict(snapshots),
        created=now,
        length=world.sample(instance, "image"),
        tags=Timeline(tags),
        serial=world.serial(),
        fails=instance.let_fail("image", instance.group.faults.image_fails),
        visible=now + world.scenario.consistency_lag,
    )
    world.images[image.id] = image
    return image


def launch(world: World, image: Image, wanted: Wanted, now: float) -> Instance:
    """A machine whose disks are as the image has them, at an address of its own; it comes up by itself."""
    original = world.instances[image.system.instance_id]
    visible = now + world.scenario.consistency_lag
    number = world.serial()
    copy = Instance(
        id=world.new_id("i"),
        name=wanted.name,
        group=_group(original.group, wanted),
        host_name=wanted.host_name,
        private_address=f"172.31.{number // 250 % 250}.{number % 250 + 1}",
        public_address=Timeline(""),
        disks=[],
        power=Timeline("Pending"),
        agent=Timeline(False),
        held=Timeline(False),
        stopped_mode=Timeline(NOT_STOPPED),
        tags=Timeline(wanted.tags),
        serial=number,
        packages=original.packages,
        born=now,
        visible=visible,
        image_id=image.id,
        security_group=wanted.security_group,
    )
    for device, snapshot in image.snapshots.items():
        disk = _disk(world, copy, device, snapshot, now)
        copy.disks.append(disk)
        world.disks[disk.id] = disk
    world.instances[copy.id] = copy
    power.start(world, copy, now + 1)
    if wanted.released < math.inf:
        release(copy, wanted.released)
    world.copied(original, copy, now)
    return copy


def _group(group: Group, wanted: Wanted) -> Group:
    """What a copy is by its nature: that of its original, without what is only the original's."""
    faults = replace(group.faults, agent="offline" if group.faults.copies_silent else "online", snapshot_in_progress=0)
    return replace(
        group,
        name=wanted.name,
        ids=(),
        count=1,
        public_address=False,
        status="Running",
        tags=wanted.tags,
        faults=faults,
        smc_source="none",
        console_job=None,
        host_name=wanted.host_name,
        private_address=None,
        source_host_name=None,
        old_sources=0,
        events=(),
    )


def _disk(world: World, copy: Instance, device: str, snapshot: Snapshot, now: float) -> Disk:
    model = world.disks[snapshot.disk_id]
    return Disk(
        id=world.new_id("d"),
        instance_id=copy.id,
        region=copy.region,
        type=snapshot.disk_type,
        size_gib=snapshot.disk_size_gib,
        category=model.category,
        device=device,
        attached=Timeline(True),
        contents=Timeline(snapshot.content),
        conditions=Timeline("In_use"),
        data=Timeline(snapshot.data),
        tags=Timeline({}),
        serial=world.serial(),
        delete_auto_snapshot=model.delete_auto_snapshot,
        born=now,
        visible=copy.visible,
    )


def release(instance: Instance, at: float) -> None:
    """The machine goes, and its disks go with it; snapshots stay."""
    instance.gone = min(instance.gone, at)
    for disk in instance.disks:
        disk.gone = min(disk.gone, at)


def used(world: World, snapshot: Snapshot, now: float) -> bool:
    """Whether an image is made of the snapshot."""
    return any(
        snapshot.id in {part.id for part in image.snapshots.values()}
        for image in world.images.values()
        if image.created <= now < image.gone
    )
