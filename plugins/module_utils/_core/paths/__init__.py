# Copyright (c) 2026 evergreen.os_migration contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The supported migration paths as one table, and the planner over it."""

from __future__ import annotations

from .path import ARM, CONDITIONS, X86, Path, Start, admits, after, refused
from .planner import find, invalid_target, plan, reachable
from .rows import ids, rows, start, with_rows
from .table import PATHS, PROVIDER, SERVICES

__all__ = [
    "ARM",
    "CONDITIONS",
    "PATHS",
    "PROVIDER",
    "SERVICES",
    "X86",
    "Path",
    "Start",
    "admits",
    "after",
    "find",
    "ids",
    "invalid_target",
    "plan",
    "reachable",
    "refused",
    "rows",
    "start",
    "with_rows",
]
