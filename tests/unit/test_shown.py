# Copyright (c) 2026 evergreen.os_migration contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What many hosts have in common is said once."""

from __future__ import annotations

from functools import partial
from types import SimpleNamespace
from typing import Any

import pytest
from ansible_collections.evergreen.os_migration.plugins.callback import fleet
from ansible_collections.evergreen.os_migration.plugins.module_utils._core import phases
from ansible_collections.evergreen.os_migration.plugins.module_utils._core.telling import failure, outcome
from ansible_collections.evergreen.os_migration.plugins.plugin_utils._shown import (
    bad,
    good,
    in_order,
    next_step,
    recap,
    statistics,
    together,
)
from hypothesis import given
from hypothesis import strategies as st

CLEAN = {"ok": 2, "changed": 1, "unreachable": 0, "failures": 0, "skipped": 0, "rescued": 0, "ignored": 0}


def hosts(count: int, one: Any) -> dict[str, Any]:
    return {f"web-{number}": one for number in range(1, count + 1)}


def broken(host: str, code: str = "linux.rsync", message: str = "There is no rsync") -> dict[str, Any]:
    return failure(host, f"i-{host}", code, message, "Install it.")


def test_hosts_of_which_the_same_is_told_share_a_line_with_five_names() -> None:
    assert list(good(hosts(7, {"msg": "migrated: a -> b"}))) == [
        "migrated: a -> b: 7 hosts (web-1, web-2, web-3, web-4, web-5 and 2 more)"
    ]


def test_hosts_are_named_in_the_order_of_the_play_however_their_results_come() -> None:
    done = {"changed": False, "failed": False, "msg": "ready"}
    came = dict.fromkeys(("erp", "web-10", "late", "web-2", "web-1"), done)
    play = ("web-1", "web-2", "absent", "web-10", "erp")
    assert list(good(in_order(came, play))) == ["ready: 5 hosts (web-1, web-2, web-10, erp, late)"]


def test_the_screen_names_hosts_in_the_order_of_the_play(monkeypatch: pytest.MonkeyPatch) -> None:
    lines, screen = [], fleet.CallbackModule()
    screen._display = SimpleNamespace(display=lambda text, **how: lines.append(text), banner=lines.append, verbosity=0)
    monkeypatch.setattr(fleet.Default, "v2_runner_on_start", lambda screen, host, task: None)
    task = SimpleNamespace(action="evergreen.os_migration.host_result")
    named = {name: SimpleNamespace(get_name=partial(str, name)) for name in ("web-1", "web-2", "web-10")}
    for host in named.values():
        screen.v2_runner_on_start(host, task)
    for name in ("web-10", "web-1", "web-2"):
        told = {"changed": name != "web-2", "msg": "migrated"}
        screen.v2_runner_on_ok(SimpleNamespace(_host=named[name], _task=task, _result=told, result=told))
    summaries = dict.fromkeys(named, CLEAN)
    screen.v2_playbook_on_stats(SimpleNamespace(processed=dict(summaries), summarize=summaries.__getitem__))
    everyone = "3 hosts (web-1, web-2, web-10)"
    assert lines == ["migrated: web-2", "migrated: 2 hosts (web-1, web-10)", "PLAY RECAP", f"changed=1: {everyone}"]


def test_of_which_nothing_is_told_no_line_is_shown() -> None:
    assert list(good(hosts(7, {}))) == []


def test_hosts_with_the_same_problem_share_its_code_and_remedy_and_the_first_tell_what_it_is_on_them() -> None:
    found = {host: broken(host, message=f"There is no rsync on {host}.") for host in hosts(5, None)}
    assert list(bad(found)) == [
        "failed: linux.rsync: 5 hosts (web-1, web-2, web-3, web-4, web-5)",
        "  web-1: There is no rsync on web-1.",
        "  web-2: There is no rsync on web-2.",
        "  web-3: There is no rsync on web-3.",
        "  Remedy: Install it.",
    ]


def test_a_problem_of_one_host_is_told_with_host_code_cause_and_remedy() -> None:
    assert list(bad({"a": broken("a")})) == [
        "failed: i-a (a): linux.rsync: There is no rsync.",
        "  Remedy: Install it.",
    ]


def test_each_problem_of_a_host_and_each_remedy_has_a_line_of_its_own() -> None:
    findings = [
        {"id": one, "severity": "inhibitor", "message": f"{one} is full.", "remedy": f"Free {one}."}
        for one in ("a.b", "c")
    ]
    error = {"code": "a.b", "message": "a.b is full.", "remedy": "Free a.b."}
    result = {"instance_id": "i-1", "state": "blocked", "error": error, "findings": findings}
    assert list(bad({"web": outcome("web", result)})) == [
        "failed: i-1 (web): a.b: a.b is full.",
        "  Remedy: Free a.b.",
        "  c: c is full.",
        "  Remedy: Free c.",
    ]
    back = {**result, "state": "rolled_back", "error": {**error, "code": "MigrationFailed"}, "findings": []}
    assert list(bad({"web": outcome("web", back)}))[2:] == ["  The instance was rolled back."]
    again = {**back, "error": {**error, "code": "RolledBack"}}
    assert len(list(bad({"web": outcome("web", again)}))) == 2, "it says itself that it was rolled back"


def test_of_very_many_problems_the_first_are_told_and_the_hosts_of_the_others_counted() -> None:
    alone = {f"web-{at}": broken(f"web-{at}", f"rule.{at}") for at in range(1000)}
    in_own_words = {f"app-{at}": {"msg": f"app-{at} broke"} for at in range(1000)}
    for many in (alone, in_own_words):
        told = list(bad(many))
        assert len(told) < 60
        assert "980 hosts (" in told[-2]
    (line,) = bad(hosts(1000, {"msg": "all the same"}))
    assert line.startswith("failed: all the same: 1000 hosts (web-1, ")


def test_hosts_without_a_result_are_told_each_in_their_own_words() -> None:
    assert list(bad({"a": {"msg": "one"}, "b": {"msg": "two"}})) == ["failed: one", "failed: two"]


def test_the_recap_has_a_line_for_hosts_with_equal_counts_and_failures_come_last() -> None:
    quiet = {**CLEAN, "changed": 0}
    lines = list(recap({"bad": {**CLEAN, "failures": 1}, **hosts(2, CLEAN), "db": quiet, "dc": {**quiet, "ok": 3}}))
    assert lines == ["changed=1: 2 hosts (web-1, web-2)", "ok: 2 hosts (db, dc)", "changed=1, failed=1: bad"]


@pytest.mark.parametrize(("number", "lines"), [(200, 60), (1000, 200)])
def test_a_fleet_with_problems_fits_on_few_lines(number: int, lines: int) -> None:
    sick = {host: broken(host, f"rule.{at % 3}") for at, host in enumerate(hosts(number // 60, None))}
    fine = {f"app-{at}": {"msg": "migrated: a -> b"} for at in range(number)}
    counts = {host: {**CLEAN, "failures": int(host in sick)} for host in (*fine, *sick)}
    assert len([*good(fine), *bad(sick), *recap(counts)]) + 20 <= lines, "with the banners and the lines of progress"


@given(st.dictionaries(st.text(min_size=1), st.integers(0, 3), min_size=1))
def test_every_host_is_in_exactly_one_group(values: dict[str, int]) -> None:
    groups = together(values, lambda value: value)
    assert sorted(host for names in groups.values() for host in names) == sorted(values)
    assert all(values[host] == value for value, names in groups.items() for host in names)


LINE = {"args": ("evergreen.os_migration.assess",), "inventory": ("/a b/hosts.yml", "h,"), "subset": "web"}


def test_after_a_playbook_of_the_collection_the_command_that_follows_is_told() -> None:
    found = {"a": {"result": {"state": "ready"}}, "b": broken("b")}
    assert next_step("assess", found, LINE) == (
        "next: ansible-playbook evergreen.os_migration.migrate -i '/a b/hosts.yml' -i h, --limit web"
    )


@pytest.mark.parametrize(
    ("given", "hosts"),
    [
        ({}, "-e target=all"),
        ({"extra_vars": ("key=secret", "target=web")}, "-e target=web"),
        ({"subset": "a"}, "--limit a"),
    ],
)
def test_commit_is_told_with_its_hosts_and_no_other_variable(given: dict[str, Any], hosts: str) -> None:
    line = {"args": ("evergreen.os_migration.verify",), "inventory": ("i.yml",), **given}
    assert next_step("verify", {"a": {"result": {"state": "verified"}}}, line) == (
        f"next: ansible-playbook evergreen.os_migration.commit -i i.yml {hosts}"
    )


@pytest.mark.parametrize(
    ("phase", "line"),
    [("assess", {"args": ("site.yml",)}), ("rollback", {"args": ("evergreen.os_migration.rollback",)})],
    ids=["a playbook of one's own", "nothing follows"],
)
def test_no_command_is_told_where_none_is_known(phase: str, line: dict[str, Any]) -> None:
    assert next_step(phase, {"a": {"result": {"state": "ready"}}}, line) == ""


def test_no_command_is_told_when_no_host_is_ready_for_it() -> None:
    assert next_step("assess", {"b": broken("b")}, LINE) == ""


def test_statistics_of_a_play_are_counts_that_add_up_and_no_results() -> None:
    found = {"a": {"result": {"state": "migrated"}}, "b": broken("b"), "c": {"result": {"state": "migrated"}}}
    assert statistics("migrate", found, "/r/migrate.json") == {
        "evergreen_migrate_migrated": 2,
        "evergreen_migrate_failed": 1,
        "evergreen_migrate_results": {"file": "/r/migrate.json"},
    }


@pytest.mark.parametrize("phase", phases.PHASES)
def test_statistics_that_come_back_as_variables_are_no_slips_of_ours(phase: str) -> None:
    """AWX hands the artifacts of a job to the next one of its workflow."""
    names = statistics(phase, {"a": {"result": {"state": "migrated"}}}, "file")
    assert phases.misspelt(names, phases.known(["alicloud", "smc"])) == {}
