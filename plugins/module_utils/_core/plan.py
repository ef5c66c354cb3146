# Copyright (c) 2026 evergreen.os_migration contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What a wave is about to do, as a table: one row for all hosts that go the same way."""

from __future__ import annotations

import heapq
import math
from collections import defaultdict
from collections.abc import Iterable, Sequence
from typing import Any

from . import durations
from .difference import hops_left, sets_of, sizes_of
from .goal import Goal
from .migration.hooked import due_from_here
from .migration.view import Migration
from .record import Record
from .telling import some

#: So few that most tables fit into 100 columns; what can be long comes last, where a line may be broken.
_NAMED = 2
_HEAD = ("hosts", "minutes", "snapshots", "way")


def is_whole(records: Iterable[Record[Any]]) -> bool:
    """Say whether it is known of every instance which way it goes, or that it goes none."""
    return all(record.done or record.view.hops for record in records)


def table(records: Iterable[Record[Any]], goal: Goal) -> list[str]:
    """Return the lines; none when nobody goes anywhere. A snapshot is told with the size of its disk."""
    groups: dict[tuple[str, int], list[Migration]] = {}
    for record in _going(records):
        groups.setdefault((_way(record), sum(hop.minutes for hop in hops_left(record))), []).append(record)
    rows = [_row(way, minutes, members, goal) for (way, minutes), members in groups.items()]
    return _aligned([_head(goal), *rows]) if rows else []


def _going(records: Iterable[Record[Any]]) -> list[Migration]:
    """Return those that are about to go a way."""
    return [one for one in records if one.view.hops and (not one.done or one.state == "planned")]


def pace(records: Iterable[Record[Any]], goal: Goal, most: int) -> str:
    """Return how many instances go at a time and how long all of them take; empty where that says nothing new.

    An account has ``most`` places; where works of others take some, it takes longer.
    """
    accounts: dict[tuple[str, str], list[float]] = defaultdict(list)
    for record in _going(records):
        account = record.item.place.provider, record.item.place.profile
        accounts[account].append(sum(durations.usual(hop, goal.lasted) for hop in hops_left(record)))
    number = sum(map(len, accounts.values()))
    if number < 2:
        return ""
    minutes = math.ceil(max(_together(times, most) for times in accounts.values()) / 60)
    each = " of each account" if len(accounts) > 1 else ""
    return f"{number} instances, at most {most}{each} at a time: about {minutes} min, more if others use places"


def _together(times: Iterable[float], places: int) -> float:
    """Return when the last one is done, if each begins as soon as one of the places is free."""
    free = [0.0] * places
    for time in times:
        heapq.heapreplace(free, free[0] + time)
    return max(free)


def _head(goal: Goal) -> tuple[str, ...]:
    return (*_HEAD, "hooks") if goal.hooks else _HEAD


def _way(record: Migration) -> str:
    hops = hops_left(record)
    return " -> ".join([hops[0].source, *(hop.target for hop in hops)])


def _row(way: str, minutes: int, members: Sequence[Migration], goal: Goal) -> tuple[str, ...]:
    names = some([record.item.name or record.id for record in members], _NAMED)
    sizes = [size for record in members for size in sizes_of(record).values() for _set in range(sets_of(record, goal))]
    told = (names, f"up to {minutes}", f"{len(sizes)}, up to {sum(sizes)} GiB", way)
    return (*told, _hooks(members, goal)) if goal.hooks else told


def _hooks(members: Sequence[Migration], goal: Goal) -> str:
    """Return the names of the hooks that are run for some of the instances, in their order."""
    names = dict.fromkeys(due.hook.name for record in members for due in due_from_here(record, goal))
    return some(list(names), _NAMED) if names else "none"


def _aligned(rows: Sequence[Sequence[str]]) -> list[str]:
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    return ["  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip() for row in rows]
