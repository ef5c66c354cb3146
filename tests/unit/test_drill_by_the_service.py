# Copyright (c) 2026 evergreen.os_migration contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""A drill by the service itself: only under a set, followed by whoever comes, told by a tag, never twice at once."""

from __future__ import annotations

from dataclasses import replace
from itertools import count
from typing import Any

import pytest
from ansible_collections.evergreen.os_migration.plugins.module_utils._core import drilled
from ansible_collections.evergreen.os_migration.plugins.module_utils._core.goal import Goal
from ansible_collections.evergreen.os_migration.plugins.module_utils._core.lock import Holder
from ansible_collections.evergreen.os_migration.plugins.module_utils._core.migration.tables import MIGRATION
from ansible_collections.evergreen.os_migration.plugins.module_utils._core.migration.view import Migration
from ansible_collections.evergreen.os_migration.plugins.module_utils._core.model import Hop, Item
from ansible_collections.evergreen.os_migration.plugins.module_utils._core.tag import TAG_KEY
from ansible_collections.evergreen.os_migration.plugins.module_utils._engine import Brief, Engine, Limits

from .controllers import PROBES
from .memory_cloud import OFFER, Killed, MemoryCloud

ID = "web"
DRILL = Goal("drilled", most_age=3600, offers={"alicloud": OFFER})


def cloud(os: str = "centos-7", **more: Any) -> MemoryCloud:
    made = MemoryCloud(**more)
    made.add(ID, os, disks=2)
    return made


def run(there: MemoryCloud, goal: Goal = DRILL, number: int = 1, check: bool = False) -> Migration:
    target = "windows-2016" if there.machines[ID].os.startswith("windows") else "alinux-3"
    brief, limits = Brief(goal, PROBES, holder=Holder(f"{number:08x}", "a1", number, "1")), Limits(threads=1)
    engine = Engine(MIGRATION, lambda place: there, brief, limits, check, there.clock, there=lambda lock: False)  # type: ignore[arg-type,return-value]
    (record,) = engine.run([MIGRATION.record(Item(ID, "cn-hangzhou", "alicloud", target=target))])
    return record


def told(there: MemoryCloud) -> drilled.Drilled:
    found = drilled.from_tags(there.machines[ID].instance.tags)
    assert found is not None
    return found


def verbs(there: MemoryCloud) -> list[str]:
    return [verb.split()[0] for verb, _what in there.log]


def test_a_drill_that_passes_leaves_the_instance_as_it_was_and_a_tag_that_says_so() -> None:
    there = cloud()
    record = run(there)
    assert (record.state, record.problem) == ("drilled", None), record.timeline
    assert there.machines[ID].os == "centos-7"
    assert (told(there).passed, told(there).source, told(there).target, told(there).by) == (
        True,
        "centos-7",
        "alinux-3",
        "service",
    )
    assert verbs(there) == ["tag", "take", "take", "order", "begin", "delete_work"]
    assert there.made == {}
    assert there.machines[ID].instance.tags[TAG_KEY].startswith("protected attempt=1 set=1")


def test_a_drill_that_fails_says_so_and_is_no_reason_to_migrate() -> None:
    there = cloud(failing=frozenset({(ID, "alinux-3")}))
    record = run(there)
    assert record.problem is not None
    assert (record.problem.code, "M199" in record.problem.message) == ("DrillFailed", True)
    assert (told(there).passed, there.machines[ID].os, there.made) == (False, "centos-7", {})


def test_a_migration_with_a_drill_first_orders_one_work_that_does_both() -> None:
    there, orders = cloud(), []
    there.before_call = lambda verb: None
    record = run(there, replace(DRILL, state="migrated", drill_first=True))
    orders = [order.settings for _work, _ready, order in there.made.values()]
    assert (record.state, there.machines[ID].os, orders) == ("migrated", "alinux-3", [{"drill": "and_migrate"}])


def test_a_migration_without_one_asks_for_none() -> None:
    there = cloud()
    assert run(there, replace(DRILL, state="migrated")).state == "migrated"
    assert [order.settings for _work, _ready, order in there.made.values()] == [{}]


@pytest.mark.parametrize("state", ["drilled", "migrated"])
def test_windows_is_not_drilled_by_the_service_and_nothing_is_written(state: str) -> None:
    there = cloud("windows-2012r2")
    record = run(there, replace(DRILL, state=state, drill_first=True))
    assert record.problem is not None
    assert (record.state, record.problem.code, there.log) == ("blocked", "DrillNotOffered", [])


def test_a_request_that_nobody_has_tried_is_not_sent() -> None:
    there = cloud()
    record = run(there, replace(DRILL, offers={"alicloud": replace(OFFER, drill_proven=False)}))
    assert record.problem is not None
    assert (record.state, record.problem.code, there.log) == ("blocked", "DrillUnproven", [])


def test_check_mode_writes_nothing() -> None:
    there = cloud()
    record = run(there, check=True)
    assert (record.state, record.changed, there.log) == ("planned", True, [])


def test_an_instance_that_is_being_migrated_is_not_drilled() -> None:
    there = cloud(durations=lambda what, who: 10_000.0 if what == "work" else 60.0)
    run(there, replace(DRILL, state="migrated", hop_timeout=3000))
    before = list(there.log)
    record = run(there, number=2)
    assert record.problem is not None
    assert record.problem.code == "AttemptUnderWay"
    assert there.log == before


def test_an_instance_that_runs_its_target_is_left_alone() -> None:
    there = cloud("alinux-3")
    assert (run(there).state, there.log) == ("unchanged", [])


def test_what_the_service_did_not_take_as_a_drill_is_told_with_the_way_back() -> None:
    there = cloud()

    def mistaken(verb: str) -> None:
        for _work, _ready, order in there.made.values():
            dict.pop(order.settings, "drill", None)  # type: ignore[arg-type]

    there.after_call = mistaken
    record = run(there)
    assert record.problem is not None
    assert (record.problem.code, "instance_snapshot" in record.problem.remedy) == ("DrillLeftChanges", True)
    assert drilled.DRILL_KEY not in there.machines[ID].instance.tags
    assert len(there.taken) == 2


@pytest.mark.parametrize("applied", [False, True])
@pytest.mark.parametrize("fails", [False, True])
def test_killed_at_any_call_the_next_run_ends_the_drill_and_no_two_run_at_once(applied: bool, fails: bool) -> None:
    failing = frozenset({(ID, "alinux-3")}) if fails else frozenset[tuple[str, str]]()
    for calls in count():
        there = cloud(failing=failing)
        there.kills_after(calls, applied)
        try:
            run(there)
        except Killed:
            pass
        else:
            assert calls > 10
            return
        there.before_call = there.after_call = lambda verb: None
        record = run(there, number=2)
        assert record.state == ("failed" if fails else "drilled"), (calls, record.timeline, record.problem)
        assert told(there).passed is not fails
        assert (there.machines[ID].os, there.made, there.most_running) == ("centos-7", {}, 1)
        assert verbs(there).count("begin") <= 2


def test_a_tag_s_text_is_read_again_and_fits() -> None:
    hops = [Hop("windows-2008r2", "windows-2012r2", path="x"), Hop("windows-2012r2", "windows-2016", path="y")]
    one = drilled.drilled(True, 1795602726.5, hops, drilled.SERVICE, "1a2b3c4d")
    assert drilled.from_tags({drilled.DRILL_KEY: one.text}) == one
    assert len(one.text) <= 128
    assert drilled.from_tags({drilled.DRILL_KEY: "passed"}) is None
    assert drilled.from_tags({}) is None
    assert drilled.path_of(hops) != drilled.path_of(hops[:1])


# --- a condition of the migration -------------------------------------------------------------------------------------

DAY = 86400.0


def wanting(days: float) -> Goal:
    return replace(DRILL, state="migrated", drill_days=days)


def test_without_a_drill_nothing_is_begun_where_one_is_wanted() -> None:
    there = cloud()
    record = run(there, wanting(7))
    assert record.problem is not None
    assert (record.state, record.problem.code, there.log) == ("blocked", "DrillMissing", [])
    assert "it was never drilled" in record.problem.message


def test_a_drill_that_passed_lets_another_controller_migrate_until_it_is_too_old() -> None:
    there = cloud()
    run(there)
    there.now += 8 * DAY
    record = run(there, wanting(7), number=2)
    assert record.problem is not None
    assert (record.problem.code, "8.0 days old" in record.problem.message) == ("DrillMissing", True)
    assert run(there, wanting(9), number=3).state == "migrated"


def test_a_drill_that_failed_or_was_of_another_path_is_none() -> None:
    hops = [Hop("centos-7", "alinux-3", path="x")]
    passed = drilled.drilled(True, 0, hops, drilled.SERVICE, "1")
    assert drilled.missing(passed, hops, 1, DAY) == ""
    assert "is 1.1 days old" in drilled.missing(passed, hops, 1, 1.1 * DAY)
    assert "failed" in drilled.missing(replace(passed, passed=False), hops, 1, 0)
    assert "another path" in drilled.missing(passed, [Hop("centos-7", "anolis-8", path="x")], 1, 0)
    assert "another path" in drilled.missing(passed, [replace(hops[0], path="y")], 1, 0)
    assert "never" in drilled.missing(None, hops, 1, 0)


def test_an_attempt_that_is_under_way_goes_on_without_a_drill() -> None:
    there = cloud()
    there.kills_after(6, applied=True)
    with pytest.raises(Killed):
        run(there, replace(DRILL, state="migrated"))
    there.before_call = there.after_call = lambda verb: None
    assert there.machines[ID].instance.tags[TAG_KEY].startswith("started")
    assert run(there, wanting(7), number=2).state == "migrated"
