# Copyright (c) 2026 evergreen.os_migration contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The report as CSV and as Markdown: complete, in the language asked for, and harmless whatever a name holds."""

from __future__ import annotations

import csv
import io
import re
from typing import Any

import pytest
from ansible_collections.evergreen.os_migration.plugins.module_utils._core.model import Guest, Hop, Problem
from ansible_collections.evergreen.os_migration.plugins.module_utils._report import markdown, table
from ansible_collections.evergreen.os_migration.plugins.module_utils._report.compare import compare
from ansible_collections.evergreen.os_migration.plugins.module_utils._report.files import files
from ansible_collections.evergreen.os_migration.plugins.module_utils._report.words import translated
from hypothesis import given, settings
from hypothesis import strategies as st

from .fleet_results import LANGUAGES, RESOURCES, RULE, WAIVER, WORDS, finding, report, result

WINDOWS = (Hop("windows-2008r2", "windows-2012r2"), Hop("windows-2012r2", "windows-2016"))
FLEET = report(
    result(1, finding(), finding("linux.rsync", "warning", waiver=WAIVER)),
    result(2),
    result(3, guest=Guest("windows-2008r2"), hops=WINDOWS),
    result(4, state="failed", problem=Problem("AgentFailed", "The agent: AgentNotResponding.", "Look at it.")),
)


def rows(text: str) -> list[dict[str, str]]:
    return list(csv.DictReader(io.StringIO(text.removeprefix("\ufeff"), newline="")))


def words(key: str, language: str = "en") -> str:
    return WORDS[language]["words"][key]


def spoken(document: dict[str, Any], language: str = "en") -> tuple[dict[str, Any], dict[str, Any]]:
    return translated(document, WORDS[language]), WORDS[language]


# --- CSV -------------------------------------------------------------------------------------------------------------


def test_the_table_of_instances_has_a_row_for_each() -> None:
    found = rows(table.instances(*spoken(FLEET)))
    assert [row["Instance"] for row in found] == ["i-1", "i-2", "i-3", "i-4"]
    assert found[0]["Result"] == "Blocked"
    assert found[0]["Inhibitors"] == "linux.i686_packages"
    assert found[0]["Warnings"] == "linux.rsync"
    assert (found[0]["Support ends"], found[0]["Days left"]) == ("2024-06-30", "-875")
    assert found[2]["Path"] == "windows-2008r2 → windows-2012r2 → windows-2016"
    assert found[2]["Minutes"] == "60"


def test_a_wanted_target_is_shown_also_where_there_is_no_path_to_it() -> None:
    fleet = spoken(report(result(hops=(), problem=Problem("NoPath", "There is none."), state="blocked")))
    (row,) = rows(table.instances(*fleet))
    assert (row["Target"], row["Path"]) == ("alinux-3", "")
    assert "alinux-3" in sections(markdown.render(*fleet))["Instances"]


def test_the_table_of_findings_tells_what_to_do_and_who_waived() -> None:
    first, second, error = rows(table.findings(*spoken(FLEET)))
    assert (first["Instance"], first["Rule"], first["Severity"]) == ("i-1", "linux.i686_packages", "Inhibitor")
    assert (first["Remedy"], first["Evidence"]) == (RULE["linux.i686_packages"].remedy, "seen")
    assert first["Owner of the waiver"] == ""
    assert (second["Owner of the waiver"], second["Waiver expires"]) == (WAIVER.owner, WAIVER.expires)
    assert error["Finding"] == WORDS["en"]["errors"]["AgentFailed"]["message"]


@pytest.mark.parametrize("language", LANGUAGES)
def test_tables_speak_the_language(language: str) -> None:
    (first, *_rest) = rows(table.instances(*spoken(FLEET, language)))
    assert first[words("column.state", language)] == words("state.blocked", language)
    (finding_row, *_rest) = rows(table.findings(*spoken(FLEET, language)))
    assert finding_row[words("column.severity", language)] == words("severity.inhibitor", language)


def test_excel_takes_the_file_for_utf_8() -> None:
    assert table.instances(*spoken(FLEET)).encode("utf-8").startswith(b"\xef\xbb\xbf")


@pytest.mark.parametrize("start", ["=", "+", "-", "@", "\t", "\r", "\n", "＝", "＋", "－", "＠"])
def test_no_text_is_a_formula(start: str) -> None:
    text = f"{start}HYPERLINK(1)"
    found = rows(table.instances(*spoken(report({**result(), "name": text}))))
    assert found[0]["Name"] == f"'{text}"


@settings(max_examples=200, deadline=None)
@given(st.text())
def test_any_name_survives_the_table(name: str) -> None:
    (row,) = rows(table.instances(*spoken(report({**result(), "name": name}))))
    assert row["Name"].removeprefix("'") == (name or "web-1").replace("\0", "").removeprefix("'")
    assert row["Instance"] == "i-1"


# --- Markdown --------------------------------------------------------------------------------------------------------


def sections(text: str) -> dict[str, str]:
    parts = re.split(r"^## (.*)$", text, flags=re.MULTILINE)
    return dict(zip(parts[1::2], parts[2::2], strict=True))


def test_the_document_has_all_sections_and_says_when_one_is_empty() -> None:
    found = sections(markdown.render(*spoken(report(result()))))
    assert list(found) == [
        *("Totals", "Operating systems", "Findings", "Waivers used", "Comparison", "Instances", "Attempts"),
    ]
    assert found["Findings"].strip() == found["Waivers used"].strip() == found["Attempts"].strip() == "None."


def test_the_document_tells_findings_with_remedies_and_waivers() -> None:
    found = sections(markdown.render(*spoken(FLEET)))
    assert "- **linux.i686\\_packages** (Inhibitor, instances: 1, blocked: 1)" in found["Findings"]
    assert "Remove the listed packages." in found["Findings"]
    assert "| linux.rsync | i-1 | web-1 | copied by hand | ops@example.com | 2027-01-31 |" in found["Waivers used"]
    assert "| CentOS 7 | 3 | Ended | 2024-06-30 |" in found["Operating systems"]
    assert found["Instances"].count("\n| web-") == 4


def test_the_document_tells_the_comparison() -> None:
    before = report(result(1, finding("linux.memory")), result(2), result(9))
    document = {**FLEET, "comparison": compare(before, FLEET)}
    told = sections(markdown.render(*spoken(document)))["Comparison"]
    assert "Compared with the report of 2026-11-22. Unchanged instances: 1." in told
    assert "### Better (1)\n\n- web-1 i-1: Blocked: linux.memory" in told
    assert "### Worse (1)\n\n- web-1 i-1: Blocked: linux.i686\\_packages, linux.rsync" in told
    assert "### New instances (2)\n\n- web-3 i-3\n- web-4 i-4" in told
    assert "### Instances no longer here (1)\n\n- web-9 i-9" in told


@pytest.mark.parametrize("language", LANGUAGES)
def test_the_document_speaks_the_language(language: str) -> None:
    text = markdown.render(*spoken(FLEET, language))
    assert text.startswith(f"# {words('title', language)}\n")
    assert list(sections(text)) == [words(f"heading.{name}", language) for name in markdown.SECTIONS]


@settings(max_examples=200, deadline=None)
@given(st.text() | st.sampled_from(["a|b", "<script>", "![x](http://y)", "`x`", "\\|", "# x", "a\n\n# b"]))
def test_any_name_stays_in_its_cell(name: str) -> None:
    text = markdown.render(*spoken(report({**result(), "name": name})))
    assert [len(re.findall(r"(?<!\\)(?:\\\\)*\|", line)) for line in text.splitlines() if line.startswith("|")] == [
        *[3] * 17,
        *[6] * 3,
        *[10] * 3,
    ]
    assert "<" not in text.replace("\\<", "")


# --- all files -------------------------------------------------------------------------------------------------------


def test_the_first_language_has_the_plain_names_and_the_json_file() -> None:
    formats = ("json", "csv", "markdown")
    names = [name for name, _text in files(FLEET, ("ja", "en", "ja"), formats, RESOURCES)]
    assert names == [
        *("fleet.json", "fleet.csv", "findings.csv", "fleet.md"),
        *("fleet.en.csv", "findings.en.csv", "fleet.en.md"),
    ]


def test_only_the_formats_asked_for_are_written() -> None:
    assert [name for name, _text in files(FLEET, ("en",), ("markdown",), RESOURCES)] == ["fleet.md"]
