# Copyright (c) 2026 evergreen.os_migration contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Points are taken once, found by their tag, and bring back what they hold."""

from __future__ import annotations

from dataclasses import replace

import pytest
from ansible_collections.evergreen.os_migration.plugins.module_utils._clouds.base import Cloud
from ansible_collections.evergreen.os_migration.plugins.module_utils._core.tag import (
    drill_label,
    place_of,
    set_label,
)
from ansible_collections.evergreen.os_migration.plugins.module_utils._errors import CloudError, Moved

from .bed import Bed, Setting
from .common import (
    CONTENTS,
    LABEL,
    a_take,
    accomplished,
    crowd,
    found_points,
    instance,
    most,
    plain,
    stopped,
    take,
)
from .conftest import MakeBed


def skip_unless_restored(bed: Bed) -> None:
    if not bed.traits.restores:
        pytest.skip("in this cloud no disk is put back to a point of its own")


def test_points_of_an_instance_that_is_gone_are_found_by_their_label(bed: Bed, cloud: Cloud) -> None:
    here, (gone, other) = instance(cloud, bed), (bed.unknown("instance", number) for number in (1, 2))
    left = accomplished(cloud, bed, take(cloud, here.disks[0], "left", set_label(gone, 1, 1)))
    drilled = take(cloud, here.disks[-1], "drilled", drill_label(gone, "1a2b3c4d"))
    own = take(cloud, here.disks[0], "own", set_label(here.instance_id, 1, 1))
    found = cloud.snapshots.left([gone, other])
    assert {point.snapshot_id for point in found[gone]} == {left.snapshot_id, drilled.snapshot_id}
    assert found[other] == ()
    assert [point.snapshot_id for point in cloud.snapshots.left([here.instance_id])[here.instance_id]] == [
        own.snapshot_id
    ]


def test_that_no_points_are_left_is_told_only_to_who_may_see_them(bed: Bed, cloud: Cloud) -> None:
    gone = bed.ids["unknown"]
    assert cloud.snapshots.left([gone]) == {gone: ()}
    with pytest.raises(CloudError) as refusal:
        bed.cloud("nobody").snapshots.left([gone])
    assert refusal.value.whole_call


# --- taken ------------------------------------------------------------------------------------------------------------


def test_a_point_is_in_progress_and_then_accomplished(bed: Bed, cloud: Cloud) -> None:
    disk = instance(cloud, bed).disks[0]
    made = take(cloud, disk)
    assert (made.disk_id, made.status, made.label, made.created) == (disk.disk_id, "progressing", LABEL, "")
    assert instance(cloud, bed).snapshots_in_progress[0].snapshot_id == made.snapshot_id
    done = accomplished(cloud, bed, made)
    assert done == replace(made, status="accomplished", created=done.created)
    assert done.created
    assert (done.name, done.place) == (f"osm-{disk.disk_id}-a1-s1", "root")
    assert instance(cloud, bed).snapshots_in_progress == ()


def test_a_point_keeps_its_label_its_disk_s_place_and_what_the_instance_was(bed: Bed, cloud: Cloud) -> None:
    disks = instance(cloud, bed).disks
    made = [take(cloud, disk, f"token-{disk.disk_id}") for disk in disks]
    for known in (
        found_points(cloud, instance(cloud, bed)),
        cloud.snapshots.read([p.snapshot_id for p in made]).values(),
    ):
        assert {p.disk_id: (p.label, p.place) for p in known} == {d.disk_id: (LABEL, place_of(d)) for d in disks}
        assert {p.before for p in known} == {"host=1a2b3c4d twice=0"}
        assert {p.contents for p in known} == {CONTENTS}
    assert place_of(disks[0]) == "root"


def test_all_disks_of_an_instance_are_taken_as_many_at_a_time_as_the_limits_say(bed: Bed, cloud: Cloud) -> None:
    disks, size = instance(cloud, bed).disks, most(cloud, "take")
    takes = [a_take(disk, f"token-{disk.disk_id}") for disk in disks]
    made = [point for at in range(0, len(takes), size) for point in cloud.snapshots.take(takes[at : at + size])]
    assert [(point.disk_id, point.label) for point in made] == [(disk.disk_id, LABEL) for disk in disks]


def test_the_same_token_takes_one_point(bed: Bed, cloud: Cloud) -> None:
    if not bed.traits.tokens_for_points:
        pytest.skip("this cloud knows no tokens for points")
    disk = instance(cloud, bed).disks[0]
    assert take(cloud, disk).snapshot_id == take(cloud, disk).snapshot_id
    assert bed.writes("take") == 1


def test_a_point_that_was_deleted_is_not_taken_again_by_its_token_but_one_of_another_set_is(
    bed: Bed, cloud: Cloud
) -> None:
    """A service remembers a token longer than what was made with it: what comes next has to differ in something."""
    disk = instance(cloud, bed).disks[0]
    first = accomplished(cloud, bed, take(cloud, disk))
    cloud.snapshots.delete([first])
    if bed.traits.tokens_for_points:
        assert take(cloud, disk).snapshot_id == first.snapshot_id
        assert cloud.snapshots.read([first.snapshot_id]) == {}
    second = take(cloud, disk, label="attempt=1 set=2")
    assert second.snapshot_id != first.snapshot_id
    assert accomplished(cloud, bed, second).label == "attempt=1 set=2"


def test_a_disk_with_a_point_in_progress_is_looked_at_again(bed: Bed, cloud: Cloud) -> None:
    with pytest.raises(Moved) as refusal:
        take(cloud, instance(cloud, bed, "busy").disks[0])
    assert not refusal.value.whole_call


# --- found and read ---------------------------------------------------------------------------------------------------


def test_only_tagged_points_of_the_instance_s_own_disks_are_found(bed: Bed, cloud: Cloud) -> None:
    one, other = instance(cloud, bed, "kept"), instance(cloud, bed, "windows")
    assert sum(disk.manual_snapshots or 0 for disk in one.disks) > 0
    mine = take(cloud, one.disks[1], "mine")
    take(cloud, other.disks[0], "theirs")
    assert [found.snapshot_id for found in found_points(cloud, one)] == [mine.snapshot_id]


def test_a_large_fleet_s_points_are_found_as_a_small_one_s(bed: Bed, cloud: Cloud) -> None:
    """Adapters may list a region at once above some number: the answer must not depend on it."""
    fleet = [plain(one) for one in cloud.instances.describe(crowd(bed, 20), details=True).values()]
    made = {one.instance_id: take(cloud, one.disks[0], one.instance_id).snapshot_id for one in fleet[:15]}
    many = cloud.snapshots.find(fleet, service_made=False)
    assert {key: [one.snapshot_id for one in value] for key, value in many.items()} == {
        one.instance_id: [made[one.instance_id]] if one.instance_id in made else [] for one in fleet
    }
    few = [cloud.snapshots.find(part, service_made=False) for part in (fleet[:10], fleet[10:])]
    assert many == {**few[0], **few[1]}


def test_a_new_point_appears_in_lists_after_the_lag(make_bed: MakeBed) -> None:
    bed = make_bed(Setting(lag=60))
    cloud = bed.cloud()
    one = instance(cloud, bed)
    made = take(cloud, one.disks[0])
    assert (found_points(cloud, one), cloud.snapshots.read([made.snapshot_id])) == ((), {})
    if bed.traits.tokens_for_points:
        assert take(cloud, one.disks[0]).snapshot_id == made.snapshot_id
    bed.wait(61)
    assert [found.snapshot_id for found in found_points(cloud, one)] == [made.snapshot_id]
    assert bed.writes("take") == 1


def test_the_service_s_own_snapshots_are_found_only_when_asked(bed: Bed, cloud: Cloud) -> None:
    one = instance(cloud, bed, "in_console")
    assert found_points(cloud, one) == ()
    expected = {disk.disk_id for disk in one.disks} if bed.traits.service_points else set()
    assert {found.disk_id for found in found_points(cloud, one, service_made=True)} == expected


def test_more_points_than_one_call_takes_are_read_and_no_ids_are_none(bed: Bed, cloud: Cloud) -> None:
    made = take(cloud, instance(cloud, bed).disks[0]).snapshot_id
    unknown = [bed.unknown("point", number) for number in range(250)]
    assert list(cloud.snapshots.read([*unknown, made])) == [made]
    assert cloud.snapshots.read([]) == {}


# --- deleted ----------------------------------------------------------------------------------------------------------


def test_a_deleted_point_is_gone_and_may_be_deleted_again(bed: Bed, cloud: Cloud) -> None:
    one = instance(cloud, bed)
    made = take(cloud, one.disks[0])
    for _unused in range(2):
        cloud.snapshots.delete([made])
    assert (found_points(cloud, one), cloud.snapshots.read([made.snapshot_id])) == ((), {})


# --- put back ---------------------------------------------------------------------------------------------------------


def test_a_disk_of_a_running_instance_is_not_put_back(bed: Bed, cloud: Cloud) -> None:
    skip_unless_restored(bed)
    disk = instance(cloud, bed).disks[0]
    made = accomplished(cloud, bed, take(cloud, disk))
    with pytest.raises(Moved):
        cloud.snapshots.restore(disk.disk_id, made.snapshot_id)


def test_a_disk_is_put_back_to_what_its_snapshot_holds(bed: Bed, cloud: Cloud) -> None:
    skip_unless_restored(bed)
    one = instance(cloud, bed, "in_console")
    key, disk = one.instance_id, one.disks[0]
    backup = next(iter(found_points(cloud, one, service_made=True)))
    bed.until(lambda: bed.os_of("in_console") == bed.traits.hop.target)
    stopped(cloud, bed, "in_console")
    cloud.snapshots.restore(disk.disk_id, backup.snapshot_id)
    assert cloud.instances.disks([key])[key][0].status == "ReIniting"
    bed.until(lambda: cloud.instances.disks([key])[key][0].status == "In_use")
    assert bed.os_of("in_console") == instance(cloud, bed, "in_console").os == bed.traits.hop.source


def test_a_disk_is_not_put_back_to_another_disk_s_snapshot(bed: Bed, cloud: Cloud) -> None:
    skip_unless_restored(bed)
    system, data = instance(cloud, bed).disks
    made = accomplished(cloud, bed, take(cloud, data))
    stopped(cloud, bed)
    with pytest.raises(CloudError) as refusal:
        cloud.snapshots.restore(system.disk_id, made.snapshot_id)
    assert not isinstance(refusal.value, Moved)
