# Copyright (c) 2026 evergreen.os_migration contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Rollback and commit want their hosts to be named, and leave those alone that were never migrated."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from integration.harness import Cloud, Controller, cloud, group, host, instance_id

PHASES = ("rollback", "commit")


@pytest.fixture(scope="module")
def simulated(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Cloud]:
    with cloud({"groups": [group("web-1"), group("web-2")]}, tmp_path_factory.mktemp("cloud")) as running:
        yield running


@pytest.fixture
def controller(simulated: Cloud, tmp_path: Path) -> Controller:
    hosts = {
        "web-1": host("web-1"),
        "web-2": {"instance_id": instance_id("web-2"), "region": "cn-hangzhou"},  # nobody wants it to be anything else
    }
    # The inventory's own variable of that name says nothing about which hosts are meant.
    return Controller(simulated, tmp_path, {name: {**said, "target": "all"} for name, said in hosts.items()})


@pytest.mark.parametrize("phase", PHASES)
def test_without_named_hosts_nothing_is_asked_and_the_ways_to_name_them_are_told(
    phase: str, controller: Controller, simulated: Cloud
) -> None:
    before = len(simulated.calls())
    run = controller.run(f"evergreen.os_migration.{phase}")
    assert run.rc != 0
    assert "by -e target=PATTERN or --limit PATTERN; -e target=all is all of the inventory" in run.output
    assert "TASK" not in run.output
    assert len(simulated.calls()) == before


@pytest.mark.parametrize("phase", PHASES)
@pytest.mark.parametrize(
    ("options", "named"), [(("--limit", "web-2"), {"web-2"}), (("-e", "target=all"), {"web-1", "web-2"})]
)
def test_hosts_that_were_never_migrated_are_left_alone(
    phase: str, options: tuple[str, ...], named: set[str], controller: Controller, simulated: Cloud
) -> None:
    run = controller.run(f"evergreen.os_migration.{phase}", *options)
    assert run.rc == 0, run.output
    assert run.states(phase) == {instance_id(name): "unchanged" for name in named}
    assert simulated.writes() == []
