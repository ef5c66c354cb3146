# Copyright (c) 2026 evergreen.os_migration contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Which gates lead to a goal: one row per goal, per method of a hop, per way back."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TypeAlias

from ..goal import Goal
from ..model import Item, Problem, required
from ..workflow import Gate, Workflow
from . import assess, back, begin, clone, commit, drill, enrol, keep, plan, verify, work
from .methods import smc, smc_watch
from .view import Migration, View, in_flight, method, restoring, stands, way_back

Gates: TypeAlias = tuple[Gate[View], ...]

METHODS: Mapping[str, Gates] = {"smc": smc.GATES, "smc_watch": smc_watch.GATES}
#: What the services of methods drill themselves, in place.
DRILLS: Mapping[str, Gates] = {"smc": smc.DRILL}

_PROVEN: Gates = (work.no_work_runs, back.set_chosen)
_BEGUN: Gates = (back.nothing_begins, back.confirmed, back.marked, back.own_works_gone, back.halted)
_ENDED: Gates = (back.restarted, plan.guest_seen, back.former_os_seen)
BACK: Mapping[str, Gates] = {
    "reset_disks": (*_PROVEN, back.disks_in_place, *_BEGUN, back.disks_reset, *_ENDED),
    "replace_disks": (*_PROVEN, *_BEGUN, back.disks_made("disk"), back.disks_swapped, *_ENDED),
}

_SEEN: Gates = (begin.tag_readable, begin.works_seen, begin.points_seen, begin.points_belong)
_SETTLED: Gates = (begin.target_named, begin.works_seen, commit.tag_settled, work.no_work_runs)
_READ: Gates = (
    verify.reachable,
    plan.guest_seen,
    verify.guest_understood,
    verify.runs_target,
    verify.proven,
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
    "migrated": (clone.not_given_up, *begin.NAMED, enrol.source_awaited, *begin.ALLOWED),
    "drilled": (begin.target_named, begin.tag_readable, begin.account_seen, begin.works_seen, begin.points_seen),
    "copied": (clone.copies_seen, clone.original_free, clone.copies_told),
    "cloned": (
        begin.target_named,
        begin.tag_readable,
        begin.account_seen,
        begin.works_seen,
        begin.points_seen,
        drill.drill_alone,
        clone.copies_seen,
        clone.before_the_copies(begin.cloud_allows),
        begin.points_belong,
        plan.guest_seen,
        plan.guest_readable,
        drill.something_to_drill,
        plan.planned,
        clone.before_the_copies(plan.guest_allows),
        work.no_work_runs,
        clone.clones_offered,
        clone.tags_free,
        clone.room_seen,
        clone.leftovers_gone,
        clone.points_taken,
        clone.made(clone.IMAGE),
        clone.made(clone.GROUP),
        clone.made(clone.CLONE),
        clone.cloned,
    ),
    "cleared": (
        begin.works_seen,
        begin.points_seen,
        clone.copies_seen,
        clone.all_gone,
        clone.result_marked,
        clone.cleared,
    ),
    "discarded": (
        clone.is_clone,
        begin.works_seen,
        begin.points_seen,
        clone.clone_given_up,
        clone.works_over,
        clone.works_gone,
        clone.clone_s_points_gone,
        clone.clone_s_source_left,
        clone.discarded,
    ),
    "rolled_back": (*_SEEN, back.attempt_there),
    "protected": (
        *_SEEN,
        keep.attempt_respected,
        keep.commit_over,
        work.no_work_runs,
        keep.disks_can_be_kept,
        keep.set_kept,
        keep.kept,
    ),
    "unprotected": (
        *_SEEN,
        keep.nothing_under_way,
        work.no_work_runs,
        *map(
            keep.after_a_rollback,
            (
                plan.guest_seen,
                verify.guest_understood,
                keep.former_os_runs,
                commit.works_gone("unprotecting"),
                work.disks_kept,
            ),
        ),
        keep.sets_deleted,
        keep.after_a_rollback(commit.source_left("unprotecting")),
        keep.let_go,
    ),
    "verified": (*_SETTLED, verify.before_seen, *_READ, verify.verified),
    "committed": (
        begin.works_seen,
        begin.points_seen,
        begin.points_belong,
        commit.something_there,
        *_SETTLED,
        *map(commit.unless_committed, (commit.soaked, *_READ)),
        commit.committed_marked,
        commit.works_gone("committing"),
        work.disks_kept,
        commit.points_deleted,
        commit.source_left("committing"),
        commit.committed,
    ),
}


def _chain(record: Migration, goal: Goal) -> Gates:
    return (*begin.SEEN, *_gates(record, goal))


def _gates(record: Migration, goal: Goal) -> Gates:
    if goal.state in ("migrated", "rolled_back") and restoring(record):
        way = (back.left_running,) if record.view.stuck else _way_back(record, goal)
        return (begin.works_seen, begin.points_seen, *way)
    if record.problem is not None:
        return (back.failure_answered,)
    if goal.state == "migrated":
        return (*GOALS["migrated"], *_method(record, goal))
    if goal.state == "rolled_back":
        return (*GOALS["rolled_back"], *_way_back(record, goal))
    return (*GOALS[goal.state], *(_drill(record, goal) if goal.state == "drilled" else ()))


def _drill(record: Migration, goal: Goal) -> Gates:
    """Return the gates of a drill by the service: those of its job, and those of what came of it."""
    if record.view.drill is not None:
        return (*drill.AFTER, work.disks_kept, drill.drill_told)
    return (*drill.BEFORE, *DRILLS.get(method(record, goal), (begin.not_offered,)))


def _method(record: Migration, goal: Goal) -> Gates:
    return METHODS.get(method(record, goal), (begin.not_offered,))


def _way_back(record: Migration, goal: Goal) -> Gates:
    return BACK.get(way_back(record, goal), (begin.not_offered,))


def _failed(record: Migration, problem: Problem) -> Migration:
    """Return the record after ``problem``.

    A migration's own failure may still be answered with a rollback, and a rollback that cannot go on by starting the
    instance again, when nothing was put back yet.
    """
    back = restoring(record)
    final = not _unharmed(record) if back else record.view.instance is None or record.problem is not None
    return record.learns(
        command=None, stuck=back or record.view.stuck
    ).with_(  # a command has ended: it is not looked at
        problem=problem if back else record.problem or problem,
        done=final,
        state="failed" if final else record.state,
    )


def _unharmed(record: Migration) -> bool:
    """Say whether a rollback has a problem for the first time, and no disk was put back."""
    return stands(record, "rolling_back") and not record.view.stuck and not required(record.view.tag).reset


def _start(item: Item) -> View:
    return View()


def _afresh(record: Migration) -> Migration:
    """Return the record that looks at everything anew, but the account."""
    account = record.seen.get("account")
    seen = {} if account is None else {"account": account}
    return record.with_(seen=seen).learns(guest=None, hops=(), hop=0, findings=())


MIGRATION: Workflow[View] = Workflow("migration", _start, _chain, _failed, in_flight, _afresh)
