# Copyright (c) 2026 evergreen.os_migration contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Server Migration Center: OS migration jobs."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from ..._core.model import Enrolment, Instance, Order, Problem, Work
from ..._errors import CloudError, Moved
from .chunks import chunks
from .connection import Transport
from .errors import Meaning, meaning_of, remedy_for
from .rpc import Rpc, text
from .sources import Claims, Sources
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


class Jobs:
    """The OS migration jobs of one account, ordered and found in one region."""

    def __init__(self, rpc: Rpc, transport: Transport, sources: Sources) -> None:
        self._rpc = rpc
        self._transport = transport
        self.enrolments = sources

    def find(self, instances: Sequence[Instance]) -> dict[str, tuple[tuple[Work, ...], Enrolment]]:
        """Return each instance's OS migration jobs and its source."""
        claims = self.enrolments.claims(instances)
        jobs = _by_instance(self._listed(RegionId=self._rpc.region), claims)
        return {key: (_works(jobs[key]), source) for key, source in self.enrolments.of(instances, claims).items()}

    def read(self, work_ids: Sequence[str]) -> dict[str, Work]:
        """Return jobs by id."""
        found = (to_work(raw) for ids in chunks(work_ids, _PAGE) for raw in self._listed(JobId=list(ids)))
        return {work.id: work for work in found}

    def of(self, instances: Sequence[Instance], enrolments: Mapping[str, str]) -> dict[str, tuple[Work, ...]]:
        """Return the jobs of the instances' sources; an instance without a source has none."""
        owners = {enrolments[one.instance_id]: one.instance_id for one in instances if enrolments.get(one.instance_id)}
        jobs: dict[str, list[dict[str, Any]]] = defaultdict(list)
        for ids in chunks(tuple(owners), _PAGE):
            for raw in self._listed(SourceId=list(ids)):
                jobs[owners[text(raw, "SourceId")]].append(raw)
        return {instance_id: _works(found) for instance_id, found in jobs.items()}

    def running(self) -> dict[str, str]:
        """Return every OS migration job running in the account, with its instance where the job names it."""
        return {raw["JobId"]: text(raw, "InstanceId") for raw in self._listed(Status="Running")}

    def order(self, order: Order) -> Work:
        """Create a job; the same token and name give the same job."""
        parameters = create_job_parameters(order, self._rpc.region, self._transport)
        try:
            answer = self._rpc.request("smc", "CreateReplicationJob", needs="JobId", token=order.token, **parameters)
        except CloudError as refusal:
            if meaning_of(refusal.problem.code) is not Meaning.TAKEN:
                raise
            return self._taken(order, refusal.problem)
        return Work(KIND, answer["JobId"], order.name, order.of.instance_id)

    def _taken(self, order: Order, refusal: Problem) -> Work:
        """Return the job that has the order's name already, if it is this instance's and goes on.

        One that is not listed yet, or is over, is for the next look to show. Another instance's is nobody's to touch.
        """
        named = _works(raw for raw in self._listed(Name=order.name) if text(raw, "Name") == order.name)
        work = named[0] if named else None
        if work is None or (work.of == order.of.instance_id and work.status not in ("made", "running")):
            raise Moved(refusal)
        if work.of == order.of.instance_id:
            return work
        message = f"The job {work.id} ({work.said}) has the name {work.name} already, for {work.of or 'no instance'}."
        raise CloudError(Problem(refusal.code, message, remedy_for(refusal.code)))

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


def _by_instance(jobs: Iterable[Mapping[str, Any]], claims: Claims) -> Mapping[str, Sequence[Mapping[str, Any]]]:
    """Return the jobs of each instance: those that name it, and those of a source that may be its own.

    A job that names another instance and has this one's source may run here: it counts for both.
    """
    holders: dict[str, set[str]] = defaultdict(set)
    for instance_id, sources in claims.items():
        for source in sources:
            holders[source.id].add(instance_id)
    found: dict[str, list[Mapping[str, Any]]] = defaultdict(list)
    for raw in jobs:
        for instance_id in {text(raw, "InstanceId"), *holders[text(raw, "SourceId")]}:
            found[instance_id].append(raw)
    return found
