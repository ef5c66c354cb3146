# Copyright (c) 2026 evergreen.os_migration contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The bound that the benchmark of migrations compares with, and that it counts what grandchildren cost."""

from __future__ import annotations

import os
import sys
from pathlib import Path

import pytest
from benchmark.bound import Plan, Step, makespan
from benchmark.measuring import run
from hypothesis import given
from hypothesis import strategies as st

SECONDS = st.integers(1, 500).map(float)
PLANS = st.lists(st.lists(SECONDS, min_size=1, max_size=4).map(lambda lengths: plan(*lengths)), min_size=1, max_size=12)


def plan(*seconds: float, place: str = "") -> Plan:
    return Plan(tuple(Step("Work", length) for length in seconds), place)


def length(one: Plan) -> float:
    return sum(step.seconds for step in one.steps)


def test_without_limits_the_slowest_instance_decides() -> None:
    assert makespan([plan(10, 20), plan(5), plan(1, 1, 1)], None, {}) == 30


def test_nothing_to_do_takes_no_time() -> None:
    assert makespan([], 5, {"default": 1}) == 0


def test_a_cap_makes_waves() -> None:
    assert makespan([plan(10)] * 7, 3, {}) == 30


def test_a_place_is_taken_as_soon_as_one_is_free() -> None:
    """By list: 7 and 2 begin, 2 is followed by 4, which is over before 7."""
    assert makespan([plan(7), plan(2), plan(4), plan(1)], 2, {}) == 7


def test_an_instance_holds_its_place_over_all_its_steps() -> None:
    assert makespan([plan(1, 2, 3), plan(4)], 1, {}) == 10


def test_calls_wait_for_the_next_minute() -> None:
    """Of five instances two can begin in each minute; the last begins at 120."""
    assert makespan([plan(10)] * 5, None, {"Work": 2}) == 130


def test_what_is_not_named_has_the_default_quota() -> None:
    steps = Plan((Step("Order"), Step("Work", 10)))
    assert makespan([steps] * 2, None, {"Order": 10, "default": 1}) == 70
    assert makespan([steps] * 2, None, {"Order": 10}) == 10


def test_a_call_for_many_counts_once() -> None:
    mark = Plan((Step("Mark", share=1 / 50), Step("Work", 5)))
    assert makespan([mark] * 50, None, {"Mark": 1}) == 5
    assert makespan([mark] * 51, None, {"Mark": 1}) == 65


def test_each_place_has_its_own_quota() -> None:
    assert makespan([plan(10, place="a"), plan(10, place="b")], None, {"Work": 1}) == 10
    assert makespan([plan(10, place="a"), plan(10, place="a")], None, {"Work": 1}) == 70


def test_a_later_step_has_its_quota_in_its_own_minute() -> None:
    assert makespan([plan(60, 1), plan(61, 1)], None, {"Work": 2}) == 62


@pytest.mark.parametrize(("cap", "quotas"), [(0, {}), (1, {"Work": 0})])
def test_limits_that_let_nothing_through_are_refused(cap: int, quotas: dict[str, int]) -> None:
    with pytest.raises(ValueError, match="let something through"):
        makespan([plan(1)], cap, quotas)


@given(PLANS, st.integers(1, 5))
def test_no_list_is_worse_than_graham_says(plans: list[Plan], cap: int) -> None:
    found = makespan(plans, cap, {})
    total, longest = sum(map(length, plans)), max(map(length, plans))
    assert max(longest, total / cap) <= found + 1e-6
    assert found <= total / cap + longest * (cap - 1) / cap + 1e-6


@given(PLANS, st.integers(1, 5), st.integers(1, 5))
def test_quotas_only_add_waiting(plans: list[Plan], cap: int, quota: int) -> None:
    calls = sum(len(one.steps) for one in plans)
    capped, limited = makespan(plans, cap, {}), makespan(plans, None, {"Work": quota})
    assert limited > (calls - 1) // quota * 60
    assert makespan(plans, None, {}) <= min(capped, limited)


def test_what_grandchildren_cost_is_counted(tmp_path: Path) -> None:
    burn = "import time\nwhile time.process_time() < 0.5: pass"
    shell = f"import subprocess, sys; subprocess.run([sys.executable, '-c', {burn!r}], check=True)"
    usage = run([sys.executable, "-c", shell], os.environ, tmp_path / "output.txt")
    assert usage.rc == 0
    assert usage.cpu >= 0.5
    assert usage.memory_mib > 1
    assert usage.ended >= usage.began


def test_a_command_that_hangs_is_killed_with_its_children(tmp_path: Path) -> None:
    usage = run(["sh", "-c", "echo begun; sleep 100 & wait"], os.environ, tmp_path / "output.txt", patience=0.5)
    assert usage.rc == -9
    assert usage.output == "begun\n"
