# Copyright (c) 2026 evergreen.os_migration contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Rollbacks that meet jobs, stops that hang and guests that stay away, by real playbooks."""

from __future__ import annotations

import time
from pathlib import Path
from typing import Any

import pytest
from integration.harness import DURATIONS, Call, Cloud, Controller, cloud, group, host, instance_id

DISKS = [{"type": "system", "size_gib": 40}, {"type": "data", "size_gib": 100}]
WEB = instance_id("web-1")


def user_of(simulated: Cloud, directory: Path, *names: str) -> Controller:
    return Controller(simulated, directory, {name: host(name) for name in names or ("web-1",)})


def one(**more: Any) -> dict[str, Any]:
    """A scenario of one good instance with two disks, and what is special about it."""
    return {"groups": [group("web-1", smc_source="available", disks=DISKS, **more)]}


def actions(calls: list[Call]) -> list[str]:
    return [call["action"] for call in calls]


def events(result: dict[str, Any]) -> list[str]:
    return [entry["event"] for entry in result["timeline"]]


@pytest.mark.variant
def test_a_stop_that_hangs_is_forced_and_told(tmp_path: Path) -> None:
    hanging = one(faults={"stop_hangs": 1, "job": {"fail_at_hop": 1, "after_progress": 50}})
    with cloud(hanging, tmp_path / "cloud") as simulated:
        user = user_of(simulated, tmp_path / "user")
        run = user.play("migrate", migrate_on_failure="rollback", migrate_hop_timeout=12)
        result = run.report("migrate")[WEB]
        assert (result["state"], result["error"]["code"]) == ("rolled_back", "MigrationFailed")
        assert "stopped the instance by force, after 3 s" in events(result)
        assert result["data_lost_since"] == min(point["created"] for point in result["snapshots"])
        assert len(simulated.writes("StopInstances")) == 2


def test_a_job_that_somebody_could_start_again_is_deleted_before_anything_stops(tmp_path: Path) -> None:
    """Also while the service is in trouble."""
    failing = one(faults={"job": {"fail_at_hop": 1, "after_progress": 5, "times": 1}})
    failing["faults"] = [{"match": {"action": "StopInstances"}, "effect": "http_503", "times": 2}]
    with cloud(failing, tmp_path / "cloud") as simulated:
        user = user_of(simulated, tmp_path / "user")
        assert "MigrationFailed" in user.play("migrate").failures["web-1"]
        before = len(simulated.writes())
        run = user.play("rollback")
        done = actions(simulated.writes()[before:])
        assert run.states("rollback") == {WEB: "rolled_back"}, run.output
        assert done.index("DeleteReplicationJob") < done.index("StopInstances") < done.index("ResetDisk")
        assert done.count("ResetDisk") == len(DISKS)


def test_what_was_rolled_back_or_never_migrated_is_left_alone(tmp_path: Path) -> None:
    with cloud(one(), tmp_path / "cloud") as simulated:
        user = user_of(simulated, tmp_path / "user")
        run = user.play("rollback")
        assert (run.rc, run.states("rollback"), simulated.writes()) == (0, {WEB: "unchanged"}, []), run.output


def test_a_retry_takes_snapshots_of_its_own_and_orders_another_job(tmp_path: Path) -> None:
    failing = one(faults={"job": {"fail_at_hop": 1, "after_progress": 50, "times": 1}})
    with cloud(failing, tmp_path / "cloud") as simulated:
        user = user_of(simulated, tmp_path / "user")
        assert "MigrationFailed" in user.play("migrate").failures["web-1"]
        assert "MigrationFailed" in user.play("migrate").failures["web-1"]
        assert actions(simulated.writes("StartReplicationJob")) == ["StartReplicationJob"]
        run = user.play("migrate", migrate_retry=True)
        assert run.states("migrate") == {WEB: "migrated"}, run.output
        started = [call["resources"] for call in simulated.writes("StartReplicationJob")]
        assert len({job for resources in started for job in resources if job.startswith("j-")}) == 2
        later = [call["action"] for call in simulated.writes("CreateSnapshotGroup", "StartReplicationJob")]
        assert later == ["CreateSnapshotGroup", "StartReplicationJob"] * 2


@pytest.mark.variant
def test_an_agent_that_stays_away_is_no_reason_to_throw_a_good_migration_away(tmp_path: Path) -> None:
    late = one(durations={**DURATIONS, "agent_reconnect": 14_400})
    with cloud(late, tmp_path / "cloud") as simulated:
        user = user_of(simulated, tmp_path / "user")
        run = user.play("migrate", migrate_on_failure="rollback", migrate_hop_timeout=3)
        assert "AgentLost" in run.failures["web-1"]
        assert simulated.writes("StopInstances", "ResetDisk") == []
        assert user.play("migrate").states("migrate") == {WEB: "migrated"}


@pytest.mark.variant
def test_a_rollback_to_before_the_instance_served_tells_the_moment_and_waits_for_it_to_be_confirmed(
    tmp_path: Path,
) -> None:
    failing = one(faults={"job": {"fail_at_hop": 1, "after_progress": 50, "times": 1}})
    with cloud(failing, tmp_path / "cloud", speed=1200) as simulated:
        user = user_of(simulated, tmp_path / "user")
        assert "MigrationFailed" in user.play("migrate").failures["web-1"]
        time.sleep(6)  # two hours
        before = simulated.writes()
        hour = {"os_migration_snapshots_valid": 3600}
        refused = user.play("rollback", **hour).failures["web-1"]
        assert "NotConfirmed" in refused
        assert simulated.writes()[len(before) :] == [] or "StopInstances" not in actions(simulated.writes())
        moment = refused.split("set confirm to ")[1].split()[0].rstrip(".,")
        run = user.play("rollback", rollback_confirm=moment, **hour)
        result = run.report("rollback")[WEB]
        assert (result["state"], result["data_lost_since"]) == ("rolled_back", moment), run.output


SWEEP = """
- hosts: all
  gather_facts: false
  tasks:
    - name: Delete what a migration left that was rolled back
      evergreen.os_migration.instance_snapshot:
        instances: "{{ ansible_play_batch | evergreen.os_migration.fleet(hostvars) }}"
        state: absent
        leftovers: "{{ leftovers }}"
        poll_interval: 0.2
      delegate_to: localhost
      run_once: true
"""


@pytest.mark.variant
def test_what_a_rolled_back_migration_left_at_the_service_goes_when_it_is_asked_for(tmp_path: Path) -> None:
    with cloud({"groups": [group("web-1", disks=DISKS)]}, tmp_path / "cloud") as simulated:
        user = user_of(simulated, tmp_path / "user")
        play = tmp_path / "sweep.yml"
        play.write_text(SWEEP, "utf-8")
        assert user.play("migrate").rc == 0
        back = user.play("rollback")
        assert back.states("rollback") == {WEB: "rolled_back"}, back.output
        runs, written = [], []
        for options, leftovers in (((), False), (("--check",), True), ((), True), ((), True)):
            before = len(simulated.writes())
            runs.append(user.run(str(play), *options, leftovers=leftovers))
            done = actions(simulated.writes()[before:])
            written.append([one for one in done if one not in ("RunCommand", "TagResources")])
    assert [run.rc for run in runs] == [0, 0, 0, 0], runs[-1].output
    assert written[0] == ["DeleteSnapshotGroup"], "our own, as without the option"
    assert written[1] == [], "check mode only reads"
    assert written[2][0] == "DeleteReplicationJob", "what may put disks back goes while nothing else has gone"
    assert written[2].count("DeleteSnapshot") == len(DISKS), "those that SMC took"
    assert written[2][-1] == "DeleteSourceServer"
    assert written[3] == [], "there is nothing left"
