# Copyright (c) 2026 evergreen.os_migration contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Run a module of the collection with what the task's variables say of the clouds, and show how far it is."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from ansible.errors import AnsibleActionFail
from ansible.plugins.action import ActionBase
from ansible_collections.evergreen.os_migration.plugins.module_utils._files import located
from ansible_collections.evergreen.os_migration.plugins.plugin_utils import _calls as calls


class ActionModule(ActionBase):
    """The modules that ask clouds; which one, the task says."""

    _supports_check_mode = True
    _supports_async = True
    _supports_diff = True

    def run(self, tmp: str | None = None, task_vars: dict[str, Any] | None = None) -> dict[str, Any]:
        """Run the module to its end."""
        super().run(tmp, task_vars)
        _refuse_broken_dates(self._task.args)
        variables = task_vars or {}
        module = str(self._task.action).rpartition(".")[2]
        given = {**self._of_clouds(module, variables), **located(self._task.args, "results_file", "approval_file")}
        if module in calls.SECRETIVE and self._task.async_val:
            raise AnsibleActionFail(f"{module} can return a secret, so it does not support async.")
        if module not in calls.SHOWN:
            return self._answer(module, given, variables, wrap_async=self._task.async_val)
        if self._task.async_val:
            raise AnsibleActionFail(f"{module} shows its progress and does not support async.")
        if self._connection.transport != "local":
            return self._answer(module, given, variables)  # neither file nor processes are there
        with calls.progress() as file:
            return self._answer(module, given, variables, file)

    def _answer(
        self, module: str, given: dict[str, Any], variables: dict[str, Any], file: str = "", **how: Any
    ) -> dict[str, Any]:
        name, arguments = f"{calls.COLLECTION}.{module}", {**given, **calls.own_arguments(module, file)}
        return calls.complete(self._execute_module(name, module_args=arguments, task_vars=variables, **how))

    def _of_clouds(self, module: str, variables: Mapping[str, Any]) -> dict[str, Any]:
        """Return the options of clouds as the variables say them, where they do: os_migration_alicloud and so on."""
        given = {
            option: variables[name]
            for option in calls.options_of_clouds(module)
            if option not in self._task.args and (name := f"os_migration_{option}") in variables
        }
        # Omitted values: left out of a dict by some versions of Ansible, marked by the others.
        found: Mapping[str, Any] = self._templar.template(given)
        return {name: value for name, value in found.items() if value is not None and value != variables.get("omit")}


def _refuse_broken_dates(given: Mapping[str, Any]) -> None:
    """Say what is wrong with an option that came out of a template as text, because a date without quotes is in it.

    Until ansible-core 2.18 a template makes a text of a list, and reads it again, which it cannot where a date is.
    """
    for option, value in given.items():
        texts = value if isinstance(value, list) else [value]
        if any(isinstance(text, str) and "datetime.date" in text for text in texts):
            raise AnsibleActionFail(
                f"{option}: a date without quotes keeps this ansible-core from templating it. Write dates in quotes, "
                'such as expires: "2026-12-31".'
            )
