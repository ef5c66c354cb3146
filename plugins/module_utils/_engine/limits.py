# Copyright (c) 2026 evergreen.os_migration contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""How calls reach a cloud: in their turn, again after what passes, never after the deadline."""

from __future__ import annotations

import math
import random
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass, field
from threading import Lock
from typing import Any, TypeVar

from .._clouds.base import Rate
from .._core.record import Moment
from .._errors import CloudError, OutOfTime, TooLate, Transient, Unclear

T = TypeVar("T")

# How often a fault is tried again: few times where nothing was ever answered, because then the endpoint is more likely
# to be wrong than the network to be bad. Rate limits are waited out.
_TRIES, _FIRST_TRIES = 9, 3
_LONGEST, _GLANCE, _BURST = 30.0, 1.0, 6.0
_MINUTE = 60.0


# Until when calls may be sent from here, in ticks.
_SEND_BY: ContextVar[float] = ContextVar("send_by", default=float("inf"))


@contextmanager
def sent_by(tick: float) -> Iterator[None]:
    """Have every call made in here sent by a tick, or not at all (:class:`_errors.TooLate`)."""
    token = _SEND_BY.set(tick)
    try:
        yield
    finally:
        _SEND_BY.reset(token)


def in_time(now: float) -> None:
    """Refuse to send what was to be sent before now."""
    if now > _SEND_BY.get():
        raise TooLate


def _ticks() -> float:
    """Return seconds on a clock that never goes back and counts sleep too, where the system has one."""
    return time.clock_gettime(getattr(time, "CLOCK_BOOTTIME", time.CLOCK_MONOTONIC))


@dataclass
class Skew:
    """How far the clouds' clocks were seen to be ahead of this machine's: at last, at the least and at the most."""

    ahead: float = 0.0
    _least: float = math.inf
    _most: float = -math.inf

    def heard(self, ahead: float) -> None:
        """Note what an answer has shown."""
        self.ahead = ahead
        self._least, self._most = min(self._least, ahead), max(self._most, ahead)

    @property
    def wrong(self) -> float:
        """Return by how much this machine's clock is wrong, 0 below a minute.

        Answers that differ among each other, as those that a proxy kept do, say nothing of this machine's clock.
        """
        near = min(abs(self._least), abs(self._most))
        agree = self._most - self._least < _MINUTE
        return -self.ahead if agree and near >= _MINUTE else 0.0


@dataclass(frozen=True)
class Clock:
    """Time in seconds, and how to wait; tests give their own."""

    ticks: Callable[[], float] = _ticks
    date: Callable[[], float] = time.time
    sleep: Callable[[float], Any] = time.sleep
    skew: Skew = field(default_factory=Skew)

    @property
    def now(self) -> Moment:
        """Return the moment."""
        return Moment(self.ticks(), self.date(), self.skew.ahead)


def _backed_off(times: int) -> float:
    """Return how long to wait after so many faults in a row, with jitter."""
    return random.uniform(0.5, 1) * min(_LONGEST, 2.0 ** min(times, 6) / 2)


@dataclass
class Pace:
    """The turns of all calls of an account, one that is shared by its regions, or those of one action.

    ``burst`` is for how many seconds calls that were not made may be made up for at once.
    """

    per_second: float
    burst: float = 0.0
    _free: float = 0.0
    _lock: Lock = field(default_factory=Lock)

    def turn(self, now: float) -> float:
        """Return when the caller's turn is."""
        with self._lock:
            self._free = max(now - self.burst, self._free + 1 / self.per_second)
            return max(now, self._free)


@dataclass
class Gate:
    """The calls of one action in one place: closed for all while the cloud throttles it, then tried by one."""

    _opens: float = 0.0
    _throttled: int = 0
    _lock: Lock = field(default_factory=Lock)

    def wait(self, now: float) -> float:
        """Return how long the caller has to wait; 0: it may go, and after a throttled answer as the only one."""
        with self._lock:
            if now < self._opens:
                return self._opens - now
            if self._throttled:
                self._opens = now + _LONGEST
            return 0.0

    def left(self, now: float) -> None:
        """Let the next one try: who might go did not."""
        with self._lock:
            if self._throttled:
                self._opens = now

    def throttled(self, now: float) -> None:
        """Close it for a while."""
        with self._lock:
            self._throttled += 1
            self._opens = now + _backed_off(self._throttled)

    def served(self) -> None:
        """Open it for all."""
        with self._lock:
            self._throttled, self._opens = 0, 0.0


class PlaceCaller:
    """Runs the calls of one place; see :class:`_clouds.base.Caller`."""

    def __init__(self, clock: Clock, until: float, pace: Pace, limited: Mapping[str, Pace] | None = None) -> None:
        self._clock = clock
        self._until = until
        self._pace = pace
        self._limited = limited or {}
        self._gates: dict[str, Gate] = {}
        self._answered = False

    def __call__(self, action: str, send: Callable[[], T], repeatable: bool = True) -> T:
        """Return what ``send`` returns."""
        gate = self._gates.setdefault(action, Gate())
        faults = 0
        while True:
            self._take_turn(action, gate)
            try:
                result = send()
            except Transient as fault:
                faults += 1
                self._weigh(fault, gate, faults, repeatable)
            except CloudError:
                self._was_answered(gate)
                raise
            else:
                self._was_answered(gate)
                return result

    def heard(self, date: float) -> None:
        """Note what time it is by the cloud's clock."""
        self._clock.skew.heard(date - self._clock.date())

    def _take_turn(self, action: str, gate: Gate) -> None:
        while (seconds := gate.wait(self._clock.ticks())) > 0:
            self._pause(min(seconds, _GLANCE))
        limited = self._limited.get(action)
        try:
            for pace in (limited, self._pace) if limited else (self._pace,):
                self._pause(pace.turn(now := self._clock.ticks()) - now)
            in_time(self._clock.ticks())  # the last thing before the socket
        except (OutOfTime, TooLate):
            gate.left(self._clock.ticks())
            raise

    def _was_answered(self, gate: Gate) -> None:
        self._answered = True
        gate.served()

    def _weigh(self, fault: Transient, gate: Gate, faults: int, repeatable: bool) -> None:
        """Wait before the next try, or raise what ends them."""
        if fault.throttled:
            self._answered = True
            gate.throttled(self._clock.ticks())
            return
        gate.served()
        if not repeatable:
            raise Unclear(fault.problem) from fault
        if faults >= (_TRIES if self._answered or fault.reached else _FIRST_TRIES):
            raise fault
        try:
            self._pause(_backed_off(faults))
        except OutOfTime:
            raise fault from None  # that the time was over says less than what there was in it

    def _pause(self, seconds: float) -> None:
        if self._clock.ticks() + seconds > self._until:
            raise OutOfTime
        if seconds > 0:
            self._clock.sleep(seconds)


class Callers:
    """The callers of all places; the regions of an account share its pace, and that of actions limited by account."""

    def __init__(
        self,
        clock: Clock,
        until: float,
        per_second: Callable[[str], float],
        rates: Callable[[str], Mapping[str, Rate]] = lambda provider: {},
    ) -> None:
        self._clock, self._until, self._per_second, self._rates = clock, until, per_second, rates
        self._paces: dict[tuple[str, ...], Pace] = {}
        self._lock = Lock()

    def of(self, provider: str, profile: str) -> PlaceCaller:
        """Return the caller for one more place of an account."""
        rates = self._rates(provider)
        with self._lock:
            pace = self._paces.setdefault((provider, profile), Pace(self._per_second(provider)))
            limited = {action: self._limited(rate, provider, profile, action) for action, rate in rates.items()}
        return PlaceCaller(self._clock, self._until, pace, limited)

    def _limited(self, rate: Rate, *whose: str) -> Pace:
        """Return the pace of an action: with what is made up for at once it stays below the limit of a minute."""
        pace = Pace(rate.per_minute * 0.9 / 60, _BURST)
        return self._paces.setdefault(whose, pace) if rate.scope == "account" else pace
