# Copyright (c) 2026 evergreen.os_migration contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations


class ModuleDocFragment:
    """What the filters that plan take: where the plan begins, and which paths there are."""

    DOCUMENTATION = r"""
options:
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
"""
