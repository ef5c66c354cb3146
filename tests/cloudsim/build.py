# Copyright (c) 2026 evergreen.os_migration contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A world from its scenario: everything as it was before anybody called the API."""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import replace

from . import jobs, sources, storage
from .clock import Clock, Timeline
from .scenario import ConsoleJob, DiskSpec, Group, Scenario, ScenarioError
from .state import Content, Disk, Instance, Job, JobState, Source, Tags
from .world import World

DAY = 86400.0
MONTH_AGO = -30 * DAY
ID_LENGTH = 22
OTHER_TEAM = Group("other-team-{n:02}", "centos-7", id_prefix="i-bp1other", console_job=ConsoleJob("alinux-3"))


def build(scenario: Scenario, clock: Clock, seed: int | None = None) -> World:
    world = World(scenario, clock, seed)
    groups = list(scenario.groups)
    if scenario.other_jobs:
        region = groups[0].region if groups else scenario.regions[0]
        groups.append(replace(OTHER_TEAM, count=scenario.other_jobs, region=region))
    for index, group in enumerate(groups):
        for instance_id, name in _names(group, index):
            if instance_id in world.instances:
                raise ScenarioError(f"scenario.groups[{index}]: instance id {instance_id} is used twice")
            _begin(world, _add_instance(world, group, instance_id, name))
    return world


def _names(group: Group, index: int) -> Iterator[tuple[str, str]]:
    """(id, name) of a group's instances; generated ids are as long as real ones and the same in every run."""
    count = len(group.ids) or group.count
    name = group.name if count == 1 or "{n" in group.name else group.name + "-{n}"
    prefix = group.id_prefix if group.id_prefix != "i-bp1" else f"i-bp1g{index:02}"
    for offset in range(count):
        number = group.first + offset
        generated = prefix + str(number).zfill(max(1, ID_LENGTH - len(prefix)))
        yield group.ids[offset] if group.ids else generated, name.format(n=number)


def _add_instance(world: World, group: Group, instance_id: str, name: str) -> Instance:
    index = len(world.instances)
    host = f"{index // 250}.{index % 250 + 1}"
    instance = Instance(
        id=instance_id,
        name=name,
        group=group,
        private_address=f"172.16.{host}",
        public_address=f"47.96.{host}" if group.public_address else "",
        disks=[],
        power=Timeline(group.status),
        agent=Timeline(group.faults.agent == "online" and group.status == "Running"),
        tags=Timeline(dict(group.tags)),
        serial=world.serial(),
        packages=group.guest.packages,
    )
    for number, spec in enumerate(group.disks):
        disk = _disk(world, instance, spec, "abcdefghijklmnopqrstuvwxyz"[number % 26])
        instance.disks.append(disk)
        world.disks[disk.id] = disk
    world.instances[instance_id] = instance
    return instance


def _disk(world: World, instance: Instance, spec: DiskSpec, letter: str) -> Disk:
    group = instance.group
    imported = group.smc_source != "none" or group.console_job is not None
    tags: Tags = {}
    return Disk(
        id=world.new_id("d"),
        instance_id=instance.id,
        region=group.region,
        type=spec.type,
        size_gib=spec.size_gib,
        category=spec.category,
        device=f"/dev/xvd{letter}",
        contents=Timeline(Content(group.os, smc_client=imported) if spec.type == "system" else Content()),
        tags=Timeline(tags),
        serial=world.serial(),
        delete_auto_snapshot=spec.delete_auto_snapshot,
        condition=spec.status,
    )


def _begin(world: World, instance: Instance) -> None:
    """What was already going on when the simulation starts."""
    group = instance.group
    for disk, spec in zip(instance.disks, group.disks, strict=True):
        for number in range(spec.manual_snapshots):
            storage.add_snapshot(world, disk, f"by-hand-{number + 1}", "user", MONTH_AGO)
    if group.faults.snapshot_in_progress:
        snapshot = storage.add_snapshot(world, instance.system_disk, "auto2.0-nightly", "auto", 0.0)
        snapshot.created = -snapshot.length
        snapshot.length += group.faults.snapshot_in_progress
    if group.smc_source != "none" or group.console_job:
        source = sources.add_source(world, instance, world.new_id("s"), -DAY)
        source.ready = math.inf if group.smc_source == "unavailable" else source.created
        if group.console_job:
            _start_in_console(world, instance, source, group.console_job)


def _start_in_console(world: World, instance: Instance, source: Source, console: ConsoleJob) -> None:
    job = Job(
        id=world.new_id("j"),
        name=f"console-{instance.name}",
        source_id=source.id,
        instance_id=instance.id,
        target=console.target,
        created=console.after,
        states=Timeline(JobState("Ready")),
        request={"InstanceId": instance.id, "JobType": 1, "RegionId": instance.region},
        serial=world.serial(),
        visible=console.after,
    )
    world.jobs[job.id] = instance.jobs[job.id] = job
    source.job_id = job.id
    jobs.start(world, job, console.after)
