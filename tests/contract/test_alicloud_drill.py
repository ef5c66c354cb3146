# Copyright (c) 2026 evergreen.os_migration contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The engine on the simulated Alibaba Cloud: what a drill by SMC itself does to an instance, and what it tells."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import ExitStack, closing
from pathlib import Path
from typing import Any

import pytest
from ansible_collections.evergreen.os_migration.plugins.module_utils._clouds import PROVIDERS
from ansible_collections.evergreen.os_migration.plugins.module_utils._core import outcome
from ansible_collections.evergreen.os_migration.plugins.module_utils._core.drilled import from_tags
from ansible_collections.evergreen.os_migration.plugins.module_utils._core.goal import Goal
from ansible_collections.evergreen.os_migration.plugins.module_utils._core.lock import Holder
from ansible_collections.evergreen.os_migration.plugins.module_utils._core.migration.tables import MIGRATION
from ansible_collections.evergreen.os_migration.plugins.module_utils._core.migration.view import Migration
from ansible_collections.evergreen.os_migration.plugins.module_utils._core.model import Hop, Item, Order
from ansible_collections.evergreen.os_migration.plugins.module_utils._engine import Brief, Clock, Engine, Limits
from ansible_collections.evergreen.os_migration.plugins.plugin_utils._calls import guest_scripts

from .alicloud_bed import COMMANDS, AliCloudBed
from .bed import Setting
from .common import plain

WEB = "i-bp1drilled0000000001"
FAST = {"migrate": 600, "snapshot": 30, "start": 20, "agent_reconnect": 5, "import": 10, "reset_disk": 20}
MakeBed = Callable[..., AliCloudBed]


@pytest.fixture
def make_web(tmp_path: Path) -> Iterator[MakeBed]:
    """Make an account with one instance."""
    with ExitStack() as stack:

        def make(smc: dict[str, Any] | None = None, **changes: Any) -> AliCloudBed:
            disks = [{"type": "system", "size_gib": 40}, {"type": "data", "size_gib": 100}]
            group = {"name": "web", "os": "centos-7", "ids": [WEB], "disks": disks, "durations": FAST, **changes}
            more: dict[str, Any] = {"groups": [group], "smc": smc or {}}
            return stack.enter_context(closing(AliCloudBed(tmp_path, Setting(), **more)))

        yield make


def goal(state: str = "drilled", **more: Any) -> Goal:
    smc = {"transport": "api", "import_command": COMMANDS, "drill_proven": True}
    return Goal(state, most_age=3600, offers={"alicloud": PROVIDERS["alicloud"].offer({"smc": smc})}, **more)


def run(
    bed: AliCloudBed,
    wanted: Goal,
    number: int = 1,
    check_mode: bool = False,
    **transport: Any,
) -> Migration:
    """Bring the instance to a goal by the engine, on the simulated time."""

    def sleep(seconds: float) -> None:
        bed.let_scripts_end()  # guests really run what they are sent
        bed.lab.wait(seconds)

    clock = Clock(lambda: bed.lab.time, bed.lab.world.clock.date, sleep)
    named = {"drill_parameter": "DrillMode", **transport}
    cloud = bed.cloud(call=bed.patient(10**6), transport=named)
    holder = Holder(f"{number:08x}", "a1", number, "1")
    brief = Brief(wanted, guest_scripts(), holder=holder, date=bed.lab.world.clock.date)
    target = "windows-2016" if os_of_web(bed).startswith("windows") else "alinux-3"
    item = Item(WEB, bed.region, "alicloud", target=target)
    engine = Engine(MIGRATION, lambda place: cloud, brief, Limits(), check_mode, clock, there=lambda lock: False)
    (record,) = engine.run([MIGRATION.record(item)])
    return record


def tags(bed: AliCloudBed) -> dict[str, str]:
    return dict(bed.lab.world.instances[WEB].tags.last())


def os_of_web(bed: AliCloudBed) -> str:
    return bed.lab.world.instances[WEB].system(bed.lab.time).id


def test_a_drill_by_the_service_leaves_the_system_and_tells_what_is_lost(make_web: MakeBed) -> None:
    bed = make_web()
    record = run(bed, goal())
    assert (record.state, record.problem) == ("drilled", None), record.timeline
    (job,) = bed.lab.world.jobs.values()
    assert record.view.lost_since == bed.lab.world.clock.iso(job.created)
    assert (os_of_web(bed), job.drill, job.gone < bed.lab.time) == ("centos-7", "only", True)
    told = from_tags(tags(bed))
    assert told is not None
    assert outcome.attempted(record, goal())["drill"] == {
        "passed": True,
        "at": told.when,
        "by": "service",
        "source": "centos-7",
        "target": "alinux-3",
    }


def test_with_a_drill_first_a_critical_item_keeps_the_instance_from_being_migrated(make_web: MakeBed) -> None:
    bed = make_web(faults={"drill_critical": "no room in /boot"})
    record = run(bed, goal("migrated", drill_first=True))
    assert record.problem is not None
    assert (record.problem.code, "no room in /boot" in record.problem.message) == ("MigrationFailed", True)
    assert os_of_web(bed) == "centos-7"


@pytest.mark.parametrize("location", ["query", "replication_parameters"])
@pytest.mark.parametrize("mode", ["only", "and_migrate"])
def test_the_service_is_asked_for_a_drill_as_the_options_say(make_web: MakeBed, location: str, mode: str) -> None:
    named = {
        "drill_parameter": "Rehearse",
        "drill_location": location,
        "drill_values": {"only": "o", "and_migrate": "a"},
    }
    bed = make_web(smc=named, smc_source="available")
    cloud = bed.cloud(transport=named)
    seen = plain(cloud.instances.describe([WEB], details=True)[WEB])
    _works, enrolment = cloud.works["smc"].find([seen])[WEB]
    assert enrolment is not None
    order = Order("smc", seen, "osm-drill", "token", Hop("centos-7", "alinux-3"), enrolment.id, {"drill": mode})
    made = cloud.works["smc"].order(order)
    assert bed.lab.world.jobs[made.id].drill == mode
