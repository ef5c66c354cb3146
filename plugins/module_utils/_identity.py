# Copyright (c) 2026 evergreen.os_migration contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Who this process is, and whether another one on this machine is still there."""

from __future__ import annotations

import getpass
import hashlib
import os
import platform
import uuid
from datetime import datetime, timezone
from functools import lru_cache
from pathlib import Path

from ._core.lock import Holder, Lock
from ._processes import started

_BOOT, _NAMESPACE = Path("/proc/sys/kernel/random/boot_id"), Path("/proc/self/ns/pid")


def this_process() -> Holder:
    """Return a new run of this process."""
    pid = os.getpid()
    return Holder(uuid.uuid4().hex[:8], _machine(), pid, started(pid))


def who_and_when() -> dict[str, str]:
    """Return the user and the machine of this process, and the time in ISO 8601, UTC."""
    try:
        user = getpass.getuser()
    except (KeyError, OSError):  # a user without a name, as in some containers
        user = f"uid-{os.getuid()}"
    now = datetime.now(timezone.utc).isoformat(timespec="seconds")
    return {"who": f"{user}@{platform.node()}", "at": now}


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
