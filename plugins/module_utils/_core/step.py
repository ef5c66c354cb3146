# Copyright (c) 2026 evergreen.os_migration contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The vocabulary of decisions: every step there is, what is wanted, and how a step is written down."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import Enum
from typing import Any

from .model import Problem
from .paths import PATHS, Path


class Kind(Enum):
    """How a step touches the cloud; check mode lets only LOCAL and READ through."""

    LOCAL = "local"
    READ = "read"
    POLL = "poll"
    WRITE = "write"


class Verb(Enum):
    """Every step there is."""

    NOTE = "note", Kind.LOCAL
    FINISH = "finish", Kind.LOCAL
    FAIL = "fail", Kind.LOCAL
    DESCRIBE = "describe", Kind.READ
    LOOK_AT_ACCOUNT = "look_at_account", Kind.READ
    FIND_MIGRATION = "find_migration", Kind.READ
    FIND_SNAPSHOTS = "find_snapshots", Kind.READ
    CONFIRM_JOB = "confirm_job", Kind.READ
    POLL_INSTANCE = "poll_instance", Kind.POLL
    POLL_COMMAND = "poll_command", Kind.POLL
    POLL_SNAPSHOTS = "poll_snapshots", Kind.POLL
    POLL_SOURCE = "poll_source", Kind.POLL
    POLL_JOB = "poll_job", Kind.POLL
    PROBE = "probe", Kind.WRITE
    RUN_SCRIPT = "run_script", Kind.WRITE
    IMPORT = "import", Kind.WRITE
    MARK = "mark", Kind.WRITE
    SNAPSHOT = "snapshot", Kind.WRITE
    DELETE_SNAPSHOTS = "delete_snapshots", Kind.WRITE
    CREATE_JOB = "create_job", Kind.WRITE
    START_JOB = "start_job", Kind.WRITE
    DELETE_JOBS = "delete_jobs", Kind.WRITE
    STOP = "stop", Kind.WRITE
    START = "start", Kind.WRITE
    RESET_DISKS = "reset_disks", Kind.WRITE

    @property
    def kind(self) -> Kind:
        """Return how this step touches the cloud."""
        return self.value[1]


@dataclass(frozen=True)
class Goal:
    """What the user wants for every instance of a call. Times in seconds."""

    state: str = "migrated"
    transport: str = "api"
    on_failure: str = "keep"
    rollback_to: str = "start"
    retry: bool = False
    paths: tuple[Path, ...] = PATHS
    hop_timeout: float = 7200
    importable: frozenset[str] = frozenset()
    delete_service_snapshots: bool = False
    shell: str = "sh"


@dataclass(frozen=True)
class Step:
    """The next step of one instance.

    ``state`` is what the instance is doing meanwhile, ``changes`` what the record learns from the decision itself,
    ``subject`` what the step works on, ``event`` the line for the timeline.
    """

    verb: Verb
    state: str
    changes: Mapping[str, Any] = field(default_factory=dict)
    subject: Any = None
    event: str = ""


def failing(code: str, message: str, remedy: str, state: str = "failed") -> Step:
    """Return the step that records a problem."""
    return failing_by(Problem(code, message, remedy), state)


def failing_by(problem: Problem, state: str = "failed") -> Step:
    """Return the step that records a problem that is there already."""
    return Step(Verb.FAIL, state, subject=problem, event=f"failed: {problem.message}")


def blocked(problem: Problem, **changes: Any) -> Step:
    """Return the step that refuses an instance because of a problem."""
    return finish("blocked", f"blocked by {problem.code}", problem=problem, **changes)


def finish(state: str, event: str = "", **changes: Any) -> Step:
    """Return the step that ends the work on an instance."""
    return Step(Verb.FINISH, state, changes, event=event)
