# Copyright (c) 2026 evergreen.os_migration contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Roles that write: each machine is touched by its own host only, once, and each host tells its own outcome."""

from __future__ import annotations

from collections import Counter
from pathlib import Path
from typing import Any

import pytest
import yaml
from integration.harness import (
    ACCESS_KEY,
    SECRET_KEY,
    VISIBILITY,
    Cloud,
    Controller,
    Run,
    cloud,
    group,
    host,
    instance_id,
)

NAMES = ("web-1", "web-2", "web-3")
TWO_DISKS = [{"type": "system", "size_gib": 40}, {"type": "data", "size_gib": 100}]
#: Nothing listens there.
UNREACHABLE = {"ansible_host": "127.0.0.1", "ansible_port": 9, "ansible_ssh_common_args": "-o ConnectTimeout=1"}

Play = dict[str, Any]


def role(name: str, **more: Any) -> Play:
    given = {"name": f"evergreen.os_migration.{name}", "rolespec_validate": False}
    return {"ansible.builtin.include_role": given, **more}


def play(*tasks: Play, hosts: str = "all", **keywords: Any) -> Play:
    return {"hosts": hosts, "gather_facts": False, **keywords, "tasks": list(tasks)}


def run(user: Controller, *plays: Play, **variables: Any) -> Run:
    user.directory.mkdir(parents=True, exist_ok=True)
    file = user.directory / "play.yml"
    file.write_text(yaml.safe_dump(list(plays), sort_keys=False), "utf-8")
    return user.run(str(file), **variables)


def fleet(simulated: Cloud, directory: Path, *names: str) -> Controller:
    return Controller(simulated, directory, {name: host(name) for name in names or NAMES})


def written(simulated: Cloud, *actions: str) -> Counter[str]:
    """How often each instance was written to."""
    ids = {instance_id(name): name for name in NAMES}
    calls = [call for call in simulated.writes(*actions) if actions or call["action"] != "RunCommand"]
    return Counter(ids[one] for call in calls for one in call["resources"] if one in ids)


def recap(output: str, name: str) -> dict[str, int]:
    line = next(line for line in output.splitlines() if line.startswith(f"{name} ") and "ok=" in line)
    return {word.split("=")[0]: int(word.split("=")[1]) for word in line.split() if "=" in word}


# --- the first host of the play ---------------------------------------------------------------------------------------

LEFT_OUT = {
    "skipped": [role("migrate", when="inventory_hostname != 'web-1'")],
    "failed": [{"ansible.builtin.fail": {}, "when": "inventory_hostname == 'web-1'"}, role("migrate")],
    "unreachable": [
        {"ansible.builtin.ping": {}, "when": "inventory_hostname == 'web-1'", "vars": UNREACHABLE},
        role("migrate"),
    ],
}


@pytest.mark.parametrize(
    "how", ["skipped", *(pytest.param(how, marks=pytest.mark.variant) for how in LEFT_OUT if how != "skipped")]
)
def test_a_first_host_that_does_not_take_part_is_left_alone_and_the_others_are_migrated(
    tmp_path: Path, how: str
) -> None:
    with cloud({"groups": [group(name) for name in NAMES]}, tmp_path / "cloud") as simulated:
        done = run(fleet(simulated, tmp_path / "user"), play(*LEFT_OUT[how]))
        assert set(written(simulated)) == {"web-2", "web-3"}, done.output
        assert written(simulated, "CreateReplicationJob") == {"web-2": 1, "web-3": 1}
    assert done.states("migrate") == dict.fromkeys(map(instance_id, NAMES[1:]), "migrated")
    assert [recap(done.output, name)["changed"] for name in NAMES] == [0, 1, 1]
    assert recap(done.output, "web-1")["skipped" if how == "skipped" else how] == 1 or how == "skipped"


# --- rollbacks --------------------------------------------------------------------------------------------------------


def test_rollbacks_after_each_other_and_of_two_plays_reset_each_disk_once(tmp_path: Path) -> None:
    groups = [group(name, disks=TWO_DISKS) for name in NAMES]
    with cloud({"groups": groups}, tmp_path / "cloud") as simulated:
        user = fleet(simulated, tmp_path / "user")
        assert run(user, play(role("migrate"))).rc == 0
        apart = [play(role("rollback"), hosts=name) for name in ("web-2", "web-3")]
        done = run(user, play(role("rollback"), role("rollback"), hosts="web-1,web-2"), *apart)
        assert done.rc == 0, done.output
        resets = Counter(one for call in simulated.writes("ResetDisk") for one in call["resources"] if one[:2] == "d-")
    assert list(resets.values()) == [1] * len(NAMES) * len(TWO_DISKS)
    assert set(done.states("rollback").values()) == {"rolled_back"}


# --- one host's bad value ---------------------------------------------------------------------------------------------

WAIVER = {"rule": "linux.i686_packages", "reason": "small", "owner": "ops", "expires": "2099-12-31"}
BAD: dict[str, tuple[dict[str, Any], str]] = {
    "rule": ({"os_migration_waivers": [{**WAIVER, "rule": "linux.i686"}]}, "Did you mean linux.i686_packages"),
    "day": ({"os_migration_waivers": [{**WAIVER, "expires": "soon"}]}, "expires on 'soon'"),
    "text": ({"os_migration_waivers": "none"}, "must be a list of waivers"),
    "undefined": ({"os_migration_target": "{{ nosuch }}"}, "nosuch"),
    "slip": ({"os_migration_taget": "alinux-3"}, "did you mean os_migration_target?"),
    "cloud": ({"os_migration_alicloud": "a text"}, "os_migration_alicloud"),
    "number": ({"migrate_max_running": "many"}, "migrate_max_running"),
}


def test_a_host_with_a_bad_value_fails_alone_by_name_before_anything_is_written(tmp_path: Path) -> None:
    hosts = {"web-1": host("web-1"), "web-3": host("web-3")}
    hosts |= {name: {**host("web-2"), "instance_id": instance_id(name), **said} for name, (said, _told) in BAD.items()}
    hosts |= {"twin-1": host("web-2"), "twin-2": host("web-2")}
    groups = [group(name) for name in (*NAMES, *BAD)]
    with cloud({"groups": groups}, tmp_path / "cloud") as simulated:
        clouds = {"os_migration_alicloud": None}
        user = Controller(simulated, tmp_path / "user", hosts, clouds)
        keys = {"endpoint": simulated.endpoint, "visibility": VISIBILITY}
        for name in hosts.keys() - {"cloud"}:
            user.hosts[name]["os_migration_alicloud"] = keys  # type: ignore[index]
        done = run(user, play(role("migrate")))
        assert set(written(simulated)) == {"web-1", "web-3"}, done.output
        assert {one for call in simulated.calls() for one in call["resources"] if one.startswith("i-")} == {
            instance_id("web-1"),
            instance_id("web-3"),
        }
    assert set(done.failures) == {*BAD, "twin-1", "twin-2"}
    for name, (_said, told) in BAD.items():
        assert f"({name})" in done.failures[name]
        assert told in done.failures[name]
    assert "also that of twin-2" in done.failures["twin-1"]
    assert "also that of twin-1" in done.failures["twin-2"]


@pytest.mark.variant
def test_options_of_the_whole_call_that_differ_are_refused(tmp_path: Path) -> None:
    hosts = {name: host(name, migrate_max_running=number) for name, number in (("web-1", 5), ("web-2", 7))}
    with cloud({"groups": [group(name) for name in NAMES]}, tmp_path / "cloud") as simulated:
        done = run(Controller(simulated, tmp_path / "user", hosts), play(role("migrate")))
        assert simulated.calls() == []
    assert set(done.failures) == set(hosts)
    assert all("migrate_max_running" in told and "5 on web-1; 7 on web-2" in told for told in done.failures.values())


# --- two accounts -----------------------------------------------------------------------------------------------------


def test_hosts_of_two_accounts_are_served_by_one_call_each_by_its_own_keys(tmp_path: Path) -> None:
    with (
        cloud({"groups": [group("web-1")]}, tmp_path / "one") as one,
        cloud({"groups": [group("web-2")]}, tmp_path / "other") as other,
    ):
        keys = {"access_key": ACCESS_KEY, "secret_key": SECRET_KEY, "visibility": VISIBILITY}
        hosts = {
            "web-1": host("web-1", endpoint=one.endpoint),
            "web-2": host("web-2", endpoint=other.endpoint),
        }
        user = Controller(one, tmp_path / "user", hosts, {"os_migration_alicloud": None}, credentials={})
        said = {"os_migration_alicloud": {**keys, "endpoint": "{{ endpoint }}"}}
        done = run(user, play(role("migrate"), vars=said))
        assert done.rc == 0, done.output
        assert written(one, "CreateReplicationJob") == {"web-1": 1}
        assert written(other, "CreateReplicationJob") == {"web-2": 1}
    assert set(done.states("migrate").values()) == {"migrated"}
    assert SECRET_KEY not in done.output


# --- a crash ----------------------------------------------------------------------------------------------------------

BROKEN = 'raise RuntimeError("the installation is broken")\n'


@pytest.mark.variant
def test_an_exception_in_a_module_is_told_by_every_host_and_by_a_module_alone(tmp_path: Path) -> None:
    package = tmp_path / "broken/aliyunsdkcore"
    package.mkdir(parents=True)
    (package / "__init__.py").write_text(BROKEN, "utf-8")

    class Damaged(Controller):
        def environment(self) -> dict[str, str]:
            return {**super().environment(), "PYTHONPATH": str(package.parent)}

    one = {"instance_id": instance_id("web-1"), "region": "cn-hangzhou"}
    info = {
        "evergreen.os_migration.instance_info": {"instances": [one]},
        "register": "looked",
        "failed_when": "looked.results is not defined",
    }
    with cloud({"groups": [group(name) for name in NAMES]}, tmp_path / "cloud") as simulated:
        user = Damaged(simulated, tmp_path / "user", {name: host(name) for name in NAMES})
        done = run(user, play({**info, "ignore_errors": True}, hosts="localhost"), play(role("assess")))
    assert done.rc == 2
    assert set(done.failures) == {"localhost", *NAMES}
    assert all("RuntimeError: the installation is broken" in told for told in done.failures.values()), done.failures
    assert "Traceback" not in done.output
