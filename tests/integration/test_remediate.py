# Copyright (c) 2026 evergreen.os_migration contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Findings are remedied in guests, as far as asked, and the hosts assessed again."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest
from integration.harness import Cloud, Controller, Run, cloud, group, host, instance_id

I686 = {"packages": ["glibc.x86_64", "glibc.i686", "zlib.i686"]}
FLEET = {"web-1": "centos-7", "web-2": "centos-7", "web-3": "centos-7", "erp-1": "windows-2012r2"}
GUESTS = {
    "web-2": I686,
    "web-3": {**I686, "files": {"/usr/bin/rsync": None}},
    "erp-1": {"free_mib": {"C:": 9000}, "answers": [{"contains": "ConvertFrom-Sent", "output": "nothing old\r\n"}]},
}


@pytest.fixture(scope="module")
def simulated(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Cloud]:
    groups = [group(name, system, guest=GUESTS.get(name, {})) for name, system in FLEET.items()]
    with cloud({"groups": groups}, tmp_path_factory.mktemp("cloud")) as running:
        yield running


@pytest.fixture(scope="module")
def controller(simulated: Cloud, tmp_path_factory: pytest.TempPathFactory) -> Controller:
    return Controller(simulated, tmp_path_factory.mktemp("user"), {name: host(name, FLEET[name]) for name in FLEET})


def scripts(simulated: Cloud, before: int) -> list[tuple[str, ...]]:
    """The instances of each script that was sent since, by system."""
    sent = simulated.writes()[before:]
    assert {call["action"] for call in sent} == {"RunCommand"}
    return [tuple(one for one in call["resources"] if one.startswith("i-")) for call in sent]


def shown(controller: Controller) -> Controller:
    """The same, with the collection's own screen output."""
    return replace(controller, screen="evergreen.os_migration.fleet")


def states(controller: Controller) -> dict[str, str]:
    found = controller.play("assess").states("assess")
    return {name: found[instance_id(name)] for name in FLEET}


def succeeded(run: Run) -> None:
    assert run.rc == 0, run.output
    assert run.warnings == []


# The tests of this file are the steps of one story, in this order.


def test_without_rules_it_only_tells_what_could_be_remedied(controller: Controller, simulated: Cloud) -> None:
    before = len(simulated.writes())
    run = controller.play("remediate")
    succeeded(run)
    assert "linux.i686_packages: remove the i386 and i686 packages" in run.output
    assert len(scripts(simulated, before)) == 2, "the facts scripts of both systems"
    assert "changed=1" not in run.output


def test_check_mode_shows_what_would_be_done_and_does_not_do_it(controller: Controller, simulated: Cloud) -> None:
    before = len(simulated.writes())
    run = shown(controller).play("remediate", "--check", remediate_rules=["linux.i686_packages"])
    succeeded(run)
    assert "would remove zlib.i686" in run.output
    assert "removed zlib.i686" not in run.output
    assert "-> alinux-3; to be remedied: linux.i686_packages: 2 hosts (web-2, web-3)" in run.output
    assert "changed=1: 2 hosts (web-2, web-3)" in run.output
    assert scripts(simulated, before)[2:] == [(instance_id("web-2"), instance_id("web-3"))]
    assert states(controller)["web-2"] == "blocked"


def test_what_is_asked_for_is_remedied_where_it_was_found(controller: Controller, simulated: Cloud) -> None:
    before = len(simulated.writes())
    run = shown(controller).play("remediate", remediate_rules=["linux.i686_packages", "linux.rsync"])
    succeeded(run)
    assert "would remove zlib.i686" in run.output
    assert "removed zlib.i686" in run.output
    assert "installed rsync" in run.output
    assert "ready: centos-7 -> alinux-3; remedied: linux.i686_packages" in run.output
    touched = {one for instances in scripts(simulated, before)[2:] for one in instances}
    assert touched == {instance_id("web-2"), instance_id("web-3")}
    assert states(controller) == {"web-1": "ready", "web-2": "ready", "web-3": "ready", "erp-1": "blocked"}


def test_a_second_time_there_is_nothing_to_do(controller: Controller, simulated: Cloud) -> None:
    before = len(simulated.writes())
    run = controller.play("remediate", remediate_rules=["linux.i686_packages", "linux.rsync"])
    succeeded(run)
    assert len(scripts(simulated, before)) == 2, "the facts scripts of both systems"


@pytest.mark.variant
def test_a_finding_that_is_still_there_fails_exactly_its_host(controller: Controller) -> None:
    run = controller.play("remediate", remediate_rules=["windows.space", "linux.i686_packages"])
    assert list(run.failures) == ["erp-1"], run.output
    assert "nothing old" in run.output
    assert "NotRemedied: still found after its remedy: windows.space" in run.failures["erp-1"]


@pytest.mark.variant
def test_a_script_that_fails_is_told_with_its_last_line(controller: Controller) -> None:
    options = {"remediate_rules": ["linux.repositories"], "remediate_mirror": "http://127.0.0.1:1/repo"}
    run = controller.play("remediate", "--limit", "web-1,erp-1", **options)
    assert list(run.failures) == ["web-1"], run.output
    assert "linux.repositories: ScriptFailed" in run.failures["web-1"]
    assert "cannot fetch http://127.0.0.1:1/repo/Centos-7.repo" in run.failures["web-1"]


def test_a_rule_without_remedy_is_refused_with_the_list(controller: Controller, simulated: Cloud) -> None:
    before = simulated.writes()
    run = controller.play("remediate", remediate_rules=["linux.memory"])
    assert run.rc != 0
    assert "linux.memory" in run.output
    assert "linux.i686_packages" in run.output
    assert simulated.writes() == before


@pytest.mark.variant
def test_a_host_that_cannot_be_looked_at_fails_alone(controller: Controller, tmp_path: Path) -> None:
    hosts = {"web-1": host("web-1"), "nobody": {**host("web-2"), "instance_id": "i-bp1nobody000000000000"}, "blank": {}}
    run = Controller(controller.cloud, tmp_path, hosts).play("remediate", remediate_rules=["linux.rsync"])
    assert sorted(run.failures) == ["blank", "nobody"], run.output
