# Copyright (c) 2026 evergreen.os_migration contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""STS: who am I."""

from __future__ import annotations

from .registry import Answer, Call, action


@action("sts")
def get_caller_identity(call: Call) -> Answer:
    user = call.credential.access_key
    kind = "AssumedRoleUser" if call.credential.security_token else "RAMUser"
    return {
        "AccountId": call.credential.account,
        "Arn": f"acs:ram::{call.credential.account}:user/{user}",
        "IdentityType": kind,
        "PrincipalId": user,
        "UserId": user,
        "RoleId": "",
    }
