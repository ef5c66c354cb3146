# Copyright (c) 2026 evergreen.os_migration contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The parts of the fleet page that need no script: figures, charts, waivers and the comparison.

Charts are SVG in percent of the room they get, so they fit any width and paper. Whatever leads to instances is a link
with ``data-filter`` and ``data-value``, which the page's script turns into a filter of the table.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import date
from functools import partial
from itertools import accumulate
from typing import Any, NamedTuple

from .document import SEVERITIES, SUPPORT
from .markup import Markup, join, tag

Words = Mapping[str, str]
Report = Mapping[str, Any]
Entry = Mapping[str, Any]
Findings = Mapping[str, Mapping[str, str]]

#: In the order in which charts stack them.
STATES = ("migrated", "ready", "in_progress", "assessed", "blocked", "failed")
#: How a finding is drawn where it stops nothing, for instance because it is waived.
_HARMLESS = {"inhibitor": "warning", "warning": "warning", "info": "info"}
#: Rows and entries beyond these are folded away, or left to the JSON report.
OPEN_ROWS, OPEN_NAMES, LISTED = 8, 3, 100
_MOST_YEARS = 7


# --- figures ---------------------------------------------------------------------------------------------------------


def number(value: float) -> str:
    """Return a number as all three languages write it."""
    return f"{value:,}"


def headline(report: Report, words: Words) -> str:
    """Return the report in one sentence."""
    totals = report["totals"]
    counts = {
        "instances": totals["instances"],
        "ended": totals["support"].get("ended", 0),
        "ready": totals["states"].get("ready", 0),
        "blocked": totals["states"].get("blocked", 0),
    }
    return words["headline"].format_map({name: number(count) for name, count in counts.items()})


def figures(report: Report, words: Words) -> Markup:
    """Return the totals."""
    totals = report["totals"]
    shown = {
        "figure_instances": number(totals["instances"]),
        "figure_hops": number(totals["hops"]),
        "figure_time": _duration(totals["minutes"], words),
        "figure_snapshots": _size(totals["snapshot_gib"]),
        "figure_waived": number(totals["waived"]),
    }
    return join(*(tag("div", tag("dt", words[name]), tag("dd", text)) for name, text in shown.items()))


def _duration(minutes: int, words: Words) -> str:
    unit, value = ("hours", round(minutes / 60)) if minutes >= 120 else ("minutes", minutes)
    return words[unit].format(n=number(value))


def _size(gib: int) -> str:
    return f"{number(round(gib / 1024, 1))} TiB" if gib >= 10240 else f"{number(gib)} GiB"


# --- bars ------------------------------------------------------------------------------------------------------------


def shares(report: Report, words: Words) -> Markup:
    """Return how the fleet divides by support, and by readiness."""
    totals = report["totals"]
    return join(
        _share("support", SUPPORT, totals["support"], words),
        _share("state", STATES, totals["states"], words),
    )


def _share(kind: str, order: Sequence[str], counts: Mapping[str, int], words: Words) -> Markup:
    present = _ordered(counts, order)
    legend = (
        tag("li", _filter_link(kind, name, _swatch(name), _word(words, kind, name), tag("b", number(count))))
        for name, count in present.items()
    )
    return tag(
        "div",
        tag("h3", words[f"{kind}_title"]),
        _stack(present, sum(present.values())),
        tag("ul", *legend, class_="legend"),
    )


def _ordered(counts: Mapping[str, int], order: Sequence[str]) -> dict[str, int]:
    """Return the counts in this order, what it does not name last; those of 0 are left out."""
    names = dict.fromkeys((*order, *counts))
    return {name: counts[name] for name in names if counts.get(name)}


def _word(words: Words, kind: str, value: str) -> str:
    return words.get(f"{kind}_{value}", value)


def _stack(counts: Mapping[str, int], full: int) -> Markup:
    """Return one bar of coloured pieces; ``full`` is the count of a bar of full width."""
    starts = accumulate(counts.values(), initial=0)
    pieces = (_rect(name, start, count, full) for (name, count), start in zip(counts.items(), starts, strict=False))
    return tag("svg", *pieces, class_="bar", aria_hidden="true")


def _rect(name: str, start: int, count: int, full: int) -> Markup:
    return tag("rect", class_=f"fill-{name}", x=_percent(start, full), width=_percent(count, full), height="100%")


def _percent(part: float, full: float) -> str:
    return f"{100 * part / full:.2f}%" if full else "0%"


def _swatch(name: str) -> Markup:
    return tag("i", class_=f"swatch bg-{name}", aria_hidden="true")


def _filter_link(kind: str, value: str, *contents: str) -> Markup:
    return tag("a", *contents, href="#instances", data_filter=kind, data_value=value)


def systems(report: Report, words: Words) -> Markup:
    """Return the fleet by operating system, each bar divided by readiness."""
    rows = sorted(report["systems"], key=lambda row: -row["count"])
    states = _states_by_system(report["instances"])
    widest = max((row["count"] for row in rows), default=0)
    bars = [_system(row, states[row["os"]], widest) for row in rows]
    return _folded(bars, words, _bars)


def _states_by_system(instances: Iterable[Entry]) -> Mapping[str, Mapping[str, int]]:
    states: defaultdict[str, Counter[str]] = defaultdict(Counter)
    for instance in instances:
        states[instance["os"]][instance["state"]] += 1
    return {system: _ordered(counts, STATES) for system, counts in states.items()}


def _system(row: Entry, states: Mapping[str, int], widest: int) -> Markup:
    return _bar_row(_filter_link("os", row["os"], row["name"]), row["count"], _stack(states, widest))


def blockers(report: Report, words: Words) -> Markup:
    """Return every finding with the number of its instances and what to do about it; what stops them comes first."""
    rows = sorted(report["blockers"], key=lambda row: SEVERITIES.index(row["severity"]))
    widest = max((row["count"] for row in rows), default=0)
    bars = [_blocker(row, report["findings"], widest, words) for row in rows]
    return _folded(bars, words, _bars) if bars else tag("p", words["no_findings"], class_="quiet")


def _blocker(row: Entry, findings: Findings, widest: int, words: Words) -> Markup:
    rule, severity = row["id"], row["severity"]
    stops = _ordered({"inhibitor": row["stopped"], _HARMLESS[severity]: row["count"] - row["stopped"]}, SEVERITIES)
    badge = tag("span", words[f"severity_{severity}"], class_=f"badge {severity}")
    label = join(badge, " ", _filter_link("finding", rule, _message(rule, findings)))
    remedy = tag("p", findings.get(rule, {}).get("remedy", ""), " ", tag("code", rule), class_="quiet")
    return _bar_row(label, row["count"], _stack(stops, widest), remedy)


def _message(rule: str, findings: Findings) -> str:
    """Return what a finding says; one that has no text stands for itself."""
    return findings.get(rule, {}).get("message") or rule


def _bar_row(label: Markup, count: int, *below: Markup) -> Markup:
    return tag("li", tag("div", label, tag("b", number(count)), class_="bar-label"), *below)


def _bars(rows: Sequence[Markup]) -> Markup:
    return tag("ul", *rows, class_="bars")


def _folded(rows: Sequence[Markup], words: Words, listed: Callable[[Sequence[Markup]], Markup]) -> Markup:
    """Return the rows in a list whose end has to be unfolded."""
    first, rest = rows[:OPEN_ROWS], rows[OPEN_ROWS:]
    if not rest:
        return listed(first)
    more = tag("summary", words["more"].format(n=number(len(rest))))
    return join(listed(first), tag("details", more, listed(rest), class_="more"))


# --- timeline --------------------------------------------------------------------------------------------------------


def timeline(report: Report, words: Words) -> Markup:
    """Return until when each operating system is supported: a line from today to the day its support ends."""
    today = date.fromisoformat(report["date"])
    dated = [(row, date.fromisoformat(row["ends"])) for row in report["systems"] if row["ends"]]
    axis = _Axis([today, *(ends for _row, ends in dated)])
    rows = (_timeline_row(row, ends, today, axis) for row, ends in dated)
    undated = (_undated_row(row, words) for row in report["systems"] if not row["ends"])
    return tag("ul", _timeline_head(today, axis, words), *rows, *undated, class_="timeline")


class _Axis:
    """Whole years around some days, and where a day lies among them."""

    def __init__(self, days: Sequence[date]) -> None:
        self.first = date(min(days).year, 1, 1)
        self.last = date(max(days).year + 1, 1, 1)
        step = -(-(self.last.year - self.first.year) // _MOST_YEARS)
        self.years = [date(year, 1, 1) for year in range(self.first.year, self.last.year + 1, step)]

    def at(self, day: date) -> float:
        """Return the place of a day in percent of the axis."""
        return 100 * (day - self.first).days / (self.last - self.first).days


def _timeline_head(today: date, axis: _Axis, words: Words) -> Markup:
    years = (_axis_text(axis.at(year), 38, str(year.year)) for year in axis.years)
    label = f"{words['as_of']} {today.isoformat()}"
    plot = tag("svg", _axis_text(axis.at(today), 14, label, class_="today"), *years, aria_hidden="true")
    return tag("li", tag("span"), plot, tag("span"), tag("span"), class_="axis")


def _axis_text(place: float, y: int, text: str, **attributes: str) -> Markup:
    anchor = "start" if place < 10 else "end" if place > 90 else "middle"
    return tag("text", text, x=f"{place:.2f}%", y=y, text_anchor=anchor, **attributes)


def _timeline_row(row: Entry, ends: date, today: date, axis: _Axis) -> Markup:
    here, there = axis.at(today), axis.at(ends)
    grid = (_line(axis.at(year), axis.at(year), "0", "100%", "grid") for year in axis.years)
    plot = tag(
        "svg",
        *grid,
        _line(here, here, "0", "100%", "today"),
        _line(here, there, "50%", "50%", f"span stroke-{row['state']}"),
        tag("circle", cx=f"{there:.2f}%", cy="50%", r=6, class_=f"fill-{row['state']}"),
        aria_hidden="true",
    )
    return _timeline_item(row, plot, row["ends"])


def _line(x1: float, x2: float, y1: str, y2: str, kind: str) -> Markup:
    return tag("line", x1=f"{x1:.2f}%", x2=f"{x2:.2f}%", y1=y1, y2=y2, class_=kind)


def _undated_row(row: Entry, words: Words) -> Markup:
    return _timeline_item(row, tag("span", words["support_unknown"], class_="quiet"), "–")


def _timeline_item(row: Entry, plot: Markup, day: str) -> Markup:
    name = _filter_link("os", row["os"], row["name"])
    return tag("li", name, plot, tag("time", day), tag("b", number(row["count"])), class_=row["state"])


# --- tables ----------------------------------------------------------------------------------------------------------


def waivers(report: Report, words: Words) -> Markup:
    """Return the waivers, each once with the instances it was used for; those that have expired come first."""
    used: defaultdict[_Waiver, list[str]] = defaultdict(list)
    for waiver in report["waivers"]:
        used[_Waiver(*(waiver[name] for name in _Waiver._fields))].append(waiver["name"] or waiver["instance_id"])
    ordered = sorted(used.items(), key=lambda item: (not item[0].expired, -len(item[1])))
    rows = [_waiver_row(waiver, names, report["findings"], words) for waiver, names in ordered]
    return (
        _folded(rows, words, partial(_waiver_table, words)) if rows else tag("p", words["no_waivers"], class_="quiet")
    )


class _Waiver(NamedTuple):
    rule: str
    reason: str
    owner: str
    expires: str
    expired: bool


def _waiver_table(words: Words, rows: Sequence[Markup]) -> Markup:
    columns = ("column_message", "waiver_reason", "waiver_owner", "waiver_expires", "heading_instances")
    head = tag("tr", *(tag("th", words[name], scope="col") for name in columns))
    return tag("table", tag("thead", head), tag("tbody", *rows), class_="plain")


def _waiver_row(waiver: _Waiver, names: Sequence[str], findings: Findings, words: Words) -> Markup:
    badge = join(" ", tag("span", words["waiver_expired"], class_="badge inhibitor")) if waiver.expired else Markup()
    cells = {
        "column_message": join(_message(waiver.rule, findings), " ", tag("code", waiver.rule)),
        "waiver_reason": waiver.reason,
        "waiver_owner": waiver.owner,
        "waiver_expires": join(tag("time", waiver.expires), badge),
        "heading_instances": _names(names),
    }
    return tag("tr", *(tag("td", tag("div", cell), data_label=words[name]) for name, cell in cells.items()))


def _names(names: Sequence[str]) -> Markup:
    """Return some names; many are folded away behind their number."""
    rest = len(names) - LISTED
    shown = [*names[:LISTED], f"… +{number(rest)}"] if rest > 0 else names
    text = tag("span", ", ".join(shown), class_="quiet")
    return text if len(names) <= OPEN_NAMES else tag("details", tag("summary", number(len(names))), text)


def comparison(report: Report, words: Words) -> Markup:
    """Return what has changed since the earlier report; nothing when there was none."""
    found = report.get("comparison")
    if not found:
        return Markup()
    title = words["comparison_title"].format(date=found["previous_date"])
    counts = {name: len(found[name]) for name in ("better", "worse", "added", "gone")}
    tiles = (
        tag("div", tag("dt", words[f"comparison_{name}"]), tag("dd", number(count)), class_=name)
        for name, count in {**counts, "unchanged": found["unchanged"]}.items()
    )
    lists = (
        _entries(words["comparison_worse_list"], found["worse"], partial(_change, report["findings"], words), words),
        _entries(words["comparison_better_list"], found["better"], partial(_change, report["findings"], words), words),
        _entries(words["comparison_added"], found["added"], _named, words),
        _entries(words["comparison_gone"], found["gone"], _named, words),
    )
    return tag("section", tag("h2", title), tag("dl", *tiles, class_="figures"), *lists, class_="card")


def _entries(title: str, entries: Sequence[Entry], shown: Callable[[Entry], Markup], words: Words) -> Markup:
    if not entries:
        return Markup()
    rows = [shown(entry) for entry in entries[:LISTED]]
    rest = len(entries) - LISTED
    if rest > 0:
        rows.append(tag("li", words["more_in_json"].format(n=number(rest))))
    return tag("details", tag("summary", title), tag("ul", *rows, class_="changes"))


def _named(entry: Entry) -> Markup:
    return tag("li", entry["name"] or entry["instance_id"])


def _change(findings: Findings, words: Words, entry: Entry) -> Markup:
    states = [_word(words, "state", entry[end]) for end in ("from", "to")]
    moved = join(" ", tag("span", " → ".join(dict.fromkeys(states)), class_="quiet"))
    lines = tag("ul", *(tag("li", _message(rule, findings)) for rule in entry["ids"]))
    return tag("li", tag("b", entry["name"] or entry["instance_id"]), moved, lines)
