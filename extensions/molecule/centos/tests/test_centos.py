# Copyright (c) 2026 evergreen.os_migration contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The role centos prepares the guest, migrates it, starts its services again, and verifies it."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from testinfra.host import Host

Calls = Callable[[str], list[dict[str, Any]]]
Results = Callable[[str], dict[str, dict[str, Any]]]


def test_the_guest_runs_the_target_with_its_service(host: Host, guest: Callable[[Host, str], Any]) -> None:
    web = guest(host, "web-01")
    assert web.file("/etc/os-release").contains('^ID="alinux"$')
    assert web.file("/.guest/units/shop").content_string == "active\n", "it was stopped and started"


def test_the_repositories_are_those_of_the_mirror_and_the_old_ones_are_kept(
    host: Host, guest: Callable[[Host, str], Any]
) -> None:
    web = guest(host, "web-01")
    assert web.file("/etc/yum.repos.d/CentOS-Base.repo").content_string == "archived\n"
    assert web.file("/etc/yum.repos.d.before-os-migration/base.repo").exists


def test_the_host_is_verified(results: Results, writes: Calls) -> None:
    assert results("verify")["web-01"]["state"] == "verified"
    assert [call["action"] for call in writes("converge")].count("StartReplicationJob") == 1
