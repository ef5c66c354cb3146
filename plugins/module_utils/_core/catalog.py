# Copyright (c) 2026 evergreen.os_migration contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Canonical OS ids, and how to read them from what clouds and guests say.

A text that is not recognised gives ``unknown``, never a guess. The tables are literals because only Python
travels with a module.
"""

from __future__ import annotations

import re
from collections.abc import Mapping

from .model import UNKNOWN

#: Canonical id -> name as the clouds' consoles print it (English).
NAMES: Mapping[str, str] = {
    "centos-7": "CentOS 7",
    "centos-8": "CentOS 8",
    "rhel-7": "Red Hat Enterprise Linux 7",
    "rhel-8": "Red Hat Enterprise Linux 8",
    "rhel-9": "Red Hat Enterprise Linux 9",
    "alinux-2": "Alibaba Cloud Linux 2",
    "alinux-3": "Alibaba Cloud Linux 3",
    "anolis-7": "Anolis OS 7",
    "anolis-8": "Anolis OS 8",
    "windows-2008r2": "Windows Server 2008 R2",
    "windows-2012": "Windows Server 2012",
    "windows-2012r2": "Windows Server 2012 R2",
    "windows-2016": "Windows Server 2016",
    "windows-2019": "Windows Server 2019",
    "windows-2022": "Windows Server 2022",
    "windows-2025": "Windows Server 2025",
}

_LINUX_ID = {"centos": "centos", "rhel": "rhel", "alinux": "alinux", "anolis": "anolis"}

# First match wins. "(?!\S)"-like guards are not needed: versions are compared by their major number only.
_PATTERNS: tuple[tuple[re.Pattern[str], str], ...] = tuple(
    (re.compile(pattern, re.IGNORECASE), form)
    for pattern, form in (
        (r"windows\W+server\W+(20\d\d)\W*(r2)?", "windows-{0}{1}"),
        (r"centos\D*stream", UNKNOWN),
        (r"centos\D{0,40}?(\d+)", "centos-{0}"),
        (r"(?:red\s*hat|rhel)\D{0,40}?(\d+)", "rhel-{0}"),
        (r"(?:alibaba\s+cloud\s+linux|aliyun\s+linux|alinux)\D{0,40}?(\d+)", "alinux-{0}"),
        (r"anolis\s*(?:os)?\D{0,20}?(\d+)", "anolis-{0}"),
    )
)


def is_known(os_id: str) -> bool:
    """Say whether ``os_id`` is a canonical id of the catalogue."""
    return os_id in NAMES


def is_windows(os_id: str) -> bool:
    """Say whether a canonical id names a Windows Server."""
    return os_id.startswith("windows-")


def _known(os_id: str) -> str:
    return os_id if os_id in NAMES else UNKNOWN


def parse_name(text: str) -> str:
    """Return the canonical id for a cloud's or Windows' own OS name, in English or Chinese, or ``unknown``.

    Examples of texts: ``CentOS  7.9 64 bit``, ``Windows Server  2008 R2 企业版 64位中文版``,
    ``Microsoft Windows Server 2016 Datacenter``, ``Alibaba Cloud Linux  3.2104 LTS 64位``.
    """
    for pattern, form in _PATTERNS:
        found = pattern.search(text)
        if found:
            return _known(form.format(*(part.lower() if part else "" for part in found.groups())))
    return UNKNOWN


def parse_os_release(distribution: str, version: str) -> str:
    """Return the canonical id for ``ID`` and ``VERSION_ID`` of /etc/os-release, or ``unknown``."""
    family = _LINUX_ID.get(distribution.strip().strip('"').lower())
    major = version.strip().strip('"').split(".")[0]
    return _known(f"{family}-{major}") if family else UNKNOWN
