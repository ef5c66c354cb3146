# Copyright (c) 2026 evergreen.os_migration contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""ECS: security groups and what they let out.

Documented: the parameters, the quotas (100 groups in a region, 200 rules in a group), the error codes. Inferred: that
a group is refused with DependencyViolation as long as an instance is in it, also one that is being released.
"""

from __future__ import annotations

from typing import Any

from ..core.clock import Timeline
from ..core.state import SecurityGroup
from ..core.world import there
from .common import by_number, check_region, dry_run, has_tags, id_list, read_tags, tag_list, tags_at
from .copies import full
from .registry import Answer, Call, action
from .wire import ApiError

MOST_RULES = 200


@action(
    "ecs",
    uses="RegionId VpcId SecurityGroupName Tag ClientToken",
    ignores="Description SecurityGroupType",
    idempotent=True,
)
def create_security_group(call: Call) -> Answer:
    """A group in a network, whose members nobody reaches and that reach everybody."""
    region, tags, vpc_id = check_region(call), read_tags(call), call.get("VpcId", "")
    if vpc_id != f"vpc-{region}":
        raise ApiError(404, "InvalidVpcId.NotFound", "The specified VpcId does not exist.")
    groups = [each for each in call.world.security_groups.values() if each.region == region and call.now < each.gone]
    if full(call, "security_groups", len(groups)):
        raise ApiError(403, "QuotaExceed.SecurityGroup", "The maximum number of security groups is exceeded.")
    group = SecurityGroup(
        id=call.world.new_id("sg"),
        name=call.get("SecurityGroupName", ""),
        region=region,
        vpc_id=vpc_id,
        created=call.now,
        tags=Timeline(tags),
        serial=call.world.serial(),
        visible=call.now + call.world.scenario.consistency_lag,
    )
    call.world.security_groups[group.id] = group
    return {"SecurityGroupId": group.id}


@action("ecs", uses="RegionId SecurityGroupId Permissions ClientToken", idempotent=True)
def authorize_security_group_egress(call: Call) -> Answer:
    """Add rules; one that is there already is no error."""
    group = _group(call)
    rules: list[dict[str, str]] = call.get("Permissions", [])
    for rule in rules:
        if rule.get("Policy") not in ("accept", "drop") or "/" not in rule.get("PortRange", ""):
            raise ApiError(400, "InvalidParameter", "A rule needs a policy, a protocol and a range of ports.")
    new = [rule for rule in rules if rule not in group.egress]
    if len(group.egress) + len(new) > MOST_RULES:
        raise ApiError(403, "AuthorizationLimitExceed", "The limit of authorization records is exceeded.")
    group.egress += new
    return {}


@action("ecs", uses="RegionId SecurityGroupIds Tag DryRun PageNumber PageSize")
def describe_security_groups(call: Call) -> Answer:
    region, at = check_region(call), call.as_of("security_groups")
    dry_run(call)
    ids = id_list(call, "SecurityGroupIds", 100, "InvalidParameter")
    found = [
        group
        for group in call.world.security_groups.values()
        if group.region == region and group.listed <= at < group.gone
        if ids is None or group.id in ids
        if not call.get("Tag") or has_tags(call, group.tags.at(tags_at(call, at)))
    ]
    chunk, page = by_number(call, found, 10, 100)
    return {"RegionId": region, "SecurityGroups": {"SecurityGroup": [_entry(call, one, at) for one in chunk]}, **page}


def _entry(call: Call, group: SecurityGroup, at: float) -> dict[str, Any]:
    return {
        "SecurityGroupId": group.id,
        "SecurityGroupName": group.name,
        "VpcId": group.vpc_id,
        "RuleCount": len(group.egress),
        "CreationTime": call.clock.iso(group.created),
        "Tags": tag_list(group.tags.at(tags_at(call, at))),
    }


@action("ecs", uses="RegionId SecurityGroupId")
def delete_security_group(call: Call) -> Answer:
    group = _group(call)
    members = [each for each in call.world.instances.values() if each.security_group == group.id]
    if any(call.now < each.gone for each in members):
        raise ApiError(403, "DependencyViolation", "There is still instance(s) in the specified security group.")
    group.gone = call.now
    return {}


def _group(call: Call) -> SecurityGroup:
    check_region(call)
    group = there(call.world.security_groups, call.params["SecurityGroupId"], call.now)
    if group is None or group.region != call.region:
        raise ApiError(404, "InvalidSecurityGroupId.NotFound", "The specified SecurityGroupId does not exist.")
    return group
