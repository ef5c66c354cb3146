# Copyright (c) 2026 evergreen.os_migration contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The tables of what the documents say and of what can go wrong: what they name is there, and no rule is missing."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from functools import cache
from pathlib import Path

import pytest
from _docs import PAGES
from ansible_collections.evergreen.os_migration.plugins.module_utils._core.lifecycle import SUPPORT_ENDS
from ansible_collections.evergreen.os_migration.plugins.module_utils._core.paths import ARM, PATHS, X86
from ansible_collections.evergreen.os_migration.plugins.module_utils._core.remedies import REMEDIES
from ansible_collections.evergreen.os_migration.plugins.module_utils._core.rules import RULES

ROOT = Path(__file__).resolve().parents[2]
COVERAGE = (ROOT / "docs/coverage.md").read_text("utf-8")
RELIABILITY = (ROOT / "docs/reliability.md").read_text("utf-8")
TESTING = (ROOT / "docs/testing.md").read_text("utf-8")
RULE_IDS = {rule.id for rule in RULES}
ARCHITECTURES = {X86: "x86", ARM: "Arm"}

CODE = re.compile(r"`([^`]+)`")
RULE_ID = re.compile(rf"(?:{'|'.join(sorted({name.partition('.')[0] for name in RULE_IDS}))})\.[a-z0-9_.]+")
PATH_ID = re.compile(r"(?:alicloud|aws)\..+")
REGION = re.compile(r"[a-z]{2}-[a-z0-9-]+")
TEST = re.compile(r"([\w/]+\.py)::(\w+)")

Row = list[str]


def tables(text: str) -> Iterator[list[Row]]:
    """The tables of a page, each with its head and without the line beneath it."""
    for block in re.findall(r"(?:^\|.*\|\n)+", text, re.MULTILINE):
        head, _line, *rows = ([cell.strip() for cell in line[1:-1].split("|")] for line in block.splitlines())
        yield [head, *rows]


def rows_with(*columns: str) -> list[Row]:
    """The rows of the tables that have these columns."""
    return [row for head, *rows in tables(COVERAGE) if set(columns) <= set(head) for row in rows]


def named(pattern: re.Pattern[str], text: str) -> set[str]:
    return {code for code in CODE.findall(text) if pattern.fullmatch(code)}


@cache
def defined_in(name: str) -> set[str]:
    tree = ast.parse((ROOT / "tests" / name).read_text("utf-8"))
    return {node.name for node in ast.walk(tree) if isinstance(node, ast.FunctionDef)}


PROVED = rows_with("proved by")


def test_every_rule_is_in_the_table() -> None:
    assert RULE_IDS - named(RULE_ID, COVERAGE) == set()


def test_every_rule_that_the_table_names_exists() -> None:
    assert named(RULE_ID, COVERAGE) - RULE_IDS - {remedy.name for remedy in REMEDIES} == set()


def test_every_path_of_linux_has_a_row_for_each_architecture() -> None:
    listed = [(on, CODE.findall(path)[0]) for on, _source, _target, path, _proof in rows_with("on", "path")]
    linux = [path for path in PATHS if not path.editions]
    assert sorted(listed) == sorted((ARCHITECTURES[name], path.id) for path in linux for name in path.architectures)


def test_every_path_of_windows_has_a_row_for_each_edition() -> None:
    listed = [(edition.lower(), CODE.findall(path)[0]) for edition, _s, _t, path, _p in rows_with("edition", "path")]
    windows = [path for path in PATHS if path.editions and path.provider == "alicloud"]
    assert sorted(listed) == sorted((edition, path.id) for path in windows for edition in path.editions)


def test_every_path_of_the_runbook_has_a_row() -> None:
    listed = [path for row in rows_with("from", "path") for path in CODE.findall(row[2]) if path.startswith("aws.")]
    assert sorted(listed) == sorted(path.id for path in PATHS if path.provider == "aws")


def test_every_path_that_the_page_names_exists() -> None:
    assert named(PATH_ID, COVERAGE) == {path.id for path in PATHS}


def test_every_region_is_listed() -> None:
    listed = [region for row in rows_with("area") for region in CODE.findall(row[1])]
    assert sorted(listed) == sorted({region for path in PATHS for region in path.regions})
    assert all(REGION.fullmatch(region) for region in listed)


@pytest.mark.parametrize("name", sorted({name for name, _test in TEST.findall(COVERAGE + RELIABILITY)}))
def test_every_test_that_the_pages_name_exists(name: str) -> None:
    assert {test for file, test in TEST.findall(COVERAGE + RELIABILITY) if file == name} - defined_in(name) == set()


def test_every_fault_that_the_page_tells_of_is_shown_by_a_test() -> None:
    (head, *rows), *_more = tables(RELIABILITY)
    assert head == ["fault", "what the user sees", "what is written", "shown by"]
    assert [fault for fault, seen, _written, shown in rows if seen and not TEST.search(shown)] == []


def test_every_statement_has_a_test_or_a_reason_why_there_is_none() -> None:
    without = [row for row in PROVED if not TEST.search(row[-1])]
    assert [row for row in without if row[-1] != "—" or not re.match(r"told|service|not used", row[-2])] == []


def test_a_statement_is_proved_by_tests_that_know_its_rules() -> None:
    for *_cells, kept_by, proof in PROVED:
        texts = "".join((ROOT / "tests" / name).read_text("utf-8") for name, _test in TEST.findall(proof))
        unknown = {rule for rule in named(RULE_ID, kept_by) & RULE_IDS if texts and f'"{rule}"' not in texts}
        assert unknown == set(), kept_by


@pytest.mark.parametrize("page", ["coverage.md", "rules.md", "testing.md"])
def test_tables_are_well_formed(page: str) -> None:
    found = list(tables((ROOT / "docs" / page).read_text("utf-8")))
    assert found
    for head, *rows in found:
        assert all(head)
        assert rows
        assert [row for row in rows if len(row) != len(head) or not row[0]] == []


def test_no_cell_of_the_coverage_is_empty() -> None:
    assert [row for _head, *rows in tables(COVERAGE) for row in rows if not all(row)] == []


@pytest.mark.parametrize("name", re.findall(r"`(test_[\w*]+\.py)`", TESTING))
def test_every_file_that_the_page_of_tests_names_exists(name: str) -> None:
    assert list((ROOT / "tests").rglob(name))


@pytest.mark.parametrize("name", PAGES)
def test_pages_that_are_made_from_the_code_are_up_to_date(name: str) -> None:
    written = (ROOT / "docs" / name).read_text("utf-8")
    assert written == PAGES[name](), f"docs/{name} is not up to date: run script/docs"


def test_every_rule_path_and_support_date_is_on_the_page_of_rules() -> None:
    page = (ROOT / "docs/rules.md").read_text("utf-8")
    first_cells = {CODE.sub(r"\1", row[0]) for _head, *rows in tables(page) for row in rows}
    assert (RULE_IDS | {path.id for path in PATHS} | set(SUPPORT_ENDS)) - first_cells == set()
    for os_id, end in SUPPORT_ENDS.items():
        assert f"| {end.ends} | {end.source} |" in next(line for line in page.splitlines() if f"| `{os_id}` " in line)


def test_the_support_dates_of_the_older_page_are_told() -> None:
    section = COVERAGE.partition("## Support dates")[2]
    agreed = ["centos-6", "centos-7", "centos-8", "windows-2008", "windows-2008r2", "windows-2012", "windows-2012r2"]
    assert set(re.findall(r"\d{4}-\d\d-\d\d", section)) == {SUPPORT_ENDS[os_id].ends.isoformat() for os_id in agreed}
    assert SUPPORT_ENDS["alinux-2"].ends.isoformat() in COVERAGE
