# Copyright (c) 2026 evergreen.os_migration contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Server Migration Center, its jobs begun by somebody in the console: they are followed, and nothing is written."""

from __future__ import annotations

from ...goal import Goal
from ...record import Moment
from ...verb import Step, failing
from ..hooked import not_followed
from ..plan import PLAN
from ..view import Migration, next_hop
from ..work import work_awaited, work_failed


def watched_work_followed(record: Migration, goal: Goal, now: Moment) -> Step | None:
    """Follow the newest unfinished work, whoever began it."""
    live = [work for work in record.view.works if work.status != "done"]
    work = max(live, key=lambda work: work.began, default=None)
    if work is None:
        return None
    if work.status in ("made", "running"):
        return work_awaited(record, goal, now, work)
    return work_failed(work)


def work_missing(record: Migration, goal: Goal, now: Moment) -> Step | None:
    """Tell that there is nothing to follow."""
    hop = next_hop(record)
    return failing(
        "JobNotStarted",
        f"No OS migration job from {hop.source} to {hop.target} is under way for the instance.",
        "Start it in the {console} and run again, or use transport api.",
    )


GATES = (not_followed, watched_work_followed, *PLAN, work_missing)
