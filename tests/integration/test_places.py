# Copyright (c) 2026 evergreen.os_migration contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Before anything is written the operator sees how many of the account's places others use."""

from __future__ import annotations

from pathlib import Path

from integration.harness import Controller, cloud, group, host

MINE, THEIRS = ("web-1", "web-2", "web-3"), ("erp-1", "erp-2")
#: A job in the console that is not over as long as the test lasts.
CONSOLE = {"console_job": {"target": "alinux-3"}, "durations": {"migrate": 200_000}}


def test_jobs_that_others_started_in_the_console_count_in_the_plan_of_check_mode_which_only_reads(
    tmp_path: Path,
) -> None:
    groups = [*map(group, MINE), *(group(name, **CONSOLE) for name in THEIRS)]
    with cloud({"groups": groups}, tmp_path / "cloud") as simulated:
        controller = Controller(simulated, tmp_path, {name: host(name) for name in MINE})
        run = controller.play("migrate", "--check", migrate_max_running=4)
        full = controller.play("migrate", "--check", migrate_max_running=2)
        calls = simulated.calls()
    assert run.rc == full.rc == 0, run.output
    told = "3 instances, at most 4 at a time, 2 of these places are used by others now: about "
    assert told in run.output
    assert "all of these places are used by others now: they begin when places get free" in full.output
    assert {call["action"] for call in calls if call["kind"] == "write"} <= {"RunCommand"}, "guests are only read"
