# Copyright (c) 2026 evergreen.os_migration contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Where Alibaba Cloud's requests really go, and what is made of answers that no simulation gives."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from types import SimpleNamespace
from typing import Any
from urllib.parse import parse_qs, quote, urlsplit

import pytest
from aliyunsdkcore.vendored.requests import Session
from ansible_collections.evergreen.os_migration.plugins.module_utils._clouds.alicloud import AliCloud
from ansible_collections.evergreen.os_migration.plugins.module_utils._clouds.alicloud.assistant import to_result
from ansible_collections.evergreen.os_migration.plugins.module_utils._clouds.alicloud.ecs import to_agent, to_instance
from ansible_collections.evergreen.os_migration.plugins.module_utils._clouds.alicloud.errors import remedy_for
from ansible_collections.evergreen.os_migration.plugins.module_utils._clouds.alicloud.ram import SERVICE_ROLES, Ram
from ansible_collections.evergreen.os_migration.plugins.module_utils._clouds.alicloud.rpc import (
    Rpc,
    default_url,
    entries,
    flatten,
)
from ansible_collections.evergreen.os_migration.plugins.module_utils._clouds.alicloud.smc import Smc
from ansible_collections.evergreen.os_migration.plugins.module_utils._clouds.base import Connection, Transport
from ansible_collections.evergreen.os_migration.plugins.module_utils._core.model import Agent, Instance, Problem
from ansible_collections.evergreen.os_migration.plugins.module_utils._errors import CloudError, Moved, Transient

from .bed import AT_ONCE

GENERIC_REMEDY = remedy_for("NoSuchCodeIsKnown")


class Wire:
    """The last thing before the network: keeps what would be sent and answers what it was told."""

    def __init__(self) -> None:
        self.sent: list[tuple[Any, dict[str, Any]]] = []
        self.answer: Callable[[Any], tuple[int, bytes]] = lambda request: (200, b"{}")

    def send(self, request: Any, **options: Any) -> SimpleNamespace:
        self.sent.append((request, options))
        status, content = self.answer(request)
        return SimpleNamespace(status_code=status, headers={}, content=content)

    def refuse(self, status: int, code: str, message: str = "") -> None:
        self.answer = lambda request: (status, json.dumps({"Code": code, "Message": message}).encode())

    @property
    def places(self) -> list[str]:
        urls = [urlsplit(request.url) for request, _unused in self.sent]
        return [f"{url.scheme}://{url.netloc}" for url in urls]


@pytest.fixture
def wire(monkeypatch: pytest.MonkeyPatch) -> Wire:
    made = Wire()
    monkeypatch.setattr(Session, "send", made.send)
    return made


def rpc(token: str = "", region: str = "cn-beijing", validate_certs: bool = True, **endpoints: str) -> Rpc:
    named = {"*" if service == "every" else service: url for service, url in endpoints.items()}
    return Rpc(Connection("LTAIme", "my+secret", token, named, validate_certs), region, AT_ONCE)


def body(request: Any) -> dict[str, list[str]]:
    text = request.body.decode() if isinstance(request.body, bytes) else request.body
    return parse_qs(text or "")


def failure(connection: Rpc, action: str = "DescribeInstances") -> CloudError:
    with pytest.raises(CloudError) as caught:
        connection.request("ecs", action)
    return caught.value


# --- where requests go ------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("token", ["", "temporary+token/="])
def test_every_service_is_called_over_https_with_its_certificate_checked(wire: Wire, token: str) -> None:
    connection = rpc(token)
    for service in ("ecs", "smc", "sts", "ram"):
        connection.request(service, "DescribeAnything")
    assert wire.places == [
        "https://ecs.cn-beijing.aliyuncs.com",
        "https://smc.aliyuncs.com",
        "https://sts.aliyuncs.com",
        "https://ram.aliyuncs.com",
    ]
    assert all(options["verify"] is True for _unused, options in wire.sent)


@pytest.mark.parametrize(
    ("endpoint", "place"),
    [
        ("http://127.0.0.1:8080", "http://127.0.0.1:8080"),
        ("HTTP://gateway", "http://gateway"),
        ("https://gateway:8443", "https://gateway:8443"),
        ("HTTPS://gateway/", "https://gateway"),
        ("gateway", "https://gateway"),
        ("gateway:8443", "https://gateway:8443"),
        ("ecs.cn-hangzhou.aliyuncs.com", "https://ecs.cn-hangzhou.aliyuncs.com"),
    ],
)
def test_only_an_endpoint_that_says_http_is_called_over_http(wire: Wire, endpoint: str, place: str) -> None:
    rpc(every=endpoint).request("smc", "DescribeSourceServers")
    assert wire.places == [place]


def test_an_endpoint_of_one_service_goes_before_that_of_all(wire: Wire) -> None:
    connection = rpc(every="https://all", smc="https://only-smc")
    connection.request("ecs", "DescribeInstances")
    connection.request("smc", "DescribeSourceServers")
    assert wire.places == ["https://all", "https://only-smc"]


def test_certificates_go_unchecked_only_when_asked(wire: Wire) -> None:
    rpc(validate_certs=False).request("ecs", "DescribeInstances")
    assert wire.sent[0][1]["verify"] is False


def test_certificates_are_checked_by_the_authorities_of_the_environment(
    wire: Wire, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("ALIBABA_CLOUD_CA_BUNDLE", "/etc/ours.pem")
    rpc().request("ecs", "DescribeInstances")
    assert wire.sent[0][1]["verify"] == "/etc/ours.pem"


@pytest.mark.parametrize("region", ["cn-hangzhou", "cn-hangzhou-finance", "cn-shanghai", "ap-southeast-1", "me-east-1"])
def test_every_region_has_a_public_https_host(region: str) -> None:
    for service in ("ecs", "smc", "sts", "ram"):
        url = urlsplit(default_url(service, region))
        assert url.scheme == "https"
        assert url.netloc.endswith(".aliyuncs.com")


def test_a_request_for_another_region_goes_to_that_region_s_host(wire: Wire) -> None:
    rpc(region="cn-beijing").request("ecs", "DescribeInstances", RegionId="cn-shanghai")
    assert wire.places == ["https://ecs.cn-shanghai.aliyuncs.com"]


def test_a_call_is_sent_once_however_it_ends(wire: Wire) -> None:
    """Back-off is the engine's: a client that repeats a call by itself would hide it from deadline and rate limit."""
    for status, code in ((400, "Throttling"), (503, "ServiceUnavailable"), (500, "InternalError")):
        wire.refuse(status, code)
        failure(rpc())
    assert len(wire.sent) == 3


def test_parameters_travel_in_the_body_where_no_proxy_logs_them(wire: Wire) -> None:
    rpc().request("ecs", "RunCommand", CommandContent="c2VjcmV0", InstanceId=["i-1", "i-2"])
    request, _unused = wire.sent[0]
    assert request.method == "POST"
    assert "c2VjcmV0" not in request.url
    assert body(request) == {"CommandContent": ["c2VjcmV0"], "InstanceId.1": ["i-1"], "InstanceId.2": ["i-2"]}


# --- what is made of answers ------------------------------------------------------------------------------------------


@pytest.mark.parametrize("code", ["Throttling", "Throttling.User", "Throttling.Api", "Throttling.Resource"])
@pytest.mark.parametrize("status", [400, 403, 429, 503])
def test_every_rate_limit_is_waited_for(wire: Wire, code: str, status: int) -> None:
    wire.refuse(status, code)
    fault = failure(rpc())
    assert isinstance(fault, Transient)
    assert fault.throttled


@pytest.mark.parametrize(
    ("status", "content"),
    [
        (500, b'{"Code": "InternalError", "Message": "x"}'),
        (503, b'{"Code": "ServiceUnavailable", "Message": "x"}'),
        (502, b"<html>Bad gateway</html>"),
        (504, b""),
        (200, b"<html>Welcome to the hotel's network</html>"),
        (200, b"null"),
        (200, b"[1, 2]"),
        (200, b'"text"'),
        (403, b'{"Code": "IdempotentProcessing", "Message": "x"}'),
    ],
)
def test_a_fault_of_the_service_or_the_network_may_be_tried_again(wire: Wire, status: int, content: bytes) -> None:
    wire.answer = lambda request: (status, content)
    fault = failure(rpc())
    assert isinstance(fault, Transient)
    assert not fault.throttled


@pytest.mark.parametrize(
    "code",
    [
        "IncorrectInstanceStatus",
        "IncorrectDiskStatus",
        "IncorrectDiskStatus.CreatingSnapshot",
        "ReplicationJob.InvalidStatus",
        "ReplicationJob.InvalidBusinessStatus",
        "SourceServerState.Invalid",
        "InvalidOperation.Conflict",
    ],
)
def test_a_resource_in_another_state_is_looked_at_again(wire: Wire, code: str) -> None:
    wire.refuse(403, code)
    assert isinstance(failure(rpc()), Moved)


@pytest.mark.parametrize(
    "code",
    [
        "InvalidAccessKeyId.NotFound",
        "InvalidAccessKeyId.Inactive",
        "IncompleteSignature",
        "InvalidSecurityToken.Expired",
        "InvalidSecurityToken.Malformed",
        "InvalidTimeStamp.Expired",
        "Forbidden.RAM",
        "Forbidden.Unauthorized",
        "NoPermission",
        "InvalidRegionId.NotFound",
    ],
)
def test_a_refusal_of_the_caller_is_not_asked_again_for_every_instance(wire: Wire, code: str) -> None:
    wire.refuse(403, code)
    refusal = failure(rpc())
    assert refusal.whole_call
    assert not isinstance(refusal, (Moved, Transient))
    assert refusal.problem.remedy != GENERIC_REMEDY


def test_a_wrong_secret_is_recognised_and_what_was_signed_is_not_shown(wire: Wire) -> None:
    """The real service repeats the text that it signed, the security token in it."""
    wire.answer = lambda request: (400, _mismatch(request.url))
    refusal = failure(rpc("temporary+token/="))
    assert refusal.whole_call
    assert "secret key" in refusal.problem.remedy
    assert "temporary" not in str(refusal.problem)


def _mismatch(url: str) -> bytes:
    parameters = {name: values[0] for name, values in parse_qs(urlsplit(url).query, keep_blank_values=True).items()}
    del parameters["Signature"]
    pairs = [f"{quote(name, safe='~')}={quote(value, safe='~')}" for name, value in sorted(parameters.items())]
    text = "Specified signature is not matched with our calculation. server string to sign is:POST&%2F&"
    message = text + quote("&".join(pairs), safe="~")
    return json.dumps({"Code": "SignatureDoesNotMatch", "Message": message}).encode()


def test_a_code_that_nobody_knows_is_one_instance_s_own_refusal(wire: Wire) -> None:
    wire.refuse(400, "Something.New", "a new thing")
    refusal = failure(rpc())
    assert not refusal.whole_call
    assert (refusal.problem.code, refusal.problem.message) == ("Something.New", "DescribeInstances: a new thing")
    assert refusal.problem.remedy == GENERIC_REMEDY


def test_an_error_that_repeats_a_secret_does_not_pass_it_on(wire: Wire) -> None:
    token = "temporary+token/with=signs"
    forms = [form for secret in ("my+secret", token) for form in (secret, quote(secret, safe=""))]
    wire.refuse(400, "Odd", f"You sent {' and '.join(forms)}.")
    problem = failure(rpc(token)).problem
    assert not [form for form in forms if form in str(problem)]


def test_what_was_signed_is_not_shown_when_the_network_fails(wire: Wire) -> None:
    def cut(request: Any) -> tuple[int, bytes]:
        raise OSError(f"Max retries exceeded with url: {request.path_url} (Caused by a cut)")

    wire.answer = cut
    problem = failure(rpc("temporary+token/=")).problem
    assert "Caused by a cut" in problem.message
    assert not [part for part in ("Signature", "SecurityToken", "temporary", "LTAIme") if part in problem.message]


# --- how parameters and lists are written -----------------------------------------------------------------------------


def test_lists_are_numbered_from_one_and_nothing_stands_for_nothing() -> None:
    given = {"A": ["x", "y"], "Tag": [{"Key": "k", "Value": "v"}], "On": True, "Off": False, "N": 3, "Not": None}
    assert dict(flatten(given)) == {
        "A.1": "x",
        "A.2": "y",
        "Tag.1.Key": "k",
        "Tag.1.Value": "v",
        "On": "true",
        "Off": "false",
        "N": "3",
    }


@pytest.mark.parametrize("answer", [{}, {"Disks": None}, {"Disks": {}}, {"Disks": {"Disk": None}}, {"Disks": "odd"}])
def test_a_list_that_is_not_there_is_empty(answer: dict[str, Any]) -> None:
    assert entries(answer, "Disks.Disk") == []


def test_every_page_of_a_list_is_read(wire: Wire) -> None:
    pages = {"": (["a", "b"], "t1"), "t1": (["c"], "t2"), "t2": ([], "")}

    def page(request: Any) -> tuple[int, bytes]:
        found, following = pages[body(request).get("NextToken", [""])[0]]
        answer = {"Disks": {"Disk": [{"DiskId": one} for one in found]}, "NextToken": following}
        return 200, json.dumps(answer).encode()

    wire.answer = page
    assert [one["DiskId"] for one in rpc().pages("ecs", "DescribeDisks", "Disks.Disk", 10)] == ["a", "b", "c"]


# --- one id of many, and one role of two ------------------------------------------------------------------------------


def asked_ids(request: Any) -> list[str]:
    given = body(request)
    if "InstanceIds" in given:
        return list(json.loads(given["InstanceIds"][0]))
    return [value for name, (value, *_unused) in given.items() if name.startswith("InstanceId.")]


def only_without(refused: set[str], code: str) -> Callable[[Any], tuple[int, bytes]]:
    """Answer for every instance, but refuse a call for agents that names one of ``refused``."""

    def answer(request: Any) -> tuple[int, bytes]:
        ids = asked_ids(request)
        if "DescribeInstances" in request.url:
            return 200, json.dumps({"Instances": {"Instance": [{"InstanceId": one} for one in ids]}}).encode()
        if refused & set(ids):
            return 404, json.dumps({"Code": code, "Message": "No."}).encode()
        agents = [{"InstanceId": one, "CloudAssistantStatus": "true"} for one in ids]
        entry = {"InstanceCloudAssistantStatusSet": {"InstanceCloudAssistantStatus": agents}}
        return 200, json.dumps(entry).encode()

    return answer


def described(ids: list[str]) -> Mapping[str, Instance | Problem]:
    connection = Connection("LTAIme", "my+secret", "", {})
    return AliCloud(connection, "cn-beijing", Transport("", "", {}, {}), AT_ONCE).describe(ids, details=False)


def test_a_refusal_of_one_instance_is_that_one_s_and_costs_the_others_few_calls(wire: Wire) -> None:
    ids = [f"i-{number}" for number in range(1000)]
    wire.answer = only_without({"i-7", "i-777"}, "InvalidInstance.NotFound")
    found = described(ids)
    assert list(found) == ids
    bad = {key: one.code for key, one in found.items() if isinstance(one, Problem)}
    assert bad == {"i-7": "InvalidInstance.NotFound", "i-777": "InvalidInstance.NotFound"}
    assert all(one.agent.online for one in found.values() if isinstance(one, Instance))
    assert len(wire.sent) <= 10 + 20 + 2 * 12


@pytest.mark.parametrize("code", ["Forbidden.RAM", "Throttling.User", "InvalidAccessKeyId.NotFound"])
def test_a_refusal_of_the_caller_is_not_asked_for_again_and_again(wire: Wire, code: str) -> None:
    wire.answer = only_without({"i-7"}, code)
    with pytest.raises(CloudError) as refused:
        described([f"i-{number}" for number in range(200)])
    assert refused.value.whole_call
    assert len(wire.sent) == 3


@pytest.mark.parametrize(
    ("roles", "code", "expected", "calls"),
    [
        (SERVICE_ROLES, "EntityNotExist.Role", True, 1),
        (SERVICE_ROLES[1:], "EntityNotExist.Role", True, 2),
        ((), "EntityNotExist.Role", False, 2),
        ((), "NoPermission", None, 1),
        ((), "Forbidden.RAM", None, 1),
        ((), "SDK.HttpError", None, 1),
        ((), "BrandNew", None, 1),
    ],
)
def test_the_service_role_is_there_missing_or_not_to_be_seen(
    wire: Wire, roles: tuple[str, ...], code: str, expected: bool | None, calls: int
) -> None:
    def answer(request: Any) -> tuple[int, bytes]:
        if body(request)["RoleName"][0] in roles:
            return 200, b'{"Role": {}}'
        return 404, json.dumps({"Code": code, "Message": "No."}).encode()

    wire.answer = answer
    assert Ram(rpc()).service_role() is expected
    assert len(wire.sent) == calls


# --- what is made of entries that no simulation gives -----------------------------------------------------------------

HERE = Instance("i-1", "cn-beijing", "alicloud", hostname="web-1", private_addresses=("10.0.0.1", "10.0.0.2"))
MINE = {"hostname": "web-1", "ipv4": "10.0.0.1"}


def source(name: str, state: str = "Available", created: str = "", **info: Any) -> dict[str, Any]:
    return {"SourceId": name, "State": state, "CreationTime": created, "SystemInfo": json.dumps({**MINE, **info})}


def found_source(wire: Wire, *listed: dict[str, Any]) -> str | None:
    """Return the source that is taken for the instance's own."""
    answer = {"SourceServers": {"SourceServer": list(listed)}, "TotalCount": len(listed)}
    wire.answer = lambda request: (200, json.dumps(answer if "DescribeSourceServers" in request.url else {}).encode())
    taken, _jobs = Smc(rpc(), Transport("", "", {}, {})).find_migrations([HERE])["i-1"]
    return taken.source_id if taken else None


@pytest.mark.parametrize("ipv4", ["10.0.0.2", "192.168.0.1, 10.0.0.2", "192.168.0.1;10.0.0.1", ["::1", "10.0.0.1"]])
def test_a_source_with_one_of_the_addresses_is_the_instance_s(wire: Wire, ipv4: Any) -> None:
    assert found_source(wire, source("s-1", ipv4=ipv4)) == "s-1"


@pytest.mark.parametrize(
    "odd", ["", "{", "[]", "null", '"text"', '{"ipv4": 7}', '{"hostname": null}', '{"ipv4": [null]}']
)
def test_a_source_that_says_nothing_usable_hides_nobody_s(wire: Wire, odd: str) -> None:
    assert found_source(wire, {"SourceId": "s-0", "SystemInfo": odd}, source("s-1")) == "s-1"
    assert found_source(wire, {"SourceId": "s-0", "SystemInfo": odd}) is None


def test_of_several_sources_the_newest_that_can_be_used_is_taken(wire: Wire) -> None:
    old, new = source("s-1", created="2026-01-01T00:00:00Z"), source("s-2", created="2026-01-02T00:00:00Z")
    gone = source("s-3", "Unavailable", created="2026-01-03T00:00:00Z")
    for listed in ((old, new, gone), (gone, new, old)):
        assert found_source(wire, *listed) == "s-2"
    assert found_source(wire, gone) == "s-3"


@pytest.mark.parametrize(
    ("raw", "agent"),
    [
        ({}, Agent()),
        ({"CloudAssistantStatus": "false", "CloudAssistantVersion": "2.2"}, Agent(installed=True, version="2.2")),
        ({"CloudAssistantStatus": "True", "LastHeartbeatTime": "now"}, Agent(True, True, last_heartbeat="now")),
        ({"CloudAssistantStatus": None, "LastHeartbeatTime": None}, Agent()),
    ],
)
def test_an_agent_that_was_ever_heard_is_installed(raw: dict[str, Any], agent: Agent) -> None:
    assert to_agent(raw) == agent


@pytest.mark.parametrize(
    ("status", "expected"),
    [
        ("Pending", "running"),
        ("Running", "running"),
        ("Scheduled", "running"),
        ("Stopping", "running"),
        ("Success", "finished"),
        ("Failed", "finished"),
        ("Timeout", "timed_out"),
        ("Error", "failed"),
        ("Aborted", "failed"),
        ("Invalid", "failed"),
        ("Cancelled", "failed"),
        ("Terminated", "failed"),
        ("Brand New", "failed"),
    ],
)
def test_every_documented_state_of_a_command_is_understood(status: str, expected: str) -> None:
    result = to_result({"InvocationStatus": status, "ExitCode": 0, "Output": "aGVsbG8=", "Dropped": 3})
    assert (result.status, result.stdout, result.dropped_bytes) == (expected, "hello", 3)
    assert result.exit_code == (0 if expected == "finished" else None)


def test_an_instance_of_which_little_is_said_is_described_by_it() -> None:
    assert to_instance({"InstanceId": "i-1"}) == Instance("i-1", "", "alicloud", status="")
    chinese = to_instance(
        {"InstanceId": "i-1", "OSNameEn": "", "OSName": "Windows Server  2012 R2 数据中心版 64位中文版"}
    )
    assert chinese.os == "windows-2012r2"
    for pair in ({"TagKey": "k", "TagValue": "v"}, {"Key": "k", "Value": "v"}):
        assert to_instance({"InstanceId": "i-1", "Tags": {"Tag": [pair]}}).tags == {"k": "v"}
