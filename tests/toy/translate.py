# Copyright (c) 2026 evergreen.os_migration contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""From what the toy cloud holds to the model's words; and what its guests say."""

from __future__ import annotations

import subprocess
from collections.abc import Iterator
from datetime import datetime, timezone

from ansible_collections.evergreen.os_migration.plugins.module_utils._clouds.base import Script
from ansible_collections.evergreen.os_migration.plugins.module_utils._core import model
from ansible_collections.evergreen.os_migration.plugins.module_utils._core.catalog import NAMES

from .state import ROOT, SECONDS, Thing, World

_MOST = 24_000
_POWER = {"on": (model.STARTING, model.RUNNING), "off": (model.STOPPING, model.STOPPED)}


def _iso(when: float) -> str:
    return datetime.fromtimestamp(when, timezone.utc).isoformat(timespec="seconds")


def to_disks(world: World, instance_id: str) -> tuple[model.Disk, ...]:
    """Return the disks that an instance has now, the root first."""
    mine = [(raw["place"] != ROOT, key, raw) for key, raw in world.disks.items() if raw["on"] == instance_id]
    return tuple(
        model.Disk(key, "data" if data else "system", raw["size"], "toy_brick", model.IN_USE, raw["place"])
        for data, key, raw in sorted(mine, key=lambda one: one[:2])
    )


def to_instance(world: World, key: str, details: bool) -> model.Instance:
    """Return an instance; what it runs is what is on its root disk."""
    raw, system = world.instances[key], world.root(key)["system"]
    copying = [one for one, point in world.points.items() if point["of"] == key and world.now < point["ready"]]
    shows: Thing = {name: tuple(value) if isinstance(value, list) else value for name, value in raw["shows"].items()}
    shows |= {"os": system, "os_name": f"{NAMES.get(system, system)} (toy)", "agent": _agent(world, key, raw)}
    if details:
        shows |= {"disks": to_disks(world, key), "snapshots_in_progress": tuple(to_point(world, p) for p in copying)}
    tags = {tag["key"]: tag["value"] for tag in raw["tags"] if world.shown(tag)}
    status = _POWER[raw["power"]][world.now >= raw["ready"]]
    return model.Instance(key, raw["region"], "toy", status, tags=tags, **shows)


def _agent(world: World, key: str, raw: Thing) -> model.Agent:
    if raw["radio"] == "missing":
        return model.Agent()
    on = (raw["power"], raw["radio"], world.flashing(key)) == ("on", "on", False)
    online = on and world.now >= raw["ready"] + SECONDS["radio"]
    return model.Agent(True, online, _iso(world.now - (0 if online else 90_000)), "toy-1")


def to_point(world: World, key: str) -> model.Point:
    """Return a point."""
    raw = world.points[key]
    status = "accomplished" if world.now >= raw["ready"] else "progressing"
    return model.Point(
        key,
        raw["disk"],
        status,
        raw["name"],
        raw["label"],
        _iso(raw["born"]),
        raw["place"],
        raw["before"],
        raw["contents"],
    )


def to_work(world: World, key: str) -> model.Work:
    """Return a work."""
    raw = world.works[key]
    kind, over = raw["kind"], raw["over"]
    fails: tuple[str, str] = tuple(raw["fails"] if over else ()) or ("", "")
    status, word = ("failed", "bricked") if fails[0] else ("done", "played") if over else ("running", "playing")
    share = 60.0 if fails[0] else 100 * min(1.0, (world.now - raw["born"]) / SECONDS[kind])
    times = (_iso(raw["born"]), _iso(raw["ready"]) if over else "")
    who = (kind, key, raw["name"], raw["of"])
    return model.Work(*who, status, word, share, *fails, *times, holds=kind == "flash", outputs=raw["outputs"])


def said(world: World, key: str, script: Script) -> Thing:
    """Return what a guest answers to a script: facts as they are written down, the rest is run."""
    raw = world.instances[key]
    if raw["radio"] != "on":
        return {"status": "failed", "error_code": "NoRadio", "stderr": "The radio is silent."}
    if raw["radio_hangs"]:
        return {"status": "timed_out"}
    if "guest facts" in script.content:
        return _finished("\n".join(("osm-facts 1", *_facts(world, key), "osm-facts end")))
    return _finished("") if raw["shows"]["os_type"] == "windows" else _ran(script)


def _facts(world: World, key: str) -> Iterator[str]:
    raw, system = world.instances[key], world.root(key)["system"]
    family, _dash, version = system.rpartition("-")
    linux = {"os_id": family, "os_version": version, "boot_id": system.encode().hex().zfill(36)}
    windows = {"os_name": f"Microsoft {NAMES[system]} Enterprise", "os_language": "en-US"}
    own = {"time": str(int(world.real)), **(windows if family == "windows" else linux)}
    said = {**world.facts[raw["shows"]["os_type"]], **world.facts.get(system, {}), **own, **raw["says"]}
    return (f"{name}={value}" for name, value in said.items())


def _finished(output: str, code: int = 0, dropped: int = 0) -> Thing:
    return {"status": "finished", "exit_code": code, "stdout": output, "dropped_bytes": dropped}


def _ran(script: Script) -> Thing:
    """Run a script that a test has written."""
    command, where = ["sh", "-c", f"exec 2>&1\n{script.content}"], script.working_directory or "/"
    try:
        done = subprocess.run(command, stdout=subprocess.PIPE, check=False, cwd=where, user=script.username or None)
    except (OSError, KeyError) as failure:
        return {"status": "failed", "error_code": type(failure).__name__, "stderr": str(failure)}
    return _finished(done.stdout[:_MOST].decode(errors="replace"), done.returncode, max(0, len(done.stdout) - _MOST))
