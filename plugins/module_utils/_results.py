# Copyright (c) 2026 evergreen.os_migration contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Keep the file that the option results_file names, which any number of runs may add to at once."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from ._core.durations import Lasted, lasted
from ._core.results import LASTING, PHASES, entries, merged
from ._errors import OptionError
from ._files import Directory, read
from ._identity import who_and_when

OPTION = "results_file"


@dataclass(frozen=True)
class ResultsFile:
    """The file for the results of a phase."""

    path: Path
    phase: str

    def check(self) -> None:
        """Refuse, while nothing has been done yet, a file that the results could not be added to."""
        self._directory.prove()
        with self._directory.held(self.path.name):
            self._with(())

    def add(self, results: Iterable[Mapping[str, Any]]) -> None:
        """Put the results in, in the place of earlier ones of the same instances, and keep what others put in."""
        with self._directory.held(self.path.name):
            self._directory.put(self.path.name, self._with(results))

    def lasted(self) -> Lasted:
        """Return how long hops and hooks took, by the results of earlier runs."""
        try:
            return lasted(entries(self.phase, self._text))
        except ValueError as error:
            raise self._damaged(error) from None

    @property
    def _text(self) -> str:
        return read(OPTION, str(self.path)) if self.path.exists() else ""

    def _damaged(self, error: ValueError) -> OptionError:
        return OptionError(f"{OPTION}: {self.path} cannot be added to: {error}", "Move it away.")

    @property
    def _directory(self) -> Directory:
        return Directory(self.path.parent, writing=True, option=OPTION)

    def _with(self, results: Iterable[Mapping[str, Any]]) -> str:
        try:
            return merged(self.phase, results, self._text, who_and_when() if self.phase in LASTING else None)
        except ValueError as error:
            raise self._damaged(error) from None


def results_file(options: Mapping[str, Any], writing: bool) -> ResultsFile | None:
    """Return the file that the options name, if any and only for ``writing``."""
    named = options.get(OPTION)
    return ResultsFile(Path(named), PHASES[options["state"]]) if named and writing else None


def known_durations(options: Mapping[str, Any]) -> Lasted:
    """Return how long hops and hooks took by the file that the options name, where a plan or windows go by that."""
    planned = options.get("state") == "migrated"
    file = results_file(options, planned or any(one.get("windows") for one in options["instances"]))
    return file.lasted() if file else {}
