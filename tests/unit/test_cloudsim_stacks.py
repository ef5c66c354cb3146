# Copyright (c) 2026 evergreen.os_migration contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The simulated ROS: what a stack goes through, what is refused, and what its instances are."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from cloudsim.alicloud.lab import Lab

SITE = """
ROSTemplateFormatVersion: '2015-09-01'
Description: A server
Parameters:
  Image: {Type: String, Default: centos_7_9_x64_20G_alibase_20240628.vhd}
  Size: {Type: Number, Default: 40, AllowedValues: [40, 80]}
Resources:
  Network: {Type: 'ALIYUN::ECS::VPC', Properties: {CidrBlock: 10.0.0.0/8}}
  Switch: {Type: 'ALIYUN::ECS::VSwitch', Properties: {VpcId: !Ref Network, CidrBlock: 10.0.0.0/16}}
  Group:
    Type: ALIYUN::ECS::SecurityGroup
    Properties: {VpcId: !Ref Network, SecurityGroupIngress: [{IpProtocol: tcp, PortRange: 80/80}]}
  Server:
    Type: ALIYUN::ECS::Instance
    Properties:
      ImageId: !Ref Image
      InstanceType: ecs.e-c1m2.large
      VSwitchId: !Ref Switch
      SecurityGroupId: !Ref Group
      SystemDiskSize: !Ref Size
      InternetMaxBandwidthOut: 5
      InstanceName: !Join ['-', [!Ref 'ALIYUN::StackName', server]]
  Site:
    Type: ALIYUN::ECS::RunCommand
    Properties:
      Type: RunShellScript
      InstanceIds: [!Ref Server]
      Timeout: 600
      CommandContent: !Sub |
        mkdir -p /var/www && echo '${Group.SecurityGroupId} ${!kept}' >/var/www/made
Outputs:
  Id: {Value: !GetAtt Server.InstanceId, Description: The server}
  Url: {Value: !Sub ['${Scheme}://${Server.PublicIp}/', {Scheme: http}]}
"""
DURATIONS = {"start": 30, "agent_reconnect": 20}
MakeLab = Callable[..., Lab]


@pytest.fixture
def make(tmp_path: Path) -> Iterator[MakeLab]:
    made: list[Lab] = []

    def lab(**ros: Any) -> Lab:
        ros.setdefault("instance", {"durations": DURATIONS})
        made.append(Lab({"groups": [], "ros": ros}, tmp_path))
        return made[-1]

    yield lab
    for one in made:
        one.close()


def created(lab: Lab, template: str = SITE, **more: Any) -> str:
    parameters = [{"ParameterKey": key, "ParameterValue": value} for key, value in more.pop("given", {}).items()]
    given = {
        "StackName": "site",
        "TemplateBody": template,
        **({"Parameters": parameters} if parameters else {}),
        **more,
    }
    return str(lab.ok("ros", "CreateStack", **given)["StackId"])


def status(lab: Lab, stack: str) -> str:
    return str(lab.ok("ros", "GetStack", StackId=stack)["Status"])


def ended(lab: Lab, stack: str) -> dict[str, Any]:
    lab.until(lambda: not status(lab, stack).endswith("_IN_PROGRESS"), step=2)
    return lab.ok("ros", "GetStack", StackId=stack)


def history(lab: Lab, stack: str) -> list[tuple[str, str]]:
    events = lab.ok("ros", "ListStackEvents", StackId=stack, PageSize=50)["Events"]
    return [(one["LogicalResourceId"], one["Status"]) for one in reversed(events)]


def instances(lab: Lab) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = lab.ok("ecs", "DescribeInstances")["Instances"]["Instance"]
    return found


def test_resources_are_made_one_after_the_other_and_a_script_really_runs_in_the_guest(make: MakeLab) -> None:
    lab = make()
    stack = created(lab, given={"Size": "80"}, Tags=[{"Key": "estate", "Value": "shop"}])
    assert status(lab, stack) == "CREATE_IN_PROGRESS"
    assert instances(lab) == []
    whole = ended(lab, stack)
    assert (whole["Status"], whole["StatusReason"]) == ("CREATE_COMPLETE", "Stack CREATE completed successfully")
    (instance,) = instances(lab)
    outputs = {one["OutputKey"]: one["OutputValue"] for one in whole["Outputs"]}
    assert outputs == {"Id": instance["InstanceId"], "Url": f"http://{instance['PublicIpAddress']['IpAddress'][0]}/"}
    assert (instance["InstanceName"], instance["OSNameEn"]) == ("site-server", "CentOS  7.9 64 bit")
    tags = {tag["TagKey"]: tag["TagValue"] for tag in instance["Tags"]["Tag"]}
    assert tags == {"estate": "shop", "acs:ros:stackId": stack}
    disks = lab.ok("ecs", "DescribeDisks", InstanceId=instance["InstanceId"])["Disks"]["Disk"]
    assert [disk["Size"] for disk in disks] == [80]
    order = history(lab, stack)
    made = [name for name, what in order if what == "CREATE_COMPLETE"]
    assert made.index("Network") < made.index("Switch") < made.index("Server") < made.index("Site")
    written = (lab.runner.base / instance["InstanceId"] / "var/www/made").read_text("utf-8")
    group = next(iter(lab.world.security_groups))
    assert written == f"{group} ${{kept}}\n"


def test_a_stack_that_is_deleted_takes_its_instance_along_and_leaves_snapshots(make: MakeLab) -> None:
    lab = make()
    stack = created(lab)
    ended(lab, stack)
    (disk,) = lab.world.disks
    snapshot = lab.ok("ecs", "CreateSnapshot", DiskId=disk)["SnapshotId"]
    lab.ok("ros", "DeleteStack", StackId=stack)
    assert ended(lab, stack)["Status"] == "DELETE_COMPLETE"
    assert instances(lab) == []
    assert lab.ok("ros", "ListStacks")["Stacks"] == []
    assert [one["StackId"] for one in lab.ok("ros", "ListStacks", StackIds=[stack])["Stacks"]] == [stack]
    left = lab.ok("ecs", "DescribeSnapshots")["Snapshots"]["Snapshot"]
    assert [one["SnapshotId"] for one in left] == [snapshot]
    gone = [name for name, what in history(lab, stack) if what == "DELETE_COMPLETE"]
    assert gone.index("Site") < gone.index("Server") < gone.index("Network") < gone.index("site")


@pytest.mark.parametrize(
    ("change", "code"),
    [
        (
            ("ROSTemplateFormatVersion: '2015-09-01'", "ROSTemplateFormatVersion: '2010-09-09'"),
            "InvalidTemplateVersion",
        ),
        (("Outputs:", "Ouputs:"), "InvalidTemplateSection"),
        (("!Ref Switch", "!Ref Swich"), "InvalidTemplateReference"),
        (("!GetAtt Server.InstanceId", "!GetAtt Server.Colour"), "InvalidTemplateAttribute"),
        (("ALIYUN::ECS::VPC", "ALIYUN::ECS::Cloud"), "StackValidationFailed"),
        (("CidrBlock: 10.0.0.0/8", "CidrBlock: !Ref Server"), "CircularDependency"),
        (("Outputs:", "Outputs: ]"), "InvalidTemplate"),
        (("Description: A server", "- A server"), "InvalidTemplate"),
        (("${Group.SecurityGroupId}", "${Groop.SecurityGroupId}"), "InvalidTemplateReference"),
    ],
)
def test_a_template_from_which_nothing_can_be_made_is_refused(
    make: MakeLab, change: tuple[str, str], code: str
) -> None:
    lab, template = make(), SITE.replace(*change)
    assert template != SITE
    assert lab.code("ros", "ValidateTemplate", TemplateBody=template) == (400, code)
    assert lab.code("ros", "CreateStack", StackName="site", TemplateBody=template) == (400, code)
    lab.ok("ros", "ValidateTemplate", TemplateBody=SITE)


@pytest.mark.parametrize(
    ("parameters", "code"),
    [
        ({"StackName": "1-site"}, "InvalidStackName"),
        ({"TimeoutInMinutes": 5}, "InvalidParameter"),
        ({"Parameters": [{"ParameterKey": "Colour", "ParameterValue": "red"}]}, "UnknownUserParameter"),
        ({"Parameters": [{"ParameterKey": "Size", "ParameterValue": "41"}]}, "StackValidationFailed"),
        (
            {"TemplateBody": SITE.replace(", Default: centos_7_9_x64_20G_alibase_20240628.vhd", "")},
            "UserParameterMissing",
        ),
        ({"TemplateURL": "oss://bucket/template"}, "InvalidParameter.NotSimulated"),
    ],
)
def test_what_no_stack_can_be_made_from_is_refused(make: MakeLab, parameters: dict[str, Any], code: str) -> None:
    lab = make()
    assert lab.code("ros", "CreateStack", **{"StackName": "site", "TemplateBody": SITE, **parameters}) == (400, code)


def test_a_name_is_taken_in_its_region_and_a_token_makes_one_stack(make: MakeLab) -> None:
    lab = make(most_stacks=2)
    stack = created(lab, ClientToken="one")
    assert created(lab, ClientToken="one") == stack
    assert lab.code("ros", "CreateStack", StackName="site", TemplateBody=SITE) == (409, "StackExists")
    assert created(lab, RegionId="cn-shanghai") != stack
    assert lab.code("ros", "CreateStack", StackName="third", TemplateBody=SITE) == (403, "StackLimitExceeded")
    assert lab.code("ros", "DeleteStack", StackId=stack) == (409, "ActionInProgress")
    assert lab.code("ros", "GetStack", StackId="nothing") == (404, "StackNotFound")
    assert lab.code("ros", "GetStack", StackId=stack, RegionId="cn-shanghai") == (404, "StackNotFound")


def test_a_creation_that_fails_is_rolled_back_and_keeps_its_name_until_it_is_deleted(make: MakeLab) -> None:
    lab = make(fails=[{"resource": "Server", "times": 1}])
    stack = created(lab)
    whole = ended(lab, stack)
    assert whole["Status"] == "CREATE_ROLLBACK_COMPLETE"
    assert whole["OperationInfo"]["LogicalResourceId"] == "Server"
    assert whole["OperationInfo"]["Code"] == "OperationDenied.NoStock"
    assert ("Network", "DELETE_COMPLETE") in history(lab, stack)
    assert lab.code("ros", "CreateStack", StackName="site", TemplateBody=SITE) == (409, "StackExists")
    lab.ok("ros", "DeleteStack", StackId=stack)
    lab.wait(1)
    assert ended(lab, created(lab))["Status"] == "CREATE_COMPLETE"


def test_without_rollback_what_was_made_is_left(make: MakeLab) -> None:
    lab = make(fails=[{"resource": "Site", "code": "InvocationFailed", "message": "It failed."}])
    whole = ended(lab, created(lab, DisableRollback="true"))
    assert whole["Status"] == "CREATE_FAILED"
    assert len(instances(lab)) == 1


def test_a_script_that_fails_fails_the_stack(make: MakeLab) -> None:
    lab = make()
    stack = created(lab, SITE.replace("mkdir -p /var/www &&", "echo no space left; exit 3;"))
    assert ended(lab, stack)["Status"] == "CREATE_ROLLBACK_COMPLETE"
    events = lab.ok("ros", "ListStackEvents", StackId=stack, Status=["CREATE_FAILED"])["Events"]
    assert [one["LogicalResourceId"] for one in events] == ["Site"]
    assert "exit code 3: no space left" in events[0]["StatusReason"]


def test_a_creation_that_takes_too_long_is_rolled_back(make: MakeLab) -> None:
    lab = make(durations={"Switch": 3600})
    stack = created(lab, TimeoutInMinutes=10)
    assert ended(lab, stack)["Status"] == "CREATE_ROLLBACK_COMPLETE"
    assert 600 <= lab.time < 700
    events = lab.ok("ros", "ListStackEvents", StackId=stack, Status=["CREATE_ROLLBACK_IN_PROGRESS"])["Events"]
    assert [one["StatusReason"] for one in events] == ["Create timed out"]


def test_a_resource_that_is_in_use_keeps_its_stack(make: MakeLab) -> None:
    lab = make(in_use=[{"resource": "Group", "until": 500}])
    stack = created(lab)
    ended(lab, stack)
    lab.ok("ros", "DeleteStack", StackId=stack)
    whole = ended(lab, stack)
    assert (whole["Status"], whole["OperationInfo"]["Code"]) == ("DELETE_FAILED", "DependencyViolation")
    assert instances(lab) == []
    lab.wait(500)
    lab.ok("ros", "DeleteStack", StackId=stack)
    assert ended(lab, stack)["Status"] == "DELETE_COMPLETE"


def test_lists_may_be_late_and_have_pages(tmp_path: Path) -> None:
    lab = Lab({"groups": [], "consistency_lag": 30}, tmp_path)
    try:
        network = "{ROSTemplateFormatVersion: '2015-09-01', Resources: {N: {Type: 'ALIYUN::ECS::VPC'}}}"
        for number in range(12):
            created(lab, network, StackName=f"net-{number}")
        assert lab.ok("ros", "ListStacks")["TotalCount"] == 0
        lab.wait(31)
        page = lab.ok("ros", "ListStacks", PageSize=5, PageNumber=3)
        assert ([one["StackName"] for one in page["Stacks"]], page["TotalCount"]) == (["net-1", "net-0"], 12)
        assert lab.code("ros", "ListStacks", StackName=[f"net-{number}" for number in range(6)])[0] == 400
    finally:
        lab.close()
