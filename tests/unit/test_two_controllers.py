# Copyright (c) 2026 evergreen.os_migration contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Two runs that meet on one instance: nothing starts twice, nothing is put back under a work, nothing is lost."""

from __future__ import annotations

import random
from itertools import count
from typing import Any

import pytest

from .controllers import Controller, Time, Watched, goal, started

GOALS = ("migrated", "rolled_back", "committed")
#: How long after the first the second controller begins, in seconds.
OFFSETS = (0, 1, 6, 14, 31, 46, 62, 90, 130, 200, 290, 420, 700, 1300)
SEEDS = 50
_RUNS = count(0xA0)


def controller(cloud: Watched, state: str, luck: random.Random, odds: float = 0.0, **more: Any) -> Controller:
    wanted = goal(state, on_failure=luck.choice(("keep", "rollback")))
    return Controller(f"{next(_RUNS):x}", cloud, wanted, luck, odds, **more)


def alone(cloud: Watched, state: str, **more: Any) -> Controller:
    """Have one controller reach a goal without any fault."""
    one = controller(cloud, state, random.Random(0), **more)
    with started([(one, 0.0, list(cloud.machines))]):
        pass
    return one


def cloud_of(luck: random.Random) -> Watched:
    """Return a cloud with one instance that nothing was done to, or that was migrated."""
    cloud = Watched(time=Time(), foreign_works=frozenset())
    cloud.add("c1", "centos-7", disks=luck.choice((1, 2)))
    cloud.durations = lambda what, who: {"work": 300.0, "snapshot": 60.0, "stop": 30.0, "start": 40.0}.get(what, 5.0)
    if luck.random() < 0.2:
        cloud.failing = frozenset({("c1", "alinux-3")})
    cloud.settle()
    return cloud


def settled(cloud: Watched) -> bool:
    machine = cloud.machines["c1"].instance
    return machine.status == "Running" and cloud.tag_says("c1") in ("", "migrated", "rolled_back", "committed")


def recover(cloud: Watched) -> None:
    """Have a person run again what can be run, later and in peace, until the instance is settled."""
    for state in GOALS:
        if settled(cloud):
            return
        cloud.time.now += 3600
        (record,) = alone(cloud, state).records
        if record.problem and record.problem.code == "NotConfirmed":
            alone(cloud, "rolled_back", confirm=record.problem.remedy.split()[-1].rstrip("."))
        cloud.settle()


def tale(one: Controller) -> str:
    """Tell what a controller did, for who reads a failure."""
    ends = [(record.state, record.problem, record.timeline) for record in one.records]
    return f"{one.name} {one.goal.state}: {one.told} {ends}"


@pytest.mark.parametrize("second", GOALS)
@pytest.mark.parametrize("first", GOALS)
def test_two_runs_on_one_instance_never_undo_each_other(first: str, second: str) -> None:
    for seed in range(SEEDS):
        luck = random.Random(f"{first} {second} {seed}")
        cloud = cloud_of(luck)
        if first != "migrated" or luck.random() < 0.3:
            alone(cloud, "migrated")
        odds = luck.choice((0.0, 0.03, 0.08))
        where: dict[str, Any] = {"skew": luck.choice((0.0, -900.0, 900.0)), "same_machine": luck.random() < 0.5}
        pair = [controller(cloud, first, luck, odds), controller(cloud, second, luck, odds, **where)]
        with started([(pair[0], 0.0, ["c1"]), (pair[1], luck.choice(OFFSETS), ["c1"])]):
            pass
        cloud.settle()
        recover(cloud)
        told = [tale(one) for one in pair]
        assert not cloud.wrong, (seed, cloud.wrong, cloud.log, told)
        assert settled(cloud), (seed, cloud.tag_says("c1"), cloud.machines["c1"].instance.status, told)
        wanted = {"migrated": "alinux-3", "committed": "alinux-3", "rolled_back": "centos-7"}.get(cloud.tag_says("c1"))
        assert wanted in (None, cloud.machines["c1"].os), (seed, cloud.tag_says("c1"), cloud.machines["c1"].os, told)


def test_two_runs_keep_one_cap() -> None:
    for seed in range(SEEDS // 5):
        luck = random.Random(seed)
        cloud = Watched(time=Time())
        for number in range(8):
            cloud.add(f"c{number}", "centos-7")
        cloud.durations = lambda what, who: {"work": 300.0, "snapshot": 60.0}.get(what, 5.0)
        cloud.settle()
        pair = [controller(cloud, "migrated", luck, most=3, same_machine=True) for _number in range(2)]
        shares = [[f"c{number}" for number in range(first, 8, 2)] for first in (0, 1)]
        with started([(pair[0], 0.0, shares[0]), (pair[1], luck.choice(OFFSETS[:10]), shares[1])]):
            pass
        assert cloud.most_running <= 3, seed
        assert {machine.os for machine in cloud.machines.values()} == {"alinux-3"}, (seed, [tale(one) for one in pair])


def test_two_runs_that_begin_at_once_both_get_their_share_of_the_cap() -> None:
    cloud = Watched(time=Time())
    for number in range(4):
        cloud.add(f"c{number}", "centos-7")
    cloud.settle()
    pair = [controller(cloud, "migrated", random.Random(1), most=2) for _number in range(2)]
    with started([(pair[0], 0.0, ["c0", "c1"]), (pair[1], 0.0, ["c2", "c3"])]):
        pass
    assert cloud.most_running == 2
    assert {record.state for one in pair for record in one.records} == {"migrated"}
