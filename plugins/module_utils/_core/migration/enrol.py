# Copyright (c) 2026 evergreen.os_migration contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""How an instance becomes known to the service of a kind of works: by an import of ours, or by somebody's own."""

from __future__ import annotations

from ..agent import booted_since
from ..command import RESTART_TIMEOUT, RESTARTING, asked_when_back
from ..goal import Goal, Offer
from ..model import Enrolment
from ..record import Moment
from ..verb import Step, Verb, failing, failing_by, note, wait
from ..workflow import Gate
from .view import Migration, View, active, instance, offer, work_of_hop

# An import that made nothing is repeated once where that may help: with another code, or after a restart.
_MOST_IMPORTS = 2


def source_awaited(record: Migration, goal: Goal, now: Moment) -> Step | None:
    """Wait for an import that somebody makes by hand, before anything is begun."""
    offered, enrolment = offer(record, goal), record.view.enrolment
    if active(record) or not _by_hand(record, offered) or enrolment is None or enrolment.state != "absent":
        return None
    if record.overdue("importing", offered.awaits, "works", now):
        near = f" {enrolment.said}." if enrolment.said else ""
        return failing(
            "SourceMissing",
            f"After {offered.awaits:.0f} s the instance is still no migration source.{near}",
            "Run the client in the guest, or import it in the {console}, then run again.",
        )
    return wait("works", "importing")


def _by_hand(record: Migration, offered: Offer) -> bool:
    return bool(offered.awaits) and not offered.follows and instance(record).os_type not in offered.enrols


def import_over(record: Migration, goal: Goal, now: Moment) -> Step | None:
    """Wait for a guest that its agent restarts because of the import's exit code, until it has booted again."""
    view = record.view
    if view.restart_code is None:
        return None
    if record.state != RESTARTING:
        return Step(Verb.NOTE, RESTARTING, event=f"the guest restarts now (exit code {view.restart_code})")
    if booted_since(view.guest, record.seen.get("guest"), view.imported_at):
        return note("importing", restart_code=None)
    if record.overdue(RESTARTING, RESTART_TIMEOUT, "instance", now):
        return failing(
            "GuestNotBack",
            f"The import's exit code made the agent restart the guest; {RESTART_TIMEOUT} s later the guest does not "
            "say that it has started again.",
            "Look at the instance's console for what it waits for, then run again.",
        )
    return asked_when_back(record, instance(record), asked=now.date)


def enrolled(kind: str) -> Gate[View]:
    """Return the gate that makes the instance known to the service of a kind of works."""

    def enrolled(record: Migration, goal: Goal, now: Moment) -> Step | None:
        enrolment = record.view.enrolment or Enrolment()
        if work_of_hop(record) is not None:
            return None
        if enrolment.problem:
            return failing_by(enrolment.problem)
        if enrolment.id and not record.knows("enrolment"):
            return wait("enrolment", "importing")
        if enrolment.state == "ready":
            return None
        if _may_enrol(record, goal, enrolment):
            return _import(record, kind, now)
        return _enrolment_awaited(record, goal, now, enrolment)

    return enrolled


def _import(record: Migration, kind: str, now: Moment) -> Step:
    number = record.view.imports + 1 if _tried(record) else 1
    changes = {"enrolled_for": record.view.hop + 1, "imports": number, "imported_at": now.ticks, "import_again": False}
    event = "began the import as a migration source" + (" again" if number > 1 else "")
    return Step(Verb.ENROL, "importing", kind, changes, event=event)


def _tried(record: Migration) -> bool:
    return record.view.enrolled_for == record.view.hop + 1


def _may_enrol(record: Migration, goal: Goal, enrolment: Enrolment) -> bool:
    """Say whether an import may help; it is done once per hop, because a hop can take the client away."""
    offline = enrolment.state in ("absent", "lost")
    again = record.view.import_again and record.view.imports < _MOST_IMPORTS
    return offline and (again or not _tried(record)) and instance(record).os_type in offer(record, goal).enrols


def _enrolment_awaited(record: Migration, goal: Goal, now: Moment, enrolment: Enrolment) -> Step:
    if enrolment.state == "absent":
        return _source_missing(record, goal, now)
    if record.overdue("importing", goal.hop_timeout, "enrolment", now):
        return failing(
            "SourceUnavailable",
            f"The migration source {enrolment.id} stayed {enrolment.said or enrolment.state}.",
            "Look at the source in the {console} (its client must be online), then run again.",
        )
    return wait("enrolment", "importing")


def _source_missing(record: Migration, goal: Goal, now: Moment) -> Step:
    """Tell of an attempt that is resumed without what it was started with; rules stop a new one earlier."""
    awaits = offer(record, goal).awaits
    if _tried(record):
        return failing(
            "ImportFailed",
            f"The import was made {record.view.imports} times and registered no migration source.",
            "Look at the invocations in the {agent} console, then run again: the import is made again.",
        )
    if awaits and not record.overdue("importing", awaits, "works", now):
        return wait("works", "importing")
    return failing(
        "SourceMissing",
        "The attempt is under way, but the instance is no migration source and there is no import command.",
        "Set {enrol_option} for its operating system, or import it in the {console}, then run again.",
    )
