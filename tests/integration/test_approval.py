# Copyright (c) 2026 evergreen.os_migration contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A plan is approved by somebody, and a run that would do anything else refuses and says what differs."""

from __future__ import annotations

import json
import re
from pathlib import Path

from integration.harness import ROOT, Controller, cloud, group, host, instance_id

NAMES = ("web-1", "web-2", "web-3")
PAGE = (ROOT / "docs/how-it-works.md").read_text("utf-8").partition("## Approval\n")[2].partition("\n## ")[0]
#: Each command that the page shows, as a playbook and what follows its inventory.
SHOWN = re.findall(r"^ansible-playbook (\S+) -i inventory\.yml *(?:#.*|(.*))$", PAGE, re.MULTILINE)


def test_a_run_does_what_was_approved_and_refuses_the_rest_with_the_difference(tmp_path: Path) -> None:
    with cloud({"groups": [group(name) for name in NAMES]}, tmp_path / "cloud") as simulated:
        user = Controller(simulated, tmp_path / "user", {name: host(name) for name in NAMES[:2]})
        file = user.reports / "approval.json"
        (assess, _none), (approve, _asks), (migrate, bound) = SHOWN
        bound = bound.replace("os-migration-report", str(user.reports)).split()
        assert user.run(assess, target="all").rc == 0
        unattended = user.run(approve)
        assert "approved_by is empty" in unattended.output
        assert not file.exists()
        assert user.run(approve, os_migration_approved_by="Mei Tanaka").rc == 0
        assert set(json.loads(file.read_text("utf-8"))["plans"]) == {instance_id(name) for name in NAMES[:2]}
        user.hosts = {
            "web-1": host("web-1"),
            "web-2": {**host("web-2"), "os_migration_target": "anolis-8"},
            "web-3": host("web-3"),
        }
        run = user.run(migrate, *bound, target="all")
        assert set(run.failures) == {"web-2", "web-3"}, run.output
        assert "by Mei Tanaka" in run.failures["web-2"]
        assert "were centos-7 -> alinux-3, and are centos-7 -> anolis-8" in run.failures["web-2"]
        assert "nobody has approved it" in run.failures["web-3"]
        assert run.states("migrate")[instance_id("web-1")] == "migrated"
        made = {one for call in simulated.writes("CreateSnapshot", "TagResources") for one in call["resources"]}
        assert made.isdisjoint({instance_id("web-2"), instance_id("web-3")})
        file.write_text(file.read_text("utf-8").replace("alinux-3", "anolis-8"), "utf-8")
        changed = user.play("migrate", os_migration_approval=str(file))
        assert "changed after it was approved" in changed.failures["web-2"]
