# Copyright (c) 2026 evergreen.os_migration contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Precheck rules: each looks at one thing and returns its evidence when something is wrong, else ``None``.

A new rule is a function with a ``@rule`` line. Cloud rules need no guest; guest rules read the facts script's
output. A rule whose fact is missing answers ``NOT_KNOWN``, which counts like a violation: it never passes silently.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable
from dataclasses import dataclass, replace

from . import paths
from .catalog import is_windows
from .ledger import job_place
from .model import UNKNOWN, Finding, Guest, Hop, Instance, Job

INHIBITOR, WARNING, INFO = "inhibitor", "warning", "info"
NOT_KNOWN = "the fact is not known"

_ECS_PAGE = "ECS: Migrate the operating system of an instance (2025-11-09)"
_NUMBER = re.compile(r"[0-9]{1,15}")  # more digits are no size, and Python refuses to read thousands of them
LOCAL_DISKS = ("local_", "ephemeral", "elastic_ephemeral")
_NO_I686 = ("alinux-", "anolis-")
UNFINISHED = ("Created", "Ready", "Running", "Stopped", "Waiting", "InError", "Expired")


@dataclass(frozen=True)
class Case:
    """What the rules look at: one instance before one hop."""

    instance: Instance
    guest: Guest | None = None
    hop: Hop | None = None
    jobs: tuple[Job, ...] | None = None
    has_source: bool | None = None
    can_import: bool = True


@dataclass(frozen=True)
class Rule:
    """A rule's own words, and the function that finds the evidence."""

    id: str
    severity: str
    message: str
    remedy: str
    needs_guest: bool
    check: Callable[[Case], str | None]
    source: str = _ECS_PAGE

    def finding(self, evidence: str) -> Finding:
        """Return the finding for ``evidence``."""
        return Finding(self.id, self.severity, self.message, evidence, self.remedy, self.source)


RULES: list[Rule] = []


def rule(
    rule_id: str, severity: str, message: str, remedy: str, guest: bool = False
) -> Callable[[Callable[[Case], str | None]], Callable[[Case], str | None]]:
    """Register the decorated check under ``rule_id``."""

    def register(check: Callable[[Case], str | None]) -> Callable[[Case], str | None]:
        RULES.append(Rule(rule_id, severity, message, remedy, guest, check))
        return check

    return register


def examine(case: Case, waived: Iterable[str] = ()) -> tuple[Finding, ...]:
    """Return the findings of every rule that applies to ``case``; a waived inhibitor becomes a warning."""
    probed = case.guest is not None and case.guest.probed
    findings = (
        applicable.finding(evidence)
        for applicable in RULES
        if probed or not applicable.needs_guest
        if (evidence := applicable.check(case)) is not None
    )
    harmless = set(waived)
    return tuple(
        replace(found, severity=WARNING) if found.severity == INHIBITOR and found.id in harmless else found
        for found in findings
    )


def inhibitors(findings: Iterable[Finding]) -> tuple[Finding, ...]:
    """Return the findings that stop a migration."""
    return tuple(found for found in findings if found.severity == INHIBITOR)


def _below(case: Case, fact: str, minimum: int) -> str | None:
    value = _number(case, fact)
    if value is None:
        return f"{fact}: {NOT_KNOWN}"
    return f"{fact} is {value}, needed is {minimum}" if value < minimum else None


def _number(case: Case, fact: str) -> int | None:
    text = case.guest.facts.get(fact, "") if case.guest else ""
    return int(text) if _NUMBER.fullmatch(text) else None


def _towards(case: Case, prefixes: tuple[str, ...]) -> bool:
    return case.hop is not None and case.hop.target.startswith(prefixes)


def _leaves_windows(case: Case) -> bool:
    return is_windows(case.hop.source if case.hop else case.instance.os)


def _leaves_linux(case: Case) -> bool:
    return case.instance.os_type == "linux" or (case.guest is not None and "os_id" in case.guest.facts)


# --- cloud side -----------------------------------------------------------------------------------------------------


@rule("instance.not_running", INHIBITOR, "The instance is not running.", "Start the instance and run again.")
def _not_running(case: Case) -> str | None:
    return None if case.instance.status == "Running" else f"status is {case.instance.status}"


@rule(
    "instance.locked",
    INHIBITOR,
    "The instance is locked by the provider.",
    "Clear the reason of the lock (bill, security, release) in the provider's console.",
)
def _locked(case: Case) -> str | None:
    return f"locked for: {', '.join(case.instance.locks)}" if case.instance.locks else None


@rule(
    "instance.classic_network",
    INHIBITOR,
    "The instance is in the classic network.",
    "Move the instance from the classic network to a VPC first.",
)
def _classic_network(case: Case) -> str | None:
    return "network type is classic" if case.instance.network_type == "classic" else None


@rule(
    "instance.too_small",
    INHIBITOR,
    "A Windows instance needs at least 2 vCPUs and 2 GiB of memory.",
    "Change the instance to a larger instance type for the migration.",
)
def _too_small(case: Case) -> str | None:
    here = case.instance
    if not _leaves_windows(case) or (here.vcpus >= 2 and here.memory_mib >= 2048):
        return None
    return f"{here.vcpus} vCPU, {here.memory_mib} MiB"


@rule(
    "instance.snapshot_in_progress",
    INHIBITOR,
    "A snapshot of the instance is being created; the migration service refuses to start meanwhile.",
    "Wait until the snapshot is accomplished, or move the automatic snapshot policy's window, and run again.",
)
def _snapshot_in_progress(case: Case) -> str | None:
    foreign = [snapshot.snapshot_id for snapshot in case.instance.snapshots_in_progress if not snapshot.label]
    return f"in progress: {', '.join(foreign)}" if foreign else None


@rule(
    "disk.none_visible",
    INHIBITOR,
    "No disk of the instance is visible, so it could not be protected by snapshots.",
    "Grant the RAM user ecs:DescribeDisks.",
)
def _no_disk_visible(case: Case) -> str | None:
    return None if case.instance.disks else "the list of its disks is empty"


@rule(
    "disk.no_snapshots",
    INHIBITOR,
    "A disk of the instance cannot have snapshots, so its data could not be protected.",
    "Move the data to a cloud disk and detach this one, or waive this finding if the data may be lost.",
)
def _disk_without_snapshots(case: Case) -> str | None:
    local = [disk.disk_id for disk in case.instance.disks if disk.category.startswith(LOCAL_DISKS)]
    return f"local or ephemeral: {', '.join(local)}" if local else None


@rule(
    "agent.missing",
    INHIBITOR,
    "The cloud's agent (Cloud Assistant) is not installed.",
    "Install the agent and restart the instance.",
)
def _agent_missing(case: Case) -> str | None:
    return None if case.instance.agent.installed else "the agent has never reported"


@rule(
    "agent.offline",
    INHIBITOR,
    "The cloud's agent (Cloud Assistant) does not answer.",
    "Start the agent in the guest and check that the guest reaches the service.",
)
def _agent_offline(case: Case) -> str | None:
    agent = case.instance.agent
    if agent.online or not agent.installed or case.instance.status != "Running":
        return None
    return f"last heartbeat: {agent.last_heartbeat or 'never'}"


@rule(
    "job.unfinished",
    INHIBITOR,
    "The instance has an unfinished migration job that this collection did not start.",
    "Finish or delete that job in the SMC console, or follow it with transport watch.",
)
def _unfinished_job(case: Case) -> str | None:
    foreign = [job for job in case.jobs or () if job.status in UNFINISHED and job_place(job.name) is None]
    return ", ".join(f"{job.job_id} is {job.status}" for job in foreign) or None


@rule(
    "source.not_imported",
    INHIBITOR,
    "The instance is not registered as a migration source and no import command was given.",
    "Import the instance in the SMC console, or set smc.import_command for its operating system.",
)
def _not_imported(case: Case) -> str | None:
    if case.has_source is not False or case.can_import:
        return None
    return "no migration source has its hostname and address"


@rule("path.condition", INFO, "The provider sets a condition for this path.", "Ask the provider before you start.")
def _path_condition(case: Case) -> str | None:
    return " ".join(paths.notes((case.hop,))) or None if case.hop else None


# --- guest side -----------------------------------------------------------------------------------------------------


@rule(
    "guest.os_not_recognised",
    INHIBITOR,
    "The guest's operating system was not recognised.",
    "Look at the guest's /etc/os-release (or Windows caption) and at the table of supported paths.",
    guest=True,
)
def _os_not_recognised(case: Case) -> str | None:
    if case.guest is None or case.guest.os != UNKNOWN:
        return None
    return case.guest.facts.get("os_name") or "the facts script gave no usable answer"


@rule(
    "linux.memory",
    INHIBITOR,
    "The migration tool needs 600 MiB of free memory.",
    "Stop services that are not needed during the migration.",
    guest=True,
)
def _linux_memory(case: Case) -> str | None:
    return _below(case, "memory_available_mib", 600) if _leaves_linux(case) else None


def _linux_space(directory: str, minimum: int) -> None:
    @rule(
        f"linux.space.{directory.strip('/')}",
        INHIBITOR,
        f"{directory} needs {minimum} MiB of free space.",
        f"Free space in {directory}, or extend its file system.",
        guest=True,
    )
    def _space(case: Case) -> str | None:
        return _below(case, f"free_mib.{directory}", minimum) if _leaves_linux(case) else None


for _directory, _minimum in (("/usr", 250), ("/var", 4096), ("/boot", 100)):
    _linux_space(_directory, _minimum)


@rule(
    "linux.i686_packages",
    INHIBITOR,
    "The target has no 32-bit packages, so installed i386/i686 packages stop the migration.",
    "Remove the listed packages.",
    guest=True,
)
def _i686_packages(case: Case) -> str | None:
    if not _leaves_linux(case) or not _towards(case, _NO_I686):
        return None
    count = _number(case, "i686_count")
    if count is None:
        return f"i686_count: {NOT_KNOWN}"
    listed = case.guest.facts.get("i686_packages", "") if case.guest else ""
    return f"{count} installed: {listed}" if count else None


@rule(
    "linux.package_manager",
    INHIBITOR,
    "The migration tool needs yum or dnf.",
    "Install and repair yum or dnf.",
    guest=True,
)
def _package_manager(case: Case) -> str | None:
    if not _leaves_linux(case):
        return None
    manager = (case.guest.facts.get("package_manager") if case.guest else "") or NOT_KNOWN
    return None if manager in ("yum", "dnf") else f"package manager: {manager}"


@rule(
    "windows.space",
    INHIBITOR,
    "Drive C: needs 20 GiB of free space, and more than the size of C:\\Windows.",
    "Free space on C:, or extend the system disk.",
    guest=True,
)
def _windows_space(case: Case) -> str | None:
    if not _leaves_windows(case):
        return None
    windows = _number(case, "windows_dir_mib")
    if windows is None:
        return f"windows_dir_mib: {NOT_KNOWN}"
    return _below(case, "free_mib.C", max(20 * 1024, windows + 1))
