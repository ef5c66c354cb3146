# Copyright (c) 2026 evergreen.os_migration contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Scripts of the roles as guests get them: what they share goes before each."""

from __future__ import annotations

import re
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
SENT = {suffix: ROOT / f"roles/sequence/files/sent.{suffix}" for suffix in ("sh", "ps1")}
SHARED = ("fail", "idle", "limited")
#: What users' own scripts come in.
HOOK = "mark=0123456789ab\ninterpreter=sh\nscript() {\necho true\n}\n"


def as_given(path: Path) -> str:
    """Return the whole text that runs in a guest, without arguments."""
    if path.name == "hook.sh":
        return HOOK + path.read_text("utf-8")
    before = SENT[path.suffix[1:]]
    shared = path.is_relative_to(ROOT / "roles") and path != before
    return (before.read_text("utf-8") if shared else "") + path.read_text("utf-8")


def as_used(path: Path) -> str:
    """Return the text of a shell script with the shared functions that it calls, and no others."""
    text = path.read_text("utf-8")
    if path in SENT.values():
        return text
    called = [name for name in SHARED if re.search(rf"(?<![\w-]){name}(?![\w-]) ?", text)]
    whole = as_given(path)
    return "".join(f"{function(whole, name)}\n" for name in called) + text


def function(script: str, name: str) -> str:
    """Return a function of a shell script; nothing where it is not defined."""
    found = re.search(rf"(?ms)^{name}\(\) \{{.*?^\}}$", script)
    return found[0] if found else ""
