# Copyright (c) 2026 evergreen.os_migration contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The collection's code budgets. They serve readers: code that breaks one is hard to read, or says why it must."""

from __future__ import annotations

import ast
import statistics
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any, NamedTuple

import pytest
import yaml
from ansible_collections.evergreen.os_migration.plugins.module_utils._core.phases import RESULTS

ROOT = Path(__file__).resolve().parents[2]
PLUGINS = ROOT / "plugins"
UTILS = PLUGINS / "module_utils"
DOCUMENTATION = {"DOCUMENTATION", "EXAMPLES", "RETURN"}
CLOUD_LIBRARIES = {"aliyunsdkcore", "boto3", "botocore"}
BRANCHES = (ast.If, ast.For, ast.While, ast.ExceptHandler, ast.IfExp, ast.comprehension, ast.match_case)

FUNCTION_LINES_P95, FUNCTION_LINES_MAX, FUNCTION_BRANCHES_MAX = 25, 40, 8
MODULE_LINES_MEDIAN, MODULE_LINES_P95 = 35, 60
SET_FACT_PER_100_TASKS, SHELL_PER_100_TASKS = 2, 3


class Function(NamedTuple):
    place: str
    lines: int
    branches: int
    has_return_hint: bool


def python_files(*directories: Path) -> list[Path]:
    return sorted(path for directory in directories for path in directory.rglob("*.py"))


def tree_of(path: Path) -> ast.Module:
    return ast.parse(path.read_text("utf-8"), str(path))


def lines_of(node: ast.stmt) -> int:
    return (node.end_lineno or node.lineno) - node.lineno + 1


def branches_of(function: ast.AST) -> int:
    nodes = list(ast.walk(function))
    operands = sum(len(node.values) - 1 for node in nodes if isinstance(node, ast.BoolOp))
    return 1 + sum(isinstance(node, BRANCHES) for node in nodes) + operands


def functions() -> Iterator[Function]:
    for path in python_files(PLUGINS):
        for node in ast.walk(tree_of(path)):
            if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
                place = f"{path.relative_to(ROOT)}:{node.lineno} {node.name}"
                yield Function(place, lines_of(node), branches_of(node), node.returns is not None)


def code_lines(path: Path) -> int:
    """Lines of a module file without its documentation."""
    text = path.read_text("utf-8")
    documentation = sum(
        lines_of(node)
        for node in tree_of(path).body
        if isinstance(node, ast.Assign) and DOCUMENTATION & {getattr(target, "id", "") for target in node.targets}
    )
    return text.count("\n") - documentation


def percentile(values: Iterable[int], percent: int) -> int:
    ordered = sorted(values)
    return ordered[round(percent / 100 * (len(ordered) - 1))]


def imports_of(path: Path) -> Iterator[str]:
    """Absolute names of what a file imports; relative imports are resolved against its place."""
    package = path.relative_to(ROOT).with_suffix("").parts[:-1]
    for node in ast.walk(tree_of(path)):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            base = ".".join(package[: len(package) - node.level + 1]) if node.level else ""
            module = ".".join(filter(None, (base, node.module)))
            yield from (f"{module}.{alias.name}" for alias in node.names)


def decides_by(name: str, path: Path) -> bool:
    """Whether any condition in the file asks for this name."""
    conditions: list[ast.AST] = []
    for node in ast.walk(tree_of(path)):
        if isinstance(node, ast.If | ast.IfExp | ast.While | ast.Assert):
            conditions.append(node.test)
        elif isinstance(node, ast.comprehension):
            conditions += node.ifs
        elif isinstance(node, ast.BoolOp):
            conditions.append(node)
    asked = (inner for condition in conditions for inner in ast.walk(condition))
    return any(name in (getattr(inner, "attr", ""), getattr(inner, "id", "")) for inner in asked)


def tasks() -> list[dict[str, Any]]:
    """Every task of the roles, those in blocks too."""
    found: list[dict[str, Any]] = []
    waiting = [task for path in ROOT.glob("roles/*/tasks/**/*.yml") for task in yaml.safe_load(path.read_text("utf-8"))]
    while waiting:
        task = waiting.pop()
        waiting += [inner for part in ("block", "rescue", "always") for inner in task.get(part, [])]
        if "block" not in task:
            found.append(task)
    return found


def share_of(modules: set[str]) -> float:
    """Tasks per hundred that use one of these modules."""
    all_tasks = tasks()
    used = sum(bool(modules & {key.rsplit(".", 1)[-1] for key in task}) for task in all_tasks)
    return 100 * used / len(all_tasks)


@pytest.fixture(scope="module")
def all_functions() -> list[Function]:
    found = list(functions())
    assert found
    return found


def test_functions_are_short(all_functions: list[Function]) -> None:
    long = [f"{each.place}: {each.lines}" for each in all_functions if each.lines > FUNCTION_LINES_MAX]
    assert not long, "\n".join(["too many lines", *long])
    assert percentile((function.lines for function in all_functions), 95) <= FUNCTION_LINES_P95


def test_functions_have_few_branches(all_functions: list[Function]) -> None:
    branchy = [f"{each.place}: {each.branches}" for each in all_functions if each.branches > FUNCTION_BRANCHES_MAX]
    assert not branchy, "\n".join(["too many branches", *branchy])


def test_functions_say_what_they_return(all_functions: list[Function]) -> None:
    assert [each.place for each in all_functions if not each.has_return_hint] == []


def test_modules_are_thin() -> None:
    lines = [code_lines(path) for path in python_files(PLUGINS / "modules")]
    assert statistics.median(lines) <= MODULE_LINES_MEDIAN
    assert percentile(lines, 95) <= MODULE_LINES_P95


def test_only_the_engine_knows_check_mode() -> None:
    """Elsewhere check mode is an argument that is passed on, never a condition."""
    deciding = {path.relative_to(PLUGINS) for path in python_files(PLUGINS) if decides_by("check_mode", path)}
    assert deciding <= {Path("module_utils/_engine/lane.py")}


@pytest.mark.parametrize(
    ("room", "others"),
    [("_core", ()), ("_report", ("_core", "_errors", "_files"))],
)
def test_a_room_imports_no_ansible_and_of_ours_only_what_it_may(room: str, others: tuple[str, ...]) -> None:
    utils = ".".join(UTILS.relative_to(ROOT).parts)
    allowed = tuple(f"{utils}.{name}." for name in (room, *others))
    foreign = {
        (str(path.relative_to(ROOT)), name)
        for path in python_files(UTILS / room)
        for name in imports_of(path)
        if name.startswith(("ansible", "plugins.")) and not name.startswith(allowed)
    }
    assert foreign == set()


def test_only_adapters_know_a_cloud_library() -> None:
    outside = [path for path in python_files(PLUGINS) if UTILS / "_clouds" not in path.parents]
    knowing = {
        (str(path.relative_to(ROOT)), name)
        for path in outside
        for name in imports_of(path)
        if name.split(".", 1)[0] in CLOUD_LIBRARIES
    }
    assert knowing == set()


def test_roles_are_declarative() -> None:
    assert share_of({"set_fact"}) <= SET_FACT_PER_100_TASKS
    assert share_of({"shell", "command"}) <= SHELL_PER_100_TASKS


@pytest.mark.parametrize("role", sorted(path.name for path in ROOT.glob("roles/*")))
def test_role_describes_itself(role: str) -> None:
    directory = ROOT / "roles" / role
    assert (directory / "README.md").is_file()
    entry_points = yaml.safe_load((directory / "meta/argument_specs.yml").read_text("utf-8"))["argument_specs"]
    assert {path.stem for path in (directory / "tasks").glob("main.yml")} <= set(entry_points)
    defaults = directory / "defaults/main.yml"
    names = yaml.safe_load(defaults.read_text("utf-8")) or {} if defaults.exists() else {}
    assert [name for name in names if not name.startswith(f"{role}_")] == []
    assert set(names) <= set(entry_points["main"]["options"])


def test_registered_names_are_private_or_those_that_are_documented() -> None:
    names = [task["register"] for task in tasks() if "register" in task]
    assert [name for name in names if not name.startswith("__") and name not in RESULTS] == []


def test_names_of_role_vars_are_private() -> None:
    files = [yaml.safe_load(path.read_text("utf-8")) or {} for path in ROOT.glob("roles/*/vars/*.yml")]
    assert [name for names in files for name in names if not name.startswith("__")] == []
