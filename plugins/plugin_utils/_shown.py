# Copyright (c) 2026 evergreen.os_migration contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What many hosts have in common, as the few lines that an operator reads."""

from __future__ import annotations

import shlex
from collections import Counter
from collections.abc import Callable, Hashable, Iterable, Iterator, Mapping
from typing import Any, TypeVar

from ..module_utils._core.telling import LAST_LINE, WAS_ROLLED_BACK, sentence, some

COLLECTION = "evergreen.os_migration"

Json = Mapping[str, Any]
Outcomes = Mapping[str, Json]
T = TypeVar("T")

#: What the recap tells of a host, by the key in Ansible's statistics. How many tasks were ok or skipped tells nothing.
COUNTS = {
    "changed": "changed",
    "unreachable": "unreachable",
    "failures": "failed",
    "rescued": "rescued",
    "ignored": "ignored",
}
#: What follows a phase, when some instance is in the state that is named.
NEXT = {"assess": ("ready", "migrate"), "migrate": ("migrated", "verify"), "verify": ("verified", "commit")}
#: What a playbook wants to be said when it is to run on all hosts.
WITHOUT_NAMES = {"commit": ("-e", "target=all")}
#: How many hosts are named, and of how many that share a problem the own words are shown.
NAMED, TOLD = 5, 3
#: How many problems are told; hosts with others are counted.
PROBLEMS = 20


def together(hosts: Mapping[str, T], key: Callable[[T], Hashable]) -> dict[Any, list[str]]:
    """Return the names of the hosts for each value of the key, in the order of their first hosts."""
    found: dict[Any, list[str]] = {}
    for host, value in hosts.items():
        found.setdefault(key(value), []).append(host)
    return found


def in_order(hosts: Mapping[str, T], order: Iterable[str]) -> dict[str, T]:
    """Return the hosts as a play goes through them; those of which nothing is known come last, as they are."""
    first = {host: hosts[host] for host in order if host in hosts}
    return {**first, **hosts}


def good(outcomes: Outcomes) -> Iterator[str]:
    """Yield a line for all hosts of which the same is told."""
    for text, hosts in together(outcomes, lambda one: str(one.get("msg", ""))).items():
        if text:
            yield f"{text}: {_counted(hosts)}"


def bad(outcomes: Outcomes) -> Iterator[str]:
    """Yield lines for all hosts that have the same problem: its code, what it is on the first ones, and its remedy."""
    told = list(together(outcomes, _problem).items())
    for (code, _remedy, _text), hosts in told[:PROBLEMS]:
        yield from _alone(outcomes[hosts[0]]) if len(hosts) == 1 else _shared(outcomes, hosts, code)
    left = [host for _key, hosts in told[PROBLEMS:] for host in hosts]
    if left:
        yield f"failed, each in its own way: {_counted(left)}"
        yield "  What it is stands in the file of results, and is shown with -v."


def _alone(outcome: Json) -> Iterator[str]:
    """Yield what is told of one host, each problem and each remedy on a line of its own."""
    marks = [
        "Remedy:",
        LAST_LINE,
        WAS_ROLLED_BACK,
        *(f"{one['id']}:" for one in _result(outcome).get("findings") or ()),
    ]
    text = f"failed: {outcome.get('msg', '')}"
    head, code, rest = text.partition(f"{_error(outcome).get('code')}:")  # the first problem stays beside its host
    for mark in marks:
        rest = rest.replace(f" {mark}", f"\n  {mark}")
    yield from f"{head}{code}{rest}".splitlines()


def _shared(outcomes: Outcomes, hosts: list[str], code: str) -> Iterator[str]:
    yield f"failed: {code or outcomes[hosts[0]].get('msg', '')}: {_counted(hosts)}"
    error = _error(outcomes[hosts[0]])
    if not code:
        return
    yield from (f"  {host}: {_error(outcomes[host])['message']}" for host in hosts[:TOLD])
    if error.get("remedy"):
        yield f"  Remedy: {error['remedy']}"


def recap(statistics: Mapping[str, Mapping[str, int]]) -> Iterator[str]:
    """Yield a line for all hosts with equal counts, those with failures last."""
    rows = together(statistics, lambda counts: tuple(counts[key] for key in COUNTS))
    order = sorted(rows, key=lambda row: any(row[list(COUNTS).index(key)] for key in ("unreachable", "failures")))
    for row in order:
        told = ", ".join(f"{name}={count}" for name, count in zip(COUNTS.values(), row, strict=True) if count)
        yield f"{told or 'ok'}: {_counted(rows[row])}"


def next_step(phase: str, outcomes: Outcomes, line: Json) -> str:
    """Return the command that follows a playbook of the collection; ``line`` is its own one, as Ansible has it."""
    state, follows = NEXT.get(phase, ("", ""))
    ours = f"{COLLECTION}.{phase}" in (line.get("args") or ())
    if ours and any(one["result"].get("state") == state for one in outcomes.values()):
        words = ["ansible-playbook", f"{COLLECTION}.{follows}", *_where(line)]
        named = "--limit" in words or "-e" in words
        return f"next: {shlex.join([*words, *(() if named else WITHOUT_NAMES.get(follows, ()))])}"
    return ""


def _where(line: Json) -> Iterator[str]:
    """Yield the options that name hosts. Other extra variables are left out: they may be secret."""
    for inventory in line.get("inventory") or ():
        yield from ("-i", str(inventory))
    for given in line.get("extra_vars") or ():
        if str(given).startswith("target="):
            yield from ("-e", str(given))
    if line.get("subset"):
        yield from ("--limit", str(line["subset"]))


def statistics(phase: str, outcomes: Outcomes, file: str | None) -> dict[str, Any]:
    """Return what a playbook is known by, as ``set_stats`` gives it: counts that add up over waves, and the file.

    AWX hands them to the next job of a workflow as variables, so no name begins as those of our own variables do.
    """
    states = Counter(str(one["result"].get("state")) for one in outcomes.values())
    counts: dict[str, Any] = {f"evergreen_{phase}_{state}": count for state, count in states.items()}
    return counts | ({f"evergreen_{phase}_results": {"file": file}} if file else {})


def plain_text(host: str, outcome: Json) -> str:
    """Return what is told of a host that has no result: a task that broke, or refused its arguments."""
    return str(outcome.get("msg") or sentence("Failed", f"{host} failed without a message", None))


def _counted(hosts: Iterable[str]) -> str:
    names = list(hosts)
    return names[0] if len(names) == 1 else f"{len(names)} hosts ({some(names, NAMED)})"


def _result(outcome: Json) -> Json:
    return outcome.get("result") or {}


def _error(outcome: Json) -> Json:
    return _result(outcome).get("error") or {}


def _problem(outcome: Json) -> tuple[str, str, str]:
    """Return what hosts with the same problem have in common; of one without a code, all that is told of it."""
    error = _error(outcome)
    code = str(error.get("code") or "")
    return code, str(error.get("remedy") or ""), "" if code else str(outcome.get("msg"))
