# Copyright (c) 2026 evergreen.os_migration contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The lock of an instance: a second tag, which says which run may write.

A run takes the lock by writing a value of its own where it saw none, waits, and reads it back; it holds the lock only
if exactly that value is there. It renews the value while it works, and an empty value lets the lock go. Clocks of two
controllers are never compared: a lock is over when this process itself has seen it unchanged for longer than its holder
may leave it so.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, replace

from .model import Problem

LOCK_KEY = "evergreen:os_migration.lock"
#: All times of a lock are so many times as long as a write may stay unseen (15 s unless an option says otherwise).
#: After so long a written value is read back; a value is renewed; its holder stops writing; and it is over for others.
WAIT, RENEWED, LAST, LASTS = 3, 20, 32, 40
#: A write without an answer may still take effect for so long.
LATE = 12
#: What a lock is held for where its holder takes a place in a queue.
MIGRATE = "migrated"
# What stands for a text that is none of ours: somebody may write, nobody knows who.
_UNKNOWN = "unknown"
_TEXT = re.compile(r"run=([0-9a-f]+) try=(\d+) at=([0-9a-f]*) pid=(\d+)\.(\d*) since=(\d+) until=(\d+) for=([a-z_]+)")


@dataclass(frozen=True)
class Holder:
    """A process that may hold locks: its run, the digest of its machine, its number and when it was started."""

    run: str = "0"
    at: str = ""
    pid: int = 0
    started: str = ""


@dataclass(frozen=True)
class Lock:
    """What the tag says. ``number`` counts a run's tries for this instance, ``wish`` is the state that its run wants.

    The times are in epoch seconds; ``until`` is for people, nobody decides by it.
    """

    holder: Holder
    number: int
    since: int
    until: int
    wish: str

    @property
    def text(self) -> str:
        """Return the tag's value."""
        who = self.holder
        return (
            f"run={who.run} try={self.number} at={who.at} pid={who.pid}.{who.started} "
            f"since={self.since} until={self.until} for={self.wish}"
        )

    def renewed(self, date: float, lasts: float) -> Lock:
        """Return the lock with a later end."""
        return replace(self, until=int(date + lasts))

    def is_same(self, other: Lock | None) -> bool:
        """Say whether it is the same lock, renewed or not."""
        return other is not None and replace(other, until=self.until) == self


@dataclass(frozen=True)
class Watch:
    """Another's lock as this process sees it, in ticks.

    ``since`` is when this text was first seen, ``gone`` when its process was first seen not to be there any more.
    It ``lives`` once it was seen to be renewed, or its process to be there.
    """

    lock: Lock
    since: float
    gone: float | None = None
    lives: bool = False

    def over(self, now: float, visibility: float) -> bool:
        """Say whether nobody can write under this lock any more."""
        if self.gone is not None:
            return now - self.gone >= LATE * visibility
        return now - self.since >= (LASTS + 1) * visibility


def lock_in(tags: Mapping[str, str]) -> Lock | None:
    """Return the lock that an instance's tags tell of, ``None`` when it is free."""
    text = tags.get(LOCK_KEY, "")
    if not text:
        return None
    found = _TEXT.fullmatch(text)
    if not found:
        return Lock(Holder(_UNKNOWN), 0, 0, 0, _UNKNOWN)
    run, number, at, pid, started, since, until, wish = found.groups()
    return Lock(Holder(run, at, int(pid), started), int(number), int(since), int(until), wish)


def seen(watch: Watch | None, lock: Lock, now: float, there: bool | None) -> Watch:
    """Return what is known of another's lock after one more look; ``there`` says whether its process is, if known."""
    if watch is None or not watch.lock.is_same(lock):
        watch = Watch(lock, now)
    elif watch.lock != lock:
        watch = Watch(lock, now, lives=True)
    if there is None:
        return watch
    if there:
        return replace(watch, lives=True)
    return replace(watch, lives=False, gone=now if watch.gone is None else watch.gone)


def held(lock: Lock) -> Problem:
    """Return the problem of an instance that another run works on."""
    return Problem(
        "Locked",
        f"Run {lock.holder.run} (process {lock.holder.pid}) works on the instance; its goal is {lock.wish}.",
        "Wait until that run has ended, then run again: this run has changed nothing since it saw the other.",
    )


def lost(mine: Lock, other: Lock | None) -> Problem:
    """Return the problem of a run whose lock was taken from it."""
    who = f"run {other.holder.run} has it" if other else "it is free now"
    return Problem(
        "LockLost",
        f"The lock that run {mine.holder.run} held is not its own any more: {who}. This run has stopped here.",
        "Let the other run end, then run again: the next run goes on with what it finds.",
    )
