# Copyright (c) 2026 evergreen.os_migration contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What several actions share: paging, lists of ids, tags, regions."""

from __future__ import annotations

import base64
import binascii
import json
import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any, Protocol, TypeVar

from ..core.clock import Timeline
from ..core.state import Tags
from .registry import Call
from .wire import ApiError


class Ordered(Protocol):
    serial: int


class Labelled(Protocol):
    tags: Timeline[Tags]


L = TypeVar("L", bound=Labelled)
O = TypeVar("O", bound=Ordered)  # noqa: E741 -- the one letter for "ordered"
TAG_LIMIT = 20
TAG_FILTER_LIMIT = 1000
_BAD_TAG = re.compile(r"\A(aliyun|acs:)|https?://")


def check_region(call: Call) -> str:
    if call.region not in call.world.scenario.regions:
        raise ApiError(404, "InvalidRegionId.NotFound", "The specified RegionId does not exist.")
    return call.region


def id_list(call: Call, name: str, limit: int, code: str) -> list[str] | None:
    """A JSON array of ids in one parameter; None when it was not given."""
    text = call.get(name)
    if not text:
        return None
    try:
        ids = json.loads(text)
    except ValueError:
        ids = None
    if not isinstance(ids, list) or len(ids) > limit or not all(isinstance(each, str) for each in ids):
        raise ApiError(400, code, f"{name} must be a JSON array of at most {limit} ids.")
    return ids


def at_most(call: Call, name: str, limit: int, status: int, code: str) -> list[Any]:
    """A numbered parameter with no more than `limit` values."""
    values: list[Any] = call.get(name, [])
    if len(values) > limit:
        raise ApiError(status, code, f"At most {limit} values of {name} are allowed.")
    return values


def by_token(call: Call, items: Iterable[O], default: int, limit: int, *, clamp: bool) -> tuple[list[O], str]:
    """One page by MaxResults and NextToken, and the token of the next page."""
    size = call.get("MaxResults", default)
    if clamp:
        size = min(max(size, 10), limit)
    elif not 1 <= size <= limit:
        raise ApiError(400, "InvalidParameter.MaxResults", f"MaxResults must be from 1 to {limit}.")
    after = _serial(call.get("NextToken"))
    rest = [item for item in items if item.serial > after]
    token = _token(rest[size - 1].serial) if len(rest) > size else ""
    return rest[:size], token


def by_number(call: Call, items: Sequence[O], default: int, limit: int) -> tuple[list[O], dict[str, Any]]:
    """One page by PageNumber and PageSize, and the fields that go with it."""
    size, number = call.get("PageSize", default), call.get("PageNumber", 1)
    if not 1 <= size <= limit or number < 1:
        raise ApiError(400, "InvalidParameter", f"PageSize must be from 1 to {limit} and PageNumber from 1.")
    page = {"PageNumber": number, "PageSize": size, "TotalCount": len(items)}
    return list(items[(number - 1) * size : number * size]), page


def either_page(call: Call, items: Sequence[O], default: int, limit: int, *, clamp: bool) -> tuple[list[O], Any]:
    """ECS knows both ways of paging; MaxResults or NextToken wins. A tag filter gives no more than 1,000."""
    if call.get("Tag"):
        items = items[:TAG_FILTER_LIMIT]
    if "MaxResults" in call.params or "NextToken" in call.params:
        chunk, token = by_token(call, items, default, limit, clamp=clamp)
        return chunk, {"NextToken": token, "TotalCount": len(items), "PageNumber": 1, "PageSize": len(chunk)}
    return by_number(call, items, default, limit)


def _token(serial: int) -> str:
    return base64.urlsafe_b64encode(f"after:{serial}".encode()).decode()


def _serial(token: str | None) -> int:
    if not token:
        return -1
    try:
        return int(base64.urlsafe_b64decode(token.encode()).decode().removeprefix("after:"))
    except (ValueError, binascii.Error):
        raise ApiError(400, "InvalidParameter.NextToken", "The specified NextToken is not valid.") from None


def read_tags(call: Call, name: str = "Tag") -> Tags:
    """Tag.N as a mapping, checked as the service checks it."""
    pairs = at_most(call, name, TAG_LIMIT, 400, "NumberExceed.Tags")
    tags: Tags = {}
    for pair in pairs:
        key, value = pair.get("Key", ""), pair.get("Value", "")
        if not key or len(key) > 128 or _BAD_TAG.search(key):
            raise ApiError(400, "InvalidTagKey.Malformed", "The specified tag key is not valid.")
        if len(value) > 128 or _BAD_TAG.search(value):
            raise ApiError(400, "InvalidTagValue.Malformed", "The specified tag value is not valid.")
        if key in tags:
            raise ApiError(400, "Duplicate.TagKey", "The tag keys must be unique.")
        tags[key] = value
    return tags


def has_tags(call: Call, tags: Mapping[str, str]) -> bool:
    """Whether something matches the call's tag filter: every key, and its value where one is given."""
    for pair in at_most(call, "Tag", TAG_LIMIT, 400, "InvalidTagCount"):
        key = pair.get("Key")
        if key not in tags or ("Value" in pair and tags[key] != pair["Value"]):
            return False
    return True


def matching(call: Call, filters: Mapping[str, Callable[[L, float], str]], items: Iterable[L], at: float) -> list[L]:
    """What matched every filter of the call at a time; an empty one and `all` let everything through."""
    given = {name: call.get(name) for name in filters}
    asked = [(filters[name], value) for name, value in given.items() if value not in (None, "", "all", "All")]
    found = [item for item in items if all(read(item, at) == value for read, value in asked)]
    return [item for item in found if has_tags(call, item.tags.at(tags_at(call, at)))] if call.get("Tag") else found


def tags_at(call: Call, at: float) -> float:
    """The time that tags are read at in a list that is read at a time: they may be older still."""
    return min(at, call.as_of("tags"))


def tag_list(tags: Mapping[str, str]) -> dict[str, Any]:
    """Tags as ECS answers them."""
    return {"Tag": [{"TagKey": key, "TagValue": value} for key, value in tags.items()]}


def dry_run(call: Call) -> None:
    if call.get("DryRun"):
        raise ApiError(400, "DryRunOperation", "Request validation has been passed with DryRun flag set.")
