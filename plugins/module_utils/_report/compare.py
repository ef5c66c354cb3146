# Copyright (c) 2026 evergreen.os_migration contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What got better and what is new since an earlier report."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from .document import rank
from .source import Json

#: States in the order of how far they are from the goal; others count like the first.
_PROGRESS = ("failed", "blocked", "assessed", "ready", "in_progress", "migrated")

Instances = Mapping[str, Mapping[str, Any]]


def compare(before: Mapping[str, Any], now: Mapping[str, Any]) -> Json:
    """Return the comparison of two reports; :class:`ValueError` when the earlier one is none."""
    try:
        return _compared(before, now)
    except (KeyError, TypeError, ValueError, AttributeError):
        raise ValueError("it is not in the form of a fleet report. Give a fleet.json as it was written.") from None


def _compared(before: Mapping[str, Any], now: Mapping[str, Any]) -> Json:
    then, today = _by_id(before), _by_id(now)
    both = [each for each in today if each in then]
    better = [change for each in both if (change := _change(then[each], today[each], _fell))]
    worse = [change for each in both if (change := _change(then[each], today[each], _rose))]
    moved = {change["instance_id"] for change in [*better, *worse]}
    return {
        "previous_date": before["date"],
        "states": dict(before["totals"]["states"]),
        "better": better,
        "worse": worse,
        "added": _names(today, then),
        "gone": _names(then, today),
        "unchanged": len(both) - len(moved),
    }


def _by_id(report: Mapping[str, Any]) -> Instances:
    return {each["instance_id"]: each for each in report["instances"]}


def _names(here: Instances, there: Instances) -> list[Json]:
    """Return the instances that are only here."""
    return [{"instance_id": each, "name": here[each]["name"]} for each in here if each not in there]


def _fell(before: int, now: int) -> bool:
    return now < before


def _rose(before: int, now: int) -> bool:
    return now > before


def _change(then: Mapping[str, Any], today: Mapping[str, Any], moved: Callable[[int, int], bool]) -> Json | None:
    """Return the change of an instance in one direction, if there is any.

    Findings move by their severity, with none as the lowest; a state moves by its distance from the goal. That somebody
    waived a finding makes nothing better: it counts as what it was before.
    """
    old, new = _findings(then), _findings(today)
    ids = [each for each in {**old, **new} if moved(rank(old.get(each)), rank(new.get(each)))]
    if not ids and not moved(_distance(then), _distance(today)):
        return None
    named = {"instance_id": today["instance_id"], "name": today["name"]}
    return {**named, "from": then["state"], "to": today["state"], "ids": ids}


def _findings(instance: Mapping[str, Any]) -> dict[str, Any]:
    return {
        found["id"]: {**found, "severity": "inhibitor"} if found["waiver"] else found for found in instance["findings"]
    }


def _distance(instance: Mapping[str, Any]) -> int:
    waived = instance["state"] == "ready" and any(found["waiver"] for found in instance["findings"])
    state = "blocked" if waived else instance["state"]
    return len(_PROGRESS) - _PROGRESS.index(state) if state in _PROGRESS else len(_PROGRESS)
