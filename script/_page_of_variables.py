# Copyright (c) 2026 evergreen.os_migration contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The page of all variables that roles and playbooks read, from the roles' argument specs."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

import yaml
from _markdown import Row, code, plain, table
from ansible_collections.evergreen.os_migration.plugins.module_utils._clouds import PROVIDERS

ROLES = Path(__file__).resolve().parents[1] / "roles"
INTRODUCTION = """\
# Variables of all roles

Written by `script/docs` from the roles' `meta/argument_specs.yml`; change these, not this page.

All count wherever Ansible lets you set them, with its own precedence: for hosts and groups, a play, a role, a block, in
`include_role` and `set_fact`, by `-e`, and as templates. A name below `os_migration_` that nothing reads is refused, as
is one that is very much like a role's own. Where no default stands here, that of the module counts:
`ansible-doc evergreen.os_migration.os_migration`.
"""
HOSTS = "What a host is. Only `instance_id` is needed by every role; a target is needed by migrate, verify and commit."
PLAYBOOKS = """\
Read by the playbooks, not by the roles, before the inventory's variables are known: give them by `-e`, or in AWX as
extra variables.
"""
SHARED = "Read by more than one role."
#: What no role's specs tell, since it is no option of a role.
OF_HOSTS: Mapping[str, tuple[str, str]] = {
    "instance_id": ("text", "Id of the instance."),
    "region": ("text", "Its region; else that of the connection counts."),
    "provider": ("text", "Its cloud. Taken from the id where that is surely one cloud's."),
    "os_migration_target": ("text", "Operating system that the host gets. Goes before the roles' own `…_target`."),
    "os_migration_profile": ("text", "Profile with the credentials of the host's account, for several accounts."),
    "os_migration_instance": (
        "dict",
        "What the cloud knows of it. Set by the inventory plugin, for your own templates.",
    ),
}
OF_CLOUD = "The connection: keys, profile, region, endpoint and so on, see [connection](how-it-works.md#connection)."
OF_PLAYBOOKS: Mapping[str, tuple[str, str]] = {
    "target": ("pattern of hosts", "Hosts to run on. Rollback and commit want it, or `--limit`."),
    "os_migration_waves": ("number, list", "Ansible's `serial`: how many hosts at once. All, unless it is given."),
    "os_migration_approved_by": (
        "text",
        "Who approves, for the playbook `approve`. Asked for at the terminal, unless it is given.",
    ),
    "os_migration_released": (
        "list, text",
        "Ids of released instances, for the playbook `sweep`; a text has commas between them.",
    ),
    "os_migration_released_region": ("text", "Their region; else that of the connection counts."),
    "os_migration_error_budget": ("number", "Ansible's `max_fail_percentage` of a wave. 100, unless it is given."),
}
COLLECTION = "evergreen.os_migration."
MARKUP = re.compile(r"\b([A-Z])\(([^)]*)\)")
COLUMNS = ("variable", "value", "what it is")

Option = dict[str, Any]


def page() -> str:
    specs = {path.parts[-3]: options_of(path) for path in sorted(ROLES.glob("*/meta/argument_specs.yml"))}
    readers: dict[str, list[str]] = {}
    for role, options in specs.items():
        for name in options:
            readers.setdefault(name, []).append(role)
    shared = sorted(name for name, roles in readers.items() if len(roles) > 1 or not name.startswith(roles[0]))
    return "\n".join(
        [
            INTRODUCTION,
            f"## Of hosts\n\n{HOSTS}\n",
            table(COLUMNS, written(OF_HOSTS)),
            f"## Of several roles\n\n{SHARED}\n",
            table((*COLUMNS, "roles"), [*(shared_row(name, readers[name], specs) for name in shared), *connections()]),
            f"## Of the playbooks\n\n{PLAYBOOKS}",
            table(COLUMNS, written(OF_PLAYBOOKS)),
            *(role_section(role, options, shared) for role, options in specs.items()),
        ]
    )


def options_of(path: Path) -> dict[str, Option]:
    options: dict[str, Option] = yaml.safe_load(path.read_text("utf-8"))["argument_specs"]["main"]["options"]
    return options


def written(rows: Mapping[str, tuple[str, str]]) -> Iterable[Row]:
    return ((code(name), value, text) for name, (value, text) in rows.items())


def connections() -> Iterable[Row]:
    return ((code(f"os_migration_{name}"), "dict", OF_CLOUD, "all but report") for name in PROVIDERS)


def role_section(role: str, options: Mapping[str, Option], shared: Iterable[str]) -> str:
    own = {name: option for name, option in options.items() if name not in shared}
    others = sorted(set(options) & set(shared))
    read = f"\nBeside them: {', '.join(map(code, others))}.\n" if others else ""
    rows = [(code(name), value(option), described(option)) for name, option in own.items()]
    head = f"## {role}\n\nThe role [{role}](../roles/{role}/README.md).\n"
    return f"{head}\n{table(COLUMNS, rows) if rows else ''}{read}"


def shared_row(name: str, roles: list[str], specs: Mapping[str, Mapping[str, Option]]) -> Row:
    """Return what roles say of one variable, once where they say the same."""
    texts: dict[str, list[str]] = {}
    for role in roles:
        texts.setdefault(described(specs[role][name]), []).append(role)
    several = (f"*{', '.join(who)}*: {text}" for text, who in texts.items())
    said = " ".join(texts if len(texts) == 1 else several)
    return code(name), value(specs[roles[0]][name]), said, ", ".join(roles)


def value(option: Option) -> str:
    """Return what may be written: its type or its choices, and its default."""
    kind = f"list of {option['elements']}" if "elements" in option else option.get("type", "str")
    pieces = [" or ".join(map(code, option["choices"])) if len(option.get("choices", [])) in (1, 2, 3, 4) else kind]
    if option.get("required"):
        pieces.append("required")
    if "default" in option:
        pieces.append(f"default {code(json.dumps(option['default']))}")
    return ", ".join(pieces)


def described(option: Option) -> str:
    """Return a description in Markdown, with the options below the variable."""
    lines = option["description"] if isinstance(option["description"], list) else [option["description"]]
    below = [f"{code(name)} ({value(one)}): {described(one)}" for name, one in option.get("options", {}).items()]
    return " ".join([*(MARKUP.sub(in_markdown, plain(line)) for line in lines), *below])


def in_markdown(match: re.Match[str]) -> str:
    kind, what = match.groups()
    plugin, _sign, name = what.rpartition(":")
    if plugin:
        return f"{code(name)} of the module {code(plugin.removeprefix(COLLECTION).partition('#')[0])}"
    if kind == "P":
        name = what.removeprefix(COLLECTION).partition("#")[0]
        return f"[{name}](../roles/{name}/README.md)"
    return code(what)
