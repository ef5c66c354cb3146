# Copyright (c) 2026 evergreen.os_migration contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Maintenance windows, as an operator meets them in a playbook's run."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timedelta, timezone
from pathlib import Path
from typing import Any

import yaml
from integration.harness import ROOT, Controller, cloud, group, host, instance_id
from readme.pages import files

NAMES = ("web-1", "web-2", "web-3", "web-4")
#: What the page on windows shows: nights from Saturday and from Sunday in Shanghai.
SHOWN = yaml.safe_load(files((ROOT / "docs/how-it-works.md").read_text("utf-8"))["group_vars/shop.yml"])

SHANGHAI = timezone(timedelta(hours=8))


def window(after: timedelta, length: str, **more: Any) -> list[dict[str, Any]]:
    """Return the one window that opens some time from now."""
    return [{"start": (datetime.now(timezone.utc) + after).strftime("%H:%M"), "length": length, **more}]


def test_hosts_outside_of_their_window_are_left_untouched_and_told_and_the_others_are_migrated(tmp_path: Path) -> None:
    later, now = window(timedelta(hours=3), "02:00"), window(timedelta(hours=-1), "12:00")
    with cloud({"groups": [group(name) for name in NAMES]}, tmp_path / "cloud") as simulated:
        hosts = {
            "web-1": host("web-1", os_migration_windows=later),
            "web-2": host("web-2", os_migration_windows=now),
            "web-3": host("web-3", os_migration_windows=[{**later[0], "timezone": "Asia/Shangai"}]),
            "web-4": host("web-4", **SHOWN),
        }
        user = Controller(simulated, tmp_path / "user", hosts)
        checked = replace(user, screen="evergreen.os_migration.fleet").play("migrate", "--check")
        print(checked.output)
        done = user.play("migrate")
        touched = {one for call in simulated.writes("TagResources", "CreateSnapshot") for one in call["resources"]}
    assert "postponed until" in checked.output
    assert "timezone 'Asia/Shangai' is not known to this machine" in done.failures["web-3"]
    assert list(done.failures) == ["web-3"], done.output
    shown = done.report("migrate")[instance_id("web-4")]
    assert done.states("migrate") == {
        instance_id("web-1"): "postponed",
        instance_id("web-2"): "migrated",
        instance_id("web-4"): shown["state"],
    }
    if shown["state"] == "migrated":
        assert datetime.now(SHANGHAI).strftime("%A") in ("Saturday", "Sunday", "Monday")
    else:
        opens = datetime.fromisoformat(shown["postponed_until"]).astimezone(SHANGHAI)
        assert opens.strftime("%A %H:%M") in ("Saturday 22:00", "Sunday 22:00")
    assert done.report("migrate")[instance_id("web-1")]["postponed_until"].endswith(later[0]["start"] + "+00:00")
    assert instance_id("web-2") in touched
    assert touched.isdisjoint({instance_id("web-1"), instance_id("web-3")})


def test_what_was_left_for_a_window_is_done_by_a_run_within_it(tmp_path: Path) -> None:
    with cloud({"groups": [group("web-1")]}, tmp_path / "cloud") as simulated:
        user = Controller(simulated, tmp_path / "user", {"web-1": host("web-1")})
        left = user.play("migrate", os_migration_windows=window(timedelta(hours=3), "02:00"))
        assert (left.rc, left.states("migrate")) == (0, {instance_id("web-1"): "postponed"}), left.output
        done = user.play("migrate", os_migration_windows=window(timedelta(hours=-1), "12:00"))
        assert done.states("migrate") == {instance_id("web-1"): "migrated"}, done.output
