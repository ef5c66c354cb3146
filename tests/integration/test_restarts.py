# Copyright (c) 2026 evergreen.os_migration contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Scripts of a user's own whose exit codes make the agent restart the guest, or power it off: whole playbooks."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
import yaml
from integration.harness import Call, Cloud, Controller, Run, cloud, group, host

CODES = {"centos-7": (194, 193), "windows-2012r2": (3010, 3009)}


def each_system_but(variant: str) -> pytest.MarkDecorator:
    """Each system, one of them as a variant of the other."""
    marks = {variant: [pytest.mark.variant]}
    return pytest.mark.parametrize("system", [pytest.param(name, marks=marks.get(name, [])) for name in CODES])


SHELLS = {"centos-7": "sh", "windows-2012r2": "powershell"}
MARK = "# a script of the user's own"


def made(name: str, system: str, code: int) -> Call:
    """A guest whose hook ends with a code; a Linux guest really runs it."""
    answer = {"contains": f"{MARK}\nexit {code}", "rc": code, "output": "restart needed\r\n"}
    return group(name, system, guest={"answers": [answer]} if system.startswith("windows") else {})


def hook(system: str, code: int, name: str = "install the agent") -> dict[str, Any]:
    return {"name": name, "script": f"{MARK}\nexit {code}", "shell": SHELLS[system]}


def prepared(running: Cloud, directory: Path, system: str, code: int) -> Run:
    """Run the sequence of a user's own play, with a hook before the migration."""
    preparation = {key: value for key, value in hook(system, code).items() if key != "shell"}
    play = [
        {
            "name": "Migrate with a hook",
            "hosts": "all",
            "gather_facts": False,
            "tasks": [
                {
                    "name": "Take the instances to their new operating system",
                    "ansible.builtin.import_role": {"name": "evergreen.os_migration.sequence"},
                    "vars": {
                        "sequence_target": "{{ os_migration_target }}",
                        "sequence_shell": SHELLS[system],
                        "sequence_preparations": [preparation],
                    },
                }
            ],
        }
    ]
    directory.mkdir(parents=True)
    file = directory / "hook.yml"
    file.write_text(yaml.safe_dump(play), "utf-8")
    return Controller(running, directory, {"web-1": host("web-1", system)}).run(str(file))


@each_system_but("windows-2012r2")
def test_a_hook_that_asks_for_a_restart_is_waited_for_and_the_migration_goes_on(tmp_path: Path, system: str) -> None:
    code, _off = CODES[system]
    with cloud({"groups": [made("web-1", system, code)]}, tmp_path / "cloud") as running:
        run = prepared(running, tmp_path / "user", system, code)
    assert run.rc == 0, run.output
    assert "install the agent: 1 finished and restarted the guest" in run.output
    assert list(run.states("verify").values()) == ["verified"]


@each_system_but("centos-7")
def test_a_hook_that_powers_the_guest_off_fails_before_anything_is_migrated(tmp_path: Path, system: str) -> None:
    _restart, code = CODES[system]
    with cloud({"groups": [made("web-1", system, code)]}, tmp_path / "cloud") as running:
        run = prepared(running, tmp_path / "user", system, code)
        written = {call["action"] for call in running.writes()}
    assert list(run.failures) == ["web-1"], run.output
    assert "GuestPoweredOff" in run.failures["web-1"]
    assert f"exit code {code}" in run.failures["web-1"]
    assert "CreateReplicationJob" not in written


@each_system_but("centos-7")
def test_a_check_that_asks_for_a_restart_is_waited_for_and_the_next_one_runs(tmp_path: Path, system: str) -> None:
    code, _off = CODES[system]
    target = {"centos-7": "alinux-3"}.get(system, "windows-2016")
    groups = [made("web-1", system, code)]
    with cloud({"groups": groups}, tmp_path / "cloud") as running:
        user = Controller(running, tmp_path / "user", {"web-1": host("web-1", system)})
        assert user.play("migrate", target="all").rc == 0
        checks = [hook(system, code), hook(system, 0, "and then this")]
        run = user.play("verify", target="all", verify_checks=checks, verify_target=target)
    assert run.rc == 0, run.output
    [result] = run.report("verify").values()
    assert [(check["rc"], check["restarted"]) for check in result["checks"]] == [(code, True), (0, False)]
    assert result["state"] == "verified"


def test_services_that_a_killed_run_left_stopped_are_told_and_the_next_run_starts_them(tmp_path: Path) -> None:
    kept = {"/var/lib/os_migration.stopped": 'ID="centos" VERSION_ID="7" \nnginx.service\n'}
    with cloud({"groups": [group("web-1", guest={"files": kept})]}, tmp_path / "cloud") as running:
        user = Controller(running, tmp_path / "user", {"web-1": host("web-1")})
        [before] = user.play("assess", target="all").report("assess").values()
        run = user.play("centos", centos_stop_services=["nginx"], target="all")
        again = user.play("verify", target="all", verify_target="alinux-3")
    [after] = again.report("verify").values()
    assert {one["id"]: one["evidence"] for one in before["findings"]}["guest.services_stopped"] == "nginx.service"
    assert run.rc == 0, run.output
    assert (before["stopped_services"], after["stopped_services"]) == (["nginx.service"], [])
