# Copyright (c) 2026 evergreen.os_migration contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Give a host its own outcome. Where Ansible left the task before out with its first host, serve the batch first."""

from __future__ import annotations

from typing import Any

from ansible import context
from ansible_collections.evergreen.os_migration.plugins.plugin_utils._actions import PhaseAction

_NOTHING = (
    "it took no part: the task that enrols it was left out, or whoever served the batch was stopped. "
    "Run the role again as a whole; what is under way in the cloud is followed."
)


class ActionModule(PhaseAction):
    """The last task of a role, for every host that has taken part."""

    def run(self, tmp: str | None = None, task_vars: dict[str, Any] | None = None) -> dict[str, Any]:
        """Return what became of the task's host."""
        result: dict[str, Any] = super().run(tmp, task_vars)
        variables = task_vars or {}
        host = str(variables["inventory_hostname"])
        if context.CLIARGS.get("step") and self.room.outcome(host) is None:
            return {**result, "failed": True, "msg": f"{host}: the task that serves the batch was left out by --step."}
        return {**result, **self._outcome(host, variables)}

    def _outcome(self, host: str, variables: dict[str, Any]) -> dict[str, Any]:
        """Return the host's outcome; if nobody serves the batch, this host does."""
        served: dict[str, Any] = {}
        while True:
            coming = self.room.coming(host)  # asked first: the outcome is there before that ends
            outcome = self.room.outcome(host)
            if outcome is not None:
                return {**outcome, **served}
            if not coming:
                return {"failed": True, "msg": f"{host}: {_NOTHING}"}
            with self.room.claimed() as mine:
                if mine:
                    told = self.serve(variables)
                    served = {name: told[name] for name in ("warnings", "ansible_stats") if name in told}
