# Copyright (c) 2026 evergreen.os_migration contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The files of a fleet report: every wanted format in every wanted language."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any

from . import markdown, page, table
from .words import Words, translated

Report = Mapping[str, Any]
#: Texts that come with the collection, by their path in its directory ``report``.
Resources = Mapping[str, str]
Texts = Iterator[tuple[str, str]]


def files(report: Report, languages: Sequence[str], formats: Sequence[str], resources: Resources) -> Texts:
    """Yield name and text of each file. The first language has the plain names, and the JSON file."""
    for place, language in enumerate(dict.fromkeys(languages)):
        words = json.loads(resources[f"words/{language}.json"])
        told = translated(report, words)
        infix = f".{language}" if place else ""
        for form in dict.fromkeys(formats):
            if place and form in _ONCE:
                continue
            yield from ((f"{stem}{infix}.{end}", text) for stem, end, text in _WRITERS[form](told, words, resources))


def _json(report: Report, words: Words, resources: Resources) -> Iterator[tuple[str, str, str]]:
    yield "fleet", "json", as_json(report)


def as_json(report: Report) -> str:
    """Return the document, compact but for a line of its own for each part and each instance."""
    parts = {key: _dumped(value) for key, value in report.items()}
    parts["instances"] = "[\n" + ",\n".join(map(_dumped, report["instances"])) + "\n]"
    return "{\n" + ",\n".join(f'"{key}": {text}' for key, text in parts.items()) + "\n}\n"


def _dumped(value: Any) -> str:
    return json.dumps(value, ensure_ascii=False, separators=(",", ":"))


def _csv(report: Report, words: Words, resources: Resources) -> Iterator[tuple[str, str, str]]:
    yield "fleet", "csv", table.instances(report, words)
    yield "findings", "csv", table.findings(report, words)


def _markdown(report: Report, words: Words, resources: Resources) -> Iterator[tuple[str, str, str]]:
    yield "fleet", "md", markdown.render(report, words)


def _html(report: Report, words: Words, resources: Resources) -> Iterator[tuple[str, str, str]]:
    yield "fleet", "html", page.render(report, words, resources)


#: What does not depend on the language but for the texts of the findings, and is read by programs.
_ONCE = ("json",)
_WRITERS: Mapping[str, Callable[[Report, Words, Resources], Iterator[tuple[str, str, str]]]] = {
    "json": _json,
    "csv": _csv,
    "markdown": _markdown,
    "html": _html,
}
FORMATS = tuple(_WRITERS)
