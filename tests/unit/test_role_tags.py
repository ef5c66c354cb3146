# Copyright (c) 2026 evergreen.os_migration contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Which tasks of the roles a tag chooses; tests/integration/test_tags.py runs them."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pytest
import yaml

ROOT = Path(__file__).resolve().parents[2]
PHASES = ("assess", "remediate", "drill", "migrate", "verify", "rollback", "commit", "report")


def tasks(role: str, file: str = "main") -> list[dict[str, Any]]:
    return yaml.safe_load((ROOT / f"roles/{role}/tasks/{file}.yml").read_text("utf-8"))


@pytest.mark.parametrize("role", PHASES)
def test_all_tasks_of_a_phase_have_its_name_for_a_tag(role: str) -> None:
    assert {tuple(task.get("tags", ())) for task in tasks(role)} == {(role,)}


def test_what_a_sequence_includes_has_the_tag_of_its_include() -> None:
    parts = [part for task in tasks("sequence") for part in [*task.get("block", [task]), *task.get("always", [])]]
    includes = [part for part in parts if "ansible.builtin.include_tasks" in part]
    given = [(part["ansible.builtin.include_tasks"]["apply"]["tags"], part["tags"]) for part in includes]
    assert given == [([tag], [tag]) for tag in ("prepare", "prepare", "migrate", "migrate", "verify")]


def test_every_tag_is_documented() -> None:
    text = (ROOT / "docs/how-it-works.md").read_text("utf-8")
    rows = re.findall(r"^\| (`.*?`) \| ", text.partition("\n## Tags\n")[2].partition("\n## ")[0], re.MULTILINE)
    assert sorted(re.findall(r"`(\w+)`", " ".join(rows))) == sorted([*PHASES, "prepare"])
