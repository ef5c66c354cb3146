# Copyright (c) 2026 evergreen.os_migration contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The role verify fails the host whose application does not work any more, and changes nothing."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from testinfra.host import Host

Calls = Callable[[str], list[dict[str, Any]]]
Results = Callable[[str], dict[str, dict[str, Any]]]


def test_the_guest_runs_its_target_and_its_shop_does_not(host: Host, guest: Callable[[Host, str], Any]) -> None:
    web = guest(host, "web-01")
    assert web.file("/etc/os-release").contains('^ID="alinux"$')
    assert web.run("systemctl is-active shop").stdout == "inactive\n"


def test_the_failed_check_is_a_failed_verification(results: Results) -> None:
    found = results("verify")["web-01"]
    assert found["state"] == "failed"
    assert [(check["name"], bool(check["error"])) for check in found["checks"]] == [("shop runs", True)]


def test_no_step_but_prepare_changed_the_cloud(calls: Calls, writes: Calls) -> None:
    assert writes("prepare") != []
    for step in ("converge", "side_effect"):
        assert calls(step) != []
        assert writes(step) == []
