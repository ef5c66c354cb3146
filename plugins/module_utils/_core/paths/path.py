# Copyright (c) 2026 evergreen.os_migration contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""A migration path, the conditions that the service sets, and where a path leads."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace

from ..model import Hop

X86, ARM = "x86_64", "arm64"


@dataclass(frozen=True)
class Path:
    """One supported direct migration, and the conditions that the service sets; an empty condition allows all.

    ``editions``, ``languages`` and ``versions`` are those of the source. After the migration the edition is
    ``target_edition``, or stays as it is when that is empty; the language stays, and no minor version is known.
    ``allow_list`` says for which accounts only the path is open, ``note`` what else to know of it.
    """

    id: str
    source: str
    target: str
    provider: str
    service: str
    architectures: tuple[str, ...] = (X86,)
    minutes: int = 30
    regions: tuple[str, ...] = ()
    editions: tuple[str, ...] = ()
    languages: tuple[str, ...] = ()
    versions: tuple[str, ...] = ()
    target_edition: str = ""
    allow_list: str = ""
    note: str = ""
    document: str = ""
    date: str = ""

    @property
    def hop(self) -> Hop:
        """The step of a plan that follows this path."""
        return Hop(self.source, self.target, self.service, self.minutes, self.id)


@dataclass(frozen=True)
class Start:
    """Where a plan begins. What is empty is not known and fails no condition; the architecture ``unknown`` does."""

    os: str
    provider: str
    architecture: str = X86
    region: str = ""
    version: str = ""
    edition: str = ""
    language: str = ""


# A refusal names so many of what is allowed, and counts the rest: the regions of Windows are 25.
_LISTED = 5

#: A condition's field of a path -> the field of a start that it looks at, and how it is told.
CONDITIONS: Mapping[str, tuple[str, str]] = {
    "architectures": ("architecture", "is for the architectures"),
    "regions": ("region", "is offered in the regions"),
    "versions": ("version", "is for the versions"),
    "editions": ("edition", "is for the editions"),
    "languages": ("language", "is for the languages"),
}


def refused(path: Path, start: Start) -> Mapping[str, str]:
    """Return the conditions of the path that the start fails, each with the sentence that says so."""
    found = {}
    for condition, (attribute, words) in CONDITIONS.items():
        allowed, here = getattr(path, condition), getattr(start, attribute)
        if allowed and here and not admits(allowed, here):
            found[condition] = f"{path.source} -> {path.target} {words} {_listed(allowed)}; this is {here}."
    return found


def admits(allowed: tuple[str, ...], value: str) -> bool:
    """Say whether a value is one of those allowed, or within one: 7.9.2009 is a 7.9, and a 7."""
    return any(f"{value}.".startswith(f"{one}.") for one in allowed)


def _listed(allowed: tuple[str, ...]) -> str:
    more = len(allowed) - _LISTED
    return ", ".join(allowed[:_LISTED]) + (f" and {more} more" if more > 0 else "")


def after(path: Path, start: Start) -> Start:
    """Return where the path has led to."""
    return replace(start, os=path.target, version="", edition=path.target_edition or start.edition)
