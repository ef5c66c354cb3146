# Copyright (c) 2026 evergreen.os_migration contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Which operating systems can be reached from another."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from ansible.errors import AnsibleFilterError
from ansible_collections.evergreen.os_migration.plugins.module_utils._core.paths import Start, reachable, with_rows

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
    choices: [alicloud, aws]
    default: alicloud
  region:
    description: Region of the instance. Without it, no region is ruled out.
    type: str
    default: ''
  version:
    description: Minor version of the system, for instance V(7.9). Without it, no version is ruled out.
    type: str
    default: ''
  edition:
    description: Edition of a Windows Server, for instance V(standard). Without it, no edition is ruled out.
    type: str
    default: ''
  language:
    description: Language of a Windows Server, for instance V(en). Without it, no language is ruled out.
    type: str
    default: ''
  avoid:
    description: Canonical ids that the path must not lead through.
    type: list
    elements: str
    default: []
  paths:
    description:
      - Migration paths beside the documented ones, as for the module os_migration. A row with the same source, target
        and provider as a documented one replaces it.
    type: list
    elements: dict
    default: []
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


def os_targets(os_id: str, *, avoid: str | Sequence[str] = (), paths: Sequence[Any] = (), **here: str) -> list[str]:
    """Return what ``os_id`` can be migrated to; ``here`` names what else is known of the instance."""
    try:
        return list(reachable(Start(str(os_id), **here), with_rows(paths), _ids(avoid)))
    except (TypeError, ValueError) as error:
        raise AnsibleFilterError(f"os_targets: {error}") from None


def _ids(given: str | Sequence[str]) -> Sequence[str]:
    return (given,) if isinstance(given, str) else given


class FilterModule:
    """Ansible's way to find the filter."""

    def filters(self) -> dict[str, Callable[..., Any]]:
        return {"os_targets": os_targets}
