# Copyright (c) 2026 evergreen.os_migration contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What a user is told: one entry per instance with the same keys, one line, one difference."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import replace
from typing import Any

from ansible_collections.evergreen.os_migration.plugins.module_utils._core import command, look
from ansible_collections.evergreen.os_migration.plugins.module_utils._core.goal import Goal
from ansible_collections.evergreen.os_migration.plugins.module_utils._core.migration.view import Migration, View
from ansible_collections.evergreen.os_migration.plugins.module_utils._core.model import (
    CommandResult,
    Guest,
    Hop,
    Instance,
    Item,
    Problem,
    Work,
)
from ansible_collections.evergreen.os_migration.plugins.module_utils._core.outcome import (
    assessment,
    fraction,
    outcome,
    script_outcome,
    source_os,
    summary,
)
from ansible_collections.evergreen.os_migration.plugins.module_utils._core.record import Record
from ansible_collections.evergreen.os_migration.plugins.module_utils._core.tag import TAG_KEY
from hypothesis import given, settings
from hypothesis import strategies as st

from .situations import FRESH, HERE, linux, tagged, wanting
from .strategies import ID, likely_records, records
from .test_command import views as script_views

KEYS = {
    *(
        "instance_id",
        "name",
        "postponed_until",
        "region",
        "provider",
        "profile",
        "source_os",
        "target_os",
        "state",
        "attempt",
        "works",
        "hop",
        "hops",
        "snapshots",
    ),
    *(
        "job_id",
        "findings",
        "stopped_services",
        "changed",
        "error",
        "timeline",
        "instance",
        "method",
        "way_back",
        "data_lost_since",
    ),
}
WAY = (Hop("windows-2008r2", "windows-2012r2"), Hop("windows-2012r2", "windows-2016"))
STARTED = tagged("started", source="windows-2008r2", target="windows-2016")


def record(name: str, state: str, done: bool = True, problem: bool = False, **view: Any) -> Migration:
    return Record(Item(name), View(**view), state, done, problem=Problem("Code", "Message.") if problem else None)


@settings(max_examples=300, deadline=None)
@given(records() | likely_records() | records(script_views))
def test_every_result_has_the_same_keys_and_is_json(one: Record[Any]) -> None:
    entry = outcome(one)
    assert set(entry) == KEYS
    more = assessment(one, Goal("assessed")) if isinstance(one.view, View) else script_outcome(one, Goal())
    json.dumps({**entry, **more})
    assert 0 <= entry["hop"] <= len(entry["hops"])
    assert (entry["error"] is None) == (one.problem is None)


@settings(max_examples=200, deadline=None)
@given(st.lists(likely_records(), max_size=4), st.floats(0, 1e6))
def test_a_summary_counts_everybody_once_and_looks_only_ahead(ones: Sequence[Migration], elapsed: float) -> None:
    total = summary(ones, elapsed)
    assert total["total"] == len(ones) == sum(total["states"].values())
    assert total["failed"] == len([one for one in ones if one.done and one.problem])
    assert total["eta_seconds"] is None or total["eta_seconds"] >= 0
    assert total["text"]


@settings(max_examples=300, deadline=None)
@given(likely_records())
def test_nobody_has_more_than_all_of_the_work_behind_it(one: Migration) -> None:
    assert 0 <= fraction(one) <= 1


def test_a_finished_hop_does_not_count_for_the_next_one() -> None:
    first, second = (
        Work("smc", "j-1", "osm-i-a1-h1", status="done", progress=100),
        Work("smc", "j-2", "osm-i-a1-h2", status="running", progress=4),
    )
    here = record("i", "migrating", done=False, instance=STARTED, hops=WAY, hop=1, works=(first, second))
    assert 0.5 < fraction(here) < 0.7


def test_work_advances_from_state_to_state() -> None:
    states = ["queued", "protecting", "importing", "migrating", "verifying"]
    ways = [record("i", state, done=False, hops=WAY, hop=hop) for hop in (0, 1) for state in states]
    done = [fraction(one) for one in [*ways, record("i", "migrated")]]
    assert done == sorted(done)


def test_the_line_tells_good_from_bad_and_says_what_is_going_on() -> None:
    ones = [
        *[record(f"a{n}", "migrated") for n in range(3)],
        record("b", "failed", problem=True),
        record("c", "rolled_back", problem=True),
        *[record(f"d{n}", "migrating", done=False) for n in range(2)],
    ]
    assert summary(ones, 0)["text"] == "3/7 migrated, 1 failed, 1 rolled back, 2 migrating"
    assert summary([record("d", "protecting", done=False)], 0)["text"] == "0/1 done, 1 protecting"
    assert summary([], 0)["text"] == "0/0 done"


def test_who_is_between_first_and_last_write_is_running() -> None:
    here = record("a", "migrating", done=False, instance=STARTED)
    assert summary([here, record("b", "queued", done=False), here.with_(done=True)], 0)["running"] == 1


def test_the_time_left_follows_from_the_time_taken() -> None:
    half = [record("a", "migrated"), record("b", "queued", done=False)]
    total = summary(half, 600)
    assert (total["eta_seconds"], total["text"].rsplit(", ", maxsplit=1)[-1]) == (600, "eta 10 min")
    assert summary(half, 1)["text"].endswith("eta 1 min")
    assert summary(half[:1], 600)["eta_seconds"] is None
    assert summary(half[1:], 600)["eta_seconds"] is None


def test_the_source_is_the_system_that_is_left_however_far_the_way() -> None:
    here = Instance(ID, "r", "alicloud", os="windows-2012r2")
    unreadable = replace(here, tags={TAG_KEY: "by hand"})
    assert source_os(record(ID, "x")) is None
    assert source_os(record(ID, "x", instance=here)) == "windows-2012r2"
    assert source_os(record(ID, "x", instance=here, guest=Guest("windows-2016"))) == "windows-2016"
    assert source_os(record(ID, "x", instance=replace(here, tags=STARTED.tags))) == "windows-2008r2"
    assert source_os(record(ID, "x", instance=unreadable)) == "windows-2012r2"
    assert source_os(record(ID, "x", instance=here, hops=WAY)) == "windows-2008r2"


def test_the_newest_own_job_is_named_before_anybody_else_s() -> None:
    works = tuple(Work("smc", *names) for names in (("j-2", "osm-i-a1-h2"), ("j-1", "osm-i-a1-h1"), ("j-9", "by hand")))
    assert outcome(record("i", "x", works=works))["job_id"] == "j-2"
    assert outcome(record("i", "x", works=works[2:]))["job_id"] == "j-9"
    assert outcome(record("i", "x"))["job_id"] is None


def test_other_workflows_results_have_the_keys_of_a_migration_too() -> None:
    for view in (look.View(HERE), command.View(HERE)):
        entry = outcome(Record(Item(ID), view, "running", True))
        assert (set(entry), entry["source_os"], entry["hops"], entry["snapshots"]) == (KEYS, "centos-7", [], [])
        assert entry["instance"]["hostname"] == HERE.hostname
    assert summary([Record(Item(ID), look.View(HERE), "running", True)], 5.0)["text"] == "1/1 running"


def test_an_assessment_tells_what_the_instance_could_become_and_the_guest_s_own_word() -> None:
    told = assessment(FRESH, wanting("assessed"))
    assert {"alinux-3", "anolis-8", "rhel-7"} <= set(told["targets"])
    assert told["guest"] == {"os": "centos-7", "version": "", "edition": "", "language": "", "trouble": ""}
    assert assessment(FRESH.learns(guest=None), wanting("assessed"))["guest"] is None
    assert assessment(FRESH, wanting("migrated")) == {}
    assert assessment(record("i", "failed"), wanting("assessed")) == {}


def test_the_services_that_a_guest_keeps_a_list_of_are_in_every_result() -> None:
    """Whoever runs next, and whoever reads the results file, knows what has to be started again."""
    guest = linux(stopped_services="nginx.service web.socket")
    for state in ("assessed", "migrating", "failed"):
        told = outcome(FRESH.learns(guest=guest).with_(state=state))
        assert told["stopped_services"] == ["nginx.service", "web.socket"]
    for without in (linux(stopped_services="none"), linux(), None):
        assert outcome(FRESH.learns(guest=without))["stopped_services"] == []


def test_a_script_s_result_says_when_output_is_missing() -> None:
    cut = Record(Item("i"), command.View(result=CommandResult("finished", 3, "out", "err", dropped_bytes=7)))
    told = script_outcome(cut, Goal())
    assert told == {
        "rc": 3,
        "stdout": "out",
        "stderr": "err",
        "truncated": True,
        "dropped_bytes": 7,
        "restarted": False,
        "stopped_services": [],
    }
    none = script_outcome(Record(Item("i"), command.View()), Goal())
    assert (none["rc"], none["truncated"]) == (None, False)
