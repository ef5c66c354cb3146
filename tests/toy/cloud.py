# Copyright (c) 2026 evergreen.os_migration contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The toy cloud behind the engine's ports."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Concatenate, ParamSpec, TypeVar

from ansible_collections.evergreen.os_migration.plugins.module_utils._clouds import base
from ansible_collections.evergreen.os_migration.plugins.module_utils._core import model
from ansible_collections.evergreen.os_migration.plugins.module_utils._core.tag import owner_of
from ansible_collections.evergreen.os_migration.plugins.module_utils._errors import CloudError, Transient

from .state import SECONDS, State, Thing, World, refuse, there
from .translate import said, to_disks, to_instance, to_point, to_work

T = TypeVar("T")
P = ParamSpec("P")
D = TypeVar("D", bound="Desk")
Ids = Sequence[str]
Here = Sequence[model.Instance]
Refusals = Mapping[str, model.Problem]
Seen = Mapping[str, model.Instance | model.Problem]
Found = Mapping[str, tuple[tuple[model.Work, ...], model.Enrolment | None]]
_CAPABILITIES = base.Capabilities(
    batch={**dict.fromkeys(("ask", "run", "hook", "mark", "stop", "start", "work"), 30), "details": 200, "take": 100},
    queues={"flash": base.Queue("region")},
    script_bytes=20_000,
    visibility=1.0,
)


def call(
    verb: str, repeatable: bool = True
) -> Callable[[Callable[Concatenate[D, World, P], T]], Callable[Concatenate[D, P], T]]:
    """Make a call of what is done in the world."""

    def made(act: Callable[Concatenate[D, World, P], T]) -> Callable[Concatenate[D, P], T]:
        def asked(desk: D, /, *given: P.args, **named: P.kwargs) -> T:
            def send() -> T:
                with desk.state.open() as world:
                    return act(desk, world, *given, **named)

            return desk.caller(verb, send, repeatable)

        return asked

    return made


class Desk:
    """Where calls in one region are taken."""

    def __init__(self, state: State, region: str, caller: base.Caller, kind: str = "") -> None:
        self.state, self.region, self.caller, self.kind = state, region, caller, kind

    def _here(self, world: World, instance_id: str, power: str = "") -> Thing:
        """Return an instance of the region, which must have come to this state of power."""
        raw = world.instances.get(instance_id, {})
        if raw.get("region") != self.region:
            refuse("NoSuchInstance", f"{instance_id} is not in {self.region}.")
        if power and (raw["power"] != power or world.now < raw["ready"]):
            refuse("WrongPower", f"{instance_id} is not yet {power}.", moved=True)
        return raw


class Machines(Desk):
    """The ports for instances and for their guests."""

    @call("describe")
    def describe(self, world: World, instance_ids: Ids, details: bool) -> Seen:
        away = self._missing(world, instance_ids)
        return {one: to_instance(world, one, details) for one in instance_ids if one not in away}

    @call("describe")
    def explain(self, world: World, instance_ids: Ids) -> Refusals:
        return self._missing(world, instance_ids)

    def _missing(self, world: World, instance_ids: Ids) -> Refusals:
        places = {one: world.instances.get(one, {}).get("region", "") for one in instance_ids}
        away = {one: place for one, place in places.items() if place != self.region}
        codes = {one: "WrongRegion" if away[one] else "InstanceNotFound" for one in away}
        return {one: model.Problem(codes[one], f"{one} is in {away[one]!r}.", "Check id and region.") for one in away}

    @call("describe")
    def listed(self, world: World, tag: str = "") -> Sequence[model.Instance]:
        mine = [to_instance(world, one, False) for one, raw in world.instances.items() if raw["region"] == self.region]
        return [one for one in mine if not tag or tag in one.tags]

    @call("describe")
    def tags(self, world: World, instance_ids: Ids) -> Mapping[str, Mapping[str, str]]:
        return {one: to_instance(world, one, False).tags for one in instance_ids if one in world.instances}

    @call("disks")
    def disks(self, world: World, instance_ids: Ids) -> Mapping[str, tuple[model.Disk, ...]]:
        return {one: to_disks(world, one) for one in instance_ids if one in world.instances}

    @call("disks")
    def holders(self, world: World, disk_ids: Ids) -> Mapping[str, str]:
        return {one: world.disks[one]["on"] for one in disk_ids if one in world.disks}

    @call("regions")
    def regions(self, world: World) -> Ids:
        return world.regions

    @call("tag", repeatable=False)
    def tag(self, world: World, instance_ids: Ids, tags: Mapping[str, str]) -> None:
        for raw in [self._here(world, one) for one in instance_ids]:
            raw["tags"] += [{"born": world.now, "key": key, "value": value} for key, value in tags.items()]
        world.journal.append(["tag", *instance_ids, *tags.values()])

    @call("stop", repeatable=False)
    def stop(self, world: World, instance_ids: Ids, force: bool) -> Refusals:
        return self._switch(world, instance_ids, "off")

    @call("start", repeatable=False)
    def start(self, world: World, instance_ids: Ids) -> Refusals:
        return self._switch(world, instance_ids, "on")

    def _switch(self, world: World, instance_ids: Ids, power: str) -> Refusals:
        refused = self._missing(world, instance_ids)
        for one in (one for one in instance_ids if one not in refused and world.instances[one]["power"] != power):
            world.instances[one].update(power=power, ready=world.now + SECONDS["power"])
        world.journal.append([power, *instance_ids])
        return refused

    @call("detach", repeatable=False)
    def detach(self, world: World, instance_id: str, disk_id: str) -> None:
        self._move(world, instance_id, disk_id, {"on": ""})

    @call("attach", repeatable=False)
    def attach(self, world: World, instance_id: str, disk_id: str, place: str) -> None:
        self._move(world, instance_id, disk_id, {"on": instance_id, "place": place})

    def _move(self, world: World, instance_id: str, disk_id: str, to: Thing) -> None:
        self._here(world, instance_id, "off")
        disk = there(world.disks, disk_id, "NoSuchDisk")
        if disk["on"] == to["on"]:
            return
        if to["on"] and any(disk.items() >= to.items() for disk in world.disks.values()):
            refuse("PlaceTaken", f"{to['place']} of {instance_id} is taken.", moved=True)
        disk.update(to)
        world.journal.append(["attach" if to["on"] else "detach", instance_id, disk_id])

    @call("run")
    def run(self, world: World, instance_ids: Ids, script: base.Script, token: str) -> str:
        for one in instance_ids:
            system = self._here(world, one, "on")["shows"]["os_type"]
            if (system == "windows") != (script.shell == "powershell"):
                refuse("WrongShell", f"{one} has no {script.shell}.")
        if len(script.content.encode()) > _CAPABILITIES.script_bytes:
            refuse("TooLong", "The script is too long.")
        if known := next((key for key, run in world.runs.items() if run["token"] == token), ""):
            return known
        world.journal.append(["run", *instance_ids])
        answers = {one: said(world, one, script) for one in instance_ids}
        return world.new(world.runs, "run", SECONDS["run"], token=token, said=answers, timeout=script.timeout)

    @call("results")
    def results(self, world: World, invocation: str, instance_ids: Ids) -> Mapping[str, model.CommandResult]:
        run = world.runs.get(invocation, {"said": {}})
        answers = {one: model.CommandResult(**run["said"][one]) for one in instance_ids if one in run["said"]}
        slow = {one for one, answer in answers.items() if answer.status == "timed_out"}
        over = {one for one in answers if world.now >= (run["born"] + run["timeout"] if one in slow else run["ready"])}
        return {one: answers[one] if one in over else model.CommandResult("running") for one in answers}


class Snapshots(Desk):
    """The port for points: every call takes new ones, of all the disks that it names."""

    @call("points")
    def find(self, world: World, instances: Here, service_made: bool) -> Mapping[str, tuple[model.Point, ...]]:
        ours = [(raw["of"], key) for key, raw in world.points.items() if raw["label"] and world.shown(raw)]
        here = [one.instance_id for one in instances]
        return {one: tuple(to_point(world, key) for of, key in ours if of == one) for one in here}

    @call("points")
    def left(self, world: World, instance_ids: Ids) -> Mapping[str, tuple[model.Point, ...]]:
        shown = [to_point(world, key) for key, raw in world.points.items() if raw["label"] and world.shown(raw)]
        return {one: tuple(point for point in shown if owner_of(point.label) == one) for one in instance_ids}

    @call("points")
    def read(self, world: World, point_ids: Ids) -> Mapping[str, model.Point]:
        found = (one for one in point_ids if one in world.points and world.shown(world.points[one]))
        return {one: to_point(world, one) for one in found}

    @call("take", repeatable=False)
    def take(self, world: World, takes: Sequence[model.Take]) -> Sequence[model.Point]:
        disks = [there(world.disks, one.disk.disk_id, "NoSuchDisk") for one in takes]
        world.journal.append(["take", *(one.disk.disk_id for one in takes)])
        made = [self._copied(world, take, disk) for take, disk in zip(takes, disks, strict=True)]
        return [replace(to_point(world, key), created="") for key in made]

    def _copied(self, world: World, take: model.Take, disk: Thing) -> str:
        what = {"of": disk["on"], "disk": take.disk.disk_id, "place": take.place, "content": dict(disk)}
        return world.new(
            world.points,
            "snap",
            SECONDS["point"],
            **what,
            label=take.label,
            name=take.name,
            before=take.before,
            contents=take.contents,
        )

    def restore(self, disk_id: str, point_id: str) -> None:
        refuse("NotOffered", "The toy cloud puts no disk back.")

    @call("delete_point")
    def delete(self, world: World, points: Sequence[model.Point]) -> None:
        for point in points:
            world.points.pop(point.snapshot_id, None)
            world.journal.append(["delete_point", point.snapshot_id])


class Plays(Desk):
    """The port for works of a kind: flash writes a new system onto an instance, disk makes a disk from a point."""

    enrolments: base.Enrolments | None = None

    def _mine(self, world: World) -> list[model.Work]:
        shown = [key for key, raw in world.works.items() if raw["kind"] == self.kind and world.shown(raw)]
        return [to_work(world, key) for key in shown]

    @call("works")
    def find(self, world: World, instances: Here) -> Found:
        mine, here = self._mine(world), [one.instance_id for one in instances]
        return {one: (tuple(work for work in mine if work.of == one), None) for one in here}

    def of(self, instances: Here, enrolments: Mapping[str, str]) -> Mapping[str, tuple[model.Work, ...]]:
        return {one: works for one, (works, _enrolment) in self.find(instances).items()}

    @call("works")
    def read(self, world: World, work_ids: Ids) -> Mapping[str, model.Work]:
        return {work.id: work for work in self._mine(world) if work.id in work_ids}

    @call("works")
    def running(self, world: World) -> Mapping[str, str]:
        mine = (one for one in self._mine(world) if world.instances[one.of]["region"] == self.region)
        return {one.id: one.of for one in mine if one.status == "running"}

    @call("order", repeatable=False)
    def order(self, world: World, order: model.Order) -> model.Work:
        """Make a work, which runs at once. No other has its name, which stands for a token."""
        if order.name in {raw["name"] for raw in world.works.values()}:
            refuse("NameTaken", f"There is a {order.name} already.", moved=True)
        what = self._flash(world, order) if self.kind == "flash" else self._disk(world, order)
        named = {"kind": self.kind, "name": order.name, "of": order.of.instance_id, "over": False}
        made = world.new(world.works, self.kind, SECONDS[self.kind], **named, **what)
        world.journal.append(["order", order.of.instance_id, made])
        return replace(to_work(world, made), status="made", said="")

    def _flash(self, world: World, order: model.Order) -> Thing:
        key, target = order.of.instance_id, order.hop.target if order.hop else ""
        raw = self._here(world, key, "on")
        if (raw["shows"]["os_type"] == "windows") != target.startswith("windows-"):
            refuse("NoSuchSystem", f"There is no {target} for it.", "Choose another target.")
        if world.flashing(key):
            refuse("Flashing", f"{key} is being flashed.", moved=True)
        return {"target": target, "fails": raw["fails"], "outputs": {}}

    def _disk(self, world: World, order: model.Order) -> Thing:
        point = there(world.points, order.settings["point"], "NoSuchPoint")
        outputs = {"disk": f"vol-{world.made:04}-new", "place": order.settings["place"]}
        return {"content": point["content"], "fails": [], "outputs": outputs}

    def begin(self, work_id: str) -> None:
        refuse("NotOffered", "Works begin by themselves.")

    @call("delete_work")
    def delete(self, world: World, work_id: str) -> None:
        if work_id in world.works and not world.works[work_id]["over"]:
            refuse("Playing", f"{work_id} is not over.", moved=True)
        world.works.pop(work_id, None)
        world.journal.append(["delete_work", work_id])


class ToyCloud(Desk):
    """One account in one region; see :class:`base.Cloud`."""

    def __init__(self, directory: Path, region: str, caller: base.Caller) -> None:
        super().__init__(State(directory), region, caller)
        self.capabilities = _CAPABILITIES
        self.instances = self.agents = Machines(self.state, region, caller)
        self.snapshots = Snapshots(self.state, region, caller)
        kinds = ("flash", "disk")
        self.regions = self.instances.regions
        self.works: Mapping[str, base.Works] = {kind: Plays(self.state, region, caller, kind) for kind in kinds}
        self.copies: Mapping[str, base.Copies] = {}
        self.stacks = None

    def owner(self) -> str:
        """Return the only account there is."""
        return "toy"

    def account(self) -> model.Account:
        """Say that nothing need be set up, unless nothing may be seen."""
        try:
            return model.Account(service_role=bool(self.regions()), snapshots_used=True)
        except Transient:
            raise
        except CloudError:
            return model.Account()
