# Copyright (c) 2026 evergreen.os_migration contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""ECS: groups of snapshots, of an instance's disks at one moment.

Documented: ESSDs only, the lower limits, that tags are the group's, that a member of which an image was made stays when
its group is deleted, and that this is told in an answer of status 200. Inferred: that members are listed as other
snapshots are, that one of them can be deleted on its own, and that a group stays, empty, when all of them were.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from ..core import copies, storage
from ..core.state import Disk, Instance, Snapshot, SnapshotGroup
from ..core.world import there
from .common import at_most, by_token, check_region, matching, read_tags, tags_at
from .ecs import SNAPSHOT_NAME, check_snapshot_possible, find_disk
from .registry import Answer, Call, action
from .wire import ApiError

ESSD = ("cloud_essd", "cloud_auto", "cloud_essd_entry", "cloud_regional_disk_auto")
MOST_DISKS, MOST_GIB = 16, 32 * 1024
_FILTERS: Mapping[str, Callable[[SnapshotGroup, float], str]] = {
    "InstanceId": lambda group, now: group.instance_id,
    "Name": lambda group, now: group.name,
}


@action(
    "ecs",
    uses="RegionId InstanceId DiskId ExcludeDiskId Name Description Tag ClientToken",
    ignores="InstantAccess InstantAccessRetentionDays",
    idempotent=True,
)
def create_snapshot_group(call: Call) -> Answer:
    """All disks that are named are snapshotted, or none is."""
    check_region(call)
    name = call.get("Name", "")
    if name and not SNAPSHOT_NAME.match(name):
        raise ApiError(400, "InvalidParameter.Name", "The specified parameter Name is not valid.")
    tags, found = read_tags(call), [find_disk(call, one) for one in _named(call)]
    _check_together([disk for disk, _instance in found])
    for disk, instance in found:
        check_snapshot_possible(call, disk, instance)
    group = storage.create_group(call.world, name, [disk for disk, _instance in found], tags, call.now)
    group.description = call.get("Description", "")
    _let_fail(found[0][1], group.members)
    call.touched += [one for member in group.members for one in (member.id, member.disk_id)]
    return {"SnapshotGroupId": group.id}


def _named(call: Call) -> list[str]:
    """The disks that the call names, or those of its instance that it does not leave out."""
    named, left = at_most(call, "DiskId", 128, 400, "InvalidParameter"), call.get("ExcludeDiskId", [])
    if named and left:
        raise ApiError(400, "InvalidParam.ExcludeDiskIdsAndDiskIds.Conflict", "DiskId and ExcludeDiskId conflict.")
    instance = there(call.world.instances, call.get("InstanceId"), call.now)
    if instance is None:
        raise ApiError(404, "InvalidInstanceId.NotFound", "The specified InstanceId does not exist.")
    attached = [disk.id for disk in instance.attached_disks(call.now)]
    wanted = named or [one for one in attached if one not in left]
    if not wanted or not set(wanted) <= set(attached):
        raise ApiError(403, "InvalidInstance.NoDisk", "The instance has no such disk.")
    return wanted


def _check_together(disks: Sequence[Disk]) -> None:
    """ESSDs, not shared, regional ones among themselves, within the limits."""
    categories = {disk.category for disk in disks}
    if not categories <= set(ESSD):
        raise ApiError(400, "DiskCategory.OperationNotSupported", "The category of the disk does not support this.")
    if any(disk.multi_attach for disk in disks):
        raise ApiError(403, "InvalidOperation.MultiAttachDisk", "A disk with multi-attach is not supported.")
    if "cloud_regional_disk_auto" in categories and len(categories) > 1:
        raise ApiError(403, "InvalidDisk.DiskCategoryInconsistent", "The categories of the disks are inconsistent.")
    if len(disks) > MOST_DISKS:
        raise ApiError(403, "NumberExceed.TooManyDisks", "The number of disks exceeds the limit.")
    if sum(disk.size_gib for disk in disks) > MOST_GIB:
        raise ApiError(403, "CapacityExceed.TooManyDisks", "The capacity of the disks exceeds the limit.")


def _let_fail(instance: Instance, members: Sequence[Snapshot]) -> None:
    for member in members:
        member.fails = instance.let_fail("snapshot", instance.group.faults.snapshot_fails)


@action("ecs", uses="RegionId InstanceId SnapshotGroupId Name Status Tag MaxResults NextToken")
def describe_snapshot_groups(call: Call) -> Answer:
    region, at = check_region(call), call.as_of("snapshots")
    ids = at_most(call, "SnapshotGroupId", 10, 403, "InvalidSnapshotGroupId.MustBeOne")
    statuses = at_most(call, "Status", 3, 403, "InvalidStatus.ValueNotSupported")
    groups = call.world.snapshot_groups.values()
    visible = [one for one in groups if one.region == region and one.listed <= at < one.gone]
    wanted = [one for one in visible if (not ids or one.id in ids) and (not statuses or one.status(at) in statuses)]
    chunk, token = by_token(call, matching(call, _FILTERS, wanted, at), 10, 100, clamp=False)
    return {"SnapshotGroups": {"SnapshotGroup": [_group(call, group, at) for group in chunk]}, "NextToken": token}


def _group(call: Call, group: SnapshotGroup, at: float) -> dict[str, Any]:
    return {
        "SnapshotGroupId": group.id,
        "Name": group.name,
        "Description": group.description,
        "InstanceId": group.instance_id,
        "Status": group.status(at),
        "CreationTime": call.clock.iso(group.created),
        "Tags": _tags(group.tags.at(tags_at(call, at))),
        "Snapshots": {"Snapshot": [_member(member, at) for member in group.members if at < member.gone]},
    }


def _member(snapshot: Snapshot, at: float) -> dict[str, Any]:
    return {
        "SnapshotId": snapshot.id,
        "SourceDiskId": snapshot.disk_id,
        "SourceDiskType": snapshot.disk_type,
        "Progress": snapshot.progress(at),
        "Available": snapshot.status(at) == "accomplished",
        "Tags": _tags(snapshot.tags.at(at)),
    }


def _tags(tags: Mapping[str, str]) -> dict[str, Any]:
    return {"Tag": [{"Key": key, "Value": value} for key, value in tags.items()]}


@action("ecs", uses="RegionId SnapshotGroupId")
def delete_snapshot_group(call: Call) -> Answer:
    """Each member that can be goes, and the group; those of which an image was made stay, without it."""
    check_region(call)
    group = there(call.world.snapshot_groups, call.params["SnapshotGroupId"], call.now)
    if group is None:
        raise ApiError(404, "InvalidSnapshotGroup.NotFound", "The specified snapshot group does not exist.")
    members = [member for member in group.members if call.now < member.gone]
    rows = [_deleted(call, member) for member in members]
    group.gone = call.now
    call.touched += [member.id for member in members if member.gone <= call.now]
    return {"OperationProgressSet": {"OperationProgress": rows}}


def _deleted(call: Call, member: Snapshot) -> dict[str, Any]:
    item = {"RelatedItemSet": {"RelatedItem": [{"Name": "SnapshotId", "Value": member.id}]}}
    if copies.used(call.world, member, call.now):
        message = "The snapshot has been used to create an image."
        return {**item, "OperationStatus": "Failed", "ErrorCode": "SnapshotCreatedImage", "ErrorMsg": message}
    member.gone = call.now
    return {**item, "OperationStatus": "Success", "ErrorCode": "", "ErrorMsg": ""}
