# Copyright (c) 2026 evergreen.os_migration contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What a migration changed in a guest, and that a rollback brought back all of it, whichever controller looks."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from integration.harness import Controller, cloud, group, host, instance_id

WEB = instance_id("web-1")
SERVICES = ["crond", "nginx", "sshd"]


def one(**more: Any) -> dict[str, Any]:
    return {"groups": [group("web-1", smc_source="available", guest={"services": SERVICES}, **more)]}


def ids(result: dict[str, Any]) -> list[str]:
    return [found["id"] for found in result["findings"] if found["id"].startswith(("verify.", "rollback."))]


def shown(controller: Controller) -> list[tuple[str, str]]:
    """The verdicts on the whole guest that the fleet report shows."""
    for phase in ("assess", "report"):
        run = controller.play(phase)
        assert run.rc == 0, run.output
    (instance,) = json.loads((controller.reports / "fleet.json").read_text("utf-8"))["instances"]
    return [(one["phase"], one["verdict"]) for one in instance["attempts"][-1]["proof"] if not one["fact"]]


def test_what_a_migration_lost_is_named_and_a_rollback_is_proven_by_a_controller_without_files(tmp_path: Path) -> None:
    with cloud(one(faults={"loses": ["nginx"]}), tmp_path / "cloud") as simulated:
        hosts = {"web-1": host("web-1")}
        first, other, third = (Controller(simulated, tmp_path / name, hosts) for name in ("a", "b", "c"))
        run = first.play("migrate")
        result = run.report("migrate")[WEB]
        facts = result["proof"]["facts"]
        assert (result["state"], result["proof"]["compared"]) == ("migrated", "names"), run.output
        assert (facts["packages"]["verdict"], facts["kernel"]["verdict"]) == ("expected", "expected")
        assert (facts["services_enabled"]["verdict"], facts["services_enabled"]["not_expected"]) == (
            "not_expected",
            ["-nginx"],
        )
        assert "verify.services_enabled_changed" in ids(result)
        kept = json.loads(next((tmp_path / "a").rglob(f"facts/{WEB}.json")).read_text("utf-8"))
        assert (kept["attempt"], kept["os"]) == (1, "centos-7")

        verified = first.play("verify").report("verify")[WEB]["proof"]
        assert verified["facts"]["services_running"]["not_expected"] == ["-nginx"]
        assert shown(first) == [("verify", "not_expected")]
        elsewhere = other.play("verify").report("verify")[WEB]
        assert (elsewhere["proof"]["compared"], elsewhere["proof"]["verdict"]) == ("digests", "not_known")
        assert (elsewhere["state"], ids(elsewhere)) == ("verified", ["verify.not_compared"])
        assert elsewhere["proof"]["facts"]["users"]["verdict"] == "equal"

        back = third.play("rollback")
        result = back.report("rollback")[WEB]
        assert (result["state"], ids(result)) == ("rolled_back", []), back.output
        assert (result["proof"]["verdict"], result["proof"]["compared"]) == ("equal", "digests")
