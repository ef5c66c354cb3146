# Copyright (c) 2026 evergreen.os_migration contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Who may begin now: the last gate before an attempt's first write."""

from __future__ import annotations

from ..goal import Goal
from ..model import required
from ..record import Moment
from ..verb import Step
from ..workflow import Gate
from .arrive import seen_before
from .begin import mark
from .view import Migration, View, active, attempt, instance


def admitted(queue: str) -> Gate[View]:
    """Return the gate that begins the attempt when the queue of a kind of works has a place free.

    Who has waited is looked at anew in any case: under the lock that the mark needs.
    """

    def admitted(record: Migration, goal: Goal, now: Moment) -> Step | None:
        if active(record):
            return None
        was = seen_before(instance(record), required(record.view.guest))
        began = {"begun": attempt(record), "sets": (1,), "retried": True, "before": instance(record), "was": was}
        return mark(record, goal, "started", "queued", queue=queue, changes=began)

    return admitted
