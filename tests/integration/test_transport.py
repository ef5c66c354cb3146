# Copyright (c) 2026 evergreen.os_migration contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The ways to a migration job in SMC: a service that wants the target said differently, and jobs of the console."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pytest
from integration.harness import IMPORT_LINUX, Controller, Run, cloud, group, host, instance_id

WEB = instance_id("web-1")


def migrate(tmp_path: Path, scenario: dict[str, Any], smc: dict[str, Any]) -> tuple[Run, set[str]]:
    """Run the playbook; also return the actions that wrote."""
    with cloud({"groups": [group("web-1")], **scenario}, tmp_path / "cloud") as simulated:
        user = Controller(simulated, tmp_path / "user", {"web-1": host("web-1")}, {"os_migration_smc": smc})
        run = user.play("migrate")
        return run, {call["action"] for call in simulated.writes()}


@pytest.mark.parametrize("location", ["query", pytest.param("replication_parameters", marks=pytest.mark.variant)])
def test_the_target_is_said_as_the_service_wants_it(tmp_path: Path, location: str) -> None:
    wanted = {"target_parameter": "NewSystem", "target_location": location, "target_values": {"alinux-3": "Alinux3"}}
    run, _writes = migrate(tmp_path, {"smc": wanted}, {**wanted, "import_command": {"linux": IMPORT_LINUX}})
    assert run.states("migrate") == {WEB: "migrated"}, run.output


@pytest.mark.variant
def test_a_service_that_wants_it_otherwise_says_so(tmp_path: Path) -> None:
    imports = {"import_command": {"linux": IMPORT_LINUX}}
    run, writes = migrate(tmp_path, {"smc": {"target_values": {"alinux-3": "Alinux3"}}}, imports)
    assert "InvalidOsMigrationType.NotMatched" in run.failures["web-1"]
    assert "smc.target_parameter" in run.failures["web-1"]
    assert "StartReplicationJob" not in writes


@pytest.mark.variant
def test_without_import_command_a_source_must_exist(tmp_path: Path) -> None:
    run, writes = migrate(tmp_path, {}, {})
    assert "source.not_imported" in run.failures["web-1"]
    assert writes <= {"RunCommand"}


def test_of_two_instances_with_one_host_name_and_one_address_none_is_migrated_as_the_other(tmp_path: Path) -> None:
    """In two networks, only one of them imported: its migration source is not the other one's."""
    alike = {"host_name": "web", "private_address": "192.168.0.10"}
    world = {"groups": [group("web-1", **alike), group("web-2", **alike, smc_source="available")]}
    run, writes = migrate(tmp_path, world, {"import_command": {"linux": IMPORT_LINUX}})
    assert "source.unclear" in run.failures["web-1"], run.output
    assert all(instance_id(name) in run.failures["web-1"] for name in ("web-1", "web-2"))
    assert writes <= {"RunCommand"}


@pytest.mark.variant
def test_the_import_of_one_makes_clear_which_source_is_its_own(tmp_path: Path) -> None:
    alike = {"host_name": "web", "private_address": "192.168.0.10"}
    world = {"groups": [group("web-1", **alike), group("web-2", **alike)]}
    with cloud(world, tmp_path / "cloud") as simulated:
        hosts = {name: host(name) for name in ("web-1", "web-2")}
        run = Controller(simulated, tmp_path / "user", hosts).play("migrate")
    assert run.states("migrate") == {WEB: "migrated", instance_id("web-2"): "migrated"}, run.output


@pytest.mark.variant
def test_an_account_without_the_service_role_is_told(tmp_path: Path) -> None:
    run, _writes = migrate(tmp_path, {"smc": {"authorised": False}}, {"import_command": {"linux": IMPORT_LINUX}})
    assert "account.service_role_missing" in run.failures["web-1"]


def test_a_job_of_the_console_is_followed_and_nothing_written_to_smc(tmp_path: Path) -> None:
    started = {"groups": [group("web-1", smc_source="available", console_job={"target": "alinux-3"})]}
    run, writes = migrate(tmp_path, started, {"transport": "watch"})
    assert run.states("migrate") == {WEB: "migrated"}, run.output
    assert writes.isdisjoint({"CreateReplicationJob", "StartReplicationJob", "CreateAccessToken", "CreateSnapshot"})


def test_a_cloud_in_trouble_only_takes_longer(tmp_path: Path) -> None:
    trouble = [
        {"match": {}, "effect": "throttle", "probability": 0.1},
        {"match": {}, "effect": "http_503", "probability": 0.05},
        {"match": {}, "effect": "cut", "probability": 0.05},
        {"match": {}, "effect": "lost_answer", "probability": 0.05},
    ]
    run, _writes = migrate(tmp_path, {"faults": trouble}, {"import_command": {"linux": IMPORT_LINUX}})
    assert run.states("migrate") == {WEB: "migrated"}, run.output


@pytest.mark.variant
def test_codes_that_mean_not_now_only_take_longer(tmp_path: Path) -> None:
    codes = [
        ("CreateSnapshot", "DISK_HAS_CREATING_SNAPSHOT"),
        ("CreateReplicationJob", "SystemBusy"),
        ("StartReplicationJob", "SystemBusy"),
        ("DescribeInstances", "SystemBusy"),
    ]
    faults = [{"match": {"action": each}, "effect": "code", "code": code, "times": 2} for each, code in codes]
    run, _writes = migrate(tmp_path, {"faults": faults}, {"import_command": {"linux": IMPORT_LINUX}})
    assert run.states("migrate") == {WEB: "migrated"}, run.output


@pytest.mark.parametrize(
    ("offset", "told"),
    [(400, r"clock is (39\d|40\d) s behind the cloud's"), pytest.param(0, None, marks=pytest.mark.variant)],
)
def test_a_clock_that_is_wrong_by_minutes_is_told(tmp_path: Path, offset: int, told: str | None) -> None:
    world = {"groups": [group("web-1", smc_source="available")], "clock_offset": offset}
    with cloud(world, tmp_path / "cloud", speed=1) as simulated:
        run = Controller(simulated, tmp_path / "user", {"web-1": host("web-1")}).play("assess")
    said = " ".join(run.output.split())
    assert run.states("assess") == {WEB: "ready"}, run.output
    assert re.search(told, said) if told else "This machine's clock" not in said
    assert said.count("This machine's clock") == bool(told)
