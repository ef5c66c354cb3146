# Copyright (c) 2026 evergreen.os_migration contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Let a host take part in a batch: check what it wishes for its instance, and write that down for whoever serves it."""

from __future__ import annotations

from typing import Any

from ansible_collections.evergreen.os_migration.plugins.module_utils._core.telling import failure
from ansible_collections.evergreen.os_migration.plugins.plugin_utils._actions import PhaseAction
from ansible_collections.evergreen.os_migration.plugins.plugin_utils._events import fitting
from ansible_collections.evergreen.os_migration.plugins.plugin_utils._wishes import Refusal, enrolment


class ActionModule(PhaseAction):
    """The first task of a role, for every host that is to take part."""

    def run(self, tmp: str | None = None, task_vars: dict[str, Any] | None = None) -> dict[str, Any]:
        """Enrol the task's host."""
        result: dict[str, Any] = super().run(tmp, task_vars)
        variables = task_vars or {}
        host = str(variables["inventory_hostname"])
        why = self.refusal()
        if why:
            return {**result, "failed": True, "msg": f"{host}: {why}"}
        try:
            groups = list(variables.get("group_names") or ())
            mine = enrolment(host, self.phase, self.reader(variables), self.given, groups)
        except Refusal as refusal:
            instance_id = str(variables.get("instance_id") or "")
            told = failure(host, instance_id, refusal.code, refusal.message, refusal.remedy)
            return {**result, **fitting(told)}
        self.room.enrol(host, mine.plain)
        return {**result, "changed": False}
