# Copyright (c) 2026 evergreen.os_migration contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations


class ModuleDocFragment:
    """What every module of the collection can do."""

    DOCUMENTATION = r"""
attributes:
  action_group:
    description: Credentials, region and endpoints can be given once for the group in C(module_defaults).
    support: full
    membership:
      - evergreen.os_migration.all
"""

    INFO_MODULE = r"""
attributes:
  check_mode:
    description: Can run in C(check_mode) and return changed status prediction without modifying target.
    support: full
    details: This module only reads.
  diff_mode:
    description: Returns what has changed, or would change in C(check_mode), when in diff mode.
    support: N/A
    details: This module only reads.
"""

    WRITE_MODULE = r"""
attributes:
  check_mode:
    description: Can run in C(check_mode) and return changed status prediction without modifying target.
    support: full
    details: No call that changes anything is sent. Guests are asked for facts where a run
      would ask them, so what is told is what a run would do.
  diff_mode:
    description: Returns what has changed, or would change in C(check_mode), when in diff mode.
    support: full
"""

    HOST_TASK = r"""
attributes:
  action:
    description: Has a corresponding action plugin, which runs on the controller.
    support: full
  bypass_host_loop:
    description: Forces a global task that does not execute per host.
    support: none
  check_mode:
    description: Can run in C(check_mode) and return changed status prediction without modifying target.
    support: full
  connection:
    description: Uses the host's configured connection information to execute code on it.
    support: none
  diff_mode:
    description: Returns what has changed, or would change in C(check_mode), when in diff mode.
    support: full
"""
