# Copyright (c) 2026 evergreen.os_migration contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""End the work when nobody is left to take its result."""

from __future__ import annotations

import threading
from collections.abc import Sequence
from pathlib import Path

# Seconds between two looks.
_INTERVAL = 1.0
# States of a process that is over, and of which only its parent has not heard yet.
_ENDED = ("Z", "X")


def started(pid: int) -> str:
    """Return when a process was started, in the kernel's ticks; empty when it is gone, or cannot be told."""
    try:
        stat = Path(f"/proc/{pid}/stat").read_text("utf-8", "replace")
    except OSError:
        return ""
    # The name of the program stands in brackets and may hold anything; the start is the 20th field after it.
    fields = stat.rpartition(")")[2].split()
    return "" if fields[0] in _ENDED else fields[19]


def watch(processes: Sequence[Sequence[str | int]], stop: threading.Event) -> None:
    """Set ``stop`` as soon as one of the processes, each a pid and its start, is not there any more."""
    watched = [(int(pid), str(start)) for pid, start in processes if start]
    if watched:
        threading.Thread(target=_watch, args=(watched, stop), daemon=True).start()


def _watch(watched: Sequence[tuple[int, str]], stop: threading.Event) -> None:
    while all(started(pid) == start for pid, start in watched) and not stop.wait(_INTERVAL):
        pass
    stop.set()
