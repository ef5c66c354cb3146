# Copyright (c) 2026 evergreen.os_migration contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Clones for drills: what earlier runs left of one is cleared from the clone first, then from its original."""

from __future__ import annotations

import time
from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from ansible.module_utils.basic import AnsibleModule

from ._core.migration.tables import MIGRATION
from ._core.model import NOT_FOUND, Item, Problem
from ._core.record import Record
from ._core.workflow import Workflow
from ._engine import Brief
from ._module import one_engine
from ._options import items

Records = list[Record[Any]]


def with_clones(
    module: AnsibleModule, workflow: Workflow[Any], brief: Brief, timeout: float, looks: str = "copied"
) -> tuple[Records, float]:
    """Look what there is, take from clones what would outlive them, then bring the originals to the goal.

    ``looks`` is the state of the workflow that only looks. A clone is there, whatever its original is.
    """
    started = time.monotonic()

    def run(by: Workflow[Any], state: str, wanted: list[Item], **more: Any) -> Records:
        goal = replace(brief.goal, state=state, **more)
        left = timeout - (time.monotonic() - started)
        return one_engine(module, by, replace(brief, goal=goal), left, wanted)[0] if wanted else []

    found = run(workflow, looks, items(module.params))
    discarded = run(MIGRATION, "discarded", _clones(found), delete_service_points=True)
    stopped = _not_cleared(found, discarded)
    done = {
        one.id: one for one in run(workflow, brief.goal.state, [one.item for one in found if one.id not in stopped])
    }
    return _together(found, {**stopped, **done}, discarded), time.monotonic() - started


def _together(found: Records, ended: Mapping[str, Record[Any]], discarded: Records) -> Records:
    """Return the originals in their order; what was taken from a clone changed something for its original."""
    changed = {one.item.clone_of for one in discarded if one.changed}
    records = [ended[one.id] for one in found]
    return [one.with_(changed=one.changed or one.id in changed) for one in records]


def _not_cleared(found: Records, discarded: Records) -> dict[str, Record[Any]]:
    """Return the originals that cannot be gone on with: not seen, or with a clone that somebody else holds.

    That a clone is not there any more, because it was released meanwhile, is what was wanted.
    """
    kept = {one.item.clone_of: one for one in discarded if one.problem and one.problem.code != NOT_FOUND}
    return {
        one.id: _stopped(one, kept[one.id]) if one.id in kept else one for one in found if one.problem or one.id in kept
    }


def _clones(found: Records) -> list[Item]:
    """Return the clones of originals as instances, each in its original's place."""
    return [
        replace(record.item, instance_id=work.id, clone_of=record.id, drilled="")
        for record in found
        for work in record.view.copies
        if work.kind == "clone" and not record.problem
    ]


def _stopped(original: Record[Any], clone: Record[Any]) -> Record[Any]:
    """Return the record of an original whose clone an earlier run, or another one, keeps from being cleared."""
    problem = clone.problem or Problem(NOT_FOUND, "")
    told = replace(problem, message=f"Its clone {clone.id} of another drill cannot be cleared: {problem.message}")
    return original.with_(state="failed", done=True, problem=told)
