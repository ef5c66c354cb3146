# Copyright (c) 2026 evergreen.os_migration contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The core with a method that it does not have, and with a cloud whose way back replaces disks."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import Any
from unittest import mock

import pytest
import toy
from ansible_collections.evergreen.os_migration.plugins.module_utils._core.goal import Goal, Offer
from ansible_collections.evergreen.os_migration.plugins.module_utils._core.migration.tables import METHODS, MIGRATION
from ansible_collections.evergreen.os_migration.plugins.module_utils._core.migration.view import Migration
from ansible_collections.evergreen.os_migration.plugins.module_utils._core.model import Item, Place
from ansible_collections.evergreen.os_migration.plugins.module_utils._core.paths import with_rows
from ansible_collections.evergreen.os_migration.plugins.module_utils._core.record import Moment
from ansible_collections.evergreen.os_migration.plugins.module_utils._core.verb import Step
from ansible_collections.evergreen.os_migration.plugins.module_utils._engine import (
    Brief,
    Callers,
    Clock,
    Engine,
    Limits,
)
from ansible_collections.evergreen.os_migration.plugins.module_utils._errors import Transient
from hypothesis import given, settings
from toy import GATES, KIND, PROVIDER
from toy.cloud import ToyCloud
from toy.state import State, World, add_instance

from .healthy import BY_SYSTEM, HEALTHY_LINUX
from .strategies import goals, likely_records, now_and_then, records

#: The toy is to stay a toy: lines without headers, comments and docstrings.
MOST_LINES = 440
HOPS = (("centos-7", "alinux-2"), ("alinux-2", "alinux-3"))
ROWS = [{"source": one, "target": other, "provider": "toy", "service": KIND} for one, other in HOPS]
PATHS = with_rows(ROWS, {"toy": PROVIDER.services})


@pytest.fixture(autouse=True, scope="module")
def method() -> Iterator[None]:
    """Let the core know the toy's method."""
    with mock.patch.dict(METHODS, {KIND: GATES}):
        yield


@settings(max_examples=250, deadline=None)
@given(records() | likely_records(), goals, now_and_then)
def test_the_toy_s_method_has_a_next_step_for_every_record(record: Migration, goal: Goal, now: Moment) -> None:
    ours = replace(goal, offers={"alicloud": Offer({"smc": (KIND,)}, ("replace_disks",))})
    assert isinstance(MIGRATION.decide(record, ours, now), Step)


def test_the_toy_stays_small() -> None:
    assert sum(code_lines(path) for path in Path(toy.__file__).parent.glob("*.py")) <= MOST_LINES


def code_lines(path: Path) -> int:
    text = path.read_text("utf-8")
    nodes = [node for node in ast.walk(ast.parse(text)) if isinstance(node, ast.Expr) and is_text(node.value)]
    documentation = {line for node in nodes for line in range(node.lineno, (node.end_lineno or 0) + 1)}
    lines = enumerate(text.splitlines(), 1)
    return sum(number not in documentation and line.strip()[:1] not in ("", "#") for number, line in lines)


def is_text(node: ast.expr) -> bool:
    return isinstance(node, ast.Constant) and isinstance(node.value, str)


# --- the engine on a toy cloud ----------------------------------------------------------------------------------------


class Toy:
    """A toy cloud whose time is the engine's own."""

    def __init__(self, directory: Path, lag: float = 0.0, **instance: Any) -> None:
        world = World(lag=lag, facts={"linux": HEALTHY_LINUX, **BY_SYSTEM})
        self.id = add_instance(world, **instance)
        self.state, self._directory, self._now = State(directory), directory, world.now
        self.state.write(world)
        self.lost: set[str] = set()

    def bring(self, state: str, poll: float = 20, **wishes: Any) -> Migration:
        """Bring the instance to a goal."""
        clock = Clock(lambda: self._now, lambda: self._now, self._sleep)
        callers = Callers(clock, float("inf"), lambda provider: 1000)
        wanted = Goal(state, paths=PATHS, offers={"toy": PROVIDER.offer({})}, **wishes)
        brief = Brief(wanted, {"linux": "# guest facts"})
        engine = Engine(MIGRATION, partial(self._connect, callers), brief, Limits(poll_interval=poll), clock=clock)
        (record,) = engine.run([MIGRATION.record(Item(self.id, "north", "toy", target="alinux-3"))])
        return record

    def _connect(self, callers: Callers, place: Place) -> ToyCloud:
        call = callers.of("toy", "")

        def asked(action: str, send: Any, repeatable: bool = True) -> Any:
            def losing() -> Any:
                answer = send()
                if action in self.lost:
                    self.lost.discard(action)
                    raise Transient(mock.Mock())
                return answer

            return call(action, losing, repeatable)

        return ToyCloud(self._directory, place.region, asked)

    def _sleep(self, seconds: float) -> None:
        with self.state.open() as world:
            world.now += seconds
            self._now = world.now

    def world(self) -> World:
        with self.state.open() as world:
            return world


@pytest.mark.parametrize("sizes", [(40,), (40, 100), (40, 100, 20)])
def test_a_rollback_replaces_every_disk(tmp_path: Path, sizes: tuple[int, ...]) -> None:
    toy = Toy(tmp_path, sizes=sizes)
    assert toy.bring("migrated").state == "migrated"
    former = {key for key, disk in toy.world().disks.items() if disk["on"]}
    back = toy.bring("rolled_back")
    assert (back.state, back.problem) == ("rolled_back", None)
    world = toy.world()
    attached = {key for key, disk in world.disks.items() if disk["on"]}
    assert len(attached) == len(sizes)
    assert not attached & former
    assert world.root(toy.id)["system"] == "centos-7"


@pytest.mark.parametrize(("lag", "poll"), [(0, 20), (1, 20), (1, 700)])
@pytest.mark.parametrize("lost", ["", "order", "take", "tag"])
def test_a_guest_is_asked_again_after_a_work_however_late_that_is_seen(
    tmp_path: Path, lag: float, poll: float, lost: str
) -> None:
    toy = Toy(tmp_path, lag)
    toy.lost = {lost}
    record = toy.bring("migrated", poll)
    assert (record.state, record.problem) == ("migrated", None)
    assert [line[0] for line in toy.world().journal].count("order") == len(HOPS)
    # Where looks are far apart the instance serves for more than an hour before a hop: its points are taken anew.
    assert len(toy.world().points) <= (1 if poll == 20 else 1 + len(HOPS))


@pytest.mark.parametrize("lost", ["stop", "start", "detach", "attach", "order", "tag"])
def test_a_rollback_goes_on_after_a_lost_answer(tmp_path: Path, lost: str) -> None:
    toy = Toy(tmp_path, sizes=(40, 100))
    toy.bring("migrated")
    toy.lost = {lost}
    back = toy.bring("rolled_back")
    assert (back.state, back.problem) == ("rolled_back", None)
    assert sum(work["kind"] == "disk" for work in toy.world().works.values()) == 2


def test_a_failed_work_is_rolled_back_where_that_is_wanted(tmp_path: Path) -> None:
    toy = Toy(tmp_path, fails=("T42", "It broke."))
    record = toy.bring("migrated", on_failure="rollback")
    assert record.problem is not None
    assert (record.state, record.problem.code) == ("rolled_back", "MigrationFailed")
    assert "T42" in record.problem.message
    works = [work["kind"] for work in toy.world().works.values()]
    assert works == ["disk"]
