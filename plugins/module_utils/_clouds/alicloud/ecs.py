# Copyright (c) 2026 evergreen.os_migration contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""ECS: instances with their agents, disks, power and tags, in the model's words."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from itertools import chain
from typing import Any

from ..._core.catalog import Release, read_name
from ..._core.model import (
    IN_USE,
    RESETTING,
    RUNNING,
    STARTING,
    STOPPED,
    STOPPING,
    UNKNOWN,
    Agent,
    Disk,
    Instance,
    Problem,
)
from ..._core.tag import MADE_KEY, owner_of
from ..._errors import CloudError, Transient, Unclear
from .chunks import chunks, in_chunks
from .errors import UNREACHED, is_later, remedy_for
from .rpc import Rpc, entries, number, tags_of, text
from .snapshots import FEW, Snapshots

_ARCHITECTURES = {"X86": "x86_64", "ARM": "arm64"}
# ECS's words, which are the model's; others that it has (Pending, Attaching …) are shown as it says them.
_STATUS = {"Running": RUNNING, "Stopping": STOPPING, "Stopped": STOPPED, "Starting": STARTING}
_DISK_STATUS = {"In_use": IN_USE, "ReIniting": RESETTING}
# The most that one call takes: ids of instances, ids of agents, types of instances.
_INSTANCES, _AGENTS, _TYPES, _DISKS = 100, 50, 10, 100


def to_disk(raw: Mapping[str, Any]) -> Disk:
    """Translate an entry of DescribeDisks."""
    said = text(raw, "Status")
    return Disk(
        disk_id=raw["DiskId"],
        type=text(raw, "Type"),
        size_gib=number(raw, "Size"),
        category=text(raw, "Category"),
        status=_DISK_STATUS.get(said, said),
        device=text(raw, "Device"),
        encrypted=bool(raw.get("Encrypted")),
        delete_auto_snapshot=bool(raw.get("DeleteAutoSnapshot")),
        multi_attach=text(raw, "MultiAttach") == "Enabled",
    )


def to_instance(raw: Mapping[str, Any]) -> Instance:
    """Translate an entry of DescribeInstances; the OS name comes in the account's language, and in English."""
    release, said = _release(raw), text(raw, "Status")
    return Instance(
        instance_id=raw["InstanceId"],
        region=text(raw, "RegionId"),
        provider="alicloud",
        status=_STATUS.get(said, said),
        os=release.id,
        os_version=release.version,
        os_edition=release.edition,
        os_language=release.language,
        os_name=text(raw, "OSName"),
        os_type=text(raw, "OSType").lower(),
        vcpus=number(raw, "Cpu"),
        memory_mib=number(raw, "Memory"),
        instance_type=text(raw, "InstanceType"),
        network_type=text(raw, "InstanceNetworkType"),
        private_addresses=_addresses(raw, "VpcAttributes.PrivateIpAddress.IpAddress", "InnerIpAddress.IpAddress"),
        public_addresses=(*_addresses(raw, "PublicIpAddress.IpAddress"), *_elastic_address(raw)),
        hostname=text(raw, "HostName"),
        image_id=text(raw, "ImageId"),
        locks=tuple(text(lock, "LockReason") for lock in entries(raw, "OperationLocks.LockReason")),
        tags=tags_of(raw),
        traits=_traits(raw),
    )


# Tags that services put on what they manage, with the id of what they manage it for.
_OWNERS = {"acs:autoscaling:scalingGroupId": "scaling_group", "ack.aliyun.com": "cluster", "acs:ros:stackId": "stack"}
_NOT_SPOT = ("", "NoSpot")


def _traits(raw: Mapping[str, Any]) -> dict[str, str]:
    tags, strategy = tags_of(raw), text(raw, "SpotStrategy")
    owners = {trait: tags[key] or key for key, trait in _OWNERS.items() if key in tags}
    return owners if strategy in _NOT_SPOT else {**owners, "spot": strategy}


def _release(raw: Mapping[str, Any]) -> Release:
    """Return what the names say of the OS: the English name, else the one in the account's language."""
    english = read_name(text(raw, "OSNameEn"))
    return english if english.id != UNKNOWN else read_name(text(raw, "OSName"))


def _addresses(raw: Mapping[str, Any], *paths: str) -> tuple[str, ...]:
    return tuple(str(address) for path in paths for address in entries(raw, path))


def _elastic_address(raw: Mapping[str, Any]) -> tuple[str, ...]:
    address = text(raw.get("EipAddress") or {}, "IpAddress")
    return (address,) if address else ()


def to_agent(raw: Mapping[str, Any]) -> Agent:
    """Translate an entry of DescribeCloudAssistantStatus; its truth values are strings."""
    version, heartbeat = text(raw, "CloudAssistantVersion"), text(raw, "LastHeartbeatTime")
    return Agent(
        installed=bool(version or heartbeat),
        online=text(raw, "CloudAssistantStatus").lower() == "true",
        last_heartbeat=heartbeat,
        version=version,
    )


class Instances:
    """The instances of one account in one region."""

    def __init__(self, rpc: Rpc, snapshots: Snapshots) -> None:
        self._rpc = rpc
        self._snapshots = snapshots
        self._architectures: dict[str, str] = {}
        self._owners: dict[str, frozenset[str]] = {}

    def _ask(self, action: str, /, **parameters: Any) -> dict[str, Any]:
        return self._rpc.request("ecs", action, RegionId=self._rpc.region, **parameters)

    # --- looks --------------------------------------------------------------------------------------------------------

    def describe(self, instance_ids: Sequence[str], details: bool) -> dict[str, Instance | Problem]:
        """Return the instances with their agents; with ``details`` also disks and the rest."""
        found = self._found(instance_ids)
        agents = self._agents(tuple(_described(found)))
        known = {key: _with_agent(one, agents.get(key, Agent())) for key, one in found.items()}
        plain = _described(known)
        return {**known, **self._detailed(plain)} if details and plain else known

    def explain(self, instance_ids: Sequence[str]) -> dict[str, Problem]:
        """Tell a missing permission, a wrong region and an unknown id apart."""
        refusal = self._rpc.dry_run("ecs", "DescribeInstances")
        if refusal is not None:
            return dict.fromkeys(instance_ids, refusal)
        elsewhere = self._elsewhere(instance_ids)
        return {one: _not_found(one, self._rpc.region, elsewhere) for one in instance_ids}

    def listed(self, tag: str = "") -> list[Instance]:
        """Return the region's instances, but for clones of ours; an empty list may mean a missing permission."""
        if tag:
            return self._instances(self._rpc.region, Tag=[{"Key": tag}])
        found = self._instances(self._rpc.region)
        if not found:
            self._rpc.check_permission("ecs", "DescribeInstances")
        return [one for one in found if not owner_of(one.tags.get(MADE_KEY, ""))]

    def disks(self, instance_ids: Sequence[str]) -> dict[str, tuple[Disk, ...]]:
        """Return the disks of each instance."""
        filters = [{"InstanceId": one} for one in instance_ids] if len(instance_ids) <= FEW else [{}]
        found: dict[str, list[Disk]] = {instance_id: [] for instance_id in instance_ids}
        for only in filters:
            for raw in self._disks(**only):
                if raw.get("InstanceId") in found:
                    found[raw["InstanceId"]].append(to_disk(raw))
        return {instance_id: tuple(disks) for instance_id, disks in found.items()}

    def holders(self, disk_ids: Sequence[str]) -> dict[str, str]:
        """Return which instance has each disk; that one is not there may mean a missing permission."""
        found: dict[str, str] = {}
        for part in chunks(disk_ids, _DISKS):
            found |= {raw["DiskId"]: text(raw, "InstanceId") for raw in self._disks(DiskIds=json.dumps(list(part)))}
        if len(found) < len(set(disk_ids)):
            self._rpc.check_permission("ecs", "DescribeDisks")
        return found

    def owners(self, addresses: Sequence[str]) -> Mapping[str, frozenset[str]]:
        """Return the instances that have private addresses in a VPC, in all regions that can be asked.

        A region that refuses is passed over. Where one is not reached this network leads to some only: then the others
        are not waited for. Each address is asked for once.
        """
        unknown = [one for one in addresses if one not in self._owners]
        if unknown:
            found: dict[str, set[str]] = {one: set() for one in unknown}
            for address, instance_id in chain(self._at(unknown, self._rpc.region), self._at_elsewhere(unknown)):
                found[address].add(instance_id)
            self._owners |= {address: frozenset(ids) for address, ids in found.items()}
        return self._owners

    def _at_elsewhere(self, addresses: Sequence[str]) -> Iterator[tuple[str, str]]:
        for region in self._regions():
            try:
                if region != self._rpc.region:
                    yield from self._at(addresses, region, glance=True)
            except CloudError as refusal:
                if refusal.problem.code == UNREACHED:
                    return

    def _at(self, addresses: Sequence[str], region: str, glance: bool = False) -> Iterator[tuple[str, str]]:
        """Yield who has which of the addresses in a region."""
        for part in chunks(addresses, _INSTANCES):
            only = {"PrivateIpAddresses": json.dumps(list(part)), "InstanceNetworkType": "vpc", "glance": glance}
            for one in self._instances(region, **only):
                yield from ((address, one.instance_id) for address in one.private_addresses if address in part)

    def network(self, instance_id: str) -> Mapping[str, str]:
        """Return where an instance is, by the names that ECS has for it, and which image and group it has."""
        path = "Instances.Instance"
        answer = self._ask("DescribeInstances", needs=path, InstanceIds=json.dumps([instance_id]))
        raw = next(iter(entries(answer, path)), None)
        if raw is None:
            raise CloudError(_not_found(instance_id, self._rpc.region, {}))
        place, groups = raw.get("VpcAttributes") or {}, entries(raw, "SecurityGroupIds.SecurityGroupId")
        found = {"VpcId": text(place, "VpcId"), "VSwitchId": text(place, "VSwitchId"), "ImageId": text(raw, "ImageId")}
        return {**found, "SecurityGroupId": str(next(iter(groups), ""))}

    def online(self, instance_ids: Sequence[str]) -> list[str]:
        """Return the instances whose agents are online."""
        found = self._agents(instance_ids)
        return [key for key, agent in found.items() if isinstance(agent, Agent) and agent.online]

    def tags(self, instance_ids: Sequence[str]) -> dict[str, Mapping[str, str]]:
        """Return the tags of each instance."""
        return {key: one.tags for key, one in _described(self._found(instance_ids)).items()}

    def regions(self) -> list[str]:
        """Return the ids of every region that the account sees."""
        answer = self._rpc.request("ecs", "DescribeRegions", needs="Regions.Region")
        return [raw["RegionId"] for raw in entries(answer, "Regions.Region")]

    # --- writes -------------------------------------------------------------------------------------------------------

    def tag(self, instance_ids: Sequence[str], tags: Mapping[str, str]) -> None:
        """Tag instances (no more than 50). A repeat that comes late could undo a newer text."""
        pairs = [{"Key": key, "Value": value} for key, value in tags.items()]
        self._ask("TagResources", repeatable=False, ResourceType="instance", ResourceId=list(instance_ids), Tag=pairs)

    def stop(self, instance_ids: Sequence[str], force: bool) -> dict[str, Problem]:
        """Stop instances in the mode that keeps their addresses and their place, by ``force`` like a power cut."""
        forced = {"ForceStop": True} if force else {}
        return self._power("StopInstances", instance_ids, StoppedMode="KeepCharging", **forced)

    def start(self, instance_ids: Sequence[str]) -> dict[str, Problem]:
        """Start instances."""
        return self._power("StartInstances", instance_ids)

    def _power(self, action: str, instance_ids: Sequence[str], **parameters: Any) -> dict[str, Problem]:
        """Start or stop instances (no more than 100), each on its own; return the refusals.

        An instance that is already on its way is no refusal: the next look at it decides.
        """
        path = "InstanceResponses.InstanceResponse"
        only = {"InstanceId": list(instance_ids), "BatchOptimization": "SuccessFirst", **parameters}
        answer = self._ask(action, needs=path, repeatable=False, **only)
        return {
            raw["InstanceId"]: Problem(code, f"{action}: {text(raw, 'Message')}", remedy_for(code))
            for raw in entries(answer, path)
            if (code := text(raw, "Code")) not in ("200", "") and not is_later(code)
        }

    def detach(self, instance_id: str, disk_id: str) -> None:
        """Detach a disk from a stopped instance."""
        self._place(disk_id, "", "DetachDisk", InstanceId=instance_id)

    def attach(self, instance_id: str, disk_id: str, place: str) -> None:
        """Attach a disk to a stopped instance, as a device if one is given."""
        self._place(disk_id, instance_id, "AttachDisk", InstanceId=instance_id, Device=place or None)

    def _place(self, disk_id: str, wanted: str, action: str, /, **parameters: Any) -> None:
        """Attach or detach a disk. It is no refusal when the disk is attached to the ``wanted`` instance, or none."""
        try:
            self._rpc.request("ecs", action, repeatable=False, DiskId=disk_id, **parameters)
        except (Transient, Unclear):
            raise
        except CloudError as refusal:
            if refusal.whole_call or [
                text(raw, "InstanceId") for raw in self._disks(DiskIds=json.dumps([disk_id]))
            ] != [wanted]:
                raise

    # --- how it is asked ----------------------------------------------------------------------------------------------

    def _found(self, instance_ids: Sequence[str], region: str = "") -> dict[str, Instance | Problem]:
        """Return the instances that the region shows us, or why the region refuses an id."""

        def ask(ids: Sequence[str]) -> dict[str, Instance]:
            found = self._instances(region or self._rpc.region, InstanceIds=json.dumps(list(ids)))
            return {instance.instance_id: instance for instance in found}

        return in_chunks(instance_ids, _INSTANCES, ask)

    def _instances(self, region: str, **only: Any) -> list[Instance]:
        found = self._rpc.pages("ecs", "DescribeInstances", "Instances.Instance", _INSTANCES, RegionId=region, **only)
        return [to_instance(raw) for raw in found]

    def _agents(self, instance_ids: Sequence[str]) -> dict[str, Agent | Problem]:
        """Return the agents' status, or why it is refused."""
        path = "InstanceCloudAssistantStatusSet.InstanceCloudAssistantStatus"

        def ask(ids: Sequence[str]) -> dict[str, Agent]:
            answer = self._ask("DescribeCloudAssistantStatus", needs=path, InstanceId=list(ids))
            return {raw["InstanceId"]: to_agent(raw) for raw in entries(answer, path)}

        return in_chunks(instance_ids, _AGENTS, ask)

    def _detailed(self, instances: Mapping[str, Instance]) -> dict[str, Instance]:
        """Return the instances with disks, architecture and snapshots in progress."""
        disks = self.disks(tuple(instances))
        taken = self._snapshots.manual(tuple(instances))
        architectures = self._architectures_of({instance.instance_type for instance in instances.values()})
        busy = self._snapshots.in_progress(disks)
        return {
            instance_id: replace(
                instance,
                disks=tuple(replace(disk, manual_snapshots=taken[disk.disk_id]) for disk in disks[instance_id]),
                architecture=architectures.get(instance.instance_type, UNKNOWN),
                snapshots_in_progress=busy[instance_id],
            )
            for instance_id, instance in instances.items()
        }

    def _disks(self, **only: Any) -> list[dict[str, Any]]:
        given = {"RegionId": self._rpc.region, **only}
        return list(self._rpc.pages("ecs", "DescribeDisks", "Disks.Disk", 500, **given))

    def _architectures_of(self, types: Iterable[str]) -> dict[str, str]:
        missing = sorted({name for name in types if name and name not in self._architectures})
        path = "InstanceTypes.InstanceType"
        for names in chunks(missing, _TYPES):
            answer = self._rpc.request("ecs", "DescribeInstanceTypes", needs=path, InstanceTypes=list(names))
            for raw in entries(answer, path):
                known = _ARCHITECTURES.get(text(raw, "CpuArchitecture"), UNKNOWN)
                self._architectures[raw["InstanceTypeId"]] = known
        return self._architectures

    # --- why an instance is not found ---------------------------------------------------------------------------------

    def _elsewhere(self, instance_ids: Sequence[str]) -> dict[str, str]:
        """Return the region of each instance that lives in another one; a region that refuses is passed over."""
        found: dict[str, str] = {}
        for region in self._regions():
            missing = [one for one in instance_ids if one not in found]
            if region == self._rpc.region or not missing:
                continue
            try:
                found |= dict.fromkeys(_described(self._found(missing, region)), region)
            except CloudError:
                continue
        return found

    def _regions(self) -> Sequence[str]:
        """Return the regions; none when they may not be listed, which is no reason to refuse a whole batch."""
        try:
            return self.regions()
        except CloudError:
            return ()


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
