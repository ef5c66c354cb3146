# Copyright (c) 2026 evergreen.os_migration contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What a run changes, as Ansible's before and after of each instance; in check mode what it would change.

Snapshots are told with the size of their disk, the most that they can hold, and with what that costs a month where the
user has told what a GiB costs.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from typing import Any

from .catalog import is_known
from .goal import Goal
from .migration import commit, keep, sweep
from .migration.hooked import due_from_here
from .migration.sets import chosen
from .migration.view import Migration, View, protectable_disks
from .model import Hop, Point
from .outcome import source_os
from .record import Record

Json = dict[str, Any]
Sides = tuple[Json, Json]

_BACK = ("rolled_back", "failed")


def difference(records: Iterable[Record[Any]], goal: Goal) -> Mapping[str, Json]:
    """Return before and after of the instances that were changed, or would be."""
    tell = _TOLD.get(goal.state)
    changed = [record for record in records if record.changed and isinstance(record.view, View)]
    sides = {record.id: tell(record, goal) for record in changed} if tell else {}
    found = {one: side for one, side in sides.items() if side != ({}, {})}
    return {
        "before": {one: before for one, (before, _after) in found.items()},
        "after": {one: after for one, (_before, after) in found.items()},
    }


def _migrated(record: Migration, goal: Goal) -> Sides:
    """Tell the hops, what they take, and the snapshots before them."""
    former = {"os": source_os(record)}
    if not is_known(record.item.target):
        return {}, {}
    if record.state in _BACK:
        return former, former
    hops, sizes = hops_left(record), sizes_of(record)
    return former, {
        "os": record.item.target,
        "hops": [f"{hop.source} -> {hop.target}, up to {hop.minutes} min" for hop in hops],
        "minutes": sum(hop.minutes for hop in hops),
        "snapshots": {disk_id: _gib(size) for disk_id, size in sizes.items()},
        **_taking(sets_of(record, goal) * sum(sizes.values()), goal),
        **_hooks(record, goal),
    }


def _hooks(record: Migration, goal: Goal) -> Json:
    told = [due.told for due in due_from_here(record, goal)] if goal.hooks and record.view.instance else []
    return {"hooks": told} if told else {}


def hops_left(record: Migration) -> tuple[Hop, ...]:
    """Return the hops that an instance still has before it."""
    return record.view.hops[record.view.hop :] or record.view.hops


def sets_of(record: Migration, goal: Goal) -> int:
    """Return how many sets of snapshots a migration takes from here."""
    return len(hops_left(record)) if goal.rollback_to == "hop" else 1


def _put_back(record: Migration, goal: Goal) -> Sides:
    """Tell the moment that each disk goes back to."""
    known = record.view.tag
    one = chosen(record, goal) if known else None
    if known is None or one is None:
        return {}, {}
    systems: Sides = ({"os": known.target}, {"os": known.source}) if known.source else ({}, {})
    return (
        {**systems[0], "disks": dict.fromkeys(one.points, "as it is")},
        {**systems[1], "disks": {disk_id: f"as it was at {point.created}" for disk_id, point in one.points.items()}},
    )


def _committed(record: Migration, goal: Goal) -> Sides:
    return _deleted(record, commit.points_going(record, goal), goal)


def _unprotected(record: Migration, goal: Goal) -> Sides:
    return _deleted(record, record.view.gone or keep.points_to_delete(record, goal), goal)


def _deleted(record: Migration, points: Iterable[Point], goal: Goal) -> Sides:
    """Tell the snapshots that go."""
    sizes = sizes_of(record)
    listed = {point.snapshot_id: f"{_gib(sizes.get(point.disk_id))}, {_of(point)}" for point in points}
    total = sum(sizes.get(point.disk_id, 0) for point in points)
    return {"snapshots": listed, **_taking(total, goal)}, {"snapshots": {}, **_taking(0, goal)}


def _swept(record: Migration, goal: Goal) -> Sides:
    """Tell all that goes of an instance that is gone."""
    going = swept_points(record)
    listed = {point.snapshot_id: f"{_gib(point.size_gib)}, {_of(point)}" for point in going}
    points = {f"snapshot {snapshot_id}" for snapshot_id in listed}
    others = [name for name in dict.fromkeys((*record.view.deleting, *sweep.names(record))) if name not in points]
    total = sum(point.size_gib for point in going)
    before = {"snapshots": listed, "others": others, **_taking(total, goal)}
    return before, {"snapshots": {}, "others": [], **_taking(0, goal)}


def swept_points(record: Migration) -> tuple[Point, ...]:
    """Return the points that a sweep deletes, those that are gone already among them."""
    return tuple({point.snapshot_id: point for point in (*record.view.gone, *sweep.free_points(record))}.values())


def swept_outcome(record: Migration, goal: Goal) -> Json:
    """Return what instance_sweep adds to the entry of its instance: what goes, and what stays and why."""
    (before, _after), held = _swept(record, goal), sweep.held_points(record)
    kept = [{"snapshot_id": one.snapshot_id, "disk_id": one.disk_id, "instance_id": who} for one, who in held.items()]
    return {"swept": {**before, "snapshots": list(before["snapshots"])}, "kept": kept}


def _protected(record: Migration, goal: Goal) -> Sides:
    """Tell the disks that get a snapshot."""
    sizes = sizes_of(record)
    taken = {disk_id: _gib(size) for disk_id, size in sizes.items()}
    return {}, {"snapshots": taken, **_taking(sum(sizes.values()), goal)}


def _taking(gib: int, goal: Goal) -> Json:
    """Tell what snapshots may take and, where the price is known, what that costs."""
    cost = {"snapshot_cost_per_month": round(gib * goal.price, 2)} if goal.price else {}
    return {"snapshot_gib": gib, **cost}


def _of(point: Point) -> str:
    return f"of {point.disk_id} at {point.created or 'a moment that is not known'}"


def sizes_of(record: Migration) -> dict[str, int]:
    """Return the GiB of each disk that gets a snapshot, as far as disks were seen."""
    if record.view.instance is None:
        return {}
    return {disk.disk_id: disk.size_gib for disk in protectable_disks(record)}


def _gib(size: int | None) -> str:
    return f"up to {size} GiB" if size else "of unknown size"


_TOLD: Mapping[str, Callable[[Migration, Goal], Sides]] = {
    "migrated": _migrated,
    "rolled_back": _put_back,
    "committed": _committed,
    "protected": _protected,
    "unprotected": _unprotected,
    "swept": _swept,
}
