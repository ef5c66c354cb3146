# Copyright (c) 2026 evergreen.os_migration contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The hops from one operating system to another."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import asdict
from typing import Any

from ansible.errors import AnsibleFilterError
from ansible_collections.evergreen.os_migration.plugins.module_utils._core.model import Problem
from ansible_collections.evergreen.os_migration.plugins.module_utils._core.paths import ids, plan, start, with_rows

DOCUMENTATION = r"""
name: os_path
author: evergreen.os_migration contributors
version_added: 0.1.0
short_description: Plan the hops from one operating system to another
description:
  - Returns the shortest chain of supported migrations. It is the plan that the module os_migration follows.
  - When there is none, fails with the reason and with what can be reached.
extends_documentation_fragment:
  - evergreen.os_migration.path_conditions
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
  via:
    description: Canonical ids that the path has to lead through, in this order.
    type: list
    elements: str
    default: []
seealso:
  - plugin: evergreen.os_migration.os_targets
    plugin_type: filter
"""

EXAMPLES = r"""
- name: Show the hops from Windows Server 2008 R2 to 2016
  ansible.builtin.debug:
    msg: "{{ 'windows-2008r2' | evergreen.os_migration.os_path('windows-2016') | map(attribute='target') }}"

- name: Show the hops to Windows Server 2022 that pass 2019, for a Standard Edition
  ansible.builtin.debug:
    msg: >-
      {{ 'windows-2012r2' | evergreen.os_migration.os_path('windows-2022', edition='standard', via=['windows-2019']) }}

- name: Plan with a path that the provider has opened for this account
  ansible.builtin.debug:
    msg: "{{ 'rhel-9' | evergreen.os_migration.os_path('rhel-10', paths=[{'source': 'rhel-9', 'target': 'rhel-10'}]) }}"
"""

RETURN = r"""
_value:
  description:
    - The hops; empty when source and target are the same. C(minutes) is the documented upper duration, C(path) the id
      of the path.
  type: list
  elements: dict
  sample:
    - source: windows-2008r2
      target: windows-2012r2
      service: smc
      minutes: 30
      path: alicloud.windows-2008r2.windows-2012r2
    - source: windows-2012r2
      target: windows-2016
      service: smc
      minutes: 30
      path: alicloud.windows-2012r2.windows-2016
"""


def os_path(
    os_id: str,
    target: str,
    *,
    via: str | Sequence[str] = (),
    avoid: str | Sequence[str] = (),
    paths: Sequence[Any] = (),
    provider: str = "alicloud",
    **here: Any,
) -> list[dict[str, Any]]:
    """Return the hops from ``os_id`` to ``target``; ``here`` names what else is known of the instance."""
    try:
        hops = plan(
            start(str(os_id), provider, here), str(target), with_rows(paths or ()), ids(via or ()), ids(avoid or ())
        )
    except (TypeError, ValueError) as error:
        raise AnsibleFilterError(f"os_path: {error}") from None
    if isinstance(hops, Problem):
        raise AnsibleFilterError(hops.text)
    return [asdict(hop) for hop in hops]


class FilterModule:
    """Ansible's way to find the filter."""

    def filters(self) -> dict[str, Callable[..., Any]]:
        return {"os_path": os_path}
