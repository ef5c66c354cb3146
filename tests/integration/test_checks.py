# Copyright (c) 2026 evergreen.os_migration contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The checks of applications in a real run of the playbook: one that fails is a failed verification everywhere."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml
from integration.harness import ROOT, Cloud, Controller, Run, cloud, group, host, instance_id
from unit import shops

NAMES = ("web-1", "web-2")
README = (ROOT / "roles/verify/README.md").read_text("utf-8")


@pytest.fixture(scope="module")
def shop() -> Iterator[int]:
    with shops.serving() as port:
        yield port


@pytest.fixture(scope="module")
def simulated(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Cloud]:
    with cloud({"groups": [group(name) for name in NAMES]}, tmp_path_factory.mktemp("cloud")) as running:
        yield running


@pytest.fixture(scope="module")
def controller(simulated: Cloud, shop: int, tmp_path_factory: pytest.TempPathFactory) -> Controller:
    """A user whose instances are migrated; the shop on web-2 answers with an error."""
    pages = {"web-1": "health", "web-2": "503"}
    hosts = {name: host(name, ansible_host="127.0.0.1", shop_page=pages[name]) for name in NAMES}
    user = Controller(simulated, tmp_path_factory.mktemp("user"), hosts)
    run = user.play("migrate")
    assert run.rc == 0, run.output
    return user


def checks(shop: int) -> list[dict[str, Any]]:
    """Checks of every kind; the address of one is the host's own."""
    return [
        {"name": "shop answers", "kind": "http", "url": f"http://{{{{ ansible_host }}}}:{shop}/{{{{ shop_page }}}}"},
        {"name": "port", "kind": "tcp", "port": shop},
        {"name": "port inside", "kind": "tcp", "port": str(shop), "from": "guest"},
        {"name": "system", "script": "grep -q alinux /etc/os-release"},
    ]


def recap(run: Run) -> dict[str, str]:
    return dict(re.findall(r"^(\S+) +: ok=\d+ +.*(failed=\d)", run.output, re.MULTILINE))


def test_one_failed_check_is_a_failed_verification_in_everything_that_tells_of_it(
    controller: Controller, shop: int
) -> None:
    run = controller.play("verify", verify_checks=checks(shop))
    assert run.rc == 2, run.output
    assert recap(run) == {"web-1": "failed=0", "web-2": "failed=1"}, run.output
    assert "os_migration: verify: 1 verified, 1 failed" in run.output
    told = run.failures
    assert list(told) == ["web-2"]
    assert told["web-2"].startswith(f"{instance_id('web-2')} (web-2): shop answers: WrongStatus: it answered 503")
    assert "seen from the controller" in told["web-2"]
    assert "Remedy: " in told["web-2"]
    assert run.states("verify") == {instance_id("web-1"): "verified", instance_id("web-2"): "failed"}
    document = json.loads((run.reports / "verify.json").read_text("utf-8"))
    assert document["summary"]["failed"] == 1
    bad = run.report("verify")[instance_id("web-2")]
    assert bad["error"]["code"] == "WrongStatus"
    assert [(one["name"], one["from"], bool(one["error"])) for one in bad["checks"]] == [
        ("shop answers", "controller", True),
        ("port", "controller", False),
        ("port inside", "guest", False),
        ("system", "guest", False),
    ]


@pytest.mark.variant
def test_a_check_that_could_not_be_run_is_a_failed_verification_too(controller: Controller) -> None:
    endless = {"name": "endless", "script": "sleep 60", "timeout": 1}
    run = controller.play("verify", "--limit", "web-1", verify_checks=[endless])
    assert run.rc == 2
    assert "endless: ScriptTimeout" in run.failures["web-1"]
    assert run.states("verify")[instance_id("web-1")] == "failed"


def test_a_wrong_check_is_refused_before_anything_is_asked(controller: Controller) -> None:
    before = len(controller.cloud.calls())
    run = controller.play("verify", verify_checks=[{"name": "shop", "kind": "http", "port": 80}])
    assert run.rc == 2
    for name in NAMES:
        assert "verify_checks: the check 'shop': port is an option of kind tcp and tls" in run.failures[name]
    assert len(controller.cloud.calls()) == before


@pytest.mark.variant
def test_check_mode_asks_what_only_looks_and_says_what_it_left_out(controller: Controller, shop: int) -> None:
    run = controller.play("verify", "--check", verify_checks=checks(shop))
    assert list(run.failures) == ["web-2"], "the shop's answer is looked at"
    run = controller.play("verify", "--check", "-v", "--limit", "web-1", verify_checks=checks(shop))
    assert run.rc == 0, run.output
    assert "verified; not run in check mode: system" in run.output


def test_the_checks_of_the_documentation_work(controller: Controller, shop: int, tmp_path: Path) -> None:
    (example,) = re.findall(r"```yaml\n(.*?)```", README, re.DOTALL)
    (play,) = yaml.safe_load(example.replace("8080", str(shop)).replace("5432", str(shop)))
    play["roles"][0]["vars"]["verify_checks"] = [
        one for one in play["roles"][0]["vars"]["verify_checks"] if one.get("kind") != "tls"
    ]
    (tmp_path / "play.yml").write_text(yaml.safe_dump([{**play, "hosts": "all"}]), "utf-8")
    run = controller.run(str(tmp_path / "play.yml"))
    assert run.rc == 0, run.output
    assert run.states("verify") == {instance_id(name): "verified" for name in NAMES}
