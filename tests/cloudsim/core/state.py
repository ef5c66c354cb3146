# Copyright (c) 2026 evergreen.os_migration contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What exists in a simulated account. Every status is a function of the simulated time."""

from __future__ import annotations

import math
import uuid
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, field

from . import data
from .clock import Clock, Timeline
from .oses import CATALOG, OperatingSystem
from .scenario import Group, Window

#: When guests came up that have not restarted since the simulation began.
BOOTED = 1_700_000_000
HEARTBEAT = 60.0
HEARTBEAT_VALID = 120.0

Tags = dict[str, str]


def within(windows: Iterable[Window], now: float) -> Window | None:
    """The window of time that is open now."""
    return next((window for window in windows if window.since <= now < window.until), None)


@dataclass(frozen=True)
class Content:
    """What lies on a disk, as far as anybody can tell from outside.

    ``former`` is the system that it was before its last migration, ``arrival`` how that went wrong without a word:
    one of scenario.ARRIVALS.
    """

    os: str = ""
    hops: int = 0
    installed: frozenset[str] = frozenset()
    former: str = ""
    arrival: str = ""


@dataclass(slots=True)
class Disk:
    """A disk of one instance, which it is attached to or was."""

    id: str
    instance_id: str
    region: str
    type: str
    size_gib: int
    category: str
    device: str
    attached: Timeline[bool]
    contents: Timeline[Content]
    conditions: Timeline[str]
    data: Timeline[data.Spans]
    tags: Timeline[Tags]
    serial: int = 0
    delete_auto_snapshot: bool = True
    multi_attach: bool = False
    born: float = -math.inf
    visible: float = -math.inf
    gone: float = math.inf
    snapshots: dict[str, Snapshot] = field(default_factory=dict)

    def status(self, now: float) -> str:
        condition = self.conditions.at(now)
        return condition if condition != "In_use" or self.attached.at(now) else "Available"

    def live_snapshots(self, now: float) -> list[Snapshot]:
        return [snapshot for snapshot in self.snapshots.values() if snapshot.created <= now < snapshot.gone]

    def snapshot_in_progress(self, now: float) -> bool:
        return any(snapshot.status(now) == "progressing" for snapshot in self.live_snapshots(now))

    @property
    def listed(self) -> float:
        """From when on lists have it."""
        return max(self.born, self.visible)


@dataclass(slots=True)
class Snapshot:
    id: str
    disk_id: str
    instance_id: str
    region: str
    name: str
    created: float
    length: float
    content: Content
    data: data.Spans
    disk_type: str
    disk_size_gib: int
    tags: Timeline[Tags]
    kind: str = "user"
    serial: int = 0
    fails: bool = False
    visible: float = -math.inf
    gone: float = math.inf
    description: str = ""
    retention_days: int | None = None

    @property
    def ends(self) -> float:
        return self.created + self.length

    @property
    def listed(self) -> float:
        """From when on lists have it."""
        return max(self.created, self.visible)

    def status(self, now: float) -> str:
        if now < self.ends:
            return "progressing"
        return "failed" if self.fails else "accomplished"

    def progress(self, now: float) -> str:
        done = 1.0 if now >= self.ends else (now - self.created) / self.length
        return f"{max(0, int(done * 100))}%"


@dataclass(slots=True)
class SnapshotGroup:
    """Snapshots of an instance's disks that one call took at one moment."""

    id: str
    name: str
    instance_id: str
    region: str
    members: tuple[Snapshot, ...]
    created: float
    tags: Timeline[Tags]
    serial: int = 0
    visible: float = -math.inf
    gone: float = math.inf
    description: str = ""

    @property
    def listed(self) -> float:
        """From when on lists have it."""
        return max(self.created, self.visible)

    def status(self, now: float) -> str:
        """Progressing while a member is; failed if one is."""
        found = {member.status(now) for member in self.members}
        return next((word for word in ("progressing", "failed") if word in found), "accomplished")


@dataclass(slots=True)
class Image:
    """What a machine can be made from: snapshots, one for each of its disks, by the disk's device."""

    id: str
    name: str
    region: str
    snapshots: dict[str, Snapshot]
    created: float
    length: float
    tags: Timeline[Tags]
    serial: int = 0
    fails: bool = False
    visible: float = -math.inf
    gone: float = math.inf

    @property
    def listed(self) -> float:
        """From when on lists have it."""
        return max(self.created, self.visible)

    @property
    def system(self) -> Snapshot:
        return next(snapshot for snapshot in self.snapshots.values() if snapshot.disk_type == "system")

    def status(self, now: float) -> str:
        if now < self.created + self.length:
            return "Creating"
        return "CreateFailed" if self.fails else "Available"


@dataclass(slots=True)
class SecurityGroup:
    """What its members may reach, and who may reach them: rules are only kept, nothing here sends packets."""

    id: str
    name: str
    region: str
    vpc_id: str
    created: float
    tags: Timeline[Tags]
    egress: list[dict[str, str]] = field(default_factory=list)
    #: Ranges of TCP ports that it lets in.
    ports: tuple[tuple[int, int], ...] = ()
    serial: int = 0
    visible: float = -math.inf
    gone: float = math.inf

    @property
    def listed(self) -> float:
        """From when on lists have it."""
        return max(self.created, self.visible)


@dataclass(slots=True)
class Instance:
    id: str
    name: str
    group: Group
    host_name: str
    private_address: str
    public_address: Timeline[str]
    disks: list[Disk]
    power: Timeline[str]
    agent: Timeline[bool]
    held: Timeline[bool]
    stopped_mode: Timeline[str]
    tags: Timeline[Tags]
    serial: int = 0
    gone: float = math.inf
    samples: Counter[str] = field(default_factory=Counter)
    failures: Counter[str] = field(default_factory=Counter)
    invocations: int = 0
    last_invoked: float | None = None
    outlived_until: float = 0.0
    packages: tuple[str, ...] = ()
    born: float = -math.inf
    visible: float = -math.inf
    image_id: str = ""
    security_group: str = ""

    @property
    def listed(self) -> float:
        """From when on lists have it."""
        return max(self.born, self.visible)

    @property
    def region(self) -> str:
        return self.group.region

    @property
    def system_disk(self) -> Disk:
        return next(disk for disk in self.disks if disk.type == "system")

    def attached_disks(self, now: float) -> list[Disk]:
        return [disk for disk in self.disks if disk.attached.at(now)]

    def content(self, now: float) -> Content:
        return self.system_disk.contents.at(now)

    def system(self, now: float) -> OperatingSystem:
        return CATALOG[self.content(now).os]

    def boots(self, now: float) -> int:
        """How often it has come up, the first time before the simulation began."""
        return sum(self.power.at(moment) == "Running" for moment in self.power.changes(now))

    def boot_id(self, now: float) -> str:
        return str(uuid.uuid5(uuid.NAMESPACE_OID, f"{self.id}/{self.boots(now)}"))

    def booted(self, now: float, clock: Clock) -> int:
        """When it has come up, by the clock of its guest: no two boots in one second, however fast time passes."""
        last = BOOTED
        for moment in self.power.changes(now):
            if self.power.at(moment) == "Running" and not math.isinf(moment):
                last = max(last + 1, clock.real(moment) + self.group.faults.clock_offset)
        return last

    def serves(self, now: float) -> bool:
        """Whether what runs on it writes: it is up, and no work has taken it over."""
        return self.power.at(now) == "Running" and not self.held.at(now) and now < self.gone

    def let_fail(self, what: str, times: int) -> bool:
        """Whether the scenario wants this to go wrong once more."""
        self.failures[what] += 1
        return self.failures[what] <= times

    # --- the agent in the guest ---

    def answers(self, now: float) -> bool:
        return self.agent.at(now) and not within(self.group.faults.agent_silent, now)

    def hangs(self, now: float) -> bool:
        """Whether commands are taken and never answered."""
        return within(self.group.faults.guest_hangs, now) is not None

    def first_answer(self, now: float, until: float) -> float | None:
        """The first instant from now to `until` at which the agent is there."""
        ends = (window.until for window in self.group.faults.agent_silent)
        moments = sorted({now, *ends, *self.agent.changes(until)})
        return next((moment for moment in moments if now <= moment <= until and self.answers(moment)), None)

    def heartbeat(self, now: float) -> float | None:
        """When the agent was heard last; None when it was never installed."""
        faults = self.group.faults
        if faults.agent == "missing":
            return None
        if self.answers(now):
            return now - (now + self.serial) % HEARTBEAT
        silence = within(faults.agent_silent, now)
        quiet = math.inf if self.agent.at(now) else self.agent.since(now)
        return max(min(quiet, silence.since if silence else math.inf), -faults.agent_heartbeat_age)

    def agent_online(self, now: float) -> bool:
        """What the cloud says of the agent: a heartbeat within two minutes, so it may be stale."""
        heard = self.heartbeat(now)
        return heard is not None and now - heard <= HEARTBEAT_VALID


@dataclass
class Result:
    """One instance's share of a command; `finishes` is inf while the script is still running for real."""

    instance_id: str
    starts: float
    finishes: float
    status: str = "Running"
    rc: int | None = None
    output: bytes = b""
    dropped: int = 0
    error_code: str = ""
    error_info: str = ""
    stopped: float | None = None
    serial: int = 0


@dataclass
class Invocation:
    id: str
    command_id: str
    region: str
    created: float
    timeout: int
    username: str
    results: dict[str, Result]
