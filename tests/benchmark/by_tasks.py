# Copyright (c) 2026 evergreen.os_migration contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""How people do it without a collection: a task per step and instance, each a small module over the provider's SDK.

The benchmark measures it beside the collection. Each task is one call; what takes its time is asked for with ``until``.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

from benchmark.scenario import SPEED

LIBRARY = Path(__file__).parent / "library"
#: Seconds between two looks, as the collection's poll interval.
DELAY = 20 / SPEED
_TRIES = 10_000


def play() -> list[dict[str, Any]]:
    """Return the playbook: one hop, protected by a snapshot of the system disk."""
    return [{"hosts": "all", "gather_facts": False, "connection": "local", "tasks": list(_tasks())}]


def _tasks() -> list[dict[str, Any]]:
    region = {"RegionId": "{{ region }}"}
    return [
        _task("instance", "ecs", "DescribeInstances", InstanceIds="{{ [instance_id] | to_json }}", **region),
        _task("disks", "ecs", "DescribeDisks", InstanceId="{{ instance_id }}", **region),
        _task("snapshot", "ecs", "CreateSnapshot", DiskId="{{ disks.answer.Disks.Disk[0].DiskId }}"),
        _awaited(
            _task(
                "snapshots",
                "ecs",
                "DescribeSnapshots",
                SnapshotIds="{{ [snapshot.answer.SnapshotId] | to_json }}",
                **region,
            ),
            "snapshots.answer.Snapshots.Snapshot[0].Status == 'accomplished'",
        ),
        _task("sources", "smc", "DescribeSourceServers", Name=_NAME),
        _task(
            "job",
            "smc",
            "CreateReplicationJob",
            SourceId="{{ sources.answer.SourceServers.SourceServer[0].SourceId }}",
            JobType="1",
            TargetOsType="Alibaba Cloud Linux 3",
            **region,
        ),
        _task("start", "smc", "StartReplicationJob", JobId="{{ job.answer.JobId }}"),
        _awaited(
            _task("jobs", "smc", "DescribeReplicationJobs", **{"JobId.1": "{{ job.answer.JobId }}"}, **region),
            "jobs.answer.ReplicationJobs.ReplicationJob[0].Status == 'Finished'",
        ),
    ]


_NAME = "{{ instance.answer.Instances.Instance[0].InstanceName }}"


def _task(result: str, service: str, action: str, **parameters: str) -> dict[str, Any]:
    given = {"service": service, "action": action, "endpoint": "{{ endpoint }}", "parameters": parameters}
    return {"name": action, "sdk_call": given, "register": result}


def _awaited(task: dict[str, Any], condition: str) -> dict[str, Any]:
    return {**task, "until": condition, "retries": _TRIES, "delay": DELAY}
