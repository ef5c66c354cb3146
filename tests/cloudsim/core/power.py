# Copyright (c) 2026 evergreen.os_migration contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Instances being stopped, started and rebooted, and their agents coming and going with them."""

from __future__ import annotations

from .state import Instance
from .world import World

NOT_STOPPED = "Not-applicable"


def stop(world: World, instance: Instance, mode: str, now: float, *, force: bool = False) -> None:
    """Shut down; a guest that hangs goes on shutting down until it is forced."""
    instance.power.cancel_after(now)
    instance.agent.cancel_after(now)
    instance.power.plan(now, "Stopping")
    instance.agent.plan(now, False)
    instance.stopped_mode.plan(now, mode)
    if force or not instance.let_fail("stop", instance.group.faults.stop_hangs):
        instance.power.plan(now + world.sample(instance, "stop"), "Stopped")


def start(world: World, instance: Instance, now: float) -> None:
    address = instance.public_address.at(now)
    if instance.stopped_mode.at(now) == "StopCharging" and instance.group.public_address is True:
        instance.public_address.plan(now, _other_address(address))
    instance.stopped_mode.plan(now, NOT_STOPPED)
    instance.power.plan(now, "Starting")
    _come_up(world, instance, now + world.sample(instance, "start"))


def bounce(world: World, instance: Instance, at: float) -> float:
    """Plan a reboot from inside; returns when the agent is back."""
    instance.power.plan(at, "Stopping")
    instance.agent.plan(at, False)
    instance.power.plan(at + 5, "Starting")
    return _come_up(world, instance, at + 5 + world.sample(instance, "start"))


def _come_up(world: World, instance: Instance, at: float) -> float:
    instance.power.plan(at, "Running")
    connected = at + world.sample(instance, "agent_reconnect")
    instance.agent.plan(connected, instance.group.faults.agent == "online")
    return connected


def _other_address(address: str) -> str:
    """Economical mode gives the public address away; the next start gets another one."""
    return address.replace("47.96.", "47.97.", 1) if address.startswith("47.96.") else "47.96." + address[6:]
