# Copyright (c) 2026 evergreen.os_migration contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A user who has an account records a conversation with one command, and nothing of theirs is in it."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

from integration.harness import ACCESS_KEY, PATIENCE, ROOT, SECRET_KEY, Controller, cloud, group, host, instance_id


def test_an_assessment_is_recorded_by_one_command_and_the_recording_tells_nobody_whose_it_was(tmp_path: Path) -> None:
    out = tmp_path / "conversation.jsonl"
    with cloud({"groups": [group("shopfront", public_address=True)]}, tmp_path / "cloud") as simulated:
        user = Controller(simulated, tmp_path / "user", {"shopfront": host("shopfront")})
        inventory = user.command("")[3]
        command = [sys.executable, "-m", "recording", "--out", str(out), "--upstream", simulated.endpoint, "assess"]
        playbook = ["-i", inventory, "-e", "target=all", "-e", f"os_migration_report_dir={user.reports}"]
        environment = {**user.environment(), "PYTHONPATH": str(ROOT / "tests")}
        done = subprocess.run(
            [*command, *playbook],
            env=environment,
            cwd=user.directory,
            capture_output=True,
            text=True,
            timeout=PATIENCE,
            check=False,
        )
        again = subprocess.run(command, env=environment, capture_output=True, text=True, timeout=PATIENCE, check=False)
    assert done.returncode in (0, 2), done.stdout + done.stderr
    text = out.read_text("utf-8")
    actions = {json.loads(line)["action"] for line in text.splitlines()}
    assert {"DescribeInstances", "RunCommand", "DescribeInvocationResults"} <= actions
    assert {
        one for one in (ACCESS_KEY, SECRET_KEY, "shopfront", instance_id("shopfront"), "47.96.") if one in text
    } == set()
    assert f"{len(text.splitlines())} calls. Read it before you give it to anybody." in done.stdout
    assert again.returncode == 2
    assert "is there already" in again.stderr
