# Copyright (c) 2026 evergreen.os_migration contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Every role has a Molecule scenario that is documented; script/test molecule runs them."""

from __future__ import annotations

import re
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
ROLES = {path.name for path in (ROOT / "roles").iterdir()}
SCENARIOS = {path.parent.name: path.parent for path in ROOT.glob("extensions/molecule/*/molecule.yml")}


def test_every_role_has_a_scenario_with_tests_of_its_own() -> None:
    assert set(SCENARIOS) == ROLES
    for name, directory in SCENARIOS.items():
        assert (directory / f"tests/test_{name}.py").exists()
        assert f"evergreen.os_migration.{name}\n" in (directory / "converge.yml").read_text("utf-8")


def test_every_scenario_is_documented() -> None:
    text = (ROOT / "docs/testing.md").read_text("utf-8")
    table = text.partition("\n| scenario | what it has to show |\n")[2].partition("\n\n")[0]
    rows = re.findall(r"^\| ([a-z_, ]+) \| ", table, re.MULTILINE)
    assert sorted(", ".join(rows).split(", ")) == sorted(ROLES)
