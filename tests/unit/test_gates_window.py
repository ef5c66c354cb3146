# Copyright (c) 2026 evergreen.os_migration contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Nothing is begun for an instance outside of its maintenance windows."""

from __future__ import annotations

from dataclasses import replace

import pytest
from ansible_collections.evergreen.os_migration.plugins.module_utils._core.hooks import DONE, Hook, Ran, due_before
from ansible_collections.evergreen.os_migration.plugins.module_utils._core.migration.view import Migration
from ansible_collections.evergreen.os_migration.plugins.module_utils._core.model import Enrolment, Guest, Hop
from ansible_collections.evergreen.os_migration.plugins.module_utils._core.record import Moment
from ansible_collections.evergreen.os_migration.plugins.module_utils._core.verb import Verb
from ansible_collections.evergreen.os_migration.plugins.module_utils._core.windows import Window

from .healthy import HEALTHY_WINDOWS
from .situations import (
    FRESH,
    GOAL,
    SAFE,
    STARTED,
    at,
    end_of,
    look_of,
    step_of,
    tagged,
    verb_of,
    wanting,
    work,
)

#: The epoch began on a Thursday. One hour of each Thursday, at noon.
THURSDAYS = (Window(frozenset({3}), 12 * 60, 60),)
MINUTE = 60.0
OPENS, CLOSES = 12 * 60 * MINUTE, 13 * 60 * MINUTE
HOP = Hop("centos-7", "alinux-3")
READY = Enrolment("ready", "s-0")


def windowed(record: Migration, *windows: Window) -> Migration:
    return record.with_(item=replace(record.item, windows=windows or THURSDAYS))


@pytest.mark.parametrize("minute", [0, 29, 30])
def test_what_can_end_within_the_window_is_begun(minute: int) -> None:
    assert verb_of(windowed(FRESH), now=at(OPENS + minute * MINUTE)) is Verb.MARK


@pytest.mark.parametrize("now", [0, OPENS - 1, CLOSES - 29 * MINUTE, CLOSES])
def test_what_cannot_end_within_the_window_is_left_for_the_next_one(now: float) -> None:
    after = end_of(windowed(FRESH), now=at(now))
    week = "1970-01-01" if now < OPENS else "1970-01-08"
    assert (after.state, after.problem, after.changed) == ("postponed", None, False)
    assert after.view.opens == f"{week}T12:00+00:00"


def test_an_instance_without_windows_is_begun_at_any_time() -> None:
    assert verb_of(FRESH, now=at(0)) is Verb.MARK


def test_hops_that_took_long_in_earlier_runs_need_more_of_the_window() -> None:
    goal = replace(GOAL, lasted={("centos-7", "alinux-3"): (50 * MINUTE,)})
    assert verb_of(windowed(FRESH), goal, at(OPENS + 10 * MINUTE)) is Verb.MARK
    assert end_of(windowed(FRESH), goal, at(OPENS + 11 * MINUTE)).state == "postponed"


def test_the_time_of_hooks_is_part_of_what_has_to_fit_into_the_window() -> None:
    before, after = (Hook(when, when, "true", timeout=600) for when in ("before_migration", "after_migration"))
    other_family = Hook("windows", "before_hop", "true", shell="powershell", timeout=6000)
    goal = replace(GOAL, hooks=(before, after, other_family))
    assert verb_of(windowed(FRESH), goal, at(OPENS + 10 * MINUTE)) is Verb.MARK
    assert end_of(windowed(FRESH), goal, at(OPENS + 11 * MINUTE)).state == "postponed"
    known = {(hook.name, hook.when): (30.0,) * 5 for hook in (before, after)}
    assert verb_of(windowed(FRESH), replace(goal, lasted=known), at(OPENS + 29 * MINUTE)) is Verb.MARK


def test_hooks_that_are_over_take_no_time_any_more() -> None:
    before, after = (Hook(when, when, "true", timeout=1200) for when in ("before_hop", "after_hop"))
    goal, ready = wanting(set_valid=CLOSES, hooks=(before, after)), windowed(SAFE).learns(enrolment=READY)
    assert end_of(ready, goal, at(OPENS)).problem, "two hooks and the hop do not fit into an hour"
    ran = Ran(next(due_before((before,), HOP, True, 1, 1)), DONE)
    assert verb_of(ready.learns(hooks=(ran,)), goal, at(OPENS + 10 * MINUTE)) is Verb.ORDER
    made = ready.learns(works=(work("made"),))
    assert verb_of(made, goal, at(OPENS + 10 * MINUTE)) is Verb.BEGIN
    assert end_of(made, goal, at(OPENS + 11 * MINUTE)).state == "postponed"


def test_a_window_that_no_hop_fits_into_with_its_hooks_is_told() -> None:
    goal = replace(GOAL, hooks=(Hook("copy", "before_hop", "true", timeout=2400),))
    problem = end_of(windowed(FRESH), goal, at(OPENS)).problem
    assert problem
    assert problem.code == "WindowTooShort"
    assert "may take 70 minutes, 40 of them in its hooks," in problem.message


def test_a_window_that_closes_after_the_snapshots_leaves_the_job_for_the_next_one() -> None:
    goal, ready = wanting(set_valid=CLOSES), windowed(SAFE).learns(enrolment=READY)
    assert verb_of(ready, goal, at(OPENS)) is Verb.ORDER
    assert end_of(ready, goal, at(CLOSES - MINUTE)).state == "postponed"
    made = ready.learns(works=(work("made"),))
    assert verb_of(made, goal, at(OPENS)) is Verb.BEGIN
    assert end_of(made, goal, at(CLOSES - MINUTE)).state == "postponed"


def test_a_job_that_runs_is_followed_beyond_the_window() -> None:
    running = windowed(SAFE).learns(enrolment=READY, works=(work("running"),))
    assert look_of(running, now=at(CLOSES + 1)) == "work"


def test_between_two_hops_the_second_is_left_for_the_next_window() -> None:
    first_done = windowed(STARTED).learns(
        instance=tagged("started", source="windows-2008r2", target="windows-2016", os_type="windows"),
        guest=Guest("windows-2012r2", facts=HEALTHY_WINDOWS, edition="datacenter", language="en"),
    )
    two_hops = first_done.with_(item=replace(first_done.item, target="windows-2016"))
    after = end_of(two_hops, now=at(CLOSES))
    assert (after.state, after.view.hop) == ("postponed", 1), after.problem


def test_a_window_that_opens_soon_is_waited_for_as_long_as_that_was_asked_for() -> None:
    goal = replace(GOAL, window_wait=600)
    step = step_of(windowed(FRESH), goal, Moment(5.0, OPENS - 600))
    assert (step.verb, step.state, step.at) == (Verb.LOOK, "queued", 605.0)
    assert end_of(windowed(FRESH), goal, Moment(5.0, OPENS - 601)).state == "postponed"


def test_windows_that_are_all_too_short_are_told() -> None:
    after = end_of(windowed(FRESH, Window(frozenset({3}), 0, 20), Window(frozenset({4}), 0, 29)), now=at(0))
    assert after.state == "blocked"
    assert after.problem is not None
    assert after.problem.code == "WindowTooShort"
    assert "may take 30 minutes" in after.problem.message
    assert "of 29" in after.problem.message
