# Copyright (c) 2026 evergreen.os_migration contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""RAM: whether the account has the role that Server Migration Center works with."""

from __future__ import annotations

from ..._errors import CloudError
from .rpc import Rpc

# The service-linked role, and the one of accounts that authorised SMC before there were such roles.
SERVICE_ROLES = ("AliyunServiceRoleForSMC", "AliyunSMCDefaultRole")
_NO_ROLE = "EntityNotExist.Role"


class Ram:
    """The RAM verbs of one account."""

    def __init__(self, rpc: Rpc) -> None:
        self._rpc = rpc

    def service_role(self) -> bool | None:
        """Say whether a role of SMC exists; ``None`` when this user, or this network, cannot see it."""
        try:
            return any(self._exists(name) for name in SERVICE_ROLES)
        except CloudError:
            return None

    def _exists(self, name: str) -> bool:
        try:
            self._rpc.glance("ram", "GetRole", RoleName=name)
        except CloudError as refusal:
            if refusal.problem.code != _NO_ROLE:
                raise
            return False
        return True
