# Copyright (c) 2026 evergreen.os_migration contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The migration paths that SMC documents."""

from __future__ import annotations

# The documented tables of "Migrate the operating system of an ECS instance", per architecture.
PATHS: dict[str, dict[str, tuple[str, ...]]] = {
    "x86_64": {
        "centos-7": ("anolis-7", "anolis-8", "alinux-2", "alinux-3", "rhel-7"),
        "centos-8": ("anolis-8", "alinux-3", "rhel-8"),
        "rhel-7": ("alinux-3", "rhel-8"),
        "rhel-8": ("rhel-9", "alinux-3"),
        "alinux-2": ("alinux-3",),
        "windows-2008r2": ("windows-2012r2",),
        "windows-2012r2": ("windows-2016", "windows-2019"),
        "windows-2016": ("windows-2019", "windows-2022"),
        "windows-2019": ("windows-2022",),
    },
    "arm64": {
        "centos-7": ("anolis-7", "anolis-8", "alinux-3"),
        "centos-8": ("anolis-8", "alinux-3"),
    },
}


def targets(source: str, architecture: str) -> tuple[str, ...]:
    return PATHS[architecture].get(source, ())
