# Copyright (c) 2026 evergreen.os_migration contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What guests that everything is fine with say of themselves."""

from __future__ import annotations

from ansible_collections.evergreen.os_migration.plugins.module_utils._core.catalog import builds

#: What each system's own packages are of: kind, the package of os-release, the kernel that runs, who built it.
OWN = {
    "centos-7": ("el7/24c6a8a7f4a80eb5", "centos-release", "3.10.0-1160.119.1.el7", "kbuilder.bsys.centos.org"),
    "centos-8": ("el8/05b555b38483c65d", "centos-linux-release", "4.18.0-348.7.1.el8_5", "kbuilder.bsys.centos.org"),
    "rhel-7": ("el7/199e2f91fd431d51", "redhat-release-server", "3.10.0-1160.119.1.el7", "x.build.eng.bos.redhat.com"),
    "rhel-8": ("el8/199e2f91fd431d51", "redhat-release", "4.18.0-553.el8_10", "x.build.eng.bos.redhat.com"),
    "rhel-9": ("el9/199e2f91fd431d51", "redhat-release", "5.14.0-427.el9_4", "x.build.eng.rdu2.redhat.com"),
    "alinux-2": ("al7/eb801c41873141a8", "alinux-release", "4.19.91-27.al7", "koji.alibaba-inc.com"),
    "alinux-3": ("al8/53fe0598cac33616", "alinux-release", "5.10.134-16.1.al8", "x86.build Alibaba"),
    "anolis-7": ("an7/6d91c3cf61507e96", "anolis-release", "4.19.91-26.an7", "unknown"),
    "anolis-8": ("an8/6d91c3cf61507e96", "anolis-release", "5.10.134-16.1.an8", "unknown"),
}
BOOTS = ("11111111-1111-4111-8111-111111111111", "22222222-2222-4222-8222-222222222222")


def listed(*names: str) -> str:
    """Return a list as the guests' scripts print it, without what its names share."""
    return " ".join([str(len(names)), "1", *(f"0{name}" for name in sorted(names))])


def linux_contents(os_id: str) -> dict[str, str]:
    """Return what a Linux guest consists of, beside its kernel: a web server and a package of somebody else's."""
    kind, release = OWN[os_id][:2]
    return {
        "all.services_enabled": listed("crond", "httpd", "sshd"),
        "all.services_running": listed("crond", "httpd", "sshd", "systemd-timedated"),
        "all.ports": listed("tcp/0016", "tcp/0019@lo", "tcp/0050"),
        "all.mounts": listed("/_xfs", "/data_xfs"),
        "all.users": listed("root:0", "sshd:74", "web:1001"),
        "all.cron": listed("cron.d/0hourly:1", "spool/cron/web:2"),
        "all.routes": listed("eth0,00000000,FD00A8C0,00000000", "eth0,0000A8C0,00000000,00FFFFFF"),
        "all.package_names": listed("app", "bash", "httpd", release),
        "all.package_versions": listed("app-2.0-1.x86_64/none/1111222233334444"),
        "package_sum": f"{sum(map(ord, kind))} 99",
    }


def windows_contents() -> dict[str, str]:
    """Return what a Windows guest consists of, beside its build."""
    return {
        "all.services_enabled": listed("Dnscache", "W3SVC"),
        "all.services_running": listed("Dnscache", "W3SVC", "sppsvc"),
        "all.ports": listed("tcp/0050", "tcp/0D3D"),
        "all.mounts": listed("C:_NTFS"),
        "all.users": listed("Administrator", "Guest"),
        "all.cron": listed("Nightly"),
        "all.routes": listed("0.0.0.0,192.168.0.253,0.0.0.0"),
        "all.package_versions": listed("Some_App/1.2"),
    }


def linux_signs(os_id: str, boot: str = BOOTS[0]) -> dict[str, str]:
    """Return what a Linux guest says that is nothing but this system."""
    kind, release, kernel, builder = OWN[os_id]
    return {
        "kernel": f"{kernel}.x86_64",
        "kernel_newest": f"{kernel}.x86_64",
        "kernel_owner": f"kernel/{kind}",
        "kernel_builder": builder,
        "boot_id": boot,
        "package_kinds": f"402:{kind} 9:none/none 3:el7/6a2faea2352c64e5",
        "packages_twice": "0",
        "release_owner": f"{release}/{kind}",
        "release_packages": f"{release}/{kind} epel-release/el7/6a2faea2352c64e5",
        "upgrade_pending": "none",
        **linux_contents(os_id),
    }


def windows_signs(os_id: str, booted: int = 1_000, installed: int = 900) -> dict[str, str]:
    """Return what a Windows guest says that is this system; nothing was upgraded yet."""
    return {
        "time": "10000",
        "os_build": max(builds(os_id), key=int),
        "installation": "server",
        "os_booted": str(booted),
        "os_installed": str(installed),
        "upgraded_from": "none",
        "setup_rolled_back": "none",
        "setup_state": "none",
        **windows_contents(),
    }


def signs_of(os_id: str) -> dict[str, str]:
    """Return what a guest says that is nothing but this system."""
    return windows_signs(os_id) if os_id.startswith("windows") else linux_signs(os_id)


#: What each system says beside what every healthy one does.
BY_SYSTEM = {os_id: linux_signs(os_id) for os_id in OWN}
HEALTHY_LINUX = {
    "os_id": "centos",
    "time": "0",
    **linux_signs("centos-7"),
    "memory_available_mib": "4000",
    "stopped_services": "none",
    "free_mib./usr": "4000",
    "free_mib./var": "9000",
    "free_mib./boot": "400",
    "mounted_on./usr": "/",
    "mounted_on./var": "/var",
    "mounted_on./boot": "/boot",
    "readonly_filesystems": "none",
    "noexec_filesystems": "none",
    "missing_devices": "none",
    "crypttab_asks": "none",
    "crypttab_keys": "none",
    "immutable_files": "none",
    "package_manager_runs": "none",
    "package_sources": "answer",
    "held_packages": "none",
    "unfinished_transactions": "none",
    "duplicate_packages": "none",
    "kernel_package": "kernel",
    "package_manager": "yum",
    "package_manager_works": "yes",
    "rpm_database": "sound",
    "i686_count": "0",
    "epel_modular": "no",
    "modules_out_of_tree": "none",
    "modules_unsigned": "none",
    "mysql": "none",
    "local_programs": "0",
    "local_program_names": "none",
    "selinux": "disabled",
    "rsync": "yes",
    "security_center": "no",
    "reboot_required": "no",
    "fstab_device_names": "none",
    "nics": "eth0",
    "net_ifnames": "off",
    "boot_mode": "bios",
    "full_filesystems": "none",
    "nested_filesystems": "none",
    "time_synchronised": "yes",
    "leftovers": "none",
}
HEALTHY_WINDOWS = {
    **windows_signs("windows-2008r2"),
    "time": "0",
    "free_mib.C": "90000",
    "windows_dir_mib": "16000",
    "os_build": "7601",
    "installation": "server",
    "installers": "none",
    "stopped_services": "none",
    "powershell": "5.1.14393.7426",
    "tls12": "yes",
    "reboot_required": "no",
    "roles": "none",
    "antivirus": "none",
    "third_party_drivers": "none",
    "activation_channel": "kms",
    "activated": "yes",
    "page_file": r"C:\pagefile.sys",
    "crash_dump": "automatic",
    "crash_dump_file": r"%SystemRoot%\MEMORY.DMP",
}
#: The PowerShell that a system comes with, where it is not 5.1.
OWN_POWERSHELL = {"windows-2008r2": "2.0", "windows-2012": "3.0", "windows-2012r2": "4.0"}
