# Copyright (c) 2026 evergreen.os_migration contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What Server Migration Center knows: activation codes, migration sources, jobs and their runs."""

from __future__ import annotations

import math
from dataclasses import dataclass, field
from typing import Any

from ..core.clock import Timeline
from ..core.state import Tags

UNFINISHED = frozenset({"Ready", "Running", "Stopped", "InError"})


@dataclass(frozen=True)
class JobState:
    status: str
    progress: float = 0.0
    error_code: str = ""
    info: str = ""


@dataclass(frozen=True)
class Run:
    """One start of a job; `length` is the whole way, also of a run that will not reach the end."""

    started: float
    snapshots: float
    length: float
    limit: float = 100.0

    def progress(self, now: float) -> float:
        return round(min((now - self.started) / self.length * 100, self.limit), 1)

    def business_status(self, now: float) -> str:
        before = self.snapshots / self.length * 100
        done = (self.progress(now) - before) / (100 - before)
        stages = (("Preparing", 0.0), ("Syncing", 0.15), ("Processing", 0.9))
        return next((name for name, until in stages if done < until), "Cleaning")


@dataclass
class Job:
    id: str
    name: str
    source_id: str
    instance_id: str
    target: str
    created: float
    states: Timeline[JobState]
    tags: Timeline[Tags]
    request: dict[str, Any]
    serial: int = 0
    visible: float = -math.inf
    gone: float = math.inf
    drill: str = ""
    runs: list[Run] = field(default_factory=list)

    def status(self, now: float) -> str:
        return self.states.at(now).status

    def run(self, now: float) -> Run:
        """The run that goes on now."""
        return next(run for run in reversed(self.runs) if run.started <= now)

    def progress(self, now: float) -> float:
        state = self.states.at(now)
        return self.run(now).progress(now) if state.status == "Running" else state.progress


@dataclass
class Source:
    """A guest that is known to SMC; `ready`: from when on the client that was installed last reports."""

    id: str
    instance_id: str
    host_name: str
    created: float
    ready: Timeline[float]
    job: Timeline[str]
    tags: Timeline[Tags]
    serial: int = 0
    gone: float = math.inf


@dataclass
class AccessToken:
    """An activation code: so many guests may register with it until it expires, is disabled or deleted."""

    id: str
    code: str
    name: str
    description: str
    created: float
    days: int
    count: int
    expires: float
    used: int = 0
    disabled: bool = False
    gone: float = math.inf

    def status(self, now: float) -> str:
        if now >= self.expires:
            return "expired"
        return "unactivated" if self.disabled else "activated"

    def counts(self, now: float) -> bool:
        return now < self.gone and self.status(now) == "activated" and self.used < self.count
