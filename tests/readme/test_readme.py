# Copyright (c) 2026 evergreen.os_migration contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""README's commands, run as a reader would: in a fresh checkout and in an environment of their own.

The quick start on a real account runs on the simulated cloud: what it is told beyond the README is the endpoint.
"""

from __future__ import annotations

import json
import os
import shlex
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from readme import pages

ROOT = Path(__file__).resolve().parents[2]
README = (ROOT / "README.md").read_text("utf-8")
GIT = ["git", "-c", "user.name=reader", "-c", "user.email=reader@example.com"]
# They share a checkout and its environments.
pytestmark = pytest.mark.xdist_group("checkout")


def commands(start: str) -> list[str]:
    """Lines of README's shell blocks that begin so, without their comments."""
    return [line.split("  #", 1)[0].strip() for line in pages.commands(README, start)]


def run(command: list[str], directory: Path, env: dict[str, str] | None = None) -> subprocess.CompletedProcess[str]:
    """Run a command that has to succeed; what it printed is in the failure."""
    done = subprocess.run(command, cwd=directory, env=env, check=False, capture_output=True, text=True)
    assert done.returncode == 0, f"{shlex.join(command)}\n{done.stdout}{done.stderr}"
    return done


@pytest.fixture(scope="module")
def checkout(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A clone that also has what is not committed yet."""
    copy = tmp_path_factory.mktemp("fresh") / "checkout"
    copy.mkdir()
    listing = ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"]
    existing = [name for name in run(listing, ROOT).stdout.split("\0") if name and (ROOT / name).exists()]
    run(["cp", "--parents", "--no-dereference", "-t", str(copy), *existing], ROOT)
    for step in (["init", "-q"], ["add", "-A"], ["commit", "-q", "-m", "as it is now"]):
        run([*GIT, *step], copy)
    return copy


@pytest.fixture(scope="module")
def cloud(checkout: Path) -> Iterator[dict[str, Any]]:
    """README's simulated cloud, faster and at a free port, until Ctrl-C."""
    (command,) = commands("script/cloudsim")
    with subprocess.Popen(
        [*shlex.split(command), "--speed", "600", "--alicloud-port", "0"],
        cwd=checkout,
        stdout=subprocess.PIPE,
        text=True,
    ) as process:
        assert process.stdout
        yield json.loads(process.stdout.readline())
        process.send_signal(signal.SIGINT)
        assert process.wait(30) == 0


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory, cloud: dict[str, Any]) -> Path:
    """A reader's home directory, with the files of the quick start in it."""
    directory = tmp_path_factory.mktemp("home")
    for name, text in pages.files(README).items():
        path = directory / name
        path.parent.mkdir(exist_ok=True)
        path.write_text(text, "utf-8")
    connection = {"endpoint": cloud["alicloud"], "visibility": 1}
    simulated = {
        "os_migration_alicloud": connection,
        "os_migration_poll_interval": 1,
        "os_migration_snapshots_valid": 2160000,
    }
    (directory / "group_vars/all").mkdir()
    (directory / "group_vars/all.yml").rename(directory / "group_vars/all/readme.yml")
    (directory / "group_vars/all/simulated.yml").write_text(json.dumps(simulated), "utf-8")
    return directory


@pytest.fixture(scope="module")
def reader(home: Path, checkout: Path, cloud: dict[str, Any]) -> dict[str, str]:
    """The environment of a reader who has followed "Install" and "Credentials"."""
    run([sys.executable, "-m", "venv", str(home / "venv")], home)
    environment = {
        **{name: value for name, value in os.environ.items() if not name.startswith("ANSIBLE_")},
        "HOME": str(home),
        "PATH": f"{home}/venv/bin:{os.environ['PATH']}",
        "ALIBABA_CLOUD_ACCESS_KEY_ID": cloud["access_key"],
        "ALIBABA_CLOUD_ACCESS_KEY_SECRET": cloud["secret_key"],
    }
    (pip,) = commands("python3 -m pip install")
    (galaxy,) = commands("ansible-galaxy collection install")
    run(shlex.split(pip), home, environment)
    run(shlex.split(galaxy.replace("/path/to/this/checkout", str(checkout))), home, environment)
    return environment


def test_three_commands_are_there() -> None:
    assert [command.split()[0] for command in commands("script/")] == ["script/demo", "script/test", "script/cloudsim"]


def test_demo(checkout: Path) -> None:
    (command,) = commands("script/demo")
    output = run(shlex.split(command), checkout).stdout
    assert "As expected" in output
    assert pages.missing(README, output) == [], "README shows what the playbook does not print"


def test_test(checkout: Path) -> None:
    """This runs inside of script/test, so that it can only ask whether it would start."""
    (command,) = commands("script/test")
    assert "readme" in run([*shlex.split(command), "--list"], checkout).stdout.split()


def test_quick_start(home: Path, reader: dict[str, str]) -> None:
    """Commit and rollback are alternatives: the README rolls erp-01 back, so only the other one can be committed."""
    *before, commit, rollback = commands("ansible-playbook")
    for command in (*before, rollback, f"{commit} --limit web-01"):
        run(shlex.split(command), home, reader)
    reports = {path.stem for path in (home / "os-migration-report").glob("*.json")}
    assert reports == {"assess", "fleet", "migrate", "verify", "rollback", "commit"}
