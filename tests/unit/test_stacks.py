# Copyright (c) 2026 evergreen.os_migration contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What is done to a stack, by what is there of its name; and what of a call's options no stack can be."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import Any

import pytest
from ansible_collections.evergreen.os_migration.plugins.module_utils._core.model import Blueprint, Place, Problem, Stack
from ansible_collections.evergreen.os_migration.plugins.module_utils._core.stacks import (
    ABSENT,
    DELETE,
    DONE,
    MAKE,
    MOVING,
    PRESENT,
    WAIT,
    Past,
    comes_by_itself,
    digest,
    made_otherwise,
    next_step,
)
from ansible_collections.evergreen.os_migration.plugins.module_utils._core.tag import stack_label
from ansible_collections.evergreen.os_migration.plugins.module_utils._errors import OptionError
from ansible_collections.evergreen.os_migration.plugins.module_utils._stacks import wanted

LABEL = stack_label("wordpress", "abc123")
FAULT = Problem("OperationDenied.NoStock", "Server (a kind): OperationDenied.NoStock: Sold out", "Choose another zone.")
STATUSES = (*MOVING, "ready", "undone", "failed", "stuck")
PASTS = [Past(made, deleted) for made in (False, True) for deleted in (False, True)]


def stack(status: str, **more: Any) -> Stack:
    return Stack("wordpress", "st-1", status, f"SAID_{status.upper()}", **{"label": LABEL, **more})


def problem(step: str | Problem) -> Problem:
    assert isinstance(step, Problem)
    return step


@pytest.mark.parametrize("there", [None, stack("gone")])
def test_what_is_not_there_is_made_or_left_so(there: Stack | None) -> None:
    assert next_step(PRESENT, "wordpress", there, Past()) == MAKE
    assert next_step(ABSENT, "wordpress", there, Past()) == DONE
    assert next_step(ABSENT, "wordpress", there, Past(deleted=True)) == DONE


def test_one_that_somebody_deletes_while_it_is_made_is_not_made_over_and_over() -> None:
    gone = problem(next_step(PRESENT, "wordpress", None, Past(made=True)))
    assert gone.code == "StackGone"


@pytest.mark.parametrize("state", [PRESENT, ABSENT])
@pytest.mark.parametrize("status", STATUSES)
@pytest.mark.parametrize("label", ["", "estate", stack_label("another", "abc123")])
@pytest.mark.parametrize("past", PASTS)
def test_nothing_is_done_with_somebody_else_s_stack(state: str, status: str, label: str, past: Past) -> None:
    told = problem(next_step(state, "wordpress", stack(status, label=label), past))
    assert told.code == "StackNameTaken"
    assert "st-1" in told.message


@pytest.mark.parametrize("state", [PRESENT, ABSENT])
@pytest.mark.parametrize("status", MOVING)
def test_what_passes_by_itself_is_waited_for(state: str, status: str) -> None:
    assert next_step(state, "wordpress", stack(status), Past()) == WAIT


def test_what_is_ready_is_all_that_was_wanted() -> None:
    assert next_step(PRESENT, "wordpress", stack("ready"), Past()) == DONE


def test_what_an_earlier_call_left_of_a_creation_that_was_undone_is_deleted_for_its_name() -> None:
    assert next_step(PRESENT, "wordpress", stack("undone", fault=FAULT), Past()) == DELETE
    assert next_step(PRESENT, "wordpress", None, Past()) == MAKE


def test_a_creation_that_this_call_saw_being_undone_is_told_with_the_reason_and_not_begun_again() -> None:
    told = problem(next_step(PRESENT, "wordpress", stack("undone", fault=FAULT), Past(made=True)))
    assert told.code == "StackRolledBack"
    assert FAULT.message in told.message
    assert FAULT.remedy in told.remedy


def test_a_creation_that_was_out_of_time_is_told_as_that() -> None:
    told = problem(next_step(PRESENT, "wordpress", stack("undone", late=True), Past(made=True)))
    assert told.code == "StackTimedOut"
    assert "creation_minutes" in told.remedy


@pytest.mark.parametrize("past", PASTS)
def test_one_of_which_something_is_left_is_neither_taken_for_good_nor_deleted_unasked(past: Past) -> None:
    told = problem(next_step(PRESENT, "wordpress", stack("failed", fault=FAULT), past))
    assert told.code == "StackFailed"
    assert "absent" in told.remedy
    assert problem(next_step(PRESENT, "wordpress", stack("stuck", fault=FAULT), past)).code == "StackNotDeleted"


@pytest.mark.parametrize("status", ["ready", "undone", "failed", "stuck"])
def test_what_is_not_wanted_is_deleted_and_what_cannot_be_is_told_with_the_reason(status: str) -> None:
    assert next_step(ABSENT, "wordpress", stack(status), Past()) == DELETE
    assert next_step(ABSENT, "wordpress", stack(status), Past(made=True)) == DELETE
    told = problem(next_step(ABSENT, "wordpress", stack("stuck", fault=FAULT), Past(deleted=True)))
    assert told.code == "StackNotDeleted"
    assert FAULT.message in told.message


@pytest.mark.parametrize("state", [PRESENT, ABSENT])
@pytest.mark.parametrize("status", STATUSES)
@pytest.mark.parametrize("past", PASTS)
def test_every_problem_says_what_happened_and_what_to_do(state: str, status: str, past: Past) -> None:
    for fault in (None, Problem("", "Create timed out"), FAULT):
        step = next_step(state, "wordpress", stack(status, fault=fault), past)
        if isinstance(step, Problem):
            assert step.message.endswith(".")
            assert step.remedy.endswith(".")
            assert "  " not in f"{step.text}"


def test_what_goes_on_ends_as_it_is_wanted_or_has_to_be_followed_by_something() -> None:
    assert comes_by_itself(ABSENT, stack("deleting"))
    assert not comes_by_itself(PRESENT, stack("deleting"))
    assert not comes_by_itself(ABSENT, stack("making"))
    assert comes_by_itself(PRESENT, stack("making"))


# --- what it was made from --------------------------------------------------------------------------------------------


def test_the_digest_tells_other_templates_and_parameters_apart_and_holds_no_secret() -> None:
    plain = Blueprint("wordpress", "template", parameters={"Zone": "h", "Password": "one"})
    other = replace(plain, parameters={"Zone": "h", "Password": "two"})
    secret = {"Password": "any"}
    assert digest(plain, secret) == digest(other, secret)
    assert digest(plain, secret) != digest(replace(plain, template="another"), secret)
    assert digest(plain, secret) != digest(replace(plain, parameters={"Zone": "i", "Password": "one"}), secret)
    assert digest(plain, secret) != digest(replace(plain, template="", url="template"), secret)


def test_a_stack_that_was_made_from_something_else_is_known_by_its_label() -> None:
    wanted_one = Blueprint("wordpress", label=LABEL)
    assert not made_otherwise(stack("ready"), wanted_one)
    assert made_otherwise(stack("ready", label=stack_label("wordpress", "def456")), wanted_one)
    assert not made_otherwise(None, wanted_one)


# --- options ----------------------------------------------------------------------------------------------------------


def options(*stacks: dict[str, Any], state: str = PRESENT, region: str = "") -> dict[str, Any]:
    empty = {
        "region": None,
        "provider": None,
        "profile": None,
        "template": "a template",
        "template_url": None,
        "parameters": {},
        "secret_parameters": {},
        "tags": {},
        "creation_minutes": 60,
    }
    return {"stacks": [{**empty, **one} for one in stacks], "state": state, "alicloud": {"region": region}}


def test_a_stack_is_in_its_own_region_else_in_that_of_the_connection() -> None:
    first, second = wanted(options({"name": "a", "region": "cn-shanghai"}, {"name": "a"}, region="cn-hangzhou"))
    assert first.place == Place("alicloud", "", "cn-shanghai")
    assert second.place == Place("alicloud", "", "cn-hangzhou")


def test_values_are_given_as_texts_and_a_template_that_was_read_as_json_is_json_again() -> None:
    parameters = {"Size": 40, "Public": True, "Zones": ["h", "i"], "Name": "web"}
    one = {"name": "a", "region": "r", "template": {"Resources": {}}, "parameters": parameters}
    (wish,) = wanted(options({**one, "secret_parameters": {"Pin": 1234}}))
    assert wish.blueprint.parameters == {
        "Size": "40",
        "Public": "true",
        "Zones": '["h", "i"]',
        "Name": "web",
        "Pin": "1234",
    }
    assert json.loads(wish.blueprint.template) == {"Resources": {}}


@pytest.mark.parametrize(
    ("stacks", "word"),
    [
        ([{"name": "a"}], "region"),
        ([{"name": "a", "region": "r", "template": None}], "template"),
        ([{"name": "a", "region": "r"}, {"name": " a ", "region": "r"}], "more than once"),
        ([{"name": "a", "region": "r", "provider": "nimbus"}], "provider"),
    ],
)
def test_what_cannot_be_meant_is_refused_by_name(stacks: list[dict[str, Any]], word: str) -> None:
    with pytest.raises(OptionError) as refused:
        wanted(options(*stacks))
    assert word in refused.value.problem.message
    assert refused.value.problem.remedy


def test_what_is_to_be_deleted_needs_no_template() -> None:
    (wish,) = wanted(options({"name": "a", "region": "r", "template": None}, state=ABSENT))
    assert wish.state == ABSENT
