# Copyright (c) 2026 evergreen.os_migration contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The end of the way: that the guest is the target is proven by more than its name, and what should stay has stayed."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from .. import before, rules
from ..goal import Goal
from ..model import Finding, Guest, Instance, required
from ..record import Moment
from ..signs import Case, Verdict, judge, told
from ..verb import Step, Verb, failing_by, finish
from .ask import asked_again
from .begin import mark
from .compared import findings, forward
from .hooked import hooks_at_the_end, warnings
from .view import Migration, active, guest_os, instance, points_of, stands

#: Seconds after a work said that it is done in which what is wrong may still come right, as with a last restart.
GRACE = 600


def arrived(record: Migration, goal: Goal, now: Moment) -> Step | None:
    """Mark and end an instance that is proven to be the target."""
    if guest_os(record) != record.item.target:
        return None
    verdict = verdict_on(record, record.item.target, record.view.hops[-1].source if record.view.hops else "")
    if not verdict.proven and (active(record) or record.state == "verifying"):
        return unsettled(record, goal, now, verdict, record.item.target)
    if active(record):
        return hooks_at_the_end(record, goal, now) or mark(record, goal, "migrated", "verifying")
    return _ended(record, goal, verdict)


def _ended(record: Migration, goal: Goal, verdict: Verdict) -> Step:
    """Return the step that ends an instance which is marked as migrated, or was the target all along."""
    if not taken(record, verdict):
        return failing_by(told(verdict, record.item.target))
    proof = forward(record, goal)
    new = (*kept(record), *findings(proof, "verify"), *doubts(verdict), *warnings(record))
    found = (*record.view.findings, *new)
    return finish("migrated", "verified", findings=found, hop=len(record.view.hops), proof=proof)


def verdict_on(record: Migration, target: str, source: str = "") -> Verdict:
    """Return what the guest's signs say of it as a system that should have become the target."""
    return judge(Case(required(record.view.guest), target, source, known_before(record)))


def known_before(record: Migration) -> before.Before:
    """Return what the instance was before the attempt: as this run saw it, else as the attempt's first points say."""
    if record.view.was or record.view.tag is None:
        return record.view.was
    number = record.view.tag.attempt
    told = sorted((label.set, point.before) for point, label in points_of(record) if label.attempt == number)
    return next((before.from_text(text) for _set, text in told if text), before.UNSEEN)


def taken(record: Migration, verdict: Verdict) -> bool:
    """Say whether an instance is taken for migrated: it is proven now, or was when it was marked and is not wrong."""
    return verdict.proven or (verdict.problem is None and stands(record, "migrated", "committed"))


def unsettled(record: Migration, goal: Goal, now: Moment, verdict: Verdict, target: str) -> Step:
    """Look again at what is not proven, and tell why; what is wrong counts after a time, what is not known never.

    The wait for what is not known ends as not seen, which rolls nothing back.
    """
    problem = told(verdict, target)
    if verdict.problem and settled(record, now):
        return failing_by(problem)
    if not verdict.problem and record.overdue("verifying", goal.hop_timeout, "guest", now):
        return failing_by(problem)
    if record.view.doubt != problem.message:
        changes = {"doubt": problem.message}
        return Step(Verb.NOTE, "verifying", changes=changes, event=f"looking again: {problem.message}")
    return asked_again(record, goal, now)


def settled(record: Migration, now: Moment) -> bool:
    """Say whether the guest has had the time to come right."""
    return record.state == "verifying" and now.ticks - record.since >= GRACE


def seen_before(instance: Instance, guest: Guest) -> before.Before:
    """Return what is known of an instance before the first write; its clock tells what happens later in the guest."""
    clock = {"time": guest.facts["time"]} if guest.facts.get("time", "").isdecimal() else {}
    return {**before.of_instance(instance), **before.of_guest(guest), **clock}


#: By the words of before: what it is called, and what a record of the instance says of it.
_KEPT: Mapping[str, tuple[str, Callable[[Instance], list[str]]]] = {
    "host": ("hostname", lambda seen: [seen.hostname]),
    "priv": ("private_addresses", lambda seen: list(seen.private_addresses)),
    "pub": ("public_addresses", lambda seen: list(seen.public_addresses)),
    "disks": ("disks", lambda seen: sorted(disk.disk_id for disk in seen.disks)),
}


def kept(record: Migration) -> tuple[Finding, ...]:
    """Return a warning for each thing that the migration should have kept and did not."""
    was, now = known_before(record), before.of_instance(instance(record))
    return tuple(
        Finding(
            f"verify.{name}_changed",
            rules.WARNING,
            f"The instance's {name.replace('_', ' ')} changed during the migration.",
            f"before {_listed(said, record.view.before)}, after {_listed(said, instance(record))}",
            "Check what depends on the former value.",
        )
        for word, (name, said) in _KEPT.items()
        if word in was and was[word] != now.get(word)
    )


def _listed(said: Callable[[Instance], list[str]], seen: Instance | None) -> str:
    """Return what is said of an instance; of one that another run has seen only that it was something else is known."""
    return ", ".join(said(seen)) or "none" if seen else "another"


def doubts(verdict: Verdict) -> tuple[Finding, ...]:
    """Return the warning about a guest that was proven before, of which not all can be seen now."""
    if verdict.proven:
        return ()
    return (
        Finding(
            "verify.not_proven",
            rules.WARNING,
            "The guest was proven to be migrated, but not all that proves it can be seen now.",
            "; ".join(verdict.unknown),
            "Look at the guest; verify says when everything is seen again.",
        ),
    )
