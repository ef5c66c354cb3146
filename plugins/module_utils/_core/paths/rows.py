# Copyright (c) 2026 evergreen.os_migration contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Migration paths that users write down as dictionaries, beside or instead of the documented ones."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any

from ..catalog import is_known, unknown_id
from .path import ARM, X86, Path, Start
from .table import PATHS, PROVIDER, SERVICES

Services = Mapping[str, Sequence[str]]


def _is_text(value: Any) -> bool:
    return isinstance(value, str)


def _is_texts(value: Any) -> bool:
    return not isinstance(value, str) and isinstance(value, Sequence) and all(isinstance(one, str) for one in value)


def _is_duration(value: Any) -> bool:
    return isinstance(value, int) and not isinstance(value, bool) and value > 0


#: What a row's values have to be, and how that is told.
_FORMS: Mapping[str, tuple[Callable[[Any], bool], str]] = {
    **dict.fromkeys(("source", "target", "provider", "service"), (_is_text, "a text")),
    **dict.fromkeys(
        ("architectures", "regions", "editions", "languages", "versions"), (_is_texts, "a list of texts; quote numbers")
    ),
    **dict.fromkeys(
        ("target_edition", "allow_list", "note", "document", "date"), (_is_text, "a text; quote numbers and dates")
    ),
    "minutes": (_is_duration, "a whole number above 0"),
}


def rows(raw: Iterable[Any], services: Services = SERVICES) -> tuple[Path, ...]:
    """Return the users' paths. A row that cannot be meant raises ``ValueError``.

    ``services`` are those that rows may name, by provider; a row that names none means the provider's first.
    """
    found: dict[str, Path] = {}
    for number, entry in enumerate(raw, 1):
        path = _row(entry, f"row {number}", services)
        if path.id in found:
            raise ValueError(f"row {number}: {path.source} -> {path.target} is there twice; remove one of the two.")
        found[path.id] = path
    return tuple(found.values())


def ids(given: str | Sequence[str]) -> Sequence[str]:
    """Return the ids that a user named: one stands for a list of one."""
    return (given,) if isinstance(given, str) else given


def start(os_id: str, provider: str, given: Mapping[str, Any]) -> Start:
    """Return where a plan begins by what a user says of an instance; what is not said is not known.

    Numbers are taken as they are written. ``ValueError`` for a provider or an architecture that there is not.
    """
    said = {name: str(value) for name, value in given.items() if value is not None and value != ""}
    for name, value, known in (
        ("provider", provider, tuple(SERVICES)),
        ("architecture", said.get("architecture", X86), (X86, ARM)),
    ):
        if value not in known:
            raise ValueError(f"{name} is {value!r}; it can be {' or '.join(known)}.")
    return Start(os_id, provider, **said)


def with_rows(raw: Iterable[Any], services: Services = SERVICES) -> tuple[Path, ...]:
    """Return the table with the users' rows; one with the source, target and provider of another replaces it."""
    table = {path.id: path for path in PATHS}
    return tuple({**table, **{path.id: path for path in rows(raw, services)}}.values())


def _row(entry: Any, where: str, services: Services) -> Path:
    if not isinstance(entry, Mapping):
        raise ValueError(f"{where}: {entry!r} is not a dictionary with source and target.")
    values = {"provider": PROVIDER, "document": "added by the user", **entry}
    _check_forms(values, where)
    _check_ids(values, where)
    provider = values["provider"]
    if provider not in services:
        raise ValueError(f"{where}: the provider is {provider!r}; it can be {' or '.join(services)}.")
    offered = services[provider]
    if values.setdefault("service", offered[0]) not in offered:
        raise ValueError(f"{where}: the service is {values['service']!r}; {provider} has {' and '.join(offered)}.")
    hashable: dict[str, Any] = {
        key: value if isinstance(value, str | int) else tuple(value) for key, value in values.items()
    }
    path_id = f"{provider}.{values['source']}.{values['target']}"
    return Path(path_id, **hashable)


def _check_forms(values: Mapping[str, Any], where: str) -> None:
    for key, value in values.items():
        if key not in _FORMS:
            raise ValueError(f"{where}: there is no key {key!r}; a row has {', '.join(_FORMS)}.")
        fits, form = _FORMS[key]
        if not fits(value):
            raise ValueError(f"{where}: {key} is {value!r}; it has to be {form}.")


def _check_ids(values: Mapping[str, Any], where: str) -> None:
    for key in ("source", "target"):
        if key not in values:
            raise ValueError(f"{where}: {key} is missing.")
        if not is_known(values[key]):
            raise ValueError(f"{where}: {key}: {unknown_id(values[key])}")
    if values["source"] == values["target"]:
        raise ValueError(f"{where}: source and target are both {values['source']}.")
