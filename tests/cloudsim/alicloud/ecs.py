# Copyright (c) 2026 evergreen.os_migration contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""ECS: instances, disks and snapshots."""

from __future__ import annotations

import fnmatch
import re
from collections.abc import Callable, Mapping
from typing import Any

from .. import jobs, power, storage
from ..clock import Timeline
from ..oses import CATALOG
from ..state import Disk, Instance, JobState, Snapshot, Tags
from .common import (
    at_most,
    check_region,
    dry_run,
    either_page,
    id_list,
    matching,
    read_tags,
    tag_list,
)
from .registry import Answer, Call, action
from .wire import ApiError

SNAPSHOTS_PER_DISK = 256
BATCH_LIMIT = 100
TAGGED_LIMIT = 50
CREATED = -30 * 86400.0
_SNAPSHOT_NAME = re.compile(r"\A(?!auto|https?://)[^\W\d_][\w:.-]{1,127}\Z")
_PAGING = "MaxResults NextToken PageNumber PageSize"
_LOCKED = {"financial": "InstanceExpiredOrInArrears"}
# Parameters that filter a list, and what of an entry they are compared with at a time.
_INSTANCE_FILTERS: Mapping[str, Callable[[Instance, float], str]] = {
    "Status": lambda instance, now: instance.power.at(now),
    "InstanceType": lambda instance, now: instance.group.instance_type,
    "InstanceNetworkType": lambda instance, now: instance.group.network_type,
}
_DISK_FILTERS: Mapping[str, Callable[[Disk, float], str]] = {
    "DiskType": lambda disk, now: disk.type,
    "Status": lambda disk, now: disk.status(now),
    "Category": lambda disk, now: disk.category,
}
_SNAPSHOT_FILTERS: Mapping[str, Callable[[Snapshot, float], str]] = {
    "InstanceId": lambda snapshot, now: snapshot.instance_id,
    "DiskId": lambda snapshot, now: snapshot.disk_id,
    "SnapshotName": lambda snapshot, now: snapshot.name,
    "Status": lambda snapshot, now: snapshot.status(now),
    "SnapshotType": lambda snapshot, now: snapshot.kind,
    "SourceDiskType": lambda snapshot, now: snapshot.disk_type,
}


# --- regions and types -----------------------------------------------------------------------------------------------


@action("ecs", ignores="AcceptLanguage InstanceChargeType ResourceType")
def describe_regions(call: Call) -> Answer:
    regions = [
        {"RegionId": region, "LocalName": region, "RegionEndpoint": f"ecs.{region}.aliyuncs.com", "Status": "available"}
        for region in call.world.scenario.regions
    ]
    return {"Regions": {"Region": regions}}


@action("ecs", uses="InstanceTypes", ignores="MaxResults NextToken")
def describe_instance_types(call: Call) -> Answer:
    """The catalogue is what the scenario's groups use."""
    wanted = at_most(call, "InstanceTypes", 10, 400, "InvalidParameter")
    groups = {instance.group.instance_type: instance.group for instance in call.world.instances.values()}
    types = [
        {
            "InstanceTypeId": name,
            "InstanceTypeFamily": name.rpartition(".")[0],
            "CpuCoreCount": group.vcpus,
            "MemorySize": group.memory_mib / 1024,
            "CpuArchitecture": "ARM" if group.architecture == "arm64" else "X86",
        }
        for name, group in groups.items()
        if not wanted or name in wanted
    ]
    return {"InstanceTypes": {"InstanceType": types}, "NextToken": ""}


# --- instances -------------------------------------------------------------------------------------------------------


@action(
    "ecs",
    uses=f"InstanceIds InstanceName InstanceNetworkType InstanceType Status Tag RegionId DryRun {_PAGING}",
    ignores="AdditionalAttributes",
)
def describe_instances(call: Call) -> Answer:
    region = check_region(call)
    dry_run(call)
    ids = id_list(call, "InstanceIds", BATCH_LIMIT, "InvalidParameter")
    pool = list(call.world.instances.values()) if ids is None else known(call, ids)
    named = [each for each in pool if fnmatch.fnmatchcase(each.name, call.get("InstanceName") or "*")]
    found = matching(call, _INSTANCE_FILTERS, [instance for instance in named if instance.region == region])
    chunk, page = either_page(call, found, 10, BATCH_LIMIT, clamp=True)
    return {"Instances": {"Instance": [_instance(call, instance) for instance in chunk]}, **page}


def known(call: Call, ids: list[str]) -> list[Instance]:
    """The instances of a list of ids that exist, in the order they are listed in."""
    instances = call.world.instances
    return sorted((instances[each] for each in set(ids) if each in instances), key=lambda instance: instance.serial)


def _instance(call: Call, instance: Instance) -> dict[str, Any]:
    group, now = instance.group, call.now
    system = CATALOG[instance.content(now).os]
    name, name_en = system.ecs_names(group.architecture, group.guest.edition, group.guest.language)
    if group.os_name and system.id == group.os:
        name = name_en = group.os_name
    return {
        "InstanceId": instance.id,
        "InstanceName": instance.name,
        "HostName": instance.name,
        "RegionId": instance.region,
        "ZoneId": f"{instance.region}-h",
        "Status": instance.power.at(now),
        "StoppedMode": instance.stopped_mode if instance.power.at(now) == "Stopped" else "Not-applicable",
        "OSName": name,
        "OSNameEn": name_en,
        "OSType": system.os_type,
        "ImageId": f"m-{instance.id[2:]}",
        "InstanceType": group.instance_type,
        "InstanceTypeFamily": group.instance_type.rpartition(".")[0],
        "Cpu": group.vcpus,
        "Memory": group.memory_mib,
        "InstanceChargeType": "PostPaid",
        "IoOptimized": True,
        "CreationTime": call.clock.iso(CREATED, seconds=False),
        "StartTime": call.clock.iso(CREATED, seconds=False),
        "OperationLocks": {"LockReason": [{"LockReason": reason} for reason in group.locks]},
        "Tags": tag_list(instance.tags.at(now)),
        **_network(instance),
    }


def _network(instance: Instance) -> dict[str, Any]:
    """Addresses, where each kind of network keeps them."""
    group = instance.group
    classic, eip = group.network_type == "classic", group.public_address == "eip"
    public = [instance.public_address] if instance.public_address and not eip else []
    private = [instance.private_address]
    return {
        "InstanceNetworkType": group.network_type,
        "VpcAttributes": {
            "PrivateIpAddress": {"IpAddress": [] if classic else private},
            "VpcId": "" if classic else f"vpc-{instance.region}",
            "VSwitchId": "" if classic else f"vsw-{instance.region}",
            "NatIpAddress": "",
        },
        "InnerIpAddress": {"IpAddress": private if classic else []},
        "PublicIpAddress": {"IpAddress": public},
        "EipAddress": {"IpAddress": instance.public_address if eip else "", "AllocationId": ""},
    }


@action("ecs", uses="InstanceId RegionId BatchOptimization DryRun StoppedMode", ignores="ForceStop")
def stop_instances(call: Call) -> Answer:
    def stop(instance: Instance) -> None:
        _interrupt(call, instance)
        power.stop(call.world, instance, call.get("StoppedMode", "StopCharging"))

    return _batch(call, "Running", stop)


@action("ecs", uses="InstanceId RegionId BatchOptimization DryRun")
def start_instances(call: Call) -> Answer:
    return _batch(call, "Stopped", lambda instance: power.start(call.world, instance))


def _interrupt(call: Call, instance: Instance) -> None:
    """Stopping an instance during its migration ends the migration."""
    job = instance.running_job(call.now)
    if job:
        info = "The instance was stopped during the migration."
        jobs.interrupt(call.world, job, JobState("InError", job.progress(call.now), "IncorrectInstanceStatus", info))


def _batch(call: Call, needed: str, act: Callable[[Instance], None]) -> Answer:
    """Start or stop many: all or none by default, each for itself with SuccessFirst."""
    check_region(call)
    ids = at_most(call, "InstanceId", BATCH_LIMIT, 403, "InvalidParameter.TooManyInstanceIds")
    each_for_itself = call.get("BatchOptimization", "AllTogether") == "SuccessFirst"
    errors = {each: _power_error(call, each, needed) for each in dict.fromkeys(ids)}
    first = next((error for error in errors.values() if error), None)
    if first and not each_for_itself:
        raise first
    if call.get("DryRun"):
        raise ApiError(400, "DRYRUN.SUCCESS", "The request passed the dry run.")
    responses = [_respond(call, each, error, act) for each, error in errors.items()]
    return {"InstanceResponses": {"InstanceResponse": responses}}


def _power_error(call: Call, instance_id: str, needed: str) -> ApiError | None:
    instance = call.world.instances.get(instance_id)
    if instance is None or instance.region != call.region:
        return ApiError(404, "InvalidInstanceId.NotFound", "The specified InstanceId does not exist.")
    locked = lock_error(instance)
    if locked:
        return locked
    if instance.power.at(call.now) != needed:
        return ApiError(403, "IncorrectInstanceStatus", "The current status of the resource does not support this.")
    if any(disk.status(call.now) != "In_use" for disk in instance.disks):
        return ApiError(409, "InvalidOperation.Conflict", "A disk of the instance is being reinitialised.")
    return None


def _respond(call: Call, instance_id: str, error: ApiError | None, act: Callable[[Instance], None]) -> dict[str, str]:
    instance = call.world.instances.get(instance_id)
    before = instance.power.at(call.now) if instance else ""
    if instance and not error:
        act(instance)
    return {
        "InstanceId": instance_id,
        "Code": error.code if error else "200",
        "Message": error.message if error else "success",
        "CurrentStatus": instance.power.at(call.now) if instance else "",
        "PreviousStatus": before,
    }


def lock_error(instance: Instance) -> ApiError | None:
    """The error that a locked instance answers to everything that would change it."""
    if not instance.group.locks:
        return None
    code = _LOCKED.get(instance.group.locks[0], "InstanceLockedForSecurity")
    return ApiError(403, code, "The instance is locked and cannot be operated on.")


# --- disks -----------------------------------------------------------------------------------------------------------


@action(
    "ecs",
    uses=f"RegionId InstanceId DiskIds DiskType Status Category Tag {_PAGING}",
    ignores="AdditionalAttributes",
)
def describe_disks(call: Call) -> Answer:
    region = check_region(call)
    ids = id_list(call, "DiskIds", 100, "InvalidParameter.DiskIds")
    instance = call.world.instances.get(call.get("InstanceId", ""))
    pool = instance.disks if instance else [] if call.get("InstanceId") else list(call.world.disks.values())
    listed = [disk for disk in pool if disk.region == region and (ids is None or disk.id in ids)]
    found = matching(call, _DISK_FILTERS, listed)
    chunk, page = either_page(call, found, 10, 500, clamp=True)
    return {"Disks": {"Disk": [_disk(call, disk) for disk in chunk]}, **page}


def _disk(call: Call, disk: Disk) -> dict[str, Any]:
    created = call.clock.iso(CREATED)
    attachment = {"InstanceId": disk.instance_id, "Device": disk.device, "AttachedTime": created}
    return {
        "DiskId": disk.id,
        "DiskName": "",
        "InstanceId": disk.instance_id,
        "RegionId": disk.region,
        "ZoneId": f"{disk.region}-h",
        "Type": disk.type,
        "Category": disk.category,
        "Size": disk.size_gib,
        "Status": disk.status(call.now),
        "Device": disk.device,
        "Portable": disk.type == "data",
        "Encrypted": False,
        "DeleteWithInstance": True,
        "DeleteAutoSnapshot": disk.delete_auto_snapshot,
        "EnableAutoSnapshot": True,
        "CreationTime": created,
        "AttachedTime": created,
        "Attachments": {"Attachment": [attachment]},
        "OperationLocks": {"OperationLock": []},
        "Tags": tag_list(disk.tags.at(call.now)),
    }


def find_disk(call: Call) -> tuple[Disk, Instance]:
    disk = call.world.disks.get(call.get("DiskId"))
    if disk is None:
        raise ApiError(404, "InvalidDiskId.NotFound", "The specified disk does not exist.")
    instance = call.world.instances[disk.instance_id]
    locked = lock_error(instance)
    if locked:
        raise locked
    if not call.world.scenario.snapshot_service:
        raise ApiError(403, "InvalidAccountStatus.SnapshotServiceUnavailable", "The snapshot service is not activated.")
    return disk, instance


@action("ecs", uses="DiskId SnapshotId DryRun")
def reset_disk(call: Call) -> Answer:
    """Put a disk back to one of its own snapshots; the instance must be stopped."""
    disk, instance = find_disk(call)
    snapshot = call.world.snapshots.get(call.params["SnapshotId"])
    if snapshot is None:
        raise ApiError(404, "InvalidSnapshotId.NotFound", "The specified SnapshotId does not exist.")
    if snapshot.disk_id != disk.id:
        raise ApiError(403, "InvalidParameter.Mismatch", "The snapshot was not created from this disk.")
    if snapshot.status(call.now) != "accomplished":
        raise ApiError(403, "InvalidSnapshotId.NotReady", "The specified snapshot is not completed.")
    if instance.power.at(call.now) != "Stopped":
        raise ApiError(403, "IncorrectInstanceStatus", "The instance must be stopped to reset a disk.")
    if disk.status(call.now) != "In_use":
        raise ApiError(403, "IncorrectDiskStatus", "The current disk status does not support this operation.")
    if disk.snapshot_in_progress(call.now):
        raise ApiError(403, "IncorrectDiskStatus.HasUnfinishedSnapshot", "A snapshot of the disk is being created.")
    dry_run(call)
    storage.reset_disk(call.world, disk, snapshot)
    return {}


# --- snapshots -------------------------------------------------------------------------------------------------------


@action(
    "ecs",
    uses="DiskId SnapshotName Description RetentionDays Tag ClientToken",
    ignores="Category InstantAccess InstantAccessRetentionDays",
    idempotent=True,
)
def create_snapshot(call: Call) -> Answer:
    disk, instance = find_disk(call)
    name, days = call.get("SnapshotName", ""), call.get("RetentionDays")
    if name and not _SNAPSHOT_NAME.match(name):
        raise ApiError(400, "InvalidSnapshotName.Malformed", "The specified parameter SnapshotName is not valid.")
    if days is not None and not 1 <= days <= 65536:
        raise ApiError(400, "InvalidRetentionDays.Malformed", "The specified parameter RetentionDays is not valid.")
    tags = read_tags(call)
    _check_snapshot_possible(call, disk, instance)
    snapshot = storage.create_snapshot(call.world, disk, name, tags, call.now)
    snapshot.description, snapshot.retention_days = call.get("Description", ""), days
    snapshot.fails = storage.let_fail(instance)
    return {"SnapshotId": snapshot.id}


def _check_snapshot_possible(call: Call, disk: Disk, instance: Instance) -> None:
    if disk.snapshot_in_progress(call.now):
        message = "A previous snapshot of this disk is still being created."
        raise ApiError(403, "IncorrectDiskStatus.CreatingSnapshot", message)
    if disk.status(call.now) != "In_use":
        raise ApiError(403, "IncorrectDiskStatus", "The current disk status does not support this operation.")
    if instance.power.at(call.now) not in ("Running", "Stopped"):
        raise ApiError(403, "IncorrectInstanceStatus", "The current status of the instance does not support this.")
    if len(disk.snapshots) >= SNAPSHOTS_PER_DISK:
        raise ApiError(403, "QuotaExceed.Snapshot", "The snapshot quota of the disk is exceeded.")


@action("ecs", uses="SnapshotId", ignores="Force")
def delete_snapshot(call: Call) -> Answer:
    """A snapshot that is not there is ignored; one in progress is cancelled."""
    snapshot = call.world.snapshots.get(call.params["SnapshotId"])
    if snapshot:
        storage.delete_snapshot(call.world, snapshot)
    return {}


@action(
    "ecs",
    uses=f"RegionId InstanceId DiskId SnapshotIds SnapshotName SnapshotType Status SourceDiskType Tag DryRun {_PAGING}",
)
def describe_snapshots(call: Call) -> Answer:
    region = check_region(call)
    dry_run(call)
    ids = id_list(call, "SnapshotIds", 100, "InvalidSnapshotIds.Malformed")
    status = call.get("Status", "all")
    if status not in ("all", "progressing", "accomplished", "failed"):
        raise ApiError(404, "InvalidStatus.NotFound", "The specified snapshot status does not exist.")
    if call.get("SnapshotType", "all") not in ("all", "auto", "user"):
        raise ApiError(400, "InvalidParameter", "SnapshotType must be auto, user or all.")
    visible = [each for each in _snapshot_pool(call, ids) if each.region == region and each.visible <= call.now]
    found = matching(call, _SNAPSHOT_FILTERS, visible)
    chunk, page = either_page(call, found, 10, 100, clamp=False)
    return {"Snapshots": {"Snapshot": [_snapshot(call, snapshot) for snapshot in chunk]}, **page}


def _snapshot_pool(call: Call, ids: list[str] | None) -> list[Snapshot]:
    """The fewest snapshots that need looking at, in the order they were made."""
    world = call.world
    if ids is not None:
        pool = [world.snapshots[each] for each in set(ids) if each in world.snapshots]
    elif call.get("InstanceId"):
        instance = world.instances.get(call.get("InstanceId"))
        pool = [snapshot for disk in (instance.disks if instance else []) for snapshot in disk.snapshots.values()]
    else:
        return list(world.snapshots.values())
    return sorted(pool, key=lambda snapshot: snapshot.serial)


def _snapshot(call: Call, snapshot: Snapshot) -> dict[str, Any]:
    status = snapshot.status(call.now)
    answer: dict[str, Any] = {
        "SnapshotId": snapshot.id,
        "SnapshotName": snapshot.name,
        "Description": snapshot.description,
        "SnapshotType": snapshot.kind,
        "Status": status,
        "Progress": snapshot.progress(call.now),
        "Available": status == "accomplished",
        "RemainTime": max(0, int(snapshot.ends - call.now)),
        "RegionId": snapshot.region,
        "SourceDiskId": snapshot.disk_id,
        "SourceDiskType": snapshot.disk_type,
        "SourceDiskSize": str(snapshot.disk_size_gib),
        "CreationTime": call.clock.iso(snapshot.created),
        "LastModifiedTime": call.clock.iso(min(call.now, snapshot.ends)),
        "Encrypted": False,
        "Usage": "none",
        "Tags": tag_list(snapshot.tags.at(call.now)),
    }
    if snapshot.retention_days:
        answer["RetentionDays"] = snapshot.retention_days
    return answer


# --- tags ------------------------------------------------------------------------------------------------------------


@action("ecs", uses="RegionId ResourceId ResourceType Tag")
def tag_resources(call: Call) -> Answer:
    added = read_tags(call)
    for timeline in _tagged(call):
        timeline.plan(_visible(call), {**timeline.last(), **added})
    return {}


@action("ecs", uses="RegionId ResourceId ResourceType TagKey All")
def untag_resources(call: Call) -> Answer:
    keys = at_most(call, "TagKey", 20, 400, "NumberExceed.Tags")
    for timeline in _tagged(call):
        gone = set(timeline.last()) if not keys and call.get("All") else set(keys)
        timeline.plan(_visible(call), {key: value for key, value in timeline.last().items() if key not in gone})
    return {}


def _visible(call: Call) -> float:
    return call.now + call.world.scenario.consistency_lag


def _tagged(call: Call) -> list[Timeline[Tags]]:
    """The tags of the named resources; all of them must exist in the region."""
    region = check_region(call)
    ids = at_most(call, "ResourceId", TAGGED_LIMIT, 400, "NumberExceed.ResourceIds")
    world = call.world
    tables: dict[str, Any] = {"instance": world.instances, "disk": world.disks, "snapshot": world.snapshots}
    table = tables.get(call.params["ResourceType"])
    if table is None:
        raise ApiError(404, "InvalidResourceType.NotFound", "The ResourceType provided does not exist.")
    if any(each not in table or table[each].region != region for each in ids):
        raise ApiError(404, "InvalidResourceId.NotFound", "The specified ResourceIds are not found.")
    return [table[each].tags for each in ids]
