# Copyright (c) 2026 evergreen.os_migration contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Waves are Ansible's serial, the error budget is max_fail_percentage; reports of waves add up."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from integration.harness import Cloud, Controller, cloud, group, host, instance_id

BLOCKED = {"web-2": {"guest": {"packages": ["glibc.i686"]}}}
WAIVER = {"rule": "linux.i686_packages", "reason": "goes with the host", "owner": "ops", "expires": "2099-12-31"}
NAMES = [f"web-{number}" for number in range(1, 7)]


@pytest.fixture(scope="module")
def simulated(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Cloud]:
    groups = [group(name, **BLOCKED.get(name, {})) for name in NAMES]
    with cloud({"groups": groups}, tmp_path_factory.mktemp("cloud")) as running:
        yield running


@pytest.fixture
def controller(simulated: Cloud, tmp_path: Path) -> Controller:
    return Controller(simulated, tmp_path, {name: host(name) for name in NAMES})


def waves(output: str) -> int:
    return output.count("TASK [evergreen.os_migration.assess : Check what would stop")


def test_without_a_budget_all_waves_run_and_their_reports_add_up(controller: Controller) -> None:
    run = controller.play("assess", os_migration_waves=2)
    assert run.rc == 2
    assert waves(run.output) == 3
    assert list(run.failures) == ["web-2"]
    assert run.states("assess") == {instance_id(name): "blocked" if name in BLOCKED else "ready" for name in NAMES}


def test_an_exceeded_budget_stops_before_the_next_wave(controller: Controller) -> None:
    run = controller.play("assess", os_migration_waves=2, os_migration_error_budget=40)
    assert run.rc == 2
    assert waves(run.output) == 1


@pytest.mark.variant
def test_a_kept_budget_goes_on(controller: Controller) -> None:
    run = controller.play("assess", os_migration_waves="50%", os_migration_error_budget=40)
    assert waves(run.output) == 2


@pytest.mark.variant
def test_a_canary_comes_first(controller: Controller) -> None:
    run = controller.play("assess", os_migration_waves=[1, "100%"])
    assert waves(run.output) == 2


@pytest.mark.variant
def test_a_later_run_replaces_only_what_it_handled(controller: Controller) -> None:
    controller.play("assess")
    run = controller.play("assess", "--limit", "web-1", os_migration_waivers=[WAIVER])
    assert len(run.report("assess")) == len(NAMES)
    assert run.states("assess")[instance_id("web-2")] == "blocked"


@pytest.mark.variant
def test_a_finding_can_be_waived(controller: Controller) -> None:
    run = controller.play("assess", "--limit", "web-2", os_migration_waivers=[WAIVER])
    assert run.rc == 0, run.output
