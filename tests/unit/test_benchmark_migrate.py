# Copyright (c) 2026 evergreen.os_migration contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The benchmark of migrations: fleets, what it reads from a journal, the endpoint before its clouds, its options."""

from __future__ import annotations

import json
import socket
from contextlib import suppress
from dataclasses import replace
from pathlib import Path
from statistics import fmean, median
from typing import Any

import pytest
from aliyunsdkcore.acs_exception.exceptions import ClientException
from aliyunsdkcore.client import AcsClient
from aliyunsdkcore.request import CommonRequest
from benchmark import migrate, scenario
from benchmark.bound import makespan
from benchmark.costs import Lanes, compared, cost, line
from benchmark.front import front
from benchmark.journal import traffic
from benchmark.measuring import Usage
from benchmark.scenario import HEALTHY, OTHER, Case
from integration.harness import cloud

USAGE = Usage(rc=0, began=1000.0, wall=80.0, cpu=12.0, memory_mib=60, output="")


def call(action: str, wall: float, *resources: str, **more: Any) -> dict[str, Any]:
    kind = "read" if action.startswith("Describe") else "write"
    return {"action": action, "kind": kind, "wall": wall, "resources": resources, "status": 200, "code": None, **more}


# --- fleets ----------------------------------------------------------------------------------------------------------


def test_a_heavy_tail_has_the_mean_of_the_fixed_one() -> None:
    found = scenario.lengths(Case(1000, shape="heavy tail"))
    assert fmean(found) == pytest.approx(600, rel=0.001)
    assert max(found) > 4 * median(found)
    assert found == scenario.lengths(Case(1000, shape="heavy tail"))


@pytest.mark.parametrize(("instances", "hops", "accounts"), [(10, 2, 1), (1000, 1, 1), (1000, 2, 2), (10_000, 1, 10)])
def test_no_account_has_more_jobs_than_are_allowed(instances: int, hops: int, accounts: int) -> None:
    case = Case(instances, hops)
    of_accounts = [one.account for one in scenario.fleet(case)]
    assert case.accounts == accounts
    assert max(of_accounts.count(account) for account in range(accounts)) * hops <= scenario.JOBS_OF_AN_ACCOUNT
    assert len({host["instance_id"] for host in scenario.hosts(case).values()}) == instances


def test_each_account_has_its_own_part_of_the_fleet() -> None:
    case = Case(1001)
    groups = [scenario.scenario(case, account)["groups"] for account in range(case.accounts)]
    assert [sum(len(group["ids"]) for group in found) for found in groups] == [501, 500]
    assert {host["os_migration_profile"] for host in scenario.hosts(case).values()} == {"account-00", "account-01"}


def test_the_module_is_told_the_same_as_the_inventory() -> None:
    (item,) = scenario.items(Case(1))
    assert item == {
        "name": "host-00000",
        "instance_id": "i-bp100000000000000000",
        "region": HEALTHY,
        "target": "alinux-3",
    }
    assert scenario.items(Case(1001))[-1]["profile"] == "account-01"


def test_the_unreachable_come_on_top_and_are_not_planned() -> None:
    case = Case(5, unreachable=3)
    assert [one.region for one in scenario.fleet(case)] == [HEALTHY] * 5 + [OTHER] * 3
    assert len(scenario.plans(case)) == 5


def test_the_bound_of_one_instance_is_what_the_cloud_takes() -> None:
    """A set of snapshots, and for each hop the service's own snapshots, the migration and the look into the guest."""
    assert makespan(scenario.plans(Case(1)), None, {}) == 60 + (60 + 600 + 4)
    assert makespan(scenario.plans(Case(1, hops=2)), None, {}) == 60 + 2 * (60 + 600 + 4)
    assert makespan(scenario.plans(Case(1, visibility=15)), None, {}) == 3 * 15 + 60 + (60 + 600 + 4)


# --- the journal -----------------------------------------------------------------------------------------------------


def test_writes_are_those_to_the_instances_and_change_something() -> None:
    calls = [
        call("DescribeInstances", 1.0, "i-1"),
        call("RunCommand", 2.0, "i-1"),
        call("TagResources", 3.0, "i-1", status=400, code="Throttling.User"),
        call("TagResources", 4.0, "i-1"),
        call("CreateSnapshot", 5.0, "s-1", "i-1"),
        call("TagResources", 9.0, "i-other"),
    ]
    found = traffic(calls, 1, ["i-1"])
    assert (found.first, found.last) == (4.0, 5.0)
    assert found.calls["TagResources"] == 3
    assert (found.total, found.others, found.throttled) == (6, 5, 1)
    assert found.throttled_share == pytest.approx(1 / 6)


def test_a_hop_that_is_started_again_is_told() -> None:
    once = [call("CreateReplicationJob", 1.0, "j-1", "i-1"), call("StartReplicationJob", 2.0, "j-1", "i-1")]
    again = [call("CreateReplicationJob", 3.0, "j-2", "i-1"), call("StartReplicationJob", 4.0, "j-2", "i-1")]
    assert traffic(once, 1, ["i-1"]).twice == 0
    assert traffic(once + again, 2, ["i-1"]).twice == 0
    assert traffic(once + again, 1, ["i-1"]).twice == 1
    assert traffic([*once, once[1]], 1, ["i-1"]).twice == 1


def test_an_order_repeated_with_its_token_is_no_second_one() -> None:
    order = call("CreateReplicationJob", 1.0, "j-1", "i-1")
    assert traffic([order, order, call("StartReplicationJob", 2.0, "j-1", "i-1")], 1, ["i-1"]).twice == 0


def test_a_run_without_a_write_has_no_time_of_one() -> None:
    found = cost(Case(10), USAGE, traffic([call("DescribeInstances", 1.0)], 1, []), lost=10)
    assert found.wrong
    assert found.first_write is found.after_last_write is found.work_by_bound is None
    assert "-" in line(found)


def test_figures_are_by_instance_and_hop() -> None:
    calls = [call("TagResources", 1010.0, "i-1"), call("TagResources", 1070.0, "i-1")]
    found = cost(Case(2, hops=2), USAGE, traffic(calls, 2, ["i-1"]), lost=0)
    assert (found.first_write, found.after_last_write) == (10.0, 10.0)
    assert found.cpu_per_hop == 3.0
    assert found.calls_per_hop == found.other_calls_per_hop == 0.5
    assert found.bound == pytest.approx((60 + 2 * 664) / scenario.SPEED)
    assert not found.wrong


# --- the endpoint ----------------------------------------------------------------------------------------------------


def ask(endpoint: str, account: int, region: str) -> dict[str, Any]:
    keys = scenario.credential(account)
    client = AcsClient(keys["access_key"], keys["secret_key"], region, auto_retry=False, timeout=2)
    request = CommonRequest(domain=endpoint.split("://")[1], version="2014-05-26", action_name="DescribeInstances")
    request.set_protocol_type("http")
    request.set_method("POST")
    request.add_body_params("RegionId", region)
    request.add_body_params("PageSize", "100")
    found: dict[str, Any] = json.loads(client.do_action_with_exception(request))
    return found


def test_each_call_goes_to_the_cloud_of_its_key_and_a_region_hangs(tmp_path: Path) -> None:
    case = Case(1003, hops=1, unreachable=2)
    small = [{**scenario.scenario(case, account)} for account in range(2)]
    for account, one in enumerate(small):
        one["groups"][0]["ids"] = one["groups"][0]["ids"][: account + 1]
    with cloud(small[0], tmp_path / "0") as first, cloud(small[1], tmp_path / "1") as second:
        backends = {scenario.credential(0)["access_key"]: first.endpoint}
        backends[scenario.credential(1)["access_key"]] = second.endpoint
        with front(backends, hangs=OTHER) as endpoint:
            assert ask(endpoint, 0, HEALTHY)["TotalCount"] == 1
            assert ask(endpoint, 1, HEALTHY)["TotalCount"] == 2
            with pytest.raises(ClientException):
                ask(endpoint, 0, OTHER)
        with pytest.raises(ClientException):
            ask(endpoint, 0, HEALTHY)
        assert [one["action"] for one in first.calls()] == ["DescribeInstances"]


def test_it_ends_with_open_connections() -> None:
    with front({}) as endpoint:
        host, port = endpoint.split("://")[1].split(":")
        connection = socket.create_connection((host, int(port)))
        connection.sendall(b"POST / HTTP/1.1\r\n")
    with connection, suppress(ConnectionResetError):
        assert connection.recv(1) == b""


# --- the program -----------------------------------------------------------------------------------------------------


def test_the_matrix_has_what_was_asked_for() -> None:
    full = migrate.matrix(short=False, sizes=[])
    assert {case.instances for case in full} >= {10, 100, 1000, 10_000}
    assert {case.hops for case in full} == {1, 2}
    assert {case.forks for case in full} == {None, 5, 50}
    assert {case.module for case in full} == {False, True}
    assert {bool(case.cap) for case in full} == {case.shape != "fixed" for case in full} == {True, False}
    assert [case.instances for case in migrate.matrix(short=False, sizes=[77])] == [77]
    assert max(case.instances for case in migrate.matrix(short=True, sizes=[])) == 40


@pytest.mark.parametrize("given", [["--sizes", "0"], ["--sizes", "x"], ["--cap", "0"], ["--json", "/no/such/file"]])
def test_options_that_cannot_be_meant_are_refused(given: list[str]) -> None:
    with pytest.raises(SystemExit):
        migrate.arguments(given)


def test_a_directory_that_is_there_is_not_written_into(tmp_path: Path) -> None:
    with pytest.raises(SystemExit):
        migrate.arguments(["--keep", str(tmp_path)])


def test_a_region_that_hangs_is_told() -> None:
    calls = [call("TagResources", 1020.0, "i-1")]
    alone = cost(Case(5), USAGE, traffic(calls, 1, ["i-1"]), lost=0)
    beside = cost(Case(5), replace(USAGE, rc=2), traffic([call("TagResources", 1021.0, "i-1")], 1, ["i-1"]), lost=0)
    done = compared(alone, beside)
    assert not done.wrong
    assert done.text.endswith("1.05 of the time that they take alone (20.0 s)")
    held = Lanes(instances=5, alone=20.0, beside=70.0, unfinished=5, ratio=None, wrong=False)
    assert "5 of them were not done in 70 s" in held.text
