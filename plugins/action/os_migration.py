# Copyright (c) 2026 evergreen.os_migration contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Run a module of the collection with what the task's variables say of the clouds, and show how far it is.

The module runs once, to its end. It writes lines of progress to a private file and ends itself when ansible-playbook,
or the worker that waits for it, is gone: the next run finds everything in the cloud.
"""

from __future__ import annotations

import os
import tempfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from threading import Event, Thread
from typing import Any

from ansible import constants as C  # noqa: N812 - what Ansible calls it everywhere
from ansible.errors import AnsibleActionFail
from ansible.plugins.action import ActionBase
from ansible.utils.display import Display
from ansible_collections.evergreen.os_migration.plugins.module_utils._clouds import PROVIDERS
from ansible_collections.evergreen.os_migration.plugins.module_utils._core.codec import unpack
from ansible_collections.evergreen.os_migration.plugins.module_utils._files import located
from ansible_collections.evergreen.os_migration.plugins.module_utils._processes import started

display = Display()

COLLECTION = "evergreen.os_migration"
MIGRATION = "os_migration"
INFO = "instance_info"
GUEST_SCRIPTS = Path(__file__).parents[2] / "guest"
_MARK = f"# {COLLECTION} guest facts"
#: Seconds between two looks at the file of progress.
GLANCE = 0.5
#: Set here, of no use to a reader of the result.
_OWN_ARGUMENTS = ("progress_file", "watched", "guest_scripts")


def guest_scripts() -> dict[str, str]:
    """Return the texts of the guest facts scripts by type of system."""
    names = {"linux": "facts.sh", "windows": "facts.ps1"}
    texts = {system: (GUEST_SCRIPTS / name).read_text(encoding="utf-8") for system, name in names.items()}
    return {**texts, "linux": as_sent(texts["linux"])}


def as_sent(script: str) -> str:
    """Return a shell script without its comments, blank lines and indentation: the agents take little more than that.

    Its first line and the line by which the script is known stay.
    """
    lines = [line.lstrip(" ") for line in script.splitlines()]
    kept = [line for line in lines if line and (not line.startswith("#") or line.startswith(("#!", _MARK)))]
    return "\n".join([*kept, ""])


class ActionModule(ActionBase):
    """The modules that take a list of instances; which one, the task says."""

    _supports_check_mode = True
    _supports_async = True
    _supports_diff = True

    def run(self, tmp: str | None = None, task_vars: dict[str, Any] | None = None) -> dict[str, Any]:
        """Run the module to its end."""
        super().run(tmp, task_vars)
        variables = task_vars or {}
        module = str(self._task.action).rpartition(".")[2]
        arguments = {**self._of_clouds(module, variables), **located(self._task.args, "results_file")}
        if module != INFO:
            arguments["guest_scripts"] = guest_scripts()
        if module != MIGRATION:
            return self._answer(module, arguments, variables, wrap_async=self._task.async_val)
        if self._task.async_val:
            raise AnsibleActionFail("os_migration shows its progress and does not support async.")
        if self._connection.transport != "local":
            return self._answer(module, arguments, variables)  # neither file nor processes are there
        with _progress() as file:
            return self._answer(module, {**arguments, "progress_file": file, "watched": watched()}, variables)

    def _answer(self, module: str, arguments: dict[str, Any], variables: dict[str, Any], **how: Any) -> dict[str, Any]:
        answer = self._execute_module(f"{COLLECTION}.{module}", module_args=arguments, task_vars=variables, **how)
        return _complete(answer)

    def _of_clouds(self, module: str, variables: Mapping[str, Any]) -> dict[str, Any]:
        """Return the options of clouds as the variables say them, where they do: os_migration_alicloud and so on."""
        given = {
            option: variables[name]
            for option in _options_of_clouds(module)
            if option not in self._task.args and (name := f"os_migration_{option}") in variables
        }
        # Omitted values: left out of a dict by some versions of Ansible, marked by the others.
        found: Mapping[str, Any] = self._templar.template(given)
        return {name: value for name, value in found.items() if value is not None and value != variables.get("omit")}


def _options_of_clouds(module: str) -> tuple[str, ...]:
    """Return the options that a module has for clouds: their connections, and for migrations also their services'."""
    return tuple(
        option
        for name, provider in PROVIDERS.items()
        for option in (provider.options if module == MIGRATION else (name,))
    )


def watched() -> list[tuple[int, str]]:
    """Return ansible-playbook and this worker as process ids with their start times, where the system tells them."""
    return [(process, start) for process in (os.getppid(), os.getpid()) if (start := started(process))]


@contextmanager
def _progress() -> Iterator[str]:
    """Give the path of a private file, and show its lines as they come; what is there at the end is shown too."""
    handle, path = tempfile.mkstemp(prefix="os_migration-", dir=C.DEFAULT_LOCAL_TMP)
    os.close(handle)
    over = Event()
    follower = Thread(target=_follow, args=(path, over), daemon=True)
    follower.start()
    try:
        yield path
    finally:
        over.set()
        follower.join()
        os.unlink(path)


def _follow(path: str, over: Event) -> None:
    with open(path, encoding="utf-8", errors="replace") as file:
        line, ended = "", False
        while not ended:
            ended = over.wait(GLANCE)  # first, so that one more look follows the end
            for part in file:
                line += part
                if line.endswith("\n"):
                    display.display(f"os_migration: {line.rstrip()}")
                    line = ""


def _complete(answer: dict[str, Any]) -> dict[str, Any]:
    """Return the module's answer as the user is to see it."""
    if "packed_results" in answer:
        answer["results"] = unpack(answer.pop("packed_results"))
    arguments = answer.get("invocation", {}).get("module_args", {})
    for name in _OWN_ARGUMENTS:
        arguments.pop(name, None)
    return answer
