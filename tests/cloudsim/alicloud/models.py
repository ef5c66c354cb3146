# Copyright (c) 2026 evergreen.os_migration contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Requests and answers held against the official SDKs' models (models.json)."""

from __future__ import annotations

import json
from collections.abc import Collection, Iterator, Mapping
from pathlib import Path
from typing import Any

from .wire import ApiError

MODELS: Mapping[str, Mapping[str, Any]] = json.loads(
    Path(__file__).with_name("models.json").read_text(encoding="utf-8")
)
# What the client library adds to every call, whether the action knows it or not.
COMMON = frozenset(
    {
        "Action",
        "Version",
        "Format",
        "AccessKeyId",
        "Signature",
        "SignatureMethod",
        "SignatureVersion",
        "SignatureType",
        "SignatureNonce",
        "Timestamp",
        "SecurityToken",
        "RegionId",
    }
)
ID_NAMES = frozenset(
    {
        "InstanceId",
        "DiskId",
        "SnapshotId",
        "SnapshotGroupId",
        "ImageId",
        "SecurityGroupId",
        "JobId",
        "SourceId",
        "InvokeId",
        "ResourceId",
        "AccessTokenId",
        "StackId",
    }
)
#: Where RunInstances names what it made.
_MADE_LIST = "InstanceIdSet"
_TYPES: Mapping[str, tuple[type, ...]] = {
    "string": (str,),
    "integer": (int,),
    "number": (int, float),
    "boolean": (bool,),
    "object": (dict, list, str),
}


class AnswerMismatch(Exception):
    """The simulator built an answer that the SDK's model does not know: a bug here, never the client's fault."""


def typed_parameters(model: Mapping[str, Any], flat: Mapping[str, str], hidden: Collection[str]) -> dict[str, Any]:
    """Flat wire parameters (`Tag.1.Key=x`) as the model's tree; unknown, malformed and missing ones are refused."""
    known = model["parameters"]
    result: dict[str, Any] = {}
    for name, value in flat.items():
        if name in hidden or (name in COMMON and name not in known):
            result[name] = value
        else:
            _put(result, known, name, value)
    for name in model["required"]:
        if name not in result:
            raise ApiError(400, f"MissingParameter.{name}", f"The input parameter {name!r} is mandatory.")
    return {name: _in_order(value) for name, value in result.items()}


def _put(result: dict[str, Any], known: Any, name: str, value: str) -> None:
    """Follow a dotted name through the model and put the converted value in its place."""
    place: dict[str, Any] = result
    *parents, last = name.split(".")
    for part in parents:
        known = _step(known, part, name)
        place = place.setdefault(part, {})
    place[last] = _convert(_step(known, last, name), value, name)


def _step(known: Any, part: str, name: str) -> Any:
    if isinstance(known, list) and part.isdecimal() and int(part) > 0:
        return known[0]
    if isinstance(known, dict) and part in known:
        return known[part]
    raise ApiError(400, "InvalidParameter.Unknown", f"The request parameter {name!r} is not known to this action.")


def _convert(kind: Any, value: str, name: str) -> Any:
    try:
        if kind == "boolean":
            return {"true": True, "false": False}[value.lower()]
        if kind in ("integer", "number"):
            return int(value) if kind == "integer" else float(value)
    except (KeyError, ValueError):
        raise ApiError(400, "InvalidParameter", f"The parameter {name!r} must be of type {kind}.") from None
    if not isinstance(kind, str):
        raise ApiError(400, "InvalidParameter", f"The parameter {name!r} must be given as {name}.N.")
    return value


def _in_order(value: Any) -> Any:
    """`{"2": b, "1": a}` of a numbered parameter as `[a, b]`."""
    if not isinstance(value, dict):
        return value
    if all(key.isdecimal() for key in value):
        return [_in_order(value[key]) for key in sorted(value, key=int)]
    return {key: _in_order(item) for key, item in value.items()}


def check_answer(tree: Any, answer: Any, place: str = "answer") -> Iterator[str]:
    """Walk an answer beside the model; yields the resource ids it names, raises on what the model does not know."""
    if isinstance(tree, dict) and isinstance(answer, dict):
        yield from _check_fields(tree, answer, place)
    elif isinstance(tree, list) and isinstance(answer, list):
        for item in answer:
            yield from check_answer(tree[0], item, f"{place}[]")
    elif not _fits(tree, answer):
        raise AnswerMismatch(f"{place} should be {tree}, not {answer!r}")


def _check_fields(tree: Mapping[str, Any], answer: Mapping[str, Any], place: str) -> Iterator[str]:
    for name, value in answer.items():
        if name not in tree:
            raise AnswerMismatch(f"{place}.{name} is not in the SDK's model")
        yield from check_answer(tree[name], value, f"{place}.{name}")
        if name in ID_NAMES or name == _MADE_LIST:
            yield from (one for one in (value if isinstance(value, list) else [value]) if one)


def _fits(tree: Any, answer: Any) -> bool:
    if not isinstance(tree, str) or (isinstance(answer, bool) and tree != "boolean"):
        return False
    return isinstance(answer, _TYPES[tree])
