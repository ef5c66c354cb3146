# Copyright (c) 2026 evergreen.os_migration contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""ROS: stacks on their way. What is due is carried out as of its own time, whenever anybody looks.

Documented: resources are made as what they refer to is there, those that were made are deleted again when one fails
(unless the stack says otherwise), and a rolled back stack keeps its name. How long each takes is invented.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from ..core import build, copies
from ..core.clock import Timeline
from ..core.guests import Runner, Task
from ..core.scenario import DiskSpec, Group
from ..core.state import Instance, SecurityGroup
from ..core.world import there
from .account import Account
from .stacks import Event, Failure, Resource, Stack

_SECONDS: Mapping[str, float] = {
    "ALIYUN::ECS::VPC": 6.0,
    "ALIYUN::ECS::VSwitch": 6.0,
    "ALIYUN::ECS::SecurityGroup": 3.0,
}
_DELETING = 10.0
#: What public images are called, and what runs on them.
_IMAGES: Mapping[str, str] = {
    "centos_7": "centos-7",
    "centos_8": "centos-8",
    "aliyun_2": "alinux-2",
    "aliyun_3": "alinux-3",
    "anolisos_7": "anolis-7",
    "anolisos_8": "anolis-8",
    "win2008": "windows-2008r2",
    "win2012": "windows-2012r2",
    "win2016": "windows-2016",
    "win2019": "windows-2019",
    "win2022": "windows-2022",
}
_TIMED_OUT = "Create timed out"


def advance(account: Account, runner: Runner, now: float) -> None:
    """Carry out what has become due."""
    for stack in account.stacks.values():
        while stack.moving and _Works(account, runner, stack).turn(now):
            pass


def begin_deletion(stack: Stack, now: float) -> None:
    _say(stack, now, "DELETE_IN_PROGRESS", "Stack DELETE started")


def system_of(image: str) -> str | None:
    """What runs on an image; None when there is no such image."""
    return next((system for name, system in _IMAGES.items() if image.startswith(name)), None)


def _say(stack: Stack, at: float, status: str, reason: str) -> None:
    stack.statuses.plan(at, (status, reason))
    _note(stack, at, Resource(stack.name, "ALIYUN::ROS::Stack", {}, frozenset(), status, id=stack.id), reason)


def _note(stack: Stack, at: float, resource: Resource, reason: str) -> None:
    number = len(stack.events) + 1
    event = f"{stack.id[:8]}-{number:012}"
    stack.events.append(
        Event(event, at, resource.name, resource.id, resource.type, resource.status, reason or "state changed")
    )


@dataclass(frozen=True)
class _Works:
    account: Account
    runner: Runner
    stack: Stack

    def turn(self, now: float) -> bool:
        """Carry out what is due first; say whether there was anything."""
        moving = [one for one in self.stack.resources.values() if one.moving]
        due = min((one.due() for one in moving), default=math.inf)
        creating = self.stack.statuses.last()[0] == "CREATE_IN_PROGRESS"
        deadline = self.stack.created + self.stack.timeout if creating else math.inf
        if deadline <= min(due, now):
            self._failed(deadline, None, Failure("", _TIMED_OUT))
            return True
        if due <= now:
            self._ended(next(one for one in moving if one.due() == due), due)
            return True
        return self._next(now) if creating else self._next_deletion(now)

    # --- making ---

    def _next(self, now: float) -> bool:
        resources = self.stack.resources
        waiting = [one for one in resources.values() if one.status == "INIT_COMPLETE"]
        made = {one.name for one in resources.values() if one.status == "CREATE_COMPLETE"}
        ready = next((one for one in waiting if one.needs <= made), None)
        if ready:
            self._begin(ready, max([self.stack.created, *(resources[each].ends for each in ready.needs)]))
            return True
        if len(made) == len(resources):
            ends = max((one.ends for one in resources.values()), default=self.stack.created)
            _say(self.stack, ends, "CREATE_COMPLETE", "Stack CREATE completed successfully")
            return True
        return False

    def _begin(self, one: Resource, at: float) -> None:
        one.status = "CREATE_IN_PROGRESS"
        _note(self.stack, at, one, "")
        ros = self.account.scenario.ros
        wrong = next((each for each in ros.fails if each.resource == one.name and self._still(each)), None)
        one.failure = Failure(wrong.code, wrong.message, f"Create{one.type.rpartition('::')[2]}") if wrong else None
        properties = self.stack.scope.resolved(dict(one.properties))
        one.ends = at + ros.durations.get(one.name, _SECONDS.get(one.type, 0.0))
        if one.failure is None:
            one.failure = _MAKERS[one.type](self, one, properties, at)

    def _still(self, wrong: Any) -> bool:
        """Whether it goes wrong once more; 0 times is always."""
        self.account.failed_resources[wrong.resource] += 1
        return not wrong.times or self.account.failed_resources[wrong.resource] <= wrong.times

    def vpc(self, one: Resource, given: Mapping[str, Any], at: float) -> Failure | None:
        one.id = self.account.new_id("vpc", 25)
        one.attributes = {"VpcId": one.id, "VpcName": given.get("VpcName", "")}
        return None

    def vswitch(self, one: Resource, given: Mapping[str, Any], at: float) -> Failure | None:
        one.id = self.account.new_id("vsw", 25)
        one.attributes = {"VSwitchId": one.id, "CidrBlock": given.get("CidrBlock", "")}
        return None

    def security_group(self, one: Resource, given: Mapping[str, Any], at: float) -> Failure | None:
        one.id = self.account.new_id("sg")
        one.attributes = {"SecurityGroupId": one.id, "SecurityGroupName": given.get("SecurityGroupName", "")}
        rules = [rule for rule in given.get("SecurityGroupIngress") or [] if rule["IpProtocol"] in ("tcp", "all")]
        ports = tuple(_ports(str(rule["PortRange"])) for rule in rules)
        self.account.security_groups[one.id] = SecurityGroup(
            id=one.id,
            name=one.attributes["SecurityGroupName"],
            region=self.stack.region,
            vpc_id=str(given.get("VpcId", "")),
            created=at,
            tags=Timeline(self.stack.tags),
            ports=ports,
            serial=self.account.serial(),
            visible=at + self.account.scenario.consistency_lag,
        )
        return None

    def instance(self, one: Resource, given: Mapping[str, Any], at: float) -> Failure | None:
        image = str(given.get("ImageId", ""))
        system = system_of(image)
        if system is None:
            message = f"The specified ImageId does not exist: {image}."
            return Failure("InvalidImageId.NotFound", message, "CreateInstance")
        made = self._instance(system, given, at)
        one.id, one.ends = made.id, max(one.ends, at + self.account.sample(made, "start"))
        made.power.plan(at, "Starting")
        made.power.plan(one.ends, "Running")
        made.agent.plan(at, False)
        made.agent.plan(one.ends + self.account.sample(made, "agent_reconnect"), made.group.faults.agent == "online")
        one.attributes = {
            "InstanceId": made.id,
            "PublicIp": made.public_address.at(at),
            "PrivateIp": made.private_address,
            "HostName": made.host_name,
            "ZoneId": given.get("ZoneId", f"{made.region}-h"),
        }
        return None

    def _instance(self, system: str, given: Mapping[str, Any], at: float) -> Instance:
        """An instance as the template describes it, and as the scenario lets its guests be."""
        like, tags = self.account.scenario.ros.instance, {**self.stack.tags, "acs:ros:stackId": self.stack.id}
        public = int(given.get("InternetMaxBandwidthOut", 0)) > 0 and str(given.get("AllocatePublicIP", True)) == "True"
        disk = DiskSpec("system", int(given.get("SystemDiskSize", 40)), given.get("SystemDiskCategory", "cloud_essd"))
        group = Group(
            name=str(given.get("InstanceName") or self.stack.name),
            os=system,
            count=1,
            region=self.stack.region,
            instance_type=str(given.get("InstanceType", "ecs.g6.large")),
            public_address=public,
            tags={**tags, **{str(tag["Key"]): str(tag["Value"]) for tag in given.get("Tags") or []}},
            disks=(disk,),
            guest=like.guest,
            durations=like.durations,
            faults=like.faults,
            smc_source=like.smc_source,
            account=self.account.account,
        )
        made = build.add_instance(self.account, group, self.account.new_id("i", build.ID_LENGTH - 2), group.name)
        made.born, made.visible = at, at + self.account.scenario.consistency_lag
        made.security_group, made.image_id = str(given.get("SecurityGroupId", "")), str(given["ImageId"])
        self.account.arrived(made, at)
        return made

    def run_command(self, one: Resource, given: Mapping[str, Any], at: float) -> Failure | None:
        one.id = self.account.new_id("t")
        one.attributes = {"InvokeId": one.id, "CommandId": self.account.new_id("c")}
        for instance_id in given.get("InstanceIds") or []:
            instance = there(self.account.instances, instance_id, at)
            if instance is None:
                message = "The specified instances do not exist."
                return Failure("InvalidInstance.NotFound", message, "RunCommand")
            script, timeout = str(given["CommandContent"]), int(given.get("Timeout", 60))
            task = Task(self.account, instance, script, timeout, "", "/root")
            one.running = self.runner.submit(task, at)
        return None

    # --- the end of a resource ---

    def _ended(self, one: Resource, at: float) -> None:
        deleting = one.status == "DELETE_IN_PROGRESS"
        ran, one.running = one.running, None
        if ran is not None and ran.status != "Success":
            said = ran.output.decode("utf-8", "replace").strip().splitlines()[-1:]
            text = f"The command ended as {ran.status} with exit code {ran.rc}: {''.join(said)}"
            one.failure = Failure("InvocationFailed", text)
        one.ends = at
        if one.failure:
            one.status = "DELETE_FAILED" if deleting else "CREATE_FAILED"
            _note(self.stack, at, one, f"{one.failure.code}: {one.failure.message}")
            self._failed(at, one, one.failure)
            return
        one.status = "DELETE_COMPLETE" if deleting else "CREATE_COMPLETE"
        _note(self.stack, at, one, "")

    def _failed(self, at: float, one: Resource | None, failure: Failure) -> None:
        """A stack whose resource failed, or whose time is over; deleting what there is may fail as well."""
        status = self.stack.statuses.last()[0]
        if one is not None:
            self.stack.failure = (one, failure)
        said = f"resources.{one.name}: {failure.code}: {failure.message}" if one else failure.message
        if status == "CREATE_IN_PROGRESS":
            self._stop_making(at)
            after = "CREATE_ROLLBACK_IN_PROGRESS" if self.stack.rolls_back else "CREATE_FAILED"
            _say(self.stack, at, after, f"Resource CREATE failed: {said}" if one else said)
        else:
            after = "CREATE_ROLLBACK_FAILED" if status == "CREATE_ROLLBACK_IN_PROGRESS" else "DELETE_FAILED"
            _say(self.stack, at, after, f"Resource DELETE failed: {said}")

    def _stop_making(self, at: float) -> None:
        """What was still being made is there as far as it had come."""
        for one in self.stack.resources.values():
            if one.moving:
                one.status, one.running, one.ends = "CREATE_FAILED", None, at

    # --- deleting ---

    def _next_deletion(self, now: float) -> bool:
        there_are = [one for one in self.stack.resources.values() if one.exists]
        if any(one.moving for one in there_are):
            return False
        needed = {name for one in there_are for name in one.needs}
        one = next((one for one in there_are if one.name not in needed), None)
        began = self.stack.statuses.since(math.inf)
        at = max([began, *(each.ends for each in self.stack.resources.values() if each.status == "DELETE_COMPLETE")])
        if one is None:
            self._deleted(at)
        else:
            self._delete(one, at)
        return True

    def _deleted(self, at: float) -> None:
        if self.stack.statuses.last()[0] == "CREATE_ROLLBACK_IN_PROGRESS":
            _say(self.stack, at, "CREATE_ROLLBACK_COMPLETE", "Create rollback completed successfully")
        else:
            _say(self.stack, at, "DELETE_COMPLETE", "Stack DELETE completed successfully")
            self.stack.gone = at

    def _delete(self, one: Resource, at: float) -> None:
        one.status, one.failure, one.running, one.ends = "DELETE_IN_PROGRESS", None, None, at + _DELETING
        _note(self.stack, at, one, "")
        if self._in_use(one, at):
            message = f"There is still instance(s) in the specified {one.type.rpartition('::')[2]} {one.id}."
            one.failure = Failure("DependencyViolation", message, f"Delete{one.type.rpartition('::')[2]}")
        elif instance := there(self.account.instances, one.id, at):
            copies.release(instance, at)
        elif group := there(self.account.security_groups, one.id, at):
            group.gone = at

    def _in_use(self, one: Resource, at: float) -> bool:
        """Whether somebody uses it: an instance that is in a security group, or who the scenario says."""
        members = [each for each in self.account.instances.values() if each.security_group == one.id and at < each.gone]
        wanted = self.account.scenario.ros.in_use
        return bool(members) or any(each.resource == one.name and at < each.until for each in wanted)


_Maker = Callable[[_Works, Resource, Mapping[str, Any], float], "Failure | None"]
_MAKERS: Mapping[str, _Maker] = {
    "ALIYUN::ECS::VPC": _Works.vpc,
    "ALIYUN::ECS::VSwitch": _Works.vswitch,
    "ALIYUN::ECS::SecurityGroup": _Works.security_group,
    "ALIYUN::ECS::Instance": _Works.instance,
    "ALIYUN::ECS::RunCommand": _Works.run_command,
}


def _ports(text: str) -> tuple[int, int]:
    """A range of ports as rules write it; -1/-1 is every port."""
    low, _slash, high = text.partition("/")
    return (0, 65535) if low == "-1" else (int(low), int(high))
