# Copyright (c) 2026 evergreen.os_migration contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""How long a hop takes: what earlier results tell of it, and else what its provider documents."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from statistics import median
from typing import Any, TypeAlias

from .model import Hop, required
from .record import epoch
from .tag import work_place

#: Seconds that hops took, by the systems that they led from and to.
Lasted: TypeAlias = Mapping[tuple[str, str], tuple[float, ...]]

#: So many have to be known before the longest of them is trusted more than what is documented.
ENOUGH = 5


def seconds(hop: Hop, lasted: Lasted) -> float:
    """Return how long a hop may take by all that is known."""
    documented, known = hop.minutes * 60.0, lasted.get((hop.source, hop.target), ())
    return max(known) if len(known) >= ENOUGH else max((documented, *known))


def usual(hop: Hop, lasted: Lasted) -> float:
    """Return how long a hop takes as a rule: half of those that are known took no longer, else what is documented."""
    known = lasted.get((hop.source, hop.target), ())
    return median(known) if len(known) >= ENOUGH else hop.minutes * 60.0


def lasted(results: Iterable[Mapping[str, Any]]) -> Lasted:
    """Return how long the hops took that results tell of."""
    found: dict[tuple[str, str], tuple[float, ...]] = {}
    for result in results:
        for way, time in _of(result):
            found[way] = (*found.get(way, ()), time)
    return found


def _of(result: Mapping[str, Any]) -> Iterator[tuple[tuple[str, str], float]]:
    hops = result.get("hops") or ()
    for work in result.get("works") or ():
        place, time = work_place(str(work.get("name")), str(result.get("instance_id"))), _span(work)
        if time is not None and place and 0 < place.hop <= len(hops):
            hop = hops[place.hop - 1]
            yield (hop["source"], hop["target"]), time


def _span(work: Mapping[str, Any]) -> float | None:
    began, ended = epoch(str(work.get("began"))), epoch(str(work.get("ended")))
    known = work.get("status") == "done" and began is not None and ended is not None
    return required(ended) - required(began) if known else None
