#!/usr/bin/python
# Copyright (c) 2026 evergreen.os_migration contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
module: batch
short_description: Serve all hosts that enrolled by one call
version_added: 0.2.0
description:
  - The second task of each phase role of this collection, with C(run_once). Runs the phase's modules here, with the
    Python that runs Ansible, and shows their progress.
  - Hosts that name one instance are refused, and so are options of the whole call in which hosts differ.
  - Leaves statistics of the play, as M(ansible.builtin.set_stats) does, which AWX keeps as the job's artifacts. They
    are C(evergreen_PHASE_STATE), the number of instances that ended in a state, added up over waves, and
    C(evergreen_PHASE_results.file), the path of the file of results. What became of an instance is not among them.
  - Never fails. What became of each host is told by M(evergreen.os_migration.host_result), also when the call as a
    whole was refused or broke down. Ansible leaves this task out together with the first host of the play; then the
    first M(evergreen.os_migration.host_result) serves the hosts.
  - C(timeout) and C(async) cannot be set per host; when Ansible's C(timeout) ends this task, all hosts fail.
author:
  - evergreen.os_migration contributors (@evergreen)
extends_documentation_fragment:
  - evergreen.os_migration.attributes
  - evergreen.os_migration.attributes.host_task
  - evergreen.os_migration.phases
seealso:
  - module: evergreen.os_migration.enrol
  - module: evergreen.os_migration.host_result
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
  description: How many instances ended in which state.
  returned: always
  type: str
  sample: 8 migrated, 1 blocked
hosts: {description: How many hosts were served., type: int, returned: when hosts took part, sample: 9}
failures: {description: How many of them failed., type: int, returned: when hosts took part, sample: 1}
"""
