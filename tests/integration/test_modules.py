# Copyright (c) 2026 evergreen.os_migration contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The modules in tasks of one's own, without any role: their examples run as they stand in the documentation."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml
from ansible_collections.evergreen.os_migration.plugins.modules import (
    guest_command,
    instance_info,
    instance_snapshot,
    os_migration,
    precheck_info,
)
from integration.harness import DURATIONS, Cloud, Controller, Run, cloud

WEB, OLD = "i-bp1demo0centos7web01", "i-bp1demo0win2008r201"
PACE = {"poll_interval": 0.2}
DEFAULTS = {
    "os_migration": {**PACE, "snapshots_valid": 3600 * 600},
    "precheck_info": PACE,
    "guest_command": PACE,
    "instance_snapshot": {**PACE, "snapshots_valid": 3600 * 600},
}


def machine(instance_id: str, os_id: str, **more: Any) -> dict[str, Any]:
    return {"os": os_id, "ids": [instance_id], "smc_source": "available", "durations": DURATIONS, **more}


@pytest.fixture
def simulated(tmp_path: Path) -> Iterator[Cloud]:
    old = machine(OLD, "windows-2008r2", name="erp", guest={"edition": "Enterprise"})
    groups = [machine(WEB, "centos-7", name="web"), old]
    with cloud({"groups": groups}, tmp_path / "cloud") as running:
        yield running


def user_of(simulated: Cloud, directory: Path) -> Controller:
    hosts = {
        "web-01": {"instance_id": WEB, "region": "cn-hangzhou"},
        "erp-01": {"instance_id": OLD, "region": "cn-hangzhou"},
    }
    return Controller(simulated, directory, hosts)


def play(tasks: list[dict[str, Any]]) -> str:
    defaults = {f"evergreen.os_migration.{name}": options for name, options in DEFAULTS.items()}
    head = {"name": "Tasks of one's own", "hosts": "all", "gather_facts": False, "module_defaults": defaults}
    return yaml.safe_dump([{**head, "tasks": tasks}], sort_keys=False)


def ran(user: Controller, tasks: list[dict[str, Any]], *options: str) -> Run:
    user.directory.mkdir(parents=True, exist_ok=True)
    file = user.directory / "play.yml"
    file.write_text(play(tasks), "utf-8")
    return user.run(str(file), *options)


def called(user: Controller, module: str, *options: str, **arguments: Any) -> dict[str, Any]:
    """Call a module for the first instance, and return all that it answers."""
    given = {"instances": [{"instance_id": WEB, "region": "cn-hangzhou"}], **arguments}
    answer = user.directory / "answer.json"
    tasks = [
        {
            f"evergreen.os_migration.{module}": given,
            "delegate_to": "localhost",
            "run_once": True,
            "register": "answer",
            "ignore_errors": True,
        },
        {
            "ansible.builtin.copy": {"content": "{{ answer | to_json }}", "dest": str(answer), "mode": "0600"},
            "delegate_to": "localhost",
            "run_once": True,
            "check_mode": False,
            "diff": False,
        },
    ]
    run = ran(user, tasks, *options)
    assert run.rc == 0, run.output
    found: dict[str, Any] = json.loads(answer.read_text("utf-8"))
    return found


@pytest.mark.parametrize(
    "module",
    [guest_command, instance_info, instance_snapshot, os_migration, precheck_info],
    ids=lambda module: module.__name__.rpartition(".")[2],
)
def test_the_examples_of_a_module_run_as_they_stand(module: Any, simulated: Cloud, tmp_path: Path) -> None:
    tasks = yaml.safe_load(module.EXAMPLES)
    checked = [task for task in tasks if "failed_when" in task]
    for task in checked:
        task["ignore_errors"] = True  # that it may stop the play is what the example is for
    run = ran(user_of(simulated, tmp_path / "user"), tasks)
    assert run.rc == 0, run.output
    for task in tasks:
        assert f"TASK [{task['name']}]" in run.output


# --- precheck_info ----------------------------------------------------------------------------------------------------


def test_a_precheck_tells_what_stops_an_instance_and_is_no_failure_and_writes_nothing(tmp_path: Path) -> None:
    small = machine(OLD, "windows-2008r2", name="erp")
    with cloud({"groups": [machine(WEB, "centos-7", name="web"), small]}, tmp_path / "cloud") as simulated:
        user = user_of(simulated, tmp_path / "user")
        both = [
            {"instance_id": WEB, "region": "cn-hangzhou", "target": "alinux-3"},
            {"instance_id": OLD, "region": "cn-hangzhou", "target": "alinux-3"},
        ]
        answers = [called(user, "precheck_info", *options, instances=both) for options in ((), ("--check",))]
        assert simulated.writes() == [call for call in simulated.writes() if call["action"] == "RunCommand"]
    for answer in answers:
        assert (answer["failed"], answer["changed"]) == (False, False), answer
        assert [one["state"] for one in answer["results"]] == ["ready", "blocked"]
        assert answer["summary"]["failed"] == 0
        ready, blocked = answer["results"]
        assert [hop["target"] for hop in ready["hops"]] == ["alinux-3"]
        assert ready["guest"]["os"] == "centos-7"
        assert blocked["error"]["remedy"]


def test_a_precheck_fails_when_an_instance_cannot_be_looked_at_and_tells_of_the_others(
    simulated: Cloud, tmp_path: Path
) -> None:
    lost = {"instance_id": "i-bp1nosuchinstance00", "region": "cn-hangzhou"}
    both = [lost, {"instance_id": WEB, "region": "cn-hangzhou"}]
    answer = called(user_of(simulated, tmp_path / "user"), "precheck_info", instances=both, target="alinux-3")
    assert answer["failed"]
    assert answer["msg"].startswith("1 of 2 instances failed. i-bp1nosuchinstance00: ")
    assert [one["state"] for one in answer["results"]] == ["failed", "ready"]


# --- instance_snapshot ------------------------------------------------------------------------------------------------


DISKS = [{"type": "system", "size_gib": 40}, {"type": "data", "size_gib": 100}]


def test_snapshots_are_taken_kept_gone_back_to_and_deleted_and_each_once(tmp_path: Path) -> None:
    with cloud({"groups": [machine(WEB, "centos-7", name="web", disks=DISKS)]}, tmp_path / "cloud") as simulated:
        user = user_of(simulated, tmp_path / "user")

        def wanted(state: str, *options: str, **more: Any) -> tuple[dict[str, Any], list[str]]:
            """The answer, and what was written for it beside the lock and questions to guests."""
            before = len(simulated.writes())
            answer = called(user, "instance_snapshot", *options, state=state, **more)
            return answer, [one["action"] for one in simulated.writes()[before:] if one["action"] != "RunCommand"]

        answer, done = wanted("present", "--check")
        assert (answer["results"][0]["state"], answer["changed"], done) == ("planned", True, []), answer
        answer, done = wanted("present")
        assert (answer["results"][0]["state"], answer["changed"]) == ("protected", True), answer
        assert done.count("CreateSnapshot") == len(DISKS)
        assert {one["label"] for one in answer["results"][0]["snapshots"]} == {f"of={WEB} attempt=1 set=1"}
        for options in ((), ("--check",)):
            answer, done = wanted("present", *options)
            assert (answer["results"][0]["state"], answer["changed"], done) == ("protected", False, []), answer
        run = user.play("rollback", target="web-01")
        assert run.rc == 0, run.output
        assert run.states("rollback") == {WEB: "unchanged"}
        answer, done = wanted("restored", "--check")
        assert (answer["results"][0]["state"], done) == ("planned", []), answer
        answer, done = wanted("restored")
        assert (answer["results"][0]["state"], answer["changed"]) == ("rolled_back", True), answer
        assert done.count("ResetDisk") == len(DISKS)
        assert answer["results"][0]["data_lost_since"]
        answer, done = wanted("restored")
        assert (answer["results"][0]["state"], answer["changed"], done) == ("rolled_back", False, []), answer
        answer, done = wanted("absent")
        assert (answer["results"][0]["state"], done.count("DeleteSnapshot")) == ("unprotected", len(DISKS)), answer
        answer, done = wanted("absent")
        assert (answer["results"][0]["state"], answer["changed"], done) == ("unprotected", False, []), answer


def test_disks_are_not_put_back_behind_what_was_served_without_that_moment_being_confirmed(
    simulated: Cloud, tmp_path: Path
) -> None:
    user = user_of(simulated, tmp_path / "user")
    taken = called(user, "instance_snapshot")["results"][0]["snapshots"]
    moment = min(one["created"] for one in taken)
    before = len(simulated.writes())
    refused = called(user, "instance_snapshot", state="restored", snapshots_valid=0.1)
    assert (refused["failed"], refused["results"][0]["error"]["code"]) == (True, "NotConfirmed"), refused
    assert moment in refused["results"][0]["error"]["remedy"]
    assert "StopInstances" not in [one["action"] for one in simulated.writes()[before:]]
    done = called(user, "instance_snapshot", state="restored", snapshots_valid=0.1, confirm=moment)
    assert (done["failed"], done["results"][0]["data_lost_since"]) == (False, moment), done
