# Copyright (c) 2026 evergreen.os_migration contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What action plugins give to the modules of the collection, and what they make of the answers.

A module runs once, to its end. It writes lines of progress to a private file and ends itself when ansible-playbook,
or the worker that waits for it, is gone: the next run finds everything in the cloud.
"""

from __future__ import annotations

import os
import re
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from itertools import chain
from multiprocessing import parent_process
from pathlib import Path
from threading import Event, Thread
from typing import Any

from ansible import constants as C  # noqa: N812 - what Ansible calls it everywhere
from ansible.utils.display import Display

from ..module_utils._clouds import PROVIDERS
from ..module_utils._core.codec import unpack
from ..module_utils._core.model import Problem
from ..module_utils._core.scripts import with_arguments
from ..module_utils._errors import MigrationError
from ..module_utils._processes import started
from ._shown import COLLECTION

display = Display()

MIGRATION = "os_migration"
COMMAND = "guest_command"
PRECHECK = "precheck_info"
SNAPSHOT = "instance_snapshot"
CLONE = "instance_clone"
SWEEP = "instance_sweep"
REPORT = "fleet_report"
STACK = "stack"
ROOT = Path(__file__).parents[2]
#: Where the files are that go before scripts.
SENT = ROOT / "roles/sequence/files"
_MARK = (f"# {COLLECTION} guest facts", f"# {COLLECTION} hook")
_SENT_AS = "# Sent as: "
#: Seconds between two looks at the file of progress.
GLANCE = 0.5
#: Modules that plan, so they need what is said of the clouds' services; and those that ask guests for facts.
_PLANNING = (MIGRATION, PRECHECK, CLONE)
_ASKING = (MIGRATION, PRECHECK, SNAPSHOT, COMMAND, CLONE, SWEEP)
#: Modules whose work takes long: they show how far it is.
SHOWN = (MIGRATION, SNAPSHOT, STACK, CLONE, SWEEP)
#: Set here, of no use to a reader of the result.
#: What of an answer is nobody's to see but who registers it: Ansible hides such an answer however verbose it is.
SECRETS = ("activation_code",)
#: Modules that answer so: what runs asynchronously leaves its answer in a file.
SECRETIVE = ("smc_activation_code",)
_OWN_ARGUMENTS = ("progress_file", "watched", "guest_scripts", "resources")


def guest_scripts() -> dict[str, str]:
    """Return the texts of the guest facts scripts by type of system."""
    names = {"linux": "facts.sh", "windows": "facts.ps1"}
    texts = {system: (ROOT / "guest" / name).read_text(encoding="utf-8") for system, name in names.items()}
    return {system: as_sent(text) for system, text in texts.items()}


def hook_scripts() -> dict[str, str]:
    """Return what goes before and after users' own hooks, by its name."""
    texts = {path.name: path.read_text(encoding="utf-8") for path in (ROOT / "guest").glob("hook.*")}
    texts["sent.ps1"] = (SENT / "sent.ps1").read_text(encoding="utf-8")
    return {name: as_sent(text) for name, text in texts.items()}


def resources() -> dict[str, str]:
    """Return the parts of the report's page and the words of every language, by their path in the directory report."""
    files = [*(ROOT / "report").glob("page.*"), *(ROOT / "report").glob("words/*.json")]
    return {str(path.relative_to(ROOT / "report")): path.read_text(encoding="utf-8") for path in sorted(files)}


def as_sent(script: str) -> str:
    """Return a script without its comments, blank lines and indentation: the agents take little more than that.

    Its first line and the line by which the script is known stay. What the script itself says in lines "# Sent as:" is
    shortened: names of its own, which are no part of a path, an option or a longer name.
    """
    lines = [line.lstrip(" ") for line in script.splitlines()]
    kept = [line for line in lines if line and (not line.startswith("#") or line.startswith(("#!", *_MARK)))]
    pairs = (line.removeprefix(_SENT_AS).split() for line in lines if line.startswith(_SENT_AS))
    names = dict(pair.split("=") for pair in chain.from_iterable(pairs))
    text = "\n".join([*kept, ""])
    if not names:
        return text
    return re.sub(rf"(?<![\w./-])({'|'.join(names)})(?![\w-])", lambda found: names[found[1]], text)


def script_with(shell: str, script: str, arguments: Sequence[str]) -> str:
    """Return a script that gets arguments."""
    return with_arguments(shell, script, arguments, (SENT / "sent.ps1").read_text(encoding="utf-8"))


def options_of_clouds(module: str) -> tuple[str, ...]:
    """Return the options that a module has for clouds: their connections, and where it plans also their services'."""
    owner = next((name for name, provider in PROVIDERS.items() if module in provider.modules), "")
    return tuple(
        option
        for name, provider in PROVIDERS.items()
        for option in (provider.options if module in _PLANNING else (name,))
        if owner in ("", name)
    )


def watched() -> list[tuple[int, str]]:
    """Return ansible-playbook and this worker as process ids with their start times, where the system tells them."""
    return [(process, start) for process in (os.getppid(), os.getpid()) if (start := started(process))]


def refuse_without_controller() -> None:
    """Begin nothing more when ansible-playbook was killed: its workers, sessions of their own, outlive it."""
    parent = parent_process()
    if parent is not None and parent.pid != os.getppid():
        raise MigrationError(
            Problem(
                "ControllerGone",
                "ansible-playbook was ended while its worker still had something to do. Nothing more was begun.",
                "Run the playbook again: it goes on with what it finds in the cloud.",
            )
        )


def own_arguments(module: str, file: str = "") -> dict[str, Any]:
    """Return what a module gets that no user gives; ``file`` is that of its progress, where it can write one."""
    refuse_without_controller()
    if module == REPORT:
        return {"resources": resources()}
    texts = {**guest_scripts(), **(hook_scripts() if module == MIGRATION else {})}
    scripts = {"guest_scripts": texts} if module in _ASKING else {}
    return {**scripts, **({"progress_file": file, "watched": watched()} if file and module in SHOWN else {})}


@contextmanager
def progress() -> Iterator[str]:
    """Give the path of a private file, and show its lines as they come; what is there at the end is shown too."""
    handle, path = tempfile.mkstemp(prefix="os_migration-", dir=C.DEFAULT_LOCAL_TMP)
    os.close(handle)
    over = Event()
    follower = Thread(target=_follow, args=(path, over), daemon=True)
    follower.start()
    try:
        yield path
    finally:
        over.set()
        follower.join()
        os.unlink(path)


def _follow(path: str, over: Event) -> None:
    with open(path, encoding="utf-8", errors="replace") as file:
        line, ended = "", False
        while not ended:
            ended = over.wait(GLANCE)  # first, so that one more look follows the end
            for part in file:
                line += part
                if line.endswith("\n"):
                    tell(line.rstrip())
                    line = ""


def tell(line: str) -> None:
    """Show the user a line."""
    display.display(f"os_migration: {line}")


def complete(answer: dict[str, Any]) -> dict[str, Any]:
    """Return a module's answer as the user is to see it."""
    if "packed_results" in answer:
        answer["results"] = unpack(answer.pop("packed_results"))
    arguments = answer.get("invocation", {}).get("module_args", {})
    for name in _OWN_ARGUMENTS:
        arguments.pop(name, None)
    return {**answer, "_ansible_no_log": True} if any(name in answer for name in SECRETS) else answer
