# Copyright (c) 2026 evergreen.os_migration contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Alibaba Cloud: ECS, Cloud Assistant, Server Migration Center, ROS and RAM behind the ports."""

from __future__ import annotations

import re

from ..._core.model import Place
from ..base import Caller, Cloud, Options, Provider
from .options import CONNECTION, ECS_DRILL, SMC, check, cloning, connection, offer, rates, transport


def _connect(options: Options, place: Place, call: Caller) -> Cloud:
    from .cloud import AliCloud  # only who connects needs the provider's library

    reached, jobs = connection(options["alicloud"], place.profile), transport(options.get("smc"))
    return AliCloud(reached, place.region, jobs, call, cloning(options.get("ecs_drill")))


PROVIDER = Provider(
    name="alicloud",
    title="Alibaba Cloud",
    # Not the two forms of AWS: an old id of Alibaba Cloud can look like one of them, so it is not surely its own.
    ids=re.compile(r"i-(?!(?:[0-9a-f]{8}|[0-9a-f]{17})$)[0-9a-z]+"),
    services=("smc",),
    any_region="cn-hangzhou",
    options={"alicloud": CONNECTION, "smc": SMC, "ecs_drill": ECS_DRILL},
    offer=offer,
    check=check,
    connect=_connect,
    rates=rates,
    modules=("smc_activation_code", "smc_activation_code_info"),
    statuses=("Pending", "Starting", "Running", "Stopping", "Stopped"),
)
