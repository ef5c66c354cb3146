# Copyright (c) 2026 evergreen.os_migration contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The commands on README's first screen, run as a reader would: in a fresh checkout, from its root."""

from __future__ import annotations

import json
import os
import re
import shlex
import signal
import subprocess
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
FENCE = re.compile(r"^```(?:sh|bash|console)\n(.*?)^```$", re.MULTILINE | re.DOTALL)


def commands() -> list[str]:
    """Lines of README's shell blocks that start one of the scripts."""
    blocks = FENCE.findall((ROOT / "README.md").read_text("utf-8"))
    lines = (line.removeprefix("$ ").split("  #", 1)[0].strip() for block in blocks for line in block.splitlines())
    return [line for line in lines if line.startswith("script/")]


def starting_with(script: str) -> list[str]:
    return [command for command in commands() if command.split()[0] == script]


@pytest.fixture(scope="module")
def checkout(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The files of the checkout as they are now, without what Git ignores."""
    copy = tmp_path_factory.mktemp("fresh") / "checkout"
    copy.mkdir()
    listing = ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"]
    files = subprocess.run(listing, cwd=ROOT, check=True, capture_output=True, text=True).stdout.split("\0")
    existing = [name for name in files if name and (ROOT / name).exists()]
    subprocess.run(["cp", "--parents", "--no-dereference", "-t", str(copy), *existing], cwd=ROOT, check=True)
    return copy


def test_the_three_commands_are_there() -> None:
    assert {command.split()[0] for command in commands()} == {"script/demo", "script/test", "script/cloudsim"}


def test_demo(checkout: Path) -> None:
    for command in starting_with("script/demo"):
        done = subprocess.run(
            shlex.split(command), cwd=checkout, check=False, capture_output=True, text=True, timeout=240
        )
        assert done.returncode == 0, done.stdout + done.stderr
        assert "As expected" in done.stdout


def test_test(checkout: Path) -> None:
    """This runs inside of script/test, so that it can only ask whether it would start."""
    for command in starting_with("script/test"):
        listing = [shlex.split(command)[0], "--list"]
        done = subprocess.run(listing, cwd=checkout, check=True, capture_output=True, text=True, timeout=60)
        assert set(shlex.split(command)[1:]) <= set(done.stdout.split())


def test_cloudsim(checkout: Path) -> None:
    for command in starting_with("script/cloudsim"):
        with subprocess.Popen(shlex.split(command), cwd=checkout, stdout=subprocess.PIPE, text=True) as process:
            assert process.stdout
            ready = json.loads(process.stdout.readline())
            process.send_signal(signal.SIGINT)
            assert process.wait(30) == 0
        assert ready["ready"] is True
        assert os.path.exists(checkout / ready["journal"])
