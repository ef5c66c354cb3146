# Copyright (c) 2026 evergreen.os_migration contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A variable counts wherever Ansible's users set it, for every phase that reads it, and with Ansible's own precedence.

A role of the test's own enrols the hosts as the phase roles do; what they wrote down says what was read.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
import yaml
from ansible_collections.evergreen.os_migration.plugins.module_utils._core.phases import PHASES
from ansible_collections.evergreen.os_migration.plugins.plugin_utils._wishes import digest
from integration.harness import Cloud, Controller, Run

READING = ("assess", "migrate", "verify", "rollback", "commit", "remediate")
WAIVERS = [{"rule": "linux.memory", "reason": "small", "owner": "ops", "expires": "2099-12-31"}]
#: Every wish, and how the option that it becomes is called.
WISHES: dict[str, tuple[str, Any]] = {
    "os_migration_target": ("target", "alinux-3"),
    "os_migration_via": ("via", ["anolis-8"]),
    "os_migration_avoid": ("avoid", ["rhel-8"]),
    "os_migration_waivers": ("waivers", WAIVERS),
    "os_migration_profile": ("profile", "shop"),
}
CONNECTION = {"region": "cn-hangzhou", "timeout": 7}
SMC = {"transport": "watch"}
VARIABLES = {name: value for name, (_option, value) in WISHES.items()} | {
    "os_migration_alicloud": CONNECTION,
    "os_migration_smc": SMC,
    "os_migration_poll_interval": 3.5,
}
#: Templated, with a variable of the host in it.
TEMPLATED = {
    **VARIABLES,
    "os_migration_target": "{{ wanted }}",
    "os_migration_via": ["{{ 'anolis-8' if wanted else omit }}"],
    "os_migration_waivers": "{{ [{'rule': 'linux.memory', 'owner': 'ops', 'expires': '2099-12-31'} | combine(more)] }}",
    "os_migration_alicloud": {"region": "cn-{{ 'hangzhou' }}", "timeout": 7},
}
OF_HOST = {"wanted": "alinux-3", "more": {"reason": "small"}, "ansible_connection": "local"}
PROBE = """
- name: Take part
  evergreen.os_migration.enrol:
    phase: "{{ asked }}"
"""
Play = dict[str, Any]


def probe(**more: Any) -> Play:
    return {"ansible.builtin.include_role": {"name": "probe"}, **more}


def each_phase(**more: Any) -> list[Play]:
    return [probe(**{**more, "vars": {**more.get("vars", {}), "asked": phase}}) for phase in READING]


def play(host: str, tasks: list[Play], **keywords: Any) -> Play:
    return {"name": host, "hosts": host, "gather_facts": False, **keywords, "tasks": tasks}


#: A play for each place where variables can be set; its one host is called as the place.
PLACES: dict[str, Play] = {
    "host": play("host", each_phase()),
    "group": play("group", each_phase()),
    "play": play("play", each_phase(), vars=VARIABLES),
    "role_params": play(
        "role_params", [], roles=[{"role": "probe", "vars": {**VARIABLES, "asked": phase}} for phase in READING]
    ),
    "block": play("block", [{"vars": VARIABLES, "block": each_phase()}]),
    "include_role": play("include_role", each_phase(vars=VARIABLES)),
    "set_fact": play("set_fact", [{"ansible.builtin.set_fact": VARIABLES}, *each_phase()]),
    "templated": play("templated", each_phase(vars=TEMPLATED)),
    "stronger": play(
        "stronger",
        each_phase(vars=VARIABLES),
        vars={"os_migration_target": "anolis-8", "os_migration_alicloud": {"region": "cn-beijing"}},
    ),
}
KEEP = {
    "name": "Keep what was written down",
    "hosts": "host",
    "gather_facts": False,
    "tasks": [{"ansible.builtin.command": {"argv": ["cp", "-r", "{{ lookup('env', 'ANSIBLE_LOCAL_TEMP') }}", "kept"]}}],
}


class User(Controller):
    """A user whose variables are where the plays say, and nowhere else."""

    def environment(self) -> dict[str, str]:
        return {**super().environment(), "ANSIBLE_LOCAL_TEMP": str(self.directory / "local")}

    def enrol(self, plays: list[Play], *options: str) -> Run:
        self.directory.mkdir(parents=True, exist_ok=True)
        tasks = self.directory / "roles/probe/tasks"
        tasks.mkdir(parents=True)
        (tasks / "main.yml").write_text(PROBE, "utf-8")
        (self.directory / "play.yml").write_text(yaml.safe_dump([*plays, KEEP], sort_keys=False), "utf-8")
        run = self.run(str(self.directory / "play.yml"), *options, **dict.fromkeys(OTHERS))
        assert run.rc == 0, run.output
        return run

    def command(self, playbook: str, *options: str, **variables: Any) -> list[str]:
        made = super().command(playbook, *options, **variables)
        hosts: dict[str, dict[str, Any]] = {
            name: {**OF_HOST, "instance_id": f"i-{name}"} for name in (*PLACES, "extra")
        }
        hosts["host"] |= VARIABLES
        groups = {"some": {"hosts": {"group": None}, "vars": VARIABLES}}
        inventory = {"all": {"hosts": hosts, "children": groups}}
        (self.directory / "inventory.yml").write_text(yaml.safe_dump(inventory), "utf-8")
        return made

    def read(self, phase: str) -> dict[str, dict[str, Any]]:
        """What the hosts wrote down for a phase."""
        files = (self.directory / "kept").glob(f"*/os_migration/{phase}/*/pending/*.json")
        return {wish["host"]: wish for wish in (json.loads(file.read_text("utf-8")) for file in files)}


#: What the harness would say on the command line.
OTHERS = ("os_migration_alicloud", "os_migration_poll_interval", "os_migration_report_dir", "os_migration_smc")


@pytest.fixture(scope="module")
def user(tmp_path_factory: pytest.TempPathFactory) -> User:
    made = User(Cloud("", Path()), tmp_path_factory.mktemp("user"), {})
    made.enrol(list(PLACES.values()))
    return made


def expected(phase: str, host: str) -> tuple[dict[str, Any], dict[str, Any]]:
    """What is wished for the instance, and how it is reached."""
    item = {option: value for name, (option, value) in WISHES.items() if name in set(PHASES[phase].variables)}
    clouds = {"alicloud": digest(CONNECTION), "smc": digest(SMC)}
    return {"name": host, "instance_id": f"i-{host}", **item}, clouds


@pytest.mark.parametrize("place", PLACES)
@pytest.mark.parametrize("phase", READING)
def test_a_variable_counts_wherever_it_is_set(user: User, phase: str, place: str) -> None:
    wish = user.read(phase)[place]
    assert (wish["item"], wish["clouds"]) == expected(phase, place)
    assert wish["options"]["poll_interval"] == 3.5


def test_extra_vars_beat_all_others(tmp_path: Path) -> None:
    said = {"os_migration_target": "{{ wanted }}", "os_migration_alicloud": CONNECTION}
    user = User(Cloud("", Path()), tmp_path, {})
    weaker = {"os_migration_target": "anolis-8", "os_migration_alicloud": {"region": "cn-beijing"}}
    plays = [{**play("extra", each_phase(vars=weaker)), "name": "extra"}, play("host", each_phase())]
    user.enrol(plays, "-e", json.dumps(said))
    for phase in READING:
        assert {wish["item"].get("target") for wish in user.read(phase).values()} == {"alinux-3"}
        assert {wish["clouds"]["alicloud"] for wish in user.read(phase).values()} == {digest(CONNECTION)}
