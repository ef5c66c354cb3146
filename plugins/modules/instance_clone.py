#!/usr/bin/python
# Copyright (c) 2026 evergreen.os_migration contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
module: instance_clone
short_description: Make isolated clones of instances for a drill, and delete all that was made for them
version_added: 0.2.0
description:
  - Makes a clone of each instance of a list, on which its migration can be tried. The role
    P(evergreen.os_migration.drill#role) does the whole drill; this module is a part of it.
  - A clone is made from an image of snapshots of all disks of one moment. It is in a security group of its own, which
    lets nobody in, and out only to what the cloud's agent and the migration need. It has an address, a host name and a
    tag of its own, no public address, and releases itself after O(lifetime).
  - The instance itself is never stopped or changed; it gets a lock while this runs, and a tag that says what came of
    its drill. It is refused while it is being migrated.
  - What it will take, and whether the cloud would make the clone now (quota, stock, permission), is found out before
    anything is written, also in check mode.
  - Everything that is made bears a tag that says of which instance it is. What an earlier run left, because it was
    killed for instance, is found by that tag and deleted first; nothing else ever is.
author:
  - evergreen.os_migration contributors (@evergreen)
extends_documentation_fragment:
  - evergreen.os_migration.attributes
  - evergreen.os_migration.attributes.write_module
  - evergreen.os_migration.instances.cloned
  - evergreen.os_migration.planning
  - evergreen.os_migration.progress
  - evergreen.os_migration.providers
  - evergreen.os_migration.providers.several
options:
  state:
    description:
      - V(present) makes a clone of each instance, and waits until the agent in it answers.
      - V(absent) deletes all that was made for drills of the instances, by this run or any other. A migration that
        still runs on a clone is waited for.
    type: str
    choices: [present, absent]
    default: present
  lifetime:
    description:
      - Hours after which the cloud releases a clone by itself, whatever has become of the drill. Its image, snapshots
        and security group stay until O(state=absent).
    type: float
    default: 24
  price_gib_month:
    description:
      - What a GiB of disk or snapshot costs for a month, in your own currency, to reckon the drill by.
    type: float
  price_hour:
    description:
      - What an hour of a clone costs.
    type: float
  poll_interval:
    description:
      - Seconds between two looks at what is under way.
    type: float
    default: 20
  hop_timeout:
    description:
      - Seconds after which one step (the snapshots, the image, the clone and its agent, the deletion) counts as stuck.
    type: float
    default: 7200
seealso:
  - module: evergreen.os_migration.os_migration
  - module: evergreen.os_migration.instance_snapshot
"""

EXAMPLES = r"""
- name: Make a clone of an instance for a drill
  evergreen.os_migration.instance_clone:
    instances:
      - instance_id: i-bp1demo0centos7web01
        region: cn-hangzhou
    target: alinux-3
    price_gib_month: 0.12
    price_hour: 0.4
  delegate_to: localhost
  run_once: true
  register: made

- name: Migrate the clone
  evergreen.os_migration.os_migration:
    instances:
      - instance_id: "{{ made.results[0].clone_id }}"
        region: cn-hangzhou
        clone_of: i-bp1demo0centos7web01
    target: alinux-3
  delegate_to: localhost
  run_once: true
  ignore_errors: true

- name: Delete all that was made for it
  evergreen.os_migration.instance_clone:
    instances:
      - instance_id: i-bp1demo0centos7web01
        region: cn-hangzhou
    state: absent
  delegate_to: localhost
  run_once: true
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
    state:
      description: >-
        V(cloned), V(cleared), V(unchanged) (it runs its target already), V(planned) (check mode), V(blocked) or
        V(failed).
      type: str
      returned: always
      sample: cloned
    clone_id:
      description: The clone, which can be asked now.
      type: str
      returned: always, null unless it is V(cloned)
      sample: i-bp1demo0clone0000001
    copies:
      description: What there is for drills of the instance, by its kind (C(image), C(security_group), C(clone)).
      type: dict
      returned: always
      sample: {image: m-bp1demo, security_group: sg-bp1demo, clone: i-bp1demo0clone0000001}
    cost:
      description: >-
        What a drill takes: the number of C(disks), their size in C(gib), the C(hours) it is reckoned to take, the
        C(price) where prices are given, and the C(text) that tells it. Snapshots and the image hold as much as the
        disks of the clone.
      type: dict
      returned: always, null when nothing is to be cloned
      sample: {disks: 2, gib: 140, hours: 1.5, price: 0.67, text: "2 snapshots and an image of 140 GiB, ..."}
    changed: {description: Whether anything was written for this instance., type: bool, returned: always, sample: true}
    error:
      description: Why there is no clone, or something is left; C(code), C(message) and C(remedy).
      type: dict
      returned: always
      sample: null
    timeline:
      description: What was done, with the time in ISO 8601 UTC.
      type: list
      elements: dict
      returned: always
      sample: [{at: "2026-01-01T00:00:00+00:00", event: made the image for the drill}]
summary:
  description: Counts by state, and the line that is printed as progress.
  returned: always
  type: dict
  sample: {total: 2, failed: 0, states: {cloned: 2}, text: 2/2 cloned}
"""

from ansible.module_utils.basic import AnsibleModule
from ansible_collections.evergreen.os_migration.plugins.module_utils._clones import with_clones
from ansible_collections.evergreen.os_migration.plugins.module_utils._core.migration.tables import MIGRATION
from ansible_collections.evergreen.os_migration.plugins.module_utils._core.outcome import clone_outcome
from ansible_collections.evergreen.os_migration.plugins.module_utils._module import run_module
from ansible_collections.evergreen.os_migration.plugins.module_utils._options import CLONE, clone_goal


def main() -> None:
    module = AnsibleModule(argument_spec=CLONE, supports_check_mode=True)
    timeout = module.params["timeout"]
    run_module(module, MIGRATION, clone_goal, timeout=timeout, extra=clone_outcome, work=with_clones)


if __name__ == "__main__":
    main()
