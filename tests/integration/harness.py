# Copyright (c) 2026 evergreen.os_migration contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A simulated cloud in a process of its own, and the real ansible-playbook against it."""

from __future__ import annotations

import json
import os
import re
import signal
import subprocess
import sys
import sysconfig
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import yaml

ROOT = Path(__file__).resolve().parents[2]
COMMANDS = Path(sys.executable).parent
ACCESS_KEY, SECRET_KEY = "LTAI5tIntegration", "integration-secret-value"
PATIENCE = 900.0
# An hour of the simulated cloud would be over in six seconds.
SNAPSHOTS_VALID = 3600 * 600
# At 600 times the speed of a real cloud, writes are seen as much sooner, and more calls a second fit in.
VISIBILITY = 0.4
REQUESTS_PER_SECOND = 100
IMPORT_LINUX = "acs-plugin-manager -e -P smc-client-plugin -p --activationcode={activation_code}"
IMPORT_WINDOWS = "acs-plugin-manager.exe -e -P smc-client-plugin-win -p --activationcode={activation_code}"

# Short for a simulated cloud at 600 times the speed of a real one: a hop takes about a second.
DURATIONS = {
    "migrate": 600,
    "snapshot": 60,
    "import": 30,
    "stop": 10,
    "start": 10,
    "reset_disk": 30,
    "agent_reconnect": 10,
}
TARGETS = {
    "centos-7": "alinux-3",
    "alinux-2": "alinux-3",
    "windows-2008r2": "windows-2016",
    "windows-2012r2": "windows-2016",
}

Call = dict[str, Any]


def group(name: str, os_id: str = "centos-7", **more: Any) -> Call:
    """A scenario's group of one instance, whose id follows from its name."""
    return {"name": name, "os": os_id, "ids": [instance_id(name)], "durations": DURATIONS, **more}


def instance_id(name: str) -> str:
    return f"i-bp1{name.replace('-', ''):0<17}"


def host(name: str, os_id: str = "centos-7", **more: Any) -> dict[str, Any]:
    """The host variables for such an instance."""
    target = TARGETS[os_id]
    return {"instance_id": instance_id(name), "region": "cn-hangzhou", "os_migration_target": target, **more}


@dataclass(frozen=True)
class Cloud:
    """A running simulated cloud."""

    endpoint: str
    journal: Path
    sites: str = ""

    def calls(self) -> list[Call]:
        lines = self.journal.read_text("utf-8").splitlines() if self.journal.exists() else []
        return [json.loads(line) for line in lines]

    def writes(self, *actions: str) -> list[Call]:
        """The calls that may have changed something, or those of some actions, as far as they were successful."""
        done = [call for call in self.calls() if call["kind"] == "write" and call["status"] == 200]
        return [call for call in done if not actions or call["action"] in actions]


@contextmanager
def cloud(scenario: Mapping[str, Any], directory: Path, speed: int = 600, sites: bool = False) -> Iterator[Cloud]:
    """Run a simulated cloud as long as the block lasts; with ``sites`` its instances can be asked for their pages."""
    directory.mkdir(parents=True, exist_ok=True)
    file, journal = directory / "scenario.yml", directory / "journal.jsonl"
    operator = {"access_key": ACCESS_KEY, "secret_key": SECRET_KEY}
    file.write_text(yaml.safe_dump({"credentials": [operator], **scenario}), "utf-8")
    command = [sys.executable, "-m", "cloudsim", "--scenario", file, "--journal", journal, "--speed", str(speed)]
    command += ["--site-port", "0"] if sites else []
    environment = {**os.environ, "PYTHONPATH": str(ROOT / "tests")}
    with subprocess.Popen(list(map(str, command)), stdout=subprocess.PIPE, text=True, env=environment) as process:
        try:
            assert process.stdout is not None
            ready = json.loads(process.stdout.readline())
            yield Cloud(ready["alicloud"], journal, ready["sites"] or "")
        finally:
            process.terminate()
            process.wait(PATIENCE)


@dataclass(frozen=True)
class Run:
    """What one ansible-playbook did."""

    rc: int
    output: str
    reports: Path

    @property
    def failures(self) -> dict[str, str]:
        """The message of each failed host; with -vvv the result goes over many lines."""
        decoder = json.JSONDecoder()
        found = re.finditer(r"^fatal: \[([^ \]]+)[^\]]*\]: FAILED! => ", self.output, re.MULTILINE)
        return {match[1]: decoder.raw_decode(self.output, match.end())[0]["msg"] for match in found}

    @property
    def warnings(self) -> list[str]:
        """The lines with warnings, but for the one that a simulated cloud's clock runs away from this machine's."""
        return [line for line in self.output.splitlines() if "WARNING" in line and "clock is" not in line]

    def report(self, phase: str) -> dict[str, dict[str, Any]]:
        """The results of a phase by instance id."""
        document = json.loads((self.reports / f"{phase}.json").read_text("utf-8"))
        return {result["instance_id"]: result for result in document["results"]}

    def states(self, phase: str) -> dict[str, str]:
        return {instance_id: result["state"] for instance_id, result in self.report(phase).items()}


@dataclass
class Controller:
    """A user's machine: an inventory, credentials in the environment, and the endpoint of the cloud."""

    cloud: Cloud
    directory: Path
    hosts: Mapping[str, Mapping[str, Any]]
    variables: dict[str, Any] = field(default_factory=dict)
    credentials: Mapping[str, str] = field(
        default_factory=lambda: {
            "ALIBABA_CLOUD_ACCESS_KEY_ID": ACCESS_KEY,
            "ALIBABA_CLOUD_ACCESS_KEY_SECRET": SECRET_KEY,
        }
    )
    screen: str = "default"

    @property
    def reports(self) -> Path:
        return self.directory / "report"

    def command(self, playbook: str, *options: str, **variables: Any) -> list[str]:
        """The command line that runs a playbook; a variable that is None is not given."""
        self.directory.mkdir(parents=True, exist_ok=True)
        inventory, settings = self.directory / "inventory.yml", self.directory / "variables.json"
        inventory.write_text(yaml.safe_dump({"all": {"hosts": dict(self.hosts)}}), "utf-8")
        given = {
            "os_migration_alicloud": {
                "endpoint": self.cloud.endpoint,
                "visibility": VISIBILITY,
                "requests_per_second": REQUESTS_PER_SECOND,
            },
            "os_migration_poll_interval": 0.2,
            "os_migration_snapshots_valid": SNAPSHOTS_VALID,
            "os_migration_report_dir": str(self.reports),
            "os_migration_smc": {"import_command": {"linux": IMPORT_LINUX, "windows": IMPORT_WINDOWS}},
            **self.variables,
            **variables,
        }
        settings.write_text(json.dumps({name: value for name, value in given.items() if value is not None}), "utf-8")
        return [str(COMMANDS / "ansible-playbook"), playbook, "-i", str(inventory), "-e", f"@{settings}", *options]

    def environment(self) -> dict[str, str]:
        configuration = self.directory / "ansible.cfg"
        configuration.touch()
        kept = {name: value for name, value in os.environ.items() if not name.startswith(("ANSIBLE_", "ALI"))}
        return {
            **kept,
            **self.credentials,
            "PATH": f"{COMMANDS}:{os.environ['PATH']}",
            "LC_ALL": "C.UTF-8",
            "ANSIBLE_HOME": str(self.directory / "ansible"),
            "ANSIBLE_REMOTE_TMP": str(self.directory / "ansible/tmp"),
            "ANSIBLE_CONFIG": str(configuration),
            "ANSIBLE_COLLECTIONS_PATH": sysconfig.get_path("purelib"),
            "ANSIBLE_NOCOLOR": "1",
            "ANSIBLE_STDOUT_CALLBACK": self.screen,
        }

    def play(self, name: str, *options: str, **variables: Any) -> Run:
        """Run a playbook of the collection to its end; on all hosts, unless some are named."""
        return self.run(f"evergreen.os_migration.{name}", *options, **{"target": "all", **variables})

    def run(self, playbook: str, *options: str, **variables: Any) -> Run:
        command = self.command(playbook, *options, **variables)
        done = subprocess.run(
            command,
            env=self.environment(),
            cwd=self.directory,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            timeout=PATIENCE,
            check=False,
        )
        return Run(done.returncode, done.stdout, self.reports)

    def play_until_killed(self, name: str, writes: int, whole_group: bool, **variables: Any) -> bool:
        """Run a playbook and kill it once the cloud has seen a number of writes; say whether it was still running."""
        command = self.command(f"evergreen.os_migration.{name}", **{"target": "all", **variables})
        return self.run_until_killed(command, lambda: len(self.cloud.writes()) >= writes, whole_group)

    def run_until_killed(self, command: Sequence[str], reached: Callable[[], bool], whole_group: bool = True) -> bool:
        """Run a command and kill it once something is reached; say whether it was still running."""
        with subprocess.Popen(
            command,
            env=self.environment(),
            cwd=self.directory,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            start_new_session=True,
        ) as process:
            deadline = time.monotonic() + PATIENCE
            while not reached() and process.poll() is None:
                assert time.monotonic() < deadline, "the playbook does not get on"
                time.sleep(0.02)
            running = process.poll() is None
            (os.killpg if whole_group else os.kill)(process.pid, signal.SIGKILL) if running else None
        return running
