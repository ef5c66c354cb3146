# Copyright (c) 2026 evergreen.os_migration contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Where the hosts of one application of a role meet: a private folder of this run of ansible-playbook.

A host enrols by a file of its own. Whoever serves the batch takes all of them at once, by renaming their folder, so
that each enrolment counts once; then every host finds its own outcome in a file.
"""

from __future__ import annotations

import hashlib
import json
import os
import shutil
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from ansible import constants as C  # noqa: N812 - what Ansible calls it everywhere

from ..module_utils._files import PRIVATE, PRIVATE_DIRECTORY
from ..module_utils._processes import started

#: Seconds between two looks at a batch that another host serves.
_GLANCE = 0.2


class Room:
    """The folder of one application of a role, which the uuid of the block that its tasks stand in tells apart."""

    def __init__(self, task: Any, phase: str) -> None:
        self.path = Path(C.DEFAULT_LOCAL_TMP) / "os_migration" / phase / str(task._parent._uuid)

    @property
    def _pending(self) -> Path:
        return self.path / "pending"

    @property
    def _claim(self) -> Path:
        return self.path / "claim"

    def _outcome(self, host: str) -> Path:
        return self.path / "outcomes" / _name(host)

    def enrol(self, host: str, wish: dict[str, Any]) -> None:
        """Let a host take part; what an earlier application of the same tasks left for it does not count."""
        self._outcome(host).unlink(missing_ok=True)
        _put(self._pending / _name(host), wish)

    def take(self) -> list[dict[str, Any]]:
        """Return every enrolment that nobody has taken yet."""
        taken = self.path / f"taken-{os.getpid()}-{time.monotonic_ns()}"
        try:
            self._pending.rename(taken)
        except FileNotFoundError:
            return []
        wishes = [json.loads(path.read_text("utf-8")) for path in taken.glob("*.json")]
        shutil.rmtree(taken)
        return wishes

    def leave(self, host: str, outcome: dict[str, Any]) -> None:
        """Leave a host its outcome."""
        _put(self._outcome(host), outcome)

    def outcome(self, host: str) -> dict[str, Any] | None:
        """Return a host's outcome, if there is one."""
        try:
            found: dict[str, Any] = json.loads(self._outcome(host).read_text("utf-8"))
        except FileNotFoundError:
            return None
        return found

    def coming(self, host: str) -> bool:
        """Say whether a host waits to be served, or somebody serves a batch now."""
        return (self._pending / _name(host)).exists() or self._claim.exists()

    @contextmanager
    def claimed(self) -> Iterator[bool]:
        """Give True to the one that is to serve the batch; the others wait until that is over, and get False."""
        mine = self.path / f"claim-{os.getpid()}"
        _put(mine, {"pid": os.getpid(), "started": started(os.getpid())})
        try:
            os.link(mine, self._claim)
        except FileExistsError:
            self._wait()
            yield False
            return
        finally:
            mine.unlink()
        try:
            yield True
        finally:
            self._claim.unlink()

    def _wait(self) -> None:
        while True:
            try:
                who = json.loads(self._claim.read_text("utf-8"))
            except FileNotFoundError:
                return
            if started(who["pid"]) != who["started"]:
                self._claim.unlink(missing_ok=True)
                return
            time.sleep(_GLANCE)


def _name(host: str) -> str:
    """Return the name of a host's file: a host may be called anything."""
    return hashlib.sha256(host.encode()).hexdigest()[:32] + ".json"


def _put(path: Path, value: dict[str, Any]) -> None:
    """Write a private file by rename, so that nobody ever reads half of it."""
    path.parent.mkdir(mode=PRIVATE_DIRECTORY, parents=True, exist_ok=True)
    draft = path.with_suffix(f".{os.getpid()}")
    handle = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, PRIVATE)
    with os.fdopen(handle, "w", encoding="utf-8") as file:
        json.dump(value, file)
    os.replace(draft, path)
