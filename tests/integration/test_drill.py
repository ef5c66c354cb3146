# Copyright (c) 2026 evergreen.os_migration contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The role drill on a simulated cloud: clones of both families, their checks, and nothing left, also after a kill."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest
from integration.harness import (
    DURATIONS,
    IMPORT_LINUX,
    IMPORT_WINDOWS,
    Cloud,
    Controller,
    cloud,
    group,
    host,
    instance_id,
)

WEB, ERP = instance_id("web-1"), instance_id("erp-1")
DISKS = [{"type": "system", "size_gib": 40}, {"type": "data", "size_gib": 100}]
QUICK = {**DURATIONS, "image": 60, "release": 10}
HOSTS = {
    "web-1": host("web-1", ansible_host="127.0.0.1"),
    "erp-1": host("erp-1", "windows-2012r2"),
}
CHECKS = [
    {"name": "settings", "script": "test -f /etc/fstab"},
    {"name": "the site", "kind": "tcp", "port": 9},
]
#: What a drill makes: how it is made, how it is deleted, and what its ids begin with.
MADE = (
    ("CreateSnapshotGroup", "DeleteSnapshotGroup", "s-"),
    ("CreateImage", "DeleteImage", "m-"),
    ("CreateSecurityGroup", "DeleteSecurityGroup", "sg-"),
    ("RunInstances", "DeleteInstances", "i-"),
    ("CreateReplicationJob", "DeleteReplicationJob", "j-"),
)
#: All that a drill may do to what it is a drill of.
HARMLESS = {"TagResources", "CreateSnapshotGroup", "DeleteSnapshotGroup", "RunCommand"}


def scenario(**web: Any) -> dict[str, Any]:
    """Two instances, of which one is a migration source already: its client is on the clone's disk, too."""
    groups = [
        group("web-1", disks=DISKS, smc_source="available", public_address=True, **web),
        group("erp-1", "windows-2012r2", disks=DISKS),
    ]
    return {"groups": [{**one, "durations": QUICK} for one in groups]}


def user(simulated: Cloud, directory: Path) -> Controller:
    imports = {"linux": IMPORT_LINUX, "windows": IMPORT_WINDOWS}
    smc = {"import_command": imports, "abort_command": {"linux": "rm -rf /smc"}}
    return Controller(simulated, directory, HOSTS, {"os_migration_smc": smc, "drill_checks": CHECKS})


def left(simulated: Cloud) -> set[str]:
    """The ids of what was made and not deleted; drills of others never run beside these."""

    def ids(action: str, prefix: str) -> set[str]:
        named = {one for call in simulated.writes(action) for one in call["resources"]}
        return {one for one in named if one.startswith(prefix)}

    return {one for made, deleted, prefix in MADE for one in ids(made, prefix) - ids(deleted, prefix)} - {WEB, ERP}


def hits(simulated: Cloud) -> set[str]:
    """What was done to the instances that are only drilled."""
    return {call["action"] for call in simulated.writes() if {WEB, ERP} & set(call["resources"])}


def test_both_families_are_drilled_on_clones_and_nothing_is_left(tmp_path: Path) -> None:
    with cloud(scenario(), tmp_path / "cloud") as simulated:
        me = user(simulated, tmp_path / "user")
        looked = me.play("drill", "--check", drill_price_gib_month=0.12, drill_price_hour=0.4)
        assert looked.rc == 0, looked.output
        assert "web-1: a drill takes 2 snapshots and an image of 140 GiB" in looked.output
        assert {call["action"] for call in simulated.writes()} <= {"RunCommand"}
        run = me.play("drill")
        assert run.rc == 0, run.output
        assert run.states("drill") == {WEB: "drilled", ERP: "drilled"}
        drill = run.report("drill")[WEB]["drill"]
        assert (drill["passed"], drill["by"], drill["clone"]["state"]) == (True, "clone", "migrated")
        assert [(check["name"], check["error"]) for check in drill["clone"]["checks"]] == [("settings", None)]
        assert drill["clone"]["proof"]["verdict"] in ("equal", "expected")
        assert left(simulated) == set()
        assert hits(simulated) <= HARMLESS
        migrated = me.play("migrate", os_migration_drill_max_age=7)
        assert migrated.rc == 0, migrated.output


@pytest.mark.variant
def test_a_clone_that_lost_a_service_is_told_and_fails_its_drill_where_that_is_wanted(tmp_path: Path) -> None:
    lost = group("web-1", guest={"services": ["nginx", "sshd"]}, faults={"loses": ["nginx"]})
    with cloud({"groups": [{**lost, "durations": QUICK}]}, tmp_path / "cloud") as simulated:
        me = Controller(simulated, tmp_path / "user", {"web-1": HOSTS["web-1"]})
        told = me.play("drill")
        assert told.rc == 0, told.output
        assert "os_migration: web-1: its clone differs: services_enabled (-nginx)" in told.output
        drill = told.report("drill")[WEB]["drill"]
        assert (drill["passed"], drill["proof"]) == (True, "not_expected")
        failed = me.play("drill", drill_on_difference="fail")
        assert failed.rc != 0
        assert "DrillDiffers" in failed.failures["web-1"]
        assert "services_enabled (-nginx)" in failed.failures["web-1"]
        assert not left(simulated)
        blocked = me.play("migrate", os_migration_drill_max_age=7)
        assert "DrillMissing" in blocked.output


def test_what_a_drill_that_was_killed_has_left_is_cleaned_up(tmp_path: Path) -> None:
    with cloud(scenario(), tmp_path / "cloud") as simulated:
        me = user(simulated, tmp_path / "user")
        assert me.play_until_killed("drill", 16, whole_group=True)
        cleaned = me.play("drill", drill_cleanup=True)
        assert cleaned.rc == 0, cleaned.output
        assert left(simulated) == set()
        assert hits(simulated) <= HARMLESS


@pytest.mark.variant
def test_two_controllers_that_drill_one_instance_leave_nothing_and_tell_who_gave_way(tmp_path: Path) -> None:
    with cloud(scenario(), tmp_path / "cloud") as simulated:
        users = [user(simulated, tmp_path / f"user-{number}") for number in (1, 2)]
        with ThreadPoolExecutor(2) as pool:
            runs = list(pool.map(lambda one: one.play("drill"), users))
        for run in runs:
            assert set(run.states("drill")) == {WEB, ERP}
            told = {
                word for word in ("Locked", "CloneGoing", "NotFound") for text in run.failures.values() if word in text
            }
            assert bool(told) == bool(run.failures), run.output
        cleaned = users[0].play("drill", drill_cleanup=True)
        assert cleaned.rc == 0, cleaned.output
        assert left(simulated) == set()
        assert hits(simulated) <= HARMLESS
