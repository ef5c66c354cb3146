# Copyright (c) 2026 evergreen.os_migration contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The simulated Alibaba Cloud behind HTTP, as the contract suite wants it."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from math import inf
from pathlib import Path
from typing import Any

from ansible_collections.evergreen.os_migration.plugins.module_utils._clouds.alicloud.cloud import AliCloud
from ansible_collections.evergreen.os_migration.plugins.module_utils._clouds.alicloud.connection import (
    Connection,
    Transport,
)
from ansible_collections.evergreen.os_migration.plugins.module_utils._clouds.base import Caller, Cloud
from ansible_collections.evergreen.os_migration.plugins.module_utils._core.model import Account, Hop
from ansible_collections.evergreen.os_migration.plugins.module_utils._engine.limits import Callers, Clock
from cloudsim.alicloud.lab import Lab
from cloudsim.alicloud.registry import ACTIONS as SERVED
from cloudsim.core.server import Server

from .bed import FAILURE, Fault, Ids, Setting, Traits, at_once

TRAITS = Traits(
    kind="smc",
    hop=Hop("centos-7", "alinux-3"),
    account=Account(service_role=True, snapshots_used=True),
    moves_disks=("ecs", "DetachDisk") in SERVED,
    templates={
        "good": """
            ROSTemplateFormatVersion: '2015-09-01'
            Parameters: {Cidr: {Type: String, Default: 10.0.0.0/8}}
            Resources: {Network: {Type: 'ALIYUN::ECS::VPC', Properties: {CidrBlock: !Ref Cidr}}}
            Outputs: {Network: {Value: !Ref Network}, Cidr: {Value: !Ref Cidr}}
        """,
        "refused": "{ROSTemplateFormatVersion: '2015-09-01', Outputs: {Network: {Value: {Ref: Nothing}}}}",
        "failing": """
            ROSTemplateFormatVersion: '2015-09-01'
            Resources:
              Network: {Type: 'ALIYUN::ECS::VPC'}
              Server:
                Type: ALIYUN::ECS::Instance
                DependsOn: Network
                Properties: {ImageId: beos_5, InstanceType: ecs.g6.large}
        """,
    },
)
IDS = Ids(
    {
        "linux": "i-bp1contractlinux0001",
        "windows": "i-bp1contractwindows01",
        "stopped": "i-bp1contractstopped01",
        "locked": "i-bp1contractlocked001",
        "classic": "i-bp1contractclassic01",
        "arm": "i-bp1contractarm000001",
        "offline": "i-bp1contractoffline01",
        "agentless": "i-bp1contractagentless",
        "hanging": "i-bp1contracthanging01",
        "busy": "i-bp1contractbusy00001",
        "kept": "i-bp1contractkept00001",
        "imported": "i-bp1contractimported1",
        "twin": "i-bp1contracttwin00001",
        "shared": "i-bp1contractshared001",
        "sharing": "i-bp1contractsharing01",
        "copied": "i-bp1contractcopied001",
        "copy": "i-bp1contractcopy00001",
        "mirrored": "i-bp1contractmirrored1",
        "mirror": "i-bp1contractmirror001",
        "enrolled_again": "i-bp1contractagain0001",
        "forgotten": "i-bp1contractforgotten",
        "renamed": "i-bp1contractrenamed01",
        "named_like_renamed_before": "i-bp1contractnamedlike",
        "clone": "i-bp1contractclone0001",
        "managed": "i-bp1contractmanaged01",
        "spot": "i-bp1contractspot00001",
        "in_console": "i-bp1contractconsole01",
        "failing": "i-bp1contractfailing01",
        "elsewhere": "i-bp1contractelsewhere",
        "unknown": "i-bp1contractunknown01",
        **{f"crowd-{number}": f"i-bp1crowd{number:012}" for number in range(1, 101)},
    }
)
ACTIONS = {
    "describe": "DescribeInstances",
    "account": "GetRole",
    "agents": "DescribeCloudAssistantStatus",
    "disks": "DescribeDisks",
    "stop": "StopInstances",
    "start": "StartInstances",
    "tag": "TagResources",
    "detach": "DetachDisk",
    "attach": "AttachDisk",
    "run": "RunCommand",
    "take": "CreateSnapshot",
    "restore": "ResetDisk",
    "delete_point": "DeleteSnapshot",
    "code": "CreateAccessToken",
    "codes": "ListAccessTokens",
    "delete_code": "DeleteAccessToken",
    "leave": "DeleteSourceServer",
    "order": "CreateReplicationJob",
    "begin": "StartReplicationJob",
    "delete_work": "DeleteReplicationJob",
    "works": "DescribeReplicationJobs",
    "copy_image": "CreateImage",
    "copy_group": "CreateSecurityGroup",
    "copy_clone": "RunInstances",
    "make_stack": "CreateStack",
    "delete_stack": "DeleteStack",
}
# What a call of a verb makes, by the first letters of its id.
MADE = {"take": "s-", "order": "j-", "run": "t-"}
UNKNOWN = {
    "stack": "00000000-0000-0000-0000-{:012}",
    "instance": "i-bp1nowhere{:010}",
    "disk": "d-bp1unknown{:012}",
    "point": "s-bp1unknown{:012}",
    "work": "j-bp1unknown{:012}",
    "enrolment": "s-bp1unknown{:012}",
    "invocation": "t-unknown{:012}",
}
USERS: dict[str, tuple[str, str, str]] = {
    "operator": ("LTAIoperator", "operators-own-secret", ""),
    "guest": ("STS.guest", "guests-own-secret", "guests+token/with=signs"),
    "nobody": ("LTAInobody", "nobodys-own-secret", ""),
    "narrow": ("LTAInarrow", "narrows-own-secret", ""),
    "wrong_key": ("LTAIwho", "whose-own-secret", ""),
    "wrong_secret": ("LTAIoperator", "not-the-operators-secret", ""),
    "expired": ("STS.expired", "expireds-own-secret", "expireds+token/with=signs"),
}
COMMANDS = {
    "linux": "acs-plugin-manager -e -P smc-client-plugin -p --activationcode={activation_code}",
    "windows": "acs-plugin-manager.exe -e -P smc-client-plugin-win -p --activationcode={activation_code}",
}
#: As the provider's services tag what they manage.
OWNER_TAGS = {
    "acs:autoscaling:scalingGroupId": "asg-1",
    "ack.aliyun.com": "c-1",
    "ack.alibabacloud.com/nodepool-id": "np-1",
    "acs:ros:stackId": "st-1",
}
HALF_HOUR: dict[str, Any] = {"migrate": 1800, "snapshot": 120, "stop": 20, "start": 30, "reset_disk": 60, "import": 60}


def _group(role: str, os: str = "centos-7", **facts: Any) -> dict[str, Any]:
    return {"name": role, "os": os, "ids": [IDS[role]], "durations": HALF_HOUR, **facts}


def _alike() -> list[dict[str, Any]]:
    """Instances that are like others, in two networks of a region or of two: by their sources alone nobody knows."""
    web = {"host_name": "web", "private_address": "192.168.0.10"}
    app = {"host_name": "app", "private_address": "192.168.0.11", "smc_source": "available"}
    dr = {"host_name": "dr", "private_address": "192.168.0.12"}
    return [
        _group("shared", **web, smc_source="available"),
        _group("sharing", **web),
        _group("copied", **app),
        _group("copy", **app),
        _group("mirrored", **dr, smc_source="available"),
        _group("mirror", **dr, region="cn-shanghai"),
        _group("enrolled_again", old_sources=2, smc_source="available"),
        _group("forgotten", old_sources=2),
        _group("renamed", host_name="after", source_host_name="before", smc_source="available"),
        _group("named_like_renamed_before", host_name="before"),
        _group("clone", smc_client_of=IDS["imported"]),
    ]


def _groups() -> list[dict[str, Any]]:
    disks = [{"type": "system", "size_gib": 40}, {"type": "data", "size_gib": 100}]
    kept = [
        {"type": "system", "size_gib": 40, "manual_snapshots": 2, "delete_auto_snapshot": False},
        {"type": "data", "size_gib": 100, "manual_snapshots": 1},
        {"type": "data", "size_gib": 20, "status": "Detaching"},
    ]
    return [
        _group("linux", disks=disks, tags={"estate": "shop"}, public_address=True),
        _group("windows", "windows-2008r2", public_address="eip", instance_type="ecs.g6.xlarge", vcpus=4),
        _group("stopped", status="Stopped"),
        _group("locked", locks=["security"]),
        _group("classic", network_type="classic"),
        _group("arm", architecture="arm64", instance_type="ecs.g8y.large"),
        _group("offline", faults={"agent": "offline", "agent_heartbeat_age": 90_000}),
        _group("agentless", faults={"agent": "missing"}),
        _group("hanging", faults={"command_hangs": True}),
        _group("busy", faults={"snapshot_in_progress": 600}),
        _group("kept", disks=kept),
        _group("imported", smc_source="available"),
        # The same host name at another address: no reason to take the other's source for it.
        _group("twin") | {"name": "imported"},
        *_alike(),
        _group("managed", tags=OWNER_TAGS),
        _group("spot", spot_strategy="SpotAsPriceGo", disks=[disks[0], {**disks[1], "multi_attach": True}]),
        _group("in_console", console_job={"target": "alinux-3"}),
        _group(
            "failing",
            smc_source="available",
            faults={"job": dict(zip(("error_code", "message"), FAILURE, strict=True))},
        ),
        _group("elsewhere", region="cn-shanghai"),
        # Windows, because its scripts are answered and not executed.
        {"name": "crowd", "os": "windows-2016", "ids": [IDS[f"crowd-{number}"] for number in range(1, 101)]},
    ]


def _credentials() -> list[dict[str, Any]]:
    rights: dict[str, list[str]] = {"nobody": [], "narrow": ["ecs:Describe[!R]*", "smc:*"]}
    known = [(user, *keys) for user, keys in USERS.items() if not user.startswith("wrong")]
    return [
        {"access_key": key, "secret_key": secret}
        | ({"security_token": token, "expired": user == "expired"} if token else {})
        | ({"permissions": rights[user]} if user in rights else {})
        for user, key, secret, token in known
    ]


def _fault(fault: Fault) -> dict[str, Any]:
    times = {} if fault.times is None else {"times": fault.times}
    return {"match": {"action": ACTIONS[fault.verb]}, "effect": fault.effect, "seconds": fault.seconds, **times}


class AliCloudBed:
    """One simulated account; ``changes`` are keys of its scenario."""

    traits = TRAITS
    ids = IDS
    region = "cn-hangzhou"
    other_region = "cn-shanghai"

    def __init__(self, directory: Path, setting: Setting, **changes: Any) -> None:
        scenario: dict[str, Any] = {
            "groups": _groups(),
            "credentials": _credentials(),
            "consistency_lag": setting.lag,
            "faults": [_fault(fault) for fault in setting.faults],
            "quotas": {ACTIONS[verb]: limit for verb, limit in (setting.quotas or {}).items()},
        }
        self.lab = Lab(scenario | changes, directory)
        self._server = Server(self.lab.cloud, 0)
        self._server.start()
        self.url = self._server.url

    def close(self) -> None:
        self._server.shutdown()
        self._server.server_close()
        self.lab.close()

    @property
    def secrets(self) -> tuple[str, ...]:
        return tuple(secret for keys in USERS.values() for secret in keys[1:] if secret)

    def cloud(
        self,
        user: str = "operator",
        region: str | None = None,
        call: Caller = at_once,
        transport: Mapping[str, Any] | None = None,
        timeout: int = 10,
        **endpoints: str,
    ) -> Cloud:
        connection = Connection(*USERS[user], endpoints={"*": self.url, **endpoints}, timeout=timeout)
        given = {
            "target_parameter": "TargetOsType",
            "target_location": "query",
            "target_values": {},
            "import_commands": COMMANDS,
            **(transport or {}),
        }
        return AliCloud(connection, region or self.region, Transport(**given), call)

    def patient(self, seconds: float = 3600) -> Caller:
        clock = Clock(ticks=lambda: self.lab.time, date=lambda: self.lab.time, sleep=self.lab.wait)
        return Callers(clock, self.lab.time + seconds, lambda provider: 20).of("alicloud", "")

    def unreachable(self) -> Cloud:
        connection = Connection(*USERS["guest"], endpoints={"*": "http://127.0.0.1:9"}, timeout=5)
        return AliCloud(connection, self.region, Transport("TargetOsType", "query", {}, {}), at_once)

    def unknown(self, what: str, number: int = 0) -> str:
        return UNKNOWN[what].format(number)

    def wait(self, seconds: float) -> None:
        self.lab.wait(seconds)

    def until(self, done: Callable[[], bool]) -> None:
        self.lab.until(done, step=10)

    def let_scripts_end(self) -> None:
        """Wait for the scripts that guests really run, while the cloud's time stands still."""
        invocations = self.lab.world.invocations
        self.lab.until(
            lambda: all(one.finishes < inf for each in invocations.values() for one in each.results.values())
        )

    def calls(self, action: str) -> list[dict[str, Any]]:
        """Return the journal's lines of an action that the service carried out."""
        return [line for line in self.lab.journal() if line["action"] == action and line["status"] == 200]

    def writes(self, verb: str) -> int:
        lines = self.calls(ACTIONS[verb])
        if verb not in MADE:
            return len(lines)
        return len({one for line in lines for one in line["resources"] if one.startswith(MADE[verb])})

    def os_of(self, role: str) -> str:
        return self.lab.world.instances[self.ids[role]].system(self.lab.time).id

    def codes(self) -> tuple[str, ...]:
        return tuple(token.code for token in self.lab.world.tokens.values())
