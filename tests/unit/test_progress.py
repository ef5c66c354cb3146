# Copyright (c) 2026 evergreen.os_migration contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""An operator reads what has changed, when, and for whom; and of what is silent for long, that it goes on."""

from __future__ import annotations

import re
from typing import Any

from ansible_collections.evergreen.os_migration.plugins.module_utils._core.goal import Goal
from ansible_collections.evergreen.os_migration.plugins.module_utils._core.migration.tables import MIGRATION
from ansible_collections.evergreen.os_migration.plugins.module_utils._core.model import Item, Problem
from ansible_collections.evergreen.os_migration.plugins.module_utils._core.progress import HEARTBEAT, Progress
from ansible_collections.evergreen.os_migration.plugins.module_utils._core.record import Record

INTERVAL = 15.0


def fleet(**states: str) -> list[Record[Any]]:
    items = {name: Item(f"i-{name}", "r", "alicloud", name=name) for name in states}
    return [MIGRATION.record(item).with_(state=states[name]) for name, item in items.items()]


def lines(*looks: tuple[float, list[Record[Any]]]) -> list[str]:
    progress = Progress(INTERVAL, 1000.0, Goal(), 20, dict)
    return [progress.line(records, 1000.0 + at, 0.0) for at, records in looks]


def test_nothing_is_told_before_the_interval_is_over() -> None:
    first, second, third = lines(
        (1, fleet(a="probing")), (INTERVAL, fleet(a="probing")), (INTERVAL + 1, fleet(a="migrating"))
    )
    assert (first, third) == ("", "")
    assert second


def test_a_line_has_the_time_the_counts_and_the_names_of_those_that_moved() -> None:
    _first, second = lines(
        (20, fleet(a="migrating", b="queued", c="migrating")), (40, fleet(a="verifying", b="queued", c="migrating"))
    )
    assert re.fullmatch(r"\d\d:\d\d:\d\d 0/3 done, .*; verifying: a", second)


def test_no_more_than_five_are_named() -> None:
    (line,) = lines((20, fleet(**{f"h{number}": "migrating" for number in range(8)})))
    assert line.endswith("; migrating: h0, h1, h2, h3, h4 and 3 more")


def test_who_only_waits_is_counted_and_not_named() -> None:
    (line,) = lines((20, fleet(a="queued", b="probing")))
    assert line.endswith("0/2 done, 1 queued, 1 probing")


def test_the_longer_a_run_takes_the_rarer_are_its_lines_but_not_for_what_fails() -> None:
    turns = [fleet(a="migrating", b="queued"), fleet(a="queued", b="migrating")]
    hour = lines(*((at, turns[number % 2]) for number, at in enumerate(range(20, 3600, 15))))
    day = lines(*((at, turns[number % 2]) for number, at in enumerate(range(20, 86_400, 15))))
    assert sum(map(bool, hour)) < 100
    assert sum(map(bool, day)) < 300
    failed = [turns[0][0].with_(state="failed", problem=Problem("X", "It broke.")), turns[0][1]]
    told = lines((7200, turns[0]), (7220, turns[1]), (7240, failed))
    assert [bool(line) for line in told] == [True, False, True]


def test_an_equal_state_is_told_again_only_after_a_long_time() -> None:
    same = fleet(a="migrating")
    told = lines((20, same), (40, same), (300, same), (20 + HEARTBEAT, same))
    assert [bool(line) for line in told] == [True, False, False, True]
