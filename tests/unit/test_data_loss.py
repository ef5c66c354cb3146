# Copyright (c) 2026 evergreen.os_migration contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Nothing that was written once the instance had served is lost by itself, whatever fails, and whoever does what.

The cloud of these tests knows what its collection cannot: when works held the instance, those among them that were
deleted since. A disk that is put back loses what was written after its point.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from itertools import pairwise
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from .memory_cloud import Killed, MemoryCloud, Works
from .test_engine import run

HOUR = 3600.0
TARGET = {"c1": "alinux-3"}


@dataclass
class Serving(MemoryCloud):
    """A cloud with one instance, which writes to its disks whenever it runs and no work holds it."""

    held: list[tuple[float, float]] = field(default_factory=list)
    stopped: float = 0.0
    moments: list[float] = field(default_factory=list)
    lost: list[str] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.add("c1", "centos-7", disks=2)
        self.before_restore = self.weigh
        self.durations = lambda what, who: {"work": 900.0, "snapshot": 120.0}.get(what, 20.0)

    def write(self, verb: str, what: str) -> None:
        super().write(verb, what)
        if verb == "begin":
            self.held.append((self.now, self.now + self.durations("work", "c1")))
        elif verb == "stop":
            self.stopped = self.now
        elif verb == "start":
            self.held.append((self.stopped, self.now))

    def weigh(self, disk_id: str, point_id: str) -> None:
        """Note what is lost when a disk is put back: between a set and its own work it is told, and does not count."""
        born = self.born[point_id]
        self.moments.append(born)
        held = [(began, ended) for began, ended in (*self.held, (self.stopped, self.now)) if began >= born]
        later = [other for key, other in self.born.items() if key.startswith("snap") and other > born + 600]
        if held and not any(other < held[0][0] for other in later):
            held[0] = (born, held[0][1])
        served = [then[0] - before[1] for before, then in pairwise([(born, born), *held, (self.now, self.now)])]
        if max(served) > HOUR + 60:
            self.lost.append(
                f"{disk_id} put back by {(self.now - born) / HOUR:.1f} h, served {max(served) / HOUR:.1f} h"
            )

    def began_again(self) -> None:
        """Have somebody start a failed job in the console."""
        for key in list(self.made):
            if Works(self).work(key).status == "failed":
                Works(self).begin(key)

    def forgets_a_point(self) -> None:
        """Have somebody delete a snapshot."""
        for key in list(self.taken)[:1]:
            del self.taken[key]

    def forgets_works(self) -> None:
        """Have somebody delete the jobs that do not run."""
        for key in list(self.made):
            if Works(self).work(key).status != "running":
                del self.made[key]


def migrate(cloud: Serving, kill: tuple[int, bool] | None = None, **wanted: Any) -> Any:
    """Run until the end, or until the controller dies; return the record of what came to its end."""
    if kill:
        cloud.kills_after(*kill)
    try:
        return run(cloud, TARGET, **wanted)["c1"]
    except Killed:
        return None
    finally:
        cloud.before_call = cloud.after_call = lambda verb: None


kills = st.none() | st.tuples(st.integers(0, 60), st.booleans())
runs = st.builds(
    lambda kill, **wanted: lambda cloud: migrate(cloud, kill, **wanted),
    kills,
    state=st.sampled_from(["migrated", "migrated", "migrated", "rolled_back"]),
    on_failure=st.sampled_from(["rollback", "rollback", "keep"]),
    rollback_to=st.sampled_from(["start", "start", "hop"]),
    retry=st.booleans(),
)


def waiting(hours: float) -> Callable[[Serving], None]:
    def wait(cloud: Serving) -> None:
        cloud.now += hours * HOUR

    return wait


def failing(names: frozenset[tuple[str, str]]) -> Callable[[Serving], None]:
    def fail(cloud: Serving) -> None:
        cloud.failing = names

    return fail


people: st.SearchStrategy[Callable[[Serving], Any]] = st.sampled_from(
    [
        waiting(0.8),
        *[waiting(60)] * 4,
        failing(frozenset()),
        failing(frozenset({("c1", "alinux-3")})),
        Serving.began_again,
        Serving.forgets_a_point,
        Serving.forgets_works,
    ]
)


@settings(max_examples=60, deadline=None)
@given(st.booleans(), st.lists(people | runs | runs, min_size=2, max_size=8))
def test_nothing_that_was_written_once_the_instance_had_served_is_lost_by_itself(
    fails: bool, story: list[Callable[[Serving], Any]]
) -> None:
    cloud = Serving(failing=frozenset({("c1", "alinux-3")} if fails else ()))
    migrate(cloud)
    for act in story:
        act(cloud)
    assert cloud.lost == []


# --- some of these stories ------------------------------------------------------------------------------------------


def failed(cloud: Serving, **wanted: Any) -> str:
    record = migrate(cloud, **wanted)
    return record.problem.code if record.problem else ""


def test_a_retry_days_later_takes_new_snapshots_and_goes_back_to_them_alone() -> None:
    cloud = Serving(failing=frozenset({("c1", "alinux-3")}))
    assert failed(cloud) == "MigrationFailed"
    cloud.now += 60 * HOUR
    taken = len(cloud.taken)
    record = migrate(cloud, retry=True, on_failure="rollback", rollback_to="hop")
    assert (record.state, len(cloud.taken)) == ("rolled_back", 2 * taken)
    assert min(cloud.moments) > 60 * HOUR
    assert cloud.lost == []


def test_a_failure_of_a_retry_is_kept_when_the_way_back_leads_to_before_days_of_service() -> None:
    cloud = Serving(failing=frozenset({("c1", "alinux-3")}))
    assert failed(cloud) == "MigrationFailed"
    cloud.now += 60 * HOUR
    record = migrate(cloud, retry=True, on_failure="rollback")
    assert (record.state, record.problem.code) == ("failed", "MigrationFailed")
    assert "not rolled back by itself: the instance has served since" in record.timeline[-1].event
    assert (cloud.moments, cloud.facts("c1").status) == ([], "Running")


def test_an_old_way_back_is_gone_only_when_its_moment_is_confirmed() -> None:
    cloud = Serving()
    assert migrate(cloud).state == "migrated"
    cloud.now += 30 * HOUR
    refused = migrate(cloud, state="rolled_back")
    assert refused.problem.code == "NotConfirmed"
    assert "stop" not in [verb for verb, _what in cloud.log]
    moment = refused.problem.remedy.split()[-1].rstrip(".")
    back = run(cloud, TARGET, state="rolled_back", confirm=moment)["c1"]
    assert (back.state, back.view.lost_since) == ("rolled_back", moment)


@pytest.mark.parametrize("calls", range(0, 40, 3))
def test_a_rollback_that_was_killed_is_not_gone_on_with_once_the_instance_has_served(calls: int) -> None:
    cloud = Serving()
    assert migrate(cloud).state == "migrated"
    migrate(cloud, (calls, True), state="rolled_back")
    cloud.now += 5 * HOUR
    for state in ("migrated", "rolled_back"):
        migrate(cloud, state=state)
    assert cloud.lost == []
    assert len({round(moment / 600) for moment in cloud.moments}) <= 1


def test_a_way_back_that_is_gone_leaves_the_instance_running() -> None:
    cloud = Serving(failing=frozenset({("c1", "alinux-3")}))
    assert failed(cloud) == "MigrationFailed"
    cloud.forgets_a_point()
    assert failed(cloud, state="rolled_back") == "NothingToRollBack"
    assert "stop" not in [verb for verb, _what in cloud.log]


def test_points_that_are_deleted_under_a_rollback_leave_the_instance_running() -> None:
    cloud = Serving(failing=frozenset({("c1", "alinux-3")}))
    assert failed(cloud) == "MigrationFailed"

    def forget(verb: str) -> None:
        if verb == "stop":
            cloud.taken.clear()

    cloud.after_call = forget
    record = run(cloud, TARGET, state="rolled_back")["c1"]
    assert record.problem.code == "NoSnapshots"
    cloud.now += 60
    assert (cloud.moments, cloud.facts("c1").status) == ([], "Running")
