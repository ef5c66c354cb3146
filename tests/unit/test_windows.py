# Copyright (c) 2026 evergreen.os_migration contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Maintenance windows: when they open, what fits into them, and what is wrong with one."""

from __future__ import annotations

import re
from datetime import datetime, timedelta, timezone
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from ansible_collections.evergreen.os_migration.plugins.module_utils._core.windows import (
    DAYS,
    Opening,
    Window,
    checked,
    opening,
)
from hypothesis import given
from hypothesis import strategies as st

SHANGHAI, BERLIN = "Asia/Shanghai", "Europe/Berlin"
EVERY_DAY = frozenset(range(7))
#: A Thursday.
NOON = datetime(2026, 11, 26, 12, 0, tzinfo=timezone.utc).timestamp()
HOUR = 3600.0

WINDOWS = st.builds(
    Window,
    st.frozensets(st.integers(0, 6), min_size=1),
    st.integers(0, 24 * 60 - 1),
    st.integers(1, 7 * 24 * 60),
    st.sampled_from(["UTC", SHANGHAI, BERLIN, "America/St_Johns"]),
)


def begins(windows: list[Window], seconds: float = HOUR, date: float = NOON) -> str:
    found = opening(windows, seconds, date)
    return found.text if found else ""


@given(st.lists(WINDOWS, min_size=1, max_size=3), st.floats(1, 8 * 86400), st.integers(0, 4 * 10**9))
def test_what_is_begun_in_an_opening_ends_in_it_and_it_is_the_first_one(
    windows: list[Window], seconds: float, date: int
) -> None:
    found = opening(windows, seconds, date)
    if found is None:
        assert all(window.length * 60 < seconds for window in windows)
        return
    assert found.end - max(found.begin, date) >= seconds
    earlier = opening(windows, seconds, date - 8 * 86400)
    assert earlier is not None
    assert earlier <= found


@given(WINDOWS, st.integers(0, 4 * 10**9))
def test_a_window_opens_on_its_days_at_its_time_as_its_users_clock_shows(window: Window, date: int) -> None:
    found = opening([window], window.length * 60, date)
    assert found is not None
    shown = datetime.fromtimestamp(found.begin, ZoneInfo(window.zone))
    put_forward = datetime.fromtimestamp(found.begin - HOUR, ZoneInfo(window.zone)).utcoffset() != shown.utcoffset()
    assert put_forward or (shown.weekday() in window.days and shown.hour * 60 + shown.minute == window.start)
    assert found.begin - date <= 8 * 86400


def test_times_are_those_of_the_windows_zone() -> None:
    night = Window(frozenset({5, 6}), 22 * 60, 6 * 60, SHANGHAI)
    assert begins([night]) == "2026-11-28T22:00+08:00"
    assert begins([Window(EVERY_DAY, 22 * 60, 60)]) == "2026-11-26T22:00+00:00"


def test_a_window_over_midnight_is_open_on_the_morning_after_its_day() -> None:
    night = Window(frozenset({2}), 22 * 60, 16 * 60)  # Wednesday 22:00 to Thursday 14:00
    assert begins([night]) == "2026-11-25T22:00+00:00"
    assert begins([night], 2 * HOUR) == "2026-11-25T22:00+00:00"
    assert begins([night], 2 * HOUR + 1) == "2026-12-02T22:00+00:00"


def test_the_first_of_several_windows_that_is_long_enough_counts() -> None:
    short, long = Window(EVERY_DAY, 13 * 60, 20), Window(frozenset({5}), 0, 240)
    assert begins([short, long], 600) == "2026-11-26T13:00+00:00"
    assert begins([short, long], HOUR) == "2026-11-28T00:00+00:00"
    assert begins([short, long], 5 * HOUR) == ""


def test_where_clocks_are_put_back_within_a_window_it_is_not_longer() -> None:
    night = Window(frozenset({6}), 60, 180, BERLIN)  # 2026-10-25, 01:00: three hours later it is 03:00
    found = opening([night], HOUR, datetime(2026, 10, 24, tzinfo=timezone.utc).timestamp())
    assert found is not None
    assert found.end - found.begin == timedelta(hours=3).total_seconds()


def test_days_are_named_in_full_or_short_and_are_all_days_when_none_is_named() -> None:
    row = {"start": "22:00", "length": "4:00"}
    assert checked([{**row, "days": ["sat", "Sunday"]}]) == (Window(frozenset({5, 6}), 1320, 240),)
    assert checked([row, {**row, "days": list(DAYS)}]) == (Window(EVERY_DAY, 1320, 240),) * 2


def test_a_time_that_yaml_took_for_a_number_means_the_same() -> None:
    assert checked([{"start": 1320, "length": "360"}]) == checked([{"start": "22:00", "length": "06:00"}])


WRONG: list[tuple[dict[str, Any], str]] = [
    ({"start": "10 pm"}, "start '10 pm' is no time of the form HH:MM"),
    ({"start": ""}, "start '' is no time"),
    ({"start": "24:00"}, "start '24:00' is no time of a day"),
    ({"length": "00:00"}, "length '00:00' must be more than 00:00"),
    ({"length": "169:00"}, "a week"),
    ({"days": ["caturday"]}, "days 'caturday' is no day: monday, "),
    ({"days": ["s"]}, "days 's' is no day"),
    ({"timezone": "Shanghai"}, "timezone 'Shanghai' is not known"),
    ({"timezone": "../etc/passwd"}, "is not known"),
]


@pytest.mark.parametrize(("change", "told"), WRONG)
def test_what_is_wrong_with_a_window_is_told(change: dict[str, Any], told: str) -> None:
    with pytest.raises(ValueError, match=re.escape(told)):
        checked([{"start": "22:00", "length": "06:00", **change}])


def test_an_opening_is_told_by_the_clock_of_its_window() -> None:
    assert Opening(NOON, NOON + HOUR, SHANGHAI).text == "2026-11-26T20:00+08:00"
