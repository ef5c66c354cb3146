# Copyright (c) 2026 evergreen.os_migration contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Server Migration Center: enrol the instance as a migration source, order a job for the hop, and begin it."""

from __future__ import annotations

from ..admit import admitted, approved, in_window
from ..enrol import enrolled, import_over
from ..hooked import hook_judged, hook_succeeded, hooks_before
from ..plan import PLAN, hops_counted
from ..protect import set_taken
from ..work import begun, disks_kept, old_works_gone, ordered, work_followed

KIND = "smc"

GATES = (
    hook_judged,
    hook_succeeded,
    hops_counted,
    work_followed,
    import_over,
    *PLAN,
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
