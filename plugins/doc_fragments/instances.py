# Copyright (c) 2026 evergreen.os_migration contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations


class ModuleDocFragment:
    """The list of instances that every module takes, and what some modules also take of each."""

    DOCUMENTATION = r"""
options:
  instances:
    description:
      - The instances. Each is named once.
    type: list
    elements: dict
    required: true
    suboptions:
      instance_id:
        description:
          - Id of the instance.
        type: str
        required: true
      region:
        description:
          - Region of the instance. The default is the provider's O(alicloud.region).
        type: str
      provider:
        description:
          - Provider of the instance, V(alicloud). Taken from the form of the id when it is not given.
        type: str
      profile:
        description:
          - Profile of C(~/.aliyun/config.json) with the keys of the instance's account, when a call holds instances of
            several accounts.
        type: str
      name:
        description:
          - What the instance is called in results, usually the name of the inventory host.
        type: str
      connection:
        description:
          - Which of O(connections) the instance is reached by. Set by the roles.
        type: int
        default: 0
"""


_TARGET = r"""
      target:
        description:
          - Canonical id of the operating system that this instance is to run; overrides O(target).
        type: str
"""
_CONFIRM = r"""
      confirm:
        description:
          - The moment that this instance's disks may be put back to; overrides O(confirm).
        type: str
"""
_WINDOWS = r"""
      windows:
        description:
          - Maintenance windows of this instance. No hop is begun that may not end in one, by the longest time that such
            hops took in earlier runs (at least five in O(results_file)), else by the path's documented minutes.
          - What is left then is not begun; the instance ends as V(postponed), and a later run goes on with it.
          - A rollback is not bound to them, neither is a job that runs already.
        type: list
        elements: dict
        suboptions:
          days:
            description:
              - Days of the week on which the window opens, as V(saturday) or V(sat). All days, unless some are named.
            type: list
            elements: str
          start:
            description:
              - When it opens, as V(22:00).
            type: str
            required: true
          length:
            description:
              - How long it is open, in hours and minutes, as V(06:00). It may last over midnight, up to a week.
            type: str
            required: true
          timezone:
            description:
              - Whose clock that is, as a name of the tz database, such as V(Asia/Shanghai). V(UTC), unless it is given.
            type: str
"""
_HOOKS = r"""
      hooks:
        description:
          - Which of O(hooks) are run for this instance, by their numbers from 0; all of them unless it is given. Set by
            the roles.
        type: list
        elements: int
"""
_CLONE_OF = r"""
      clone_of:
        description:
          - The instance of which this one is a clone, made by M(evergreen.os_migration.instance_clone) for a drill. A
            clone without it is refused.
        type: str
"""
_DRILLED = r"""
      drilled:
        description:
          - Text for the tag of the instance that says what came of its drill, written once nothing of it is left. Set
            by the roles.
        type: str
"""
_WAY = r"""
      via:
        description:
          - Canonical ids of operating systems that the path has to lead through, in this order.
        type: list
        elements: str
      avoid:
        description:
          - Canonical ids of operating systems that the path must not lead through.
        type: list
        elements: str
"""
_WAIVERS = r"""
      waivers:
        description:
          - Findings that are not to stop this instance. A waived inhibitor is a warning, and says who answers for it.
          - After the day it expires a waiver has no effect.
        type: list
        elements: dict
        suboptions:
          rule:
            description:
              - Id of the rule, for example V(linux.local_programs).
            type: str
            required: true
          reason:
            description:
              - Why the finding is not to stop the migration.
            type: str
            required: true
          owner:
            description:
              - Who answers for it.
            type: str
            required: true
          expires:
            description:
              - Last day on which the waiver counts (UTC), as V(2026-12-31).
            type: str
            required: true
"""

# A module cannot add one suboption to those of a fragment, so the longer lists are fragments of their own.
ModuleDocFragment.TARGETED = "".join(
    (ModuleDocFragment.DOCUMENTATION, _TARGET, _CONFIRM, _HOOKS, _CLONE_OF, _WAY, _WAIVERS, _WINDOWS)
)
ModuleDocFragment.KEPT = "".join((ModuleDocFragment.DOCUMENTATION, _CONFIRM, _WAIVERS))
ModuleDocFragment.CLONED = "".join((ModuleDocFragment.DOCUMENTATION, _TARGET, _DRILLED, _WAY, _WAIVERS))
ModuleDocFragment.PLANNED = "".join((ModuleDocFragment.DOCUMENTATION, _TARGET, _WAY, _WAIVERS))
