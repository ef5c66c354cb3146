# Copyright (c) 2026 evergreen.os_migration contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What --diff shows, in check mode and outside of it."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest
from ansible_collections.evergreen.os_migration.plugins.module_utils._core import look
from ansible_collections.evergreen.os_migration.plugins.module_utils._core.difference import difference
from ansible_collections.evergreen.os_migration.plugins.module_utils._core.goal import Goal
from ansible_collections.evergreen.os_migration.plugins.module_utils._core.migration.view import Migration
from ansible_collections.evergreen.os_migration.plugins.module_utils._core.model import Disk, Hop, Item
from ansible_collections.evergreen.os_migration.plugins.module_utils._core.record import Record
from ansible_collections.evergreen.os_migration.plugins.module_utils._core.tag import set_label

from .situations import FRESH, GOAL, HERE, ID, POINT, SAFE, tagged, wanting

DISKS = (replace(HERE.disks[0], size_gib=40), Disk("d-1", status="In_use", size_gib=100, device="/dev/xvdb"))
POINTS = (POINT, replace(POINT, snapshot_id="s-1", disk_id="d-1", created="1970-01-01T00:00:09Z"))
WAY = (Hop("centos-7", "anolis-8", minutes=40), Hop("anolis-8", "alinux-3", minutes=30))


def planned(record: Migration, **view: Any) -> Migration:
    return record.learns(**view).with_(state="planned", done=True, changed=True)


def sides(record: Migration, goal: Goal) -> tuple[dict[str, Any], dict[str, Any]]:
    found = difference([record], goal)
    return found["before"].get(ID, {}), found["after"].get(ID, {})


def test_a_migration_shows_its_hops_minutes_and_snapshots_with_size() -> None:
    here = planned(FRESH, instance=replace(HERE, disks=DISKS), hops=WAY)
    before, after = sides(here, GOAL)
    assert before == {"os": "centos-7"}
    assert after == {
        "os": "alinux-3",
        "hops": ["centos-7 -> anolis-8, up to 40 min", "anolis-8 -> alinux-3, up to 30 min"],
        "minutes": 70,
        "snapshots": {"d-0": "up to 40 GiB", "d-1": "up to 100 GiB"},
        "snapshot_gib": 140,
    }
    assert sides(here, replace(GOAL, rollback_to="hop"))[1]["snapshot_gib"] == 280


def test_a_migration_that_goes_on_shows_the_hops_that_are_left_and_one_that_is_over_all() -> None:
    half = planned(FRESH, instance=tagged("started", disks=DISKS), hops=WAY, hop=1)
    assert sides(half, GOAL)[1]["minutes"] == 30
    over = half.learns(hop=2).with_(state="migrated")
    assert sides(over, GOAL)[1]["minutes"] == 70


@pytest.mark.parametrize("state", ["rolled_back", "failed"])
def test_what_ends_where_it_was_shows_no_new_system(state: str) -> None:
    record = planned(FRESH, hops=WAY).with_(state=state)
    assert sides(record, GOAL) == ({"os": "centos-7"}, {"os": "centos-7"})


def test_a_rollback_shows_the_moment_that_each_disk_goes_back_to() -> None:
    back = planned(SAFE, instance=tagged("migrated", disks=DISKS), points=POINTS)
    before, after = sides(back, wanting("rolled_back"))
    assert before == {"os": "alinux-3", "disks": {"d-0": "as it is", "d-1": "as it is"}}
    assert after["os"] == "centos-7"
    assert after["disks"] == {"d-0": "as it was at 1970-01-01T00:00:00Z", "d-1": "as it was at 1970-01-01T00:00:09Z"}
    unsafe = planned(back, points=POINTS[:1])
    assert sides(unsafe, wanting("rolled_back")) == ({}, {})


@pytest.mark.parametrize("goal", [wanting("committed"), wanting("unprotected")])
def test_deleting_shows_the_snapshots_that_go_with_size_before_and_after_it_is_done(goal: Goal) -> None:
    state = "migrated" if goal.state == "committed" else "rolled_back"
    detached = replace(POINT, snapshot_id="s-9", disk_id="d-9")
    other = replace(POINT, snapshot_id="s-8", label=set_label("i-other", 1, 1))
    record = planned(SAFE, instance=tagged(state, disks=DISKS), points=(*POINTS, detached, other))
    before, after = sides(record, goal)
    assert before == {
        "snapshots": {
            "s-0": "up to 40 GiB, of d-0 at 1970-01-01T00:00:00Z",
            "s-1": "up to 100 GiB, of d-1 at 1970-01-01T00:00:09Z",
            "s-9": "of unknown size, of d-9 at 1970-01-01T00:00:00Z",
        },
        "snapshot_gib": 140,
    }
    assert after == {"snapshots": {}, "snapshot_gib": 0}
    done = record.learns(points=(other,), gone=(*POINTS, detached)).with_(state=goal.state)
    assert sides(done, goal) == (before, after)


def test_taking_a_set_shows_the_disks_with_size() -> None:
    record = planned(FRESH, instance=replace(HERE, disks=DISKS))
    assert sides(record, wanting("protected"))[1]["snapshot_gib"] == 140


def test_what_is_not_changed_or_no_migration_shows_nothing() -> None:
    nothing = {"before": {}, "after": {}}
    assert difference([FRESH.learns(hops=WAY)], GOAL) == nothing
    assert difference([Record(Item(ID), look.View(HERE), "running", changed=True)], GOAL) == nothing
    assert difference([planned(FRESH)], Goal("scripted")) == nothing
