# Copyright (c) 2026 evergreen.os_migration contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""A cloud in memory, on a clock that only moves when somebody sleeps: thousands of engine runs in a second.

It knows just enough states to catch an engine that starts something twice. What the real API looks like is the
business of the simulated clouds in tests/cloudsim.
"""

from __future__ import annotations

import uuid
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timezone
from threading import RLock
from typing import Any

from ansible_collections.evergreen.os_migration.plugins.module_utils._clouds.base import (
    Capabilities,
    Queue,
    Script,
)
from ansible_collections.evergreen.os_migration.plugins.module_utils._core.goal import Offer
from ansible_collections.evergreen.os_migration.plugins.module_utils._core.model import (
    Account,
    Agent,
    CommandResult,
    Disk,
    Enrolment,
    Instance,
    Order,
    Point,
    Problem,
    Take,
    Work,
)
from ansible_collections.evergreen.os_migration.plugins.module_utils._core.tag import (
    MADE_KEY,
    TAG_KEY,
    made_label,
    owner_of,
)
from ansible_collections.evergreen.os_migration.plugins.module_utils._engine import Clock
from ansible_collections.evergreen.os_migration.plugins.module_utils._errors import CloudError, Moved

from .healthy import HEALTHY_LINUX, HEALTHY_WINDOWS, linux_signs, windows_signs

KIND = "smc"
#: Calls that take two ids, so that a small fleet needs several.
LIMITS = Capabilities(
    batch=dict.fromkeys(("details", "instance", "ask", "run", "hook", "enrol", "mark", "stop", "start", "work"), 2),
    queues={KIND: Queue("account")},
    script_bytes=2000,
)
OFFER = Offer(
    methods={"smc": ("smc", "smc_watch")},
    back=("reset_disks",),
    enrols=frozenset(("linux", "windows")),
    drills=frozenset(("linux",)),
    drill_proven=True,
    words={"agent": "agent", "console": "console", "work": "Job", "enrol_option": "import_command"},
)


#: What the versions of Windows Server call their builds.
BUILDS = {"2008r2": "7601", "2012": "9200", "2012r2": "9600", "2016": "14393", "2019": "17763", "2022": "20348"}


def iso(when: float) -> str:
    """Return a moment as clouds give it."""
    return datetime.fromtimestamp(when, timezone.utc).isoformat(timespec="milliseconds")


class Killed(BaseException):
    """The controller died."""


def _disk(name: str, number: int) -> Disk:
    return Disk(f"d-{name}-{number}", "data" if number else "system", status="In_use")


def _facts(name: str, os: str) -> dict[str, str]:
    """Return what a machine says; it was restarted when it became another system."""
    family, _unused, version = os.rpartition("-")
    if family != "windows":
        boot = str(uuid.uuid5(uuid.NAMESPACE_OID, f"{name}/{os}"))
        return {**HEALTHY_LINUX, **linux_signs(os, boot), "os_id": family, "os_version": version}
    edition = "Enterprise" if version == "2008r2" else "Datacenter"
    caption = f"Windows Server {version[:4]} {version[4:]} {edition}"
    made = windows_signs(os, booted=int(BUILDS[version]), installed=int(BUILDS[version]))
    return {**HEALTHY_WINDOWS, **made, "os_name": caption, "os_language": "en-US", "os_build": BUILDS[version]}


@dataclass
class Machine:
    """One instance; times are seconds on the cloud's clock."""

    instance: Instance
    os: str
    healthy: bool = True
    busy_until: float = 0.0
    next_status: str = "Running"


@dataclass
class MemoryCloud:
    """A cloud over dictionaries, all of whose ports are itself. ``before_call`` may raise to kill the controller.

    ``says`` is what guests say instead of what is healthy, by the system that they run. Points of the disks ``apart``
    are taken one by one, of the others in groups, where ``capabilities`` let a call take several.
    """

    now: float = 1000.0
    region: str = "cn-hangzhou"
    account_id: str = "1"
    machines: dict[str, Machine] = field(default_factory=dict)
    taken: dict[str, tuple[Point, float, str]] = field(default_factory=dict)
    made: dict[str, tuple[Work, float, Order]] = field(default_factory=dict)
    registered: dict[str, tuple[str, float]] = field(default_factory=dict)
    imported: set[str] = field(default_factory=set)
    tokens: dict[str, str] = field(default_factory=dict)
    commands: dict[str, tuple[str, tuple[str, ...], float]] = field(default_factory=dict)
    log: list[tuple[str, str]] = field(default_factory=list)
    born: dict[str, float] = field(default_factory=dict)
    lag: float = 0.0
    foreign_works: frozenset[str] = frozenset()
    failing: frozenset[tuple[str, str]] = frozenset()
    before_call: Callable[[str], None] = lambda verb: None
    after_call: Callable[[str], None] = lambda verb: None
    after_look: Callable[[str], None] = lambda verb: None
    before_restore: Callable[[str, str], None] = lambda disk_id, point_id: None
    says: Mapping[str, Mapping[str, str]] = field(default_factory=dict)
    durations: Callable[[str, str], float] = lambda what, who: 60.0
    most_running: int = 0
    capabilities: Capabilities = LIMITS
    copied: dict[str, tuple[Work, float, Order]] = field(default_factory=dict)
    no_room: frozenset[str] = frozenset()
    apart: frozenset[str] = frozenset()
    silent_clones: bool = False
    image_fails: bool = False
    hidden: frozenset[str] = frozenset()
    waiting: frozenset[str] = frozenset()
    lock: Any = field(default_factory=RLock)
    ids: Counter[str] = field(default_factory=Counter)

    def new_id(self, prefix: str) -> str:
        """An id that nothing ever had, also nothing that is deleted."""
        self.ids[prefix] += 1
        return f"{prefix}-{self.ids[prefix] - 1}"

    @property
    def clock(self) -> Clock:
        return Clock(lambda: self.now, lambda: self.now, self._sleep)

    def _sleep(self, seconds: float) -> None:
        with self.lock:
            self.now += seconds

    @property
    def instances(self) -> MemoryCloud:
        return self

    @property
    def agents(self) -> Agents:
        return Agents(self)

    @property
    def snapshots(self) -> Snapshots:
        return Snapshots(self)

    @property
    def stacks(self) -> None:
        """There are none."""

    @property
    def works(self) -> dict[str, Works]:
        return {KIND: Works(self)}

    @property
    def copies(self) -> dict[str, Copies]:
        return {kind: Copies(self, kind) for kind in ("image", "security_group", "clone")}

    def kills_after(self, calls: int, applied: bool) -> None:
        """Let the controller die after some calls, before or after the last of them took effect."""
        left = [calls]

        def die(verb: str) -> None:
            left[0] -= 1
            if left[0] < 0:
                raise Killed

        self.before_call, self.after_call = (lambda verb: None, die) if applied else (die, lambda verb: None)

    def visible(self, key: str) -> bool:
        """Lists show what was created only after the lag."""
        return self.now >= self.born[key] + self.lag

    def write(self, verb: str, what: str) -> None:
        self.log.append((verb, what))

    def add(self, name: str, os: str, disks: int = 1, **facts: Any) -> None:
        """Put a running instance into the cloud."""
        instance = Instance(
            instance_id=name,
            region=self.region,
            provider="alicloud",
            **{
                "status": "Running",
                "os": os,
                "os_type": "windows" if os.startswith("windows") else "linux",
                "architecture": "x86_64",
                "vcpus": 2,
                "memory_mib": 4096,
                "network_type": "vpc",
                "disks": tuple(_disk(name, n) for n in range(disks)),
                "agent": Agent(installed=True, online=True),
                **facts,
            },
        )
        self.machines[name] = Machine(instance, os)

    # --- the account and its instances --------------------------------------------------------------------------------

    def account(self) -> Account:
        self.before_call("account")
        return Account(service_role=True, snapshots_used=True)

    def describe(self, instance_ids: Sequence[str], details: bool) -> Mapping[str, Instance | Problem]:
        self.before_call("describe")
        found = {one: self.facts(one) for one in instance_ids if one in self.machines and one not in self.hidden}
        self.after_look("describe")
        return found

    def facts(self, name: str) -> Instance:
        machine = self.machines[name]
        if self.now >= machine.busy_until and machine.instance.status in ("Stopping", "Starting"):
            machine.instance = replace(machine.instance, status=machine.next_status)
        return replace(machine.instance, os=machine.os, agent=replace(machine.instance.agent, online=self._up(name)))

    def _up(self, name: str) -> bool:
        agent = self.machines[name].instance.agent
        return agent.online and self.machines[name].instance.status == "Running"

    def explain(self, instance_ids: Sequence[str]) -> Mapping[str, Problem]:
        return {one: Problem("InstanceNotFound", f"no {one}") for one in instance_ids}

    def disks(self, instance_ids: Sequence[str]) -> Mapping[str, tuple[Disk, ...]]:
        return {one: self.machines[one].instance.disks for one in instance_ids}

    def holders(self, disk_ids: Sequence[str]) -> Mapping[str, str]:
        self.before_call("holders")
        have = {disk.disk_id: one for one, machine in self.machines.items() for disk in machine.instance.disks}
        return {one: have.get(one, "") for one in disk_ids if one in have or one in self.waiting}

    def tags(self, instance_ids: Sequence[str]) -> Mapping[str, Mapping[str, str]]:
        self.before_call("tags")
        found = {one: self.machines[one].instance.tags for one in instance_ids if one in self.machines}
        self.after_look("tags")
        return found

    def listed(self, tag: str = "") -> Sequence[Instance]:
        self.before_call("listed")
        return [self.facts(one) for one, machine in self.machines.items() if tag in machine.instance.tags]

    def owner(self) -> str:
        return self.account_id

    def tag(self, instance_ids: Sequence[str], tags: Mapping[str, str]) -> None:
        self.before_call("lock" if TAG_KEY not in tags else "tag")
        with self.lock:
            for one in instance_ids:
                machine = self.machines[one]
                machine.instance = replace(machine.instance, tags={**machine.instance.tags, **tags})
                if TAG_KEY in tags:
                    self.write(f"tag {tags[TAG_KEY]}", one)
        self.after_call("lock" if TAG_KEY not in tags else "tag")

    def stop(self, instance_ids: Sequence[str], force: bool) -> Mapping[str, Problem]:
        return self._switch(instance_ids, "force" if force else "stop", "Stopping", "Stopped")

    def start(self, instance_ids: Sequence[str]) -> Mapping[str, Problem]:
        return self._switch(instance_ids, "start", "Starting", "Running")

    def _switch(self, instance_ids: Sequence[str], verb: str, status: str, then: str) -> Mapping[str, Problem]:
        self.before_call(verb)
        for one in instance_ids:
            machine = self.machines[one]
            machine.instance = replace(machine.instance, status=status)
            machine.busy_until, machine.next_status = self.now + self.durations(verb, one), then
            self.write(verb, one)
        self.after_call(verb)
        return {}


@dataclass(frozen=True)
class Agents:
    """The agents of a cloud in memory."""

    cloud: MemoryCloud

    def run(self, instance_ids: Sequence[str], script: Script, token: str, purpose: str = "") -> str:
        cloud = self.cloud
        cloud.before_call("run")
        with cloud.lock:
            key = cloud.new_id("t")
            purpose = purpose or ("facts" if script.content == "# facts" else "script")
            cloud.commands[key] = (purpose, tuple(instance_ids), cloud.now + cloud.durations("script", key))
        cloud.after_call("run")
        return key

    def results(self, invocation: str, instance_ids: Sequence[str]) -> Mapping[str, CommandResult]:
        self.cloud.before_call("results")
        purpose, names, ready = self.cloud.commands[invocation]
        if self.cloud.now < ready:
            return {}
        return {one: self._said(purpose, one) for one in names}

    def _said(self, purpose: str, name: str) -> CommandResult:
        cloud = self.cloud
        if purpose == "enrol":
            return CommandResult("finished", 0, f"[s-{name}]")
        if purpose == "script":
            return CommandResult("finished", 0, "hello")
        os = cloud.machines[name].os
        facts = {**_facts(name, os), "time": str(int(cloud.now)), **cloud.says.get(os, {})}
        if not cloud.machines[name].healthy:
            facts["free_mib./var"] = "9"
        lines = "".join(f"{key}={value}\n" for key, value in facts.items())
        return CommandResult("finished", 0, f"osm-facts 1\n{lines}osm-facts end\n")


@dataclass(frozen=True)
class Snapshots:
    """The points of a cloud in memory."""

    cloud: MemoryCloud

    def find(self, instances: Sequence[Instance], service_made: bool) -> Mapping[str, tuple[Point, ...]]:
        cloud = self.cloud
        cloud.before_call("find_points")
        return {
            instance.instance_id: tuple(
                self._point(key)
                for key, value in list(cloud.taken.items())
                if value[2] == instance.instance_id and cloud.visible(key)
            )
            for instance in instances
        }

    def left(self, instance_ids: Sequence[str]) -> Mapping[str, tuple[Point, ...]]:
        self.cloud.before_call("left_points")
        there = [self._point(key) for key in list(self.cloud.taken) if self.cloud.visible(key)]
        return {one: tuple(point for point in there if owner_of(point.label) == one) for one in instance_ids}

    def _point(self, key: str) -> Point:
        point, ready, _owner = self.cloud.taken[key]
        return replace(
            point, status="accomplished" if self.cloud.now >= ready else point.status, created=iso(self.cloud.born[key])
        )

    def read(self, point_ids: Sequence[str]) -> Mapping[str, Point]:
        self.cloud.before_call("read_points")
        return {key: self._point(key) for key in point_ids if self.cloud.visible(key)}

    def take(self, takes: Sequence[Take]) -> Sequence[Point]:
        """Take one point, or a group of all, once for its label; what is `rest` or cannot be grouped one by one."""
        cloud = self.cloud
        cloud.before_call("take")
        together = len(takes) > 1 and not any(take.rest or take.disk.disk_id in cloud.apart for take in takes)
        with cloud.lock:
            if together:
                token = f"group {takes[0].label}"
                if token not in cloud.tokens:
                    cloud.tokens[token] = cloud.new_id("group")
                    for take in takes:
                        self._begin(take, cloud.tokens[token])
            else:
                for take in takes:
                    cloud.tokens[take.token] = cloud.tokens.get(take.token) or self._begin(take)
        cloud.after_call("take")
        if not together:
            return [replace(self._point(cloud.tokens[take.token]), created="") for take in takes]
        made = [point for point, _ready, _owner in cloud.taken.values() if point.group == cloud.tokens[token]]
        if {point.disk_id for point in made} != {take.disk.disk_id for take in takes}:
            raise Moved(Problem("IdempotentParameterMismatch", token))
        return made

    def _begin(self, take: Take, group: str = "") -> str:
        cloud, disk_id = self.cloud, take.disk.disk_id
        key, owner = cloud.new_id("snap"), disk_id.split("-")[1]
        point = Point(
            key,
            disk_id,
            "progressing",
            cloud.machines[owner].os,
            take.label,
            place=take.place,
            before=take.before,
            contents=take.contents,
            group=group,
        )
        cloud.taken[key] = (point, cloud.now + cloud.durations("snapshot", disk_id), owner)
        cloud.born[key] = cloud.now
        cloud.write("take", f"{disk_id} {take.label}")
        return key

    def delete(self, points: Sequence[Point]) -> None:
        self.cloud.before_call("delete_point")
        used = {one for _work, _ready, order in self.cloud.copied.values() for one in order.settings.values()}
        for point in points:
            if point.snapshot_id in used:
                raise Moved(Problem("SnapshotCreatedImage", point.snapshot_id))
            self.cloud.taken.pop(point.snapshot_id, None)
            self.cloud.write("delete_point", point.snapshot_id)
        self.cloud.after_call("delete_point")

    def restore(self, disk_id: str, point_id: str) -> None:
        cloud = self.cloud
        cloud.before_call("restore")
        machine = cloud.machines[disk_id.split("-")[1]]
        if machine.instance.status != "Stopped":
            raise Moved(Problem("IncorrectInstanceStatus", "not stopped"))
        cloud.before_restore(disk_id, point_id)
        machine.os = cloud.taken[point_id][0].name
        cloud.write("restore", disk_id)
        cloud.after_call("restore")


@dataclass(frozen=True)
class Enrolments:
    """The migration sources of a cloud in memory."""

    cloud: MemoryCloud

    def of(self, name: str) -> Enrolment:
        if f"s-{name}" not in self.cloud.registered:
            return Enrolment()
        ready = self.cloud.registered[f"s-{name}"][1]
        state = "ready" if self.cloud.now >= ready else "lost"
        return Enrolment(state, f"s-{name}", ours=f"s-{name}" in self.cloud.imported)

    def read(self, enrolment_ids: Sequence[str]) -> Mapping[str, Enrolment]:
        self.cloud.before_call("read_enrolments")
        return {key: found for key in enrolment_ids if (found := self.of(key[2:])).id}

    def enrol(self, instance_ids: Sequence[str], os_type: str, token: str) -> str:
        cloud = self.cloud
        key = cloud.agents.run(instance_ids, Script(""), token, "enrol")
        ready = cloud.commands[key][2]
        for one in instance_ids:
            cloud.registered.setdefault(f"s-{one}", (one, ready + cloud.durations("enrol", one)))
        return key

    codes = None

    def enrolled(self, instance: Instance, result: CommandResult) -> Enrolment:
        self.cloud.imported.add(result.stdout[1:-1])
        return Enrolment("pending", result.stdout[1:-1], ours=True)

    def leave(self, enrolment_id: str) -> None:
        self.cloud.before_call("leave")
        self.cloud.registered.pop(enrolment_id, None)
        self.cloud.write("leave", enrolment_id)
        self.cloud.after_call("leave")

    def left(self, instance_ids: Sequence[str]) -> Mapping[str, tuple[Enrolment, ...]]:
        return {one: (found,) if (found := self.of(one)).ours else () for one in instance_ids}

    def over(self) -> Sequence[str]:
        return ()


@dataclass(frozen=True)
class Works:
    """The jobs of a cloud in memory."""

    cloud: MemoryCloud

    @property
    def enrolments(self) -> Enrolments:
        return Enrolments(self.cloud)

    def find(self, instances: Sequence[Instance]) -> Mapping[str, tuple[tuple[Work, ...], Enrolment | None]]:
        self.cloud.before_call("find_works")
        names = [one.instance_id for one in instances]
        return {name: (self._of(name), self.enrolments.of(name)) for name in names}

    def _of(self, name: str) -> tuple[Work, ...]:
        mine = [key for key, value in list(self.cloud.made.items()) if value[2].of.instance_id == name]
        return tuple(self.work(key) for key in mine if self.cloud.visible(key))

    def work(self, key: str) -> Work:
        cloud = self.cloud
        with cloud.lock:
            work, ready, order = cloud.made[key]
            assert order.hop
            if work.status == "running" and cloud.now >= ready:
                name = order.of.instance_id
                broken = (name, order.hop.target) in cloud.failing
                code = "M199" if broken else ""
                work = replace(work, status="failed" if broken else "done", error_code=code, ended=iso(ready))
                cloud.made[key] = (work, ready, order)
                if not broken and order.settings.get("drill") != "only":
                    cloud.machines[name].os = order.hop.target
            return replace(work, said=work.status.title())

    def read(self, work_ids: Sequence[str]) -> Mapping[str, Work]:
        self.cloud.before_call("read_works")
        return {key: self.work(key) for key in work_ids if self.cloud.visible(key)}

    def of(self, instances: Sequence[Instance], enrolments: Mapping[str, str]) -> Mapping[str, tuple[Work, ...]]:
        self.cloud.before_call("find_works")
        return {one.instance_id: self._of(one.instance_id) for one in instances}

    def running(self) -> Mapping[str, str]:
        self.cloud.before_call("running")
        own = {key: value[2].of.instance_id for key, value in list(self.cloud.made.items())}
        running = {key: name for key, name in own.items() if self.work(key).status == "running"}
        return dict.fromkeys(self.cloud.foreign_works, "") | running

    def order(self, order: Order) -> Work:
        cloud = self.cloud
        cloud.before_call("order")
        with cloud.lock:
            if order.token not in cloud.tokens:
                if any(work.name == order.name for work, _unused, _unused in cloud.made.values()):
                    raise CloudError(Problem("ReplicationJobName.Duplicate", order.name))
                key, name = cloud.new_id("j"), order.of.instance_id
                work = Work(KIND, key, order.name, name, began=iso(cloud.now))
                cloud.made[key] = (work, 0.0, order)
                cloud.tokens[order.token] = key
                cloud.born[key] = cloud.now
                cloud.write("order", f"{name} {order.hop.target if order.hop else ''}")
        cloud.after_call("order")
        return cloud.made[cloud.tokens[order.token]][0]

    def begin(self, work_id: str) -> None:
        cloud = self.cloud
        cloud.before_call("begin")
        with cloud.lock:
            work, _ready, order = cloud.made[work_id]
            if work.status not in ("made", "stopped", "failed"):
                raise Moved(Problem("ReplicationJob.InvalidStatus", work.status))
            name = order.of.instance_id
            begun = replace(work, status="running", began=iso(cloud.now), ended="")
            cloud.made[work_id] = (begun, cloud.now + cloud.durations("work", name), order)
            cloud.write("begin", f"{name} {order.hop.target if order.hop else ''}")
            running = [key for key in cloud.made if self.work(key).status == "running"]
            cloud.most_running = max(cloud.most_running, len(running) + len(cloud.foreign_works))
        cloud.after_call("begin")

    def delete(self, work_id: str) -> None:
        self.cloud.before_call("delete_work")
        self.cloud.made.pop(work_id, None)
        self.cloud.write("delete_work", work_id)
        self.cloud.after_call("delete_work")


@dataclass(frozen=True)
class Copies:
    """What a cloud in memory makes of one kind to copy instances."""

    cloud: MemoryCloud
    kind: str
    enrolments = None

    def find(self, instances: Sequence[Instance]) -> Mapping[str, tuple[tuple[Work, ...], Enrolment | None]]:
        self.cloud.before_call("find_copies")
        there = [self._seen(key) for key in list(self.cloud.copied) if self.cloud.visible(key)]
        mine = [work for work in there if work.kind == self.kind]
        return {one.instance_id: (tuple(w for w in mine if w.of == one.instance_id), None) for one in instances}

    def _seen(self, key: str) -> Work:
        work, ready, _order = self.cloud.copied[key]
        if self.cloud.now < ready or (self.kind == "clone" and self.cloud.silent_clones):
            return replace(work, status="running", said="Creating")
        bad = self.kind == "image" and self.cloud.image_fails
        return replace(work, status="failed" if bad else "done", said="CreateFailed" if bad else "Available")

    def read(self, work_ids: Sequence[str]) -> Mapping[str, Work]:
        return {key: self._seen(key) for key in work_ids if key in self.cloud.copied}

    def of(self, instances: Sequence[Instance], enrolments: Mapping[str, str]) -> Mapping[str, tuple[Work, ...]]:
        return {key: works for key, (works, _none) in self.find(instances).items()}

    def running(self) -> Mapping[str, str]:
        return {}

    def begin(self, work_id: str) -> None:
        raise AssertionError("an order is the start")

    def refusal(self, order: Order) -> Problem | None:
        self.cloud.before_call("refusal")
        return Problem("QuotaExceed.ElasticQuota", "full", "Ask for more.") if self.kind in self.cloud.no_room else None

    def order(self, order: Order) -> Work:
        cloud, kind = self.cloud, self.kind
        cloud.before_call(f"order_{kind}")
        with cloud.lock:
            if kind in cloud.no_room:
                raise CloudError(Problem(f"QuotaExceed.{kind}", "full"))
            if order.token not in cloud.tokens:
                cloud.ids[kind] += 1
                key = f"{kind[0]}x{cloud.ids[kind]}"
                work = Work(kind, key, order.name, order.of.instance_id, "running", holds=False)
                cloud.copied[key] = (work, cloud.now + cloud.durations(kind, key), order)
                cloud.tokens[order.token], cloud.born[key] = key, cloud.now
                if kind == "clone":
                    original = cloud.machines[order.of.instance_id]
                    label = made_label(order.of.instance_id, "clone")
                    cloud.add(key, original.os, disks=len(original.instance.disks), tags={MADE_KEY: label})
                cloud.write(f"order_{kind}", key)
        cloud.after_call(f"order_{kind}")
        return cloud.copied[cloud.tokens[order.token]][0]

    def delete(self, work_id: str) -> None:
        cloud = self.cloud
        cloud.before_call(f"delete_{self.kind}")
        with cloud.lock:
            if any(work_id in order.settings.values() for _work, _ready, order in cloud.copied.values()):
                raise Moved(Problem("DependencyViolation", work_id))
            if cloud.copied.pop(work_id, None):
                cloud.machines.pop(work_id, None)
                cloud.write(f"delete_{self.kind}", work_id)
        cloud.after_call(f"delete_{self.kind}")
