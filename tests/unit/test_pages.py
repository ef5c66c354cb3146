# Copyright (c) 2026 evergreen.os_migration contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The pages to look things up in miss nothing: no code that a host can fail with, and no variable that is read."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from _markdown import plain
from _said import Said, said_in
from ansible_collections.evergreen.os_migration.plugins.module_utils._core import phases
from ansible_collections.evergreen.os_migration.plugins.module_utils._core.checks import FAULTS
from ansible_collections.evergreen.os_migration.plugins.module_utils._core.rules import RULES
from ansible_collections.evergreen.os_migration.plugins.module_utils._options import CLOUDS

ROOT = Path(__file__).resolve().parents[2]
ERRORS = (ROOT / "docs/errors.md").read_text("utf-8")
VARIABLES = (ROOT / "docs/variables.md").read_text("utf-8")
TOLD = set(re.findall(r"^### (\w+)$", ERRORS, re.MULTILINE))
LISTED = set(re.findall(r"^\| `([^`]+)` \|", ERRORS, re.MULTILINE))
#: A literal that looks like a code, wherever it stands.
LIKE_A_CODE = re.compile(r"\"([A-Z][a-z]+(?:[A-Z][a-z]+)+)\"")
#: Those of a cloud's API, its fields and its words stand in its adapter; these are words of other interfaces.
NO_CODES = {"ReIniting"}


def sources() -> Iterator[Path]:
    """The code that knows no cloud."""
    return (path for path in (ROOT / "plugins").rglob("*.py") if "_clouds/alicloud" not in str(path))


def test_no_code_of_the_source_is_missing() -> None:
    literals = {code for path in sources() for code in LIKE_A_CODE.findall(path.read_text("utf-8"))}
    assert sorted(literals - TOLD - LISTED - NO_CODES) == []


@pytest.mark.parametrize("code", ["Locked", "NotProven", "InvalidOptions", "NoSnapshots", "SourceUnclear"])
def test_codes_that_tests_and_pages_speak_of_are_told(code: str) -> None:
    assert code in TOLD


def test_every_finding_and_fault_of_a_check_is_listed_with_its_remedy() -> None:
    assert ({rule.id for rule in RULES} | set(FAULTS)) - LISTED == set()
    for remedy in FAULTS.values():
        assert plain(remedy) in ERRORS


def test_a_problem_is_read_from_the_code_with_what_it_says(tmp_path: Path) -> None:
    code = """
REMEDY = "Stop it."
def one(work):
    what = f"{work.id} runs"
    return Problem("Busy" if work else "VeryBusy", f"{what} for {work.hours} h" + ", still.", REMEDY)
def two():
    raise Refusal("Wrong", str(1), "Correct it.")
def three(code):
    return failing(code, "not ours", "")
"""
    (tmp_path / "code.py").write_text(code, "utf-8")
    assert list(said_in(tmp_path / "code.py")) == [
        Said("Busy", "… for … h, still.", "Stop it."),
        Said("VeryBusy", "… for … h, still.", "Stop it."),
        Said("Wrong", "…", "Correct it."),
    ]


def test_every_variable_that_is_read_is_on_the_page_of_variables() -> None:
    listed = set(re.findall(r"^\| `(\w+)` \|", VARIABLES, re.MULTILINE))
    inner = {"__sequence_step"}
    assert set(phases.known(CLOUDS)) - listed - inner == set()
    assert {*phases.OF_HOSTS, *phases.OF_PLAYBOOKS} - listed == set()


def test_the_questions_that_a_path_asks_are_answered_by_variables_that_are_told() -> None:
    page = (ROOT / "docs/assessment.md").read_text("utf-8")
    rows = page.split("## Questions that a path asks")[1].split("\n## ")[0].splitlines()
    answers = [row.split("|")[2] for row in rows if row.startswith("| ")][1:]
    named = [re.findall(r"`(\w+)`", answer) for answer in answers]
    assert len(named) == 13
    assert all(named)
    assert [name for names in named for name in names if f"| `{name}` |" not in VARIABLES] == []
