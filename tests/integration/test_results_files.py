# Copyright (c) 2026 evergreen.os_migration contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Where the phases leave their results."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from integration.harness import Cloud, Controller, cloud, group, host

FILES = {"assess.json", ".assess.json.lock", "fleet.json", "fleet.csv", "findings.csv", "fleet.md", "fleet.html"}


@pytest.fixture(scope="module")
def simulated(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Cloud]:
    with cloud({"groups": [group("web-1")]}, tmp_path_factory.mktemp("cloud")) as running:
        yield running


@pytest.fixture
def controller(simulated: Cloud, tmp_path: Path) -> Controller:
    """A user who gives no directory on the command line."""
    return Controller(simulated, tmp_path, {"web-1": host("web-1")}, {"os_migration_report_dir": None})


def found(directory: Path) -> set[str]:
    return {path.name for path in directory.iterdir()}


def test_they_are_where_the_playbook_was_started_unless_told_otherwise(controller: Controller) -> None:
    assert controller.play("assess").rc == 0
    assert found(controller.directory / "os-migration-report") == FILES


@pytest.mark.variant
def test_the_inventory_may_name_the_directory(controller: Controller) -> None:
    controller.hosts = {"web-1": host("web-1", os_migration_report_dir="of/the/shop")}
    assert controller.play("assess").rc == 0
    assert found(controller.directory / "of/the/shop") == FILES
    assert not (controller.directory / "os-migration-report").exists()


@pytest.mark.variant
@pytest.mark.parametrize("by_inventory", [True, False])
def test_an_empty_name_turns_them_off(controller: Controller, by_inventory: bool) -> None:
    nothing = {"os_migration_report_dir": ""}
    controller.hosts = {"web-1": host("web-1", **(nothing if by_inventory else {}))}
    before = found(controller.directory)
    assert controller.play("assess", **({} if by_inventory else nothing)).rc == 0
    assert found(controller.directory) - before == {"inventory.yml", "variables.json", "ansible.cfg", "ansible"}


def test_a_damaged_file_is_told_before_anything_is_done_and_kept(controller: Controller, simulated: Cloud) -> None:
    controller.reports.mkdir()
    file = controller.reports / "migrate.json"
    file.write_text('{"phase": "migrate", "summary": {}, "results": [{"instan', "utf-8")
    before = file.read_text("utf-8"), len(simulated.calls())
    run = controller.play("migrate", os_migration_report_dir=str(controller.reports))
    assert f"results_file: {file} cannot be added to: it is damaged at character" in run.failures["web-1"]
    assert (file.read_text("utf-8"), len(simulated.calls())) == before
