#!/usr/bin/python
# Copyright (c) 2026 evergreen.os_migration contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
module: instance_info
short_description: Read the cloud's facts of a list of instances
version_added: 0.1.0
description:
  - Returns what the cloud knows of each instance, in one shape that is the same for every provider.
  - Takes a list and asks for it in batches, so that one task serves a whole fleet.
  - Runs on the controller and does not connect to the instances.
author:
  - evergreen.os_migration contributors (@evergreen)
extends_documentation_fragment:
  - evergreen.os_migration.attributes
  - evergreen.os_migration.attributes.info_module
  - evergreen.os_migration.instances
  - evergreen.os_migration.providers
  - evergreen.os_migration.providers.several
seealso:
  - module: evergreen.os_migration.os_migration
"""

EXAMPLES = r"""
- name: Look at two instances
  evergreen.os_migration.instance_info:
    instances:
      - instance_id: i-bp1demo0centos7web01
        region: cn-hangzhou
      - instance_id: i-bp1demo0win2008r201
        region: cn-hangzhou
  delegate_to: localhost
  run_once: true
  register: fleet

- name: Show which of them are stopped
  ansible.builtin.debug:
    msg: "{{ fleet.results | selectattr('state', 'equalto', 'stopped') | map(attribute='instance_id') }}"
"""

RETURN = r"""
results:
  description:
    - One entry per instance, in the order given. Keys that do not apply to this module are empty.
  returned: always
  type: list
  elements: dict
  contains:
    instance_id: {description: The instance., type: str, returned: always, sample: i-bp1demo0centos7web01}
    region: {description: Its region., type: str, returned: always, sample: cn-hangzhou}
    name: {description: What the caller called it., type: str, returned: always, sample: web-01}
    provider: {description: Its provider., type: str, returned: always, sample: alicloud}
    profile: {description: The profile whose account it was asked for., type: str, returned: always, sample: null}
    state:
      description: The instance's status in lower case, or V(failed).
      type: str
      returned: always
      sample: running
    source_os: {description: Canonical id of the operating system., type: str, returned: always, sample: centos-7}
    error:
      description: Why the instance could not be read; C(code), C(message) and C(remedy).
      type: dict
      returned: always
      sample: null
    instance:
      description:
        - The facts. Sizes in MiB (memory) and GiB (disks), times in ISO 8601 UTC.
        - C(os) is the canonical id, C(os_name) the cloud's own words; C(os) is V(unknown) when they are not recognised.
          C(os_version), C(os_edition) and C(os_language) are what the words tell beside it, empty when they do not.
        - C(manual_snapshots) of a disk counts the snapshots that somebody took of it.
      type: dict
      returned: when the instance was found
      sample:
        instance_id: i-bp1demo0centos7web01
        region: cn-hangzhou
        provider: alicloud
        status: Running
        os: centos-7
        os_version: "7.9"
        os_edition: ""
        os_language: ""
        os_name: CentOS  7.9 64位
        os_type: linux
        architecture: x86_64
        vcpus: 2
        memory_mib: 4096
        instance_type: ecs.g6.large
        network_type: vpc
        private_addresses: [10.0.0.11]
        public_addresses: []
        hostname: web-1
        image_id: centos_7_9_x64_20G_alibase_20220824.vhd
        disks:
          - {disk_id: d-bp1demo, type: system, size_gib: 40, category: cloud_essd, status: In_use, device: /dev/xvda,
             encrypted: false, delete_auto_snapshot: false, multi_attach: false, manual_snapshots: 3}
        snapshots_in_progress: []
        agent: {installed: true, online: true, last_heartbeat: "2026-01-01T00:00:00Z", version: 2.2.3.857}
        locks: []
        tags: {}
        traits: {}
summary:
  description: Counts by state, and one line of text.
  returned: always
  type: dict
  sample: {total: 2, failed: 0, states: {running: 2}, text: 2/2 running}
"""

from ansible.module_utils.basic import AnsibleModule
from ansible_collections.evergreen.os_migration.plugins.module_utils._core.goal import Goal
from ansible_collections.evergreen.os_migration.plugins.module_utils._core.look import LOOK
from ansible_collections.evergreen.os_migration.plugins.module_utils._module import run_module
from ansible_collections.evergreen.os_migration.plugins.module_utils._options import INFO, offers


def main() -> None:
    module = AnsibleModule(argument_spec=INFO, supports_check_mode=True)
    run_module(module, LOOK, lambda parameters: Goal("described", offers=offers(parameters)))


if __name__ == "__main__":
    main()
