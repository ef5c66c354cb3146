# Copyright (c) 2026 evergreen.os_migration contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The locks of a lane: taken before an instance's first write, renewed, and let go after its last one."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from .._clouds.base import Instances
from .._core import lock as locks
from .._core import tag
from .._core.lock import LAST, LOCK_KEY, RENEWED, WAIT, Holder, Lock, Watch, lock_in
from .._core.record import Moment, Record
from .._core.verb import Step, Verb, failing, failing_by, look, wait
from .._errors import CloudError, OutOfTime, Transient, Unclear
from .limits import Clock, sent_by
from .sights import here, shown

#: Says whether the process that holds a lock is still there, ``None`` when nobody here can know.
There = Callable[[Lock], "bool | None"]
#: Says whether a lock is among those that may begin works of a kind, ``None`` when that could not be counted yet.
Rank = Callable[[str, str, "Lease"], "bool | None"]


def nobody_knows(lock: Lock) -> bool | None:
    """Say that nothing is known of any process."""
    return None


@dataclass(frozen=True)
class Lease:
    """A lock of this run. Times in ticks.

    ``sent`` is when the last write of it that was answered was sent, at the latest; ``tag`` is the text of the
    instance's tag as it was seen or written last, ``maybe`` one whose write got no answer, and ``before`` are the texts
    that were seen there before the last write, at ``marked``. While it is ``busy`` it is being renewed or let go, which
    was ``tried`` last then.
    """

    lock: Lock
    sent: float
    answered: float
    queue: str = ""
    won: bool = False
    tag: str | None = None
    maybe: tuple[str, ...] = ()
    before: frozenset[str | None] = frozenset()
    marked: float = float("-inf")
    busy: bool = False
    tried: float = float("-inf")


@dataclass
class Leases:
    """The locks of the instances of one lane, those of other runs that are watched, and those being let go.

    What ``takes`` no locks gives way to those of others all the same.
    """

    holder: Holder
    there: There
    rank: Rank
    takes: bool = True
    visibility: float = 15.0
    _of: dict[str, Lease] = field(default_factory=dict)
    _leaving: dict[str, Lease] = field(default_factory=dict)
    _watched: dict[str, Watch] = field(default_factory=dict)
    _counted: dict[str, Watch] = field(default_factory=dict)
    _tries: dict[str, int] = field(default_factory=dict)

    def __contains__(self, instance_id: str) -> bool:
        return instance_id in self._of

    @property
    def some_left(self) -> bool:
        """Say whether a lock is still to be let go."""
        return bool(self._leaving)

    # --- what comes before a step -------------------------------------------------------------------------------------

    def instead(self, record: Record[Any], step: Step, now: Moment) -> Step:
        """Return the step, or what has to come before it: a write needs the instance's lock."""
        lease = self._of.get(record.id)
        if lease is not None and lease.won and now.ticks - lease.sent > LAST * self.visibility:
            del self._of[record.id]  # others may take it for over soon: it is taken again, and all is looked at anew
            lease = None
        if lease is not None and not lease.won:
            return self._read_back(record, step, lease, now)
        if not step.verb.writes:
            return step
        return self._wanted(record, step, now) if lease is None else self._kept(record, step, lease)

    def _wanted(self, record: Record[Any], step: Step, now: Moment) -> Step:
        if record.id in self._leaving:
            return wait("tag", record.state)
        taking = Step(Verb.LOCK, step.state, self._next(record.id), queue=step.queue) if self.takes else step
        other = lock_in(here(record).tags)
        if other is None or other.holder == self.holder:  # of ours: a former try, whose answer was lost or came late
            return taking
        return self._behind(record, other, taking, now.ticks)

    def _behind(self, record: Record[Any], other: Lock, taking: Step, now: float) -> Step:
        """Return the step of an instance that another run has, or had: it waits until it knows which."""
        known = self._watched.get(record.id)
        watch = locks.seen(known, other, now, self.there(other))
        self._watched[record.id] = watch
        if watch.over(now, self.visibility):
            return replace(taking, event=f"went on after run {other.holder.run}, which is gone but had the lock")
        if watch.lives:
            return failing_by(locks.held(other))
        if known is None or not known.lock.is_same(other):
            return Step(Verb.NOTE, record.state, event=f"waits for run {other.holder.run}, which has the lock")
        return wait("tag", record.state)

    def _next(self, instance_id: str) -> int:
        return self._tries.get(instance_id, 0) + 1

    def _read_back(self, record: Record[Any], step: Step, lease: Lease, now: Moment) -> Step:
        """Look at what is wanted anyway while the lock is waited for, then find out whose it is."""
        due = lease.answered + WAIT * self.visibility
        if not step.verb.writes:
            return step
        if shown(record, "tag") < due:
            return replace(look("tag", step.state), at=due)
        if not lease.lock.is_same(lock_in(here(record).tags)):
            del self._of[record.id]
            return self._wanted(record, step, now)
        within = self.rank(lease.queue, record.id, lease) if lease.queue else True
        if within is None:
            return replace(look("tag", step.state), at=now.ticks + self.visibility / WAIT)
        if not within:
            self.let_go(record.id)
            return wait("tag", "queued")
        text = here(record).tags.get(tag.TAG_KEY)
        self._of[record.id] = replace(lease, won=True, tag=text, before=frozenset((text,)))
        return step

    def _kept(self, record: Record[Any], step: Step, lease: Lease) -> Step:
        """Return the step if the lock and the tag are as this run knows them, and else what is to be done about it."""
        found = lock_in(here(record).tags)
        text = here(record).tags.get(tag.TAG_KEY)
        if not lease.lock.is_same(found):
            del self._of[record.id]
            return failing_by(locks.lost(lease.lock, found))
        if text == lease.tag or text in lease.maybe:
            self._of[record.id] = replace(lease, tag=text, before=lease.before | {text})
            return step
        if _of_another_run(text, self.holder) and lease.tag is not None:
            # A write of a run that is gone came late: what this run wrote or saw under its lock stands.
            return Step(Verb.MARK, step.state, lease.tag, event="wrote the tag again, over a late write of another run")
        return failing(
            "TagChanged",
            f"The instance's tag {tag.TAG_KEY} was changed to {text!r} while this run held the lock.",
            "Find out who changes it, set it right, then run again.",
        )

    def counts(self, instance_id: str, lock: Lock, now: float) -> bool:
        """Say whether a lock counts in its queue: one for a migration, of a run that is not known to be gone.

        One of this run counts while it is held; else it is of a former try.
        """
        if lock.wish != locks.MIGRATE:
            return False
        if lock.holder == self.holder:
            return instance_id in self._of
        watch = locks.seen(self._counted.get(instance_id), lock, now, self.there(lock))
        self._counted[instance_id] = watch
        return not watch.over(now, self.visibility)

    # --- what was learnt ----------------------------------------------------------------------------------------------

    def tried(self, instance_id: str) -> None:
        """Note that a value was sent: the next try has another one."""
        self._tries[instance_id] = self._next(instance_id)

    def taken(self, record: Record[Any], queue: str, sent: float, now: float) -> bool:
        """Note that the value was written; return whether that was soon enough after the look at ``sent``."""
        lock = lock_in(here(record).tags)
        if lock is None or now - sent > self.visibility:
            return False
        self._watched.pop(record.id, None)
        self._of[record.id] = Lease(lock, sent, now, queue)
        return True

    def marked(self, instance_id: str, step: Step, sent: float, answered: bool) -> None:
        """Note what was written into the tag; the last mark lets the lock go."""
        lease = self._of.get(instance_id)
        if lease is None:
            return
        if isinstance(step.subject, tag.Extra):
            return  # another tag than the one that is watched under the lock
        if not answered:
            self._of[instance_id] = replace(lease, maybe=(step.subject,))
        elif step.last:
            del self._of[instance_id]
        else:
            self._of[instance_id] = replace(lease, tag=step.subject, maybe=(), marked=sent)

    def own_wins(self, record: Record[Any], began: float) -> Record[Any]:
        """Return the record after a look at tags: one that may be too old to show our own mark does not undo it."""
        lease = self._of.get(record.id)
        tags = here(record).tags
        text = tags.get(tag.TAG_KEY)
        if lease is None or began >= lease.marked + self.visibility or lease.tag is None or text not in lease.before:
            return record
        return record.learns(instance=replace(here(record), tags={**tags, tag.TAG_KEY: lease.tag}))

    def deadline(self, instance_id: str) -> float:
        """Return until when writes may be sent under the lock."""
        lease = self._of.get(instance_id)
        return lease.sent + LAST * self.visibility if lease else float("inf")

    # --- renewed and let go -------------------------------------------------------------------------------------------

    def let_go(self, instance_id: str) -> None:
        """Have the lock let go, if there is one."""
        lease = self._of.pop(instance_id, None)
        if lease is not None:
            self._leaving[instance_id] = replace(lease, busy=False, tried=float("-inf"))

    def let_all_go(self) -> None:
        """Have all locks let go."""
        for instance_id in list(self._of):
            self.let_go(instance_id)

    def errands(self, now: float, most: int) -> list[Errand]:
        """Return what is to be written for the locks themselves now, for as many ids each as one call takes."""
        found: list[Errand] = []
        for held, keeps in ((self._of, True), (self._leaving, False)):
            due = [one for one, lease in held.items() if self._is_due(lease, keeps, now)]
            for lock, ids in _portions(held, due, most):
                found.append(Errand(lock, ids, keeps))
                held.update({one: replace(held[one], busy=True, tried=now) for one in ids})
        return found

    def _is_due(self, lease: Lease, keeps: bool, now: float) -> bool:
        if lease.busy or now - lease.tried < self.visibility:
            return False
        return not keeps or (lease.won and now - lease.sent >= RENEWED * self.visibility)

    def came_back(self, errand: Errand, result: Outcome, now: float) -> None:
        """Note what came of an errand. A lock that could not be let go in time ends by itself."""
        held = self._of if errand.keeps else self._leaving
        for one in errand.ids:
            lease = held.get(one)
            if lease is not None and lease.lock.is_same(errand.lock):
                held[one] = replace(lease, busy=False)
                (self._renewed if errand.keeps else self._left)(one, held[one], result, now)

    def _renewed(self, instance_id: str, lease: Lease, result: Outcome, now: float) -> None:
        if instance_id in result.written:
            self._of[instance_id] = replace(lease, lock=result.lock, sent=result.began)

    def _left(self, instance_id: str, lease: Lease, result: Outcome, now: float) -> None:
        if result.clear or now - lease.sent > LAST * self.visibility:
            del self._leaving[instance_id]


@dataclass(frozen=True)
class Errand:
    """One write for the locks of some instances: they are kept, or let go."""

    lock: Lock
    ids: tuple[str, ...]
    keeps: bool


@dataclass(frozen=True)
class Outcome:
    """What came of an errand: for whom the value was ``written``, and whether that is ``clear``."""

    lock: Lock
    began: float = 0.0
    written: frozenset[str] = frozenset()
    clear: bool = True


def _portions(held: Mapping[str, Lease], due: Iterable[str], most: int) -> Iterator[tuple[Lock, tuple[str, ...]]]:
    """Return equal locks together, in portions."""
    groups: dict[Lock, list[str]] = defaultdict(list)
    for one in due:
        groups[held[one].lock].append(one)
    for lock, ids in groups.items():
        for start in range(0, len(ids), most):
            yield lock, tuple(ids[start : start + most])


def run(errand: Errand, port: Instances, clock: Clock, visibility: float) -> Outcome:
    """Look whose the locks are, and write for those that are still ours; never later than what was seen holds."""
    began = clock.ticks()
    lock = errand.lock.renewed(clock.date(), locks.LASTS * visibility)
    try:
        found = port.tags(errand.ids)
        ours = [one for one in errand.ids if errand.lock.is_same(lock_in(found.get(one, {})))]
        if ours:
            with sent_by(began + visibility):
                port.tag(ours, {LOCK_KEY: lock.text if errand.keeps else ""})
    except (Transient, Unclear, OutOfTime):
        return Outcome(errand.lock, clear=False)  # tried again, as long as the lock lasts
    except CloudError:
        return Outcome(errand.lock)
    return Outcome(lock, began, frozenset(ours))


def _of_another_run(text: str | None, holder: Holder) -> bool:
    """Say whether a tag's text is one that another run of this collection wrote."""
    found = tag.from_tags({} if text is None else {tag.TAG_KEY: text})
    return found is not None and found.state != tag.UNREADABLE and f"run={holder.run}" not in str(text)
