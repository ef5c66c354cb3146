# Copyright (c) 2026 evergreen.os_migration contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The smallest workflow: an instance is looked at once, and nothing else is done."""

from __future__ import annotations

from dataclasses import replace

import pytest
from ansible_collections.evergreen.os_migration.plugins.module_utils._core.look import LOOK, View
from ansible_collections.evergreen.os_migration.plugins.module_utils._core.model import Problem
from ansible_collections.evergreen.os_migration.plugins.module_utils._core.verb import Verb
from hypothesis import given, settings

from .situations import HERE, ITEM, START, end_of, record, step_of
from .strategies import goals, now_and_then


def test_an_instance_is_looked_at_with_all_its_details() -> None:
    step = step_of(LOOK.record(ITEM), workflow=LOOK)
    assert (step.verb, step.subject, step.patient, step.state) == (Verb.LOOK, "details", False, "pending")


@pytest.mark.parametrize("status", ["Running", "Stopped", "Stopping"])
def test_it_ends_with_the_status_that_was_seen(status: str) -> None:
    ended = end_of(record(ITEM, View(replace(HERE, status=status)), "instance"), workflow=LOOK)
    assert (ended.state, ended.problem, ended.changed) == (status.lower(), None, False)


@settings(max_examples=50, deadline=None)
@given(goals, now_and_then)
def test_a_look_depends_on_no_goal_and_no_clock(goal: object, now: object) -> None:
    for one in (LOOK.record(ITEM), record(ITEM, View(HERE), "instance")):
        assert LOOK.decide(one, goal, now) == LOOK.decide(one, goal, START)


def test_an_instance_that_cannot_be_seen_ends_with_its_problem_and_was_never_under_way() -> None:
    ended = LOOK.failed(LOOK.record(ITEM), Problem("InstanceNotFound", "x"))
    assert (ended.done, ended.state, ended.problem) == (True, "failed", Problem("InstanceNotFound", "x"))
    assert not LOOK.in_flight(record(ITEM, View(HERE), "instance"))
