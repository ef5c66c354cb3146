# Copyright (c) 2026 evergreen.os_migration contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""How script/_env chooses a Python: by running each one, never by its name."""

from __future__ import annotations

import os
import subprocess
from pathlib import Path

import pytest

ENV = Path(__file__).resolve().parents[2] / "script" / "_env"
BROKEN_SHIM = "echo 'pyenv: python3.99: command not found' >&2; exit 127"


@pytest.fixture
def bin_dir(tmp_path: Path) -> Path:
    directory = tmp_path / "a directory"
    directory.mkdir()
    return directory


def executable(directory: Path, name: str, body: str) -> Path:
    """Write a shell script, for instance one that answers in place of a Python."""
    path = directory / name
    path.write_text(f"#!/bin/sh\n{body}\n")
    path.chmod(0o755)
    return path


def answer(minor: int, path: str, can_make_venvs: str = "yes") -> str:
    return f"printf '%s\\t%s\\t%s\\n' {minor} '{path}' {can_make_venvs}"


def run(function: str, **env: str) -> subprocess.CompletedProcess[str]:
    script = f'source "{ENV}"; {function}'
    command = ["bash", "-uo", "pipefail", "-c", script]
    return subprocess.run(command, env={**os.environ, **env}, capture_output=True, text=True, check=False)


def with_path(directory: Path) -> dict[str, str]:
    return {"PATH": f"{directory}:/usr/bin:/bin", "HOME": str(directory), "PYENV_ROOT": str(directory)}


def test_broken_shim_is_passed_over(bin_dir: Path) -> None:
    executable(bin_dir, "python3.99", BROKEN_SHIM)
    executable(bin_dir, "python3.98", answer(98, "/somewhere/python3.98"))
    assert run("find_python", **with_path(bin_dir)).stdout == "/somewhere/python3.98\n"


def test_newest_is_chosen_by_number_not_by_name(bin_dir: Path) -> None:
    executable(bin_dir, "python3", answer(98, "/somewhere/python3"))
    executable(bin_dir, "python3.12", answer(97, "/somewhere/python3.12"))
    assert run("find_python", **with_path(bin_dir)).stdout == "/somewhere/python3\n"


def test_one_that_cannot_make_environments_is_passed_over(bin_dir: Path) -> None:
    executable(bin_dir, "python3.99", answer(99, "/somewhere/python3.99", "no"))
    assert "python3.99" not in run("find_python", **with_path(bin_dir)).stdout


def test_range_is_kept(bin_dir: Path) -> None:
    for minor in (96, 97, 98):
        executable(bin_dir, f"python3.{minor}", answer(minor, f"/somewhere/{minor}"))
    assert run("pythons 96 97", **with_path(bin_dir)).stdout.split() == ["/somewhere/97", "/somewhere/96"]


@pytest.mark.parametrize(
    ("body", "advice"),
    [
        (BROKEN_SHIM, "apt install python3 python3-venv"),
        (answer(9, "/somewhere/python3.9"), "No working Python 3.11 or newer"),
        (answer(12, "/somewhere/python3.12", "no"), "apt install python3.12-venv"),
    ],
)
def test_what_to_install_is_said(bin_dir: Path, body: str, advice: str) -> None:
    result = run("find_python", OS_MIGRATION_PYTHON=str(executable(bin_dir, "python3", body)))
    assert result.returncode == 1
    assert advice in result.stderr
    assert result.stdout == ""


def test_settings_of_the_user_are_not_seen(bin_dir: Path) -> None:
    executable(bin_dir, "python", "echo /packages")
    venv = bin_dir.parent / "venv"
    venv.mkdir()
    bin_dir.rename(venv / "bin")
    result = run(f'use_env "{venv}"; env', ANSIBLE_STDOUT_CALLBACK="json", PYTHONPATH="/elsewhere")
    assert "ANSIBLE_STDOUT_CALLBACK" not in result.stdout
    assert "PYTHONPATH" not in result.stdout
    assert "ANSIBLE_COLLECTIONS_PATH=/packages\n" in result.stdout


def test_what_was_started_is_stopped_with_its_children(tmp_path: Path) -> None:
    pid = tmp_path / "pid"
    child = executable(tmp_path, "child", f"echo $$ >'{pid}'; sleep 300")
    parent = executable(tmp_path, "parent", f"'{child}'; sleep 300")
    assert run(f"start '{parent}'; sleep 0.5; stop \"$STARTED\"").returncode == 0
    with pytest.raises(ProcessLookupError):
        os.kill(int(pid.read_text()), 0)
