# Copyright (c) 2026 evergreen.os_migration contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The words every layer speaks: frozen values without behaviour that needs the outside world."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any, TypeVar

UNKNOWN = "unknown"

T = TypeVar("T")


def known(value: T | None) -> T:
    """Return what an earlier step has looked up. That it is missing is a fault in the order of the steps."""
    if value is None:
        raise AssertionError("a step came before what it needs was looked up")
    return value


@dataclass(frozen=True)
class Problem:
    """Why an instance could not be served: a stable code, what happened, and what to do about it."""

    code: str
    message: str
    remedy: str = ""

    @property
    def text(self) -> str:
        """Return what happened and what to do about it, as one text."""
        return f"{self.message} {self.remedy}"


@dataclass(frozen=True)
class Waiver:
    """Somebody's word that a finding of the rule is not to stop an instance; ``expires`` is a day, YYYY-MM-DD."""

    rule: str
    reason: str
    owner: str
    expires: str


@dataclass(frozen=True)
class Item:
    """One instance as the user named it.

    ``target`` is a canonical OS id or empty; ``profile`` names the account's credentials; ``name`` is the inventory's.
    The path to the target leads through ``via``, in this order, and through nothing of ``avoid``.
    """

    instance_id: str
    region: str = ""
    provider: str = ""
    profile: str = ""
    target: str = ""
    name: str = ""
    via: tuple[str, ...] = ()
    avoid: tuple[str, ...] = ()
    waivers: tuple[Waiver, ...] = ()


@dataclass(frozen=True)
class Agent:
    """The cloud's agent in the guest (Cloud Assistant). ``last_heartbeat`` is ISO 8601, UTC."""

    installed: bool = False
    online: bool = False
    last_heartbeat: str = ""
    version: str = ""


@dataclass(frozen=True)
class Account:
    """What an account is set up for, in one region. ``None`` means that it could not be seen.

    ``service_role`` is the role that the migration service works with; ``snapshots_used`` says that a snapshot was
    ever taken, which proves that the snapshot service is on.
    """

    service_role: bool | None = None
    snapshots_used: bool | None = None


@dataclass(frozen=True)
class Disk:
    """A disk of an instance; sizes in GiB. ``manual_snapshots`` counts those that somebody took, if it was looked."""

    disk_id: str
    type: str = "data"
    size_gib: int = 0
    category: str = ""
    status: str = ""
    device: str = ""
    encrypted: bool = False
    delete_auto_snapshot: bool = False
    manual_snapshots: int | None = None


@dataclass(frozen=True)
class Snapshot:
    """A disk snapshot. ``status`` is progressing, accomplished or failed; ``label`` is the collection's own tag."""

    snapshot_id: str
    disk_id: str
    status: str = "progressing"
    name: str = ""
    label: str = ""
    created: str = ""


@dataclass(frozen=True)
class Instance:
    """Cloud facts of one instance in the shape that is the same for every provider.

    ``os`` and the three fields after it are what the cloud's name of the system, ``os_name``, was understood as.
    """

    instance_id: str
    region: str
    provider: str
    status: str = UNKNOWN
    os: str = UNKNOWN
    os_version: str = ""
    os_edition: str = ""
    os_language: str = ""
    os_name: str = ""
    os_type: str = ""
    architecture: str = UNKNOWN
    vcpus: int = 0
    memory_mib: int = 0
    instance_type: str = ""
    network_type: str = ""
    private_addresses: tuple[str, ...] = ()
    public_addresses: tuple[str, ...] = ()
    hostname: str = ""
    image_id: str = ""
    disks: tuple[Disk, ...] = ()
    snapshots_in_progress: tuple[Snapshot, ...] = ()
    agent: Agent = field(default_factory=Agent)
    locks: tuple[str, ...] = ()
    tags: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class Guest:
    """What the guest says of itself; ``probed`` is false when only the cloud's word is known.

    ``version`` is as written (``7.9``), ``edition`` a word such as datacenter, ``language`` a code such as zh. With
    ``trouble`` (timed_out, cut_off, unreadable, failed) the facts script gave no usable answer.
    """

    os: str
    probed: bool = True
    facts: Mapping[str, str] = field(default_factory=dict)
    version: str = ""
    edition: str = ""
    language: str = ""
    trouble: str = ""
    trouble_text: str = ""


@dataclass(frozen=True)
class Source:
    """A migration source registered with the migration service. ``state`` is Available, InUse, Unavailable …"""

    source_id: str
    state: str = UNKNOWN


@dataclass(frozen=True)
class Job:
    """One OS migration job of the migration service; ``progress`` is 0 to 100 percent.

    ``status`` is the service's, or Created while only the answer to its creation is known.
    """

    job_id: str
    name: str = ""
    status: str = "Created"
    stage: str = ""
    progress: float = 0.0
    error_code: str = ""
    error_text: str = ""
    source_id: str = ""
    instance_id: str = ""
    created: str = ""


@dataclass(frozen=True)
class Command:
    """A script that the agent is running now; ``purpose`` is probe, import or script."""

    purpose: str
    invocation_id: str


@dataclass(frozen=True)
class CommandResult:
    """How a script ended in one guest. ``status`` is running, finished, timed_out or failed (by the agent)."""

    status: str
    exit_code: int | None = None
    stdout: str = ""
    stderr: str = ""
    dropped_bytes: int = 0
    error_code: str = ""


@dataclass(frozen=True)
class Finding:
    """What a precheck rule has to say; ``severity`` is inhibitor, warning or info.

    With a ``waiver`` an inhibitor is a warning: the waiver says who answers for it.
    """

    id: str
    severity: str
    message: str
    evidence: str = ""
    remedy: str = ""
    source: str = ""
    waiver: Waiver | None = None


@dataclass(frozen=True)
class Hop:
    """One step of a migration path, by canonical OS ids; ``minutes`` is the documented upper duration.

    ``path`` is the id of the row of the path table.
    """

    source: str
    target: str
    service: str = "smc"
    minutes: int = 30
    path: str = ""


@dataclass(frozen=True)
class Event:
    """One line of an instance's timeline; ``at`` is ISO 8601, UTC."""

    at: str
    event: str


@dataclass(frozen=True)
class Ledger:
    """What the instance's own tag remembers of its migration; see the ledger module for the states."""

    state: str
    attempt: int
    source: str
    target: str


@dataclass(frozen=True)
class Record:
    """Everything known of one instance in this run. ``None`` means "not looked up yet".

    A record can be rebuilt from the cloud at any time: it is a cache, never the only copy of anything.
    """

    item: Item
    state: str = "pending"
    done: bool = False
    changed: bool = False
    problem: Problem | None = None
    instance: Instance | None = None
    before: Instance | None = None
    guest: Guest | None = None
    probed_at: float = 0.0
    account: Account | None = None
    ledger: Ledger | None = None
    snapshots: tuple[Snapshot, ...] | None = None
    source: Source | None = None
    jobs: tuple[Job, ...] | None = None
    command: Command | None = None
    result: CommandResult | None = None
    hops: tuple[Hop, ...] = ()
    hop: int = 0
    findings: tuple[Finding, ...] = ()
    reset_disks: tuple[str, ...] = ()
    retried: bool = False
    imported_for: int = 0
    seen_at: float = 0.0
    waiting_since: float = 0.0
    timeline: tuple[Event, ...] = ()

    def with_(self, **changes: Any) -> Record:
        """Return a copy with ``changes`` applied."""
        return replace(self, **changes)
