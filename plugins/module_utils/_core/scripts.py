# Copyright (c) 2026 evergreen.os_migration contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Scripts for guests with their arguments, names of somebody's choice: they arrive whole and are never code."""

from __future__ import annotations

import base64
import json
import re
import shlex
from collections.abc import Sequence

_PRINTABLE = re.compile(r"[ -~]*")


def with_arguments(shell: str, script: str, arguments: Sequence[str], reader: str) -> str:
    """Return a script that gets arguments: as "$@" in sh, as $arguments in PowerShell.

    ``reader`` is the text of the function by which PowerShell reads what was sent. What is added is ASCII.
    """
    if not arguments:
        return script
    return f"{_powershell(arguments, reader) if shell == 'powershell' else _sh(arguments)}\n{script}"


def _sh(arguments: Sequence[str]) -> str:
    line = f"set -- {' '.join(shlex.quote(one) for one in arguments)}"
    if _PRINTABLE.fullmatch(line):
        return line
    return f'eval "$(printf %s {base64.b64encode(line.encode()).decode()} | base64 -d)"'


def _powershell(arguments: Sequence[str], reader: str) -> str:
    """Return lines for PowerShell, which ends a text at five kinds of apostrophe, while agents change code pages."""
    sent = (json.dumps(one).replace("'", r"\u0027").replace("{", r"\u007b") for one in arguments)
    words = "', '".join(sent)
    return f"{reader.rstrip()}\n$arguments = @('{words}' | ForEach-Object {{ ConvertFrom-Sent $_ }})"
