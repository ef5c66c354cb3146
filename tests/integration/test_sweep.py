# Copyright (c) 2026 evergreen.os_migration contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The playbook sweep on a simulated cloud: what released instances left goes, by name only, and nothing else does."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from integration.harness import (
    ACCESS_KEY,
    DURATIONS,
    ROOT,
    SECRET_KEY,
    Cloud,
    Controller,
    Run,
    cloud,
    group,
    host,
    instance_id,
)

WEB, APP = instance_id("web-1"), instance_id("app-1")
QUICK = {**DURATIONS, "image": 60, "release": 10}
DISKS = [{"type": "system", "size_gib": 40}, {"type": "data", "size_gib": 100}]
NARROW = {"access_key": "LTAInarrow", "secret_key": "narrows-own-secret", "permissions": ["ecs:Describe[!I]*", "smc:*"]}


def scenario() -> dict[str, Any]:
    groups = [group("web-1", smc_source="available", disks=DISKS[:1]), group("app-1", disks=DISKS[:1])]
    operator = {"access_key": ACCESS_KEY, "secret_key": SECRET_KEY}
    return {"credentials": [operator, NARROW], "groups": [{**one, "durations": QUICK} for one in groups]}


def user(simulated: Cloud, directory: Path) -> Controller:
    return Controller(simulated, directory, {"web-1": host("web-1"), "app-1": host("app-1")})


def released(me: Controller, name: str) -> None:
    """Release an instance, as its owner does in the console."""
    script = (
        "import sys\n"
        "from aliyunsdkcore.client import AcsClient\n"
        "from aliyunsdkcore.request import CommonRequest\n"
        "domain, instance_id, key, secret = sys.argv[1:]\n"
        "request = CommonRequest(domain=domain, version='2014-05-26', action_name='DeleteInstances')\n"
        "request.set_protocol_type('http')\n"
        "request.set_method('POST')\n"
        "request.add_body_params('RegionId', 'cn-hangzhou')\n"
        "request.add_body_params('InstanceId.1', instance_id)\n"
        "request.add_body_params('Force', 'true')\n"
        "AcsClient(key, secret, 'cn-hangzhou').do_action_with_exception(request)\n"
    )
    domain = me.cloud.endpoint.removeprefix("http://")
    subprocess.run([sys.executable, "-c", script, domain, name, ACCESS_KEY, SECRET_KEY], check=True, timeout=60)


def sweep(me: Controller, *options: str, **variables: Any) -> Run:
    return me.play("sweep", *options, target=None, **{"os_migration_released_region": "cn-hangzhou", **variables})


def as_on_the_page(me: Controller, number: int, **variables: Any) -> Run:
    """Run a command of the page on how it works, with the instance that was released here."""
    lines = (ROOT / "docs/how-it-works.md").read_text("utf-8").splitlines()
    commands = [line for line in lines if line.startswith("ansible-playbook evergreen.os_migration.sweep")]
    _program, playbook, _i, _inventory, *options = commands[number].replace("i-bp1demo0released01", WEB).split()
    return me.run(playbook, *options, os_migration_released_region="cn-hangzhou", **variables)


@pytest.fixture
def after(tmp_path: Path) -> Any:
    """Two migrated instances, the drill of one of them killed, and that one released."""
    with cloud(scenario(), tmp_path / "cloud") as simulated:
        me = user(simulated, tmp_path / "user")
        assert me.play_until_killed("drill", 6, whole_group=True, target="web-1")
        run = me.play("migrate")
        assert run.rc == 0, run.output
        released(me, WEB)
        yield me


def test_what_a_released_instance_left_goes_and_nothing_of_others(after: Controller) -> None:
    simulated = after.cloud
    assert (after.reports / f"facts/{WEB}.json").exists()
    before = len(simulated.writes())
    looked = as_on_the_page(after, 0, os_migration_snapshot_price=0.5)
    assert looked.rc == 0, looked.output
    assert "planned" in looked.output
    assert "a month" in looked.output
    assert "up to 40 GiB" in looked.output
    assert len(simulated.writes()) == before
    assert (after.reports / f"facts/{WEB}.json").exists()
    run = as_on_the_page(after, 1)
    assert run.rc == 0, run.output
    done = simulated.writes()[before:]
    assert {call["action"] for call in done} >= {"DeleteSnapshot", "DeleteReplicationJob"}
    assert all(WEB in call["resources"] or clones(simulated) & set(call["resources"]) for call in done)
    assert APP not in {one for call in done for one in call["resources"]}
    assert not (after.reports / f"facts/{WEB}.json").exists()
    assert (after.reports / f"facts/{APP}.json").exists()
    again = sweep(after, os_migration_released=f" {WEB} ,")
    assert again.rc == 0, again.output
    assert simulated.writes()[before:] == done
    rolled_back = after.play("rollback", target="app-1")
    assert rolled_back.rc == 0, rolled_back.output


def clones(simulated: Cloud) -> set[str]:
    """What was made for drills: instances, images and groups, by the answers that named them first."""
    made = simulated.writes("RunInstances", "CreateImage", "CreateSecurityGroup")
    return {one for call in made for one in call["resources"] if one not in (WEB, APP)}


def test_an_instance_that_is_there_and_one_that_cannot_be_seen_are_refused(after: Controller) -> None:
    before = len(after.cloud.writes())
    lives = sweep(after, os_migration_released=[APP])
    assert lives.rc != 0
    assert f"InstanceNotGone: {APP} is not gone" in lives.output
    unnamed = sweep(after)
    assert unnamed.rc != 0
    assert "Name the released instances" in unnamed.output
    after.credentials = {
        "ALIBABA_CLOUD_ACCESS_KEY_ID": NARROW["access_key"],
        "ALIBABA_CLOUD_ACCESS_KEY_SECRET": NARROW["secret_key"],
    }
    unseen = sweep(after, os_migration_released=[WEB])
    assert unseen.rc != 0
    assert "DescribeInstances: User not authorized" in unseen.output
    assert len(after.cloud.writes()) == before
