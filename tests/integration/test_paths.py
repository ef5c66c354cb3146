# Copyright (c) 2026 evergreen.os_migration contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Every documented path of the service is migrated, all in one run: on x86 and ARM, by our jobs or the console's."""

from __future__ import annotations

from pathlib import Path
from typing import Any, NamedTuple

import pytest
from ansible_collections.evergreen.os_migration.plugins.module_utils._core.paths import PATHS
from integration.harness import Controller, cloud, group, instance_id

EDITIONS = {"windows-2008r2": "Enterprise", "windows-2019": "Datacenter"}


class Way(NamedTuple):
    name: str
    source: str
    target: str
    architecture: str


def short(system: str) -> str:
    return system.replace("windows-", "w").replace("-", "")


WAYS = [
    Way(f"{short(path.source)}-{short(path.target)}-{architecture[:3]}", path.source, path.target, architecture)
    for path in PATHS
    if path.service == "smc"
    for architecture in path.architectures
]


def guest(way: Way) -> dict[str, Any]:
    if way.source.startswith("windows"):
        return {"guest": {"edition": EDITIONS.get(way.source, "Standard"), "language": "en-US"}}
    return {}


def groups(console: bool) -> list[dict[str, Any]]:
    started = {way.name: {"console_job": {"target": way.target}} if console else {} for way in WAYS}
    return [
        group(
            way.name,
            way.source,
            architecture=way.architecture,
            smc_source="available",
            **guest(way),
            **started[way.name],
        )
        for way in WAYS
    ]


@pytest.mark.parametrize("console", [False, pytest.param(True, marks=pytest.mark.variant)], ids=["ours", "console's"])
def test_every_path_is_migrated_in_one_run_whatever_is_mixed_in_it(tmp_path: Path, console: bool) -> None:
    hosts = {
        way.name: {
            "instance_id": instance_id(way.name),
            "region": "cn-hangzhou",
            "os_migration_target": way.target,
        }
        for way in WAYS
    }
    with cloud({"groups": groups(console)}, tmp_path / "cloud", speed=300) as simulated:
        given = {"os_migration_smc": {"transport": "watch"}} if console else {}
        user = Controller(simulated, tmp_path / "user", hosts, given)
        run = user.play("migrate", migrate_max_running=len(WAYS))
        jobs = simulated.writes("CreateReplicationJob")
    assert run.states("migrate") == {instance_id(way.name): "migrated" for way in WAYS}, run.output[-6000:]
    assert {way.architecture for way in WAYS} == {"x86_64", "arm64"}
    assert len(jobs) == (0 if console else len(WAYS))
    if not console:  # of a job that somebody began, the run sees the end only
        ways = {
            one: [(hop["source"], hop["target"]) for hop in told["hops"]] for one, told in run.report("migrate").items()
        }
        assert ways == {instance_id(way.name): [(way.source, way.target)] for way in WAYS}
