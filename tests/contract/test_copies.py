# Copyright (c) 2026 evergreen.os_migration contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Copies of instances are made once, found by their tag, and deleted by it only."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, timedelta, timezone

import pytest
from ansible_collections.evergreen.os_migration.plugins.module_utils._clouds.base import Cloud, Copies
from ansible_collections.evergreen.os_migration.plugins.module_utils._core.model import Order, Work
from ansible_collections.evergreen.os_migration.plugins.module_utils._core.tag import (
    client_token,
    drill_host,
    drill_label,
    drill_name,
    place_of,
)
from ansible_collections.evergreen.os_migration.plugins.module_utils._errors import CloudError, Moved

from .bed import Bed, Fault, Setting
from .common import accomplished, found_points, instance, plain, take
from .conftest import MakeBed

RUN = "1a2b3c4d"


def port(cloud: Cloud, kind: str) -> Copies:
    return cloud.copies.get(kind) or pytest.skip("in this cloud instances are not copied")


def order(cloud: Cloud, bed: Bed, kind: str, **settings: str) -> Order:
    one = instance(cloud, bed)
    name, token = drill_name(one.instance_id, RUN), client_token(one.instance_id, 0, RUN, kind)
    return Order(kind, one, name, token, settings=settings)


def points(cloud: Cloud, bed: Bed) -> dict[str, str]:
    """Take a point of each disk of the instance, and return them by its places."""
    one, found = instance(cloud, bed), {}
    for disk in one.disks:
        point = take(cloud, disk, f"token-{disk.disk_id}", drill_label(one.instance_id, RUN))
        found[place_of(disk)] = accomplished(cloud, bed, point).snapshot_id
    return found


def made(cloud: Cloud, bed: Bed, kind: str) -> tuple[Work, ...]:
    one = instance(cloud, bed)
    return port(cloud, kind).find([one])[one.instance_id][0]


def done(cloud: Cloud, bed: Bed, kind: str, **settings: str) -> Work:
    """Make something, wait until it is there, and return it."""
    work = port(cloud, kind).order(order(cloud, bed, kind, **settings))
    bed.until(lambda: port(cloud, kind).read([work.id])[work.id].status == "done")
    return port(cloud, kind).read([work.id])[work.id]


def clone(cloud: Cloud, bed: Bed) -> tuple[Work, Mapping[str, str]]:
    """Return a clone that can be asked, and what it was made from."""
    port(cloud, "clone")
    image, group = done(cloud, bed, "image", **points(cloud, bed)), done(cloud, bed, "security_group")
    given = {
        "image": image.id,
        "security_group": group.id,
        "host": drill_host(bed.ids["linux"], RUN),
        "until": (datetime.now(timezone.utc) + timedelta(days=2)).strftime("%Y-%m-%dT%H:%M:%SZ"),
    }
    return done(cloud, bed, "clone", **given), given


def test_a_clone_is_the_same_system_at_another_address(bed: Bed, cloud: Cloud) -> None:
    made_clone, _given = clone(cloud, bed)
    original = instance(cloud, bed)
    copied = plain(cloud.instances.describe([made_clone.id], details=True)[made_clone.id])
    assert (copied.os, copied.architecture, copied.instance_type) == (
        original.os,
        original.architecture,
        original.instance_type,
    )
    assert [(disk.type, disk.size_gib, place_of(disk)) for disk in copied.disks] == [
        (disk.type, disk.size_gib, place_of(disk)) for disk in original.disks
    ]
    assert copied.public_addresses == ()
    assert not set(copied.private_addresses) & set(original.private_addresses)
    assert copied.hostname == drill_host(original.instance_id, RUN)
    assert copied.agent.online


def test_nothing_of_a_copy_changes_the_original(bed: Bed, cloud: Cloud) -> None:
    before = instance(cloud, bed)
    clone(cloud, bed)
    after = instance(cloud, bed)
    assert (after.status, after.tags, after.private_addresses, after.public_addresses) == (
        before.status,
        before.tags,
        before.private_addresses,
        before.public_addresses,
    )


def test_clones_are_not_listed_among_the_instances(bed: Bed, cloud: Cloud) -> None:
    made_clone, _given = clone(cloud, bed)
    assert made_clone.id not in {one.instance_id for one in cloud.instances.listed()}


@pytest.mark.parametrize("kind", ["image", "security_group", "clone"])
def test_the_same_order_makes_one_thing(bed: Bed, cloud: Cloud, kind: str) -> None:
    made_clone, given = clone(cloud, bed)
    settings = given if kind == "clone" else points_again(cloud, bed) if kind == "image" else {}
    again = port(cloud, kind).order(order(cloud, bed, kind, **settings))
    assert [work.id for work in made(cloud, bed, kind)] == [again.id]
    assert kind != "clone" or again.id == made_clone.id


def points_again(cloud: Cloud, bed: Bed) -> dict[str, str]:
    one = instance(cloud, bed)
    return {point.place: point.snapshot_id for point in found_points(cloud, one)}


def test_copies_are_found_by_their_tag_whoever_made_them(bed: Bed, cloud: Cloud) -> None:
    made_clone, given = clone(cloud, bed)
    another = bed.cloud()
    assert {kind: [work.id for work in made(another, bed, kind)] for kind in ("clone", "image", "security_group")} == {
        "clone": [made_clone.id],
        "image": [given["image"]],
        "security_group": [given["security_group"]],
    }
    assert {work.of for work in made(another, bed, "clone")} == {bed.ids["linux"]}
    assert {work.name for work in made(another, bed, "clone")} == {drill_name(bed.ids["linux"], RUN)}
    other = instance(another, bed, "windows")
    assert port(another, "clone").find([other]) == {other.instance_id: ((), None)}


def test_everything_goes_in_its_order_and_nothing_before(bed: Bed, cloud: Cloud) -> None:
    made_clone, given = clone(cloud, bed)
    (point, *_others) = found_points(cloud, instance(cloud, bed))
    with pytest.raises(Moved):
        cloud.snapshots.delete([point])
    with pytest.raises(Moved):
        port(cloud, "image").delete(given["image"])
    port(cloud, "clone").delete(made_clone.id)
    bed.until(lambda: not made(cloud, bed, "clone"))
    for _twice in range(2):
        port(cloud, "clone").delete(made_clone.id)
        port(cloud, "image").delete(given["image"])
        port(cloud, "security_group").delete(given["security_group"])
    cloud.snapshots.delete([point])
    assert not any(made(cloud, bed, kind) for kind in ("clone", "image", "security_group"))
    assert cloud.instances.disks([made_clone.id])[made_clone.id] == ()


def test_an_instance_that_bears_no_tag_of_ours_is_never_released(bed: Bed, cloud: Cloud) -> None:
    with pytest.raises(Moved) as refusal:
        port(cloud, "clone").delete(bed.ids["linux"])
    assert refusal.value.problem.code == "NotMade"
    assert instance(cloud, bed).status == "Running"


def test_a_clone_that_would_be_refused_is_told_before(bed: Bed, cloud: Cloud) -> None:
    asked = order(cloud, bed, "clone")
    assert port(cloud, "clone").refusal(asked) is None
    assert made(cloud, bed, "clone") == ()


@pytest.mark.parametrize("kind", ["image", "security_group", "clone"])
def test_an_order_whose_answer_was_lost_is_not_made_twice(make_bed: MakeBed, kind: str) -> None:
    verb = {"image": "copy_image", "security_group": "copy_group", "clone": "copy_clone"}[kind]
    bed = make_bed(Setting(faults=(Fault(verb, "lost_answer"),)))
    cloud = bed.cloud(call=bed.patient(10**6))
    clone(cloud, bed)
    assert len(made(cloud, bed, kind)) == 1
    assert bed.writes(verb) in (1, 2)


def test_without_permission_nothing_is_made(bed: Bed, cloud: Cloud) -> None:
    port(cloud, "image")
    asked = order(cloud, bed, "security_group")
    with pytest.raises(CloudError) as refusal:
        bed.cloud("nobody").copies["security_group"].order(asked)
    assert refusal.value.problem.code
    assert made(cloud, bed, "security_group") == ()
