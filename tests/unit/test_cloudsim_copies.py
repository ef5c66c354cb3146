# Copyright (c) 2026 evergreen.os_migration contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Images, instances that are made from them, and security groups: states, quotas, and what depends on what."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import closing
from datetime import datetime, timedelta, timezone
from pathlib import Path
from typing import Any

import pytest
from cloudsim.alicloud.lab import Lab

WEB = "i-bp1copiedweb0000001"
DISKS = [{"type": "system", "size_gib": 40}, {"type": "data", "size_gib": 100}]
FAST = {"snapshot": 10, "image": 100, "start": 20, "agent_reconnect": 5, "release": 30, "import": 5}


def group(**changes: Any) -> dict[str, Any]:
    return {"name": "web", "os": "centos-7", "ids": [WEB], "disks": DISKS, "durations": FAST, **changes}


@pytest.fixture
def labs(tmp_path: Path) -> Iterator[Callable[..., Lab]]:
    made: list[Lab] = []

    def make(most: dict[str, int] | None = None, **changes: Any) -> Lab:
        made.append(Lab({"groups": [group(**changes)], "most": most or {}}, tmp_path))
        return made[-1]

    yield make
    for lab in made:
        with closing(lab):
            pass


def snapshots(lab: Lab) -> list[dict[str, Any]]:
    """Take one of each disk, and return them as an image is made of them."""
    rows = []
    for disk in lab.ok("ecs", "DescribeDisks", InstanceId=WEB)["Disks"]["Disk"]:
        snapshot = lab.ok("ecs", "CreateSnapshot", DiskId=disk["DiskId"])["SnapshotId"]
        rows.append({"Device": disk["Device"], "SnapshotId": snapshot, "DiskType": disk["Type"]})
    lab.wait(11)
    return rows


def image(lab: Lab, name: str = "copy-of-web") -> str:
    made: str = lab.ok("ecs", "CreateImage", ImageName=name, DiskDeviceMapping=snapshots(lab))["ImageId"]
    lab.wait(101)
    return made


def copy(lab: Lab, image_id: str, **more: Any) -> str:
    given = {
        "ImageId": image_id,
        "InstanceType": "ecs.g6.large",
        "VSwitchId": "vsw-cn-hangzhou",
        "SecurityGroupId": "sg-cn-hangzhou",
        "InstanceName": "copy",
        **more,
    }
    found: list[str] = lab.ok("ecs", "RunInstances", **given)["InstanceIdSets"]["InstanceIdSet"]
    return found[0]


def one(lab: Lab, instance_id: str) -> dict[str, Any]:
    found: dict[str, Any] = lab.ok("ecs", "DescribeInstances", InstanceIds=f'["{instance_id}"]')["Instances"][
        "Instance"
    ][0]
    return found


def test_a_copy_has_what_was_on_the_disks_and_an_address_of_its_own(labs: Callable[..., Lab]) -> None:
    lab = labs(public_address=True, tags={"role": "shop"})
    lab.wait(500)
    made = copy(lab, image(lab), HostName="osm-drill-1")
    assert one(lab, made)["Status"] == "Pending"
    lab.wait(60)
    original, seen = one(lab, WEB), one(lab, made)
    assert (seen["Status"], seen["OSNameEn"], seen["HostName"]) == ("Running", original["OSNameEn"], "osm-drill-1")
    assert (seen["PublicIpAddress"]["IpAddress"], seen["Tags"]["Tag"]) == ([], [])
    assert seen["VpcAttributes"]["PrivateIpAddress"] != original["VpcAttributes"]["PrivateIpAddress"]
    disks = lab.ok("ecs", "DescribeDisks", InstanceId=made)["Disks"]["Disk"]
    assert [(disk["Type"], disk["Size"]) for disk in disks] == [("system", 40), ("data", 100)]
    stored = lab.world.instances[made].disks[1].data.at(lab.time)
    assert stored
    assert stored == tuple(lab.world.snapshots.values())[1].data


def test_an_image_shows_its_states_and_keeps_its_snapshots(labs: Callable[..., Lab]) -> None:
    lab = labs()
    rows = snapshots(lab)
    made = lab.ok("ecs", "CreateImage", ImageName="copy-of-web", DiskDeviceMapping=rows)["ImageId"]

    def listed(**only: Any) -> list[str]:
        found = lab.ok("ecs", "DescribeImages", ImageOwnerAlias="self", **only)["Images"]["Image"]
        return [each["Status"] for each in found]

    assert (listed(), listed(Status="ALL")) == ([], ["Creating"])
    assert lab.code("ecs", "DeleteSnapshot", SnapshotId=rows[0]["SnapshotId"]) == (403, "SnapshotCreatedImage")
    lab.wait(101)
    assert listed() == ["Available"]
    clone = copy(lab, made)
    assert lab.code("ecs", "DeleteImage", ImageId=made) == (403, "ImageUsingByInstance")
    lab.wait(60)
    lab.ok("ecs", "DeleteInstances", InstanceId=[clone], Force=True)
    lab.wait(31)
    lab.ok("ecs", "DeleteImage", ImageId=made)
    lab.ok("ecs", "DeleteImage", ImageId=made)
    lab.ok("ecs", "DeleteSnapshot", SnapshotId=rows[0]["SnapshotId"])
    assert listed(Status="ALL") == []


@pytest.mark.parametrize(
    ("most", "code"),
    [
        ({"images": 0}, (403, "QuotaExceed.Image")),
        ({"security_groups": 0}, (403, "QuotaExceed.SecurityGroup")),
        ({"instances": 1}, (403, "QuotaExceed.ElasticQuota")),
    ],
)
def test_quotas_of_the_account_count(labs: Callable[..., Lab], most: dict[str, int], code: tuple[int, str]) -> None:
    lab = labs(most)
    asked: dict[str, tuple[str, dict[str, Any]]] = {
        "images": ("CreateImage", {"ImageName": "copy-of-web", "DiskDeviceMapping": snapshots(lab)}),
        "security_groups": ("CreateSecurityGroup", {"VpcId": "vpc-cn-hangzhou", "SecurityGroupName": "drill"}),
        "instances": (
            "RunInstances",
            {
                "ImageId": f"m-{WEB[2:]}",
                "InstanceType": "ecs.g6.large",
                "VSwitchId": "vsw-cn-hangzhou",
                "SecurityGroupId": "sg-cn-hangzhou",
                "DryRun": True,
            },
        ),
    }
    action, parameters = asked[next(iter(most))]
    assert lab.code("ecs", action, **parameters) == code


def test_a_dry_run_says_that_a_copy_would_be_made(labs: Callable[..., Lab]) -> None:
    lab = labs()
    where = {"VSwitchId": "vsw-cn-hangzhou", "SecurityGroupId": "sg-cn-hangzhou", "InstanceType": "ecs.g6.large"}
    assert lab.code("ecs", "RunInstances", ImageId=f"m-{WEB[2:]}", DryRun=True, **where) == (400, "DryRunOperation")
    assert len(lab.world.instances) == 1


def test_a_group_stays_until_its_last_member_is_gone(labs: Callable[..., Lab]) -> None:
    lab = labs()
    made = lab.ok("ecs", "CreateSecurityGroup", VpcId="vpc-cn-hangzhou", SecurityGroupName="drill")["SecurityGroupId"]
    rule = {"Policy": "drop", "Priority": "100", "IpProtocol": "ALL", "PortRange": "-1/-1", "DestCidrIp": "0.0.0.0/0"}
    for _twice in range(2):
        lab.ok("ecs", "AuthorizeSecurityGroupEgress", SecurityGroupId=made, Permissions=[rule])
    assert lab.ok("ecs", "DescribeSecurityGroups")["SecurityGroups"]["SecurityGroup"][0]["RuleCount"] == 1
    clone = copy(lab, image(lab), SecurityGroupId=made)
    assert lab.code("ecs", "DeleteInstances", InstanceId=[clone]) == (403, "IncorrectInstanceStatus.Initializing")
    lab.wait(60)
    assert lab.code("ecs", "DeleteInstances", InstanceId=[clone]) == (403, "IncorrectInstanceStatus")
    lab.ok("ecs", "DeleteInstances", InstanceId=[clone], Force=True)
    assert lab.code("ecs", "DeleteSecurityGroup", SecurityGroupId=made) == (403, "DependencyViolation")
    lab.wait(31)
    lab.ok("ecs", "DeleteSecurityGroup", SecurityGroupId=made)
    assert lab.ok("ecs", "DescribeDisks", InstanceId=clone)["Disks"]["Disk"] == []


def test_a_copy_is_released_at_the_time_that_was_given(labs: Callable[..., Lab]) -> None:
    lab = labs()
    made = image(lab)
    at = datetime.fromtimestamp(lab.world.clock.date(), timezone.utc) + timedelta(hours=1)
    soon = (at - timedelta(minutes=45)).strftime("%Y-%m-%dT%H:%M:%SZ")
    where = {"VSwitchId": "vsw-cn-hangzhou", "SecurityGroupId": "sg-cn-hangzhou", "InstanceType": "ecs.g6.large"}
    refused = lab.code("ecs", "RunInstances", ImageId=made, AutoReleaseTime=soon, **where)
    assert refused == (400, "InvalidAutoReleaseTime.Malformed")
    clone = copy(lab, made, AutoReleaseTime=at.strftime("%Y-%m-%dT%H:%M:%SZ"))
    lab.wait(3500)
    assert one(lab, clone)["Status"] == "Running"
    lab.wait(200)
    assert lab.ok("ecs", "DescribeInstances", InstanceIds=f'["{clone}"]')["Instances"]["Instance"] == []


def test_the_client_on_a_copied_disk_speaks_as_the_original(labs: Callable[..., Lab]) -> None:
    lab = labs(smc_source="available")
    clone = copy(lab, image(lab))
    lab.wait(60)
    assert lab.world.instances[clone].group.smc_client_of == WEB
    known = lab.world.source_of[WEB].id
    token = lab.ok("smc", "CreateAccessToken", Name="drill")["AccessTokenCode"]
    assert lab.world.registration(lab.world.instances[clone], f"run {token}", lab.time).id == known  # type: ignore[union-attr]
    forgotten = lab.world.registration(lab.world.instances[clone], f"rm -rf /smc; run {token}", lab.time)
    assert forgotten is not None
    assert forgotten.id != known


def test_an_image_can_fail_and_a_copy_can_stay_silent(labs: Callable[..., Lab]) -> None:
    lab = labs(faults={"image_fails": 1, "copies_silent": True})
    image(lab)
    found = lab.ok("ecs", "DescribeImages", ImageOwnerAlias="self", Status="ALL")["Images"]["Image"]
    assert [each["Status"] for each in found] == ["CreateFailed"]
    clone = copy(lab, image(lab, "copy-2"))
    lab.wait(600)
    status = lab.ok("ecs", "DescribeCloudAssistantStatus", InstanceId=[clone])
    (agent,) = status["InstanceCloudAssistantStatusSet"]["InstanceCloudAssistantStatus"]
    assert agent["CloudAssistantStatus"] == "false"
