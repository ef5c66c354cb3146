# Copyright (c) 2026 evergreen.os_migration contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The file of a phase's results loses nothing, and is no surprise after hours of work."""

from __future__ import annotations

import errno
import json
import os
import stat
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from ansible.module_utils.common.arg_spec import ArgumentSpecValidator
from ansible_collections.evergreen.os_migration.plugins.module_utils import _files, _module
from ansible_collections.evergreen.os_migration.plugins.module_utils._core.codec import unpack
from ansible_collections.evergreen.os_migration.plugins.module_utils._core.migration.tables import MIGRATION as WORKFLOW
from ansible_collections.evergreen.os_migration.plugins.module_utils._core.migration.view import Migration, View
from ansible_collections.evergreen.os_migration.plugins.module_utils._core.model import Item, Problem
from ansible_collections.evergreen.os_migration.plugins.module_utils._core.record import Record
from ansible_collections.evergreen.os_migration.plugins.module_utils._core.results import PHASES, merged
from ansible_collections.evergreen.os_migration.plugins.module_utils._errors import OptionError
from ansible_collections.evergreen.os_migration.plugins.module_utils._options import MIGRATION, migration_goal
from ansible_collections.evergreen.os_migration.plugins.module_utils._results import results_file
from hypothesis import given
from hypothesis import strategies as st

IDS = ("i-1", "i-2", "i-3")
EMPTY = merged("migrate", [])


def result(instance_id: str = "i-1", **changes: Any) -> dict[str, Any]:
    return {"instance_id": instance_id, "state": "migrated", "timeline": [{"at": "[1]}"}], **changes}


def document(*waves: list[dict[str, Any]], phase: str = "migrate") -> dict[str, Any]:
    text = ""
    for wave in waves:
        text = merged(phase, wave, text)
    read: dict[str, Any] = json.loads(text)
    return read


# --- the text --------------------------------------------------------------------------------------------------------


def test_waves_add_up_and_later_results_replace_earlier_ones() -> None:
    assert document([result("i-1", state="failed"), result("i-2")], [result("i-3"), result("i-1")]) == {
        "phase": "migrate",
        "summary": {"migrated": 3},
        "results": [result(each) for each in IDS],
    }


def test_a_file_without_results_can_be_added_to() -> None:
    assert document([], [], [result()])["results"] == [result()]


def test_a_result_is_a_line() -> None:
    lines = merged("migrate", [result(each) for each in IDS]).splitlines()
    assert [json.loads(line.rstrip(",")) for line in lines[1:-1]] == [result(each) for each in IDS]


def test_names_of_operating_systems_stay_readable() -> None:
    assert "64位" in merged("assess", [result(os_name="CentOS  7.9 64位")])


@pytest.mark.parametrize("indent", [None, 2])
def test_a_file_that_somebody_laid_out_anew_can_be_added_to(indent: int | None) -> None:
    text = merged("migrate", [result(each) for each in IDS])
    assert merged("migrate", [], json.dumps(json.loads(text), indent=indent)) == text


VALUES = st.recursive(st.none() | st.booleans() | st.integers() | st.text(), st.lists, max_leaves=5)


@given(st.lists(st.tuples(st.sampled_from(IDS), st.dictionaries(st.text(), VALUES))))
def test_whatever_results_hold_the_latest_of_each_instance_is_kept(pairs: list[tuple[str, dict[str, Any]]]) -> None:
    waves = [{**more, "instance_id": each} for each, more in pairs]
    kept = document([], *([wave] for wave in waves))["results"]
    assert kept == list({wave["instance_id"]: wave for wave in waves}.values())


@pytest.mark.parametrize(
    "text",
    [
        "not json",
        "[]",
        "{}",
        '{"results": ',
        merged("assess", []),
        EMPTY.replace("]", "[] ]"),
        EMPTY.replace("]", "7 ]"),
        EMPTY.replace("]", "{} ]"),
        EMPTY.replace("]", '{"instance_id": 7} ]'),
        EMPTY.replace("]", "[" * 99999),
        merged("migrate", [result()])[:-30],
        EMPTY + "more",
    ],
)
def test_what_holds_no_results_of_the_phase_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match=r"^it (holds no results of migrate|is damaged at character \d+)\.$"):
        merged("migrate", [result()], text)


@given(st.integers(0, 400))
def test_half_a_file_is_refused(length: int) -> None:
    whole = merged("migrate", [result(each) for each in IDS])
    cut = whole[1 : min(length, len(whole) - 3)]
    if cut:
        with pytest.raises(ValueError, match=r"^it "):
            merged("migrate", [], "{" + cut)


def test_every_state_has_its_phase() -> None:
    assert set(PHASES) == set(MIGRATION["state"]["choices"])


# --- the file --------------------------------------------------------------------------------------------------------


def options(**given: Any) -> dict[str, Any]:
    asked = {"instances": [{"instance_id": "i-1", "region": "cn-hangzhou"}], **given}
    validated = ArgumentSpecValidator(dict(MIGRATION)).validate(asked)
    assert not validated.error_messages
    return dict(validated.validated_parameters)


def refusal(act: Callable[[], object]) -> str:
    with pytest.raises(OptionError) as caught:
        act()
    return f"{caught.value.problem.message} {caught.value.problem.remedy}"


def test_without_the_option_and_without_writing_there_is_no_file() -> None:
    assert results_file(options(), writing=True) is None
    assert results_file(options(results_file=""), writing=True) is None
    assert results_file(options(results_file="assess.json"), writing=False) is None
    assert results_file({}, writing=True) is None


def test_the_file_and_its_directory_are_private(tmp_path: Path) -> None:
    path = tmp_path / "new/assess.json"
    file = results_file(options(results_file=str(path), state="assessed"), writing=True)
    assert file
    file.check()
    assert [found.name for found in path.parent.iterdir()] == [".assess.json.lock"]
    file.add([result()])
    assert json.loads(path.read_text("utf-8"))["phase"] == "assess"
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert stat.S_IMODE(path.parent.stat().st_mode) == 0o700


@pytest.mark.parametrize("content", [b"rubbish", b"\xff", b"[]"])
def test_a_foreign_file_is_refused_and_left_alone(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "migrate.json"
    path.write_bytes(content)
    file = results_file(options(results_file=str(path)), writing=True)
    assert file
    for act in (file.check, lambda: file.add([result()])):
        assert refusal(act).startswith(f"results_file: {path} ")
    assert path.read_bytes() == content


def test_a_place_that_cannot_be_written_is_refused_before_the_work(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("", "utf-8")
    for name in ("file/migrate.json", ""):
        file = results_file(options(results_file=str(tmp_path / name)), writing=True)
        assert file
        assert refusal(file.check).startswith(f"results_file: {tmp_path}")


# --- several writers --------------------------------------------------------------------------------------------------

WRITER = """
import os, sys
from ansible_collections.evergreen.os_migration.plugins.module_utils._results import results_file

path, name = sys.argv[1:]
file = results_file({"results_file": path, "state": "migrated"}, writing=True)
"""
ADDING = f"""{WRITER}
for number in range(25):
    file.check()
    file.add([{{"instance_id": f"i-{{name}}-{{number}}", "state": "migrated"}}])
"""
DYING = f"""{WRITER}
with file._directory.held("migrate.json"):
    os.kill(os.getpid(), 9)
"""


def test_nothing_is_lost_when_several_runs_write_one_file(tmp_path: Path) -> None:
    path = tmp_path / "migrate.json"
    command = [sys.executable, "-c", ADDING, str(path)]
    writers = [subprocess.Popen([*command, name]) for name in ("a", "b", "c")]
    assert [writer.wait(120) for writer in writers] == [0, 0, 0]
    found = {one["instance_id"] for one in json.loads(path.read_text("utf-8"))["results"]}
    assert found == {f"i-{name}-{number}" for name in "abc" for number in range(25)}


def test_a_writer_that_dies_leaves_no_lock_and_a_file_that_can_be_read(tmp_path: Path) -> None:
    path = tmp_path / "migrate.json"
    done = subprocess.run([sys.executable, "-c", DYING, str(path), "a"], check=False, timeout=60)
    assert done.returncode == -9
    file = results_file(options(results_file=str(path)), writing=True)
    assert file
    file.add([result()])
    assert json.loads(path.read_text("utf-8"))["summary"] == {"migrated": 1}


def test_a_file_that_another_holds_for_long_or_that_cannot_be_locked_is_told(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "migrate.json"
    one, other = (results_file(options(results_file=str(path)), writing=True) for _number in range(2))
    assert one
    assert other
    monkeypatch.setattr(_files, "PATIENCE", 0.2)
    with one._directory.held(path.name):
        assert "another process has held" in refusal(other.check)
    other.check()

    def no_locks(handle: int, how: int) -> None:
        raise OSError(errno.ENOLCK, os.strerror(errno.ENOLCK))

    monkeypatch.setattr(_files.fcntl, "flock", no_locks)
    assert "cannot be locked" in refusal(other.check)


# --- the module ------------------------------------------------------------------------------------------------------


class Left(BaseException):
    """The module has returned."""


class Module:
    """Stands in for Ansible's module: keeps what it returns."""

    no_log_values = frozenset({"secret"})

    def __init__(self, check_mode: bool = False, **given: Any) -> None:
        self.params, self.check_mode = options(**given), check_mode
        self.answer: dict[str, Any] = {}
        self.warnings: list[str] = []

    def warn(self, text: str) -> None:
        self.warnings.append(text)

    def exit_json(self, **answer: Any) -> None:
        self.answer = answer
        raise Left

    def fail_json(self, **answer: Any) -> None:
        self.exit_json(failed=True, **answer)


def record(**changes: Any) -> Migration:
    return Record(Item("i-1", "cn-hangzhou", "alicloud"), View(), "migrated", done=True, **changes)


@pytest.fixture
def run(monkeypatch: pytest.MonkeyPatch) -> Callable[..., Module]:
    def run(work: Callable[[], Migration], **given: Any) -> Module:
        module = Module(**given)
        monkeypatch.setattr(_module, "one_engine", lambda *arguments: ([work()], 0.0))
        with pytest.raises(Left):
            _module.run_module(module, WORKFLOW, migration_goal)  # type: ignore[arg-type]
        return module

    return run


def written(path: Path) -> list[dict[str, Any]]:
    results: list[dict[str, Any]] = json.loads(path.read_text("utf-8"))["results"]
    return results


@pytest.mark.parametrize("more", [{}, {"progress_file": "progress"}])
def test_the_file_gets_what_the_module_returns_and_no_secret(
    run: Callable[..., Module], tmp_path: Path, more: dict[str, Any]
) -> None:
    path = tmp_path / "migrate.json"
    answer = run(lambda: record(problem=Problem("X", "the secret", "")), results_file=str(path), **more).answer
    results = answer.get("results") or unpack(answer["packed_results"])
    own = [{name: value for name, value in one.items() if name not in ("runs", "earlier")} for one in written(path)]
    assert own == results
    assert results[0]["error"]["message"] == "the ********"
    assert answer["failed"]


def test_an_exception_that_nobody_foresaw_is_told_with_type_text_and_what_to_do(run: Callable[..., Module]) -> None:
    def work() -> Migration:
        raise RuntimeError("the library is damaged")

    answer = run(work).answer
    assert answer["failed"]
    assert "RuntimeError: the library is damaged. Run again with -vvv" in answer["msg"]


def test_the_file_is_no_change(run: Callable[..., Module], tmp_path: Path) -> None:
    assert run(record, results_file=str(tmp_path / "migrate.json")).answer["changed"] is False


def test_nothing_is_written_in_check_mode(run: Callable[..., Module], tmp_path: Path) -> None:
    run(record, results_file=str(tmp_path / "migrate.json"), check_mode=True)
    assert [*tmp_path.iterdir()] == []


def test_a_file_that_could_not_be_added_to_stops_the_module_before_the_work(
    run: Callable[..., Module], tmp_path: Path
) -> None:
    def work() -> Migration:
        raise AssertionError("something was done")

    path = tmp_path / "migrate.json"
    path.write_text("{}", "utf-8")
    answer = run(work, results_file=str(path)).answer
    assert answer == {
        "failed": True,
        "msg": f"results_file: {path} cannot be added to: it holds no results of migrate. Move it away.",
    }


def test_results_are_returned_even_if_the_file_broke_during_the_work(
    run: Callable[..., Module], tmp_path: Path
) -> None:
    path = tmp_path / "migrate.json"

    def work() -> Migration:
        path.write_text("{}", "utf-8")
        return record()

    module = run(work, results_file=str(path))
    assert module.answer["failed"]
    assert module.answer["results"][0]["state"] == "migrated"
    assert module.warnings == [module.answer["msg"]]
    assert path.read_text("utf-8") == "{}"
