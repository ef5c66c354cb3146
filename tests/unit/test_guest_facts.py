# Copyright (c) 2026 evergreen.os_migration contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The scripts that run inside guests: what they print, under which shells, and what they must not need."""

from __future__ import annotations

import re
import shutil
import subprocess
from pathlib import Path

import pytest
from ansible_collections.evergreen.os_migration.plugins.module_utils._core.facts import parse

ROOT = Path(__file__).resolve().parents[2]
FACTS = ROOT / "guest/facts.sh"
SHELLS = {"dash": ["dash"], "bash": ["bash", "--posix"], "busybox": ["busybox", "sh"]}
POWERSHELL = sorted([*ROOT.glob("guest/*.ps1"), *ROOT.glob("roles/*/files/*.ps1")])
SHELL_SCRIPTS = sorted([*ROOT.glob("guest/*.sh"), *ROOT.glob("roles/*/files/*.sh")])

# What PowerShell 2.0 on Windows Server 2008 R2 does not know.
NEWER_THAN_POWERSHELL_2 = re.compile(
    r"Get-CimInstance|ConvertTo-Json|ConvertFrom-Json|\[ordered\]|\[pscustomobject\]|\s-(not)?in\s|\.Where\(|\.ForEach\("
    r"|Get-Content[^|\n]*-Raw|\$PSScriptRoot|Invoke-WebRequest|Invoke-RestMethod|::new\(|\?\?|\$using:",
    re.IGNORECASE,
)


def installed(name: str) -> list[str]:
    if not shutil.which(SHELLS[name][0]):
        pytest.skip(f"{name} is not installed (apt install {name})")
    return SHELLS[name]


@pytest.fixture(params=SHELLS)
def any_shell(request: pytest.FixtureRequest) -> list[str]:
    return installed(request.param)


@pytest.fixture(params=["dash", "bash"])
def shell(request: pytest.FixtureRequest) -> list[str]:
    """A shell that looks for commands in PATH only; busybox prefers its own."""
    return installed(request.param)


@pytest.fixture
def stubs(tmp_path: Path) -> Path:
    """A directory for commands that stand before this machine's own."""
    directory = tmp_path / "bin"
    directory.mkdir()
    return directory


def stub(directory: Path, name: str, body: str) -> None:
    path = directory / name
    path.write_text(f"#!/bin/sh\n{body}\n", "utf-8")
    path.chmod(0o755)


def run(shell: list[str], script: Path, path: str) -> str:
    command = [str(shutil.which(shell[0])), *shell[1:], str(script)]
    done = subprocess.run(command, env={"PATH": path}, capture_output=True, text=True, timeout=30, check=False)
    assert done.returncode == 0, done.stderr
    assert done.stderr == ""
    return done.stdout


def facts(shell: list[str], stubs: Path) -> dict[str, str]:
    return dict(parse(run(shell, FACTS, f"{stubs}:/usr/bin:/bin")).facts)


def test_prints_the_protocol_and_facts_of_this_machine(any_shell: list[str], stubs: Path) -> None:
    lines = run(any_shell, FACTS, f"{stubs}:/usr/bin:/bin").splitlines()
    assert (lines[0], lines[-1]) == ("osm-facts 1", "osm-facts end")
    found = facts(any_shell, stubs)
    assert found["os_id"]
    assert int(found["memory_available_mib"]) > 0
    assert {"free_mib./usr", "free_mib./var", "arch", "kernel"} <= found.keys()


def test_counts_and_names_32_bit_packages(shell: list[str], stubs: Path) -> None:
    stub(stubs, "rpm", r"printf 'zlib.i686\nglibc.x86_64\nglibc.i686\ntzdata.noarch\nold.i386\n'")
    found = facts(shell, stubs)
    assert found["i686_count"] == "3"
    assert found["i686_packages"] == "glibc.i686 old.i386 zlib.i686"


def test_names_no_more_than_fifty_packages(shell: list[str], stubs: Path) -> None:
    stub(stubs, "rpm", 'n=100; while [ $n -lt 170 ]; do echo "p$n.i686"; n=$((n + 1)); done')
    found = facts(shell, stubs)
    assert found["i686_count"] == "70"
    assert len(found["i686_packages"].split()) == 50


def test_no_32_bit_packages_is_a_fact(shell: list[str], stubs: Path) -> None:
    stub(stubs, "rpm", "echo glibc.x86_64")
    found = facts(shell, stubs)
    assert found["i686_count"] == "0"
    assert "i686_packages" not in found


def test_a_damaged_package_database_is_not_taken_for_none(shell: list[str], stubs: Path) -> None:
    stub(stubs, "rpm", "echo 'rpmdb open failed' >&2; exit 1")
    assert "i686_count" not in facts(shell, stubs)


@pytest.mark.parametrize(("commands", "expected"), [(["yum"], "yum"), (["yum", "dnf"], "dnf")])
def test_names_the_package_manager(shell: list[str], stubs: Path, commands: list[str], expected: str) -> None:
    for command in commands:
        stub(stubs, command, "exit 0")
    assert facts(shell, stubs)["package_manager"] == expected


def test_free_space_is_read_from_the_posix_format(shell: list[str], stubs: Path) -> None:
    stub(
        stubs,
        "df",
        "echo 'Filesystem 1024-blocks Used Available Capacity Mounted on'; echo '/dev/vda1 9 9 4198400 1% /'",
    )
    found = facts(shell, stubs)
    assert {found[f"free_mib./{name}"] for name in ("usr", "var", "boot")} == {"4100"}


def test_what_cannot_be_found_is_left_out(shell: list[str], stubs: Path) -> None:
    for command in ("df", "uname", "awk"):
        stub(stubs, command, "exit 1")
    found = facts(shell, stubs)
    assert not found.keys() & {"arch", "kernel", "memory_available_mib", "free_mib./usr"}


def test_both_facts_scripts_carry_the_marker() -> None:
    for name in ("facts.sh", "facts.ps1"):
        assert "# evergreen.os_migration guest facts\n" in (ROOT / "guest" / name).read_text("utf-8")


@pytest.mark.parametrize("script", POWERSHELL, ids=lambda path: path.name)
def test_windows_scripts_stay_within_powershell_2(script: Path) -> None:
    text = script.read_text("utf-8")
    code = "\n".join(line for line in text.splitlines() if not line.lstrip().startswith("#"))
    assert not NEWER_THAN_POWERSHELL_2.findall(code)
    assert text.isascii(), "PowerShell 2.0 reads a script without byte order mark in the system's own code page"


@pytest.mark.parametrize("script", SHELL_SCRIPTS, ids=lambda path: path.name)
def test_shell_scripts_parse_in_every_shell(any_shell: list[str], script: Path) -> None:
    subprocess.run([*any_shell, "-n", str(script)], check=True)


@pytest.mark.parametrize("script", [*POWERSHELL, *SHELL_SCRIPTS], ids=lambda path: path.name)
def test_scripts_fit_into_one_command_of_the_agent(script: Path) -> None:
    assert len(script.read_bytes()) < 16 * 1024
