# Copyright (c) 2026 evergreen.os_migration contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""One JSON object per API call, written line by line; never a secret in it."""

from __future__ import annotations

import json
import threading
import time
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

READS = ("Describe", "List", "Get")


def kind_of(action: str) -> str:
    return "read" if action.startswith(READS) else "write"


class Journal:
    def __init__(self, path: Path) -> None:
        self._file = path.open("a", encoding="utf-8", buffering=1)
        self._lock = threading.Lock()

    def write(
        self,
        *,
        ts: float,
        service: str,
        action: str,
        resources: Iterable[str],
        status: int,
        code: str | None,
        access_key: str | None,
        fault: str | None = None,
        lost: Mapping[str, Any] | None = None,
    ) -> None:
        """`status` is 0 when the call was not applied, at least not yet; `fault` names what was done to it."""
        line: dict[str, Any] = {
            "ts": round(ts, 3),
            "wall": round(time.time(), 6),
            "service": service,
            "action": action,
            "kind": kind_of(action),
            "resources": list(dict.fromkeys(resources)),
            "status": status,
            "code": code,
            "access_key": access_key,
        }
        line |= {name: value for name, value in (("fault", fault), ("lost", lost)) if value}
        text = json.dumps(line, ensure_ascii=False) + "\n"
        with self._lock:
            if not self._file.closed:
                self._file.write(text)

    def close(self) -> None:
        with self._lock:
            self._file.close()
