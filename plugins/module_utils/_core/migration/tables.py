# Copyright (c) 2026 evergreen.os_migration contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Which gates lead to a goal: one row per goal, per method of a hop, per way back."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TypeAlias

from ..goal import Goal
from ..model import Item, Problem
from ..workflow import Gate, Workflow
from . import assess, back, begin, commit, plan, verify
from .methods import smc, smc_watch
from .view import Migration, View, in_flight, offer, restoring

Gates: TypeAlias = tuple[Gate[View], ...]

METHODS: Mapping[str, Gates] = {"smc": smc.GATES, "smc_watch": smc_watch.GATES}

_BEGUN: Gates = (back.set_chosen, back.no_work_runs, back.marked, back.halted)
_ENDED: Gates = (back.restarted, plan.guest_seen, back.former_os_seen)
BACK: Mapping[str, Gates] = {
    "reset_disks": (*_BEGUN, back.disks_reset, *_ENDED),
    "replace_disks": (*_BEGUN, back.disks_made("disk"), back.disks_swapped, *_ENDED),
}

_VERIFIED: Gates = (
    begin.target_named,
    verify.reachable,
    plan.guest_seen,
    verify.guest_understood,
    verify.runs_target,
)
#: Before the method of a hop or the way back, which the instance's provider decides.
GOALS: Mapping[str, Gates] = {
    "assessed": (
        begin.account_seen,
        begin.works_seen,
        assess.nothing_runs,
        assess.outside_judged,
        plan.guest_seen,
        assess.already_there,
        assess.judged,
    ),
    "migrated": begin.FIRST,
    "rolled_back": (begin.works_seen, begin.points_seen, back.rolled_back_already),
    "verified": (*_VERIFIED, verify.verified),
    "committed": (
        *_VERIFIED,
        begin.works_seen,
        begin.points_seen,
        commit.tag_settled,
        commit.points_deleted,
        commit.works_gone,
        commit.committed_marked,
        commit.committed,
    ),
}


def _chain(record: Migration, goal: Goal) -> Gates:
    return (*begin.SEEN, *_gates(record, goal))


def _gates(record: Migration, goal: Goal) -> Gates:
    if goal.state in ("migrated", "rolled_back") and restoring(record):
        return (begin.works_seen, begin.points_seen, *_way_back(record, goal))
    if record.problem is not None:
        return (back.failure_answered,)
    if goal.state == "migrated":
        return (*GOALS["migrated"], *_method(record, goal))
    if goal.state == "rolled_back":
        return (*GOALS["rolled_back"], *_way_back(record, goal))
    return GOALS[goal.state]


def _method(record: Migration, goal: Goal) -> Gates:
    """Return the gates of the wanted method of the hop's service; until a hop is placed, of the provider's first."""
    methods, view = offer(record, goal).methods, record.view
    service = view.hops[view.hop].service if view.hop < len(view.hops) else next(iter(methods), "")
    return METHODS[methods[service][0]] if methods.get(service) else (begin.not_offered,)


def _way_back(record: Migration, goal: Goal) -> Gates:
    ways = offer(record, goal).back
    return BACK[ways[0]] if ways else (begin.not_offered,)


def _failed(record: Migration, problem: Problem) -> Migration:
    """Return the record after ``problem``; a migration's own failure may still be answered with a rollback."""
    final = record.view.instance is None or record.problem is not None or restoring(record)
    first = record.problem or problem
    return record.learns(command=None).with_(  # it has ended; looked at once more, it would be a second failure
        problem=problem if restoring(record) else first,
        done=final,
        state="failed" if final else record.state,
    )


def _start(item: Item) -> View:
    return View()


def _afresh(record: Migration) -> Migration:
    """Return the record that looks at everything anew, but the account."""
    account = record.seen.get("account")
    seen = {} if account is None else {"account": account}
    return record.with_(seen=seen).learns(guest=None, hops=(), hop=0, findings=())


MIGRATION: Workflow[View] = Workflow("migration", _start, _chain, _failed, in_flight, _afresh)
