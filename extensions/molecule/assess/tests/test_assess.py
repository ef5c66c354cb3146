# Copyright (c) 2026 evergreen.os_migration contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The role assess tells who is ready and what stops the others, and changes nothing."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

Calls = Callable[[str], list[dict[str, Any]]]
Results = Callable[[str], dict[str, dict[str, Any]]]


@pytest.mark.parametrize(
    ("name", "state", "inhibitors", "way"),
    [
        ("web-01", "ready", [], ["alinux-3"]),
        ("app-01", "blocked", ["linux.i686_packages"], ["alinux-3"]),
        ("erp-01", "ready", [], ["windows-2012r2", "windows-2016"]),
    ],
)
def test_each_host_is_told_what_stops_it_and_which_way_it_would_go(
    results: Results, name: str, state: str, inhibitors: list[str], way: list[str]
) -> None:
    found = results("assess")[name]
    assert found["state"] == state
    assert [one["id"] for one in found["findings"] if one["severity"] == "inhibitor"] == inhibitors
    assert [hop["target"] for hop in found["hops"]] == way


def test_guests_are_asked_and_nothing_is_changed(calls: Calls, writes: Calls) -> None:
    assert "RunCommand" in {call["action"] for call in calls("converge")}
    assert writes("converge") == []
