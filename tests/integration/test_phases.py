# Copyright (c) 2026 evergreen.os_migration contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A small mixed fleet goes through all phases, by the collection's own playbooks."""

from __future__ import annotations

import stat
from collections.abc import Iterator
from pathlib import Path

import pytest
from integration.harness import SECRET_KEY, Call, Cloud, Controller, Run, cloud, group, host, instance_id

FLEET = {"web-1": "centos-7", "web-2": "centos-7", "erp-1": "windows-2008r2"}
TWO_DISKS = [{"type": "system", "size_gib": 40}, {"type": "data", "size_gib": 100}]
DISKS = 2 * len(FLEET)
HOPS = {"web-1": 1, "web-2": 1, "erp-1": 2}
CHECKS = [
    {"name": "the new system", "script": "grep -q alinux /etc/os-release"},
    {"name": "not on web-2", "script": 'test "$(hostname)" != web-2'},
    {"name": "services", "shell": "powershell", "script": "Get-Service shop"},
]


@pytest.fixture(scope="module")
def simulated(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Cloud]:
    answers = {"guest": {"edition": "Enterprise", "answers": [{"contains": "Get-Service shop", "rc": 0}]}}
    more = {"erp-1": answers, "web-1": {"smc_source": "available"}}
    groups = [group(name, system, disks=TWO_DISKS, **more.get(name, {})) for name, system in FLEET.items()]
    with cloud({"groups": groups}, tmp_path_factory.mktemp("cloud")) as running:
        yield running


@pytest.fixture(scope="module")
def controller(simulated: Cloud, tmp_path_factory: pytest.TempPathFactory) -> Controller:
    return Controller(simulated, tmp_path_factory.mktemp("user"), {name: host(name, FLEET[name]) for name in FLEET})


def everyone(state: str) -> dict[str, str]:
    return {instance_id(name): state for name in FLEET}


def succeeded(run: Run) -> None:
    assert run.rc == 0, run.output
    assert run.warnings == []


# The tests of this file are the steps of one story, in this order.


def test_assess_finds_them_ready_and_only_runs_the_facts_script(controller: Controller, simulated: Cloud) -> None:
    run = controller.play("assess")
    succeeded(run)
    assert run.states("assess") == everyone("ready")
    assert {call["action"] for call in simulated.writes()} == {"RunCommand"}


def written(simulated: Cloud) -> list[Call]:
    """What was written in the cloud; asking guests for facts changes nothing."""
    return [call for call in simulated.writes() if call["action"] != "RunCommand"]


def test_check_mode_shows_the_plan_and_writes_nothing(controller: Controller, simulated: Cloud) -> None:
    before = written(simulated)
    for phase in ("assess", "migrate", "verify", "rollback", "commit"):
        run = controller.play(phase, "--check", "--diff")
        assert written(simulated) == before, f"{phase} wrote in check mode"
        assert "Traceback" not in run.output
        if phase == "migrate":
            succeeded(run)
            assert "3 planned" in run.output
            assert '+        "os": "windows-2016"' in run.output
            assert "windows-2008r2 -> windows-2012r2, up to 30 min" in run.output
            assert '"minutes": 60' in run.output
            assert '": "up to 40 GiB"' in run.output
    assert not (controller.reports / "migrate.json").exists()


def snapshots(simulated: Cloud, action: str) -> set[str]:
    """The snapshots that calls of an action are about."""
    return {one for call in simulated.writes(action) for one in call["resources"] if one.startswith("s-")}


def test_migrate_takes_each_instance_over_all_its_hops(controller: Controller, simulated: Cloud) -> None:
    run = controller.play("migrate")
    succeeded(run)
    assert run.states("migrate") == everyone("migrated")
    assert {name: run.report("migrate")[instance_id(name)]["hop"] for name in FLEET} == HOPS
    assert len(simulated.writes("CreateReplicationJob")) == sum(HOPS.values())
    assert len(snapshots(simulated, "CreateSnapshotGroup")) == DISKS
    assert len(simulated.writes("CreateSnapshotGroup")) == len(FLEET)


def test_the_report_is_private_and_holds_no_secret(controller: Controller) -> None:
    report = controller.reports / "migrate.json"
    assert stat.S_IMODE(report.stat().st_mode) == 0o600
    assert stat.S_IMODE(controller.reports.stat().st_mode) == 0o700
    assert SECRET_KEY not in report.read_text("utf-8")


def test_migrate_again_changes_nothing(controller: Controller, simulated: Cloud) -> None:
    before = len(simulated.writes())
    run = controller.play("migrate")
    succeeded(run)
    assert {call["action"] for call in simulated.writes()[before:]} <= {"RunCommand"}
    assert "changed=1" not in run.output
    erp = run.report("migrate")[instance_id("erp-1")]
    assert ([hop["target"] for hop in erp["hops"]], erp["hop"]) == (["windows-2012r2", "windows-2016"], 2)
    assert [work["status"] for work in erp["works"]] == ["done", "done"]
    assert "marked started" in [event["event"] for event in erp["timeline"]]
    assert [(one["state"], one["changed"]) for one in erp["runs"]] == [("migrated", True)]


def test_check_mode_shows_the_moment_that_disks_go_back_to_and_the_snapshots_that_go(
    controller: Controller, simulated: Cloud
) -> None:
    before = written(simulated)
    back = controller.play("rollback", "--check", "--diff")
    succeeded(back)
    assert back.output.count('"as it was at ') == DISKS
    gone = controller.play("commit", "--check", "--diff")
    succeeded(gone)
    assert gone.output.count(" GiB, of d-") == DISKS
    assert "3 planned" in back.output
    assert "3 planned" in gone.output
    assert written(simulated) == before


def test_verify_runs_checks_where_they_belong(controller: Controller) -> None:
    run = controller.play("verify", verify_checks=CHECKS)
    assert run.states("verify") == {**everyone("verified"), instance_id("web-2"): "failed"}
    assert list(run.failures) == ["web-2"]
    assert run.failures["web-2"].startswith(f"{instance_id('web-2')} (web-2): not on web-2: ScriptFailed")


def test_rollback_of_one_host_leaves_the_others_alone(controller: Controller, simulated: Cloud) -> None:
    before = len(simulated.writes())
    run = controller.play("rollback", "--limit", "web-1")
    succeeded(run)
    touched = {one for call in simulated.writes()[before:] for one in call["resources"] if one.startswith("i-")}
    assert touched == {instance_id("web-1")}
    assert controller.play("verify", "--limit", "web-1").failures["web-1"].find("centos-7") > 0


def test_what_was_rolled_back_is_tried_again_only_if_asked(controller: Controller) -> None:
    refused = controller.play("migrate", "--limit", "web-1")
    assert "RolledBack" in refused.failures["web-1"]
    assessed = controller.play("assess", "--limit", "web-1")
    assert "RolledBack" in assessed.failures["web-1"]
    errors = [
        run.report(phase)[instance_id("web-1")]["error"] for run, phase in ((refused, "migrate"), (assessed, "assess"))
    ]
    assert errors[0] == errors[1]
    succeeded(controller.play("assess", "--limit", "web-1", migrate_retry=True))
    again = controller.play("migrate", "--limit", "web-1", migrate_retry=True)
    succeeded(again)
    assert again.states("migrate") == everyone("migrated")
    web = again.report("migrate")[instance_id("web-1")]
    assert (web["attempt"], [one["attempt"] for one in web["earlier"]]) == (2, [1])
    assert [one["state"] for one in web["earlier"][0]["runs"]] == ["migrated", "rolled_back"]


def test_commit_deletes_every_snapshot_it_took_and_nothing_else(controller: Controller, simulated: Cloud) -> None:
    taken = snapshots(simulated, "CreateSnapshotGroup")
    run = controller.play("commit")
    succeeded(run)
    assert run.states("commit") == everyone("committed")
    assert snapshots(simulated, "DeleteSnapshotGroup") == taken
    assert simulated.writes("DeleteSnapshot") == []


def test_after_commit_there_is_no_way_back(controller: Controller, simulated: Cloud) -> None:
    before = len(simulated.writes())
    run = controller.play("rollback")
    assert set(run.failures) == set(FLEET)
    assert all("NothingToRollBack" in message for message in run.failures.values())
    assert len(simulated.writes()) == before


def test_two_hosts_for_one_instance_are_refused(controller: Controller, tmp_path: Path) -> None:
    twins = {"web-1": host("web-1"), "web-1-twin": host("web-1")}
    run = Controller(controller.cloud, tmp_path, twins).play("assess")
    assert run.rc != 0
    assert "more than once" in run.output
    assert "Traceback" not in run.output
