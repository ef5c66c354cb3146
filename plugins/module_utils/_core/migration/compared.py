# Copyright (c) 2026 evergreen.os_migration contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The guest against what it was: before the attempt, or at the moment of the points that it was put back to.

What it was is what this run has seen, else what an earlier one has kept in a file, if that agrees with the digests on
the points. Where neither is there, the digests are all that is known.
"""

from __future__ import annotations

from .. import contents, rules
from ..contents import SETTLED_AFTER, STARTING, Contents
from ..goal import Goal
from ..model import Finding, required
from ..proof import BACK, NOT_EXPECTED, NOT_KNOWN, Path, Proof, compare
from .sets import chosen
from .view import Migration, points_of

#: What each fact is called in a sentence, and what to do about a difference.
_NAMES = {
    "packages": "packages",
    "kernel": "kernel",
    "services_enabled": "services that are started with the system",
    "services_running": "services that run",
    "ports": "ports that are listened on",
    "mounts": "file systems that are mounted",
    "users": "users",
    "cron": "scheduled jobs",
    "routes": "routes",
}
#: So many differences are named in a finding; all of them are in the result.
_NAMED = 8


def forward(record: Migration, goal: Goal) -> Proof | None:
    """Return what differs from before the attempt; nothing where no attempt of ours is known."""
    known = record.view.tag
    if known is None or not known.source:
        return None
    here = contents.of_guest(required(record.view.guest))
    return compare(_before(record, goal, _first_text(record)), here, Path(known.source, record.item.target))


def back(record: Migration, goal: Goal) -> Proof:
    """Return what differs from the moment that the disks were put back to: all of it is not expected."""
    one = chosen(record, goal)
    text = next((point.contents for point in one.points.values() if point.contents), "") if one else ""
    return compare(_before(record, goal, text), contents.of_guest(required(record.view.guest)), BACK)


def _first_text(record: Migration) -> str:
    """Return the digests of what the guest was before the attempt: they stand on its first set."""
    number = required(record.view.tag).attempt
    told = sorted((label.set, point.contents) for point, label in points_of(record) if label.attempt == number)
    return told[0][1] if told else ""


def _before(record: Migration, goal: Goal, text: str) -> Contents:
    known, digests = required(record.view.tag), contents.from_text(text)
    kept = goal.kept.get(record.id)
    of_file = kept.contents if kept and kept.attempt == known.attempt else Contents()
    candidates = (one for one in (record.view.former, of_file) if one and contents.agree(one, digests))
    return next(candidates, digests)


def starting(record: Migration, proof: Proof) -> bool:
    """Say whether the guest was asked so early that what differs may still come; what nobody has kept never comes."""
    uptime = contents.of_guest(record.view.guest).uptime
    early = uptime is not None and 0 <= uptime < SETTLED_AFTER
    return early and any(proof.facts[name].may_come for name in STARTING)


def findings(proof: Proof | None, phase: str) -> tuple[Finding, ...]:
    """Return a warning for each fact that differs and is not expected to."""
    differing = proof.named(NOT_EXPECTED) if proof else ()
    return tuple(_different(required(proof), name, phase) for name in differing)


def _different(proof: Proof, name: str, phase: str) -> Finding:
    one, moment = proof.facts[name], "before the migration" if phase == "verify" else "at the moment of the snapshots"
    named = ", ".join(one.not_expected[:_NAMED])
    more = f" and {len(one.not_expected) - _NAMED} more" if len(one.not_expected) > _NAMED else ""
    return Finding(
        f"{phase}.{name}_changed",
        rules.WARNING,
        f"The guest's {_NAMES[name]} are not what they were {moment}, and nothing says that they should differ.",
        "; ".join(filter(None, (f"{named}{more}" if named else "", one.why))),
        "Look whether that is wanted; the result's proof has all differences.",
    )


def not_known(proof: Proof | None, phase: str) -> tuple[Finding, ...]:
    """Return what is told where something cannot be compared: that is no proof, and no fault of the guest's."""
    names = proof.named(NOT_KNOWN) if proof else ()
    if not names:
        return ()
    reasons = dict.fromkeys(required(proof).facts[name].why for name in names)
    return (
        Finding(
            f"{phase}.not_compared",
            rules.INFO,
            f"It is not known whether these are what they were: {', '.join(_NAMES[name] for name in names)}.",
            "; ".join(reasons),
            "Compare them yourself where it matters.",
        ),
    )
