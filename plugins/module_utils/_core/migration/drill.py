# Copyright (c) 2026 evergreen.os_migration contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The goal drilled, by the service itself: a job that only drills, under a set of points, on the instance in place.

The service puts all disks back when its drill is over (documented), so this is done only with a set that can be gone
back to, and what was written meanwhile is told as lost.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from functools import wraps

from .. import before, tag
from ..drilled import DRILL_KEY, SERVICE, drilled, from_tags, missing
from ..goal import Goal
from ..model import Enrolment, Hop, Order, Problem, Work, required
from ..record import Moment, epoch
from ..verb import Step, Verb, failing, finish, note
from ..workflow import Gate
from .arrive import seen_before
from .ask import guest_asked
from .keep import under_way
from .view import ACTIVE, Migration, View, active, copied, drill_works, guest_os, instance, next_hop, offer, stands, way
from .work import work_awaited, works_deleted

#: How a job drills: only, or as the first part of a migration, which goes on unless an item is critical.
ONLY, AND_MIGRATE = "only", "and_migrate"
#: The setting of an order that says so.
SETTING = "drill"

_UNPROVEN = Problem(
    "DrillUnproven",
    "How the service is asked for a drill is not documented: one that it does not understand may migrate the instance.",
    "Try it on an instance that you can lose, then set {drill_option}; or drill on a clone.",
)


# --- who may be drilled -----------------------------------------------------------------------------------------------


def drill_offered(record: Migration, goal: Goal, now: Moment) -> Step | None:
    """Refuse a drill, or a migration with one before it, that the service does not offer for this instance."""
    if goal.state != "drilled" and not goal.drill_first:
        return None
    problem = _refusal(record, goal)
    return finish("blocked", f"blocked by {problem.code}", problem) if problem else None


def _refusal(record: Migration, goal: Goal) -> Problem | None:
    offered, system = offer(record, goal), instance(record).os_type
    if system in offered.drills:
        return None if offered.drill_proven or goal.state != "drilled" else _UNPROVEN
    systems = ", ".join(sorted(offered.drills)) or "none"
    return Problem(
        "DrillNotOffered",
        f"The service drills no migration of {system or 'an unknown system'} (it does so for: {systems}).",
        "Drill on a clone instead, or migrate without drill_first.",
    )


def drill_alone(record: Migration, goal: Goal, now: Moment) -> Step | None:
    """Refuse a drill of an instance that is being migrated, or whose way back a drill would hide."""
    if not stands(record, *ACTIVE, "migrated") or (stands(record, "started") and copied(record)):
        return None
    return under_way(record, "run it to its end, then commit it or roll it back")


def something_to_drill(record: Migration, goal: Goal, now: Moment) -> Step | None:
    """End an instance that runs its target already."""
    return finish("unchanged", "it runs its target already") if guest_os(record) == record.item.target else None


def in_queue(kind: str, gate: Gate[View]) -> Gate[View]:
    """Return a gate whose steps take a place in the queue of a kind of works, beside all that run there."""

    def queued(record: Migration, goal: Goal, now: Moment) -> Step | None:
        step = gate(record, goal, now)
        return replace(step, queue=kind) if step and step.verb.writes else step

    return queued


def before_the_drill(gate: Gate[View]) -> Gate[View]:
    """Return a gate that a drill which has begun has passed: its own points and its own job would stop it there."""

    @wraps(gate)
    def passed(record: Migration, goal: Goal, now: Moment) -> Step | None:
        return None if record.view.sets or drill_works(record) else gate(record, goal, now)

    return passed


def drilled_lately(record: Migration, goal: Goal, now: Moment) -> Step | None:
    """Begin only what was drilled on the same path within the days that are wanted."""
    if goal.drill_days == float("inf") or active(record):
        return None
    why = missing(from_tags(instance(record).tags), record.view.hops, goal.drill_days, now.cloud)
    if not why:
        return None
    hops = record.view.hops
    path = f"{hops[0].source} -> {hops[-1].target}"
    problem = Problem(
        "DrillMissing",
        f"A drill of {path} that passed within {goal.drill_days:g} days is wanted, and {why}.",
        "Drill the instance and run again, or migrate without the condition (drill_max_age).",
    )
    return finish("blocked", f"blocked by {problem.code}", problem)


# --- the job ----------------------------------------------------------------------------------------------------------


def drill_followed(record: Migration, goal: Goal, now: Moment) -> Step | None:
    """Follow the drill's job to its end, whichever run began it."""
    works = drill_works(record)
    if record.view.drill is not None or not works:
        return None
    work = works[-1]
    if work.status == "made" and work.said and record.knows("works"):
        return None
    if work.status in ("made", "running"):
        return work_awaited(record, goal, now, work, "drilling")
    return note("verifying", drill=work)


def drill_ordered(kind: str) -> Gate[View]:
    """Return the gate that orders a job which only drills."""

    def ordered(record: Migration, goal: Goal, now: Moment) -> Step | None:
        if drill_works(record):
            return None
        hop, number = next_hop(record), required(record.view.tag).attempt
        order = Order(
            kind,
            of=instance(record),
            name=tag.drill_work_name(record.id, number, goal.run),
            token=tag.client_token(record.id, number, goal.run, "drill"),
            hop=hop,
            enrolment=(record.view.enrolment or Enrolment()).id,
            settings={SETTING: ONLY},
        )
        return Step(Verb.ORDER, "drilling", order, event=f"created the drill {hop.source} -> {hop.target}")

    return ordered


def drill_begun(record: Migration, goal: Goal, now: Moment) -> Step | None:
    """Begin the drill, which was seen to be made and not begun."""
    work, was = drill_works(record)[-1], seen_before(instance(record), required(record.view.guest))
    return Step(Verb.BEGIN, "drilling", work, {"was": was}, event=f"started drill {work.id}")


# --- what came of it --------------------------------------------------------------------------------------------------


def drill_over(record: Migration, goal: Goal, now: Moment) -> Step | None:
    """Ask the guest what it is, now that the service has put its disks back."""
    return None if record.knows("guest") else guest_asked(record, goal, now, "verifying")


def drill_left_nothing(record: Migration, goal: Goal, now: Moment) -> Step | None:
    """Refuse to call a drill over whose guest is not what it was."""
    os = guest_os(record)
    if os != record.item.target and not isinstance(way(record, goal, os), Problem):
        return None
    return failing(
        "DrillLeftChanges",
        f"After the drill {required(record.view.drill).id} the guest runs {os}, which is not what it was.",
        "Look at the guest and at the job in the {console}; instance_snapshot with state restored goes back to the "
        "snapshots that were taken before it.",
    )


def drill_marked(record: Migration, goal: Goal, now: Moment) -> Step | None:
    """Write down what came of the drill before its job, which tells it, is deleted."""
    if record.view.drilled is not None:
        return None
    work = required(record.view.drill)
    told = drilled(
        work.status == "done", epoch(work.ended) or now.cloud, _drilled_hops(record, goal), SERVICE, goal.run
    )
    subject = tag.Extra(DRILL_KEY, told.text)
    changes = {"drilled": told, "lost_since": _lost_since(record, work)}
    return Step(Verb.MARK, "verifying", subject, changes, event=f"marked the drill as {told.text.split()[0]}")


def _drilled_hops(record: Migration, goal: Goal) -> tuple[Hop, ...]:
    hops = way(record, goal, guest_os(record))
    return () if isinstance(hops, Problem) else hops


def _lost_since(record: Migration, work: Work) -> str:
    """Return since when what was written may be lost; a guest that was not restarted has its disks as they were."""
    was: Mapping[str, str] = record.view.was
    boot = before.of_guest(required(record.view.guest)).get("boot")
    return "" if boot is not None and boot == was.get("boot") else work.began


def drill_deleted(record: Migration, goal: Goal, now: Moment) -> Step | None:
    """Delete the jobs of drills: the service takes one unfinished job at a time."""
    works = drill_works(record)
    return works_deleted(works, "verifying", now, f"drills deleted: {len(works)}") if works else None


def drill_told(record: Migration, goal: Goal, now: Moment) -> Step | None:
    """End the instance as its drill went."""
    work, told = required(record.view.drill), required(record.view.drilled)
    way_text = f"{told.source} -> {told.target}"
    if told.passed:
        return finish("drilled", f"the drill of {way_text} passed")
    detail = ": ".join(part for part in (work.error_code, work.error_text) if part).rstrip(".") or "no reason given"
    return failing(
        "DrillFailed",
        f"The drill {work.id} of {way_text} ended as {work.said or work.status} ({detail}).",
        "Correct what it names, then drill again. The instance was not migrated.",
    )


BEFORE = (drill_followed, drill_alone)
AFTER = (drill_over, drill_left_nothing, drill_marked, drill_deleted)
