# Copyright (c) 2026 evergreen.os_migration contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The role report writes the report on what was assessed, without asking the cloud."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from testinfra.host import Host

Calls = Callable[[str], list[dict[str, Any]]]

FILES = ("fleet.html", "fleet.ja.html", "fleet.md", "fleet.ja.md", "fleet.csv", "findings.csv", "fleet.json")


@pytest.mark.parametrize("name", FILES)
def test_the_file_is_there(host: Host, state: Path, name: str) -> None:
    assert host.file(f"{state}/report/{name}").size > 0


def test_every_instance_of_the_assessment_is_in_it(state: Path, ids: dict[str, str]) -> None:
    document = json.loads((state / "report/fleet.json").read_text())
    assert {one["instance_id"] for one in document["instances"]} == set(ids.values())
    page = (state / "report/fleet.ja.html").read_text()
    assert all(instance_id in page for instance_id in ids.values())


def test_no_cloud_is_asked(calls: Calls) -> None:
    assert calls("prepare") != []
    assert calls("converge") == []
