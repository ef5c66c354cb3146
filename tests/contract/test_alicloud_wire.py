# Copyright (c) 2026 evergreen.os_migration contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Where Alibaba Cloud's requests really go, and what is made of answers that no simulation gives."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from contextlib import nullcontext
from dataclasses import replace
from types import SimpleNamespace
from typing import Any, TypeVar
from urllib.parse import parse_qs, quote, urlsplit

import pytest
from aliyunsdkcore.vendored.requests import Session
from ansible_collections.evergreen.os_migration.plugins.module_utils._clouds.alicloud.assistant import Agents, to_result
from ansible_collections.evergreen.os_migration.plugins.module_utils._clouds.alicloud.cloud import AliCloud
from ansible_collections.evergreen.os_migration.plugins.module_utils._clouds.alicloud.connection import (
    Connection,
    Transport,
)
from ansible_collections.evergreen.os_migration.plugins.module_utils._clouds.alicloud.ecs import (
    Instances,
    to_agent,
    to_instance,
)
from ansible_collections.evergreen.os_migration.plugins.module_utils._clouds.alicloud.errors import remedy_for
from ansible_collections.evergreen.os_migration.plugins.module_utils._clouds.alicloud.identity import to_enrolment
from ansible_collections.evergreen.os_migration.plugins.module_utils._clouds.alicloud.ram import SERVICE_ROLES, Ram
from ansible_collections.evergreen.os_migration.plugins.module_utils._clouds.alicloud.rpc import (
    Rpc,
    default_url,
    entries,
    flatten,
    unreached,
)
from ansible_collections.evergreen.os_migration.plugins.module_utils._clouds.alicloud.smc import (
    Jobs,
    to_work,
)
from ansible_collections.evergreen.os_migration.plugins.module_utils._clouds.alicloud.snapshots import (
    Snapshots,
    to_point,
)
from ansible_collections.evergreen.os_migration.plugins.module_utils._clouds.alicloud.sources import Sources
from ansible_collections.evergreen.os_migration.plugins.module_utils._clouds.base import Caller, Script
from ansible_collections.evergreen.os_migration.plugins.module_utils._core.model import (
    Agent,
    Disk,
    Enrolment,
    Hop,
    Instance,
    Order,
    Point,
    Problem,
    Take,
)
from ansible_collections.evergreen.os_migration.plugins.module_utils._engine.limits import Callers, Clock
from ansible_collections.evergreen.os_migration.plugins.module_utils._errors import CloudError, Moved, Transient

from .bed import at_once

T = TypeVar("T")

NOTHING = Transport("", "", {}, {})
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
    return Rpc(Connection("LTAIme", "my+secret", token, named, validate_certs), region, at_once)


def sources() -> Sources:
    return Sources(rpc(), NOTHING, Agents(rpc()), owners=lambda addresses: {})


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


#: Codes of the error tables that can mean "not now", by what they are taken for, and some that never do.
NOT_NOW: Mapping[str, tuple[str, ...]] = {
    "moved": (
        "DISK_HAS_CREATING_SNAPSHOT",
        "CreateSnapshot.Failed",
        "IncorrectVolumeStatus",
        "IncorrectDiskStatus.Transferring",
        "IncorrectDiskStatus.HasUnfinishedSnapshot",
        "IncorrectDiskStatus.TooManyCreatingSnapshots",
        "Operation.Conflict",
        "OperationDenied.HostRepairing",
        "InstanceNotReady",
        "InvalidOperation.DiskResetInProgress",
        "InvalidOperation.RelatedSnapshotNotFinished",
        "InvalidSnapshotId.NotReady",
    ),
    "fault": ("SystemBusy", "IdempotentProcessing", "InternalError.Dispatch"),
    "final": (
        "OperationDenied",
        "OperationDenied.NoStock",
        "IncorrectDiskStatus.NeverAttached",
        "IncorrectDiskStatus.NeverUsed",
        "IncorrectDiskStatus.Invalid",
        "SystemBusyX",
    ),
}


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
        (403, b"<html>The proxy denies it</html>"),
        (403, b"{}"),
        (403, b'{"Code": null}'),
        (407, b""),
        (404, b"[1, 2]"),
        (400, b'"text"'),
        (400, b"null"),
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
    assert fault.problem.remedy != GENERIC_REMEDY or fault.problem.code in content.decode()


def test_a_page_in_place_of_an_answer_is_shown_in_part_and_without_secrets(wire: Wire) -> None:
    page = "<html>" + "my+secret " * 1000
    wire.answer = lambda request: (403, page.encode())
    problem = failure(rpc()).problem
    assert problem.code == "InvalidAnswer"
    assert "HTTP 403" in problem.message
    assert "my+sec" not in problem.message
    assert len(problem.message) < 300


@pytest.mark.parametrize(("code", "kind"), [(code, kind) for kind, codes in NOT_NOW.items() for code in codes])
def test_not_now_is_told_from_never(wire: Wire, code: str, kind: str) -> None:
    wire.refuse(403, code)
    error = failure(rpc())
    assert kind == ("moved" if isinstance(error, Moved) else "fault" if isinstance(error, Transient) else "final")


def test_a_token_that_was_used_otherwise_is_looked_at_again(wire: Wire) -> None:
    wire.refuse(403, "IdempotentParameterMismatch")
    with pytest.raises(Moved):
        cloud().snapshots.take([Take(Disk("d-1"), "name", "label", "token")])


@pytest.mark.parametrize("code", ["OperationDenied.QuotaExceed", "QuotaExceed.Tags", "NumberExceed.Tags"])
def test_that_there_is_no_room_for_another_tag_is_told_with_what_to_do(wire: Wire, code: str) -> None:
    wire.refuse(400, code)
    with pytest.raises(CloudError, match="TagResources") as refusal:
        cloud().instances.tag(["i-1"], {"key": "value"})
    assert "Remove tags" in refusal.value.problem.remedy


@pytest.mark.parametrize("force", [False, True])
def test_a_stop_is_by_force_only_when_that_is_asked_for_and_keeps_the_address(wire: Wire, force: bool) -> None:
    said = {"InstanceResponses": {"InstanceResponse": [{"InstanceId": "i-1", "Code": "200"}]}}
    wire.answer = lambda request: (200, json.dumps(said).encode())
    assert cloud().instances.stop(["i-1"], force=force) == {}
    ((request, _unused),) = wire.sent
    sent = f"{request.url} {request.body or ''}"
    assert ("ForceStop=true" in sent, "StoppedMode=KeepCharging" in sent) == (force, True)


def test_an_instance_that_is_busy_is_no_refusal_of_a_stop(wire: Wire) -> None:
    def answer(code: str) -> None:
        said = {"InstanceResponse": [{"InstanceId": "i-1", "Code": code, "Message": "No."}]}
        wire.answer = lambda request: (200, json.dumps({"InstanceResponses": said}).encode())

    for code in ("IncorrectInstanceStatus", "InternalError", "Throttling.User", "OperationDenied.HostRepairing"):
        answer(code)
        assert cloud().instances.stop(["i-1"], force=False) == {}
    answer("OperationDenied.NoStock")
    assert cloud().instances.start(["i-1"])["i-1"].code == "OperationDenied.NoStock"


LISTS: dict[str, Callable[[], object]] = {
    "DescribeInstances": lambda: described(["i-1"]),
    "DescribeDisks": lambda: cloud().instances.disks(["i-1"]),
    "DescribeRegions": lambda: cloud().regions(),
    "DescribeSnapshots": lambda: cloud().snapshots.read(["s-1"]),
    "DescribeInvocationResults": lambda: cloud().agents.results("t-1", ["i-1"]),
    "DescribeSourceServers": lambda: sources().read(["s-1"]),
    "DescribeReplicationJobs": lambda: cloud().works["smc"].read(["j-1"]),
}


@pytest.mark.parametrize("answer", [b"{}", b'{"RequestId": "r"}'])
@pytest.mark.parametrize("action", LISTS)
def test_a_list_s_answer_without_its_list_says_nothing_and_not_that_there_is_none(
    wire: Wire, action: str, answer: bytes
) -> None:
    wire.answer = lambda request: (200, answer)
    with pytest.raises(Transient) as fault:
        LISTS[action]()
    assert fault.value.problem.code == "InvalidAnswer"
    assert action in fault.value.problem.message


@pytest.mark.parametrize("action", ["CreateSnapshot", "RunCommand", "StopInstances"])
def test_a_write_s_answer_without_what_it_made_says_nothing(wire: Wire, action: str) -> None:
    writes: dict[str, Callable[[], object]] = {
        "CreateSnapshot": lambda: cloud().snapshots.take([Take(Disk("d-1"), "name", "label", "token")]),
        "RunCommand": lambda: cloud().agents.run(["i-1"], Script("true"), "token"),
        "StopInstances": lambda: cloud().instances.stop(["i-1"], force=False),
    }
    with pytest.raises(Transient) as fault:
        writes[action]()
    assert fault.value.problem.code == "InvalidAnswer"


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
def test_a_part_of_a_list_that_is_not_there_is_empty(answer: dict[str, Any]) -> None:
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


def cloud(call: Caller = at_once) -> AliCloud:
    return AliCloud(Connection("LTAIme", "my+secret", "", {}), "cn-beijing", NOTHING, call)


def described(ids: list[str]) -> Mapping[str, Instance | Problem]:
    return cloud().instances.describe(ids, details=False)


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


def source(name: str, state: str = "Available", **info: Any) -> dict[str, Any]:
    return {"SourceId": name, "State": state, "SystemInfo": json.dumps({**MINE, **info})}


def found_source(wire: Wire, *listed: dict[str, Any]) -> str:
    """Return the id of the source that is taken for the instance's own."""
    answer = {"SourceServers": {"SourceServer": list(listed)}, "TotalCount": len(listed)}
    wire.answer = lambda request: (200, json.dumps(answer).encode())
    here = sources()
    return here.of([HERE], here.claims([HERE]))["i-1"].id


@pytest.mark.parametrize("ipv4", ["10.0.0.2", "192.168.0.1, 10.0.0.2", "192.168.0.1;10.0.0.1", ["::1", "10.0.0.1"]])
def test_a_source_with_one_of_the_addresses_is_the_instance_s(wire: Wire, ipv4: Any) -> None:
    assert found_source(wire, source("s-1", ipv4=ipv4)) == "s-1"


@pytest.mark.parametrize(
    "odd", ["", "{", "[]", "null", '"text"', '{"ipv4": 7}', '{"hostname": null}', '{"ipv4": [null]}']
)
def test_a_source_that_says_nothing_usable_hides_nobody_s(wire: Wire, odd: str) -> None:
    assert found_source(wire, {"SourceId": "s-0", "SystemInfo": odd}, source("s-1")) == "s-1"
    assert found_source(wire, {"SourceId": "s-0", "SystemInfo": odd}) == ""


def test_a_source_that_is_being_deleted_or_gone_does_not_count_beside_a_live_one(wire: Wire) -> None:
    live, gone, going = source("s-1"), source("s-3", "Unavailable"), source("s-4", "Deleting")
    for listed in ((live, gone, going), (going, gone, live)):
        assert found_source(wire, *listed) == "s-1"
    assert found_source(wire, gone, going) == "s-3"
    assert found_source(wire, going) == found_source(wire, live, source("s-2")) == ""


def test_addresses_that_every_machine_has_lead_to_no_source(wire: Wire) -> None:
    local = replace(HERE, private_addresses=("127.0.0.1",))
    answer = {"SourceServers": {"SourceServer": [source("s-1", ipv4="127.0.0.1 169.254.0.1")]}, "TotalCount": 1}
    wire.answer = lambda request: (200, json.dumps(answer).encode())
    assert sources().claims([local]) == {"i-1": []}


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


@pytest.mark.parametrize(
    ("said", "status"),
    [
        ("Ready", "made"),
        ("Running", "running"),
        ("Waiting", "running"),
        ("Finished", "done"),
        ("InError", "failed"),
        ("Stopped", "stopped"),
        ("Expired", "gone"),
        ("Brand New", "failed"),
        ("", "failed"),
    ],
)
def test_every_documented_state_of_a_job_is_understood(said: str, status: str) -> None:
    seen = to_work({"JobId": "j-1", "Status": said, "Progress": None, "CreationTime": "then"})
    assert (seen.kind, seen.status, seen.said, seen.progress, seen.began) == ("smc", status, said, 0, "then")


@pytest.mark.parametrize(
    ("said", "state"),
    [("Available", "ready"), ("InUse", "busy"), ("Unavailable", "lost"), ("Brand New", "pending"), ("", "pending")],
)
def test_every_documented_state_of_a_source_is_understood(said: str, state: str) -> None:
    assert to_enrolment({"SourceId": "s-1", "State": said}) == Enrolment(state, "s-1", said)


def test_only_our_own_tag_is_a_point_s_label() -> None:
    tags = [{"Key": "team", "Value": "shop"}, {"TagKey": "evergreen:os_migration", "TagValue": "attempt=1 hop=1"}]
    assert to_point({"SnapshotId": "s-1", "Tags": {"Tag": tags}}).label == "attempt=1 hop=1"
    assert to_point({"SnapshotId": "s-1", "Tags": {"Tag": tags[:1]}}).label == ""


def test_a_job_of_an_instance_s_source_is_the_instance_s_too_unless_it_is_being_deleted(wire: Wire) -> None:
    jobs = [
        {"JobId": "j-1", "SourceId": "s-1"},
        {"JobId": "j-2", "SourceId": "s-2", "InstanceId": "i-1"},
        {"JobId": "j-3", "SourceId": "s-2", "InstanceId": "i-2"},
        {"JobId": "j-4", "SourceId": "s-1", "Status": "Deleting"},
    ]
    answer = {
        "SourceServers": {"SourceServer": [source("s-1")]},
        "ReplicationJobs": {"ReplicationJob": jobs},
        "Regions": {"Region": []},
        "Instances": {"Instance": []},
    }
    wire.answer = lambda request: (200, json.dumps({**answer, "TotalCount": 1}).encode())
    found, enrolment = cloud().works["smc"].find([HERE])["i-1"]
    assert [work.id for work in found] == ["j-1", "j-2"]
    assert enrolment == Enrolment("ready", "s-1", "Available")


def test_a_region_that_is_not_reached_ends_the_look_for_owners_and_one_that_refuses_does_not(wire: Wire) -> None:
    regions = {"Regions": {"Region": [{"RegionId": f"cn-{number}"} for number in range(1, 5)]}}
    held = {"InstanceId": "i-9", "VpcAttributes": {"PrivateIpAddress": {"IpAddress": ["10.0.0.1"]}}}

    def answer(request: Any) -> tuple[int, bytes]:
        if "DescribeRegions" in request.url:
            return 200, json.dumps(regions).encode()
        if "cn-1" in request.url:
            return 403, b'{"Code": "Forbidden.RAM", "Message": "No."}'
        if "cn-3" in request.url:
            raise OSError("no route")
        return 200, json.dumps({"Instances": {"Instance": [held] if "cn-2" in request.url else []}}).encode()

    wire.answer = answer
    patient = Callers(Clock(ticks=lambda: 0.0, sleep=lambda seconds: None), 1000.0, lambda provider: 1e9)
    asked = Rpc(Connection("LTAIme", "my+secret", "", {}), "cn-beijing", patient.of("alicloud", ""))
    here = Instances(asked, Snapshots(asked))
    for _unused in range(2):
        assert here.owners(["10.0.0.1"]) == {"10.0.0.1": {"i-9"}}
    assert [place.removesuffix(".aliyuncs.com") for place in wire.places] == [
        *["https://ecs.cn-beijing"] * 2,
        *(f"https://ecs.cn-{number}" for number in (1, 2, 3)),
    ]


# --- what is sent again, and what is not ------------------------------------------------------------------------------


class Asked:
    """A caller that keeps what it was asked to run."""

    def __init__(self) -> None:
        self.repeatable: dict[str, bool] = {}

    def __call__(self, action: str, send: Callable[[], T], repeatable: bool = True) -> T:
        self.repeatable[action] = repeatable
        return send()

    def heard(self, date: float) -> None:
        """Keep nothing of it."""


def test_every_action_goes_by_its_name_and_only_what_could_do_harm_twice_is_not_repeated(wire: Wire) -> None:
    wire.answer = lambda request: (200, json.dumps(WRITTEN).encode())
    asked = Asked()
    here = cloud(asked)
    here.instances.tag(["i-1"], {"key": "value"})
    here.instances.stop(["i-1"], force=False)
    here.instances.start(["i-1"])
    here.instances.detach("i-1", "d-1")
    here.instances.attach("i-1", "d-1", "/dev/xvdb")
    here.agents.run(["i-1"], Script("true"), "token")
    here.snapshots.take([Take(Disk("d-1"), "name", "label", "token")])
    here.snapshots.restore("d-1", "s-1")
    here.snapshots.delete([Point("s-1", "d-1")])
    jobs = here.works["smc"]
    jobs.order(Order("smc", HERE, "name", "token", Hop("centos-7", "alinux-3")))
    jobs.begin("j-1")
    jobs.delete("j-1")
    assert {action for action, repeatable in asked.repeatable.items() if not repeatable} == {
        "TagResources",
        "StopInstances",
        "StartInstances",
        "DetachDisk",
        "AttachDisk",
        "ResetDisk",
        "StartReplicationJob",
    }
    assert {action for action, repeatable in asked.repeatable.items() if repeatable} == {
        "RunCommand",
        "CreateSnapshot",
        "DeleteSnapshot",
        "CreateReplicationJob",
        "DeleteReplicationJob",
    }


WRITTEN = {"InstanceResponses": {}, "InvokeId": "t-1", "SnapshotId": "s-1", "JobId": "j-1"}


# --- what is there already --------------------------------------------------------------------------------------------


def disk_of(instance_id: str | None) -> Callable[[Any], tuple[int, bytes]]:
    """Refuse to move a disk that a look then shows at an instance, at none (empty), or does not show (``None``)."""
    found = [] if instance_id is None else [{"DiskId": "d-1", "InstanceId": instance_id}]

    def answer(request: Any) -> tuple[int, bytes]:
        if "DescribeDisks" in request.url:
            return 200, json.dumps({"Disks": {"Disk": found}}).encode()
        return 403, b'{"Code": "IncorrectDiskStatus", "Message": "No."}'

    return answer


@pytest.mark.parametrize(
    ("at", "detached", "attached"),
    [("", True, False), ("i-1", False, True), ("i-2", False, False), (None, False, False)],
)
def test_a_disk_that_is_where_it_is_wanted_is_no_refusal(
    wire: Wire, at: str | None, detached: bool, attached: bool
) -> None:
    wire.answer = disk_of(at)
    with nullcontext() if detached else pytest.raises(Moved):
        cloud().instances.detach("i-1", "d-1")
    with nullcontext() if attached else pytest.raises(Moved):
        cloud().instances.attach("i-1", "d-1", "")


def test_a_disk_is_attached_as_the_device_that_is_named_if_one_is(wire: Wire) -> None:
    for place in ("", "/dev/xvdb"):
        cloud().instances.attach("i-1", "d-1", place)
    sent = [body(request) for request, _unused in wire.sent]
    assert sent[0] == {"InstanceId": ["i-1"], "DiskId": ["d-1"]}
    assert sent[1] == {**sent[0], "Device": ["/dev/xvdb"]}


def test_a_snapshot_that_is_said_not_to_exist_is_deleted(wire: Wire) -> None:
    wire.refuse(404, "InvalidSnapshotId.NotFound")
    Snapshots(rpc()).delete([Point("s-1", "d-1")])
    wire.refuse(403, "SnapshotCreatedImage")
    with pytest.raises(CloudError):
        Snapshots(rpc()).delete([Point("s-1", "d-1")])


@pytest.mark.parametrize("there", [True, False])
def test_a_job_that_is_not_listed_is_deleted_and_one_that_is_runs(wire: Wire, there: bool) -> None:
    def answer(request: Any) -> tuple[int, bytes]:
        if "DescribeReplicationJobs" in request.url:
            jobs = [{"JobId": "j-1", "Status": "Running"}] if there else []
            return 200, json.dumps({"ReplicationJobs": {"ReplicationJob": jobs}, "TotalCount": len(jobs)}).encode()
        return 400, b'{"Code": "ReplicationJob.InvalidStatus", "Message": "No."}'

    wire.answer = answer
    with pytest.raises(Moved) if there else nullcontext():
        Jobs(rpc(), NOTHING, sources()).delete("j-1")


POOL = "HTTPSConnectionPool(host='ecs.example', port=443): "


@pytest.mark.parametrize(
    ("said", "told"),
    [
        (
            f"{POOL}Max retries exceeded with url: / (Caused by NewConnectionError('<aliyunsdkcore.Object at "
            "0x7fa0>: Failed to establish a new connection: [Errno 111] Connection refused'))",
            "ecs.example port 443 does not answer: Connection refused",
        ),
        (f"{POOL}Read timed out. (read timeout=30)", "ecs.example port 443 does not answer: timed out"),
        (
            f"{POOL}Max retries exceeded with url: / (Caused by SSLError(SSLCertVerificationError(1, '[SSL: "
            "CERTIFICATE_VERIFY_FAILED] certificate verify failed: self-signed certificate (_ssl.c:1028)')))",
            "ecs.example port 443 does not answer: certificate verify failed: self-signed certificate",
        ),
        ("('Connection aborted.', 'closed')", "('Connection aborted.', 'closed')"),
    ],
)
def test_an_address_that_does_not_answer_is_told_without_the_library_s_objects(said: str, told: str) -> None:
    assert unreached(said) == told
