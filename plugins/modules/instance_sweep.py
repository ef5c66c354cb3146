#!/usr/bin/python
# Copyright (c) 2026 evergreen.os_migration contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
module: instance_sweep
short_description: Delete what earlier runs left of instances that were released
version_added: 0.2.0
description:
  - Snapshots, and what a drill that was killed had made, outlive the instance that they are of, and cost money. This
    module deletes them for instances that are named and gone.
  - Only what bears this collection's tag with the id of a named instance is deleted. That is snapshots of sets and of
    drills, clones with what their migration left, images, security groups, migration jobs by their name, and migration
    sources that an import of this collection made.
  - An instance has to be proven gone. It is refused while it is there or in another region, while one of its disks is
    attached to it, and when the user of the cloud may not see instances, disks or snapshots. Both proofs are looked at
    again right before each deletion.
  - A snapshot whose disk is attached to another instance now is left alone and told in RV(results[].kept), with the
    migration jobs of that instance. A disk itself is never touched, and neither are snapshots that a service took.
  - A call that is killed is simply repeated.
  - Runs on the controller.
author:
  - evergreen.os_migration contributors (@evergreen)
extends_documentation_fragment:
  - evergreen.os_migration.attributes
  - evergreen.os_migration.attributes.write_module
  - evergreen.os_migration.instances
  - evergreen.os_migration.progress
  - evergreen.os_migration.providers
  - evergreen.os_migration.providers.several
options:
  facts_dir:
    description:
      - Directory C(facts) beside the files of results, where runs keep what guests consisted of. With it the files of
        the instances are deleted too, each once nothing else is left of its instance.
    type: path
  snapshot_price:
    description:
      - What a GiB of snapshots costs a month, in your own currency, to tell what is saved.
    type: float
    default: 0
  poll_interval:
    description:
      - Seconds between two looks at what is under way.
    type: float
    default: 20
  hop_timeout:
    description:
      - Seconds after which a deletion counts as stuck.
    type: float
    default: 7200
notes:
  - In check mode nothing is deleted; what would be is told with its size, and with C(--diff) one by one.
seealso:
  - module: evergreen.os_migration.instance_snapshot
  - module: evergreen.os_migration.instance_clone
"""

EXAMPLES = r"""
- name: Delete what is left of two instances that were released
  evergreen.os_migration.instance_sweep:
    instances:
      - instance_id: i-bp1demo0released01
        region: cn-hangzhou
      - instance_id: i-bp1demo0released02
        region: cn-hangzhou
    snapshot_price: 0.02
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
    instance_id: {description: The instance., type: str, returned: always, sample: i-bp1demo0released01}
    state:
      description: V(swept), V(planned) (check mode) or V(failed).
      type: str
      returned: always
      sample: swept
    swept:
      description: >-
        What was deleted, or would be: the ids of C(snapshots), the C(others) in words, the C(snapshot_gib) that the
        snapshots held at most and, where a price is given, the C(snapshot_cost_per_month).
      type: dict
      returned: always
      sample: {snapshots: [s-bp1demo], others: [image m-bp1demo], snapshot_gib: 40, snapshot_cost_per_month: 0.8}
    kept:
      description: The snapshots that were left alone, each with its disk and the instance that has the disk now.
      type: list
      elements: dict
      returned: always
      sample: [{snapshot_id: s-bp2demo, disk_id: d-bp2demo, instance_id: i-bp2demo}]
    changed: {description: Whether anything was deleted., type: bool, returned: always, sample: true}
    error:
      description: Why nothing was swept, or something is left; C(code), C(message) and C(remedy).
      type: dict
      returned: always
      sample: null
    timeline:
      description: What was done, with the time in ISO 8601 UTC.
      type: list
      elements: dict
      returned: always
      sample: [{at: "2026-01-01T00:00:00+00:00", event: deleted the snapshot s-bp1demo}]
summary:
  description: Counts by state, and the line that is printed as progress.
  returned: always
  type: dict
  sample: {total: 2, failed: 0, states: {swept: 2}, text: 2/2 swept}
"""

from ansible.module_utils.basic import AnsibleModule
from ansible_collections.evergreen.os_migration.plugins.module_utils._core.difference import swept_outcome
from ansible_collections.evergreen.os_migration.plugins.module_utils._core.migration.sweep import SWEEP as WORKFLOW
from ansible_collections.evergreen.os_migration.plugins.module_utils._module import run_module
from ansible_collections.evergreen.os_migration.plugins.module_utils._options import SWEEP, sweep_goal
from ansible_collections.evergreen.os_migration.plugins.module_utils._sweeps import with_sweep


def main() -> None:
    module = AnsibleModule(argument_spec=SWEEP, supports_check_mode=True)
    timeout = module.params["timeout"]
    run_module(module, WORKFLOW, sweep_goal, timeout=timeout, extra=swept_outcome, work=with_sweep)


if __name__ == "__main__":
    main()
