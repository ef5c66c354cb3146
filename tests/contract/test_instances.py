# Copyright (c) 2026 evergreen.os_migration contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Instances: described, told why they are not, stopped and started in batches, tagged, their disks moved."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timedelta
from functools import partial

import pytest
from ansible_collections.evergreen.os_migration.plugins.module_utils._clouds.base import Cloud
from ansible_collections.evergreen.os_migration.plugins.module_utils._core.model import Instance, Problem
from ansible_collections.evergreen.os_migration.plugins.module_utils._core.tag import TAG_KEY
from ansible_collections.evergreen.os_migration.plugins.module_utils._errors import CloudError

from .bed import Bed, Setting
from .common import crowd, instance, most, plain, stopped
from .conftest import MakeBed

# --- looks -----


def test_an_instance_is_described_in_the_model_s_words(bed: Bed, cloud: Cloud) -> None:
    here = instance(cloud, bed, "linux")
    assert (here.instance_id, here.region, here.status) == (bed.ids["linux"], bed.region, "Running")
    assert (here.os, here.os_type, here.architecture) == ("centos-7", "linux", "x86_64")
    assert "CentOS" in here.os_name
    assert (here.vcpus, here.memory_mib, here.network_type) == (2, 8192, "vpc")
    assert here.hostname == "linux"
    assert len(here.private_addresses) == len(here.public_addresses) == 1
    assert here.tags == {"estate": "shop"}
    assert here.image_id


def test_details_are_disks_architecture_and_snapshots_in_progress(bed: Bed, cloud: Cloud) -> None:
    assert instance(cloud, bed, "linux", details=False).disks == ()
    here = instance(cloud, bed, "linux")
    assert [(disk.type, disk.size_gib, disk.status) for disk in here.disks] == [
        ("system", 40, "In_use"),
        ("data", 100, "In_use"),
    ]
    uncounted = tuple(replace(disk, manual_snapshots=None) for disk in here.disks)
    assert uncounted == cloud.instances.disks([bed.ids["linux"]])[bed.ids["linux"]]
    assert not here.snapshots_in_progress
    busy = instance(cloud, bed, "busy")
    assert [snapshot.disk_id for snapshot in busy.snapshots_in_progress] == [busy.disks[0].disk_id]


def test_details_count_each_disk_s_snapshots_but_not_those_of_a_schedule(bed: Bed, cloud: Cloud) -> None:
    for roles in (["kept", "busy"], ["kept", "busy", *(f"crowd-{number}" for number in range(1, 21))]):
        found = cloud.instances.describe([bed.ids[role] for role in roles], details=True)
        assert [disk.manual_snapshots for disk in plain(found[bed.ids["kept"]]).disks] == [2, 1, 0]
        busy = plain(found[bed.ids["busy"]])
        assert [disk.manual_snapshots for disk in busy.disks] == [0]
        assert busy.snapshots_in_progress


def test_a_disk_says_what_it_is_doing_and_whether_its_automatic_snapshots_go_with_it(bed: Bed, cloud: Cloud) -> None:
    seen_disks = instance(cloud, bed, "kept").disks
    assert [disk.status for disk in seen_disks] == ["In_use", "In_use", "Detaching"]
    assert [disk.delete_auto_snapshot for disk in seen_disks] == [False, True, True]


@pytest.mark.parametrize(
    ("role", "expected"),
    [
        ("windows", {"os": "windows-2008r2", "os_type": "windows", "vcpus": 4}),
        ("stopped", {"status": "Stopped"}),
        ("locked", {"locks": ("security",)}),
        ("classic", {"network_type": "classic"}),
        ("arm", {"architecture": "arm64", "os": "centos-7"}),
    ],
)
def test_what_is_special_about_an_instance_is_seen(
    bed: Bed, cloud: Cloud, role: str, expected: dict[str, object]
) -> None:
    here = instance(cloud, bed, role)
    assert {name: getattr(here, name) for name in expected} == expected


@pytest.mark.parametrize("role", ["linux", "windows", "classic"])
def test_every_instance_has_a_private_address(bed: Bed, cloud: Cloud, role: str) -> None:
    assert len(instance(cloud, bed, role).private_addresses) == 1


def test_a_fixed_public_address_is_a_public_address_too(bed: Bed, cloud: Cloud) -> None:
    assert len(instance(cloud, bed, "windows").public_addresses) == 1


@pytest.mark.parametrize(("role", "installed", "online"), [("linux", 1, 1), ("offline", 1, 0), ("agentless", 0, 0)])
def test_an_agent_is_online_offline_or_missing(bed: Bed, cloud: Cloud, role: str, installed: int, online: int) -> None:
    agent = instance(cloud, bed, role, details=False).agent
    assert (agent.installed, agent.online) == (bool(installed), bool(online))
    assert bool(agent.last_heartbeat) == bool(agent.version) == bool(installed)


def test_it_is_seen_when_an_agent_was_heard_last(bed: Bed, cloud: Cloud) -> None:
    now = datetime.fromisoformat(instance(cloud, bed, "linux").agent.last_heartbeat)
    assert timedelta(hours=24) < now - datetime.fromisoformat(instance(cloud, bed, "offline").agent.last_heartbeat)


def test_what_is_not_there_is_left_out_and_the_others_are_described(bed: Bed, cloud: Cloud) -> None:
    asked = [bed.ids[role] for role in ("unknown", "elsewhere", "linux", "stopped")]
    assert list(cloud.instances.describe(asked, details=True)) == asked[2:]
    assert not cloud.instances.describe(asked[:1], details=True)


def test_as_many_instances_as_the_limits_say_fit_into_one_call(bed: Bed, cloud: Cloud) -> None:
    here = crowd(bed, 100)
    unknown = [bed.unknown("instance", number) for number in range(most(cloud, "details") - len(here))]
    found = cloud.instances.describe([*unknown, *here], details=True)
    assert list(found) == here
    assert all(plain(one).agent.online and plain(one).disks for one in found.values())
    assert all(cloud.instances.disks(here).values())


@pytest.mark.parametrize(
    ("role", "code", "said"), [("unknown", "InstanceNotFound", "region"), ("elsewhere", "WrongRegion", "")]
)
def test_an_unknown_id_is_told_from_a_wrong_region(bed: Bed, cloud: Cloud, role: str, code: str, said: str) -> None:
    problem = cloud.instances.explain([bed.ids[role]])[bed.ids[role]]
    assert problem.code == code
    assert bed.ids[role] in problem.message
    assert (said or bed.other_region) in problem.message + problem.remedy
    assert problem.remedy


def test_a_user_without_permission_is_told_so_and_not_that_there_is_no_instance(bed: Bed) -> None:
    cloud = bed.cloud("nobody")
    asked = [bed.ids["linux"], bed.ids["unknown"]]
    problems = _problems(cloud, asked)
    assert set(problems) == set(asked)
    assert {problem.code for problem in problems.values()}.isdisjoint({"InstanceNotFound", "WrongRegion"})
    assert all("ermission" in problem.remedy for problem in problems.values())


def _problems(cloud: Cloud, asked: list[str]) -> dict[str, Problem]:
    """Look as the engine does: describe, then ask why for what is missing."""
    try:
        found = cloud.instances.describe(asked, details=True)
        return dict(cloud.instances.explain([one for one in asked if one not in found]))
    except CloudError as refusal:
        return dict.fromkeys(asked, refusal.problem)


def test_a_user_who_may_not_list_regions_still_learns_that_an_id_is_unknown(bed: Bed) -> None:
    cloud = bed.cloud("narrow")
    for role in ("unknown", "elsewhere"):
        assert cloud.instances.explain([bed.ids[role]])[bed.ids[role]].code == "InstanceNotFound"


def test_a_region_that_does_not_exist_is_refused_once_for_all(bed: Bed) -> None:
    with pytest.raises(CloudError) as refusal:
        bed.cloud(region="nowhere-1").instances.describe([bed.ids["linux"]], details=False)
    assert refusal.value.whole_call
    assert "region" in refusal.value.problem.remedy


def test_a_region_is_listed_over_all_its_pages(bed: Bed, cloud: Cloud) -> None:
    found = {instance.instance_id: instance for instance in cloud.instances.listed()}
    assert set(crowd(bed, 100)) < found.keys()
    assert {instance.region for instance in found.values()} == {bed.region}
    assert found[bed.ids["linux"]].os == "centos-7"


def test_a_list_that_is_empty_for_want_of_permission_is_a_refusal(bed: Bed) -> None:
    with pytest.raises(CloudError) as refused:
        bed.cloud("nobody").instances.listed()
    assert refused.value.whole_call


# --- power and tags ----


def until_status(cloud: Cloud, bed: Bed, role: str, status: str) -> Instance:
    bed.until(lambda: instance(cloud, bed, role).status == status)
    return instance(cloud, bed, role)


def test_an_instance_that_is_stopped_and_started_keeps_its_addresses(bed: Bed, cloud: Cloud) -> None:
    before = instance(cloud, bed, "linux")
    assert cloud.instances.stop([bed.ids["linux"]], force=False) == {}
    assert instance(cloud, bed, "linux").status == "Stopping"
    until_status(cloud, bed, "linux", "Stopped")
    assert cloud.instances.start([bed.ids["linux"]]) == {}
    after = until_status(cloud, bed, "linux", "Running")
    assert (after.private_addresses, after.public_addresses) == (before.private_addresses, before.public_addresses)
    assert (after.hostname, after.disks) == (before.hostname, before.disks)


def test_what_is_already_on_its_way_is_no_refusal(bed: Bed, cloud: Cloud) -> None:
    assert cloud.instances.stop([bed.ids["stopped"]], force=False) == {}
    assert cloud.instances.start([bed.ids["linux"]]) == {}
    cloud.instances.stop([bed.ids["linux"]], force=False)
    assert cloud.instances.stop([bed.ids["linux"]], force=False) == {}


def test_a_stop_by_force_stops_what_is_being_stopped_already(bed: Bed, cloud: Cloud) -> None:
    for force in (False, True):
        assert cloud.instances.stop([bed.ids["linux"]], force=force) == {}
    until_status(cloud, bed, "linux", "Stopped")


def test_one_refused_instance_does_not_keep_the_others_from_stopping(bed: Bed, cloud: Cloud) -> None:
    asked = [bed.ids[role] for role in ("locked", "unknown", "linux")]
    refused = cloud.instances.stop(asked, force=False)
    assert set(refused) == set(asked[:2])
    assert all(problem.code and problem.message and problem.remedy for problem in refused.values())
    assert instance(cloud, bed, "linux").status == "Stopping"
    assert instance(cloud, bed, "locked").status == "Running"


def test_as_many_instances_as_the_limits_say_are_stopped_in_one_call(bed: Bed, cloud: Cloud) -> None:
    asked = crowd(bed, min(100, most(cloud, "stop")))
    assert cloud.instances.stop(asked, force=False) == {}
    assert bed.writes("stop") == 1


def test_a_tag_is_put_on_beside_the_others_and_replaced(bed: Bed, cloud: Cloud) -> None:
    for value in ("first", "second"):
        cloud.instances.tag([bed.ids["linux"], bed.ids["windows"]], {TAG_KEY: value})
    assert instance(cloud, bed, "linux").tags == {"estate": "shop", TAG_KEY: "second"}
    assert instance(cloud, bed, "windows").tags == {TAG_KEY: "second"}


def test_tags_are_read_alone_and_instances_are_listed_by_one(bed: Bed, cloud: Cloud) -> None:
    cloud.instances.tag([bed.ids["linux"]], {TAG_KEY: "text"})
    asked = [bed.ids[role] for role in ("linux", "windows", "unknown")]
    assert cloud.instances.tags(asked) == {asked[0]: {"estate": "shop", TAG_KEY: "text"}, asked[1]: {}}
    assert [one.instance_id for one in cloud.instances.listed(TAG_KEY)] == [asked[0]]
    cloud.instances.tag([asked[0]], {TAG_KEY: ""})
    assert cloud.instances.tags(asked[:1])[asked[0]][TAG_KEY] == ""


def test_a_tag_becomes_visible_after_the_lag(make_bed: MakeBed) -> None:
    bed = make_bed(Setting(lag=30))
    cloud = bed.cloud()
    cloud.instances.tag([bed.ids["windows"]], {"key": "value"})
    assert instance(cloud, bed, "windows").tags == {}
    bed.wait(31)
    assert instance(cloud, bed, "windows").tags == {"key": "value"}


def test_as_many_instances_as_the_limits_say_are_tagged_in_one_call(bed: Bed, cloud: Cloud) -> None:
    asked = crowd(bed, min(100, most(cloud, "mark")))
    cloud.instances.tag(asked, {"key": "value", "other": ""})
    assert bed.writes("tag") == 1
    assert instance(cloud, bed, "crowd-1").tags == {"key": "value", "other": ""}


def test_tagging_what_does_not_exist_is_a_refusal_of_that_instance(bed: Bed, cloud: Cloud) -> None:
    with pytest.raises(CloudError) as refusal:
        cloud.instances.tag([bed.ids["unknown"], bed.ids["linux"]], {"key": "value"})
    assert not refusal.value.whole_call


# --- disks that move --------------------------------------------------------------------------------------------------


def until_disks(cloud: Cloud, bed: Bed, disks: set[str]) -> None:
    """Wait until the instance has these disks, and all are in use."""

    def there() -> bool:
        return {disk.disk_id for disk in instance(cloud, bed).disks if disk.status == "In_use"} == disks

    bed.until(there)


def test_a_disk_is_detached_and_attached_in_its_place_and_twice_is_no_refusal(bed: Bed, cloud: Cloud) -> None:
    skip_unless_disks_move(bed)
    system, data = instance(cloud, bed).disks
    here = stopped(cloud, bed)
    for _unused in range(2):
        cloud.instances.detach(here, data.disk_id)
        until_disks(cloud, bed, {system.disk_id})
    for _unused in range(2):
        cloud.instances.attach(here, data.disk_id, data.device)
        until_disks(cloud, bed, {system.disk_id, data.disk_id})
    assert {disk.disk_id: disk.device for disk in instance(cloud, bed).disks}[data.disk_id] == data.device


def test_who_has_a_disk_is_told_by_the_disk(bed: Bed, cloud: Cloud) -> None:
    here = stopped(cloud, bed)
    disks = [disk.disk_id for disk in instance(cloud, bed).disks]
    asked = [*disks, bed.unknown("disk")]
    assert cloud.instances.holders(asked) == dict.fromkeys(disks, here)
    cloud.instances.detach(here, disks[-1])
    bed.until(lambda: cloud.instances.holders(asked) == {**dict.fromkeys(disks, here), disks[-1]: ""})


def test_that_a_disk_is_gone_is_told_only_to_who_may_see_disks(bed: Bed, cloud: Cloud) -> None:
    assert cloud.instances.holders([bed.unknown("disk")]) == {}
    with pytest.raises(CloudError) as refusal:
        bed.cloud("nobody").instances.holders([bed.unknown("disk")])
    assert refusal.value.whole_call


def test_a_disk_that_does_not_exist_is_neither_detached_nor_attached(bed: Bed, cloud: Cloud) -> None:
    skip_unless_disks_move(bed)
    here = stopped(cloud, bed)
    for act in (cloud.instances.detach, partial(cloud.instances.attach, place="")):
        with pytest.raises(CloudError) as refusal:
            act(here, bed.unknown("disk"))
        assert not refusal.value.whole_call


def skip_unless_disks_move(bed: Bed) -> None:
    if not bed.traits.moves_disks:
        pytest.skip("this simulated cloud moves no disks yet")


# --- who else decides about it ----------------------------------------------------------------------------------------


def test_who_else_manages_an_instance_is_seen(bed: Bed, cloud: Cloud) -> None:
    assert set(instance(cloud, bed, "managed").traits) == {"scaling_group", "cluster", "stack"}
    assert all(instance(cloud, bed, "managed", details=False).traits.values())
    assert set(instance(cloud, bed, "spot").traits) == {"spot"}
    assert instance(cloud, bed).traits == {}


def test_a_disk_that_others_may_write_to_is_seen(bed: Bed, cloud: Cloud) -> None:
    assert [disk.multi_attach for disk in instance(cloud, bed, "spot").disks] == [False, True]
    assert [disk.multi_attach for disk in instance(cloud, bed).disks] == [False, False]
