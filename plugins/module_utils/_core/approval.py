# Copyright (c) 2026 evergreen.os_migration contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What somebody has approved to be done with each instance, and how that differs from what is about to be done."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any, TypeAlias

from .model import Disk, Finding, Hop

#: What is about to be done with an instance: its hops, the GiB of each disk, and the rules that are waived.
Plan: TypeAlias = Mapping[str, Any]

#: What of a plan still counts once an attempt is under way: its services can attach disks of their own.
UNDER_WAY = ("hops",)
_WORDS = {"hops": "the hops", "disks": "the disks", "waived": "the waived rules"}


@dataclass(frozen=True)
class Approval:
    """The plans of instances by their ids, and who has approved them when (ISO 8601, UTC)."""

    plans: Mapping[str, Plan]
    by: str
    at: str

    @property
    def digest(self) -> str:
        """Return what tells these plans and this approval from any others."""
        whole = {"plans": self.plans, "approved_by": self.by, "approved_at": self.at}
        return hashlib.sha256(json.dumps(whole, sort_keys=True, ensure_ascii=False).encode()).hexdigest()


def plan(hops: Iterable[Hop], disks: Iterable[Disk], findings: Iterable[Finding]) -> Plan:
    """Return the plan of an instance."""
    return _plan(
        ((hop.source, hop.target) for hop in hops),
        ((disk.disk_id, disk.size_gib) for disk in disks),
        (finding.id for finding in findings if finding.waiver),
    )


def plans(results: Iterable[Mapping[str, Any]]) -> dict[str, Plan]:
    """Return the plans of what an assessment found ready, by instance."""
    return {result["instance_id"]: _assessed(result) for result in results if result.get("state") == "ready"}


def _assessed(result: Mapping[str, Any]) -> Plan:
    disks = (result.get("instance") or {}).get("disks") or ()
    return _plan(
        ((hop["source"], hop["target"]) for hop in result.get("hops") or ()),
        ((disk["disk_id"], disk["size_gib"]) for disk in disks),
        (finding["id"] for finding in result.get("findings") or () if finding.get("waiver")),
    )


def _plan(hops: Iterable[tuple[str, str]], disks: Iterable[tuple[str, int]], waived: Iterable[str]) -> Plan:
    return {
        "hops": [f"{source} -> {target}" for source, target in hops],
        "disks": dict(disks),
        "waived": sorted(set(waived)),
    }


def differences(approved: Plan, now: Plan, parts: Iterable[str] = tuple(_WORDS)) -> Iterator[str]:
    """Yield in words what of a plan is not as it was approved."""
    for part in parts:
        if approved.get(part) != now[part]:
            yield f"{_WORDS[part]} were {_text(approved.get(part))}, and are {_text(now[part])}"


def _text(value: Any) -> str:
    if isinstance(value, Mapping):
        return _text([f"{disk_id} ({size} GiB)" for disk_id, size in value.items()])
    return ", ".join(map(str, value)) if value else "none"


def to_text(approval: Approval) -> str:
    """Return the file for an approval, a line for each instance."""
    head = {"approved_by": approval.by, "approved_at": approval.at, "digest": approval.digest}
    lines = (f"{json.dumps(one)}: {json.dumps(plan, ensure_ascii=False)}" for one, plan in approval.plans.items())
    return f'{json.dumps(head, ensure_ascii=False)[:-1]}, "plans": {{\n' + ",\n".join(lines) + "\n}}\n"


def from_text(text: str) -> Approval:
    """Return what a file approves; :class:`ValueError` says why it approves nothing."""
    try:
        data = json.loads(text)
        found = Approval(dict(data["plans"]), str(data["approved_by"]), str(data["approved_at"]))
        whole = all(isinstance(plan, Mapping) for plan in found.plans.values())
    except (ValueError, KeyError, TypeError, RecursionError):
        whole = False
    if not whole:
        raise ValueError("it is no file of plan_approval.")
    if data.get("digest") != found.digest:
        raise ValueError("it was changed after it was approved: its digest is another one.")
    return found
