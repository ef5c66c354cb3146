# Copyright (c) 2026 evergreen.os_migration contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The simulated account: everything that exists, its ids and its dice."""

from __future__ import annotations

import hashlib
import itertools
import random
import threading
from collections.abc import Mapping

from .clock import Clock
from .scenario import Scenario
from .state import AccessToken, Disk, Instance, Invocation, Job, Snapshot, Source

_ALPHABET = "0123456789abcdefghijklmnopqrstuvwxyz"


class World:
    """The state behind the APIs; whoever reads or changes it holds `lock`."""

    def __init__(self, scenario: Scenario, clock: Clock, seed: int | None = None) -> None:
        self.scenario = scenario
        self.clock = clock
        self.seed = scenario.seed if seed is None else seed
        self.lock = threading.RLock()
        self.instances: dict[str, Instance] = {}
        self.disks: dict[str, Disk] = {}
        self.snapshots: dict[str, Snapshot] = {}
        self.jobs: dict[str, Job] = {}
        self.sources: dict[str, Source] = {}
        self.tokens: dict[str, AccessToken] = {}
        self.invocations: dict[str, Invocation] = {}
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
        """The instance that a disk, snapshot, job or source belongs to."""
        tables: tuple[Mapping[str, Disk | Snapshot | Job | Source], ...]
        tables = (self.disks, self.snapshots, self.jobs, self.sources)
        return next((table[resource_id].instance_id for table in tables if resource_id in table), None)
