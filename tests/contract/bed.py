# Copyright (c) 2026 evergreen.os_migration contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What the contract suite needs of a provider's simulated cloud: the same instances, users and faults everywhere.

A new cloud gets one class like this and a line in ``conftest.py``; the tests stay as they are. Where clouds differ by
their nature, the bed's traits say so and the tests expect accordingly.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import NamedTuple, Protocol, TypeVar

import pytest
from ansible_collections.evergreen.os_migration.plugins.module_utils._clouds.base import Caller, Cloud
from ansible_collections.evergreen.os_migration.plugins.module_utils._core.model import Account, Hop

T = TypeVar("T")

#: How the work of the instance ``failing`` fails: the service's code and text.
FAILURE = ("M42", "It broke.")


class AtOnce:
    """Runs calls as they are, their errors are the adapter's own; keeps what was heard of the cloud's time."""

    def __init__(self) -> None:
        self.dates: list[float] = []

    def __call__(self, action: str, send: Callable[[], T], repeatable: bool = True) -> T:
        return send()

    def heard(self, date: float) -> None:
        self.dates.append(date)


at_once = AtOnce()


class Fault(NamedTuple):
    """What goes wrong with a verb: throttle, http_500, http_503, cut (not applied), lost_answer (applied), delay."""

    verb: str
    effect: str
    times: int | None = 1
    seconds: float = 0.0


@dataclass(frozen=True)
class Setting:
    """How one test wants its cloud."""

    faults: tuple[Fault, ...] = ()
    lag: float = 0.0
    #: Calls of a verb that the provider serves per minute.
    quotas: Mapping[str, int] | None = None


@dataclass(frozen=True)
class Traits:
    """In what a cloud may differ from others. ``kind`` is that of the works which bring ``hop`` about, in place."""

    kind: str
    hop: Hop
    #: What account() says to the operator.
    account: Account
    #: Instances must be enrolled before a work of the kind is ordered for them.
    enrols: bool = True
    #: An order is the start.
    begins_itself: bool = False
    #: The same token makes the same work, or the same point.
    tokens_for_works: bool = True
    tokens_for_points: bool = True
    #: Names of works are unique, and the service refuses a second unfinished work for an instance.
    one_work_at_a_time: bool = True
    #: A work that does not run can be deleted.
    deletes_works: bool = True
    #: A disk can be put back to a point of its own; the service takes points of its own before a work.
    restores: bool = True
    service_points: bool = True
    #: The simulated cloud can detach and attach disks while it runs.
    moves_disks: bool = True
    #: Where there are stacks: a template with an output, one that the cloud refuses, and one from which nothing comes.
    templates: Mapping[str, str] = field(default_factory=dict)


class Ids(dict[str, str]):
    """Instances by what is special about them. What a cloud cannot have is not in it: its tests are skipped."""

    def __missing__(self, role: str) -> str:
        pytest.skip(f"in this cloud no instance is {role}")


class Bed(Protocol):
    """A simulated cloud whose time stands still until a test moves it."""

    traits: Traits
    #: ``crowd-1`` … ``crowd-100`` are plain; see ``alicloud_bed.py`` for the others.
    ids: Ids
    region: str
    other_region: str

    def close(self) -> None:
        """End it."""

    @property
    def secrets(self) -> tuple[str, ...]:
        """Return what no output may show."""

    def cloud(self, user: str = "operator", region: str | None = None, call: Caller = at_once) -> Cloud:
        """Return the adapter as a user.

        operator, guest (temporary credentials), nobody (no permission), narrow (may not list regions, skip where there
        is no such right), wrong_key, wrong_secret, expired.
        """

    def patient(self, seconds: float = 3600) -> Caller:
        """Return the engine's back-off on this cloud's time, with a deadline."""

    def unreachable(self) -> Cloud:
        """Return an adapter whose endpoint nobody serves, with temporary credentials."""

    def unknown(self, what: str, number: int = 0) -> str:
        """Return a well-formed id that nothing has: of an instance, disk, point, work, enrolment or invocation."""

    def wait(self, seconds: float) -> None:
        """Let time pass."""

    def until(self, done: Callable[[], bool]) -> None:
        """Let time pass until something has happened."""

    def writes(self, verb: str) -> int:
        """Return how many calls of a verb the cloud carried out, repeated answers counted once."""

    def os_of(self, role: str) -> str:
        """Return the canonical id of what an instance really runs."""

    def codes(self) -> tuple[str, ...]:
        """Return the secrets that were made for enrolments."""
