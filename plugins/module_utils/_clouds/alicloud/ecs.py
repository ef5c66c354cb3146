# Copyright (c) 2026 evergreen.os_migration contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""ECS: instances, disks, snapshots and tags, in the model's words."""

from __future__ import annotations

import json
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from itertools import islice
from typing import Any

from ..._core.catalog import Release, read_name
from ..._core.ledger import TAG_KEY
from ..._core.model import UNKNOWN, Agent, Disk, Instance, Problem, Snapshot
from ..._errors import CloudError
from .chunks import in_chunks
from .errors import is_moved, remedy_for
from .rpc import Rpc, entries, number, text

_ARCHITECTURES = {"X86": "x86_64", "ARM": "arm64"}
# The most that one call takes: ids of instances, ids of agents, snapshots on a page.
_INSTANCES, _AGENTS, _SNAPSHOTS = 100, 50, 100
# Above this many instances one listing of the region costs fewer calls than one call per instance.
_FEW = 10
# DescribeSnapshots with a tag filter is documented to see at most this many resources.
_TAG_FILTER_LIMIT = 1000
_SERVICE_SNAPSHOT = "SMC_Backup"
_DRY_RUN_PASSED = "DryRunOperation"


def _tags(raw: Mapping[str, Any]) -> dict[str, str]:
    """Return the tags; some actions call their parts TagKey and TagValue, others Key and Value."""
    pairs = entries(raw, "Tags.Tag")
    return {text(tag, "TagKey") or text(tag, "Key"): text(tag, "TagValue") or text(tag, "Value") for tag in pairs}


def to_snapshot(raw: Mapping[str, Any]) -> Snapshot:
    """Translate an entry of DescribeSnapshots."""
    return Snapshot(
        snapshot_id=raw["SnapshotId"],
        disk_id=text(raw, "SourceDiskId"),
        status=text(raw, "Status"),
        name=text(raw, "SnapshotName"),
        label=_tags(raw).get(TAG_KEY, ""),
        created=text(raw, "CreationTime"),
    )


def to_disk(raw: Mapping[str, Any]) -> Disk:
    """Translate an entry of DescribeDisks."""
    return Disk(
        disk_id=raw["DiskId"],
        type=text(raw, "Type"),
        size_gib=number(raw, "Size"),
        category=text(raw, "Category"),
        status=text(raw, "Status"),
        device=text(raw, "Device"),
        encrypted=bool(raw.get("Encrypted")),
        delete_auto_snapshot=bool(raw.get("DeleteAutoSnapshot")),
    )


def to_instance(raw: Mapping[str, Any]) -> Instance:
    """Translate an entry of DescribeInstances; the OS name comes in the account's language, and in English."""
    release = _release(raw)
    return Instance(
        instance_id=raw["InstanceId"],
        region=text(raw, "RegionId"),
        provider="alicloud",
        status=text(raw, "Status"),
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
        tags=_tags(raw),
    )


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


class Ecs:
    """The ECS verbs of one account in one region."""

    def __init__(self, rpc: Rpc) -> None:
        self._rpc = rpc
        self._architectures: dict[str, str] = {}

    def _ask(self, action: str, /, **parameters: Any) -> dict[str, Any]:
        return self._rpc.request("ecs", action, RegionId=self._rpc.region, **parameters)

    def instances(self, instance_ids: Sequence[str], region: str = "") -> dict[str, Instance | Problem]:
        """Return the instances that the region shows us, or why the region refuses an id."""

        def ask(ids: Sequence[str]) -> dict[str, Instance]:
            found = self._instances(region or self._rpc.region, InstanceIds=json.dumps(list(ids)))
            return {instance.instance_id: instance for instance in found}

        return in_chunks(instance_ids, _INSTANCES, ask)

    def every_instance(self) -> list[Instance]:
        """Return all instances that the region shows us."""
        return self._instances(self._rpc.region)

    def _instances(self, region: str, **only: Any) -> list[Instance]:
        found = self._rpc.pages("ecs", "DescribeInstances", "Instances.Instance", _INSTANCES, RegionId=region, **only)
        return [to_instance(raw) for raw in found]

    def detailed(self, instances: Mapping[str, Instance]) -> dict[str, Instance]:
        """Return the instances with disks, architecture and snapshots in progress."""
        disks = self.disks(tuple(instances))
        taken = self._manual_snapshots(tuple(instances))
        architectures = self._architectures_of({instance.instance_type for instance in instances.values()})
        busy = _by_disk(self._snapshots(Status="progressing"))
        return {
            instance_id: replace(
                instance,
                disks=tuple(replace(disk, manual_snapshots=taken[disk.disk_id]) for disk in disks[instance_id]),
                architecture=architectures.get(instance.instance_type, UNKNOWN),
                snapshots_in_progress=_on(disks[instance_id], busy),
            )
            for instance_id, instance in instances.items()
        }

    def agents(self, instance_ids: Sequence[str]) -> dict[str, Agent | Problem]:
        """Return the agents' status, or why it is refused."""

        def ask(ids: Sequence[str]) -> dict[str, Agent]:
            answer = self._ask("DescribeCloudAssistantStatus", InstanceId=list(ids))
            found = entries(answer, "InstanceCloudAssistantStatusSet.InstanceCloudAssistantStatus")
            return {raw["InstanceId"]: to_agent(raw) for raw in found}

        return in_chunks(instance_ids, _AGENTS, ask)

    def disks(self, instance_ids: Sequence[str]) -> dict[str, tuple[Disk, ...]]:
        """Return the disks of each instance."""
        filters = [{"InstanceId": one} for one in instance_ids] if len(instance_ids) <= _FEW else [{}]
        found: dict[str, list[Disk]] = {instance_id: [] for instance_id in instance_ids}
        for only in filters:
            for raw in self._rpc.pages("ecs", "DescribeDisks", "Disks.Disk", 500, RegionId=self._rpc.region, **only):
                if raw.get("InstanceId") in found:
                    found[raw["InstanceId"]].append(to_disk(raw))
        return {instance_id: tuple(disks) for instance_id, disks in found.items()}

    def _architectures_of(self, types: Iterable[str]) -> dict[str, str]:
        missing = sorted({name for name in types if name and name not in self._architectures})
        for start in range(0, len(missing), 10):
            answer = self._rpc.request("ecs", "DescribeInstanceTypes", InstanceTypes=missing[start : start + 10])
            for raw in entries(answer, "InstanceTypes.InstanceType"):
                known = _ARCHITECTURES.get(text(raw, "CpuArchitecture"), UNKNOWN)
                self._architectures[raw["InstanceTypeId"]] = known
        return self._architectures

    def _listed_snapshots(self, **only: Any) -> Iterator[dict[str, Any]]:
        region = self._rpc.region
        return self._rpc.pages("ecs", "DescribeSnapshots", "Snapshots.Snapshot", _SNAPSHOTS, RegionId=region, **only)

    def _snapshots(self, **only: Any) -> list[Snapshot]:
        return [to_snapshot(raw) for raw in self._listed_snapshots(**only)]

    def _manual_snapshots(self, instance_ids: Sequence[str]) -> Counter[str]:
        """Count by disk the snapshots that nobody's schedule took.

        The region's list is left where it has become longer than asking for each instance.
        """
        if len(instance_ids) > _FEW:
            most = len(instance_ids) * _SNAPSHOTS
            counted = self._counted(most)
            if counted.total() <= most:
                return counted
        return sum((self._counted(InstanceId=one) for one in instance_ids), Counter())

    def _counted(self, most: int | None = None, **only: Any) -> Counter[str]:
        """Count manual snapshots by disk, one more than ``most`` and no further."""
        listed = self._listed_snapshots(SnapshotType="user", **only)
        return Counter(text(raw, "SourceDiskId") for raw in islice(listed, None if most is None else most + 1))

    def has_snapshots(self) -> bool | None:
        """Say whether the region has a snapshot of any kind; ``None`` when this user may not list them."""
        try:
            return next(self._listed_snapshots(), None) is not None
        except CloudError:
            return None

    def snapshots(self, snapshot_ids: Sequence[str]) -> dict[str, Snapshot]:
        """Return snapshots by id (no more than 100)."""
        return {s.snapshot_id: s for s in self._snapshots(SnapshotIds=json.dumps(list(snapshot_ids)))}

    def find_snapshots(
        self, instances: Sequence[Instance], key: str, service_made: bool
    ) -> dict[str, tuple[Snapshot, ...]]:
        """Return the tagged snapshots of each instance's disks, with ``service_made`` also those SMC took."""
        if len(instances) > _FEW and not service_made:
            found = self._snapshots(Tag=[{"Key": key}])
            if len(found) < _TAG_FILTER_LIMIT:
                tagged = _by_disk(found)
                return {instance.instance_id: _on(instance.disks, tagged) for instance in instances}
        return {one.instance_id: self._wanted_snapshots(one, service_made) for one in instances}

    def _wanted_snapshots(self, instance: Instance, service_made: bool) -> tuple[Snapshot, ...]:
        found = self._snapshots(InstanceId=instance.instance_id)
        prefix = _SERVICE_SNAPSHOT if service_made else "\0"
        return tuple(snapshot for snapshot in found if snapshot.label or snapshot.name.startswith(prefix))

    def create_snapshot(self, disk: Disk, name: str, tag: tuple[str, str], token: str) -> Snapshot:
        """Start the snapshot of a disk; the same token gives the same snapshot."""
        answer = self._rpc.request(
            "ecs",
            "CreateSnapshot",
            DiskId=disk.disk_id,
            SnapshotName=name,
            ClientToken=token,
            Tag=[{"Key": tag[0], "Value": tag[1]}],
        )
        return Snapshot(answer["SnapshotId"], disk.disk_id, "progressing", name, tag[1])

    def delete_snapshot(self, snapshot_id: str) -> None:
        """Delete a snapshot."""
        self._rpc.request("ecs", "DeleteSnapshot", SnapshotId=snapshot_id)

    def reset_disk(self, disk_id: str, snapshot_id: str) -> None:
        """Put a disk back to a snapshot of its own; the instance must be stopped."""
        self._rpc.request("ecs", "ResetDisk", DiskId=disk_id, SnapshotId=snapshot_id)

    def power(self, action: str, instance_ids: Sequence[str], **parameters: Any) -> dict[str, Problem]:
        """Start or stop instances (no more than 100), each on its own; return the refusals.

        An instance that is already on its way is no refusal: the next look at it decides.
        """
        answer = self._ask(action, InstanceId=list(instance_ids), BatchOptimization="SuccessFirst", **parameters)
        return {
            raw["InstanceId"]: Problem(code, f"{action}: {text(raw, 'Message')}", remedy_for(code))
            for raw in entries(answer, "InstanceResponses.InstanceResponse")
            if (code := text(raw, "Code")) not in ("200", "") and not is_moved(code)
        }

    def tag(self, instance_ids: Sequence[str], key: str, value: str) -> None:
        """Tag instances (no more than 50)."""
        pair = {"Key": key, "Value": value}
        self._ask("TagResources", ResourceType="instance", ResourceId=list(instance_ids), Tag=[pair])

    def may_describe(self) -> Problem | None:
        """Tell "no such instance" from "no permission": without permission ECS answers an empty list."""
        try:
            self._ask("DescribeInstances", DryRun=True)
        except CloudError as answer:
            return None if answer.problem.code == _DRY_RUN_PASSED else answer.problem
        return None

    def regions(self) -> list[str]:
        """Return the ids of every region that the account sees."""
        return [raw["RegionId"] for raw in entries(self._rpc.request("ecs", "DescribeRegions"), "Regions.Region")]


def _by_disk(snapshots: Iterable[Snapshot]) -> Mapping[str, Sequence[Snapshot]]:
    found: dict[str, list[Snapshot]] = defaultdict(list)
    for snapshot in snapshots:
        found[snapshot.disk_id].append(snapshot)
    return found


def _on(disks: Sequence[Disk], snapshots: Mapping[str, Sequence[Snapshot]]) -> tuple[Snapshot, ...]:
    return tuple(snapshot for disk in disks for snapshot in snapshots.get(disk.disk_id, ()))
