# Copyright (c) 2026 evergreen.os_migration contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What a Linux guest says of itself."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from fnmatch import fnmatchcase
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


_SPACE: Mapping[str, int] = {"/usr": 250, "/var": 4096, "/boot": 100}

for _directory, _minimum in _SPACE.items():
    _space_rule(_directory, _minimum)


@_linux(
    "linux.space.shared",
    INHIBITOR,
    "/usr, /var and /boot need their space at the same time, and some of them share a file system.",
    "Free space in the file system, or extend it.",
    ECS,
    needs=tuple(f"{fact}.{directory}" for directory in _SPACE for fact in ("free_mib", "mounted_on")),
)
def _space_shared(case: Case) -> Verdict:
    sharing: dict[str, list[str]] = {}
    for directory in _SPACE:
        sharing.setdefault(case.fact(f"mounted_on.{directory}"), []).append(directory)
    texts = (_short(case, point, directories) for point, directories in sharing.items() if len(directories) > 1)
    return "; ".join(filter(None, texts)) or None


def _short(case: Case, point: str, directories: Sequence[str]) -> str:
    """Return what one file system lacks for all directories that it holds."""
    needed = sum(_SPACE[directory] for directory in directories)
    free = min(case.number(f"free_mib.{directory}") for directory in directories)
    if free >= needed:
        return ""
    return f"{point} holds {', '.join(directories)}: {free} MiB are free, needed are {needed}"


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
    "linux.repositories",
    WARNING,
    "The package manager cannot fetch the index of its repositories, so it can install nothing.",
    "Run yum makecache in the guest and correct what it names: the mirror, the proxy, or Python. CentOS 7 and 8 need"
    " another mirror: the remedy linux.repositories of the role remediate sets one.",
    ECS_ENGLISH,
    needs=("package_manager", "package_sources"),
)
def _repositories(case: Case) -> Verdict:
    said = case.fact("package_sources")
    if said == "answer":
        return None
    # The servers of CentOS are gone for all; the role centos can set a mirror between this look and the migration.
    severity = WARNING if case.source in ("centos-7", "centos-8") else INHIBITOR
    return Weighed(f"{case.fact('package_manager')} says: {said}", severity)


@_linux(
    "linux.package_manager_runs",
    INHIBITOR,
    "A package manager or an upgrade tool is at work in the guest.",
    "Wait until it has ended (ps -ef shows it), and run again.",
    OWN,
    needs=("package_manager_runs",),
)
def _package_manager_runs(case: Case) -> Verdict:
    return names(case, "package_manager_runs")


#: What every upgrade has to replace.
_CORE = ("kernel", "glibc", "systemd", "centos-release", "redhat-release", "centos-linux-release", "alinux-release")


@_linux(
    "linux.packages_held",
    WARNING,
    "Packages are kept from being updated by exclude lines or by the plugin versionlock.",
    "Remove the exclude lines from the files that are named, and run yum versionlock clear, for the migration.",
    OWN,
    needs=("held_packages",),
)
def _packages_held(case: Case) -> Verdict:
    held = names(case, "held_packages")
    if held is None:
        return None
    patterns = [entry.rpartition(":")[2] for entry in held.split()]
    core = any(fnmatchcase(package, pattern) for package in _CORE for pattern in patterns)
    return Weighed(held, INHIBITOR) if core else held


@_linux(
    "linux.duplicate_packages",
    INHIBITOR,
    "Packages are installed in two versions, as an interrupted update leaves them.",
    "Run yum-complete-transaction, then package-cleanup --dupes and package-cleanup --cleandupes (dnf: dnf remove"
    " --duplicates), and look at the result with rpm -V.",
    OWN,
    needs=("duplicate_packages",),
)
def _duplicate_packages(case: Case) -> Verdict:
    return names(case, "duplicate_packages")


@_linux(
    "linux.unfinished_transactions",
    WARNING,
    "Updates by yum were interrupted and never completed.",
    "Run yum-complete-transaction, or yum-complete-transaction --cleanup-only if the packages are right.",
    OWN,
    needs=("unfinished_transactions",),
)
def _unfinished_transactions(case: Case) -> Verdict:
    return names(case, "unfinished_transactions")


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
    found = [verdict for server in installed.split(", ") if (verdict := _newer(server))]
    texts = [verdict.evidence for verdict in found]
    severity = INHIBITOR if any(verdict.severity == INHIBITOR for verdict in found) else WARNING
    return Weighed("; ".join(texts), severity) if found else None


def _newer(server: str) -> Weighed | None:
    """Return what is to be said of one database server, product and version."""
    product, version = server.split(" ", 1)
    offered = _OFFERED[product]
    series = tuple(int(part) for part in re.findall(r"[0-9]+", version)[:2])
    evidence = f"{server} is installed, the target's is {offered[0]}.{offered[1]}"
    if series > offered:
        return Weighed(evidence, INHIBITOR)
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
    needs=("kernel", "kernel_newest", "kernel_package"),
)
def _kernel_not_newest(case: Case) -> Verdict:
    running, newest = case.fact("kernel"), case.fact("kernel_newest")
    if case.fact("kernel_package") == "none" or running == newest:
        return None
    return f"{running} runs, {newest} is installed"


@_linux(
    "linux.kernel_not_owned",
    WARNING,
    "The running kernel belongs to no installed package.",
    "Install the kernel's package, or restart into a kernel that is installed, before the migration.",
    OWN,
    needs=("kernel", "kernel_newest", "kernel_package"),
)
def _kernel_not_owned(case: Case) -> Verdict:
    if case.fact("kernel_package") != "none":
        return None
    return f"{case.fact('kernel')} runs, {case.fact('kernel_newest')} is installed"


#: The last kernels that these systems got; there will be no newer ones. For CentOS 7 it is what Red Hat's convert2rhel
#: finds as the newest in the repository updates; for CentOS 8 that of the last state of 8.5.2111, built on 22 December
#: 2021, before the system's end on the 31st. A later build, such as one of extended support, is newer and passes.
_LAST_KERNELS: Mapping[str, str] = {"centos-7": "3.10.0-1160.119.1.el7", "centos-8": "4.18.0-348.7.1.el8_5"}


@_linux(
    "linux.kernel_not_updated",
    {_TO_RED_HAT: INHIBITOR},
    "The installed kernel is not the newest that there is, as the way to Red Hat asks for.",
    "Run yum update kernel, and restart the instance.",
    ECS,
    needs=("kernel_newest", "kernel_package"),
)
def _kernel_not_updated(case: Case) -> Verdict:
    newest, last = case.fact("kernel_newest"), _LAST_KERNELS.get(case.source)
    if last is None or case.fact("kernel_package") not in ("kernel", "none") or _numbers(newest) >= _numbers(last):
        return None
    return f"{newest} is installed, the last one is {last}"


def _numbers(release: str) -> tuple[int, ...]:
    """Return the numbers of a kernel's release, without those of its system and architecture."""
    return tuple(int(part) for part in re.findall(r"[0-9]{1,9}", release.partition(".el")[0]))


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


_SYSTEM_POINTS = frozenset(("/", "/boot", "/usr", "/var", "/etc", "/opt", "/var/lib"))
_UPGRADE_POINTS = frozenset(("/", "/usr", "/var", "/var/lib"))


@_linux(
    "linux.readonly_filesystems",
    WARNING,
    "File systems are mounted read-only.",
    "Look with dmesg whether an error made them so and check them with fsck; then mount them to be written.",
    OWN,
    needs=("readonly_filesystems",),
)
def _readonly_filesystems(case: Case) -> Verdict:
    return _heavier(names(case, "readonly_filesystems"), _SYSTEM_POINTS)


@_linux(
    "linux.noexec_filesystems",
    WARNING,
    "File systems from which the agent or packages run programs are mounted noexec.",
    "Run mount -o remount,exec for each mount point that is named, for the time of the migration, and in /etc/fstab.",
    OWN,
    needs=("noexec_filesystems",),
)
def _noexec_filesystems(case: Case) -> Verdict:
    return _heavier(names(case, "noexec_filesystems"), _UPGRADE_POINTS)


def _heavier(found: str | None, heavy: frozenset[str]) -> Verdict:
    """Return names that are an inhibitor when some of them are among the heavy ones."""
    return Weighed(found, INHIBITOR) if found and heavy & set(found.split()) else found


@_linux(
    "linux.missing_devices",
    INHIBITOR,
    "/etc/fstab or /etc/crypttab wants devices at boot that are not there; a restart would not come to its end.",
    "Correct the entries, or give them the option nofail.",
    OWN,
    needs=("missing_devices",),
)
def _missing_devices(case: Case) -> Verdict:
    return names(case, "missing_devices")


@_linux(
    "linux.crypttab",
    INHIBITOR,
    "Encrypted volumes are opened at boot, and somebody has to type a passphrase at the console, or a key is used.",
    "Give each volume that asks a key file or the option nofail in /etc/crypttab; keep the key files readable at boot.",
    OWN,
    needs=("crypttab_asks", "crypttab_keys"),
)
def _crypttab(case: Case) -> Verdict:
    asking, keyed = names(case, "crypttab_asks"), names(case, "crypttab_keys")
    if asking:
        return f"a passphrase is asked for: {asking}"
    return Weighed(f"opened by a key: {keyed}", WARNING) if keyed else None


#: Files that people make immutable and that no package replaces.
_HARMLESS = frozenset(("/etc/resolv.conf", "/etc/hosts"))


@_linux(
    "linux.immutable_files",
    WARNING,
    "System files have the attribute immutable or append-only, so packages cannot replace them.",
    "Run chattr -i -a on each of them for the time of the migration.",
    OWN,
    needs=("immutable_files",),
)
def _immutable_files(case: Case) -> Verdict:
    found = names(case, "immutable_files")
    return Weighed(found, INHIBITOR) if found and set(found.split()) - _HARMLESS else found


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
