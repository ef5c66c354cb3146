# Copyright (c) 2026 evergreen.os_migration contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Turn the frozen values of the model into JSON-able dicts and back, driven by their type hints."""

from __future__ import annotations

import base64
import dataclasses
import functools
import json
import sys
import types
import typing
import zlib
from collections.abc import Hashable, Mapping
from typing import Any, TypeVar

T = TypeVar("T")


def freeze_to_dict(value: Any) -> Any:
    """Return ``value`` (a dataclass) as nested dicts and lists."""
    return dataclasses.asdict(value)


@functools.cache
def _hints(cls: Any) -> dict[str, Any]:
    return typing.get_type_hints(cls)


def thaw(cls: type[T], data: Mapping[str, Any]) -> T:
    """Rebuild the dataclass ``cls`` from what :func:`freeze_to_dict` gave; unknown keys are dropped."""
    hints = _hints(typing.cast(Hashable, cls))
    return cls(**{key: _value(hints[key], value) for key, value in data.items() if key in hints})


def pack(value: Any) -> str:
    """Return plain data as one short text: Ansible handles a text much faster than a large structure."""
    return base64.b64encode(zlib.compress(json.dumps(value).encode(), level=1)).decode()


def unpack(text: str) -> Any:
    """Return what :func:`pack` was given; equal texts in it become one, because a fleet's results are much alike."""
    return json.loads(zlib.decompress(base64.b64decode(text)), object_hook=_interned)


def _interned(data: dict[str, Any]) -> dict[str, Any]:
    return {key: sys.intern(value) if isinstance(value, str) else value for key, value in data.items()}


def _value(hint: Any, value: Any) -> Any:
    if value is None:
        return None
    origin, arguments = typing.get_origin(hint), typing.get_args(hint)
    if origin in (types.UnionType, typing.Union):
        return _value(next(kind for kind in arguments if kind is not types.NoneType), value)
    if origin is tuple:
        return tuple(_value(arguments[0], entry) for entry in value)
    if dataclasses.is_dataclass(hint) and isinstance(hint, type):
        return thaw(hint, value)
    return value
