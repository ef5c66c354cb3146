# Copyright (c) 2026 evergreen.os_migration contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Keep what guests consisted of before their attempts, each in a file of its own beside the results.

It is written when an attempt begins, not at the end of the run, so that a run that is killed leaves it.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from ._core.contents import Contents, Kept
from ._core.migration.view import View
from ._core.record import Record
from ._errors import MigrationError
from ._files import Directory
from ._identity import who_and_when
from ._results import OPTION

#: The directory beside the files of results.
NAME = "facts"
#: Seconds between two looks for what is to be kept.
GLANCE = 1.0


@dataclass
class KeptFacts:
    """The files of a directory; without one nothing is kept."""

    path: Path | None
    writing: bool
    done: set[str] = field(default_factory=set)
    last: float = float("-inf")
    trouble: str = ""

    def of(self, instance_ids: Iterable[str]) -> dict[str, Kept]:
        """Return what is kept of instances; a file that is damaged counts as none."""
        if self.path is None or not self.path.is_dir():
            return {}
        found = {one: _read(self.path / _name(one), one) for one in instance_ids}
        return {one: kept for one, kept in found.items() if kept}

    def drop(self, instance_id: str) -> bool:
        """Delete the file of an instance, only told where nothing is written; say whether there is one."""
        path = self.path / _name(instance_id) if self.path else None
        if path is None or _says(path).get("instance_id") != instance_id:
            return False
        if self.writing:
            try:
                path.unlink(missing_ok=True)
            except OSError as error:
                self.trouble = self.trouble or f"{path} could not be deleted: {error.strerror}."
                return False
        return True

    def keep(self, records: Sequence[Record[Any]], ticks: float = float("inf")) -> None:
        """Write down what has been seen of guests whose attempts this run begins."""
        if self.path is None or not self.writing or ticks - self.last < GLANCE:
            return
        self.last = ticks
        directory = Directory(self.path, writing=True, option=OPTION)
        for record in filter(self._is_due, records):
            self._put(directory, record)

    def _is_due(self, record: Record[Any]) -> bool:
        """Say whether an attempt of the instance has begun, and what it was is known and not written yet."""
        view = record.view
        return record.id not in self.done and isinstance(view, View) and bool(view.former and view.tag)

    def _put(self, directory: Directory, record: Record[View]) -> None:
        """Write a file. That it cannot be written is told once, and is no reason to stop a migration."""
        self.done.add(record.id)
        known, former = record.view.tag, record.view.former
        text = {"instance_id": record.id, "attempt": known.attempt if known else 0, **who_and_when()}
        try:
            directory.put(_name(record.id), json.dumps({**text, "os": former.os, "facts": former.facts}, indent=1))
        except MigrationError as error:
            self.trouble = self.trouble or error.problem.text


def kept_facts(options: Mapping[str, Any], writing: bool) -> KeptFacts:
    """Return the files beside the file of results that the options name."""
    named = options.get(OPTION)
    return KeptFacts(Path(named).parent / NAME if named else None, writing)


def _name(instance_id: str) -> str:
    """Return the name of an instance's file: ids are the user's to write, and are no paths."""
    return f"{re.sub(r'[^A-Za-z0-9_.-]', '_', instance_id)}.json"


def _says(path: Path) -> dict[str, Any]:
    """Return what a file says; nothing where it cannot be read, or is none of ours."""
    try:
        found = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return {}
    return found if isinstance(found, dict) else {}


def _read(path: Path, instance_id: str) -> Kept | None:
    found = _says(path)
    facts = found.get("facts") if found.get("instance_id") == instance_id else None
    if not isinstance(facts, dict) or not isinstance(found.get("attempt"), int):
        return None
    plain = {str(name): str(value) for name, value in facts.items()}
    return Kept(found["attempt"], Contents(str(found.get("os")), plain))
