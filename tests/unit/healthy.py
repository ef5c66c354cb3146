# Copyright (c) 2026 evergreen.os_migration contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What guests that everything is fine with say of themselves."""

from __future__ import annotations

HEALTHY_LINUX = {
    "os_id": "centos",
    "time": "0",
    "kernel": "3.10.0-1160.119.1.el7.x86_64",
    "kernel_newest": "3.10.0-1160.119.1.el7.x86_64",
    "memory_available_mib": "4000",
    "free_mib./usr": "4000",
    "free_mib./var": "9000",
    "free_mib./boot": "400",
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
    "time": "0",
    "free_mib.C": "90000",
    "windows_dir_mib": "16000",
    "os_build": "7601",
    "installation": "server",
    "installers": "none",
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
