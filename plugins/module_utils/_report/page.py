# Copyright (c) 2026 evergreen.os_migration contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The fleet report as one HTML file that needs nothing beside itself: no network, no server, no other file."""

from __future__ import annotations

import json
from base64 import b64encode
from collections.abc import Iterable, Mapping
from hashlib import sha256
from html import escape
from string import Template
from typing import Any

from .._core.catalog import NAMES
from . import attempts, charts

#: What a row of the table is made of, and each of its findings.
COLUMNS = (
    "instance_id",
    "name",
    "provider",
    "region",
    "profile",
    "status",
    "os",
    "os_name",
    "version",
    "edition",
    "language",
    "architecture",
    "support",
    "target",
    "state",
    "hops",
    "targets",
    "minutes",
    "snapshot_gib",
)
FINDING_COLUMNS = ("id", "severity", "evidence", "waiver")
ATTEMPT_COLUMNS = ("attempt", "source", "target", "state", "method", "way_back", "data_lost_since", "error", "hops")
#: The lists of an attempt, each with its columns.
ATTEMPT_LISTS = {
    "works": attempts.WORK,
    "proof": attempts.PROOF,
    "runs": attempts.RUN,
    "timeline": attempts.EVENT,
}
_SECTIONS = {
    "figures": charts.figures,
    "shares": charts.shares,
    "timeline": charts.timeline,
    "systems": charts.systems,
    "blockers": charts.blockers,
    "waivers": charts.waivers,
    "comparison": charts.comparison,
}


def render(report: Mapping[str, Any], words: Mapping[str, Any], parts: Mapping[str, str]) -> str:
    """Return the page.

    ``words`` is the file of one language; ``parts`` are the texts of page.html, page.css and page.js.
    """
    told = _words(words)
    report = {**report, "systems": [_named(row, told) for row in report["systems"]]}
    marks = {
        **{name: escape(text) for name, text in told.items()},
        **{name: section(report, told) for name, section in _SECTIONS.items()},
        "date": escape(report["date"]),
        "headline": escape(charts.headline(report, told)),
        "policy": policy(parts["page.css"], parts["page.js"]),
        "style": parts["page.css"],
        "script": parts["page.js"],
        "data": _embedded({**pack(report), "words": told}),
    }
    text = Template(parts["page.html"]).substitute(marks)
    return text.encode("utf-8", "replace").decode("utf-8")  # half a surrogate pair cannot be written to a file


def _words(words: Mapping[str, Any]) -> Mapping[str, str]:
    """Return the words by names that a template takes; the page's own come before those of all formats."""
    shared = {name.replace(".", "_"): text for name, text in words["words"].items()}
    return {**shared, **words["page"]}


def _named(row: Mapping[str, Any], words: Mapping[str, str]) -> Mapping[str, Any]:
    return {**row, "name": words.get(f"os_{row['os']}", row["name"])}


def policy(style: str, script: str) -> str:
    """Return a content security policy that allows the page's own style and script, and nothing else."""
    own = f"style-src {_hash(style)}; script-src {_hash(script)}"
    return f"default-src 'none'; {own}; base-uri 'none'; form-action 'none'"


def _hash(text: str) -> str:
    return f"'sha256-{b64encode(sha256(text.encode()).digest()).decode()}'"


def pack(report: Mapping[str, Any]) -> dict[str, Any]:
    """Return what the table shows, small: every value once in a pool, and rows of places in the pool."""
    pool = _Pool()
    rows = [
        [
            *pool.row(instance, COLUMNS),
            [pool.row(found, FINDING_COLUMNS) for found in instance["findings"]],
            [_attempt(each, pool) for each in instance.get("attempts", ())],
        ]
        for instance in report["instances"]
    ]
    return {
        "columns": [*COLUMNS, "findings", "attempts"],
        "finding_columns": FINDING_COLUMNS,
        "attempt_columns": ATTEMPT_COLUMNS,
        "attempt_lists": ATTEMPT_LISTS,
        "pool": pool.values,
        "rows": rows,
        "findings": report["findings"],
        "names": {**NAMES, **{row["os"]: row["name"] for row in report["systems"]}},
    }


def _attempt(attempt: Mapping[str, Any], pool: _Pool) -> list[Any]:
    lists = [[pool.row(row, columns) for row in attempt[name]] for name, columns in ATTEMPT_LISTS.items()]
    return [*pool.row(attempt, ATTEMPT_COLUMNS), *lists]


class _Pool:
    """Values, each kept once."""

    def __init__(self) -> None:
        self.values: list[Any] = []
        self._places: dict[tuple[bool, str], int] = {}

    def row(self, values: Mapping[str, Any], columns: Iterable[str]) -> list[int]:
        """Return the places of the values in these columns."""
        return [self.place(values.get(name)) for name in columns]

    def place(self, value: Any) -> int:
        """Return the place of a value."""
        plain = isinstance(value, str)
        key = (plain, value if plain else json.dumps(value, sort_keys=True))
        place = self._places.setdefault(key, len(self.values))
        if place == len(self.values):
            self.values.append(value)
        return place


def _embedded(data: Mapping[str, Any]) -> str:
    """Return JSON that no text in it can break out of its script element with."""
    text = json.dumps(data, ensure_ascii=False, separators=(",", ":"))
    return text.replace("&", "\\u0026").replace("<", "\\u003c").replace(">", "\\u003e")
