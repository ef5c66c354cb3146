# Copyright (c) 2026 evergreen.os_migration contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The file of a phase's results: the latest of every instance, over all waves and runs."""

from __future__ import annotations

import json
import re
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from itertools import chain
from typing import Any

from .lasting import lasting

Json = Mapping[str, Any]

#: Phases whose results last: they are of attempts, and a later run adds to them.
LASTING = ("migrate", "rollback", "commit")

#: What the file is of, by the state that was asked for.
PHASES = {
    "assessed": "assess",
    "migrated": "migrate",
    "verified": "verify",
    "rolled_back": "rollback",
    "committed": "commit",
    "drilled": "drill",
}
_HEAD = re.compile(r'\s*\{\s*"phase":\s*"([a-z]+)",\s*"summary":\s*\{[^{}]*\},\s*"results":\s*\[')
_BETWEEN = re.compile(r"[\s,]*")
_END = re.compile(r"\]\s*\}\s*\Z")
_DECODER = json.JSONDecoder()


def merged(phase: str, results: Iterable[Json], earlier: str = "", by: Json | None = None) -> str:
    """Return the file's text with these results in it; :class:`ValueError` says what is wrong with the earlier text.

    With ``by``, who ran and when, they add to what is known of an attempt; else they take the place of earlier ones.
    """
    lines: dict[str, str] = {}
    states: dict[str, str] = {}

    def lasts(result: Json) -> Json:
        known = lines.get(result["instance_id"])
        return result if by is None else lasting(json.loads(known) if known else None, result, by)

    for result in chain(entries(phase, earlier), map(lasts, results)):
        lines[result["instance_id"]] = json.dumps(result, ensure_ascii=False)
        states[result["instance_id"]] = str(result.get("state"))
    head = json.dumps({"phase": phase, "summary": Counter(states.values())})
    return f'{head[:-1]}, "results": [\n' + ",\n".join(lines.values()) + "\n]}\n"


def entries(phase: str, text: str) -> Iterator[Json]:
    """Yield the results of a text one by one: all at once they would cost many times the memory of the text."""
    if not text:
        return
    head = _HEAD.match(text)
    if not head or head[1] != phase:
        raise ValueError(f"it holds no results of {phase}.")
    position = _between(text, head.end())
    while not _END.match(text, position):
        result, end = _result(text, position)
        yield result
        position = _between(text, end)


def _between(text: str, position: int) -> int:
    found = _BETWEEN.match(text, position)
    return found.end() if found else position


def _result(text: str, position: int) -> tuple[Json, int]:
    try:
        result, end = _DECODER.raw_decode(text, position)
        known = isinstance(result["instance_id"], str)
    except (ValueError, KeyError, TypeError, RecursionError):
        known = False
    if not known:
        raise ValueError(f"it is damaged at character {position}.")
    return result, end
