# Copyright (c) 2026 evergreen.os_migration contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The WordPress example, by its page: a site that is deployed, migrated, put back, migrated again and deleted."""

from __future__ import annotations

import json
import shutil
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
import yaml
from integration.harness import DURATIONS, ROOT, Cloud, cloud
from readme.pages import commands, exports
from readme.test_examples import Reader, followed, read

EXAMPLE = ROOT / "examples/wordpress"


def scenario(page: str) -> dict[str, Any]:
    """The scenario that the page starts, with short durations."""
    (start,) = commands(page, "script/cloudsim")
    assert "--site-port" in start
    found: dict[str, Any] = yaml.safe_load((ROOT / start.split("--scenario ")[1].split()[0]).read_text("utf-8"))
    found["ros"]["instance"]["durations"] = DURATIONS
    return found


@contextmanager
def reading(page: str, directory: Path) -> Iterator[tuple[Cloud, Reader]]:
    """A cloud whose sites can be reached, and a reader who has taken the example."""
    with cloud(scenario(page), directory / "cloud", sites=True) as running:
        home = directory / "reader"
        shutil.copytree(EXAMPLE, home)
        (home / "group_vars/all/zz.yml").write_text(json.dumps({"wordpress_poll_interval": 0.1}), "utf-8")
        yield running, Reader(home, running.endpoint, {**exports(page), "http_proxy": running.sites})


def test_the_site_serves_the_same_page_before_and_after_and_nothing_is_left(tmp_path: Path) -> None:
    page = read("wordpress.md")
    with reading(page, tmp_path) as (running, reader):
        output = followed(page, reader)
        check_what_was_done(running)
    assert exports(page)["WORDPRESS_DATABASE_PASSWORD"] not in output
    verified = json.loads((reader.directory / "os-migration-report/verify.json").read_text("utf-8"))
    (check,) = verified["results"][0]["checks"]
    assert (check["name"], check["error"]) == ("the site's page", None)


def check_what_was_done(running: Cloud) -> None:
    """One stack was made, one job for each of two attempts; every snapshot, and the stack, is gone."""
    done = [call["action"] for call in running.writes()]
    assert (done.count("CreateStack"), done.count("DeleteStack")) == (1, 1)
    assert (done.count("StartReplicationJob"), done.count("ResetDisk")) == (2, 1)
    both_of_each_attempt = 2 * 2  # ours, and the one that the service takes itself
    assert done.count("DeleteSnapshot") == both_of_each_attempt
    assert done[-1] == "DeleteStack"


@pytest.mark.variant
def test_a_site_that_was_put_back_leaves_none_of_our_snapshots_when_it_is_deleted(tmp_path: Path) -> None:
    page = read("wordpress.md")
    with reading(page, tmp_path) as (running, reader):
        reader.write(page)
        for playbook in ("wordpress.yml", "rollback.yml", "clean_up.yml"):
            command = ["ansible-playbook", playbook]
            done = subprocess.run(
                command, cwd=reader.directory, env=reader.environment(), check=False, capture_output=True, text=True
            )
            assert done.returncode == 0, done.stdout + done.stderr
        done_there = [call["action"] for call in running.writes()]
    assert done_there.count("DeleteSnapshot") == done_there.count("CreateSnapshot") == 1
    assert done_there[-1] == "DeleteStack"
