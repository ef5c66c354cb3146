# Copyright (c) 2026 evergreen.os_migration contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""From a module's options to its result. Every module's ``main`` is a call of :func:`run_module`."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from ansible.module_utils.basic import AnsibleModule, missing_required_lib
from ansible.module_utils.common.parameters import remove_values

from ._clouds.base import Script
from ._core.codec import freeze_to_dict, pack, thaw, unpack
from ._core.model import Problem, Record
from ._core.outcome import diff, outcome, summary
from ._core.step import Goal
from ._engine import Clock, Engine, Limits, Retrier
from ._errors import MigrationError, MissingLibrary
from ._options import NO_JOBS, check_numbers, cloud_factory, items, transport
from ._results import ResultsFile, results_file
from ._steps import Brief

Extra = Callable[[Record, Goal], Mapping[str, Any]]


def run_module(
    module: AnsibleModule,
    goal_of: Callable[[Mapping[str, Any]], Goal],
    *,
    timeout: float = float("inf"),
    script: Script | None = None,
    extra: Extra = lambda record, goal: {},
) -> None:
    """Bring the module's instances to the goal that its options describe within ``timeout`` seconds, and leave.

    ``extra`` adds a module's own keys to each result.
    """
    file = results_file(module.params, writing=not module.check_mode)
    try:
        brief = Brief(goal_of(module.params), _probes(module), script or Script(""))
        if file and not module.params["checkpoint"]:
            file.check()
        records, engine, started = _work(module, brief, timeout)
    except MissingLibrary as missing:
        module.fail_json(msg=missing_required_lib(missing.library), exception=missing.cause)
    except MigrationError as error:
        module.fail_json(msg=error.problem.text)
    if not all(record.done for record in records):
        module.exit_json(**_interrupted(records, engine, started))
    _leave(module, records, started, lambda record: extra(record, brief.goal), file)


def _probes(module: AnsibleModule) -> Mapping[str, str]:
    return module.params.get("guest_scripts") or {}


def _work(module: AnsibleModule, brief: Brief, timeout: float) -> tuple[list[Record], Engine, float]:
    options, clock = module.params, Clock()
    check_numbers(options)
    checkpoint = options.get("checkpoint") or {}
    started = float(checkpoint.get("started") or clock.now())
    limits = _limits(options, started + timeout, clock.now())
    how = transport(options["smc"]) if "smc" in options else NO_JOBS
    per_second = options["alicloud"]["requests_per_second"]
    # A slice's end cuts no look that has begun: what takes longer than a slice would never come to its end.
    engine = Engine(
        cloud_for=cloud_factory(options, how, lambda: Retrier(clock, started + timeout, per_second)),
        brief=brief,
        limits=limits,
        check_mode=module.check_mode,
        clock=clock,
        next_poll=float(checkpoint.get("next_poll") or 0),
    )
    records = engine.run(_records(options, checkpoint))
    if clock.now() >= started + timeout:
        records = [record if record.done else _timed_out(record) for record in records]
    return records, engine, started


def _limits(options: Mapping[str, Any], until: float, now: float) -> Limits:
    if options.get("progress_interval"):
        until = min(until, now + options["progress_interval"])
    chosen = {name: options[name] for name in ("poll_interval", "max_running", "hop_timeout") if name in options}
    return Limits(until=until, **chosen)


def _records(options: Mapping[str, Any], checkpoint: Mapping[str, Any]) -> list[Record]:
    if checkpoint:
        return [thaw(Record, data) for data in unpack(checkpoint["records"])]
    return [Record(item) for item in items(options)]


def _timed_out(record: Record) -> Record:
    problem = Problem(
        "DeadlineExceeded",
        f"The instance was still {record.state.replace('_', ' ')} when the time of this call was over.",
        "Run again: nothing is lost, the next run goes on where this one stopped.",
    )
    return record.with_(problem=record.problem or problem, state="failed", done=True)


def _interrupted(records: Sequence[Record], engine: Engine, started: float) -> dict[str, Any]:
    return {
        "unfinished": True,
        "changed": any(record.changed for record in records),
        "summary": summary(records, time.time() - started),
        "checkpoint": {
            "records": pack([freeze_to_dict(record) for record in records]),
            "next_poll": engine.next_poll,
            "started": started,
        },
    }


def _leave(
    module: AnsibleModule,
    records: Sequence[Record],
    started: float,
    extra: Callable[[Record], Mapping[str, Any]],
    file: ResultsFile | None,
) -> None:
    counts = summary(records, time.time() - started)
    results = remove_values([{**outcome(record), **extra(record)} for record in records], module.no_log_values)
    result = {
        "changed": any(record.changed for record in records),
        **_results(module, results),
        "summary": counts,
        "diff": diff(records),
    }
    _keep(module, file, results, result)
    if counts["failed"]:
        module.fail_json(msg=_failure_text(records), **result)
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
    return {"packed_results": pack(results)} if module.params.get("progress_interval") else {"results": results}


def _failure_text(records: Sequence[Record]) -> str:
    """Say how many failed, and why for the first few: a fleet's full list is in the results."""
    bad = [record for record in records if record.problem]
    shown = [f"{record.item.instance_id}: {record.problem.message}" for record in bad[:3] if record.problem]
    more = [f"and {len(bad) - len(shown)} more"] if len(bad) > len(shown) else []
    return f"{len(bad)} of {len(records)} instances failed. {' | '.join([*shown, *more])}"
