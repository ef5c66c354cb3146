# Copyright (c) 2026 evergreen.os_migration contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What the contract suite needs of a provider's simulated cloud: the same instances, users and faults everywhere.

A new cloud gets one class like this and a line in ``conftest.py``; the tests stay as they are.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import NamedTuple, Protocol

from ansible_collections.evergreen.os_migration.plugins.module_utils._clouds.base import Caller, Cloud

#: Runs a call as it is; its errors are the adapter's own.
AT_ONCE: Caller = lambda call: call()  # noqa: E731


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


class Bed(Protocol):
    """A simulated cloud whose time stands still until a test moves it."""

    #: Instances by what is special about them; ``crowd-1`` … ``crowd-100`` are plain.
    ids: Mapping[str, str]
    region: str
    other_region: str

    @property
    def secrets(self) -> tuple[str, ...]:
        """Return what no output may show."""

    def cloud(self, user: str = "operator", region: str | None = None, call: Caller = AT_ONCE) -> Cloud:
        """Return the adapter as a user: operator, nobody (no permission), wrong_key, wrong_secret, expired."""

    def patient(self, seconds: float = 3600) -> Caller:
        """Return the engine's back-off on this cloud's time, with a deadline."""

    def unreachable(self) -> Cloud:
        """Return an adapter whose endpoint nobody serves, with temporary credentials."""

    def wait(self, seconds: float) -> None:
        """Let time pass."""

    def until(self, done: Callable[[], bool]) -> None:
        """Let time pass until something has happened."""

    def writes(self, verb: str) -> int:
        """Return how many calls of a verb the cloud carried out, repeated answers counted once."""

    def os_of(self, role: str) -> str:
        """Return the canonical id of what an instance really runs."""

    def activation_codes(self) -> tuple[str, ...]:
        """Return the secrets that were made for imports."""
