# Copyright (c) 2026 evergreen.os_migration contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The option of the tasks that phase roles are made of."""

from __future__ import annotations


class ModuleDocFragment:
    """Documentation that enrol, batch and host_result share."""

    DOCUMENTATION = r"""
options:
  phase:
    description:
      - What the hosts take part in. All three tasks of a role name the same, and stand in one block or file.
      - V(script) runs the scripts that the role P(evergreen.os_migration.sequence#role) is given.
    type: str
    choices: [assess, drill, migrate, verify, rollback, commit, remediate, script]
    required: true
  alicloud:
    description:
      - How Alibaba Cloud is reached, as O(evergreen.os_migration.os_migration#module:alicloud). Meant for
        C(module_defaults); usually the variable C(os_migration_alicloud) says it.
    type: dict
  smc:
    description:
      - How jobs are made, as O(evergreen.os_migration.os_migration#module:smc). Meant for C(module_defaults); usually
        the variable C(os_migration_smc) says it.
    type: dict
"""
