# Copyright (c) 2026 evergreen.os_migration contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Resource Orchestration Service: stacks."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from ..._core.model import Blueprint, Problem, Stack
from ..._core.tag import STACK_KEY
from ..._errors import CloudError, Moved
from .chunks import chunks
from .errors import Meaning, meaning_of, remedy_for
from .rpc import Rpc, entries, text

# What one page has at the most; how many names and ids a list takes is not documented, so few are asked for.
_PAGE, _NAMES, _IDS = 50, 5, 20
#: Statuses are VERB_STATE; an update or an import that failed and was rolled back leaves the stack as it was before.
_STATUS: Mapping[str, str] = {
    "CREATE_IN_PROGRESS": "making",
    "CREATE_FAILED": "failed",
    "CREATE_ROLLBACK_IN_PROGRESS": "undoing",
    "CREATE_ROLLBACK_COMPLETE": "undone",
    "CREATE_ROLLBACK_FAILED": "failed",
    "DELETE_IN_PROGRESS": "deleting",
    "DELETE_FAILED": "stuck",
    "DELETE_COMPLETE": "gone",
}
# What Heat, which ROS has its statuses and reasons from, says of a creation that was too slow: "Create timed out".
_LATE = re.compile(r"\btimed? ?out\b", re.IGNORECASE)
_FAILED = ("CREATE_FAILED", "DELETE_FAILED", "CREATE_ROLLBACK_IN_PROGRESS")


class Stacks:
    """The stacks of one account in one region; see :class:`base.Stacks`."""

    def __init__(self, rpc: Rpc) -> None:
        self._rpc = rpc

    def find(self, names: Sequence[str] = ()) -> dict[str, Stack]:
        """Return the stacks of these names, or all, by name."""
        asked = [{"StackName": list(some)} for some in chunks(tuple(names), _NAMES)] if names else [{}]
        found = (to_stack(raw) for only in asked for raw in self._listed(**only))
        return {one.name: one for one in found if one.status != "gone"}

    def read(self, stack_ids: Sequence[str]) -> dict[str, Stack]:
        """Return how far stacks are, by id."""
        found = (to_stack(raw) for ids in chunks(tuple(stack_ids), _IDS) for raw in self._listed(StackIds=list(ids)))
        return {one.id: one for one in found}

    def _listed(self, **only: Any) -> Iterable[dict[str, Any]]:
        return self._rpc.numbered_pages("ros", "ListStacks", "Stacks", _PAGE, RegionId=self._rpc.region, **only)

    def whole(self, stack_id: str) -> Stack | None:
        """Return a stack with its outputs, and with the resource that made it fail."""
        try:
            raw = self._rpc.request("ros", "GetStack", needs="Status", RegionId=self._rpc.region, StackId=stack_id)
        except CloudError as refusal:
            if meaning_of(refusal.problem.code) is Meaning.GONE:
                return None
            raise
        stack = to_stack(raw)
        if stack.status not in ("undone", "undoing", "failed", "stuck") or raw.get("OperationInfo"):
            return stack
        return to_stack({**raw, **self._from_events(stack_id)})

    def _from_events(self, stack_id: str) -> Mapping[str, Any]:
        """Return what the events say of the failure, where the stack itself does not tell it.

        The newest come first. Of resources the one that failed first counts: others fail since they are stopped then.
        What the stack said when it failed is no longer its reason once all is undone.
        """
        events = list(
            self._rpc.numbered_pages(
                "ros",
                "ListStackEvents",
                "Events",
                _PAGE,
                RegionId=self._rpc.region,
                StackId=stack_id,
                Status=list(_FAILED),
            )
        )
        failed = [one for one in events if text(one, "PhysicalResourceId") != stack_id]
        own = [text(one, "StatusReason") for one in events if text(one, "PhysicalResourceId") == stack_id]
        reason = {"StatusReason": own[-1]} if own else {}
        if not failed:
            return reason
        return {**reason, "OperationInfo": {**failed[-1], "Message": text(failed[-1], "StatusReason")}}

    def check(self, blueprint: Blueprint) -> None:
        """Have the template validated."""
        self._rpc.request("ros", "ValidateTemplate", RegionId=self._rpc.region, **_template(blueprint))

    def make(self, blueprint: Blueprint, token: str) -> str:
        """Begin to make a stack."""
        tags = {**blueprint.tags, STACK_KEY: blueprint.label}
        try:
            answer = self._rpc.request(
                "ros",
                "CreateStack",
                needs="StackId",
                token=token,
                RegionId=self._rpc.region,
                StackName=blueprint.name,
                TimeoutInMinutes=blueprint.minutes,
                Parameters=[
                    {"ParameterKey": key, "ParameterValue": value} for key, value in blueprint.parameters.items()
                ],
                Tags=[{"Key": key, "Value": value} for key, value in tags.items()],
                **_template(blueprint),
            )
        except CloudError as refusal:
            if meaning_of(refusal.problem.code) is Meaning.TAKEN:
                raise Moved(refusal.problem) from None
            raise
        return str(answer["StackId"])

    def delete(self, stack_id: str) -> None:
        """Begin to delete a stack."""
        try:
            self._rpc.request("ros", "DeleteStack", RegionId=self._rpc.region, StackId=stack_id)
        except CloudError as refusal:
            if meaning_of(refusal.problem.code) is not Meaning.GONE:
                raise


def _template(blueprint: Blueprint) -> dict[str, Any]:
    return {"TemplateBody": blueprint.template or None, "TemplateURL": blueprint.url or None}


def to_stack(raw: Mapping[str, Any]) -> Stack:
    """Translate an entry of ListStacks, or the answer of GetStack."""
    said, reason = text(raw, "Status"), text(raw, "StatusReason")
    status = _STATUS.get(said) or ("busy" if said.endswith("_IN_PROGRESS") else "")
    ended_well = said.endswith("_COMPLETE")
    tags = {text(tag, "Key"): text(tag, "Value") for tag in entries(raw, "Tags")}
    return Stack(
        name=text(raw, "StackName"),
        id=text(raw, "StackId"),
        status=status or ("ready" if ended_well else "failed"),
        said=said,
        label=tags.get(STACK_KEY, ""),
        created=f"{text(raw, 'CreateTime').removesuffix('Z')}Z",
        fault=_fault(raw.get("OperationInfo") or {}, reason),
        late=bool(_LATE.search(reason)),
        outputs={text(one, "OutputKey"): _value(one.get("OutputValue")) for one in entries(raw, "Outputs")},
    )


def _fault(info: Mapping[str, Any], reason: str) -> Problem | None:
    """Return which resource failed and why, else what the service says of the status; some texts end with a stop."""
    code, message = text(info, "Code"), text(info, "Message").rstrip(".")
    if not message:
        return Problem("", reason.rstrip("."), "") if reason else None
    kind = text(info, "ResourceType")
    what = f"{text(info, 'LogicalResourceId')} ({kind})" if kind else text(info, "LogicalResourceId")
    return Problem(code, ": ".join(filter(None, (what, code, message))), remedy_for(code) if code else "")


def _value(value: Any) -> Any:
    """Return an output's value as it is; a text that holds a list or an object as that."""
    if not isinstance(value, str) or value[:1] not in ("[", "{"):
        return value
    try:
        return json.loads(value)
    except ValueError:
        return value
