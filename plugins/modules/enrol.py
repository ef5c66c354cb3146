#!/usr/bin/python
# Copyright (c) 2026 evergreen.os_migration contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
module: enrol
short_description: Let a host take part in a batch of a role
version_added: 0.2.0
description:
  - The first task of each phase role of this collection, for every host. Those hosts take part for which this task is
    run, whatever C(when), loops, limits, C(serial), tags, blocks or earlier failures say; nothing is done to any other.
  - Reads the host's variables of the phase as Ansible sees them for this host and this task, and checks them. A host
    with a wrong value fails here, alone and before anything is written. A variable below C(os_migration_) that nothing
    reads fails the host too, with the name that was probably meant.
  - Writes the wishes to a private file of this run of C(ansible-playbook); of the options of clouds only a digest.
  - Refuses strategies under which hosts do not wait for each other, such as C(free) and C(host_pinned).
author:
  - evergreen.os_migration contributors (@evergreen)
extends_documentation_fragment:
  - evergreen.os_migration.attributes
  - evergreen.os_migration.attributes.host_task
  - evergreen.os_migration.phases
seealso:
  - module: evergreen.os_migration.batch
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
  description: What is wrong with the host's variables, with what to do about it.
  returned: failure
  type: str
  sample: "i-bp1web02 (web-02): InvalidVariable: os_migration_waivers: there is no host, only expires, groups, hosts"
"""
