# Copyright (c) 2026 evergreen.os_migration contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""ECS: instances, disks and snapshots."""

from __future__ import annotations

import fnmatch
import re
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from ..core import copies, power, storage
from ..core.oses import CATALOG
from ..core.state import Disk, Instance, Snapshot
from ..core.world import there
from . import jobs
from .common import (
    at_most,
    check_region,
    dry_run,
    either_page,
    id_list,
    matching,
    read_tags,
    tag_list,
    tags_at,
)
from .migrations import JobState
from .registry import Answer, Call, action
from .wire import ApiError

SNAPSHOTS_PER_DISK = 256
BATCH_LIMIT = 100
CREATED = -30 * 86400.0
SNAPSHOT_NAME = re.compile(r"\A(?!auto|https?://)[^\W\d_][\w:.-]{1,127}\Z")
_PAGING = "MaxResults NextToken PageNumber PageSize"
_USABLE = ("In_use", "Available")
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
    uses=f"InstanceIds InstanceName InstanceNetworkType InstanceType PrivateIpAddresses Status Tag RegionId DryRun"
    f" {_PAGING}",
    ignores="AdditionalAttributes",
)
def describe_instances(call: Call) -> Answer:
    region = check_region(call)
    dry_run(call)
    at = call.as_of("instances")
    ids = id_list(call, "InstanceIds", BATCH_LIMIT, "InvalidParameter")
    name = call.get("InstanceName")
    listed = [each for each in instances(call, ids, at) if each.region == region]
    named = [each for each in listed if fnmatch.fnmatchcase(each.name, name)] if name else listed
    addresses = id_list(call, "PrivateIpAddresses", BATCH_LIMIT, "InvalidParameter")
    there_too = named if addresses is None else [each for each in named if _in_vpc(each) in addresses]
    found = matching(call, _INSTANCE_FILTERS, there_too, at)
    chunk, page = either_page(call, found, 10, BATCH_LIMIT, clamp=True)
    return {"Instances": {"Instance": [_instance(call, instance, at) for instance in chunk]}, **page}


def _in_vpc(instance: Instance) -> str:
    return instance.private_address if instance.group.network_type == "vpc" else ""


def instances(call: Call, ids: list[str] | None, at: float) -> list[Instance]:
    """The instances that existed at a time, or those of a list of ids, in the order they are listed in."""
    table = call.world.instances
    if ids is None:
        return [instance for instance in table.values() if instance.listed <= at < instance.gone]
    found = (one for one in (there(table, each, at) for each in set(ids)) if one and one.listed <= at)
    return sorted(found, key=lambda instance: instance.serial)


def _instance(call: Call, instance: Instance, at: float) -> dict[str, Any]:
    group = instance.group
    system, status = CATALOG[instance.content(at).os], instance.power.at(at)
    name, name_en = system.ecs_names(group.architecture, group.guest.edition, group.guest.language)
    if group.os_name and system.id == group.os:
        name = name_en = group.os_name
    return {
        "InstanceId": instance.id,
        "InstanceName": instance.name,
        "HostName": instance.host_name,
        "RegionId": instance.region,
        "ZoneId": f"{instance.region}-h",
        "Status": status,
        "StoppedMode": instance.stopped_mode.at(at) if status == "Stopped" else power.NOT_STOPPED,
        "OSName": name,
        "OSNameEn": name_en,
        "OSType": system.os_type,
        "ImageId": instance.image_id or f"m-{instance.id[2:]}",
        "SecurityGroupIds": {"SecurityGroupId": [instance.security_group or f"sg-{instance.region}"]},
        "InstanceType": group.instance_type,
        "InstanceTypeFamily": group.instance_type.rpartition(".")[0],
        "Cpu": group.vcpus,
        "Memory": group.memory_mib,
        "InstanceChargeType": "PostPaid",
        "SpotStrategy": group.spot_strategy,
        "IoOptimized": True,
        "CreationTime": call.clock.iso(max(CREATED, instance.born), seconds=False),
        "StartTime": call.clock.iso(CREATED, seconds=False),
        "OperationLocks": {"LockReason": [{"LockReason": reason} for reason in group.locks]},
        "Tags": tag_list(instance.tags.at(tags_at(call, at))),
        **_network(instance, at),
    }


def _network(instance: Instance, at: float) -> dict[str, Any]:
    """Addresses, where each kind of network keeps them."""
    group = instance.group
    classic, eip = group.network_type == "classic", group.public_address == "eip"
    address = instance.public_address.at(at)
    public = [address] if address and not eip else []
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
        "EipAddress": {"IpAddress": address if eip else "", "AllocationId": ""},
    }


@action("ecs", uses="InstanceId RegionId BatchOptimization DryRun StoppedMode ForceStop")
def stop_instances(call: Call) -> Answer:
    """Shut down, or switch off: by force also what does not come to the end of shutting down."""
    force = bool(call.get("ForceStop"))

    def stop(instance: Instance) -> None:
        _interrupt(call, instance)
        power.stop(call.world, instance, call.get("StoppedMode", "StopCharging"), call.now, force=force)

    return _batch(call, ("Running", "Stopping") if force else ("Running",), stop)


@action("ecs", uses="InstanceId RegionId BatchOptimization DryRun")
def start_instances(call: Call) -> Answer:
    return _batch(call, ("Stopped",), lambda instance: power.start(call.world, instance, call.now))


def _interrupt(call: Call, instance: Instance) -> None:
    """Stopping an instance during its migration ends the migration."""
    job = call.world.running_job(instance.id, call.now)
    if job:
        info = "The instance was stopped during the migration."
        failed = JobState("InError", job.progress(call.now), "IncorrectInstanceStatus", info)
        jobs.interrupt(call.world, job, failed, call.now)


def _batch(call: Call, needed: Sequence[str], act: Callable[[Instance], None]) -> Answer:
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


def _power_error(call: Call, instance_id: str, needed: Sequence[str]) -> ApiError | None:
    instance = there(call.world.instances, instance_id, call.now)
    if instance is None or instance.region != call.region:
        return ApiError(404, "InvalidInstanceId.NotFound", "The specified InstanceId does not exist.")
    locked = lock_error(instance)
    if locked:
        return locked
    if instance.power.at(call.now) not in needed:
        return ApiError(403, "IncorrectInstanceStatus", "The current status of the resource does not support this.")
    if any(disk.status(call.now) != "In_use" for disk in instance.attached_disks(call.now)):
        return ApiError(409, "InvalidOperation.Conflict", "A disk of the instance is being reinitialised.")
    return None


def _respond(call: Call, instance_id: str, error: ApiError | None, act: Callable[[Instance], None]) -> dict[str, str]:
    instance = there(call.world.instances, instance_id, call.now)
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
    uses=f"RegionId InstanceId DiskIds DiskType Status Category Tag DryRun {_PAGING}",
    ignores="AdditionalAttributes",
)
def describe_disks(call: Call) -> Answer:
    region, at = check_region(call), call.as_of("disks")
    dry_run(call)
    ids = id_list(call, "DiskIds", 100, "InvalidParameter.DiskIds")
    listed = [disk for disk in _disk_pool(call, at) if disk.region == region and disk.listed <= at < disk.gone]
    wanted = listed if ids is None else [disk for disk in listed if disk.id in ids]
    found = matching(call, _DISK_FILTERS, wanted, at)
    chunk, page = either_page(call, found, 10, 500, clamp=True)
    return {"Disks": {"Disk": [_disk(call, disk, at) for disk in chunk]}, **page}


def _disk_pool(call: Call, at: float) -> list[Disk]:
    if not call.get("InstanceId"):
        return list(call.world.disks.values())
    instance = call.world.instances.get(call.get("InstanceId"))
    return instance.attached_disks(at) if instance else []


def _disk(call: Call, disk: Disk, at: float) -> dict[str, Any]:
    created = call.clock.iso(CREATED)
    attached = disk.attached.at(at)
    changed = disk.attached.since(at)
    since = (call.clock.iso(changed) if changed > CREATED else created) if attached else ""
    attachment = {"InstanceId": disk.instance_id, "Device": disk.device, "AttachedTime": since}
    return {
        "DiskId": disk.id,
        "DiskName": "",
        "InstanceId": disk.instance_id if attached else "",
        "RegionId": disk.region,
        "ZoneId": f"{disk.region}-h",
        "Type": disk.type,
        "Category": disk.category,
        "Size": disk.size_gib,
        "Status": disk.status(at),
        "Device": disk.device if attached else "",
        "Portable": disk.type == "data",
        "Encrypted": False,
        "DeleteWithInstance": True,
        "MultiAttach": "Enabled" if disk.multi_attach else "Disabled",
        "DeleteAutoSnapshot": disk.delete_auto_snapshot,
        "EnableAutoSnapshot": True,
        "CreationTime": created,
        "AttachedTime": since,
        "Attachments": {"Attachment": [attachment] if attached else []},
        "OperationLocks": {"OperationLock": []},
        "Tags": tag_list(disk.tags.at(tags_at(call, at))),
    }


def find_disk(call: Call, disk_id: str | None = None) -> tuple[Disk, Instance]:
    disk = there(call.world.disks, disk_id or call.get("DiskId"), call.now)
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
    """Put a disk back to one of its own snapshots; the instance that it is attached to must be stopped."""
    disk, instance = find_disk(call)
    snapshot = there(call.world.snapshots, call.params["SnapshotId"], call.now)
    if snapshot is None:
        raise ApiError(404, "InvalidSnapshotId.NotFound", "The specified SnapshotId does not exist.")
    if snapshot.disk_id != disk.id:
        raise ApiError(403, "InvalidParameter.Mismatch", "The snapshot was not created from this disk.")
    if snapshot.status(call.now) != "accomplished":
        raise ApiError(403, "InvalidSnapshotId.NotReady", "The specified snapshot is not completed.")
    if disk.attached.at(call.now) and instance.power.at(call.now) != "Stopped":
        raise ApiError(403, "IncorrectInstanceStatus", "The instance must be stopped to reset a disk.")
    if disk.status(call.now) not in _USABLE:
        raise ApiError(403, "IncorrectDiskStatus", "The current disk status does not support this operation.")
    if disk.snapshot_in_progress(call.now):
        raise ApiError(403, "IncorrectDiskStatus.HasUnfinishedSnapshot", "A snapshot of the disk is being created.")
    dry_run(call)
    call.loss = storage.reset_disk(call.world, disk, snapshot, call.now)
    return {}


@action("ecs", uses="DiskId InstanceId")
def detach_disk(call: Call) -> Answer:
    """Take a disk from its instance, at once; a system disk only from a stopped one."""
    disk, instance = _disk_of(call)
    if not disk.attached.at(call.now):
        raise ApiError(403, "IncorrectDiskStatus", "The current disk status does not support this operation.")
    if disk.type == "system" and instance.power.at(call.now) != "Stopped":
        raise ApiError(403, "IncorrectInstanceStatus", "The instance must be stopped to detach its system disk.")
    disk.attached.plan(call.now, False)
    return {}


@action("ecs", uses="DiskId InstanceId Device")
def attach_disk(call: Call) -> Answer:
    """Give a disk back to the instance that it was taken from, at once."""
    disk, instance = _disk_of(call)
    if disk.attached.at(call.now):
        raise ApiError(403, "IncorrectDiskStatus", "The current disk status does not support this operation.")
    if instance.power.at(call.now) not in ("Running", "Stopped"):
        raise ApiError(403, "IncorrectInstanceStatus", "The current status of the resource does not support this.")
    disk.attached.plan(call.now, True)
    return {}


def _disk_of(call: Call) -> tuple[Disk, Instance]:
    disk, instance = find_disk(call)
    if instance.id != call.params["InstanceId"]:
        raise ApiError(404, "InvalidInstanceId.NotFound", "The specified instance is not that of the disk.")
    return disk, instance


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
    if name and not SNAPSHOT_NAME.match(name):
        raise ApiError(400, "InvalidSnapshotName.Malformed", "The specified parameter SnapshotName is not valid.")
    if days is not None and not 1 <= days <= 65536:
        raise ApiError(400, "InvalidRetentionDays.Malformed", "The specified parameter RetentionDays is not valid.")
    tags = read_tags(call)
    check_snapshot_possible(call, disk, instance)
    snapshot = storage.create_snapshot(call.world, disk, name, tags, call.now)
    snapshot.description, snapshot.retention_days = call.get("Description", ""), days
    snapshot.fails = instance.let_fail("snapshot", instance.group.faults.snapshot_fails)
    return {"SnapshotId": snapshot.id}


def check_snapshot_possible(call: Call, disk: Disk, instance: Instance) -> None:
    if disk.snapshot_in_progress(call.now):
        message = "A previous snapshot of this disk is still being created."
        raise ApiError(403, "IncorrectDiskStatus.CreatingSnapshot", message)
    if disk.status(call.now) not in _USABLE:
        raise ApiError(403, "IncorrectDiskStatus", "The current disk status does not support this operation.")
    if disk.attached.at(call.now) and instance.power.at(call.now) not in ("Running", "Stopped"):
        raise ApiError(403, "IncorrectInstanceStatus", "The current status of the instance does not support this.")
    if len(disk.live_snapshots(call.now)) >= SNAPSHOTS_PER_DISK:
        raise ApiError(403, "QuotaExceed.Snapshot", "The snapshot quota of the disk is exceeded.")


@action("ecs", uses="SnapshotId", ignores="Force")
def delete_snapshot(call: Call) -> Answer:
    """A snapshot that is not there is ignored; one in progress is cancelled."""
    snapshot = there(call.world.snapshots, call.params["SnapshotId"], call.now)
    if snapshot and copies.used(call.world, snapshot, call.now):
        raise ApiError(403, "SnapshotCreatedImage", "The snapshot has been used to create an image.")
    if snapshot:
        snapshot.gone = call.now
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
    at = call.as_of("snapshots")
    visible = [each for each in _snapshot_pool(call, ids) if each.region == region and each.listed <= at < each.gone]
    found = matching(call, _SNAPSHOT_FILTERS, visible, at)
    chunk, page = either_page(call, found, 10, 100, clamp=False)
    return {"Snapshots": {"Snapshot": [_snapshot(call, snapshot, at) for snapshot in chunk]}, **page}


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


def _snapshot(call: Call, snapshot: Snapshot, at: float) -> dict[str, Any]:
    status = snapshot.status(at)
    answer: dict[str, Any] = {
        "SnapshotId": snapshot.id,
        "SnapshotName": snapshot.name,
        "Description": snapshot.description,
        "SnapshotType": snapshot.kind,
        "Status": status,
        "Progress": snapshot.progress(at),
        "Available": status == "accomplished",
        "RemainTime": max(0, int(snapshot.ends - at)),
        "RegionId": snapshot.region,
        "SourceDiskId": snapshot.disk_id,
        "SourceDiskType": snapshot.disk_type,
        "SourceDiskSize": str(snapshot.disk_size_gib),
        "CreationTime": call.clock.iso(snapshot.created),
        "LastModifiedTime": call.clock.iso(min(at, snapshot.ends)),
        "Encrypted": False,
        "Usage": "none",
        "Tags": tag_list(snapshot.tags.at(tags_at(call, at))),
    }
    if snapshot.retention_days:
        answer["RetentionDays"] = snapshot.retention_days
    return answer
