# Copyright (c) 2026 evergreen.os_migration contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The fleet report says of every instance what the assessment said, and follows the published schema."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import date
from typing import Any

import jsonschema
import pytest
from ansible_collections.evergreen.os_migration.plugins.module_utils._core.model import UNKNOWN, Guest, Problem
from ansible_collections.evergreen.os_migration.plugins.module_utils._report import source
from ansible_collections.evergreen.os_migration.plugins.module_utils._report.document import Day, build
from ansible_collections.evergreen.os_migration.plugins.module_utils._report.files import as_json
from ansible_collections.evergreen.os_migration.plugins.module_utils._report.words import translated
from hypothesis import given, settings
from hypothesis import strategies as st

from .fleet_results import DAY, RULE, SCHEMA, WAIVER, WORDS, assessed, finding, machine, report, result

VALIDATOR = jsonschema.Draft202012Validator(SCHEMA, format_checker=jsonschema.FormatChecker())
ANYTHING = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(max_size=8),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner, max_size=3),
    max_leaves=8,
)


def only(document: dict[str, Any]) -> dict[str, Any]:
    (instance,) = document["instances"]
    return instance


def test_the_schema_is_a_schema() -> None:
    jsonschema.Draft202012Validator.check_schema(SCHEMA)
    assert SCHEMA["properties"]["schema_version"]["const"] == source.VERSION


def test_a_report_says_what_runs_what_is_planned_and_what_it_takes() -> None:
    instance = only(report(result()))
    assert instance["instance_id"] == "i-1"
    assert (instance["name"], instance["region"], instance["provider"]) == ("web-1", "cn-hangzhou", "alicloud")
    assert (instance["os"], instance["version"], instance["os_name"]) == ("centos-7", "7.9", "CentOS  7.9 64位")
    assert instance["support"] == {"state": "ended", "ends": "2024-06-30", "days": -875}
    assert (instance["target"], instance["state"]) == ("alinux-3", "ready")
    assert [(hop["source"], hop["target"], hop["minutes"]) for hop in instance["hops"]] == [
        ("centos-7", "alinux-3", 30)
    ]
    assert "alinux-3" in instance["targets"]
    assert (instance["minutes"], instance["snapshot_gib"]) == (30, 140)


def test_the_inventory_s_name_is_better_than_the_instance_s_own() -> None:
    assert only(report({**result(), "name": "shop-web"}))["name"] == "shop-web"


@pytest.mark.parametrize(
    ("guest", "expected"),
    [
        (Guest("alinux-2", version="2.1903"), ("alinux-2", "2.1903")),
        (Guest(UNKNOWN), (UNKNOWN, "")),
        (Guest(UNKNOWN, trouble="timed_out"), ("centos-7", "7.6")),
        (None, ("centos-7", "7.6")),
    ],
)
def test_the_guest_s_word_counts_when_it_gave_one(guest: Guest | None, expected: tuple[str, str]) -> None:
    instance = only(report(result(guest=guest, instance=machine(os_version="7.6"))))
    assert (instance["os"], instance["version"]) == expected


def test_what_has_no_plan_costs_nothing() -> None:
    instance = only(report(result(hops=(), state="assessed")))
    assert (instance["minutes"], instance["snapshot_gib"]) == (0, 0)


def test_the_worst_findings_come_first_with_their_evidence_and_waiver() -> None:
    waived = finding("linux.rsync", "warning", waiver=WAIVER)
    findings = only(report(result(1, finding("linux.boot_mode", "info"), waived, finding())))["findings"]
    assert [found["id"] for found in findings] == ["linux.i686_packages", "linux.rsync", "linux.boot_mode"]
    assert findings[0] == {"id": "linux.i686_packages", "severity": "inhibitor", "evidence": "seen", "waiver": None}
    assert findings[1]["waiver"] == {"reason": WAIVER.reason, "owner": WAIVER.owner, "expires": WAIVER.expires}


def test_an_error_that_no_finding_explains_is_a_finding() -> None:
    problem = Problem("Forbidden.RAM", "RunCommand: not allowed.", "Grant it.")
    document = report(result(state="failed", problem=problem))
    expected = {"id": "error.Forbidden.RAM", "severity": "inhibitor", "waiver": None}
    assert only(document)["findings"] == [{**expected, "evidence": "RunCommand: not allowed. Grant it."}]
    assert document["blockers"] == [{"id": "error.Forbidden.RAM", "count": 1, "stopped": 1, "severity": "inhibitor"}]


def test_an_error_that_is_a_finding_is_told_once() -> None:
    assert len(only(report(result(1, finding())))["findings"]) == 1


def test_the_totals_are_those_of_the_instances() -> None:
    totals = report(result(1), result(2, finding()), result(3, state="verified"))["totals"]
    assert totals["instances"] == 3
    assert totals["states"] == {
        "ready": 1,
        "blocked": 1,
        "failed": 0,
        "migrated": 0,
        "assessed": 0,
        "in_progress": 0,
        "verified": 1,
    }
    assert totals["support"] == {"supported": 0, "ending": 0, "ended": 3, "unknown": 0}
    assert (totals["hops"], totals["minutes"], totals["snapshot_gib"]) == (3, 90, 420)


def test_the_system_whose_support_ends_first_is_in_front_and_an_unknown_one_at_the_end() -> None:
    guests = [Guest(UNKNOWN), Guest("windows-2016"), Guest("centos-7"), Guest("centos-7")]
    systems = report(*(result(number, guest=guest) for number, guest in enumerate(guests)))["systems"]
    assert [(row["os"], row["count"], row["state"]) for row in systems] == [
        ("centos-7", 2, "ended"),
        ("windows-2016", 1, "ending"),
        (UNKNOWN, 1, UNKNOWN),
    ]
    assert systems[0]["name"] == "CentOS 7"
    assert systems[0]["source"]


def test_support_is_judged_by_the_day_that_is_asked_for() -> None:
    then = report(result(), day=Day(date(2024, 6, 1), soon=20))
    assert only(then)["support"] == {"state": "supported", "ends": "2024-06-30", "days": 29}
    assert (then["date"], then["soon"]) == ("2024-06-01", 20)


def test_the_finding_that_stops_most_instances_is_in_front() -> None:
    warned = finding("linux.rsync", "warning")
    document = report(result(1, finding(), warned), result(2, warned), result(3, warned, finding("linux.memory")))
    assert [(row["id"], row["count"], row["stopped"], row["severity"]) for row in document["blockers"]] == [
        ("linux.i686_packages", 1, 1, "inhibitor"),
        ("linux.memory", 1, 1, "inhibitor"),
        ("linux.rsync", 3, 0, "warning"),
    ]


def test_a_finding_that_is_worse_on_some_counts_by_its_worst() -> None:
    document = report(result(1, finding("linux.rsync", "warning")), result(2, finding("linux.rsync")))
    assert document["blockers"] == [{"id": "linux.rsync", "count": 2, "stopped": 1, "severity": "inhibitor"}]


@pytest.mark.parametrize(("day", "expired"), [(date(2027, 1, 31), False), (date(2027, 2, 1), True)])
def test_every_waiver_is_shown_and_counts_through_its_last_day(day: date, expired: bool) -> None:
    waived = replace(finding("linux.rsync", "warning"), waiver=WAIVER)
    document = report(result(1, waived), day=Day(day))
    assert document["totals"]["waived"] == 1
    assert document["waivers"] == [
        {
            "rule": "linux.rsync",
            "instance_id": "i-1",
            "name": "web-1",
            "reason": "copied by hand",
            "owner": "ops@example.com",
            "expires": "2027-01-31",
            "expired": expired,
        }
    ]


def test_texts_are_told_once_and_those_of_rules_are_the_rules() -> None:
    document = translated(report(result(1, finding()), result(2, finding())), WORDS["en"])
    rule = RULE["linux.i686_packages"]
    assert document["findings"] == {rule.id: {"message": rule.message, "remedy": rule.remedy, "source": rule.source}}


def test_the_same_facts_on_the_same_day_give_the_same_bytes() -> None:
    first, second = (as_json(report(result(1, finding()), result(2))) for _turn in range(2))
    assert first == second


def test_the_json_file_has_a_line_for_each_instance() -> None:
    text = as_json(report(result(1), result(2, finding())))
    assert json.loads(text) == report(result(1), result(2, finding()))
    assert sum(line.startswith('{"instance_id"') for line in text.splitlines()) == 2


def test_only_what_the_report_needs_is_kept_while_reading() -> None:
    text = assessed(result(1, finding("linux.rsync", "warning", waiver=WAIVER)))
    trimmed = source.results(text)
    assert build(trimmed, DAY) == build(json.loads(text)["results"], DAY)
    assert "timeline" not in trimmed[0]


@pytest.mark.parametrize(
    ("text", "complaint"),
    [
        ("", "no JSON"),
        ("{", "no JSON"),
        ("[" * 100_000, "no JSON"),
        ("[]", "no JSON object"),
        ("{}", "no list of results"),
        ('{"results": {}}', "no list of results"),
        ('{"results": [5]}', "result 0 names no instance"),
        ('{"results": [{"instance_id": "i-1"}, {"state": "ready"}]}', "result 1 names no instance"),
    ],
)
def test_what_is_no_assessment_is_refused_with_the_reason(text: str, complaint: str) -> None:
    with pytest.raises(ValueError, match=complaint):
        source.results(text)


@pytest.mark.parametrize(
    "change",
    [
        {"state": None, "hops": 5},
        {"findings": [{"severity": "inhibitor"}]},
        {"findings": [{"id": "linux.rsync", "severity": "dreadful"}]},
        {"hops": [{"source": "centos-7", "target": "alinux-3", "minutes": "soon"}]},
        {"instance": {"disks": [{"size_gib": []}]}},
        {"error": {"message": "No code."}},
        {"guest": "centos-7"},
    ],
)
def test_an_entry_of_another_form_is_refused_with_its_instance(change: dict[str, Any]) -> None:
    with pytest.raises(ValueError, match="i-1"):
        report({**result(), **change})


@settings(max_examples=300, deadline=None)
@given(st.sampled_from(sorted(result(1, finding()))), ANYTHING)
def test_any_entry_gives_a_valid_report_or_is_refused(key: str, value: Any) -> None:
    try:
        entries = source.results(json.dumps({"results": [{**result(1, finding()), key: value}]}))
        document = build(entries, DAY)
    except ValueError:
        return
    VALIDATOR.validate(translated(document, WORDS["ja"]))


def test_a_full_report_follows_the_schema() -> None:
    waived = finding("linux.rsync", "warning", waiver=WAIVER)
    failed = result(3, state="failed", problem=Problem("Throttling.User", "Too many calls."))
    nowhere = {"instance_id": "i-4", "state": "failed", "error": {"code": "InstanceNotFound", "message": "Not there."}}
    document = translated(report(result(1, waived, finding()), result(2), failed, nowhere), WORDS["zh"])
    VALIDATOR.validate(document)
    VALIDATOR.validate(json.loads(as_json(document)))


@pytest.mark.parametrize("key", SCHEMA["required"])
def test_the_schema_demands_every_part(key: str) -> None:
    document = translated(report(result()), WORDS["en"])
    document.pop(key)
    assert not VALIDATOR.is_valid(document)


def test_the_schema_describes_every_key_of_an_instance() -> None:
    assert set(SCHEMA["$defs"]["instance"]["properties"]) == set(only(report(result())))
    assert set(SCHEMA["properties"]) == set(report())
