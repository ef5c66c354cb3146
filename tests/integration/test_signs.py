# Copyright (c) 2026 evergreen.os_migration contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Guests that name the new system and are not: none is called migrated, and nothing of theirs is deleted."""

from __future__ import annotations

import os
import signal
import subprocess
import time
from collections.abc import Iterator

import pytest
from integration.harness import PATIENCE, Cloud, Controller, cloud, group, host, instance_id

MIGRATED = {"evergreen:os_migration": "migrated attempt=1 from=centos-7 to=alinux-3"}
OLD_KERNEL = {"guest": {"files": {"/.guest/kernel": "3.10.0-1160.119.1.el7.x86_64\n"}}}
#: By name: what the guests are when the story begins, and what is told of them.
ARRIVED = {"old-1": OLD_KERNEL, "unseen-1": {"guest": {"files": {"/proc/version": None}}}, "fine-1": {}}
#: Real seconds in which a run marks what it takes for migrated, many times over.
LOOK_SECONDS = 5
TOLD = {"old-1": "OldKernelRuns", "unseen-1": "NotProven"}


@pytest.fixture(scope="module")
def simulated(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Cloud]:
    groups = [group(name, "alinux-3", tags=MIGRATED, **more) for name, more in ARRIVED.items()]
    groups.append(group("half-1", smc_source="available", faults={"arrival": "half_converted"}))
    with cloud({"groups": groups}, tmp_path_factory.mktemp("cloud")) as running:
        yield running


@pytest.fixture
def controller(simulated: Cloud, tmp_path_factory: pytest.TempPathFactory) -> Controller:
    names = [*ARRIVED, "half-1"]
    return Controller(simulated, tmp_path_factory.mktemp("user"), {name: host(name) for name in names})


def written(simulated: Cloud) -> list[str]:
    return [call["action"] for call in simulated.writes() if call["action"] != "RunCommand"]


def test_a_guest_that_is_half_converted_is_not_migrated(controller: Controller, simulated: Cloud) -> None:
    """It has ten minutes to come right: the run is ended before, long after it could have marked the instance."""
    command = controller.command("evergreen.os_migration.migrate", "--limit", "half-1")
    with subprocess.Popen(
        command, env=controller.environment(), cwd=controller.directory, stdout=subprocess.PIPE, start_new_session=True
    ) as process:
        deadline = time.monotonic() + PATIENCE
        while len(simulated.writes("RunCommand")) < 2 and process.poll() is None:
            assert time.monotonic() < deadline, "the guest is not asked again"
            time.sleep(0.2)
        time.sleep(LOOK_SECONDS)
        assert process.poll() is None, "it has ended"
        os.killpg(process.pid, signal.SIGKILL)
    seen = controller.play("assess", "--limit", "half-1").report("assess")[instance_id("half-1")]
    assert (seen["error"]["code"], seen["instance"]["os"]) == ("HalfConverted", "alinux-3")
    assert seen["instance"]["tags"]["evergreen:os_migration"].split()[0] == "started"
    before = written(simulated)
    assert controller.play("commit", "--limit", "half-1").failures.keys() == {"half-1"}
    assert written(simulated) == before


@pytest.mark.parametrize("phase", ["verify", "commit"])
def test_what_is_not_proven_is_refused_and_nothing_of_it_is_deleted(
    controller: Controller, simulated: Cloud, phase: str
) -> None:
    before = written(simulated)
    run = controller.play(phase, "--limit", "old-1,unseen-1")
    assert {name: message.split(": ")[1].split(" ")[0] for name, message in run.failures.items()} == TOLD, run.output
    assert written(simulated) == before


def test_who_is_proven_beside_them_is_committed(controller: Controller) -> None:
    assert controller.play("commit", "--limit", "fine-1").states("commit") == {instance_id("fine-1"): "committed"}
