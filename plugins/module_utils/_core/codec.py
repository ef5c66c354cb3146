# Copyright (c) 2026 evergreen.os_migration contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Plain data as one short text: Ansible handles a text much faster than a large structure."""

from __future__ import annotations

import base64
import json
import sys
import zlib
from typing import Any


def pack(value: Any) -> str:
    """Return plain data as a text."""
    return base64.b64encode(zlib.compress(json.dumps(value).encode(), level=1)).decode()


def unpack(text: str) -> Any:
    """Return what :func:`pack` was given; equal texts in it become one, because a fleet's results are much alike."""
    return json.loads(zlib.decompress(base64.b64decode(text)), object_hook=_interned)


def _interned(data: dict[str, Any]) -> dict[str, Any]:
    return {key: sys.intern(value) if isinstance(value, str) else value for key, value in data.items()}
