# Copyright (c) 2026 evergreen.os_migration contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Host variables to the list of instances that the modules take."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from typing import Any

from ansible.errors import AnsibleFilterError
from ansible.utils.display import Display

DOCUMENTATION = r"""
name: fleet
author: evergreen.os_migration contributors
version_added: 0.1.0
short_description: Make the modules' list of instances from inventory hosts
description:
  - Reads the host variables C(instance_id), C(region), C(provider), C(os_migration_profile) of each host and returns
    one item per host, in the same order, as the C(instances) option of this collection's modules wants it.
  - If asked, also reads C(os_migration_target), C(os_migration_via), C(os_migration_avoid) and
    C(os_migration_waivers). A waiver holds C(rule), C(reason), C(owner) and C(expires), and can be limited to
    C(hosts) (names of hosts, or ids of instances) and to C(groups) of the inventory; one list for all hosts will do.
    An empty list is for no host. A waiver that is for no host of the inventory is told as a warning.
  - Hosts without C(instance_id) are left out, so that one incomplete host does not stop the others. The roles of this
    collection then fail exactly those hosts, see P(evergreen.os_migration.verdict#filter).
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
  target:
    description: Whether items carry the operating system each host is to get, the wishes for the path, and the waivers.
    type: bool
    default: false
  only:
    description: Ids of instances. Hosts of other instances are left out.
    type: list
    elements: str
seealso:
  - plugin: evergreen.os_migration.verdict
    plugin_type: filter
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

display = Display()

HOST_VARIABLES = {
    "instance_id": "instance_id",
    "region": "region",
    "provider": "provider",
    "profile": "os_migration_profile",
}
WAIVER_KEYS = {"rule", "reason", "owner", "expires", "hosts", "groups"}
_LIMITS = {"hosts", "groups"}
WISHES = {"target": "os_migration_target", "via": "os_migration_via", "avoid": "os_migration_avoid"}


def fleet(
    hosts: Iterable[str],
    hostvars: Mapping[str, Mapping[str, Any]],
    target: bool = False,
    only: Iterable[str] | None = None,
) -> list[dict[str, Any]]:
    """Return one item of the modules' C(instances) option for each host that names an instance."""
    make = _wish if target else _item
    hosts = list(hosts)
    items = [item for host in hosts if "instance_id" in (item := make(host, hostvars[host]))]
    for text in unmatched(hosts, hostvars) if target else ():
        display.warning(text)
    if only is None:
        return items
    allowed = set(only)
    return [item for item in items if item["instance_id"] in allowed]


def _item(host: str, variables: Mapping[str, Any]) -> dict[str, Any]:
    return {"name": host, **_given(variables, HOST_VARIABLES)}


def _wish(host: str, variables: Mapping[str, Any]) -> dict[str, Any]:
    waivers = [_waiver(entry) for entry in _entries(host, variables) if _meant(entry, host, variables)]
    return {
        **_item(host, variables),
        **_given(variables, WISHES),
        **({"waivers": waivers} if waivers else {}),
    }


def _entries(host: str, variables: Mapping[str, Any]) -> list[Mapping[str, Any]]:
    entries = variables.get("os_migration_waivers") or []
    if not isinstance(entries, list) or not all(isinstance(entry, Mapping) for entry in entries):
        raise AnsibleFilterError(
            f"os_migration_waivers of the host {host} must be a list of waivers with rule, reason, owner and expires."
        )
    strange = sorted({str(key) for entry in entries for key in entry} - WAIVER_KEYS)
    if strange:
        keys = ", ".join(sorted(WAIVER_KEYS))
        raise AnsibleFilterError(f"os_migration_waivers of the host {host}: there is no {strange[0]}, only {keys}.")
    return entries


def _given(variables: Mapping[str, Any], wanted: Mapping[str, str]) -> dict[str, Any]:
    values = {option: variables.get(variable) for option, variable in wanted.items()}
    return {option: value for option, value in values.items() if value}


def _meant(waiver: Mapping[str, Any], host: str, variables: Mapping[str, Any]) -> bool:
    """Say whether a waiver is for a host: for all who see it, unless it has a list, which may be empty."""
    if not _LIMITS & waiver.keys():
        return True
    named = {host, variables.get("instance_id")} & _names(waiver.get("hosts"))
    return bool(named or set(variables.get("group_names") or ()) & _names(waiver.get("groups")))


def unmatched(hosts: Iterable[str], hostvars: Mapping[str, Mapping[str, Any]]) -> list[str]:
    """Return a text for each waiver that these hosts see and that is for no host of the inventory."""
    entries = (entry for host in hosts for entry in _entries(host, hostvars[host]) if _LIMITS & entry.keys())
    known = _known(hosts, hostvars)
    strange = {_told(entry): _limits(entry) for entry in entries if not _limits(entry) & known}
    # Ids are the last to be looked for: every host has to be asked for its own.
    ids = {("hosts", hostvars[host].get("instance_id")) for host in hostvars} if any(strange.values()) else set()
    return [text for text, limits in strange.items() if not limits & ids]


def _limits(waiver: Mapping[str, Any]) -> set[tuple[str, Any]]:
    return {(kind, name) for kind in _LIMITS for name in _names(waiver.get(kind))}


def _known(hosts: Iterable[str], hostvars: Mapping[str, Mapping[str, Any]]) -> set[tuple[str, Any]]:
    """Return the names of all hosts, and of the groups that have some."""
    groups = {name for host in hosts for name in _groups(hostvars[host])}
    return {("hosts", name) for name in hostvars} | {("groups", name) for name in groups}


def _groups(variables: Mapping[str, Any]) -> set[str]:
    """Return the groups of a host, and those of the inventory that have any."""
    inventory = variables.get("groups") or {}
    return {*(variables.get("group_names") or ()), *(name for name, members in inventory.items() if members)}


def _told(waiver: Mapping[str, Any]) -> str:
    names = sorted(str(name) for _kind, name in _limits(waiver))
    limits = f"it names {', '.join(names)}, of which the inventory has none" if names else "its list is empty"
    return f"The waiver of {waiver.get('rule')} by {waiver.get('owner')} is for no host: {limits}."


def _names(value: Any) -> set[str]:
    return {value} if isinstance(value, str) else set(value or ())


def _waiver(entry: Mapping[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in entry.items() if name not in ("hosts", "groups")}


class FilterModule:
    """Ansible's way to find the filter."""

    def filters(self) -> dict[str, Callable[..., Any]]:
        return {"fleet": fleet}
