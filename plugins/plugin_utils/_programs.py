# Copyright (c) 2026 evergreen.os_migration contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What each phase does for a batch: the calls of modules, and what they mean for each host."""

from __future__ import annotations

import json
import os
from collections.abc import Callable, Iterable, Mapping
from typing import Any

from ..module_utils._core.telling import counted
from ._batch import Batch, Outcomes, all_refused, outcomes
from ._calls import script_with
from ._checks import verification
from ._drill import drills
from ._remedy import remediation
from ._wishes import Enrolment

Json = Mapping[str, Any]


def migration(batch: Batch) -> Outcomes:
    """Bring the instances to the goal of the phase."""
    return outcomes(batch.enrolments, batch.migration())


def assessment(batch: Batch) -> Outcomes:
    """Look at the instances, and write the report on the fleet where there is a file of results."""
    answer = batch.migration()
    found = outcomes(batch.enrolments, answer)
    file = batch.options.get("results_file")
    if not file or "results" not in answer or not os.path.exists(file):
        return found
    report = batch.call(
        "fleet_report", {"dest": os.path.dirname(file), **batch.enrolments[0].report, "src": file}, False
    )
    if "files" in report:
        batch.tell(next((path for path in report["files"] if path.endswith(".html")), report["files"][0]))
        return found
    text = f"{report.get('msg')} The assessment itself is done; its results are in {file}."
    return all_refused(batch.enrolments, "ReportFailed", text, "Correct that, and run the role report.")


def scripts(batch: Batch) -> Outcomes:
    """Run each host's script in its guest; hosts with the same one are served by one call."""
    found: Outcomes = {}
    for step, hosts in _together((one, one.more["step"]) for one in batch.enrolments):
        here = outcomes(hosts, batch.script(hosts, **_options(step)), step["name"])
        batch.tell(f"{step['name']}: {counted(here.values())}")
        found |= here
    return found


def _together(wanted: Iterable[tuple[Enrolment, Json]]) -> list[tuple[dict[str, Any], list[Enrolment]]]:
    """Return the scripts that are wanted, each with the hosts that want it, in the order of the first of them."""
    found: dict[str, list[Enrolment]] = {}
    for one, script in wanted:
        found.setdefault(json.dumps(script, sort_keys=True), []).append(one)
    return [(json.loads(text), hosts) for text, hosts in found.items()]


def _options(script: Json) -> dict[str, Any]:
    text = script_with(script["shell"], script["script"], script.get("arguments") or ())
    return {"script": text, "shell": script["shell"], "timeout": script.get("timeout")}


#: What a phase does, by its name.
PROGRAMS: Mapping[str, Callable[[Batch], Outcomes]] = {
    "assess": assessment,
    "drill": drills,
    "migrate": migration,
    "verify": verification,
    "rollback": migration,
    "commit": migration,
    "script": scripts,
    "remediate": remediation,
}
