# Copyright (c) 2026 evergreen.os_migration contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Call the module in short slices and print a line of progress after each.

Slices keep the work visible, and keep it from going on alone: when ansible-playbook is killed, no more than one slice
is left of it, and the next run finds everything in the cloud.
"""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

from ansible.errors import AnsibleActionFail
from ansible.plugins.action import ActionBase
from ansible.utils.display import Display
from ansible_collections.evergreen.os_migration.plugins.module_utils._core.codec import unpack
from ansible_collections.evergreen.os_migration.plugins.module_utils._files import located

display = Display()

MODULE = "evergreen.os_migration.os_migration"
PROGRESS_INTERVAL = 15
GUEST_SCRIPTS = Path(__file__).parents[2] / "guest"
#: Set here, of no use to a reader of the result.
_OWN_ARGUMENTS = ("progress_interval", "checkpoint", "guest_scripts")


def guest_scripts() -> dict[str, str]:
    """Return the texts of the guest facts scripts by type of system."""
    names = {"linux": "facts.sh", "windows": "facts.ps1"}
    return {system: (GUEST_SCRIPTS / name).read_text(encoding="utf-8") for system, name in names.items()}


class ActionModule(ActionBase):
    """The module's progress on the controller's screen."""

    _supports_check_mode = True
    _supports_async = False
    _supports_diff = True

    def run(self, tmp: str | None = None, task_vars: dict[str, Any] | None = None) -> dict[str, Any]:
        """Run slices until the module has finished."""
        super().run(tmp, task_vars)
        parent = os.getppid()
        given = located(self._task.args, "results_file")
        arguments = {"progress_interval": PROGRESS_INTERVAL, **given, "guest_scripts": guest_scripts()}
        while True:
            answer: dict[str, Any] = self._execute_module(MODULE, module_args=arguments, task_vars=task_vars)
            if not answer.get("unfinished"):
                return _complete(answer)
            display.display(f"os_migration: {answer['summary']['text']}")
            if os.getppid() != parent:
                raise AnsibleActionFail("ansible-playbook is gone; run it again to go on.")
            arguments["checkpoint"] = answer["checkpoint"]


def _complete(answer: dict[str, Any]) -> dict[str, Any]:
    """Return the module's last answer as the user is to see it."""
    if "packed_results" in answer:
        answer["results"] = unpack(answer.pop("packed_results"))
    arguments = answer.get("invocation", {}).get("module_args", {})
    for name in _OWN_ARGUMENTS:
        arguments.pop(name, None)
    return answer
