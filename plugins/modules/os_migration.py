#!/usr/bin/python
# Copyright (c) 2026 evergreen.os_migration contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
module: os_migration
short_description: Bring a list of instances to another operating system, in place
version_added: 0.1.0
description:
  - Makes sure that every instance of a list runs the wanted operating system, keeping instance, data and addresses.
  - Plans the hops (for example Windows Server 2008 R2 to 2012 R2 to 2016), checks each instance, takes snapshots of
    all disks, does every hop through Server Migration Center (SMC), verifies in the guest, and rolls back on failure
    if asked to.
  - Keeps no state of its own. Each call looks at the cloud first and does only what is missing, so a call that was
    killed is simply repeated; no job and no snapshot is started twice.
  - Instances advance independently, and one that fails does not stop the others.
  - Runs on the controller and does not connect to the instances; guests are reached through the cloud's agent.
  - How SMC's API names the target operating system is not documented by the provider, see O(smc). This module was
    tested against a simulated service only.
author:
  - evergreen.os_migration contributors (@evergreen)
extends_documentation_fragment:
  - evergreen.os_migration.attributes
  - evergreen.os_migration.attributes.write_module
  - evergreen.os_migration.instances.targeted
  - evergreen.os_migration.planning
  - evergreen.os_migration.progress
  - evergreen.os_migration.providers
  - evergreen.os_migration.providers.several
options:
  state:
    description:
      - V(assessed) looks, plans and runs the prechecks; the only thing sent to a guest is a script that reads facts.
        It needs no target; without one it tells what the instance could be migrated to.
      - V(drilled) has the migration service itself drill the migration, on the instance in place, and tells what came
        of it; Linux only, and only with O(smc.drill_proven). Snapshots of all disks are taken before it. The service
        puts the disks back when the drill is over, so what is written meanwhile is lost. The result stands in the tag
        C(evergreen:os_migration.drill) of the instance.
      - V(migrated) makes the instances run the target.
      - V(verified) makes sure that they do, and changes nothing.
      - V(rolled_back) puts all disks back to the snapshots that were taken before the migration. What was written to
        the disks since then is lost.
      - V(committed) deletes those snapshots and the finished jobs, after the guest was seen to run the target. There is
        no way back after it.
    type: str
    choices: [assessed, drilled, migrated, verified, rolled_back, committed]
    default: migrated
  on_failure:
    description:
      - What to do with an instance whose migration job or verification failed.
      - V(keep) leaves it as it is. V(rollback) puts its disks back; see O(state=rolled_back).
      - Only a job that failed, and a guest that was seen to be half converted or to run the old kernel, are answered
        so. What could not be seen is told, and an old system that was booted again works.
    type: str
    choices: [keep, rollback]
    default: keep
  rollback_to:
    description:
      - V(start) takes one set of snapshots before the first hop and goes back to it. Another one is taken when the
        instance has served for more than an hour since, before a job is ordered or started.
      - V(hop) takes a set before every hop and goes back to the newest.
    type: str
    choices: [start, hop]
    default: start
  confirm:
    description:
      - The moment that disks may be put back to although the instance has served for more than an hour since, as the
        refusal C(NotConfirmed) shows it. What was written after that moment is lost.
      - It can be given for each instance too. No rollback goes back behind such a time by itself.
    type: str
  hooks:
    description:
      - Scripts of your own that run in the guests around hops, one after the other in this order. Those for V(sh) run
        in Linux guests only, those for V(powershell) in Windows guests only.
      - Hooks before a hop run after its snapshots, so that a rollback brings back what they took away, and before its
        job. Hooks after a hop run once the guest is proven to be the hop's target, before the next hop and before the
        instance counts as migrated.
      - A hook that is known to be done is never run again. When a run was killed and nobody knows, it may run twice, so
        write it to bear that.
      - See the page on hooks in the collection's documentation, with an example that removes an agent and installs it
        again.
    type: list
    elements: dict
    default: []
    suboptions:
      name:
        description:
          - What the hook does. Hooks of one instance and moment have different names.
        type: str
        required: true
      when:
        description:
          - V(before_migration) is before the first hop, V(before_hop) before each one, V(after_hop) after each one,
            V(after_migration) after the last one, on the target.
        type: str
        choices: [before_migration, before_hop, after_hop, after_migration]
        required: true
      script:
        description:
          - The script. In sh a first line with C(#!) is obeyed.
          - It finds its place in the environment variables C(OS_MIGRATION_HOOK), C(OS_MIGRATION_WHEN),
            C(OS_MIGRATION_SOURCE) and C(OS_MIGRATION_TARGET) (canonical ids of the hop's systems).
        type: str
        required: true
      shell:
        description:
          - What runs it, and in which guests.
        type: str
        choices: [sh, powershell]
        default: sh
      timeout:
        description:
          - Seconds that it may take in one guest. After that the agent ends it, and it has failed.
        type: int
        default: 300
      on_failure:
        description:
          - With V(fail) an instance whose hook failed has failed, and stays as it is; nothing is rolled back by itself.
            The next run goes on with this hook.
          - With V(warn) the migration goes on, and the result has the warning C(hook.failed).
        type: str
        choices: [fail, warn]
        default: fail
      systems:
        description:
          - Canonical ids of the systems on which it is run. A hook before a hop runs on the hop's source, one after a
            hop on its target. Without any it is run on all.
        type: list
        elements: str
        default: []
      arguments:
        description:
          - What the script gets, as C("$@") in sh, and as C($args) and C($arguments) in PowerShell. They arrive whole
            and are never code.
        type: list
        elements: str
        default: []
      no_log:
        description:
          - Whether nothing of what it prints is kept, because that may hold secrets.
        type: bool
        default: false
  max_hops:
    description:
      - The most hops of an instance in this call. An instance that has more before it ends as V(in_progress) then, its
        attempt stays under way, and the next call goes on. Without it all hops are made.
      - A hop that was under way when the call began counts when the call sees its end.
    type: int
  drill_first:
    description:
      - Whether the service drills each hop in its job before it migrates, with O(state=migrated). A job with a critical
        item ends there, and the instance is not migrated. Linux only.
      - How the service is asked for it is not documented, see O(smc).
    type: bool
    default: false
  drill_max_age:
    description:
      - Days within which the path of an instance has to have been drilled, with O(state=migrated). One without such a
        drill that passed is blocked, and says so. An attempt that is under way goes on.
      - What came of a drill stands in the tag C(evergreen:os_migration.drill) of the instance, so it counts for every
        controller. Only a drill of the same path counts, over the same hops.
    type: float
  snapshots_valid:
    description:
      - Seconds for which an instance may serve before its last set of snapshots is too old. A new one is taken before a
        job is ordered or started then, and no rollback goes back to the old one by itself.
    type: float
    default: 3600.0
  retry:
    description:
      - Whether to try an instance again whose earlier attempt failed. Without it such an instance is reported only.
    type: bool
    default: false
  max_running:
    description:
      - The most instances under migration at the same time in the account, counting the running OS migration jobs that
        others have started. The rest wait.
    type: int
    default: 20
  soak_days:
    description:
      - With O(state=committed), days that a migration must be over before its snapshots are deleted. An instance whose
        migration is younger keeps its way back and ends as V(postponed).
    type: float
    default: 0.0
  snapshot_price:
    description:
      - What a GiB of snapshots costs a month, in your currency. With it the plan and the difference also tell costs, by
        the sizes of the disks, the most that their snapshots can hold.
    type: float
    default: 0.0
  delete_smc_snapshots:
    description:
      - With O(state=committed), also delete the snapshots of these instances that SMC took (C(SMC_Backup_…)).
    type: bool
    default: false
  poll_interval:
    description:
      - Seconds between two looks at what is under way.
    type: float
    default: 20
  hop_timeout:
    description:
      - Seconds after which one step of an instance (a job, its snapshots, the guest's return, the proof that it is
        migrated) counts as stuck.
    type: float
    default: 7200
  window_wait:
    description:
      - Seconds for which an instance may wait for its maintenance window to open (C(windows) of O(instances)). One that
        opens later is left for a later call.
    type: float
    default: 0
  results_file:
    description:
      - File on the controller that gets the results as JSON, with the latest result of every instance it has ever been
        given. Waves and later runs add to it and replace only what they handled.
      - A relative path starts where C(ansible-playbook) was started.
      - It holds C(phase), C(summary) (the number of instances in each state) and C(results), can be read by its owner
        only, and has no credentials. Its directory is created if missing.
      - What is known of an attempt lasts there. A later call adds to C(timeline), C(works) and C(runs) (who ran, when,
        with which end), and keeps the hops. When another attempt begins, the former is in C(earlier). A call that
        changed nothing and ended as the one before leaves no trace.
      - It is written when the call ends, also when instances failed, and is no change. In check mode it is left alone.
      - A file that cannot be written, or holds anything else than results of the same O(state), is refused before
        anything is done.
    type: path
  approval_file:
    description:
      - File on the controller that M(evergreen.os_migration.plan_approval) wrote. With it, O(state=migrated) begins
        only what is planned as it was approved; any other instance is blocked with what differs.
      - An attempt that is under way goes on if its hops are the approved ones.
    type: path
seealso:
  - module: evergreen.os_migration.instance_info
  - module: evergreen.os_migration.guest_command
"""

EXAMPLES = r"""
- name: Say what stands in the way of Alibaba Cloud Linux 3
  evergreen.os_migration.os_migration:
    instances:
      - instance_id: i-bp1demo0centos7web01
        region: cn-hangzhou
    target: alinux-3
    state: assessed
  delegate_to: localhost
  run_once: true

- name: Have the service drill a migration, on an instance that may be restarted and lose what is written meanwhile
  evergreen.os_migration.os_migration:
    instances:
      - instance_id: i-bp1demo0centos7web01
        region: cn-hangzhou
    target: alinux-3
    state: drilled
    smc:
      drill_proven: true
      import_command:
        linux: acs-plugin-manager -e -P smc-client-plugin -p --activationcode={activation_code}
  delegate_to: localhost
  run_once: true

- name: Migrate a mixed list, and roll back what fails
  evergreen.os_migration.os_migration:
    instances:
      - instance_id: i-bp1demo0centos7web01
        region: cn-hangzhou
        target: alinux-3
      - instance_id: i-bp1demo0win2008r201
        region: cn-hangzhou
        target: windows-2016
    on_failure: rollback
    smc:
      import_command:
        linux: acs-plugin-manager -e -P smc-client-plugin -p --activationcode={activation_code}
        windows: acs-plugin-manager.exe -e -P smc-client-plugin-win -p --activationcode={activation_code}
  delegate_to: localhost
  run_once: true

- name: Follow a job that was started in the console
  evergreen.os_migration.os_migration:
    instances:
      - instance_id: i-bp1demo0centos7web01
        region: cn-hangzhou
    target: alinux-3
    smc:
      transport: watch
  delegate_to: localhost
  run_once: true
"""

RETURN = r"""
results:
  description: One entry per instance, in the order given.
  returned: always
  type: list
  elements: dict
  contains:
    instance_id: {description: The instance., type: str, returned: always, sample: i-bp1demo0win2008r201}
    name: {description: What the caller called it., type: str, returned: always, sample: erp-01}
    region: {description: Its region., type: str, returned: always, sample: cn-hangzhou}
    provider: {description: Its provider., type: str, returned: always, sample: alicloud}
    profile: {description: The profile whose account it was asked for., type: str, returned: always, sample: null}
    source_os:
      description: Canonical id of the system that is left.
      type: str
      returned: always
      sample: windows-2008r2
    target_os:
      description: Canonical id of the system that is wanted.
      type: str
      returned: always
      sample: windows-2016
    state:
      description: >-
        Where the instance stands. V(ready), V(blocked), V(assessed) (nothing stops it, but it has no target),
        V(in_progress), V(planned) (check mode), V(postponed) (left for a later run), V(migrated), V(verified),
        V(rolled_back), V(unchanged) (there was nothing to roll back), V(committed) or V(failed).
        A guest is migrated or verified when its packages, its kernel and its boot prove it, not by its name.
      type: str
      returned: always
      sample: migrated
    hop: {description: How many hops are done., type: int, returned: always, sample: 2}
    hops:
      description: The planned hops; C(minutes) is the documented upper duration without snapshots.
      type: list
      elements: dict
      returned: always
      sample:
        - {source: windows-2008r2, target: windows-2012r2, service: smc, minutes: 30,
           path: alicloud.windows-2008r2.windows-2012r2}
        - {source: windows-2012r2, target: windows-2016, service: smc, minutes: 30,
           path: alicloud.windows-2012r2.windows-2016}
    targets:
      description: What the instance could be migrated to, nearest first.
      type: list
      elements: str
      returned: with O(state=assessed)
      sample: [windows-2012r2, windows-2016, windows-2019, windows-2022]
    guest:
      description: What the guest says of itself. C(trouble) says why it could not be read.
      type: dict
      returned: with O(state=assessed), when the guest was asked
      sample: {os: windows-2008r2, version: "", edition: enterprise, language: en, trouble: ""}
    snapshots:
      description: The snapshots that protect the instance.
      type: list
      elements: dict
      returned: always
      sample: [{snapshot_id: s-bp1demo, disk_id: d-bp1demo, status: accomplished, name: osm-d-bp1demo-a1-s1,
                label: of=i-bp1demo attempt=1 set=1, created: "2026-01-01T00:00:00Z", place: root}]
    attempt:
      description: The number of the attempt, as the instance's tag says.
      type: int
      returned: always, null when no attempt was begun
      sample: 1
    job_id: {description: The newest migration job., type: str, returned: always, sample: j-bp1demo}
    works:
      description: The attempt's migration jobs by hop, as they were seen last; C(said) is the service's own word.
      type: list
      elements: dict
      returned: always
      sample: [{kind: smc, id: j-bp1demo, name: osm-i-bp1demo-a1-h1, of: i-bp1demo, status: done, said: Finished,
                progress: 100.0, error_code: "", error_text: "", began: "2026-01-01T00:05:00Z",
                ended: "2026-01-01T00:25:00Z", holds: true, outputs: {}}]
    stopped_services:
      description: >-
        The services that the guest keeps a list of, because the collection has stopped them and nobody has started them
        since; as the guest said when it was asked last. The role sequence starts them, whoever runs it.
      type: list
      elements: str
      returned: always
      sample: []
    findings:
      description: What the prechecks and the verification found; an inhibitor stops the migration.
      type: list
      elements: dict
      returned: always
      sample: [{id: linux.reboot_required, severity: warning, message: The guest waits for a restart.,
                evidence: reboot_required is yes, remedy: Restart the guest first., source: "", waiver: null}]
    proof:
      description:
        - >-
          The guest as it is, compared with what it was before the attempt; after a rollback, with what it was at the
          moment of the snapshots. C(facts) has C(packages), C(kernel), C(services_enabled), C(services_running),
          C(ports), C(mounts), C(users), C(cron) and C(routes).
        - >-
          Each C(verdict) is V(equal), V(expected) (it differs as the path says), V(not_expected) or V(not_known); that
          of the whole is the worst of them. After a rollback nothing is expected to differ.
        - >-
          C(expected) and C(not_expected) name differences, with V(+) for new, V(-) for gone and V(~) for changed ones.
          C(compared) says by what: V(names), or V(digests) where only the digests on the snapshots are left.
      type: dict
      returned: with O(state=migrated), O(state=verified) and O(state=rolled_back), null where nothing was compared
      sample:
        verdict: expected
        compared: names
        facts:
          kernel: {verdict: expected, before: 1, after: 1, expected_count: 1, not_expected_count: 0,
                   expected: ["~kernel: 3.10.0-1160.el7.x86_64 -> 5.10.134-16.1.al8.x86_64"], not_expected: [],
                   why: null}
    changed: {description: Whether anything was written for this instance., type: bool, returned: always, sample: true}
    error:
      description: Why the instance has not the wanted state; C(code), C(message) and C(remedy).
      type: dict
      returned: always
      sample: null
    timeline:
      description: What was done, with the time in ISO 8601 UTC.
      type: list
      elements: dict
      returned: always
      sample: [{at: "2026-01-01T00:00:00+00:00", event: started job j-bp1demo}]
    method:
      description: How the hops of the attempt are done.
      type: str
      returned: always, null when no attempt was begun
      sample: smc
    way_back:
      description: How the attempt is rolled back. With V(disks) every disk is put back to its own snapshot.
      type: str
      returned: always, null when no attempt was begun
      sample: disks
    hooks:
      description: >-
        The hooks that are over, in their order; in check mode those that would be run. C(status) is V(done), V(failed),
        V(timed_out), V(lost) (the agent did not say how it ended) or V(planned). C(output) is the end of what it
        printed, 4,000 characters at most, and null with O(hooks[].no_log). One that an earlier run has done has no
        times here.
      type: list
      elements: dict
      returned: with O(state=migrated), when there are O(hooks)
      sample: [{name: remove the agent, when: before_migration, source: centos-7, target: alinux-3, status: done, rc: 0,
                output: "removed monitoring-agent\n", began: "2026-01-01T00:04:00+00:00",
                ended: "2026-01-01T00:04:07+00:00", mark: 3fa9c21b0d12}]
    drill:
      description: What came of the drill.
      type: dict
      returned: with O(state=drilled), null when it is not over
      sample: {passed: true, at: "2026-01-01T00:20:00+00:00", by: service, source: centos-7, target: alinux-3}
    data_lost_since:
      description: The moment that the disks were put back to. What was written after it is lost.
      type: str
      returned: always, null when no disk was put back
      sample: "2026-01-01T00:00:00Z"
    postponed_until:
      description: When the maintenance window opens that the rest of the migration is left for.
      type: str
      returned: always, null when nothing is left for a window
      sample: "2026-11-28T22:00+08:00"
    instance:
      description: The cloud's facts, see M(evergreen.os_migration.instance_info).
      type: dict
      returned: when the instance was found
summary:
  description: Counts by state, and the line that is printed as progress.
  returned: always
  type: dict
  sample: {total: 12, failed: 1, running: 3, eta_seconds: 660, states: {migrated: 8, migrating: 3, blocked: 1},
           text: "8/12 migrated, 1 blocked, 3 migrating, eta 11 min"}
"""

from ansible.module_utils.basic import AnsibleModule
from ansible_collections.evergreen.os_migration.plugins.module_utils._core.migration import tables
from ansible_collections.evergreen.os_migration.plugins.module_utils._core.outcome import attempted
from ansible_collections.evergreen.os_migration.plugins.module_utils._module import run_module
from ansible_collections.evergreen.os_migration.plugins.module_utils._options import MIGRATION, migration_goal


def main() -> None:
    module = AnsibleModule(argument_spec=MIGRATION, supports_check_mode=True)
    timeout = module.params["timeout"]
    run_module(module, tables.MIGRATION, migration_goal, timeout=timeout, extra=attempted)


if __name__ == "__main__":
    main()
