# Copyright (c) 2026 evergreen.os_migration contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What the tests of scenarios look at: results of the roles, the cloud's journal of calls, and the guests themselves.

Guests of the simulated cloud are directories, in which the scripts of the roles were really run by a shell. Windows
guests cannot be looked at.
"""

from __future__ import annotations

import json
import os
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from testinfra.backend.base import CommandResult
from testinfra.host import Host
from testinfra.modules.base import Module

Call = dict[str, Any]

STATE = Path(os.environ["MOLECULE_EPHEMERAL_DIRECTORY"]) / "cloud"
# Scripts in guests count as writes in the journal; what they changed is seen in the guest.
SCRIPT = "RunCommand"


@dataclass(frozen=True)
class Guest:
    """A Linux guest, seen by testinfra."""

    host: Host
    root: str

    def file(self, path: str) -> Module:
        """Return a file of the guest."""
        return self.host.file(f"{self.root}{path}")

    def run(self, command: str) -> CommandResult:
        """Run a command of the guest."""
        return self.host.run("env -i CLOUDSIM_ROOT=%s PATH=%s sh -c %s", self.root, f"{self.root}/usr/bin", command)


@pytest.fixture(scope="session")
def state() -> Path:
    """The directory of the simulated cloud: its journal, and the results in report/."""
    return STATE


@pytest.fixture(scope="session")
def ids() -> dict[str, str]:
    """The instance of each host."""
    return {group["name"]: group["ids"][0] for group in json.loads((STATE / "scenario.json").read_text())["groups"]}


@pytest.fixture(scope="session")
def guest(ids: dict[str, str]) -> Callable[[Host, str], Guest]:
    """The guest of a host, once a script was run in it."""
    directory = json.loads((STATE / "ready.json").read_text())["guests"]
    return lambda host, name: Guest(host, f"{directory}/{ids[name]}")


@pytest.fixture(scope="session")
def results(ids: dict[str, str]) -> Callable[[str], dict[str, Call]]:
    """The last results of a phase, by host."""

    def of_phase(phase: str) -> dict[str, Call]:
        found = {one["instance_id"]: one for one in json.loads((STATE / f"report/{phase}.json").read_text())["results"]}
        return {name: found[instance_id] for name, instance_id in ids.items() if instance_id in found}

    return of_phase


@pytest.fixture(scope="session")
def calls() -> Callable[[str], list[Call]]:
    """The calls of a step of Molecule, which signs with a key of its name."""
    journal = [json.loads(line) for line in (STATE / "journal.jsonl").read_text().splitlines()]
    return lambda step: [call for call in journal if call["access_key"] == step]


@pytest.fixture(scope="session")
def writes(calls: Callable[[str], list[Call]]) -> Callable[[str], list[Call]]:
    """What a step changed in the cloud."""

    def of_step(step: str) -> list[Call]:
        done = [call for call in calls(step) if call["kind"] == "write" and call["status"] == 200]
        return [call for call in done if call["action"] != SCRIPT]

    return of_step
