# Copyright (c) 2026 evergreen.os_migration contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""A sweep deletes what is left of instances that are gone, and nothing of an instance that may be there."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from itertools import count
from typing import Any

import pytest
from ansible_collections.evergreen.os_migration.plugins.module_utils._core.difference import (
    difference,
    swept_outcome,
)
from ansible_collections.evergreen.os_migration.plugins.module_utils._core.goal import Goal
from ansible_collections.evergreen.os_migration.plugins.module_utils._core.lock import Holder
from ansible_collections.evergreen.os_migration.plugins.module_utils._core.migration.sweep import SWEEP
from ansible_collections.evergreen.os_migration.plugins.module_utils._core.migration.tables import MIGRATION
from ansible_collections.evergreen.os_migration.plugins.module_utils._core.migration.view import Migration
from ansible_collections.evergreen.os_migration.plugins.module_utils._core.model import Item, Problem
from ansible_collections.evergreen.os_migration.plugins.module_utils._engine import Brief, Engine, Limits
from ansible_collections.evergreen.os_migration.plugins.module_utils._errors import CloudError

from .controllers import PROBES
from .memory_cloud import OFFER, Killed, MemoryCloud
from .test_drill_on_a_clone import CLONED, kill_at

GONE, LIVES, MOVED_TO = "web", "erp", "other"
SWEPT = Goal("swept", hop_timeout=600, offers={"alicloud": OFFER}, price=0.5)
MIGRATED = Goal("migrated", hop_timeout=3600, offers={"alicloud": OFFER})


def engine(there: MemoryCloud, workflow: Any, goal: Goal, check: bool = False, number: int = 1) -> Engine:
    brief, limits = Brief(goal, PROBES, holder=Holder(f"{number:08x}", "a1", number, "1")), Limits(threads=1)
    return Engine(workflow, lambda place: there, brief, limits, check, there.clock, there=lambda lock: False)  # type: ignore[arg-type,return-value]


def run(there: MemoryCloud, goal: Goal, *names: str, workflow: Any = MIGRATION) -> list[Migration]:
    items = [Item(name, "cn-hangzhou", "alicloud", target="alinux-3") for name in names]
    return engine(there, workflow, goal).run([workflow.record(item) for item in items])


def sweep(there: MemoryCloud, *names: str, check: bool = False) -> list[Migration]:
    items = [Item(name, "cn-hangzhou", "alicloud") for name in names or (GONE,)]
    return engine(there, SWEEP, SWEPT, check).run([SWEEP.record(item) for item in items])


def cloud() -> MemoryCloud:
    """Two instances that were migrated and not committed; what a drill had made of the first, which was released."""
    there = MemoryCloud()
    there.add(GONE, "centos-7", disks=2)
    there.add(LIVES, "centos-7", disks=1)
    there.add(MOVED_TO, "centos-7", disks=1)
    assert [one.state for one in run(there, CLONED, GONE)] == ["cloned"]
    assert [one.state for one in run(there, MIGRATED, LIVES)] == ["migrated"]
    (record,) = run(there, replace(MIGRATED, state="protected"), GONE)
    assert record.problem is None
    del there.machines[GONE]
    there.log.clear()
    return there


def of(there: MemoryCloud, name: str) -> dict[str, Any]:
    """All that is in the cloud for an instance."""
    return {
        "points": sorted(key for key, (_point, _ready, owner) in there.taken.items() if owner == name),
        "copies": sorted(key for key, (work, _ready, _order) in there.copied.items() if work.of == name),
        "works": sorted(key for key, (_work, _ready, order) in there.made.items() if order.of.instance_id == name),
        "sources": sorted(key for key, (owner, _ready) in there.registered.items() if owner == name),
    }


def code_of(record: Migration) -> str:
    return record.problem.code if record.problem else ""


def text_of(record: Migration) -> str:
    return record.problem.message if record.problem else ""


NOTHING: Mapping[str, Any] = {"points": [], "copies": [], "works": [], "sources": []}


def test_what_is_left_of_an_instance_that_is_gone_goes_and_nothing_else() -> None:
    there = cloud()
    before = of(there, LIVES)
    (record,) = sweep(there)
    assert (record.state, record.problem, record.changed) == ("swept", None, True)
    assert of(there, GONE) == NOTHING
    assert of(there, LIVES) == before
    assert bool(before["points"] and before["works"])
    verbs = [verb for verb, _what in there.log]
    assert verbs == ["delete_clone", "delete_image", "delete_security_group", *["delete_point"] * 4]


def test_jobs_and_sources_of_ours_go_before_the_points_too() -> None:
    there = cloud()
    there.machines.pop(LIVES)
    (record,) = sweep(there, LIVES)
    assert (record.state, record.problem) == ("swept", None)
    assert of(there, LIVES) == NOTHING
    assert {verb for verb, _what in there.log} == {"delete_work", "delete_point", "leave"}


def test_a_dry_run_tells_all_with_its_size_and_its_cost_and_deletes_nothing() -> None:
    there = cloud()
    before = of(there, GONE)
    there.taken = {
        key: (replace(point, size_gib=40), ready, owner) for key, (point, ready, owner) in there.taken.items()
    }
    (record,) = sweep(there, check=True)
    assert (record.state, record.changed, there.log) == ("planned", True, [])
    assert of(there, GONE) == before
    told = swept_outcome(record, SWEPT)
    assert sorted(told["swept"]["snapshots"]) == before["points"]
    assert (told["swept"]["snapshot_gib"], told["swept"]["snapshot_cost_per_month"], told["kept"]) == (160, 80.0, [])
    assert [name.split()[0] for name in told["swept"]["others"]] == ["clone", "image", "security"]
    side = difference([record], SWEPT)["before"][GONE]
    assert all("up to 40 GiB" in text for text in side["snapshots"].values())


def test_after_a_sweep_the_same_is_told_as_before_it() -> None:
    planned = swept_outcome(sweep(cloud(), check=True)[0], SWEPT)
    assert swept_outcome(sweep(cloud())[0], SWEPT) == planned


def test_an_instance_that_is_there_is_refused_and_the_others_are_swept() -> None:
    there = cloud()
    before = of(there, LIVES)
    lives, gone = sweep(there, LIVES, GONE)
    assert code_of(lives) == "InstanceNotGone"
    assert "Running" in text_of(lives)
    assert (gone.state, gone.problem) == ("swept", None)
    assert of(there, LIVES) == before


def test_an_instance_that_lists_do_not_show_is_known_by_its_disks() -> None:
    there = cloud()
    before = of(there, LIVES)
    there.hidden = frozenset([LIVES])
    (record,) = sweep(there, LIVES)
    assert code_of(record) == "InstanceNotGone"
    assert "not shown" in text_of(record)
    assert of(there, LIVES) == before


@pytest.mark.parametrize("code", ["Forbidden.RAM", "WrongRegion"])
def test_what_is_not_proven_gone_is_refused_with_the_reason(code: str, monkeypatch: pytest.MonkeyPatch) -> None:
    there = cloud()
    before = of(there, GONE)
    monkeypatch.setattr(there, "explain", lambda ids: {one: Problem(code, "Not told.") for one in ids}, raising=False)
    (record,) = sweep(there)
    assert code_of(record) == code
    assert of(there, GONE) == before


@pytest.mark.parametrize("look", ["holders", "left_points"])
def test_who_may_not_see_disks_or_points_deletes_nothing(look: str) -> None:
    there = cloud()
    before = of(there, GONE)

    def refuse(verb: str) -> None:
        if verb == look:
            raise CloudError(Problem("Forbidden.RAM", "No permission."), whole_call=True)

    there.before_call = refuse
    (record,) = sweep(there)
    assert code_of(record) == "Forbidden.RAM"
    assert of(there, GONE) == before


def test_a_point_whose_disk_another_instance_has_stays_with_the_jobs_and_is_told() -> None:
    there = cloud()
    there.machines.pop(LIVES)
    (disk_id,) = {point.disk_id for point, _ready, owner in there.taken.values() if owner == LIVES}
    other = there.machines[MOVED_TO]
    (own,) = other.instance.disks
    other.instance = replace(other.instance, disks=(own, replace(own, disk_id=disk_id, type="data")))
    before = of(there, LIVES)
    (record,) = sweep(there, LIVES)
    assert (record.state, record.problem) == ("swept", None)
    assert {one["instance_id"] for one in swept_outcome(record, SWEPT)["kept"]} == {MOVED_TO}
    assert record.timeline[-1].event.startswith(f"left {before['points'][0]}, whose disk {disk_id} is {MOVED_TO}'s")
    assert of(there, LIVES) == before


def test_a_point_whose_disk_was_kept_and_waits_goes() -> None:
    there = cloud()
    there.waiting = frozenset(point.disk_id for point, _ready, owner in there.taken.values() if owner == GONE)
    assert [one.problem for one in sweep(there)] == [None]
    assert of(there, GONE) == NOTHING


def test_the_proof_is_fresh_before_each_deletion() -> None:
    there, machine = cloud(), cloud().machines[LIVES]

    def comes_back(verb: str) -> None:
        if verb == "delete_image":
            there.machines[GONE] = machine
            there.now += 60

    there.after_call = comes_back
    (record,) = sweep(there)
    assert code_of(record) == "InstanceNotGone"
    assert [verb for verb, _what in there.log] == ["delete_clone", "delete_image"]


@pytest.mark.parametrize("applied", [False, True])
def test_killed_at_any_write_the_next_sweep_goes_on(applied: bool) -> None:
    for calls in count():
        there = cloud()
        kill_at(there, calls, applied)
        before = of(there, LIVES)
        try:
            sweep(there)
        except Killed:
            pass
        else:
            assert calls >= 6
            return
        there.before_call = there.after_call = lambda verb: None
        (record,) = sweep(there)
        assert (record.state, record.problem) == ("swept", None)
        assert (of(there, GONE), of(there, LIVES)) == (NOTHING, before)


def test_what_is_gone_for_the_next_sweep_changes_nothing() -> None:
    there = cloud()
    sweep(there)
    there.log.clear()
    (record,) = sweep(there)
    assert (record.state, record.problem, record.changed, there.log) == ("swept", None, False, [])


def test_what_cannot_be_deleted_ends_with_its_name() -> None:
    there = cloud()
    copies = dict(there.copied)

    def stays(verb: str) -> None:
        there.copied.update({key: one for key, one in copies.items() if key.startswith("s")})

    there.after_call = stays
    (record,) = sweep(there)
    assert code_of(record) == "NotSwept"
    assert "security group" in text_of(record)
