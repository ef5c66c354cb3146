# Copyright (c) 2026 evergreen.os_migration contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Snapshots, instances, jobs and sources over simulated time."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from cloudsim.alicloud.lab import Lab

WEB, LINUX_3 = "i-bp1web", "Alibaba Cloud Linux 3"
DURATIONS = {
    "migrate": 1000,
    "snapshot": 100,
    "stop": 20,
    "start": 30,
    "reset_disk": 60,
    "import": 90,
    "agent_reconnect": 15,
}
GROUP = {
    "name": "web",
    "os": "centos-7",
    "ids": [WEB],
    "durations": DURATIONS,
    "smc_source": "available",
    "disks": [{"type": "system", "size_gib": 40}, {"type": "data", "size_gib": 100}],
}
MakeLab = Callable[..., Lab]


@pytest.fixture
def make_lab(tmp_path: Path) -> Iterator[MakeLab]:
    made: list[Lab] = []

    def make(*, scenario: dict[str, Any] | None = None, **group: Any) -> Lab:
        made.append(Lab({"groups": [{**GROUP, **group}], **(scenario or {})}, tmp_path))
        return made[-1]

    yield make
    for lab in made:
        lab.close()


def instance(lab: Lab) -> dict[str, Any]:
    found: dict[str, Any] = lab.ok("ecs", "DescribeInstances", InstanceIds=json.dumps([WEB]))["Instances"]["Instance"][
        0
    ]
    return found


def disks(lab: Lab) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = lab.ok("ecs", "DescribeDisks", InstanceId=WEB)["Disks"]["Disk"]
    return found


def snapshots(lab: Lab, **only: Any) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = lab.ok("ecs", "DescribeSnapshots", InstanceId=WEB, **only)["Snapshots"]["Snapshot"]
    return found


def source(lab: Lab) -> dict[str, Any]:
    found: dict[str, Any] = lab.ok("smc", "DescribeSourceServers")["SourceServers"]["SourceServer"][0]
    return found


def create(lab: Lab, target: str = LINUX_3, **more: Any) -> str:
    asked = {"SourceId": source(lab)["SourceId"], "JobType": 1, "TargetOsType": target, **more}
    return str(lab.ok("smc", "CreateReplicationJob", **asked)["JobId"])


def migrate(lab: Lab, target: str = LINUX_3) -> str:
    job_id = create(lab, target)
    lab.ok("smc", "StartReplicationJob", JobId=job_id)
    return job_id


def job(lab: Lab, job_id: str) -> dict[str, Any]:
    answer = lab.ok("smc", "DescribeReplicationJobs", JobId=[job_id])
    found: dict[str, Any] = answer["ReplicationJobs"]["ReplicationJob"][0]
    return found


def power(lab: Lab, action: str, **more: Any) -> str:
    answer = lab.ok("ecs", action, InstanceId=[WEB], BatchOptimization="SuccessFirst", **more)
    return str(answer["InstanceResponses"]["InstanceResponse"][0]["Code"])


def stop(lab: Lab, **more: Any) -> None:
    assert power(lab, "StopInstances", **more) == "200"
    lab.wait(21)


def test_a_snapshot_takes_its_time(make_lab: MakeLab) -> None:
    lab = make_lab()
    disk = disks(lab)[0]["DiskId"]
    made = lab.ok("ecs", "CreateSnapshot", DiskId=disk, SnapshotName="before", RetentionDays=7)["SnapshotId"]
    lab.wait(50)
    [found] = snapshots(lab)
    assert (found["SnapshotId"], found["Status"], found["Progress"]) == (made, "progressing", "50%")
    assert (found["RetentionDays"], found["SourceDiskId"]) == (7, disk)
    assert lab.code("ecs", "CreateSnapshot", DiskId=disk) == (403, "IncorrectDiskStatus.CreatingSnapshot")
    lab.wait(51)
    assert [each["Status"] for each in snapshots(lab, Status="accomplished")] == ["accomplished"]
    lab.ok("ecs", "DeleteSnapshot", SnapshotId=made)
    lab.ok("ecs", "DeleteSnapshot", SnapshotId=made)
    assert snapshots(lab) == []


def test_snapshots_of_hands_and_of_schedules_are_told_apart(make_lab: MakeLab) -> None:
    kept = [{"type": "system", "size_gib": 40, "manual_snapshots": 2, "delete_auto_snapshot": False}]
    lab = make_lab(disks=kept, faults={"snapshot_in_progress": 60})
    assert [each["Status"] for each in snapshots(lab, SnapshotType="user")] == ["accomplished"] * 2
    assert [each["Status"] for each in snapshots(lab, SnapshotType="auto")] == ["progressing"]
    assert len(snapshots(lab, SnapshotType="all")) == len(snapshots(lab)) == 3
    assert disks(lab)[0]["DeleteAutoSnapshot"] is False


def test_a_disk_that_is_not_in_use_takes_no_snapshot(make_lab: MakeLab) -> None:
    lab = make_lab(disks=[{"type": "system", "size_gib": 40, "status": "Detaching"}])
    assert disks(lab)[0]["Status"] == "Detaching"
    assert lab.code("ecs", "CreateSnapshot", DiskId=disks(lab)[0]["DiskId"]) == (403, "IncorrectDiskStatus")


@pytest.mark.parametrize(("age", "online"), [(60, "true"), (90_000, "false")])
def test_an_offline_agent_was_heard_when_the_scenario_says(make_lab: MakeLab, age: int, online: str) -> None:
    lab = make_lab(faults={"agent": "offline", "agent_heartbeat_age": age})
    answer = lab.ok("ecs", "DescribeCloudAssistantStatus", InstanceId=[WEB])
    [agent] = answer["InstanceCloudAssistantStatusSet"]["InstanceCloudAssistantStatus"]
    assert agent["LastHeartbeatTime"] == lab.world.clock.iso(-age)
    assert agent["CloudAssistantStatus"] == online


def test_smc_s_role_exists_once_the_account_has_authorised_it(make_lab: MakeLab) -> None:
    role = {"RoleName": "AliyunServiceRoleForSMC"}
    assert make_lab().ok("ram", "GetRole", **role)["Role"]["IsServiceLinkedRole"]
    assert make_lab().code("ram", "GetRole", RoleName="Another") == (404, "EntityNotExist.Role")
    without = make_lab(scenario={"smc": {"authorised": False}})
    assert without.code("ram", "GetRole", **role) == (404, "EntityNotExist.Role")


def test_the_scenario_lets_snapshots_fail(make_lab: MakeLab) -> None:
    lab = make_lab(faults={"snapshot_fails": 1})
    disk = disks(lab)[0]["DiskId"]
    lab.ok("ecs", "CreateSnapshot", DiskId=disk)
    lab.wait(101)
    lab.ok("ecs", "CreateSnapshot", DiskId=disk)
    lab.wait(101)
    assert [each["Status"] for each in snapshots(lab)] == ["failed", "accomplished"]


def test_stop_and_start(make_lab: MakeLab) -> None:
    lab = make_lab(public_address=True)
    address = instance(lab)["PublicIpAddress"]["IpAddress"]
    assert power(lab, "StopInstances", StoppedMode="KeepCharging") == "200"
    assert instance(lab)["Status"] == "Stopping"
    assert power(lab, "StartInstances") == "IncorrectInstanceStatus"
    lab.wait(21)
    assert (instance(lab)["Status"], instance(lab)["StoppedMode"]) == ("Stopped", "KeepCharging")
    assert source(lab)["State"] == "Unavailable"
    assert power(lab, "StartInstances") == "200"
    assert instance(lab)["Status"] == "Starting"
    lab.wait(31)
    assert instance(lab)["Status"] == "Running"
    assert instance(lab)["PublicIpAddress"]["IpAddress"] == address


def test_economical_mode_gives_the_public_address_away(make_lab: MakeLab) -> None:
    lab = make_lab(public_address=True)
    address = instance(lab)["PublicIpAddress"]["IpAddress"]
    stop(lab)
    power(lab, "StartInstances")
    assert instance(lab)["PublicIpAddress"]["IpAddress"] != address


def test_a_job_from_start_to_finish(make_lab: MakeLab) -> None:
    lab = make_lab()
    before = instance(lab)
    job_id = create(lab)
    assert (job(lab, job_id)["Status"], job(lab, job_id)["Progress"]) == ("Ready", 0)
    lab.ok("smc", "StartReplicationJob", JobId=job_id)
    seen, statuses, agents = [], set(), set()
    for _unused in range(111):
        found = job(lab, job_id)
        seen.append((found["Status"], found["BusinessStatus"]))
        statuses.add(instance(lab)["Status"])
        answer = lab.ok("ecs", "DescribeCloudAssistantStatus", InstanceId=[WEB])
        agents.add(answer["InstanceCloudAssistantStatusSet"]["InstanceCloudAssistantStatus"][0]["CloudAssistantStatus"])
        lab.wait(10)
    assert list(dict.fromkeys(seen)) == [
        ("Running", "Preparing"),
        ("Running", "Syncing"),
        ("Running", "Processing"),
        ("Running", "Cleaning"),
        ("Finished", ""),
    ]
    assert statuses >= {"Running", "Starting"}
    assert job(lab, job_id)["Progress"] == 100
    after = instance(lab)
    changed = {key for key in after if after[key] != before[key]}
    assert changed == {"OSName", "OSNameEn"}
    assert after["OSName"] == "Alibaba Cloud Linux  3.2104 LTS 64位"
    assert source(lab)["State"] == "Available"
    backups = snapshots(lab)
    assert {each["SourceDiskId"] for each in backups} == {each["DiskId"] for each in disks(lab)}
    assert all(each["SnapshotName"].startswith("SMC_Backup_Snapshot_") for each in backups)


def test_one_unfinished_job_per_source(make_lab: MakeLab) -> None:
    lab = make_lab()
    create(lab)
    asked = {"SourceId": source(lab)["SourceId"], "JobType": 1, "TargetOsType": LINUX_3}
    assert lab.code("smc", "CreateReplicationJob", **asked) == (400, "SourceServerState.Invalid")


def test_two_hops(make_lab: MakeLab) -> None:
    lab = make_lab(os="windows-2008r2", vcpus=4, faults={"job": {"fail_at_hop": 2, "times": 1}})
    first = migrate(lab, "Windows Server 2012 R2")
    lab.wait(1101)
    assert job(lab, first)["Status"] == "Finished"
    assert "2012 R2" in instance(lab)["OSName"]
    second = migrate(lab, "Windows Server 2016")
    lab.wait(1101)
    assert job(lab, second)["Status"] == "InError"
    lab.ok("smc", "StartReplicationJob", JobId=second)
    lab.wait(1101)
    assert job(lab, second)["Status"] == "Finished"
    assert "2016" in instance(lab)["OSName"]


def test_a_failing_job_and_the_way_back(make_lab: MakeLab) -> None:
    fault = {"job": {"after_progress": 60, "error_code": "X.Y", "message": "no luck"}}
    lab = make_lab(faults=fault)
    before = [lab.ok("ecs", "CreateSnapshot", DiskId=disk["DiskId"])["SnapshotId"] for disk in disks(lab)]
    lab.wait(101)
    job_id = migrate(lab)
    lab.wait(1101)
    found = job(lab, job_id)
    assert [found[key] for key in ("Status", "Progress", "ErrorCode", "StatusInfo")] == [
        "InError",
        60,
        "X.Y",
        "no luck",
    ]
    system, data = (disk["DiskId"] for disk in disks(lab))
    running = (403, "IncorrectInstanceStatus")
    assert lab.code("ecs", "ResetDisk", DiskId=system, SnapshotId=before[0]) == running
    stop(lab, StoppedMode="KeepCharging")
    assert lab.code("ecs", "ResetDisk", DiskId=data, SnapshotId=before[0]) == (403, "InvalidParameter.Mismatch")
    lab.ok("ecs", "ResetDisk", DiskId=system, SnapshotId=before[0])
    assert disks(lab)[0]["Status"] == "ReIniting"
    assert power(lab, "StartInstances") == "InvalidOperation.Conflict"
    lab.wait(61)
    assert disks(lab)[0]["Status"] == "In_use"
    assert power(lab, "StartInstances") == "200"


def test_reset_brings_the_old_system_back_and_takes_the_smc_client_with_it(make_lab: MakeLab) -> None:
    lab = make_lab(smc_source="none")
    system = disks(lab)[0]["DiskId"]
    before = lab.ok("ecs", "CreateSnapshot", DiskId=system)["SnapshotId"]
    lab.wait(101)
    code = lab.ok("smc", "CreateAccessToken")["AccessTokenCode"]
    lab.ok("ecs", "RunCommand", InstanceId=[WEB], Type="RunShellScript", CommandContent=f"acs-plugin-manager {code}")
    lab.until(lambda: bool(lab.world.sources))
    lab.wait(91)
    migrate(lab)
    lab.wait(1101)
    assert "Alibaba" in instance(lab)["OSName"]
    stop(lab)
    lab.ok("ecs", "ResetDisk", DiskId=system, SnapshotId=before)
    lab.wait(61)
    power(lab, "StartInstances")
    lab.wait(31)
    assert "CentOS" in instance(lab)["OSName"]
    assert source(lab)["State"] == "Unavailable"


def test_a_stuck_job_stays_where_it_is(make_lab: MakeLab) -> None:
    lab = make_lab(faults={"job_stuck": {"after_progress": 40}})
    job_id = migrate(lab)
    lab.wait(10**6)
    found = job(lab, job_id)
    assert (found["Status"], found["BusinessStatus"], found["Progress"]) == ("Running", "Processing", 40)
    assert lab.code("smc", "DeleteReplicationJob", JobId=job_id) == (400, "ReplicationJob.InvalidStatus")


def test_stopping_a_job_is_possible_while_it_syncs(make_lab: MakeLab) -> None:
    lab = make_lab()
    job_id = migrate(lab)
    assert lab.code("smc", "StopReplicationJob", JobId=job_id) == (400, "ReplicationJob.InvalidBusinessStatus")
    lab.wait(150)
    lab.ok("smc", "StopReplicationJob", JobId=job_id)
    lab.wait(5000)
    assert job(lab, job_id)["Status"] == "Stopped"
    assert "CentOS" in instance(lab)["OSName"]
    lab.ok("smc", "StartReplicationJob", JobId=job_id)
    assert lab.code("smc", "StartReplicationJob", JobId=job_id) == (400, "ReplicationJob.InvalidStatus")


def test_stopping_the_instance_breaks_its_job(make_lab: MakeLab) -> None:
    lab = make_lab()
    job_id = migrate(lab)
    lab.wait(300)
    stop(lab)
    assert (job(lab, job_id)["Status"], job(lab, job_id)["ErrorCode"]) == ("InError", "IncorrectInstanceStatus")
    lab.wait(5000)
    assert "CentOS" in instance(lab)["OSName"]


@pytest.mark.parametrize(
    ("group", "code"),
    [
        ({"faults": {"snapshot_in_progress": 600}}, "IncorrectDiskStatus.CreatingSnapshot"),
        ({"faults": {"agent": "offline"}}, "M199"),
        ({"guest": {"packages": ["glibc.i686"]}}, "M199"),
        ({"guest": {"free_mib": {"/boot": 99}}}, "M199"),
        ({"guest": {"memory_available_mib": 500}}, "M199"),
        ({"locks": ["security"]}, "InstanceLockedForSecurity"),
    ],
)
def test_jobs_that_the_service_gives_up_at_once(make_lab: MakeLab, group: dict[str, Any], code: str) -> None:
    lab = make_lab(**group)
    job_id = migrate(lab)
    assert job(lab, job_id)["Status"] == "Running"
    lab.wait(6)
    assert (job(lab, job_id)["Status"], job(lab, job_id)["ErrorCode"]) == ("InError", code)
    assert not any(each["SnapshotName"].startswith("SMC") for each in snapshots(lab))


@pytest.mark.parametrize(
    ("group", "target", "supported"),
    [
        ({}, "Windows Server 2016", "Anolis OS 7, Anolis OS 8, Alibaba Cloud Linux 2, Alibaba Cloud Linux 3, Red Hat"),
        ({"architecture": "arm64"}, "Alibaba Cloud Linux 2", "Anolis OS 7, Anolis OS 8, Alibaba Cloud Linux 3."),
        ({"os": "windows-2008r2"}, "Windows Server 2016", "Windows Server 2012 R2."),
        ({"os": "alinux-3"}, "Alibaba Cloud Linux 3", "list is: ."),
        ({}, "", "Alibaba Cloud Linux 3"),
    ],
)
def test_targets_outside_the_paths(make_lab: MakeLab, group: dict[str, Any], target: str, supported: str) -> None:
    lab = make_lab(**group)
    status, answer = lab.raw(
        "smc", "CreateReplicationJob", SourceId=source(lab)["SourceId"], JobType=1, TargetOsType=target
    )
    assert (status, answer["Code"]) == (400, "InvalidOsMigrationType.NotMatched")
    assert f"TargetOsType: {target} are not matched" in answer["Message"]
    assert supported in answer["Message"]


def test_the_target_may_be_expected_elsewhere(make_lab: MakeLab) -> None:
    smc = {
        "target_parameter": "target_os",
        "target_location": "replication_parameters",
        "target_values": {"alinux-3": "AL3"},
    }
    lab = make_lab(scenario={"smc": smc})
    asked = {"SourceId": source(lab)["SourceId"], "JobType": 1}
    refused = lab.code("smc", "CreateReplicationJob", **asked, TargetOsType=LINUX_3)
    assert refused == (400, "InvalidParameter.Unknown")
    assert lab.ok("smc", "CreateReplicationJob", **asked, ReplicationParameters='{"target_os": "AL3"}')["JobId"]


def test_without_authorisation_there_is_no_job(make_lab: MakeLab) -> None:
    lab = make_lab(scenario={"smc": {"authorised": False}})
    asked = {"SourceId": source(lab)["SourceId"], "JobType": 1, "TargetOsType": LINUX_3}
    assert lab.code("smc", "CreateReplicationJob", **asked) == (403, "EntityNotExist.Role")


def test_without_the_snapshot_service_there_are_no_snapshots(make_lab: MakeLab) -> None:
    lab = make_lab(scenario={"snapshot_service": False})
    refused = lab.code("ecs", "CreateSnapshot", DiskId=disks(lab)[0]["DiskId"])
    assert refused == (403, "InvalidAccountStatus.SnapshotServiceUnavailable")


def test_a_job_that_was_started_in_the_console(make_lab: MakeLab) -> None:
    lab = make_lab(smc_source="none", console_job={"target": "alinux-3", "after": 50})
    assert lab.ok("smc", "DescribeReplicationJobs")["TotalCount"] == 0
    lab.wait(51)
    [found] = lab.ok("smc", "DescribeReplicationJobs", InstanceId=[WEB])["ReplicationJobs"]["ReplicationJob"]
    assert found["Status"] == "Running"
    lab.wait(1101)
    assert "Alibaba" in instance(lab)["OSName"]


def test_other_jobs_run_on_instances_of_their_own(make_lab: MakeLab) -> None:
    lab = make_lab(scenario={"other_jobs": 3})
    answer = lab.ok("smc", "DescribeReplicationJobs", JobType=1, Status="Running")
    assert answer["TotalCount"] == 3
    assert {found["InstanceId"][:10] for found in answer["ReplicationJobs"]["ReplicationJob"]} == {"i-bp1other"}


def test_sources_and_jobs_are_tagged(make_lab: MakeLab) -> None:
    lab = make_lab()
    job_id, source_id = create(lab, Tag=[{"Key": "hop", "Value": "1"}]), source(lab)["SourceId"]
    tag = [{"Key": "instance", "Value": WEB}]
    lab.ok("smc", "TagResources", ResourceType="sourceserver", ResourceId=[source_id], Tag=tag)
    lab.ok("smc", "TagResources", ResourceType="replicationjob", ResourceId=[job_id], Tag=tag)
    assert source(lab)["Tags"]["Tag"] == tag
    assert job(lab, job_id)["Tags"]["Tag"] == [{"Key": "hop", "Value": "1"}, *tag]
    for wrong in ({"ResourceId": ["s-1"]}, {"Tag": [{"Key": "k" * 65, "Value": ""}]}):
        asked = {"ResourceType": "sourceserver", "ResourceId": [source_id], "Tag": tag, **wrong}
        assert lab.code("smc", "TagResources", **asked) == (400, "InvalidParameter")


def test_deleting_a_source(make_lab: MakeLab) -> None:
    lab = make_lab()
    job_id = migrate(lab)
    asked = {"SourceId": source(lab)["SourceId"]}
    assert lab.code("smc", "DeleteSourceServer", **asked) == (400, "SourceServer.WithRunningReplicationJob")
    lab.wait(1101)
    assert lab.code("smc", "DeleteSourceServer", **asked) == (400, "ReplicationJob.Related")
    lab.ok("smc", "DeleteSourceServer", **asked, Force="true")
    assert lab.ok("smc", "DescribeReplicationJobs", JobId=[job_id])["TotalCount"] == 0
    assert lab.ok("smc", "DescribeSourceServers")["TotalCount"] == 0


def test_a_job_is_for_the_source_s_own_instance_and_region(make_lab: MakeLab) -> None:
    lab = make_lab()
    asked = {"SourceId": source(lab)["SourceId"], "JobType": 1, "TargetOsType": LINUX_3}
    for wrong in ({"InstanceId": "i-bp1other"}, {"RegionId": "cn-beijing"}):
        assert lab.code("smc", "CreateReplicationJob", **asked, **wrong) == (400, "InvalidParameter")
    assert lab.ok("smc", "CreateReplicationJob", **asked, InstanceId=WEB)["JobId"]
