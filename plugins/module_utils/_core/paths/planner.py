# Copyright (c) 2026 evergreen.os_migration contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The planner: the shortest allowed way over a table of paths, or the reason why there is none."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import accumulate

from ..catalog import NAMES, is_known, unknown_id
from ..model import Hop, Problem
from .path import Path, Start, after, refused
from .table import PATHS


@dataclass(frozen=True)
class _Place:
    """How far a search has come: where it is, and how many systems of ``via`` it has passed."""

    start: Start
    passed: int = 0


@dataclass(frozen=True)
class _Search:
    """A search, breadth first and in the table's order, from one start."""

    start: Start
    paths: Sequence[Path]
    via: tuple[str, ...] = ()
    avoid: frozenset[str] = frozenset()
    strict: bool = True

    def trails(self) -> dict[_Place, tuple[Path, ...]]:
        """Return the shortest trail to every place, nearest first. Conditions count only in a strict search."""
        edges = self._edges()
        here = self._arrived(self.start, 0)
        trails: dict[_Place, tuple[Path, ...]] = {here: ()}
        queue = deque([here])
        while queue:
            here = queue.popleft()
            for path in edges.get(here.start.os, ()):
                there = self._arrived(after(path, here.start), here.passed)
                if there not in trails and not (self.strict and refused(path, here.start)):
                    trails[there] = (*trails[here], path)
                    queue.append(there)
        return trails

    def trail(self, target: str) -> tuple[Path, ...] | None:
        """Return the shortest trail to ``target`` through all of ``via``."""
        ends = (
            trail
            for place, trail in self.trails().items()
            if place.start.os == target and place.passed == len(self.via)
        )
        return next(ends, None)

    def _edges(self) -> Mapping[str, Sequence[Path]]:
        edges: dict[str, list[Path]] = {}
        for path in self.paths:
            if path.provider == self.start.provider and path.target not in self.avoid:
                edges.setdefault(path.source, []).append(path)
        return edges

    def _arrived(self, start: Start, passed: int) -> _Place:
        return _Place(start, passed + (self.via[passed : passed + 1] == (start.os,)))


def reachable(start: Start, paths: Sequence[Path] = PATHS, avoid: Iterable[str] = ()) -> tuple[str, ...]:
    """Return the canonical ids that can be reached from ``start``, nearest first."""
    places = _Search(start, paths, avoid=frozenset(avoid)).trails()
    return tuple(dict.fromkeys(place.start.os for place in places if place.start.os != start.os))


def plan(
    start: Start, target: str, paths: Sequence[Path] = PATHS, via: Sequence[str] = (), avoid: Iterable[str] = ()
) -> tuple[Hop, ...] | Problem:
    """Return the shortest allowed hops from ``start`` to ``target``, or the problem that says why there is none.

    The hops lead through all of ``via``, in this order, and through nothing of ``avoid``.
    """
    avoided = tuple(avoid)
    wrong = _contradiction(start, target, tuple(via), avoided)
    if wrong:
        return wrong
    search = _Search(start, paths, tuple(via), frozenset(avoided))
    trail = search.trail(target)
    return _no_path(search, target) if trail is None else tuple(path.hop for path in trail)


def invalid_target(message: str) -> Problem:
    """Return the problem of a target that is none."""
    return Problem("InvalidTarget", message, f"Name one of {', '.join(NAMES)}.")


def find(hop: Hop, paths: Sequence[Path] = PATHS) -> Path | None:
    """Return the row of the table that the hop follows."""
    return next((path for path in paths if path.id == hop.path), None)


def _contradiction(start: Start, target: str, via: tuple[str, ...], avoid: tuple[str, ...]) -> Problem | None:
    return _unknown(start, target, (*via, *avoid)) or _impossible(start, target, via, avoid)


def _unknown(start: Start, target: str, others: tuple[str, ...]) -> Problem | None:
    if not is_known(target):
        return invalid_target(unknown_id(target))
    strange = [os_id for os_id in others if not is_known(os_id)]
    if strange:
        message = f"via and avoid: {unknown_id(strange[0])}"
        return Problem("InvalidPath", message, "Name canonical ids in via and avoid.")
    if not is_known(start.os):
        return Problem(
            "UnsupportedSource",
            f"The operating system of the instance is not one that can be migrated ({start.os}).",
            "Check the OS name that the cloud and the guest report; see the table of supported paths.",
        )
    return None


def _impossible(start: Start, target: str, via: tuple[str, ...], avoid: tuple[str, ...]) -> Problem | None:
    both = [os_id for os_id in (*via, target) if os_id in avoid]
    if both:
        message = f"The path is to lead to or through {both[0]}, and to avoid it."
        return Problem("InvalidPath", message, f"Remove {both[0]} from avoid, or from via and the target.")
    if via and start.os == target:
        message = f"The instance runs its target {target} already, but is to pass {', '.join(via)}."
        return Problem("InvalidPath", message, "Remove via, or name the target that comes after it.")
    return None


def _no_path(search: _Search, target: str) -> Problem:
    start = search.start
    message = f"There is no supported path from {start.os} to {target} with provider {start.provider}"
    choices = ", ".join(reachable(start, search.paths, search.avoid))
    nearest = f"From {start.os} as it is, these can be reached: {choices}."
    nowhere = f"From {start.os} as it is, nothing can be reached; keep it, or rebuild it on a new instance."
    return Problem(
        "UnsupportedPath", f"{message}{_detour(search)}. {_reason(search, target)}", nearest if choices else nowhere
    )


def _detour(search: _Search) -> str:
    words = (("through", search.via), ("avoiding", tuple(sorted(search.avoid))))
    return "".join(f", {word} {', '.join(ids)}" for word, ids in words if ids)


def _reason(search: _Search, target: str) -> str:
    """Return what stands in the way: a condition of the otherwise shortest path, or the way that was asked for."""
    trail = replace(search, strict=False).trail(target)
    if trail is None:
        return _reason_of_the_detour(search, target)
    places = accumulate(trail, lambda here, path: after(path, here), initial=search.start)
    failed = (refused(path, here) for path, here in zip(trail, places, strict=False))
    return next(" ".join(sentences.values()) for sentences in failed if sentences)


def _reason_of_the_detour(search: _Search, target: str) -> str:
    direct = _Search(search.start, search.paths).trail(target) if search.via or search.avoid else None
    if direct is None:
        return "No document lists one that leads there."
    return f"Without via and avoid it is {' -> '.join((search.start.os, *(path.target for path in direct)))}."
