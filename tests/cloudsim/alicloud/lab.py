# Copyright (c) 2026 evergreen.os_migration contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A simulated cloud inside a test: no socket, a clock that moves when it is told to, signed calls."""

from __future__ import annotations

import json
import time
import uuid
from collections.abc import Callable, Mapping
from datetime import datetime, timezone
from pathlib import Path
from typing import Any

from ..core.clock import Clock
from ..core.guests import Runner
from ..core.journal import Journal
from ..core.scenario import Credential
from ..core.scenario_file import parse
from ..core.server import Request
from .build import open_accounts
from .service import SERVICES, AlibabaCloud
from .wire import signature

VERSIONS = {service: version for version, service in SERVICES.items()}
PATIENCE = 120.0


def signed(credential: Credential, parameters: Mapping[str, str], method: str = "POST") -> dict[str, str]:
    """A request's parameters with everything that the wire format adds."""
    flat = {
        "AccessKeyId": credential.access_key,
        "Format": "JSON",
        "SignatureMethod": "HMAC-SHA1",
        "SignatureVersion": "1.0",
        "SignatureNonce": uuid.uuid4().hex,
        "Timestamp": datetime.now(timezone.utc).strftime("%Y-%m-%dT%H:%M:%SZ"),
        **parameters,
    }
    if credential.security_token:
        flat.setdefault("SecurityToken", credential.security_token)
    return {**flat, "Signature": signature(method, flat, credential.secret_key)}


def flatten(name: str, value: Any) -> dict[str, str]:
    """A Python value as wire parameters: lists numbered from 1, mappings dotted."""
    if isinstance(value, (list, tuple)):
        parts = {str(number): item for number, item in enumerate(value, 1)}
    elif isinstance(value, dict):
        parts = value
    else:
        return {name: str(value)}
    return {key: text for part, item in parts.items() for key, text in flatten(f"{name}.{part}", item).items()}


class Lab:
    def __init__(self, scenario: Mapping[str, Any], directory: Path) -> None:
        self.time = 0.0
        self.scenario = parse(dict(scenario))
        clock = Clock(1.0, lambda: self.time, self.scenario.clock_offset)
        self.worlds = open_accounts(self.scenario, clock)
        self.world = self.worlds[self.scenario.credentials[0].account]
        self.journal_file = directory / f"journal-{uuid.uuid4().hex}.jsonl"
        self._journal = Journal(self.journal_file)
        self.runner = Runner()
        self.cloud = AlibabaCloud(self.scenario, self.worlds, self.runner, self._journal)

    def close(self) -> None:
        self.cloud.close()
        self.runner.close()
        self._journal.close()

    def raw(self, service: str, action: str, *, user: int = 0, **parameters: Any) -> tuple[int, dict[str, Any]]:
        """HTTP status and answer of a call; `user` is the number of the scenario's credential."""
        flat = {"Action": action, "Version": VERSIONS[service], "RegionId": "cn-hangzhou"}
        for name, value in parameters.items():
            flat |= flatten(name, value)
        reply = self.cloud.handle(Request("POST", signed(self.scenario.credentials[user], flat)))
        return reply.status, json.loads(reply.body)

    def ok(self, service: str, action: str, *, user: int = 0, **parameters: Any) -> dict[str, Any]:
        status, answer = self.raw(service, action, user=user, **parameters)
        assert status == 200, answer
        return answer

    def code(self, service: str, action: str, *, user: int = 0, **parameters: Any) -> tuple[int, str]:
        """HTTP status and error code of a call that must fail."""
        status, answer = self.raw(service, action, user=user, **parameters)
        assert status != 200, answer
        return status, answer["Code"]

    def journal(self) -> list[dict[str, Any]]:
        return [json.loads(line) for line in self.journal_file.read_text(encoding="utf-8").splitlines()]

    def wait(self, seconds: float) -> None:
        self.time += seconds
        self.cloud.tick()

    def until(self, done: Callable[[], bool], step: float = 0.0) -> None:
        """Wait for something that really runs, moving the clock by `step` between looks."""
        deadline = time.monotonic() + PATIENCE
        while not done():
            assert time.monotonic() < deadline, "it did not happen"
            self.wait(step)
            time.sleep(0.005)
