# Copyright (c) 2026 evergreen.os_migration contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The one request whose form the public SMC API leaves open: create a job with a target operating system, and drill it.

Documented: ``JobType=1`` is an OS migration, ``SourceId`` and ``RegionId`` are required, and a wrong target is
answered with ``InvalidOsMigrationType.NotMatched … TargetOsType``. Not documented: which parameter carries the
target. Therefore its name, its place (a query parameter, or a key of the JSON ``ReplicationParameters``) and its
values are options; the defaults are inferred from that error's text and from the console's list. Nor is it documented
how a drill is asked for: the console enables a "migration drill" with the execution mode "Drill Only" or "Drill And
Migrate". The options for that have defaults that are made up from these words.
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
DRILL_PARAMETER = "DrillMode"
#: What an order's setting ``drill`` is called by the service, unless options say otherwise.
DRILL_VALUES = {"only": "DrillOnly", "and_migrate": "DrillAndMigrate"}


def create_job_parameters(order: Order, region: str, transport: Transport) -> dict[str, Any]:
    """Return the parameters of CreateReplicationJob for one hop."""
    target = required(order.hop).target
    named = [
        (transport.target_location, transport.target_parameter, transport.target_values.get(target, NAMES[target]))
    ]
    if mode := order.settings.get("drill"):
        value = transport.drill_values.get(mode, DRILL_VALUES[mode])
        named.append((transport.drill_location, transport.drill_parameter, value))
    inside = {name: value for location, name, value in named if location == REPLICATION_PARAMETERS}
    return {
        "RegionId": region,
        "SourceId": order.enrolment,
        "InstanceId": order.of.instance_id,
        "JobType": OS_MIGRATION,
        "Name": order.name,
        **{name: value for location, name, value in named if location == QUERY},
        **({"ReplicationParameters": json.dumps(inside)} if inside else {}),
    }
