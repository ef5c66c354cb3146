#!/usr/bin/python
# Copyright (c) 2026 evergreen.os_migration contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
module: host_result
short_description: Give a host its own outcome of a batch
version_added: 0.2.0
description:
  - The last task of each phase role of this collection, for every host. It is changed, or fails, as the host's own
    instance was changed or failed.
  - What is registered from it is the host's own too. The phase roles register it as C(assess_result),
    C(migrate_result), C(verify_result), C(rollback_result), C(commit_result) and C(remediate_result).
author:
  - evergreen.os_migration contributors (@evergreen)
extends_documentation_fragment:
  - evergreen.os_migration.attributes
  - evergreen.os_migration.attributes.host_task
  - evergreen.os_migration.phases
seealso:
  - module: evergreen.os_migration.enrol
  - module: evergreen.os_migration.batch
"""

EXAMPLES = r"""
# The tasks of a role that takes part in the phase migrate.
- name: Take part
  evergreen.os_migration.enrol:
    phase: migrate
  vars: &here
    ansible_connection: local
    ansible_become: false

- name: Take the instances to their new operating system
  evergreen.os_migration.batch:
    phase: migrate
  run_once: true
  vars: *here

- name: Tell each host what became of it
  evergreen.os_migration.host_result:
    phase: migrate
  register: migrate_result
  vars: *here
"""

RETURN = r"""
msg:
  description: What became of the instance; of one that failed, the code, what happened, and what to do about it.
  returned: always
  type: str
  sample: "migrated: centos-7 -> alinux-3"
result:
  description:
    - The result of the instance, as M(evergreen.os_migration.os_migration) returns it. After the phase verify with
      C(verify_checks), C(checks) has of each check its C(name) and C(kind), C(from) where it was made, C(tries), C(rc)
      of its script, C(stdout), C(restarted), C(error), and C(planned) when check mode did not run it.
    - It has at most 8 kB, because AWX drops events that are large. Where texts or lists had to be shortened for that,
      C(left_out) has the names of their keys; the file of results has them whole.
    - Of a host that was refused it has C(instance_id), C(name), C(state), C(changed), C(findings) and C(error).
  returned: always
  type: dict
  sample: {instance_id: i-bp1web01, name: web-01, state: migrated, target_os: alinux-3, changed: true, error: null}
"""
