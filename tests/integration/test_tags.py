# Copyright (c) 2026 evergreen.os_migration contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A family's playbook phase by phase, chosen by tags."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from integration.harness import Cloud, Controller, Run, cloud, group, host, instance_id

SCRIPTS = "RunCommand"
WEB = instance_id("web-1")


def test_a_tag_chooses_one_phase_of_a_family(tmp_path: Path) -> None:
    with cloud({"groups": [group("web-1")]}, tmp_path / "cloud") as running:
        user = Controller(running, tmp_path / "user", {"web-1": host("web-1")}, {"centos_stop_services": ["nginx"]})

        assert phases(user.play("centos", "--tags", "assess")) == ["assess"]
        assert actions(running) == {SCRIPTS}

        prepared = user.play("centos", "--tags", "prepare")
        assert (phases(prepared), services(prepared)) == (["assess"], ["stop"])
        assert actions(running) == {SCRIPTS}

        migrated = user.play("centos", "--tags", "migrate")
        assert (phases(migrated), services(migrated)) == (["migrate"], ["start"])
        assert migrated.states("migrate") == {WEB: "migrated"}

        before = actions(running)
        verified = user.play("centos", "--tags", "verify")
        assert (phases(verified), services(verified)) == (["verify"], [])
        assert verified.states("verify") == {WEB: "verified"}
        assert actions(running) == before


@pytest.mark.variant
def test_a_phase_can_be_left_out(tmp_path: Path) -> None:
    with cloud({"groups": [group("web-1")]}, tmp_path / "cloud") as running:
        user = Controller(running, tmp_path / "user", {"web-1": host("web-1")}, {"centos_stop_services": ["nginx"]})
        run = user.play("centos", "--skip-tags", "migrate,prepare")
        assert phases(run) == ["verify"]
        assert services(run) == []
        assert actions(running) <= {SCRIPTS}


def phases(run: Run) -> list[str]:
    """Which phases were run, in order."""
    return re.findall(r"^os_migration: (assess|migrate|verify): \d", run.output, re.MULTILINE)


def services(run: Run) -> list[str]:
    """Which scripts about services were run in guests, in order."""
    return re.findall(r"^os_migration: (stop|start) services: 1 finished$", run.output, re.MULTILINE)


def actions(running: Cloud) -> set[str]:
    """What was changed in the cloud, by the names of the calls."""
    return {call["action"] for call in running.writes()}
