# Copyright (c) 2026 evergreen.os_migration contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The role windows_server frees space in the guest, upgrades it, and verifies it."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

Calls = Callable[[str], list[dict[str, Any]]]
Results = Callable[[str], dict[str, dict[str, Any]]]


def test_the_server_is_upgraded_and_verified(results: Results) -> None:
    found = results("verify")["erp-01"]
    assert (found["state"], found["target_os"], found["error"]) == ("verified", "windows-2016", None)
    assert results("migrate")["erp-01"]["state"] == "migrated"


def test_the_server_that_cannot_be_prepared_is_not_touched(writes: Calls, ids: dict[str, str]) -> None:
    assert [call["action"] for call in writes("converge")].count("StartReplicationJob") == 1
    assert not any(ids["erp-02"] in call["resources"] for call in writes("converge"))
