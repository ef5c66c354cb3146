# Copyright (c) 2026 evergreen.os_migration contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A page as a reader follows it: its files written, its commands run, its output looked for."""

from __future__ import annotations

import re
import shlex
import subprocess
from collections.abc import Mapping
from pathlib import Path

FENCE = re.compile(r"^```(\w+)\n(.*?)^```$", re.MULTILINE | re.DOTALL)
CUT = " ..."
#: What differs from run to run: how far the others are when a line of progress is told, and where files are.
VARIES = re.compile(r"os_migration: (?:\d\d:\d\d:\d\d |results: |/)")
PERMITTED = "  # fails"


def blocks(page: str, *languages: str) -> list[str]:
    """The texts of a page's blocks in these languages."""
    return [text for name, text in FENCE.findall(page) if name in languages]


def commands(page: str, start: str) -> list[str]:
    """Lines of a page's shell blocks that begin so, with their comments."""
    lines = (line.strip() for block in blocks(page, "sh") for line in block.splitlines())
    return [line for line in lines if line.startswith(start)]


def files(page: str) -> dict[str, str]:
    """The page's files, by the path in the first line of each."""
    named = (text.partition("\n") for text in blocks(page, "yaml", "ini"))
    return {first.removeprefix("# "): rest for first, _line, rest in named if re.fullmatch(r"# [\w./-]+", first)}


def exports(page: str) -> dict[str, str]:
    """What the page's shell blocks put into the environment."""
    lines = (line.removeprefix("export ").split("=", 1) for line in commands(page, "export "))
    return {name: value for name, value in lines if value != "..."}


def missing(page: str, output: str) -> list[str]:
    """The lines that a page shows and no run has printed; a line may be cut, and lines may be left out."""
    printed = {plain(line) for line in output.splitlines()}
    shown = [plain(line) for block in blocks(page, "text") for line in block.splitlines()]
    return [line for line in shown if line and not VARIES.match(line) and not is_in(line, printed)]


def plain(line: str) -> str:
    """A line without what depends on the width of the screen, and with hosts in one order, whoever was done first."""
    line = re.sub(r" \*+$", "", line).rstrip()
    return re.sub(r"\(([\w-]+(?:, [\w-]+)+)\)$", lambda hosts: f"({', '.join(sorted(hosts[1].split(', ')))})", line)


def is_in(line: str, printed: set[str]) -> bool:
    if line == CUT.strip():
        return True
    if line.endswith(CUT):
        squeezed = " ".join(line.removesuffix(CUT).split())
        return any(" ".join(one.split()).startswith(squeezed) for one in printed)
    return line in printed


def follow(page: str, directory: Path, environment: Mapping[str, str]) -> str:
    """Run the page's commands of Ansible, in their order, and return what they printed."""
    output = ""
    for line in commands(page, "ansible-"):
        fails = line.endswith(PERMITTED)
        command = shlex.split(line.removesuffix(PERMITTED))
        if command[:3] == ["ansible-galaxy", "collection", "install"]:
            continue
        done = subprocess.run(
            command, cwd=directory, env=dict(environment), check=False, capture_output=True, text=True, timeout=600
        )
        assert (done.returncode != 0) == fails, f"{line}\n{done.stdout}{done.stderr}"
        output += done.stdout
    return output
