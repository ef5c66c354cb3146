# Copyright (c) 2026 evergreen.os_migration contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The module fleet_report reads two files, writes private ones, and says what is wrong with its input."""

from __future__ import annotations

import errno
import json
import stat
from datetime import date
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
import yaml
from ansible_collections.evergreen.os_migration.plugins.action import fleet_report as action
from ansible_collections.evergreen.os_migration.plugins.module_utils._errors import OptionError
from ansible_collections.evergreen.os_migration.plugins.module_utils._files import Directory
from ansible_collections.evergreen.os_migration.plugins.module_utils._report.files import FORMATS, as_json
from ansible_collections.evergreen.os_migration.plugins.module_utils._report.options import report
from ansible_collections.evergreen.os_migration.plugins.modules import fleet_report as module

from .fleet_results import LANGUAGES, assessed, finding, result
from .fleet_results import report as built

TODAY = date(2026, 11, 22)


@pytest.fixture
def options(tmp_path: Path) -> dict[str, Any]:
    """The options of a call whose assessment is there."""
    source = tmp_path / "assess.json"
    source.write_text(assessed(result(1, finding()), result(2)), "utf-8")
    return {"src": str(source), "results_dir": None, "previous": None, "date": None, "soon": 365}


def complaint(options: dict[str, Any]) -> str:
    with pytest.raises(OptionError) as caught:
        report(options, TODAY)
    return f"{caught.value.problem.message} {caught.value.problem.remedy}"


# --- reading ---------------------------------------------------------------------------------------------------------


def test_without_a_date_support_is_judged_today(options: dict[str, Any]) -> None:
    assert report(options, TODAY)["date"] == "2026-11-22"
    assert report({**options, "date": "2024-02-29"}, TODAY)["date"] == "2024-02-29"


def test_there_is_a_comparison_only_with_an_earlier_report(options: dict[str, Any], tmp_path: Path) -> None:
    assert report(options, TODAY)["comparison"] is None
    earlier = tmp_path / "fleet.json"
    earlier.write_text(as_json(built(result(1), result(3))), "utf-8")
    compared = report({**options, "previous": str(earlier)}, TODAY)["comparison"]
    assert [change["ids"] for change in compared["worse"]] == [["linux.i686_packages"]]


@pytest.mark.parametrize("text", ["today", "2026-13-01", "22.11.2026", "2026-11-22T10:00:00"])
def test_what_is_no_day_is_refused(options: dict[str, Any], text: str) -> None:
    assert complaint({**options, "date": text}) == f"date: {text!r} is no day. Give it as YYYY-MM-DD."


@pytest.mark.parametrize("option", ["src", "previous"])
def test_a_file_that_is_missing_is_named(options: dict[str, Any], option: str) -> None:
    assert complaint({**options, option: "/nowhere/x.json"}) == (
        f"{option}: /nowhere/x.json cannot be read (No such file or directory). Check the path."
    )


def test_a_directory_is_no_file(options: dict[str, Any], tmp_path: Path) -> None:
    assert "Is a directory" in complaint({**options, "src": str(tmp_path)})


@pytest.mark.parametrize("option", ["src", "previous"])
@pytest.mark.parametrize("content", [b"", b"rubbish", b"\xff\xfe{}", b"[]", b"{}", b'{"results": [{}]}'])
def test_rubbish_is_refused_with_option_and_path(
    options: dict[str, Any], tmp_path: Path, option: str, content: bytes
) -> None:
    path = tmp_path / "rubbish.json"
    path.write_bytes(content)
    assert complaint({**options, option: str(path)}).startswith(f"{option}: {path} ")


def test_a_report_of_another_version_is_refused(options: dict[str, Any], tmp_path: Path) -> None:
    path = tmp_path / "fleet.json"
    path.write_text(json.dumps({"schema_version": 2, "instances": []}), "utf-8")
    assert "its schema_version is 2, not 1" in complaint({**options, "previous": str(path)})


# --- writing ---------------------------------------------------------------------------------------------------------


def test_files_and_their_directory_are_private(tmp_path: Path) -> None:
    directory = Directory(tmp_path / "a/b", writing=True)
    path = Path(directory.put("fleet.md", "# Flotte 艦隊"))
    assert path.read_text("utf-8") == "# Flotte 艦隊"
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert stat.S_IMODE(path.parent.stat().st_mode) == 0o700


def test_what_is_right_already_is_left_alone(tmp_path: Path) -> None:
    path = Path(Directory(tmp_path, writing=True).put("fleet.md", "text"))
    before = path.stat()
    again = Directory(tmp_path, writing=True)
    again.put("fleet.md", "text")
    assert again.changed == []
    assert (path.stat().st_mtime_ns, path.stat().st_ino) == (before.st_mtime_ns, before.st_ino)


def test_a_file_that_others_can_read_is_made_private(tmp_path: Path) -> None:
    (tmp_path / "fleet.md").write_text("text", "utf-8")
    (tmp_path / "fleet.md").chmod(0o644)
    directory = Directory(tmp_path, writing=True)
    path = directory.put("fleet.md", "text")
    assert directory.changed == [path]
    assert stat.S_IMODE(Path(path).stat().st_mode) == 0o600


def test_without_writing_it_only_says_what_would_change(tmp_path: Path) -> None:
    directory = Directory(tmp_path / "new", writing=False)
    assert directory.changed == [] == [*tmp_path.iterdir()]
    path = directory.put("fleet.md", "text")
    assert directory.changed == [path]
    assert [*tmp_path.iterdir()] == []


def test_half_a_file_is_never_seen(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = Path(Directory(tmp_path, writing=True).put("fleet.md", "old"))

    def fail(*names: str) -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr("os.replace", fail)
    with pytest.raises(OptionError, match="cannot be written"):
        Directory(tmp_path, writing=True).put("fleet.md", "new")
    assert path.read_text("utf-8") == "old"
    assert [*tmp_path.iterdir()] == [path]


def test_a_link_is_replaced_and_what_it_leads_to_is_left_alone(tmp_path: Path) -> None:
    elsewhere = tmp_path / "elsewhere"
    elsewhere.write_text("text", "utf-8")
    (tmp_path / "fleet.md").symlink_to(elsewhere)
    path = Path(Directory(tmp_path, writing=True).put("fleet.md", "new"))
    assert not path.is_symlink()
    assert elsewhere.read_text("utf-8") == "text"


def test_a_file_is_no_directory(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("", "utf-8")
    with pytest.raises(OptionError, match="cannot be written"):
        Directory(tmp_path / "file", writing=True).put("fleet.md", "text")


def test_half_a_character_does_not_stop_the_report(tmp_path: Path) -> None:
    path = Directory(tmp_path, writing=True).put("fleet.md", "a\ud800b")
    assert Path(path).read_text("utf-8") == "a?b"


# --- the module and its action plugin --------------------------------------------------------------------------------


def test_the_documentation_is_what_the_module_accepts() -> None:
    documented = yaml.safe_load(module.DOCUMENTATION)["options"]
    keys = ("type", "elements", "choices", "default", "required")
    assert {name: {key: option[key] for key in keys if key in option} for name, option in documented.items()} == (
        module.ARGUMENTS
    )
    assert documented["formats"]["choices"] == list(FORMATS)


def test_the_action_plugin_gives_texts_and_absolute_paths_and_shows_only_the_user_s_arguments(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.chdir("/")
    given = {"src": "assess.json", "dest": "~/report", "formats": ["csv"]}
    located = {**given, "src": "/assess.json", "dest": str(Path.home() / "report")}
    calls: list[dict[str, Any]] = []

    def execute(plugin: Any, name: str, module_args: dict[str, Any], task_vars: dict[str, Any]) -> dict[str, Any]:
        calls.append({"name": name, **module_args})
        return {"changed": True, "invocation": {"module_args": dict(module_args)}}

    monkeypatch.setattr(action.ActionModule, "__init__", lambda plugin: None)
    monkeypatch.setattr("ansible.plugins.action.ActionBase.run", lambda plugin, tmp, task_vars: {})
    monkeypatch.setattr(action.ActionModule, "_execute_module", execute)
    plugin = action.ActionModule()
    plugin._task = SimpleNamespace(args=given)
    assert plugin.run(None, {}) == {"changed": True, "invocation": {"module_args": located}}
    assert calls == [{"name": "evergreen.os_migration.fleet_report", **located, "resources": action.resources()}]
    assert given["src"] == "assess.json"


def test_the_texts_are_the_page_s_parts_and_the_words_of_every_language() -> None:
    words = {f"words/{language}.json" for language in LANGUAGES}
    assert set(action.resources()) == {"page.css", "page.html", "page.js", *words}
