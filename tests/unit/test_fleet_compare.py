# Copyright (c) 2026 evergreen.os_migration contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""A comparison tells what got better, what is new, what is gone, and counts the rest."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import date
from typing import Any

import jsonschema
import pytest
from ansible_collections.evergreen.os_migration.plugins.module_utils._core.model import Waiver
from ansible_collections.evergreen.os_migration.plugins.module_utils._report import source
from ansible_collections.evergreen.os_migration.plugins.module_utils._report.compare import compare
from ansible_collections.evergreen.os_migration.plugins.module_utils._report.document import Day
from ansible_collections.evergreen.os_migration.plugins.module_utils._report.files import as_json
from ansible_collections.evergreen.os_migration.plugins.module_utils._report.words import translated
from hypothesis import given, settings
from hypothesis import strategies as st

from .fleet_results import SCHEMA, WORDS, finding, report, result

RULES = ("linux.i686_packages", "linux.memory", "linux.rsync")
EARLIER = Day(date(2026, 10, 22))
FINDINGS = st.lists(
    st.builds(finding, st.sampled_from(RULES), st.sampled_from(["inhibitor", "warning", "info"])),
    max_size=3,
    unique_by=lambda found: found.id,
)
FLEETS = st.dictionaries(st.integers(1, 4), FINDINGS, max_size=4)


def fleet(findings: dict[int, Any], day: Day = EARLIER) -> dict[str, Any]:
    return report(*(result(number, *found) for number, found in findings.items()), day=day)


def changed(name: str, start: str, end: str, *ids: str) -> dict[str, Any]:
    return {"instance_id": f"i-{name[-1]}", "name": name, "from": start, "to": end, "ids": list(ids)}


def test_a_finding_that_is_gone_is_better_and_a_new_one_is_worse() -> None:
    compared = compare(fleet({1: [finding()]}), fleet({1: [finding("linux.memory")]}))
    assert compared["better"] == [changed("web-1", "blocked", "blocked", "linux.i686_packages")]
    assert compared["worse"] == [changed("web-1", "blocked", "blocked", "linux.memory")]
    assert compared["unchanged"] == 0


@pytest.mark.parametrize(
    ("before", "now", "list_name"), [("inhibitor", "warning", "better"), ("info", "warning", "worse")]
)
def test_a_finding_can_become_less_or_more_severe(before: str, now: str, list_name: str) -> None:
    compared = compare(fleet({1: [finding(severity=before)]}), fleet({1: [finding(severity=now)]}))
    assert [change["ids"] for change in compared[list_name]] == [["linux.i686_packages"]]
    assert len(compared["better"]) + len(compared["worse"]) == 1


def test_that_somebody_waived_a_finding_makes_nothing_better() -> None:
    waiver = Waiver("linux.i686_packages", "goes with the host", "ops", "2099-12-31")
    waived = replace(finding(severity="warning"), waiver=waiver)
    compared = compare(fleet({1: [finding()]}), fleet({1: [waived]}))
    assert (compared["better"], compared["worse"], compared["unchanged"]) == ([], [], 1)
    assert [change["ids"] for change in compare(fleet({1: [waived]}), fleet({1: []}))["better"]] == [[waived.id]]


@pytest.mark.parametrize(("before", "now", "list_name"), [("ready", "migrated", "better"), ("ready", "odd", "worse")])
def test_a_state_alone_can_change(before: str, now: str, list_name: str) -> None:
    compared = compare(report(result(state=before)), report(result(state=now)))
    assert compared[list_name] == [changed("web-1", before, now)]


def test_instances_come_and_go() -> None:
    compared = compare(fleet({1: [], 2: []}), fleet({2: [], 3: []}))
    assert compared["gone"] == [{"instance_id": "i-1", "name": "web-1"}]
    assert compared["added"] == [{"instance_id": "i-3", "name": "web-3"}]
    assert compared["unchanged"] == 1


def test_the_earlier_day_and_its_states_are_told() -> None:
    compared = compare(fleet({1: [finding()], 2: []}), fleet({1: []}))
    assert compared["previous_date"] == "2026-10-22"
    assert compared["states"]["blocked"] == 1


@settings(max_examples=200, deadline=None)
@given(FLEETS, FLEETS)
def test_looking_back_from_the_other_side_swaps_better_and_worse(before: Any, now: Any) -> None:
    there, back = compare(fleet(before), fleet(now)), compare(fleet(now), fleet(before))
    assert {one["instance_id"]: set(one["ids"]) for one in there["better"]} == {
        one["instance_id"]: set(one["ids"]) for one in back["worse"]
    }
    assert sorted(map(str, there["added"])) == sorted(map(str, back["gone"]))
    assert there["unchanged"] == back["unchanged"]


@settings(max_examples=100, deadline=None)
@given(FLEETS, FLEETS)
def test_every_instance_is_accounted_for(before: Any, now: Any) -> None:
    compared = compare(fleet(before), fleet(now))
    moved = {change["instance_id"] for change in [*compared["better"], *compared["worse"]]}
    assert len(moved) + compared["unchanged"] + len(compared["added"]) == len(now)
    assert len(moved) + compared["unchanged"] + len(compared["gone"]) == len(before)
    document = {**fleet(now), "comparison": compared}
    jsonschema.Draft202012Validator(SCHEMA).validate(translated(document, WORDS["en"]))


def test_an_earlier_report_is_read_as_it_was_written() -> None:
    written = translated(fleet({1: [finding()]}), WORDS["ja"])
    assert source.earlier(as_json(written)) == written


@pytest.mark.parametrize(
    ("text", "complaint"),
    [
        ("rubbish", "no JSON"),
        ("[]", "no JSON object"),
        ("{}", "schema_version is None, not 1"),
        ('{"schema_version": 2, "instances": []}', "schema_version is 2, not 1"),
        ('{"schema_version": 1}', "no list of instances"),
    ],
)
def test_what_is_no_report_is_refused_with_the_reason(text: str, complaint: str) -> None:
    with pytest.raises(ValueError, match=complaint):
        source.earlier(text)


@pytest.mark.parametrize(
    "change",
    [
        {"date": None},
        {"totals": []},
        {"instances": [{}]},
        {"instances": [5]},
        {"instances": [{"instance_id": "i-1", "state": "ready", "findings": [{"id": "x", "severity": "dreadful"}]}]},
    ],
)
def test_a_damaged_report_is_refused(change: dict[str, Any]) -> None:
    damaged = json.loads(json.dumps({**fleet({1: []}), **change}))
    if "date" in change:
        damaged.pop("date")
    with pytest.raises(ValueError, match="not in the form of a fleet report"):
        compare(damaged, fleet({1: []}))
