# Copyright (c) 2026 evergreen.os_migration contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""A batch: the hosts that took part in one application of a role, served by one call, each with its own outcome."""

from __future__ import annotations

import json
from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from itertools import chain
from typing import Any

from ..module_utils._core import phases, waivers
from ..module_utils._core.telling import failure, outcome, some
from ..module_utils._options import CONNECTIONS
from ._wishes import Enrolment

Json = Mapping[str, Any]
Outcomes = dict[str, dict[str, Any]]
#: Runs a module of the collection with these arguments, to its end; True keeps the call out of check mode.
Call = Callable[[str, dict[str, Any], bool], dict[str, Any]]

_CRASH = "Run again with -vvv for the traceback, and report it if it stays. What is under way in the cloud goes on."
_MISSING = "Run the playbook again with -v and look at the call's own message."


@dataclass
class Batch:
    """Hosts that are served together.

    ``clouds`` are the options of the clouds' services, ``connections`` those that say how the clouds are reached.
    ``tell`` shows the user a line, ``writing`` says whether files are written.
    """

    phase: str
    enrolments: list[Enrolment]
    call: Call
    tell: Callable[[str], None]
    writing: bool = True
    clouds: dict[str, Any] = field(default_factory=dict)
    connections: list[dict[str, Any]] = field(default_factory=list)
    warnings: list[str] = field(default_factory=list)

    @property
    def state(self) -> str:
        """Return the goal of the batch."""
        return phases.PHASES[self.phase].state

    @property
    def options(self) -> dict[str, Any]:
        """Return the options of the whole call, which all hosts have in common."""
        return dict(self.enrolments[0].options)

    def connect(self, enrolments: Sequence[Enrolment], found: Json) -> None:
        """Take the options of clouds of these hosts, ``found`` by their digests, and number the ways to reach them."""
        wishes = dict(wish for one in enrolments for wish in one.clouds.items())
        self.clouds = {option: found[wanted] for option, wanted in wishes.items() if option not in CONNECTIONS}
        ways = list(dict.fromkeys(map(_way, enrolments)))
        self.connections = [{option: found[wanted] for option, wanted in way} for way in ways]
        for one in enrolments:
            one.item["connection"] = ways.index(_way(one))

    def migration(
        self, enrolments: Sequence[Enrolment] | None = None, *, looking: bool = False, **options: Any
    ) -> dict[str, Any]:
        """Call os_migration for all hosts or some; ``looking`` does so in check mode as outside of it."""
        hooks, who = with_hooks(self.enrolments if enrolments is None else enrolments)
        given = {"state": self.state, **self.options, **self.clouds, **hooks, **options}
        return self._call("os_migration", who, given, looking)

    def script(self, enrolments: Sequence[Enrolment], looking: bool = False, **options: Any) -> dict[str, Any]:
        """Run a script in the guests of some hosts."""
        given = {"poll_interval": self.options.get("poll_interval"), **options}
        who = [Enrolment(one.host, _who(one.item), clouds=one.clouds) for one in enrolments]
        return self._call("guest_command", who, given, looking)

    def module(self, module: str, enrolments: Sequence[Enrolment], options: Json) -> dict[str, Any]:
        """Call another module for some hosts."""
        return self._call(module, enrolments, options, looking=False)

    def _call(self, module: str, enrolments: Sequence[Enrolment], options: Json, looking: bool) -> dict[str, Any]:
        given = {name: value for name, value in options.items() if value is not None}
        arguments = {"instances": [one.item for one in enrolments], **self._reached(), **given}
        answer = self.call(module, arguments, looking)
        self.warnings += answer.get("warnings") or []
        return answer

    def _reached(self) -> dict[str, Any]:
        """Return how the clouds are reached: what all hosts have in common stands where a task of one's own has it."""
        return {"connections": self.connections} if len(self.connections) > 1 else dict(*self.connections)


def with_hooks(enrolments: Sequence[Enrolment]) -> tuple[dict[str, Any], list[Enrolment]]:
    """Return the hooks of all hosts as the option of a call, each once, and hosts that name theirs by number."""
    texts = [[json.dumps(hook, sort_keys=True) for hook in one.item.get("hooks") or ()] for one in enrolments]
    each = list(dict.fromkeys(chain(*texts)))
    if not each:
        return {}, list(enrolments)
    numbers = {text: number for number, text in enumerate(each)}
    who = [
        replace(one, item={**one.item, "hooks": list(map(numbers.__getitem__, own))})
        for one, own in zip(enrolments, texts, strict=True)
    ]
    return {"hooks": list(map(json.loads, each))}, who


def _who(item: Json) -> dict[str, Any]:
    return {
        name: item[name]
        for name in ("instance_id", "name", "region", "provider", "profile", "connection")
        if name in item
    }


def _way(one: Enrolment) -> tuple[tuple[str, str], ...]:
    """Return by which options a host's cloud is reached, each with the digest of its value."""
    return tuple(sorted((option, value) for option, value in one.clouds.items() if option in CONNECTIONS))


def by_host(enrolments: Iterable[Enrolment], answer: Json) -> dict[str, Json | None]:
    """Return the result of each host, as far as the answer has one."""
    found = {result["instance_id"]: result for result in answer.get("results") or ()}
    return {one.host: found.get(one.instance_id) for one in enrolments}


def outcomes(enrolments: Sequence[Enrolment], answer: Json, label: str = "") -> Outcomes:
    """Return the outcome of each host by the answer of a module, also when that has no results."""
    if "results" not in answer:
        return {one.host: _unanswered(one, answer) for one in enrolments}
    results = by_host(enrolments, answer)
    return {one.host: _outcome(one, results[one.host], answer, label) for one in enrolments}


def _outcome(one: Enrolment, result: Json | None, answer: Json, label: str) -> dict[str, Any]:
    if result is None:
        message = "the call returned nothing about this instance."
        return refused(one, "MissingResult", message, _MISSING)
    diff = answer.get("diff") or {}
    mine = {when: {one.instance_id: diff[when][one.instance_id]} for when in diff if one.instance_id in diff[when]}
    return {**outcome(one.host, result, label), **({"diff": mine} if mine else {})}


def answered(enrolments: Iterable[Enrolment], answer: Json) -> dict[str, Json]:
    """Return the result of each host; where the answer has none, why."""
    return {host: one["result"] for host, one in outcomes(list(enrolments), answer).items()}


def refused(one: Enrolment, code: str, message: str, remedy: str) -> dict[str, Any]:
    """Return the outcome of a host to whose instance nothing was done."""
    return failure(one.host, one.instance_id, code, message, remedy)


def all_refused(enrolments: Iterable[Enrolment], code: str, message: str, remedy: str) -> Outcomes:
    """Return one outcome for all hosts, each with its own instance."""
    return {one.host: refused(one, code, message, remedy) for one in enrolments}


def _unanswered(one: Enrolment, answer: Json) -> dict[str, Any]:
    """Return the outcome of a host whose module came to no result: it refused its options, or broke down."""
    text = str(answer.get("module_stderr") or answer.get("exception") or "")
    if "Traceback" in text and "rc" in answer:  # before our own code ran, which tells its exceptions itself
        last = text.strip().splitlines()[-1]
        return refused(one, "ModuleCrashed", f"the module could not be run: {last}.", _CRASH)
    return refused(one, "CallFailed", str(answer.get("msg")), "")


# --- what is refused before anything is called ------------------------------------------------------------------------


def without_doubled(enrolments: Sequence[Enrolment], out: Outcomes) -> list[Enrolment]:
    """Return the hosts whose instance is nobody else's; the others are refused, each with the others' names."""
    owners = defaultdict(list)
    for one in enrolments:
        owners[one.instance_id].append(one.host)
    for one in enrolments:
        others = [host for host in owners[one.instance_id] if host != one.host]
        if others:
            message = f"the instance is listed more than once: it is also that of {some(others, 5)}."
            remedy = "Give each host an instance of its own, or take one of them out of the play."
            out[one.host] = refused(one, "DoubledInstance", message, remedy)
    return [one for one in enrolments if one.host not in out]


def differing(enrolments: Sequence[Enrolment]) -> str:
    """Return a text on the first option of the whole call in which hosts differ; empty when there is none."""
    for option, values in _split(enrolments, lambda one: {**one.report, **one.options}):
        told = some([f"{text} on {some(hosts)}" for text, hosts in values.items()], 5, "; ")
        return f"{_variable(enrolments, option)} counts for all hosts that are served together, and is {told}."
    for option, values in _split(enrolments, lambda one: one.clouds):
        if option not in CONNECTIONS:
            told = some([some(hosts) for hosts in values.values()], 5, " and of ")  # no values: these may be secret
            return f"{phases.PREFIX}{option} counts for all hosts that are served together; those of {told} differ."
    return ""


def _split(
    enrolments: Sequence[Enrolment], of: Callable[[Enrolment], Json]
) -> Iterator[tuple[str, dict[str, list[str]]]]:
    """Yield the options in which hosts differ, each with the hosts of every value."""
    for option in sorted({name for one in enrolments for name in of(one)}):
        values: dict[str, list[str]] = {}
        for one in enrolments:
            value = of(one).get(option)
            values.setdefault("not set" if value is None else json.dumps(value, sort_keys=True), []).append(one.host)
        if len(values) > 1:
            yield option, values


def _variable(enrolments: Sequence[Enrolment], option: str) -> str:
    return next((one.names[option] for one in enrolments if option in one.names), option)


def for_nobody(enrolments: Iterable[Enrolment], known: Callable[[], Iterator[str]]) -> list[str]:
    """Return a text for each waiver that is for no host of the inventory; ``known`` gives all names that it has."""
    rows = {waivers.for_nobody(row): row for one in enrolments for row in one.elsewhere}
    names = set(known()) if rows else set()
    return [text for text, row in rows.items() if not waivers.meant(row, names, names)]
