# Copyright (c) 2026 evergreen.os_migration contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Points of every disk, before a hop may begin."""

from __future__ import annotations

from dataclasses import replace

import pytest
from ansible_collections.evergreen.os_migration.plugins.module_utils._core.model import Disk, Guest, Point
from ansible_collections.evergreen.os_migration.plugins.module_utils._core.verb import Verb

from .healthy import HEALTHY_WINDOWS
from .situations import HERE, POINT, STARTED, at, code_of, look_of, offering, step_of, tagged, verb_of, waiving, wanting

DATA = Disk("d-1", status="In_use")
TWO_DISKS = STARTED.learns(instance=tagged("started", disks=(*HERE.disks, DATA)))
SECOND = Guest("windows-2012r2", facts=HEALTHY_WINDOWS, edition="datacenter", language="en")
TAKEN = replace(POINT, status="progressing")


def failed(number: int, disk_id: str = "d-0") -> Point:
    return replace(POINT, snapshot_id=f"s-{number}", disk_id=disk_id, status="failed")


def test_a_point_of_every_disk_is_taken_under_one_label() -> None:
    step = step_of(TWO_DISKS)
    assert (step.verb, step.state, step.event) == (Verb.SNAPSHOT, "protecting", "snapshots started: 2")
    assert [(take.disk.disk_id, take.name) for take in step.subject] == [
        ("d-0", "osm-d-0-a1-h1"),
        ("d-1", "osm-d-1-a1-h1"),
    ]
    assert {take.label for take in step.subject} == {"attempt=1 hop=1"}
    assert len({take.token for take in step.subject}) == 2


def test_only_what_is_missing_is_taken() -> None:
    for status in ("progressing", "accomplished"):
        (take,) = step_of(TWO_DISKS.learns(points=(replace(POINT, status=status),))).subject
        assert take.disk == DATA


def test_points_of_another_attempt_or_hop_protect_nothing() -> None:
    for label in ("attempt=2 hop=1", "attempt=1 hop=2", "attempt=1 hop=11", ""):
        assert verb_of(STARTED.learns(points=(replace(POINT, label=label),))) is Verb.SNAPSHOT


def test_a_hop_waits_until_all_points_are_accomplished() -> None:
    step = step_of(STARTED.learns(points=(TAKEN,)))
    assert (step.verb, step.subject, step.patient) == (Verb.LOOK, "point", True)
    assert verb_of(STARTED.learns(points=(POINT,))) is Verb.ENROL


def test_the_same_point_is_asked_for_with_the_same_token_until_it_failed() -> None:
    first, again = step_of(STARTED).subject[0], step_of(STARTED.learns(retried=True)).subject[0]
    anew = step_of(STARTED.learns(points=(failed(1),))).subject[0]
    assert first.token == again.token != anew.token
    assert anew.label == first.label


def test_points_that_fail_again_and_again_are_given_up_before_anything_is_ordered() -> None:
    assert verb_of(STARTED.learns(points=(failed(1), failed(2)))) is Verb.SNAPSHOT
    assert code_of(STARTED.learns(points=(failed(1), failed(2), failed(3)))) == "SnapshotFailed"


def test_the_wait_for_points_ends_with_a_look_after_the_deadline() -> None:
    waiting = STARTED.learns(points=(TAKEN,)).with_(state="protecting")
    assert look_of(waiting, now=at(7201)) == "point"
    assert code_of(waiting.looked(["points"], 7201), now=at(7201)) == "SnapshotTimeout"
    assert code_of(waiting, now=at(14401)) == "SnapshotTimeout"
    assert look_of(waiting.with_(state="pending"), now=at(14401)) == "point"


@pytest.mark.parametrize(("rollback_to", "verb"), [("start", Verb.ENROL), ("hop", Verb.SNAPSHOT)])
def test_later_hops_have_points_of_their_own_only_when_a_rollback_leads_there(rollback_to: str, verb: Verb) -> None:
    windows = tagged("started", source="windows-2008r2", target="windows-2016", os_type="windows")
    record = STARTED.with_(item=replace(STARTED.item, target="windows-2016"))
    record = record.learns(instance=windows, points=(POINT,), guest=SECOND)
    assert verb_of(record, offering(wanting(rollback_to=rollback_to), enrols=frozenset({"windows"}))) is verb


def test_a_disk_that_cannot_have_a_point_is_left_out_when_that_is_waived() -> None:
    local = Disk("d-2", status="In_use", category="local_ssd_pro")
    record = STARTED.learns(instance=tagged("started", disks=(*HERE.disks, local)))
    assert code_of(record) == "disk.no_snapshots"
    assert [take.disk.disk_id for take in step_of(waiving(record, "disk.no_snapshots")).subject] == ["d-0"]
