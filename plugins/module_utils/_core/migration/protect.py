# Copyright (c) 2026 evergreen.os_migration contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Points of every disk before a hop may begin."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from .. import tag
from ..goal import Goal
from ..model import Disk, Point, Take
from ..record import Moment
from ..verb import Step, Verb, failing, wait
from .view import Migration, attempt, protectable_disks, work_of_hop

_TRIES = 3


def set_taken(record: Migration, goal: Goal, now: Moment) -> Step | None:
    """Take the hop's set of points and wait until all are accomplished."""
    if _covered(record, goal):
        return None
    by_status = _points_of_hop(record)
    failed = by_status.get("failed", [])
    if len(failed) >= _TRIES:
        return failing(
            "SnapshotFailed",
            f"Snapshots failed again and again: {', '.join(point.snapshot_id for point in failed)}.",
            "Look at the disks and the snapshot service, delete the failed snapshots, then run again.",
        )
    missing = _unprotected(record, by_status)
    if missing:
        takes = tuple(_take(record, disk) for disk in missing)
        return Step(Verb.SNAPSHOT, "protecting", takes, event=f"snapshots started: {len(missing)}")
    return _set_awaited(record, goal, now) if "progressing" in by_status else None


def _covered(record: Migration, goal: Goal) -> bool:
    """Say whether the hop needs no set of its own, or has it: once its work is made, new disks are the service's."""
    return work_of_hop(record) is not None or (goal.rollback_to == "start" and record.view.hop > 0)


def _unprotected(record: Migration, by_status: Mapping[str, Sequence[Point]]) -> tuple[Disk, ...]:
    safe = {point.disk_id for status in ("progressing", "accomplished") for point in by_status.get(status, ())}
    return tuple(disk for disk in protectable_disks(record) if disk.disk_id not in safe)


def _take(record: Migration, disk: Disk) -> Take:
    number, hop = attempt(record), record.view.hop + 1
    failures = sum(1 for point in record.view.points if point.disk_id == disk.disk_id and point.status == "failed")
    return Take(
        disk,
        name=tag.point_name(disk, number, hop),
        label=tag.set_label(number, hop),
        token=tag.client_token(record.id, number, hop, "snapshot", disk.disk_id, failures),
    )


def _points_of_hop(record: Migration) -> dict[str, list[Point]]:
    """Return this hop's points by status."""
    label = tag.set_label(attempt(record), record.view.hop + 1)
    by_status: dict[str, list[Point]] = {}
    for point in record.view.points:
        if point.label == label:
            by_status.setdefault(point.status, []).append(point)
    return by_status


def _set_awaited(record: Migration, goal: Goal, now: Moment) -> Step:
    if record.overdue("protecting", goal.hop_timeout, "points", now):
        return failing(
            "SnapshotTimeout",
            f"The snapshots were not accomplished within {goal.hop_timeout:.0f} s; the migration was not started.",
            "Look at the snapshots in the console, then run again: the next run goes on here.",
        )
    return wait("point", "protecting")
