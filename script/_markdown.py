# Copyright (c) 2026 evergreen.os_migration contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Pieces of Markdown for the pages that are made from the code."""

from __future__ import annotations

import re
from collections.abc import Iterable

Row = Iterable[str]


def table(head: Row, rows: Iterable[Row]) -> str:
    head = tuple(head)
    return "".join(f"| {' | '.join(cells)} |\n" for cells in (head, ["---"] * len(head), *rows))


def code(text: str) -> str:
    return f"`{text}`"


def codes(texts: Iterable[str]) -> str:
    return ", ".join(map(code, texts))


def plain(text: str) -> str:
    """Return a text of the code so that Markdown shows it as it is, also in a table."""
    return re.sub(r"([\\*<>\[\]|`])", r"\\\1", text)
