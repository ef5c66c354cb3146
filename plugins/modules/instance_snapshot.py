#!/usr/bin/python
# Copyright (c) 2026 evergreen.os_migration contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
module: instance_snapshot
short_description: Take, delete, and go back to snapshots of whole instances
version_added: 0.2.0
description:
  - Keeps a set of snapshots of each instance of a list. A set is complete (all disks), of one moment (all begun within
    10 minutes), and bears this collection's labels, by which every later run finds it.
  - Uses the engine of M(evergreen.os_migration.os_migration), with its locks and guards. While another run works on an
    instance, or a migration job of anybody runs, nothing is done to it.
  - A set of this module is no way back of a migration. It has a number of its own, the instance's tag says
    C(protected), and the role P(evergreen.os_migration.rollback#role) leaves it alone. A migration that begins later
    takes its own snapshots; when it is committed, those of this module are deleted too.
  - Keeps no state of its own. A call that was killed is simply repeated; no snapshot is taken twice.
  - Runs on the controller and does not connect to the instances.
author:
  - evergreen.os_migration contributors (@evergreen)
extends_documentation_fragment:
  - evergreen.os_migration.attributes
  - evergreen.os_migration.attributes.write_module
  - evergreen.os_migration.instances.kept
  - evergreen.os_migration.progress
  - evergreen.os_migration.providers
  - evergreen.os_migration.providers.several
options:
  state:
    description:
      - V(present) makes sure that there is a complete set, and waits until it can be used. Where a migration of the
        instance is under way or not committed yet, its own set counts, and no other is taken.
      - V(absent) deletes the snapshots that bear this collection's label of the instance, and no others but with
        O(leftovers). Those of a
        migration that is not committed yet stay; M(evergreen.os_migration.os_migration) with C(state=committed) deletes
        them. Refused while a migration or a rollback is under way.
      - V(restored) stops the instance, puts all disks back to the last complete set, starts it again, and waits until
        its guest can be read. What was written to the disks since then is lost. After a migration that is not
        committed it is the same as C(state=rolled_back) there. It goes back once; before the next time take a set with
        V(present).
    type: str
    choices: [present, absent, restored]
    default: present
  max_age:
    description:
      - With O(state=present), how many seconds old a set may be. When the last one is older, another one is taken, and
        the older ones are kept. Without it a set of any age will do.
    type: float
  leftovers:
    description:
      - With O(state=absent), also delete what a migration left that was rolled back. These are the snapshots that SMC
        itself took of the instance (C(SMC_Backup_…)), the collection's own jobs, and the migration source that its
        import made.
      - Nothing of an instance is deleted before its guest was asked and runs the system that it had before that
        migration. While there are jobs of others for it, SMC's snapshots and the source stay. Instances whose migration
        was not rolled back are treated as without this option.
    type: bool
    default: false
  confirm:
    description:
      - The moment that disks may be put back to although the instance has served for longer than O(snapshots_valid)
        since, as the refusal C(NotConfirmed) shows it. What was written after that moment is lost.
      - It can be given for each instance too.
    type: str
  snapshots_valid:
    description:
      - With O(state=restored), seconds for which an instance may have served since its snapshots. To go back further
        has to be confirmed, see O(confirm).
    type: float
    default: 3600.0
  poll_interval:
    description:
      - Seconds between two looks at what is under way.
    type: float
    default: 20
  hop_timeout:
    description:
      - Seconds after which one step of an instance (its snapshots, its stop, the guest's return) counts as stuck.
    type: float
    default: 7200
seealso:
  - module: evergreen.os_migration.os_migration
  - module: evergreen.os_migration.precheck_info
"""

EXAMPLES = r"""
- name: Take snapshots of all disks before the patch day, unless there are some of today
  evergreen.os_migration.instance_snapshot:
    instances:
      - instance_id: i-bp1demo0centos7web01
        region: cn-hangzhou
      - instance_id: i-bp1demo0win2008r201
        region: cn-hangzhou
    max_age: 86400
  delegate_to: localhost
  run_once: true
  register: kept

- name: Show the moment of each instance
  ansible.builtin.debug:
    msg: "{{ item.instance_id }}: {{ item.snapshots | map(attribute='created') | min }}"
  loop: "{{ kept.results }}"
  loop_control:
    label: "{{ item.instance_id }}"

- name: Put all disks of an instance back, at most an hour after the snapshots
  evergreen.os_migration.instance_snapshot:
    instances:
      - instance_id: i-bp1demo0centos7web01
        region: cn-hangzhou
    state: restored
  delegate_to: localhost
  run_once: true

- name: Put them back to a moment that was confirmed, whatever was written since
  evergreen.os_migration.instance_snapshot:
    instances:
      - instance_id: i-bp1demo0win2008r201
        region: cn-hangzhou
        confirm: "{{ kept.results[1].snapshots | map(attribute='created') | min }}"
    state: restored
  delegate_to: localhost
  run_once: true

- name: Delete all that is left of migrations that were rolled back, once these hosts are to stay as they are
  evergreen.os_migration.instance_snapshot:
    instances: "{{ ansible_play_batch | evergreen.os_migration.fleet(hostvars) }}"
    state: absent
    leftovers: true
  delegate_to: localhost
  run_once: true

- name: Delete the snapshots of all hosts of the play
  evergreen.os_migration.instance_snapshot:
    instances: "{{ ansible_play_batch | evergreen.os_migration.fleet(hostvars) }}"
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
    name: {description: What the caller called it., type: str, returned: always, sample: web-01}
    region: {description: Its region., type: str, returned: always, sample: cn-hangzhou}
    provider: {description: Its provider., type: str, returned: always, sample: alicloud}
    profile: {description: The profile whose account it was asked for., type: str, returned: always, sample: null}
    state:
      description: >-
        V(protected), V(unprotected), V(rolled_back) (its disks were put back), V(unchanged) (there was nothing to go
        back to), V(planned) (check mode), V(blocked) (a disk cannot have snapshots) or V(failed).
      type: str
      returned: always
      sample: protected
    snapshots:
      description: The snapshots of the instance that bear the collection's label, as they were seen last. C(group) is
        that of snapshots that one call took, empty for others.
      type: list
      elements: dict
      returned: always
      sample: [{snapshot_id: s-bp1demo, disk_id: d-bp1demo, status: accomplished, name: osm-d-bp1demo-a1-s1,
                label: of=i-bp1demo attempt=1 set=1, created: "2026-01-01T00:00:00Z", place: root, group: ssg-bp1demo}]
    data_lost_since:
      description: The moment that the disks were put back to. What was written after it is lost.
      type: str
      returned: always, null when no disk was put back
      sample: "2026-01-01T00:00:00Z"
    findings:
      description: Why a set would not be complete.
      type: list
      elements: dict
      returned: always
      sample: []
    changed: {description: Whether anything was written for this instance., type: bool, returned: always, sample: true}
    error:
      description: >-
        Why the instance has not the wanted state; C(code), C(message) and C(remedy). Codes are V(AttemptUnderWay),
        V(CommitUnfinished), V(JobRunning), V(Locked), V(NotConfirmed), V(SnapshotFailed), V(SnapshotTimeout),
        V(NothingToRollBack), V(DiskOutOfPlace), V(RollbackStuck), V(RollbackUnverified), V(TagMissing),
        V(TagUnreadable) and the cloud's own.
      type: dict
      returned: always
      sample: null
    timeline:
      description: What was done, with the time in ISO 8601 UTC.
      type: list
      elements: dict
      returned: always
      sample: [{at: "2026-01-01T00:00:00+00:00", event: "snapshots started: 2"}]
    instance:
      description: The cloud's facts, see M(evergreen.os_migration.instance_info).
      type: dict
      returned: when the instance was found
summary:
  description: Counts by state, and the line that is printed as progress.
  returned: always
  type: dict
  sample: {total: 2, failed: 0, states: {protected: 2}, text: 2/2 protected}
"""

from ansible.module_utils.basic import AnsibleModule
from ansible_collections.evergreen.os_migration.plugins.module_utils._core.migration.tables import MIGRATION
from ansible_collections.evergreen.os_migration.plugins.module_utils._module import run_module
from ansible_collections.evergreen.os_migration.plugins.module_utils._options import SNAPSHOT, snapshot_goal


def main() -> None:
    module = AnsibleModule(argument_spec=SNAPSHOT, supports_check_mode=True)
    run_module(module, MIGRATION, snapshot_goal, timeout=module.params["timeout"])


if __name__ == "__main__":
    main()
