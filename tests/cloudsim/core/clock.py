# Copyright (c) 2026 evergreen.os_migration contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Simulated time: the wall clock since the start, run at a chosen speed."""

from __future__ import annotations

import bisect
import math
import time
from collections.abc import Callable, Sequence
from datetime import datetime, timezone
from typing import Generic, TypeVar

T = TypeVar("T")
_LOOK = 0.05  # real seconds between two looks at the clock while something waits


class Clock:
    """Simulated seconds since the start; tests pass their own `elapsed`. `offset`: the cloud's clock against ours."""

    def __init__(self, speed: float = 1.0, elapsed: Callable[[], float] = time.monotonic, offset: float = 0.0) -> None:
        self.speed = speed
        self.offset = offset
        self._elapsed = elapsed
        self._started = elapsed()
        self._epoch = time.time() + offset

    def now(self) -> float:
        return (self._elapsed() - self._started) * self.speed

    def real(self, at: float) -> int:
        """A simulated instant on this machine's clock, which guests have, in seconds since 1970."""
        return int(self._epoch - self.offset + at / self.speed)

    def date(self) -> float:
        """What the cloud's own clock shows, in seconds since 1970."""
        return self._epoch + self.now()

    def wait_until(self, at: float, given_up: Callable[[], bool]) -> None:
        """Return when it is so late, or when nobody waits any more."""
        while self.now() < at and not given_up():
            time.sleep(min(_LOOK, max(0.001, (at - self.now()) / self.speed)))

    def iso(self, at: float | None, *, seconds: bool = True) -> str:
        """A simulated instant as the APIs write it: ECS instances without seconds, all else with them."""
        if at is None or math.isinf(at):
            return ""
        moment = datetime.fromtimestamp(self._epoch + at, tz=timezone.utc)
        return moment.strftime("%Y-%m-%dT%H:%M:%SZ" if seconds else "%Y-%m-%dT%H:%MZ")


class Timeline(Generic[T]):
    """A value that changes at known instants, past and future: what makes a status a pure function of time."""

    __slots__ = ("_initial", "_times", "_values")

    def __init__(self, initial: T) -> None:
        self._initial = initial
        # Most never change: lists are made for those that do.
        self._times: Sequence[float] = ()
        self._values: Sequence[T] = ()

    def at(self, now: float) -> T:
        index = bisect.bisect_right(self._times, now)
        return self._values[index - 1] if index else self._initial

    def since(self, now: float) -> float:
        """When the present value began."""
        index = bisect.bisect_right(self._times, now)
        return self._times[index - 1] if index else -math.inf

    def changes(self, until: float) -> list[float]:
        """The instants at which something changed, beginning with minus infinity."""
        return [-math.inf, *self._times[: bisect.bisect_right(self._times, until)]]

    def last(self) -> T:
        """The value once every planned change has happened."""
        return self._values[-1] if self._values else self._initial

    def plan(self, at: float, value: T) -> None:
        index = bisect.bisect_right(self._times, at)
        self._times = [*self._times[:index], at, *self._times[index:]]
        self._values = [*self._values[:index], value, *self._values[index:]]

    def cancel_after(self, now: float) -> None:
        """Forget the changes that were planned for later."""
        keep = bisect.bisect_right(self._times, now)
        self._times, self._values = self._times[:keep], self._values[:keep]
