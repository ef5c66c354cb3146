# Copyright (c) 2026 evergreen.os_migration contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""From a module's options to its result. Every module's ``main`` is a call of :func:`run_module`."""

from __future__ import annotations

import contextlib
import threading
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import Any

from ansible.module_utils.basic import AnsibleModule, missing_required_lib
from ansible.module_utils.common.parameters import remove_values

from ._approvals import approval
from ._clouds.base import Cloud, Script
from ._clouds.options import SHORTEST_SECRET
from ._core.codec import pack
from ._core.difference import difference
from ._core.goal import Goal
from ._core.model import Item, Place, Problem
from ._core.outcome import outcome, summary
from ._core.plan import wants_count
from ._core.progress import Progress
from ._core.record import Record
from ._core.workflow import Workflow
from ._engine import Brief, Callers, Clock, Engine, Foresees, Limits
from ._errors import MigrationError, MissingLibrary, broken
from ._identity import is_there, this_process
from ._kept import KeptFacts, kept_facts
from ._options import check_numbers, clouds, every_connection, items, rates, requests_per_second
from ._processes import watch
from ._results import ResultsFile, known_durations, results_file

# Seconds after the time of a call in which it may still let its locks go.
_LEAVING = 30.0

#: Does the work of a module: the workflow's engine, once or more often.
Work = Callable[[AnsibleModule, Workflow[Any], Brief, float], tuple[list[Record[Any]], float]]
Tell = Callable[[Sequence[Record[Any]]], None]
Extra = Callable[[Record[Any], Goal], Mapping[str, Any]]


def run_module(
    module: AnsibleModule,
    workflow: Workflow[Any],
    goal_of: Callable[[Mapping[str, Any]], Goal],
    *,
    timeout: float = float("inf"),
    script: Script | None = None,
    extra: Extra = lambda record, goal: {},
    answers: Collection[str] = (),
    work: Work | None = None,
) -> None:
    """Bring the module's instances to the goal that its options describe within ``timeout`` seconds, and leave.

    ``extra`` adds a module's own keys to each result. An instance that ends in a state of ``answers`` is no failure,
    although it has a problem: that is what was asked. ``work`` does the work where that is more than one engine's.
    """
    module.no_log_values = {value for value in module.no_log_values if len(value) >= SHORTEST_SECRET}
    try:
        _run_module(module, goal_of, partial(work or one_engine, module, workflow), timeout, script, (extra, answers))
    except Exception as error:  # a fault of ours or of a library: a traceback alone is hidden by a task's failed_when
        module.fail_json(msg=broken(error).text)


def _run_module(
    module: AnsibleModule,
    goal_of: Callable[[Mapping[str, Any]], Goal],
    work: Callable[[Brief, float], tuple[list[Record[Any]], float]],
    timeout: float,
    script: Script | None,
    results: tuple[Extra, Collection[str]],
) -> None:
    extra, answers = results
    file = results_file(module.params, writing=not module.check_mode)
    try:
        check_numbers(module.params)
        probes = module.params.get("guest_scripts") or {}
        goal = replace(goal_of(module.params), **_from_files(module.params))
        brief = Brief(goal, probes, script or Script(""), this_process())
        if file:
            file.check()
        records, elapsed = work(brief, timeout)
    except MissingLibrary as missing:
        module.fail_json(msg=missing_required_lib(missing.library), exception=missing.cause)
    except MigrationError as error:
        module.fail_json(msg=error.problem.text)
    bad = [record for record in records if record.problem and record.state not in answers]
    told = {
        "summary": {**summary(records, elapsed), "failed": len(bad)},
        "diff": difference(records, brief.goal),
    }
    _leave(module, records, bad, told, lambda record: extra(record, brief.goal), file)


def _from_files(options: Mapping[str, Any]) -> dict[str, Any]:
    """Return what a goal knows from the files that the options name."""
    kept = kept_facts(options, writing=False)
    return {
        "lasted": known_durations(options),
        "approval": approval(options),
        "kept": kept.of(one["instance_id"] for one in options["instances"]),
    }


def one_engine(
    module: AnsibleModule,
    workflow: Workflow[Any],
    brief: Brief,
    timeout: float,
    wanted: Sequence[Item] | None = None,
) -> tuple[list[Record[Any]], float]:
    """Bring instances to the goal, those of the call unless others are named; return them and the seconds it took."""
    options, stop = module.params, threading.Event()
    clock = Clock(sleep=stop.wait)
    started = clock.ticks()
    chosen = {name: options[name] for name in ("poll_interval", "max_running", "hop_timeout") if name in options}
    pace, connect = _connecting(options, clock, started + timeout + _LEAVING)
    limits = Limits(until=started + timeout, calls_per_second=pace, **chosen)
    foresees = _foresees(options, brief.goal)
    engine = Engine(workflow, connect, brief, limits, module.check_mode, clock, stop, is_there, foresees)
    watch(options.get("watched") or (), stop)
    kept = kept_facts(options, writing=not module.check_mode)
    records = engine.run(
        [workflow.record(item) for item in (items(options) if wanted is None else wanted)],
        _keeping(kept, clock, _teller(options, engine, started)),
    )
    kept.keep(records)
    elapsed = clock.ticks() - started
    _tell_clock(module, clock.skew.wrong)
    for text in (*engine.left, *filter(None, [kept.trouble])):
        module.warn(text)
    return [record if record.done else _timed_out(record) for record in records], elapsed


def _connecting(
    options: Mapping[str, Any], clock: Clock, until: float
) -> tuple[Callable[[str], float], Callable[[Place], Cloud]]:
    """Return the pace of the slowest of the call's connections, and what connects to a place by its own."""
    several = every_connection(options)
    paces = [requests_per_second(given) for given in several]
    callers = [Callers(clock, until, pace, rates(given)) for pace, given in zip(paces, several, strict=True)]
    connect = clouds(options, lambda place: callers[place.connection].of(place.provider, place.profile))
    return lambda provider: min(pace(provider) for pace in paces), connect


def _tell_clock(module: AnsibleModule, wrong: float) -> None:
    if wrong:
        how = f"{abs(wrong):.0f} s {'ahead of' if wrong > 0 else 'behind'}"
        module.warn(f"This machine's clock is {how} the cloud's: set it, or keep it by a time service.")


def _timed_out(record: Record[Any]) -> Record[Any]:
    problem = Problem(
        "DeadlineExceeded",
        f"The instance was still {record.state.replace('_', ' ')} when the time of this call was over.",
        "Run again: nothing is lost, the next run goes on where this one stopped.",
    )
    return record.with_(problem=record.problem or problem, state="failed", done=True)


def _keeping(kept: KeptFacts, clock: Clock, tell: Tell) -> Tell:
    """Return what tells, and keeps what has been seen of guests."""

    def tell_and_keep(records: Sequence[Record[Any]]) -> None:
        kept.keep(records, clock.ticks())
        tell(records)

    return tell_and_keep


def _foresees(options: Mapping[str, Any], goal: Goal) -> Foresees:
    """Return what says whether to count who else takes places: for a plan of several instances that somebody reads."""
    planned = options.get("progress_file") and goal.state == "migrated" and len(options["instances"]) > 1
    return partial(wants_count, goal=goal) if planned else lambda records: False


def _teller(options: Mapping[str, Any], engine: Engine, started: float) -> Tell:
    """Return what adds lines of progress to the file that the action plugin shows."""
    if not options.get("progress_file"):
        return lambda records: None
    file = Path(options["progress_file"])
    clock, most = engine.clock, engine.limits.max_running
    progress = Progress(options["progress_interval"], started, engine.brief.goal, most, engine.taken)

    def tell(records: Sequence[Record[Any]]) -> None:
        lines = progress.lines(records, clock.ticks(), clock.date())
        if lines:
            # A task that became another user cannot write there; that nobody is told is no reason to end the work.
            with contextlib.suppress(OSError), file.open("a", encoding="utf-8") as out:
                out.writelines(f"{line}\n" for line in lines)

    return tell


def _leave(
    module: AnsibleModule,
    records: Sequence[Record[Any]],
    bad: Sequence[Record[Any]],
    told: Mapping[str, Any],
    extra: Callable[[Record[Any]], Mapping[str, Any]],
    file: ResultsFile | None,
) -> None:
    results = remove_values([{**outcome(record), **extra(record)} for record in records], module.no_log_values)
    result = {
        "changed": any(record.changed for record in records),
        **_results(module, results),
        **told,
    }
    _keep(module, file, results, result)
    if bad:
        module.fail_json(msg=_failure_text(bad, len(records)), **result)
    module.exit_json(**result)


def _keep(
    module: AnsibleModule, file: ResultsFile | None, results: list[dict[str, Any]], result: Mapping[str, Any]
) -> None:
    """Put the results into the file. What has been done is done: when that fails, they are still returned."""
    try:
        if file:
            file.add(results)
    except MigrationError as error:
        module.warn(error.problem.text)  # a role that judges by the results overlooks the failure
        module.fail_json(msg=error.problem.text, **result)


def _results(module: AnsibleModule, results: list[dict[str, Any]]) -> dict[str, Any]:
    """Return the results as they are, or packed for the action plugin, which unpacks them with less memory."""
    return {"packed_results": pack(results)} if module.params.get("progress_file") else {"results": results}


def _failure_text(bad: Sequence[Record[Any]], total: int) -> str:
    """Say how many failed, and why for the first few: a fleet's full list is in the results."""
    shown = [f"{record.id}: {record.problem.message}" for record in bad[:3] if record.problem]
    more = [f"and {len(bad) - len(shown)} more"] if len(bad) > len(shown) else []
    return f"{len(bad)} of {total} instances failed. {' | '.join([*shown, *more])}"
