# Copyright (c) 2026 evergreen.os_migration contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A world from its scenario: everything as it was before anybody called the API, and what will happen by itself."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator

from . import storage
from .clock import Timeline
from .power import NOT_STOPPED
from .readers import ScenarioError
from .scenario import DiskSpec, Event, Group
from .state import Content, Disk, Instance, Tags
from .world import World

DAY = 86400.0
MONTH_AGO = -30 * DAY
ID_LENGTH = 22


def furnish(world: World, groups: Iterable[tuple[int, Group]], taken: Collection[str]) -> None:
    """Put the instances of the groups into an account; a group comes with its number in the scenario."""
    for index, group in groups:
        for instance_id, name in _names(group, index):
            if instance_id in world.instances or instance_id in taken:
                raise ScenarioError(f"scenario.groups[{index}]: instance id {instance_id} is used twice")
            _begin(world, add_instance(world, group, instance_id, name))


def _names(group: Group, index: int) -> Iterator[tuple[str, str]]:
    """(id, name) of a group's instances; generated ids are as long as real ones and the same in every run."""
    count = len(group.ids) or group.count
    name = group.name if count == 1 or "{n" in group.name else group.name + "-{n}"
    prefix = group.id_prefix if group.id_prefix != "i-bp1" else f"i-bp1g{index:02}"
    for offset in range(count):
        number = group.first + offset
        generated = prefix + str(number).zfill(max(1, ID_LENGTH - len(prefix)))
        yield group.ids[offset] if group.ids else generated, name.format(n=number)


def add_instance(world: World, group: Group, instance_id: str, name: str) -> Instance:
    """An instance with its disks, as its group describes it."""
    index = len(world.instances)
    host = f"{index // 250}.{index % 250 + 1}"
    instance = Instance(
        id=instance_id,
        name=name,
        group=group,
        host_name=group.host_name or name,
        private_address=group.private_address or f"172.16.{host}",
        public_address=Timeline(f"47.96.{host}" if group.public_address else ""),
        disks=[],
        power=Timeline(group.status),
        agent=Timeline(group.faults.agent == "online" and group.status == "Running"),
        held=Timeline(False),
        stopped_mode=Timeline(NOT_STOPPED),
        tags=Timeline(dict(group.tags)),
        serial=world.serial(),
        packages=group.packages,
    )
    for number, spec in enumerate(group.disks):
        disk = _disk(world, instance, spec, "abcdefghijklmnopqrstuvwxyz"[number % 26])
        instance.disks.append(disk)
        world.disks[disk.id] = disk
    world.instances[instance_id] = instance
    return instance


def _disk(world: World, instance: Instance, spec: DiskSpec, letter: str) -> Disk:
    group = instance.group
    tags: Tags = {}
    return Disk(
        id=world.new_id("d"),
        instance_id=instance.id,
        region=group.region,
        type=spec.type,
        size_gib=spec.size_gib,
        category=spec.category,
        device=f"/dev/xvd{letter}",
        attached=Timeline(spec.status != "Available"),
        contents=Timeline(Content(group.os) if spec.type == "system" else Content()),
        conditions=Timeline("In_use" if spec.status == "Available" else spec.status),
        data=Timeline(()),
        tags=Timeline(tags),
        serial=world.serial(),
        delete_auto_snapshot=spec.delete_auto_snapshot,
        multi_attach=spec.multi_attach,
    )


def _begin(world: World, instance: Instance) -> None:
    """What was already going on when the simulation starts, and what comes whatever anybody does."""
    group = instance.group
    for disk, spec in zip(instance.disks, group.disks, strict=True):
        for number in range(spec.manual_snapshots):
            storage.add_snapshot(world, disk, f"by-hand-{number + 1}", "user", MONTH_AGO)
    if group.faults.snapshot_in_progress:
        snapshot = storage.add_snapshot(world, instance.system_disk, "auto2.0-nightly", "auto", 0.0)
        snapshot.created = -snapshot.length
        snapshot.length += group.faults.snapshot_in_progress
    for event in group.events:
        _plan(instance, event)


def _plan(instance: Instance, event: Event) -> None:
    if event.what == "release":
        instance.gone = min(instance.gone, event.at)
        for disk in instance.disks:
            disk.gone = event.at if disk.attached.at(event.at) else disk.gone
    elif event.what.endswith("_disk"):
        instance.disks[event.disk].attached.plan(event.at, event.what == "attach_disk")
