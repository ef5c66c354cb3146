# Copyright (c) 2026 evergreen.os_migration contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The modules in tasks of one's own, without any role: their examples run as they stand in the documentation."""

from __future__ import annotations

import json
from collections import Counter
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


def answers(user: Controller, tasks: list[dict[str, Any]], *options: str) -> tuple[list[dict[str, Any]], str]:
    """Run tasks one after the other in one play; return what each registered, and all that was shown."""
    local = {"delegate_to": "localhost", "run_once": True}
    file, found = user.directory / "answers.json", ", ".join(f"answer_{number}" for number in range(len(tasks)))
    kept = {"content": f"{{{{ [{found}] | to_json }}}}", "dest": str(file), "mode": "0600"}
    called = [
        {**task, "register": f"answer_{number}", "ignore_errors": True, **local} for number, task in enumerate(tasks)
    ]
    last = {"ansible.builtin.copy": kept, "no_log": True, "check_mode": False, "diff": False, **local}
    run = ran(user, [*called, last], *options)
    assert run.rc == 0, run.output
    registered: list[dict[str, Any]] = json.loads(file.read_text("utf-8"))
    return registered, run.output


def task(module: str, check: bool = False, **arguments: Any) -> dict[str, Any]:
    return {f"evergreen.os_migration.{module}": arguments, "check_mode": check}


def of_web(module: str, check: bool = False, **arguments: Any) -> dict[str, Any]:
    """The task that calls a module for the first instance."""
    return task(module, check, **{"instances": [{"instance_id": WEB, "region": "cn-hangzhou"}], **arguments})


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
        found, _shown = answers(user, [of_web("precheck_info", check, instances=both) for check in (False, True)])
        assert simulated.writes() == [call for call in simulated.writes() if call["action"] == "RunCommand"]
    for answer in found:
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
    looked = of_web("precheck_info", instances=both, target="alinux-3")
    [answer], _shown = answers(user_of(simulated, tmp_path / "user"), [looked])
    assert answer["failed"]
    assert answer["msg"].startswith("1 of 2 instances failed. i-bp1nosuchinstance00: ")
    assert [one["state"] for one in answer["results"]] == ["failed", "ready"]


# --- instance_snapshot ------------------------------------------------------------------------------------------------


DISK_WRITES = ("CreateSnapshot", "CreateSnapshotGroup", "ResetDisk", "DeleteSnapshot", "DeleteSnapshotGroup")
DISKS = [{"type": "system", "size_gib": 40}, {"type": "data", "size_gib": 100}]


def test_snapshots_are_taken_kept_gone_back_to_and_deleted_and_each_once(tmp_path: Path) -> None:
    def wanted(*steps: tuple[str, bool]) -> tuple[list[tuple[dict[str, Any], bool]], Counter[str]]:
        """The result of each step, whether it changed something, and what was written, but for questions to guests."""
        before = len(simulated.writes())
        told, _shown = answers(user, [of_web("instance_snapshot", check, state=state) for state, check in steps])
        done = Counter(one["action"] for one in simulated.writes()[before:] if one["action"] in DISK_WRITES)
        return [(one["results"][0], one["changed"]) for one in told], done

    with cloud({"groups": [machine(WEB, "centos-7", name="web", disks=DISKS)]}, tmp_path / "cloud") as simulated:
        user = user_of(simulated, tmp_path / "user")
        told, done = wanted(("present", True), ("present", False), ("present", False), ("present", True))
        states = [(result["state"], changed) for result, changed in told]
        assert states == [("planned", True), ("protected", True), ("protected", False), ("protected", False)]
        assert {one["label"] for one in told[1][0]["snapshots"]} == {f"of={WEB} attempt=1 set=1"}
        assert done == {"CreateSnapshotGroup": 1}
        run = user.play("rollback", target="web-01")
        assert run.rc == 0, run.output
        assert run.states("rollback") == {WEB: "unchanged"}
        told, done = wanted(("restored", True), ("restored", False), ("restored", False))
        states = [(result["state"], changed) for result, changed in told]
        assert states == [("planned", True), ("rolled_back", True), ("rolled_back", False)]
        assert told[1][0]["data_lost_since"]
        assert done == {"ResetDisk": len(DISKS)}
        told, done = wanted(("absent", False), ("absent", False))
        assert [(result["state"], changed) for result, changed in told] == [
            ("unprotected", True),
            ("unprotected", False),
        ]
        assert done == {"DeleteSnapshotGroup": 1}


@pytest.mark.variant
def test_disks_are_not_put_back_behind_what_was_served_without_that_moment_being_confirmed(
    simulated: Cloud, tmp_path: Path
) -> None:
    user = user_of(simulated, tmp_path / "user")
    back = {"state": "restored", "snapshots_valid": 0.1}
    [taken, refused], _shown = answers(user, [of_web("instance_snapshot"), of_web("instance_snapshot", **back)])
    moment = min(one["created"] for one in taken["results"][0]["snapshots"])
    assert (refused["failed"], refused["results"][0]["error"]["code"]) == (True, "NotConfirmed"), refused
    assert moment in refused["results"][0]["error"]["remedy"]
    assert simulated.writes("StopInstances") == []
    [done], _shown = answers(user, [of_web("instance_snapshot", **back, confirm=moment)])
    assert (done["failed"], done["results"][0]["data_lost_since"]) == (False, moment), done


# --- smc_activation_code ----------------------------------------------------------------------------------------------


def code(state: str = "present", check: bool = False, **more: Any) -> dict[str, Any]:
    return task("smc_activation_code", check, **{"name": "wave-1", "state": state, **more})


def test_a_code_is_made_once_disabled_and_deleted_and_nothing_of_it_in_check_mode(
    simulated: Cloud, tmp_path: Path
) -> None:
    known = {"count": 50, "valid_days": 7}
    made = {**known, "return_code": True}
    wanted = [
        (code("present", True, **made), True, ["active"]),
        (code("present", **made), True, ["active"]),
        (code("present", **known), False, ["active"]),
        (code("present", True, **known), False, ["active"]),
        (code("disabled", True), True, ["disabled"]),
        (code("disabled"), True, ["disabled"]),
        (code("disabled"), False, ["disabled"]),
        (code("present", **made), True, ["disabled", "active"]),
        (code("absent", True), True, []),
        (code("absent"), True, []),
        (code("absent"), False, []),
    ]
    told, _shown = answers(user_of(simulated, tmp_path / "user"), [one for one, _changed, _left in wanted])
    assert not any(one.get("failed") for one in told), told
    found = [(one["changed"], [each["status"] for each in one["codes"]]) for one in told]
    assert found == [(changed, left) for _task, changed, left in wanted]
    assert [call["action"] for call in simulated.writes()] == [
        *("CreateAccessToken", "DisableAccessToken", "CreateAccessToken"),
        *("DeleteAccessToken", "DeleteAccessToken"),
    ]


def test_what_a_code_says_is_registered_where_it_is_asked_for_and_shown_nowhere(
    simulated: Cloud, tmp_path: Path
) -> None:
    user = user_of(simulated, tmp_path / "user")
    tasks = [code(return_code=True), task("smc_activation_code_info", name="wave-1"), code(return_code=True)]
    [made, listed, there], shown = answers(user, tasks, "-vvv", "--diff")
    says = made["activation_code"]
    assert len(says) > 8
    assert [says in text for text in (shown, f"{listed}", f"{there}")] == [False] * 3
    assert "activation_code" not in there
    files = [path for path in user.directory.rglob("*") if path.is_file() and path.name != "answers.json"]
    assert [path for path in files if says.encode() in path.read_bytes()] == []
    assert says not in simulated.journal.read_text("utf-8")


@pytest.mark.variant
def test_a_code_that_nobody_would_know_is_not_made(simulated: Cloud, tmp_path: Path) -> None:
    [answer], _shown = answers(user_of(simulated, tmp_path / "user"), [code()])
    assert answer["failed"]
    assert "return_code" in answer["msg"]
    assert simulated.writes() == []


def test_an_answer_with_a_code_is_not_left_in_a_file_of_an_asynchronous_task(simulated: Cloud, tmp_path: Path) -> None:
    user = user_of(simulated, tmp_path / "user")
    run = ran(user, [{**code(return_code=True), "async": 60, "run_once": True, "delegate_to": "localhost", "poll": 1}])
    assert "does not support async" in run.output
    assert simulated.writes() == []


def test_what_no_code_can_be_is_told_before_anything_is_asked(simulated: Cloud, tmp_path: Path) -> None:
    wrong = {"count is 1001": {"count": 1001}, "valid_days is 91": {"valid_days": 91}, "name is '1st'": {"name": "1st"}}
    tasks = [code(**{"return_code": True, **one}) for one in wrong.values()]
    found, _shown = answers(user_of(simulated, tmp_path / "user"), tasks)
    assert [said in answer["msg"] for said, answer in zip(wrong, found, strict=True)] == [True] * len(wrong), found
    assert simulated.calls() == []


@pytest.mark.variant
def test_a_code_that_is_there_otherwise_is_told(simulated: Cloud, tmp_path: Path) -> None:
    user = user_of(simulated, tmp_path / "user")
    [_made, answer], _shown = answers(user, [code(count=50, return_code=True), code(count=60)])
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
        [_first, answer], _shown = answers(user, [code(return_code=True), code(return_code=True)])
    assert answer["failed"]
    assert told in answer["msg"]


@pytest.mark.variant
def test_a_code_whose_answer_was_lost_is_deleted_and_another_one_made(tmp_path: Path) -> None:
    faults = [{"match": {"action": "CreateAccessToken"}, "effect": "lost_answer", "times": 1}]
    with cloud({"groups": [], "faults": faults}, tmp_path / "cloud") as simulated:
        user = user_of(simulated, tmp_path / "user")
        [answer, listed], _shown = answers(user, [code(return_code=True), task("smc_activation_code_info")])
    assert answer["activation_code"]
    assert [one["id"] for one in listed["codes"]] == [answer["codes"][0]["id"]]


@pytest.mark.variant
def test_codes_are_listed_by_status(simulated: Cloud, tmp_path: Path) -> None:
    user = user_of(simulated, tmp_path / "user")
    made = [code(name=name, return_code=True) for name in ("wave-1", "wave-2")]
    asked = {"": {}, **{status: {"status": status} for status in ("active", "disabled", "expired")}}
    looks = [task("smc_activation_code_info", **one) for one in asked.values()]
    found, _shown = answers(user, [*made, code("disabled"), *looks])
    names = [[one["name"] for one in listed["codes"]] for listed in found[-len(looks) :]]
    assert dict(zip(asked, names, strict=True)) == {
        "": ["wave-1", "wave-2"],
        "active": ["wave-2"],
        "disabled": ["wave-1"],
        "expired": [],
    }
