# Copyright (c) 2026 evergreen.os_migration contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The role remediate removes what stops the migration, in the guest, as often as it comes back."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from testinfra.host import Host

Calls = Callable[[str], list[dict[str, Any]]]


def test_the_guest_is_without_what_stopped_the_migration(host: Host, guest: Callable[[Host, str], Any]) -> None:
    app = guest(host, "app-01")
    assert app.run("rpm -q glibc.x86_64").rc == 0
    assert app.run("rpm -q glibc.i686").rc == 1
    assert app.run("rpm -q zlib.i686").rc == 1, "it was installed by the side effect"
    assert app.file("/usr/bin/rsync").exists


def test_only_scripts_were_run(calls: Calls, writes: Calls) -> None:
    assert "RunCommand" in {call["action"] for call in calls("converge")}
    assert writes("converge") == writes("side_effect") == []
