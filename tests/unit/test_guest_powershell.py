# Copyright (c) 2026 evergreen.os_migration contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The Windows scripts, read by a PowerShell grammar, use nothing that Windows Server 2008 R2's PowerShell 2.0 lacks.

No PowerShell runs here. What these tests see is the language: whether a script parses, and which commands, parameters,
operators, types, methods and variables it names.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from guest.sent import as_given

tree_sitter = pytest.importorskip("tree_sitter", reason="pip install tree-sitter")
grammar = pytest.importorskip("tree_sitter_powershell", reason="pip install tree-sitter-powershell")

ROOT = Path(__file__).resolve().parents[2]
SCRIPTS = sorted([*ROOT.glob("guest/*.ps1"), *ROOT.glob("roles/*/files/*.ps1")])
PARSER = tree_sitter.Parser(tree_sitter.Language(grammar.language()))
Node = Any


def words(text: str) -> set[str]:
    return set(text.lower().split())


def cmdlets(text: str) -> dict[str, set[str]]:
    """The parameters of each cmdlet; case counts nowhere in PowerShell."""
    lines = [line.lower().split() for line in text.splitlines() if not line.startswith("#")]
    return {name: set(parameters) for name, *parameters in lines}


CMDLETS = cmdlets((ROOT / "tests/guest/powershell2.txt").read_text("utf-8"))
PROGRAMS = {"cmd.exe"}
COMMON_PARAMETERS = words(
    "Confirm Debug ErrorAction ErrorVariable OutBuffer OutVariable Verbose WarningAction WarningVariable WhatIf"
)
OPERATORS = words(
    """
    eq ne ge gt lt le like notlike match notmatch contains notcontains replace split join is isnot as f
    ceq cne cge cgt clt cle clike cnotlike cmatch cnotmatch ccontains cnotcontains creplace csplit
    ieq ine ige igt ilt ile ilike inotlike imatch inotmatch icontains inotcontains ireplace isplit
    and or xor not band bor bxor bnot
    """
)
SWITCH_PARAMETERS = words("regex wildcard exact casesensitive file")
#: Later than 2.0, for where the language is constrained, which no 2.0 can be; the cmdlets' parameters that are used.
LATER = {"get-ciminstance": words("Query Namespace OperationTimeoutSec"), "stop-service": words("NoWait")}
#: What is called by the name in a variable.
IN_VARIABLES = {"$cmdlet": "get-wmiobject"}
#: Of .NET 2.0, as far as the scripts need it. Look a new one up before it is added: 2008 R2 has no later .NET.
TYPES = words(
    """
    bool char datetime Environment guid int IntPtr long math string StringComparison timespan version wmisearcher
    System.Enum System.Globalization.CultureInfo System.IO.File System.IO.FileOptions System.IO.Path
    System.Net.Security.RemoteCertificateValidationCallback System.Net.SecurityProtocolType
    System.Net.ServicePointManager System.Net.Sockets.AddressFamily System.Net.WebException System.Net.WebRequest
    System.Security.Authentication.SslProtocols
    """
)
METHODS = words(
    """
    AddDays AddSeconds AuthenticateAsClient BeginConnect Close Combine ContainsKey Create Delete EndConnect Equals
    Exists Floor Get GetCultureInfo GetResponse GetResponseStream GetStream IndexOf IsDefined NewGuid Read Start Stop
    Substring ToCharArray ToString ToUniversalTime Trim WaitOne
    """
)
NEWER_VARIABLES = re.compile(r"\$(using:.*|psitem|psscriptroot|pscommandpath|psdefaultparametervalues)$")
NEWER_STATEMENTS = {"class_statement", "enum_statement", "using_statement", "parallel_statement", "sequence_statement"}


def tree(source: str) -> Node:
    # The grammar knows the suffixes of numbers in small letters only, PowerShell in any.
    return PARSER.parse(re.sub(r"(?<=\d)[KMGTP]B\b", lambda found: found[0].lower(), source).encode()).root_node


def nodes(node: Node, *kinds: str) -> Iterator[Node]:
    if not kinds or node.type in kinds:
        yield node
    for child in node.children:
        yield from nodes(child, *kinds)


def word(node: Node) -> str:
    return str(node.text.decode()).lower()


def place(node: Node) -> str:
    return f"line {node.start_point[0] + 1}: {node.text.decode().strip().splitlines()[0][:60]}"


def commands(root: Node) -> Iterator[tuple[Node, str, list[str]]]:
    """Each command with its name and the names of its parameters; a name that is computed is its text."""
    for command in nodes(root, "command"):
        name = command.child_by_field_name("command_name")
        elements = command.child_by_field_name("command_elements")
        parameters = [child for child in elements.children if child.type == "command_parameter"] if elements else []
        yield command, word(name), [word(parameter).strip("-:") for parameter in parameters]


def syntax(root: Node) -> Iterator[Node]:
    return (node for node in nodes(root) if node.is_error or node.is_missing or node.type in NEWER_STATEMENTS)


def only_constrained(node: Node) -> bool:
    """Whether this runs only where a policy constrains the language."""
    while node.parent and node.type != "if_statement":
        node = node.parent
    return node.type == "if_statement" and word(node).startswith("if ($constrained) {")


def unknown_commands(root: Node) -> Iterator[Node]:
    """A command in a variable is a block of the script's own."""
    functions = {word(node) for node in nodes(root, "function_name")}
    for command, name, _parameters in commands(root):
        known = name in CMDLETS.keys() | PROGRAMS | functions or name.endswith('.exe"') or name.startswith("$")
        if not known and not (name in LATER and only_constrained(command)):
            yield command


def unknown_parameters(root: Node) -> Iterator[Node]:
    for command, name, parameters in commands(root):
        later = LATER.get(name, set()) if only_constrained(command) else set()
        if set(parameters) - COMMON_PARAMETERS - CMDLETS.get(IN_VARIABLES.get(name, name), set()) - later:
            yield command


def unknown_operators(root: Node) -> Iterator[Node]:
    for node in nodes(root):
        if node.type in ("&&", "||"):
            yield node
        dashed = node.child_count == 0 and re.fullmatch(r"-[a-z]+", word(node))
        if dashed and node.type != "command_parameter" and word(node)[1:] not in OPERATORS | SWITCH_PARAMETERS:
            yield node


def unknown_types(root: Node) -> Iterator[Node]:
    return (node for spec in nodes(root, "type_spec") for node in spec.children[:1] if word(node) not in TYPES)


def unknown_methods(root: Node) -> Iterator[Node]:
    for call in nodes(root, "invokation_expression"):
        for name in (child for child in call.children if child.type == "member_name"):
            if word(name) not in METHODS:
                yield call


def unknown_variables(root: Node) -> Iterator[Node]:
    return (node for node in nodes(root, "variable") if NEWER_VARIABLES.match(word(node)))


CHECKS: list[Callable[[Node], Iterator[Node]]] = [
    syntax,
    unknown_commands,
    unknown_parameters,
    unknown_operators,
    unknown_types,
    unknown_methods,
    unknown_variables,
]


@pytest.mark.parametrize("check", CHECKS, ids=lambda check: check.__name__)
@pytest.mark.parametrize("script", SCRIPTS, ids=lambda path: path.name)
def test_windows_scripts_stay_within_powershell_2(script: Path, check: Callable[[Node], Iterator[Node]]) -> None:
    assert not [place(node) for node in check(tree(as_sent(script)))]


def as_sent(script: Path) -> str:
    """The scripts of roles always follow the one that decodes arguments and holds what they share."""
    return as_given(script)


@pytest.mark.parametrize(
    ("check", "source"),
    [
        (syntax, "if ($a { 1 }"),
        (syntax, "$a ?? 1"),
        (syntax, "$a ? 1 : 2"),
        (syntax, "class A { [int]$x }"),
        (unknown_commands, "Get-CimInstance Win32_Service"),
        (unknown_commands, "1 | ForEach-Object { ConvertTo-Json $_ }"),
        (unknown_commands, "gci C:\\"),
        (unknown_commands, '"$(Invoke-WebRequest x)"'),
        (unknown_parameters, "Get-Content -Path x -Raw"),
        (unknown_parameters, "Get-ChildItem -File"),
        (unknown_parameters, "Stop-Service -InputObject $x -NoWait"),
        (unknown_parameters, "$x | Where-Object Name -eq 'a'"),
        (unknown_operators, "$a -in $b"),
        (unknown_operators, "$a -notin $b"),
        (unknown_operators, "$a -shl 2"),
        (unknown_operators, "Get-Date && Get-Date"),
        (unknown_types, "[pscustomobject]@{ a = 1 }"),
        (unknown_types, "[ordered]@{ a = 1 }"),
        (unknown_methods, "$a.Where({ $_ })"),
        (unknown_methods, "[string]::IsNullOrWhiteSpace($a)"),
        (unknown_methods, "[version]::new(1, 2)"),
        (unknown_variables, "$using:a"),
        (unknown_variables, "$PSScriptRoot"),
    ],
)
def test_what_is_newer_is_noticed(check: Callable[[Node], Iterator[Node]], source: str) -> None:
    assert list(check(tree(source)))


def test_what_powershell_2_knows_is_not_complained_of() -> None:
    source = """
    function Get-It($Name) { if ($Name -match '^a' -and -not $x) { [math]::Floor($Name.Length / 1MB) } }
    Get-It 'b' | Where-Object { $_ -is [int] } | Select-Object -First 1 -ErrorAction Stop 2>$null
    switch -regex ($a) {
        'x' { 'y' }
        default { 'z' }
    }
    & "$env:SystemRoot\\System32\\Dism.exe" /Online | Out-Null
    """
    assert not [place(node) for check in CHECKS for node in check(tree(source))]


def test_the_list_of_cmdlets_is_that_of_powershell_2() -> None:
    assert len(CMDLETS) == 236
    assert {"get-wmiobject", "get-service", "new-object"} <= CMDLETS.keys()
    assert not {"get-ciminstance", "convertto-json", "invoke-webrequest"} & CMDLETS.keys()


@pytest.mark.parametrize("script", SCRIPTS, ids=lambda path: path.name)
def test_windows_scripts_are_ascii(script: Path) -> None:
    """PowerShell 2.0 reads a script without byte order mark in the system's own code page."""
    assert script.read_text("utf-8").isascii()


def test_the_facts_script_asks_for_nothing_slow_or_with_side_effects() -> None:
    root = tree((ROOT / "guest/facts.ps1").read_text("utf-8"))
    used = {name for _command, name, _parameters in commands(root)}
    changing = {
        name for name in used if name.split("-")[0] in ("set", "remove", "clear", "start", "stop", "add", "copy")
    }
    assert changing == {"start-process", "stop-process"}
    started = [word(command) for command, name, _parameters in commands(root) if name == "start-process"]
    assert [text.startswith("start-process -filepath cmd.exe ") for text in started] == [True]
    assert not [place(node) for node in nodes(root) if node.child_count == 0 and "win32_product" in word(node)]
    assert not [place(command) for command, _name, parameters in commands(root) if "recurse" in parameters]


# --- what pslint says ------------------------------------------------------------------------------------------------

WMI = words("Get-WmiObject Invoke-WmiMethod Register-WmiEvent Remove-WmiObject Set-WmiInstance")
Found = Iterator[str]


def wmi_cmdlets(source: str) -> Found:
    """PSAvoidUsingWMICmdlet."""
    return (place(command) for command, name, _parameters in commands(tree(source)) if name in WMI)


def close_braces(source: str) -> Found:
    """PSPlaceCloseBrace: what follows a closing brace begins a line."""
    return (line for line in source.splitlines() if re.search(r"}\s*(else|elseif|catch|finally)\b", line))


def open_braces(source: str) -> Found:
    """PSPlaceOpenBrace: on the line of what it opens."""
    return (line for line in source.splitlines() if line.strip() == "{")


def empty_catches(source: str) -> Found:
    """PSAvoidUsingEmptyCatchBlock; a comment fills nothing."""
    return iter(re.findall(r"catch\s*\{\s*\}", re.sub(r"(?m)#.*$", "", source)))


def nulls_on_the_right(source: str) -> Found:
    """PSPossibleIncorrectComparisonWithNull."""
    return iter(re.findall(r"-[ic]?(?:eq|ne)\s+\$null", source))


def paths_as_patterns(source: str) -> Found:
    """-LiteralPath wherever a cmdlet has it, by Ansible's own rule."""
    for command, name, parameters in commands(tree(source)):
        if "literalpath" in CMDLETS.get(name, set()) and "literalpath" not in parameters:
            yield place(command)


def positional(source: str) -> Found:
    """PSAvoidUsingPositionalParameters: three of them are too many."""
    for command, name, parameters in commands(tree(source)):
        elements = command.child_by_field_name("command_elements")
        values = [child for child in elements.children if child.is_named] if elements else []
        values = [
            child for child in values if child.type not in ("command_parameter", "command_argument_sep", "redirection")
        ]
        if len(values) - len(parameters) >= 3 and name not in PROGRAMS:
            yield place(command)


def shape(source: str) -> Found:
    """PSAvoidLongLines, PSAvoidSemicolonsAsLineTerminators, PSAvoidTrailingWhitespace."""
    return (line for line in source.splitlines() if len(line) > 160 or line.endswith((";", " ", "\t")))


def indentation(source: str) -> Found:
    """PSUseConsistentIndentation: four blanks a level and for the rest of a pipeline, none after another operator."""
    depth, before = 0, ""
    for line in source.splitlines():
        code = re.sub(
            r"'[^']*'|\"[^\"]*\"|(?:^|\s)#.*$", lambda found: "_" * len(found[0]) if found[0][0] in "'\"" else "", line
        )
        closing = len(re.match(r"[})\s]*", code)[0].replace(" ", "")) and code.strip()[0] in "})"
        level = 4 * (depth - (1 if closing else 0))
        allowed = {level, level + 4} if before.endswith("|") else {level}
        blanks = len(line) - len(line.lstrip())
        if line.strip() and blanks not in allowed and not line.lstrip().startswith("#"):
            yield line
        opened = code.count("{") - code.count("}")
        depth += opened + (1 if code.rstrip().endswith("(") else 0) - (1 if code.strip().startswith(")") else 0)
        before = code.rstrip()


PSLINT: list[Callable[[str], Found]] = [
    wmi_cmdlets,
    close_braces,
    open_braces,
    empty_catches,
    nulls_on_the_right,
    paths_as_patterns,
    positional,
    shape,
    indentation,
]


@pytest.mark.parametrize("rule", PSLINT, ids=lambda rule: re.split("[:.;]", str(rule.__doc__))[0])
@pytest.mark.parametrize("script", SCRIPTS, ids=lambda path: path.name)
def test_scripts_keep_the_rules_of_pslint(script: Path, rule: Callable[[str], Found]) -> None:
    """It runs in Ansible's own test container, where a PowerShell and its analyzer are."""
    assert not list(rule(script.read_text("utf-8")))


@pytest.mark.parametrize(
    ("rule", "source"),
    [
        (wmi_cmdlets, "Get-WmiObject -Class Win32_Service"),
        (close_braces, "if ($a) {\n    1\n} else {\n    2\n}"),
        (close_braces, "try { 1 } catch { 2 }"),
        (open_braces, "if ($a)\n{\n    1\n}"),
        (empty_catches, "try {\n    1\n}\ncatch { }"),
        (empty_catches, "try {\n    1\n}\ncatch {\n    # nothing\n}"),
        (nulls_on_the_right, "if ($a -eq $null) { 1 }"),
        (nulls_on_the_right, "if ($a -ne $null) { 1 }"),
        (paths_as_patterns, "Test-Path $a"),
        (paths_as_patterns, "Get-ChildItem -Path $a"),
        (positional, "Get-It $a $b $c"),
        (shape, "$a = 1;"),
        (shape, "$a = 1 "),
        (shape, f"$a = '{'x' * 160}'"),
        (indentation, "if ($a) {\n  1\n}"),
        (indentation, "if ($a) {\n1\n}"),
        (indentation, "$a = 'x' +\n    'y'"),
    ],
)
def test_what_pslint_complains_of_is_noticed(rule: Callable[[str], Found], source: str) -> None:
    assert list(rule(source))
