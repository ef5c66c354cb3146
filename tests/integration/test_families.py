# Copyright (c) 2026 evergreen.os_migration contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The roles of operating system families, with the preparation of guests that they offer."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from integration.harness import Controller, cloud, group, host

WORDS = ("stop", "start")


def test_windows_server_frees_space_and_upgrades(tmp_path: Path) -> None:
    failing = {"answers": [{"contains": "$arguments = @('\"apply\"', '\"true\"'", "rc": 1, "output": "no space left"}]}
    groups = [group("erp-1", "windows-2012r2"), group("erp-2", "windows-2012r2", guest=failing)]
    with cloud({"groups": groups}, tmp_path / "cloud") as running:
        hosts = {name: host(name, "windows-2012r2") for name in ("erp-1", "erp-2")}
        options = {"windows_server_free_disk_space": True, "windows_server_stop_services": ["o'brien"], "target": "all"}
        run = Controller(running, tmp_path / "user", hosts).play("windows_server", **options)
    assert list(run.failures) == ["erp-2"], run.output
    assert "no space left" in run.failures["erp-2"]
    assert list(run.states("migrate").values()) == ["migrated"]
    assert list(run.states("verify").values()) == ["verified"]


def test_centos_stops_services_migrates_and_starts_them_again(tmp_path: Path) -> None:
    failing = {"job": {"fail_at_hop": 1, "after_progress": 50}}
    groups = [group("web-1"), group("web-2", faults=failing), group("web-3", guest={"packages": ["glibc.i686"]})]
    with cloud({"groups": groups}, tmp_path / "cloud") as running:
        hosts = {name: host(name) for name in ("web-1", "web-2", "web-3")}
        user = Controller(running, tmp_path / "user", hosts)
        run = user.play("centos", centos_stop_services=["nginx"], migrate_on_failure="rollback", target="all")
        assert list(run.failures) == ["web-3", "web-2"], run.output
        stopped, started = steps(run.output)
        assert (stopped, started) == (["2 finished"], ["2 finished"]), "web-3 is blocked, so it is not prepared"
        assert list(run.states("migrate").values()) == ["migrated", "rolled_back"]

        again = user.play("centos", centos_stop_services=["nginx"], target="web-1")
        assert again.rc == 0, again.output
        assert steps(again.output) == ([], ["1 finished"]), "what is migrated is not prepared again"
        assert re.search(r"^web-1 .* changed=0 ", again.output, re.MULTILINE), "its services run already"


@pytest.mark.variant
def test_centos_switches_repositories_first(tmp_path: Path) -> None:
    mirror = "http://mirror.example/repo"
    curl = f'#!/bin/sh\n[ "$4" = {mirror}/Centos-7.repo ] && echo archived > "$3"\n'
    with cloud({"groups": [group("web-1", guest={"files": {"/usr/bin/curl": curl}})]}, tmp_path / "cloud") as running:
        check = {"name": "switched", "script": "grep archived /etc/yum.repos.d/CentOS-Base.repo"}
        options = {"centos_switch_repositories": True, "centos_mirror": mirror, "verify_checks": [check]}
        run = Controller(running, tmp_path / "user", {"web-1": host("web-1")}).play("centos", target="all", **options)
    assert run.rc == 0, run.output
    assert list(run.states("verify").values()) == ["verified"]


def steps(output: str) -> tuple[list[str], list[str]]:
    """What became of the scripts that stop services and of those that start them again."""
    stopped, started = (re.findall(rf"^os_migration: {verb} services: (.*)$", output, re.MULTILINE) for verb in WORDS)
    return stopped, started
