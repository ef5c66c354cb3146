#!/usr/bin/python
# Copyright (c) 2026 evergreen.os_migration contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
module: stack_info
short_description: Look at stacks of cloud resources
version_added: 0.2.0
description:
  - Lists the stacks of some regions, whoever made them, with their outputs and, of one that failed, why.
  - Runs on the controller.
author:
  - evergreen.os_migration contributors (@evergreen)
extends_documentation_fragment:
  - evergreen.os_migration.attributes
  - evergreen.os_migration.attributes.info_module
  - evergreen.os_migration.providers
options:
  names:
    description:
      - Names of stacks; the default are all.
    type: list
    elements: str
    default: []
  regions:
    description:
      - Regions to look in. The default is that of the provider's connection.
    type: list
    elements: str
    default: []
  provider:
    description:
      - The provider. It need not be given where there is only one.
    type: str
  profile:
    description:
      - Profile of the provider's own configuration file whose account is looked at.
    type: str
  timeout:
    description:
      - Seconds for the whole call.
    type: float
    default: 300
seealso:
  - module: evergreen.os_migration.stack
"""

EXAMPLES = r"""
- name: Look for what drills left
  evergreen.os_migration.stack_info:
    regions: [cn-hangzhou, cn-shanghai]
  delegate_to: localhost
  run_once: true
  register: there

- name: Show the stacks that this collection made
  ansible.builtin.debug:
    msg: "{{ there.stacks | selectattr('ours') | map(attribute='name') | list }}"
"""

RETURN = r"""
stacks:
  description: The stacks.
  returned: success
  type: list
  elements: dict
  contains:
    name: {description: Its name., type: str, returned: always, sample: wordpress}
    provider: {description: Its provider., type: str, returned: always, sample: alicloud}
    profile: {description: The profile of its account., type: str, returned: always, sample: ""}
    region: {description: Its region., type: str, returned: always, sample: cn-hangzhou}
    id: {description: Its id., type: str, returned: always, sample: 4a6c9851-3b0f}
    status: {description: What the cloud says of it., type: str, returned: always, sample: CREATE_COMPLETE}
    created: {description: When it was made., type: str, returned: always, sample: "2026-01-01T00:00:00Z"}
    outputs: {description: The template's outputs by name., type: dict, returned: always, sample: {Url: "http://47.96.0.1/"}}
    ours: {description: Whether this collection made it., type: bool, returned: always, sample: true}
    reason: {description: What the cloud says of why it is so., type: str, returned: always, sample: Create timed out}
"""

from ansible.module_utils.basic import AnsibleModule
from ansible_collections.evergreen.os_migration.plugins.module_utils._options import STACK_INFO
from ansible_collections.evergreen.os_migration.plugins.module_utils._stacks import run_stack_info


def main() -> None:
    run_stack_info(AnsibleModule(argument_spec=STACK_INFO, supports_check_mode=True))


if __name__ == "__main__":
    main()
