# Copyright (c) 2026 evergreen.os_migration contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""How calls reach a cloud: in their turn, again after what passes, never after the deadline, some never again."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from ansible_collections.evergreen.os_migration.plugins.module_utils._clouds.base import Rate
from ansible_collections.evergreen.os_migration.plugins.module_utils._core.model import Problem
from ansible_collections.evergreen.os_migration.plugins.module_utils._engine import Callers
from ansible_collections.evergreen.os_migration.plugins.module_utils._engine.limits import (
    Gate,
    PlaceCaller,
    Skew,
    sent_by,
)
from ansible_collections.evergreen.os_migration.plugins.module_utils._errors import (
    CloudError,
    OutOfTime,
    TooLate,
    Transient,
    Unclear,
)

from .memory_cloud import MemoryCloud

THROTTLED = Transient(Problem("Throttling.User", ""), throttled=True)
BROKEN = Transient(Problem("InternalError", ""))
SILENT = Transient(Problem("SDK.HttpError", ""), reached=False)
ANSWERS: Callable[[], str] = lambda: "answer"  # noqa: E731


class Flaky:
    """A call that fails as told before it works."""

    def __init__(self, *faults: Exception) -> None:
        self.faults = list(faults)

    def __call__(self) -> str:
        if self.faults:
            raise self.faults.pop(0)
        return "answer"


def caller(cloud: MemoryCloud, seconds: float = 3600, per_second: float = 20) -> PlaceCaller:
    return Callers(cloud.clock, cloud.now + seconds, lambda provider: per_second).of("alicloud", "")


def test_throttling_is_waited_out_however_often_it_happens() -> None:
    cloud = MemoryCloud()
    assert caller(cloud)("Act", Flaky(*[THROTTLED] * 40)) == "answer"


def test_throttling_is_waited_out_for_a_write_too_because_it_was_not_carried_out() -> None:
    assert caller(MemoryCloud())("Act", Flaky(*[THROTTLED] * 5), repeatable=False) == "answer"


def test_an_endpoint_that_never_answered_is_given_up_soon() -> None:
    cloud = MemoryCloud()
    with pytest.raises(Transient):
        caller(cloud)("Act", Flaky(*[SILENT] * 40))
    assert cloud.now < 1010


def test_a_burst_of_pages_in_place_of_answers_is_outlasted_from_the_first_call_on() -> None:
    cloud = MemoryCloud()
    assert caller(cloud)("Act", Flaky(*[BROKEN] * 8)) == "answer"
    assert cloud.now > 1050
    with pytest.raises(Transient):
        caller(cloud)("Act", Flaky(*[BROKEN] * 40))


def test_an_endpoint_that_answered_before_gets_more_patience() -> None:
    cloud = MemoryCloud()
    call = caller(cloud)
    call("Act", ANSWERS)
    assert call("Act", Flaky(*[SILENT] * 8)) == "answer"


def test_a_refusal_is_an_answer() -> None:
    call = caller(MemoryCloud())
    with pytest.raises(CloudError):
        call("Act", Flaky(CloudError(Problem("Forbidden", ""))))
    assert call("Act", Flaky(*[SILENT] * 8)) == "answer"


def test_no_call_outlives_the_deadline() -> None:
    cloud = MemoryCloud()
    with pytest.raises(OutOfTime):
        caller(cloud, seconds=5)("Act", Flaky(*[THROTTLED] * 40))
    assert cloud.now <= 1005


def test_a_refusal_is_not_repeated() -> None:
    call = Flaky(CloudError(Problem("Forbidden", "")), BROKEN)
    with pytest.raises(CloudError):
        caller(MemoryCloud())("Act", call)
    assert call.faults == [BROKEN]


@pytest.mark.parametrize("answered", [False, True])
def test_a_write_whose_answer_is_unclear_is_not_sent_again(answered: bool) -> None:
    call, send = caller(MemoryCloud()), Flaky(BROKEN, BROKEN)
    if answered:
        call("Look", ANSWERS)
    with pytest.raises(Unclear) as unclear:
        call("Act", send, repeatable=False)
    assert (len(send.faults), unclear.value.problem.code) == (1, "InternalError")


def test_calls_keep_to_the_pace_of_their_account_over_its_regions() -> None:
    cloud = MemoryCloud()
    callers = Callers(cloud.clock, cloud.now + 3600, lambda provider: 2.0)
    places = [callers.of("alicloud", ""), callers.of("alicloud", "")]
    for number in range(10):
        places[number % 2]("Act", ANSWERS)
    assert cloud.now == pytest.approx(1004.5)


def test_another_account_has_a_pace_of_its_own() -> None:
    cloud = MemoryCloud()
    callers = Callers(cloud.clock, cloud.now + 3600, lambda provider: 1.0)
    for profile in ("one", "two", "three"):
        callers.of("alicloud", profile)("Act", ANSWERS)
    assert cloud.now == 1000


def test_a_throttled_action_is_closed_for_all_and_tried_by_one() -> None:
    gate = Gate()
    gate.throttled(100.0)
    assert 0 < gate.wait(100.0) <= 1
    assert gate.wait(102.0) == 0
    assert gate.wait(102.0) > 0, "the others wait until the one that tries knows"
    gate.served()
    assert gate.wait(102.0) == 0


def test_a_call_that_comes_too_late_after_throttling_does_not_keep_the_next_one_from_trying() -> None:
    """Else a write that must leave within the time of a look waits longer than that, again and again."""
    cloud = MemoryCloud()
    call, act = caller(cloud), Flaky(THROTTLED)
    with sent_by(cloud.now + 0.4), pytest.raises(TooLate):
        call("Act", act)
    with sent_by(cloud.now + 0.4):
        assert call("Act", act) == "answer"


def test_a_throttled_action_leaves_the_others_alone() -> None:
    cloud = MemoryCloud()
    call = caller(cloud)

    def refused() -> Any:
        raise THROTTLED

    with pytest.raises(OutOfTime):
        caller(cloud, seconds=10)("Act", refused)
    before = cloud.now
    call("Look", ANSWERS)
    assert cloud.now == before


def test_an_action_with_a_known_limit_stays_below_it_in_each_region_and_the_others_are_not_held_up() -> None:
    cloud = MemoryCloud()
    rates = {"Slow": Rate(60), "Central": Rate(60, scope="account")}
    callers = Callers(cloud.clock, cloud.now + 3600, lambda provider: 1000.0, lambda provider: rates)
    here, there = callers.of("alicloud", ""), callers.of("alicloud", "")

    def in_a_minute(action: str, *callers: PlaceCaller) -> int:
        calls, end = 0, cloud.now + 60
        while cloud.now < end:
            callers[calls % len(callers)](action, ANSWERS)
            calls += 1
        return calls - 1

    assert 50 <= in_a_minute("Slow", here) <= 60
    assert 100 <= in_a_minute("Slow", here, there) <= 120
    assert 50 <= in_a_minute("Central", here, there) <= 60
    assert in_a_minute("Quick", here) > 10_000


def test_what_was_not_called_for_a_while_is_called_at_once() -> None:
    cloud = MemoryCloud()
    call = Callers(cloud.clock, cloud.now + 3600, lambda provider: 1e9, lambda provider: {"Slow": Rate(600)}).of(
        "a", ""
    )
    before = cloud.now
    for _unused in range(50):
        call("Slow", ANSWERS)
    assert cloud.now - before < 1


# --- the cloud's time -------------------------------------------------------------------------------------------------


def test_the_cloud_s_now_is_what_its_last_answer_said() -> None:
    cloud = MemoryCloud()
    clock = cloud.clock
    assert clock.now.cloud == clock.now.date
    callers = Callers(clock, cloud.now + 60, lambda provider: 20.0)
    callers.of("alicloud", "").heard(cloud.now + 100)
    callers.of("alicloud", "other").heard(cloud.now + 90)
    assert (clock.now.cloud, clock.now.date) == (cloud.now + 90, cloud.now)


@pytest.mark.parametrize(
    ("ahead", "wrong"),
    [
        ([], 0),
        ([0.4], 0),
        ([-59.0, -40.0], 0),
        ([61.0], -61),
        ([-600.0, -599.0, -601.0], 601),
        ([600.0, 630.0], -630),
        ([600.0, 10.0], 0),
        ([-600.0, 600.0], 0),
        ([600.0, 1200.0], 0),
    ],
)
def test_a_clock_that_is_off_by_a_minute_is_wrong_when_all_answers_agree(ahead: list[float], wrong: float) -> None:
    skew = Skew()
    for one in ahead:
        skew.heard(one)
    assert skew.wrong == wrong
