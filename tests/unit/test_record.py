# Copyright (c) 2026 evergreen.os_migration contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What a record knows, what it forgets, and when a wait is over."""

from __future__ import annotations

from ansible_collections.evergreen.os_migration.plugins.module_utils._core.look import View
from ansible_collections.evergreen.os_migration.plugins.module_utils._core.record import Moment, Record
from hypothesis import given
from hypothesis import strategies as st

from .situations import HERE, ITEM, at
from .strategies import ASPECTS, moments

NEW = Record(ITEM, View())
aspects = st.sampled_from(ASPECTS)
patiences = st.floats(1, 10_000)


def waiting(since: float, **seen: float | None) -> Record[View]:
    return Record(ITEM, View(), "protecting", since=since, seen=seen)


@given(st.sets(aspects), aspects, moments)
def test_what_was_looked_at_is_known_until_it_is_forgotten(looked: set[str], forgotten: str, when: float) -> None:
    seen = NEW.looked(looked, when)
    assert {name for name in ASPECTS if seen.knows(name)} == looked
    assert {name for name in ASPECTS if seen.forgets(forgotten).knows(name)} == looked - {forgotten}
    assert seen.forgets(forgotten).looked([forgotten], when).knows(forgotten)


def test_what_was_seen_at_the_very_beginning_is_known() -> None:
    assert NEW.looked(["guest"], 0.0).knows("guest")


def test_what_was_never_looked_at_cannot_be_forgotten() -> None:
    assert NEW.forgets("guest").seen == {}
    assert NEW.looked(["guest"], 1.0).forgets("guest", "tag").seen == {"guest": None}


def test_forgetting_keeps_what_was_seen_last() -> None:
    record = NEW.learns(instance=HERE).looked(["instance"], 1.0).forgets("instance")
    assert record.view.instance == HERE
    assert not record.knows("instance")


def test_a_record_is_never_changed_but_copied() -> None:
    assert NEW.with_(state="x").state == "x"
    assert NEW.learns(instance=HERE).view.instance == HERE
    assert (NEW.state, NEW.view.instance, NEW.seen) == ("pending", None, {})


@given(moments, patiences)
def test_a_wait_is_judged_only_by_a_look_that_is_newer_than_the_deadline(since: float, patience: float) -> None:
    after = at(since + patience + 0.5)
    assert waiting(since, points=since + patience + 0.25).overdue("protecting", patience, "points", after)
    for seen in ({}, {"points": None}, {"points": since + patience - 0.25}, {"works": since + patience + 0.25}):
        assert not waiting(since, **seen).overdue("protecting", patience, "points", after)


@given(moments, patiences)
def test_what_cannot_be_seen_is_given_up_after_twice_the_time(since: float, patience: float) -> None:
    for seen in ({}, {"points": None}, {"points": since}):
        assert waiting(since, **seen).overdue("protecting", patience, "points", at(since + 2 * patience + 1))


@given(moments, patiences, moments)
def test_nobody_is_overdue_before_its_time_or_in_another_state(since: float, patience: float, looked: float) -> None:
    record = waiting(since, points=looked)
    assert not record.overdue("protecting", patience, "points", at(since + patience - 0.5))
    assert not record.overdue("importing", patience, "points", at(since + 3 * patience))


def test_a_wait_is_measured_by_the_clock_that_never_goes_back() -> None:
    record = waiting(100.0, points=150.0)
    assert not record.overdue("protecting", 60, "points", Moment(ticks=155.0, date=9e9))
    assert record.overdue("protecting", 40, "points", Moment(ticks=155.0, date=0.0))
