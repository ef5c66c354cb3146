# Copyright (c) 2026 evergreen.os_migration contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""ROS: stacks made, looked at and deleted.

Documented: parameters and answers (the SDK's models), 200 stacks of an account, 409 StackExists and ActionInProgress,
that a client token makes one stack, that tags pass to the resources. Made up: the texts of the errors, the code of a
full account, how many names and ids a list takes, that a stack which is being made cannot be deleted, and that a
deleted one is in no list unless it is asked for by its id.
"""

from __future__ import annotations

import re
import uuid
from collections.abc import Mapping
from typing import Any

from ..core.clock import Timeline
from ..core.world import there
from . import templates
from .common import at_most, by_number, check_region, has_tags, read_tags
from .orchestration import begin_deletion
from .registry import Answer, Call, action
from .stacks import Resource, Stack
from .wire import ApiError

MOST_NAMES = 5
MOST_IDS = 20
_NAME = re.compile(r"[A-Za-z][A-Za-z0-9_-]{0,254}")
_MINUTES = (10, 1440)


@action(
    "ros",
    uses="RegionId StackName TemplateBody Parameters Tags TimeoutInMinutes DisableRollback ClientToken",
    idempotent=True,
)
def create_stack(call: Call) -> Answer:
    region = check_region(call)
    name, minutes = call.params["StackName"], call.get("TimeoutInMinutes", 60)
    if not _NAME.fullmatch(name):
        raise ApiError(400, "InvalidStackName", f"The stack name is invalid: {name}.")
    if not _MINUTES[0] <= minutes <= _MINUTES[1]:
        raise ApiError(400, "InvalidParameter", "TimeoutInMinutes must be from 10 to 1440.")
    template = templates.read(_body(call))
    values = templates.values_of(template, _given(call))
    stacks = [one for one in call.world.stacks.values() if call.now < one.gone]
    if any(one.name == name and one.region == region for one in stacks):
        raise ApiError(409, "StackExists", f"The Stack ({name}) already exists.")
    if len(stacks) >= call.world.scenario.ros.most_stacks:
        message = f"The number of stacks exceeds the limit of {call.world.scenario.ros.most_stacks}."
        raise ApiError(403, "StackLimitExceeded", message)
    stack = _new(call, template, values, minutes)
    call.world.stacks[stack.id] = stack
    return {"StackId": stack.id}


def _body(call: Call) -> str:
    if not call.get("TemplateBody"):
        raise ApiError(400, "MissingParameter.TemplateBody", "Only templates in the request are simulated.")
    return str(call.params["TemplateBody"])


def _given(call: Call) -> dict[str, str]:
    pairs = at_most(call, "Parameters", 200, 400, "InvalidParameter")
    return {pair["ParameterKey"]: pair.get("ParameterValue", "") for pair in pairs}


def _new(call: Call, template: templates.Template, values: Mapping[str, Any], minutes: int) -> Stack:
    world = call.world
    return Stack(
        id=str(uuid.uuid5(uuid.NAMESPACE_OID, f"{world.seed}:stack:{world.serial()}")),
        name=call.params["StackName"],
        region=call.region,
        created=call.now,
        template=template,
        values=values,
        tags=read_tags(call, "Tags"),
        timeout=60.0 * minutes,
        rolls_back=not call.get("DisableRollback", False),
        resources={
            name: Resource(name, raw["Type"], raw.get("Properties") or {}, template.needs[name])
            for name, raw in template.resources.items()
        },
        statuses=Timeline(("CREATE_IN_PROGRESS", "Stack CREATE started")),
        serial=world.serial(),
    )


@action("ros", uses="RegionId TemplateBody")
def validate_template(call: Call) -> Answer:
    """The template alone: what is given for its parameters is not looked at."""
    template = templates.read(_body(call))
    outputs = [{"OutputKey": name, "Description": str(raw.get("Description", ""))} for name, raw in _outputs(template)]
    return {"Description": template.description, "Outputs": outputs}


def _outputs(template: templates.Template) -> list[tuple[str, Mapping[str, Any]]]:
    return list(template.outputs.items())


@action("ros", uses="RegionId StackId")
def get_stack(call: Call) -> Answer:
    stack = _found(call)
    answer = _listed(call, stack, call.now)
    made = [one for one in stack.resources.values() if one.status == "CREATE_COMPLETE"]
    answer |= {
        "Description": stack.template.description,
        "TemplateDescription": stack.template.description,
        "ResourceProgress": {
            "TotalResourceCount": len(stack.resources),
            "SuccessResourceCount": len(made),
        },
        "Outputs": _told(stack) if stack.status(call.now) == "CREATE_COMPLETE" else [],
    }
    return answer


def _told(stack: Stack) -> list[dict[str, Any]]:
    return [
        {
            "OutputKey": name,
            "Description": str(raw.get("Description", "No description given")),
            "OutputValue": stack.scope.resolved(raw["Value"]),
        }
        for name, raw in stack.template.outputs.items()
    ]


def _found(call: Call) -> Stack:
    stack: Stack | None = call.world.stacks.get(call.params["StackId"])
    if stack is None or stack.region != check_region(call):
        raise ApiError(404, "StackNotFound", f"The Stack ({call.params['StackId']}) could not be found.")
    return stack


def _listed(call: Call, stack: Stack, at: float) -> dict[str, Any]:
    status, reason = stack.statuses.at(at)
    answer = {
        "StackId": stack.id,
        "StackName": stack.name,
        "RegionId": stack.region,
        "Status": status,
        "StatusReason": reason,
        "CreateTime": call.clock.iso(stack.created).removesuffix("Z"),
        "TimeoutInMinutes": int(stack.timeout // 60),
        "DisableRollback": not stack.rolls_back,
        "DeletionProtection": "Disabled",
        "StackType": "ROS",
        "Tags": [{"Key": key, "Value": value} for key, value in stack.tags.items()],
    }
    told = stack.failure if stack.failure and stack.failure[1].action else None
    if told and status not in ("CREATE_COMPLETE", "DELETE_IN_PROGRESS", "DELETE_COMPLETE"):
        resource, failure = told
        answer["OperationInfo"] = {
            "Code": failure.code,
            "Message": failure.message,
            "Action": failure.action,
            "ResourceType": resource.type,
            "LogicalResourceId": resource.name,
        }
    return answer


@action("ros", uses="RegionId StackName StackIds StackId Status Tag PageNumber PageSize", ignores="ShowNestedStack")
def list_stacks(call: Call) -> Answer:
    region, at = check_region(call), call.as_of("stacks")
    names = at_most(call, "StackName", MOST_NAMES, 400, "InvalidParameter")
    ids = {*at_most(call, "StackIds", MOST_IDS, 400, "InvalidParameter"), *filter(None, [call.get("StackId")])}
    status = call.get("Status") or []
    lag = call.world.scenario.consistency_lag
    found = [
        one
        for one in call.world.stacks.values()
        if one.region == region
        and one.created + lag <= at
        and (at < one.gone or one.id in ids)
        and (not names or one.name in names)
        and (not ids or one.id in ids)
        and (not status or one.status(at) in status)
        and has_tags(call, one.tags)
    ]
    chunk, page = by_number(call, sorted(found, key=lambda one: -one.serial), 10, 50)
    return {"Stacks": [_listed(call, one, at) for one in chunk], **page}


@action("ros", uses="RegionId StackId Status LogicalResourceId ResourceType PageNumber PageSize")
def list_stack_events(call: Call) -> Answer:
    """The newest first."""
    stack = _found(call)
    wanted = {
        name: at_most(call, name, 20, 400, "InvalidParameter")
        for name in ("Status", "LogicalResourceId", "ResourceType")
    }
    events = [
        {
            "EventId": one.id,
            "StackId": stack.id,
            "StackName": stack.name,
            "LogicalResourceId": one.resource,
            "PhysicalResourceId": one.physical,
            "ResourceType": one.type,
            "Status": one.status,
            "StatusReason": one.reason,
            "CreateTime": call.clock.iso(one.at).removesuffix("Z"),
        }
        for one in reversed(stack.events)
        if one.at <= call.now
    ]
    found = [one for one in events if all(not values or one[name] in values for name, values in wanted.items())]
    size, number = call.get("PageSize", 10), call.get("PageNumber", 1)
    page = found[(number - 1) * size : number * size]
    return {"Events": page, "PageNumber": number, "PageSize": size, "TotalCount": len(found)}


@action("ros", uses="RegionId StackId")
def delete_stack(call: Call) -> Answer:
    """What is being deleted, or is, need not be deleted again."""
    stack = _found(call)
    status = stack.statuses.last()[0]
    if status in ("DELETE_IN_PROGRESS", "DELETE_COMPLETE") or there(call.world.stacks, stack.id, call.now) is None:
        return {}
    if stack.moving:
        doing = status.removesuffix("_IN_PROGRESS")
        message = f"Stack {stack.name} already has an action ({doing}) in progress."
        raise ApiError(409, "ActionInProgress", message)
    stack.failure = None
    begin_deletion(stack, call.now)
    return {}
