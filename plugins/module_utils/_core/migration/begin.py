# Copyright (c) 2026 evergreen.os_migration contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The first gates of the chains: what must be seen before anything is decided, and who is refused at once."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from types import MappingProxyType
from typing import Any

from .. import paths, rules, tag
from ..catalog import is_known, unknown_id
from ..goal import Goal
from ..model import Finding, Problem, Tag, required
from ..record import Moment
from ..verb import Step, Verb, blocked, failing, failing_by, finish, look, note, wait
from .hooked import hook_lost
from .view import (
    Migration,
    active,
    attempt,
    case,
    method,
    offer,
    points_of,
    stands,
    traces,
    way_back,
    written_by_this_run,
)

_NOTHING: Mapping[str, Any] = MappingProxyType({})

#: After these marks nothing more is written.
_LAST = ("migrated", "rolled_back")


def stopped_by(found: tuple[Finding, ...]) -> Step | None:
    """Return the step that refuses an instance because of its findings, if one of them stops it."""
    problem = blocker(found)
    return blocked(problem, findings=found) if problem else None


def blocker(found: tuple[Finding, ...]) -> Problem | None:
    """Return the problem that tells of the findings that stop an instance, by the first of them."""
    stopping = rules.inhibitors(found)
    if not stopping:
        return None
    first = stopping[0]
    more = f" Findings that stop it: {len(stopping)}." if len(stopping) > 1 else ""
    return Problem(first.id, f"{first.message} {first.evidence}.{more}", first.remedy)


def mark(
    record: Migration,
    goal: Goal,
    state: str,
    step_state: str,
    pairs: Mapping[str, Any] = _NOTHING,
    event: str = "",
    changes: Mapping[str, Any] = _NOTHING,
    queue: str = "",
) -> Step:
    """Return the step that writes a state into the instance's tag, with ``pairs`` that are new in it."""
    known = record.view.tag if state != "started" or active(record) else _begun(record, goal)
    wanted = replace(required(known), state=state, **{"run": goal.run, **pairs})
    text, told = tag.to_text(wanted), event or f"marked {state}"
    return Step(Verb.MARK, step_state, text, changes, event=told, queue=queue, last=state in _LAST)


def _begun(record: Migration, goal: Goal) -> Tag:
    """Return the tag of a new attempt: its first set and its first try come next."""
    hops, words = record.view.hops, (method(record, goal), way_back(record, goal))
    by, back = map(tag.word, words)
    return Tag("started", attempt(record), hops[0].source, hops[-1].target, sets=1, tries=1, by=by, back=back)


# --- gates ----------------------------------------------------------------------------------------------------------


def command_over(record: Migration, goal: Goal, now: Moment) -> Step | None:
    """Wait for the script that runs in the guest."""
    if record.view.command is None:
        return None
    return hook_lost(record, now) or wait("command", record.state)


def instance_seen(record: Migration, goal: Goal, now: Moment) -> Step | None:
    """Look at the instance and its tag before anything else."""
    known = record.view.instance is not None and "details" in record.seen
    return None if known else look("details", record.state)


def target_named(record: Migration, goal: Goal, now: Moment) -> Step | None:
    """Refuse an instance without a target."""
    target = record.item.target
    if is_known(target):
        return None
    return failing_by(paths.invalid_target(unknown_id(target) if target else "No target is set."))


def tag_readable(record: Migration, goal: Goal, now: Moment) -> Step | None:
    """Refuse an instance whose tag is not ours."""
    earlier = record.view.tag
    if earlier is None:
        return None
    if earlier.state == tag.UNREADABLE:
        return failing(
            "TagUnreadable",
            f"The instance's tag {tag.TAG_KEY} holds a text that this collection did not write.",
            "Correct or remove the tag, after making sure that no migration of the instance is under way.",
        )
    return None


def not_rolled_back_before(record: Migration, goal: Goal, now: Moment) -> Step | None:
    """Repeat an attempt that was rolled back only when that is asked for."""
    problem = rolled_back_before(record, goal)
    return finish("rolled_back", problem=problem) if problem else None


def rolled_back_before(record: Migration, goal: Goal) -> Problem | None:
    """Return why no attempt is begun, where an earlier one to the same target was rolled back."""
    told = "" if goal.retry else _rolled_back(record, goal)
    return Problem("RolledBack", told, "Correct what was wrong, then run with retry true.") if told else None


def _rolled_back(record: Migration, goal: Goal) -> str:
    """Return which attempt was rolled back, if one was: to this target, or a moment ago by this run."""
    target = record.item.target
    if not target or not stands(record, "rolled_back", tag.PROTECTED):
        return ""
    earlier = required(record.view.tag)
    if earlier.undone == target:
        return f"An earlier attempt to migrate it to {target} was rolled back."
    if stands(record, "rolled_back") and (earlier.target == target or written_by_this_run(record, goal)):
        way = f" from {earlier.source} to {earlier.target}" if earlier.source else ""
        return f"Attempt {earlier.attempt}{way} was rolled back."
    return ""


def account_seen(record: Migration, goal: Goal, now: Moment) -> Step | None:
    """Look at the account, unless an attempt is under way already."""
    return None if "account" in record.seen or active(record) else look("account", record.state)


def works_seen(record: Migration, goal: Goal, now: Moment) -> Step | None:
    """Find the works of the instance once; what is under way is then followed by its id."""
    return None if "works" in record.seen else look("works", record.state)


def points_seen(record: Migration, goal: Goal, now: Moment) -> Step | None:
    """Find the points of the instance once."""
    return None if "points" in record.seen else look("points", record.state)


def cloud_allows(record: Migration, goal: Goal, now: Moment) -> Step | None:
    """Refuse an instance for what the cloud shows of it, before its guest is asked."""
    if active(record) or _watched(record, goal):
        return None
    return stopped_by(rules.examine(case(record.learns(guest=None), goal, now)))


def _watched(record: Migration, goal: Goal) -> bool:
    """Say whether a work of somebody else is followed, or was: it reboots the instance and takes snapshots itself."""
    live = any(work.status != "done" for work in record.view.works)
    return offer(record, goal).follows and (record.state != "pending" or live)


def points_belong(record: Migration, goal: Goal, now: Moment) -> Step | None:
    """Refuse an instance whose tag was taken away while points of an attempt are there, unless it is to begin anew."""
    if record.view.tag is not None or not points_of(record) or (goal.state == "migrated" and goal.retry):
        return None
    number = max(label.attempt for _point, label in points_of(record))
    return failing(
        "TagMissing",
        f"Snapshots of attempt {number} are there, but the instance's tag {tag.TAG_KEY} is gone.",
        f"Put the tag back, such as 'started attempt={number} from=OS to=OS', or 'migrated ...' when it was over: then "
        "it goes on, or back. To begin another attempt, migrate with retry true; the snapshots stay.",
    )


def attempt_known(record: Migration, goal: Goal, now: Moment) -> Step | None:
    """Keep in mind that an attempt is this instance's, once something of it was seen."""
    number = record.view.tag.attempt if record.view.tag and stands(record, "started") else 0
    mine = number in traces(record) or written_by_this_run(record, goal)
    return note(record.state, begun=number) if number and mine and record.view.begun != number else None


def target_unchanged(record: Migration, goal: Goal, now: Moment) -> Step | None:
    """Refuse an instance of which an attempt with another target is under way."""
    earlier = record.view.tag
    if earlier is None or not active(record) or earlier.target == record.item.target:
        return None
    return failing(
        "TargetChanged",
        f"A migration from {earlier.source} to {earlier.target} is under way, not to {record.item.target}.",
        f"Finish it with target {earlier.target}, or roll it back first.",
    )


def not_offered(record: Migration, goal: Goal, now: Moment) -> Step | None:
    """Refuse what the instance's provider has no way for."""
    return failing(
        "NotOffered",
        f"For the provider {record.item.provider} there is no way to bring an instance to {goal.state}.",
        "Look up in the documentation what is offered for the provider.",
    )


#: Before any chain, and on the way to the target: before somebody's own import is waited for, and after it.
SEEN = (command_over, instance_seen)
NAMED = (target_named, tag_readable, not_rolled_back_before, account_seen, works_seen)
ALLOWED = (
    cloud_allows,
    points_seen,
    points_belong,
    attempt_known,
    target_unchanged,
)
