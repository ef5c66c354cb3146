# Copyright (c) 2026 evergreen.os_migration contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The one request whose form the public SMC API leaves open: create a job with a target operating system.

Documented: ``JobType=1`` is an OS migration, ``SourceId`` and ``RegionId`` are required, and a wrong target is
answered with ``InvalidOsMigrationType.NotMatched … TargetOsType``. Not documented: which parameter carries the
target. Therefore its name, its place (a query parameter, or a key of the JSON ``ReplicationParameters``) and its
values are options; the defaults are inferred from that error's text and from the console's list.
"""

from __future__ import annotations

import json
from typing import Any

from ..._core.catalog import NAMES
from ..._core.model import Order, required
from .connection import Transport

OS_MIGRATION = 1
DEFAULT_PARAMETER = "TargetOsType"
QUERY, REPLICATION_PARAMETERS = "query", "replication_parameters"


def create_job_parameters(order: Order, region: str, transport: Transport) -> dict[str, Any]:
    """Return the parameters of CreateReplicationJob for one hop."""
    target = required(order.hop).target
    named = {transport.target_parameter: transport.target_values.get(target, NAMES[target])}
    if transport.target_location == REPLICATION_PARAMETERS:
        named = {"ReplicationParameters": json.dumps(named)}
    return {
        "RegionId": region,
        "SourceId": order.enrolment,
        "InstanceId": order.of.instance_id,
        "JobType": OS_MIGRATION,
        "Name": order.name,
        **named,
    }
