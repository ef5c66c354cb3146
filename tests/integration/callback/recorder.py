# Copyright (c) 2026 evergreen.os_migration contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Note how large the events are that ansible-runner would send to AWX: a task's result, and what is printed of it."""

from __future__ import annotations

import json
import os
from typing import Any

from ansible.plugins.callback import CallbackBase

DOCUMENTATION = r"""
name: recorder
type: aggregate
short_description: Note the sizes of events
description: Writes a line of JSON for each event to the file that the variable RECORDED names.
"""


class CallbackModule(CallbackBase):  # type: ignore[misc]
    """One line for each event: its kind, task, host, bytes of its data, and bytes of what is printed."""

    CALLBACK_VERSION = 2.0
    CALLBACK_TYPE = "aggregate"
    CALLBACK_NAME = "recorder"

    def _note(self, kind: str, data: Any, printed: str = "", **more: Any) -> None:
        size = len(json.dumps(data, default=str))
        with open(os.environ["RECORDED"], "a", encoding="utf-8") as file:
            file.write(json.dumps({"event": kind, "size": size, "printed": len(printed.encode()), **more}) + "\n")

    def _note_result(self, kind: str, result: Any) -> None:
        task, content = result._task, getattr(result, "result", None) or result._result
        data = {
            "playbook": "x" * 100,
            "play": "x" * 100,
            "play_pattern": "x" * 36,
            "uuids": ["x" * 36] * 4,
            "times": ["x" * 26] * 3,
            "task": task.get_name(),
            "task_action": task.action,
            "resolved_action": task.action,
            "task_args": dict(task.args),
            "task_path": task.get_path(),
            "role": str(task._role),
            "host": result._host.get_name(),
            "remote_addr": result._host.get_name(),
            "res": content,
        }
        printed = f"fatal: [{result._host}]: FAILED! => {json.dumps(content, default=str, indent=4)}"
        self._note(kind, data, printed, action=task.action, host=result._host.get_name())

    def v2_runner_on_ok(self, result: Any) -> None:
        """Note the size."""
        self._note_result("runner_on_ok", result)

    def v2_runner_on_failed(self, result: Any, ignore_errors: bool = False) -> None:
        """Note the size."""
        self._note_result("runner_on_failed", result)

    def v2_runner_on_skipped(self, result: Any) -> None:
        """Note the size."""
        self._note_result("runner_on_skipped", result)

    def v2_playbook_on_stats(self, stats: Any) -> None:
        """Note the statistics that plays set; the counts of each host beside them are Ansible's own."""
        self._note("playbook_on_stats", stats.custom)
