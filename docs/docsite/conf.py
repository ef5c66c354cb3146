# Copyright (c) 2026 evergreen.os_migration contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Sphinx's settings for the documentation site, which script/docs --site builds.

Its source is a copy of the collection, so that the pages' links lead to the same places here and in the repository;
beside it stand the pages of this directory and, in reference/, what antsibull-docs writes.
"""

from __future__ import annotations

import re
from pathlib import Path

HERE = Path(__file__).resolve().parent
VERSION = re.compile(r"^version: (\S+)$", re.MULTILINE)

project = "evergreen.os_migration"
author = copyright = "evergreen.os_migration contributors"  # noqa: A001 - that is what Sphinx calls it
(version,) = VERSION.findall((HERE.parents[1] / "galaxy.yml").read_text("utf-8"))
release = version

extensions = ["myst_parser", "sphinx_antsibull_ext"]
include_patterns = [
    "*.rst",
    "*.md",
    "docs/*.md",
    "docs/scenarios/*.md",
    "roles/*/README.md",
    "tests/cloudsim/README.md",
    "reference/**",
]
myst_heading_anchors = 4
nitpicky = True
# Nothing is fetched while the site is built.
intersphinx_mapping: dict[str, tuple[str, str | None]] = {}

html_theme = "furo"
html_title = f"evergreen.os_migration {version}"
html_static_path = [str(HERE / "static")]
html_css_files = ["site.css"]
html_copy_source = False
html_show_sphinx = False
pygments_style = "friendly"
pygments_dark_style = "monokai"
highlight_language = "text"
