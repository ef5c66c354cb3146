# Copyright (c) 2026 evergreen.os_migration contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What a wave is about to do, as a table: one row for all hosts that go the same way, or commit the same migration."""

from __future__ import annotations

import heapq
import math
from collections import defaultdict
from collections.abc import Iterable, Sequence
from typing import Any

from . import durations
from .difference import hops_left, sets_of, sizes_of
from .goal import Goal
from .migration.commit import points_going
from .migration.hooked import due_from_here
from .migration.view import Migration
from .record import Record
from .telling import some

#: So few that most tables fit into 100 columns; what can be long comes last, where a line may be broken.
_NAMED = 2
_HEAD = ("hosts", "minutes", "snapshots", "way")


def lines(records: Sequence[Record[Any]], goal: Goal, most: int) -> list[str] | None:
    """Return the plan of a goal, ``None`` as long as it is not known of every instance."""
    if goal.state == "committed":
        return committing(records, goal) if all(map(_is_seen, records)) else None
    if goal.state != "migrated":
        return []
    told = pace(records, goal, most)
    return [*table(records, goal), *([told] if told else [])] if is_whole(records) else None


def _is_seen(record: Record[Any]) -> bool:
    """Say whether it is known what a commit of the instance deletes."""
    return bool(record.done or record.view.gone or record.seen.get("points") is not None)


def is_whole(records: Iterable[Record[Any]]) -> bool:
    """Say whether it is known of every instance which way it goes, or that it goes none."""
    return all(record.done or record.view.hops for record in records)


def committing(records: Iterable[Record[Any]], goal: Goal) -> list[str]:
    """Return the lines of what goes with a commit; none when nothing does."""
    groups: dict[str, list[Migration]] = defaultdict(list)
    for record in records:
        if not _is_kept(record) and points_going(record, goal):
            groups[_committed_way(record)].append(record)
    rows = [(_names(members), _going(members, goal), way) for way, members in groups.items() if way]
    return _aligned([("hosts", "snapshots to delete", "way"), *rows]) if rows else []


def _committed_way(record: Migration) -> str:
    known = record.view.tag
    return f"{known.source} -> {known.target}" if known and known.source else ""


def _is_kept(record: Record[Any]) -> bool:
    return record.view.instance is None or record.problem is not None or record.state == "postponed"


def _going(members: Sequence[Migration], goal: Goal) -> str:
    sizes = [sizes_of(record).get(point.disk_id, 0) for record in members for point in points_going(record, goal)]
    return _space(sizes, goal)


def _space(sizes: Sequence[int], goal: Goal) -> str:
    """Return how many snapshots there are, and what they take and cost at most."""
    cost = f", {sum(sizes) * goal.price:.2f} a month" if goal.price else ""
    return f"{len(sizes)}, up to {sum(sizes)} GiB{cost}"


def table(records: Iterable[Record[Any]], goal: Goal) -> list[str]:
    """Return the lines; none when nobody goes anywhere. A snapshot is told with the size of its disk."""
    groups: dict[tuple[str, int], list[Migration]] = {}
    for record in _setting_out(records):
        groups.setdefault((_way(record), sum(hop.minutes for hop in hops_left(record))), []).append(record)
    rows = [_row(way, minutes, members, goal) for (way, minutes), members in groups.items()]
    return _aligned([_head(goal), *rows]) if rows else []


def _setting_out(records: Iterable[Record[Any]]) -> list[Migration]:
    """Return those that are about to go a way."""
    return [one for one in records if one.view.hops and (not one.done or one.state == "planned")]


def pace(records: Iterable[Record[Any]], goal: Goal, most: int) -> str:
    """Return how many instances go at a time and how long all of them take; empty where that says nothing new.

    An account has ``most`` places; where works of others take some, it takes longer.
    """
    accounts: dict[tuple[str, str], list[float]] = defaultdict(list)
    for record in _setting_out(records):
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
    sizes = [size for record in members for size in sizes_of(record).values() for _set in range(sets_of(record, goal))]
    told = (_names(members), f"up to {minutes}", _space(sizes, goal), way)
    return (*told, _hooks(members, goal)) if goal.hooks else told


def _hooks(members: Sequence[Migration], goal: Goal) -> str:
    """Return the names of the hooks that are run for some of the instances, in their order."""
    names = dict.fromkeys(due.hook.name for record in members for due in due_from_here(record, goal))
    return some(list(names), _NAMED) if names else "none"


def _names(members: Iterable[Migration]) -> str:
    return some([record.item.name or record.id for record in members], _NAMED)


def _aligned(rows: Sequence[Sequence[str]]) -> list[str]:
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    return ["  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip() for row in rows]
