# Copyright (c) 2026 evergreen.os_migration contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What a wave is about to do, as a table: one row for all hosts that go the same way, or commit the same migration."""

from __future__ import annotations

import heapq
import math
from collections import defaultdict
from collections.abc import Hashable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, TypeAlias

from . import durations
from .difference import hops_left, sets_of, sizes_of
from .goal import Goal
from .migration.commit import points_going
from .migration.hooked import due_from_here
from .migration.view import Migration
from .model import Place, required
from .record import Record
from .telling import some

#: So few that most tables fit into 100 columns; what can be long comes last, where a line may be broken.
_NAMED = 2
_HEAD = ("hosts", "minutes", "snapshots", "way")


@dataclass(frozen=True)
class Taken:
    """Who takes places in the queue of a place: instances, or works that name none; ``None`` where it is not known."""

    queue: Hashable
    by: frozenset[str] | None = None


#: By places, as far as they were counted.
Counted: TypeAlias = Mapping[Place, Taken]


def lines(records: Sequence[Record[Any]], goal: Goal, most: int, taken: Counted) -> list[str] | None:
    """Return the plan of a goal, ``None`` as long as it is not known of every instance."""
    if goal.state == "committed":
        return committing(records, goal) if all(map(_is_seen, records)) else None
    return _migrating(records, goal, most, taken) if goal.state == "migrated" else []


def _migrating(records: Sequence[Record[Any]], goal: Goal, most: int, taken: Counted) -> list[str] | None:
    taking = _taking(records, goal)
    if not is_whole(records) or (len(taking) > 1 and any(record.item.place not in taken for record in taking)):
        return None
    told = pace(records, goal, most, taken)
    return [*table(records, goal), *([told] if told else [])]


def _is_seen(record: Record[Any]) -> bool:
    """Say whether it is known what a commit of the instance deletes."""
    return bool(record.done or record.view.gone or record.seen.get("points") is not None)


def is_whole(records: Iterable[Record[Any]]) -> bool:
    """Say whether it is known of every instance which way it goes, or that it goes none."""
    return all(record.done or record.view.hops for record in records)


def wants_count(records: Sequence[Record[Any]], goal: Goal) -> bool:
    """Say whether the instances of a place are about to take places in its queue, and all that do are known."""
    return is_whole(records) and bool(_taking(records, goal))


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
        groups.setdefault((_way(record), _at_most(record, goal)), []).append(record)
    rows = [_row(way, minutes, members, goal) for (way, minutes), members in groups.items()]
    return _aligned([_head(goal), *rows]) if rows else []


def _setting_out(records: Iterable[Record[Any]]) -> list[Migration]:
    """Return those that are about to go a way."""
    return [one for one in records if one.view.hops and (not one.done or one.state == "planned")]


def _taking(records: Iterable[Record[Any]], goal: Goal) -> list[Migration]:
    """Return those that are about to take a place; whose works somebody else begins do not."""
    return [one for one in _setting_out(records) if not goal.offer(one.item.provider).follows]


def pace(records: Iterable[Record[Any]], goal: Goal, most: int, taken: Counted) -> str:
    """Return how many instances go at a time and how long all of them take; empty where that says nothing new.

    Each queue has ``most`` places. Those that others use now are reckoned as if they kept them.
    """
    setting_out = _taking(records, goal)
    if len(setting_out) < 2:
        return ""
    queues, others = _queues(setting_out, goal, taken), _others(setting_out, taken, most)
    free = {queue: most - (others[queue] or 0) for queue in queues}
    seconds = max(_together(times, free[queue] or most) for queue, times in queues.items())
    each = " of each account" if len(queues) > 1 else ""
    told = f"{len(setting_out)} instances, at most {most}{each} at a time{_used(others, most)}"
    waiting = sum(len(times) for queue, times in queues.items() if not free[queue])
    return f"{told}: {_lasting(math.ceil(seconds / 60), len(setting_out), waiting)}{_not_known(others)}"


def _queues(setting_out: Iterable[Migration], goal: Goal, taken: Counted) -> dict[Hashable, list[float]]:
    """Return how long the instances of each queue take as a rule."""
    queues: dict[Hashable, list[float]] = defaultdict(list)
    for record in setting_out:
        queues[taken[record.item.place].queue].append(_as_a_rule(record, goal))
    return queues


def _as_a_rule(record: Migration, goal: Goal) -> float:
    """Return how many seconds the hops that are left take as a rule, with their hooks."""
    hooks = (durations.hook_usual(due.hook, goal.lasted) for due in due_from_here(record, goal))
    return sum(durations.usual(hop, goal.lasted) for hop in hops_left(record)) + sum(hooks)


def _at_most(record: Migration, goal: Goal) -> int:
    """Return how many minutes the hops that are left take at most by the documents, with their hooks."""
    hooks = (durations.hook_seconds(due.hook, goal.lasted) for due in due_from_here(record, goal))
    return sum(hop.minutes for hop in hops_left(record)) + math.ceil(sum(hooks) / 60)


def _others(setting_out: Iterable[Migration], taken: Counted, most: int) -> dict[Hashable, int | None]:
    """Return how many places of each queue others use, ``None`` where that is not known."""
    own = {record.id for record in setting_out}
    places = {record.item.place for record in setting_out}
    found: dict[Hashable, int | None] = {}
    for queue, by in ((taken[place].queue, taken[place].by) for place in places):
        known = by is not None and found.get(queue, 0) is not None
        found[queue] = max(found.get(queue) or 0, min(most, len(required(by) - own))) if known else None
    return found


def _used(others: Mapping[Hashable, int | None], most: int) -> str:
    number = sum(one or 0 for one in others.values())
    if not number:
        return ""
    which, are = ("all", "are") if number == most * len(others) else (str(number), "is" if number == 1 else "are")
    return f", {which} of these places {are} used by others now"


def _lasting(minutes: int, number: int, waiting: int) -> str:
    """Return how long it takes; of those ``waiting`` all places are used, and nobody knows for how long."""
    if not waiting:
        return f"about {minutes} min"
    who = "they begin" if waiting == number else f"{waiting} of them begin{'s' if waiting == 1 else ''}"
    return f"{who} when places get free, and all take about {minutes} min from then on"


def _not_known(others: Mapping[Hashable, int | None]) -> str:
    unknown = sum(one is None for one in others.values())
    where = f" of {unknown} of the accounts" if unknown < len(others) else ""
    return f", more if others use places, which is not known{where}" if unknown else ""


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
