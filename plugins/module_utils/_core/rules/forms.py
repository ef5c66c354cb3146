# Copyright (c) 2026 evergreen.os_migration contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The forms of the guest's facts. A fact in any other form is not known: it is never read as what it might mean."""

from __future__ import annotations

import re
from collections.abc import Mapping

_NUMBER = re.compile(r"[0-9]{1,15}")  # more digits are no size, and Python refuses to read thousands of them
_YES_NO = re.compile(r"yes|no")
_TEXT = re.compile(r"\S.*", re.DOTALL)
_KERNEL = re.compile(r"[0-9]+\.\S+")
_VERSION = re.compile(r"[0-9]{1,9}(\.[0-9]{1,9})*")

_NUMBERS = (
    "time",
    "memory_available_mib",
    "free_mib./usr",
    "free_mib./var",
    "free_mib./boot",
    "free_mib.C",
    "windows_dir_mib",
    "i686_count",
    "local_programs",
)
_ANSWERS = (
    "package_manager_works",
    "epel_modular",
    "rsync",
    "security_center",
    "reboot_required",
    "time_synchronised",
    "tls12",
    "activated",
)
_TEXTS = (
    "modules_out_of_tree",
    "modules_unsigned",
    "fstab_device_names",
    "nics",
    "full_filesystems",
    "nested_filesystems",
    "leftovers",
    "readonly_filesystems",
    "noexec_filesystems",
    "missing_devices",
    "crypttab_asks",
    "crypttab_keys",
    "immutable_files",
    "package_manager_runs",
    "package_sources",
    "held_packages",
    "unfinished_transactions",
    "duplicate_packages",
    "roles",
    "antivirus",
    "third_party_drivers",
    "page_file",
    "installers",
    "stopped_services",
)

FORMS: Mapping[str, re.Pattern[str]] = {
    **dict.fromkeys(_NUMBERS, _NUMBER),
    **dict.fromkeys(_ANSWERS, _YES_NO),
    **dict.fromkeys(_TEXTS, _TEXT),
    **dict.fromkeys(("mounted_on./usr", "mounted_on./var", "mounted_on./boot"), re.compile(r"/\S*")),
    "package_manager": re.compile(r"dnf|yum|none"),
    "rpm_database": re.compile(r"sound|damaged"),
    "mysql": re.compile(r"none|{0}(, {0})*".format(r"(mysql|mariadb) [0-9]{1,9}\.[0-9]{1,9}[^\s,]*")),
    "selinux": re.compile(r"enforcing|permissive|disabled"),
    "kernel": _KERNEL,
    "kernel_newest": _KERNEL,
    "kernel_package": re.compile(r"none|kernel(-[a-z0-9]+)*"),
    "net_ifnames": re.compile(r"on|off"),
    "boot_mode": re.compile(r"bios|uefi"),
    "powershell": _VERSION,
    "os_build": _NUMBER,
    "installation": re.compile(r"server|server_core|nano|other"),
    "activation_channel": re.compile(r"kms|mak|retail|oem|other"),
    "crash_dump": re.compile(r"none|complete|kernel|small|automatic"),
}


def is_known(name: str, value: str) -> bool:
    """Say whether ``value`` is something that the fact can be."""
    return FORMS[name].fullmatch(value) is not None
