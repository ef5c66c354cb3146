# Copyright (c) 2026 evergreen.os_migration contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Host variables to the list of instances that the modules take."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from typing import Any

DOCUMENTATION = r"""
name: fleet
author: evergreen.os_migration contributors
version_added: 0.1.0
short_description: Make the modules' list of instances from inventory hosts
description:
  - Reads the host variables C(instance_id), C(region), C(provider), C(os_migration_profile) of each host and returns
    one item per host, in the same order, as the C(instances) option of this collection's modules wants it.
  - Hosts without C(instance_id) are left out.
  - For tasks of your own with the modules of this collection. It reads what C(hostvars) holds, and not what a play, a
    role or a task sets; and a task that is run once for all hosts does not know which of them take part. The roles of
    this collection know both.
positional: _input, hostvars
options:
  _input:
    description: Names of inventory hosts, for instance R(ansible_play_batch, special_variables).
    type: list
    elements: str
    required: true
  hostvars:
    description: Ansible's C(hostvars).
    type: dict
    required: true
  only:
    description: Ids of instances. Hosts of other instances are left out.
    type: list
    elements: str
"""

EXAMPLES = r"""
- name: Show what the cloud knows about the hosts of this play
  evergreen.os_migration.instance_info:
    instances: "{{ ansible_play_batch | evergreen.os_migration.fleet(hostvars) }}"
  run_once: true
  delegate_to: localhost
"""

RETURN = r"""
_value:
  description: One item for each host that has an C(instance_id).
  type: list
  elements: dict
  sample:
    - instance_id: i-bp1web01a7k2m9q4x8tz
      name: web-01
      region: cn-hangzhou
"""

HOST_VARIABLES = {
    "instance_id": "instance_id",
    "region": "region",
    "provider": "provider",
    "profile": "os_migration_profile",
}


def fleet(
    hosts: Iterable[str], hostvars: Mapping[str, Mapping[str, Any]], only: Iterable[str] | None = None
) -> list[dict[str, Any]]:
    """Return one item of the modules' C(instances) option for each host that names an instance."""
    items = [item for host in hosts if "instance_id" in (item := _item(host, hostvars[host]))]
    if only is None:
        return items
    allowed = set(only)
    return [item for item in items if item["instance_id"] in allowed]


def _item(host: str, variables: Mapping[str, Any]) -> dict[str, Any]:
    values = {option: variables.get(variable) for option, variable in HOST_VARIABLES.items()}
    return {"name": host, **{option: value for option, value in values.items() if value}}


class FilterModule:
    """Ansible's way to find the filter."""

    def filters(self) -> dict[str, Callable[..., Any]]:
        return {"fleet": fleet}
