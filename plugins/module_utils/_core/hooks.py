# Copyright (c) 2026 evergreen.os_migration contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Hooks: a user's own scripts that run in a guest before and after the hops of its migration, and their marks there."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, NamedTuple

from .catalog import is_known, unknown_id
from .model import CommandResult, Hop

BEFORE_MIGRATION, BEFORE_HOP = "before_migration", "before_hop"
AFTER_HOP, AFTER_MIGRATION = "after_hop", "after_migration"
MOMENTS = (BEFORE_MIGRATION, BEFORE_HOP, AFTER_HOP, AFTER_MIGRATION)
AFTER = (AFTER_HOP, AFTER_MIGRATION)
FAIL, WARN = "fail", "warn"
#: As many marks as a guest keeps; an instance has no more hooks than that.
MOST = 20
#: What a guest keeps of a hook.
BEGUN, DONE, FAILED = "begun", "done", "failed"
#: How a hook ended that did not do its work, beside what the guest keeps.
TIMED_OUT, LOST, PLANNED = "timed_out", "lost", "planned"
_DIGITS = 12


@dataclass(frozen=True)
class Hook:
    """A script as the user wants it. ``systems`` are those that the guest has to run when it is due; none is all.

    With ``no_log`` nothing of what it prints is kept.
    """

    name: str
    when: str
    script: str
    shell: str = "sh"
    timeout: int = 300
    on_failure: str = FAIL
    systems: tuple[str, ...] = ()
    arguments: tuple[str, ...] = ()
    no_log: bool = False


@dataclass(frozen=True)
class Due:
    """A hook in its place; equal ones go out in one call. ``mark`` is what the guest keeps of it.

    ``source`` and ``target`` are the systems of the hop; the source is empty where it is not known any more.
    """

    hook: Hook
    mark: str
    source: str
    target: str

    @property
    def told(self) -> str:
        """Return how people are told of it."""
        system = self.source if self.hook.when in (BEFORE_MIGRATION, BEFORE_HOP) else self.target
        return f"hook '{self.hook.name}' {'before leaving' if system == self.source else 'on'} {system}"


@dataclass(frozen=True)
class Sent:
    """A hook that was sent: when, in ticks and by the cloud's clock in epoch seconds."""

    due: Due
    ticks: float
    date: float


@dataclass(frozen=True)
class Ran:
    """What became of a hook: ``status`` is done, failed, timed_out or lost; one of an earlier run has no output.

    ``began`` and ``ended`` are in epoch seconds by the cloud's clock. It was ``judged`` when nothing follows from it.
    """

    due: Due
    status: str
    exit_code: int | None = None
    output: str = ""
    began: float = 0.0
    ended: float = 0.0
    result: CommandResult | None = field(default=None, compare=False)


class Mark(NamedTuple):
    """What a guest keeps of a hook, with the time by the guest's clock."""

    word: str
    at: int


def due_before(hooks: Sequence[Hook], hop: Hop, first: bool, attempt: int, tried: int) -> Iterator[Due]:
    """Yield the hooks that are due before a hop, in the user's order.

    Each try has its own: what a job that failed has left of the work of those before it nobody knows.
    """
    moments = (BEFORE_MIGRATION, BEFORE_HOP) if first else (BEFORE_HOP,)
    for hook in _of(hooks, moments, hop.source):
        yield Due(hook, _digest(hook, hop.source, attempt, tried), hop.source, hop.target)


def due_after(hooks: Sequence[Hook], source: str, target: str, last: bool, attempt: int) -> Iterator[Due]:
    """Yield the hooks that are due once a hop has arrived, in the user's order."""
    moments = (AFTER_HOP, AFTER_MIGRATION) if last else (AFTER_HOP,)
    for hook in _of(hooks, moments, target):
        yield Due(hook, _digest(hook, target, attempt), source, target)


def _of(hooks: Sequence[Hook], moments: Sequence[str], system: str) -> Iterator[Hook]:
    for hook in hooks:
        if hook.when in moments and (not hook.systems or system in hook.systems):
            yield hook


def _digest(hook: Hook, *place: object) -> str:
    """Return what tells a hook at its place apart in one guest; another script is another hook."""
    parts = [hook.name, hook.when, hook.shell, hook.script, *hook.arguments, *map(str, place)]
    return hashlib.sha256(json.dumps(parts).encode()).hexdigest()[:_DIGITS]


def marks(facts: Mapping[str, str]) -> dict[str, Mark]:
    """Return the marks that a guest tells of."""
    found: dict[str, Mark] = {}
    for text in facts.get("hooks", "").split():
        mark, _colon, rest = text.partition(":")
        word, _colon, at = rest.partition(":")
        if word in (BEGUN, DONE, FAILED) and at.isdecimal():
            found[mark] = Mark(word, int(at))
    return found


def surroundings(due: Due) -> dict[str, str]:
    """Return the variables of the environment that tell a script where it stands."""
    return {
        "OS_MIGRATION_HOOK": due.hook.name,
        "OS_MIGRATION_WHEN": due.hook.when,
        "OS_MIGRATION_SOURCE": due.source,
        "OS_MIGRATION_TARGET": due.target,
    }


def checked(rows: Sequence[Mapping[str, Any]]) -> tuple[Hook, ...]:
    """Return hooks; :class:`ValueError` says what cannot be meant."""
    return tuple(_hook(row) for row in rows)


def told_apart(found: Sequence[Hook]) -> None:
    """Refuse hooks of one instance that a guest could not tell apart, or could not keep all marks of."""
    names = [(hook.name, hook.when, hook.shell) for hook in found]
    doubled = next((one[0] for one in names if names.count(one) > 1), None)
    if doubled is not None:
        raise ValueError(f"two hooks of one moment are called {doubled!r}: they are told apart by their names")
    if len(found) > MOST:
        raise ValueError(f"there are {len(found)} hooks, and a guest keeps in mind {MOST} at most")


def _hook(row: Mapping[str, Any]) -> Hook:
    name, systems, arguments = row["name"], row["systems"], row["arguments"]
    if not (name.strip() and row["script"].strip()):
        raise ValueError("a hook needs a name and a script that are not empty")
    if row["timeout"] <= 0:
        raise ValueError(f"the timeout of the hook {name!r} has to be above 0")
    for system in systems:
        if not is_known(system):
            raise ValueError(f"the hook {name!r}: {unknown_id(system).rstrip('.')}")
    given = {word: row[word] for word in ("name", "when", "script", "shell", "timeout", "on_failure", "no_log")}
    return Hook(systems=tuple(systems), arguments=tuple(arguments), **given)
