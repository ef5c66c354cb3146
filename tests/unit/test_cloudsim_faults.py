# Copyright (c) 2026 evergreen.os_migration contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What a scenario can make go wrong: each thing that reliability is tested with."""

from __future__ import annotations

import http.client
import json
import threading
import time
import urllib.parse
from collections.abc import Callable, Iterator
from datetime import datetime, timezone
from email.utils import parsedate_to_datetime
from pathlib import Path
from typing import Any

import pytest
from cloudsim.alicloud.lab import VERSIONS, Lab, signed
from cloudsim.core import data
from cloudsim.core.effects import ConnectionCut
from cloudsim.core.server import Request, Server

WEB, LINUX_3 = "i-bp1web", "Alibaba Cloud Linux 3"
DURATIONS = {"migrate": 900, "snapshot": 100, "stop": 20, "start": 30, "reset_disk": 60, "import": 90}
GROUP = {
    "name": "web",
    "os": "centos-7",
    "ids": [WEB],
    "durations": {**DURATIONS, "agent_reconnect": 15},
    "smc_source": "available",
    "disks": [{"type": "system", "size_gib": 40}, {"type": "data", "size_gib": 100}],
}
HTML = "text/html"
MakeLab = Callable[..., Lab]
Post = Callable[..., tuple[int, http.client.HTTPMessage, bytes]]


@pytest.fixture
def make_lab(tmp_path: Path) -> Iterator[MakeLab]:
    made: list[Lab] = []

    def make(*, scenario: dict[str, Any] | None = None, **group: Any) -> Lab:
        made.append(Lab({"groups": [{**GROUP, **group}], **(scenario or {})}, tmp_path))
        return made[-1]

    yield make
    for lab in made:
        lab.close()


@pytest.fixture
def serve() -> Iterator[Callable[[Lab], Post]]:
    """Put a lab behind HTTP; a call through it as the client sees it: status, headers, body."""
    servers: list[Server] = []

    def start(lab: Lab) -> Post:
        server = Server(lab.cloud, 0)
        server.start()
        servers.append(server)

        def post(
            service: str, action: str, *, timeout: float = 10, **more: str
        ) -> tuple[int, http.client.HTTPMessage, bytes]:
            flat = {"Action": action, "Version": VERSIONS[service], "RegionId": "cn-hangzhou", **more}
            body = urllib.parse.urlencode(signed(lab.scenario.credentials[0], flat))
            connection = http.client.HTTPConnection(server.url.removeprefix("http://"), timeout=timeout)
            try:
                connection.request("POST", "/", body, {"Content-Type": "application/x-www-form-urlencoded"})
                answer = connection.getresponse()
                return answer.status, answer.headers, answer.read()
            finally:
                connection.close()

        return post

    yield start
    for server in servers:
        server.shutdown()
        server.server_close()


def fault(action: str | None, effect: str, **more: Any) -> dict[str, Any]:
    match = more.pop("match", {"action": action} if action else {})
    return {"faults": [{"match": match, "effect": effect, **more}]}


def instances(lab: Lab, **more: Any) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = lab.ok("ecs", "DescribeInstances", **more)["Instances"]["Instance"]
    return found


def disks(lab: Lab, **more: Any) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = lab.ok("ecs", "DescribeDisks", **{"InstanceId": WEB, **more})["Disks"]["Disk"]
    return found


def snapshots(lab: Lab) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = lab.ok("ecs", "DescribeSnapshots", InstanceId=WEB)["Snapshots"]["Snapshot"]
    return found


def sources(lab: Lab, **more: Any) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = lab.ok("smc", "DescribeSourceServers", **more)["SourceServers"]["SourceServer"]
    return found


def jobs(lab: Lab) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = lab.ok("smc", "DescribeReplicationJobs")["ReplicationJobs"]["ReplicationJob"]
    return found


def agent(lab: Lab) -> dict[str, Any]:
    answer = lab.ok("ecs", "DescribeCloudAssistantStatus", InstanceId=[WEB])
    found: dict[str, Any] = answer["InstanceCloudAssistantStatusSet"]["InstanceCloudAssistantStatus"][0]
    return found


def send(lab: Lab, **more: Any) -> str:
    asked = {"InstanceId": [WEB], "Type": "RunShellScript", "CommandContent": "echo here", **more}
    return str(lab.ok("ecs", "RunCommand", **asked)["InvokeId"])


def result(lab: Lab, invoke_id: str) -> dict[str, Any]:
    answer = lab.ok("ecs", "DescribeInvocationResults", InvokeId=invoke_id)
    found: list[dict[str, Any]] = answer["Invocation"]["InvocationResults"]["InvocationResult"]
    return found[0] if found else {"InvocationStatus": ""}


def take(lab: Lab, disk: str, **more: Any) -> str:
    return str(lab.ok("ecs", "CreateSnapshot", DiskId=disk, **more)["SnapshotId"])


def power(lab: Lab, action: str, seconds: float, **more: Any) -> None:
    lab.ok("ecs", action, InstanceId=[WEB], **more)
    lab.wait(seconds)


def reset(lab: Lab, disk: str, snapshot: str) -> dict[str, Any]:
    """Put a disk back, and what the journal says was lost."""
    lab.ok("ecs", "ResetDisk", DiskId=disk, SnapshotId=snapshot)
    lab.wait(61)
    lost: dict[str, Any] = next(line for line in reversed(lab.journal()) if line["action"] == "ResetDisk")["lost"]
    return lost


def migrate(lab: Lab) -> str:
    asked = {"SourceId": sources(lab)[0]["SourceId"], "JobType": 1, "TargetOsType": LINUX_3}
    job_id = str(lab.ok("smc", "CreateReplicationJob", **asked)["JobId"])
    lab.ok("smc", "StartReplicationJob", JobId=job_id)
    return job_id


# --- data on disks ---------------------------------------------------------------------------------------------------


def test_a_reset_tells_what_was_written_after_the_snapshot(make_lab: MakeLab) -> None:
    lab = make_lab()
    system, second = (disk["DiskId"] for disk in disks(lab))
    lab.wait(10)
    point = take(lab, system)
    lab.wait(490)
    power(lab, "StopInstances", 100)
    lost = reset(lab, system, point)
    assert lost == {
        "disk": system,
        "snapshot": point,
        "snapshot_written_until": 10,
        "written_until": 500,
        "seconds": 490,
    }
    assert all("lost" not in line for line in lab.journal() if line["action"] != "ResetDisk")
    assert data.written_until(data.on_disk(lab.world.instances[WEB], lab.world.disks[second], lab.time)) == 500


def test_nothing_is_lost_when_nothing_was_written_since_the_snapshot(make_lab: MakeLab) -> None:
    lab = make_lab()
    system = disks(lab)[0]["DiskId"]
    lab.wait(10)
    power(lab, "StopInstances", 50)
    point = take(lab, system)
    lab.wait(200)
    lost = reset(lab, system, point)
    assert (lost["written_until"], lost["snapshot_written_until"], lost["seconds"]) == (10, 10, 0)


def test_a_guest_that_a_job_holds_writes_nothing_of_its_own(make_lab: MakeLab) -> None:
    lab = make_lab(faults={"job": {"after_progress": 50}})
    system = disks(lab)[0]["DiskId"]
    point = take(lab, system)
    lab.wait(101)
    migrate(lab)
    lab.wait(550)
    assert jobs(lab)[0]["Status"] == "InError"
    power(lab, "StopInstances", 30)
    assert reset(lab, system, point)["seconds"] == pytest.approx(101 + 50)


def test_what_an_earlier_reset_took_away_is_not_lost_twice(make_lab: MakeLab) -> None:
    lab = make_lab()
    system = disks(lab)[0]["DiskId"]
    older = take(lab, system)
    lab.wait(200)
    newer = take(lab, system)
    lab.wait(200)
    power(lab, "StopInstances", 30)
    assert reset(lab, system, older)["seconds"] == 400
    assert reset(lab, system, older)["seconds"] == 0
    power(lab, "StartInstances", 30 + 70)
    power(lab, "StopInstances", 30)
    # The newer snapshot holds what came before the first reset; only what was written since then is lost.
    lost = reset(lab, system, newer)
    assert lost["seconds"] == 70
    assert lost["snapshot_written_until"] == 200 < lost["written_until"]


# --- things that come and go -----------------------------------------------------------------------------------------


def test_disks_are_attached_and_detached_at_their_time(make_lab: MakeLab) -> None:
    three = [*GROUP["disks"], {"type": "data", "size_gib": 7, "status": "Available"}]  # type: ignore[misc]
    events = [{"at": 100, "what": "detach_disk", "disk": 1}, {"at": 200, "what": "attach_disk", "disk": 2}]
    lab = make_lab(disks=three, events=events)
    seen = []
    for _unused in range(3):
        seen.append([disk["Size"] for disk in disks(lab)])
        lab.wait(100)
    assert seen == [[40, 100], [40], [40, 7]]
    detached = next(disk for disk in disks(lab, InstanceId="") if disk["Size"] == 100)
    assert [detached[key] for key in ("InstanceId", "Status", "Attachments")] == ["", "Available", {"Attachment": []}]


def test_an_instance_is_released_at_its_time_whatever_runs_on_it(make_lab: MakeLab) -> None:
    lab = make_lab(events=[{"at": 500, "what": "release"}])
    migrate(lab)
    disk = disks(lab)[0]["DiskId"]
    lab.wait(499)
    assert (len(instances(lab)), jobs(lab)[0]["Status"]) == (1, "Running")
    lab.wait(1)
    assert (instances(lab), disks(lab, InstanceId="")) == ([], [])
    assert (jobs(lab)[0]["Status"], sources(lab)[0]["State"]) == ("InError", "Unavailable")
    assert lab.code("ecs", "StopInstances", InstanceId=[WEB]) == (404, "InvalidInstanceId.NotFound")
    assert lab.code("ecs", "CreateSnapshot", DiskId=disk) == (404, "InvalidDiskId.NotFound")
    asked = {"InstanceId": [WEB], "Type": "RunShellScript", "CommandContent": "true"}
    assert lab.code("ecs", "RunCommand", **asked) == (404, "InvalidInstance.NotFound")


# --- guests and agents -----------------------------------------------------------------------------------------------


def test_a_guest_that_hangs_is_online_and_never_answers(make_lab: MakeLab) -> None:
    lab = make_lab(faults={"guest_hangs": [{"since": 100}]})
    before = send(lab)
    lab.until(lambda: result(lab, before)["InvocationStatus"] == "Success", step=1)
    lab.wait(100)
    invoke_id = send(lab, Timeout=60)
    lab.wait(100_000)
    assert (agent(lab)["CloudAssistantStatus"], result(lab, invoke_id)["InvocationStatus"]) == ("true", "Running")


def test_a_stop_hangs_until_it_is_forced(make_lab: MakeLab) -> None:
    lab = make_lab(faults={"stop_hangs": 1})
    power(lab, "StopInstances", 10_000)
    assert instances(lab)[0]["Status"] == "Stopping"
    assert lab.code("ecs", "StopInstances", InstanceId=[WEB]) == (403, "IncorrectInstanceStatus")
    power(lab, "StopInstances", 21, ForceStop="true")
    assert instances(lab)[0]["Status"] == "Stopped"
    power(lab, "StartInstances", 60)
    power(lab, "StopInstances", 21)
    assert instances(lab)[0]["Status"] == "Stopped"


def test_an_agent_falls_silent_and_comes_back(make_lab: MakeLab) -> None:
    lab = make_lab(faults={"agent_silent": [{"since": 300, "until": 900}]})
    assert agent(lab)["CloudAssistantStatus"] == "true"
    lab.wait(421)
    silent = agent(lab)
    assert silent["CloudAssistantStatus"] == "false"
    assert silent["LastHeartbeatTime"] == lab.world.clock.iso(300)
    lost = send(lab)
    lab.wait(61)
    assert result(lab, lost)["ErrorCode"] == "ClientNotResponse"
    lab.wait(400)
    late = send(lab)
    lab.until(lambda: result(lab, late)["InvocationStatus"] == "Success", step=1)
    assert lab.time >= 900
    assert agent(lab)["CloudAssistantStatus"] == "true"


# --- stale reads -----------------------------------------------------------------------------------------------------


def _named(lab: Lab) -> str:
    return take(lab, disks(lab)[0]["DiskId"])


def _tagged(lab: Lab) -> None:
    tag = [{"Key": "estate", "Value": "shop"}]
    lab.ok("ecs", "TagResources", ResourceType="instance", ResourceId=[WEB], Tag=tag)


def _stopped(lab: Lab) -> None:
    lab.ok("ecs", "StopInstances", InstanceId=[WEB])


def _reset_begun(lab: Lab) -> None:
    point = _named(lab)
    lab.wait(101)
    _stopped(lab)
    lab.wait(21)
    lab.ok("ecs", "ResetDisk", DiskId=disks(lab)[0]["DiskId"], SnapshotId=point)


AGE, STEP, CHANGED, STEPS = 40, 10, 5, 30
STALE: dict[str, tuple[Callable[[Lab], object], Callable[[Lab], object]]] = {
    "instances": (_stopped, lambda lab: instances(lab)[0]["Status"]),
    "disks": (_reset_begun, lambda lab: disks(lab)[0]["Status"]),
    "snapshots": (_named, lambda lab: [each["Progress"] for each in snapshots(lab)]),
    "tags": (_tagged, lambda lab: instances(lab)[0]["Tags"]),
    "jobs": (migrate, lambda lab: [(each["Status"], each["Progress"]) for each in jobs(lab)]),
    "sources": (migrate, lambda lab: (sources(lab)[0]["State"], sources(lab)[0]["JobId"])),
    "agents": (lambda lab: None, lambda lab: agent(lab)["CloudAssistantStatus"]),
    "results": (send, lambda lab: result(lab, next(reversed(lab.world.invocations), ""))["InvocationStatus"]),
}


@pytest.mark.parametrize("name", STALE)
def test_every_list_can_answer_as_of_a_while_ago(make_lab: MakeLab, name: str) -> None:
    change, read = STALE[name]
    seen: list[list[object]] = []
    for ages in ({}, {name: AGE}):
        faults = {"command_hangs": True, "agent_silent": [{"since": 50}]}
        lab = make_lab(scenario={"stale_reads": ages}, faults=faults)
        seen.append([])
        for step in range(STEPS):
            if step == CHANGED:
                change(lab)
            seen[-1].append(read(lab))
            lab.wait(STEP)
    fresh, stale = seen
    late = AGE // STEP
    assert len({str(value) for value in fresh}) > 1
    assert stale[CHANGED:] == [fresh[CHANGED - 1]] * late + fresh[CHANGED : STEPS - late]


def test_lists_of_tags_are_as_stale_as_tags_in_lists(make_lab: MakeLab) -> None:
    lab = make_lab(scenario={"stale_reads": {"tags": AGE}})
    _tagged(lab)
    asked = {"ResourceType": "instance", "ResourceId": [WEB]}
    seen = []
    for _unused in range(2):
        seen.append(len(lab.ok("ecs", "ListTagResources", **asked)["TagResources"]["TagResource"]))
        lab.wait(AGE)
    assert seen == [0, 1]


def test_what_is_deleted_is_listed_until_the_list_knows(make_lab: MakeLab) -> None:
    lab = make_lab(scenario={"stale_reads": {"snapshots": 60, "jobs": 60, "sources": 60}})
    point, job_id = _named(lab), migrate(lab)
    lab.wait(2000)
    lab.ok("ecs", "DeleteSnapshot", SnapshotId=point)
    lab.ok("smc", "DeleteReplicationJob", JobId=job_id)
    lab.ok("smc", "DeleteSourceServer", SourceId=sources(lab)[0]["SourceId"])
    listed = [len(jobs(lab)), len(sources(lab)), point in {each["SnapshotId"] for each in snapshots(lab)}]
    assert listed == [1, 1, True]
    lab.wait(60)
    listed = [len(jobs(lab)), len(sources(lab)), point in {each["SnapshotId"] for each in snapshots(lab)}]
    assert listed == [0, 0, False]


def test_one_answer_can_be_stale_among_fresh_ones(make_lab: MakeLab) -> None:
    lab = make_lab(scenario=fault("DescribeInstances", "stale", seconds=100, after=1, times=1))
    lab.wait(1000)
    _stopped(lab)
    lab.wait(50)
    assert [instances(lab)[0]["Status"] for _unused in range(3)] == ["Stopped", "Running", "Stopped"]


# --- limits, accounts, twins -----------------------------------------------------------------------------------------


def test_a_resource_takes_twenty_tags(make_lab: MakeLab) -> None:
    lab = make_lab(tags={f"own-{number}": "x" for number in range(19)})
    asked = {"ResourceType": "instance", "ResourceId": [WEB]}
    lab.ok("ecs", "TagResources", **asked, Tag=[{"Key": "twentieth", "Value": "1"}])
    lab.ok("ecs", "TagResources", **asked, Tag=[{"Key": "twentieth", "Value": "2"}])
    refused = lab.code("ecs", "TagResources", **asked, Tag=[{"Key": "one-more", "Value": "1"}])
    assert refused == (400, "OperationDenied.QuotaExceed")
    assert len(instances(lab)[0]["Tags"]["Tag"]) == 20


ACCOUNTS = {
    "credentials": [
        {"access_key": "LTAIfirst", "secret_key": "s", "account": "1001"},
        {"access_key": "LTAIsecond", "secret_key": "s", "account": "1001"},
        {"access_key": "LTAIother", "secret_key": "s", "account": "2002"},
    ],
    "groups": [
        {**GROUP, "account": "1001"},
        {**GROUP, "name": "theirs", "ids": ["i-bp1theirs"], "account": "2002"},
    ],
}


def test_two_accounts_in_one_world_have_instances_of_their_own(make_lab: MakeLab) -> None:
    lab = make_lab(scenario=ACCOUNTS)
    seen = [lab.ok("ecs", "DescribeInstances", user=user)["Instances"]["Instance"] for user in range(3)]
    assert [[each["InstanceName"] for each in listed] for listed in seen] == [["web"], ["web"], ["theirs"]]
    whose = [lab.ok("sts", "GetCallerIdentity", user=user)["AccountId"] for user in range(3)]
    assert whose == ["1001", "1001", "2002"]
    refused = lab.code("ecs", "StopInstances", user=2, InstanceId=[WEB])
    assert refused == (404, "InvalidInstanceId.NotFound")
    ours, theirs = lab.worlds.values()
    assert not {*ours.disks, *ours.sources} & {*theirs.disks, *theirs.sources}


def test_client_tokens_and_names_belong_to_the_account_not_to_the_key(make_lab: MakeLab) -> None:
    lab = make_lab(scenario=ACCOUNTS)
    disk, theirs = (
        lab.worlds[name].instances[each].disks[0].id for name, each in (("1001", WEB), ("2002", "i-bp1theirs"))
    )
    once = {"DiskId": disk, "ClientToken": "once"}
    first, second = (lab.ok("ecs", "CreateSnapshot", user=user, **once)["SnapshotId"] for user in (0, 1))
    assert first == second
    other = {**once, "SnapshotName": "another"}
    assert lab.code("ecs", "CreateSnapshot", user=1, **other) == (403, "IdempotentParameterMismatch")
    assert lab.ok("ecs", "CreateSnapshot", user=2, DiskId=theirs, ClientToken="once")["SnapshotId"] != first
    lab.wait(101)
    answers = []
    for user in (0, 1, 2):
        source = lab.ok("smc", "DescribeSourceServers", user=user)["SourceServers"]["SourceServer"][0]["SourceId"]
        asked = {"SourceId": source, "JobType": 1, "TargetOsType": LINUX_3, "Name": "taken", "ClientToken": str(user)}
        status, answer = lab.raw("smc", "CreateReplicationJob", user=user, **asked)
        answers.append(answer.get("Code", status))
    assert answers == [200, "ReplicationJobName.Duplicate", 200]


def test_two_sources_can_have_one_name_and_one_address(make_lab: MakeLab) -> None:
    twins = [{**GROUP, "ids": [each], "host_name": "web", "private_address": "10.0.0.7"} for each in ("i-a", "i-b")]
    lab = make_lab(scenario={"groups": twins})
    infos = [json.loads(source["SystemInfo"]) for source in sources(lab)]
    assert [(info["hostname"], info["ipv4"]) for info in infos] == [("web", "10.0.0.7")] * 2
    addresses = [each["VpcAttributes"]["PrivateIpAddress"]["IpAddress"] for each in instances(lab)]
    assert addresses == [["10.0.0.7"]] * 2


# --- migration sources -----------------------------------------------------------------------------------------------


@pytest.mark.parametrize("state", ["Pending", "Unavailable"])
def test_a_source_stays_as_it_is_for_long_or_for_ever(make_lab: MakeLab, state: str) -> None:
    lab = make_lab(faults={"source": [{"until": 5000, "state": state}]})
    asked = {"SourceId": sources(lab)[0]["SourceId"], "JobType": 1, "TargetOsType": LINUX_3}
    lab.wait(4999)
    assert sources(lab)[0]["State"] == state
    assert lab.code("smc", "CreateReplicationJob", **asked) == (400, "SourceServerState.Invalid")
    lab.wait(1)
    assert sources(lab)[0]["State"] == "Available"
    for_ever = make_lab(faults={"source": [{"state": state, "until": "never"}]})
    for_ever.wait(1e9)
    assert sources(for_ever)[0]["State"] == state


def test_a_source_becomes_unavailable_late(make_lab: MakeLab) -> None:
    lab = make_lab(faults={"source": [{"since": 700, "state": "Unavailable"}]})
    asked = {"SourceId": sources(lab)[0]["SourceId"], "JobType": 1, "TargetOsType": LINUX_3}
    lab.wait(600)
    job_id = lab.ok("smc", "CreateReplicationJob", **asked)["JobId"]
    lab.wait(200)
    assert sources(lab)[0]["State"] == "Unavailable"
    assert lab.code("smc", "StartReplicationJob", JobId=job_id) == (400, "SourceServerState.Invalid")


# --- between client and service --------------------------------------------------------------------------------------


def test_an_answer_comes_late_and_the_call_was_applied_at_once(make_lab: MakeLab) -> None:
    lab = make_lab(scenario=fault("StopInstances", "late_answer", seconds=300))
    answers: list[dict[str, Any]] = []
    thread = threading.Thread(target=lambda: answers.append(lab.ok("ecs", "StopInstances", InstanceId=[WEB])))
    thread.start()
    lab.until(lambda: instances(lab)[0]["Status"] == "Stopping")
    assert not answers
    lab.wait(301)
    thread.join(10)
    assert answers
    assert [line["ts"] for line in lab.journal() if line["action"] == "StopInstances"] == [301]


@pytest.mark.parametrize("status", [403, 502])
@pytest.mark.parametrize("applied", [False, True])
def test_an_html_page_comes_instead_of_an_answer(
    make_lab: MakeLab, serve: Callable[[Lab], Post], status: int, applied: bool
) -> None:
    lab = make_lab(scenario=fault("CreateSnapshot", f"html_{status}", applied=applied, times=1))
    post, disk = serve(lab), disks(lab)[0]["DiskId"]
    seen, headers, body = post("ecs", "CreateSnapshot", DiskId=disk)
    assert (seen, headers["Content-Type"], body[:6]) == (status, HTML, b"<html>")
    assert len(snapshots(lab)) == applied
    line = next(line for line in lab.journal() if line["action"] == "CreateSnapshot")
    assert (line["status"], line["fault"]) == (200 if applied else status, f"html_{status}")


@pytest.mark.parametrize("seconds", [40, 150, 900])
def test_a_write_takes_effect_long_after_its_answer_was_lost(make_lab: MakeLab, seconds: int) -> None:
    lab = make_lab(scenario=fault("CreateSnapshot", "applied_late", seconds=seconds, times=1))
    disk = disks(lab)[0]["DiskId"]
    lab.wait(10)
    with pytest.raises(ConnectionCut):
        lab.raw("ecs", "CreateSnapshot", DiskId=disk)
    lab.wait(seconds - 1)
    assert snapshots(lab) == []
    lab.wait(600)
    [found] = snapshots(lab)
    assert found["CreationTime"] == lab.world.clock.iso(10 + seconds)
    lines = [line for line in lab.journal() if line["action"] == "CreateSnapshot"]
    assert [(line["ts"], line["status"], line["fault"]) for line in lines] == [
        (10, 0, "applied_late"),
        (10 + seconds, 200, "applied_late"),
    ]


def test_a_write_that_comes_late_is_judged_when_it_comes(make_lab: MakeLab) -> None:
    lab = make_lab(scenario=fault("CreateSnapshot", "applied_late", seconds=40, times=2))
    disk = disks(lab)[0]["DiskId"]
    for token in ("once", "other"):
        with pytest.raises(ConnectionCut):
            lab.raw("ecs", "CreateSnapshot", DiskId=disk, ClientToken=token)
    made = take(lab, disk, ClientToken="once")
    lab.wait(50)
    assert [each["SnapshotId"] for each in snapshots(lab)] == [made]
    lines = [line for line in lab.journal() if line["action"] == "CreateSnapshot"]
    assert [line["code"] for line in lines] == [None, None, None, None, "IncorrectDiskStatus.CreatingSnapshot"]


REGIONS = [{**GROUP, "smc_source": "none"}, {**GROUP, "ids": ["i-bp1far"], "region": "cn-shanghai", "name": "far"}]


def test_a_region_hangs_beside_healthy_ones(make_lab: MakeLab, serve: Callable[[Lab], Post]) -> None:
    hanging = fault(None, "hang", match={"region": "cn-shanghai"})
    lab = make_lab(scenario={"groups": REGIONS, **hanging})
    post = serve(lab)
    with pytest.raises(TimeoutError):
        post("ecs", "DescribeInstances", RegionId="cn-shanghai", timeout=0.5)
    disk = lab.world.instances["i-bp1far"].disks[0].id
    for action, more in (("CreateSnapshot", {"DiskId": disk}), ("DescribeDisks", {"RegionId": "cn-shanghai"})):
        with pytest.raises(TimeoutError):
            post("ecs", action, timeout=0.5, **more)
    assert post("ecs", "DescribeInstances")[0] == 200
    lab.until(lambda: [line["fault"] for line in lab.journal() if line["status"] == 0] == ["hang"] * 3)
    assert not lab.world.snapshots


def test_a_region_is_slow_beside_healthy_ones(make_lab: MakeLab) -> None:
    slow = fault(None, "delay", match={"region": "cn-shanghai", "kind": "read"}, seconds=0.3)
    lab = make_lab(scenario={"groups": REGIONS, **slow})
    began = time.monotonic()
    lab.ok("ecs", "DescribeInstances")
    quick, began = time.monotonic() - began, time.monotonic()
    lab.ok("ecs", "DescribeInstances", RegionId="cn-shanghai")
    assert time.monotonic() - began >= 0.3 > quick


def test_a_fault_lasts_for_a_while_and_can_be_one_key_s(make_lab: MakeLab) -> None:
    keys = [{"access_key": key, "secret_key": "s"} for key in ("a", "b")]
    match = {"access_key": "b"}
    lab = make_lab(scenario={"credentials": keys, **fault(None, "http_503", match=match, since=100, until=200)})
    statuses = []
    for _unused in range(3):
        statuses.append([lab.raw("ecs", "DescribeRegions", user=user)[0] for user in (0, 1)])
        lab.wait(100)
    assert statuses == [[200, 200], [200, 503], [200, 200]]


def test_the_date_of_an_answer_is_the_cloud_s(make_lab: MakeLab, serve: Callable[[Lab], Post]) -> None:
    lab = make_lab(scenario={"clock_offset": 840})
    lab.wait(3600)
    _status, headers, _body = serve(lab)("ecs", "CreateSnapshot", DiskId=disks(lab)[0]["DiskId"])
    date = parsedate_to_datetime(headers["Date"])
    assert abs(date.timestamp() - (time.time() + 840 + 3600)) < 30
    created = datetime.strptime(snapshots(lab)[0]["CreationTime"], "%Y-%m-%dT%H:%M:%SZ").replace(tzinfo=timezone.utc)
    assert abs((date - created).total_seconds()) <= 1


@pytest.mark.parametrize(("offset", "status"), [(-840, 200), (840, 200), (-960, 400), (960, 400)])
def test_controllers_sign_with_clocks_that_differ(make_lab: MakeLab, offset: int, status: int) -> None:
    keys = [
        {"access_key": "right", "secret_key": "s"},
        {"access_key": "off", "secret_key": "s", "clock_offset": offset},
    ]
    lab = make_lab(scenario={"credentials": keys})
    assert lab.raw("ecs", "DescribeRegions")[0] == 200
    seen, answer = lab.raw("ecs", "DescribeRegions", user=1)
    assert (seen, answer.get("Code")) == (status, None if status == 200 else "InvalidTimeStamp.Expired")
    whole = make_lab(scenario={"clock_offset": offset})
    assert whole.raw("ecs", "DescribeRegions")[0] == status


def test_a_process_stops_between_guard_and_send(make_lab: MakeLab) -> None:
    lab = make_lab(scenario=fault("StopInstances", "hold", at=2000, times=1))
    thread = threading.Thread(target=lambda: lab.ok("ecs", "StopInstances", InstanceId=[WEB]))
    thread.start()
    lab.wait(1900)
    time.sleep(0.1)
    assert instances(lab)[0]["Status"] == "Running"
    lab.wait(101)
    thread.join(10)
    assert instances(lab)[0]["Status"] == "Stopping"
    assert lab.world.instances[WEB].power.since(lab.time) >= 2000


def test_calls_that_wait_end_with_the_simulation(make_lab: MakeLab) -> None:
    lab = make_lab(scenario=fault("StopInstances", "hold", at=2000))
    ended: list[str] = []

    def stop() -> None:
        try:
            lab.cloud.handle(Request("POST", signed(lab.scenario.credentials[0], flat)))
        except ConnectionCut:
            ended.append("cut")

    flat = {"Action": "StopInstances", "Version": VERSIONS["ecs"], "RegionId": "cn-hangzhou", "InstanceId.1": WEB}
    thread = threading.Thread(target=stop)
    thread.start()
    time.sleep(0.1)
    lab.cloud.close()
    thread.join(10)
    assert ended == ["cut"]
    assert instances(lab)[0]["Status"] == "Running"


def test_a_call_is_refused_with_a_code_of_the_scenario_s_choice(make_lab: MakeLab) -> None:
    fault = {
        "match": {"action": "DescribeInstances"},
        "effect": "code",
        "code": "SystemBusy",
        "status": 400,
        "times": 1,
    }
    lab = make_lab(scenario={"faults": [fault]})
    assert lab.code("ecs", "DescribeInstances") == (400, "SystemBusy")
    assert lab.ok("ecs", "DescribeInstances")
