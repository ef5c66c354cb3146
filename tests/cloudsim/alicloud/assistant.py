# Copyright (c) 2026 evergreen.os_migration contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""ECS Cloud Assistant: agent status, commands and their results."""

from __future__ import annotations

import base64
import binascii
from collections.abc import Callable
from typing import Any

from ..core.guests import Task
from ..core.state import Instance, Invocation, Result
from ..core.world import there
from .common import at_most, by_token, check_region
from .ecs import instances, lock_error
from .registry import Answer, Call, action
from .wire import ApiError

CONTENT_LIMIT = 24 * 1024
AGENT_LIMIT = 50
COMMAND_LIMIT = 100
TYPES = {"RunShellScript": "linux", "RunPowerShellScript": "windows", "RunBatScript": "windows"}
VERSIONS = {"linux": "2.2.4.979", "windows": "2.1.4.979"}
HOMES = {"linux": "/root", "windows": "C:\\Windows\\System32"}
TIMEOUT = 60


@action("ecs", uses="InstanceId RegionId MaxResults NextToken OSType")
def describe_cloud_assistant_status(call: Call) -> Answer:
    region = check_region(call)
    ids = at_most(call, "InstanceId", AGENT_LIMIT, 403, "InstanceIds.ExceedLimit")
    at = call.as_of("agents")
    chunk, token = [instance for instance in instances(call, ids or None, at) if instance.region == region], ""
    if not ids:
        chunk, token = by_token(call, chunk, 10, AGENT_LIMIT, clamp=False)
    elif len(chunk) < len(set(ids)):
        raise ApiError(404, "InvalidInstance.NotFound", "The specified instances do not exist.")
    entries = [_status(call, instance, at) for instance in chunk]
    return {
        "InstanceCloudAssistantStatusSet": {"InstanceCloudAssistantStatus": entries},
        "NextToken": token,
        "TotalCount": len(chunk),
        "PageNumber": 1,
        "PageSize": len(chunk),
    }


def _status(call: Call, instance: Instance, at: float) -> dict[str, Any]:
    system = instance.system(at)
    heard = instance.heartbeat(at)
    invoked = instance.last_invoked
    return {
        "InstanceId": instance.id,
        "CloudAssistantStatus": "true" if instance.agent_online(at) else "false",
        "LastHeartbeatTime": call.clock.iso(heard),
        "LastInvokedTime": call.clock.iso(invoked if invoked is not None and invoked <= at else None),
        "CloudAssistantVersion": "" if heard is None else VERSIONS[system.os_type],
        "OSType": system.os_type.capitalize(),
        "InvocationCount": instance.invocations,
        "ActiveTaskCount": 0,
        "SupportSessionManager": heard is not None,
    }


@action(
    "ecs",
    uses="RegionId Type CommandContent ContentEncoding InstanceId Timeout Username WorkingDir ClientToken",
    ignores="Name Description KeepCommand TerminationMode Timed",
    idempotent=True,
)
def run_command(call: Call) -> Answer:
    """One script for up to a hundred guests; one guest that cannot take it refuses the whole call."""
    check_region(call)
    script = _script(call)
    fit = [_fit_instance(call, each) for each in dict.fromkeys(_targets(call))]
    family = TYPES[call.params["Type"]]
    timeout = call.get("Timeout", TIMEOUT)
    invocation = Invocation(
        id=call.world.new_id("t"),
        command_id=call.world.new_id("c"),
        region=call.region,
        created=call.now,
        timeout=timeout,
        username=call.get("Username") or ("root" if family == "linux" else "System"),
        results={},
    )
    for instance in fit:
        cwd = call.get("WorkingDir") or HOMES[family]
        task = Task(call.world, instance, script, timeout, call.get("Username", ""), cwd)
        invocation.results[instance.id] = call.runner.submit(task, call.now)
    call.world.invocations[invocation.id] = invocation
    return {"InvokeId": invocation.id, "CommandId": invocation.command_id}


def _script(call: Call) -> str:
    """The command's text; the limit is on what is sent, so for Base64 on the encoded size."""
    content = call.params["CommandContent"]
    encoded = call.get("ContentEncoding", "PlainText").lower() == "base64"
    if len(content if encoded else base64.b64encode(content.encode())) > CONTENT_LIMIT:
        raise ApiError(403, "CmdContent.ExceedLimit", "The size of the command content exceeds the limit of 24 KB.")
    if not encoded:
        return str(content)
    try:
        return base64.b64decode(content, validate=True).decode()
    except (binascii.Error, UnicodeDecodeError):
        raise ApiError(400, "CmdContent.DecodeError", "The command content could not be decoded.") from None


def _targets(call: Call) -> list[str]:
    if call.params["Type"] not in TYPES:
        raise ApiError(404, "InvalidCmdType.NotFound", "The specified command type does not exist.")
    ids = at_most(call, "InstanceId", COMMAND_LIMIT, 403, "InstanceIds.ExceedLimit")
    if not ids:
        raise ApiError(400, "MissingParam.InstanceId", "The parameter InstanceId is mandatory.")
    return ids


def _fit_instance(call: Call, instance_id: str) -> Instance:
    instance = there(call.world.instances, instance_id, call.now)
    if instance is None or instance.region != call.region:
        raise ApiError(404, "InvalidInstance.NotFound", f"The specified instance {instance_id} does not exist.")
    if lock_error(instance):
        raise ApiError(403, "Operation.Forbidden", f"The instance {instance_id} is locked.")
    if instance.power.at(call.now) != "Running":
        raise ApiError(403, "InstanceNotRunning", f"The instance {instance_id} is not running.")
    if instance.system(call.now).os_type != TYPES[call.params["Type"]]:
        message = f"The command type does not fit the operating system of the instance {instance_id}."
        raise ApiError(400, "InvalidInstance.NotMatch", message)
    return instance


@action("ecs", uses="RegionId InvokeId InstanceId ContentEncoding InvokeRecordStatus MaxResults NextToken")
def describe_invocation_results(call: Call) -> Answer:
    check_region(call)
    at = call.as_of("results")
    invocation = call.world.invocations.get(call.get("InvokeId", ""))
    known = invocation and invocation.region == call.region and invocation.created <= at
    results = list(invocation.results.values()) if invocation and known else []
    wanted = call.get("InstanceId")
    status = call.get("InvokeRecordStatus")
    found = [
        result
        for result in sorted(results, key=lambda result: result.serial)
        if wanted in (None, "", result.instance_id) and status in (None, "", invocation_status(result, at)[1])
    ]
    chunk, token = by_token(call, found, 10, 50, clamp=False)
    entries = [_result(call, invocation, result, at) for result in chunk if invocation]
    page = {"NextToken": token, "TotalCount": len(found), "PageNumber": 1, "PageSize": len(chunk)}
    return {"Invocation": {"InvocationResults": {"InvocationResult": entries}, **page}}


def invocation_status(result: Result, now: float) -> tuple[str, str]:
    """(InvocationStatus, InvokeRecordStatus) of one result now."""
    if result.stopped is not None and result.stopped <= now and result.stopped < result.finishes:
        return "Terminated", "Stopped"
    if now < result.finishes:
        return ("Pending" if now < result.starts else "Running"), "Running"
    return result.status, "Finished" if result.status == "Success" else "Failed"


def _result(call: Call, invocation: Invocation, result: Result, at: float) -> dict[str, Any]:
    status, record = invocation_status(result, at)
    answer: dict[str, Any] = {
        "InvokeId": invocation.id,
        "CommandId": invocation.command_id,
        "InstanceId": result.instance_id,
        "InvocationStatus": status,
        "InvokeRecordStatus": record,
        "Username": invocation.username,
        "StartTime": call.clock.iso(result.starts) if at >= result.starts else "",
        "StopTime": call.clock.iso(result.stopped) if record == "Stopped" else "",
        "Output": "",
        "Dropped": 0,
        "Repeats": 1,
    }
    if record in ("Finished", "Failed"):
        answer |= _outcome(call, result)
    return answer


def _outcome(call: Call, result: Result) -> dict[str, Any]:
    """What only a result that is there can say."""
    outcome = {
        "FinishedTime": call.clock.iso(result.finishes),
        "Output": _encoder(call)(result.output),
        "Dropped": result.dropped,
        "ErrorCode": result.error_code,
        "ErrorInfo": result.error_info,
    }
    return outcome if result.rc is None else {**outcome, "ExitCode": result.rc}


def _encoder(call: Call) -> Callable[[bytes], str]:
    if call.get("ContentEncoding", "Base64").lower() == "plaintext":
        return lambda output: output.decode(errors="replace")
    return lambda output: base64.b64encode(output).decode()


@action("ecs", uses="RegionId InvokeId InstanceId")
def stop_invocation(call: Call) -> Answer:
    """What runs already is marked as terminated; its script ends by itself or by its timeout."""
    check_region(call)
    ids = at_most(call, "InstanceId", AGENT_LIMIT, 403, "InstanceIds.ExceedLimit")
    invocation = call.world.invocations.get(call.params["InvokeId"])
    if invocation is None:
        raise ApiError(404, "InvalidInvokeId.NotFound", "The specified InvokeId does not exist.")
    for result in invocation.results.values():
        if (not ids or result.instance_id in ids) and call.now < result.finishes and result.stopped is None:
            result.stopped = call.now
    return {}
