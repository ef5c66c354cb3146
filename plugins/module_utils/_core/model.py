# Copyright (c) 2026 evergreen.os_migration contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The words every layer speaks: frozen values without behaviour that needs the outside world."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, NamedTuple, TypeVar

from .windows import Window

UNKNOWN = "unknown"

T = TypeVar("T")


# The model's words for the status of instances and disks; adapters translate into them. RESETTING: being put back.
RUNNING, STOPPING, STOPPED, STARTING = "Running", "Stopping", "Stopped", "Starting"
IN_USE, RESETTING = "In_use", "ReIniting"
#: The status of an instance that is proven not to be there any more.
GONE = "gone"
#: The code of the problem that an instance is proven not to be there.
NOT_FOUND = "InstanceNotFound"


def required(value: T | None) -> T:
    """Return what an earlier gate has looked up. That it is missing is a fault in the order of the gates."""
    if value is None:
        raise AssertionError("a gate came before what it needs was looked up")
    return value


class Place(NamedTuple):
    """Where an instance is served: one account's credentials in one region of one provider.

    ``connection`` tells apart the connections of a call that has several, as hosts with options of their own make it.
    """

    provider: str
    profile: str
    region: str
    connection: int = 0

    @property
    def credentials(self) -> tuple[str, str, int]:
        """Return what an account is reached by."""
        return self.provider, self.profile, self.connection


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
    The path to the target leads through ``via``, in this order, and through nothing of ``avoid``. ``confirm`` is the
    moment that a rollback was allowed to go back to although the instance has served since. Something is begun in the
    ``windows`` only, where there are any. ``hooks`` are the numbers of those of the call that are its own, ``None`` for
    all. An instance that is a clone of ours is served only with ``clone_of``, its original; ``drilled`` is the text
    that is to say what came of a drill.
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
    confirm: str = ""
    windows: tuple[Window, ...] = ()
    connection: int = 0
    hooks: tuple[int, ...] | None = None
    clone_of: str = ""
    drilled: str = ""

    @property
    def place(self) -> Place:
        """Return where the instance is served."""
        return Place(self.provider, self.profile, self.region, self.connection)


@dataclass(frozen=True)
class Agent:
    """The cloud's agent in the guest. ``last_heartbeat`` is ISO 8601, UTC."""

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
    multi_attach: bool = False
    manual_snapshots: int | None = None


@dataclass(frozen=True)
class Point:
    """One disk's way back: a snapshot. ``status`` is progressing, accomplished or failed.

    ``label`` is the collection's own tag, the same for all points of a set; ``created`` is ISO 8601 and empty until a
    look has shown the point. ``place`` is that of the disk when the point was taken, empty where that is not known;
    ``before`` is the text of what the instance was then (:mod:`.before`), ``contents`` that of what its guest consisted
    of (:mod:`.contents`). ``size_gib`` is that of the disk, which is the most that the point can hold, zero where it is
    not told. ``group`` is the id of what the cloud made with one call for several disks, if it was so.
    """

    snapshot_id: str
    disk_id: str
    status: str = "progressing"
    name: str = ""
    label: str = ""
    created: str = ""
    place: str = ""
    before: str = ""
    contents: str = ""
    size_gib: int = 0
    group: str = ""


@dataclass(frozen=True)
class Instance:
    """Cloud facts of one instance in the shape that is the same for every provider.

    ``os`` and the three fields after it are what the cloud's name of the system, ``os_name``, was understood as.
    ``traits`` is what not every provider knows and prechecks need: ``scaling_group``, ``cluster`` and ``stack`` name
    who else manages the instance, ``spot`` says how it may be taken away.
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
    snapshots_in_progress: tuple[Point, ...] = ()
    agent: Agent = field(default_factory=Agent)
    locks: tuple[str, ...] = ()
    tags: Mapping[str, str] = field(default_factory=dict)
    traits: Mapping[str, str] = field(default_factory=dict)

    @property
    def answers(self) -> bool:
        """Say whether a script can be run in the guest now."""
        return self.status == RUNNING and self.agent.online


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
class Enrolment:
    """Whether a service knows an instance. ``id`` is what the service calls it, ``said`` the service's own word.

    ``state`` is absent, pending (on its way), ready, busy (a work holds it), lost (the service does not reach it), or
    unclear: it may be another instance's, as the ``problem`` says. Of an absent one ``said`` may tell what is nearest.
    It is ``ours`` when an import of ours made it for its instance.
    """

    state: str = "absent"
    id: str = ""
    said: str = ""
    problem: Problem | None = None
    ours: bool = False


@dataclass(frozen=True)
class Code:
    """An activation code, by which guests enrol themselves, without what it says.

    ``status`` is active, disabled or expired, ``count`` how many guests may use it and ``used`` how many have,
    ``days`` how long it is valid from ``created`` on, in ISO 8601.
    """

    name: str
    count: int
    days: int
    description: str = ""
    id: str = ""
    status: str = ""
    used: int = 0
    created: str = ""

    @property
    def usable(self) -> bool:
        """Say whether one more guest can use it."""
        return self.status == "active" and self.used < self.count


@dataclass(frozen=True)
class Work:
    """Something asked of a cloud that runs, or was made and stays; ``of`` is the instance it is about.

    ``status`` is made, running, done, failed, stopped or gone; ``said`` is the service's own word, for messages, and
    empty until a look has shown the work. ``progress`` is 0 to 100 percent, ``began`` and ``ended`` are ISO 8601. A
    work that ``holds`` changes or stops its instance while it runs.
    """

    kind: str
    id: str
    name: str = ""
    of: str = ""
    status: str = "made"
    said: str = ""
    progress: float = 0.0
    error_code: str = ""
    error_text: str = ""
    began: str = ""
    ended: str = ""
    holds: bool = True
    outputs: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class Blueprint:
    """What a stack is made from: a template, as a text or by its address, and what is put in for its parameters.

    ``parameters`` hold the secret ones too. ``label`` is the collection's own tag; ``minutes`` is the time that the
    cloud gives the creation before it undoes it.
    """

    name: str
    template: str = ""
    url: str = ""
    parameters: Mapping[str, str] = field(default_factory=dict)
    tags: Mapping[str, str] = field(default_factory=dict)
    label: str = ""
    minutes: int = 60


@dataclass(frozen=True)
class Stack:
    """Resources that a cloud makes from a template, and deletes, as one. Its ``name`` is the only one in its region.

    ``status`` is making, ready, undoing (the creation failed, what was made is being deleted), undone (nothing is left
    but the name), failed (something is left), deleting, stuck (deleting it failed), busy (something else is done with
    it) or gone; ``said`` is the service's own word. ``fault`` is why the creation or the deletion failed, ``late`` that
    it was out of time, ``label`` our own tag.
    """

    name: str
    id: str
    status: str
    said: str = ""
    label: str = ""
    created: str = ""
    fault: Problem | None = None
    late: bool = False
    outputs: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True)
class Invocation:
    """A script that the agent is running now.

    ``purpose`` is facts, enrol, script or hook; for enrol, ``kind`` is that of the works that need it.
    """

    purpose: str
    id: str
    kind: str = ""


@dataclass(frozen=True)
class CommandResult:
    """How a script ended in one guest. ``status`` is running, finished, timed_out or failed (by the agent).

    ``trouble`` is why the agent did not run it, where the agent says so: policy, noexec, disk_full or sent_twice.
    """

    status: str
    exit_code: int | None = None
    stdout: str = ""
    stderr: str = ""
    dropped_bytes: int = 0
    error_code: str = ""
    trouble: str = ""


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
class Take:
    """One point to take; the same ``token`` takes the same point, where the cloud knows tokens.

    ``place`` is that of the disk, ``before`` the text of what the instance is, ``contents`` that of what its guest
    consists of. ``of`` is the instance's id; with ``rest`` other points of the set are there, each taken on its own.
    """

    disk: Disk
    name: str
    label: str
    token: str
    place: str = ""
    before: str = ""
    contents: str = ""
    of: str = ""
    rest: bool = False


@dataclass(frozen=True)
class Order:
    """What a work is made from. ``settings`` are its kind's own; the same ``token`` and ``name`` make the same work."""

    kind: str
    of: Instance
    name: str
    token: str
    hop: Hop | None = None
    enrolment: str = ""
    settings: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class Tag:
    """What the instance's own tag remembers of its migration; see the tag module for the states.

    ``sets`` and ``tries`` are the numbers of the set and the try that were begun last, ``start`` that of the set to
    go back to when it is not the first. ``run`` wrote it last; ``by`` and ``back`` are the method and the way back of
    the attempt, ``undone`` the target of an attempt before it that was rolled back. With ``reset`` the first disk may
    have been put back. ``others`` are pairs of later versions.
    """

    state: str
    attempt: int
    source: str
    target: str
    sets: int = 0
    tries: int = 0
    start: int = 0
    run: str = ""
    by: str = ""
    back: str = ""
    undone: str = ""
    reset: bool = False
    others: tuple[tuple[str, str], ...] = ()
