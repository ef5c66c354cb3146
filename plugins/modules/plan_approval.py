#!/usr/bin/python
# Copyright (c) 2026 evergreen.os_migration contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
module: plan_approval
short_description: Approve the plan that an assessment made
version_added: 0.2.0
description:
  - Writes down who has approved what is to be done with each instance that an assessment found ready, its hops, disks
    and waived findings. Asks no cloud.
  - The module M(evergreen.os_migration.os_migration) with the option
    O(evergreen.os_migration.os_migration#module:approval_file), in roles the variable C(os_migration_approval), begins
    only what is planned as it was approved, and tells what differs.
  - The file has a digest, which tells when it was changed after the approval. It is no signature; whoever can write the
    file can approve. Let an approval node of AWX, the permissions of the directory, or a signature of your own say who.
author:
  - evergreen.os_migration contributors (@evergreen)
attributes:
  check_mode:
    description: Can run in C(check_mode) and return changed status prediction without modifying target.
    support: full
  diff_mode:
    description: Returns what has changed, or would change in C(check_mode), when in diff mode.
    support: full
options:
  src:
    description:
      - The file C(assess.json) on the controller.
    type: path
    required: true
  dest:
    description:
      - The file for the approval, on the controller. It can be read by its owner only, and its directory is created if
        missing. An approval of the same plans by the same person stays as it is.
    type: path
    required: true
  approved_by:
    description:
      - Who approves.
    type: str
    required: true
seealso:
  - module: evergreen.os_migration.os_migration
"""

EXAMPLES = r"""
- name: Approve what was assessed
  evergreen.os_migration.plan_approval:
    src: os-migration-report/assess.json
    dest: os-migration-report/approval.json
    approved_by: Mei Tanaka
  delegate_to: localhost
  run_once: true
"""

RETURN = r"""
plans:
  description: What is approved for each instance.
  returned: success
  type: list
  elements: dict
  sample:
    - instance_id: i-bp1demo0centos7web01
      hops: [centos-7 -> alinux-3]
      disks: {d-bp1demo0centos7web01: 40}
      waived: []
approved_by: {description: Who approves., type: str, returned: success, sample: Mei Tanaka}
approved_at: {description: "When, in UTC.", type: str, returned: success, sample: "2026-11-26T09:30:00+00:00"}
digest:
  description: What tells these plans and their approval from any others.
  returned: success
  type: str
  sample: 5b1c0c1f
"""

from ansible.module_utils.basic import AnsibleModule
from ansible_collections.evergreen.os_migration.plugins.module_utils._approvals import approve
from ansible_collections.evergreen.os_migration.plugins.module_utils._errors import MigrationError

ARGUMENTS = {
    "src": {"type": "path", "required": True},
    "dest": {"type": "path", "required": True},
    "approved_by": {"type": "str", "required": True},
}


def main() -> None:
    module = AnsibleModule(argument_spec=ARGUMENTS, supports_check_mode=True)
    try:
        result = approve(module.params, writing=not module.check_mode)
    except MigrationError as error:
        module.fail_json(msg=error.problem.text)
    module.exit_json(**result)


if __name__ == "__main__":
    main()
