# Copyright (c) 2026 evergreen.os_migration contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Server Migration Center: OS migration jobs, and the migration sources that instances are enrolled as."""

from __future__ import annotations

import json
import re
import uuid
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from ..._core.model import CommandResult, Enrolment, Instance, Order, Work
from ..._errors import Moved
from ..base import Script
from .assistant import Agents
from .chunks import chunks
from .connection import Transport
from .rpc import Rpc, text
from .target import OS_MIGRATION, create_job_parameters

KIND = "smc"
_PAGE = 50
# A word that a later version of the service may have is taken for a failure: it is told, and nothing is begun.
_STATUS = {
    "Ready": "made",
    **dict.fromkeys(("Running", "Waiting"), "running"),
    "Finished": "done",
    "InError": "failed",
    "Stopped": "stopped",
    "Expired": "gone",
}
# Being deleted: as good as not there.
_DELETING = "Deleting"
_ENROLMENTS = {"Available": "ready", "InUse": "busy", "Unavailable": "lost"}
# A migration source that may be an instance's: its addresses, and the entry as it was listed.
Candidate = tuple[set[str], Mapping[str, Any]]
_IMPORTED = re.compile(r"Import Source Server \[(s-[0-9A-Za-z]+)\]")
_IMPORT_TIMEOUT = 900
_SHELLS = {"linux": "sh", "windows": "powershell"}
# An activation code is made for one run: long enough for it, no longer.
_CODE_DAYS, _CODE_USES = "1", "1000"


def _works(listed: Iterable[Mapping[str, Any]]) -> tuple[Work, ...]:
    return tuple(to_work(raw) for raw in listed if text(raw, "Status") != _DELETING)


def to_work(raw: Mapping[str, Any]) -> Work:
    """Translate an entry of DescribeReplicationJobs."""
    said = text(raw, "Status")
    return Work(
        KIND,
        id=raw["JobId"],
        name=text(raw, "Name"),
        of=text(raw, "InstanceId"),
        status=_STATUS.get(said, "failed"),
        said=said,
        progress=float(raw.get("Progress") or 0),
        error_code=text(raw, "ErrorCode"),
        error_text=text(raw, "StatusInfo"),
        began=text(raw, "CreationTime"),
        ended=text(raw, "EndTime"),
    )


def to_enrolment(raw: Mapping[str, Any]) -> Enrolment:
    """Translate an entry of DescribeSourceServers."""
    said = text(raw, "State")
    return Enrolment(_ENROLMENTS.get(said, "pending"), raw["SourceId"], said)


class Sources:
    """The migration sources of one account."""

    def __init__(self, rpc: Rpc, transport: Transport, agents: Agents) -> None:
        self._rpc = rpc
        self._transport = transport
        self._agents = agents
        self._activation_code = ""

    def of(self, instances: Sequence[Instance]) -> dict[str, Enrolment]:
        """Return each instance's source, matched by hostname and address."""
        candidates = _by_hostname(self._listed())
        return {one.instance_id: _matching(one, candidates.get(one.hostname, ())) for one in instances}

    def read(self, enrolment_ids: Sequence[str]) -> dict[str, Enrolment]:
        """Return sources by id."""
        found = (raw for ids in chunks(enrolment_ids, _PAGE) for raw in self._listed(SourceId=list(ids)))
        return {raw["SourceId"]: to_enrolment(raw) for raw in found}

    def enrol(self, instance_ids: Sequence[str], os_type: str, token: str) -> str:
        """Run the operator's import command in guests of one type of system."""
        command = self._transport.import_commands[os_type].replace("{activation_code}", self._code())
        return self._agents.run(instance_ids, Script(command, _SHELLS[os_type], _IMPORT_TIMEOUT), token)

    def enrolled(self, result: CommandResult) -> Enrolment | None:
        """Return the source named in the import command's output."""
        found = _IMPORTED.search(result.stdout)
        return Enrolment("pending", found[1]) if found else None

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

    def _listed(self, **only: Any) -> Iterable[dict[str, Any]]:
        return self._rpc.numbered_pages("smc", "DescribeSourceServers", "SourceServers.SourceServer", _PAGE, **only)


class Jobs:
    """The OS migration jobs of one account, ordered and found in one region."""

    def __init__(self, rpc: Rpc, transport: Transport, agents: Agents) -> None:
        self._rpc = rpc
        self._transport = transport
        self.enrolments = Sources(rpc, transport, agents)

    def find(self, instances: Sequence[Instance]) -> dict[str, tuple[tuple[Work, ...], Enrolment]]:
        """Return each instance's OS migration jobs and its source."""
        sources = self.enrolments.of(instances)
        jobs = _by_instance(self._listed(RegionId=self._rpc.region), sources)
        return {key: (_works(jobs[key]), source) for key, source in sources.items()}

    def read(self, work_ids: Sequence[str]) -> dict[str, Work]:
        """Return jobs by id."""
        found = (to_work(raw) for ids in chunks(work_ids, _PAGE) for raw in self._listed(JobId=list(ids)))
        return {work.id: work for work in found}

    def running(self) -> frozenset[str]:
        """Return the ids of every OS migration job running in the account."""
        return frozenset(raw["JobId"] for raw in self._listed(Status="Running"))

    def order(self, order: Order) -> Work:
        """Create a job; the same token and name give the same job."""
        parameters = create_job_parameters(order, self._rpc.region, self._transport)
        answer = self._rpc.request("smc", "CreateReplicationJob", needs="JobId", **parameters)
        return Work(KIND, answer["JobId"], order.name, order.of.instance_id)

    def begin(self, work_id: str) -> None:
        """Start a job that is Ready, Stopped or InError."""
        self._rpc.request("smc", "StartReplicationJob", repeatable=False, JobId=work_id)

    def delete(self, work_id: str) -> None:
        """Delete a job that does not run. SMC has one code for a job that runs and for one that is not there."""
        try:
            self._rpc.request("smc", "DeleteReplicationJob", JobId=work_id)
        except Moved:
            if self.read([work_id]):
                raise

    def _listed(self, **only: Any) -> Iterable[dict[str, Any]]:
        return self._rpc.numbered_pages(
            "smc", "DescribeReplicationJobs", "ReplicationJobs.ReplicationJob", _PAGE, JobType=OS_MIGRATION, **only
        )


def _addresses(raw: Mapping[str, Any]) -> tuple[str, set[str]]:
    """Return hostname and addresses from a source's SystemInfo, a JSON text; it has no instance id.

    The list holds everybody's sources: one of a form that nobody foresaw is nobody's here, and no error.
    """
    try:
        known = json.loads(text(raw, "SystemInfo"))
    except ValueError:
        known = None
    if not isinstance(known, dict):
        return "", set()
    listed = known.get("ipv4")
    addresses = listed if isinstance(listed, list) else re.split(r"[,;\s]+", str(listed))
    return text(known, "hostname"), set(map(str, addresses))


def _by_hostname(listed: Iterable[Mapping[str, Any]]) -> Mapping[str, Sequence[Candidate]]:
    found: dict[str, list[Candidate]] = defaultdict(list)
    for raw in listed:
        hostname, addresses = _addresses(raw)
        found[hostname].append((addresses, raw))
    return found


def _matching(instance: Instance, namesakes: Iterable[Candidate]) -> Enrolment:
    """Return the instance's source: same hostname and an address in common; an available one before others."""
    mine = [raw for addresses, raw in namesakes if addresses & set(instance.private_addresses)]
    mine.sort(key=lambda raw: (text(raw, "State") in ("Available", "InUse"), text(raw, "CreationTime")))
    return to_enrolment(mine[-1]) if mine else Enrolment("absent")


def _by_instance(
    jobs: Iterable[Mapping[str, Any]], sources: Mapping[str, Enrolment]
) -> Mapping[str, Sequence[Mapping[str, Any]]]:
    """Return the jobs of each instance: those that name it, and those of its source."""
    owners: dict[str, set[str]] = defaultdict(set)
    for instance_id, source in sources.items():
        if source.id:
            owners[source.id].add(instance_id)
    found: dict[str, list[Mapping[str, Any]]] = defaultdict(list)
    for raw in jobs:
        for owner in {text(raw, "InstanceId"), *owners[text(raw, "SourceId")]}:
            found[owner].append(raw)
    return found
