# Copyright (c) 2026 evergreen.os_migration contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The action plugin: one call, what the variables say of the clouds, lines of progress, nothing left behind."""

from __future__ import annotations

import os
import stat
import time
from collections.abc import Callable, Iterator
from datetime import date
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from ansible.errors import AnsibleActionFail
from ansible_collections.evergreen.os_migration.plugins.action.os_migration import ActionModule
from ansible_collections.evergreen.os_migration.plugins.module_utils._core.codec import pack
from ansible_collections.evergreen.os_migration.plugins.module_utils._errors import MigrationError
from ansible_collections.evergreen.os_migration.plugins.plugin_utils import _calls
from ansible_collections.evergreen.os_migration.plugins.plugin_utils._calls import guest_scripts, hook_scripts, watched

GIVEN = {"instances": [{"instance_id": "i-1"}], "state": "migrated"}
DONE = {"changed": True, "results": []}
OMIT = "the mark of a variable that is left out"

Module = Callable[[dict[str, Any]], dict[str, Any]]


class Playbook:
    """A task whose module answers what it was told, and a screen."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch, directory: Path) -> None:
        self.calls: list[tuple[str, dict[str, Any]]] = []
        self.how: list[dict[str, Any]] = []
        self.lines: list[str] = []
        self.module: Module = lambda arguments: dict(DONE)
        self.task = SimpleNamespace(args={})
        self.transport = "local"
        self.directory = directory
        monkeypatch.setattr(_calls, "display", SimpleNamespace(display=self.lines.append))
        monkeypatch.setattr(_calls, "GLANCE", 0.01)
        monkeypatch.setattr(_calls.C, "DEFAULT_LOCAL_TMP", str(directory))
        monkeypatch.setattr(ActionModule, "__init__", lambda action: None)
        monkeypatch.setattr("ansible.plugins.action.ActionBase.run", lambda action, tmp, task_vars: {})
        monkeypatch.setattr(ActionModule, "_execute_module", self._execute)

    def _execute(self, name: str, module_args: dict[str, Any], task_vars: dict[str, Any], **how: Any) -> dict[str, Any]:
        self.calls.append((name, dict(module_args)))
        self.how.append(how)
        return self.module(module_args)

    @property
    def arguments(self) -> dict[str, Any]:
        """What the module got, called once."""
        ((_name, arguments),) = self.calls
        return arguments

    def run(
        self,
        module: Module | None = None,
        variables: dict[str, Any] | None = None,
        action: str = "evergreen.os_migration.os_migration",
        in_background: int = 0,
        **given: Any,
    ) -> dict[str, Any]:
        self.module = module or self.module
        plugin = ActionModule()
        plugin._task = self.task = SimpleNamespace(args={**GIVEN, **given}, action=action, async_val=in_background)
        plugin._connection = SimpleNamespace(transport=self.transport)
        plugin._templar = SimpleNamespace(
            template=lambda given: {
                name: value if value == OMIT else f"{value}, templated" for name, value in given.items()
            }
        )
        result: dict[str, Any] = plugin.run(None, {"omit": OMIT, **(variables or {})})
        return result


@pytest.fixture
def playbook(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Playbook:
    return Playbook(monkeypatch, tmp_path)


# --- one call ---------------------------------------------------------------------------------------------------------


def test_the_module_is_called_once_with_the_task_s_arguments_and_the_scripts(playbook: Playbook) -> None:
    assert playbook.run() == DONE
    assert {name: playbook.arguments[name] for name in GIVEN} == GIVEN
    assert playbook.arguments["guest_scripts"] == {**guest_scripts(), **hook_scripts()}
    assert playbook.calls[0][0] == "evergreen.os_migration.os_migration"


@pytest.mark.parametrize("name", ["instance_info", "guest_command"])
@pytest.mark.parametrize("collection", ["evergreen.os_migration.", ""])
def test_the_other_modules_get_what_the_task_gives_and_what_they_ask_guests_with(
    playbook: Playbook, name: str, collection: str
) -> None:
    playbook.run(action=collection + name, in_background=30)
    asked = {"guest_scripts": guest_scripts()} if name == "guest_command" else {}
    assert playbook.calls == [(f"evergreen.os_migration.{name}", GIVEN | asked)]
    assert playbook.how == [{"wrap_async": 30}]


def test_a_migration_does_not_run_in_the_background(playbook: Playbook) -> None:
    with pytest.raises(AnsibleActionFail, match="async"):
        playbook.run(in_background=30)
    assert playbook.calls == []


@pytest.mark.parametrize("kind", ["date(2026, 12, 31)", "datetime(2026, 12, 31, 0, 0)"])
def test_a_date_that_made_a_text_of_an_option_is_told(playbook: Playbook, kind: str) -> None:
    """As a template of ansible-core 2.16 leaves it; newer ones, and all that needs no template, take dates as such."""
    text = f"[{{'instance_id': 'i-1', 'waivers': [{{'expires': datetime.{kind}}}]}}]"
    for broken in (text, [text]):
        with pytest.raises(AnsibleActionFail, match=r"instances: a date without quotes .* Write dates in quotes"):
            playbook.run(instances=broken)
    assert playbook.calls == []
    playbook.run(instances=[{"instance_id": "i-1", "waivers": [{"expires": date(2026, 12, 31)}]}])


def test_the_results_file_is_relative_to_where_the_user_is(
    playbook: Playbook, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.chdir(tmp_path)
    for given in ("report/migrate.json", "~/migrate.json", "$HOME/migrate.json", ""):
        playbook.run(results_file=given)
    at_home = str(Path.home() / "migrate.json")
    found = [arguments["results_file"] for _name, arguments in playbook.calls]
    assert found == [str(tmp_path / "report/migrate.json"), at_home, at_home, ""]


def test_a_failure_is_returned_as_it_is(playbook: Playbook) -> None:
    failure = {"failed": True, "msg": "No credentials.", "results": []}
    assert playbook.run(lambda arguments: dict(failure)) == failure


def test_packed_results_are_unpacked(playbook: Playbook) -> None:
    results = [{"instance_id": "i-1"}]
    assert playbook.run(lambda arguments: {"packed_results": pack(results)}) == {"results": results}


def test_the_plugin_s_own_arguments_are_not_shown_among_the_user_s(playbook: Playbook) -> None:
    answer = playbook.run(lambda arguments: {"results": [], "invocation": {"module_args": dict(arguments)}})
    assert answer["invocation"] == {"module_args": GIVEN}


def test_the_task_s_own_arguments_stay_as_they_were(playbook: Playbook) -> None:
    playbook.run(variables={"os_migration_alicloud": "of the play"})
    assert playbook.task.args == GIVEN


# --- connections ------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", ["os_migration", "instance_info", "guest_command"])
def test_a_variable_says_how_a_provider_is_reached(playbook: Playbook, name: str) -> None:
    variables = {"os_migration_alicloud": "{{ ours }}", "os_migration_other": "x"}
    playbook.run(variables=variables, action=f"evergreen.os_migration.{name}")
    assert playbook.arguments["alicloud"] == "{{ ours }}, templated"
    assert "other" not in playbook.arguments


def test_what_the_task_gives_goes_before_the_variable(playbook: Playbook) -> None:
    playbook.run(variables={"os_migration_alicloud": "of the play"}, alicloud={"region": "cn-hangzhou"})
    assert playbook.arguments["alicloud"] == {"region": "cn-hangzhou"}


@pytest.mark.parametrize(
    ("name", "taken"),
    [("os_migration", True), ("precheck_info", True), ("instance_info", False), ("guest_command", False)],
)
def test_the_options_of_a_cloud_s_services_are_taken_where_a_way_is_planned(
    playbook: Playbook, name: str, taken: bool
) -> None:
    playbook.run(variables={"os_migration_smc": "watch"}, action=f"evergreen.os_migration.{name}")
    assert ("smc" in playbook.arguments) is taken


@pytest.mark.parametrize("variables", [{}, {"os_migration_alicloud": OMIT}])
def test_without_a_value_nothing_is_given(playbook: Playbook, variables: dict[str, Any]) -> None:
    playbook.run(variables=variables)
    assert "alicloud" not in playbook.arguments


# --- progress ---------------------------------------------------------------------------------------------------------


def writing(*parts: str, then: Callable[[], object] = lambda: None) -> Module:
    """A module that writes to the file of progress."""

    def module(arguments: dict[str, Any]) -> dict[str, Any]:
        for part in parts:
            with open(arguments["progress_file"], "a", encoding="utf-8") as file:
                file.write(part)
            then()
        return dict(DONE)

    return module


def test_each_line_of_progress_is_shown_while_the_module_runs(playbook: Playbook) -> None:
    seen: list[int] = []

    def shown() -> None:
        deadline = time.monotonic() + 10
        while len(playbook.lines) <= len(seen) and time.monotonic() < deadline:
            time.sleep(0.01)
        seen.append(len(playbook.lines))

    playbook.run(writing("1/9 migrated\n", "2/9 migrated\n", then=shown))
    assert playbook.lines == ["os_migration: 1/9 migrated", "os_migration: 2/9 migrated"]
    assert seen == [1, 2]


def test_what_was_written_last_is_shown_too_and_half_a_line_never(playbook: Playbook) -> None:
    playbook.run(writing("1/9 mig", "rated\n2/9 migrated\n3/9", then=lambda: time.sleep(0.05)))
    assert playbook.lines == ["os_migration: 1/9 migrated", "os_migration: 2/9 migrated"]


def test_the_file_of_progress_is_private_and_does_not_stay(playbook: Playbook) -> None:
    modes: list[int] = []

    def module(arguments: dict[str, Any]) -> dict[str, Any]:
        modes.append(stat.S_IMODE(os.stat(arguments["progress_file"]).st_mode))
        raise RuntimeError

    with pytest.raises(RuntimeError):
        playbook.run(module)
    assert modes == [0o600]
    assert list(playbook.directory.iterdir()) == []


def test_the_user_may_choose_how_often_progress_is_shown(playbook: Playbook) -> None:
    playbook.run(progress_interval=3)
    assert playbook.arguments["progress_interval"] == 3


# --- nothing is left behind -------------------------------------------------------------------------------------------


def test_the_module_is_told_whom_to_watch(playbook: Playbook) -> None:
    playbook.run()
    assert playbook.arguments["watched"] == watched()
    assert [process for process, _start in watched()] == [os.getppid(), os.getpid()]
    ticks = os.sysconf("SC_CLK_TCK")
    uptime = float(Path("/proc/uptime").read_text("utf-8").split()[0])
    assert all(0 <= int(start) <= (uptime + 1) * ticks for _process, start in watched())


def test_a_worker_whose_ansible_playbook_is_gone_begins_no_module(monkeypatch: pytest.MonkeyPatch) -> None:
    for parent in (None, SimpleNamespace(pid=os.getppid())):
        monkeypatch.setattr(_calls, "parent_process", lambda parent=parent: parent)
        assert _calls.own_arguments("stack_info") == {}
    monkeypatch.setattr(_calls, "parent_process", lambda: SimpleNamespace(pid=os.getppid() + 1))
    for module in ("os_migration", "guest_command", "fleet_report", "stack_info"):
        with pytest.raises(MigrationError, match="Nothing more was begun"):
            _calls.own_arguments(module)


def test_a_module_that_runs_elsewhere_is_given_neither_file_nor_processes(playbook: Playbook) -> None:
    playbook.transport = "ssh"
    assert playbook.run() == DONE
    assert not {"progress_file", "watched"} & set(playbook.arguments)
    assert playbook.arguments["guest_scripts"] == {**guest_scripts(), **hook_scripts()}


def test_a_system_that_tells_no_start_times_has_nothing_watched(monkeypatch: pytest.MonkeyPatch) -> None:
    def nothing(path: Path, *how: str) -> Iterator[str]:
        raise FileNotFoundError(path)

    monkeypatch.setattr(Path, "read_text", nothing)
    assert watched() == []


def test_the_guest_scripts_are_the_collection_s_files() -> None:
    scripts = guest_scripts()
    assert set(scripts) == {"linux", "windows"}
    assert all("# evergreen.os_migration guest facts" in text for text in scripts.values())
    assert all(len(text.encode()) < 18 * 1024 for text in scripts.values())


def test_check_mode_and_diff_are_the_module_s_business() -> None:
    assert ActionModule._supports_check_mode
    assert ActionModule._supports_diff
