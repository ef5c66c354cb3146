# Copyright (c) 2026 evergreen.os_migration contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The program of the phase verify: do the instances run what they should, and then, do their applications?"""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from ..module_utils._core import checks
from ..module_utils._core.telling import checked, some
from ..module_utils._results import results_file
from ._batch import Batch, Outcomes, answered, outcomes
from ._calls import ROOT, SENT, script_with
from ._probes import probe_all
from ._wishes import Enrolment

Json = Mapping[str, Any]

_SUFFIX = {"sh": "sh", "powershell": "ps1"}


def verification(batch: Batch) -> Outcomes:
    """Look whether the instances run what they should, then ask the applications of those that do."""
    if not any(one.more.get("checks") for one in batch.enrolments):
        return outcomes(batch.enrolments, batch.migration())
    file = results_file({"results_file": batch.options.get("results_file"), "state": batch.state}, batch.writing)
    if file:
        file.check()
    answer = batch.migration(results_file=None)
    found = outcomes(batch.enrolments, answer)
    for host, answers in Asking(batch).run(wanted_checks(batch, found)).items():
        found[host] = checked(host, found[host], answers)
    if file and "results" in answer:
        file.add(one["result"] for one in found.values())
    return found


@dataclass
class Asked:
    """One check of one host, and what it has come to so far."""

    one: Enrolment
    check: Json
    shell: str
    tries: int = 0
    due: float = 0.0
    answer: Json = field(default_factory=dict)

    @property
    def over(self) -> bool:
        """Say whether it is not to be tried again."""
        return self.tries > self.check["retries"] or (self.tries > 0 and not self.answer.get("error"))

    @property
    def told(self) -> dict[str, Any]:
        """Return it as it stands in the result of its host."""
        what = {name: self.check[name] for name in ("name", "kind", "from")}
        return {**what, "tries": self.tries, **self.answer}


def wanted_checks(batch: Batch, found: Outcomes) -> list[Asked]:
    """Return the checks of each host that is verified, as far as they are meant for its kind of system."""
    good = [one for one in batch.enrolments if not found[one.host]["failed"]]
    return [
        Asked(one, check, shell)
        for one in good
        for check in one.more.get("checks") or ()
        if (shell := checks.shell_of(check, str(found[one.host]["result"]["target_os"])))
    ]


class Asking:
    """Makes checks in rounds: in each all that are due, so that what waits for its next try keeps nobody."""

    def __init__(
        self,
        batch: Batch,
        now: Callable[[], float] = time.monotonic,
        sleep: Callable[[float], None] = time.sleep,
    ) -> None:
        self._batch, self._now, self._sleep = batch, now, sleep
        self._places: Mapping[str, Callable[[list[Asked]], None]] = {
            checks.CONTROLLER: self._from_here,
            checks.GUEST: self._in_guests,
        }

    def run(self, asked: list[Asked]) -> dict[str, list[Json]]:
        """Return what each host's checks came to, in the host's order."""
        waiting = asked
        while waiting:
            due = [one for one in waiting if one.due <= self._now()]
            if due:
                self._round(due)
            waiting = [one for one in waiting if not one.over]
            if waiting:
                self._sleep(max(0.0, min(one.due for one in waiting) - self._now()))
        answers: dict[str, list[Json]] = {}
        for one in asked:
            answers.setdefault(one.one.host, []).append(one.told)
        return answers

    def _round(self, due: list[Asked]) -> None:
        for place, ask in self._places.items():
            ask([one for one in due if one.check["from"] == place])
        for one in due:
            one.tries += 1
            one.due = self._now() + one.check["delay"]
        again = list(dict.fromkeys(one.one.host for one in due if not one.over))
        if again:
            self._batch.tell(f"{self._batch.phase}: checks are made again later: {some(again, 5)}")

    def _from_here(self, due: list[Asked]) -> None:
        for one, answer in zip(due, probe_all([one.check for one in due]), strict=True):
            one.answer = answer

    def _in_guests(self, due: list[Asked]) -> None:
        """Run what is alike in all guests that want it by one call; our own scripts only look, also in check mode."""
        for options, looking, group in _together(due):
            hosts = list({one.one.host: one.one for one in group}.values())
            results = answered(hosts, self._batch.script(hosts, looking, **options))
            for one in group:
                ran = self._batch.writing or looking
                one.answer = checks.understood(one.check, results[one.one.host], ran)


def _together(due: Iterable[Asked]) -> list[tuple[dict[str, Any], bool, list[Asked]]]:
    """Return the scripts that are wanted, each with whether it only looks, and who wants it."""
    found: dict[str, list[Asked]] = {}
    for one in due:
        found.setdefault(json.dumps(_script(one), sort_keys=True), []).append(one)
    return [(*json.loads(text), group) for text, group in found.items()]


def _script(one: Asked) -> tuple[dict[str, Any], bool]:
    """Return the options of guest_command for a check, and whether it only looks."""
    sent: Sequence[str] = checks.arguments(one.check)
    if not sent:
        return {"script": one.check["script"], "shell": one.shell, "timeout": one.check["timeout"]}, False
    text = script_with(one.shell, _text(one.shell), sent)
    return {"script": text, "shell": one.shell, "timeout": one.check["timeout"] + checks.AGENT_SLACK}, True


def _text(shell: str) -> str:
    """Return our script for a shell; that for PowerShell gets what it shares with its arguments."""
    shared = "" if shell == "powershell" else (SENT / "sent.sh").read_text("utf-8")
    return shared + (ROOT / f"roles/verify/files/check.{_SUFFIX[shell]}").read_text("utf-8")
