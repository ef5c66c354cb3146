# Copyright (c) 2026 evergreen.os_migration contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The toy cloud as the contract suite wants it; who may ask, faults and quotas are the door's before it."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any, TypeVar

import pytest
from ansible_collections.evergreen.os_migration.plugins.module_utils._clouds.base import Caller, Cloud
from ansible_collections.evergreen.os_migration.plugins.module_utils._core.model import Account, Hop, Problem
from ansible_collections.evergreen.os_migration.plugins.module_utils._engine.limits import Callers, Clock
from ansible_collections.evergreen.os_migration.plugins.module_utils._errors import CloudError, Transient
from toy.cloud import ToyCloud
from toy.state import State, World, add_instance
from unit.healthy import BY_SYSTEM, HEALTHY_LINUX, HEALTHY_WINDOWS

from .bed import FAILURE, Ids, Setting, Traits, at_once

T = TypeVar("T")

TRAITS = Traits(
    kind="flash",
    hop=Hop("centos-7", "alinux-3", "flash"),
    account=Account(service_role=True, snapshots_used=True),
    enrols=False,
    begins_itself=True,
    tokens_for_works=False,
    tokens_for_points=False,
    restores=False,
    service_points=False,
)
#: What is special about the instances, in the order of their ids.
_ROLES: Mapping[str, dict[str, Any]] = {
    "linux": {"sizes": (40, 100), "tags": {"estate": "shop"}, "public_addresses": ("203.0.113.1",)},
    "windows": {"system": "windows-2008r2", "vcpus": 4, "public_addresses": ("203.0.113.2",)},
    "stopped": {"power": "off"},
    "arm": {"architecture": "arm64"},
    "classic": {"network_type": "classic"},
    "offline": {"radio": "silent"},
    "agentless": {"radio": "missing"},
    "hanging": {"radio_hangs": True},
    "imported": {},
    "twin": {"hostname": "imported"},
    "in_console": {},
    "failing": {"fails": FAILURE},
    "elsewhere": {"region": "south"},
    **{f"crowd-{number}": {"system": "windows-2016"} for number in range(1, 101)},
}
#: A verb of the suite is called so by the adapter, where the two differ.
_ACTIONS = {"account": "regions", "agents": "describe"}
_REMEDIES = {
    "nobody": "Ask for the permission.",
    "wrong_key": "Check the key.",
    "wrong_secret": "Check the secret.",
    "expired": "Log in again: the secret has expired.",
}
_PREFIX = {"instance": "toy", "disk": "vol", "point": "snap", "work": "flash", "invocation": "run"}


def _trouble(effect: str) -> Transient:
    problem = Problem("Toy.Trouble", f"The toy cloud does not answer ({effect}).", "Check the endpoint; try later.")
    return Transient(problem, throttled=effect == "throttle")


class ToyBed:
    """One toy cloud whose time stands still."""

    traits = TRAITS
    region = "north"
    other_region = "south"
    secrets = ("sesame",)

    def __init__(self, directory: Path, setting: Setting) -> None:
        world = World(lag=setting.lag, facts={"linux": HEALTHY_LINUX, "windows": HEALTHY_WINDOWS, **BY_SYSTEM})
        self.ids = Ids({role: add_instance(world, **{"hostname": role, **facts}) for role, facts in _ROLES.items()})
        self.ids["unknown"] = self.unknown("instance")
        seen = {"kind": "flash", "name": "by-hand", "of": self.ids["in_console"], "over": False, "target": "alinux-3"}
        world.new(world.works, "flash", 600, **seen, fails=(), outputs={})
        world.now += 3600
        world.works["flash-9999"] = world.works.pop(next(iter(world.works))) | {
            "born": world.now,
            "ready": world.now + 600,
        }
        self._directory, self._state = directory, State(directory)
        self._state.write(world)
        self._faults = [[fault.verb, fault.effect, fault.times] for fault in setting.faults]
        self._quotas = dict(setting.quotas or {})
        self._calls: list[tuple[str, float]] = []
        self._now = world.now

    def close(self) -> None:
        """Leave nothing open: there is nothing."""

    def cloud(self, user: str = "operator", region: str | None = None, call: Caller = at_once) -> Cloud:
        if user == "narrow":
            pytest.skip("in this cloud everybody may list regions")

        def asked(action: str, send: Callable[[], T], repeatable: bool = True) -> T:
            return call(action, lambda: self._at_the_door(user, region or self.region, action, send), repeatable)

        return ToyCloud(self._directory, region or self.region, asked)

    def _at_the_door(self, user: str, region: str, action: str, send: Callable[[], T]) -> T:
        remedy = _REMEDIES.get(user, "" if region in ("north", "south") else "Name a region that there is.")
        if remedy:
            raise CloudError(Problem("Toy.Refused", f"The toy cloud refused {action}.", remedy), whole_call=True)
        effect = self._effect(action)
        if effect and effect != "lost_answer":
            raise _trouble(effect)
        answer = send()
        if effect:
            raise _trouble(effect)
        return answer

    def _effect(self, action: str) -> str:
        """Return what goes wrong with a call; a quota is for each minute."""
        now = self._now
        recent = [called for called, when in self._calls if called == action and when > now - 60]
        if len(recent) >= self._quotas.get(action, 1_000_000):
            return "throttle"
        self._calls.append((action, now))
        for fault in self._faults:
            verb, effect, times = fault
            if _ACTIONS.get(verb, verb) == action and times != 0:
                fault[2] = None if times is None else times - 1
                return str(effect)
        return ""

    def patient(self, seconds: float = 3600) -> Caller:
        clock = Clock(ticks=lambda: self._now, date=lambda: self._now, sleep=self.wait)
        return Callers(clock, self._now + seconds, lambda provider: 20).of("toy", "")

    def unreachable(self) -> Cloud:
        def nobody(action: str, send: Callable[[], T], repeatable: bool = True) -> T:
            raise _trouble("no endpoint")

        return ToyCloud(self._directory, self.region, nobody)

    def unknown(self, what: str, number: int = 0) -> str:
        return f"{_PREFIX[what]}-{9000 + number}"

    def wait(self, seconds: float) -> None:
        with self._state.open() as world:
            world.now += seconds
            self._now = world.now

    def until(self, done: Callable[[], bool]) -> None:
        for _unused in range(1000):
            if done():
                return
            self.wait(10)
        raise AssertionError("it does not happen")

    def writes(self, verb: str) -> int:
        called = {"stop": "off", "start": "on"}.get(verb, verb)
        with self._state.open() as world:
            return sum(line[0] == called for line in world.journal)

    def os_of(self, role: str) -> str:
        with self._state.open() as world:
            return str(world.root(self.ids[role])["system"])

    def codes(self) -> tuple[str, ...]:
        return ()
