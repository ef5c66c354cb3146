# Copyright (c) 2026 evergreen.os_migration contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Server Migration Center: the migration sources that instances are enrolled as."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any

from ..._core.model import CommandResult, Enrolment, Instance, Problem
from ..._core.tag import MADE_KEY, TAG_KEY, made_label, of_label
from ..._errors import Moved
from ..base import Script
from .assistant import Agents
from .chunks import chunks
from .client import IMPORTED, OWN_CODE_REFUSED, problem_of
from .codes import Codes, RunCodes
from .connection import Transport
from .identity import Owners, Source, candidates, of_another, own_source, to_enrolment, to_sources
from .rpc import Rpc, text

_PAGE = 50
#: What stands for the activation code of a run in the operator's command.
_CODE = "{activation_code}"
_IMPORT_TIMEOUT = 900
_SHELLS = {"linux": "sh", "windows": "powershell"}
# What ends the client of an earlier import goes before an import. That there is none is no fault, and what it prints
# says nothing of the import.
_ABORTS = {
    "linux": "(\n{}\n) >/dev/null 2>&1 </dev/null || true\n",
    "windows": "try {{\n& {{\n{}\n}} 2>&1 | Out-Null\n}} catch {{ $null = $_ }}\n",
}

Claims = Mapping[str, Sequence[Source]]


class Sources:
    """The migration sources of one account; ``owners`` says which instances have which of some addresses."""

    def __init__(
        self, rpc: Rpc, transport: Transport, agents: Agents, owners: Callable[[Sequence[str]], Owners]
    ) -> None:
        self._rpc = rpc
        self._transport = transport
        self._agents = agents
        self._owners = owners
        self.codes = Codes(rpc)
        self._own = RunCodes(self.codes)
        self._used: dict[str, str] = {}
        self._again: set[str] = set()
        self._known: frozenset[str] | None = None
        self._before: dict[str, frozenset[str]] = {}

    def claims(self, instances: Sequence[Instance]) -> dict[str, list[Source]]:
        """Return the sources that may be each instance's."""
        sources = self._all()
        return {one.instance_id: candidates(one, sources) for one in instances}

    def of(self, instances: Sequence[Instance], claims: Claims) -> dict[str, Enrolment]:
        """Return each instance's own source, one that is nobody else's."""
        matched = (one for found in claims.values() for one in found if not one.owner)
        addresses = sorted({address for one in matched for address in one.addresses})
        owners = self._owners(addresses) if addresses else {}
        return {one.instance_id: own_source(one, claims[one.instance_id], owners) for one in instances}

    def read(self, enrolment_ids: Sequence[str]) -> dict[str, Enrolment]:
        """Return sources by id."""
        found = (raw for ids in chunks(enrolment_ids, _PAGE) for raw in self._listed(SourceId=list(ids)))
        return {raw["SourceId"]: to_enrolment(raw) for raw in found}

    def enrol(self, instance_ids: Sequence[str], os_type: str, token: str) -> str:
        """Run the operator's import command in guests of one type of system."""
        known = self._known if self._known is not None else frozenset(one.id for one in self._all())
        self._before |= dict.fromkeys(instance_ids, known)
        script = Script(self._import(instance_ids, os_type), _SHELLS[os_type], _IMPORT_TIMEOUT)
        return self._agents.run(instance_ids, script, token)

    def _import(self, instance_ids: Sequence[str], os_type: str) -> str:
        """Return the import command with its code, after what ends the client of an earlier import."""
        command, code = self._transport.import_commands[os_type], self._transport.activation_code
        if _CODE in command and not code:
            code_id, code = self._own.take(len(instance_ids))
            self._used |= dict.fromkeys(instance_ids, code_id)
        abort = self._transport.abort_commands.get(os_type)
        first = _ABORTS[os_type].format(abort) if abort else ""
        return first + command.replace(_CODE, code)

    def enrolled(self, instance: Instance, result: CommandResult) -> Enrolment | Problem | None:
        """Return the source named in the import command's output, tagged as the instance's own if it is new.

        One that was there before may be that of the machine whose disk this guest's was copied from.
        """
        named = IMPORTED.search(result.stdout)
        if named is None:
            return self._failed(instance, result)
        if named[1] in self._before.get(instance.instance_id, ()):
            return self._came_back(instance, named[1])
        labels = {TAG_KEY: of_label(instance.instance_id), MADE_KEY: made_label(instance.instance_id, "source")}
        self._rpc.request(
            "smc",
            "TagResources",
            ResourceType="sourceserver",
            ResourceId=[named[1]],
            Tag=[{"Key": key, "Value": value} for key, value in labels.items()],
        )
        return Enrolment("pending", named[1], ours=True)

    def _failed(self, instance: Instance, result: CommandResult) -> Enrolment | Problem | None:
        """Return why a command registered nothing, as far as that is known; absent when another code may help.

        Whether the run's own code still counts is asked of the service: what the client prints then is not documented.
        """
        if result.status != "finished":
            return None
        used = self._used.get(instance.instance_id, "")
        if used and self._own.worn(used):
            if instance.instance_id in self._again:
                return OWN_CODE_REFUSED
            self._again.add(instance.instance_id)
            return Enrolment()
        return problem_of(result.stdout) or self._without_code(instance)

    def _without_code(self, instance: Instance) -> Problem | None:
        """Return why a command may have registered nothing, where that can be seen in itself."""
        if _CODE in self._transport.import_commands.get(instance.os_type, _CODE):
            return None
        option = f"smc.import_command.{instance.os_type}"
        return Problem(
            "ImportFailed",
            f"{option} registered no migration source, and there is no {_CODE} in it.",
            f"Write {_CODE} where the command takes its activation code (in roles: os_migration_smc, import_command, "
            f"{instance.os_type}); if it has a code of its own, look whether that is still valid.",
        )

    def leave(self, enrolment_id: str) -> None:
        """Delete a source. SMC has one code for a state that does not allow it and for a source that is not there."""
        try:
            self._rpc.request("smc", "DeleteSourceServer", SourceId=enrolment_id)
        except Moved:
            if any(text(raw, "State") != "Deleting" for raw in self._listed(SourceId=[enrolment_id])):
                raise

    def left(self, instance_ids: Sequence[str]) -> dict[str, tuple[Enrolment, ...]]:
        """Return the sources that imports of ours made for each instance; both of their tags say so."""
        ours = [one for one in self._all() if one.enrolment.ours]
        return {key: tuple(one.enrolment for one in ours if one.owner == key) for key in instance_ids}

    def over(self) -> Sequence[str]:
        """Delete the activation codes that were made for this run's imports."""
        return self._own.delete_all()

    def _came_back(self, instance: Instance, source_id: str) -> Enrolment | Problem:
        sources = self._all()
        claims = {instance.instance_id: candidates(instance, sources)}
        own = self.of([instance], claims)[instance.instance_id]
        return own if own.id == source_id else own.problem or of_another(instance, source_id, sources)

    def _all(self) -> list[Source]:
        found = to_sources(self._listed())
        self._known = frozenset(one.id for one in found)
        return found

    def _listed(self, **only: Any) -> Iterable[dict[str, Any]]:
        return self._rpc.numbered_pages("smc", "DescribeSourceServers", "SourceServers.SourceServer", _PAGE, **only)
