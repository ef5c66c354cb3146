# Copyright (c) 2026 evergreen.os_migration contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""A user's hooks before and after hops: which is due, what the guest knows of it, and what follows from its end.

A hook that is known to be done is never run again: this run saw its end, or the guest keeps its mark. Where nobody
knows it may run twice.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from itertools import chain

from .. import rules
from ..agent import afterwards, agent_problem, booted_since, powered_off, readable, trouble_of
from ..command import RESTART_TIMEOUT, RESTARTING, asked_when_back
from ..goal import POWER_OFF, RESTART, Goal
from ..hooks import (
    AFTER,
    BEGUN,
    DONE,
    FAILED,
    LOST,
    MOMENTS,
    TIMED_OUT,
    WARN,
    Due,
    Hook,
    Mark,
    Ran,
    Sent,
    due_after,
    due_before,
    marks,
)
from ..model import CommandResult, Finding, Hop, Problem, required
from ..record import Moment
from ..verb import Step, Verb, blocked, failing, failing_by, wait
from .ask import guest_asked
from .sets import sets
from .view import Migration, active, attempt, instance, next_hop, way, work_of_hop

STATE = "running_hooks"
#: Seconds that an agent may take beyond a hook's own time to say how it ended.
_LATE = 300
#: Seconds between two questions to a guest in which another run's hook may still be at work.
_AGAIN = 30
#: A mark is of the attempt if it was made since its first set, by clocks that differ by no more than that.
_CLOCKS = 60


def hooks_of(record: Migration, goal: Goal) -> tuple[Hook, ...]:
    """Return the hooks that are the instance's own, for its family of systems."""
    own, shell = record.item.hooks, "powershell" if instance(record).os_type == "windows" else "sh"
    chosen = (hook for number, hook in enumerate(goal.hooks) if own is None or number in own)
    return tuple(hook for hook in chosen if hook.shell == shell)


def due_from_here(record: Migration, goal: Goal) -> tuple[Due, ...]:
    """Return all hooks that an instance has before it, in the order in which they are run."""
    hops = record.view.hops[record.view.hop :]
    hooks, number = hooks_of(record, goal) if hops else (), attempt(record) if hops else 0
    return tuple(chain.from_iterable(_around(hooks, hop, record, number) for hop in hops))


def due_with_next_hop(record: Migration, goal: Goal) -> tuple[Due, ...]:
    """Return the hooks that are still to be run around the hop that comes next."""
    if goal.state != "migrated":
        return ()
    over = {ran.due.mark for ran in record.view.hooks}
    moments = AFTER if work_of_hop(record) is not None else MOMENTS
    dues = _around(hooks_of(record, goal), next_hop(record), record, attempt(record))
    return tuple(due for due in dues if due.hook.when in moments and due.mark not in over)


def _around(hooks: tuple[Hook, ...], hop: Hop, record: Migration, number: int) -> Iterator[Due]:
    first, last = record.view.hops[0], record.view.hops[-1]
    tried = record.view.tag.tries if record.view.tag else 1
    yield from due_before(hooks, hop, hop is first, number, tried)
    yield from due_after(hooks, hop.source, hop.target, hop is last, number)


# --- gates ----------------------------------------------------------------------------------------------------------


def not_followed(record: Migration, goal: Goal, now: Moment) -> Step | None:
    """Refuse hooks where only somebody else's work is followed: nothing is written there, in guests neither."""
    if not hooks_of(record, goal):
        return None
    return blocked(
        Problem(
            "HooksNotRun",
            "The instance has hooks, but its job is only followed, so nothing is run in its guest.",
            "Leave the hooks out, or let the collection make the jobs.",
        )
    )


def hook_judged(record: Migration, goal: Goal, now: Moment) -> Step | None:
    """Tell how the hook ended that was sent last, and wait for the guest where its end restarts it."""
    result, sent = record.view.said, record.view.hook
    if result is None or sent is None:
        return None
    if afterwards(result, instance(record).os_type, goal.offer(record.item.provider)) == RESTART:
        awaited = _restart_awaited(record, sent, now)
        if awaited is not None:
            return awaited
    ran = _ran(record, goal, sent, result, now)
    event = f"{sent.due.told}: {_told(ran)}"
    changes = {"hooks": (*record.view.hooks, ran), "said": None, "hook": None}
    return Step(Verb.NOTE, STATE, changes=changes, event=event)


def hook_succeeded(record: Migration, goal: Goal, now: Moment) -> Step | None:
    """Stop at a hook that failed, unless that only is to be told."""
    ran = record.view.hooks[-1] if record.view.hooks else None
    if ran is None or ran.status == DONE or ran.due.hook.on_failure == WARN:
        return None
    return failing_by(_problem(record, goal, ran))


def hooks_before(record: Migration, goal: Goal, now: Moment) -> Step | None:
    """Run what is due before the hop that comes next, after its snapshots and before its job."""
    hops, here = record.view.hops, record.view.hop
    if work_of_hop(record) is not None:
        return None
    tried = max(1, required(record.view.tag).tries)
    return _run(record, goal, now, due_before(hooks_of(record, goal), hops[here], here == 0, attempt(record), tried))


def hooks_after(record: Migration, goal: Goal, now: Moment) -> Step | None:
    """Run what is due after a hop that is proven, before the next one begins."""
    if not active(record) or record.view.hop == 0 or work_of_hop(record) is not None:
        return None
    hop = record.view.hops[record.view.hop - 1]
    return _run(record, goal, now, due_after(hooks_of(record, goal), hop.source, hop.target, False, attempt(record)))


def hooks_at_the_end(record: Migration, goal: Goal, now: Moment) -> Step | None:
    """Run what is due on the target, before it is marked as migrated."""
    hooks = hooks_of(record, goal)
    if not hooks:
        return None
    hops = record.view.hops or way(record, goal, required(record.view.tag).source)
    source = "" if isinstance(hops, Problem) or not hops else hops[-1].source
    return _run(record, goal, now, due_after(hooks, source, record.item.target, True, attempt(record)))


def hook_lost(record: Migration, now: Moment) -> Step | None:
    """Give up a hook of which the agent did not say in time how it ended; a look after the deadline has to show it."""
    sent = record.view.hook
    if sent is None or record.view.command is None or record.view.command.purpose != "hook":
        return None
    patience, waited = sent.due.hook.timeout + _LATE, now.ticks - sent.ticks
    looked = (record.seen.get("command") or 0.0) - sent.ticks > patience
    if not (waited > patience and looked) and waited <= 2 * patience:
        return None
    ran = Ran(sent.due, LOST, began=sent.date, ended=now.cloud)
    changes = {"hooks": (*record.view.hooks, ran), "hook": None, "command": None}
    return Step(Verb.NOTE, STATE, changes=changes, event=f"{sent.due.told}: the agent did not say how it ended")


# --- one hook after the other -----------------------------------------------------------------------------------------


def _run(record: Migration, goal: Goal, now: Moment, dues: Iterable[Due]) -> Step | None:
    """Return the step to the first hook that is not over; none when all are."""
    over = {ran.due.mark for ran in record.view.hooks}
    left = next((due for due in dues if due.mark not in over), None)
    return None if left is None else _next(record, goal, now, left)


def _next(record: Migration, goal: Goal, now: Moment, due: Due) -> Step:
    kept = _mark(record, due, now)
    if kept and kept.word == DONE:
        ran = Ran(due, DONE)
        return Step(
            Verb.NOTE, STATE, changes={"hooks": (*record.view.hooks, ran)}, event=f"{due.told}: was done before"
        )
    if kept and kept.word == BEGUN and _may_run(record, due, kept):
        return _end_awaited(record, goal, now)
    if not instance(record).answers:
        return guest_asked(record, goal, now, STATE)
    sent = Sent(due, now.ticks, now.cloud)
    return Step(Verb.HOOK, STATE, due, changes={"hook": sent, "said": None}, event=f"sent the {due.told}")


def _mark(record: Migration, due: Due, now: Moment) -> Mark | None:
    """Return what the guest keeps of a hook; what it has from before the attempt, as a clone does, is not meant."""
    facts = required(record.view.guest).facts
    kept = marks(facts).get(due.mark)
    moments = [one.moment for one in sets(record) if one.moment is not None]
    if kept is None or not moments or not facts.get("time", "").isdecimal():
        return kept
    ago = int(facts["time"]) - kept.at
    return kept if record.view.asked + now.ahead - ago > min(moments) - _CLOCKS else None


def _may_run(record: Migration, due: Due, kept: Mark) -> bool:
    """Say whether a hook that was begun can still be at work: its time is not over, nor has the guest restarted."""
    facts = required(record.view.guest).facts
    times = [facts.get(name, "") for name in ("time", "os_booted")]
    if not all(map(str.isdecimal, times)):
        return False
    time, booted = map(int, times)
    return booted <= kept.at and time - kept.at <= due.hook.timeout + _CLOCKS


def _end_awaited(record: Migration, goal: Goal, now: Moment) -> Step:
    """Ask the guest again, some time after its last answer, whether the hook of another run has ended."""
    if now.ticks - (record.seen.get("guest") or 0.0) < _AGAIN:
        return wait("instance", STATE, _AGAIN)
    return guest_asked(record, goal, now, STATE)


def _restart_awaited(record: Migration, sent: Sent, now: Moment) -> Step | None:
    """Return the step that waits for a guest which its agent restarts because of a hook's exit code."""
    if record.state != RESTARTING:
        code = required(record.view.said).exit_code
        return Step(Verb.NOTE, RESTARTING, event=f"the guest restarts now (exit code {code})")
    if booted_since(record.view.guest, record.seen.get("guest"), sent.ticks):
        return None
    if record.overdue(RESTARTING, RESTART_TIMEOUT, "instance", now):
        return failing(
            "GuestNotBack",
            f"The exit code of the {sent.due.told} made the agent restart the guest; {RESTART_TIMEOUT} s later the "
            "guest does not say that it has started again.",
            "Look at the instance's console for what it waits for, such as updates that it installs.",
        )
    return asked_when_back(record, instance(record), asked=now.date)


# --- how it ended -----------------------------------------------------------------------------------------------------


def _ran(record: Migration, goal: Goal, sent: Sent, result: CommandResult, now: Moment) -> Ran:
    then = afterwards(result, instance(record).os_type, goal.offer(record.item.provider))
    good = result.status == "finished" and (then == RESTART or (result.exit_code == 0 and then != POWER_OFF))
    status = DONE if good else TIMED_OUT if result.status == "timed_out" else FAILED
    output = "" if sent.due.hook.no_log else readable(f"{result.stdout}{result.stderr}")
    return Ran(sent.due, status, result.exit_code, output, sent.date, now.cloud, result)


def _told(ran: Ran) -> str:
    if ran.status == TIMED_OUT:
        return f"it did not end within its {ran.due.hook.timeout} s"
    if ran.exit_code is None:
        return "it was not run"
    return f"it ended with exit code {ran.exit_code} after {max(0.0, ran.ended - ran.began):.0f} s"


def _problem(record: Migration, goal: Goal, ran: Ran) -> Problem:
    """Return why a hook stops its instance; what follows is the same for all: nothing is put back by itself."""
    what, result = f"The {ran.due.told}", ran.result
    again = "Look at its output in the results; correct the cause, then run again: hooks that are done are left out."
    if ran.status == TIMED_OUT:
        message = f"{what} did not end within its {ran.due.hook.timeout} s."
        return Problem("HookTimeout", message, "See what it waits for in the guest, or raise its timeout. " + again)
    if ran.status == LOST or result is None:
        message = f"{what} was sent, and the {{agent}} did not say in time how it ended."
        return Problem("HookLost", message, "See that the agent is online and the hook has ended, then run again.")
    if result.status != "finished":
        return agent_problem(what, result)
    if afterwards(result, instance(record).os_type, goal.offer(record.item.provider)) == POWER_OFF:
        return powered_off(result)
    return trouble_of(result) or Problem("HookFailed", f"{what} ended with exit code {ran.exit_code}.", again)


def warnings(record: Migration) -> tuple[Finding, ...]:
    """Return a warning for each hook that failed and was not to stop its instance."""
    return tuple(
        Finding(
            "hook.failed",
            rules.WARNING,
            f"A hook failed: {ran.due.hook.name}.",
            _told(ran),
            "Read its output in the results, and do by hand what it should have done.",
        )
        for ran in record.view.hooks
        if ran.status != DONE
    )


def changed_before(record: Migration) -> bool:
    """Say whether a hook has run since the attempt began, as far as this run knows."""
    guest = record.view.guest
    return bool(record.view.hooks) or bool(guest and marks(guest.facts))
