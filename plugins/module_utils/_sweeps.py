# Copyright (c) 2026 evergreen.os_migration contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""A sweep of what earlier runs left of instances that are gone: in the cloud, and of files that were kept of them."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from ansible.module_utils.basic import AnsibleModule

from ._clones import with_clones
from ._core.record import Record
from ._core.workflow import Workflow
from ._engine import Brief
from ._kept import KeptFacts

#: The directory of the files that may go too.
OPTION = "facts_dir"


def with_sweep(
    module: AnsibleModule, workflow: Workflow[Any], brief: Brief, timeout: float
) -> tuple[list[Record[Any]], float]:
    """Sweep the cloud, then the files of those of which nothing is left there: a killed sweep still finds them."""
    records, elapsed = with_clones(module, workflow, brief, timeout, looks="left")
    named = module.params[OPTION]
    kept = KeptFacts(Path(named) if named else None, writing=not module.check_mode)
    records = [record if record.problem else _without_file(record, kept) for record in records]
    if kept.trouble:
        module.warn(kept.trouble)
    return records, elapsed


def _without_file(record: Record[Any], kept: KeptFacts) -> Record[Any]:
    """Return the record once the file is deleted, which is told with all else that was."""
    if not kept.drop(record.id):
        return record
    told = (*record.view.deleting, "file of facts")
    return record.learns(deleting=told).with_(changed=True, state=record.state if kept.writing else "planned")
