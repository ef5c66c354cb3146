# Copyright (c) 2026 evergreen.os_migration contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What the engine asks of a cloud: batch verbs in the model's words. Adapters translate and decide nothing."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Protocol

from .._core.model import Account, Command, CommandResult, Disk, Hop, Instance, Job, Problem, Snapshot, Source

#: Runs one API call with the engine's rate limit, back-off and deadline.
Caller = Callable[[Callable[[], Any]], Any]


@dataclass(frozen=True)
class Capabilities:
    """Limits of a provider: the most ids that a verb takes, and sizes in bytes."""

    describe: int
    run_script: int
    tag: int
    power: int
    snapshots: int
    jobs: int
    sources: int
    script_bytes: int


@dataclass(frozen=True)
class Script:
    """A script for guests. ``shell`` is sh or powershell, ``timeout`` in seconds."""

    content: str
    shell: str = "sh"
    timeout: int = 60
    username: str = ""
    working_directory: str = ""


@dataclass(frozen=True)
class Connection:
    """How to reach one account. ``endpoints`` maps a service to a URL; ``*`` stands for every service."""

    access_key: str
    secret_key: str
    security_token: str
    endpoints: Mapping[str, str]
    validate_certs: bool = True
    timeout: int = 30

    @property
    def secrets(self) -> tuple[str, ...]:
        """Return what must never be shown."""
        return tuple(secret for secret in (self.secret_key, self.security_token) if secret)


@dataclass(frozen=True)
class JobRequest:
    """One OS migration job to create."""

    instance: Instance
    source_id: str
    name: str
    hop: Hop
    token: str


@dataclass(frozen=True)
class Transport:
    """How the target OS is named to the migration service, and how sources are imported (see docs)."""

    target_parameter: str
    target_location: str
    target_values: Mapping[str, str]
    import_commands: Mapping[str, str]


class Cloud(Protocol):
    """The verbs. A mapping's keys are the ids that were asked for; what the cloud does not know is left out."""

    @property
    def capabilities(self) -> Capabilities:
        """Return the API's limits."""

    def describe(self, instance_ids: Sequence[str], details: bool) -> Mapping[str, Instance | Problem]:
        """Return the instances; with ``details`` also disks with their snapshots counted, and what is in progress.

        Details cost lists of the whole region: ask for many instances at once.
        """

    def diagnose(self, instance_ids: Sequence[str]) -> Mapping[str, Problem]:
        """Say for each instance that describe() did not find why it was not found."""

    def account(self) -> Account:
        """Say what the account is set up for; what this user may not see is ``None``, never a refusal."""

    def regions(self) -> Sequence[str]:
        """Return the ids of the regions that the account sees."""

    def listed(self) -> Sequence[Instance]:
        """Return every instance of the region, without details; refuse a user who may not list them."""

    def disks(self, instance_ids: Sequence[str]) -> Mapping[str, tuple[Disk, ...]]:
        """Return the disks of each instance."""

    def tag(self, instance_ids: Sequence[str], key: str, value: str) -> None:
        """Put one tag on instances."""

    def stop(self, instance_ids: Sequence[str]) -> Mapping[str, Problem]:
        """Stop instances so that they keep their addresses; return the refusals."""

    def start(self, instance_ids: Sequence[str]) -> Mapping[str, Problem]:
        """Start instances; return the refusals."""

    def run_script(self, instance_ids: Sequence[str], script: Script, token: str, purpose: str) -> Command:
        """Start a script in guests."""

    def script_results(self, invocation_id: str, instance_ids: Sequence[str]) -> Mapping[str, CommandResult]:
        """Return how far a script is in each guest."""

    def find_snapshots(
        self, instances: Sequence[Instance], key: str, service_made: bool
    ) -> Mapping[str, tuple[Snapshot, ...]]:
        """Return the snapshots tagged ``key`` of each instance, with ``service_made`` also the migration service's."""

    def snapshots(self, snapshot_ids: Sequence[str]) -> Mapping[str, Snapshot]:
        """Return snapshots by id."""

    def create_snapshot(self, disk: Disk, name: str, tag: tuple[str, str], token: str) -> Snapshot:
        """Start a snapshot of one disk."""

    def delete_snapshot(self, snapshot_id: str) -> None:
        """Delete a snapshot; one that does not exist is fine."""

    def reset_disk(self, disk_id: str, snapshot_id: str) -> None:
        """Start to put a disk back to a snapshot."""

    def find_migrations(self, instances: Sequence[Instance]) -> Mapping[str, tuple[Source | None, tuple[Job, ...]]]:
        """Return each instance's migration source and OS migration jobs."""

    def import_source(self, instance_ids: Sequence[str], os_type: str, token: str) -> Command:
        """Start the import of instances of one OS type as migration sources."""

    def imported_source(self, result: CommandResult) -> Source | None:
        """Return the source that an import command's result names."""

    def sources(self, source_ids: Sequence[str]) -> Mapping[str, Source]:
        """Return sources by id."""

    def create_job(self, request: JobRequest) -> Job:
        """Create (not start) the job of one hop."""

    def start_job(self, job_id: str) -> None:
        """Start or restart a job."""

    def delete_job(self, job_id: str) -> None:
        """Delete a job that does not run."""

    def jobs(self, job_ids: Sequence[str]) -> Mapping[str, Job]:
        """Return jobs by id."""

    def running_jobs(self) -> frozenset[str]:
        """Return the ids of every OS migration job that runs in the account, whoever started it."""
