# Copyright (c) 2026 evergreen.os_migration contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""ROS: what a stack is."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from ..core.clock import Timeline
from ..core.state import Result, Tags
from .templates import Scope, Template


@dataclass
class Failure:
    """Why a resource could not be made or deleted; `action` is the call of another service that was refused."""

    code: str
    message: str
    action: str = ""


@dataclass
class Resource:
    """One of a template's resources. It is on its way until ``ends``; a script that it runs says when that is."""

    name: str
    type: str
    properties: Mapping[str, Any]
    needs: frozenset[str]
    status: str = "INIT_COMPLETE"
    ends: float = math.inf
    id: str = ""
    attributes: dict[str, Any] = field(default_factory=dict)
    failure: Failure | None = None
    running: Result | None = None

    @property
    def moving(self) -> bool:
        return self.status.endswith("_IN_PROGRESS")

    @property
    def exists(self) -> bool:
        return bool(self.id) and self.status != "DELETE_COMPLETE"

    def due(self) -> float:
        """When it comes to its end."""
        return self.ends if self.running is None else self.running.finishes


@dataclass(frozen=True)
class Event:
    id: str
    at: float
    resource: str
    physical: str
    type: str
    status: str
    reason: str


@dataclass
class Stack:
    id: str
    name: str
    region: str
    created: float
    template: Template
    values: Mapping[str, Any]
    tags: Tags
    timeout: float
    rolls_back: bool
    resources: dict[str, Resource]
    statuses: Timeline[tuple[str, str]]
    serial: int = 0
    failure: tuple[Resource, Failure] | None = None
    events: list[Event] = field(default_factory=list)
    gone: float = math.inf

    def status(self, now: float) -> str:
        return self.statuses.at(now)[0]

    @property
    def moving(self) -> bool:
        return self.statuses.last()[0].endswith("_IN_PROGRESS")

    @property
    def scope(self) -> Scope:
        pseudo = {"ALIYUN::Region": self.region, "ALIYUN::StackName": self.name, "ALIYUN::StackId": self.id}
        ids = {one.name: one.id for one in self.resources.values() if one.id}
        attributes = {one.name: one.attributes for one in self.resources.values()}
        return Scope({**self.values, **pseudo}, ids, attributes)
