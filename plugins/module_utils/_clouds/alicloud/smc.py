# Copyright (c) 2026 evergreen.os_migration contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Server Migration Center: sources and OS migration jobs."""

from __future__ import annotations

import json
import re
import uuid
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from ..._core.model import CommandResult, Instance, Job, Source
from ..base import JobRequest, Transport
from .rpc import Rpc, text
from .target import OS_MIGRATION, create_job_parameters

_PAGE = 50
# A migration source that may be an instance's: its addresses, and the entry as it was listed.
Candidate = tuple[set[str], Mapping[str, Any]]
_IMPORTED = re.compile(r"Import Source Server \[(s-[0-9A-Za-z]+)\]")
# An activation code is made for one run: long enough for it, no longer.
_CODE_DAYS, _CODE_USES = "1", "1000"


def to_job(raw: Mapping[str, Any]) -> Job:
    """Translate an entry of DescribeReplicationJobs."""
    return Job(
        job_id=raw["JobId"],
        name=text(raw, "Name"),
        status=text(raw, "Status"),
        stage=text(raw, "BusinessStatus"),
        progress=float(raw.get("Progress") or 0),
        error_code=text(raw, "ErrorCode"),
        error_text=text(raw, "StatusInfo"),
        source_id=text(raw, "SourceId"),
        instance_id=text(raw, "InstanceId"),
        created=text(raw, "CreationTime"),
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


class Smc:
    """The SMC verbs of one account in one region."""

    def __init__(self, rpc: Rpc, transport: Transport) -> None:
        self._rpc = rpc
        self._transport = transport
        self._activation_code = ""

    def _jobs(self, **only: Any) -> list[Job]:
        found = self._rpc.numbered_pages(
            "smc", "DescribeReplicationJobs", "ReplicationJobs.ReplicationJob", _PAGE, JobType=OS_MIGRATION, **only
        )
        return [to_job(raw) for raw in found]

    def _sources(self, **only: Any) -> list[dict[str, Any]]:
        return list(
            self._rpc.numbered_pages("smc", "DescribeSourceServers", "SourceServers.SourceServer", _PAGE, **only)
        )

    def find_migrations(self, instances: Sequence[Instance]) -> dict[str, tuple[Source | None, tuple[Job, ...]]]:
        """Return each instance's source, matched by hostname and address, and its OS migration jobs."""
        candidates = _by_hostname(self._sources())
        sources = {one.instance_id: _matching(one, candidates.get(one.hostname, ())) for one in instances}
        jobs = _by_instance(self._jobs(RegionId=self._rpc.region), sources)
        return {instance_id: (source, tuple(jobs[instance_id])) for instance_id, source in sources.items()}

    def sources(self, source_ids: Sequence[str]) -> dict[str, Source]:
        """Return sources by id (no more than 50)."""
        found = self._sources(SourceId=list(source_ids))
        return {raw["SourceId"]: Source(raw["SourceId"], text(raw, "State")) for raw in found}

    def import_command(self, os_type: str) -> str:
        """Return the operator's import command with an activation code made for this run."""
        if not self._activation_code:
            answer = self._rpc.request(
                "smc",
                "CreateAccessToken",
                Name=f"os-migration-{uuid.uuid4().hex[:12]}",
                Count=_CODE_USES,
                TimeToLiveInDays=_CODE_DAYS,
            )
            self._activation_code = answer["AccessTokenCode"]
        return self._transport.import_commands[os_type].replace("{activation_code}", self._activation_code)

    def create_job(self, request: JobRequest) -> Job:
        """Create a job; the same token and name give the same job."""
        parameters = create_job_parameters(request, self._rpc.region, self._transport)
        answer = self._rpc.request("smc", "CreateReplicationJob", **parameters)
        return Job(answer["JobId"], request.name, source_id=request.source_id, instance_id=request.instance.instance_id)

    def start_job(self, job_id: str) -> None:
        """Start a job that is Ready, Stopped or InError."""
        self._rpc.request("smc", "StartReplicationJob", JobId=job_id)

    def delete_job(self, job_id: str) -> None:
        """Delete a job that does not run."""
        self._rpc.request("smc", "DeleteReplicationJob", JobId=job_id)

    def jobs(self, job_ids: Sequence[str]) -> dict[str, Job]:
        """Return jobs by id (no more than 50)."""
        return {job.job_id: job for job in self._jobs(JobId=list(job_ids))}

    def running_jobs(self) -> frozenset[str]:
        """Return the ids of every OS migration job running in the account."""
        return frozenset(job.job_id for job in self._jobs(Status="Running"))


def imported_source(result: CommandResult) -> Source | None:
    """Return the source named in the import command's output."""
    found = _IMPORTED.search(result.stdout)
    return Source(found[1], "Unavailable") if found else None


def _by_hostname(listed: Iterable[Mapping[str, Any]]) -> Mapping[str, Sequence[Candidate]]:
    found: dict[str, list[Candidate]] = defaultdict(list)
    for raw in listed:
        hostname, addresses = _addresses(raw)
        found[hostname].append((addresses, raw))
    return found


def _matching(instance: Instance, namesakes: Iterable[Candidate]) -> Source | None:
    """Return the instance's source: same hostname and an address in common; an available one before others."""
    mine = [raw for addresses, raw in namesakes if addresses & set(instance.private_addresses)]
    mine.sort(key=lambda raw: (text(raw, "State") in ("Available", "InUse"), text(raw, "CreationTime")))
    return Source(mine[-1]["SourceId"], text(mine[-1], "State")) if mine else None


def _by_instance(jobs: Iterable[Job], sources: Mapping[str, Source | None]) -> Mapping[str, Sequence[Job]]:
    """Return the jobs of each instance: those that name it, and those of its source."""
    owners: dict[str, set[str]] = defaultdict(set)
    for instance_id, source in sources.items():
        if source is not None:
            owners[source.source_id].add(instance_id)
    found: dict[str, list[Job]] = defaultdict(list)
    for job in jobs:
        for owner in {job.instance_id, *owners[job.source_id]}:
            found[owner].append(job)
    return found
