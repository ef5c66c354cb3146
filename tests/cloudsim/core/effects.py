# Copyright (c) 2026 evergreen.os_migration contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What the faults between client and service do to a call."""

from __future__ import annotations

import math
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Generic, NoReturn, TypeVar

from .clock import Clock
from .scenario import Fault

A = TypeVar("A")


class ConnectionCut(Exception):
    """The connection closes without an answer."""


class Page(Exception):
    """What a proxy answers in the service's place: HTML."""

    def __init__(self, status: int) -> None:
        super().__init__(f"an HTML page with status {status}")
        self.status = status
        self.body = f"<html><head><title>{status}</title></head><body><h1>{status}</h1></body></html>\n".encode()


@dataclass(frozen=True)
class Struck(Generic[A]):
    """A call that is hit: `apply` carries it out, `refuse` is the service's own error, `later` keeps it for a time.

    `given_up`: the client has closed the connection; `closed`: the simulation ends.
    """

    fault: Fault
    clock: Clock
    apply: Callable[[], A]
    refuse: Callable[[Fault], NoReturn]
    later: Callable[[float], None]
    given_up: Callable[[], bool]
    closed: Callable[[], bool]


def _refused(call: Struck[A]) -> A:
    call.refuse(call.fault)


def _cut(call: Struck[A]) -> A:
    raise ConnectionCut


def _lost_answer(call: Struck[A]) -> A:
    call.apply()
    raise ConnectionCut


def _delay(call: Struck[A]) -> A:
    time.sleep(call.fault.seconds / call.clock.speed)
    return call.apply()


def _late_answer(call: Struck[A]) -> A:
    answer = call.apply()
    call.clock.wait_until(call.clock.now() + call.fault.seconds, call.closed)
    return answer


def _hold(call: Struck[A]) -> A:
    call.clock.wait_until(call.fault.at, call.closed)
    if call.closed():
        raise ConnectionCut
    return call.apply()


def _hang(call: Struck[A]) -> A:
    call.clock.wait_until(math.inf, lambda: call.given_up() or call.closed())
    raise ConnectionCut


def _applied_late(call: Struck[A]) -> A:
    call.later(call.clock.now() + call.fault.seconds)
    raise ConnectionCut


def _page(status: int) -> Callable[[Struck[A]], A]:
    def answer(call: Struck[A]) -> A:
        if call.fault.applied:
            call.apply()
        raise Page(status)

    return answer


def _as_usual(call: Struck[A]) -> A:
    return call.apply()


EFFECTS: dict[str, Callable[[Struck[object]], object]] = {
    "throttle": _refused,
    "http_500": _refused,
    "http_503": _refused,
    "code": _refused,
    "html_403": _page(403),
    "html_502": _page(502),
    "cut": _cut,
    "lost_answer": _lost_answer,
    "applied_late": _applied_late,
    "delay": _delay,
    "late_answer": _late_answer,
    "hold": _hold,
    "hang": _hang,
    "stale": _as_usual,  # the service reads as of `seconds` ago
}
