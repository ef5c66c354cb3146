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
    smc_activation_code,
    smc_activation_code_info,
    stack,
    stack_info,
)
from integration.harness import DURATIONS, Cloud, Controller, Run, cloud

WEB, OLD = "i-bp1demo0centos7web01", "i-bp1demo0win2008r201"
PACE = {"poll_interval": 0.2}
DEFAULTS = {
    "os_migration": {**PACE, "snapshots_valid": 3600 * 600},
    "precheck_info": PACE,
    "guest_command": PACE,
    "instance_snapshot": {**PACE, "snapshots_valid": 3600 * 600},
    "stack": PACE,
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
    [
        guest_command,
        instance_info,
        instance_snapshot,
        os_migration,
        precheck_info,
        smc_activation_code,
        smc_activation_code_info,
        stack,
        stack_info,
    ],
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


# --- smc_activation_code ----------------------------------------------------------------------------------------------


def asked(user: Controller, module: str, *options: str, **arguments: Any) -> tuple[dict[str, Any], str]:
    """Call a module that is for no instance; return what was registered, and all that was shown."""
    answer = user.directory / "answer.json"
    local = {"delegate_to": "localhost", "run_once": True}
    kept = {"content": "{{ answer | to_json }}", "dest": str(answer), "mode": "0600"}
    tasks = [
        {f"evergreen.os_migration.{module}": arguments, "register": "answer", "ignore_errors": True, **local},
        {"ansible.builtin.copy": kept, "no_log": True, "check_mode": False, "diff": False, **local},
    ]
    run = ran(user, tasks, *options)
    assert run.rc == 0, run.output
    found: dict[str, Any] = json.loads(answer.read_text("utf-8"))
    return found, run.output


def test_a_code_is_made_once_disabled_and_deleted_and_nothing_of_it_in_check_mode(
    simulated: Cloud, tmp_path: Path
) -> None:
    user = user_of(simulated, tmp_path / "user")

    def wanted(state: str, *options: str, **more: Any) -> tuple[bool, list[str], list[str]]:
        before = len(simulated.writes())
        answer, _shown = asked(user, "smc_activation_code", *options, name="wave-1", state=state, **more)
        assert not answer.get("failed"), answer
        done = [call["action"] for call in simulated.writes()[before:]]
        return answer["changed"], [one["status"] for one in answer["codes"]], done

    made = {"count": 50, "valid_days": 7, "return_code": True}
    assert wanted("present", "--check", **made) == (True, ["active"], [])
    assert wanted("present", **made) == (True, ["active"], ["CreateAccessToken"])
    for options in ((), ("--check",)):
        assert wanted("present", *options, count=50, valid_days=7) == (False, ["active"], [])
    assert wanted("disabled", "--check") == (True, ["disabled"], [])
    assert wanted("disabled") == (True, ["disabled"], ["DisableAccessToken"])
    assert wanted("disabled") == (False, ["disabled"], [])
    assert wanted("present", **made) == (True, ["disabled", "active"], ["CreateAccessToken"])
    assert wanted("absent", "--check") == (True, [], [])
    assert wanted("absent") == (True, [], ["DeleteAccessToken", "DeleteAccessToken"])
    assert wanted("absent") == (False, [], [])


def test_what_a_code_says_is_registered_where_it_is_asked_for_and_shown_nowhere(
    simulated: Cloud, tmp_path: Path
) -> None:
    user = user_of(simulated, tmp_path / "user")
    made, shown = asked(user, "smc_activation_code", "-vvv", "--diff", name="wave-1", return_code=True)
    says = made["activation_code"]
    assert len(says) > 8
    assert says not in shown
    listed, again = asked(user, "smc_activation_code_info", "-vvv", name="wave-1")
    there, third = asked(user, "smc_activation_code", "-vvv", name="wave-1", return_code=True)
    assert [says in f"{one}" for one in (listed, again, there, third)] == [False] * 4
    assert "activation_code" not in there
    files = [path for path in user.directory.rglob("*") if path.is_file() and path.name != "answer.json"]
    assert [path for path in files if says.encode() in path.read_bytes()] == []
    assert says not in simulated.journal.read_text("utf-8")


def test_a_code_that_nobody_would_know_is_not_made(simulated: Cloud, tmp_path: Path) -> None:
    answer, _shown = asked(user_of(simulated, tmp_path / "user"), "smc_activation_code", name="wave-1")
    assert answer["failed"]
    assert "return_code" in answer["msg"]
    assert simulated.writes() == []


def test_an_answer_with_a_code_is_not_left_in_a_file_of_an_asynchronous_task(simulated: Cloud, tmp_path: Path) -> None:
    user = user_of(simulated, tmp_path / "user")
    task = {"evergreen.os_migration.smc_activation_code": {"name": "wave-1", "return_code": True}, "async": 60}
    run = ran(user, [{**task, "run_once": True, "delegate_to": "localhost", "poll": 1}])
    assert "does not support async" in run.output
    assert simulated.writes() == []


@pytest.mark.parametrize(
    ("wrong", "told"),
    [({"count": 1001}, "count is 1001"), ({"valid_days": 91}, "valid_days is 91"), ({"name": "1st"}, "name is '1st'")],
)
def test_what_no_code_can_be_is_told_before_anything_is_asked(
    simulated: Cloud, tmp_path: Path, wrong: dict[str, Any], told: str
) -> None:
    user = user_of(simulated, tmp_path / "user")
    answer, _shown = asked(user, "smc_activation_code", **{"name": "wave-1", "return_code": True, **wrong})
    assert told in answer["msg"]
    assert simulated.calls() == []


def test_a_code_that_is_there_otherwise_is_told(simulated: Cloud, tmp_path: Path) -> None:
    user = user_of(simulated, tmp_path / "user")
    asked(user, "smc_activation_code", name="wave-1", count=50, return_code=True)
    answer, _shown = asked(user, "smc_activation_code", name="wave-1", count=60)
    assert not answer["changed"]
    assert any("count is 50, not 60" in text for text in answer["warnings"])


@pytest.mark.parametrize(
    ("smc", "faults", "told"),
    [
        ({"most_codes": 0}, [], "quota of activation codes"),
        ({"codes_listed": 0}, [], "of which 0 were listed"),
        ({}, [{"match": {"action": "CreateAccessToken"}, "effect": "code", "code": "Forbidden.RAM"}], "permission"),
    ],
)
def test_what_the_service_refuses_is_told_with_what_to_do(
    tmp_path: Path, smc: dict[str, Any], faults: list[dict[str, Any]], told: str
) -> None:
    with cloud({"groups": [], "smc": smc, "faults": faults}, tmp_path / "cloud") as simulated:
        user = user_of(simulated, tmp_path / "user")
        asked(user, "smc_activation_code", name="wave-1", return_code=True)
        answer, _shown = asked(user, "smc_activation_code", name="wave-1", return_code=True)
    assert answer["failed"]
    assert told in answer["msg"]


@pytest.mark.variant
def test_a_code_whose_answer_was_lost_is_deleted_and_another_one_made(tmp_path: Path) -> None:
    faults = [{"match": {"action": "CreateAccessToken"}, "effect": "lost_answer", "times": 1}]
    with cloud({"groups": [], "faults": faults}, tmp_path / "cloud") as simulated:
        user = user_of(simulated, tmp_path / "user")
        answer, _shown = asked(user, "smc_activation_code", name="wave-1", return_code=True)
        assert answer["activation_code"]
        listed, _shown = asked(user, "smc_activation_code_info")
    assert [one["id"] for one in listed["codes"]] == [answer["codes"][0]["id"]]


@pytest.mark.variant
def test_codes_are_listed_by_status(simulated: Cloud, tmp_path: Path) -> None:
    user = user_of(simulated, tmp_path / "user")
    for name in ("wave-1", "wave-2"):
        asked(user, "smc_activation_code", name=name, return_code=True)
    asked(user, "smc_activation_code", name="wave-1", state="disabled")
    names = {}
    for status in ("", "active", "disabled", "expired"):
        listed, _shown = asked(user, "smc_activation_code_info", **({"status": status} if status else {}))
        names[status] = [one["name"] for one in listed["codes"]]
    assert names == {"": ["wave-1", "wave-2"], "active": ["wave-2"], "disabled": ["wave-1"], "expired": []}
