# Copyright (c) 2026 evergreen.os_migration contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The problems that the code can tell, read from its text: what is put in while it runs is an ellipsis."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

CODE = re.compile(r"[A-Z][a-z]+(?:[A-Z][a-z]+)*")
GAP = "…"
#: What tells a problem, and the place of its code among the arguments; message and remedy follow.
TELLERS = {"Problem": 0, "failing": 0, "Refusal": 0, "refused": 1, "all_refused": 1}


@dataclass(frozen=True)
class Said:
    """One place that tells a problem."""

    code: str
    message: str
    remedy: str


@dataclass
class _Names:
    """What the names of a file and of a function stand for: each for what was assigned last before it is used."""

    values: dict[str, list[ast.Assign]] = field(default_factory=dict)

    def read(self, body: list[ast.stmt]) -> _Names:
        found: dict[str, list[ast.Assign]] = {}
        for node in (inner for statement in body for inner in ast.walk(statement)):
            if isinstance(node, ast.Assign) and len(node.targets) == 1 and isinstance(node.targets[0], ast.Name):
                found.setdefault(node.targets[0].id, []).append(node)
        return _Names({**self.values, **found})

    def texts(self, node: ast.expr | None) -> list[str]:
        """Return the texts that an expression can be."""
        if isinstance(node, ast.Constant) and isinstance(node.value, str):
            return [node.value]
        if isinstance(node, ast.JoinedStr):
            return ["".join(str(part.value) if isinstance(part, ast.Constant) else GAP for part in node.values)]
        if isinstance(node, ast.IfExp):
            return [*self.texts(node.body), *self.texts(node.orelse)]
        if isinstance(node, ast.BinOp) and isinstance(node.op, ast.Add):
            return [a + b for a in self.texts(node.left) for b in self.texts(node.right)]
        if isinstance(node, ast.Name):
            before = [made for made in self.values.get(node.id, []) if made.lineno < node.lineno]
            return self.texts(before[-1].value) if before else [GAP]
        return [GAP]


def said_in(path: Path) -> Iterator[Said]:
    """Yield what the code of one file can tell."""
    tree = ast.parse(path.read_text("utf-8"))
    top = _Names().read([node for node in tree.body if isinstance(node, ast.Assign)])
    functions = [node for node in ast.walk(tree) if isinstance(node, ast.FunctionDef)]
    inside = {id(inner) for function in functions for inner in ast.walk(function)}
    yield from _told(top, [node for node in ast.walk(tree) if id(node) not in inside])
    for function in functions:
        yield from _told(top.read(function.body), list(ast.walk(function)))


def _told(names: _Names, nodes: list[ast.AST]) -> Iterator[Said]:
    for node in nodes:
        if not isinstance(node, ast.Call):
            continue
        called = node.func.attr if isinstance(node.func, ast.Attribute) else getattr(node.func, "id", "")
        if called not in TELLERS:
            continue
        code, message, remedy = (_argument(node, TELLERS[called] + place) for place in range(3))
        for text in names.texts(code):
            if CODE.fullmatch(text):
                yield from _each(text, names.texts(message), names.texts(remedy) if remedy else [""])


def _each(code: str, messages: list[str], remedies: list[str]) -> Iterator[Said]:
    for message in messages:
        for remedy in remedies:
            yield Said(code, message, remedy)


def _argument(call: ast.Call, place: int) -> ast.expr | None:
    return call.args[place] if place < len(call.args) else None


def said_below(directory: Path) -> list[Said]:
    """Return what all code below a directory can tell, each once and by its code."""
    found = {said: None for path in sorted(directory.rglob("*.py")) for said in said_in(path) if said.message}
    return sorted(found, key=lambda said: said.code)
