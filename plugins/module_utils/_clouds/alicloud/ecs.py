# Copyright (c) 2026 evergreen.os_migration contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""ECS: instances, disks, snapshots and tags, in the model's words."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from typing import Any

from ..._core.catalog import parse_name
from ..._core.ledger import TAG_KEY
from ..._core.model import Agent, Disk, Instance, Problem, Snapshot
from ..._errors import CloudError
from .errors import is_moved
from .rpc import Rpc, entries

_ARCHITECTURES = {"X86": "x86_64", "ARM": "arm64"}
# Above this many instances one listing of the region costs fewer calls than one call per instance.
_FEW = 10
# DescribeSnapshots with a tag filter is documented to see at most this many resources.
_TAG_FILTER_LIMIT = 1000
_SERVICE_SNAPSHOT = "SMC_Backup"
_DRY_RUN_PASSED = "DryRunOperation"


def _tags(raw: Mapping[str, Any]) -> dict[str, str]:
    pairs = entries(raw, "Tags.Tag")
    return {tag.get("TagKey") or tag.get("Key") or "": tag.get("TagValue") or tag.get("Value") or "" for tag in pairs}


def to_snapshot(raw: Mapping[str, Any]) -> Snapshot:
    """Translate an entry of DescribeSnapshots."""
    return Snapshot(
        snapshot_id=raw["SnapshotId"],
        disk_id=raw.get("SourceDiskId", ""),
        status=raw.get("Status", "progressing"),
        name=raw.get("SnapshotName", ""),
        label=_tags(raw).get(TAG_KEY, ""),
        created=raw.get("CreationTime", ""),
    )


def to_disk(raw: Mapping[str, Any]) -> Disk:
    """Translate an entry of DescribeDisks."""
    return Disk(
        disk_id=raw["DiskId"],
        type=raw.get("Type", "data"),
        size_gib=int(raw.get("Size") or 0),
        category=raw.get("Category", ""),
        status=raw.get("Status", ""),
        device=raw.get("Device", ""),
        encrypted=bool(raw.get("Encrypted")),
        delete_auto_snapshot=bool(raw.get("DeleteAutoSnapshot")),
    )


def to_instance(raw: Mapping[str, Any]) -> Instance:
    """Translate an entry of DescribeInstances; the OS name comes in the account's language, and in English."""
    names = (raw.get("OSNameEn") or "", raw.get("OSName") or "")
    known = [os_id for name in names if (os_id := parse_name(name)) != "unknown"]
    public = [*_texts(raw, "PublicIpAddress"), (raw.get("EipAddress") or {}).get("IpAddress") or ""]
    return Instance(
        instance_id=raw["InstanceId"],
        region=raw.get("RegionId", ""),
        provider="alicloud",
        status=raw.get("Status", "unknown"),
        os=known[0] if known else "unknown",
        os_name=names[1] or names[0],
        os_type=(raw.get("OSType") or "").lower(),
        vcpus=int(raw.get("Cpu") or raw.get("CPU") or 0),
        memory_mib=int(raw.get("Memory") or 0),
        instance_type=raw.get("InstanceType", ""),
        network_type=raw.get("InstanceNetworkType", ""),
        private_addresses=tuple(_texts(raw.get("VpcAttributes") or {}, "PrivateIpAddress"))
        or tuple(_texts(raw, "InnerIpAddress")),
        public_addresses=tuple(address for address in public if address),
        hostname=raw.get("HostName", ""),
        image_id=raw.get("ImageId", ""),
        locks=tuple(lock.get("LockReason", "") for lock in entries(raw, "OperationLocks.LockReason")),
        tags=_tags(raw),
    )


def _texts(raw: Mapping[str, Any], name: str) -> list[str]:
    return [str(text) for text in (raw.get(name) or {}).get("IpAddress") or []]


def to_agent(raw: Mapping[str, Any]) -> Agent:
    """Translate an entry of DescribeCloudAssistantStatus; its truth values are strings."""
    version = raw.get("CloudAssistantVersion") or ""
    heartbeat = raw.get("LastHeartbeatTime") or ""
    return Agent(
        installed=bool(version or heartbeat),
        online=str(raw.get("CloudAssistantStatus")).lower() == "true",
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

    def instances(self, instance_ids: Sequence[str], region: str = "") -> dict[str, Instance]:
        """Return the instances that the region shows us (no more than 100 ids)."""
        answer = self._rpc.pages(
            "ecs",
            "DescribeInstances",
            "Instances.Instance",
            100,
            RegionId=region or self._rpc.region,
            InstanceIds=json.dumps(list(instance_ids)),
        )
        found = (to_instance(raw) for raw in answer)
        return {instance.instance_id: instance for instance in found}

    def detailed(self, instances: Mapping[str, Instance]) -> dict[str, Instance]:
        """Return the instances with disks, architecture and snapshots in progress."""
        disks = self.disks(tuple(instances))
        architectures = self._architectures_of({instance.instance_type for instance in instances.values()})
        busy = self._snapshots(Status="progressing")
        return {
            instance_id: replace(
                instance,
                disks=disks.get(instance_id, ()),
                architecture=architectures.get(instance.instance_type, "unknown"),
                snapshots_in_progress=_on(disks.get(instance_id, ()), busy),
            )
            for instance_id, instance in instances.items()
        }

    def agents(self, instance_ids: Sequence[str]) -> dict[str, Agent]:
        """Return the agents' status (no more than 50 ids)."""
        answer = self._ask("DescribeCloudAssistantStatus", InstanceId=list(instance_ids))
        found = entries(answer, "InstanceCloudAssistantStatusSet.InstanceCloudAssistantStatus")
        return {raw["InstanceId"]: to_agent(raw) for raw in found}

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
                known = _ARCHITECTURES.get(str(raw.get("CpuArchitecture")), "unknown")
                self._architectures[raw["InstanceTypeId"]] = known
        return self._architectures

    def _snapshots(self, **only: Any) -> list[Snapshot]:
        found = self._rpc.pages(
            "ecs", "DescribeSnapshots", "Snapshots.Snapshot", 100, RegionId=self._rpc.region, **only
        )
        return [to_snapshot(raw) for raw in found]

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
                return {instance.instance_id: _on(instance.disks, found) for instance in instances}
        return {
            instance.instance_id: tuple(
                snapshot
                for snapshot in self._snapshots(InstanceId=instance.instance_id)
                if snapshot.label or (service_made and snapshot.name.startswith(_SERVICE_SNAPSHOT))
            )
            for instance in instances
        }

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
            raw["InstanceId"]: Problem(str(raw.get("Code")), f"{action}: {raw.get('Message')}")
            for raw in entries(answer, "InstanceResponses.InstanceResponse")
            if str(raw.get("Code")) not in ("200", "") and not is_moved(str(raw.get("Code")))
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


def _on(disks: Sequence[Disk], snapshots: Iterable[Snapshot]) -> tuple[Snapshot, ...]:
    ids = {disk.disk_id for disk in disks}
    return tuple(snapshot for snapshot in snapshots if snapshot.disk_id in ids)
