# Copyright (c) 2026 evergreen.os_migration contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Give the module what it cannot find: the collection's texts (only Python travels with it), and where the user is."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from ansible.plugins.action import ActionBase
from ansible_collections.evergreen.os_migration.plugins.module_utils._files import located

MODULE = "evergreen.os_migration.fleet_report"
REPORT = Path(__file__).parents[2] / "report"


def resources() -> dict[str, str]:
    """Return the page's parts and the words of every language, by their path in the directory report."""
    files = [*REPORT.glob("page.*"), *REPORT.glob("words/*.json")]
    return {str(path.relative_to(REPORT)): path.read_text(encoding="utf-8") for path in sorted(files)}


class ActionModule(ActionBase):
    """The module with its texts, and with absolute paths."""

    _supports_check_mode = True
    _supports_async = False

    def run(self, tmp: str | None = None, task_vars: dict[str, Any] | None = None) -> dict[str, Any]:
        """Run the module, and do not show the texts among the user's arguments."""
        super().run(tmp, task_vars)
        arguments = {**located(self._task.args, "src", "dest", "previous"), "resources": resources()}
        answer: dict[str, Any] = self._execute_module(MODULE, module_args=arguments, task_vars=task_vars)
        answer.get("invocation", {}).get("module_args", {}).pop("resources", None)
        return answer
