# Copyright (c) 2026 evergreen.os_migration contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What the toy cloud holds: one file under a lock, the same for every process, on a clock of its own."""

from __future__ import annotations

import fcntl
import json
import os
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, NoReturn

from ansible_collections.evergreen.os_migration.plugins.module_utils._core.model import Problem
from ansible_collections.evergreen.os_migration.plugins.module_utils._errors import CloudError, Moved

Thing = dict[str, Any]
Things = dict[str, Thing]
ROOT = "root"
#: How long things take, in the cloud's seconds.
SECONDS = {"flash": 600, "disk": 60, "point": 60, "power": 20, "radio": 10, "run": 5}
#: What an instance is, and what it shows of itself, unless a test says otherwise.
_OWN = {"region": "north", "power": "on", "radio": "on", "radio_hangs": False, "fails": (), "says": {}, "tags": {}}
_SIZE = {"architecture": "x86_64", "vcpus": 2, "memory_mib": 8192}
_SHOWS = {**_SIZE, "network_type": "vpc", "private_addresses": ("10.0.0.1",), "image_id": "brick-1"}


def refuse(code: str, message: str, remedy: str = "Look into the toy box.", moved: bool = False) -> NoReturn:
    """Refuse what was asked for one thing; ``moved``: it is in another state than that needs."""
    raise (Moved if moved else CloudError)(Problem(f"Toy.{code}", message, remedy))


def there(things: dict[str, Thing], key: str, code: str) -> Thing:
    """Return what is there, or refuse."""
    return things[key] if key in things else refuse(code, f"There is no {key}.")


@dataclass
class World:
    """Everything there is, by id. ``facts`` are what guests say of themselves by type of system, and by system.

    Looks show what was made after ``lag`` seconds. ``journal`` has a line for every call that changed something.
    """

    now: float = field(default_factory=time.time)
    real: float = field(default_factory=time.time)
    speed: float = 0.0
    lag: float = 0.0
    made: int = 0
    regions: tuple[str, ...] = ("north", "south")
    facts: dict[str, dict[str, str]] = field(default_factory=dict)
    instances: Things = field(default_factory=dict)
    disks: Things = field(default_factory=dict)
    points: Things = field(default_factory=dict)
    works: Things = field(default_factory=dict)
    runs: Things = field(default_factory=dict)
    journal: list[list[str]] = field(default_factory=list)

    def advance(self) -> None:
        """Let the time pass that has passed, and end the works that end in it."""
        real = time.time()
        self.now, self.real = self.now + (real - self.real) * self.speed, real
        for work in [work for work in self.works.values() if not work["over"] and self.now >= work["ready"]]:
            work["over"] = True
            if work["kind"] == "disk":
                self.disks[work["outputs"]["disk"]] = {**work["content"], "on": ""}
            elif not work["fails"]:
                self.root(work["of"]).update(system=work["target"], data=f"written by {work['target']}")

    def root(self, instance_id: str) -> Thing:
        """Return the disk from which an instance starts; it may have none now."""
        roots = (one for one in self.disks.values() if (one["on"], one["place"]) == (instance_id, ROOT))
        return next(roots, {"system": "unknown"})

    def new(self, things: Things, prefix: str, takes: float = 0.0, **facts: Any) -> str:
        """Make a thing that is ready after some seconds, and return its id."""
        self.made += 1
        key = f"{prefix}-{self.made:04}"
        things[key] = {"born": self.now, "ready": self.now + takes, **facts}
        return key

    def flashing(self, instance_id: str) -> bool:
        """Say whether a work holds an instance."""
        return any((w["kind"], w["of"], w["over"]) == ("flash", instance_id, False) for w in self.works.values())

    def shown(self, thing: Thing) -> bool:
        """Say whether looks show a thing already."""
        return bool(self.now >= thing["born"] + self.lag)


def add_instance(world: World, system: str = "centos-7", sizes: Sequence[int] = (40,), **more: Any) -> str:
    """Put a running instance with disks of some sizes into the cloud, and return its id."""
    own = {name: more.pop(name, value) for name, value in _OWN.items()}
    shows = {"os_type": "windows" if system.startswith("windows") else "linux", **_SHOWS, **more}
    tags = [{"born": 0.0, "key": key, "value": value} for key, value in own.pop("tags").items()]
    made = world.new(world.instances, "toy", **own, tags=tags, shows=shows)
    world.instances[made].update(born=0.0, ready=0.0)
    for number, size in enumerate(sizes):
        place, data = (f"slot-{number}", "precious") if number else (ROOT, "as it was")
        world.new(world.disks, "vol", on=made, place=place, size=size, system=system, data=data)
    return made


class State:
    """The file. Whoever opens it has it alone."""

    def __init__(self, directory: Path) -> None:
        self._file, self._lock = directory / "world.json", directory / "lock"

    def write(self, world: World) -> None:
        """Write the cloud down, all at once: a process may be killed at any moment."""
        new = self._file.with_suffix(".new")
        new.write_text(json.dumps(vars(world)), "utf-8")
        os.replace(new, self._file)

    @contextmanager
    def open(self) -> Iterator[World]:
        """Give the cloud as it is now. A look need not be kept: the next one comes to the same."""
        with self._lock.open("a") as lock:
            fcntl.flock(lock, fcntl.LOCK_EX)
            world = World(**json.loads(self._file.read_text("utf-8")))
            world.advance()
            before = world.made, len(world.journal), world.now
            yield world
            if before != (world.made, len(world.journal), world.now):
                self.write(world)
