# Copyright (c) 2026 evergreen.os_migration contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What is known of an attempt is added to by later runs, and never erased."""

from __future__ import annotations

import getpass
import json
from pathlib import Path
from typing import Any

import pytest
from ansible_collections.evergreen.os_migration.plugins.module_utils._core.lasting import lasting
from ansible_collections.evergreen.os_migration.plugins.module_utils._core.results import LASTING, PHASES, merged
from ansible_collections.evergreen.os_migration.plugins.module_utils._identity import who_and_when
from ansible_collections.evergreen.os_migration.plugins.module_utils._results import results_file
from hypothesis import given
from hypothesis import strategies as st

ANN, BOB = ({"who": f"{name}@ctl", "at": f"2026-01-0{day}T00:00:00+00:00"} for name, day in (("ann", 1), ("bob", 2)))
HOP = {"source": "centos-7", "target": "alinux-3"}
FIRST: dict[str, Any] = {
    "instance_id": "i-1",
    "state": "failed",
    "changed": True,
    "attempt": 1,
    "hops": [HOP],
    "hop": 0,
    "job_id": "j-1",
    "works": [{"id": "j-1", "status": "failed"}],
    "method": "smc",
    "error": {"code": "AgentLost"},
    "timeline": [{"at": "1", "event": "marked started"}],
}


def told(**changes: Any) -> dict[str, Any]:
    """Return the result of a run that knows nothing but its end."""
    nothing = {"hops": [], "hop": 0, "job_id": None, "works": [], "method": None, "error": None, "timeline": []}
    return {"instance_id": "i-1", "state": "migrated", "changed": False, "attempt": 1, **nothing, **changes}


def test_a_rerun_adds_its_events_works_and_who_ran_when() -> None:
    events = [{"at": "2", "event": "marked migrated"}]
    again = told(changed=True, timeline=events, works=[{"id": "j-1", "status": "done"}, {"id": "j-2"}], job_id="j-2")
    entry = lasting(lasting(None, FIRST, ANN), again, BOB)
    assert (entry["state"], entry["error"]) == ("migrated", None)
    assert entry["timeline"] == [*FIRST["timeline"], *events]
    assert entry["works"] == [{"id": "j-1", "status": "done"}, {"id": "j-2"}]
    assert (entry["hops"], entry["method"], entry["job_id"]) == ([HOP], "smc", "j-2")
    assert entry["runs"] == [
        {**ANN, "state": "failed", "changed": True},
        {**BOB, "state": "migrated", "changed": True},
    ]


def test_a_rerun_that_has_nothing_to_do_erases_nothing_and_leaves_no_trace() -> None:
    done = lasting(None, {**FIRST, "state": "migrated", "error": None, "hop": 1}, ANN)
    again = told(timeline=[{"at": "9", "event": "verified"}])
    assert lasting(done, again, BOB) == {**done, "changed": False}


def test_another_end_without_a_change_is_told() -> None:
    done = lasting(None, {**FIRST, "state": "migrated", "error": None}, ANN)
    lost = told(state="failed", attempt=None, error={"code": "InstanceNotFound"})
    entry = lasting(done, lost, BOB)
    assert [one["state"] for one in entry["runs"]] == ["migrated", "failed"]
    assert (entry["attempt"], entry["hops"]) == (1, [HOP])


def test_a_new_attempt_begins_anew_and_the_former_is_kept_whole() -> None:
    first = lasting(None, FIRST, ANN)
    second = lasting(first, {**FIRST, "attempt": 2, "works": [], "timeline": []}, BOB)
    assert (second["works"], second["timeline"], len(second["runs"])) == ([], [], 1)
    (kept,) = second["earlier"]
    assert {name: kept[name] for name in ("attempt", "works", "timeline", "runs", "hops")} == {
        name: first[name] for name in ("attempt", "works", "timeline", "runs", "hops")
    }
    third = lasting(second, {**FIRST, "attempt": 3}, BOB)
    assert [one["attempt"] for one in third["earlier"]] == [1, 2]


def test_an_entry_of_the_version_before_is_added_to() -> None:
    former = {name: value for name, value in FIRST.items() if name not in ("attempt", "works")}
    entry = lasting(former, {**FIRST, "timeline": [{"at": "2", "event": "more"}]}, BOB)
    assert [event["event"] for event in entry["timeline"]] == ["marked started", "more"]


VALUES = st.none() | st.booleans() | st.text(max_size=3) | st.lists(st.none() | st.dictionaries(st.text(), st.text()))


@given(st.lists(st.dictionaries(st.sampled_from([*FIRST, "runs", "earlier"]), VALUES), max_size=4))
def test_whatever_stands_in_a_file_can_be_added_to(runs: list[dict[str, Any]]) -> None:
    text = ""
    for said in runs:
        text = merged("migrate", [{**said, "instance_id": "i-1", "state": "failed"}], text, ANN)
    assert not runs or len(json.loads(text)["results"]) == 1


def test_results_of_attempts_last_and_those_of_looks_are_the_latest(tmp_path: Path) -> None:
    assert set(LASTING) < set(PHASES.values())
    for state, phase in PHASES.items():
        file = results_file({"results_file": str(tmp_path / f"{phase}.json"), "state": state}, writing=True)
        assert file is not None
        file.add([FIRST])
        file.add([told()])
        (entry,) = json.loads((tmp_path / f"{phase}.json").read_text("utf-8"))["results"]
        assert ("runs" in entry) == (phase in LASTING)
        assert bool(entry["hops"]) == (phase in LASTING)


def test_who_ran_has_a_name_also_where_the_system_knows_none(monkeypatch: pytest.MonkeyPatch) -> None:
    assert who_and_when()["who"].startswith(f"{getpass.getuser()}@")
    assert who_and_when()["at"].endswith("+00:00")

    def nobody() -> str:
        raise KeyError("uid not found")

    monkeypatch.setattr(getpass, "getuser", nobody)
    assert who_and_when()["who"].startswith("uid-")
