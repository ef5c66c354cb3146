# Copyright (c) 2026 evergreen.os_migration contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Instances are stopped and started in batches, tagged, and keep what is theirs."""

from __future__ import annotations

import pytest
from ansible_collections.evergreen.os_migration.plugins.module_utils._clouds.base import Cloud
from ansible_collections.evergreen.os_migration.plugins.module_utils._core.model import Instance
from ansible_collections.evergreen.os_migration.plugins.module_utils._errors import CloudError

from .bed import Bed, Setting
from .conftest import MakeBed


def instance(cloud: Cloud, bed: Bed, role: str) -> Instance:
    found = cloud.describe([bed.ids[role]], details=True)[bed.ids[role]]
    assert isinstance(found, Instance)
    return found


def until_status(cloud: Cloud, bed: Bed, role: str, status: str) -> Instance:
    bed.until(lambda: instance(cloud, bed, role).status == status)
    return instance(cloud, bed, role)


def test_an_instance_that_is_stopped_and_started_keeps_its_addresses(bed: Bed, cloud: Cloud) -> None:
    before = instance(cloud, bed, "linux")
    assert cloud.stop([bed.ids["linux"]]) == {}
    assert instance(cloud, bed, "linux").status == "Stopping"
    until_status(cloud, bed, "linux", "Stopped")
    assert cloud.start([bed.ids["linux"]]) == {}
    after = until_status(cloud, bed, "linux", "Running")
    assert (after.private_addresses, after.public_addresses) == (before.private_addresses, before.public_addresses)
    assert (after.hostname, after.disks) == (before.hostname, before.disks)


def test_what_is_already_on_its_way_is_no_refusal(bed: Bed, cloud: Cloud) -> None:
    assert cloud.stop([bed.ids["stopped"]]) == {}
    assert cloud.start([bed.ids["linux"]]) == {}
    cloud.stop([bed.ids["linux"]])
    assert cloud.stop([bed.ids["linux"]]) == {}


def test_one_refused_instance_does_not_keep_the_others_from_stopping(bed: Bed, cloud: Cloud) -> None:
    asked = [bed.ids[role] for role in ("locked", "unknown", "linux")]
    refused = cloud.stop(asked)
    assert set(refused) == set(asked[:2])
    assert all(problem.code and problem.message and problem.remedy for problem in refused.values())
    assert instance(cloud, bed, "linux").status == "Stopping"
    assert instance(cloud, bed, "locked").status == "Running"


def test_as_many_instances_as_the_limits_say_are_stopped_in_one_call(bed: Bed, cloud: Cloud) -> None:
    crowd = [bed.ids[f"crowd-{number}"] for number in range(1, cloud.capabilities.power + 1)]
    assert cloud.stop(crowd) == {}
    assert bed.writes("stop") == 1


def test_a_tag_is_put_on_beside_the_others_and_replaced(bed: Bed, cloud: Cloud) -> None:
    for value in ("first", "second"):
        cloud.tag([bed.ids["linux"], bed.ids["windows"]], "evergreen:os_migration", value)
    assert instance(cloud, bed, "linux").tags == {"estate": "shop", "evergreen:os_migration": "second"}
    assert instance(cloud, bed, "windows").tags == {"evergreen:os_migration": "second"}


def test_a_tag_becomes_visible_after_the_lag(make_bed: MakeBed) -> None:
    bed = make_bed(Setting(lag=30))
    cloud = bed.cloud()
    cloud.tag([bed.ids["windows"]], "key", "value")
    assert instance(cloud, bed, "windows").tags == {}
    bed.wait(31)
    assert instance(cloud, bed, "windows").tags == {"key": "value"}


def test_as_many_instances_as_the_limits_say_are_tagged_in_one_call(bed: Bed, cloud: Cloud) -> None:
    crowd = [bed.ids[f"crowd-{number}"] for number in range(1, cloud.capabilities.tag + 1)]
    cloud.tag(crowd, "key", "value")
    assert bed.writes("tag") == 1
    assert instance(cloud, bed, "crowd-1").tags == {"key": "value"}


def test_tagging_what_does_not_exist_is_a_refusal_of_that_instance(bed: Bed, cloud: Cloud) -> None:
    with pytest.raises(CloudError) as refusal:
        cloud.tag([bed.ids["unknown"], bed.ids["linux"]], "key", "value")
    assert not refusal.value.whole_call
