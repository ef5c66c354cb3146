# Copyright (c) 2026 evergreen.os_migration contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Shape what modules return: one entry per instance, always the same keys, and one summary."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import asdict
from datetime import datetime, timezone
from typing import Any

from . import command, paths
from .agent import readable
from .goal import Goal
from .hooks import PLANNED, Ran
from .migration.hooked import due_from_here
from .migration.view import View, in_flight, own_works, start
from .model import CommandResult
from .proof import as_json
from .record import Record

#: So many letters of what a hook prints are kept: the last ones say how it ended.
_MOST_OUTPUT = 4000


def outcome(record: Record[Any]) -> dict[str, Any]:
    """Return the result entry of one instance."""
    whole = _migration(record)
    view = whole.view
    works = own_works(whole) or view.works
    return {
        "instance_id": record.item.instance_id,
        "name": record.item.name or None,
        "region": record.item.region,
        "provider": record.item.provider,
        "profile": record.item.profile or None,
        "source_os": source_os(whole),
        "target_os": record.item.target or None,
        "state": record.state,
        "hop": min(view.hop, len(view.hops)),
        "hops": _plain(view.hops),
        "snapshots": _plain(view.points),
        "job_id": works[-1].id if works else None,
        "findings": _plain(view.findings),
        "stopped_services": _stopped_services(view),
        "changed": record.changed,
        "error": _plain_or_none(record.problem),
        **_of_the_attempt(whole),
        **_how(view),
        "postponed_until": view.opens or None,
        "timeline": _plain(record.timeline),
        "instance": _plain_or_none(view.instance),
    }


def _of_the_attempt(record: Record[View]) -> dict[str, Any]:
    """Return the number of the attempt that the tag tells of, and its works; a set of no migration is none."""
    known = record.view.tag
    if known is None or not known.source:
        return {"attempt": None, "works": []}
    return {"attempt": known.attempt, "works": _plain(own_works(record, known.attempt))}


def _how(view: View) -> dict[str, str | None]:
    """Return how the attempt goes there and back, and the moment that disks were put back to."""
    words = (view.tag.by, view.tag.back) if view.tag else ("", "")
    named = zip(("method", "way_back", "data_lost_since"), (*words, view.lost_since), strict=True)
    return {name: word or None for name, word in named}


def _stopped_services(view: View) -> list[str]:
    """Return the services that the guest keeps a list of, to be started again, when it was asked last."""
    found = view.guest.facts.get("stopped_services", "none") if view.guest else "none"
    return [] if found == "none" else found.split()


def _migration(record: Record[Any]) -> Record[View]:
    """Return the record with the view of a migration: what other workflows do not see is empty there."""
    if isinstance(record.view, View):
        return record
    return record.with_(view=View(instance=record.view.instance))


def assessment(record: Record[View], goal: Goal) -> dict[str, Any]:
    """Return what an assessment adds to the entry of its instance: what it could become, and the guest's own word."""
    view = record.view
    if goal.state != "assessed" or view.instance is None:
        return {}
    here = start(record, source_os(record) or view.instance.os)
    guest = asdict(view.guest) if view.guest else {}
    return {
        "targets": list(paths.reachable(here, goal.paths, record.item.avoid)),
        "guest": {name: guest[name] for name in ("os", "version", "edition", "language", "trouble")} if guest else None,
    }


def attempted(record: Record[View], goal: Goal) -> dict[str, Any]:
    """Return what os_migration adds to the entry of its instance: of an assessment, a drill, or hooks."""
    return {"drill": _drill(record.view)} if goal.state == "drilled" else _hooked(record, goal)


def _hooked(record: Record[View], goal: Goal) -> dict[str, Any]:
    compared = _compared(record, goal)
    if goal.state != "migrated" or not goal.hooks or record.view.instance is None:
        return {**assessment(record, goal), **compared}
    over = [_hook(ran) for ran in record.view.hooks]
    marks = {one["mark"] for one in over}
    left = due_from_here(record, goal) if record.state == "planned" else ()
    return {**compared, "hooks": over + [_hook(Ran(due, PLANNED)) for due in left if due.mark not in marks]}


def _compared(record: Record[View], goal: Goal) -> dict[str, Any]:
    """Return what the guest differs in from before; where it was not compared, nothing."""
    compares = goal.state in ("migrated", "verified", "rolled_back")
    proof = record.view.proof if isinstance(record.view, View) else None
    return {"proof": as_json(proof) if proof else None} if compares else {}


def _drill(view: View) -> dict[str, Any] | None:
    """Return what came of a drill, as far as it is over."""
    told = view.drilled
    if told is None:
        return None
    return {"passed": told.passed, "at": told.when, "by": told.by, "source": told.source, "target": told.target}


def _hook(ran: Ran) -> dict[str, Any]:
    due, hook = ran.due, ran.due.hook
    hidden = hook.no_log and ran.status != PLANNED
    return {
        "name": hook.name,
        "when": hook.when,
        "source": due.source or None,
        "target": due.target,
        "status": ran.status,
        "rc": ran.exit_code,
        "output": None if hidden else ran.output[-_MOST_OUTPUT:],
        "began": _iso(ran.began),
        "ended": _iso(ran.ended),
        "mark": due.mark,
    }


def _iso(moment: float) -> str | None:
    return datetime.fromtimestamp(moment, timezone.utc).isoformat(timespec="seconds") if moment else None


def clone_outcome(record: Record[View], goal: Goal) -> dict[str, Any]:
    """Return what instance_clone adds to the entry of its instance."""
    view = record.view
    ids = {work.kind: work.id for work in view.copies}
    clone = ids.get("clone") if record.state == "cloned" else None
    return {
        "clone_id": clone,
        "copies": ids,
        "cost": {**asdict(view.cost), "text": view.cost.text} if view.cost else None,
    }


def script_outcome(record: Record[command.View], goal: Goal) -> dict[str, Any]:
    """Return what a script's result adds to the entry of its instance."""
    result = record.view.result or CommandResult("none")
    return {
        "rc": result.exit_code,
        "stdout": readable(result.stdout),
        "stderr": readable(result.stderr),
        "restarted": command.restarted(record),
        "stopped_services": list(command.stopped_services(result.stdout)),
        "truncated": result.dropped_bytes > 0,
        "dropped_bytes": result.dropped_bytes,
    }


def _plain(values: Iterable[Any] | None) -> list[dict[str, Any]]:
    return [asdict(value) for value in values or ()]


def _plain_or_none(value: Any) -> dict[str, Any] | None:
    return asdict(value) if value else None


def source_os(record: Record[View]) -> str | None:
    """Return the OS that the migration leaves: the tag's word, else the guest's, else the cloud's."""
    view = record.view
    if view.hops:
        return view.hops[0].source
    if view.tag is not None and view.tag.source:
        return view.tag.source
    seen = view.guest or view.instance
    return seen.os if seen else None


def summary(records: Sequence[Record[Any]], elapsed: float) -> dict[str, Any]:
    """Return the counts by state and the progress line; ``elapsed`` is in seconds since the start of the work."""
    states = Counter(record.state for record in records)
    eta = _eta(records, elapsed)
    return {
        "total": len(records),
        "states": dict(sorted(states.items())),
        "failed": sum(1 for record in records if record.done and record.problem),
        "running": sum(1 for record in records if in_flight(_migration(record))),
        "eta_seconds": eta,
        "text": _line(records, eta),
    }


def _line(records: Sequence[Record[Any]], eta: int | None) -> str:
    total = len(records)
    good = _counted((record for record in records if record.done and not record.problem), f"/{total}")
    bad = _counted(record for record in records if record.done and record.problem)
    doing = _counted(record for record in records if not record.done)
    left = [] if eta is None else [f"eta {max(1, round(eta / 60))} min"]
    return ", ".join([*(good or [f"0/{total} done"]), *bad, *doing, *left])


def _counted(records: Iterable[Record[Any]], of: str = "") -> list[str]:
    """Return texts such as ``3 failed`` for the states, most frequent first."""
    states = Counter(record.state.replace("_", " ") for record in records)
    return [f"{count}{of} {state}" for state, count in states.most_common()]


def _eta(records: Sequence[Record[Any]], elapsed: float) -> int | None:
    """Return the seconds left if the rest goes as the past did; ``None`` while too little is known."""
    waiting = [record for record in records if not record.done]
    done = sum(map(fraction, records)) / len(records) if records else 0
    if not waiting or done < 0.05 or elapsed <= 0:
        return None
    return round(elapsed * (1 - done) / done)


#: How far through one hop an instance is when it enters a state; the job's own progress fills the middle.
_MILESTONES = {
    "protecting": 0.05,
    "importing": 0.15,
    "migrating": 0.2,
    "drilling": 0.2,
    "verifying": 0.95,
    "rolling_back": 0.9,
}


def fraction(record: Record[Any]) -> float:
    """Return how much of its work an instance has behind it, 0 to 1."""
    if record.done:
        return 1.0
    view, within = _migration(record).view, _MILESTONES.get(record.state, 0.0)
    if record.state in ("migrating", "drilling"):
        running = (work.progress for work in view.works if work.holds and work.status == "running")
        within += 0.75 * max(running, default=0.0) / 100
    return min(1.0, (view.hop + within) / max(1, len(view.hops)))
