# Copyright (c) 2026 evergreen.os_migration contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What a waiver does to a finding. It counts through its last day, UTC."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from datetime import datetime, timezone

from ..model import Finding, Waiver
from .rule import INHIBITOR, WARNING


def expired(waiver: Waiver, now: float) -> bool:
    """Say whether the waiver's last day is over."""
    return datetime.fromtimestamp(now, timezone.utc).date().isoformat() > waiver.expires


def active(waivers: Iterable[Waiver], now: float) -> tuple[Waiver, ...]:
    """Return the waivers that still count."""
    return tuple(waiver for waiver in waivers if not expired(waiver, now))


def waived(finding: Finding, waivers: Iterable[Waiver], now: float) -> Finding:
    """Return the finding as a warning that names its waiver; other findings than inhibitors need none.

    An expired waiver changes nothing, but is named in the evidence, so that its owner can renew it.
    """
    fitting = [waiver for waiver in waivers if waiver.rule == finding.id]
    if finding.severity != INHIBITOR or not fitting:
        return finding
    still = active(fitting, now)
    if still:
        return replace(finding, severity=WARNING, waiver=still[0])
    last = max(fitting, key=lambda waiver: waiver.expires)
    return replace(finding, evidence=f"{finding.evidence}; waiver of {last.owner} expired on {last.expires}")
