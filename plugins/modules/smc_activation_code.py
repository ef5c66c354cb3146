#!/usr/bin/python
# Copyright (c) 2026 evergreen.os_migration contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
module: smc_activation_code
short_description: Make, disable and delete activation codes of Server Migration Center
version_added: 0.2.0
description:
  - With an activation code the SMC client in a guest registers it as a migration source. A code counts for a number of
    guests and of days.
  - M(evergreen.os_migration.os_migration) makes a code of its own for its import commands and deletes it afterwards.
    This module is for clients that are run by hand, and for codes that several runs share.
  - A code is known by its name. What it says is told by the service once only, when it is made.
  - What a code says is a secret. It is in the result only when O(return_code) is true and a code was made. Then Ansible
    hides the whole result on the screen and in logs, as with C(no_log); the registered variable has it. Do not print
    that variable, and keep it from fact caches.
  - Runs on the controller.
author:
  - evergreen.os_migration contributors (@evergreen)
extends_documentation_fragment:
  - evergreen.os_migration.attributes
  - evergreen.os_migration.attributes.write_module
  - evergreen.os_migration.alicloud
options:
  name:
    description:
      - Name of the code, 2 to 128 letters, digits, colons, underscores and hyphens, with a letter first.
      - The service does not say that names are unique. All codes of the name are meant.
    type: str
    required: true
  state:
    description:
      - V(present) makes sure that there is a code that one more guest can use. One that has expired, was disabled or is
        used up is left as it is, and another one is made.
      - V(disabled) lets no more guests use the codes of the name. Those that did stay registered.
      - V(absent) deletes the codes of the name.
    type: str
    choices: [present, disabled, absent]
    default: present
  count:
    description:
      - How many guests can use the code, 1 to 1000. A code that is there cannot be changed.
    type: int
    default: 100
  valid_days:
    description:
      - For how many days the code is valid, 1 to 90. A code that is there cannot be changed.
    type: int
    default: 30
  description:
    description:
      - A note that is kept with the code.
    type: str
    default: ""
  return_code:
    description:
      - Whether the result has what the code says, when it is made. Without it no code is made, since nobody would ever
        know what it says.
    type: bool
    default: false
notes:
  - Does not support C(async), which keeps results in files.
seealso:
  - module: evergreen.os_migration.smc_activation_code_info
  - module: evergreen.os_migration.os_migration
"""

EXAMPLES = r"""
- name: Make a code for 50 guests and a week
  evergreen.os_migration.smc_activation_code:
    name: wave-1
    count: 50
    valid_days: 7
    return_code: true
  delegate_to: localhost
  run_once: true
  register: wave

- name: Migrate with this code
  evergreen.os_migration.os_migration:
    instances:
      - instance_id: i-bp1demo0centos7web01
        region: cn-hangzhou
    target: alinux-3
    smc:
      import_command:
        linux: acs-plugin-manager -e -P smc-client-plugin -p --activationcode={activation_code}
      activation_code: "{{ wave.activation_code }}"
  delegate_to: localhost
  run_once: true

- name: Let no more guests use it
  evergreen.os_migration.smc_activation_code:
    name: wave-1
    state: disabled
  delegate_to: localhost
  run_once: true

- name: Delete it
  evergreen.os_migration.smc_activation_code:
    name: wave-1
    state: absent
  delegate_to: localhost
  run_once: true
"""

RETURN = r"""
codes:
  description: The codes of the name as they are then, without what they say.
  returned: success
  type: list
  elements: dict
  contains:
    name: {description: Its name., type: str, returned: always, sample: wave-1}
    id: {description: "Its id, empty in check mode.", type: str, returned: always, sample: at-bp1akz2zp67r0k6r0000}
    status: {description: "V(active), V(disabled) or V(expired).", type: str, returned: always, sample: active}
    usable: {description: Whether one more guest can use it., type: bool, returned: always, sample: true}
    count: {description: How many guests can use it., type: int, returned: always, sample: 50}
    used: {description: How many guests have used it., type: int, returned: always, sample: 0}
    valid_days: {description: For how many days it is valid., type: int, returned: always, sample: 7}
    created: {description: When it was made., type: str, returned: always, sample: "2026-01-01T00:00:00Z"}
    expires: {description: Until when it is valid., type: str, returned: always, sample: "2026-01-08T00:00:00Z"}
    description: {description: The note., type: str, returned: always, sample: ""}
activation_code:
  description: What the code says. It is a secret; see the description of the module.
  returned: when a code was made and O(return_code) is true
  type: str
  sample: B57QoTXEA2Tytr0uZWoNY5Aju5Jt0000
"""

from ansible.module_utils.basic import AnsibleModule
from ansible_collections.evergreen.os_migration.plugins.module_utils._clouds.alicloud import PROVIDER
from ansible_collections.evergreen.os_migration.plugins.module_utils._clouds.alicloud.options import CODE
from ansible_collections.evergreen.os_migration.plugins.module_utils._codes import run_code


def main() -> None:
    module = AnsibleModule(argument_spec=CODE, supports_check_mode=True)
    run_code(module, PROVIDER, "smc")


if __name__ == "__main__":
    main()
