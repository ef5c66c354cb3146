# Copyright (c) 2026 evergreen.os_migration contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""RAM: the role of Server Migration Center, which exists once the account has authorised it."""

from __future__ import annotations

from .registry import Answer, Call, action
from .wire import ApiError

SERVICE_ROLE = "AliyunServiceRoleForSMC"


@action("ram", uses="RoleName")
def get_role(call: Call) -> Answer:
    name, account = call.get("RoleName", ""), call.credential.account
    if name != SERVICE_ROLE or not call.world.scenario.smc.authorised:
        raise ApiError(404, "EntityNotExist.Role", f"The role not exists: acs:ram::{account}:role/{name} .")
    return {
        "Role": {
            "RoleName": name,
            "RoleId": "390000000000000001",
            "Arn": f"acs:ram::{account}:role/{name.lower()}",
            "CreateDate": "2024-01-01T00:00:00Z",
            "IsServiceLinkedRole": True,
        }
    }
