# Copyright (c) 2026 evergreen.os_migration contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A cloud that the collection does not know goes through all phases: a package and its rows let it in."""

from __future__ import annotations

import re
import shutil
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from integration.harness import ROOT, Controller, Run
from toy.state import State, World, add_instance
from unit.healthy import BY_SYSTEM, HEALTHY_LINUX

COPIED = ("plugins", "roles", "playbooks", "guest", "report", "meta")
#: What is added to the copy's list of clouds.
REGISTRATION = """
from .._core.migration import tables
from . import toy

PROVIDERS = {**PROVIDERS, toy.PROVIDER.name: toy.PROVIDER}
tables.METHODS = {**tables.METHODS, toy.KIND: toy.GATES}
"""
HOPS = (("centos-7", "alinux-2"), ("alinux-2", "alinux-3"), ("rhel-7", "alinux-3"))
ROWS = [{"source": one, "target": other, "provider": "toy", "service": "flash"} for one, other in HOPS]


@pytest.fixture(scope="session")
def collections(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Make a copy of the collection that has the toy among its clouds."""
    tree = tmp_path_factory.mktemp("collections")
    copy = tree / "ansible_collections/evergreen/os_migration"
    for name in COPIED:
        shutil.copytree(ROOT / name, copy / name, ignore=shutil.ignore_patterns("__pycache__"))
    shutil.copy(ROOT / "galaxy.yml", copy)
    clouds = copy / "plugins/module_utils/_clouds"
    shutil.copytree(ROOT / "tests/toy", clouds / "toy", ignore=shutil.ignore_patterns("__pycache__"))
    with (clouds / "__init__.py").open("a", encoding="utf-8") as file:
        file.write(REGISTRATION)
    return tree


@dataclass
class ToyCloud:
    """A toy cloud that lives in a directory, as the harness and the tests look at it."""

    directory: Path
    ids: Mapping[str, str]
    endpoint: str = ""

    def writes(self, *verbs: str) -> list[list[str]]:
        """What was changed, or by calls of some verbs; scripts that only ask are left out."""
        with State(self.directory).open() as world:
            return [line for line in world.journal if line[0] in verbs or (not verbs and line[0] != "run")]

    def world(self) -> World:
        with State(self.directory).open() as world:
            return world

    def disks(self, name: str) -> dict[str, tuple[str, str]]:
        """What is on the disks of an instance, by their place."""
        mine = [disk for disk in self.world().disks.values() if disk["on"] == self.ids[name]]
        assert len({disk["place"] for disk in mine}) == len(mine)
        return {disk["place"]: (disk["system"], disk["data"]) for disk in mine}

    def ordered(self, kind: str) -> Counter[str]:
        """How many works of a kind were ordered for each instance, by its name."""
        names = {instance_id: name for name, instance_id in self.ids.items()}
        return Counter(names[one] for _verb, one, work in self.writes("order") if work.startswith(kind))


def toy_cloud(directory: Path, instances: Mapping[str, Mapping[str, Any]], speed: float = 600) -> ToyCloud:
    world = World(speed=speed, facts={"linux": HEALTHY_LINUX, **BY_SYSTEM})
    ids = {name: add_instance(world, **{"hostname": name, **facts}) for name, facts in instances.items()}
    directory.mkdir(parents=True)
    State(directory).write(world)
    return ToyCloud(directory, ids)


class Player(Controller):
    """A user of the copy, and of a toy cloud."""

    def __init__(self, cloud: ToyCloud, collections: Path, directory: Path) -> None:
        with State(cloud.directory).open() as world:
            regions = {name: world.instances[one]["region"] for name, one in cloud.ids.items()}
        hosts = {
            name: {"instance_id": one, "region": regions[name], "os_migration_target": "alinux-3"}
            for name, one in cloud.ids.items()
        }
        own = {"os_migration_toy": {"directory": str(cloud.directory)}, "os_migration_paths": ROWS}
        none = dict.fromkeys(("os_migration_alicloud", "os_migration_smc"))
        super().__init__(cloud, directory, hosts, {**own, **none}, credentials={})  # type: ignore[arg-type]
        self.collections = collections

    def environment(self) -> dict[str, str]:
        here = {"ANSIBLE_COLLECTIONS_PATH": str(self.collections), "ANSIBLE_COLLECTIONS_SCAN_SYS_PATH": "false"}
        return {**super().environment(), **here}


def succeeded(run: Run) -> None:
    assert run.rc == 0, run.output
    assert "WARNING" not in run.output


def test_the_collection_itself_does_not_know_the_toy() -> None:
    files = [path for name in COPIED for path in (ROOT / name).rglob("*") if path.is_file()]
    told = [path for path in files if path.suffix != ".pyc" and re.search(rb"\btoy", path.read_bytes(), re.IGNORECASE)]
    assert told == []


# --- one story, in this order -----------------------------------------------------------------------------------------

FLEET = {"web": {"system": "rhel-7", "sizes": (40, 100)}, "erp": {"sizes": (40, 100, 20)}}


@pytest.fixture(scope="module")
def cloud(tmp_path_factory: pytest.TempPathFactory) -> ToyCloud:
    return toy_cloud(tmp_path_factory.mktemp("toy") / "cloud", FLEET)


@pytest.fixture(scope="module")
def player(cloud: ToyCloud, collections: Path, tmp_path_factory: pytest.TempPathFactory) -> Player:
    return Player(cloud, collections, tmp_path_factory.mktemp("player"))


def everyone(cloud: ToyCloud, state: str) -> dict[str, str]:
    return dict.fromkeys(cloud.ids.values(), state)


def test_assess_finds_them_ready_and_changes_nothing(player: Player, cloud: ToyCloud) -> None:
    run = player.play("assess")
    succeeded(run)
    assert run.states("assess") == everyone(cloud, "ready")
    assert cloud.writes() == []


def test_check_mode_changes_nothing(player: Player, cloud: ToyCloud) -> None:
    succeeded(player.play("migrate", "--check"))
    assert cloud.writes() == []


def test_migrate_orders_each_hop_once_and_takes_all_disks_of_an_instance_at_once(
    player: Player, cloud: ToyCloud
) -> None:
    run = player.play("migrate")
    succeeded(run)
    assert run.states("migrate") == everyone(cloud, "migrated")
    assert cloud.ordered("flash") == {"web": 1, "erp": 2}
    assert sorted(len(disks) for _verb, *disks in cloud.writes("take")) == [2, 3]
    assert cloud.disks("erp")["root"] == ("alinux-3", "written by alinux-3")


def test_migrate_again_changes_nothing(player: Player, cloud: ToyCloud) -> None:
    before = cloud.writes()
    succeeded(player.play("migrate"))
    assert cloud.writes() == before


def test_verify_finds_the_new_systems(player: Player, cloud: ToyCloud) -> None:
    run = player.play("verify")
    succeeded(run)
    assert run.states("verify") == everyone(cloud, "verified")


def test_rollback_puts_disks_made_from_the_set_in_the_place_of_the_others(player: Player, cloud: ToyCloud) -> None:
    before, other = set(cloud.world().disks), cloud.disks("web")
    run = player.play("rollback", "--limit", "erp")
    succeeded(run)
    assert run.states("rollback") == {cloud.ids["erp"]: "rolled_back"}
    data = ("centos-7", "precious")
    assert cloud.disks("erp") == {"root": ("centos-7", "as it was"), "slot-1": data, "slot-2": data}
    assert cloud.disks("web") == other
    now = cloud.world().disks
    assert {key for key, disk in now.items() if disk["on"] == cloud.ids["erp"]} == now.keys() - before
    assert cloud.ordered("disk") == {"erp": 3}


def test_commit_deletes_the_points_of_what_is_migrated(player: Player, cloud: ToyCloud) -> None:
    run = player.play("commit", "--limit", "web")
    succeeded(run)
    assert run.states("commit") == {cloud.ids["web"]: "committed"}
    assert {point["of"] for point in cloud.world().points.values()} == {cloud.ids["erp"]}


def test_what_was_rolled_back_is_migrated_again_when_that_is_asked_for(player: Player, cloud: ToyCloud) -> None:
    run = player.play("migrate", "--limit", "erp", migrate_retry=True)
    succeeded(run)
    assert run.states("migrate")[cloud.ids["erp"]] == "migrated"
    assert cloud.ordered("flash") == {"web": 1, "erp": 4}


# --- killed -----------------------------------------------------------------------------------------------------------


@pytest.mark.variant
@pytest.mark.parametrize("writes", [4])
def test_a_migration_that_was_killed_is_finished_and_orders_nothing_twice(
    collections: Path, tmp_path: Path, writes: int
) -> None:
    cloud = toy_cloud(tmp_path / "cloud", {"web": {"system": "rhel-7", "sizes": (40, 100)}, "erp": {}})
    player = Player(cloud, collections, tmp_path / "player")
    assert player.play_until_killed("migrate", writes, whole_group=True)
    run = player.play("migrate")
    succeeded(run)
    assert run.states("migrate") == everyone(cloud, "migrated")
    assert cloud.ordered("flash") == {"web": 1, "erp": 2}
    assert len(cloud.world().points) == 3


@pytest.mark.variant
@pytest.mark.parametrize("writes", [3])
def test_a_rollback_that_was_killed_is_finished_and_makes_no_disk_twice(
    collections: Path, tmp_path: Path, writes: int
) -> None:
    cloud = toy_cloud(tmp_path / "cloud", {"web": {"system": "rhel-7"}})
    player = Player(cloud, collections, tmp_path / "player")
    succeeded(player.play("migrate"))
    before = len(cloud.writes())
    assert player.play_until_killed("rollback", before + writes, whole_group=True)
    run = player.play("rollback")
    succeeded(run)
    assert run.states("rollback") == everyone(cloud, "rolled_back")
    assert cloud.disks("web") == {"root": ("rhel-7", "as it was")}
    assert cloud.ordered("disk") == {"web": 1}


# --- a queue for each region ------------------------------------------------------------------------------------------


def most_at_once(works: Sequence[Mapping[str, Any]]) -> int:
    return max(sum(one["born"] <= work["born"] < one["ready"] for one in works) for work in works)


@pytest.mark.variant
def test_each_region_has_a_queue_of_its_own(collections: Path, tmp_path: Path) -> None:
    regions = {"one": "north", "two": "north", "three": "south", "four": "south"}
    cloud = toy_cloud(
        tmp_path / "cloud", {name: {"system": "rhel-7", "region": regions[name]} for name in regions}, 200
    )
    succeeded(Player(cloud, collections, tmp_path / "player").play("migrate", migrate_max_running=1))
    works = list(cloud.world().works.values())
    assert len(works) == len(regions)
    for region in ("north", "south"):
        mine = {cloud.ids[name] for name in regions if regions[name] == region}
        assert most_at_once([work for work in works if work["of"] in mine]) == 1
    assert most_at_once(works) == 2
