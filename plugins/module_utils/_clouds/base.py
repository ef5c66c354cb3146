# Copyright (c) 2026 evergreen.os_migration contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What the engine asks of a cloud: ports in the model's words. Adapters translate and decide nothing.

Answers are ``{id asked for: value or Problem}``; what the cloud does not know is left out. What refuses a whole call is
raised: :class:`_errors.CloudError` and its kinds. Writes that ask for what is there already succeed.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Protocol, TypeVar

from .._core.goal import Offer
from .._core.model import (
    RUNNING,
    STARTING,
    STOPPED,
    STOPPING,
    Account,
    Blueprint,
    Code,
    CommandResult,
    Disk,
    Enrolment,
    Instance,
    Order,
    Place,
    Point,
    Problem,
    Stack,
    Take,
    Work,
)

T = TypeVar("T")
#: The options of a call by name: of a module, or of the inventory.
Options = Mapping[str, Any]


class Caller(Protocol):
    """Runs one API call with the engine's rate limit, back-off and deadline."""

    def __call__(self, action: str, send: Callable[[], T], repeatable: bool = True) -> T:
        """Return what ``send`` returns.

        What passes is tried again. A write that is not ``repeatable`` is not: when its answer is lost or says nothing,
        :class:`_errors.Unclear` is raised.
        """

    def heard(self, date: float) -> None:
        """Note what time it is by the cloud's clock, in epoch seconds, as an answer says that has just come."""


@dataclass(frozen=True)
class Script:
    """A script for guests. ``shell`` is sh or powershell, ``timeout`` in seconds."""

    content: str
    shell: str = "sh"
    timeout: int = 60
    username: str = ""
    working_directory: str = ""


@dataclass(frozen=True)
class Rate:
    """How often an action may be called in each region of an account, or in the whole ``account``, and who says so."""

    per_minute: float
    scope: str = "region"
    source: str = ""


@dataclass(frozen=True)
class Queue:
    """Where the works of a kind wait for each other: in the ``account``, or in each ``region`` of it."""

    scope: str = "account"


@dataclass(frozen=True)
class Capabilities:
    """The limits of a provider's API.

    ``batch`` is the most ids that one call of a verb or sight takes, by its name in lower case: one for a verb that is
    not named, all for such a sight. ``queues`` are by kind of works. ``visibility`` is how long a write may not be seen
    in reads, in seconds.
    """

    batch: Mapping[str, int]
    queues: Mapping[str, Queue] = field(default_factory=dict)
    script_bytes: int = 16 * 1024
    visibility: float = 15.0


class Instances(Protocol):
    """Virtual machines, their power, their disks and their tags."""

    def describe(self, instance_ids: Sequence[str], details: bool) -> Mapping[str, Instance | Problem]:
        """Return the instances; with ``details`` also disks with their snapshots counted, and what is in progress.

        Details may cost lists of the whole region: ask for many instances at once.
        """

    def explain(self, instance_ids: Sequence[str]) -> Mapping[str, Problem]:
        """Say for each instance that describe() did not find why it was not found.

        The code is ``NOT_FOUND`` only where this user would see the instance if it were in the region.
        """

    def listed(self, tag: str = "") -> Sequence[Instance]:
        """Return every instance of the region, or every one with a tag, without details.

        Without a tag a user who may not list them is refused.
        """

    def tags(self, instance_ids: Sequence[str]) -> Mapping[str, Mapping[str, str]]:
        """Return the tags of each instance; the cheapest look at it."""

    def disks(self, instance_ids: Sequence[str]) -> Mapping[str, tuple[Disk, ...]]:
        """Return the disks of each instance."""

    def holders(self, disk_ids: Sequence[str]) -> Mapping[str, str]:
        """Return which instance each disk is attached to, nothing for a disk that waits; one that is gone is left out.

        A user who may not see disks is refused.
        """

    def tag(self, instance_ids: Sequence[str], tags: Mapping[str, str]) -> None:
        """Put the same tags on instances."""

    def stop(self, instance_ids: Sequence[str], force: bool) -> Mapping[str, Problem]:
        """Stop instances so that they keep their addresses, by ``force`` like a power cut; return the refusals."""

    def start(self, instance_ids: Sequence[str]) -> Mapping[str, Problem]:
        """Start instances; return the refusals."""

    def detach(self, instance_id: str, disk_id: str) -> None:
        """Detach a disk from a stopped instance."""

    def attach(self, instance_id: str, disk_id: str, place: str) -> None:
        """Attach a disk to a stopped instance in a place, a disk's ``device``."""


class Agents(Protocol):
    """The cloud's agent in the guests."""

    def run(self, instance_ids: Sequence[str], script: Script, token: str) -> str:
        """Start a script in guests and return the invocation's id; the same token starts it once."""

    def results(self, invocation: str, instance_ids: Sequence[str]) -> Mapping[str, CommandResult]:
        """Return how far a script is in each guest."""


class Snapshots(Protocol):
    """Points: what a disk can be put back to."""

    def find(self, instances: Sequence[Instance], service_made: bool) -> Mapping[str, tuple[Point, ...]]:
        """Return the points of each instance that bear our tag, with ``service_made`` also the service's own.

        An instance's points are those of its disks, whatever instance their label names.
        """

    def left(self, instance_ids: Sequence[str]) -> Mapping[str, tuple[Point, ...]]:
        """Return the points whose label names each instance, whatever has become of it and of its disks.

        A user who may not see points is refused.
        """

    def read(self, point_ids: Sequence[str]) -> Mapping[str, Point]:
        """Return points by id."""

    def take(self, takes: Sequence[Take]) -> Sequence[Point]:
        """Start points of one moment, of as many disks of an instance as ``batch["take"]`` says; return them.

        Each keeps its label, and the place of its disk. Where the cloud takes several disks with one call, that is all
        or nothing; else a refusal after the first ends it, and the rest is asked for again, as ``rest``. What is
        ``rest`` is taken one by one, so that no set is taken in two ways.
        """

    def restore(self, disk_id: str, point_id: str) -> None:
        """Start to put a disk back to a point of its own."""

    def delete(self, points: Sequence[Point]) -> None:
        """Delete a point, or all that are to go of one group."""


class Codes(Protocol):
    """Activation codes: with one of them guests enrol themselves. What a code says is told once, to who makes it."""

    def listed(self, name: str = "") -> Sequence[Code]:
        """Return all codes, or those of a name."""

    def make(self, wanted: Code) -> tuple[Code, str]:
        """Make a code, and return it with what it says. Names may be used again: look for it when that is unclear."""

    def disable(self, code_id: str) -> None:
        """Let no more guests use a code; those that did stay enrolled."""

    def delete(self, code_id: str) -> None:
        """Delete a code."""


class Enrolments(Protocol):
    """How instances become known to the service of a kind of works."""

    @property
    def codes(self) -> Codes | None:
        """Return the port for activation codes, ``None`` where there are none."""

    def read(self, enrolment_ids: Sequence[str]) -> Mapping[str, Enrolment]:
        """Return enrolments by id."""

    def enrol(self, instance_ids: Sequence[str], os_type: str, token: str) -> str:
        """Start to enrol instances of one type of system, in their guests; return the invocation's id."""

    def enrolled(self, instance: Instance, result: CommandResult) -> Enrolment | Problem | None:
        """Return the enrolment that the result of such an invocation names, marked as the instance's own.

        One that was there before is taken only as :meth:`Works.find` would take it. Where none was made and it may be
        tried again at once, it is absent.
        """

    def leave(self, enrolment_id: str) -> None:
        """Delete an enrolment that no work belongs to any more; one that is not there is no fault."""

    def left(self, instance_ids: Sequence[str]) -> Mapping[str, tuple[Enrolment, ...]]:
        """Return the enrolments that imports of ours made for each instance, by the mark of ours alone."""

    def over(self) -> Sequence[str]:
        """Delete what was made for this run's enrolments only, at the run's end; return what was not, and why."""


class Works(Protocol):
    """Works of one kind: jobs, runbooks, images, disks."""

    @property
    def enrolments(self) -> Enrolments | None:
        """Return how instances are enrolled, ``None`` where they need not be."""

    def find(self, instances: Sequence[Instance]) -> Mapping[str, tuple[tuple[Work, ...], Enrolment | None]]:
        """Return each instance's works of this kind and, where there are enrolments, its own.

        An enrolment is its own by a mark of ours, else where all that identifies machines leads to this enrolment alone
        and back to this instance alone; where it leads to more it is ``unclear``. A name leads nowhere: people give it.
        Works of every enrolment that may be its own are its works.
        """

    def read(self, work_ids: Sequence[str]) -> Mapping[str, Work]:
        """Return works by id."""

    def of(self, instances: Sequence[Instance], enrolments: Mapping[str, str]) -> Mapping[str, tuple[Work, ...]]:
        """Return the works of this kind that the instances have by their enrolments' ids, or by themselves.

        Cheaper than find() for a few instances; one without works is left out.
        """

    def running(self) -> Mapping[str, str]:
        """Return every work that runs in the queue, whoever began it, with the instance's id where it is told."""

    def order(self, order: Order) -> Work:
        """Make the work of an order; it begins by itself where its kind does."""

    def begin(self, work_id: str) -> None:
        """Begin a work that is made, or failed."""

    def delete(self, work_id: str) -> None:
        """Delete a work that does not run."""


class Copies(Works, Protocol):
    """What a copy of an instance consists of, one kind of it: images, clones, security groups.

    Each bears a tag that says of which instance it is from its creation on, is found by that tag only, and deleted by
    it only. An order is the start, its name is unique, and nothing of it changes the instance. ``settings`` of an
    order are, for an image, the points by their places; for a clone ``image``, ``security_group``, ``host`` and
    ``until``, when the cloud itself is to release it, in ISO 8601.
    """

    def refusal(self, order: Order) -> Problem | None:
        """Say why an order would be refused now, as far as the cloud tells that beforehand. Nothing is made."""


class Stacks(Protocol):
    """Resources that are made from a template, and deleted, as one. A name is the only one in its region."""

    def find(self, names: Sequence[str] = ()) -> Mapping[str, Stack]:
        """Return the stacks of these names, or all, by name; not what is gone."""

    def read(self, stack_ids: Sequence[str]) -> Mapping[str, Stack]:
        """Return how far stacks are, by id. What was made just now may not be listed yet."""

    def whole(self, stack_id: str) -> Stack | None:
        """Return a stack with its outputs, and with why it failed; ``None`` where there is none."""

    def check(self, blueprint: Blueprint) -> None:
        """Refuse a template from which nothing can be made, as far as it alone can tell."""

    def make(self, blueprint: Blueprint, token: str) -> str:
        """Begin to make a stack and return its id; the same token makes it once.

        Where its name is taken (:class:`_errors.Moved`), look whose it is.
        """

    def delete(self, stack_id: str) -> None:
        """Begin to delete a stack with its resources; one that is not there is no fault."""


class Cloud(Protocol):
    """One account in one region."""

    @property
    def capabilities(self) -> Capabilities:
        """Return the limits of its API."""

    @property
    def instances(self) -> Instances:
        """Return the port for instances."""

    @property
    def agents(self) -> Agents:
        """Return the port for guests."""

    @property
    def snapshots(self) -> Snapshots:
        """Return the port for points."""

    @property
    def works(self) -> Mapping[str, Works]:
        """Return the ports for works, by kind."""

    @property
    def copies(self) -> Mapping[str, Copies]:
        """Return the ports for copies, by kind, none where instances cannot be copied.

        They are ``image``, ``security_group`` and ``clone``, whose works are done when their guests can be asked.
        """

    @property
    def stacks(self) -> Stacks | None:
        """Return the port for stacks, ``None`` where there are none."""

    def account(self) -> Account:
        """Say what the account is set up for; what this user may not see is ``None``, never a refusal."""

    def owner(self) -> str:
        """Return the account's own id: two profiles can be of one account."""

    def regions(self) -> Sequence[str]:
        """Return the ids of the regions that the account sees."""


@dataclass(frozen=True)
class Provider:
    """All that the rest knows of a provider before it is connected.

    ``options`` are the argument specs of its options by name: its connection, named as the provider, first, then those
    of its services. ``ids`` matches the instance ids that are surely its own; ``services`` are those that rows of
    the path table may name, the usual one first; ``any_region`` answers which regions there are. ``offer`` tells what
    it does for a call's options, ``check`` refuses options that cannot be meant (:class:`_errors.OptionError`), and
    ``connect`` is the only place that needs the provider's library (:class:`_errors.MissingLibrary`). ``modules`` are
    those that are for this provider only. ``statuses`` are
    all words for an instance's status, ``rates`` the known limits of actions for a call's options; what is not in them
    keeps to the account's calls per second.
    """

    name: str
    title: str
    ids: re.Pattern[str]
    services: tuple[str, ...]
    any_region: str
    options: Mapping[str, Mapping[str, Any]]
    offer: Callable[[Options], Offer]
    check: Callable[[Options], None]
    connect: Callable[[Options, Place, Caller], Cloud]
    modules: tuple[str, ...] = ()
    statuses: tuple[str, ...] = (RUNNING, STOPPING, STOPPED, STARTING)
    rates: Callable[[Options], Mapping[str, Rate]] = lambda options: {}
