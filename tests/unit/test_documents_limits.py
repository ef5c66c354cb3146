# Copyright (c) 2026 evergreen.os_migration contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Limits of the providers' documents that hold over all paths, or over a whole migration."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace
from typing import Any, cast

import pytest
from ansible_collections.evergreen.os_migration.plugins.module_utils._clouds.alicloud.assistant import Agents
from ansible_collections.evergreen.os_migration.plugins.module_utils._clouds.alicloud.connection import Transport
from ansible_collections.evergreen.os_migration.plugins.module_utils._clouds.alicloud.rpc import Rpc
from ansible_collections.evergreen.os_migration.plugins.module_utils._clouds.alicloud.sources import Sources
from ansible_collections.evergreen.os_migration.plugins.module_utils._clouds.base import Script
from ansible_collections.evergreen.os_migration.plugins.module_utils._core.catalog import is_windows
from ansible_collections.evergreen.os_migration.plugins.module_utils._core.model import Disk, Problem
from ansible_collections.evergreen.os_migration.plugins.module_utils._core.paths import (
    PATHS,
    Path,
    Start,
    after,
    plan,
)
from ansible_collections.evergreen.os_migration.plugins.module_utils._core.rules import (
    INHIBITOR,
    RULES,
    WARNING,
    Case,
)

from .cases import ON_AWS, WINDOWS, severities, towards, with_facts
from .memory_cloud import MemoryCloud
from .test_engine import run

SMC_PATHS = [path for path in PATHS if path.service == "smc"]
WINDOWS_PATHS = [path for path in SMC_PATHS if is_windows(path.source)]
FROM_CENTOS_TO_RED_HAT = {"alicloud.centos-7.rhel-7", "alicloud.centos-8.rhel-8"}
TRANSPORT = Transport("TargetOsType", "query", {}, {"linux": "import {activation_code}"})
UNDER_A_JOB = {"stop", "start", "restore", "take", "delete_point", "delete_work", "begin"}


def case_of(path: Path) -> Case:
    return towards(path.source, path.target, path.provider)


def stopped_on(rule_id: str) -> set[str]:
    """The ids of the paths on which a rule is an inhibitor."""
    (rule,) = (rule for rule in RULES if rule.id == rule_id)
    return {path.id for path in PATHS if rule.severity(case_of(path).route) == INHIBITOR}


# --- over all paths ---------------------------------------------------------------------------------------------------


def test_a_hop_is_planned_with_the_longest_documented_time() -> None:
    assert {path.minutes for path in SMC_PATHS} == {30}


def test_windows_2008_r2_reaches_2016_and_2019_over_2012_r2_only() -> None:
    for target in ("windows-2016", "windows-2019"):
        hops = plan(Start("windows-2008r2", "alicloud"), target)
        assert isinstance(hops, tuple)
        assert [hop.target for hop in hops] == ["windows-2012r2", target]
        assert isinstance(plan(Start("windows-2008r2", "alicloud"), target, avoid=["windows-2012r2"]), Problem)


@pytest.mark.parametrize("path", WINDOWS_PATHS, ids=lambda path: path.id)
def test_no_migration_changes_the_language_of_windows(path: Path) -> None:
    for language in ("zh", "en"):
        assert after(path, Start(path.source, path.provider, language=language)).language == language
    for language in ("ja", "de", "ko", "fr"):
        assert isinstance(plan(Start(path.source, path.provider, language=language), path.target), Problem)


@pytest.mark.parametrize("target", ["rhel-8.6", "rhel-9.4"])
def test_a_minor_version_of_red_hat_is_no_target(target: str) -> None:
    refusal = plan(Start("rhel-7", "alicloud", version="7.9"), target)
    assert isinstance(refusal, Problem)
    assert refusal.code == "InvalidTarget"


def test_packages_of_32_bits_stop_every_way_to_anolis_and_alibaba_cloud_linux_and_no_other() -> None:
    assert stopped_on("linux.i686_packages") == {
        path.id for path in PATHS if path.target.startswith(("alinux-", "anolis-"))
    }


def test_what_is_asked_before_the_way_from_centos_to_red_hat_is_asked_there_only() -> None:
    assert stopped_on("linux.security_center") == FROM_CENTOS_TO_RED_HAT
    assert stopped_on("linux.kernel_not_newest") == FROM_CENTOS_TO_RED_HAT


def test_a_newer_database_stops_every_way_to_alibaba_cloud_linux_3() -> None:
    assert stopped_on("linux.mysql_newer") == {path.id for path in PATHS if path.target == "alinux-3"}


def test_powershell_and_tls_are_asked_for_by_the_runbook_only() -> None:
    by_the_runbook = {path.id for path in PATHS if path.provider == "aws"}
    assert stopped_on("windows.powershell") == by_the_runbook
    assert stopped_on("windows.tls12") == by_the_runbook


@pytest.mark.parametrize(
    "role",
    [
        "domain_controller",
        "cluster",
        "rds_session_host",
        "rds_connection_broker",
        "rds_virtualization_host",
        "rds_web_access",
    ],
)
def test_each_role_that_the_runbook_refuses_stops_it_and_is_a_warning_elsewhere(role: str) -> None:
    assert severities(with_facts(ON_AWS, roles=role)) == {"windows.blocking_roles": INHIBITOR}
    assert severities(with_facts(WINDOWS, roles=role)) == {"windows.blocking_roles": WARNING}


# --- the import -------------------------------------------------------------------------------------------------------


class Requests:
    """Takes what would be sent, and answers with a code."""

    def __init__(self) -> None:
        self.sent: list[dict[str, Any]] = []

    def request(self, service: str, action: str, **parameters: Any) -> dict[str, str]:
        self.sent.append({"action": action, **parameters})
        return {"AccessTokenCode": "code"}

    def numbered_pages(self, *asked: Any, **parameters: Any) -> tuple[()]:
        return ()


class Guests:
    """Takes the script that would be run in guests."""

    def __init__(self) -> None:
        self.scripts: list[Script] = []

    def run(self, instance_ids: Sequence[str], script: Script, token: str) -> str:
        self.scripts.append(script)
        return "t-1"


def test_an_activation_code_is_asked_for_once_and_within_the_documented_limits() -> None:
    requests, guests = Requests(), Guests()
    sources = Sources(cast(Rpc, requests), TRANSPORT, cast(Agents, guests), owners=lambda addresses: {})
    for instance_id in ("i-1", "i-2"):
        sources.enrol([instance_id], "linux", "token")
    assert [script.content for script in guests.scripts] == ["import code", "import code"]
    (sent,) = requests.sent
    assert sent["action"] == "CreateAccessToken"
    assert 1 <= int(sent["Count"]) <= 1000
    assert 1 <= int(sent["TimeToLiveInDays"]) <= 90


# --- while a migration runs -------------------------------------------------------------------------------------------


def job_runs(cloud: MemoryCloud) -> bool:
    return any(cloud.works["smc"].work(key).status == "running" for key in cloud.made)


class BusyService:
    """Attaches a disk of its own while a job of the instance runs, and notes what is called meanwhile."""

    def __init__(self, cloud: MemoryCloud, name: str) -> None:
        self.cloud, self.name, self.disk = cloud, name, Disk(f"d-{name}-transit", "data", status="In_use")
        self.meanwhile: list[str] = []
        cloud.before_call = self.called

    def called(self, verb: str) -> None:
        machine = self.cloud.machines[self.name]
        own = tuple(disk for disk in machine.instance.disks if disk != self.disk)
        running = job_runs(self.cloud)
        machine.instance = replace(machine.instance, disks=(*own, self.disk) if running else own)
        if running:
            self.meanwhile.append(verb)

    def touched(self) -> Iterator[str]:
        return (verb for verb, what in self.cloud.log if self.disk.disk_id in what)


@pytest.fixture(params=["job succeeds", "job fails"])
def busy(request: pytest.FixtureRequest) -> BusyService:
    """The service after a migration over two hops, whose first run ended under a job; a failed one is rolled back."""
    cloud = MemoryCloud()
    cloud.add("w", "windows-2008r2", disks=2)
    cloud.durations = lambda what, who: 1800.0 if what == "work" else 60.0
    if request.param == "job fails":
        cloud.failing = frozenset({("w", "windows-2016")})
    service = BusyService(cloud, "w")
    wishes = {"on_failure": "rollback", "rollback_to": "hop"}
    run(cloud, {"w": "windows-2016"}, until=cloud.now + 1200, **wishes)
    assert job_runs(cloud)
    done = run(cloud, {"w": "windows-2016"}, **wishes)
    assert done["w"].state == ("rolled_back" if cloud.failing else "migrated")
    return service


def test_an_instance_is_not_stopped_started_or_put_back_while_its_job_runs(busy: BusyService) -> None:
    assert busy.meanwhile
    assert not UNDER_A_JOB & set(busy.meanwhile)


def test_the_disk_that_the_service_attaches_meanwhile_is_never_touched(busy: BusyService) -> None:
    assert "describe" in busy.meanwhile
    assert list(busy.touched()) == []


def test_a_replaced_disk_is_not_put_back_to_the_snapshot_of_another() -> None:
    cloud = MemoryCloud()
    cloud.add("c", "centos-7")
    run(cloud, {"c": "alinux-3"})
    machine = cloud.machines["c"]
    machine.instance = replace(machine.instance, disks=(Disk("d-c-new", "system", status="In_use"),))
    before = list(cloud.log)
    back = run(cloud, {"c": "alinux-3"}, state="rolled_back")["c"]
    assert back.problem is not None
    assert back.problem.code == "NothingToRollBack"
    assert "Without a snapshot: " in back.problem.message
    assert cloud.log == before
