# Copyright (c) 2026 evergreen.os_migration contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What the cloud shows of an instance, its disks, its agent, its account and its jobs."""

from __future__ import annotations

from ..catalog import is_windows
from ..model import IN_USE, RUNNING, UNKNOWN, Account
from ..record import epoch
from ..tag import MADE_KEY, TAG_KEY, what_of, work_place
from .documents import AWS, ECS, ECS_ENGLISH, ECS_LIMITS, ECS_SNAPSHOT, OWN, SMC
from .rule import INHIBITOR, NOT_KNOWN, WARNING, Case, Verdict, Weighed, rule

LOCAL_DISKS = ("local_", "ephemeral", "elastic_ephemeral")

#: Manual snapshots that a disk can have, how many a hop adds (ours and the service's), and when to say so early.
SNAPSHOT_QUOTA, SNAPSHOTS_OF_A_HOP, SNAPSHOTS_MANY = 256, 2, 240
HEARTBEAT_SECONDS = 24 * 3600
_WINDOWS_MEMORY_MIB = {"aws": 4096}


@rule("instance.not_running", INHIBITOR, "The instance is not running.", "Start the instance and run again.", ECS)
def _not_running(case: Case) -> Verdict:
    return None if case.instance.status == RUNNING else f"status is {case.instance.status}"


@rule(
    "instance.locked",
    INHIBITOR,
    "The instance is locked by the provider.",
    "Clear the reason of the lock (bill, security, release) in the provider's console.",
    OWN,
)
def _locked(case: Case) -> Verdict:
    return f"locked for: {', '.join(case.instance.locks)}" if case.instance.locks else None


#: Who else decides about an instance: the trait, what that means, and what to do.
_OWNERS = (
    (
        "scaling_group",
        "The instance belongs to a scaling group, which replaces instances that do not answer or are not needed.",
        "Take it out of the group, or protect it from scale-in and health checks, before the migration.",
    ),
    (
        "cluster",
        "The instance is a node of a Kubernetes cluster, which manages the nodes' systems itself.",
        "Drain the node and remove it from the cluster first, or replace it by a node with a newer system.",
    ),
    (
        "spot",
        "The instance is a spot instance: the provider may take it away while it is migrated.",
        "Move the work to an instance that stays, or make an image and start one from it.",
    ),
    (
        "stack",
        "A stack owns the instance: the stack's next update can undo the migration or replace the instance.",
        "Look in the stack's template that an update does not replace it, or take it out of the stack.",
    ),
)


def _owner_rule(trait: str, message: str, remedy: str) -> None:
    @rule(f"owner.{trait}", INHIBITOR, message, f"{remedy} Waive this finding where that is settled.", OWN)
    def _owner(case: Case) -> Verdict:
        value = case.instance.traits.get(trait)
        return f"{trait.replace('_', ' ')}: {value}" if value else None


for _row in _OWNERS:
    _owner_rule(*_row)


@rule(
    "instance.clone_of_a_drill",
    INHIBITOR,
    "The instance is a clone that was made for a drill, and will be deleted.",
    "Take it out of the inventory, and let the drill of its original clean up.",
    OWN,
)
def _clone_of_a_drill(case: Case) -> Verdict:
    label = case.instance.tags.get(MADE_KEY, "")
    return f"its tag says {label}" if what_of(label) == "clone" and not case.in_drill else None


#: How many tags an attempt sets, and the names of those that the provider does not count.
_TAGS_OF_AN_ATTEMPT, _NOT_COUNTED = 2, ("aws:", TAG_KEY)


@rule(
    "instance.tags_full",
    INHIBITOR,
    "The instance has no room for the two tags that an attempt sets.",
    "Remove tags of the instance that are no longer needed.",
    OWN,
)
def _tags_full(case: Case) -> Verdict:
    used = sum(not name.startswith(_NOT_COUNTED) for name in case.instance.tags)
    if used + _TAGS_OF_AN_ATTEMPT <= case.most_tags:
        return None
    return f"{used} tags of {case.most_tags} are used, {_TAGS_OF_AN_ATTEMPT} are needed"


@rule(
    "instance.classic_network",
    INHIBITOR,
    "The instance is in the classic network.",
    "Move the instance from the classic network to a VPC first.",
    ECS_ENGLISH,
)
def _classic_network(case: Case) -> Verdict:
    return "network type is classic" if case.instance.network_type == "classic" else None


@rule(
    "instance.too_small",
    {"aws:*": WARNING, "*": INHIBITOR},
    "A Windows instance needs at least 2 vCPUs and 2 GiB of memory (on AWS 4 GiB are recommended).",
    "Change the instance to a larger instance type for the migration.",
    f"{ECS}; {AWS}",
)
def _too_small(case: Case) -> Verdict:
    here = case.instance
    windows = here.os_type == "windows" if case.source == UNKNOWN else is_windows(case.source)
    needed = _WINDOWS_MEMORY_MIB.get(here.provider, 2048)
    if not windows or (here.vcpus >= 2 and here.memory_mib >= needed):
        return None
    return f"{here.vcpus} vCPU, {here.memory_mib} MiB"


@rule(
    "instance.snapshot_in_progress",
    INHIBITOR,
    "A snapshot of the instance is being created; the migration service refuses to start meanwhile.",
    "Wait until the snapshot is accomplished, or move the automatic snapshot policy's window, and run again.",
    ECS,
)
def _snapshot_in_progress(case: Case) -> Verdict:
    foreign = [snapshot.snapshot_id for snapshot in case.instance.snapshots_in_progress if not snapshot.label]
    return f"in progress: {', '.join(foreign)}" if foreign else None


@rule(
    "disk.none_visible",
    INHIBITOR,
    "No disk of the instance is visible, so it could not be protected by snapshots.",
    "Grant the {user} {see_disks}.",
    OWN,
)
def _none_visible(case: Case) -> Verdict:
    return None if case.instance.disks else "the list of its disks is empty"


@rule(
    "disk.not_in_use",
    INHIBITOR,
    "A disk of the instance is not in use, so no snapshot of it can be created now.",
    "Wait until the disk is attached and in use, or detach it, and run again.",
    ECS_SNAPSHOT,
)
def _not_in_use(case: Case) -> Verdict:
    others = [disk for disk in case.instance.disks if disk.status != IN_USE]
    return ", ".join(f"{disk.disk_id} is {disk.status or NOT_KNOWN}" for disk in others) or None


@rule(
    "disk.no_snapshots",
    INHIBITOR,
    "A disk of the instance cannot have snapshots, so its data could not be protected.",
    "Move the data to a cloud disk and detach this one, or waive this finding if the data may be lost.",
    ECS_SNAPSHOT,
)
def _no_snapshots(case: Case) -> Verdict:
    local = [disk.disk_id for disk in case.instance.disks if disk.category.startswith(LOCAL_DISKS)]
    return f"local or ephemeral: {', '.join(local)}" if local else None


@rule(
    "disk.multi_attach",
    INHIBITOR,
    "A disk of the instance can be attached to other instances too, which may write to it while it is put back.",
    "Detach the disk for the migration, or stop what else writes to it and waive this finding.",
    ECS_SNAPSHOT,
)
def _multi_attach(case: Case) -> Verdict:
    shared = [disk.disk_id for disk in case.instance.disks if disk.multi_attach]
    return ", ".join(shared) or None


@rule(
    "disk.deletes_auto_snapshots",
    WARNING,
    "The automatic snapshots of the system disk are deleted with the disk, and the migration can replace the disk.",
    "Turn off that automatic snapshots are released with the disk, if they are to be kept.",
    ECS_ENGLISH,
)
def _deletes_auto_snapshots(case: Case) -> Verdict:
    losing = [disk.disk_id for disk in case.instance.disks if disk.type == "system" and disk.delete_auto_snapshot]
    return ", ".join(losing) or None


@rule(
    "disk.snapshot_quota",
    INHIBITOR,
    f"A disk can have {SNAPSHOT_QUOTA} manual snapshots, and a hop adds up to {SNAPSHOTS_OF_A_HOP}.",
    "Delete manual snapshots of the disk that are no longer needed.",
    ECS_LIMITS,
)
def _snapshot_quota(case: Case) -> Verdict:
    counts = {disk.disk_id: disk.manual_snapshots or 0 for disk in case.instance.disks}
    many = {disk_id: count for disk_id, count in counts.items() if count >= SNAPSHOTS_MANY}
    evidence = ", ".join(f"{disk_id} has {count}" for disk_id, count in many.items())
    if max(many.values(), default=0) + SNAPSHOTS_OF_A_HOP > SNAPSHOT_QUOTA:
        return evidence
    return Weighed(evidence, WARNING) if many else None


@rule(
    "agent.missing",
    INHIBITOR,
    "The cloud's agent ({agent}) is not installed.",
    "Install the agent and restart the instance.",
    ECS,
)
def _agent_missing(case: Case) -> Verdict:
    return None if case.instance.agent.installed else "the agent has never reported"


@rule(
    "agent.offline",
    INHIBITOR,
    "The cloud's agent ({agent}) does not answer.",
    "Start the agent in the guest and check that the guest reaches the service.",
    ECS,
)
def _agent_offline(case: Case) -> Verdict:
    agent = case.instance.agent
    if agent.online or not agent.installed or case.instance.status != RUNNING:
        return None
    return f"last heartbeat: {agent.last_heartbeat or 'never'}"


@rule(
    "agent.heartbeat_old",
    INHIBITOR,
    "The cloud's agent ({agent}) did not run within the last 24 hours.",
    "Start the instance and the agent in its guest, wait for a minute, and run again.",
    ECS,
)
def _heartbeat_old(case: Case) -> Verdict:
    last = case.instance.agent.last_heartbeat
    seconds = epoch(last)
    return f"last heartbeat: {last}" if seconds is not None and case.now - seconds > HEARTBEAT_SECONDS else None


@rule(
    "account.service_role_missing",
    INHIBITOR,
    "The account has not granted {service} its service role.",
    "{authorise}",
    ECS,
)
def _service_role_missing(case: Case) -> Verdict:
    verdict = _promised(case.account, "service_role", "the role does not exist")
    # The service makes the role itself at the first import of a migration source, which is still to come here.
    to_come = case.can_enrol and case.enrolment is not None and case.enrolment.state == "absent"
    return (
        Weighed(f"{verdict}; the first import makes it", WARNING) if isinstance(verdict, str) and to_come else verdict
    )


@rule(
    "account.snapshot_service",
    WARNING,
    "The account never had a snapshot in this region, so its snapshot service may be off.",
    "{activate_snapshots}",
    ECS,
)
def _snapshot_service(case: Case) -> Verdict:
    return _promised(case.account, "snapshots_used", "there is no snapshot")


def _promised(account: Account | None, name: str, otherwise: str) -> Verdict:
    """Return the evidence when an account that was looked at lacks something, or does not show whether it has it."""
    value = getattr(account, name, True)
    if value is None:
        return Weighed(f"{name}: {NOT_KNOWN}", WARNING)
    return None if value else otherwise


@rule(
    "job.unfinished",
    INHIBITOR,
    "The instance has an unfinished migration job that this collection did not start.",
    "Finish or delete that job in the {console}, or follow it with transport watch.",
    SMC,
)
def _unfinished_job(case: Case) -> Verdict:
    works = (work for work in case.works or () if work.holds and work.status != "done")
    foreign = [work for work in works if work_place(work.name, case.instance.instance_id) is None]
    return ", ".join(f"{work.id} is {work.said or work.status}" for work in foreign) or None


@rule(
    "source.not_imported",
    INHIBITOR,
    "The instance is not registered as a migration source and no import command was given.",
    "Import the instance in the {console}, or set {enrol_option} for its operating system.",
    SMC,
)
def _not_imported(case: Case) -> Verdict:
    if case.can_enrol or case.enrolment is None or case.enrolment.state != "absent":
        return None
    evidence = case.enrolment.said or "no migration source has its address"
    return (
        Weighed(f"{evidence}; it is waited for, {case.awaits:.0f} s at the most", WARNING) if case.awaits else evidence
    )


@rule(
    "source.unclear",
    INHIBITOR,
    "It is not clear which migration source is the instance's own: another machine could be migrated in its place.",
    f"Give the instance's own source the tag {TAG_KEY} with the value of=<instance id> in the {{console}}, delete"
    " sources there that no machine uses any more, and run again.",
    SMC,
)
def _unclear(case: Case) -> Verdict:
    problem = case.enrolment.problem if case.enrolment else None
    return problem.message if problem else None
