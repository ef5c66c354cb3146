# Copyright (c) 2026 evergreen.os_migration contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Readers of a scenario file: a YAML value and its place in the file to a checked Python value."""

from __future__ import annotations

import dataclasses
import math
from collections.abc import Callable
from typing import Any, TypeVar

T = TypeVar("T")
Reader = Callable[[Any, str], T]


class ScenarioError(Exception):
    """A scenario that cannot be used; the text says where and why."""


def _scalar(kind: type[T], words: str) -> Reader[T]:
    def read(value: Any, place: str) -> T:
        if not isinstance(value, kind) or (isinstance(value, bool) and kind is not bool):
            raise ScenarioError(f"{place}: expected {words}, got {value!r}")
        return value

    return read


text = _scalar(str, "a text")
boolean = _scalar(bool, "true or false")
whole_number = _scalar(int, "a whole number")


def integer(value: Any, place: str) -> int:
    if not isinstance(value, int) or isinstance(value, bool) or value < 0:
        raise ScenarioError(f"{place}: expected a whole number from 0, got {value!r}")
    return value


def number(value: Any, place: str) -> float:
    if not isinstance(value, (int, float)) or isinstance(value, bool) or value < 0:
        raise ScenarioError(f"{place}: expected a number from 0, got {value!r}")
    return float(value)


def moment(value: Any, place: str) -> float:
    """Simulated seconds since the start; `never` is later than all of them."""
    return math.inf if value == "never" else number(value, place)


def optional(reader: Reader[T]) -> Reader[T | None]:
    return lambda value, place: None if value is None else reader(value, place)


def one_of(*allowed: Any) -> Reader[Any]:
    def read(value: Any, place: str) -> Any:
        if value not in allowed or type(value) is not type(allowed[allowed.index(value)]):
            raise ScenarioError(f"{place}: expected one of {', '.join(map(str, allowed))}, got {value!r}")
        return value

    return read


def list_of(reader: Reader[T]) -> Reader[tuple[T, ...]]:
    def read(value: Any, place: str) -> tuple[T, ...]:
        if not isinstance(value, list):
            raise ScenarioError(f"{place}: expected a list, got {value!r}")
        return tuple(reader(item, f"{place}[{index}]") for index, item in enumerate(value))

    return read


def mapping_of(reader: Reader[T], keys: Reader[str] = text) -> Reader[dict[str, T]]:
    def read(value: Any, place: str) -> dict[str, T]:
        if not isinstance(value, dict):
            raise ScenarioError(f"{place}: expected a mapping, got {value!r}")
        return {keys(key, f"{place} (key)"): reader(item, f"{place}.{key}") for key, item in value.items()}

    return read


def record(make: Callable[..., T], /, **readers: Reader[Any]) -> Reader[T]:
    """A dataclass from a mapping: unknown keys and missing keys without a default are errors."""

    def read(value: Any, place: str) -> T:
        if not isinstance(value, dict):
            raise ScenarioError(f"{place}: expected a mapping, got {value!r}")
        unknown = sorted(str(key) for key in value if key not in readers)
        if unknown:
            raise ScenarioError(f"{place}: unknown key {unknown[0]!r}; known are {', '.join(sorted(readers))}")
        missing = [name for name in required(make) if name not in value]
        if missing:
            raise ScenarioError(f"{place}: {missing[0]!r} is missing")
        return make(**{name: readers[name](item, f"{place}.{name}") for name, item in value.items()})

    return read


def required(kind: Any) -> list[str]:
    absent = dataclasses.MISSING
    fields = dataclasses.fields(kind)
    return [each.name for each in fields if each.default is absent and each.default_factory is absent]
