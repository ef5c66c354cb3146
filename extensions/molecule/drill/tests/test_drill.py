# Copyright (c) 2026 evergreen.os_migration contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The role drill tries migrations on clones, and leaves nothing of them."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from typing import Any

Calls = Callable[[str], list[dict[str, Any]]]

MADE = {"CreateImage": "DeleteImage", "CreateSecurityGroup": "DeleteSecurityGroup", "RunInstances": "DeleteInstances"}


def test_a_clone_of_each_instance_is_made_and_everything_of_it_deleted(writes: Calls) -> None:
    actions = Counter(call["action"] for call in writes("converge"))
    assert [actions[action] for action in MADE] == [2, 2, 2]
    assert all(actions[action] >= 2 for action in MADE.values())
    assert actions["CreateReplicationJob"] == actions["StartReplicationJob"] == 2


def test_no_job_and_no_change_of_power_is_of_an_original(writes: Calls, ids: dict[str, str]) -> None:
    originals = set(ids.values())
    hit = {call["action"] for call in writes("converge") if originals & set(call["resources"])}
    assert hit <= {"TagResources", "CreateSnapshotGroup", "DeleteSnapshotGroup"}
