# Copyright (c) 2026 evergreen.os_migration contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Who this process is, and whether another one on this machine is still there."""

from __future__ import annotations

import hashlib
import os
import platform
import uuid
from functools import lru_cache
from pathlib import Path

from ._core.lock import Holder, Lock
from ._processes import started

_BOOT, _NAMESPACE = Path("/proc/sys/kernel/random/boot_id"), Path("/proc/self/ns/pid")


def this_process() -> Holder:
    """Return a new run of this process."""
    pid = os.getpid()
    return Holder(uuid.uuid4().hex[:8], _machine(), pid, started(pid))


def is_there(lock: Lock) -> bool | None:
    """Say whether the process that holds a lock is still there; ``None`` when it runs on another machine, if at all."""
    who = lock.holder
    if not who.at or not who.started or who.at != _machine():
        return None
    return started(who.pid) == who.started


@lru_cache
def _machine() -> str:
    """Return a digest of this boot of this machine and its name space of processes; empty where they cannot be told."""
    try:
        parts = (_BOOT.read_text("utf-8").strip(), platform.node(), str(_NAMESPACE.readlink()))
    except OSError:
        return ""
    return hashlib.sha256("\n".join(parts).encode()).hexdigest()[:8]
