# Copyright (c) 2026 evergreen.os_migration contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""A set is taken one way, as a group or one by one, and no disk twice in it, wherever the controller dies."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import replace
from itertools import count
from typing import Any

import pytest
from ansible_collections.evergreen.os_migration.plugins.module_utils._core.migration.protect import set_taken
from ansible_collections.evergreen.os_migration.plugins.module_utils._core.migration.view import Migration
from ansible_collections.evergreen.os_migration.plugins.module_utils._core.model import Disk, Point
from ansible_collections.evergreen.os_migration.plugins.module_utils._core.verb import Verb
from hypothesis import given, settings
from hypothesis import strategies as st

from .memory_cloud import LIMITS, Killed, MemoryCloud
from .situations import GOAL, HERE, POINT, STARTED, at, tagged
from .test_drill_on_a_clone import ID, NOTHING, drill, kill_at, left
from .test_engine import run

TOGETHER = replace(LIMITS, batch={**LIMITS.batch, "take": 100})
DATA = tuple(Disk(f"d-{number}", status="In_use", device=f"/dev/xvd{'abc'[number]}") for number in (1, 2))
THREE_DISKS = STARTED.learns(instance=tagged("started", disks=(*HERE.disks, *DATA)))


def point(disk: Disk | str, group: str = "ssg-1", **changes: Any) -> Point:
    disk_id = disk if isinstance(disk, str) else disk.disk_id
    given = {"status": "progressing", "created": "", **changes}
    return replace(POINT, snapshot_id=f"s-{disk_id}", disk_id=disk_id, group=group, **given)


def of_the_run(record: Migration) -> Migration:
    return record.learns(sets=(1,))


# --- the gate ---------------------------------------------------------------------------------------------------------


def test_the_first_points_of_a_set_are_asked_for_together() -> None:
    step = set_taken(of_the_run(THREE_DISKS), GOAL, at(0))
    assert step
    assert step.verb is Verb.SNAPSHOT
    assert [(take.disk.disk_id, take.of, take.rest) for take in step.subject] == [
        (disk.disk_id, THREE_DISKS.id, False) for disk in (*HERE.disks, *DATA)
    ]


def test_what_is_missing_of_a_set_that_was_begun_one_by_one_is_the_rest_of_it() -> None:
    begun = of_the_run(THREE_DISKS.learns(points=(point("d-0", group=""),)))
    step = set_taken(begun, GOAL, at(0))
    assert step
    assert [(take.disk.disk_id, take.rest) for take in step.subject] == [("d-1", True), ("d-2", True)]


def test_nothing_is_added_to_a_group_that_lacks_a_disk() -> None:
    """A disk that was attached since, or a member that somebody deleted: the next set is whole again."""
    group = of_the_run(THREE_DISKS.learns(points=(point("d-0"), point("d-1"))))
    step = set_taken(group, GOAL, at(0))
    assert step
    assert step.verb is Verb.MARK
    assert " set=2 " in f"{step.subject} "


def test_a_whole_group_is_waited_for() -> None:
    group = of_the_run(THREE_DISKS.learns(points=tuple(map(point, ("d-0", "d-1", "d-2")))))
    step = set_taken(group, GOAL, at(0))
    assert step
    assert (step.verb, step.subject) == (Verb.LOOK, "point")


# --- the whole way ----------------------------------------------------------------------------------------------------


def cloud(disks: int = 3, **more: Any) -> MemoryCloud:
    made = MemoryCloud(capabilities=TOGETHER, **more)
    made.add("c1", "centos-7", disks=disks)
    return made


def one_way_and_no_disk_twice(there: MemoryCloud) -> bool:
    """Say whether each set was taken as one group, or one by one, and each of its disks once."""
    sets: dict[str, list[Point]] = defaultdict(list)
    for taken, _ready, _owner in there.taken.values():
        sets[taken.label].append(taken)
    ways = [{taken.group for taken in points} for points in sets.values()]
    disks = [[taken.disk_id for taken in points] for points in sets.values()]
    return all(len(way) == 1 for way in ways) and all(len(set(of)) == len(of) for of in disks)


def test_a_set_of_several_disks_is_one_call() -> None:
    there = cloud()
    calls: list[str] = []
    there.before_call = calls.append
    assert run(there, {"c1": "alinux-3"})["c1"].state == "migrated"
    assert calls.count("take") == 1
    assert {taken.group for taken, _ready, _owner in there.taken.values()} == {"group-0"}


@settings(max_examples=60, deadline=None)
@given(
    kills=st.lists(st.tuples(st.integers(0, 40), st.booleans()), max_size=4),
    lag=st.sampled_from([0.0, 5.0, 14.0]),
    apart=st.sampled_from([frozenset(), frozenset({"d-c1-2"})]),
    failing=st.booleans(),
)
def test_wherever_it_is_killed_a_set_is_taken_one_way_and_no_disk_twice(
    kills: list[tuple[int, bool]], lag: float, apart: frozenset[str], failing: bool
) -> None:
    there = cloud(lag=lag, apart=apart)
    there.failing = frozenset({("c1", "alinux-3")} if failing else ())
    for kill in kills:
        there.kills_after(*kill)
        try:
            run(there, {"c1": "alinux-3"}, on_failure="rollback")
        except Killed:
            there.now += 60
        there.before_call = there.after_call = lambda verb: None
        assert one_way_and_no_disk_twice(there)
    done = run(there, {"c1": "alinux-3"}, on_failure="rollback")["c1"]
    assert done.state in (("failed", "rolled_back") if failing else ("migrated",)), done.problem
    assert one_way_and_no_disk_twice(there)
    if done.state == "migrated":
        assert run(there, {"c1": "alinux-3"}, state="committed")["c1"].state == "committed"
        assert there.taken == {}


@pytest.mark.parametrize("applied", [False, True])
def test_killed_at_the_group_the_next_run_finds_it_and_goes_on(applied: bool) -> None:
    there = cloud()

    def die(verb: str) -> None:
        if verb == "take":
            raise Killed

    there.before_call, there.after_call = (lambda verb: None, die) if applied else (die, lambda verb: None)
    with pytest.raises(Killed):
        run(there, {"c1": "alinux-3"})
    there.before_call = there.after_call = lambda verb: None
    assert run(there, {"c1": "alinux-3"})["c1"].state == "migrated"
    assert [what for verb, what in there.log if verb == "take"] == [
        f"d-c1-{number} of=c1 attempt={1 if applied else 2} set=1" for number in range(3)
    ]


# --- the drill's own points -------------------------------------------------------------------------------------------


@pytest.mark.parametrize("applied", [False, True])
def test_a_drill_takes_a_group_too_and_leaves_nothing_wherever_it_is_killed(applied: bool) -> None:
    for calls in count():
        there = MemoryCloud(capabilities=TOGETHER)
        there.add(ID, "centos-7", disks=2)
        kill_at(there, calls, applied)
        try:
            drill(there)
        except Killed:
            pass
        else:
            assert calls > 20
            return
        there.before_call = there.after_call = lambda verb: None
        assert one_way_and_no_disk_twice(there)
        there.now += 3600
        drill(there, 2)
        assert left(there) == NOTHING
