# Copyright (c) 2026 evergreen.os_migration contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""ECS: copies of instances, for drills: images of snapshots, clones that are made from them, their security groups.

Nothing here names an instance that the collection did not make itself: what is deleted is looked at first, and has to
bear our tag.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from ..._core.model import Enrolment, Instance, Order, Problem, Work
from ..._core.tag import MADE_KEY, ROOT, made_label, owner_of, what_of
from ..._errors import CloudError, Moved
from .connection import Cloning
from .ecs import Instances
from .errors import Meaning, meaning_of, remedy_for
from .rpc import DRY_RUN_PASSED, Rpc, entries, tags_of, text

IMAGE, CLONE, GROUP = "image", "clone", "security_group"
_PAGE = 100
_SYSTEM_DEVICE = "/dev/xvda"
# Every status of an image: without, ECS lists those only that can be used.
_ALL = "Creating,Waiting,Available,UnAvailable,CreateFailed"
_IMAGE_STATUS = {"Available": "done", "CreateFailed": "failed", "UnAvailable": "failed"}
_CLONE_STATUS = {"Running": "running", "Stopping": "stopped", "Stopped": "stopped"}

Raw = Mapping[str, Any]


class _Copies:
    """What the kinds have in common. ``kind`` is also what our tag calls it."""

    kind: str
    _id: str
    _name: str

    #: Nobody needs to be enrolled for it.
    enrolments = None

    def __init__(self, rpc: Rpc) -> None:
        self._rpc = rpc

    def find(self, instances: Sequence[Instance]) -> dict[str, tuple[tuple[Work, ...], Enrolment | None]]:
        """Return what was made of this kind for each instance, by our tag."""
        found = self._by_owner(self._listed(Tag=[{"Key": MADE_KEY}]))
        return {one.instance_id: (found.get(one.instance_id, ()), None) for one in instances}

    def of(self, instances: Sequence[Instance], enrolments: Mapping[str, str]) -> dict[str, tuple[Work, ...]]:
        """Return what was made for the instances; one for which nothing was made is left out."""
        return {key: works for key, (works, _none) in self.find(instances).items() if works}

    def read(self, work_ids: Sequence[str]) -> dict[str, Work]:
        """Return what was made, by id."""
        found = self._by_owner(raw for one in work_ids for raw in self._named(one))
        return {work.id: work for works in found.values() for work in works}

    def running(self) -> dict[str, str]:
        """Return nothing: what is made here changes no instance, so nobody waits for it."""
        return {}

    def begin(self, work_id: str) -> None:
        """Do nothing: an order is the start."""

    def refusal(self, order: Order) -> Problem | None:
        """Say nothing: ECS tells before the order of clones only."""
        return None

    def delete(self, work_id: str) -> None:
        """Delete what bears our tag; what is not there is no fault, what bears no tag of ours is left alone."""
        found = self._named(work_id)
        if not found:
            return
        if what_of(tags_of(found[0]).get(MADE_KEY, "")) != self.kind:
            told = f"{work_id} bears no tag {MADE_KEY} that says that it is a {self.kind} of ours."
            raise Moved(Problem("NotMade", told, "Look at it in the ECS console; it was not touched."))
        try:
            self._delete(work_id)
        except CloudError as refusal:
            if meaning_of(refusal.problem.code) is not Meaning.GONE:
                raise

    def _by_owner(self, listed: Iterable[Raw]) -> dict[str, tuple[Work, ...]]:
        found: dict[str, list[Work]] = defaultdict(list)
        for raw in listed:
            label = tags_of(raw).get(MADE_KEY, "")
            if owner_of(label) and what_of(label) == self.kind:
                found[owner_of(label)].append(self._work(raw, owner_of(label)))
        return {owner: tuple(works) for owner, works in found.items()}

    def _work(self, raw: Raw, owner: str) -> Work:
        status, said = self._status(raw)
        began = text(raw, "CreationTime")
        name = text(raw, self._name)
        return Work(self.kind, raw[self._id], name, owner, status, said, began=began, holds=False)

    def _made(self, order: Order, work_id: str) -> Work:
        return Work(self.kind, work_id, order.name, order.of.instance_id, "running", holds=False)

    def _tag(self, order: Order) -> list[dict[str, str]]:
        return [{"Key": MADE_KEY, "Value": made_label(order.of.instance_id, self.kind)}]

    def _ask(self, action: str, /, **parameters: Any) -> dict[str, Any]:
        return self._rpc.request("ecs", action, RegionId=self._rpc.region, **parameters)

    def _numbered(self, action: str, path: str, /, **only: Any) -> list[dict[str, Any]]:
        return list(self._rpc.numbered_pages("ecs", action, path, _PAGE, RegionId=self._rpc.region, **only))

    # --- what each kind has of its own ---

    def order(self, order: Order) -> Work:
        """Make it."""
        raise NotImplementedError

    def _listed(self, **only: Any) -> list[dict[str, Any]]:
        raise NotImplementedError

    def _named(self, work_id: str) -> list[dict[str, Any]]:
        raise NotImplementedError

    def _delete(self, work_id: str) -> None:
        raise NotImplementedError

    def _status(self, raw: Raw) -> tuple[str, str]:
        raise NotImplementedError


class Images(_Copies):
    """Images of snapshots."""

    kind, _id, _name = IMAGE, "ImageId", "ImageName"

    def order(self, order: Order) -> Work:
        """Have an image made of points, each in the place that its disk had."""
        mapping = [
            {
                "SnapshotId": point,
                "Device": _SYSTEM_DEVICE if place == ROOT else place,
                "DiskType": "system" if place == ROOT else "data",
            }
            for place, point in sorted(order.settings.items(), key=lambda pair: (pair[0] != ROOT, pair[0]))
        ]
        given = {"ImageName": order.name, "DiskDeviceMapping": mapping, "Tag": self._tag(order)}
        try:
            answer = self._ask("CreateImage", needs="ImageId", token=order.token, **given)
        except CloudError as refusal:
            if meaning_of(refusal.problem.code) is Meaning.TAKEN:
                raise Moved(refusal.problem) from None  # by this name it was made before: the next look shows it
            raise
        return self._made(order, answer["ImageId"])

    def _listed(self, **only: Any) -> list[dict[str, Any]]:
        given = {"ImageOwnerAlias": "self", "Status": _ALL, **only}
        return self._numbered("DescribeImages", "Images.Image", **given)

    def _named(self, work_id: str) -> list[dict[str, Any]]:
        return self._listed(ImageId=work_id)

    def _delete(self, work_id: str) -> None:
        self._ask("DeleteImage", ImageId=work_id)

    def _status(self, raw: Raw) -> tuple[str, str]:
        said = text(raw, "Status")
        return _IMAGE_STATUS.get(said, "running"), said


class Groups(_Copies):
    """Security groups that let nobody in, and out only what a clone's agent and migration need."""

    kind, _id, _name = GROUP, "SecurityGroupId", "SecurityGroupName"

    def __init__(self, rpc: Rpc, instances: Instances, cloning: Cloning) -> None:
        super().__init__(rpc)
        self._instances, self._cloning = instances, cloning

    def order(self, order: Order) -> Work:
        """Make a group in the clone's network, and its rules: a drop of everything comes after them."""
        vpc = self._instances.network(order.of.instance_id)["VpcId"]
        given = {"VpcId": vpc, "SecurityGroupName": order.name, "Tag": self._tag(order)}
        answer = self._ask("CreateSecurityGroup", needs="SecurityGroupId", token=order.token, **given)
        group = answer["SecurityGroupId"]
        self._ask("AuthorizeSecurityGroupEgress", token=order.token, SecurityGroupId=group, Permissions=self._rules())
        return self._made(order, group)

    def _rules(self) -> list[dict[str, str]]:
        allowed = [
            {
                "Policy": "accept",
                "Priority": "1",
                "IpProtocol": one.protocol,
                "PortRange": one.ports,
                "DestCidrIp": one.cidr,
            }
            for one in self._cloning.egress
        ]
        rest = {"Policy": "drop", "Priority": "100", "IpProtocol": "ALL", "PortRange": "-1/-1"}
        return [*allowed, {**rest, "DestCidrIp": "0.0.0.0/0"}]

    def _listed(self, **only: Any) -> list[dict[str, Any]]:
        return self._numbered("DescribeSecurityGroups", "SecurityGroups.SecurityGroup", **only)

    def _named(self, work_id: str) -> list[dict[str, Any]]:
        return self._listed(SecurityGroupIds=f'["{work_id}"]')

    def _delete(self, work_id: str) -> None:
        self._ask("DeleteSecurityGroup", SecurityGroupId=work_id)

    def _status(self, raw: Raw) -> tuple[str, str]:
        return "done", "there"


class Clones(_Copies):
    """Instances that are made from images, without public address, role and user data."""

    kind, _id, _name = CLONE, "InstanceId", "InstanceName"

    def __init__(self, rpc: Rpc, instances: Instances, cloning: Cloning) -> None:
        super().__init__(rpc)
        self._instances, self._cloning = instances, cloning

    def find(self, instances: Sequence[Instance]) -> dict[str, tuple[tuple[Work, ...], Enrolment | None]]:
        """Return the clones of each instance; those whose agents are online are done."""
        found = self._by_owner(self._listed(Tag=[{"Key": MADE_KEY}]))
        wanted = {one.instance_id: found.get(one.instance_id, ()) for one in instances}
        online = self._instances.online([work.id for works in wanted.values() for work in works if _is_up(work)])
        return {key: (tuple(_asked(work, online) for work in works), None) for key, works in wanted.items()}

    def read(self, work_ids: Sequence[str]) -> dict[str, Work]:
        """Return clones by id."""
        found = super().read(work_ids)
        online = self._instances.online([key for key, work in found.items() if _is_up(work)])
        return {key: _asked(work, online) for key, work in found.items()}

    def refusal(self, order: Order) -> Problem | None:
        """Say what a dry run says with the original's image: whether quota, stock and permission would do."""
        here = self._instances.network(order.of.instance_id)
        given = self._given(order, here, here["ImageId"], here["SecurityGroupId"])
        try:
            self._ask("RunInstances", DryRun=True, **given)
        except CloudError as answer:
            if meaning_of(answer.problem.code) in (Meaning.THROTTLED, Meaning.FAULT):
                raise
            return None if answer.problem.code == DRY_RUN_PASSED else answer.problem
        return None

    def order(self, order: Order) -> Work:
        """Make a clone from an image. It releases itself at a time, whatever becomes of us."""
        here, settings = self._instances.network(order.of.instance_id), order.settings
        given = self._given(order, here, settings["image"], settings["security_group"])
        more = {"HostName": settings["host"], "AutoReleaseTime": settings["until"], "Tag": self._tag(order)}
        answer = self._ask("RunInstances", needs="InstanceIdSets", token=order.token, **given, **more)
        made = entries(answer, "InstanceIdSets.InstanceIdSet")
        if not made:
            problem = Problem(
                "InvalidAnswer", "RunInstances: the answer names no instance.", remedy_for("InvalidAnswer")
            )
            raise CloudError(problem)
        return self._made(order, str(made[0]))

    def _given(self, order: Order, here: Mapping[str, str], image: str, group: str) -> dict[str, Any]:
        root = next((disk.category for disk in order.of.disks if disk.type == "system"), "")
        return {
            "ImageId": image,
            "SecurityGroupId": group,
            "InstanceType": self._cloning.instance_type or order.of.instance_type,
            "VSwitchId": self._cloning.vswitch_id or here["VSwitchId"],
            "InstanceName": order.name,
            "Amount": 1,
            "PasswordInherit": True,
            "InternetMaxBandwidthOut": 0,
            "SystemDisk": {"Category": root} if root else None,
        }

    def _listed(self, **only: Any) -> list[dict[str, Any]]:
        region = self._rpc.region
        path = "Instances.Instance"
        return list(self._rpc.pages("ecs", "DescribeInstances", path, _PAGE, RegionId=region, **only))

    def _named(self, work_id: str) -> list[dict[str, Any]]:
        return self._listed(InstanceIds=f'["{work_id}"]')

    def _delete(self, work_id: str) -> None:
        self._ask("DeleteInstances", InstanceId=[work_id], Force=True)

    def _status(self, raw: Raw) -> tuple[str, str]:
        said = text(raw, "Status")
        return _CLONE_STATUS.get(said, "running"), said


def _is_up(work: Work) -> bool:
    return work.said == "Running"


def _asked(work: Work, online: Sequence[str]) -> Work:
    """Return a clone that is up as one that is done, or as one whose agent is still waited for."""
    if not _is_up(work):
        return work
    done = work.id in online
    said = "Running" if done else "Running, its agent offline"
    return Work(CLONE, work.id, work.name, work.of, "done" if done else "running", said, began=work.began, holds=False)
