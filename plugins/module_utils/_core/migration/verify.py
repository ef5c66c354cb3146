# Copyright (c) 2026 evergreen.os_migration contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The goal verified: the guest runs the target."""

from __future__ import annotations

from ..command import unreachable
from ..goal import Goal
from ..model import required
from ..record import Moment
from ..signs import told
from ..verb import Step, failing, failing_by, finish
from .arrive import kept, verdict_on
from .begin import points_seen
from .compared import findings, forward, not_known
from .view import Migration, guest_os, instance


def reachable(record: Migration, goal: Goal, now: Moment) -> Step | None:
    """Refuse a guest that cannot be asked."""
    here = instance(record)
    return None if record.view.guest is not None or here.answers else failing_by(unreachable(here))


def before_seen(record: Migration, goal: Goal, now: Moment) -> Step | None:
    """Look at the points of an attempt: they say what the instance was before it."""
    return points_seen(record, goal, now) if record.view.tag is not None and record.view.tag.source else None


def guest_understood(record: Migration, goal: Goal, now: Moment) -> Step | None:
    """Judge no guest whose answer cannot be read."""
    guest = required(record.view.guest)
    if not guest.trouble:
        return None
    return failing(
        "GuestUnreadable",
        f"The guest's answer to the facts script was {guest.trouble.replace('_', ' ')}. {guest.trouble_text}".strip(),
        "Look at the guest's load and its disk, and at the invocation in the {agent} console; then run again.",
    )


def runs_target(record: Migration, goal: Goal, now: Moment) -> Step | None:
    """Refuse a guest that runs something else."""
    if guest_os(record) == record.item.target:
        return None
    return failing(
        "WrongOs",
        f"The guest runs {guest_os(record)}, wanted is {record.item.target}.",
        "Look at the migration's result; run migrate again or roll back.",
    )


def proven(record: Migration, goal: Goal, now: Moment) -> Step | None:
    """Refuse a guest that is the target by its name only."""
    verdict = verdict_on(record, record.item.target)
    return None if verdict.proven else failing_by(told(verdict, record.item.target))


def verified(record: Migration, goal: Goal, now: Moment) -> Step | None:
    """End an instance that passed, with a warning for what did not stay as it was."""
    proof = forward(record, goal)
    told = (*kept(record), *findings(proof, "verify"), *not_known(proof, "verify"))
    return finish("verified", "verified", findings=(*record.view.findings, *told), proof=proof)
