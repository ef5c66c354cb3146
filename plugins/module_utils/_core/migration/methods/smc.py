# Copyright (c) 2026 evergreen.os_migration contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Server Migration Center: enrol the instance as a migration source, order a job for the hop, and begin it."""

from __future__ import annotations

from ..admit import admitted, approved, in_window
from ..begin import cloud_allows, points_belong
from ..drill import (
    before_the_drill,
    drill_begun,
    drill_offered,
    drill_ordered,
    drilled_lately,
    in_queue,
    something_to_drill,
)
from ..enrol import enrolled, import_over, source_awaited
from ..hooked import hook_judged, hook_succeeded, hooks_before
from ..keep import commit_over, disks_can_be_kept, set_kept
from ..plan import PLAN, guest_allows, guest_readable, guest_seen, hops_counted, planned
from ..protect import set_taken
from ..work import begun, disks_kept, no_work_runs, old_works_gone, ordered, work_followed

KIND = "smc"

GATES = (
    hook_judged,
    hook_succeeded,
    hops_counted,
    work_followed,
    import_over,
    *PLAN,
    drill_offered,
    drilled_lately,
    approved,
    in_window,
    admitted(KIND),
    set_taken,
    old_works_gone,
    disks_kept,
    enrolled(KIND),
    hooks_before,
    ordered(KIND),
    begun,
)

#: A job that only drills, under a set that was taken for it.
DRILL = (
    import_over,
    drill_offered,
    before_the_drill(cloud_allows),
    before_the_drill(points_belong),
    source_awaited,
    guest_seen,
    guest_readable,
    something_to_drill,
    planned,
    before_the_drill(guest_allows),
    before_the_drill(in_window),
    no_work_runs,
    commit_over,
    disks_can_be_kept,
    in_queue(KIND, set_kept),
    in_queue(KIND, enrolled(KIND)),
    in_queue(KIND, drill_ordered(KIND)),
    drill_begun,
)
