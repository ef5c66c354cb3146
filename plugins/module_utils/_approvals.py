# Copyright (c) 2026 evergreen.os_migration contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Read and write the file in which somebody approves the plans of an assessment."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from ._core.approval import Approval, Plan, from_text, plans, to_text
from ._core.results import entries
from ._errors import OptionError
from ._files import Directory, read
from ._identity import who_and_when

OPTION = "approval_file"


def approval(options: Mapping[str, Any]) -> Approval | None:
    """Return what the file approves that the options name, if they name one."""
    path = options.get(OPTION)
    return _read(OPTION, path) if path else None


def approve(options: Mapping[str, Any], writing: bool) -> dict[str, Any]:
    """Approve the plans of an assessment's results, and return the module's result."""
    wanted = _assessed(options["src"])
    if not wanted:
        message = f"src: {options['src']} holds no instance that is ready, so there is nothing to approve."
        raise OptionError(message, "Assess the instances, and remedy what blocks them.")
    path, by = Path(options["dest"]), options["approved_by"].strip()
    if not by:
        raise OptionError("approved_by is empty.", "Give the name of who answers for the approval.")
    before = _former(path)
    now = Approval(wanted, by, who_and_when()["at"])
    if before and (before.plans, before.by) == (now.plans, now.by):
        now = before
    directory = Directory(path.parent, writing)
    directory.put(path.name, to_text(now))
    return {
        "changed": bool(directory.changed),
        "approved_by": now.by,
        "approved_at": now.at,
        "digest": now.digest,
        "plans": [{"instance_id": one, **plan} for one, plan in now.plans.items()],
        "diff": {"before": dict(before.plans) if before else {}, "after": dict(now.plans)},
    }


def _assessed(path: str) -> dict[str, Plan]:
    try:
        return plans(entries("assess", read("src", path)))
    except ValueError as error:
        raise OptionError(f"src: {path}: {error}", "Give the file assess.json that the role assess wrote.") from None


def _former(path: Path) -> Approval | None:
    """Return what the file has approved before; one that approves nothing must not be written over."""
    return _read("dest", str(path)) if path.exists() else None


def _read(option: str, path: str) -> Approval:
    try:
        return from_text(read(option, path))
    except ValueError as error:
        remedy = "Have the plan approved anew: move the file away, and run the playbook approve."
        raise OptionError(f"{option}: {path}: {error}", remedy) from None
