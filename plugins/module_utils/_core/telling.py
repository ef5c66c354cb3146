# Copyright (c) 2026 evergreen.os_migration contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What became of an instance, told as the outcome of its host."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any

Json = Mapping[str, Any]

#: What is told behind the problems of an instance.
LAST_LINE, WAS_ROLLED_BACK = "Its last line:", "The instance was rolled back."


def outcome(host: str, result: Json, label: str = "") -> dict[str, Any]:
    """Return the host's changed, failed, msg and result; ``label`` names one of several things that were done."""
    text = " ".join(_problems(result, label))
    told = f"{result['instance_id']} ({host}): {text}" if text else _state(result)
    return {"changed": bool(result.get("changed")), "failed": bool(text), "msg": told, "result": dict(result)}


def checked(host: str, before: Json, answers: Sequence[Json]) -> dict[str, Any]:
    """Return the outcome of a host with what its application's checks came to: one that failed fails the host."""
    result = {**before["result"], "checks": [dict(one) for one in answers]}
    bad = [one for one in answers if one["error"]]
    if not bad:
        left = [one["name"] for one in answers if one["planned"]]
        told = f"{before['msg']}; not run in check mode: {', '.join(left)}" if left else before["msg"]
        return {**before, "msg": told, "result": result}
    told = " ".join(text for one in bad for text in _problems(one, one["name"]))
    error = {**bad[0]["error"], "message": f"{bad[0]['name']}: {bad[0]['error']['message']}"}
    failed = {**result, "state": "failed", "error": error}
    return {**before, "failed": True, "msg": f"{result['instance_id']} ({host}): {told}", "result": failed}


def failure(host: str, instance_id: str, code: str, message: str, remedy: str) -> dict[str, Any]:
    """Return the outcome of a host to whose instance nothing was done."""
    who = f"{instance_id} ({host})" if instance_id else host
    error = {"code": code, "message": message, "remedy": remedy}
    result = {"instance_id": instance_id or None, "name": host, "state": "failed", "changed": False, "error": error}
    return {
        "changed": False,
        "failed": True,
        "msg": f"{who}: {sentence(code, message, remedy)}",
        "result": {**result, "findings": []},
    }


def counted(outcomes: Iterable[Json]) -> str:
    """Return how many instances ended in which state."""
    counts = Counter(_state_of(one["result"]) for one in outcomes)
    return ", ".join(f"{count} {state}" for state, count in counts.most_common()) or "no instances"


def sentence(code: str, message: str, remedy: str | None) -> str:
    """Return a problem as one text."""
    end = "" if message.endswith((".", "?", "!")) else "."
    text = f"{code}: {message}{end}"
    return f"{text} Remedy: {remedy}" if remedy else text


def some(hosts: Sequence[str], most: int = 3, between: str = ", ") -> str:
    """Return the names of the first hosts, and how many there are more."""
    more = f" and {len(hosts) - most} more" if len(hosts) > most else ""
    return f"{between.join(hosts[:most])}{more}"


def last_line(output: str) -> str:
    """Return what a script said last."""
    lines = output.strip().splitlines()
    return lines[-1] if lines else ""


def _state_of(result: Json) -> str:
    state = str(result.get("state")).replace("_", " ")
    return f"{state} and restarted the guest" if result.get("restarted") else state


def _state(result: Json) -> str:
    state = _state_of(result)
    if state == "unchanged":
        return "nothing to do"
    if result.get("restarted"):
        return f"{state}, as the agent does for exit code {result.get('rc')}"
    if result.get("postponed_until"):
        state = f"{state} until {result['postponed_until']}"
    hops = [hop["target"] for hop in result.get("hops") or ()]
    return f"{state}: {' -> '.join([str(result.get('source_os')), *hops])}" if hops else state


def _problems(result: Json, label: str) -> Iterator[str]:
    """Yield the error and what else stops the instance."""
    error = result.get("error")
    if not error:
        return
    text = sentence(error["code"], error["message"], error.get("remedy"))
    yield f"{label}: {text}" if label else text
    yield from (_finding(one) for one in result.get("findings") or [] if _stops(one) and one["id"] != error["code"])
    yield from _what_else(result, error["code"])


def _what_else(result: Json, code: str) -> Iterator[str]:
    """Yield what is told behind the problems."""
    if result.get("stdout"):
        yield f"{LAST_LINE} {last_line(result['stdout'])}"
    if result.get("state") == "rolled_back" and code != "RolledBack":  # which says it itself
        yield WAS_ROLLED_BACK


def _stops(finding: Json) -> bool:
    return bool(finding["severity"] == "inhibitor")


def _finding(finding: Json) -> str:
    evidence = finding.get("evidence")
    message = finding["message"]
    return sentence(finding["id"], f"{message} {evidence}" if evidence else message, finding.get("remedy"))
