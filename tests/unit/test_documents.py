# Copyright (c) 2026 evergreen.os_migration contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What the documents say must be what the code does."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
import yaml
from ansible_collections.evergreen.os_migration.plugins.module_utils._core.paths import ARM, PATHS

ROOT = Path(__file__).resolve().parents[2]
README = (ROOT / "README.md").read_text("utf-8")
ADAPTER = ROOT / "plugins/module_utils/_clouds/alicloud"
NO_ACTION = {"CreateFailed", "DeleteAutoSnapshot", "RunPowerShellScript", "RunShellScript", "TagKey", "TagValue"}
ACTION = re.compile(
    r'"((?:Authorize|Create|Delete|Describe|Disable|Get|List|Reset|Run|Start|Stop|Tag|Validate)[A-Z][A-Za-z]+)"'
)
ALICLOUD = [path for path in PATHS if path.provider == "alicloud"]
ROLES = sorted(path.name for path in (ROOT / "roles").iterdir())


def table_row(source: str) -> list[str]:
    """The cells of README's row of paths from a system, without remarks."""
    (row,) = re.findall(rf"^\| {source} \| (.*) \|$", README, re.MULTILINE)
    return [re.sub(r" \(.*?\)", "", cell).strip() for cell in row.split("|")]


@pytest.mark.parametrize("source", sorted({path.source for path in ALICLOUD}))
def test_readme_lists_the_paths(source: str) -> None:
    everywhere, on_arm = (set(cell.split(", ")) - {""} for cell in table_row(source))
    assert everywhere == {path.target for path in ALICLOUD if path.source == source}
    assert on_arm == {path.target for path in ALICLOUD if path.source == source and ARM in path.architectures}


def test_permissions_name_every_action_that_is_called() -> None:
    code = "".join(path.read_text("utf-8") for path in ADAPTER.glob("*.py"))
    documented = re.findall(r"`(?:ecs|ram|ros|smc|sts):(\w+)`", (ROOT / "docs/permissions.md").read_text("utf-8"))
    assert set(ACTION.findall(code)) - NO_ACTION == set(documented)


def test_readme_names_every_role() -> None:
    assert [role for role in ROLES if f"](roles/{role}/README.md)" not in README] == []


@pytest.mark.parametrize(
    "document", [*ROOT.glob("*.md"), *ROOT.glob("docs/**/*.md"), *ROOT.glob("roles/*/README.md")], ids=str
)
def test_links_lead_somewhere(document: Path) -> None:
    links = re.findall(r"\]\((?!https?:)([^)#]*)(?:#[\w-]+)?\)", document.read_text("utf-8"))
    assert [link for link in links if link and not (document.parent / link).exists()] == []


@pytest.mark.parametrize("role", ROLES)
def test_defaults_and_argument_specs_agree(role: str) -> None:
    specified = load(role, "meta/argument_specs.yml")["argument_specs"]["main"]["options"]
    defaults = load(role, "defaults/main.yml")
    assert set(defaults) <= set(specified)
    plain = {name: value for name, value in defaults.items() if "{{" not in str(value)}
    assert {name: specified[name].get("default") for name in plain} == plain
    assert {name for name, option in specified.items() if "default" in option} == set(defaults)


@pytest.mark.parametrize("role", ROLES)
def test_every_variable_a_role_reads_is_specified(role: str) -> None:
    """Options of the role's own, and those that roles share."""
    specified = set(load(role, "meta/argument_specs.yml")["argument_specs"]["main"]["options"])
    texts = [
        path.read_text("utf-8") for path in (ROOT / "roles" / role).glob("*/main.yml") if path.parent.name != "meta"
    ]
    read = set(re.findall(rf"(?<![\w.])((?:{role}|os_migration)_[a-z_]+)(?=\s*(?:\||\}}\}}|if|\)))", "".join(texts)))
    assert {name for name in read - specified if not name.startswith("os_migration_report_")} == set()


def load(role: str, name: str) -> dict[str, dict[str, dict[str, dict[str, dict[str, str]]]]]:
    path = ROOT / "roles" / role / name
    return yaml.safe_load(path.read_text("utf-8")) if path.exists() else {}
