# Copyright (c) 2026 evergreen.os_migration contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""One simulated account: everything that exists in it, its ids and its dice."""

from __future__ import annotations

import hashlib
import itertools
import random
import threading
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Protocol, TypeVar

from .clock import Clock
from .scenario import ACCOUNT, Scenario
from .state import Disk, Image, Instance, Invocation, SecurityGroup, Snapshot, SnapshotGroup

_ALPHABET = "0123456789abcdefghijklmnopqrstuvwxyz"


class Mortal(Protocol):
    gone: float


class Owned(Protocol):
    @property
    def instance_id(self) -> str: ...


M = TypeVar("M", bound=Mortal)


@dataclass(frozen=True)
class Registration:
    """A guest making itself known to a service of the cloud: the code in its script, the id that it will get."""

    code: str
    id: str


class World:
    """The state behind the APIs; whoever reads or changes it holds `lock`. What is gone stays, for stale reads."""

    def __init__(self, scenario: Scenario, clock: Clock, seed: int | None = None, account: str = ACCOUNT) -> None:
        self.scenario = scenario
        self.clock = clock
        self.account = account
        base = scenario.seed if seed is None else seed
        self.seed = str(base) if account == ACCOUNT else f"{base}:{account}"
        self.lock = threading.RLock()
        self.instances: dict[str, Instance] = {}
        self.disks: dict[str, Disk] = {}
        self.snapshots: dict[str, Snapshot] = {}
        self.snapshot_groups: dict[str, SnapshotGroup] = {}
        self.invocations: dict[str, Invocation] = {}
        self.images: dict[str, Image] = {}
        self.security_groups: dict[str, SecurityGroup] = {}
        # The tables of what belongs to an instance; a cloud's own services add theirs.
        self.owned: list[Mapping[str, Owned]] = [self.disks, self.snapshots, self.snapshot_groups]
        self._serial = itertools.count(1)

    def now(self) -> float:
        return self.clock.now()

    def serial(self) -> int:
        """A number that orders everything by its creation; paging goes by it."""
        return next(self._serial)

    def new_id(self, prefix: str, length: int = 20) -> str:
        number = int.from_bytes(hashlib.sha256(f"{self.seed}:{prefix}:{self.serial()}".encode()).digest(), "big")
        digits = ""
        while len(digits) < length:
            number, digit = divmod(number, len(_ALPHABET))
            digits += _ALPHABET[digit]
        return f"{prefix}-bp1{digits[3:]}"

    def secret(self) -> str:
        return hashlib.sha256(f"{self.seed}:secret:{self.serial()}".encode()).hexdigest()[:32]

    def sample(self, instance: Instance, what: str) -> float:
        """The next duration of this kind for this instance: the same in every run with the same seed."""
        turn = instance.samples[what]
        instance.samples[what] += 1
        return max(0.1, instance.group.sample(what, random.Random(f"{self.seed}:{instance.id}:{what}:{turn}")))

    def owner(self, resource_id: str) -> str | None:
        """The instance that something belongs to."""
        for table in self.owned:
            if resource_id in table:
                return table[resource_id].instance_id
        return None

    def copied(self, instance: Instance, copy: Instance, now: float) -> None:
        """A machine was made from another's disks; a cloud's own services may know what lies on them."""

    def registration(self, instance: Instance, script: str, now: float) -> Registration | None:
        """What a guest that runs this script would register with; a cloud's own services say."""
        return None

    def register(self, instance: Instance, registration: Registration, at: float) -> None:
        """The guest did."""


def there(table: Mapping[str, M], key: str | None, now: float) -> M | None:
    """What has this id, unless it is gone."""
    found = table.get(key) if key else None
    return found if found is not None and now < found.gone else None
