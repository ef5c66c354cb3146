# Copyright (c) 2026 evergreen.os_migration contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Which operating systems can be reached from another."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from ansible_collections.evergreen.os_migration.plugins.module_utils._core.paths import X86, reachable

DOCUMENTATION = r"""
name: os_targets
author: evergreen.os_migration contributors
version_added: 0.1.0
short_description: List the operating systems that can be reached from another
description:
  - Returns the canonical ids that a system can be migrated to in place, over one or several hops, nearest first.
positional: _input
options:
  _input:
    description: Canonical id of an operating system, for instance V(centos-7).
    type: str
    required: true
  architecture:
    description: Architecture of the instance.
    type: str
    choices: [x86_64, arm64]
    default: x86_64
  provider:
    description: Provider of the instance.
    type: str
    default: alicloud
seealso:
  - plugin: evergreen.os_migration.os_path
    plugin_type: filter
"""

EXAMPLES = r"""
- name: Show what a Windows Server 2012 R2 can become
  ansible.builtin.debug:
    msg: "{{ 'windows-2012r2' | evergreen.os_migration.os_targets }}"
"""

RETURN = r"""
_value:
  description: Canonical ids, nearest first. Empty when no migration is supported.
  type: list
  elements: str
  sample: [windows-2016, windows-2019, windows-2022]
"""


def os_targets(os_id: str, architecture: str = X86, provider: str = "alicloud") -> list[str]:
    """Return what ``os_id`` can be migrated to."""
    return list(reachable(str(os_id), provider, architecture))


class FilterModule:
    """Ansible's way to find the filter."""

    def filters(self) -> dict[str, Callable[..., Any]]:
        return {"os_targets": os_targets}
