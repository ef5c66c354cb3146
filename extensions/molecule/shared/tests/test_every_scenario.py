# Copyright (c) 2026 evergreen.os_migration contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What every scenario has to show, whatever its role."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

from testinfra.host import Host

Calls = Callable[[str], list[dict[str, Any]]]


def test_the_second_run_writes_nothing(calls: Calls, writes: Calls) -> None:
    assert bool(calls("idempotence")) == bool(calls("converge")), "the second run has a key of its own"
    assert writes("idempotence") == []


def test_what_is_left_on_the_controller_is_private_and_has_no_secret(host: Host, state: Path) -> None:
    left = [path for path in (state / "report").rglob("*") if path.is_file()]
    for path in left:
        assert host.file(str(path)).mode == 0o600, path
    for path in [*left, state / "journal.jsonl"]:
        assert b"molecule-secret" not in path.read_bytes(), path
