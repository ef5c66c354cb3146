# Copyright (c) 2026 evergreen.os_migration contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Which files and directories of a made-up guest are opened while a script runs, as the kernel tells it (inotify)."""

from __future__ import annotations

import ctypes
import os
import struct
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

_OPENED, _NONBLOCKING = 0x20, os.O_NONBLOCK
_EVENT = struct.Struct("iIII")


@contextmanager
def opened(root: Path) -> Iterator[set[str]]:
    """A set that holds, at the end, all that was opened below the root, as the guest calls it."""
    libc = ctypes.CDLL(None, use_errno=True)
    watcher = libc.inotify_init1(_NONBLOCKING)
    if watcher < 0:
        raise OSError(ctypes.get_errno(), "no inotify here")
    try:
        places: dict[int, Path] = {}
        for directory in [root, *(path for path in root.rglob("*") if path.is_dir() and not path.is_symlink())]:
            place = libc.inotify_add_watch(watcher, os.fsencode(directory), _OPENED)
            if place < 0:
                raise OSError(ctypes.get_errno(), f"cannot watch {directory}")
            places[place] = directory
        seen: set[str] = set()
        yield seen
        seen.update(f"/{path.relative_to(root)}" for path in _events(watcher, places))
    finally:
        os.close(watcher)


def _events(watcher: int, places: dict[int, Path]) -> Iterator[Path]:
    while True:
        try:
            data = os.read(watcher, 1 << 20)
        except BlockingIOError:
            return
        offset = 0
        while offset < len(data):
            place, mask, _cookie, length = _EVENT.unpack_from(data, offset)
            offset += _EVENT.size
            name = data[offset : offset + length].rstrip(b"\0")
            offset += length
            if mask & 0x4000:  # IN_Q_OVERFLOW: some are missing
                raise OSError("more was opened than could be told")
            if place in places and not mask & 0x8000:  # IN_IGNORED: the directory is gone
                yield places[place] / os.fsdecode(name)
