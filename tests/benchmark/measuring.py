# Copyright (c) 2026 evergreen.os_migration contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""One command, and what it and everything that it started cost."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

#: Seconds after which a command is taken for one that hangs. No measured time is judged by it.
PATIENCE = 4 * 3600.0


@dataclass(frozen=True)
class Usage:
    """Times in seconds, ``began`` since 1970; ``memory_mib`` is the peak of the largest process."""

    rc: int
    began: float
    wall: float
    cpu: float
    memory_mib: int
    output: str

    @property
    def ended(self) -> float:
        return self.began + self.wall


def stop_when_asked() -> None:
    """Let SIGTERM end this process as Ctrl-C does, so that it ends what it has started."""
    signal.signal(signal.SIGTERM, lambda _number, _frame: sys.exit(143))


def run(command: Sequence[str], environment: Mapping[str, str], output: Path, patience: float = PATIENCE) -> Usage:
    """Run a command to its end, with what it prints in a file; one that hangs is killed with all its children.

    A process hands its own figures and those of the children that it waited for to whoever waits for it, so the
    modules that ansible-playbook's workers start are in the sum.
    """
    began, started = time.time(), time.monotonic()
    with output.open("wb") as file:
        process = subprocess.Popen(
            command,
            stdin=subprocess.DEVNULL,
            stdout=file,
            stderr=subprocess.STDOUT,
            env=dict(environment),
            cwd=output.parent,
            start_new_session=True,
        )
        guard = threading.Timer(patience, os.killpg, (process.pid, signal.SIGKILL))
        guard.start()
        try:
            _pid, status, usage = os.wait4(process.pid, 0)
        except BaseException:
            os.killpg(process.pid, signal.SIGKILL)
            raise
        finally:
            guard.cancel()
    process.returncode = os.waitstatus_to_exitcode(status)
    return Usage(
        rc=process.returncode,
        began=began,
        wall=time.monotonic() - started,
        cpu=usage.ru_utime + usage.ru_stime,
        memory_mib=usage.ru_maxrss // 1024,
        output=output.read_text("utf-8", "replace"),
    )
