# Copyright (c) 2026 evergreen.os_migration contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""How long a hop takes, by earlier results and by the provider's documents."""

from __future__ import annotations

from typing import Any

import pytest
from ansible_collections.evergreen.os_migration.plugins.module_utils._core.durations import (
    ENOUGH,
    hook_seconds,
    hook_usual,
    lasted,
    seconds,
)
from ansible_collections.evergreen.os_migration.plugins.module_utils._core.hooks import Hook
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


def hooked(seconds: int, status: str = "done", **more: Any) -> dict[str, Any]:
    ended = f"2026-11-26T10:00:{seconds:02}+00:00"
    told = {"name": "stop", "when": "before_hop", "status": status, "began": "2026-11-26T10:00:00+00:00"}
    return {"instance_id": ID, "hooks": [{**told, "ended": ended, **more}]}


def test_a_hook_is_known_by_its_name_and_moment() -> None:
    once_more = hooked(9, name="start", when="after_hop")
    assert lasted([hooked(5), hooked(7), once_more]) == {
        ("stop", "before_hop"): (5.0, 7.0),
        ("start", "after_hop"): (9.0,),
    }
    planned, failed, of_an_earlier_run = hooked(5, "planned", began=None), hooked(5, "failed"), hooked(5, began=None)
    assert lasted([planned, failed, of_an_earlier_run]) == {}


def test_a_hook_counts_with_its_timeout_until_enough_is_known_of_it() -> None:
    hook, few, enough = (
        Hook("stop", "before_hop", "stop", timeout=600),
        (5.0,) * (ENOUGH - 1),
        (5.0, 5.0, 6.0, 7.0, 9.0),
    )
    assert hook_seconds(hook, {("stop", "before_hop"): few}) == hook_usual(hook, {}) == 600
    assert hook_seconds(hook, {("stop", "before_hop"): enough}) == 9
    assert hook_usual(hook, {("stop", "before_hop"): enough}) == 6


def test_few_hops_that_were_quick_do_not_make_the_documented_time_shorter() -> None:
    assert seconds(HOP, {}) == 1800
    assert seconds(HOP, {WAY: (600.0,) * (ENOUGH - 1)}) == 1800
    assert seconds(HOP, {WAY: (600.0, *(660.0,) * (ENOUGH - 1))}) == 660


def test_a_hop_that_took_longer_than_documented_counts_at_once() -> None:
    assert seconds(HOP, {WAY: (2400.0,)}) == 2400
