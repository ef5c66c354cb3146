# Copyright (c) 2026 evergreen.os_migration contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The snapshots that protect a migration: all of them or no migration, and they go when they are no longer needed."""

from __future__ import annotations

from pathlib import Path

from integration.harness import Controller, cloud, group, host, instance_id

WEB = instance_id("web-1")
ROOT, DATA = {"type": "system", "size_gib": 40}, {"type": "data", "size_gib": 100}
ESSDS = [ROOT, *[DATA] * 4]
#: One of them is no ESSD: each is taken on its own.
FIVE = [ROOT, *[DATA] * 3, {**DATA, "category": "cloud_ssd"}]
#: The third snapshot, and the next try; then somebody has made room.
FULL = {"match": {"action": "CreateSnapshot"}, "effect": "code", "code": "QuotaExceed.Snapshot", "after": 2, "times": 2}


def test_a_quota_that_is_full_at_the_third_of_five_snapshots_begins_nothing_and_the_next_run_has_a_whole_set(
    tmp_path: Path,
) -> None:
    scenario = {"groups": [group("web-1", disks=FIVE, smc_source="available")], "faults": [FULL]}
    with cloud(scenario, tmp_path / "cloud") as simulated:
        user = Controller(simulated, tmp_path / "user", {"web-1": host("web-1")})
        full = user.play("migrate")
        before = {call["action"] for call in simulated.writes()}
        run = user.play("migrate")
        taken = simulated.writes("CreateSnapshot")
    assert "QuotaExceed" in full.failures["web-1"], full.output
    assert "Delete what is no longer needed" in full.failures["web-1"]
    assert not before & {"CreateReplicationJob", "StopInstance"}
    assert run.states("migrate") == {WEB: "migrated"}, run.output
    last = [{one for one in call["resources"] if one.startswith("d-")} for call in taken[-5:]]
    assert len(frozenset().union(*last)) == 5, "every disk, in one set: the first two were of another moment"


def test_one_call_takes_all_essds_of_an_instance_and_one_call_deletes_them(tmp_path: Path) -> None:
    with cloud({"groups": [group("web-1", disks=ESSDS, smc_source="available")]}, tmp_path / "cloud") as simulated:
        user = Controller(simulated, tmp_path / "user", {"web-1": host("web-1")})
        migrated, committed = user.play("migrate"), user.play("commit")
        done = [call["action"] for call in simulated.writes() if "Snapshot" in call["action"]]
    assert migrated.states("migrate") == {WEB: "migrated"}, migrated.output
    assert committed.states("commit") == {WEB: "committed"}, committed.output
    assert done == ["CreateSnapshotGroup", "DeleteSnapshotGroup"]


def test_killed_after_the_group_was_made_the_next_run_goes_on_with_it(tmp_path: Path) -> None:
    """The controller dies before it knows which snapshots the group has: whose they are is written on the group."""
    slow = {"match": {"action": "DescribeSnapshotGroups"}, "effect": "delay", "seconds": 600, "times": 1}
    with cloud(
        {"groups": [group("web-1", disks=ESSDS, smc_source="available")], "faults": [slow]}, tmp_path / "cloud"
    ) as simulated:
        user = Controller(simulated, tmp_path / "user", {"web-1": host("web-1")})
        command = user.command("evergreen.os_migration.migrate", target="all")
        killed = user.run_until_killed(command, lambda: bool(simulated.writes("CreateSnapshotGroup")))
        run = user.play("migrate")
        made = simulated.writes("CreateSnapshotGroup", "CreateSnapshot")
    assert killed
    assert run.states("migrate") == {WEB: "migrated"}, run.output
    assert len(made) == 1, "the group that was there was found"
    assert len({one for one in made[0]["resources"] if one.startswith("d-")}) == len(ESSDS)


def test_commit_tells_first_what_goes_and_what_it_costs_and_leaves_what_has_not_soaked(tmp_path: Path) -> None:
    prices = {"os_migration_snapshot_price": 0.02}
    with cloud({"groups": [group("web-1", smc_source="available")]}, tmp_path / "cloud") as simulated:
        user = Controller(simulated, tmp_path / "user", {"web-1": host("web-1")}, prices)
        user.play("migrate")
        young = user.play("commit", commit_soak_days=3650)
        left, kept = young.states("commit"), simulated.writes("DeleteSnapshot")
        shown = user.play("commit", "--check", "--diff")
        run = user.play("commit")
        gone = simulated.writes("DeleteSnapshot")
    assert (young.rc, left) == (0, {WEB: "postponed"}), young.output
    assert kept == []
    assert '"snapshot_cost_per_month": 0.8' in shown.output, shown.output
    assert "1, up to 40 GiB, 0.80 a month" in shown.output
    assert run.states("commit") == {WEB: "committed"}, run.output
    assert len(gone) == 1
