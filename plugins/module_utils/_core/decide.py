# Copyright (c) 2026 evergreen.os_migration contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""(what is known of an instance, what is wanted) -> the one next step.

Pure: no clock, no network, no Ansible. Each wanted state is a chain of small rules; the first that finds something
missing names the step. The same function drives a first run, a resumed run, check mode and the report, which is why
a killed controller loses nothing: the next one looks again and arrives at the same step.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping

from . import look, migrate, restore, shared
from .model import Guest, Problem, Record
from .position import instance, restoring
from .step import Goal, Kind, Step, Verb

Rule = Callable[[Record, Goal, float], "Step | None"]

CHAINS: Mapping[str, tuple[Rule, ...]] = {
    "migrated": (
        shared.target_named,
        migrate.earlier_attempt,
        migrate.not_rolled_back_before,
        shared.account_known,
        shared.cloud_allows,
        shared.migration_known,
        shared.cloud_allows,
        shared.snapshots_known,
        migrate.snapshots_belong,
        migrate.job_followed,
        shared.probed,
        shared.guest_readable,
        migrate.arrived,
        migrate.planned,
        migrate.placed,
        migrate.hop_not_refuted,
        migrate.watched_job_exists,
        migrate.guest_allows,
        migrate.marked,
        migrate.protected,
        migrate.former_jobs_deleted,
        migrate.source_ready,
        migrate.job_created,
    ),
    "failed": (restore.failure_answered,),
    "restore": (
        shared.migration_known,
        shared.snapshots_known,
        restore.halted,
        restore.disks_reset,
        restore.started_again,
        shared.probed,
        restore.former_os_confirmed,
    ),
    "rolled_back": (shared.migration_known, shared.snapshots_known, restore.rollback_possible),
    "assessed": (
        shared.account_known,
        shared.migration_known,
        look.job_not_running,
        look.assessed_from_outside,
        shared.probed,
        look.already_there,
        look.assessment_done,
    ),
    "verified": (
        shared.target_named,
        look.reachable_guest,
        shared.probed,
        look.guest_understood,
        look.runs_target,
        look.verified,
    ),
    "committed": (
        shared.target_named,
        look.reachable_guest,
        shared.probed,
        look.guest_understood,
        look.runs_target,
        shared.migration_known,
        shared.snapshots_known,
        look.commit_allowed,
        look.committed,
    ),
    "described": (look.described,),
    "scripted": (look.reachable_guest, look.script_fits, look.script_run),
}


def decide(record: Record, goal: Goal, now: float) -> Step:
    """Return the next step for ``record``; ``now`` is in seconds on the clock that stamped the record."""
    if record.command is not None:
        return Step(Verb.POLL_COMMAND, record.state)
    if record.instance is None:
        return Step(Verb.DESCRIBE, "pending", {"seen_at": now})
    for rule in CHAINS[_chain(record, goal)]:
        step = rule(record, goal, now)
        if step is not None:
            return step
    raise AssertionError(f"no rule of the chain {_chain(record, goal)} ends it")  # a bug in the chains


def fail(record: Record, problem: Problem) -> Record:
    """Return the record after ``problem``; a migration's own failure may still be answered with a rollback."""
    final = record.instance is None or record.problem is not None or restoring(record)
    first = record.problem or problem
    return record.with_(
        problem=problem if restoring(record) else first,
        command=None,  # it has ended; polled once more, it would be a second failure and the end
        done=final,
        state="failed" if final else record.state,
    )


def predict(record: Record, step: Step) -> Record:
    """Return the record as check mode leaves it where ``step`` would have touched the cloud."""
    if step.verb is Verb.PROBE:
        return record.with_(guest=Guest(instance(record).os, probed=False))
    return record.with_(state="planned", done=True, changed=step.verb.kind is Kind.WRITE)


def is_admission(step: Step) -> bool:
    """Say whether ``step`` would make a waiting instance one more in flight."""
    return step.verb is Verb.MARK and step.subject.state == "started"


def _chain(record: Record, goal: Goal) -> str:
    if goal.state in ("migrated", "rolled_back") and restoring(record):
        return "restore"
    if record.problem is not None:
        return "failed"
    return goal.state
