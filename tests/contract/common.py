# Copyright (c) 2026 evergreen.os_migration contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What several tests of the contract do first: look at an instance, take a point, order a work."""

from __future__ import annotations

from typing import Any

import pytest
from ansible_collections.evergreen.os_migration.plugins.module_utils._clouds.base import (
    Cloud,
    Codes,
    Enrolments,
    Stacks,
    Works,
)
from ansible_collections.evergreen.os_migration.plugins.module_utils._core.model import (
    Disk,
    Enrolment,
    Instance,
    Order,
    Point,
    Problem,
    Take,
    Work,
)
from ansible_collections.evergreen.os_migration.plugins.module_utils._core.tag import place_of

from .bed import Bed

CONTENTS = "pk=1a2b3c4d ke=2b3c4d5e"
LABEL = "of=i-1 attempt=1 set=1"


def plain(found: Instance | Problem) -> Instance:
    """Return what was described, which must be no refusal."""
    assert isinstance(found, Instance)
    return found


def instance(cloud: Cloud, bed: Bed, role: str = "linux", details: bool = True) -> Instance:
    return plain(cloud.instances.describe([bed.ids[role]], details=details)[bed.ids[role]])


def crowd(bed: Bed, number: int) -> list[str]:
    """Return the ids of plain instances."""
    return [bed.ids[f"crowd-{one}"] for one in range(1, number + 1)]


def most(cloud: Cloud, verb: str) -> int:
    """Return how many ids a call of a verb takes."""
    return cloud.capabilities.batch.get(verb, 1)


def stopped(cloud: Cloud, bed: Bed, role: str = "linux") -> str:
    """Stop an instance, wait until it is, and return its id."""
    cloud.instances.stop([bed.ids[role]], force=False)
    bed.until(lambda: instance(cloud, bed, role, details=False).status == "Stopped")
    return bed.ids[role]


# --- points -----------------------------------------------------------------------------------------------------------


def a_take(disk: Disk, token: str = "token", label: str = LABEL) -> Take:
    return Take(
        disk,
        f"osm-{disk.disk_id}-a1-s1",
        label,
        token,
        place_of(disk),
        before="host=1a2b3c4d twice=0",
        contents=CONTENTS,
    )


def take(cloud: Cloud, disk: Disk, token: str = "token", label: str = LABEL) -> Point:
    (point,) = cloud.snapshots.take([a_take(disk, token, label)])
    return point


def found_points(cloud: Cloud, one: Instance, service_made: bool = False) -> tuple[Point, ...]:
    return cloud.snapshots.find([one], service_made)[one.instance_id]


def accomplished(cloud: Cloud, bed: Bed, point: Point) -> Point:
    """Wait until a point is, and return it."""
    key = point.snapshot_id
    bed.until(lambda: cloud.snapshots.read([key])[key].status == "accomplished")
    return cloud.snapshots.read([key])[key]


# --- works ------------------------------------------------------------------------------------------------------------


def works(cloud: Cloud, bed: Bed) -> Works:
    return cloud.works[bed.traits.kind]


def enrolments(cloud: Cloud, bed: Bed) -> Enrolments:
    """Return the port, or skip the test where instances need no enrolment."""
    port = works(cloud, bed).enrolments
    assert (port is not None) == bed.traits.enrols
    if port is None:
        pytest.skip("in this cloud instances need not be enrolled")
    return port


def codes(cloud: Cloud, bed: Bed) -> Codes:
    """Return the port, or skip the test where guests need no code."""
    port = enrolments(cloud, bed).codes
    return pytest.skip("in this cloud guests need no code") if port is None else port


def stacks(cloud: Cloud, bed: Bed) -> Stacks:
    """Return the port, or skip the test where there are no stacks."""
    assert (cloud.stacks is not None) == bool(bed.traits.templates)
    return pytest.skip("this cloud has no stacks") if cloud.stacks is None else cloud.stacks


def found_works(cloud: Cloud, bed: Bed, role: str) -> tuple[tuple[Work, ...], Enrolment | None]:
    one = instance(cloud, bed, role)
    return works(cloud, bed).find([one])[one.instance_id]


def order(cloud: Cloud, bed: Bed, role: str = "imported", **changes: Any) -> Order:
    """Return what the work of an instance that is enrolled already is made from."""
    one, (_works, enrolment) = instance(cloud, bed, role), found_works(cloud, bed, role)
    given = {
        "name": f"osm-{one.instance_id}-a1-h1",
        "token": f"token-of-{role}",
        "hop": bed.traits.hop,
        "enrolment": enrolment.id if enrolment else "",
    }
    return Order(bed.traits.kind, one, **{**given, **changes})


def work(cloud: Cloud, bed: Bed, made: Work) -> Work:
    """Return a work as it is now."""
    return works(cloud, bed).read([made.id])[made.id]


def begun(cloud: Cloud, bed: Bed, role: str = "imported") -> Work:
    """Order a work and begin it, where it does not begin by itself."""
    made = works(cloud, bed).order(order(cloud, bed, role))
    if not bed.traits.begins_itself:
        works(cloud, bed).begin(made.id)
    return made
