# Copyright (c) 2026 evergreen.os_migration contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Scripts for guests with their arguments, names of somebody's choice: they arrive whole and are never code."""

from __future__ import annotations

import base64
import json
import re
import shlex
from collections.abc import Mapping, Sequence

from .hooks import Due, surroundings

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
    return f"{reader.rstrip()}\n{_listed(arguments)}"


def _listed(arguments: Sequence[str]) -> str:
    words = "', '".join(map(_sent, arguments))
    return f"$arguments = @('{words}' | ForEach-Object {{ ConvertFrom-Sent $_ }})"


def _sent(text: str) -> str:
    """Return a text as JSON writes it, without what would end a text in PowerShell."""
    return json.dumps(text).replace("'", r"\u0027").replace("{", r"\u007b")


# --- hooks ------------------------------------------------------------------------------------------------------------

#: Directories in which an interpreter may be the one or the other; it is found by its name.
_USUAL = ("/bin/", "/usr/bin/")


def hook(due: Due, texts: Mapping[str, str]) -> str:
    """Return a hook in what keeps its mark in the guest; ``texts`` are the collection's own by their names."""
    if due.hook.shell == "powershell":
        return _powershell_hook(due, texts["sent.ps1"], texts["hook.ps1"])
    return _sh_hook(due, texts["hook.sh"])


def _sh_hook(due: Due, wrapper: str) -> str:
    hook, words, end = due.hook, surroundings(due), f"os-migration-{due.mark}"
    text = hook.script if hook.script.endswith("\n") else f"{hook.script}\n"
    lines = [
        "#!/bin/sh",
        *(_assigned(name, value) for name, value in words.items()),
        f"export {' '.join(words)}",
        f"mark={due.mark}",
        f"interpreter={shlex.quote(_interpreter(text))}",
        *([_sh(hook.arguments)] if hook.arguments else []),
        f"script() {{\ncat <<'{end}'\n{text}{end}\n}}",
    ]
    return "\n".join([*lines, wrapper.removeprefix("#!/bin/sh\n")])


def _assigned(name: str, value: str) -> str:
    line = f"{name}={shlex.quote(value)}"
    if _PRINTABLE.fullmatch(line):
        return line
    return f'{name}="$(printf %s {base64.b64encode(value.encode()).decode()} | base64 -d)"'


def _interpreter(script: str) -> str:
    """Return what the first line of a shell script wants to be run by; sh where it wants nothing."""
    first = script.split("\n", 1)[0].strip()
    wanted = first.removeprefix("#!").strip() if first.startswith("#!") else ""
    usual = next((path for path in _USUAL if wanted.startswith(path)), "")
    return wanted.removeprefix(usual) or "sh"


def _powershell_hook(due: Due, reader: str, wrapper: str) -> str:
    lines = [
        reader.rstrip(),
        f"$mark = '{due.mark}'",
        f"$script = ConvertFrom-Sent '{_sent(due.hook.script)}'",
        *(f"$env:{name} = ConvertFrom-Sent '{_sent(value)}'" for name, value in surroundings(due).items()),
        _listed(due.hook.arguments) if due.hook.arguments else "$arguments = @()",
    ]
    return "\n".join([*lines, wrapper])
