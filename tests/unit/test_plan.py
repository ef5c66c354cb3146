# Copyright (c) 2026 evergreen.os_migration contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Before a wave begins the operator sees what it is about to do, however many hosts it has."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from ansible_collections.evergreen.os_migration.plugins.module_utils._core.goal import Goal, Offer
from ansible_collections.evergreen.os_migration.plugins.module_utils._core.hooks import Hook
from ansible_collections.evergreen.os_migration.plugins.module_utils._core.model import Disk, Hop, Place, Point
from ansible_collections.evergreen.os_migration.plugins.module_utils._core.plan import (
    Taken,
    committing,
    is_whole,
    lines,
    pace,
    table,
    wants_count,
)
from ansible_collections.evergreen.os_migration.plugins.module_utils._core.progress import Progress
from ansible_collections.evergreen.os_migration.plugins.module_utils._core.record import Record

from .situations import FRESH, GOAL, HERE, POINT, SAFE, tagged, wanting

DISKS = (replace(HERE.disks[0], size_gib=40), Disk("d-1", status="In_use", size_gib=100, device="/dev/xvdb"))
ONE = (Hop("centos-7", "alinux-3", minutes=30),)
NONE = {FRESH.item.place: Taken("ours", frozenset())}
TWO = (Hop("windows-2008r2", "windows-2012r2", minutes=60), Hop("windows-2012r2", "windows-2016", minutes=60))


def known(name: str, hops: tuple[Hop, ...], **more: Any) -> Record[Any]:
    record = FRESH.learns(instance=replace(HERE, disks=DISKS), hops=hops)
    return replace(record, item=replace(FRESH.item, instance_id=f"i-{name}", name=name)).with_(**more)


def test_hosts_that_go_the_same_way_share_a_row_with_their_snapshots_and_size() -> None:
    fleet = [known(f"web-{number}", ONE) for number in range(5)] + [known("erp", TWO)]
    assert table(fleet, GOAL) == [
        "hosts                    minutes    snapshots          way",
        "web-0, web-1 and 3 more  up to 30   10, up to 700 GiB  centos-7 -> alinux-3",
        "erp                      up to 120  2, up to 140 GiB   windows-2008r2 -> windows-2012r2 -> windows-2016",
    ]


def test_a_set_before_each_hop_is_counted() -> None:
    assert table([known("erp", TWO)], replace(GOAL, rollback_to="hop"))[1].count("4, up to 280 GiB") == 1


def test_who_is_over_or_blocked_is_not_in_the_table_and_who_is_planned_is() -> None:
    over, stopped = known("a", ONE, state="migrated", done=True), known("b", ONE, state="blocked", done=True)
    assert table([over, stopped], GOAL) == []
    assert len(table([over, known("c", ONE, state="planned", done=True)], GOAL)) == 2


def test_the_table_waits_until_the_way_of_every_instance_is_known() -> None:
    assert not is_whole([known("a", ONE), known("b", ())])
    assert is_whole([known("a", ONE), known("b", (), state="blocked", done=True)])


def test_it_is_shown_once_and_for_migrations_only() -> None:
    fleet, progress = [known("a", ONE), known("b", ONE)], Progress(15.0, 0.0, Goal(), 20, lambda: NONE)
    assert progress.lines(fleet, 1.0, 0.0) == [*table(fleet, Goal()), pace(fleet, Goal(), 20, NONE)]
    assert progress.lines(fleet, 2.0, 0.0) == []
    assert Progress(15.0, 0.0, Goal(state="assessed"), 20, dict).lines(fleet, 1.0, 0.0) == []


def test_the_operator_sees_how_many_go_at_a_time_and_how_long_all_of_them_take() -> None:
    fleet = [known("erp", TWO), *(known(f"web-{number}", ONE) for number in range(5))]
    assert pace(fleet, GOAL, 20, NONE).startswith("6 instances, at most 20 at a time: about 120 min")
    assert pace(fleet, GOAL, 2, NONE).startswith("6 instances, at most 2 at a time: about 150 min")
    assert pace(fleet, GOAL, 1, NONE).startswith("6 instances, at most 1 at a time: about 270 min")


def test_what_earlier_runs_took_counts_once_it_is_enough() -> None:
    fleet = [known(f"web-{number}", ONE) for number in range(2)]
    few, enough = (600.0,) * 4, (300.0, 600.0, 600.0, 900.0, 7200.0)
    assert "about 30 min" in pace(fleet, replace(GOAL, lasted={("centos-7", "alinux-3"): few}), 20, NONE)
    assert "about 10 min" in pace(fleet, replace(GOAL, lasted={("centos-7", "alinux-3"): enough}), 20, NONE)


def by(*ids: str, queue: str = "ours") -> dict[Place, Taken]:
    return {FRESH.item.place: Taken(queue, frozenset(ids))}


def in_the_shop(name: str) -> Record[Any]:
    one = known(name, ONE)
    return replace(one, item=replace(one.item, profile="shop"))


def test_accounts_have_places_of_their_own() -> None:
    here, there = known("a", ONE), in_the_shop("b")
    counted = {**NONE, there.item.place: Taken("the shop's", frozenset())}
    told = "2 instances, at most 1 of each account at a time: about 30 min"
    assert pace([here, there], GOAL, 1, counted) == told


def test_two_profiles_of_one_account_share_its_places_in_the_plan_too() -> None:
    here, there = known("a", ONE), in_the_shop("b")
    counted = {**NONE, there.item.place: Taken("ours", frozenset())}
    assert pace([here, there], GOAL, 1, counted) == "2 instances, at most 1 at a time: about 60 min"


def test_the_places_that_others_use_are_told_and_count_in_the_minutes() -> None:
    fleet = [known(str(number), ONE) for number in range(197)]
    others = by(*(f"i-other-{number}" for number in range(6)))
    told = "197 instances, at most 20 at a time, 6 of these places are used by others now: about 450 min"
    assert pace(fleet, GOAL, 20, others) == told
    assert pace(fleet, GOAL, 20, NONE) == "197 instances, at most 20 at a time: about 300 min"
    assert "1 of these places is used by others now" in pace(fleet, GOAL, 20, by("i-other"))


def test_an_instance_of_the_plan_itself_is_nobody_else() -> None:
    fleet = [known("a", ONE), known("b", ONE)]
    assert pace(fleet, GOAL, 2, by("i-a")) == "2 instances, at most 2 at a time: about 30 min"


def test_where_others_use_all_places_it_begins_when_they_get_free() -> None:
    fleet = [known("a", ONE), known("b", ONE)]
    assert pace(fleet, GOAL, 1, by("i-1", "i-2")) == (
        "2 instances, at most 1 at a time, all of these places are used by others now: "
        "they begin when places get free, and all take about 60 min from then on"
    )


def test_where_others_use_all_places_of_one_account_those_of_the_other_begin() -> None:
    here, there = known("a", ONE), in_the_shop("b")
    counted = {**NONE, there.item.place: Taken("the shop's", frozenset(("i-1", "i-2")))}
    assert pace([here, there], GOAL, 2, counted) == (
        "2 instances, at most 2 of each account at a time, 2 of these places are used by others now: "
        "1 of them begins when places get free, and all take about 30 min from then on"
    )


def test_what_others_use_is_told_as_not_known_where_it_could_not_be_counted() -> None:
    here, there = known("a", ONE), in_the_shop("b")
    one = {FRESH.item.place: Taken("ours")}
    told = "2 instances, at most 1 at a time: about 60 min, more if others use places, which is not known"
    assert pace([here, known("b", ONE)], GOAL, 1, one) == told
    both = {**one, there.item.place: Taken("the shop's", frozenset())}
    assert pace([here, there], GOAL, 1, both).endswith("which is not known of 1 of the accounts")


def test_a_region_that_could_not_be_counted_makes_its_account_s_places_not_known() -> None:
    here, there = known("a", ONE), in_the_shop("b")
    for first, second in ((None, frozenset(("i-1",))), (frozenset(("i-1",)), None)):
        counted = {here.item.place: Taken("ours", first), there.item.place: Taken("ours", second)}
        assert "which is not known" in pace([here, there], GOAL, 2, counted)


def test_the_plan_waits_for_the_count_of_each_place_that_instances_take() -> None:
    fleet, goal = [known("a", ONE), known("b", ONE)], wanting("migrated")
    assert lines(fleet, goal, 20, {}) is None
    assert lines(fleet, goal, 20, NONE)


def test_what_somebody_else_begins_takes_no_place_of_ours() -> None:
    goal = wanting("migrated", offers={"alicloud": Offer(follows=True)})
    fleet = [known("a", ONE), known("b", ONE)]
    assert not wants_count(fleet, goal)
    assert lines(fleet, goal, 20, {}) == table(fleet, goal)


def test_the_time_of_hooks_is_in_the_minutes() -> None:
    fleet = [known("a", ONE), known("b", ONE)]
    hook = Hook("stop", "before_hop", "stop", timeout=300)
    goal = replace(GOAL, hooks=(hook,))
    assert "  up to 35  " in table(fleet, goal)[1]
    assert pace(fleet, goal, 20, NONE) == "2 instances, at most 20 at a time: about 35 min"
    quick = replace(goal, lasted={(hook.name, hook.when): (20.0, 20.0, 60.0, 60.0, 120.0)})
    assert "  up to 32  " in table(fleet, quick)[1]
    assert pace(fleet, quick, 20, NONE) == "2 instances, at most 20 at a time: about 31 min"


def test_of_one_instance_or_none_nothing_more_is_told() -> None:
    assert pace([known("a", ONE), known("b", ONE, state="blocked", done=True)], GOAL, 20, NONE) == ""


def over(name: str, *points: Point, state: str = "migrated") -> Record[Any]:
    record = SAFE.learns(instance=replace(tagged(state), disks=DISKS), points=points)
    return replace(record, item=replace(FRESH.item, instance_id=SAFE.id, name=name))


def test_before_a_commit_the_operator_sees_the_snapshots_that_go_with_size_and_cost() -> None:
    goal = wanting("committed", price=0.02)
    fleet = [over("a", POINT), over("b", POINT, replace(POINT, disk_id="d-1", snapshot_id="s-1")), over("c")]
    assert lines(fleet, goal, 20, {}) == [
        "hosts  snapshots to delete             way",
        "a, b   3, up to 180 GiB, 3.60 a month  centos-7 -> alinux-3",
    ]
    assert "a month" not in committing(fleet, wanting("committed"))[1]
    assert lines([*fleet, over("d").forgets("points")], goal, 20, {}) is None


def test_what_keeps_its_snapshots_is_not_in_the_table_of_a_commit() -> None:
    kept = [over("a", POINT).with_(state="postponed", done=True), over("b")]
    assert committing(kept, wanting("committed")) == []


def test_before_a_migration_the_cost_of_its_snapshots_is_told_where_the_price_is_known() -> None:
    assert (
        "10, up to 700 GiB, 14.00 a month"
        in table([known(str(n), ONE) for n in range(5)], replace(GOAL, price=0.02))[1]
    )
