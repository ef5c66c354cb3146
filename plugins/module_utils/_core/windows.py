# Copyright (c) 2026 evergreen.os_migration contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Maintenance windows: when something may be begun for an instance, by the clock on the wall of its users."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, time, timedelta, timezone
from typing import Any, NamedTuple
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

DAYS = ("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday")

_MINUTES_OF_A_DAY = 24 * 60
_TIME = re.compile(r"(\d{1,3}):([0-5]\d)")
_DAYS_OF_A_WEEK = 7


@dataclass(frozen=True)
class Window:
    """A time of some days of each week. ``start`` and ``length`` are in minutes; ``zone`` is a name of the tz database.

    The length is real time: where clocks are put forward or back within a window, it is not shorter or longer for that.
    """

    days: frozenset[int]
    start: int
    length: int
    zone: str = "UTC"


class Opening(NamedTuple):
    """One time that a window is open, in epoch seconds; ``zone`` is that of the window."""

    begin: float
    end: float
    zone: str

    @property
    def text(self) -> str:
        """Return when it begins, on the clock of the window's users."""
        return datetime.fromtimestamp(self.begin, ZoneInfo(self.zone)).isoformat(timespec="minutes")


def opening(windows: Sequence[Window], seconds: float, date: float) -> Opening | None:
    """Return the first opening in which something that takes so long can be begun and ended, from ``date`` on."""
    fitting = (_first(window, seconds, date) for window in windows)
    return min((one for one in fitting if one), default=None)


def _first(window: Window, seconds: float, date: float) -> Opening | None:
    if window.length * 60 < seconds:
        return None
    return next((one for one in _openings(window, date) if one.end - max(one.begin, date) >= seconds), None)


def _openings(window: Window, date: float) -> Iterator[Opening]:
    """Yield the openings from those that may not be over yet."""
    zone = ZoneInfo(window.zone)
    today = datetime.fromtimestamp(date, zone).date()
    start = time(*divmod(window.start, 60))
    for number in range(-1 - window.length // _MINUTES_OF_A_DAY, _DAYS_OF_A_WEEK + 2):
        day = today + timedelta(days=number)
        if day.weekday() in window.days:
            begin = datetime.combine(day, start, zone).astimezone(timezone.utc).timestamp()
            yield Opening(begin, begin + window.length * 60, window.zone)


def checked(rows: Iterable[Mapping[str, Any]]) -> tuple[Window, ...]:
    """Return the windows that the user's rows describe; ``ValueError`` says what is wrong with the first bad one."""
    return tuple(_window(row) for row in rows)


def _window(row: Mapping[str, Any]) -> Window:
    zone = str(row.get("timezone") or "UTC")
    try:
        ZoneInfo(zone)
    except (ZoneInfoNotFoundError, ValueError, OSError):
        raise ValueError(
            f"timezone '{zone}' is not known to this machine; a name is meant as Asia/Shanghai, "
            "and the machine needs the tz database (package tzdata)."
        ) from None
    start, length = _minutes("start", row.get("start")), _minutes("length", row.get("length"))
    if start >= _MINUTES_OF_A_DAY:
        raise ValueError(f"start '{row.get('start')}' is no time of a day.")
    if not 0 < length <= _DAYS_OF_A_WEEK * _MINUTES_OF_A_DAY:
        raise ValueError(f"length '{row.get('length')}' must be more than 00:00, and a week (168:00) at the most.")
    return Window(frozenset(map(_day, row.get("days") or DAYS)), start, length, zone)


def _minutes(name: str, value: Any) -> int:
    """Return the minutes that HH:MM means. YAML reads an unquoted 22:00 as the number 1320: that many minutes, too."""
    text = str("" if value is None else value).strip()
    found = _TIME.fullmatch(text)
    if found:
        return int(found[1]) * 60 + int(found[2])
    if text.isdecimal():
        return int(text)
    raise ValueError(f"{name} '{text}' is no time of the form HH:MM.")


def _day(name: str) -> int:
    found = [number for number, day in enumerate(DAYS) if len(name) >= 3 and day.startswith(name.lower())]
    if not found:
        raise ValueError(f"days '{name}' is no day: {', '.join(DAYS)}.")
    return found[0]
