#!/usr/bin/python
# Copyright (c) 2026 evergreen.os_migration contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
module: smc_activation_code_info
short_description: List activation codes of Server Migration Center
version_added: 0.2.0
description:
  - Lists the activation codes of the account, without what they say, which the service tells only when they are made.
  - Codes that runs of this collection make for their own imports are called C(os-migration-) and twelve letters and
    digits. They are deleted at the end of the run; what a run that was killed left is deleted by a later one, once it
    has expired.
  - Runs on the controller.
author:
  - evergreen.os_migration contributors (@evergreen)
extends_documentation_fragment:
  - evergreen.os_migration.attributes
  - evergreen.os_migration.attributes.info_module
  - evergreen.os_migration.alicloud
options:
  name:
    description:
      - List only the codes of this name.
    type: str
  status:
    description:
      - List only codes of this status.
    type: str
    choices: [active, disabled, expired]
seealso:
  - module: evergreen.os_migration.smc_activation_code
"""

EXAMPLES = r"""
- name: List the codes that count
  evergreen.os_migration.smc_activation_code_info:
    status: active
  delegate_to: localhost
  run_once: true
  register: there

- name: Show how many guests more can use each
  ansible.builtin.debug:
    msg: "{{ item.name }}: {{ item.count - item.used }} until {{ item.expires }}"
  loop: "{{ there.codes }}"
  loop_control:
    label: "{{ item.name }}"
"""

RETURN = r"""
codes:
  description: The codes, without what they say.
  returned: success
  type: list
  elements: dict
  contains:
    name: {description: Its name., type: str, returned: always, sample: wave-1}
    id: {description: Its id., type: str, returned: always, sample: at-bp1akz2zp67r0k6r0000}
    status: {description: "V(active), V(disabled) or V(expired).", type: str, returned: always, sample: active}
    usable: {description: Whether one more guest can use it., type: bool, returned: always, sample: true}
    count: {description: How many guests can use it., type: int, returned: always, sample: 50}
    used: {description: How many guests have used it., type: int, returned: always, sample: 12}
    valid_days: {description: For how many days it is valid., type: int, returned: always, sample: 7}
    created: {description: When it was made., type: str, returned: always, sample: "2026-01-01T00:00:00Z"}
    expires: {description: Until when it is valid., type: str, returned: always, sample: "2026-01-08T00:00:00Z"}
    description: {description: The note., type: str, returned: always, sample: ""}
"""

from ansible.module_utils.basic import AnsibleModule
from ansible_collections.evergreen.os_migration.plugins.module_utils._clouds.alicloud import PROVIDER
from ansible_collections.evergreen.os_migration.plugins.module_utils._clouds.alicloud.options import CODE_INFO
from ansible_collections.evergreen.os_migration.plugins.module_utils._codes import run_code_info


def main() -> None:
    module = AnsibleModule(argument_spec=CODE_INFO, supports_check_mode=True)
    run_code_info(module, PROVIDER, "smc")


if __name__ == "__main__":
    main()
