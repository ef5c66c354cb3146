# Copyright (c) 2026 evergreen.os_migration contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What is secret in any option of any role and module is in no output, however verbose, and in no file."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml
from integration.harness import IMPORT_LINUX, VISIBILITY, Cloud, Controller, Run, cloud, group, host, instance_id

# The first test waits for all plays.
pytestmark = pytest.mark.timeout(1200)

KEY, SECRET, TOKEN = "STS.MarkedKey", "marked-secret-key", "marked-security-token"
CODE, SCRIPT, GIVEN = "marked-import-code", "marked-script-code", "marked-given-code"
USER = {"access_key": KEY, "secret_key": SECRET, "security_token": TOKEN}
MARKED = (SECRET, TOKEN, CODE, SCRIPT, GIVEN)
#: In no call to a cloud: of the scripts and import commands the guests are told.
NEVER_SENT = (SECRET,)
ROLES = ("assess", "remediate", "migrate", "verify", "rollback", "commit")
SHOW = f"# {SCRIPT}\ntrue"


def role(name: str, **said: Any) -> dict[str, Any]:
    return {"ansible.builtin.include_role": {"name": f"evergreen.os_migration.{name}"}, "vars": said}


def module(name: str, **arguments: Any) -> dict[str, Any]:
    instances = [{"instance_id": instance_id("web-2"), "region": "cn-hangzhou"}]
    given = {"instances": instances, "alicloud": "{{ os_migration_alicloud }}", **arguments}
    return {f"evergreen.os_migration.{name}": given, "run_once": True, "delegate_to": "localhost"}


IMPORT = {"import_command": {"linux": f"{IMPORT_LINUX} # {CODE}", "windows": f"import.exe {CODE}"}}
ALL = {**IMPORT, "abort_command": {"linux": f"true {CODE}"}, "activation_code": GIVEN}
PLAY = [
    {
        "hosts": "all",
        "gather_facts": False,
        "ignore_errors": True,
        "tasks": [
            role("assess"),
            role("remediate", remediate_rules=["linux.rsync"], remediate_uninstaller=f"http://user:{SCRIPT}@mirror"),
            role("migrate"),
            role("verify", verify_checks=[{"name": "shop", "script": SHOW}]),
            role("rollback"),
            role("commit"),
            role(
                "sequence",
                sequence_target="anolis-8",
                sequence_preparations=[{"name": "prepare", "script": SHOW, "arguments": [SCRIPT]}],
                migrate_retry=True,
            ),
            module("instance_info"),
            module("precheck_info", target="alinux-3", smc=IMPORT, poll_interval=0.2),
            module("instance_snapshot", poll_interval=0.2),
            module("guest_command", script=SHOW, poll_interval=0.2),
            module("os_migration", state="assessed", target="alinux-3", smc=IMPORT, poll_interval=0.2),
            module("os_migration", state="assessed", target="no-such-system", smc=IMPORT, poll_interval=0.2),
            module("os_migration", target="alinux-3", smc=ALL, poll_interval=0.2),
            {
                "evergreen.os_migration.enrol": {"phase": "migrate"},
            },
            {"ansible.builtin.command": {"argv": ["cp", "-r", "{{ lookup('env', 'ANSIBLE_LOCAL_TEMP') }}", "kept"]}},
        ],
    }
]


class User(Controller):
    """A user whose keys are in a variable, and who looks at what Ansible keeps while it runs."""

    def environment(self) -> dict[str, str]:
        return {**super().environment(), "ANSIBLE_LOCAL_TEMP": str(self.directory / "local")}


@pytest.fixture(scope="module")
def simulated(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Cloud]:
    scenario = {"credentials": [USER], "groups": [group("web-1"), group("web-2")]}
    with cloud(scenario, tmp_path_factory.mktemp("cloud")) as running:
        yield running


@pytest.fixture(scope="module")
def done(simulated: Cloud, tmp_path_factory: pytest.TempPathFactory) -> tuple[Run, Path]:
    keys = {**USER, "endpoint": simulated.endpoint, "visibility": VISIBILITY}
    said = {"os_migration_alicloud": keys, "os_migration_smc": IMPORT}
    hosts = {"web-1": host("web-1", ansible_connection="local")}
    user = User(simulated, tmp_path_factory.mktemp("user"), hosts, said, credentials={})
    file = user.directory / "play.yml"
    file.write_text(yaml.safe_dump(PLAY, sort_keys=False), "utf-8")
    return user.run(str(file), "-vvvv"), user.directory


def test_everything_ran(done: tuple[Run, Path], simulated: Cloud) -> None:
    run, _directory = done
    for name in ROLES:
        assert f"TASK [evergreen.os_migration.{name} : " in run.output
    assert set(run.states("migrate").values()) <= {"migrated", "failed", "rolled_back"}
    assert {"RunCommand", "CreateReplicationJob", "CreateSnapshot"} <= {call["action"] for call in simulated.writes()}


def test_no_output_has_a_secret(done: tuple[Run, Path]) -> None:
    run, _directory = done
    assert [secret for secret in MARKED if secret in run.output] == []


def test_no_file_has_a_secret_also_none_that_is_there_while_it_runs(done: tuple[Run, Path]) -> None:
    _run, directory = done
    given = {directory / name for name in ("play.yml", "variables.json", "inventory.yml")}
    files = [path for path in directory.rglob("*") if path.is_file() and path not in given]
    assert any("/pending/" in str(path) for path in files), "what hosts wrote when they enrolled was looked at"
    holding = {path: secret for path in files for secret in MARKED if secret.encode() in path.read_bytes()}
    assert holding == {}


def test_no_call_to_the_cloud_is_journalled_with_the_key(done: tuple[Run, Path], simulated: Cloud) -> None:
    text = simulated.journal.read_text("utf-8")
    assert [secret for secret in NEVER_SENT if secret in text] == []
    assert [call for call in simulated.calls() if any(word in str(call.get("error", "")) for word in MARKED)] == []
