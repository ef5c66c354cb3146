# Copyright (c) 2026 evergreen.os_migration contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The report as Markdown, for a ticket or a wiki page."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from typing import Any

from .table import path_text
from .words import Words, word

Report = Mapping[str, Any]

_SPECIAL = re.compile(r"([\\`*_\[\]<>|~&#])")
#: States of attempts that somebody will want to know more of.
_UNDONE = ("failed", "rolled_back")
_BLANKS = re.compile(r"[\s\x00-\x1f\x7f]+")


def escaped(value: object) -> str:
    """Return a text that Markdown shows as it is, on one line."""
    return _SPECIAL.sub(r"\\\1", _BLANKS.sub(" ", "" if value is None else str(value)).strip())


def render(report: Report, words: Words) -> str:
    """Return the whole document."""
    own = words["words"]
    intro = own["judged"].format(date=report["date"], soon=report["soon"])
    lines = [f"# {own['title']}", "", intro]
    for name, section in SECTIONS.items():
        body = list(section(report, words))
        lines += ["", f"## {own[f'heading.{name}']}", "", *(body or [own["none"]])]
    return "\n".join(lines) + "\n"


def _table(columns: Sequence[str], rows: Iterable[Sequence[object]], words: Words) -> Iterator[str]:
    """Yield the lines of a table, none when it has no rows."""
    for place, row in enumerate(rows):
        if not place:
            yield _line([words["words"][f"column.{name}"] for name in columns])
            yield _line(["---"] * len(columns))
        yield _line(map(escaped, row))


def _line(cells: Iterable[str]) -> str:
    return f"| {' | '.join(cells)} |"


def _totals(report: Report, words: Words) -> Iterator[str]:
    totals = report["totals"]
    plain = [(words["words"][f"total.{name}"], totals[name]) for name in TOTALS]
    split = [*_split("state", totals["states"], words), *_split("support", totals["support"], words)]
    return _table(("total", "count"), [*plain, *split], words)


def _split(kind: str, counts: Mapping[str, int], words: Words) -> Iterator[tuple[str, int]]:
    title = words["words"][f"column.{kind}"]
    return ((f"{title}: {word(words, kind, name)}", count) for name, count in counts.items())


TOTALS = ("instances", "hops", "minutes", "snapshot_gib", "waived")


def _systems(report: Report, words: Words) -> Iterator[str]:
    rows = (
        (_system(each, words), each["count"], word(words, "support", each["state"]), each["ends"], each["source"])
        for each in report["systems"]
    )
    return _table(("os", "count", "support", "ends", "source"), rows, words)


def _system(row: Report, words: Words) -> str:
    return word(words, "os", row["name"])


def _findings(report: Report, words: Words) -> Iterator[str]:
    for each in report["blockers"]:
        texts = report["findings"][each["id"]]
        told = {**each, "severity": word(words, "severity", each["severity"])}
        yield f"- **{escaped(each['id'])}** ({words['words']['counted'].format_map(told)})"
        yield from (f"  {escaped(text)}" for text in (texts["message"], texts["remedy"]) if text)


def _waivers(report: Report, words: Words) -> Iterator[str]:
    columns = ("rule", "instance_id", "name", "reason", "owner", "expires")
    return _table(columns, ([each[name] for name in columns] for each in report["waivers"]), words)


def _comparison(report: Report, words: Words) -> Iterator[str]:
    compared = report["comparison"]
    if not compared:
        return
    own = words["words"]
    yield own["compared"].format(date=compared["previous_date"], unchanged=compared["unchanged"])
    for direction in ("better", "worse"):
        yield from _listed(own[f"comparison.{direction}"], [_change(each, words) for each in compared[direction]])
    for direction in ("added", "gone"):
        yield from _listed(own[f"comparison.{direction}"], [_instance(each) for each in compared[direction]])


def _listed(title: str, entries: Sequence[str]) -> Iterator[str]:
    if entries:
        yield from ("", f"### {title} ({len(entries)})", "")
        yield from (f"- {entry}" for entry in entries)


def _instance(entry: Report) -> str:
    return escaped(f"{entry['name']} {entry['instance_id']}")


def _change(entry: Report, words: Words) -> str:
    states = " → ".join(dict.fromkeys(word(words, "state", entry[end]) for end in ("from", "to")))
    return ": ".join(filter(None, [_instance(entry), escaped(states), escaped(", ".join(entry["ids"]))]))


def _instances(report: Report, words: Words) -> Iterator[str]:
    rows = (
        (
            _titled(each),
            each["region"],
            word(words, "os", each["os"]),
            each["support"]["ends"],
            word(words, "state", each["state"]),
            path_text(each) or each["target"],
            each["minutes"],
            each["snapshot_gib"],
            " ".join(found["id"] for found in each["findings"] if found["severity"] != "info"),
        )
        for each in report["instances"]
    )
    columns = ("name", "region", "os", "ends", "state", "path", "minutes", "snapshot_gib", "findings")
    return _table(columns, rows, words)


def _attempts(report: Report, words: Words) -> Iterator[str]:
    """Yield a row for each attempt, and what happened in those that did not come to their end."""
    pairs = [(_titled(each), attempt) for each in report["instances"] for attempt in each["attempts"]]
    columns = ("name", "attempt", "path", "state", "runs", "works", "problem")
    yield from _table(columns, (_attempt(*pair, words) for pair in pairs), words)
    for name, attempt in pairs:
        if attempt["state"] in _UNDONE and attempt["timeline"]:
            title = words["words"]["happened"].format(name=escaped(name), attempt=attempt["attempt"])
            yield from ("", f"### {title}", "")
            yield from (f"- {escaped(event['at'])} {escaped(event['event'])}" for event in attempt["timeline"])


def _titled(instance: Report) -> str:
    return str(instance["name"] or instance["instance_id"])


def _attempt(name: str, attempt: Report, words: Words) -> tuple[object, ...]:
    error = attempt["error"]
    return (
        name,
        attempt["attempt"],
        path_text(attempt) or " → ".join(filter(None, (attempt["source"], attempt["target"]))),
        word(words, "state", attempt["state"]),
        "; ".join(_run(run, words) for run in attempt["runs"]),
        "; ".join(f"{work['id']} ({work['status']})" for work in attempt["works"]),
        f"{error['code']}: {error['message']}" if error else "",
    )


def _run(run: Report, words: Words) -> str:
    return f"{run['at']} {run['who']}, {word(words, 'phase', run['phase'])}: {word(words, 'state', run['state'])}"


SECTIONS: Mapping[str, Callable[[Report, Words], Iterator[str]]] = {
    "totals": _totals,
    "systems": _systems,
    "findings": _findings,
    "waivers": _waivers,
    "comparison": _comparison,
    "instances": _instances,
    "attempts": _attempts,
}
