# Copyright (c) 2026 evergreen.os_migration contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The hops from one operating system to another."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import asdict
from typing import Any

from ansible.errors import AnsibleFilterError
from ansible_collections.evergreen.os_migration.plugins.module_utils._core.model import Problem
from ansible_collections.evergreen.os_migration.plugins.module_utils._core.paths import X86, plan

DOCUMENTATION = r"""
name: os_path
author: evergreen.os_migration contributors
version_added: 0.1.0
short_description: Plan the hops from one operating system to another
description:
  - Returns the shortest chain of supported migrations. It is the plan that the module os_migration follows.
  - When there is none, fails with the reason and with what can be reached.
positional: _input, target
options:
  _input:
    description: Canonical id of the system that is left, for instance V(windows-2008r2).
    type: str
    required: true
  target:
    description: Canonical id of the system that is wanted, for instance V(windows-2016).
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
  - plugin: evergreen.os_migration.os_targets
    plugin_type: filter
"""

EXAMPLES = r"""
- name: Show the hops from Windows Server 2008 R2 to 2016
  ansible.builtin.debug:
    msg: "{{ 'windows-2008r2' | evergreen.os_migration.os_path('windows-2016') | map(attribute='target') }}"
"""

RETURN = r"""
_value:
  description: The hops; empty when source and target are the same. C(minutes) is the documented upper duration.
  type: list
  elements: dict
  sample:
    - {source: windows-2008r2, target: windows-2012r2, service: smc, minutes: 30}
    - {source: windows-2012r2, target: windows-2016, service: smc, minutes: 30}
"""


def os_path(os_id: str, target: str, architecture: str = X86, provider: str = "alicloud") -> list[dict[str, Any]]:
    """Return the hops from ``os_id`` to ``target``."""
    hops = plan(str(os_id), str(target), provider, architecture)
    if isinstance(hops, Problem):
        raise AnsibleFilterError(f"{hops.message} {hops.remedy}")
    return [asdict(hop) for hop in hops]


class FilterModule:
    """Ansible's way to find the filter."""

    def filters(self) -> dict[str, Callable[..., Any]]:
        return {"os_path": os_path}
