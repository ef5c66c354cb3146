# Copyright (c) 2026 evergreen.os_migration contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""ECS: tags of instances, disks and snapshots."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any

from ..core.clock import Timeline
from ..core.state import Tags
from ..core.world import there
from .common import TAG_LIMIT, at_most, by_token, check_region, has_tags, read_tags
from .registry import Answer, Call, action
from .wire import ApiError

TAGGED_LIMIT = 50


@action("ecs", uses="RegionId ResourceId ResourceType Tag")
def tag_resources(call: Call) -> Answer:
    added, timelines = read_tags(call), _tagged(call)
    if any(len({**timeline.last(), **added}) > TAG_LIMIT for timeline in timelines):
        raise ApiError(400, "OperationDenied.QuotaExceed", "The quota of tags on resource is beyond permitted range.")
    for timeline in timelines:
        timeline.plan(_visible(call), {**timeline.last(), **added})
    return {}


@action("ecs", uses="RegionId ResourceId ResourceType TagKey All")
def untag_resources(call: Call) -> Answer:
    keys = at_most(call, "TagKey", 20, 400, "NumberExceed.Tags")
    for timeline in _tagged(call):
        gone = set(timeline.last()) if not keys and call.get("All") else set(keys)
        timeline.plan(_visible(call), {key: value for key, value in timeline.last().items() if key not in gone})
    return {}


def _visible(call: Call) -> float:
    return call.now + call.world.scenario.consistency_lag


def _tagged(call: Call) -> list[Timeline[Tags]]:
    """The tags of the named resources; all of them must exist in the region."""
    region = check_region(call)
    ids = at_most(call, "ResourceId", TAGGED_LIMIT, 400, "NumberExceed.ResourceIds")
    table = _table(call)
    found = [there(table, each, call.now) for each in ids]
    if any(each is None or each.region != region for each in found):
        raise ApiError(404, "InvalidResourceId.NotFound", "The specified ResourceIds are not found.")
    return [each.tags for each in found if each]


@action("ecs", uses="RegionId ResourceId ResourceType Tag NextToken")
def list_tag_resources(call: Call) -> Answer:
    """One line for each tag of each resource that has any, and every tag of the filter."""
    region, at = check_region(call), call.as_of("tags")
    ids = at_most(call, "ResourceId", TAGGED_LIMIT, 400, "NumberExceed.ResourceIds")
    if not ids and not call.get("Tag"):
        raise ApiError(404, "MissingParameter.ResourceIds", "The parameter - ResourceIds should not be null")
    table, kind = _table(call), call.params["ResourceType"]
    pool = [table[each] for each in ids if each in table] if ids else table.values()
    found = [each for each in pool if each.region == region and _is_tagged(call, each, at)]
    found.sort(key=lambda each: each.serial)
    chunk, token = by_token(call, found, TAGGED_LIMIT, TAGGED_LIMIT, clamp=False)
    lines = [
        {"ResourceId": each.id, "ResourceType": kind, "TagKey": key, "TagValue": value}
        for each in chunk
        for key, value in each.tags.at(at).items()
    ]
    return {"TagResources": {"TagResource": lines}, "NextToken": token}


def _is_tagged(call: Call, resource: Any, at: float) -> bool:
    """Whether it was there and had what the call asks for."""
    begun = getattr(resource, "listed", -math.inf)
    tags = resource.tags.at(at)
    return begun <= at < resource.gone and bool(tags) and has_tags(call, tags)


def _table(call: Call) -> Mapping[str, Any]:
    world = call.world
    tables: dict[str, Any] = {"instance": world.instances, "disk": world.disks, "snapshot": world.snapshots}
    tables |= {"image": world.images, "securitygroup": world.security_groups}
    if call.params["ResourceType"] not in tables:
        raise ApiError(404, "InvalidResourceType.NotFound", "The ResourceType provided does not exist.")
    table: Mapping[str, Any] = tables[call.params["ResourceType"]]
    return table
