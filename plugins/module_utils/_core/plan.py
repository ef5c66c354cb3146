# Copyright (c) 2026 evergreen.os_migration contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What a wave is about to do, as a table: one row for all hosts that go the same way."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

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
    for record in records:
        if record.view.hops and (not record.done or record.state == "planned"):
            groups.setdefault((_way(record), sum(hop.minutes for hop in hops_left(record))), []).append(record)
    rows = [_row(way, minutes, members, goal) for (way, minutes), members in groups.items()]
    return _aligned([_head(goal), *rows]) if rows else []


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
