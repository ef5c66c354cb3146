# Copyright (c) 2026 evergreen.os_migration contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""ECS: groups of snapshots: one call takes the disks of an instance at one moment.

The tags of that call are the group's: its members bear none of them, and TagResources knows no type for groups. So all
that is to be known of the members is written on the group when it is made, and lent to them: nothing is left to do
when a controller dies after the call, or its answer is lost.
"""

from __future__ import annotations

import uuid
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import islice
from typing import Any

from ..._core.model import Disk, Point, Problem, Take
from ..._core.tag import BEFORE_KEY, CONTENTS_KEY, PLACE_KEY, TAG_KEY, group_name, places_of, places_tags
from ..._errors import CloudError, Moved
from .errors import UNSHOWN, Meaning, meaning_of, remedy_for
from .rpc import Rpc, entries, tags_of, text

_PAGE = 100
_PATH = "SnapshotGroups.SnapshotGroup"
_ESSD = frozenset(("cloud_essd", "cloud_auto", "cloud_essd_entry"))
_REGIONAL = frozenset(("cloud_regional_disk_auto",))
# The lower one of two documented limits; which regions have the higher one is not told by any API.
_MOST_DISKS, _MOST_GIB = 16, 32 * 1024
# Refusals that are meant for every group of the region, not for the disks of one.
_NOWHERE = ("InvalidRegion.NotSupport", "UserNotInTheWhiteList")
_TOKENS = uuid.UUID("b1d3f0a7-5b0e-4a5e-9a53-0b1f9c0c7e61")


def in_one_call(takes: Sequence[Take]) -> bool:
    """Say whether a group can be made of all that is to be taken, as far as it is known of the disks."""
    fits = 1 < len(takes) <= _MOST_DISKS and not any(take.rest for take in takes)
    return fits and _are_one_set(takes) and _are_allowed([take.disk for take in takes])


def _are_one_set(takes: Sequence[Take]) -> bool:
    """Say whether what a group's tags say would be true of each member."""
    first = takes[0]
    told = {(take.of, take.label, take.before, take.contents) for take in takes}
    return bool(first.of and first.label) and len(told) == 1


def _are_allowed(disks: Sequence[Disk]) -> bool:
    kinds = {disk.category for disk in disks}
    shared = any(disk.multi_attach for disk in disks)
    return not shared and (kinds <= _ESSD or kinds <= _REGIONAL) and sum(disk.size_gib for disk in disks) <= _MOST_GIB


@dataclass(frozen=True)
class SnapshotGroup:
    """A group that bears our tag; ``members`` are its snapshots and the disks they are of."""

    group_id: str
    tags: Mapping[str, str]
    members: Mapping[str, str]

    def lent(self, snapshot_id: str) -> dict[str, str]:
        """Return the tags that a member would bear if it had been taken on its own."""
        place = places_of(self.tags).get(self.members[snapshot_id], "")
        found = {key: self.tags.get(key, "") for key in (TAG_KEY, BEFORE_KEY, CONTENTS_KEY)}
        return {key: value for key, value in {**found, PLACE_KEY: place}.items() if value}


def to_group(raw: Mapping[str, Any]) -> SnapshotGroup:
    """Translate an entry of DescribeSnapshotGroups."""
    members = {text(one, "SnapshotId"): text(one, "SourceDiskId") for one in entries(raw, "Snapshots.Snapshot")}
    return SnapshotGroup(raw["SnapshotGroupId"], tags_of(raw), members)


class SnapshotGroups:
    """The groups of one account in one region; those that were seen are remembered by their members."""

    def __init__(self, rpc: Rpc) -> None:
        self._rpc = rpc
        self._seen: dict[str, SnapshotGroup] = {}
        self._nowhere = False

    def of_member(self, snapshot_id: str) -> SnapshotGroup | None:
        """Return the group of a snapshot, as far as it was seen."""
        return self._seen.get(snapshot_id)

    def of_instance(self, instance_id: str) -> list[SnapshotGroup]:
        """Return the groups of an instance that bear our tag."""
        return self._kept(self._listed(InstanceId=instance_id))

    def of_region(self) -> list[SnapshotGroup]:
        """Return the region's groups that bear our tag.

        Filtered by a tag the list is documented to end at some number; all of it does not.
        """
        return self._kept(self._listed())

    def of_region_up_to(self, most: int) -> list[SnapshotGroup] | None:
        """Return the region's groups that bear our tag, ``None`` if there are more of any kind than ``most``."""
        found = list(islice(self._listed(), most + 1))
        return self._kept(found) if len(found) <= most else None

    def take(self, takes: Sequence[Take]) -> list[Point] | None:
        """Make one group of all that is to be taken, ``None`` where they are to be taken one by one."""
        if self._nowhere or not in_one_call(takes):
            return None
        try:
            group_id = self._made(takes)
        except CloudError as refusal:
            if meaning_of(refusal.problem.code) is not Meaning.APART:
                raise
            self._apart(takes[0], refusal)
            return None
        group = self._shown(group_id, {take.disk.disk_id for take in takes})
        by_disk = {disk_id: snapshot_id for snapshot_id, disk_id in group.members.items()}
        return [_point(take, by_disk[take.disk.disk_id], group_id) for take in takes]

    def _made(self, takes: Sequence[Take]) -> str:
        """Make the group, once for each label: another request for it is refused, whoever sends it."""
        first = takes[0]
        told = {TAG_KEY: first.label, BEFORE_KEY: first.before, CONTENTS_KEY: first.contents}
        tags = {**told, **places_tags({take.disk.disk_id: take.place for take in takes if take.place})}
        answer = self._rpc.request(
            "ecs",
            "CreateSnapshotGroup",
            needs="SnapshotGroupId",
            RegionId=self._rpc.region,
            InstanceId=first.of,
            DiskId=[take.disk.disk_id for take in takes],
            Name=group_name(first.of, first.disk.disk_id, first.name),
            ClientToken=str(uuid.uuid5(_TOKENS, first.label)),
            Tag=_pairs(tags),
        )
        return str(answer["SnapshotGroupId"])

    def _shown(self, group_id: str, disks: set[str]) -> SnapshotGroup:
        """Return a group that was made just now. Where it is not shown with all its members yet, it is looked for."""
        only = {"SnapshotGroupId": [group_id]}
        for group in map(to_group, self._listed(**only)):
            if disks <= set(group.members.values()):
                return self._remembered(group)
        told = f"The snapshot group {group_id} was made and is not shown with all of its snapshots yet."
        raise Moved(Problem(UNSHOWN, told, remedy_for(UNSHOWN)))

    def _apart(self, first: Take, refusal: CloudError) -> None:
        """Note that no group can be made, unless there is one of this label: a set is taken one way."""
        self._nowhere = self._nowhere or refusal.problem.code in _NOWHERE
        if any(group.tags.get(TAG_KEY) == first.label for group in self.of_instance(first.of)):
            raise Moved(refusal.problem) from None

    def delete(self, group: SnapshotGroup) -> None:
        """Delete a group with its members; the call succeeds also where a member is refused.

        Such a member outlives its group, and with it what was lent to it: it is given that as tags of its own.
        """
        answer = self._rpc.request(
            "ecs",
            "DeleteSnapshotGroup",
            needs="OperationProgressSet.OperationProgress",
            RegionId=self._rpc.region,
            SnapshotGroupId=group.group_id,
        )
        refused = list(_refused(answer))
        for snapshot_id, _problem in refused:
            if snapshot_id in group.members:
                self._tag(snapshot_id, group.lent(snapshot_id))
        for snapshot_id in group.members:
            self._seen.pop(snapshot_id, None)
        for _snapshot_id, problem in refused:
            raise (Moved if meaning_of(problem.code) is Meaning.MOVED else CloudError)(problem)

    def lost(self, snapshot_id: str) -> None:
        """Note that a member was deleted on its own."""
        group = self._seen.pop(snapshot_id, None)
        if group:
            left = {key: disk_id for key, disk_id in group.members.items() if key != snapshot_id}
            self._remembered(replace(group, members=left))

    def _tag(self, snapshot_id: str, tags: Mapping[str, str]) -> None:
        given: dict[str, Any] = {"ResourceType": "snapshot", "ResourceId": [snapshot_id], "Tag": _pairs(tags)}
        self._rpc.request("ecs", "TagResources", RegionId=self._rpc.region, **given)

    def _listed(self, **only: Any) -> Iterator[dict[str, Any]]:
        region = self._rpc.region
        return self._rpc.pages("ecs", "DescribeSnapshotGroups", _PATH, _PAGE, RegionId=region, **only)

    def _kept(self, listed: Iterable[Mapping[str, Any]]) -> list[SnapshotGroup]:
        return [self._remembered(group) for group in map(to_group, listed) if TAG_KEY in group.tags]

    def _remembered(self, group: SnapshotGroup) -> SnapshotGroup:
        self._seen.update(dict.fromkeys(group.members, group))
        return group


def _point(take: Take, snapshot_id: str, group_id: str) -> Point:
    told = {"place": take.place, "before": take.before, "contents": take.contents}
    size = take.disk.size_gib
    return Point(
        snapshot_id, take.disk.disk_id, label=take.label, group=group_id, size_gib=size, status="progressing", **told
    )


def _pairs(tags: Mapping[str, str]) -> list[dict[str, str]]:
    return [{"Key": key, "Value": value} for key, value in tags.items() if value]


def _refused(answer: Mapping[str, Any]) -> Iterator[tuple[str, Problem]]:
    """Yield the members that were not deleted, and why."""
    for raw in entries(answer, "OperationProgressSet.OperationProgress"):
        if text(raw, "OperationStatus").lower() == "success":
            continue
        items = entries(raw, "RelatedItemSet.RelatedItem")
        snapshot_id = next((text(one, "Value") for one in items if text(one, "Name") == "SnapshotId"), "")
        code, said = text(raw, "ErrorCode") or "InvalidAnswer", text(raw, "ErrorMsg")
        yield snapshot_id, Problem(code, f"DeleteSnapshotGroup: {snapshot_id}: {said}", remedy_for(code))
