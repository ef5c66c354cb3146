# Copyright (c) 2026 evergreen.os_migration contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Maintenance windows over a whole run, on a cloud in memory: what is begun, what waits, what is left."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timezone
from itertools import count
from typing import Any

from ansible_collections.evergreen.os_migration.plugins.module_utils._core.goal import Goal
from ansible_collections.evergreen.os_migration.plugins.module_utils._core.lock import Holder
from ansible_collections.evergreen.os_migration.plugins.module_utils._core.migration.tables import MIGRATION
from ansible_collections.evergreen.os_migration.plugins.module_utils._core.model import Item
from ansible_collections.evergreen.os_migration.plugins.module_utils._core.record import Record
from ansible_collections.evergreen.os_migration.plugins.module_utils._core.windows import Window
from ansible_collections.evergreen.os_migration.plugins.module_utils._engine import Brief, Engine, Limits

from .memory_cloud import OFFER, MemoryCloud

RUNS = count(1)
PROBES = {"linux": "# facts", "windows": "# facts"}
EVERY_DAY = frozenset(range(7))


def window(cloud: MemoryCloud, after: int, minutes: int) -> tuple[Window, ...]:
    """Return the window that opens so many minutes after the cloud's full minute."""
    begin = datetime.fromtimestamp(cloud.clock.date() + after * 60, timezone.utc)
    return (Window(EVERY_DAY, begin.hour * 60 + begin.minute, minutes),)


def run(
    cloud: MemoryCloud, names: Sequence[str], windows: tuple[Window, ...], target: str = "alinux-3", **more: Any
) -> list[Record[Any]]:
    items = [Item(name, "r", "alicloud", target=target, windows=windows) for name in names]
    limits = Limits(threads=1, until=cloud.now + 100_000, max_running=more.pop("max_running", 20))
    brief = Brief(Goal(offers={"alicloud": OFFER}, **more), PROBES, holder=Holder(f"{next(RUNS):x}"))
    engine = Engine(MIGRATION, lambda place: cloud, brief, limits, check_mode=False, clock=cloud.clock)
    return list(engine.run([MIGRATION.record(item) for item in items]))


def test_a_window_that_opens_soon_is_waited_for_and_nothing_is_written_before() -> None:
    cloud = MemoryCloud()
    cloud.add("c1", "centos-7")
    begun = cloud.now
    (done,) = run(cloud, ["c1"], window(cloud, 30, 60), window_wait=3600)
    assert done.state == "migrated"
    assert cloud.now - begun > 29 * 60
    took = [event.at for event in done.timeline if event.event == "marked started"]
    assert datetime.fromisoformat(took[0]).minute >= 29


def test_a_window_that_opens_later_leaves_the_instance_untouched_and_unlocked() -> None:
    cloud = MemoryCloud()
    cloud.add("c1", "centos-7")
    (done,) = run(cloud, ["c1"], window(cloud, 90, 60), window_wait=3600)
    assert (done.state, done.changed, cloud.log) == ("postponed", False, [])


def test_who_is_queued_until_the_window_closes_is_left_for_the_next_one() -> None:
    cloud = MemoryCloud()
    names = [f"c{number}" for number in range(6)]
    for name in names:
        cloud.add(name, "centos-7")
    done = run(cloud, names, window(cloud, 0, 40), max_running=1)
    states = [record.state for record in done]
    assert states[0] == "migrated"
    assert states[-1] == "postponed"
    left = [record.id for record in done if record.state == "postponed"]
    assert {cloud.machines[name].os for name in left} == {"centos-7"}
    assert not {what.split()[0] for verb, what in cloud.log if verb == "begin"} & set(left)


def test_the_second_hop_is_left_for_the_next_window_and_done_in_it() -> None:
    cloud = MemoryCloud()
    cloud.add("w1", "windows-2008r2")
    (done,) = run(cloud, ["w1"], window(cloud, 0, 37), "windows-2016")
    assert (done.state, cloud.machines["w1"].os) == ("postponed", "windows-2012r2")
    (again,) = run(cloud, ["w1"], window(cloud, 0, 37), "windows-2016")
    assert (again.state, cloud.machines["w1"].os) == ("migrated", "windows-2016")
    assert [verb for verb, _what in cloud.log].count("begin") == 2
