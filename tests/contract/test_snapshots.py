# Copyright (c) 2026 evergreen.os_migration contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Snapshots are made once, found by their tag, and bring back what they hold."""

from __future__ import annotations

import pytest
from ansible_collections.evergreen.os_migration.plugins.module_utils._clouds.base import Cloud
from ansible_collections.evergreen.os_migration.plugins.module_utils._core.ledger import TAG_KEY
from ansible_collections.evergreen.os_migration.plugins.module_utils._core.model import Disk, Instance, Snapshot
from ansible_collections.evergreen.os_migration.plugins.module_utils._errors import CloudError, Moved

from .bed import Bed, Setting
from .conftest import MakeBed

LABEL = "attempt=1 hop=1"


def instance(cloud: Cloud, bed: Bed, role: str = "linux") -> Instance:
    found = cloud.describe([bed.ids[role]], details=True)[bed.ids[role]]
    assert isinstance(found, Instance)
    return found


def take(cloud: Cloud, disk: Disk, token: str = "token", label: str = LABEL) -> Snapshot:
    return cloud.create_snapshot(disk, f"osm-{disk.disk_id}-a1-h1", (TAG_KEY, label), token)


def tagged(cloud: Cloud, one: Instance, service_made: bool = False) -> tuple[Snapshot, ...]:
    return cloud.find_snapshots([one], TAG_KEY, service_made)[one.instance_id]


def accomplished(cloud: Cloud, bed: Bed, snapshot: Snapshot) -> Snapshot:
    key = snapshot.snapshot_id
    bed.until(lambda: cloud.snapshots([key])[key].status == "accomplished")
    return cloud.snapshots([key])[key]


def test_a_snapshot_is_in_progress_and_then_accomplished(bed: Bed, cloud: Cloud) -> None:
    disk = instance(cloud, bed).disks[0]
    made = take(cloud, disk)
    assert (made.disk_id, made.status, made.label) == (disk.disk_id, "progressing", LABEL)
    assert instance(cloud, bed).snapshots_in_progress[0].snapshot_id == made.snapshot_id
    done = accomplished(cloud, bed, made)
    assert (done.snapshot_id, done.disk_id, done.name, done.label) == (
        made.snapshot_id,
        disk.disk_id,
        f"osm-{disk.disk_id}-a1-h1",
        LABEL,
    )
    assert instance(cloud, bed).snapshots_in_progress == ()


def test_the_same_token_makes_one_snapshot(bed: Bed, cloud: Cloud) -> None:
    disk = instance(cloud, bed).disks[0]
    assert take(cloud, disk).snapshot_id == take(cloud, disk).snapshot_id
    assert bed.writes("create_snapshot") == 1


def test_only_tagged_snapshots_of_the_instance_s_own_disks_are_found(bed: Bed, cloud: Cloud) -> None:
    one, other = instance(cloud, bed, "linux"), instance(cloud, bed, "windows")
    mine = take(cloud, one.disks[1], "mine")
    take(cloud, other.disks[0], "theirs")
    cloud.create_snapshot(one.disks[0], "backup-by-hand", ("team", "shop"), "by-hand")
    assert [found.snapshot_id for found in tagged(cloud, one)] == [mine.snapshot_id]


def test_a_large_fleet_s_snapshots_are_found_as_a_small_one_s(bed: Bed, cloud: Cloud) -> None:
    """Adapters may list a region at once above some number: the answer must not depend on it."""
    roles = [f"crowd-{number}" for number in range(1, 21)]
    found = cloud.describe([bed.ids[role] for role in roles], details=True)
    fleet = [one for one in found.values() if isinstance(one, Instance)]
    made = {one.instance_id: take(cloud, one.disks[0], one.instance_id).snapshot_id for one in fleet[:15]}
    many = cloud.find_snapshots(fleet, TAG_KEY, False)
    assert {key: [one.snapshot_id for one in value] for key, value in many.items()} == {
        one.instance_id: [made[one.instance_id]] if one.instance_id in made else [] for one in fleet
    }
    few = [cloud.find_snapshots(part, TAG_KEY, False) for part in (fleet[:10], fleet[10:])]
    assert many == {**few[0], **few[1]}


def test_a_new_snapshot_appears_in_lists_after_the_lag(make_bed: MakeBed) -> None:
    bed = make_bed(Setting(lag=60))
    cloud = bed.cloud()
    one = instance(cloud, bed)
    made = take(cloud, one.disks[0])
    assert (tagged(cloud, one), cloud.snapshots([made.snapshot_id])) == ((), {})
    assert take(cloud, one.disks[0]).snapshot_id == made.snapshot_id
    bed.wait(61)
    assert [found.snapshot_id for found in tagged(cloud, one)] == [made.snapshot_id]
    assert bed.writes("create_snapshot") == 1


def test_the_service_s_own_snapshots_are_found_only_when_asked(bed: Bed, cloud: Cloud) -> None:
    one = instance(cloud, bed, "in_console")
    assert tagged(cloud, one) == ()
    assert {found.disk_id for found in tagged(cloud, one, service_made=True)} == {disk.disk_id for disk in one.disks}


def test_a_disk_with_a_snapshot_in_progress_is_looked_at_again(bed: Bed, cloud: Cloud) -> None:
    with pytest.raises(Moved) as refusal:
        take(cloud, instance(cloud, bed, "busy").disks[0])
    assert not refusal.value.whole_call


def test_a_deleted_snapshot_is_gone_and_may_be_deleted_again(bed: Bed, cloud: Cloud) -> None:
    one = instance(cloud, bed)
    made = take(cloud, one.disks[0])
    for _unused in range(2):
        cloud.delete_snapshot(made.snapshot_id)
    assert (tagged(cloud, one), cloud.snapshots([made.snapshot_id])) == ((), {})


def test_a_disk_of_a_running_instance_is_not_put_back(bed: Bed, cloud: Cloud) -> None:
    disk = instance(cloud, bed).disks[0]
    made = accomplished(cloud, bed, take(cloud, disk))
    with pytest.raises(Moved):
        cloud.reset_disk(disk.disk_id, made.snapshot_id)


def test_a_disk_is_put_back_to_what_its_snapshot_holds(bed: Bed, cloud: Cloud) -> None:
    one = instance(cloud, bed, "in_console")
    key, disk = one.instance_id, one.disks[0]
    backup = next(iter(tagged(cloud, one, service_made=True)))
    bed.until(lambda: bed.os_of("in_console") == "alinux-3")
    cloud.stop([key])
    bed.until(lambda: instance(cloud, bed, "in_console").status == "Stopped")
    cloud.reset_disk(disk.disk_id, backup.snapshot_id)
    assert cloud.disks([key])[key][0].status == "ReIniting"
    bed.until(lambda: cloud.disks([key])[key][0].status == "In_use")
    assert bed.os_of("in_console") == "centos-7"
    assert instance(cloud, bed, "in_console").os == "centos-7"


def test_a_disk_is_not_put_back_to_another_disk_s_snapshot(bed: Bed, cloud: Cloud) -> None:
    system, data = instance(cloud, bed).disks
    made = accomplished(cloud, bed, take(cloud, data))
    cloud.stop([bed.ids["linux"]])
    bed.until(lambda: instance(cloud, bed).status == "Stopped")
    with pytest.raises(CloudError) as refusal:
        cloud.reset_disk(system.disk_id, made.snapshot_id)
    assert not isinstance(refusal.value, Moved)


def test_as_many_snapshots_as_the_limits_say_are_read_in_one_call(bed: Bed, cloud: Cloud) -> None:
    made = take(cloud, instance(cloud, bed).disks[0]).snapshot_id
    others = [f"s-bp1unknown{number:012}" for number in range(cloud.capabilities.snapshots - 1)]
    assert list(cloud.snapshots([made, *others])) == [made]
