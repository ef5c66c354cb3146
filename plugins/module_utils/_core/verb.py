# Copyright (c) 2026 evergreen.os_migration contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The closed set of what can be done for an instance, and how one step is written down."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import Enum, auto
from typing import Any

from .model import Problem


class Verb(Enum):
    """Every step there is. NOTE, FINISH and FAIL touch no cloud, LOOK and ASK change nothing, all others write.

    A CLAIM writes only the lock that every write needs: nobody else works on the instance at that moment.
    """

    NOTE = auto()
    FINISH = auto()
    FAIL = auto()
    LOOK = auto()
    ASK = auto()
    RUN = auto()
    HOOK = auto()
    LOCK = auto()
    CLAIM = auto()
    ENROL = auto()
    MARK = auto()
    SNAPSHOT = auto()
    ORDER = auto()
    BEGIN = auto()
    DELETE_WORKS = auto()
    DELETE_POINTS = auto()
    LEAVE = auto()
    SWEEP = auto()
    STOP = auto()
    START = auto()
    DETACH = auto()
    ATTACH = auto()
    RESTORE = auto()

    @property
    def local(self) -> bool:
        """Say whether no cloud is asked."""
        return self in (Verb.NOTE, Verb.FINISH, Verb.FAIL)

    @property
    def writes(self) -> bool:
        """Say whether something is changed, in the cloud or in a guest."""
        return not self.local and self not in (Verb.LOOK, Verb.ASK)


@dataclass(frozen=True)
class Step:
    """The next step of one instance.

    ``state`` is what the instance is doing meanwhile, ``changes`` what the view learns from the decision itself,
    ``subject`` what the step works on (the sight, for a LOOK), ``event`` the line for the timeline. A ``patient`` look
    waits for the next poll, and until the last one is ``age`` seconds old; any step waits until the tick ``at``.
    ``queue`` names the queue in which the step takes a place. After a step that is the ``last`` one the lock is let go.
    """

    verb: Verb
    state: str
    subject: Any = None
    changes: Mapping[str, Any] = field(default_factory=dict)
    problem: Problem | None = None
    event: str = ""
    patient: bool = False
    age: float = 0.0
    queue: str = ""
    at: float = 0.0
    last: bool = False

    @property
    def awaits(self) -> bool:
        """Say whether the step only waits for what runs in the cloud; a script that was asked for facts is none."""
        return self.patient and self.subject != "command"


def look(sight: str, state: str) -> Step:
    """Return the step that looks at what is not known yet."""
    return Step(Verb.LOOK, state, sight)


def wait(sight: str, state: str, age: float = 0.0) -> Step:
    """Return the step that looks again at the next poll at which the last look is ``age`` seconds old."""
    return Step(Verb.LOOK, state, sight, patient=True, age=age)


def note(state: str, **changes: Any) -> Step:
    """Return the step that only keeps what was concluded."""
    return Step(Verb.NOTE, state, changes=changes)


def failing(code: str, message: str, remedy: str, state: str = "failed") -> Step:
    """Return the step that records a problem."""
    return failing_by(Problem(code, message, remedy), state)


def failing_by(problem: Problem, state: str = "failed") -> Step:
    """Return the step that records a problem that is there already."""
    return Step(Verb.FAIL, state, problem=problem, event=f"failed: {problem.message}")


def blocked(problem: Problem, **changes: Any) -> Step:
    """Return the step that refuses an instance because of a problem."""
    return finish("blocked", f"blocked by {problem.code}", problem, **changes)


def finish(state: str, event: str = "", problem: Problem | None = None, **changes: Any) -> Step:
    """Return the step that ends the work on an instance."""
    return Step(Verb.FINISH, state, changes=changes, problem=problem, event=event)
