# Copyright (c) 2026 evergreen.os_migration contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The wire format, with the official client library on the other end."""

from __future__ import annotations

import json
import threading
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from cloudsim.alicloud.lab import VERSIONS, Lab, signed
from cloudsim.core.scenario import Credential
from cloudsim.core.server import Request, Server

SCENARIO = {
    "groups": [{"name": "web-{n}", "os": "centos-7", "count": 3}],
    "credentials": [
        {"access_key": "LTAIuser", "secret_key": "top-secret"},
        {"access_key": "STS.user", "secret_key": "sts-secret", "security_token": "tok+/=", "expires_after": 60},
        {"access_key": "STS.old", "secret_key": "old-secret", "security_token": "old-token", "expired": True},
        {"access_key": "LTAIreader", "secret_key": "s", "permissions": ["ecs:Describe*"]},
        {"access_key": "LTAInobody", "secret_key": "s", "permissions": []},
    ],
    "faults": [
        {"match": {"action": "DescribeRegions"}, "effect": "cut", "times": 1},
        {"match": {"action": "DescribeDisks"}, "effect": "lost_answer", "times": 1},
    ],
}
USER = Credential("LTAIuser", "top-secret")
Send = Callable[..., dict[str, Any]]


@pytest.fixture
def lab(tmp_path: Path) -> Iterator[Lab]:
    made = Lab(SCENARIO, tmp_path)
    yield made
    made.close()


@pytest.fixture
def server(lab: Lab) -> Iterator[Server]:
    made = Server(lab.cloud, 0)
    made.start()
    yield made
    made.shutdown()
    made.server_close()


@pytest.fixture
def request_(server: Server) -> Send:
    """A call through aliyun-python-sdk-core."""
    core = pytest.importorskip("aliyunsdkcore.client", reason="install aliyun-python-sdk-core")
    credentials = pytest.importorskip("aliyunsdkcore.auth.credentials")
    common = pytest.importorskip("aliyunsdkcore.request")

    def send(
        service: str,
        action: str,
        *,
        key: str = "LTAIuser",
        secret: str = "top-secret",
        token: str = "",
        **parameters: str,
    ) -> dict[str, Any]:
        credential = (
            credentials.StsTokenCredential(key, secret, token)
            if token
            else credentials.AccessKeyCredential(key, secret)
        )
        client = core.AcsClient(region_id="cn-hangzhou", credential=credential)
        asked = common.CommonRequest(
            domain=server.url.removeprefix("http://"), version=VERSIONS[service], action_name=action
        )
        asked.set_protocol_type("http")
        asked.set_method("POST")
        for name, value in parameters.items():
            if name == "CommandContent":
                asked.add_body_params(name, value)
            else:
                asked.add_query_param(name.replace("__", "."), value)
        answer: dict[str, Any] = json.loads(client.do_action_with_exception(asked))
        return answer

    return send


def refusal(request_: Send, *given: str, **parameters: str) -> tuple[int, str, str]:
    exceptions = pytest.importorskip("aliyunsdkcore.acs_exception.exceptions")
    with pytest.raises(exceptions.ServerException) as caught:
        request_(*given, **parameters)
    error = caught.value
    return error.get_http_status(), error.get_error_code(), str(error)


def test_query_and_body_parameters_are_signed_and_read(request_: Send) -> None:
    ids = json.dumps(["i-bp1g0000000000000002", "i-bp1missing"])
    found = request_("ecs", "DescribeInstances", InstanceIds=ids)["Instances"]["Instance"]
    assert [instance["HostName"] for instance in found] == ["web-2"]
    ran = {"InstanceId__1": "i-bp1g0000000000000001", "Type": "RunShellScript", "CommandContent": "echo 'a b*~ü+='"}
    assert request_("ecs", "RunCommand", **ran)["InvokeId"].startswith("t-")
    assert request_("sts", "GetCallerIdentity")["IdentityType"] == "RAMUser"


def test_security_tokens(request_: Send, lab: Lab) -> None:
    key = {"key": "STS.user", "secret": "sts-secret"}
    assert request_("sts", "GetCallerIdentity", token="tok+/=", **key)["IdentityType"] == "AssumedRoleUser"
    assert refusal(request_, "sts", "GetCallerIdentity", **key)[1] == "MissingSecurityToken"
    wrong = refusal(request_, "sts", "GetCallerIdentity", token="other", **key)
    assert wrong[:2] == (400, "InvalidSecurityToken.MismatchWithAccessKey")
    lab.wait(61)
    late = refusal(request_, "sts", "GetCallerIdentity", token="tok+/=", **key)
    assert late[:2] == (400, "InvalidSecurityToken.Expired")
    old = {"key": "STS.old", "secret": "old-secret", "token": "old-token"}
    assert refusal(request_, "sts", "GetCallerIdentity", **old)[1] == "InvalidSecurityToken.Expired"


def test_wrong_keys_are_refused_without_a_word_of_the_secret(request_: Send, lab: Lab) -> None:
    status, code, text = refusal(request_, "ecs", "DescribeRegions", secret="guess")
    assert (status, code) == (400, "SignatureDoesNotMatch")
    assert "top-secret" not in text
    assert refusal(request_, "ecs", "DescribeRegions", key="LTAIwho")[:2] == (404, "InvalidAccessKeyId.NotFound")
    journal = lab.journal_file.read_text()
    assert "secret" not in journal
    assert [line["code"] for line in lab.journal()] == ["SignatureDoesNotMatch", "InvalidAccessKeyId.NotFound"]


def test_nonces_count_once_and_stamps_expire(lab: Lab) -> None:
    flat = {"Action": "GetCallerIdentity", "Version": VERSIONS["sts"]}
    once = signed(USER, flat)
    assert lab.cloud.handle(Request("POST", once)).status == 200
    for refused, code in [
        (once, b"SignatureNonceUsed"),
        (signed(USER, flat | {"Timestamp": "2020-01-01T00:00:00Z"}), b"InvalidTimeStamp.Expired"),
        (signed(USER, flat | {"Timestamp": "yesterday"}), b"InvalidTimeStamp.Format"),
        (signed(USER, flat, method="GET"), b"SignatureDoesNotMatch"),
        (flat, b"MissingAccessKeyId"),
    ]:
        reply = lab.cloud.handle(Request("POST", refused))
        assert reply.status == 400
        assert code in reply.body


def test_permissions(lab: Lab) -> None:
    reader, nobody = 3, 4
    assert lab.ok("ecs", "DescribeInstances", user=reader)["TotalCount"] == 3
    assert lab.code("ecs", "RunCommand", user=reader) == (403, "Forbidden.RAM")
    assert lab.ok("ecs", "DescribeInstances", user=nobody)["Instances"]["Instance"] == []
    assert lab.code("ecs", "DescribeInstances", user=nobody, DryRun="true") == (403, "Forbidden.RAM")
    assert lab.code("ecs", "DescribeInstances", DryRun="true") == (400, "DryRunOperation")
    assert lab.code("smc", "DescribeReplicationJobs", user=nobody) == (403, "Forbidden.Unauthorized")
    assert lab.code("ram", "GetRole", user=nobody, RoleName="AliyunServiceRoleForSMC") == (403, "NoPermission")


def test_cut_connections_and_lost_answers(request_: Send, lab: Lab) -> None:
    exceptions = pytest.importorskip("aliyunsdkcore.acs_exception.exceptions")
    for action in ("DescribeRegions", "DescribeDisks"):
        with pytest.raises(exceptions.ClientException) as caught:
            request_("ecs", action)
        assert caught.value.get_error_code() == "SDK.HttpError"
        assert request_("ecs", action)["RequestId"]
    seen = [(line["action"], line["status"], line.get("fault")) for line in lab.journal()]
    assert seen == [
        ("DescribeRegions", 0, "cut"),
        ("DescribeRegions", 200, None),
        ("DescribeDisks", 200, "lost_answer"),
        ("DescribeDisks", 200, None),
    ]


def test_many_clients_at_once(request_: Send, lab: Lab) -> None:
    threads = [threading.Thread(target=request_, args=("ecs", "DescribeInstances")) for _unused in range(20)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert [line["status"] for line in lab.journal()] == [200] * 20
