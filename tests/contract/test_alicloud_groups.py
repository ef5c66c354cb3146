# Copyright (c) 2026 evergreen.os_migration contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Snapshot groups where the disks allow: one call, one moment, all or nothing; else each disk on its own."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import ExitStack, closing
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from ansible_collections.evergreen.os_migration.plugins.module_utils._clouds.alicloud.snapshot_groups import in_one_call
from ansible_collections.evergreen.os_migration.plugins.module_utils._clouds.base import Cloud
from ansible_collections.evergreen.os_migration.plugins.module_utils._core.model import Disk, Instance, Point, Take
from ansible_collections.evergreen.os_migration.plugins.module_utils._core.tag import (
    MOST_CHARACTERS,
    TAG_KEY,
    place_of,
    places_of,
    places_tags,
    set_label,
)
from ansible_collections.evergreen.os_migration.plugins.module_utils._errors import CloudError, Moved, Transient
from cloudsim.core import copies

from .alicloud_bed import AliCloudBed
from .bed import Setting
from .common import plain

MakeBed = Callable[..., AliCloudBed]
ROOT = {"type": "system", "size_gib": 40}
DATA = {"type": "data", "size_gib": 100}
PLAIN = Setting()
WRITES = ("CreateSnapshot", "CreateSnapshotGroup", "DeleteSnapshot", "DeleteSnapshotGroup", "TagResources")


@pytest.fixture
def make_bed(tmp_path: Path) -> Iterator[MakeBed]:
    """Make an account with instances of these disks; keyword arguments are keys of its scenario."""
    with ExitStack() as stack:

        def make(*disks: dict[str, Any], count: int = 1, setting: Setting = PLAIN, **changes: Any) -> AliCloudBed:
            fleet = {"name": "web", "os": "centos-7", "count": count, "disks": list(disks or (ROOT, DATA, DATA))}
            return stack.enter_context(closing(AliCloudBed(tmp_path, setting, groups=[fleet], **changes)))

        yield make


def fault(action: str, effect: str, **more: Any) -> dict[str, Any]:
    return {"match": {"action": action}, "effect": effect, **more}


def instances(bed: AliCloudBed, cloud: Cloud) -> list[Instance]:
    found = cloud.instances.describe(list(bed.lab.world.instances), details=True)
    return [plain(one) for one in found.values()]


def takes(one: Instance, number: int = 1, rest: bool = False, contents: str = "pk=1a2b3c4d") -> list[Take]:
    """Return what the core asks for: all disks of an instance under one label."""
    label = set_label(one.instance_id, 1, number)
    told = {"before": "host=1a2b3c4d twice=0", "contents": contents, "of": one.instance_id, "rest": rest}
    return [
        Take(disk, f"osm-{disk.disk_id}-a1-s{number}", label, f"{disk.disk_id}-{number}", place_of(disk), **told)
        for disk in one.disks
    ]


def found(cloud: Cloud, one: Instance) -> tuple[Point, ...]:
    return cloud.snapshots.find([one], service_made=False)[one.instance_id]


def writes(bed: AliCloudBed) -> list[str]:
    return [line["action"] for line in bed.lab.journal() if line["action"] in WRITES and line["status"] == 200]


def groups_left(bed: AliCloudBed) -> list[str]:
    return [one.id for one in bed.lab.world.snapshot_groups.values() if bed.lab.time < one.gone]


def snapshots_left(bed: AliCloudBed) -> list[str]:
    return [one.id for one in bed.lab.world.snapshots.values() if bed.lab.time < one.gone]


# --- which way --------------------------------------------------------------------------------------------------------


def of_disks(*disks: Disk, **more: Any) -> list[Take]:
    return [Take(disk, "osm", "of=i-1 attempt=1 set=1", disk.disk_id, of="i-1", **more) for disk in disks]


def essds(number: int, category: str = "cloud_essd", **more: Any) -> list[Disk]:
    return [Disk(f"d-{one}", category=category, size_gib=40, **more) for one in range(number)]


@pytest.mark.parametrize(
    ("disks", "together"),
    [
        (essds(1), False),
        (essds(2), True),
        (essds(16), True),
        (essds(17), False),
        ([*essds(1), *essds(1, "cloud_auto"), *essds(1, "cloud_essd_entry")], True),
        ([*essds(2), *essds(1, "cloud_ssd")], False),
        (essds(2, "cloud_efficiency"), False),
        (essds(2, ""), False),
        (essds(2, "cloud_regional_disk_auto"), True),
        ([*essds(1, "cloud_regional_disk_auto"), *essds(1)], False),
        ([*essds(1), *essds(1, multi_attach=True)], False),
        ([replace(one, size_gib=16384) for one in essds(2)], True),
        ([replace(one, size_gib=16385) for one in essds(2)], False),
    ],
)
def test_a_set_is_one_group_where_the_disks_allow(disks: list[Disk], together: bool) -> None:
    assert in_one_call(of_disks(*disks)) is together


def test_what_completes_a_set_that_was_begun_one_by_one_is_no_group() -> None:
    assert not in_one_call(of_disks(*essds(3), rest=True))
    different = [*of_disks(*essds(1)), *of_disks(*essds(1), before="host=2")]
    assert not in_one_call(different)


def test_the_places_of_as_many_disks_as_a_group_has_fit_into_its_tags() -> None:
    places = {f"d-bp1{number:017}": "root" if not number else f"/dev/xvd{chr(97 + number)}" for number in range(16)}
    tags = places_tags(places)
    assert places_of({**tags, TAG_KEY: "of=i-1 attempt=1 set=1"}) == places
    assert len(tags) <= 20 - 3
    assert max(map(len, tags.values())) <= MOST_CHARACTERS


# --- taken ------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("data", [1, 4])
def test_one_call_takes_all_essds_of_an_instance_at_one_moment(make_bed: MakeBed, data: int) -> None:
    bed = make_bed(ROOT, *[DATA] * data)
    cloud = bed.cloud()
    (one,) = instances(bed, cloud)
    before = len(bed.lab.journal())
    made = cloud.snapshots.take(takes(one))
    assert Counter(line["action"] for line in bed.lab.journal()[before:]) == {
        "CreateSnapshotGroup": 1,
        "DescribeSnapshotGroups": 1,
    }
    assert [point.disk_id for point in made] == [disk.disk_id for disk in one.disks]
    assert len({point.group for point in made}) == 1
    shown = found(cloud, one)
    assert len({point.created for point in shown}) == 1
    assert {(p.snapshot_id, p.label, p.place, p.before, p.contents, p.group) for p in shown} == {
        (p.snapshot_id, p.label, p.place, p.before, p.contents, p.group) for p in made
    }
    assert {point.disk_id: point.place for point in shown} == {disk.disk_id: place_of(disk) for disk in one.disks}


def test_a_single_disk_is_taken_as_ever(make_bed: MakeBed) -> None:
    bed = make_bed(ROOT)
    cloud = bed.cloud()
    (one,) = instances(bed, cloud)
    before = len(bed.lab.journal())
    cloud.snapshots.take(takes(one))
    assert [line["action"] for line in bed.lab.journal()[before:]] == ["CreateSnapshot"]


def test_each_disk_is_taken_on_its_own_where_one_is_no_essd(make_bed: MakeBed) -> None:
    bed = make_bed(ROOT, DATA, {**DATA, "category": "cloud_ssd"})
    cloud = bed.cloud()
    (one,) = instances(bed, cloud)
    made = cloud.snapshots.take(takes(one))
    assert writes(bed) == ["CreateSnapshot"] * 3
    assert {point.group for point in (*made, *found(cloud, one))} == {""}
    assert {point.disk_id for point in found(cloud, one)} == {disk.disk_id for disk in one.disks}


@pytest.mark.parametrize("code", ["InvalidRegion.NotSupport", "DiskCategory.OperationNotSupported"])
def test_each_disk_is_taken_on_its_own_where_the_cloud_makes_no_group(make_bed: MakeBed, code: str) -> None:
    bed = make_bed(count=2, faults=[fault("CreateSnapshotGroup", "code", code=code)])
    cloud = bed.cloud()
    for one in instances(bed, cloud):
        cloud.snapshots.take(takes(one))
        assert len({point.disk_id for point in found(cloud, one)}) == len(found(cloud, one)) == 3
    asked = [line["action"] for line in bed.lab.journal()].count("CreateSnapshotGroup")
    assert asked == 1 if code.startswith("InvalidRegion") else 2, "a region is asked once"


def test_a_refusal_of_a_group_that_is_there_takes_no_disk_a_second_time(make_bed: MakeBed) -> None:
    code = fault("CreateSnapshotGroup", "code", code="DiskCategory.OperationNotSupported", after=1)
    bed = make_bed(faults=[code])
    cloud = bed.cloud()
    (one,) = instances(bed, cloud)
    cloud.snapshots.take(takes(one))
    with pytest.raises(Moved):
        bed.cloud().snapshots.take(takes(one))
    assert writes(bed) == ["CreateSnapshotGroup"]


@pytest.mark.parametrize("effect", ["lost_answer", "cut"])
def test_a_group_whose_answer_was_lost_is_made_once(make_bed: MakeBed, effect: str) -> None:
    bed = make_bed(faults=[fault("CreateSnapshotGroup", effect, times=2)])
    cloud = bed.cloud(call=bed.patient())
    (one,) = instances(bed, cloud)
    cloud.snapshots.take(takes(one))
    assert len(groups_left(bed)) == 1
    assert len(snapshots_left(bed)) == 3


def test_killed_right_after_the_group_was_made_another_run_finds_all_of_it(make_bed: MakeBed) -> None:
    """What the group was made for is written on it by the call that makes it: nothing was left to do."""
    bed = make_bed(faults=[fault("DescribeSnapshotGroups", "http_500", times=1)])
    (one,) = instances(bed, bed.cloud())
    with pytest.raises(Transient):
        bed.cloud().snapshots.take(takes(one))
    shown = found(bed.cloud(), one)
    assert {(p.disk_id, p.label, p.place) for p in shown} == {(t.disk.disk_id, t.label, t.place) for t in takes(one)}
    again = bed.cloud().snapshots.take(takes(one))
    assert {point.snapshot_id for point in again} == {point.snapshot_id for point in shown}
    assert len(snapshots_left(bed)) == 3


def test_another_group_of_the_same_set_is_never_made(make_bed: MakeBed) -> None:
    bed = make_bed()
    cloud = bed.cloud()
    (one,) = instances(bed, cloud)
    cloud.snapshots.take(takes(one))
    for other in (takes(one)[1:], takes(one, contents="pk=99999999")):
        with pytest.raises(Moved):
            bed.cloud().snapshots.take(other)
    assert len(snapshots_left(bed)) == 3
    cloud.snapshots.read([])
    bed.wait(600)
    assert {point.label for point in cloud.snapshots.take(takes(one, number=2))} == {set_label(one.instance_id, 1, 2)}


def test_a_group_that_is_not_shown_yet_is_looked_for_and_not_made_again(make_bed: MakeBed) -> None:
    bed = make_bed(setting=Setting(lag=10))
    cloud = bed.cloud(call=bed.patient())
    (one,) = instances(bed, cloud)
    for _twice in range(2):
        with pytest.raises(Moved):
            cloud.snapshots.take(takes(one))
        assert found(cloud, one) == ()
    bed.wait(11)
    assert {point.snapshot_id for point in found(cloud, one)} == set(snapshots_left(bed))
    assert {point.snapshot_id for point in cloud.snapshots.take(takes(one))} == set(snapshots_left(bed))
    assert (len(groups_left(bed)), len(snapshots_left(bed))) == (1, 3)


def test_a_full_quota_takes_no_disk_at_all(make_bed: MakeBed) -> None:
    bed = make_bed(ROOT, {**DATA, "manual_snapshots": 256})
    cloud = bed.cloud()
    (one,) = instances(bed, cloud)
    with pytest.raises(CloudError, match="quota") as refusal:
        cloud.snapshots.take(takes(one))
    assert not isinstance(refusal.value, Moved)
    assert writes(bed) == []


# --- found ------------------------------------------------------------------------------------------------------------


def test_a_large_fleet_s_groups_are_found_as_a_small_one_s(make_bed: MakeBed) -> None:
    bed = make_bed(ROOT, DATA, count=25)
    cloud = bed.cloud()
    fleet = instances(bed, cloud)
    for one in fleet[:15]:
        cloud.snapshots.take(takes(one))
    many = bed.cloud().snapshots.find(fleet, service_made=False)
    few = [bed.cloud().snapshots.find(part, service_made=False) for part in (fleet[:9], fleet[9:18], fleet[18:])]
    assert many == {**few[0], **few[1], **few[2]}
    assert [len(many[one.instance_id]) for one in fleet] == [2] * 15 + [0] * 10


def test_who_knows_a_group_asks_for_it_no_more(make_bed: MakeBed) -> None:
    bed = make_bed()
    cloud = bed.cloud()
    (one,) = instances(bed, cloud)
    cloud.snapshots.take(takes(one))
    before = len(bed.lab.journal())
    found(cloud, one)
    cloud.snapshots.read([point.snapshot_id for point in found(cloud, one)])
    assert {line["action"] for line in bed.lab.journal()[before:]} == {"DescribeSnapshots"}


def test_snapshots_of_people_and_their_groups_are_nobody_s_points(make_bed: MakeBed) -> None:
    bed = make_bed(ROOT, {**DATA, "manual_snapshots": 2})
    cloud = bed.cloud()
    (one,) = instances(bed, cloud)
    bed.lab.ok("ecs", "CreateSnapshotGroup", InstanceId=one.instance_id, Name="mine")
    assert found(cloud, one) == ()
    bed.wait(600)
    cloud.snapshots.take(takes(one))
    assert len(found(bed.cloud(), one)) == 2


def test_a_group_in_progress_is_known_as_ours_before_its_points_are_looked_for(make_bed: MakeBed) -> None:
    bed = make_bed()
    (one,) = instances(bed, bed.cloud())
    bed.cloud().snapshots.take(takes(one))
    (seen,) = instances(bed, bed.cloud())
    assert [point.label for point in seen.snapshots_in_progress] == [set_label(one.instance_id, 1, 1)] * 3


def test_what_is_left_of_a_group_is_found_by_its_label_whatever_became_of_its_instance(make_bed: MakeBed) -> None:
    bed = make_bed(count=2)
    cloud = bed.cloud()
    one, other = instances(bed, cloud)
    for each in (one, other):
        cloud.snapshots.take(takes(each))
    bed.wait(600)
    again = bed.cloud()
    left = again.snapshots.left([one.instance_id])
    assert {(p.disk_id, p.label, p.place) for p in left[one.instance_id]} == {
        (take.disk.disk_id, take.label, take.place) for take in takes(one)
    }
    again.snapshots.delete(left[one.instance_id])
    assert bed.cloud().snapshots.left([one.instance_id]) == {one.instance_id: ()}
    assert len(groups_left(bed)) == 1


# --- deleted ----------------------------------------------------------------------------------------------------------


def test_the_points_of_a_group_go_with_one_call_and_no_empty_group_is_left(make_bed: MakeBed) -> None:
    bed = make_bed()
    (one,) = instances(bed, bed.cloud())
    bed.cloud().snapshots.take(takes(one))
    cloud = bed.cloud()
    points = found(cloud, one)
    cloud.snapshots.delete(points)
    assert writes(bed) == ["CreateSnapshotGroup", "DeleteSnapshotGroup"]
    assert (snapshots_left(bed), groups_left(bed), found(cloud, one)) == ([], [], ())
    cloud.snapshots.delete(points)


def test_a_member_that_stays_because_of_an_image_is_told_and_found_again(make_bed: MakeBed) -> None:
    """The call succeeds all the same, and the group is gone: only its own tags tell whose the member is."""
    bed = make_bed(ROOT, DATA)
    cloud = bed.cloud()
    (one,) = instances(bed, cloud)
    cloud.snapshots.take(takes(one))
    bed.wait(600)
    points = found(cloud, one)
    root = next(point for point in points if point.place == "root")
    world = bed.lab.world
    image = copies.create_image(world, "theirs", {"/dev/xvda": world.snapshots[root.snapshot_id]}, {}, bed.lab.time)
    with pytest.raises(Moved, match=root.snapshot_id):
        cloud.snapshots.delete(points)
    (left,) = found(bed.cloud(), one)
    assert left == replace(root, group="")
    with pytest.raises(Moved):
        bed.cloud().snapshots.delete([left])
    image.gone = bed.lab.time
    bed.cloud().snapshots.delete([left])
    assert (snapshots_left(bed), groups_left(bed)) == ([], [])


def test_only_what_is_to_go_of_a_group_goes(make_bed: MakeBed) -> None:
    bed = make_bed()
    cloud = bed.cloud()
    (one,) = instances(bed, cloud)
    cloud.snapshots.take(takes(one))
    first, *others = found(cloud, one)
    cloud.snapshots.delete([first])
    assert writes(bed)[1:] == ["DeleteSnapshot"]
    assert {point.snapshot_id for point in found(bed.cloud(), one)} == {point.snapshot_id for point in others}
    cloud.snapshots.delete(others)
    assert writes(bed)[1:] == ["DeleteSnapshot", "DeleteSnapshotGroup"]
    assert (snapshots_left(bed), groups_left(bed)) == ([], [])
