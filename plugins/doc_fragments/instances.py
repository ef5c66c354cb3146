# Copyright (c) 2026 evergreen.os_migration contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations


class ModuleDocFragment:
    """The list of instances that every module takes; TARGETED is for modules that bring them to a target."""

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
          - Provider of the instance. Taken from the form of the id when it is not given.
        type: str
        choices: [alicloud]
      profile:
        description:
          - Profile of F(~/.aliyun/config.json) with the keys of the instance's account, when a call holds instances of
            several accounts.
        type: str
"""


# A module cannot add one suboption to those of a fragment, so the longer list is a fragment of its own.
ModuleDocFragment.TARGETED = (
    ModuleDocFragment.DOCUMENTATION
    + r"""
      target:
        description:
          - Canonical id of the operating system that this instance is to run; overrides O(target).
        type: str
"""
)
