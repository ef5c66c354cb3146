# Copyright (c) 2026 evergreen.os_migration contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Screen output for fleets: what hosts have in common is said once."""

from __future__ import annotations

DOCUMENTATION = r"""
name: fleet
type: stdout
short_description: Screen output for fleets
version_added: 0.2.0
description:
  - Shows the phases of this collection in a few lines, however many hosts take part. Hosts of which the same is to be
    told share a line, with up to five names; those that failed share their problem's code and its remedy.
  - The recap has one line for all hosts with equal counts.
  - The tasks of other collections are shown as by Ansible's own output P(ansible.builtin.default#callback), and so is
    everything with C(-v).
extends_documentation_fragment:
  - default_callback
  - result_format_callback
requirements:
  - Set C(stdout_callback = evergreen.os_migration.fleet) in the section C(defaults) of C(ansible.cfg), or the variable
    E(ANSIBLE_STDOUT_CALLBACK).
author:
  - evergreen.os_migration contributors (@evergreen)
"""

from typing import Any

from ansible import constants as C  # noqa: N812 - what Ansible calls it everywhere
from ansible.plugins.callback.default import CallbackModule as Default
from ansible_collections.evergreen.os_migration.plugins.plugin_utils import _shown

#: Tasks that are shown by what they lead to; of the others of the collection the banner is shown.
_QUIET = tuple(f"{_shown.COLLECTION}.{name}" for name in ("enrol", "host_result"))
_OURS = (*_QUIET, f"{_shown.COLLECTION}.batch")


class CallbackModule(Default):  # type: ignore[misc]
    """Ansible's own output, but for the tasks of the collection's roles and for the recap."""

    CALLBACK_VERSION = 2.0
    CALLBACK_TYPE = "stdout"
    CALLBACK_NAME = "evergreen.os_migration.fleet"

    def __init__(self) -> None:
        super().__init__()
        self._good: dict[str, Any] = {}
        self._changed: dict[str, Any] = {}
        self._bad: dict[str, Any] = {}
        self._order: dict[str, None] = {}
        self._met: dict[str, None] = {}

    def v2_runner_on_start(self, host: Any, task: Any) -> None:
        """Keep the order in which the hosts of a play have their turn; their results come as they are ready."""
        self._order[host.get_name()] = self._met[host.get_name()] = None
        super().v2_runner_on_start(host, task)

    def v2_runner_on_ok(self, result: Any) -> None:
        """Keep what is told of a host until all are done."""
        if not self._is_mine(result):
            super().v2_runner_on_ok(result)
            return
        self._handle_warnings(_content(result))
        if result._task.action in _QUIET:
            kept = self._changed if _content(result).get("changed") else self._good
            kept[result._host.get_name()] = _content(result)

    def v2_runner_on_failed(self, result: Any, ignore_errors: bool = False) -> None:
        """Keep what is told of a host until all are done."""
        if not self._is_mine(result):
            super().v2_runner_on_failed(result, ignore_errors)
            return
        host, content = result._host.get_name(), _content(result)
        self._handle_warnings(content)
        ignored = " (ignored)" if ignore_errors else ""
        self._bad[host] = {**content, "msg": f"{_shown.plain_text(host, content)}{ignored}"}

    def v2_playbook_on_task_start(self, task: Any, is_conditional: bool) -> None:
        """Show what the task before led to, and that another one begins."""
        self._tell()
        if task.action not in _QUIET or self._display.verbosity:
            super().v2_playbook_on_task_start(task, is_conditional)

    def v2_playbook_on_play_start(self, play: Any) -> None:
        """Show what the last task of the play before led to."""
        self._tell()
        super().v2_playbook_on_play_start(play)

    def v2_playbook_on_handler_task_start(self, task: Any) -> None:
        """Show what the task before led to."""
        self._tell()
        super().v2_playbook_on_handler_task_start(task)

    def v2_playbook_on_no_hosts_remaining(self) -> None:
        """Show why no host is left."""
        self._tell()
        super().v2_playbook_on_no_hosts_remaining()

    def v2_playbook_on_stats(self, stats: Any) -> None:
        """Show what the last task led to, and the recap."""
        self._tell()
        if self._display.verbosity:
            super().v2_playbook_on_stats(stats)
            return
        self._display.banner("PLAY RECAP")
        counts = {host: stats.summarize(host) for host in sorted(stats.processed)}
        for line in _shown.recap(_shown.in_order(counts, self._met)):
            self._display.display(line)

    def _is_mine(self, result: Any) -> bool:
        return result._task.action in _OURS and not self._display.verbosity

    def _tell(self) -> None:
        """Show what was kept, what failed last, where it is still on the screen."""
        for line in _shown.good(_shown.in_order(self._good, self._order)):
            self._display.display(line, color=C.COLOR_OK)
        for line in _shown.good(_shown.in_order(self._changed, self._order)):
            self._display.display(line, color=C.COLOR_CHANGED)
        for line in _shown.bad(_shown.in_order(self._bad, self._order)):
            self._display.display(line, color=C.COLOR_ERROR)
        for kept in (self._good, self._changed, self._bad, self._order):
            kept.clear()


def _content(result: Any) -> Any:
    """Return what a task gave back; ansible-core 2.19 gave it another name."""
    return getattr(result, "result", None) or result._result
