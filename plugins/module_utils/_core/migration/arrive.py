# Copyright (c) 2026 evergreen.os_migration contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The end of the way: the guest runs the target, and what should have stayed has stayed."""

from __future__ import annotations

from .. import rules
from ..goal import Goal
from ..model import Finding
from ..record import Moment
from ..verb import Step, finish
from .begin import mark
from .view import Migration, active, guest_os, instance


def arrived(record: Migration, goal: Goal, now: Moment) -> Step | None:
    """Mark and end an instance whose guest runs the target."""
    if guest_os(record) != record.item.target:
        return None
    if active(record):
        return mark(record, goal, "migrated", "verifying")
    view = record.view
    return finish("migrated", "verified", findings=(*view.findings, *_changed(record)), hop=len(view.hops))


def _changed(record: Migration) -> tuple[Finding, ...]:
    """Return a warning for each thing that the migration should have kept and did not."""
    before, after = record.view.before, instance(record)
    if before is None:
        return ()
    pairs = {
        "hostname": (before.hostname, after.hostname),
        "private_addresses": (before.private_addresses, after.private_addresses),
        "public_addresses": (before.public_addresses, after.public_addresses),
        "disks": ({d.disk_id for d in before.disks}, {d.disk_id for d in after.disks}),
    }
    return tuple(
        Finding(
            f"verify.{name}_changed",
            rules.WARNING,
            f"The instance's {name.replace('_', ' ')} changed during the migration.",
            f"before {old}, after {new}",
            "Check what depends on the former value.",
        )
        for name, (old, new) in pairs.items()
        if old != new
    )
