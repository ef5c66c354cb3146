# Copyright (c) 2026 evergreen.os_migration contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""How long a hop takes, and its hooks: what earlier results tell of them, and else what is documented."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from itertools import chain
from statistics import median
from typing import Any, TypeAlias

from .hooks import Hook
from .model import Hop, required
from .record import epoch
from .tag import work_place

#: Seconds that hops took, by the systems that they led from and to; or hooks, by their names and moments.
Lasted: TypeAlias = Mapping[tuple[str, str], tuple[float, ...]]

#: So many have to be known before the longest of them is trusted more than what is documented.
ENOUGH = 5


def seconds(hop: Hop, lasted: Lasted) -> float:
    """Return how long a hop may take by all that is known."""
    return _at_most(hop.minutes * 60.0, lasted.get((hop.source, hop.target), ()))


def usual(hop: Hop, lasted: Lasted) -> float:
    """Return how long a hop takes as a rule: half of those that are known took no longer, else what is documented."""
    return _as_a_rule(hop.minutes * 60.0, lasted.get((hop.source, hop.target), ()))


def hook_seconds(hook: Hook, lasted: Lasted) -> float:
    """Return how long a hook may take by all that is known; its own timeout is what is documented of it."""
    return _at_most(hook.timeout, lasted.get((hook.name, hook.when), ()))


def hook_usual(hook: Hook, lasted: Lasted) -> float:
    """Return how long a hook takes as a rule."""
    return _as_a_rule(hook.timeout, lasted.get((hook.name, hook.when), ()))


def _at_most(documented: float, known: Sequence[float]) -> float:
    return max(known) if len(known) >= ENOUGH else max((documented, *known))


def _as_a_rule(documented: float, known: Sequence[float]) -> float:
    return median(known) if len(known) >= ENOUGH else documented


def lasted(results: Iterable[Mapping[str, Any]]) -> Lasted:
    """Return how long the hops and the hooks took that results tell of."""
    found: dict[tuple[str, str], tuple[float, ...]] = {}
    for key, time in chain.from_iterable(chain(_hops_of(result), _hooks_of(result)) for result in results):
        found[key] = (*found.get(key, ()), time)
    return found


def _hooks_of(result: Mapping[str, Any]) -> Iterator[tuple[tuple[str, str], float]]:
    for hook in result.get("hooks") or ():
        time = _span(hook)
        if time is not None:
            yield (str(hook.get("name")), str(hook.get("when"))), time


def _hops_of(result: Mapping[str, Any]) -> Iterator[tuple[tuple[str, str], float]]:
    hops = result.get("hops") or ()
    for work in result.get("works") or ():
        place, time = work_place(str(work.get("name")), str(result.get("instance_id"))), _span(work)
        if time is not None and place and 0 < place.hop <= len(hops):
            hop = hops[place.hop - 1]
            yield (hop["source"], hop["target"]), time


def _span(told: Mapping[str, Any]) -> float | None:
    began, ended = epoch(str(told.get("began"))), epoch(str(told.get("ended")))
    known = told.get("status") == "done" and began is not None and ended is not None
    return required(ended) - required(began) if known else None
