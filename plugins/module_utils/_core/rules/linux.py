# Copyright (c) 2026 evergreen.os_migration contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What a Linux guest says of itself."""

from __future__ import annotations

import re
from collections.abc import Mapping
from functools import partial

from .documents import ECS, ECS_ENGLISH, OWN, SMC
from .rule import INFO, INHIBITOR, NOT_KNOWN, WARNING, Case, Scope, Verdict, Weighed, below, names, rule, says

_linux = partial(rule, scope=Scope.LINUX)

_TO_RED_HAT = "*:centos-*>rhel-*"


@_linux(
    "linux.memory",
    INHIBITOR,
    "The migration tool needs 600 MiB of free memory.",
    "Stop services that are not needed during the migration.",
    ECS,
    needs=("memory_available_mib",),
)
def _memory(case: Case) -> Verdict:
    return below(case, "memory_available_mib", 600)


def _space_rule(directory: str, minimum: int) -> None:
    fact = f"free_mib.{directory}"

    @_linux(
        f"linux.space.{directory.strip('/')}",
        INHIBITOR,
        f"{directory} needs {minimum} MiB of free space.",
        f"Free space in {directory}, or extend its file system.",
        ECS,
        needs=(fact,),
    )
    def _space(case: Case) -> Verdict:
        return below(case, fact, minimum)


for _directory, _minimum in (("/usr", 250), ("/var", 4096), ("/boot", 100)):
    _space_rule(_directory, _minimum)


@_linux(
    "linux.i686_packages",
    {"*>alinux-*": INHIBITOR, "*>anolis-*": INHIBITOR},
    "The target has no 32-bit packages, so installed i386/i686 packages stop the migration.",
    "Remove the listed packages.",
    ECS,
    needs=("i686_count",),
)
def _i686_packages(case: Case) -> Verdict:
    count = case.number("i686_count")
    return f"{count} installed: {case.fact('i686_packages') or NOT_KNOWN}" if count else None


@_linux(
    "linux.package_manager",
    INHIBITOR,
    "The migration tool needs yum or dnf, and it must work.",
    "Install and repair yum or dnf.",
    ECS_ENGLISH,
    needs=("package_manager", "package_manager_works"),
)
def _package_manager(case: Case) -> Verdict:
    return says(case, "package_manager", "none") or says(case, "package_manager_works", "no")


@_linux(
    "linux.rpm_database",
    INHIBITOR,
    "The database of the installed packages is damaged.",
    "Rebuild it with rpm --rebuilddb, and check it with rpm -qa.",
    ECS_ENGLISH,
    needs=("rpm_database",),
)
def _rpm_database(case: Case) -> Verdict:
    return says(case, "rpm_database", "damaged")


@_linux(
    "linux.epel_modular",
    {"*>alinux-3": WARNING},
    "A repository epel-modular is enabled; its packages cannot be installed on the target.",
    "Find out which installed packages come from it, and replace them; disable the repository.",
    ECS,
    needs=("epel_modular",),
)
def _epel_modular(case: Case) -> Verdict:
    return says(case, "epel_modular", "yes")


@_linux(
    "linux.modules_out_of_tree",
    WARNING,
    "Kernel modules from outside the kernel's own source are loaded; the target's kernel cannot load them.",
    "Get or build each module for the target's kernel, or do without it.",
    ECS,
    needs=("modules_out_of_tree",),
)
def _modules_out_of_tree(case: Case) -> Verdict:
    return names(case, "modules_out_of_tree")


@_linux(
    "linux.modules_unsigned",
    WARNING,
    "Unsigned kernel modules are loaded; the target's kernel may refuse them.",
    "Get each module signed for the target's kernel, or do without it.",
    ECS,
    needs=("modules_unsigned",),
)
def _modules_unsigned(case: Case) -> Verdict:
    return names(case, "modules_unsigned")


#: The series that the target installs unless told otherwise. Its documents name none, but that it follows the
#: packages of Enterprise Linux 8, whose default streams these are.
_OFFERED: Mapping[str, tuple[int, int]] = {"mysql": (8, 0), "mariadb": (10, 3)}


@_linux(
    "linux.mysql_newer",
    {"*>alinux-3": INHIBITOR},
    "The installed MySQL or MariaDB may be newer than the target's; a database cannot go back to an older version.",
    "Move the database to another server, or upgrade the target's by the database's own repository afterwards.",
    ECS,
    needs=("mysql",),
)
def _mysql_newer(case: Case) -> Verdict:
    installed = case.fact("mysql")
    if installed == "none":
        return None
    product, version = installed.split(" ", 1)
    offered = _OFFERED[product]
    series = tuple(int(part) for part in re.findall(r"[0-9]+", version)[:2])
    evidence = f"{installed} is installed, the target's is {offered[0]}.{offered[1]}"
    if series > offered:
        return evidence
    return Weighed(f"{evidence}: compare the last numbers", WARNING) if series == offered else None


@_linux(
    "linux.local_programs",
    INFO,
    "Programs that no package owns may need to be compiled again for the target's C library.",
    "Compile the programs with the target's tools and test them.",
    ECS,
    needs=("local_programs",),
)
def _local_programs(case: Case) -> Verdict:
    count = case.number("local_programs")
    return f"{count} found: {case.fact('local_program_names') or NOT_KNOWN}" if count else None


#: What the documents say of the kernels and tools on both sides.
_KERNELS: Mapping[str, str] = {
    "centos-7>alinux-2": "kernel 3.10 becomes 4.19",
    "centos-7>alinux-3": "kernel 3.10 becomes 5.10; GCC 10.2, Binutils 2.35, glibc 2.32",
    "centos-8>alinux-3": "kernel 4.18 becomes 5.10; GCC 10.2, Binutils 2.35, glibc 2.32",
}


@_linux(
    "linux.kernel_incompatible",
    {f"*:{route}": INFO for route in _KERNELS},
    "The target's kernel is not fully compatible with this one.",
    "Test programs that depend on kernel interfaces or on special hardware on the target first.",
    ECS,
)
def _kernel_incompatible(case: Case) -> Verdict:
    return _KERNELS[case.route.partition(":")[2]]


@_linux(
    "linux.selinux",
    WARNING,
    "SELinux is enforcing; the migration service's client turns it off.",
    "Turn SELinux on again after the migration, and relabel the file systems.",
    SMC,
    needs=("selinux",),
)
def _selinux(case: Case) -> Verdict:
    return says(case, "selinux", "enforcing")


@_linux(
    "linux.rsync",
    WARNING,
    "rsync is not installed; the migration service's client asks for it.",
    "Install the package rsync.",
    SMC,
    needs=("rsync",),
)
def _rsync(case: Case) -> Verdict:
    return says(case, "rsync", "no")


@_linux(
    "linux.security_center",
    {_TO_RED_HAT: INHIBITOR, "*": INFO},
    "The Security Center agent is installed; on the way from CentOS to Red Hat it must be removed first.",
    "Uninstall the agent, check with lsmod that AliSecGuard is gone, and install it again after the migration.",
    ECS,
    needs=("security_center",),
)
def _security_center(case: Case) -> Verdict:
    return says(case, "security_center", "yes")


@_linux(
    "linux.kernel_not_newest",
    {_TO_RED_HAT: INHIBITOR, "*": WARNING},
    "The running kernel is older than the newest one that is installed.",
    "Restart the instance.",
    ECS,
    needs=("kernel", "kernel_newest"),
)
def _kernel_not_newest(case: Case) -> Verdict:
    running, newest = case.fact("kernel"), case.fact("kernel_newest")
    return None if running == newest else f"{running} runs, {newest} is installed"


@_linux(
    "linux.reboot_required",
    WARNING,
    "Updates wait for a restart.",
    "Restart the instance before the migration.",
    OWN,
    needs=("reboot_required",),
)
def _reboot_required(case: Case) -> Verdict:
    return says(case, "reboot_required", "yes")


@_linux(
    "linux.fstab_device_names",
    WARNING,
    "/etc/fstab names devices that can have another name under the target's kernel.",
    "Name the file systems by UUID or label in /etc/fstab.",
    OWN,
    needs=("fstab_device_names",),
)
def _fstab_device_names(case: Case) -> Verdict:
    return names(case, "fstab_device_names")


_ETHERNET = re.compile(r"eth[0-9]+")


@_linux(
    "linux.nic_names",
    WARNING,
    "Several network interfaces are named ethN, and their names can change under the target.",
    "Tie each name to its hardware address, or set net.ifnames=0 on the kernel's command line.",
    OWN,
    needs=("nics", "net_ifnames"),
)
def _nic_names(case: Case) -> Verdict:
    changing = [name for name in case.fact("nics").split() if _ETHERNET.fullmatch(name)]
    return ", ".join(changing) if len(changing) > 1 and case.fact("net_ifnames") == "on" else None


@_linux(
    "linux.boot_mode",
    INFO,
    "The guest boots by UEFI; the provider's documents do not say how the migration treats that.",
    "Migrate one such instance first, as a drill.",
    OWN,
    needs=("boot_mode",),
)
def _boot_mode(case: Case) -> Verdict:
    return None if case.instance.architecture == "arm64" else says(case, "boot_mode", "uefi")


@_linux(
    "linux.full_filesystems",
    WARNING,
    "File systems are full to 95 % of their blocks or inodes.",
    "Free space or inodes in them, or extend them.",
    OWN,
    needs=("full_filesystems",),
)
def _full_filesystems(case: Case) -> Verdict:
    return names(case, "full_filesystems")


@_linux(
    "linux.nested_filesystems",
    INFO,
    "Directories beneath /usr, /var or /boot are file systems of their own; their free space was not measured.",
    "Look whether each of them has room for the packages that the migration installs.",
    OWN,
    needs=("nested_filesystems",),
)
def _nested_filesystems(case: Case) -> Verdict:
    return names(case, "nested_filesystems")


@_linux(
    "linux.time_not_synchronised",
    WARNING,
    "The guest's clock is not synchronised.",
    "Start a time service (chronyd or ntpd).",
    OWN,
    needs=("time_synchronised",),
)
def _time_not_synchronised(case: Case) -> Verdict:
    return says(case, "time_synchronised", "no")


@_linux(
    "linux.leftovers",
    WARNING,
    "An earlier migration attempt left files behind, which can fill file systems or mislead the next attempt.",
    "Remove the listed files when no migration of this instance is under way.",
    OWN,
    needs=("leftovers",),
)
def _leftovers(case: Case) -> Verdict:
    return names(case, "leftovers")
