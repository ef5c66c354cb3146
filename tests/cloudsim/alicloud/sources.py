# Copyright (c) 2026 evergreen.os_migration contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Migration sources: what state they are in."""

from __future__ import annotations

from ..core.state import within
from .account import CLIENT, Account
from .migrations import UNFINISHED, Job, Source


def state(account: Account, source: Source, now: float) -> str:
    """Available while the SMC client of the guest reports; the scenario may want another state for a while."""
    instance = account.instances[source.instance_id]
    if account.running_job(instance.id, now):
        return "InUse"
    wanted = next((each.state for each in instance.group.faults.source if within([each], now)), None)
    if wanted:
        return wanted
    alive = instance.power.at(now) == "Running" and CLIENT in instance.content(now).installed and now < instance.gone
    return "Available" if alive and now >= source.ready.at(now) else "Unavailable"


def unfinished_job(account: Account, source: Source, now: float) -> Job | None:
    jobs = account.jobs_on(source.instance_id, now)
    return next((job for job in jobs if job.source_id == source.id and job.status(now) in UNFINISHED), None)
