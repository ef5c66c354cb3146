# Copyright (c) 2026 evergreen.os_migration contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The inventory asks each region by itself: what one of them does costs the others nothing."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Mapping, Sequence
from types import SimpleNamespace
from typing import Any

import pytest
from ansible.errors import AnsibleParserError
from ansible_collections.evergreen.os_migration.plugins.inventory.instances import Answer, asked, sorted_out
from ansible_collections.evergreen.os_migration.plugins.module_utils._core.model import Instance, Place, Problem
from ansible_collections.evergreen.os_migration.plugins.module_utils._errors import (
    CloudError,
    MissingLibrary,
    OptionError,
    OutOfTime,
    Transient,
)

HERE, THERE = Place("toy", "", "here"), Place("toy", "", "there")
PROBLEM = Problem("Code", "It is down.", "Wait.")

Listed = Callable[[], Sequence[Instance]]


def some(place: Place, *names: str) -> list[Instance]:
    return [Instance(name, place.region, "toy") for name in names]


def failing(failure: Exception) -> Listed:
    def listed() -> Sequence[Instance]:
        raise failure

    return listed


def answers(lists: Mapping[Place, Listed], timeout: float = 10) -> Mapping[Place, Answer]:
    def cloud_for(place: Place) -> Any:
        return SimpleNamespace(instances=SimpleNamespace(listed=lists[place]))

    return asked(cloud_for, list(lists), timeout)


def test_instances_come_in_the_order_of_regions_and_ids() -> None:
    lists = {HERE: lambda: some(HERE, "b", "a"), THERE: lambda: some(THERE, "0")}
    found, failures = sorted_out(answers(lists))
    assert [instance.instance_id for instance in found] == ["a", "b", "0"]
    assert failures == []


def test_regions_are_asked_at_the_same_time() -> None:
    together = threading.Barrier(2)

    def listed() -> Sequence[Instance]:
        together.wait(10)
        return []

    assert sorted_out(answers({HERE: listed, THERE: listed})) == ([], [])


@pytest.mark.parametrize(
    ("failure", "told"),
    [
        (Transient(PROBLEM), "there: Code: It is down. Wait."),
        (CloudError(PROBLEM), "there: Code: It is down. Wait."),
        (OutOfTime(), "there: DeadlineExceeded: It did not answer within 10 s."),
        (KeyError("Instances"), "there: UnexpectedAnswer: An answer could not be understood (KeyError: 'Instances')."),
    ],
)
def test_a_region_that_fails_is_told_with_its_code_and_the_others_are_listed(failure: Exception, told: str) -> None:
    found, (text,) = sorted_out(answers({HERE: lambda: some(HERE, "a"), THERE: failing(failure)}))
    assert [instance.instance_id for instance in found] == ["a"]
    assert text.startswith(told)


def test_nobody_waits_for_a_region_that_hangs() -> None:
    free, began = threading.Event(), time.monotonic()

    def hanging() -> Sequence[Instance]:
        free.wait(30)
        return []

    found, (text,) = sorted_out(answers({HERE: lambda: some(HERE, "a"), THERE: hanging}, timeout=0.3))
    free.set()
    assert time.monotonic() - began < 10
    assert [instance.instance_id for instance in found] == ["a"]
    assert "there: DeadlineExceeded" in text


def test_that_no_region_answers_is_an_error_that_names_them_all() -> None:
    lists = {HERE: failing(Transient(PROBLEM)), THERE: failing(OutOfTime())}
    with pytest.raises(AnsibleParserError, match=r"here: Code: .* there: DeadlineExceeded: "):
        sorted_out(answers(lists))


def test_refused_credentials_are_an_error_although_another_region_answered() -> None:
    refused = CloudError(PROBLEM, whole_call=True)
    with pytest.raises(AnsibleParserError, match="there: Code: It is down"):
        sorted_out(answers({HERE: lambda: some(HERE, "a"), THERE: failing(refused)}))


@pytest.mark.parametrize(
    "failure", [MissingLibrary("toy-sdk", "no such module"), OptionError("No keys.", "Give some.")]
)
def test_what_is_wrong_before_any_region_is_asked_is_raised_as_it_is(failure: Exception) -> None:
    with pytest.raises(type(failure)):
        sorted_out(answers({HERE: failing(failure), THERE: lambda: some(THERE, "a")}))
