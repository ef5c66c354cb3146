# Copyright (c) 2026 evergreen.os_migration contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Write the pages that are made from the code.

Usage: _docs.py DIRECTORY
"""

from __future__ import annotations

import sys
from collections.abc import Callable, Mapping
from pathlib import Path

import _page_of_errors
import _page_of_rules
import _page_of_variables

PAGES: Mapping[str, Callable[[], str]] = {
    "errors.md": _page_of_errors.page,
    "rules.md": _page_of_rules.page,
    "variables.md": _page_of_variables.page,
}


def main() -> None:
    for name, page in PAGES.items():
        Path(sys.argv[1], name).write_text(page(), "utf-8")


if __name__ == "__main__":
    main()
