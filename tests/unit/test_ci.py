# Copyright (c) 2026 evergreen.os_migration contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""A public CI runs what a contributor runs, and the package holds what belongs to the product only."""

from __future__ import annotations

import re
import subprocess
from fnmatch import fnmatch
from pathlib import Path
from urllib.parse import urlsplit

import yaml

ROOT = Path(__file__).resolve().parents[2]
WORKFLOWS = sorted((ROOT / ".github/workflows").glob("*.yml"))
GALAXY = yaml.safe_load((ROOT / "galaxy.yml").read_text("utf-8"))
LINKS = yaml.safe_load((ROOT / "docs/docsite/links.yml").read_text("utf-8"))


def test_every_stage_of_the_tests_is_run_once_by_the_workflow() -> None:
    listed = subprocess.run([ROOT / "script/test", "--list"], check=True, capture_output=True, text=True).stdout.split()
    jobs = yaml.safe_load((ROOT / ".github/workflows/tests.yml").read_text("utf-8"))["jobs"]
    run = [stage for row in jobs["stages"]["strategy"]["matrix"]["include"] for stage in row["stages"].split()]
    assert sorted(run) == sorted(listed)


def test_workflows_name_a_major_version_of_each_action_and_may_only_read() -> None:
    for path in WORKFLOWS:
        workflow = yaml.safe_load(path.read_text("utf-8"))
        used = [step["uses"] for job in workflow["jobs"].values() for step in job["steps"] if "uses" in step]
        assert [name for name in used if not re.fullmatch(r"actions/[\w-]+@v\d+", name)] == []
        assert workflow["permissions"] == {"contents": "read"}


def test_what_git_ignores_and_what_is_for_development_only_stays_out_of_the_package() -> None:
    ignored = [line.strip("/") for line in (ROOT / ".gitignore").read_text("utf-8").splitlines()]
    out = [*GALAXY["build_ignore"], "__pycache__"]  # Ansible itself leaves out the latter
    assert [name for name in ignored if not any(fnmatch(name, pattern) for pattern in out)] == []


def test_all_addresses_of_the_collection_are_on_one_host() -> None:
    named = [GALAXY[key] for key in ("repository", "documentation", "homepage", "issues")]
    named += [link["url"] for link in LINKS["extra_links"]]
    assert len({urlsplit(address).netloc for address in named}) == 1


def test_every_page_is_on_the_website() -> None:
    """A page that no list names is only told by the build of the website, which takes longer."""
    listed = (ROOT / "docs/docsite/index.rst").read_text("utf-8")
    pages = [*ROOT.glob("docs/**/*.md"), *ROOT.glob("roles/*/README.md"), *ROOT.glob("*.md")]
    names = [str(path.relative_to(ROOT).with_suffix("")) for path in pages]
    assert [name for name in names if name not in listed] == []
