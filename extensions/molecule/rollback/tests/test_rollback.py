# Copyright (c) 2026 evergreen.os_migration contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The role rollback puts the disks of migrated instances back, and touches no other."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from typing import Any

from testinfra.host import Host

Calls = Callable[[str], list[dict[str, Any]]]
Results = Callable[[str], dict[str, dict[str, Any]]]

DISKS = 2


def test_the_guest_runs_its_old_system(host: Host, guest: Callable[[Host, str], Any]) -> None:
    release = guest(host, "web-01").file("/etc/os-release")
    assert release.contains('^ID="centos"$')
    assert release.contains('^VERSION_ID="7"$')


def test_who_was_migrated_is_rolled_back(results: Results) -> None:
    states = {name: found["state"] for name, found in results("rollback").items()}
    assert states == {"web-01": "rolled_back", "app-01": "unchanged"}


def test_every_disk_is_put_back_once_and_nothing_is_lost_that_was_in_the_snapshot(writes: Calls) -> None:
    actions = Counter(call["action"] for call in writes("converge"))
    assert (actions["StopInstances"], actions["ResetDisk"], actions["StartInstances"]) == (1, DISKS, 1)


def test_the_other_instance_is_not_touched(writes: Calls, ids: dict[str, str]) -> None:
    for step in ("prepare", "converge"):
        assert not any(ids["app-01"] in call["resources"] for call in writes(step))
