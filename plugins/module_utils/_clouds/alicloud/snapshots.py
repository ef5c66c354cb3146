# Copyright (c) 2026 evergreen.os_migration contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""ECS: snapshots, what a disk can be put back to."""

from __future__ import annotations

import json
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from itertools import islice
from typing import Any

from ..._core.model import Disk, Instance, Point, Take
from ..._core.tag import BEFORE_KEY, CONTENTS_KEY, PLACE_KEY, TAG_KEY, owner_of
from ..._errors import CloudError, Moved
from .chunks import chunks
from .errors import Meaning, meaning_of
from .rpc import Rpc, tags_of, text
from .snapshot_groups import SnapshotGroup, SnapshotGroups

#: Above this many instances one listing of the region costs fewer calls than one call per instance.
FEW = 10
# The most ids that one call takes, and the most entries on a page.
_PAGE = 100
# DescribeSnapshots with a tag filter is documented to see at most this many resources.
_TAG_FILTER_LIMIT = 1000
_SERVICE_SNAPSHOT = "SMC_Backup"
# Snapshots of schedules: no call of ours makes such.
_SCHEDULED = ("auto", "timer")


def to_point(raw: Mapping[str, Any], group: SnapshotGroup | None = None) -> Point:
    """Translate an entry of DescribeSnapshots; its words for the status are the model's. A group lends it its tags."""
    tags = tags_of(raw)
    if group and TAG_KEY not in tags:
        tags |= group.lent(raw["SnapshotId"])
    return Point(
        snapshot_id=raw["SnapshotId"],
        disk_id=text(raw, "SourceDiskId"),
        status=text(raw, "Status"),
        name=text(raw, "SnapshotName"),
        label=tags.get(TAG_KEY, ""),
        created=text(raw, "CreationTime"),
        place=tags.get(PLACE_KEY, ""),
        before=tags.get(BEFORE_KEY, ""),
        contents=tags.get(CONTENTS_KEY, ""),
        size_gib=int(text(raw, "SourceDiskSize") or 0),
        group=group.group_id if group else "",
    )


class Snapshots:
    """The snapshots of one account in one region."""

    def __init__(self, rpc: Rpc) -> None:
        self._rpc = rpc
        self._groups = SnapshotGroups(rpc)

    def find(self, instances: Sequence[Instance], service_made: bool) -> dict[str, tuple[Point, ...]]:
        """Return the points of each instance's disks that bear our tag, with ``service_made`` also those SMC took."""
        if len(instances) > FEW and not service_made:
            found = self._of_region(instances)
            if found is not None:
                return {instance.instance_id: _on(instance.disks, found) for instance in instances}
        return {one.instance_id: self._wanted(one, service_made) for one in instances}

    def _of_region(self, instances: Sequence[Instance]) -> Mapping[str, Sequence[Point]] | None:
        """Return what bears our tag in the region by disk, ``None`` where it costs less to ask for each instance."""
        alone = self._points(Tag=[{"Key": TAG_KEY}])
        groups = self._groups.of_region_up_to(len(instances) * _PAGE) if len(alone) < _TAG_FILTER_LIMIT else None
        if groups is None:
            return None
        disks = {disk.disk_id for instance in instances for disk in instance.disks}
        members = (key for group in groups for key, disk_id in group.members.items() if disk_id in disks)
        return _by_disk({point.snapshot_id: point for point in (*alone, *self.read(tuple(members)).values())}.values())

    def _wanted(self, instance: Instance, service_made: bool) -> tuple[Point, ...]:
        listed = list(self._listed(InstanceId=instance.instance_id))
        self._look_at_groups(listed, [instance.instance_id])
        prefix = _SERVICE_SNAPSHOT if service_made else "\0"
        found = map(self._point, listed)
        return tuple(point for point in found if point.label or point.name.startswith(prefix))

    def left(self, instance_ids: Sequence[str]) -> dict[str, tuple[Point, ...]]:
        """Return the snapshots whose label names each instance; nothing at all may mean a missing permission."""
        points = self._points(Tag=[{"Key": TAG_KEY}])
        if len(points) >= _TAG_FILTER_LIMIT:
            points = self._points()
        if not points:
            self._rpc.check_permission("ecs", "DescribeSnapshots")
        found: dict[str, dict[str, Point]] = {one: {} for one in instance_ids}
        for point in (*self._members_left(instance_ids), *points):
            if owner_of(point.label) in found:
                found[owner_of(point.label)][point.snapshot_id] = point
        return {one: tuple(mine.values()) for one, mine in found.items()}

    def _members_left(self, instance_ids: Sequence[str]) -> Iterable[Point]:
        """Return the snapshots of groups whose label names one of the instances."""
        ours = [group for group in self._groups.of_region() if owner_of(group.tags[TAG_KEY]) in instance_ids]
        return self.read([key for group in ours for key in group.members]).values()

    def _look_at_groups(self, listed: Iterable[Mapping[str, Any]], instance_ids: Sequence[str]) -> None:
        """Ask for the instances' groups if one of the snapshots may be a member that was not seen as one yet."""
        if not any(self._may_be_lent(raw) for raw in listed):
            return
        if len(instance_ids) > FEW and self._groups.of_region_up_to(len(instance_ids) * _PAGE) is not None:
            return
        for instance_id in instance_ids:
            self._groups.of_instance(instance_id)

    def _may_be_lent(self, raw: Mapping[str, Any]) -> bool:
        known = TAG_KEY in tags_of(raw) or self._groups.of_member(raw["SnapshotId"])
        foreign = text(raw, "SnapshotType") in _SCHEDULED or text(raw, "SnapshotName").startswith(_SERVICE_SNAPSHOT)
        return not known and not foreign

    def _point(self, raw: Mapping[str, Any]) -> Point:
        return to_point(raw, self._groups.of_member(raw["SnapshotId"]))

    def read(self, point_ids: Sequence[str]) -> dict[str, Point]:
        """Return points by id."""
        found = (point for ids in chunks(point_ids, _PAGE) for point in self._points(SnapshotIds=json.dumps(list(ids))))
        return {point.snapshot_id: point for point in found}

    def take(self, takes: Sequence[Take]) -> list[Point]:
        """Start a group of snapshots, or a snapshot for each take; the same token gives the same again.

        A token that was used otherwise is looked at again: what it made is there under its label, or it is used up.
        """
        try:
            grouped = self._groups.take(takes)
            return self._one_by_one(takes) if grouped is None else grouped
        except CloudError as refusal:
            if meaning_of(refusal.problem.code) is Meaning.TAKEN:
                raise Moved(refusal.problem) from None
            raise

    def _one_by_one(self, takes: Sequence[Take]) -> list[Point]:
        """Start snapshots; when one is refused, those before it are not lost, and the rest is asked for again."""
        done: list[Point] = []
        for take in takes:
            try:
                done.append(self._take(take))
            except CloudError:
                if not done:
                    raise
                break
        return done

    def _take(self, take: Take) -> Point:
        tags = {TAG_KEY: take.label, PLACE_KEY: take.place, BEFORE_KEY: take.before, CONTENTS_KEY: take.contents}
        answer = self._rpc.request(
            "ecs",
            "CreateSnapshot",
            needs="SnapshotId",
            DiskId=take.disk.disk_id,
            SnapshotName=take.name,
            token=take.token,
            Tag=[{"Key": key, "Value": value} for key, value in tags.items() if value],
        )
        return Point(
            answer["SnapshotId"],
            take.disk.disk_id,
            "progressing",
            take.name,
            take.label,
            place=take.place,
            before=take.before,
            contents=take.contents,
            size_gib=take.disk.size_gib,
        )

    def restore(self, disk_id: str, point_id: str) -> None:
        """Put a disk back to a snapshot of its own; the instance must be stopped."""
        self._rpc.request("ecs", "ResetDisk", repeatable=False, DiskId=disk_id, SnapshotId=point_id)

    def delete(self, points: Sequence[Point]) -> None:
        """Delete snapshots; a group whose members are all among them with one call."""
        ids = [point.snapshot_id for point in points]
        group = self._groups.of_member(ids[0])
        try:
            if group and group.members.keys() <= set(ids):
                return self._groups.delete(group)
        except CloudError as refusal:
            if meaning_of(refusal.problem.code) is not Meaning.GONE:
                raise
        for one in ids:
            self._delete(one)
            self._groups.lost(one)
        return None

    def _delete(self, point_id: str) -> None:
        """Delete a snapshot; ECS ignores an id that is not there."""
        try:
            self._rpc.request("ecs", "DeleteSnapshot", SnapshotId=point_id)
        except CloudError as refusal:
            if meaning_of(refusal.problem.code) is not Meaning.GONE:
                raise

    # --- what the details of instances, and the account, need of them ------------------------------------------------

    def in_progress(self, disks: Mapping[str, Sequence[Disk]]) -> dict[str, tuple[Point, ...]]:
        """Return the points that are being taken of each instance's disks, whoever takes them."""
        home = {disk.disk_id: instance_id for instance_id, mine in disks.items() for disk in mine}
        listed = [raw for raw in self._listed(Status="progressing") if text(raw, "SourceDiskId") in home]
        maybe = {home[text(raw, "SourceDiskId")] for raw in listed if self._may_be_lent(raw)}
        self._look_at_groups(listed, sorted(maybe))
        busy = _by_disk(map(self._point, listed))
        return {instance_id: _on(mine, busy) for instance_id, mine in disks.items()}

    def manual(self, instance_ids: Sequence[str]) -> Counter[str]:
        """Count by disk the snapshots that nobody's schedule took.

        The region's list is left where it has become longer than asking for each instance.
        """
        if len(instance_ids) > FEW:
            most = len(instance_ids) * _PAGE
            counted = self._counted(most)
            if counted.total() <= most:
                return counted
        return sum((self._counted(InstanceId=one) for one in instance_ids), Counter())

    def _counted(self, most: int | None = None, **only: Any) -> Counter[str]:
        """Count manual snapshots by disk, one more than ``most`` and no further."""
        listed = self._listed(SnapshotType="user", **only)
        return Counter(text(raw, "SourceDiskId") for raw in islice(listed, None if most is None else most + 1))

    def used(self) -> bool | None:
        """Say whether the region has a snapshot of any kind; ``None`` when this user may not list them."""
        try:
            return next(self._listed(), None) is not None
        except CloudError:
            return None

    def _listed(self, **only: Any) -> Iterator[dict[str, Any]]:
        region = self._rpc.region
        return self._rpc.pages("ecs", "DescribeSnapshots", "Snapshots.Snapshot", _PAGE, RegionId=region, **only)

    def _points(self, **only: Any) -> list[Point]:
        return [self._point(raw) for raw in self._listed(**only)]


def _by_disk(points: Iterable[Point]) -> Mapping[str, Sequence[Point]]:
    found: dict[str, list[Point]] = defaultdict(list)
    for point in points:
        found[point.disk_id].append(point)
    return found


def _on(disks: Sequence[Disk], points: Mapping[str, Sequence[Point]]) -> tuple[Point, ...]:
    return tuple(point for disk in disks for point in points.get(disk.disk_id, ()))
