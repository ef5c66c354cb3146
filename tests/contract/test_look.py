# Copyright (c) 2026 evergreen.os_migration contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What a cloud says of instances, and of those that it does not find."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timedelta

import pytest
from ansible_collections.evergreen.os_migration.plugins.module_utils._clouds.base import Cloud
from ansible_collections.evergreen.os_migration.plugins.module_utils._core.model import Account, Instance, Problem
from ansible_collections.evergreen.os_migration.plugins.module_utils._errors import CloudError

from .bed import Bed


def seen(cloud: Cloud, bed: Bed, role: str, details: bool = True) -> Instance:
    found = cloud.describe([bed.ids[role]], details=details)[bed.ids[role]]
    assert isinstance(found, Instance)
    return found


def test_an_instance_is_described_in_the_model_s_words(bed: Bed, cloud: Cloud) -> None:
    here = seen(cloud, bed, "linux")
    assert (here.instance_id, here.region, here.status) == (bed.ids["linux"], bed.region, "Running")
    assert (here.os, here.os_type, here.architecture) == ("centos-7", "linux", "x86_64")
    assert "CentOS" in here.os_name
    assert (here.vcpus, here.memory_mib, here.network_type) == (2, 8192, "vpc")
    assert here.hostname == "linux"
    assert len(here.private_addresses) == len(here.public_addresses) == 1
    assert here.tags == {"estate": "shop"}
    assert here.image_id


def test_details_are_disks_architecture_and_snapshots_in_progress(bed: Bed, cloud: Cloud) -> None:
    assert seen(cloud, bed, "linux", details=False).disks == ()
    here = seen(cloud, bed, "linux")
    assert [(disk.type, disk.size_gib, disk.status) for disk in here.disks] == [
        ("system", 40, "In_use"),
        ("data", 100, "In_use"),
    ]
    plain = tuple(replace(disk, manual_snapshots=None) for disk in here.disks)
    assert plain == cloud.disks([bed.ids["linux"]])[bed.ids["linux"]]
    assert not here.snapshots_in_progress
    busy = seen(cloud, bed, "busy")
    assert [snapshot.disk_id for snapshot in busy.snapshots_in_progress] == [busy.disks[0].disk_id]


def test_details_count_each_disk_s_snapshots_but_not_those_of_a_schedule(bed: Bed, cloud: Cloud) -> None:
    for roles in (["kept", "busy"], ["kept", "busy", *(f"crowd-{number}" for number in range(1, 21))]):
        found = cloud.describe([bed.ids[role] for role in roles], details=True)
        assert [disk.manual_snapshots for disk in _instance(found[bed.ids["kept"]]).disks] == [2, 1, 0]
        busy = _instance(found[bed.ids["busy"]])
        assert [disk.manual_snapshots for disk in busy.disks] == [0]
        assert busy.snapshots_in_progress


def _instance(found: Instance | Problem) -> Instance:
    assert isinstance(found, Instance)
    return found


def test_a_disk_says_what_it_is_doing_and_whether_its_automatic_snapshots_go_with_it(bed: Bed, cloud: Cloud) -> None:
    seen_disks = seen(cloud, bed, "kept").disks
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
    here = seen(cloud, bed, role)
    assert {name: getattr(here, name) for name in expected} == expected


@pytest.mark.parametrize("role", ["linux", "windows", "classic"])
def test_every_instance_has_a_private_address(bed: Bed, cloud: Cloud, role: str) -> None:
    assert len(seen(cloud, bed, role).private_addresses) == 1


def test_a_fixed_public_address_is_a_public_address_too(bed: Bed, cloud: Cloud) -> None:
    assert len(seen(cloud, bed, "windows").public_addresses) == 1


@pytest.mark.parametrize(("role", "installed", "online"), [("linux", 1, 1), ("offline", 1, 0), ("agentless", 0, 0)])
def test_an_agent_is_online_offline_or_missing(bed: Bed, cloud: Cloud, role: str, installed: int, online: int) -> None:
    agent = seen(cloud, bed, role, details=False).agent
    assert (agent.installed, agent.online) == (bool(installed), bool(online))
    assert bool(agent.last_heartbeat) == bool(agent.version) == bool(installed)


def test_it_is_seen_when_an_agent_was_heard_last(bed: Bed, cloud: Cloud) -> None:
    now = datetime.fromisoformat(seen(cloud, bed, "linux").agent.last_heartbeat)
    assert timedelta(hours=24) < now - datetime.fromisoformat(seen(cloud, bed, "offline").agent.last_heartbeat)


def test_what_is_not_there_is_left_out_and_the_others_are_described(bed: Bed, cloud: Cloud) -> None:
    asked = [bed.ids[role] for role in ("unknown", "elsewhere", "linux", "stopped")]
    assert list(cloud.describe(asked, details=True)) == asked[2:]
    assert not cloud.describe(asked[:1], details=True)


def test_as_many_instances_as_the_limits_say_fit_into_one_call(bed: Bed, cloud: Cloud) -> None:
    crowd = [bed.ids[f"crowd-{number}"] for number in range(1, 101)]
    unknown = [f"{bed.ids['unknown']}{number}" for number in range(cloud.capabilities.describe - len(crowd))]
    found = cloud.describe([*unknown, *crowd][: cloud.capabilities.describe], details=True)
    assert list(found) == crowd[: len(found)]
    assert all(isinstance(one, Instance) and one.agent.online and one.disks for one in found.values())
    assert all(cloud.disks(crowd).values())


@pytest.mark.parametrize(
    ("role", "code", "said"), [("unknown", "InstanceNotFound", "region"), ("elsewhere", "WrongRegion", "")]
)
def test_an_unknown_id_is_told_from_a_wrong_region(bed: Bed, cloud: Cloud, role: str, code: str, said: str) -> None:
    problem = cloud.diagnose([bed.ids[role]])[bed.ids[role]]
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
        found = cloud.describe(asked, details=True)
        return dict(cloud.diagnose([one for one in asked if one not in found]))
    except CloudError as refusal:
        return dict.fromkeys(asked, refusal.problem)


def test_a_user_who_may_not_list_regions_still_learns_that_an_id_is_unknown(bed: Bed) -> None:
    cloud = bed.cloud("narrow")
    for role in ("unknown", "elsewhere"):
        assert cloud.diagnose([bed.ids[role]])[bed.ids[role]].code == "InstanceNotFound"


def test_a_region_that_does_not_exist_is_refused_once_for_all(bed: Bed) -> None:
    with pytest.raises(CloudError) as refusal:
        bed.cloud(region="nowhere-1").describe([bed.ids["linux"]], details=False)
    assert refusal.value.whole_call
    assert "region" in refusal.value.problem.remedy


def test_an_account_says_what_it_is_set_up_for(bed: Bed, cloud: Cloud) -> None:
    assert cloud.account() == Account(service_role=True, snapshots_used=True)


def test_what_a_user_may_not_see_of_the_account_is_not_known_and_no_refusal(bed: Bed) -> None:
    assert bed.cloud("nobody").account() == Account(service_role=None, snapshots_used=None)


def test_a_region_is_listed_over_all_its_pages(bed: Bed, cloud: Cloud) -> None:
    found = {instance.instance_id: instance for instance in cloud.listed()}
    assert {bed.ids[f"crowd-{number}"] for number in range(1, 101)} < found.keys()
    assert {instance.region for instance in found.values()} == {bed.region}
    assert found[bed.ids["linux"]].os == "centos-7"


def test_all_regions_are_named(bed: Bed, cloud: Cloud) -> None:
    assert {bed.region, bed.other_region} <= set(cloud.regions())


def test_a_list_that_is_empty_for_want_of_permission_is_a_refusal(bed: Bed) -> None:
    with pytest.raises(CloudError) as refused:
        bed.cloud("nobody").listed()
    assert refused.value.whole_call
