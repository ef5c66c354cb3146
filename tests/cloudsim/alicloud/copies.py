# Copyright (c) 2026 evergreen.os_migration contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""ECS: images of snapshots, and instances that are made from them and released.

Documented: the parameters and their limits, the states of images, the error codes, that the system disk of an image is
/dev/xvda, that a snapshot of an image cannot be deleted, that a dry run checks quota. Inferred: which of the codes come
in which of these cases. Invented: how long images take, the address of a new instance, and its host name.
"""

from __future__ import annotations

import math
import re
from datetime import datetime, timezone
from typing import Any

from ..core import copies
from ..core.state import Image, Instance, Snapshot
from ..core.world import there
from .common import at_most, by_number, check_region, dry_run, has_tags, read_tags, tag_list, tags_at
from .ecs import lock_error
from .registry import Answer, Call, action
from .wire import ApiError

SYSTEM_DEVICE, MOST_DATA_DISKS = "/dev/xvda", 16
#: The quotas that an account has unless the scenario says otherwise; the first two are the documented ones.
MOST = {"images": 100, "security_groups": 100, "instances": 1000}
_NAME = re.compile(r"\A(?!https?://|aliyun|acs:)[^\W\d_][\w:.-]{1,127}\Z")
_HALF_HOUR, _THREE_YEARS = 1800, 3 * 366 * 86400


def full(call: Call, what: str, used: int) -> bool:
    """Whether a quota of the account leaves no room for one more."""
    return used >= call.world.scenario.most.get(what, MOST[what])


# --- images ----------------------------------------------------------------------------------------------------------


@action(
    "ecs",
    uses="RegionId ImageName DiskDeviceMapping Tag ClientToken DryRun",
    ignores="Architecture Description Platform BootMode",
    idempotent=True,
)
def create_image(call: Call) -> Answer:
    """An image of snapshots of one instance, one for each of its disks."""
    region, name, tags = check_region(call), call.get("ImageName", ""), read_tags(call)
    if not _NAME.match(name):
        raise ApiError(400, "InvalidImageName.Malformed", "The specified Image name is wrongly formed.")
    images = [image for image in call.world.images.values() if image.region == region and call.now < image.gone]
    if any(image.name == name for image in images):
        raise ApiError(400, "InvalidImageName.Duplicated", "The specified Image name has already been used.")
    snapshots = _mapped(call)
    dry_run(call)
    if full(call, "images", len(images)):
        raise ApiError(403, "QuotaExceed.Image", "The Image Quota exceeds.")
    return {"ImageId": copies.create_image(call.world, name, snapshots, tags, call.now).id}


def _mapped(call: Call) -> dict[str, Snapshot]:
    """The snapshots by their devices; exactly one is of a system disk."""
    rows: list[dict[str, Any]] = call.get("DiskDeviceMapping", [])
    if not rows:
        raise ApiError(400, "InvalidParameter.AllEmpty", "InstanceId, SnapshotId and DiskDeviceMapping are all empty.")
    found = {str(row.get("Device", "")): _snapshot(call, str(row.get("SnapshotId", ""))) for row in rows}
    if len(found) < len(rows):
        raise ApiError(400, "InvalidDevice.InUse", "A device is named more than once.")
    if len(found) > MOST_DATA_DISKS + 1:
        raise ApiError(400, "InvalidDevice.Malformed", "There are more than 16 data disks.")
    system = [device for device, snapshot in found.items() if snapshot.disk_type == "system"]
    if system != [SYSTEM_DEVICE]:
        raise ApiError(403, "InvalidSystemSnapshot.Missing", "The image needs one system disk, as /dev/xvda.")
    return found


def _snapshot(call: Call, snapshot_id: str) -> Snapshot:
    snapshot = there(call.world.snapshots, snapshot_id, call.now)
    if snapshot is None or snapshot.region != call.region:
        raise ApiError(404, "InvalidSnapshotId.NotFound", "The specified SnapshotId does not exist.")
    if snapshot.status(call.now) != "accomplished":
        raise ApiError(403, "InvalidSnapshotId.NotReady", "The specified snapshot is not completed.")
    locked = lock_error(call.world.instances[snapshot.instance_id])
    if locked:
        raise locked
    return snapshot


@action("ecs", uses="RegionId ImageId ImageName ImageOwnerAlias Status Tag DryRun PageNumber PageSize")
def describe_images(call: Call) -> Answer:
    """Images of one's own; without a status those that are available."""
    region, at = check_region(call), call.as_of("images")
    dry_run(call)
    if call.get("ImageOwnerAlias", "self") != "self":
        raise ApiError(400, "InvalidParameter.NotSimulated", "Only one's own images are simulated.")
    wanted, ids = call.get("Status", "Available"), call.get("ImageId", "")
    found = [
        image
        for image in call.world.images.values()
        if image.region == region and image.listed <= at < image.gone
        if (wanted.upper() == "ALL" or image.status(at) in wanted.split(","))
        if not ids or image.id in ids.split(",")
        if call.get("ImageName") in (None, "", image.name)
        if not call.get("Tag") or has_tags(call, image.tags.at(tags_at(call, at)))
    ]
    chunk, page = by_number(call, found, 10, 100)
    return {"RegionId": region, "Images": {"Image": [_image(call, image, at) for image in chunk]}, **page}


def _image(call: Call, image: Image, at: float) -> dict[str, Any]:
    status = image.status(at)
    disks = [
        {
            "Device": device,
            "SnapshotId": snapshot.id,
            "Size": str(snapshot.disk_size_gib),
            "Type": snapshot.disk_type,
            "Progress": "100%" if status == "Available" else "0%",
        }
        for device, snapshot in image.snapshots.items()
    ]
    return {
        "ImageId": image.id,
        "ImageName": image.name,
        "ImageOwnerAlias": "self",
        "Status": status,
        "Progress": "100%" if status == "Available" else "0%",
        "CreationTime": call.clock.iso(image.created),
        "Size": image.system.disk_size_gib,
        "Usage": "instance" if _users(call, image, at) else "none",
        "DiskDeviceMappings": {"DiskDeviceMapping": disks},
        "Tags": tag_list(image.tags.at(tags_at(call, at))),
    }


def _users(call: Call, image: Image, at: float) -> bool:
    return any(one.image_id == image.id and one.born <= at < one.gone for one in call.world.instances.values())


@action("ecs", uses="RegionId ImageId Force")
def delete_image(call: Call) -> Answer:
    """An image that is not there is ignored; one that instances are made from goes by force only."""
    check_region(call)
    image = there(call.world.images, call.params["ImageId"], call.now)
    if image is None:
        return {}
    if _users(call, image, call.now) and not call.get("Force"):
        raise ApiError(403, "ImageUsingByInstance", "The specified image is used by instances.")
    image.gone = call.now
    return {}


# --- instances -------------------------------------------------------------------------------------------------------


@action(
    "ecs",
    uses="RegionId ImageId InstanceType SecurityGroupId VSwitchId InstanceName HostName AutoReleaseTime Amount Tag"
    " InternetMaxBandwidthOut ClientToken DryRun",
    ignores="PasswordInherit InstanceChargeType SystemDisk Description SecurityEnhancementStrategy",
    idempotent=True,
)
def run_instances(call: Call) -> Answer:
    """One instance from an image of one's own, without a public address."""
    region, tags = check_region(call), read_tags(call)
    if call.get("Amount", 1) != 1 or call.get("InternetMaxBandwidthOut", 0):
        raise ApiError(400, "InvalidParameter.NotSimulated", "One instance, without a public address, is simulated.")
    released = _release_time(call)
    image = _usable_image(call)
    types = {instance.group.instance_type for instance in call.world.instances.values()}
    if call.get("InstanceType") not in types:
        raise ApiError(403, "InvalidInstanceType.NotSupported", "The specified InstanceType is not supported.")
    _check_network(call)
    there_are = [one for one in call.world.instances.values() if one.region == region and call.now < one.gone]
    if full(call, "instances", len(there_are)):
        raise ApiError(403, "QuotaExceed.ElasticQuota", "The number of instances exceeds the quota of the account.")
    dry_run(call)
    if image is None:
        raise ApiError(400, "InvalidParameter.NotSimulated", "Instances from images of others are not simulated.")
    name = call.get("InstanceName", "copy")
    wanted = copies.Wanted(name, call.get("HostName") or name, call.params["SecurityGroupId"], tags, released)
    return {"InstanceIdSets": {"InstanceIdSet": [copies.launch(call.world, image, wanted, call.now).id]}}


def _usable_image(call: Call) -> Image | None:
    """An image of one's own that is available; None for one of others, which instances of the scenario have."""
    image_id = call.get("ImageId", "")
    image = there(call.world.images, image_id, call.now)
    if image is None:
        if image_id not in {f"m-{one.id[2:]}" for one in call.world.instances.values()}:
            raise ApiError(404, "InvalidImageId.NotFound", "The specified ImageId does not exist.")
        return None
    if image.status(call.now) != "Available":
        raise ApiError(403, "ImageNotSupported", "The specified image is not available.")
    return image


def _release_time(call: Call) -> float:
    text = call.get("AutoReleaseTime", "")
    if not text:
        return math.inf
    try:
        moment = datetime.strptime(text, "%Y-%m-%dT%H:%M:%SZ").replace(tzinfo=timezone.utc).timestamp()
    except ValueError:
        raise ApiError(400, "InvalidAutoReleaseTime.Malformed", "The AutoReleaseTime is not valid.") from None
    ahead = moment - call.clock.date()
    if not _HALF_HOUR <= ahead <= _THREE_YEARS:
        raise ApiError(400, "InvalidAutoReleaseTime.Malformed", "The AutoReleaseTime is too near or too far.")
    return call.now + ahead


def _check_network(call: Call) -> None:
    """Group and subnet have to be of one network; a dry run names the group that the instance's network has."""
    subnet, group_id = call.get("VSwitchId", ""), call.get("SecurityGroupId", "")
    if subnet != f"vsw-{call.region}":
        raise ApiError(404, "InvalidVSwitchId.NotFound", "The specified VSwitchId does not exist.")
    if group_id == f"sg-{call.region}":
        return
    group = there(call.world.security_groups, group_id, call.now)
    if group is None:
        raise ApiError(404, "InvalidSecurityGroupId.NotFound", "The specified SecurityGroupId does not exist.")
    if group.vpc_id != f"vpc-{call.region}":
        raise ApiError(403, "InvalidSecurityGroupId.VPCMismatch", "The group is of another VPC.")


@action("ecs", uses="RegionId InstanceId Force ClientToken", idempotent=True)
def delete_instances(call: Call) -> Answer:
    """Release instances with their disks; a running one by force only."""
    ids = at_most(call, "InstanceId", 100, 403, "InvalidParameter.TooManyInstanceIds")
    found = [_releasable(call, each) for each in ids]
    for instance in found:
        now = call.now
        instance.power.cancel_after(now)
        instance.agent.cancel_after(now)
        instance.power.plan(now, "Stopping")
        instance.agent.plan(now, False)
        copies.release(instance, now + call.world.sample(instance, "release"))
    return {}


def _releasable(call: Call, instance_id: str) -> Instance:
    instance = there(call.world.instances, instance_id, call.now)
    if instance is None or instance.region != call.region:
        raise ApiError(404, "InvalidInstanceId.NotFound", "The specified InstanceId does not exist.")
    locked = lock_error(instance)
    if locked:
        raise locked
    status = instance.power.at(call.now)
    if status == "Pending":
        raise ApiError(403, "IncorrectInstanceStatus.Initializing", "The specified instance status does not support.")
    if status != "Stopped" and not call.get("Force"):
        raise ApiError(403, "IncorrectInstanceStatus", "The current status of the resource does not support this.")
    return instance
