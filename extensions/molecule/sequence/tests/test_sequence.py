# Copyright (c) 2026 evergreen.os_migration contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The role sequence prepares guests by the scripts of a family, once, and stops services while they are migrated."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from testinfra.host import Host

Calls = Callable[[str], list[dict[str, Any]]]
Results = Callable[[str], dict[str, dict[str, Any]]]


def test_the_guest_was_prepared_once_and_runs_its_target(host: Host, guest: Callable[[Host, str], Any]) -> None:
    cache = guest(host, "cache-01")
    assert cache.file("/etc/owner").content_string == "team o'hara\n", "not once more by the second run"
    assert cache.file("/etc/os-release").contains('^VERSION_ID="3')
    assert cache.file("/.guest/units/cache").content_string == "active\n"


def test_every_phase_was_run(results: Results) -> None:
    states = [results(phase)["cache-01"]["state"] for phase in ("migrate", "verify")]
    assert states == ["migrated", "verified"]


def test_the_guest_is_prepared_before_anything_is_written(calls: Calls) -> None:
    actions = [call["action"] for call in calls("converge") if call["kind"] == "write" and call["status"] == 200]
    scripts = next(place for place, action in enumerate(actions) if action != "RunCommand")
    assert scripts >= 3, "facts, the family's own script, and the stop of its services"
