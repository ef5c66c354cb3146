# Copyright (c) 2026 evergreen.os_migration contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The fleet report as a document: what each instance runs, what it could become, what stops it and what it takes.

It is the same in every language but for the texts of the findings, and holds no time of day: the same facts on the same
day give the same report.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from .._core.catalog import NAMES, is_known
from .._core.lifecycle import Support, support
from .._core.model import UNKNOWN
from .source import VERSION, Json

STATES = ("ready", "blocked", "failed", "migrated", "assessed", "in_progress")
SUPPORT = ("supported", "ending", "ended", UNKNOWN)
SEVERITIES = ("inhibitor", "warning", "info")
ERROR = "error."
_LAST_DAY = "9999-12-31"


@dataclass(frozen=True)
class Day:
    """The day that support is judged by; within ``soon`` days of its end, support is ending."""

    on: date
    soon: int = 365

    def support(self, os_id: str) -> Support:
        """Return the support state of an operating system."""
        return support(os_id, self.on, self.soon)


def build(results: Iterable[Mapping[str, Any]], day: Day, attempts: Mapping[str, Sequence[Json]] | None = None) -> Json:
    """Return the report on the results of an assessment; :class:`ValueError` when they are none.

    ``attempts`` are those that are known of instances, by their ids.
    """
    texts: dict[str, Json] = {}
    known = attempts or {}
    instances = [
        {**_checked(result, day, texts), "attempts": list(known.get(result["instance_id"], ()))} for result in results
    ]
    waivers = list(_waivers(instances, day))
    return {
        "schema_version": VERSION,
        "language": "",
        "date": day.on.isoformat(),
        "soon": day.soon,
        "totals": {**_totals(instances), "waived": len(waivers)},
        "systems": _systems(instances, day),
        "blockers": _blockers(instances),
        "findings": texts,
        "waivers": waivers,
        "comparison": None,
        "instances": instances,
    }


def _checked(result: Mapping[str, Any], day: Day, texts: dict[str, Json]) -> Json:
    try:
        for said in _list(result, "findings"):
            texts.setdefault(said["id"], _texts(said, ("message", "remedy", "source")))
        instance = _instance(result, day)
        for found in instance["findings"]:
            texts.setdefault(found["id"], {"message": "", "remedy": "", "source": ""})
    except (KeyError, TypeError, ValueError, AttributeError):
        raise ValueError(
            f"its result of {result['instance_id']} is not in the form that the role assess writes. Run the role again."
        ) from None
    return instance


def _texts(data: Mapping[str, Any], keys: Iterable[str], otherwise: str = "") -> Json:
    return {key: _text(data.get(key)) or otherwise for key in keys}


def _list(data: Mapping[str, Any], key: str) -> Iterable[Any]:
    return data.get(key) or ()


def _text(value: object) -> str:
    return "" if value is None else str(value)


# --- one instance ----------------------------------------------------------------------------------------------------


def _instance(result: Mapping[str, Any], day: Day) -> Json:
    cloud = result.get("instance") or {}
    system = _system(result.get("guest"), cloud)
    return {
        "instance_id": result["instance_id"],
        "name": _text(result.get("name")) or _text(cloud.get("hostname")),
        **_texts(result, ("provider", "region", "profile")),
        **system,
        **_texts(cloud, ("os_name",)),
        **_texts(cloud, ("status", "architecture"), UNKNOWN),
        "support": _support(day.support(system["os"])),
        "target": _text(result.get("target_os")) or None,
        "state": _text(result["state"]) or UNKNOWN,
        "targets": [_text(target) for target in _list(result, "targets")],
        "findings": _findings(result),
        **_plan(result, cloud),
    }


def _plan(result: Mapping[str, Any], cloud: Mapping[str, Any]) -> Json:
    """Return the hops and what they take; without hops no snapshot is taken."""
    hops = [_hop(hop) for hop in _list(result, "hops")]
    sizes = [int(disk["size_gib"]) for disk in _list(cloud, "disks")]
    minutes = sum(hop["minutes"] for hop in hops)
    return {"hops": hops, "minutes": minutes, "snapshot_gib": sum(sizes) if hops else 0}


def _system(guest: Mapping[str, Any] | None, cloud: Mapping[str, Any]) -> Json:
    """Return what runs: the guest's word, or the cloud's when the guest gave none."""
    if guest and (is_known(_text(guest.get("os"))) or not guest.get("trouble")):
        return {"os": _canonical(guest.get("os")), **_texts(guest, ("version", "edition", "language"))}
    return {
        "os": _canonical(cloud.get("os")),
        **{key: _text(cloud.get(f"os_{key}")) for key in ("version", "edition", "language")},
    }


def _canonical(os_id: object) -> str:
    text = _text(os_id)
    return text if is_known(text) else UNKNOWN


def _support(state: Support) -> Json:
    return {"state": state.state, "ends": state.ends.isoformat() if state.ends else None, "days": state.days}


def _hop(hop: Mapping[str, Any]) -> Json:
    return {
        "source": _text(hop["source"]),
        "target": _text(hop["target"]),
        "service": _text(hop.get("service")),
        "minutes": int(hop["minutes"]),
        "path": _text(hop.get("path")),
    }


def _findings(result: Mapping[str, Any]) -> list[Json]:
    """Return an instance's findings, the worst first; an error that no finding explains is one too."""
    found = [
        {
            "id": _text(said["id"]),
            "severity": said["severity"],
            "evidence": _text(said.get("evidence")),
            "waiver": _texts(said["waiver"], ("reason", "owner", "expires")) if said.get("waiver") else None,
        }
        for said in _list(result, "findings")
    ]
    error = result.get("error")
    if error and error["code"] not in {each["id"] for each in found}:
        evidence = " ".join(filter(None, _texts(error, ("message", "remedy")).values()))
        found.append({"id": f"{ERROR}{error['code']}", "severity": "inhibitor", "evidence": evidence, "waiver": None})
    return sorted(found, key=rank, reverse=True)


def rank(finding: Mapping[str, Any] | None) -> int:
    """Return how bad a finding is; that there is none is 0."""
    return len(SEVERITIES) - SEVERITIES.index(finding["severity"]) if finding else 0


# --- the whole fleet -------------------------------------------------------------------------------------------------


def _totals(instances: Sequence[Json]) -> Json:
    return {
        "instances": len(instances),
        "states": _counts(STATES, (each["state"] for each in instances)),
        "support": _counts(SUPPORT, (each["support"]["state"] for each in instances)),
        "hops": sum(len(each["hops"]) for each in instances),
        "minutes": sum(each["minutes"] for each in instances),
        "snapshot_gib": sum(each["snapshot_gib"] for each in instances),
    }


def _counts(expected: Iterable[str], values: Iterable[str]) -> dict[str, int]:
    """Return how often each value occurs; those that are expected count 0 when they do not."""
    return {**dict.fromkeys(expected, 0), **Counter(values)}


def _systems(instances: Iterable[Json], day: Day) -> list[Json]:
    """Return the operating systems of the fleet, the one whose support ends first in front."""
    counts = Counter(each["os"] for each in instances)
    rows = [_system_row(os_id, count, day.support(os_id)) for os_id, count in counts.items()]
    return sorted(rows, key=lambda row: (row["ends"] or _LAST_DAY, row["os"]))


def _system_row(os_id: str, count: int, state: Support) -> Json:
    shown = _support(state)
    return {
        "os": os_id,
        "name": NAMES.get(os_id, os_id),
        "count": count,
        "ends": shown["ends"],
        "state": state.state,
        "source": state.source,
    }


def _blockers(instances: Iterable[Json]) -> list[Json]:
    """Return how many instances each finding has and stops, the one that stops most in front."""
    severities: defaultdict[str, list[str]] = defaultdict(list)
    for instance in instances:
        for found in instance["findings"]:
            severities[found["id"]].append(found["severity"])
    rows = [_blocker(finding_id, seen) for finding_id, seen in severities.items()]
    return sorted(rows, key=lambda row: (-row["stopped"], -row["count"], row["id"]))


def _blocker(finding_id: str, severities: Sequence[str]) -> Json:
    worst = min(severities, key=SEVERITIES.index)
    return {"id": finding_id, "count": len(severities), "stopped": severities.count("inhibitor"), "severity": worst}


def _waivers(instances: Iterable[Json], day: Day) -> Iterator[Json]:
    for instance in instances:
        for found in instance["findings"]:
            if found["waiver"]:
                expired = found["waiver"]["expires"] < day.on.isoformat()
                named = {"rule": found["id"], "instance_id": instance["instance_id"], "name": instance["name"]}
                yield {**named, **found["waiver"], "expired": expired}
