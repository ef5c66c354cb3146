# Copyright (c) 2026 evergreen.os_migration contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Serve all hosts that enrolled by one call. What becomes of them is each host's own, so this task never fails."""

from __future__ import annotations

from typing import Any

from ansible_collections.evergreen.os_migration.plugins.plugin_utils._actions import PhaseAction


class ActionModule(PhaseAction):
    """The second task of a role, once for all hosts."""

    def run(self, tmp: str | None = None, task_vars: dict[str, Any] | None = None) -> dict[str, Any]:
        """Serve the batch."""
        result: dict[str, Any] = super().run(tmp, task_vars)
        return {**result, **self.serve(task_vars or {})}
