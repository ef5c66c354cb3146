# Copyright (c) 2026 evergreen.os_migration contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What only Alibaba Cloud has: the open form of one request, activation codes, codes with a remedy of their own."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, closing, suppress
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from ansible_collections.evergreen.os_migration.plugins.module_utils._clouds.alicloud.connection import Connection
from ansible_collections.evergreen.os_migration.plugins.module_utils._clouds.alicloud.rpc import Rpc
from ansible_collections.evergreen.os_migration.plugins.module_utils._clouds.base import Cloud
from ansible_collections.evergreen.os_migration.plugins.module_utils._core.goal import Goal, Offer
from ansible_collections.evergreen.os_migration.plugins.module_utils._core.migration.tables import MIGRATION
from ansible_collections.evergreen.os_migration.plugins.module_utils._core.migration.view import Migration
from ansible_collections.evergreen.os_migration.plugins.module_utils._core.model import Account, Disk, Instance, Item
from ansible_collections.evergreen.os_migration.plugins.module_utils._core.outcome import outcome
from ansible_collections.evergreen.os_migration.plugins.module_utils._engine import Brief, Clock, Engine, Limits
from ansible_collections.evergreen.os_migration.plugins.module_utils._errors import CloudError, Transient
from ansible_collections.evergreen.os_migration.plugins.plugin_utils._calls import guest_scripts

from .alicloud_bed import ACTIONS, AliCloudBed
from .bed import AtOnce, Fault, Setting
from .common import crowd, enrolments, order, take

MakeAliCloud = Callable[..., AliCloudBed]
PLAIN = Setting()


@pytest.fixture
def make_alicloud(tmp_path: Path) -> Iterator[MakeAliCloud]:
    """Make an account; keyword arguments are keys of its scenario."""
    with ExitStack() as stack:

        def make(setting: Setting = PLAIN, **changes: object) -> AliCloudBed:
            return stack.enter_context(closing(AliCloudBed(tmp_path, setting, **changes)))

        yield make


def refused(act: Callable[[], object]) -> CloudError:
    with pytest.raises(CloudError) as caught:
        act()
    return caught.value


# --- the one request whose form is open -------------------------------------------------------------------------------

FORMS = [
    {"target_parameter": "TargetOsType", "target_location": "query"},
    {"target_parameter": "MigrationTargetSystem", "target_location": "query"},
    {"target_parameter": "TargetOsType", "target_location": "replication_parameters"},
    {"target_parameter": "target_platform", "target_location": "replication_parameters"},
]


@pytest.mark.parametrize("asked", FORMS, ids=lambda form: "-".join(form.values()))
@pytest.mark.parametrize("expected", FORMS, ids=lambda form: "-".join(form.values()))
def test_the_target_reaches_the_service_only_as_it_expects_it(
    make_alicloud: MakeAliCloud, expected: dict[str, str], asked: dict[str, str]
) -> None:
    bed = make_alicloud(smc=expected)
    cloud = bed.cloud(transport=asked)
    wanted = order(cloud, bed)
    if asked == expected:
        made = cloud.works["smc"].order(wanted)
        assert list(cloud.works["smc"].read([made.id])) == [made.id]
        return
    error = refused(lambda: cloud.works["smc"].order(wanted))
    assert not error.whole_call
    assert bed.writes("order") == 0


def test_a_service_that_misses_the_target_names_the_options_that_help(make_alicloud: MakeAliCloud) -> None:
    bed = make_alicloud(smc={"target_parameter": "TargetOsType", "target_location": "replication_parameters"})
    cloud = bed.cloud(
        transport={"target_values": {"alinux-3": "Nonesuch"}, "target_location": "replication_parameters"}
    )
    problem = refused(lambda: cloud.works["smc"].order(order(cloud, bed))).problem
    assert problem.code.startswith("InvalidOsMigrationType")
    assert "Nonesuch" in problem.message
    assert "Alibaba Cloud Linux 3" in problem.message
    assert all(option in problem.remedy for option in ("target_parameter", "target_location", "target_values"))


def test_the_value_of_a_target_is_an_option(make_alicloud: MakeAliCloud) -> None:
    named = {"alinux-3": "Aliyun_3_x64"}
    bed = make_alicloud(smc={"target_values": named})
    refused(lambda: bed.cloud().works["smc"].order(order(bed.cloud(), bed)))
    cloud = bed.cloud(transport={"target_values": named})
    assert cloud.works["smc"].order(order(cloud, bed)).id


# --- activation codes -------------------------------------------------------------------------------------------------


def test_an_activation_code_is_shown_nowhere_even_when_the_import_command_repeats_it(
    make_alicloud: MakeAliCloud,
) -> None:
    bed = make_alicloud()
    command = "echo {activation_code}; echo {activation_code} >&2; exit 1"
    cloud = bed.cloud(call=bed.patient(20_000), transport={"import_commands": {"linux": command}})
    told: list[str] = []
    record = migrated(bed, cloud, told)
    assert record.problem is not None
    assert record.problem.code == "AgentFailed"
    (code,) = bed.codes()
    assert code not in f"{told} {record} {outcome(record)}"
    assert code not in (bed.lab.journal_file).read_text(encoding="utf-8")


def test_an_import_command_that_takes_no_code_is_told_with_the_option_that_lacks_it(
    make_alicloud: MakeAliCloud,
) -> None:
    bed = make_alicloud()
    cloud = bed.cloud(call=bed.patient(20_000), transport={"import_commands": {"linux": "echo nothing; exit 1"}})
    problem = migrated(bed, cloud, []).problem
    assert problem is not None
    assert (problem.code, "smc.import_command.linux" in problem.message) == ("ImportFailed", True)
    assert "os_migration_smc" in problem.remedy
    assert "{activation_code}" in problem.message


def migrated(bed: AliCloudBed, cloud: Cloud, told: list[str]) -> Migration:
    """Let the engine migrate one instance, and keep all that it tells meanwhile."""

    def sleep(seconds: float) -> None:
        bed.let_scripts_end()
        bed.wait(seconds)

    def tell(records: Any) -> None:
        told.append(repr(records))

    start = time.time() - bed.lab.time  # guests tell this machine's time
    facts = guest_scripts()
    offer = Offer({"smc": ("smc",)}, back=("reset_disks",), enrols=frozenset({"linux"}))
    engine = Engine(
        MIGRATION,
        connect=lambda place: cloud,
        brief=Brief(Goal(offers={"alicloud": offer}), facts),
        limits=Limits(poll_interval=20, until=20_000),
        clock=Clock(ticks=lambda: bed.lab.time, date=lambda: start + bed.lab.time, sleep=sleep),
    )
    item = Item(bed.ids["linux"], bed.region, "alicloud", target="alinux-3")
    (record,) = engine.run([MIGRATION.record(item)], tell)
    return record


def test_an_import_command_goes_to_the_guest_with_its_code(make_alicloud: MakeAliCloud) -> None:
    bed = make_alicloud()
    cloud = bed.cloud(transport={"import_commands": {"linux": "echo code={activation_code}={activation_code}"}})
    here = [bed.ids["linux"]]
    invocation = enrolments(cloud, bed).enrol(here, "linux", "token")
    bed.until(lambda: cloud.agents.results(invocation, here)[here[0]].status == "finished")
    (code,) = bed.codes()
    assert cloud.agents.results(invocation, here)[here[0]].stdout == f"code={code}={code}\n"


# --- codes with a remedy of their own ---------------------------------------------------------------------------------


def test_an_account_that_never_authorised_smc_is_told_to(make_alicloud: MakeAliCloud) -> None:
    bed = make_alicloud(smc={"authorised": False})
    problem = refused(lambda: bed.cloud().works["smc"].order(order(bed.cloud(), bed))).problem
    assert problem.code == "EntityNotExist.Role"
    assert "SMC" in problem.remedy


def test_an_account_that_never_authorised_smc_is_seen_to_have_no_role(make_alicloud: MakeAliCloud) -> None:
    bed = make_alicloud(smc={"authorised": False}, groups=[{"name": "bare", "os": "centos-7", "count": 1}])
    assert bed.cloud().account() == Account(service_role=False, snapshots_used=False)
    assert [line["action"] for line in bed.lab.journal()] == ["GetRole", "GetRole", "DescribeSnapshots"]


def test_a_user_without_ram_permission_learns_the_rest_of_the_account(make_alicloud: MakeAliCloud) -> None:
    assert make_alicloud().cloud("narrow").account() == Account(service_role=None, snapshots_used=True)


def test_a_network_that_does_not_lead_to_ram_costs_no_waiting(make_alicloud: MakeAliCloud) -> None:
    bed = make_alicloud()
    cloud = bed.cloud(call=bed.patient(), ram="http://127.0.0.1:9")
    before = bed.lab.time
    assert cloud.account() == Account(service_role=None, snapshots_used=True)
    assert bed.lab.time - before < 1


def test_an_account_without_the_snapshot_service_is_told_to_activate_it(make_alicloud: MakeAliCloud) -> None:
    bed = make_alicloud(snapshot_service=False)
    cloud = bed.cloud()
    disk: Disk = cloud.instances.disks([bed.ids["linux"]])[bed.ids["linux"]][0]
    problem = refused(lambda: take(cloud, disk)).problem
    assert "snapshot service" in problem.remedy


def test_an_answer_that_takes_too_long_may_be_tried_again(make_alicloud: MakeAliCloud) -> None:
    bed = make_alicloud(Setting((Fault("describe", "delay", seconds=1.5),)))
    assert isinstance(
        refused(lambda: bed.cloud(timeout=1).instances.describe([bed.ids["linux"]], details=False)), Transient
    )


def test_the_time_of_an_answer_is_heard_whatever_the_answer_says(make_alicloud: MakeAliCloud) -> None:
    bed = make_alicloud(clock_offset=-400)
    for user in ("operator", "nobody"):
        call = AtOnce()
        with suppress(CloudError):
            bed.cloud(user, call=call).instances.listed()
        assert call.dates
        assert all(abs(date - (time.time() - 400 + bed.lab.time)) < 30 for date in call.dates)


def test_a_time_that_cannot_be_read_is_not_heard() -> None:
    call = AtOnce()
    rpc = Rpc(Connection("key", "secret", "", {}), "cn-hangzhou", call)
    for headers in ({}, {"Date": ""}, {"Date": "yesterday"}, {"Date": "Thu, 99 Nov 2026 99:00:00 GMT"}):
        rpc._hear(SimpleNamespace(headers=headers))
    assert call.dates == []


# --- how many calls it takes ------------------------------------------------------------------------------------------


def test_a_look_at_a_hundred_instances_costs_few_calls(make_alicloud: MakeAliCloud) -> None:
    bed = make_alicloud()
    cloud = bed.cloud()
    fleet = crowd(bed, 100)
    cloud.instances.describe(fleet, details=True)
    assert len(bed.lab.journal()) <= 7
    before = len(bed.lab.journal())
    cloud.works["smc"].find(
        [one for one in cloud.instances.describe(fleet, details=False).values() if isinstance(one, Instance)]
    )
    assert len(bed.lab.journal()) - before <= 5


def _fleet(manual_snapshots: int, **group: object) -> dict[str, object]:
    disk = {"type": "system", "size_gib": 40, "manual_snapshots": manual_snapshots}
    return {"os": "centos-7", "disks": [disk], **group}


def _counts(bed: AliCloudBed, asked: list[str]) -> list[int | None]:
    found = bed.cloud().instances.describe(asked, details=True)
    return [one.disks[0].manual_snapshots for one in found.values() if isinstance(one, Instance)]


def test_a_look_at_a_thousand_instances_costs_at_most_forty_calls(make_alicloud: MakeAliCloud) -> None:
    bed = make_alicloud(groups=[_fleet(1, name="kept", count=500), _fleet(0, name="plain", count=500)])
    assert _counts(bed, list(bed.lab.world.instances)) == [1] * 500 + [0] * 500
    assert len(bed.lab.journal()) <= 40


def test_a_region_s_long_list_of_snapshots_is_not_read_for_a_few_instances(make_alicloud: MakeAliCloud) -> None:
    bed = make_alicloud(groups=[_fleet(5000, name="old", count=1), _fleet(2, name="kept", count=20)])
    assert _counts(bed, list(bed.lab.world.instances)[1:]) == [2] * 20
    pages_and_instances, in_progress = 21 + 20, 1
    assert len(bed.calls("DescribeSnapshots")) == pages_and_instances + in_progress


@pytest.mark.parametrize("verb", ["describe", "agents", "disks"])
def test_looking_writes_nothing(make_alicloud: MakeAliCloud, verb: str) -> None:
    bed = make_alicloud()
    bed.cloud().instances.describe([bed.ids["linux"], bed.ids["unknown"]], details=True)
    bed.cloud().instances.explain([bed.ids["unknown"]])
    bed.cloud().account()
    lines = bed.lab.journal()
    assert {line["kind"] for line in lines} == {"read"}
    assert ACTIONS[verb] in {line["action"] for line in lines}
