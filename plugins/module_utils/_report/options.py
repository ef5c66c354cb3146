# Copyright (c) 2026 evergreen.os_migration contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""From the options of a fleet report to its document."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import date
from functools import partial
from pathlib import Path
from typing import Any, TypeVar

from .._core.results import LASTING
from .._errors import OptionError
from .._files import read
from . import source
from .attempts import READ, attempts
from .compare import compare
from .document import Day, build
from .files import FORMATS

T = TypeVar("T")
_RESULTS = "results_dir"

#: The argument spec.
ARGUMENTS: dict[str, Any] = {
    "src": {"type": "path", "required": True},
    "dest": {"type": "path", "required": True},
    "formats": {"type": "list", "elements": "str", "choices": list(FORMATS), "default": list(FORMATS)},
    "languages": {"type": "list", "elements": "str", "choices": ["en", "ja", "zh"], "default": ["en"]},
    _RESULTS: {"type": "path"},
    "previous": {"type": "path"},
    "date": {"type": "str"},
    "soon": {"type": "int", "default": 365},
    "resources": {"type": "dict"},
}


def report(options: Mapping[str, Any], today: date) -> source.Json:
    """Return the report that the options ask for."""
    day = Day(_day(options["date"], today), options["soon"])
    known = _attempts(Path(options[_RESULTS] or Path(options["src"]).parent))
    document = _of("src", options["src"], lambda text: build(source.results(text), day, known))
    if options["previous"]:
        comparison = _of("previous", options["previous"], lambda text: compare(source.earlier(text), document))
        return {**document, "comparison": comparison}
    return document


def _attempts(directory: Path) -> dict[str, list[source.Json]]:
    """Return the attempts that the results files in a directory tell of; a phase that was never run has none."""
    there = {phase: path for phase in READ if (path := directory / f"{phase}.json").exists()}
    results = {phase: _of(_RESULTS, str(path), partial(_of_phase, phase)) for phase, path in there.items()}
    return attempts(results)


def _of_phase(phase: str, text: str) -> list[source.Json]:
    """Return the results of a phase, each found to be in the form in which attempts can be told of."""
    found = source.of_attempts(text, phase)
    for result in found:
        try:
            attempts({LASTING[0]: [{**result, "state": None}], phase: [result]})
        except (TypeError, ValueError, AttributeError):
            said = f"its result of {result['instance_id']} is not in the form that the role {phase} writes."
            raise ValueError(f"{said} Move the file away.") from None
    return found


def _day(text: str | None, today: date) -> date:
    try:
        return date.fromisoformat(text) if text else today
    except ValueError:
        raise OptionError(f"date: {text!r} is no day.", "Give it as YYYY-MM-DD.") from None


def _of(option: str, path: str, made_from: Callable[[str], T]) -> T:
    """Return what is made from a file that an option names."""
    try:
        return made_from(read(option, path))
    except ValueError as error:
        raise OptionError(f"{option}: {path} cannot be used:", str(error)) from error
