# Copyright (c) 2026 evergreen.os_migration contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The program of the role drill: clones are made, migrated, checked, and all that was made for them is deleted."""

from __future__ import annotations

import time
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass, field, replace
from typing import Any

from ..module_utils._core import checks
from ..module_utils._core.drilled import CLONE, SERVICE, drilled
from ..module_utils._core.model import Hop, Problem
from ..module_utils._core.proof import NOT_EXPECTED
from ..module_utils._core.telling import outcome, some
from ..module_utils._results import results_file
from ._batch import Batch, Outcomes, outcomes
from ._checks import Asking, wanted_checks
from ._wishes import Enrolment

Json = Mapping[str, Any]

#: Options of instance_clone that hosts give.
_RECKONED = ("lifetime", "price_gib_month", "price_hour")
#: What of a module's answer on a clone is kept in the result of its original.
_KEPT = (
    "instance_id",
    "state",
    "source_os",
    "target_os",
    "hops",
    "findings",
    "error",
    "timeline",
    "checks",
    "hooks",
    "proof",
)
#: What an option says of differences that nothing explains.
_FAIL = "fail"
#: Nothing was made for an instance that ended so.
_UNTOUCHED = ("blocked", "unchanged", "planned")


def drills(batch: Batch) -> Outcomes:
    """Drill the migration of every host in the way that it wants."""
    file = results_file({"results_file": batch.options.get("results_file"), "state": batch.state}, batch.writing)
    if file:
        file.check()
    found: Outcomes = {}
    for how, hosts in _alike(batch.enrolments):
        part = replace(batch, enrolments=hosts)
        if how.get("by") == SERVICE:
            found |= outcomes(hosts, part.migration(results_file=None))
        elif how.get("cleanup"):
            found |= outcomes(hosts, _clones(part, hosts, "absent", how))
        else:
            found |= OnClones(part, how).run()
        batch.warnings += [text for text in part.warnings if text not in batch.warnings]
    if file:
        file.add(one["result"] for one in found.values())
    return found


def _alike(enrolments: Iterable[Enrolment]) -> list[tuple[dict[str, Any], list[Enrolment]]]:
    """Return the hosts that want to be drilled in the same way, with that way."""
    found: list[tuple[dict[str, Any], list[Enrolment]]] = []
    for one in enrolments:
        how = {
            name: one.more[name]
            for name in ("by", "cleanup", "on_difference", *_RECKONED)
            if one.more.get(name) is not None
        }
        hosts = next((hosts for known, hosts in found if known == how), None)
        if hosts is None:
            found.append((how, [one]))
        else:
            hosts.append(one)
    return found


def _clones(batch: Batch, hosts: Sequence[Enrolment], state: str, how: Json, **more: str) -> dict[str, Any]:
    """Call instance_clone for some hosts; ``more`` is the text that is to be the tag of each, by host."""
    who = [replace(one, item=_original(one, more.get(one.host, ""))) for one in hosts]
    shared = {name: batch.options.get(name) for name in ("poll_interval", "hop_timeout", "timeout", "paths")}
    reckoned = {name: how.get(name) for name in _RECKONED}
    return batch.module("instance_clone", who, {"state": state, **batch.clouds, **shared, **reckoned})


def _original(one: Enrolment, drilled_text: str) -> dict[str, Any]:
    item = {name: value for name, value in one.item.items() if name not in ("hooks", "windows", "confirm")}
    return {**item, "drilled": drilled_text} if drilled_text else item


@dataclass
class OnClones:
    """The drill of some hosts on clones of their instances."""

    batch: Batch
    how: Json
    made: Outcomes = field(default_factory=dict)
    tried: Outcomes = field(default_factory=dict)

    def run(self) -> Outcomes:
        """Make the clones, migrate them, and delete all that was made, whatever happened in between."""
        everyone = self.batch.enrolments
        self.made = outcomes(everyone, _clones(self.batch, everyone, "present", self.how))
        self._tell_cost()
        cloned = [one for one in everyone if self._result(one).get("clone_id")]
        try:
            if cloned:
                self._try([self._clone(one) for one in cloned])
        finally:
            cleared = self._clear()
        return {one.host: self._told(one, cleared.get(one.host)) for one in everyone}

    def _tell_cost(self) -> None:
        for host, one in self.made.items():
            cost = one["result"].get("cost")
            if cost:
                self.batch.tell(f"{host}: a drill takes {cost['text']}")

    def _result(self, one: Enrolment) -> Json:
        result: Json = self.made[one.host]["result"]
        return result

    def _clone(self, one: Enrolment) -> Enrolment:
        """Return the clone of a host's instance as the host's part in the calls on clones."""
        item = {name: value for name, value in one.item.items() if name not in ("windows", "confirm", "drilled")}
        clone = {**item, "instance_id": self._result(one)["clone_id"], "clone_of": one.instance_id}
        asked = [check for check in one.more.get("checks") or () if check["from"] == checks.GUEST]
        return replace(one, item=clone, more={**one.more, "checks": asked})

    def _try(self, clones: list[Enrolment]) -> None:
        """Migrate the clones by the engine and method of the migration, then ask their applications."""
        part = replace(self.batch, enrolments=clones)
        answer = part.migration(clones, state="migrated", results_file=None, on_failure="keep")
        self.tried = outcomes(clones, answer)
        left = [one.host for one in self.batch.enrolments if _outside(one)]
        if left:
            self.batch.tell(f"drill: checks that ask from the controller are not made on clones: {some(left, 5)}")
        for host, one in self.tried.items():
            if differs := _differences(one):
                self.batch.tell(f"{host}: its clone differs: {differs}")
        if self.how.get("on_difference") == _FAIL:
            self.tried = {host: _failed_by_differences(one) for host, one in self.tried.items()}
        for host, answers in Asking(part).run(wanted_checks(part, self.tried)).items():
            self.tried[host] = _with_checks(self.tried[host], answers)

    def _clear(self) -> Outcomes:
        """Delete all that was made, and have what came of each drill written down."""
        hosts = [one for one in self.batch.enrolments if self._result(one).get("state") not in _UNTOUCHED]
        if not hosts or not self.batch.writing:
            return {}
        texts = {one.host: text for one in hosts if (text := self._text(one))}
        return outcomes(hosts, _clones(self.batch, hosts, "absent", self.how, **texts))

    def _text(self, one: Enrolment) -> str:
        """Return what the tag is to say; nothing where no path was found that could be drilled."""
        hops = [_hop(raw) for raw in self._result(one).get("hops") or ()]
        return drilled(self._passed(one), time.time(), hops, CLONE, "").text if hops else ""

    def _passed(self, one: Enrolment) -> bool:
        tried = self.tried.get(one.host)
        return tried is not None and not tried["failed"]

    def _told(self, one: Enrolment, cleared: Json | None) -> dict[str, Any]:
        """Return the outcome of a host: of its clone, and of what was left of it."""
        before, tried = self.made[one.host], self.tried.get(one.host)
        if cleared is None or (tried is None and not cleared["failed"]):
            return before
        result = {**self._result(one), "timeline": self._timeline(one, cleared), "changed": True}
        result |= {"state": "drilled" if self._passed(one) else "failed", "drill": self._drill(one)}
        result["error"] = self._error(tried, cleared)
        if result["error"]:
            result["state"] = "failed"
        told = outcome(one.host, result)
        differs = _differences(tried)
        return (
            {**told, "msg": f"{told['msg']}; its clone differs: {differs}"} if differs and not result["error"] else told
        )

    def _error(self, tried: Json | None, cleared: Json) -> Json | None:
        """Return why the drill failed: what is left behind goes before what was found."""
        if cleared["failed"]:
            left: Json | None = cleared["result"]["error"]
            return left
        error = tried["result"].get("error") if tried else None
        return {**error, "message": f"On its clone: {error['message']}"} if error else None

    def _timeline(self, one: Enrolment, cleared: Json) -> list[Json]:
        parts = (self.made[one.host], self.tried.get(one.host) or {}, cleared)
        return [event for part in parts for event in (part.get("result") or {}).get("timeline") or ()]

    def _drill(self, one: Enrolment) -> dict[str, Any]:
        result, tried = self._result(one), self.tried.get(one.host)
        on_clone = {name: tried["result"].get(name) for name in _KEPT} if tried else None
        hops = result.get("hops") or ()
        return {
            "passed": self._passed(one),
            "by": CLONE,
            "source": hops[0]["source"] if hops else None,
            "target": hops[-1]["target"] if hops else None,
            "proof": (tried["result"].get("proof") or {}).get("verdict") if tried else None,
            "cost": result.get("cost"),
            "clone": on_clone,
        }


def _outside(one: Enrolment) -> bool:
    return any(check["from"] != checks.GUEST for check in one.more.get("checks") or ())


def _differences(tried: Json | None) -> str:
    """Return in what a migrated clone is not what it was although nothing says so; empty where in nothing."""
    facts = (tried["result"].get("proof") or {}).get("facts") or {} if tried else {}
    bad = {name: one["not_expected"] for name, one in facts.items() if one["verdict"] == NOT_EXPECTED}
    return "; ".join(f"{name} ({some(list(names), 3)})" if names else name for name, names in bad.items())


def _failed_by_differences(tried: Json) -> dict[str, Any]:
    """Return the outcome of a clone, which fails where the clone is not what it was; an error of its own stays."""
    differs = _differences(tried)
    if tried["failed"] or not differs:
        return dict(tried)
    problem = Problem(
        "DrillDiffers",
        f"The migrated guest is not what it was, and nothing says that it should differ: {differs}.",
        "Look whether that is wanted; drill.clone.proof in the result has all differences. With drill_on_difference: "
        "tell they are told only.",
    )
    return {**tried, "failed": True, "result": {**tried["result"], "state": "failed", "error": asdict(problem)}}


def _with_checks(tried: Json, answers: Sequence[Json]) -> dict[str, Any]:
    """Return the outcome of a clone with what its checks came to: one that failed fails the drill."""
    result = {**tried["result"], "checks": [dict(one) for one in answers]}
    bad = next((one for one in answers if one["error"]), None)
    if bad is None:
        return {**tried, "result": result}
    error = {**bad["error"], "message": f"{bad['name']}: {bad['error']['message']}"}
    return {**tried, "failed": True, "result": {**result, "state": "failed", "error": error}}


def _hop(raw: Json) -> Hop:
    return Hop(raw["source"], raw["target"], raw["service"], raw["minutes"], raw["path"])
