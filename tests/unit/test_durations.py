# Copyright (c) 2026 evergreen.os_migration contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""How long a hop takes, by earlier results and by the provider's documents."""

from __future__ import annotations

from typing import Any

import pytest
from ansible_collections.evergreen.os_migration.plugins.module_utils._core.durations import ENOUGH, lasted, seconds
from ansible_collections.evergreen.os_migration.plugins.module_utils._core.model import Hop
from ansible_collections.evergreen.os_migration.plugins.module_utils._core.tag import work_name

ID = "i-bp1x"
WAY = ("centos-7", "alinux-3")
HOP = Hop(*WAY, minutes=30)


def result(minutes: int, **work: Any) -> dict[str, Any]:
    ended = f"2026-11-26T10:{minutes:02}:00Z"
    made = {"name": work_name(ID, 1, 1), "status": "done", "began": "2026-11-26T10:00:00Z", "ended": ended, **work}
    return {"instance_id": ID, "hops": [{"source": WAY[0], "target": WAY[1]}], "works": [made]}


def test_a_hop_is_known_by_the_work_that_did_it() -> None:
    assert lasted([result(10), result(12)]) == {WAY: (600.0, 720.0)}


@pytest.mark.parametrize(
    "work",
    [{"status": "failed"}, {"ended": ""}, {"began": "soon"}, {"name": "somebody-elses"}, {"name": work_name(ID, 1, 2)}],
)
def test_what_tells_nothing_of_a_hop_is_passed_over(work: dict[str, Any]) -> None:
    assert lasted([result(10, **work), {"instance_id": ID}]) == {}


def test_few_hops_that_were_quick_do_not_make_the_documented_time_shorter() -> None:
    assert seconds(HOP, {}) == 1800
    assert seconds(HOP, {WAY: (600.0,) * (ENOUGH - 1)}) == 1800
    assert seconds(HOP, {WAY: (600.0, *(660.0,) * (ENOUGH - 1))}) == 660


def test_a_hop_that_took_longer_than_documented_counts_at_once() -> None:
    assert seconds(HOP, {WAY: (2400.0,)}) == 2400
