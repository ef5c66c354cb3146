# Copyright (c) 2026 evergreen.os_migration contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Alibaba Cloud: ECS, Cloud Assistant, Server Migration Center and RAM behind the engine's verbs."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace

from ..._core.model import Account, Agent, Command, CommandResult, Instance, Problem, Source
from ..._errors import CloudError
from ..base import Caller, Capabilities, Connection, Script, Transport
from .assistant import Assistant
from .ecs import Ecs
from .ram import Ram
from .rpc import Rpc
from .smc import Smc, imported_source

_IMPORT_TIMEOUT = 900
_SHELLS = {"linux": "sh", "windows": "powershell"}
# Details need lists of the whole region, so the more instances share them the better; the calls for them are cut to
# what the API takes. Cloud Assistant takes 24 KiB of Base64, which is 18 KiB of script.
_CAPABILITIES = Capabilities(
    describe=5000,
    run_script=50,
    tag=50,
    power=100,
    snapshots=100,
    jobs=50,
    sources=50,
    script_bytes=18 * 1024,
)


class AliCloud:
    """One account in one region; see :class:`base.Cloud` for the verbs."""

    def __init__(self, connection: Connection, region: str, transport: Transport, call: Caller) -> None:
        rpc = Rpc(connection, region, call)
        self._region = region
        self._ecs = Ecs(rpc)
        self._assistant = Assistant(rpc)
        self._smc = Smc(rpc, transport)
        self._ram = Ram(rpc)

        self.regions = self._ecs.regions
        self.disks = self._ecs.disks
        self.tag = self._ecs.tag
        self.find_snapshots = self._ecs.find_snapshots
        self.snapshots = self._ecs.snapshots
        self.create_snapshot = self._ecs.create_snapshot
        self.delete_snapshot = self._ecs.delete_snapshot
        self.reset_disk = self._ecs.reset_disk
        self.run_script = self._assistant.run
        self.find_migrations = self._smc.find_migrations
        self.sources = self._smc.sources
        self.create_job = self._smc.create_job
        self.start_job = self._smc.start_job
        self.delete_job = self._smc.delete_job
        self.jobs = self._smc.jobs
        self.running_jobs = self._smc.running_jobs

    @property
    def capabilities(self) -> Capabilities:
        """Return the API's limits."""
        return _CAPABILITIES

    def describe(self, instance_ids: Sequence[str], details: bool) -> Mapping[str, Instance | Problem]:
        """Return the instances with their agents; with ``details`` also disks and the rest."""
        found = self._ecs.instances(instance_ids)
        agents = self._ecs.agents(tuple(_described(found)))
        known = {key: _with_agent(one, agents.get(key, Agent())) for key, one in found.items()}
        plain = _described(known)
        return known | self._ecs.detailed(plain) if details and plain else known

    def account(self) -> Account:
        """Return the account's service role, and whether it ever took a snapshot in the region."""
        return Account(self._ram.service_role(), self._ecs.has_snapshots())

    def listed(self) -> Sequence[Instance]:
        """Return every instance of the region; an empty list may mean a missing permission, which is told apart."""
        found = self._ecs.every_instance()
        refusal = None if found else self._ecs.may_describe()
        if refusal is not None:
            raise CloudError(refusal, whole_call=True)
        return found

    def diagnose(self, instance_ids: Sequence[str]) -> Mapping[str, Problem]:
        """Tell a missing permission, a wrong region and an unknown id apart."""
        refusal = self._ecs.may_describe()
        if refusal is not None:
            return dict.fromkeys(instance_ids, refusal)
        elsewhere = self._elsewhere(instance_ids)
        return {instance_id: _not_found(instance_id, self._region, elsewhere) for instance_id in instance_ids}

    def _elsewhere(self, instance_ids: Sequence[str]) -> dict[str, str]:
        """Return the region of each instance that lives in another one; a region that refuses is passed over."""
        found: dict[str, str] = {}
        for region in self._regions():
            missing = [one for one in instance_ids if one not in found]
            if region == self._region or not missing:
                continue
            try:
                found |= dict.fromkeys(_described(self._ecs.instances(missing, region)), region)
            except CloudError:
                continue
        return found

    def _regions(self) -> Sequence[str]:
        """Return the regions; none when they may not be listed, which is no reason to refuse a whole batch."""
        try:
            return self._ecs.regions()
        except CloudError:
            return ()

    def stop(self, instance_ids: Sequence[str]) -> Mapping[str, Problem]:
        """Stop instances in the mode that keeps their addresses and their place."""
        return self._ecs.power("StopInstances", instance_ids, StoppedMode="KeepCharging")

    def start(self, instance_ids: Sequence[str]) -> Mapping[str, Problem]:
        """Start instances."""
        return self._ecs.power("StartInstances", instance_ids)

    def script_results(self, invocation_id: str, instance_ids: Sequence[str]) -> Mapping[str, CommandResult]:
        """Return how far a script is in each guest."""
        return self._assistant.results(invocation_id)

    def import_source(self, instance_ids: Sequence[str], os_type: str, token: str) -> Command:
        """Run the operator's import command in guests of one OS type."""
        script = Script(self._smc.import_command(os_type), _SHELLS[os_type], _IMPORT_TIMEOUT)
        return self._assistant.run(instance_ids, script, token, "import")

    def imported_source(self, result: CommandResult) -> Source | None:
        """Return the source that the import's output names."""
        return imported_source(result)


def _described(found: Mapping[str, Instance | Problem]) -> dict[str, Instance]:
    return {key: one for key, one in found.items() if isinstance(one, Instance)}


def _with_agent(seen: Instance | Problem, agent: Agent | Problem) -> Instance | Problem:
    """Return the instance with its agent, or why one of the two was refused."""
    if isinstance(seen, Problem):
        return seen
    return replace(seen, agent=agent) if isinstance(agent, Agent) else agent


def _not_found(instance_id: str, region: str, elsewhere: Mapping[str, str]) -> Problem:
    if instance_id in elsewhere:
        there = elsewhere[instance_id]
        return Problem("WrongRegion", f"{instance_id} is in {there}, not in {region}.", f"Set its region to {there}.")
    message = f"There is no instance {instance_id} in {region}, nor in another region that these credentials show."
    return Problem("InstanceNotFound", message, "Check the id, and that the credentials are those of its account.")
