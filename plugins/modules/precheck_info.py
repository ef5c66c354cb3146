#!/usr/bin/python
# Copyright (c) 2026 evergreen.os_migration contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
module: precheck_info
short_description: Find out what stands in the way of other operating systems for a list of instances
version_added: 0.2.0
description:
  - Looks at each instance of a list through the cloud, asks its guest for facts, plans the way to the target, and
    runs every precheck rule. It is what the role P(evergreen.os_migration.assess#role) does, for a task of your own.
  - Changes nothing. The only thing that is sent to a guest is a script that reads facts, also in check mode. Guests
    that do not answer are judged by what the cloud shows.
  - An instance that something stops is V(blocked), which is an answer and no failure. The task fails when an instance
    cannot be looked at; the results of the others are returned then too.
  - Takes a list and asks in batches, so one task serves a whole fleet.
  - Runs on the controller and does not connect to the instances.
author:
  - evergreen.os_migration contributors (@evergreen)
extends_documentation_fragment:
  - evergreen.os_migration.attributes
  - evergreen.os_migration.attributes.info_module
  - evergreen.os_migration.instances.planned
  - evergreen.os_migration.planning
  - evergreen.os_migration.providers
  - evergreen.os_migration.providers.several
options:
  retry:
    description:
      - Whether an instance is to be judged as for another attempt. Without it, one whose attempt to the same target was
        rolled back is V(blocked) by C(RolledBack), as a migration would refuse it too.
    type: bool
    default: false
  poll_interval:
    description:
      - Seconds between two looks at the scripts that are running.
    type: float
    default: 5
  timeout:
    description:
      - Seconds after which the call ends. What was not answered by then failed.
    type: float
    default: 3600
  guest_scripts:
    description:
      - The scripts that read a guest's facts, by type of system. Set by the action plugin from the collection's files.
    type: dict
seealso:
  - module: evergreen.os_migration.os_migration
  - module: evergreen.os_migration.instance_info
  - module: evergreen.os_migration.instance_snapshot
"""

EXAMPLES = r"""
- name: Find out what stands in the way of Alibaba Cloud Linux 3
  evergreen.os_migration.precheck_info:
    instances:
      - instance_id: i-bp1demo0centos7web01
        region: cn-hangzhou
      - instance_id: i-bp1demo0win2008r201
        region: cn-hangzhou
        target: windows-2016
    target: alinux-3
  delegate_to: localhost
  run_once: true
  register: precheck

- name: Show what stops instances, and what to do about it
  ansible.builtin.debug:
    msg: "{{ item.instance_id }}: {{ item.error.message }} {{ item.error.remedy }}"
  loop: "{{ precheck.results | selectattr('state', 'equalto', 'blocked') }}"
  loop_control:
    label: "{{ item.instance_id }}"

- name: Find out what an instance could become, and over which hops
  evergreen.os_migration.precheck_info:
    instances:
      - instance_id: i-bp1demo0centos7web01
        region: cn-hangzhou
  delegate_to: localhost
  run_once: true
  register: possible

- name: Stop here unless every instance of the play may be migrated
  evergreen.os_migration.precheck_info:
    instances: "{{ ansible_play_batch | evergreen.os_migration.fleet(hostvars) }}"
    target: alinux-3
  delegate_to: localhost
  run_once: true
  register: fleet
  failed_when: fleet.results is not defined or fleet.results | rejectattr('state', 'in', ['ready', 'migrated']) | list
"""

RETURN = r"""
results:
  description:
    - One entry per instance, in the order given, with the same keys as those of M(evergreen.os_migration.os_migration).
      Keys that do not apply to this module are empty.
  returned: always
  type: list
  elements: dict
  contains:
    instance_id: {description: The instance., type: str, returned: always, sample: i-bp1demo0centos7web01}
    name: {description: What the caller called it., type: str, returned: always, sample: web-01}
    region: {description: Its region., type: str, returned: always, sample: cn-hangzhou}
    provider: {description: Its provider., type: str, returned: always, sample: alicloud}
    profile: {description: The profile whose account it was asked for., type: str, returned: always, sample: null}
    state:
      description: >-
        V(ready) (a migration would start), V(blocked), V(assessed) (nothing stops it, but it has no target),
        V(migrated) (it is proven to be its target), V(in_progress) (a migration runs), or V(failed) (it could not be
        looked at).
      type: str
      returned: always
      sample: ready
    source_os: {description: Canonical id of the operating system., type: str, returned: always, sample: centos-7}
    target_os:
      description: Canonical id of the system that is wanted.
      type: str
      returned: always
      sample: alinux-3
    hops:
      description: The planned hops; C(minutes) is the documented upper duration without snapshots.
      type: list
      elements: dict
      returned: always
      sample: [{source: centos-7, target: alinux-3, service: smc, minutes: 30, path: alicloud.centos-7.alinux-3}]
    targets:
      description: What the instance could be migrated to, nearest first.
      type: list
      elements: str
      returned: when the instance was found
      sample: [alinux-3, anolis-8]
    guest:
      description: What the guest says of itself. C(trouble) says why it could not be read.
      type: dict
      returned: when the guest was asked
      sample: {os: centos-7, version: "7.9", edition: "", language: "", trouble: ""}
    findings:
      description: What the prechecks found; an inhibitor stops the migration, a waived one is a warning.
      type: list
      elements: dict
      returned: always
      sample: [{id: linux.reboot_required, severity: warning, message: The guest waits for a restart.,
                evidence: reboot_required is yes, remedy: Restart the guest first., source: "", waiver: null}]
    error:
      description: What stops the instance first, or why it could not be looked at; C(code), C(message) and C(remedy).
      type: dict
      returned: always
      sample: null
    instance:
      description: The cloud's facts, see M(evergreen.os_migration.instance_info).
      type: dict
      returned: when the instance was found
summary:
  description: Counts by state, and one line of text. C(failed) counts what could not be looked at.
  returned: always
  type: dict
  sample: {total: 2, failed: 0, states: {blocked: 1, ready: 1}, text: "1/2 ready, 1 blocked"}
"""

from ansible.module_utils.basic import AnsibleModule
from ansible_collections.evergreen.os_migration.plugins.module_utils._core.migration.tables import MIGRATION
from ansible_collections.evergreen.os_migration.plugins.module_utils._core.outcome import assessment
from ansible_collections.evergreen.os_migration.plugins.module_utils._module import run_module
from ansible_collections.evergreen.os_migration.plugins.module_utils._options import PRECHECK, precheck_goal


def main() -> None:
    module = AnsibleModule(argument_spec=PRECHECK, supports_check_mode=True)
    timeout = module.params["timeout"]
    run_module(module, MIGRATION, precheck_goal, timeout=timeout, extra=assessment, answers=("blocked",))


if __name__ == "__main__":
    main()
