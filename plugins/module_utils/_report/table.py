# Copyright (c) 2026 evergreen.os_migration contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The report as tables for a spreadsheet: one of instances, one of findings."""

from __future__ import annotations

import csv
import io
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from typing import Any

from .words import Words, word

Row = Mapping[str, Any]

#: Without it, Excel takes the file for one in the machine's old code page.
_BYTE_ORDER_MARK = "\ufeff"
#: A spreadsheet takes a cell that starts so for a formula; the last four are what Japanese and Chinese keyboards type.
_FORMULA = ("=", "+", "-", "@", "\t", "\r", "\n", "＝", "＋", "－", "＠")


def path_text(instance: Row) -> str:
    """Return the planned path, such as ``centos-7 → alinux-3``."""
    hops = instance["hops"]
    return " → ".join([hops[0]["source"], *(hop["target"] for hop in hops)]) if hops else ""


def _ids(severity: str) -> Callable[[Row, Words], str]:
    def listed(instance: Row, words: Words) -> str:
        return " ".join(found["id"] for found in instance["findings"] if found["severity"] == severity)

    return listed


#: Columns that are more than the instance's own value of that name.
_INSTANCE: Mapping[str, Callable[[Row, Words], Any]] = {
    "state": lambda instance, words: word(words, "state", instance["state"]),
    "os": lambda instance, words: word(words, "os", instance["os"]),
    "support": lambda instance, words: word(words, "support", instance["support"]["state"]),
    "ends": lambda instance, words: instance["support"]["ends"],
    "days": lambda instance, words: instance["support"]["days"],
    "path": lambda instance, words: path_text(instance),
    "targets": lambda instance, words: " ".join(instance["targets"]),
    "inhibitors": _ids("inhibitor"),
    "warnings": _ids("warning"),
    "infos": _ids("info"),
}
INSTANCE_COLUMNS = (
    *("instance_id", "name", "provider", "region", "profile", "status", "state"),
    *("os", "version", "edition", "language", "os_name", "architecture", "support", "ends", "days"),
    *("target", "path", "minutes", "snapshot_gib", "targets", "inhibitors", "warnings", "infos"),
)
FINDING_COLUMNS = (
    *("instance_id", "name", "region", "severity", "rule", "message", "evidence", "remedy", "source"),
    *("reason", "owner", "expires"),
)


def instances(report: Row, words: Words) -> str:
    """Return the table of instances."""
    return _table(INSTANCE_COLUMNS, (_instance_row(each, words) for each in report["instances"]), words)


def findings(report: Row, words: Words) -> str:
    """Return the table of all findings, with what to do about each."""
    return _table(FINDING_COLUMNS, _finding_rows(report, words), words)


def _instance_row(instance: Row, words: Words) -> list[Any]:
    return [_INSTANCE[name](instance, words) if name in _INSTANCE else instance[name] for name in INSTANCE_COLUMNS]


def _finding_rows(report: Row, words: Words) -> Iterator[list[Any]]:
    for instance in report["instances"]:
        for found in instance["findings"]:
            told = {**instance, **report["findings"][found["id"]], **(found["waiver"] or {})}
            told.update(
                rule=found["id"], severity=word(words, "severity", found["severity"]), evidence=found["evidence"]
            )
            yield [told.get(name) for name in FINDING_COLUMNS]


def _table(columns: Sequence[str], rows: Iterable[Iterable[Any]], words: Words) -> str:
    file = io.StringIO(newline="")
    writer = csv.writer(file)
    writer.writerow(words["words"][f"column.{name}"] for name in columns)
    writer.writerows(map(_cell, row) for row in rows)
    return _BYTE_ORDER_MARK + file.getvalue()


def _cell(value: Any) -> Any:
    if not isinstance(value, str):
        return value
    text = value.replace("\0", "")
    return f"'{text}" if text.startswith(_FORMULA) else text
