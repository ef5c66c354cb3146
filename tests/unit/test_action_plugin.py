# Copyright (c) 2026 evergreen.os_migration contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The action plugin: slices, a line of progress after each, nothing left behind."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from ansible.errors import AnsibleActionFail
from ansible_collections.evergreen.os_migration.plugins.action import os_migration
from ansible_collections.evergreen.os_migration.plugins.action.os_migration import ActionModule, guest_scripts

GIVEN = {"instances": [{"instance_id": "i-1"}], "state": "migrated"}


def unfinished(number: int) -> dict[str, Any]:
    return {"unfinished": True, "summary": {"text": f"{number}/9 migrated"}, "checkpoint": {"number": number}}


class Playbook:
    """A task whose module answers what it was told, and a screen."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.calls: list[dict[str, Any]] = []
        self.lines: list[str] = []
        self.answers: Iterator[dict[str, Any]] = iter(())
        self.parent = 100
        self.task = SimpleNamespace(args={})
        monkeypatch.setattr(os_migration, "display", SimpleNamespace(display=self.lines.append))
        monkeypatch.setattr(os, "getppid", lambda: self.parent)
        monkeypatch.setattr(ActionModule, "__init__", lambda action: None)
        monkeypatch.setattr("ansible.plugins.action.ActionBase.run", lambda action, tmp, task_vars: {})
        monkeypatch.setattr(ActionModule, "_execute_module", self._execute)

    def _execute(self, name: str, module_args: dict[str, Any], task_vars: dict[str, Any]) -> dict[str, Any]:
        assert name == "evergreen.os_migration.os_migration"
        self.calls.append(dict(module_args))
        return next(self.answers)

    def run(self, *answers: dict[str, Any], **given: Any) -> dict[str, Any]:
        return self.run_on(iter(answers), **given)

    def run_on(self, answers: Iterator[dict[str, Any]], **given: Any) -> dict[str, Any]:
        self.answers = answers
        action = ActionModule()
        action._task = self.task = SimpleNamespace(args={**GIVEN, **given})
        result: dict[str, Any] = action.run(None, {})
        return result


@pytest.fixture
def playbook(monkeypatch: pytest.MonkeyPatch) -> Playbook:
    return Playbook(monkeypatch)


def test_the_module_is_called_until_it_has_finished(playbook: Playbook) -> None:
    assert playbook.run(unfinished(1), unfinished(2), {"changed": True, "results": []}) == {
        "changed": True,
        "results": [],
    }
    assert [call.get("checkpoint") for call in playbook.calls] == [None, {"number": 1}, {"number": 2}]


def test_every_slice_gets_the_task_s_arguments_the_scripts_and_a_short_time(playbook: Playbook) -> None:
    playbook.run(unfinished(1), {"results": []})
    for call in playbook.calls:
        assert {name: call[name] for name in GIVEN} == GIVEN
        assert call["guest_scripts"] == guest_scripts()
        assert 0 < call["progress_interval"] <= 30


def test_the_results_file_is_relative_to_where_the_user_is(
    playbook: Playbook, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.chdir(tmp_path)
    for given in ("report/migrate.json", "~/migrate.json", "$HOME/migrate.json", ""):
        playbook.run({"results": []}, results_file=given)
    at_home = str(Path.home() / "migrate.json")
    found = [call["results_file"] for call in playbook.calls]
    assert found == [str(tmp_path / "report/migrate.json"), at_home, at_home, ""]


def test_the_user_may_choose_how_often_progress_is_shown(playbook: Playbook) -> None:
    playbook.run({"results": []}, progress_interval=3)
    assert playbook.calls[0]["progress_interval"] == 3


def test_a_line_of_progress_is_shown_after_each_slice_but_the_last(playbook: Playbook) -> None:
    playbook.run(unfinished(1), unfinished(2), {"results": [], "summary": {"text": "9/9 migrated"}})
    assert playbook.lines == ["os_migration: 1/9 migrated", "os_migration: 2/9 migrated"]


def test_a_failure_is_returned_as_it_is(playbook: Playbook) -> None:
    failure = {"failed": True, "msg": "No credentials.", "results": []}
    assert playbook.run(unfinished(1), dict(failure)) == failure


def test_it_stops_when_ansible_playbook_is_gone(playbook: Playbook) -> None:
    def answers() -> Iterator[dict[str, Any]]:
        yield unfinished(1)
        playbook.parent = 1
        yield unfinished(2)
        raise AssertionError("it went on alone")

    with pytest.raises(AnsibleActionFail):
        playbook.run_on(answers())
    assert len(playbook.calls) == 2


def test_the_plugin_s_own_arguments_are_not_shown_among_the_user_s(playbook: Playbook) -> None:
    arguments = {**GIVEN, "progress_interval": 15, "guest_scripts": {"linux": "#"}, "checkpoint": {"records": []}}
    answer = playbook.run(unfinished(1), {"results": [], "invocation": {"module_args": arguments}})
    assert answer["invocation"] == {"module_args": GIVEN}


def test_the_task_s_own_arguments_stay_as_they_were(playbook: Playbook) -> None:
    playbook.run(unfinished(1), {"results": []})
    assert playbook.task.args == GIVEN


def test_the_guest_scripts_are_the_collection_s_files() -> None:
    scripts = guest_scripts()
    assert set(scripts) == {"linux", "windows"}
    assert all("# evergreen.os_migration guest facts" in text for text in scripts.values())
    assert all(len(text.encode()) < 18 * 1024 for text in scripts.values())


def test_check_mode_and_diff_are_the_module_s_business() -> None:
    assert ActionModule._supports_check_mode
    assert ActionModule._supports_diff
    assert not ActionModule._supports_async
