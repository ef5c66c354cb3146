# Copyright (c) 2026 evergreen.os_migration contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The table of simulated actions, and what one of them is given."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from ..core.clock import Clock
from ..core.guests import Runner
from ..core.scenario import Credential
from ..core.storage import Loss
from .account import Account

Answer = dict[str, Any]


@dataclass
class Call:
    """One request on its way through the service."""

    service: str
    action: str
    flat: Mapping[str, str]
    credential: Credential
    world: Account
    runner: Runner
    now: float
    stale: float = 0.0
    params: dict[str, Any] = field(default_factory=dict)
    loss: Loss | None = None
    #: What it was about beside what request and answer name.
    touched: list[str] = field(default_factory=list)

    @property
    def clock(self) -> Clock:
        return self.world.clock

    @property
    def region(self) -> str:
        return str(self.params.get("RegionId", ""))

    def as_of(self, *lists: str) -> float:
        """The time that these lists are read at: reads may be stale."""
        ages = self.world.scenario.stale_reads
        if not ages and not self.stale:
            return self.now
        return self.now - max(self.stale, *(ages.get(name, 0.0) for name in lists))

    def get(self, name: str, default: Any = None) -> Any:
        return self.params.get(name, default)


@dataclass(frozen=True)
class Action:
    """A handler and the parameters it takes; `ignores` are accepted and change nothing here."""

    handler: Callable[[Call], Answer]
    uses: frozenset[str]
    ignores: frozenset[str]
    idempotent: bool


ACTIONS: dict[tuple[str, str], Action] = {}


def action(
    service: str, *, uses: str = "", ignores: str = "", idempotent: bool = False
) -> Callable[[Callable[[Call], Answer]], Callable[[Call], Answer]]:
    """Register a function under its own name in CamelCase."""

    def register(handler: Callable[[Call], Answer]) -> Callable[[Call], Answer]:
        name = "".join(part.capitalize() for part in handler.__name__.split("_"))
        always = {"OwnerAccount", "OwnerId", "ResourceOwnerAccount", "ResourceOwnerId", "ResourceGroupId"}
        ignored = frozenset(always | set(ignores.split()))
        ACTIONS[service, name] = Action(handler, frozenset(uses.split()), ignored, idempotent)
        return handler

    return register
