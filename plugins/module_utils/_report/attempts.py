# Copyright (c) 2026 evergreen.os_migration contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What is known of the attempts to migrate an instance, put together from the results of the phases that last."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from .._core.results import LASTING
from .source import Json

Entry = Mapping[str, Any]
#: An attempt's entries by phase.
Entries = dict[str, Entry]

#: The phase that compares a guest anew each time. It begins no attempt, so nothing else of its results is told.
COMPARES = "verify"
#: The phases whose results are read.
READ = (*LASTING, COMPARES)

#: States that the phases whose results last end in, beside those of an assessment.
STATES = ("rolled_back", "committed", "unchanged")
#: What a report tells of a hop, a work, a run and an event; what is missing is an empty text.
HOP = ("source", "target", "service")
WORK = ("id", "kind", "status", "began", "ended")
RUN = ("phase", "at", "who", "state")
EVENT = ("at", "event")
#: What was compared in the guest by a phase: a fact (empty for the whole), how that came out, the differences that
#: are not expected, how many are, and why something is not known.
PROOF = ("phase", "fact", "verdict", "differences", "expected", "why")
#: So many differences of a fact are named.
_NAMED = 20


def attempts(results: Mapping[str, Iterable[Entry]]) -> dict[str, list[Json]]:
    """Return the attempts of each instance, the first in front; ``results`` are those of each phase.

    :class:`ValueError` when one is not in the form of the results files.
    """
    known: defaultdict[str, dict[Any, Entries]] = defaultdict(dict)
    for phase in LASTING:
        for result in results.get(phase, ()):
            for one in _told(result):
                known[result["instance_id"]].setdefault(one.get("attempt"), {})[phase] = one
    proofs = {(one["instance_id"], one.get("attempt")): one for one in results.get(COMPARES, ())}
    return {
        instance_id: _in_order(found, {number: proofs.get((instance_id, number), {}) for number in found})
        for instance_id, found in known.items()
    }


def _told(result: Entry) -> Iterator[Entry]:
    """Yield what a result tells of attempts; that an instance was left alone tells of none."""
    yield from (one for one in _rows(result, "earlier"))
    if result.get("attempt") is not None or result.get("state") != "unchanged":
        yield result


def _in_order(found: Mapping[Any, Entries], proofs: Mapping[Any, Entry]) -> list[Json]:
    """Return the attempts by their number; runs that began none come in front."""
    numbers = sorted(found, key=lambda number: int(number or 0))
    return [_attempt(number, found[number], proofs[number]) for number in numbers]


def _attempt(number: Any, entries: Entries, compared: Entry) -> Json:
    runs = sorted(_runs(entries), key=lambda run: run["at"])
    last = entries[runs[-1]["phase"]] if runs else list(entries.values())[-1]
    return {
        "attempt": None if number is None else int(number),
        "source": _first(entries, "source_os"),
        "target": _first(entries, "target_os"),
        "state": _text(last.get("state")),
        **{name: _first(entries, name) for name in ("method", "way_back", "data_lost_since")},
        "error": _error(last),
        "hops": _shaped(_longest(entries, "hops"), HOP),
        "works": list({work["id"]: work for work in _shaped(_all(entries, "works"), WORK)}.values()),
        "proof": list(_proofs(_with_the_newest(entries, compared))),
        "runs": runs,
        "timeline": sorted(_shaped(_all(entries, "timeline"), EVENT), key=lambda event: event["at"]),
    }


def _with_the_newest(entries: Entries, compared: Entry) -> Entries:
    """Return the entries with what compared the migrated guest last; the way back is compared with something else."""
    both = {"migrate": entries.get("migrate", {}), COMPARES: compared}
    proven = [phase for phase, entry in both.items() if isinstance(entry.get("proof"), Mapping)]
    newest = max(reversed(proven), key=lambda phase: _last_event(both[phase]), default="")
    others = {phase: entry for phase, entry in entries.items() if phase != "migrate"}
    return {newest: both[newest], **others} if newest else others


def _last_event(entry: Entry) -> str:
    return max((_text(event.get("at")) for event in _rows(entry, "timeline")), default="")


def _proofs(entries: Entries) -> Iterator[Json]:
    """Yield how the guest compared after each phase: the whole, and each fact that is not equal."""
    for phase, entry in entries.items():
        found = entry.get("proof")
        if isinstance(found, Mapping):
            yield _compared(phase, "", found)
            facts = found.get("facts")
            differing = facts.items() if isinstance(facts, Mapping) else ()
            yield from (_compared(phase, name, one) for name, one in differing if one.get("verdict") != "equal")


def _compared(phase: str, fact: str, found: Entry) -> Json:
    names = [_text(name) for name in found.get("not_expected") or ()]
    more = [f"… ({len(names)})"] if len(names) > _NAMED else []
    row = {"phase": phase, "fact": fact, "differences": ", ".join([*names[:_NAMED], *more])}
    return {**row, **_fields(found, ("verdict", "why")), "expected": int(found.get("expected_count") or 0)}


def _runs(entries: Entries) -> Iterator[Json]:
    for phase, entry in entries.items():
        for run in _rows(entry, "runs"):
            yield {**_fields({**run, "phase": phase}, RUN), "changed": bool(run.get("changed"))}


def _error(entry: Entry) -> Json | None:
    error = entry.get("error")
    return _fields(error, ("code", "message")) if isinstance(error, Mapping) else None


def _first(entries: Entries, name: str) -> str:
    """Return the first text of that name that a phase tells."""
    return next((_text(entry[name]) for entry in entries.values() if entry.get(name)), "")


def _longest(entries: Entries, name: str) -> list[Entry]:
    return max((_rows(entry, name) for entry in entries.values()), key=len)


def _all(entries: Entries, name: str) -> Iterator[Entry]:
    for entry in entries.values():
        yield from _rows(entry, name)


def _rows(entry: Entry, name: str) -> list[Entry]:
    found = entry.get(name)
    if found is None:
        return []
    if not isinstance(found, list) or not all(isinstance(row, Mapping) for row in found):
        raise ValueError(f"{name} is no list of entries.")
    return found


def _shaped(rows: Iterable[Entry], names: Iterable[str]) -> list[Json]:
    wanted = tuple(names)
    return [_fields(row, wanted) for row in rows]


def _fields(row: Entry, names: Iterable[str]) -> Json:
    return {name: _text(row.get(name)) for name in names}


def _text(value: object) -> str:
    return "" if value is None else str(value)
