# Copyright (c) 2026 evergreen.os_migration contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The role commit deletes the snapshots of the migration, and nothing else."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from testinfra.host import Host

Calls = Callable[[str], list[dict[str, Any]]]
Results = Callable[[str], dict[str, dict[str, Any]]]


def test_who_was_migrated_is_committed(results: Results) -> None:
    states = {name: found["state"] for name, found in results("commit").items()}
    assert states == {"web-01": "committed", "app-01": "unchanged"}


def test_the_snapshots_that_go_are_those_that_the_migration_took(writes: Calls, ids: dict[str, str]) -> None:
    taken = snapshots(writes("prepare"), "CreateSnapshotGroup")
    assert taken
    assert snapshots(writes("converge"), "DeleteSnapshotGroup") == taken
    assert not any(ids["app-01"] in call["resources"] for call in writes("converge"))


def test_the_guest_goes_on_as_it_is(host: Host, guest: Callable[[Host, str], Any]) -> None:
    assert guest(host, "web-01").file("/etc/os-release").contains('^ID="alinux"$')


def snapshots(calls: list[dict[str, Any]], action: str) -> set[str]:
    """The snapshots that calls of an action are about."""
    resources = [resource for call in calls if call["action"] == action for resource in call["resources"]]
    return {resource for resource in resources if resource.startswith("s-")}
