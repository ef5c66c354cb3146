# Copyright (c) 2026 evergreen.os_migration contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The page of rules, paths and support dates, from the code."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from _markdown import Row, code, codes, table
from ansible_collections.evergreen.os_migration.plugins.module_utils._clouds import PROVIDERS
from ansible_collections.evergreen.os_migration.plugins.module_utils._core.catalog import NAMES
from ansible_collections.evergreen.os_migration.plugins.module_utils._core.goal import in_words
from ansible_collections.evergreen.os_migration.plugins.module_utils._core.lifecycle import SUPPORT_ENDS
from ansible_collections.evergreen.os_migration.plugins.module_utils._core.paths import PATHS, Path
from ansible_collections.evergreen.os_migration.plugins.module_utils._core.rules import RULES, Rule, documents

INTRODUCTION = """\
# Rules, paths and support dates

Written by `script/docs` from the code; change the code, not this page. Which statement of which document each of them
keeps, and the test that proves it, is in [coverage](coverage.md).
"""
RULES_INTRODUCTION = """\
The first severity whose route fits counts; a rule without a fitting one does not apply. Where the evidence is weaker, a
rule can say less than its severity: a clock that is minutes off, a database of the same series, an account that does
not show what it has. A rule without its facts says "not known": as an inhibitor if it is one, else as a warning.
"""
PATHS_INTRODUCTION = """\
What is empty allows everything. Versions, editions and languages are those of the source.
"""
SUPPORT_INTRODUCTION = """\
The last day on which everybody gets security updates; support that has to be bought beyond it does not count. A system
of which no document names the day has none.
"""
DOCUMENTS = {
    documents.ECS: "ECS",
    documents.ECS_ENGLISH: "older ECS",
    documents.ECS_LIMITS: "ECS limits",
    documents.ECS_SNAPSHOT: "ECS API",
    documents.SMC: "SMC",
    documents.AWS: "AWS",
    documents.OWN: "own",
}
PATH_COLUMNS = ("path", "on", "versions, editions, languages", "regions", "minutes", "remark")
#: The rules name things as their first provider does.
WORDS = next(iter(PROVIDERS.values())).offer({}).words
ARCHITECTURES = {"x86_64": "x86", "arm64": "Arm"}


def page() -> str:
    return "\n".join(
        [
            INTRODUCTION,
            f"## Rules\n\n{RULES_INTRODUCTION}",
            table(("rule", "severity", "says", "facts", "source"), map(rule_row, RULES)),
            table(("source", "document"), ((short, name) for name, short in DOCUMENTS.items())),
            f"## Paths\n\n{PATHS_INTRODUCTION}",
            table(PATH_COLUMNS, map(path_row, PATHS)),
            table(("paths", "document"), documents_of_paths()),
            f"The {len(windows_regions())} regions: {codes(windows_regions())}.\n",
            f"## Support dates\n\n{SUPPORT_INTRODUCTION}",
            table(("id", "system", "until", "source"), map(support_row, NAMES)),
        ]
    )


def rule_row(rule: Rule) -> Row:
    cited = [rule.source] if rule.source in DOCUMENTS else rule.source.split("; ")
    sources = ", ".join(DOCUMENTS[name] for name in cited)
    return code(rule.id), severities(rule.severities), in_words(rule.message, WORDS), codes(rule.needs), sources


def severities(by_route: Mapping[str, str]) -> str:
    routes = [f"{severity} {route(pattern)}".strip() for pattern, severity in by_route.items()]
    if len(routes) > 1 and "*" in by_route:
        routes[-1] = f"else {routes[-1]}"
    return ", ".join(routes)


def route(pattern: str) -> str:
    """Tell a pattern of ``provider:source>target`` in words; nothing when it fits all."""
    provider, _colon, hop = pattern.rpartition(":")
    source, _sign, target = hop.partition(">")
    words = {"on": provider, "from": source, "to": target}
    return " ".join(f"{word} {value}" for word, value in words.items() if value not in ("", "*"))


def path_row(path: Path) -> Row:
    return (
        code(path.id),
        ", ".join(ARCHITECTURES[name] for name in path.architectures),
        ", ".join((*path.versions, *path.editions, *path.languages)),
        str(len(path.regions) or ""),
        str(path.minutes),
        " ".join(filter(None, (path.allow_list, path.note, becomes(path)))),
    )


def becomes(path: Path) -> str:
    return f"Becomes {path.target_edition.title()}." if path.target_edition else ""


def documents_of_paths() -> Iterable[Row]:
    named = {path.provider: ", ".join(filter(None, (path.document, path.date))) for path in PATHS}
    return ((code(f"{provider}.*"), document) for provider, document in named.items())


def windows_regions() -> tuple[str, ...]:
    (regions,) = {path.regions for path in PATHS if path.regions}
    return regions


def support_row(os_id: str) -> Row:
    end = SUPPORT_ENDS.get(os_id)
    return code(os_id), NAMES[os_id], end.ends.isoformat() if end else "", end.source if end else ""
