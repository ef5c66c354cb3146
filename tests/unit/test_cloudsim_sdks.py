# Copyright (c) 2026 evergreen.os_migration contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The provider's newest client libraries, which sign with ACS3-HMAC-SHA256, drive the simulated cloud over HTTP."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from cloudsim.alicloud.lab import Lab
from cloudsim.core.server import Server

ecs = pytest.importorskip("alibabacloud_ecs20140526.client", reason="install alibabacloud-ecs20140526")
smc = pytest.importorskip("alibabacloud_smc20190601.client", reason="install alibabacloud-smc20190601")
asked = pytest.importorskip("alibabacloud_ecs20140526.models")
ros = pytest.importorskip("alibabacloud_ros20190910.client", reason="install alibabacloud-ros20190910")
asked_of_ros = pytest.importorskip("alibabacloud_ros20190910.models")
asked_of_smc = pytest.importorskip("alibabacloud_smc20190601.models")
tea = pytest.importorskip("alibabacloud_tea_openapi.models", reason="install alibabacloud-tea-openapi")
exceptions = pytest.importorskip("alibabacloud_tea_openapi.exceptions")

WEB, REGION = "i-bp1web", "cn-hangzhou"
SCENARIO = {
    "groups": [{"name": "web", "os": "centos-7", "ids": [WEB], "console_job": {"target": "alinux-3", "after": 1000}}],
    "credentials": [
        {"access_key": "LTAIuser", "secret_key": "top-secret"},
        {"access_key": "STS.user", "secret_key": "sts-secret", "security_token": "tok+/="},
    ],
}


@pytest.fixture
def lab(tmp_path: Path) -> Iterator[Lab]:
    made = Lab(SCENARIO, tmp_path)
    yield made
    made.close()


@pytest.fixture
def url(lab: Lab) -> Iterator[str]:
    server = Server(lab.cloud, 0)
    server.start()
    yield server.url
    server.shutdown()
    server.server_close()


def config(url: str, key: str = "LTAIuser", secret: str = "top-secret", token: str | None = None) -> Any:
    return tea.Config(
        endpoint=url.removeprefix("http://"),
        protocol="HTTP",
        region_id=REGION,
        access_key_id=key,
        access_key_secret=secret,
        security_token=token,
    )


def test_official_clients_list_what_there_is(url: str, lab: Lab) -> None:
    client = ecs.Client(config(url))
    instances = client.describe_instances(
        asked.DescribeInstancesRequest(region_id=REGION, instance_ids=json.dumps([WEB]), max_results=100)
    )
    assert [each.host_name for each in instances.body.instances.instance] == ["web"]
    disks = client.describe_disks(asked.DescribeDisksRequest(region_id=REGION, instance_id=WEB))
    assert [each.type for each in disks.body.disks.disk] == ["system"]
    snapshots = client.describe_snapshots(asked.DescribeSnapshotsRequest(region_id=REGION, instance_id=WEB))
    assert snapshots.body.snapshots.snapshot == []
    lab.wait(1001)
    jobs = smc.Client(config(url)).describe_replication_jobs(asked_of_smc.DescribeReplicationJobsRequest())
    assert [each.status for each in jobs.body.replication_jobs.replication_job] == ["Running"]


def test_official_clients_write(url: str, lab: Lab) -> None:
    client, [disk] = ecs.Client(config(url)), lab.world.disks
    tags = [asked.CreateSnapshotRequestTag(key="a b", value="ü*~/+")]
    made = client.create_snapshot(asked.CreateSnapshotRequest(disk_id=disk, snapshot_name="before", tag=tags))
    assert lab.world.snapshots[made.body.snapshot_id].tags.last() == {"a b": "ü*~/+"}
    ran = client.run_command(
        asked.RunCommandRequest(
            region_id=REGION, instance_id=[WEB], type="RunShellScript", command_content="cat /etc/hostname"
        )
    )
    results = asked.DescribeInvocationResultsRequest(
        region_id=REGION, invoke_id=ran.body.invoke_id, content_encoding="PlainText"
    )
    found: list[Any] = []

    def done() -> bool:
        found[:] = client.describe_invocation_results(results).body.invocation.invocation_results.invocation_result
        return bool(found[0].invocation_status == "Success")

    lab.until(done, step=1)
    assert found[0].output == "web\n"
    assert {line["access_key"] for line in lab.journal()} == {"LTAIuser"}


def test_official_clients_make_a_stack_and_delete_it(url: str, lab: Lab) -> None:
    client = ros.Client(config(url))
    pair = asked_of_ros.CreateStackRequestParameters(parameter_key="Cidr", parameter_value="10.0.0.0/8")
    network = {"Type": "ALIYUN::ECS::VPC", "Properties": {"CidrBlock": {"Ref": "Cidr"}}}
    template = {
        "ROSTemplateFormatVersion": "2015-09-01",
        "Parameters": {"Cidr": {"Type": "String"}},
        "Resources": {"Network": network},
        "Outputs": {"Id": {"Value": {"Fn::GetAtt": ["Network", "VpcId"]}}},
    }
    made = client.create_stack(
        asked_of_ros.CreateStackRequest(
            region_id=REGION, stack_name="net", template_body=json.dumps(template), parameters=[pair]
        )
    ).body.stack_id
    lab.wait(60)
    whole = client.get_stack(asked_of_ros.GetStackRequest(region_id=REGION, stack_id=made)).body
    assert (whole.status, whole.outputs[0]["OutputKey"]) == ("CREATE_COMPLETE", "Id")
    assert whole.outputs[0]["OutputValue"].startswith("vpc-")
    listed = client.list_stacks(asked_of_ros.ListStacksRequest(region_id=REGION, stack_name=["net"])).body
    assert [one.stack_id for one in listed.stacks] == [made]
    client.delete_stack(asked_of_ros.DeleteStackRequest(region_id=REGION, stack_id=made))
    lab.wait(60)
    assert client.list_stacks(asked_of_ros.ListStacksRequest(region_id=REGION)).body.stacks == []


def test_a_security_token_comes_along(url: str) -> None:
    client = ecs.Client(config(url, "STS.user", "sts-secret", "tok+/="))
    assert client.describe_regions(asked.DescribeRegionsRequest()).body.regions.region


@pytest.mark.parametrize(
    ("key", "secret", "code"),
    [
        ("LTAIuser", "guess", "SignatureDoesNotMatch"),
        ("LTAIwho", "top-secret", "InvalidAccessKeyId.NotFound"),
        ("STS.user", "sts-secret", "MissingSecurityToken"),
    ],
)
def test_wrong_keys_are_refused_without_a_word_of_the_secret(
    url: str, lab: Lab, key: str, secret: str, code: str
) -> None:
    with pytest.raises(exceptions.ClientException) as caught:
        ecs.Client(config(url, key, secret)).describe_regions(asked.DescribeRegionsRequest())
    assert caught.value.code == code
    assert "top-secret" not in str(caught.value)
    assert "secret" not in lab.journal_file.read_text()
