# Copyright (c) 2026 evergreen.os_migration contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Write models.json: request parameters and answer fields of the simulated actions, taken from the official SDKs.

Run `python -m cloudsim.alicloud.extract_models` from tests/ with `alibabacloud-ecs20140526`,
`alibabacloud-ram20150501`, `alibabacloud-ros20190910` and `alibabacloud-smc20190601` installed. The
simulator itself needs none of them.
"""

from __future__ import annotations

import importlib
import inspect
import json
import re
import typing
from pathlib import Path
from typing import Any

TARGET = Path(__file__).with_name("models.json")
ACTIONS = {
    "alibabacloud_ecs20140526": (
        "AttachDisk",
        "AuthorizeSecurityGroupEgress",
        "CreateImage",
        "CreateSecurityGroup",
        "CreateSnapshot",
        "CreateSnapshotGroup",
        "DeleteImage",
        "DeleteInstances",
        "DeleteSecurityGroup",
        "DeleteSnapshot",
        "DeleteSnapshotGroup",
        "DescribeCloudAssistantStatus",
        "DescribeDisks",
        "DescribeImages",
        "DescribeInstanceTypes",
        "DescribeInstances",
        "DescribeInvocationResults",
        "DescribeRegions",
        "DescribeSecurityGroups",
        "DescribeSnapshotGroups",
        "DescribeSnapshots",
        "DetachDisk",
        "ListTagResources",
        "ResetDisk",
        "RunCommand",
        "RunInstances",
        "StartInstances",
        "StopInstances",
        "StopInvocation",
        "TagResources",
        "UntagResources",
    ),
    "alibabacloud_ram20150501": ("GetRole",),
    "alibabacloud_ros20190910": (
        "CreateStack",
        "DeleteStack",
        "GetStack",
        "ListStackEvents",
        "ListStacks",
        "ValidateTemplate",
    ),
    "alibabacloud_smc20190601": (
        "CreateAccessToken",
        "CreateReplicationJob",
        "DeleteAccessToken",
        "DeleteReplicationJob",
        "DeleteSourceServer",
        "DescribeReplicationJobs",
        "DescribeSourceServers",
        "DisableAccessToken",
        "ListAccessTokens",
        "StartReplicationJob",
        "StopReplicationJob",
        "TagResources",
    ),
}
SERVICES = {
    "alibabacloud_ecs20140526": "ecs",
    "alibabacloud_ram20150501": "ram",
    "alibabacloud_ros20190910": "ros",
    "alibabacloud_smc20190601": "smc",
}
# STS has one action here and no SDK of its own is worth a dependency: its documented answer, by hand.
STS = {
    "GetCallerIdentity": {
        "parameters": {},
        "required": [],
        "answer": dict.fromkeys(
            ("AccountId", "Arn", "IdentityType", "PrincipalId", "RequestId", "RoleId", "UserId"), "string"
        ),
    }
}
_SCALARS = {str: "string", int: "integer", float: "number", bool: "boolean"}
_WIRE_NAME = re.compile(
    r"if self\.(?P<scalar>\w+) is not None:\s+result\['(?P<name>\w+)'\]"
    r"|result\['(?P<list_name>\w+)'\] = \[\]\s+if self\.(?P<list>\w+) is not None"
)
_REQUIRED = re.compile(r"# This parameter is required\.\s+self\.(\w+) = ")


def wire_names(model: type) -> dict[str, str]:
    """Attribute name to name on the wire, as the model's own to_map writes them."""
    found = _WIRE_NAME.finditer(inspect.getsource(model.to_map))  # type: ignore[attr-defined]
    return {match["scalar"] or match["list"]: match["name"] or match["list_name"] for match in found}


def tree(kind: Any) -> Any:
    """A type as JSON: a scalar's name, `[item]` for a list, a mapping for a model, "object" for free-form."""
    if kind in _SCALARS:
        return _SCALARS[kind]
    if typing.get_origin(kind) is list:
        return [tree(typing.get_args(kind)[0])]
    if inspect.isclass(kind) and hasattr(kind, "to_map"):
        return fields(kind)
    return "object"


def fields(model: type) -> dict[str, Any]:
    initialiser = model.__init__  # type: ignore[misc]
    hints = typing.get_type_hints(initialiser)
    return {name: tree(hints[attribute]) for attribute, name in sorted(wire_names(model).items())}


def action_model(models: Any, action: str) -> dict[str, Any]:
    request = getattr(models, f"{action}Request", None)
    answer = fields(getattr(models, f"{action}ResponseBody"))
    if request is None:
        return {"parameters": {}, "required": [], "answer": answer}
    names = wire_names(request)
    required = sorted(names[attribute] for attribute in _REQUIRED.findall(inspect.getsource(request)))
    return {"parameters": fields(request), "required": required, "answer": answer}


def extract() -> dict[str, Any]:
    """All services; ImportError when an SDK is missing."""
    result: dict[str, Any] = {"sts": STS}
    for package, actions in ACTIONS.items():
        models = importlib.import_module(f"{package}.models")
        result[SERVICES[package]] = {action: action_model(models, action) for action in actions}
    return result


def render(models: dict[str, Any]) -> str:
    return json.dumps(models, indent=1, sort_keys=True) + "\n"


if __name__ == "__main__":
    TARGET.write_text(render(extract()), encoding="utf-8")
