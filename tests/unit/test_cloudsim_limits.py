# Copyright (c) 2026 evergreen.os_migration contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Documented limits, quotas, idempotency, lag and faults."""

from __future__ import annotations

import base64
import json
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from cloudsim.alicloud.lab import Lab
from cloudsim.core.scenario import ACCOUNT

MakeLab = Callable[..., Lab]
MANY = {"name": "web-{n}", "os": "centos-7", "count": 120, "durations": {"snapshot": 100}}
LOCKED = {"name": "locked", "os": "centos-7", "ids": ["i-bp1locked"], "locks": ["security"]}
STOPPED = {"name": "stopped", "os": "centos-7", "ids": ["i-bp1stopped"], "status": "Stopped"}
WINDOWS = {"name": "win", "os": "windows-2016", "ids": ["i-bp1win"], "region": "cn-beijing"}


@pytest.fixture
def make_lab(tmp_path: Path) -> Iterator[MakeLab]:
    made: list[Lab] = []

    def make(**scenario: Any) -> Lab:
        account = next((each["account"] for each in scenario.get("credentials", []) if "account" in each), ACCOUNT)
        groups = [{**group, "account": account} for group in (MANY, LOCKED, STOPPED, WINDOWS)]
        made.append(Lab({"groups": groups, **scenario}, tmp_path))
        return made[-1]

    yield make
    for lab in made:
        lab.close()


@pytest.fixture
def lab(make_lab: MakeLab) -> Lab:
    return make_lab()


def ids(lab: Lab, count: int) -> list[str]:
    return list(lab.world.instances)[:count]


def disk(lab: Lab, instance_id: str = "") -> str:
    return lab.world.instances[instance_id or ids(lab, 1)[0]].disks[0].id


def command(lab: Lab, **more: Any) -> dict[str, Any]:
    return {"InstanceId": ids(lab, 1), "Type": "RunShellScript", "CommandContent": "true", **more}


@pytest.mark.parametrize(
    ("action", "parameters", "error"),
    [
        ("DescribeInstances", {"InstanceIds": json.dumps(["i-1"] * 101)}, (400, "InvalidParameter")),
        ("DescribeInstances", {"InstanceIds": "i-1"}, (400, "InvalidParameter")),
        ("DescribeInstances", {"RegionId": "cn-nowhere"}, (404, "InvalidRegionId.NotFound")),
        ("DescribeInstances", {"PageSize": 101}, (400, "InvalidParameter")),
        ("DescribeInstances", {"NextToken": "nonsense"}, (400, "InvalidParameter.NextToken")),
        ("DescribeSnapshots", {"MaxResults": 101}, (400, "InvalidParameter.MaxResults")),
        ("DescribeSnapshots", {"Status": "ready"}, (404, "InvalidStatus.NotFound")),
        ("DescribeSnapshots", {"SnapshotType": "hourly"}, (400, "InvalidParameter")),
        ("DescribeSnapshots", {"SnapshotIds": json.dumps(["s-1"] * 101)}, (400, "InvalidSnapshotIds.Malformed")),
        ("DescribeInvocationResults", {"MaxResults": 51}, (400, "InvalidParameter.MaxResults")),
        ("DescribeCloudAssistantStatus", {"InstanceId": ["i-1"] * 51}, (403, "InstanceIds.ExceedLimit")),
        ("DescribeCloudAssistantStatus", {"InstanceId": ["i-1"]}, (404, "InvalidInstance.NotFound")),
        ("DescribeInstanceTypes", {"InstanceTypes": ["a"] * 11}, (400, "InvalidParameter")),
        ("StopInstances", {"InstanceId": ["i-1"] * 101}, (403, "InvalidParameter.TooManyInstanceIds")),
        ("StopInstances", {"InstanceId": ["i-1"]}, (404, "InvalidInstanceId.NotFound")),
        ("StopInstances", {"InstanceId": ["i-bp1locked"]}, (403, "InstanceLockedForSecurity")),
        ("StopInstances", {"InstanceId": ["i-bp1stopped"]}, (403, "IncorrectInstanceStatus")),
        ("StartInstances", {"InstanceId": ["i-bp1stopped"], "DryRun": "true"}, (400, "DRYRUN.SUCCESS")),
        ("CreateSnapshot", {"DiskId": "d-1"}, (404, "InvalidDiskId.NotFound")),
        ("ResetDisk", {"DiskId": "d-1", "SnapshotId": "s-1"}, (404, "InvalidDiskId.NotFound")),
        (
            "TagResources",
            {"ResourceType": "instance", "ResourceId": ["i"] * 51, "Tag": []},
            (400, "MissingParameter.Tag"),
        ),
        ("StopInvocation", {"InvokeId": "t-1"}, (404, "InvalidInvokeId.NotFound")),
    ],
)
def test_limits_of_ecs(lab: Lab, action: str, parameters: dict[str, Any], error: tuple[int, str]) -> None:
    assert lab.code("ecs", action, **parameters) == error


@pytest.mark.parametrize(
    ("action", "parameters", "code"),
    [
        ("DescribeReplicationJobs", {"JobId": ["j"] * 51}, "InvalidParameter"),
        ("DescribeReplicationJobs", {"InstanceId": ["i"] * 21}, "InvalidParameter"),
        ("DescribeReplicationJobs", {"PageSize": 51}, "InvalidParameter"),
        ("DescribeSourceServers", {"PageSize": 0}, "InvalidParameter"),
        ("CreateAccessToken", {"Count": "1001"}, "InvalidCount.ValueNotSupported"),
        ("CreateAccessToken", {"TimeToLiveInDays": "91"}, "InvalidTimeToLiveInDays.ValueNotSupported"),
        ("CreateReplicationJob", {"SourceId": "s-1", "JobType": 0}, "InvalidParameter"),
        ("CreateReplicationJob", {"SourceId": "s-1", "JobType": 1, "Name": "1st"}, "InvalidParameter"),
        ("CreateReplicationJob", {"SourceId": "s-1", "JobType": 1}, "SourceServerState.Invalid"),
        ("StartReplicationJob", {"JobId": "j-1"}, "ReplicationJob.InvalidStatus"),
    ],
)
def test_limits_of_smc(lab: Lab, action: str, parameters: dict[str, Any], code: str) -> None:
    assert lab.code("smc", action, **parameters) == (400, code)


@pytest.mark.parametrize(
    ("parameters", "error"),
    [
        ({"InstanceId": ["i-bp1stopped"]}, (403, "InstanceNotRunning")),
        ({"InstanceId": ["i-bp1locked"]}, (403, "Operation.Forbidden")),
        ({"InstanceId": ["i-bp1win"]}, (404, "InvalidInstance.NotFound")),
        ({"InstanceId": ["i-bp1win"], "RegionId": "cn-beijing"}, (400, "InvalidInstance.NotMatch")),
        ({"InstanceId": ["i"] * 101}, (403, "InstanceIds.ExceedLimit")),
        ({"InstanceId": []}, (400, "MissingParam.InstanceId")),
        ({"Type": "RunPythonScript"}, (404, "InvalidCmdType.NotFound")),
        ({"CommandContent": "!", "ContentEncoding": "Base64"}, (400, "CmdContent.DecodeError")),
        ({"CommandContent": "#" * 20000}, (403, "CmdContent.ExceedLimit")),
    ],
)
def test_commands_that_are_refused(lab: Lab, parameters: dict[str, Any], error: tuple[int, str]) -> None:
    assert lab.code("ecs", "RunCommand", **command(lab, **parameters)) == error


def test_the_size_limit_is_on_the_encoded_command(lab: Lab) -> None:
    fits, too_big = "#" * 18432, "#" * 18433
    for text, status in ((fits, 200), (too_big, 403)):
        encoded = base64.b64encode(text.encode()).decode()
        asked = command(lab, CommandContent=encoded, ContentEncoding="Base64")
        assert lab.raw("ecs", "RunCommand", **asked)[0] == status


def test_paging_by_token_and_by_number(lab: Lab) -> None:
    names, token = [], ""
    while True:
        page = lab.ok("ecs", "DescribeInstances", MaxResults=50, NextToken=token)
        names += [instance["InstanceName"] for instance in page["Instances"]["Instance"]]
        token = page["NextToken"]
        if not token:
            break
    assert names == [f"web-{number}" for number in range(1, 121)] + ["locked", "stopped"]
    page = lab.ok("ecs", "DescribeInstances", PageSize=50, PageNumber=3)
    assert (page["TotalCount"], len(page["Instances"]["Instance"])) == (122, 22)
    assert len(lab.ok("ecs", "DescribeInstances", MaxResults=1)["Instances"]["Instance"]) == 10
    assert len(lab.ok("ecs", "DescribeDisks", MaxResults=500)["Disks"]["Disk"]) == 122


def test_ids_that_are_not_here_are_left_out(lab: Lab) -> None:
    found = lab.ok("ecs", "DescribeInstances", InstanceIds=json.dumps(["i-nowhere", "i-bp1win", "i-bp1locked"]))
    assert [instance["InstanceId"] for instance in found["Instances"]["Instance"]] == ["i-bp1locked"]
    assert lab.ok("ecs", "DescribeInstances", InstanceIds="[]")["Instances"]["Instance"] == []


def test_batches_all_together_or_each_for_itself(lab: Lab) -> None:
    mixed = [*ids(lab, 2), "i-bp1stopped"]
    assert lab.code("ecs", "StopInstances", InstanceId=mixed) == (403, "IncorrectInstanceStatus")
    answer = lab.ok("ecs", "StopInstances", InstanceId=mixed, BatchOptimization="SuccessFirst")
    codes = [response["Code"] for response in answer["InstanceResponses"]["InstanceResponse"]]
    assert codes == ["200", "200", "IncorrectInstanceStatus"]


def test_tags(lab: Lab) -> None:
    [first] = ids(lab, 1)
    asked = {"ResourceType": "instance", "ResourceId": [first]}
    pairs = [{"Key": f"k{number}", "Value": "v"} for number in range(21)]
    assert lab.code("ecs", "TagResources", **asked, Tag=pairs) == (400, "NumberExceed.Tags")
    assert lab.code("ecs", "TagResources", **asked, Tag=[{"Key": "acs:x"}]) == (400, "InvalidTagKey.Malformed")
    assert lab.code("ecs", "TagResources", **asked, Tag=pairs[:1] * 2) == (400, "Duplicate.TagKey")
    many = {**asked, "ResourceId": [first] * 51, "Tag": pairs[:1]}
    assert lab.code("ecs", "TagResources", **many) == (400, "NumberExceed.ResourceIds")
    lab.ok("ecs", "TagResources", **asked, Tag=[{"Key": "a", "Value": "1"}, {"Key": "b"}])
    lab.ok("ecs", "TagResources", **asked, Tag=[{"Key": "a", "Value": "2"}])
    for tag, found in (({"Key": "a", "Value": "2"}, 1), ({"Key": "a", "Value": "1"}, 0), ({"Key": "b"}, 1)):
        assert lab.ok("ecs", "DescribeInstances", Tag=[tag])["TotalCount"] == found
    lab.ok("ecs", "UntagResources", **asked, TagKey=["a"])
    [instance] = lab.ok("ecs", "DescribeInstances", InstanceIds=json.dumps([first]))["Instances"]["Instance"]
    assert instance["Tags"] == {"Tag": [{"TagKey": "b", "TagValue": ""}]}


def test_tags_are_listed_by_resource_and_by_filter(lab: Lab) -> None:
    first, second = ids(lab, 2)
    lab.ok("ecs", "TagResources", ResourceType="instance", ResourceId=[first, second], Tag=[{"Key": "a", "Value": "1"}])
    lab.ok("ecs", "TagResources", ResourceType="instance", ResourceId=[second], Tag=[{"Key": "b", "Value": "2"}])

    def listed(**more: Any) -> list[tuple[str, str, str]]:
        found = lab.ok("ecs", "ListTagResources", ResourceType="instance", **more)["TagResources"]["TagResource"]
        return [(each["ResourceId"], each["TagKey"], each["TagValue"]) for each in found]

    assert listed(ResourceId=[first]) == [(first, "a", "1")]
    assert listed(Tag=[{"Key": "b"}]) == [(second, "a", "1"), (second, "b", "2")]
    assert lab.code("ecs", "ListTagResources", ResourceType="instance") == (404, "MissingParameter.ResourceIds")
    snapshot = lab.ok("ecs", "CreateSnapshot", DiskId=disk(lab), Tag=[{"Key": "a", "Value": "1"}])["SnapshotId"]
    asked = {"ResourceType": "snapshot", "Tag": [{"Key": "a"}]}
    assert lab.ok("ecs", "ListTagResources", **asked)["TagResources"]["TagResource"][0]["ResourceId"] == snapshot
    lab.ok("ecs", "DeleteSnapshot", SnapshotId=snapshot)
    assert lab.ok("ecs", "ListTagResources", **asked)["TagResources"]["TagResource"] == []


def test_tag_lists_go_on_by_token(lab: Lab) -> None:
    for some in (ids(lab, 50), ids(lab, 60)[50:]):
        lab.ok("ecs", "TagResources", ResourceType="instance", ResourceId=some, Tag=[{"Key": "a", "Value": "1"}])
    asked = {"ResourceType": "instance", "Tag": [{"Key": "a"}]}
    page = lab.ok("ecs", "ListTagResources", **asked)
    rest = lab.ok("ecs", "ListTagResources", **asked, NextToken=page["NextToken"])
    assert [len(each["TagResources"]["TagResource"]) for each in (page, rest)] == [50, 10]
    assert rest["NextToken"] == ""


def test_a_client_token_gives_the_first_answer_again(lab: Lab) -> None:
    asked = {"DiskId": disk(lab), "ClientToken": "once", "SnapshotName": "before"}
    first = lab.ok("ecs", "CreateSnapshot", **asked)["SnapshotId"]
    assert lab.ok("ecs", "CreateSnapshot", **asked)["SnapshotId"] == first
    other = {**asked, "SnapshotName": "after"}
    assert lab.code("ecs", "CreateSnapshot", **other) == (403, "IdempotentParameterMismatch")
    assert len(lab.world.snapshots) == 1
    writes = [line["resources"] for line in lab.journal() if line["status"] == 200]
    assert writes == [[asked["DiskId"], ids(lab, 1)[0], first]] * 2


def test_a_failed_call_does_not_use_up_its_token(lab: Lab) -> None:
    first, _second = (lab.raw("ecs", "CreateSnapshot", DiskId=disk(lab), ClientToken=token)[0] for token in "ab")
    assert first == 200
    lab.wait(101)
    assert lab.raw("ecs", "CreateSnapshot", DiskId=disk(lab), ClientToken="b")[0] == 200


def test_what_is_new_appears_in_lists_after_a_while(make_lab: MakeLab) -> None:
    lab = make_lab(consistency_lag=5)
    asked = {"DiskId": disk(lab), "ClientToken": "once"}
    made = lab.ok("ecs", "CreateSnapshot", **asked)["SnapshotId"]
    tagged = {"ResourceType": "instance", "ResourceId": ids(lab, 1), "Tag": [{"Key": "a", "Value": "1"}]}
    lab.ok("ecs", "TagResources", **tagged)
    seen = []
    for _unused in range(2):
        found = lab.ok("ecs", "DescribeSnapshots", SnapshotIds=json.dumps([made]))["TotalCount"]
        seen.append((found, lab.ok("ecs", "DescribeInstances", Tag=[{"Key": "a"}])["TotalCount"]))
        assert lab.ok("ecs", "CreateSnapshot", **asked)["SnapshotId"] == made
        lab.wait(5)
    assert seen == [(0, 0), (1, 1)]


def test_quotas_count_per_account_region_action_and_minute(make_lab: MakeLab) -> None:
    accounts = {"a": "1", "b": "2", "another of a": "1"}
    users = [{"access_key": key, "secret_key": "s", "account": account} for key, account in accounts.items()]
    lab = make_lab(quotas={"DescribeInstances": 2, "default": 3}, credentials=users)
    assert [lab.raw("ecs", "DescribeInstances")[0] for _unused in range(3)] == [200, 200, 400]
    assert lab.code("ecs", "DescribeInstances") == (400, "Throttling.User")
    lab.ok("ecs", "DescribeInstances", user=1)
    assert lab.code("ecs", "DescribeInstances", user=2) == (400, "Throttling.User")
    lab.ok("ecs", "DescribeInstances", RegionId="cn-beijing")
    assert [lab.raw("ecs", "DescribeDisks")[0] for _unused in range(4)] == [200, 200, 200, 400]
    lab.wait(60)
    lab.ok("ecs", "DescribeInstances")


@pytest.mark.parametrize(
    ("effect", "error"),
    [
        ("throttle", (400, "Throttling.User")),
        ("http_500", (500, "InternalError")),
        ("http_503", (503, "ServiceUnavailable")),
    ],
)
def test_faults_by_action_and_turn(make_lab: MakeLab, effect: str, error: tuple[int, str]) -> None:
    lab = make_lab(faults=[{"match": {"action": "DescribeDisks"}, "effect": effect, "after": 1, "times": 2}])
    lab.ok("ecs", "DescribeInstances")
    lab.ok("ecs", "DescribeDisks")
    assert [lab.code("ecs", "DescribeDisks") for _unused in range(2)] == [error] * 2
    lab.ok("ecs", "DescribeDisks")


def test_faults_by_instance_also_hit_its_disks(make_lab: MakeLab) -> None:
    lab = make_lab(faults=[{"match": {"instance": "i-bp1stopped"}, "effect": "http_500"}])
    lab.ok("ecs", "CreateSnapshot", DiskId=disk(lab))
    assert lab.code("ecs", "CreateSnapshot", DiskId=disk(lab, "i-bp1stopped"))[0] == 500


def test_faults_by_chance(make_lab: MakeLab) -> None:
    lab = make_lab(faults=[{"match": {}, "effect": "throttle", "probability": 0.3}])
    refused = sum(lab.raw("ecs", "DescribeRegions")[0] == 400 for _unused in range(200))
    assert 35 < refused < 90


def test_the_journal_tells_reads_from_writes(lab: Lab) -> None:
    lab.ok("ecs", "DescribeInstances", InstanceIds=json.dumps(ids(lab, 2)))
    lab.raw("ecs", "StopInstances", InstanceId=["i-bp1locked"])
    lab.ok("smc", "CreateAccessToken")
    read, refused, token = lab.journal()
    assert set(read) == {"ts", "wall", "service", "action", "kind", "resources", "status", "code", "access_key"}
    assert (read["kind"], read["code"]) == ("read", None)
    assert [one for one in read["resources"] if one.startswith("i-")] == ids(lab, 2)
    assert (refused["kind"], refused["status"], refused["code"]) == ("write", 403, "InstanceLockedForSecurity")
    assert token["resources"][0].startswith("at-")
    code = next(iter(lab.world.tokens.values())).code
    assert code not in lab.journal_file.read_text()
