# Copyright (c) 2026 evergreen.os_migration contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Alibaba Cloud behind the engine's ports: ECS, Cloud Assistant, SMC, ROS and RAM."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace

from ..._core.model import Account
from ..base import Caller, Capabilities, Copies, Queue, Works
from .assistant import Agents
from .connection import Cloning, Connection, Transport
from .copies import CLONE, GROUP, IMAGE, Clones, Groups, Images
from .ecs import Instances
from .ram import Ram
from .ros import Stacks
from .rpc import Rpc
from .smc import KIND, Jobs
from .snapshots import Snapshots
from .sources import Sources

# Details need lists of the whole region, so the more instances share them the better; the calls for them are cut to
# what the API takes. Cloud Assistant takes 24 KiB of Base64, which is 18 KiB of script.
_CAPABILITIES = Capabilities(
    batch={
        **dict.fromkeys(("ask", "run", "hook", "enrol", "mark", "work", "enrolment"), 50),
        **dict.fromkeys(("stop", "start"), 100),
        **dict.fromkeys(("details", "instance", "disks", "gone", "left"), 5000),
        "take": 100,
    },
    queues={KIND: Queue("account")},
    script_bytes=18 * 1024,
)


class AliCloud:
    """One account in one region; see :class:`base.Cloud`."""

    def __init__(
        self,
        connection: Connection,
        region: str,
        transport: Transport,
        call: Caller,
        cloning: Cloning | None = None,
    ) -> None:
        rpc = self._rpc = Rpc(connection, region, call)
        self._ram = Ram(rpc)
        self.capabilities = replace(_CAPABILITIES, visibility=connection.visibility)
        self.snapshots = Snapshots(rpc)
        self.instances = Instances(rpc, self.snapshots)
        self.agents = Agents(rpc)
        self.stacks = Stacks(rpc)
        sources = Sources(rpc, transport, self.agents, self.instances.owners)
        self.works: Mapping[str, Works] = {KIND: Jobs(rpc, transport, sources)}
        given = (rpc, self.instances, cloning or Cloning())
        self.copies: Mapping[str, Copies] = {IMAGE: Images(rpc), GROUP: Groups(*given), CLONE: Clones(*given)}

    def account(self) -> Account:
        """Return the account's service role, and whether it ever took a snapshot in the region."""
        return Account(self._ram.service_role(), self.snapshots.used())

    def owner(self) -> str:
        """Return the account's id, as STS tells it."""
        return str(self._rpc.request("sts", "GetCallerIdentity", needs="AccountId")["AccountId"])

    def regions(self) -> Sequence[str]:
        """Return the ids of the regions that the account sees."""
        return self.instances.regions()
