# Copyright (c) 2026 evergreen.os_migration contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""No event of a job is so large that AWX drops it, and none grows with the fleet.

The fleet's size here is one that a test can wait for; that a host's own result is bounded whatever is in it, and the
batch's own however many hosts there are, tests/unit/test_events.py shows.
"""

from __future__ import annotations

import json
from collections import Counter
from pathlib import Path
from typing import Any

import pytest
from integration.harness import Controller, cloud, group, host

MOST = 20_000
#: The same twice, but for the number of hosts.
FEW, MANY = 10, 50
SICK = {"guest": {"packages": [f"lib{number}-1.0.i686" for number in range(300)], "free_mib": {"/var": 3, "/usr": 1}}}
CONFIGURATION = "[defaults]\ncallback_plugins = {}\ncallbacks_enabled = recorder\n"


def events(directory: Path, number: int, monkeypatch: pytest.MonkeyPatch) -> list[dict[str, Any]]:
    """The events of an assessment and of a migration in check mode, every tenth host of which is in a bad way."""
    names = [f"web-{at:03}" for at in range(number)]
    groups = [group(name, smc_source="available", **(SICK if at % 10 == 0 else {})) for at, name in enumerate(names)]
    recorded = directory / "events.jsonl"
    monkeypatch.setenv("RECORDED", str(recorded))
    with cloud({"groups": groups, "command": {"memoise_facts": True}}, directory / "cloud") as simulated:
        user = Controller(simulated, directory / "user", {name: host(name) for name in names})
        user.directory.mkdir()
        plugins = Path(__file__).parent / "callback"
        (user.directory / "ansible.cfg").write_text(CONFIGURATION.format(plugins), "utf-8")
        for options in (("assess",), ("migrate", "--check", "--diff")):
            run = user.play(*options)
            assert len(run.failures) == number // 10, run.output[-2000:]
    return [json.loads(line) for line in recorded.read_text("utf-8").splitlines()]


def test_no_event_is_above_twenty_kilobytes_and_none_grows_with_the_fleet(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    few, many = (events(tmp_path / str(number), number, monkeypatch) for number in (FEW, MANY))
    counts = Counter(one["event"] for one in many)
    assert counts["runner_on_failed"] == 2 * MANY // 10
    assert counts["playbook_on_stats"] == 2
    assert max(one["size"] + one["printed"] for one in many) < MOST
    largest = {kind: max(one["size"] for one in few if one["event"] == kind) for kind in counts}
    for one in many:
        assert one["size"] < largest[one["event"]] + 300, one
