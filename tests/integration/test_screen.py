# Copyright (c) 2026 evergreen.os_migration contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What an operator sees of a fleet with the collection's screen output."""

from __future__ import annotations

from pathlib import Path

import pytest
from integration.harness import Controller, Run, cloud, group, host

NUMBER = 20
SICK = {"web-07": "glibc.i686", "web-17": "zlib.i686", "web-20": "zlib.i686"}


@pytest.fixture(scope="module")
def assessed(tmp_path_factory: pytest.TempPathFactory) -> Run:
    names = [f"web-{number:02}" for number in range(1, NUMBER + 1)]
    groups = [group(name, guest={"packages": ["glibc.x86_64", SICK[name]]} if name in SICK else {}) for name in names]
    scenario = {"groups": groups, "command": {"memoise_facts": True}}
    with cloud(scenario, tmp_path_factory.mktemp("cloud")) as simulated:
        hosts = {name: host(name) for name in names}
        user = Controller(simulated, tmp_path_factory.mktemp("user"), hosts, screen="evergreen.os_migration.fleet")
        return user.play("assess")


def test_the_output_is_shorter_than_the_fleet_is_long(assessed: Run) -> None:
    assert len(assessed.output.splitlines()) < NUMBER, assessed.output


def test_each_problem_is_told_once_with_its_hosts_and_its_remedy(assessed: Run) -> None:
    assert "failed: linux.i686_packages: 3 hosts (web-07, web-17, web-20)" in assessed.output
    assert assessed.output.count("web-17: The target has no 32-bit packages") == 1
    assert assessed.output.count("Remedy: Remove the listed packages.") == 1


def test_hosts_are_named_in_the_order_of_the_play(assessed: Run) -> None:
    first = "web-01, web-02, web-03, web-04, web-05"
    assert assessed.output.count(f"{NUMBER - len(SICK)} hosts ({first} and ") == 2, "with the outcome, and in the recap"


def test_what_follows_is_told_as_a_command(assessed: Run) -> None:
    assert "next: ansible-playbook evergreen.os_migration.migrate -i " in assessed.output


def test_the_recap_counts_every_host(assessed: Run) -> None:
    assert f"ok: {NUMBER - len(SICK)} hosts (" in assessed.output.split("PLAY RECAP")[1]
    assert assessed.rc == 2


def test_a_play_leaves_the_numbers_of_all_its_waves_and_the_place_of_the_results(tmp_path: Path) -> None:
    names = ["web-1", "web-2"]
    with cloud({"groups": [group(name) for name in names]}, tmp_path / "cloud") as simulated:
        user = Controller(simulated, tmp_path / "user", {name: host(name) for name in names})
        user.directory.mkdir()
        (user.directory / "ansible.cfg").write_text("[defaults]\nshow_custom_stats = true\n", "utf-8")
        run = user.play("migrate", os_migration_waves=1)
    told = run.output.split("CUSTOM STATS")[1]
    assert '"evergreen_migrate_migrated": 2' in told
    assert f'"file": "{user.reports}/migrate.json"' in told


@pytest.mark.variant
def test_verbose_output_is_ansible_s_own(tmp_path: Path) -> None:
    with cloud({"groups": [group("web-1")]}, tmp_path / "cloud") as simulated:
        user = Controller(simulated, tmp_path / "user", {"web-1": host("web-1")}, screen="evergreen.os_migration.fleet")
        run = user.play("assess", "-v")
    assert "ok: [web-1] => {" in run.output
    assert "ok=3    changed=0" in run.output
