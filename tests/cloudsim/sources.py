# Copyright (c) 2026 evergreen.os_migration contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Migration sources: how a guest becomes known to SMC, and what state it is in."""

from __future__ import annotations

from dataclasses import replace

from .state import UNFINISHED, AccessToken, Instance, Job, Source
from .world import World


def state(world: World, source: Source, now: float) -> str:
    """Available while the SMC client of the guest reports; the client lies on the system disk and goes with it."""
    instance = world.instances[source.instance_id]
    if instance.running_job(now):
        return "InUse"
    alive = instance.power.at(now) == "Running" and instance.content(now).smc_client
    return "Available" if alive and now >= source.ready else "Unavailable"


def unfinished_job(world: World, source: Source, now: float) -> Job | None:
    jobs = world.instances[source.instance_id].jobs.values()
    return next((job for job in jobs if job.source_id == source.id and job.status(now) in UNFINISHED), None)


def next_id(world: World, instance: Instance, token: AccessToken | None) -> str | None:
    """The id that an import with this code would print: a guest that is known already keeps its own."""
    if token is None:
        return None
    return instance.source.id if instance.source else world.new_id("s")


def import_source(world: World, instance: Instance, token: AccessToken, source_id: str, at: float) -> Source:
    """The SMC client was installed with a code: a new source, or the known one of this guest comes back."""
    token.left -= 1
    disk = instance.system_disk
    disk.contents.plan(at, replace(disk.contents.at(at), smc_client=True))
    source = instance.source or add_source(world, instance, source_id, at)
    source.ready = at + world.sample(instance, "import")
    return source


def add_source(world: World, instance: Instance, source_id: str, created: float) -> Source:
    source = Source(source_id, instance.id, created, created, world.serial())
    world.sources[source.id] = instance.source = source
    return source


def delete_source(world: World, source: Source) -> None:
    del world.sources[source.id]
    world.instances[source.instance_id].source = None


def usable_token(world: World, text: str, now: float) -> AccessToken | None:
    """The activation code in a text, if it is one that still counts."""
    tokens = (token for token in world.tokens.values() if token.code in text)
    return next((token for token in tokens if token.left > 0 and now < token.expires), None)
