# Copyright (c) 2026 evergreen.os_migration contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The works of the hops: followed, ordered, begun. A method chooses their kind."""

from __future__ import annotations

from .. import tag
from ..goal import Goal
from ..model import RESETTING, RUNNING, Enrolment, Order, Work, required
from ..record import Moment
from ..verb import Step, Verb, failing, look, note, wait
from ..workflow import Gate
from .begin import mark
from .sets import number_of_set
from .view import (
    Migration,
    View,
    active,
    attempt,
    current_works,
    instance,
    next_hop,
    own_works,
    restoring,
    running,
    superseded,
    work_of_hop,
    written_by_this_run,
)

# A work whose progress says nothing true is looked at every so many polls at the least.
_MOST_POLLS = 3


def work_followed(record: Migration, goal: Goal, now: Moment) -> Step | None:
    """Follow the attempt's works to their end, hop by hop."""
    mine = current_works(record) if active(record) else ()
    steps = (_followed(record, goal, now, work) for work in mine if work.status != "done")
    return next(filter(None, steps), None)


def _followed(record: Migration, goal: Goal, now: Moment, work: Work) -> Step | None:
    if work.status == "made" and work.said and record.knows("works"):
        return None
    if work.status in ("made", "running"):
        return work_awaited(record, goal, now, work)
    if goal.retry and not record.view.retried and not written_by_this_run(record, goal):
        return _retried(record, goal, work)
    return work_failed(work)


def _retried(record: Migration, goal: Goal, work: Work) -> Step:
    """Mark that another try begins: with a work of its own, after a set of its own.

    What failed is never begun again: nobody knows what it has done, and the last set is from before it.
    """
    sets, tries = number_of_set(record) + 1, max(1, required(record.view.tag).tries) + 1
    changes = {"retried": True, "sets": (*record.view.sets, sets), "wasted": 0}
    event = f"began try {tries}, after job {work.id}"
    return mark(record, goal, "started", "protecting", {"sets": sets, "tries": tries}, event, changes)


def work_awaited(record: Migration, goal: Goal, now: Moment, work: Work, state: str = "migrating") -> Step:
    """Return the step that waits for a work, as long as a hop may take.

    What is only made is looked at now: somebody may have begun it, so it is not begun unseen.
    """
    if record.overdue(state, goal.hop_timeout, "works", now):
        return failing(
            "JobStuck",
            f"{{work}} {work.id} is still {work.said or work.status} at {work.progress:.0f} % "
            f"after {goal.hop_timeout:.0f} s.",
            "Look at the job in the {console}; a later run goes on following it.",
        )
    return look("work", state) if work.status == "made" else wait("work", state, _pause(record, goal, now, work))


def _pause(record: Migration, goal: Goal, now: Moment, work: Work) -> float:
    """Return how long a running work need not be looked at: a part of what its progress says is left, within bounds.

    That a hop is asked for about ten times, more often towards its end, spares calls for what cannot be over yet.
    """
    left = (now.ticks - record.since) * (100 - work.progress) / work.progress if work.progress else 0.0
    return min(left / 4, _MOST_POLLS * goal.poll_interval) if record.state in ("migrating", "drilling") else 0.0


def work_failed(work: Work) -> Step:
    """Return the step that tells of a work that ended badly."""
    detail = ": ".join(part for part in (work.error_code, work.error_text) if part).rstrip(".") or "no reason given"
    return failing(
        "MigrationFailed",
        f"{{work}} {work.id} ended as {work.said} at {work.progress:.0f} % ({detail}).",
        "Read the job's error in the {console}, correct the cause, then run with retry true.",
    )


def old_works_gone(record: Migration, goal: Goal, now: Moment) -> Step | None:
    """Delete what former attempts and tries left unfinished: the service takes one unfinished work at a time."""
    number = attempt(record)
    former = tuple(
        work
        for work in own_works(record)
        if work.status != "done" and (work not in own_works(record, number) or superseded(record, work))
    )
    if not former:
        return None
    return works_deleted(former, "importing", now, f"deleted former jobs: {len(former)}")


def works_deleted(works: tuple[Work, ...], state: str, now: Moment, event: str) -> Step:
    """Return the step that deletes works; a service may put disks back when it is told so."""
    return Step(Verb.DELETE_WORKS, state, works, {"unsettled": now.ticks}, event=event)


def disks_kept(record: Migration, goal: Goal, now: Moment) -> Step | None:
    """Make sure that no disk was put back when works were deleted: some services do that."""
    since = record.view.unsettled
    if since is None:
        return None
    if (record.seen.get("instance") or 0.0) <= since:
        return look("disks", record.state)
    back = [disk.disk_id for disk in instance(record).disks if disk.status == RESETTING]
    if not back and instance(record).status == RUNNING:
        return note(record.state, unsettled=None)
    what = f"{', '.join(back)} is being put back" if back else f"the instance is {instance(record).status}"
    return failing(
        "DisksPutBack",
        f"After jobs were deleted {what}: the service may be putting disks back to snapshots of its own.",
        "Look at the disks and the service's snapshots in the console before you go on.",
    )


def no_work_runs(record: Migration, goal: Goal, now: Moment) -> Step | None:
    """Refuse what must not be done under a running work; a way back that is under way waits for it."""
    works = running(record)
    if not works:
        return None
    if restoring(record) and not record.overdue("rolling_back", goal.hop_timeout, "works", now):
        return wait("work", "rolling_back")
    return failing(
        "JobRunning",
        f"{{work}} {works[0].id} of the instance is running; under it nothing is stopped, put back or judged.",
        "Wait until it ends, then run again.",
    )


def ordered(kind: str) -> Gate[View]:
    """Return the gate that orders the hop's work."""

    def ordered(record: Migration, goal: Goal, now: Moment) -> Step | None:
        if work_of_hop(record) is not None:
            return None
        known = required(record.view.tag)
        hop, place, tried = next_hop(record), record.view.hop + 1, max(1, known.tries)
        order = Order(
            kind,
            of=instance(record),
            name=tag.work_name(record.id, known.attempt, place, tried),
            token=tag.client_token(record.id, known.attempt, place, tried, "job"),
            hop=hop,
            enrolment=(record.view.enrolment or Enrolment()).id,
            settings={"drill": "and_migrate"} if goal.drill_first else {},
        )
        return Step(Verb.ORDER, "migrating", order, event=f"created the job {hop.source} -> {hop.target}")

    return ordered


def begun(record: Migration, goal: Goal, now: Moment) -> Step | None:
    """Begin the hop's work, which was seen to be made and not begun."""
    work = work_of_hop(record)
    if work is None:
        return None
    return Step(Verb.BEGIN, "migrating", work, event=f"started job {work.id}")
