# Copyright (c) 2026 evergreen.os_migration contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""From the options of a fleet report to its document."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import date
from typing import Any, TypeVar

from .._errors import OptionError
from .._files import read
from . import source
from .compare import compare
from .document import Day, build
from .files import FORMATS

T = TypeVar("T")

#: The argument spec.
ARGUMENTS: dict[str, Any] = {
    "src": {"type": "path", "required": True},
    "dest": {"type": "path", "required": True},
    "formats": {"type": "list", "elements": "str", "choices": list(FORMATS), "default": list(FORMATS)},
    "languages": {"type": "list", "elements": "str", "choices": ["en", "ja", "zh"], "default": ["en"]},
    "previous": {"type": "path"},
    "date": {"type": "str"},
    "soon": {"type": "int", "default": 365},
    "resources": {"type": "dict"},
}


def report(options: Mapping[str, Any], today: date) -> source.Json:
    """Return the report that the options ask for."""
    day = Day(_day(options["date"], today), options["soon"])
    document = _of("src", options, lambda text: build(source.results(text), day))
    if options["previous"]:
        comparison = _of("previous", options, lambda text: compare(source.earlier(text), document))
        return {**document, "comparison": comparison}
    return document


def _day(text: str | None, today: date) -> date:
    try:
        return date.fromisoformat(text) if text else today
    except ValueError:
        raise OptionError(f"date: {text!r} is no day.", "Give it as YYYY-MM-DD.") from None


def _of(option: str, options: Mapping[str, Any], made_from: Callable[[str], T]) -> T:
    """Return what is made from the file that an option names."""
    path = options[option]
    try:
        return made_from(read(option, path))
    except ValueError as error:
        raise OptionError(f"{option}: {path} cannot be used:", str(error)) from error
