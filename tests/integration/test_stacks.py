# Copyright (c) 2026 evergreen.os_migration contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Stacks by a playbook: what is registered, what is shown, and what a killed controller leaves."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
import yaml
from integration.harness import DURATIONS, Cloud, Controller, cloud

SECRET = "the-Password-of-1-root"
SITE = """
ROSTemplateFormatVersion: '2015-09-01'
Parameters:
  Password: {Type: String, NoEcho: true}
Resources:
  Group: {Type: 'ALIYUN::ECS::SecurityGroup'}
  Server:
    Type: ALIYUN::ECS::Instance
    Properties:
      ImageId: centos_7_9_x64_20G_alibase_20240628.vhd
      SecurityGroupId: !Ref Group
      InternetMaxBandwidthOut: 5
      Password: !Ref Password
Outputs:
  Url: {Value: !Sub 'http://${Server.PublicIp}/'}
"""
SCENARIO: dict[str, Any] = {"groups": [], "ros": {"instance": {"durations": DURATIONS}}}
PACE = {"poll_interval": 0.1}


def user_of(simulated: Cloud, directory: Path) -> Controller:
    return Controller(simulated, directory, {"localhost": {"ansible_connection": "local"}})


def playbook(user: Controller, *calls: dict[str, Any]) -> str:
    """A play that makes some calls of the module, each with the play's keywords that it has, and keeps the answers."""
    tasks: list[dict[str, Any]] = []
    for number, call in enumerate(calls):
        keywords = {name: call[name] for name in ("check_mode", "ignore_errors") if name in call}
        options = {name: value for name, value in call.items() if name not in keywords}
        tasks += [
            {"evergreen.os_migration.stack": {**PACE, **options}, "register": "answer", **keywords},
            {
                "ansible.builtin.copy": {
                    "content": "{{ answer | to_json }}",
                    "dest": str(user.directory / f"{number}.json"),
                    "mode": "0600",
                },
                "no_log": True,
            },
        ]
    file = user.directory / "play.yml"
    user.directory.mkdir(parents=True, exist_ok=True)
    play = {"name": "Stacks", "hosts": "localhost", "gather_facts": False, "tasks": tasks}
    file.write_text(yaml.safe_dump([play], sort_keys=False), "utf-8")
    return str(file)


def site(region: str = "cn-hangzhou", **more: Any) -> dict[str, Any]:
    return {"name": "site", "region": region, "template": SITE, "secret_parameters": {"Password": SECRET}, **more}


def test_stacks_of_two_regions_are_made_once_and_deleted_and_no_secret_is_shown(tmp_path: Path) -> None:
    both = [site(), site("cn-shanghai")]
    absent = [{"name": one["name"], "region": one["region"]} for one in both]
    wrong = {"name": "bad", "region": "cn-hangzhou", "template": SITE.replace("centos_7", SECRET)}
    calls = [
        {"stacks": both, "check_mode": True},
        {"stacks": both},
        {"stacks": [{**both[0], "creation_minutes": 30}, site("cn-shanghai", template=f"{SITE}\n# changed")]},
        {"stacks": [{**wrong, "secret_parameters": {"Password": SECRET}}], "ignore_errors": True},
        {"stacks": absent, "state": "absent", "check_mode": True},
        {"stacks": absent, "state": "absent"},
        {"stacks": absent, "state": "absent"},
    ]
    with cloud(SCENARIO, tmp_path / "cloud") as simulated:
        user = user_of(simulated, tmp_path / "user")
        run = user.run(playbook(user, *calls), "-vvv", "--diff")
        assert run.rc == 0, run.output
        made, deleted = simulated.writes("CreateStack"), simulated.writes("DeleteStack")
    answers = [json.loads((user.directory / f"{number}.json").read_text("utf-8")) for number in range(len(calls))]
    assert [answer["changed"] for answer in answers] == [True, True, False, True, True, True, False]
    states = [[one["state"] for one in answer["stacks"]] for answer in answers]
    assert states == [
        ["planned"] * 2,
        ["present"] * 2,
        ["present"] * 2,
        ["failed"],
        ["planned"] * 2,
        *[["absent"] * 2] * 2,
    ]
    assert (len(made), len(deleted)) == (3, 2)
    assert all(one["outputs"]["Url"].startswith("http://47.96.") for one in answers[1]["stacks"])
    assert "os_migration: stack site (cn-shanghai): CREATE_COMPLETE" in run.output
    assert "The stack site (cn-shanghai) was made from another template" in run.output
    assert "The stack site (cn-hangzhou) was made from another template" not in run.output
    assert answers[3]["stacks"][0]["error"]["code"] == "StackRolledBack"
    assert "InvalidImageId.NotFound" in answers[3]["msg"]
    assert SECRET not in run.output


@pytest.mark.variant
def test_a_controller_that_is_killed_while_a_stack_is_made_leaves_it_for_the_next_run(tmp_path: Path) -> None:
    slow = {**SCENARIO, "ros": {"durations": {"Group": 1200}, "instance": {"durations": DURATIONS}}}
    with cloud(slow, tmp_path / "cloud") as simulated:
        user = user_of(simulated, tmp_path / "user")
        play = playbook(user, {"stacks": [site()]})
        killed_at_the_first_write(user, play)
        run = user.run(play)
        assert run.rc == 0, run.output
        assert len(simulated.writes("CreateStack")) == 1
    (made,) = json.loads((user.directory / "0.json").read_text("utf-8"))["stacks"]
    assert (made["state"], made["changed"], made["status"]) == ("present", False, "CREATE_COMPLETE")


def killed_at_the_first_write(user: Controller, play: str) -> None:
    running = user.run_until_killed(user.command(play), lambda: bool(user.cloud.writes()))
    assert running, "it ended before it made anything"
