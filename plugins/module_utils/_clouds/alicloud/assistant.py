# Copyright (c) 2026 evergreen.os_migration contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Cloud Assistant: run scripts in guests."""

from __future__ import annotations

import base64
import binascii
from collections.abc import Mapping, Sequence
from typing import Any

from ..._core.model import CommandResult
from ..base import Script
from .rpc import Rpc, number, text

_TYPES = {"sh": "RunShellScript", "powershell": "RunPowerShellScript"}
_STATUS = {
    **dict.fromkeys(("Success", "Failed"), "finished"),
    **dict.fromkeys(("Pending", "Running", "Scheduled", "Stopping"), "running"),
    "Timeout": "timed_out",
}
#: Why the agent did not run a script, in the core's words.
_TROUBLES = {"ScriptFileExisted": "sent_twice"}


class Agents:
    """The agents in the guests of one account in one region."""

    def __init__(self, rpc: Rpc) -> None:
        self._rpc = rpc

    def run(self, instance_ids: Sequence[str], script: Script, token: str) -> str:
        """Start a script in up to 50 guests; the same token starts it once."""
        answer = self._rpc.request(
            "ecs",
            "RunCommand",
            needs="InvokeId",
            RegionId=self._rpc.region,
            Type=_TYPES[script.shell],
            CommandContent=base64.b64encode(script.content.encode()).decode(),
            ContentEncoding="Base64",
            InstanceId=list(instance_ids),
            Timeout=script.timeout,
            TerminationMode="ProcessTree",  # all that the script has started; an old agent ends the script alone
            token=token,
            Username=script.username or None,
            WorkingDir=script.working_directory or None,
        )
        return str(answer["InvokeId"])

    def results(self, invocation: str, instance_ids: Sequence[str]) -> dict[str, CommandResult]:
        """Return how far an invocation is in the guests."""
        found = self._rpc.pages(
            "ecs",
            "DescribeInvocationResults",
            "Invocation.InvocationResults.InvocationResult",
            50,
            RegionId=self._rpc.region,
            InvokeId=invocation,
        )
        wanted = frozenset(instance_ids)
        return {raw["InstanceId"]: to_result(raw) for raw in found if raw["InstanceId"] in wanted}


def to_result(raw: Mapping[str, Any]) -> CommandResult:
    """Translate an entry of DescribeInvocationResults.

    The agent sends both streams as one, so ``stdout`` holds both and ``stderr`` the agent's own words.
    """
    status = _STATUS.get(text(raw, "InvocationStatus"), "failed")
    if status == "finished" and raw.get("ExitCode") is None:
        status = "failed"  # the agent could not even start it: no such user, no such directory
    return CommandResult(
        status=status,
        exit_code=number(raw, "ExitCode") if status == "finished" else None,
        stdout=_decoded(text(raw, "Output")),
        stderr=text(raw, "ErrorInfo"),
        dropped_bytes=number(raw, "Dropped"),
        error_code=text(raw, "ErrorCode"),
        trouble=_TROUBLES.get(text(raw, "ErrorCode"), ""),
    )


def _decoded(output: str) -> str:
    try:
        return base64.b64decode(output, validate=True).decode("utf-8", errors="backslashreplace")
    except (binascii.Error, ValueError):
        return output
