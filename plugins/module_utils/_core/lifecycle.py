# Copyright (c) 2026 evergreen.os_migration contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Until when an operating system gets security updates, and where that is said.

The date is the last day on which everybody gets them; support that has to be bought beyond it does not count. Where two
documents disagree, the newer one wins. A system of which no document names the day (Anolis OS) has no row: that is told
as ``unknown``, never guessed.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date

from .model import UNKNOWN

_CENTOS = "Alibaba Cloud ECS: CentOS EOL guidance (2024-07-15)"
_ALINUX = "Alibaba Cloud Linux: lifecycle (2025-11-13)"
_RED_HAT = "Red Hat Enterprise Linux Life Cycle, end of maintenance support (undated page)"
_AMAZON_2 = "Amazon Linux 2 FAQs (undated page)"
_AMAZON_2023 = "Amazon Linux 2023 User Guide: Release cadence (undated page)"
_MICROSOFT = "Microsoft Lifecycle, extended end date (2026-05-14)"


@dataclass(frozen=True)
class SupportEnd:
    """The last day of support, and the document that names it."""

    ends: date
    source: str


@dataclass(frozen=True)
class Support:
    """The support state on one day: supported, ending, ended or unknown. ``days`` are left; negative after the end."""

    state: str
    ends: date | None = None
    days: int | None = None
    source: str = ""


SUPPORT_ENDS: Mapping[str, SupportEnd] = {
    "centos-6": SupportEnd(date(2020, 11, 30), _CENTOS),
    "centos-7": SupportEnd(date(2024, 6, 30), _CENTOS),
    "centos-8": SupportEnd(date(2021, 12, 31), _CENTOS),
    "rhel-6": SupportEnd(date(2020, 11, 30), _RED_HAT),
    "rhel-7": SupportEnd(date(2024, 6, 30), _RED_HAT),
    "rhel-8": SupportEnd(date(2029, 5, 31), _RED_HAT),
    "rhel-9": SupportEnd(date(2032, 5, 31), _RED_HAT),
    "rhel-10": SupportEnd(date(2035, 5, 31), _RED_HAT),
    # An older, undated page about the migration of ECS instances says 2025-03-31.
    "alinux-2": SupportEnd(date(2026, 3, 31), _ALINUX),
    "alinux-3": SupportEnd(date(2031, 3, 31), _ALINUX),
    "amzn-2": SupportEnd(date(2026, 6, 30), _AMAZON_2),
    "amzn-2023": SupportEnd(date(2029, 6, 30), _AMAZON_2023),
    "windows-2008": SupportEnd(date(2020, 1, 14), _MICROSOFT),
    "windows-2008r2": SupportEnd(date(2020, 1, 14), _MICROSOFT),
    "windows-2012": SupportEnd(date(2023, 10, 10), _MICROSOFT),
    "windows-2012r2": SupportEnd(date(2023, 10, 10), _MICROSOFT),
    "windows-2016": SupportEnd(date(2027, 1, 12), _MICROSOFT),
    "windows-2019": SupportEnd(date(2029, 1, 9), _MICROSOFT),
    "windows-2022": SupportEnd(date(2031, 10, 14), _MICROSOFT),
    "windows-2025": SupportEnd(date(2034, 11, 14), _MICROSOFT),
}


def support(os_id: str, on: date, soon: int = 365) -> Support:
    """Return the support state of ``os_id`` on the day ``on``; within ``soon`` days of its end it is ``ending``."""
    known = SUPPORT_ENDS.get(os_id)
    if known is None:
        return Support(UNKNOWN)
    days = (known.ends - on).days
    state = "ended" if days < 0 else "ending" if days <= soon else "supported"
    return Support(state, known.ends, days, known.source)
