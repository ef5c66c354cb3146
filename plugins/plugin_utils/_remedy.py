# Copyright (c) 2026 evergreen.os_migration contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The program of the role remediate: look, show what the remedies would do, do it, and look again."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from ..module_utils._core.remedies import REMEDIES, Remedy, wanted
from ..module_utils._core.telling import outcome, some
from ._batch import Batch, Outcomes, answered, outcomes, refused
from ._calls import ROOT, SENT, script_with
from ._wishes import Enrolment

Json = Mapping[str, Any]


class Remediation:
    """What is known of the hosts while their findings are remedied."""

    def __init__(self, batch: Batch) -> None:
        self.batch = batch
        self.outcomes: Outcomes = {}
        self.treated: dict[str, list[Remedy]] = {}
        self.planned: dict[str, list[Remedy]] = {}

    def run(self) -> Outcomes:
        """Remedy what each host wants remedied."""
        self.outcomes = self._look(self.batch.enrolments)
        for remedy in REMEDIES:
            found = [one for one in self._sound() if remedy.is_for(self.outcomes[one.host]["result"])]
            for asked, hosts in self._by_wish(remedy, found).items():
                self.batch.tell(f"{remedy.name}: {remedy.does}: {some(hosts, 5)}{asked}")
        for remedy in REMEDIES:
            self._show(remedy)
        for remedy in REMEDIES:
            self._apply(remedy)
        self._look_again()
        for host, remedies in self.planned.items():
            self.outcomes[host] = _told(self.outcomes[host], "to be remedied", remedies)
        return self.outcomes

    def _by_wish(self, remedy: Remedy, found: list[Enrolment]) -> dict[str, list[str]]:
        """Return the hosts that need a remedy: those that want it, and those that have to be told how to."""
        hosts: dict[str, list[str]] = {}
        for one in found:
            wants = remedy in wanted(one.more.get("rules") or ())
            hosts.setdefault("" if wants else "; left alone: add it to remediate_rules", []).append(one.host)
        return hosts

    def _look(self, enrolments: list[Enrolment]) -> Outcomes:
        """Assess hosts. What stops a migration does not stop its remedy; what could not be looked at stays an error."""
        answer = self.batch.migration(enrolments, looking=True)
        found = outcomes(enrolments, answer)
        looked = {host: one["result"] for host, one in found.items() if one["result"].get("state") != "failed"}
        return {**found, **{host: outcome(host, {**result, "error": None}) for host, result in looked.items()}}

    def _sound(self) -> list[Enrolment]:
        return [one for one in self.batch.enrolments if not self.outcomes[one.host]["failed"]]

    def _hosts(self, remedy: Remedy) -> list[Enrolment]:
        """Return the hosts that need a remedy and want it."""
        sound = [one for one in self._sound() if remedy in wanted(one.more.get("rules") or ())]
        return [one for one in sound if remedy.is_for(self.outcomes[one.host]["result"])]

    def _show(self, remedy: Remedy) -> None:
        """Ask the guests what a remedy would do. So far the scripts only look, so check mode does it too."""
        for one, result in self._run(remedy, "show", looking=True):
            if result.get("error"):
                self._fail(one, remedy, result)

    def _apply(self, remedy: Remedy) -> None:
        for one, result in self._run(remedy, "apply", looking=False, timeout=remedy.timeout):
            self.outcomes[one.host] = {**self.outcomes[one.host], "changed": True}
            if result.get("rc") is None and not result.get("error"):
                self.planned.setdefault(one.host, []).append(remedy)  # check mode: nothing was done
                continue
            self.treated.setdefault(one.host, []).append(remedy)
            if result.get("error"):
                self._fail(one, remedy, result)

    def _run(self, remedy: Remedy, mode: str, looking: bool, **options: Any) -> list[tuple[Enrolment, Json]]:
        """Run a remedy's script where it is wanted, tell what it said, and return the result of each host."""
        hosts = self._hosts(remedy)
        if not hosts:
            return []
        script = script_with(remedy.shell, _text(remedy), remedy.arguments(mode, hosts[0].more))
        results = answered(hosts, self.batch.script(hosts, looking, script=script, shell=remedy.shell, **options))
        found = [(one, results[one.host]) for one in hosts]
        self._tell(remedy, found)
        return found

    def _tell(self, remedy: Remedy, found: Iterable[tuple[Enrolment, Json]]) -> None:
        """Tell each line that guests said once, with the hosts that said it."""
        said: dict[str, list[str]] = {}
        for one, result in found:
            for line in str(result.get("stdout") or "").splitlines():
                said.setdefault(line.strip(), []).append(one.host)
        for line, hosts in said.items():
            self.batch.tell(f"{remedy.name}: {line} ({some(hosts, 5)})")

    def _fail(self, one: Enrolment, remedy: Remedy, result: Json) -> None:
        before = self.outcomes[one.host]
        whole = {**before["result"], "error": result["error"], "stdout": result.get("stdout"), "findings": []}
        told = outcome(one.host, {**whole, "changed": before["changed"]}, remedy.name)
        self.outcomes[one.host] = {**told, "result": {**before["result"], "error": result["error"]}}

    def _look_again(self) -> None:
        """Assess the hosts that had a remedy again, and fail those where a finding is still there."""
        again = [one for one in self._sound() if one.host in self.treated]
        looked = self._look(again) if again else {}
        for one in again:
            after = looked[one.host]
            left = [remedy.name for remedy in self.treated[one.host] if _is_left(remedy, after["result"])]
            good = _told(after, "remedied", self.treated[one.host])
            self.outcomes[one.host] = {**(_not_remedied(one, left) if left else good), "changed": True}


def _text(remedy: Remedy) -> str:
    """Return a remedy's script; those for PowerShell get what they share with their arguments."""
    shared = "" if remedy.shell == "powershell" else (SENT / "sent.sh").read_text("utf-8")
    return shared + (ROOT / "roles/remediate/files" / remedy.file).read_text("utf-8")


def _told(before: dict[str, Any], what: str, remedies: Iterable[Remedy]) -> dict[str, Any]:
    """Return the outcome of a host, with the remedies that it had or would have."""
    if before["failed"]:
        return before
    return {**before, "msg": f"{before['msg']}; {what}: {', '.join(remedy.name for remedy in remedies)}"}


def _is_left(remedy: Remedy, result: Json) -> bool:
    return not remedy.systems and remedy.is_for(result)


def _not_remedied(one: Enrolment, names: list[str]) -> dict[str, Any]:
    message = f"still found after its remedy: {', '.join(names)}."
    remedy = "Read above what the script did, and remove the rest by hand."
    return refused(one, "NotRemedied", message, remedy)


def remediation(batch: Batch) -> Outcomes:
    """Remedy findings, as far as each host wants."""
    return Remediation(batch).run()
