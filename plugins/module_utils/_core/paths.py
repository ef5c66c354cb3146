# Copyright (c) 2026 evergreen.os_migration contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The supported migration paths as one table, and the planner over it.

A new path is a row. Every row names the document that lists it; where two documents disagree, the newer one wins.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, fields, replace
from difflib import get_close_matches
from typing import Any

from .catalog import NAMES, is_known
from .model import Hop, Problem

X86, ARM = "x86_64", "arm64"
SERVICES: Mapping[str, str] = {"alicloud": "smc", "aws": "ssm"}

_ECS_PAGE, _ECS_DATE = "Alibaba Cloud ECS: Migrate the operating system of an instance", "2025-11-09"
_SSM_PAGE = "AWS Systems Manager Automation runbook reference: AWSEC2-CloneInstanceAndUpgradeWindows"


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
    architectures: tuple[str, ...] = (X86,)
    provider: str = "alicloud"
    service: str = "smc"
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
    provider: str = "alicloud"
    architecture: str = X86
    region: str = ""
    version: str = ""
    edition: str = ""
    language: str = ""


# The regions in which the provider migrates Windows.
_WINDOWS_REGIONS = (
    *("cn-hangzhou", "cn-shanghai", "cn-qingdao", "cn-beijing", "cn-zhangjiakou", "cn-huhehaote", "cn-wulanchabu"),
    *("cn-shenzhen", "cn-heyuan", "cn-guangzhou", "cn-chengdu", "cn-hongkong", "cn-wuhan-lr"),
    *("ap-northeast-1", "ap-northeast-2", "ap-southeast-1", "ap-southeast-3", "ap-southeast-5", "ap-southeast-6"),
    *("ap-southeast-7", "eu-central-1", "eu-west-1", "us-west-1", "us-east-1", "me-central-1"),
)
_ALLOW_LIST = "Only for accounts that the provider has put on its allow list; ask for it with a ticket."


def _linux(source: str, target: str, **more: Any) -> Path:
    path_id = f"alicloud.{source}.{target}"
    return Path(path_id, source, target, document=_ECS_PAGE, date=_ECS_DATE, **more)


def _windows(source: str, target: str, *editions: str) -> Path:
    return Path(
        f"alicloud.{source}.{target}",
        source,
        target,
        regions=_WINDOWS_REGIONS,
        editions=editions,
        languages=("zh", "en"),
        target_edition="datacenter",
        document=_ECS_PAGE,
        date=_ECS_DATE,
    )


def _runbook(source: str, target: str, note: str = "") -> Path:
    return Path(
        f"aws.{source}.{target}",
        source,
        target,
        provider="aws",
        service="ssm",
        minutes=120,
        editions=("standard", "datacenter"),
        note=note,
        document=_SSM_PAGE,
    )


PATHS: tuple[Path, ...] = (
    _linux("centos-7", "alinux-3", architectures=(X86, ARM)),
    _linux("centos-7", "alinux-2"),
    _linux("centos-7", "anolis-7", architectures=(X86, ARM)),
    _linux("centos-7", "anolis-8", architectures=(X86, ARM)),
    _linux("centos-7", "rhel-7", versions=("7.9",), allow_list=_ALLOW_LIST),
    _linux("centos-8", "alinux-3", architectures=(X86, ARM)),
    _linux("centos-8", "anolis-8", architectures=(X86, ARM)),
    _linux("centos-8", "rhel-8", versions=("8.5",), allow_list=_ALLOW_LIST),
    _linux("rhel-7", "alinux-3", versions=("7.9",)),
    _linux("rhel-7", "rhel-8", versions=("7.9",)),
    _linux("rhel-8", "alinux-3"),
    _linux("rhel-8", "rhel-9"),
    _linux("alinux-2", "alinux-3"),
    _windows("windows-2008r2", "windows-2012r2", "standard", "enterprise"),
    _windows("windows-2012r2", "windows-2016", "standard", "datacenter"),
    _windows("windows-2012r2", "windows-2019", "standard", "datacenter"),
    # An older page (without a date) lists 2012 R2 as the target of 2016 Standard. That would lead backwards.
    _windows("windows-2016", "windows-2019", "standard", "datacenter"),
    _windows("windows-2016", "windows-2022", "standard", "datacenter"),
    _windows("windows-2019", "windows-2022", "datacenter"),
    _runbook("windows-2008r2", "windows-2016", "The runbook upgrades twice: over Windows Server 2012 R2."),
    _runbook("windows-2012r2", "windows-2016"),
    _runbook("windows-2012r2", "windows-2019"),
    _runbook("windows-2012r2", "windows-2022", "The runbook allows it; Microsoft does not list this upgrade."),
    _runbook("windows-2012r2", "windows-2025", "Needs an instance type on the Nitro system."),
    _runbook("windows-2016", "windows-2019"),
    _runbook("windows-2016", "windows-2022"),
    _runbook("windows-2016", "windows-2025", "Needs an instance type on the Nitro system."),
    _runbook("windows-2019", "windows-2022"),
    _runbook("windows-2019", "windows-2025", "Needs an instance type on the Nitro system."),
    _runbook("windows-2022", "windows-2025", "Needs an instance type on the Nitro system."),
)


# --- conditions -----------------------------------------------------------------------------------------------------

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
        if allowed and here and not any(f"{here}.".startswith(f"{one}.") for one in allowed):
            found[condition] = f"{path.source} -> {path.target} {words} {', '.join(allowed)}; this is {here}."
    return found


def after(path: Path, start: Start) -> Start:
    """Return where the path has led to."""
    return replace(start, os=path.target, version="", edition=path.target_edition or start.edition)


# --- the planner ----------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class _Place:
    """How far a search has come: where it is, and how many systems of ``via`` it has passed."""

    start: Start
    passed: int = 0


@dataclass(frozen=True)
class _Search:
    """A search, breadth first and in the table's order, from one start."""

    start: Start
    paths: Sequence[Path]
    via: tuple[str, ...] = ()
    avoid: frozenset[str] = frozenset()
    strict: bool = True

    def trails(self) -> dict[_Place, tuple[Path, ...]]:
        """Return the shortest trail to every place, nearest first. Conditions count only in a strict search."""
        edges = self._edges()
        here = self._arrived(self.start, 0)
        trails: dict[_Place, tuple[Path, ...]] = {here: ()}
        queue = deque([here])
        while queue:
            here = queue.popleft()
            for path in edges.get(here.start.os, ()):
                there = self._arrived(after(path, here.start), here.passed)
                if there not in trails and not (self.strict and refused(path, here.start)):
                    trails[there] = (*trails[here], path)
                    queue.append(there)
        return trails

    def trail(self, target: str) -> tuple[Path, ...] | None:
        """Return the shortest trail to ``target`` through all of ``via``."""
        ends = (
            trail
            for place, trail in self.trails().items()
            if place.start.os == target and place.passed == len(self.via)
        )
        return next(ends, None)

    def _edges(self) -> Mapping[str, Sequence[Path]]:
        edges: dict[str, list[Path]] = {}
        for path in self.paths:
            if path.provider == self.start.provider and path.target not in self.avoid:
                edges.setdefault(path.source, []).append(path)
        return edges

    def _arrived(self, start: Start, passed: int) -> _Place:
        return _Place(start, passed + (self.via[passed : passed + 1] == (start.os,)))


def reachable(start: Start, paths: Sequence[Path] = PATHS, avoid: Iterable[str] = ()) -> tuple[str, ...]:
    """Return the canonical ids that can be reached from ``start``, nearest first."""
    places = _Search(start, paths, avoid=frozenset(avoid)).trails()
    return tuple(dict.fromkeys(place.start.os for place in places if place.start.os != start.os))


def plan(
    start: Start, target: str, paths: Sequence[Path] = PATHS, via: Sequence[str] = (), avoid: Iterable[str] = ()
) -> tuple[Hop, ...] | Problem:
    """Return the shortest allowed hops from ``start`` to ``target``, or the problem that says why there is none.

    The hops lead through all of ``via``, in this order, and through nothing of ``avoid``.
    """
    avoided = tuple(avoid)
    wrong = _contradiction(start, target, tuple(via), avoided)
    if wrong:
        return wrong
    search = _Search(start, paths, tuple(via), frozenset(avoided))
    trail = search.trail(target)
    return _no_path(search, target) if trail is None else tuple(path.hop for path in trail)


def find(hop: Hop, paths: Sequence[Path] = PATHS) -> Path | None:
    """Return the row of the table that the hop follows."""
    return next((path for path in paths if path.id == hop.path), None)


# --- why there is no plan -------------------------------------------------------------------------------------------


def unknown_id(os_id: str) -> str:
    """Return the sentence that says that an id is not in the catalogue, and which ids are close to it."""
    close = get_close_matches(os_id, NAMES, 3)
    hint = f"Did you mean {' or '.join(close)}?" if close else f"Known are {', '.join(NAMES)}."
    return f"'{os_id}' is not an operating system id that is known. {hint}"


def _contradiction(start: Start, target: str, via: tuple[str, ...], avoid: tuple[str, ...]) -> Problem | None:
    if not is_known(target):
        return Problem("InvalidTarget", unknown_id(target), "Name a canonical id as the target.")
    strange = [os_id for os_id in (*via, *avoid) if not is_known(os_id)]
    if strange:
        message = f"via and avoid: {unknown_id(strange[0])}"
        return Problem("InvalidPath", message, "Name canonical ids in via and avoid.")
    if not is_known(start.os):
        return Problem(
            "UnsupportedSource",
            f"The operating system of the instance is not one that can be migrated ({start.os}).",
            "Check the OS name that the cloud and the guest report; see the table of supported paths.",
        )
    both = [os_id for os_id in (*via, target) if os_id in avoid]
    if both:
        message = f"The path is to lead to or through {both[0]}, and to avoid it."
        return Problem("InvalidPath", message, f"Remove {both[0]} from avoid, or from via and the target.")
    if via and start.os == target:
        message = f"The instance runs its target {target} already, but is to pass {', '.join(via)}."
        return Problem("InvalidPath", message, "Remove via, or name the target that comes after it.")
    return None


def _no_path(search: _Search, target: str) -> Problem:
    start = search.start
    message = f"There is no supported path from {start.os} to {target} with provider {start.provider}"
    choices = ", ".join(reachable(start, search.paths, search.avoid))
    nearest = f"From {start.os} as it is, these can be reached: {choices}."
    nowhere = f"From {start.os} as it is, nothing can be reached; keep it, or rebuild it on a new instance."
    return Problem(
        "UnsupportedPath", f"{message}{_detour(search)}. {_reason(search, target)}", nearest if choices else nowhere
    )


def _detour(search: _Search) -> str:
    words = (("through", search.via), ("avoiding", tuple(sorted(search.avoid))))
    return "".join(f", {word} {', '.join(ids)}" for word, ids in words if ids)


def _reason(search: _Search, target: str) -> str:
    """Return what stands in the way: a condition of the otherwise shortest path, or the way that was asked for."""
    trail = replace(search, strict=False).trail(target)
    if trail is None:
        return _reason_of_the_detour(search, target)
    here = search.start
    for path in trail:
        sentences = refused(path, here)
        if sentences:
            return " ".join(sentences.values())
        here = after(path, here)
    return ""


def _reason_of_the_detour(search: _Search, target: str) -> str:
    direct = _Search(search.start, search.paths).trail(target) if search.via or search.avoid else None
    if direct is None:
        return "No document lists one that leads there."
    return f"Without via and avoid it is {' -> '.join((search.start.os, *(path.target for path in direct)))}."


# --- rows of users --------------------------------------------------------------------------------------------------

_LISTS = ("architectures", "regions", "editions", "languages", "versions")
_TEXTS = ("source", "target", "provider", "service", "target_edition", "allow_list", "note", "document", "date")
_KEYS = tuple(one.name for one in fields(Path) if one.name != "id")


def rows(raw: Iterable[Any]) -> tuple[Path, ...]:
    """Return paths that users wrote down as dictionaries. A row that cannot be meant raises ``ValueError``."""
    found: dict[str, Path] = {}
    for number, entry in enumerate(raw, 1):
        path = _row(entry, f"row {number}")
        if path.id in found:
            raise ValueError(f"row {number}: {path.source} -> {path.target} is there twice. Remove one of the two.")
        found[path.id] = path
    return tuple(found.values())


def with_rows(raw: Iterable[Any]) -> tuple[Path, ...]:
    """Return the table with the users' rows; one with the source, target and provider of another replaces it."""
    table = {path.id: path for path in PATHS}
    return tuple({**table, **{path.id: path for path in rows(raw)}}.values())


def _row(entry: Any, where: str) -> Path:
    if not isinstance(entry, Mapping):
        raise ValueError(f"{where}: {entry!r} is not a dictionary with source and target.")
    values = {"provider": "alicloud", "document": "added by the user", **entry}
    _check_keys(values, where)
    checked = {key: _value(key, value, where) for key, value in values.items()}
    _check_ids(checked, where)
    provider = checked["provider"]
    if provider not in SERVICES:
        raise ValueError(f"{where}: the provider is {provider!r}; it can be {' or '.join(SERVICES)}.")
    path_id = f"{provider}.{checked['source']}.{checked['target']}"
    return Path(path_id, **{"service": SERVICES[provider], **checked})


def _check_keys(values: Mapping[str, Any], where: str) -> None:
    strange = [key for key in values if key not in _KEYS]
    if strange:
        raise ValueError(f"{where}: there is no key {strange[0]!r}. A row has {', '.join(_KEYS)}.")


def _check_ids(values: Mapping[str, Any], where: str) -> None:
    for key in ("source", "target"):
        if key not in values:
            raise ValueError(f"{where}: {key} is missing.")
        if not is_known(values[key]):
            raise ValueError(f"{where}: {key}: {unknown_id(values[key])}")
    if values["source"] == values["target"]:
        raise ValueError(f"{where}: source and target are both {values['source']}.")


def _value(key: str, value: Any, where: str) -> Any:
    if key in _LISTS:
        if isinstance(value, str) or not isinstance(value, Sequence) or not all(isinstance(one, str) for one in value):
            raise ValueError(f"{where}: {key} is {value!r}; it has to be a list of texts. Quote numbers.")
        return tuple(value)
    if key == "minutes" and (isinstance(value, bool) or not isinstance(value, int) or value < 1):
        raise ValueError(f"{where}: minutes is {value!r}; it has to be a whole number above 0.")
    if key in _TEXTS and not isinstance(value, str):
        raise ValueError(f"{where}: {key} is {value!r}; it has to be a text. Quote numbers and dates.")
    return value
