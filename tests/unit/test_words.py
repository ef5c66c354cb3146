# Copyright (c) 2026 evergreen.os_migration contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Every word of the reports exists in every language, and none was left in English."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

import pytest
from ansible_collections.evergreen.os_migration.plugins.module_utils._report import (
    attempts,
    document,
    markdown,
    table,
    words,
)
from ansible_collections.evergreen.os_migration.plugins.modules import fleet_report

from .fleet_results import LANGUAGES, ROOT, RULE, WORDS
from .fleet_results import texts as told

TRANSLATED = [language for language in LANGUAGES if language != "en"]
PLUGINS = ROOT / "plugins"
PLACEHOLDER = re.compile(r"\{\w*\}")
REPORT = PLUGINS / "module_utils/_report"
#: Names of things that a reader looks for as they are: paths, commands, options, packages.
LITERAL = re.compile(
    r"/(?:usr|var|boot|etc/[a-z-]+)\b|\b[a-z]+ --?\w+\b|\b\w+\.\w+=?\w+\b|\b\w+/\w+\b|\b[A-Z][\w.]*\d\b|\d+"
)
KANA, HAN = re.compile(r"[\u3040-\u30ff]"), re.compile(r"[\u4e00-\u9fff]")
#: Texts that are codes in every language.
CODES = {"/language", "/page/lang"}


def leaves(value: Any, path: str = "") -> Iterator[tuple[str, str]]:
    """Every text of a words document with its path."""
    if isinstance(value, dict):
        for key, inner in value.items():
            yield from leaves(inner, f"{path}/{key}")
    else:
        yield path, value


def english() -> dict[str, str]:
    """All texts that are to be translated."""
    rules = {rule: dict(zip(("message", "remedy"), told(rule), strict=True)) for rule in RULE}
    return dict(leaves({**WORDS["en"], "rules": rules}))


def texts(language: str) -> dict[str, str]:
    return dict(leaves(WORDS[language]))


def test_there_is_a_file_for_each_language_and_it_says_so() -> None:
    files = {path.stem for path in (ROOT / "report/words").iterdir()}
    assert files == set(LANGUAGES) == set(fleet_report.ARGUMENTS["languages"]["choices"])
    assert {language: WORDS[language]["language"] for language in LANGUAGES} == {each: each for each in LANGUAGES}


@pytest.mark.parametrize("language", TRANSLATED)
def test_nothing_is_missing_and_nothing_superfluous(language: str) -> None:
    """A new rule, or a new word, comes with its translations."""
    assert set(texts(language)) == set(english())


@pytest.mark.parametrize("language", LANGUAGES)
def test_no_text_is_empty_or_ragged(language: str) -> None:
    assert [path for path, text in leaves(WORDS[language]) if not text.strip() or text != text.strip()] == []


@pytest.mark.parametrize("language", TRANSLATED)
def test_what_is_filled_in_is_filled_in_everywhere(language: str) -> None:
    own, originals = texts(language), english()
    differing = [
        path for path in own if sorted(PLACEHOLDER.findall(own[path])) != sorted(PLACEHOLDER.findall(originals[path]))
    ]
    assert differing == []


@pytest.mark.parametrize("language", TRANSLATED)
def test_nothing_was_left_in_english(language: str) -> None:
    assert [path for path, text in leaves(WORDS[language]) if path not in CODES and not _own_script(text)] == []


def _own_script(text: str) -> bool:
    """Say whether a text has letters of Chinese or Japanese, or has no words at all."""
    return bool(KANA.search(text) or HAN.search(text)) or not re.search(r"[A-Za-z]{4}", PLACEHOLDER.sub("", text))


@pytest.mark.parametrize("part", ["rules", "errors"])
def test_japanese_sentences_are_japanese_and_chinese_ones_are_not(part: str) -> None:
    assert [path for path, text in leaves(WORDS["ja"][part]) if not KANA.search(text)] == []
    assert [path for path, text in leaves(WORDS["zh"]) if KANA.search(text)] == []


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("part", ["rules", "errors"])
def test_sentences_are_sentences(language: str, part: str) -> None:
    end = {"en": ".", "ja": "。", "zh": "。"}[language]
    assert [path for path, text in leaves(WORDS[language].get(part, {})) if not text.endswith(end)] == []


@pytest.mark.parametrize("language", TRANSLATED)
def test_what_must_be_typed_or_looked_for_is_the_same_in_every_language(language: str) -> None:
    originals, own = english(), texts(language)
    lost = {
        path: missing
        for path, text in originals.items()
        if path.startswith("/rules/")
        if (missing := [literal for literal in LITERAL.findall(text) if literal not in own[path]])
    }
    assert lost == {}


def test_every_word_is_used() -> None:
    """Those of tables and sections by their names, the others by name in the code."""
    code = "".join(path.read_text("utf-8") for path in REPORT.glob("*.py"))
    columns = {*table.INSTANCE_COLUMNS, *table.FINDING_COLUMNS, *re.findall(r'"(\w+)"', code)}
    kinds = {
        "column": columns,
        "heading": set(markdown.SECTIONS),
        "total": set(markdown.TOTALS),
        "state": {*document.STATES, *attempts.STATES},
        "phase": set(attempts.READ),
        "support": set(document.SUPPORT),
        "severity": set(document.SEVERITIES),
        "os": {"unknown"},
        "comparison": {"better", "worse", "added", "gone"},
    }
    unused = [key for key in WORDS["en"]["words"] if not _used(key, kinds, code)]
    assert unused == []


def _used(key: str, kinds: dict[str, set[str]], code: str) -> bool:
    kind, _dot, name = key.partition(".")
    return name in kinds[kind] if name else re.search(rf"""\[["']{key}["']\]""", code) is not None


@pytest.mark.parametrize("code", sorted(set(WORDS["en"]["errors"]) - {"other"}))
def test_every_error_that_has_words_can_happen(code: str) -> None:
    files = [path for path in PLUGINS.rglob("*.py") if REPORT not in path.parents]
    assert any(re.search(rf'"{code}["\.]', path.read_text("utf-8")) for path in files)


def test_an_error_of_a_family_has_the_family_s_words_and_another_the_general_ones() -> None:
    report = {
        "findings": {each: {"message": "", "remedy": "", "source": ""} for each in ("error.Forbidden.RAM", "error.X")}
    }
    told = words.translated(report, WORDS["ja"])["findings"]
    errors = WORDS["ja"]["errors"]
    assert told["error.Forbidden.RAM"] == {**errors["Forbidden"], "source": ""}
    assert told["error.X"] == {**errors["other"], "source": ""}


def test_a_finding_of_a_rule_that_is_not_known_here_keeps_its_own_words() -> None:
    said = {"message": "Own.", "remedy": "Act.", "source": "Somewhere"}
    assert words.translated({"findings": {"own.rule": said}}, WORDS["zh"])["findings"] == {"own.rule": said}


@pytest.mark.parametrize("language", LANGUAGES)
def test_what_the_provider_calls_its_things_is_told_as_it_was(language: str) -> None:
    said = {"message": "The cloud's agent (Toy Agent) is not installed.", "remedy": "Act.", "source": "Somewhere"}
    found = words.translated({"findings": {"agent.missing": said}}, WORDS[language])["findings"]["agent.missing"]
    assert "{" not in found["message"]
    assert language != "en" or found["message"] == said["message"]


def test_names_of_documents_are_not_translated_but_that_there_is_none_is() -> None:
    texts = {"linux.memory": {}, "linux.leftovers": {}}
    told = words.translated({"findings": texts}, WORDS["ja"])["findings"]
    assert told["linux.memory"]["source"] == RULE["linux.memory"].source
    assert KANA.search(told["linux.leftovers"]["source"])


def test_a_value_without_a_word_stands_for_itself() -> None:
    assert words.word(WORDS["ja"], "state", "verified") == "verified"
    assert words.word(WORDS["ja"], "state", "ready") == "移行可能"


def test_chinese_texts_have_chinese_marks() -> None:
    """Quotation marks are curved ones, and what stands between Chinese words is of their own script."""
    found = [text for _path, text in leaves(WORDS["zh"]) if re.search(r"[\"「」『』]|[\u4e00-\u9fff][,;:!?]", text)]
    assert found == []


#: Words that readers of a report asked for.
ASKED_FOR = [
    ("en", "/words/counted", "blocked: {stopped}"),
    ("en", "/words/state.blocked", "Blocked"),
    ("ja", "/words/counted", "移行を止めるもの {stopped} 台"),
    ("ja", "/rules/linux.reboot_required/message", "再起動待ちの更新があります。"),
    ("zh", "/words/heading.findings", "发现的问题"),
    ("zh", "/page/no_findings", "未发现问题。"),
    ("zh", "/rules/path.version/message", "小版本"),
]


@pytest.mark.parametrize(("language", "path", "said"), ASKED_FOR)
def test_what_readers_asked_for_is_said_in_their_words(language: str, path: str, said: str) -> None:
    assert said in dict(leaves(WORDS[language]))[path]
