# Copyright (c) 2026 evergreen.os_migration contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Cloud Assistant: run scripts in guests."""

from __future__ import annotations

import base64
import binascii
from collections.abc import Mapping, Sequence
from typing import Any

from ..._core.model import Command, CommandResult
from ..base import Script
from .rpc import Rpc

_TYPES = {"sh": "RunShellScript", "powershell": "RunPowerShellScript"}
_OVER = {"Success": "finished", "Failed": "finished", "Timeout": "timed_out"}
_UNDER_WAY = ("Pending", "Running", "Scheduled", "Stopping")


class Assistant:
    """The agent's verbs of one account in one region."""

    def __init__(self, rpc: Rpc) -> None:
        self._rpc = rpc

    def run(self, instance_ids: Sequence[str], script: Script, token: str, purpose: str) -> Command:
        """Start a script in up to 50 guests; the same token starts it once."""
        answer = self._rpc.request(
            "ecs",
            "RunCommand",
            RegionId=self._rpc.region,
            Type=_TYPES[script.shell],
            CommandContent=base64.b64encode(script.content.encode()).decode(),
            ContentEncoding="Base64",
            InstanceId=list(instance_ids),
            Timeout=script.timeout,
            ClientToken=token,
            Username=script.username or None,
            WorkingDir=script.working_directory or None,
        )
        return Command(purpose, answer["InvokeId"])

    def results(self, invocation_id: str) -> dict[str, CommandResult]:
        """Return how far an invocation is in each of its guests."""
        found = self._rpc.pages(
            "ecs",
            "DescribeInvocationResults",
            "Invocation.InvocationResults.InvocationResult",
            50,
            RegionId=self._rpc.region,
            InvokeId=invocation_id,
        )
        return {raw["InstanceId"]: to_result(raw) for raw in found}


def to_result(raw: Mapping[str, Any]) -> CommandResult:
    """Translate an entry of DescribeInvocationResults.

    The agent sends both streams as one, so ``stdout`` holds both and ``stderr`` the agent's own words.
    """
    status = str(raw.get("InvocationStatus"))
    code = raw.get("ExitCode")
    ran = status in _OVER and code is not None
    return CommandResult(
        status="running" if status in _UNDER_WAY else _OVER.get(status, "failed"),
        exit_code=int(code) if ran and code is not None else None,
        stdout=_decoded(str(raw.get("Output") or "")),
        stderr=str(raw.get("ErrorInfo") or ""),
        dropped_bytes=int(raw.get("Dropped") or 0),
        error_code=str(raw.get("ErrorCode") or ""),
    )


def _decoded(output: str) -> str:
    try:
        return base64.b64decode(output, validate=True).decode("utf-8", errors="replace")
    except (binascii.Error, ValueError):
        return output
