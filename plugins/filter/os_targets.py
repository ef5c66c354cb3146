# Copyright (c) 2026 evergreen.os_migration contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Which operating systems can be reached from another."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from ansible.errors import AnsibleFilterError
from ansible_collections.evergreen.os_migration.plugins.module_utils._core.paths import ids, reachable, start, with_rows

DOCUMENTATION = r"""
name: os_targets
author: evergreen.os_migration contributors
version_added: 0.1.0
short_description: List the operating systems that can be reached from another
description:
  - Returns the canonical ids that a system can be migrated to in place, over one or several hops, nearest first.
extends_documentation_fragment:
  - evergreen.os_migration.path_conditions
positional: _input
options:
  _input:
    description: Canonical id of an operating system, for instance V(centos-7).
    type: str
    required: true
seealso:
  - plugin: evergreen.os_migration.os_path
    plugin_type: filter
"""

EXAMPLES = r"""
- name: Show what a Windows Server 2012 R2 can become
  ansible.builtin.debug:
    msg: "{{ 'windows-2012r2' | evergreen.os_migration.os_targets }}"

- name: Show what a CentOS 7.6 on ARM can become
  ansible.builtin.debug:
    msg: "{{ 'centos-7' | evergreen.os_migration.os_targets(architecture='arm64', version='7.6') }}"
"""

RETURN = r"""
_value:
  description: Canonical ids, nearest first. Empty when no migration is supported.
  type: list
  elements: str
  sample: [windows-2016, windows-2019, windows-2022]
"""


def os_targets(
    os_id: str,
    *,
    avoid: str | Sequence[str] = (),
    paths: Sequence[Any] = (),
    provider: str = "alicloud",
    **here: Any,
) -> list[str]:
    """Return what ``os_id`` can be migrated to; ``here`` names what else is known of the instance."""
    try:
        return list(reachable(start(str(os_id), provider, here), with_rows(paths or ()), ids(avoid or ())))
    except (TypeError, ValueError) as error:
        raise AnsibleFilterError(f"os_targets: {error}") from None


class FilterModule:
    """Ansible's way to find the filter."""

    def filters(self) -> dict[str, Callable[..., Any]]:
        return {"os_targets": os_targets}
