# Copyright (c) 2026 evergreen.os_migration contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Server Migration Center: the migration sources that instances are enrolled as."""

from __future__ import annotations

import re
import uuid
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any

from ..._core.model import CommandResult, Enrolment, Instance, Problem
from ..._core.tag import TAG_KEY, of_label
from ..base import Script
from .assistant import Agents
from .chunks import chunks
from .connection import Transport
from .identity import Owners, Source, candidates, of_another, own_source, to_enrolment, to_sources
from .rpc import Rpc

_PAGE = 50
#: What stands for the activation code of a run in the operator's command.
_CODE = "{activation_code}"
_IMPORTED = re.compile(r"Import Source Server \[(s-[0-9A-Za-z]+)\]")
_IMPORT_TIMEOUT = 900
_SHELLS = {"linux": "sh", "windows": "powershell"}
# An activation code is made for one run: long enough for it, no longer.
_CODE_DAYS, _CODE_USES = "1", "1000"

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
        self._activation_code = ""
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
        command = self._transport.import_commands[os_type].replace(_CODE, self._code())
        return self._agents.run(instance_ids, Script(command, _SHELLS[os_type], _IMPORT_TIMEOUT), token)

    def enrolled(self, instance: Instance, result: CommandResult) -> Enrolment | Problem | None:
        """Return the source named in the import command's output, tagged as the instance's own if it is new.

        One that was there before may be that of the machine whose disk this guest's was copied from.
        """
        named = _IMPORTED.search(result.stdout)
        if named is None:
            return self._without_code(instance, result)
        if named[1] in self._before.get(instance.instance_id, ()):
            return self._came_back(instance, named[1])
        self._rpc.request(
            "smc",
            "TagResources",
            ResourceType="sourceserver",
            ResourceId=[named[1]],
            Tag=[{"Key": TAG_KEY, "Value": of_label(instance.instance_id)}],
        )
        return Enrolment("pending", named[1])

    def _without_code(self, instance: Instance, result: CommandResult) -> Problem | None:
        """Return why a command may have registered nothing, where that can be seen in itself."""
        command = self._transport.import_commands.get(instance.os_type, _CODE)
        if _CODE in command or result.status == "timed_out":
            return None
        option = f"smc.import_command.{instance.os_type}"
        return Problem(
            "ImportFailed",
            f"{option} registered no migration source, and there is no {_CODE} in it.",
            f"Write {_CODE} where the command takes its activation code (in roles: os_migration_smc, import_command, "
            f"{instance.os_type}); if it has a code of its own, look whether that is still valid.",
        )

    def _came_back(self, instance: Instance, source_id: str) -> Enrolment | Problem:
        sources = self._all()
        claims = {instance.instance_id: candidates(instance, sources)}
        own = self.of([instance], claims)[instance.instance_id]
        return own if own.id == source_id else own.problem or of_another(instance, source_id, sources)

    def _code(self) -> str:
        """Return the activation code of this run; one that was made twice serves as well."""
        if not self._activation_code:
            answer = self._rpc.request(
                "smc",
                "CreateAccessToken",
                needs="AccessTokenCode",
                Name=f"os-migration-{uuid.uuid4().hex[:12]}",
                Count=_CODE_USES,
                TimeToLiveInDays=_CODE_DAYS,
            )
            self._activation_code = answer["AccessTokenCode"]
        return self._activation_code

    def _all(self) -> list[Source]:
        found = to_sources(self._listed())
        self._known = frozenset(one.id for one in found)
        return found

    def _listed(self, **only: Any) -> Iterable[dict[str, Any]]:
        return self._rpc.numbered_pages("smc", "DescribeSourceServers", "SourceServers.SourceServer", _PAGE, **only)
