# Copyright (c) 2026 evergreen.os_migration contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What Ansible has that decides who takes part in a role, and with which wish: a row per construct.

Each construct has hosts of its own, h1 to h4, of which h1 and h2 wish for one system and the others for another one: so
many of them fit into one run of ansible-playbook, and the cloud tells whom each has touched.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

ROLE = "evergreen.os_migration.assess"
HOSTS = ("h1", "h2", "h3", "h4")
WISHES = {"h1": "alinux-3", "h2": "alinux-3", "h3": "anolis-8", "h4": "anolis-8"}
FAMILY = {"h1": "x", "h2": "x", "h3": "y", "h4": "y"}
#: The wish, which differs from host to host, wherever it is said.
SAID = {"os_migration_target": "{{ wished }}"}

Task = dict[str, Any]


@dataclass(frozen=True)
class Construct:
    """Plays on a group of hosts, and the hosts that are to take part; ``included`` is a file of tasks beside them."""

    name: str
    keywords: dict[str, Any]
    tasks: list[Task]
    right: tuple[str, ...] = HOSTS
    options: tuple[str, ...] = ()
    host: dict[str, Any] | None = None

    @property
    def group(self) -> str:
        """The name of its group of hosts."""
        return "".join(letter if letter.isalnum() else "_" for letter in self.name.lower())

    def plays(self) -> list[dict[str, Any]]:
        return [{"name": self.name, "hosts": self.group, "gather_facts": False, **self.keywords, "tasks": self.tasks}]


def role(how: str = "import", said: dict[str, Any] | None = None, **more: Any) -> Task:
    """The task that applies the role."""
    given = {"name": ROLE, **({"rolespec_validate": False} if how == "import" else {})}
    return {f"ansible.builtin.{how}_role": given, "vars": SAID if said is None else said, **more}


def failing(*hosts: str) -> Task:
    return {"ansible.builtin.fail": {"msg": "before"}, "when": f"h in {list(hosts)}"}


def without(*hosts: str) -> tuple[str, ...]:
    return tuple(host for host in HOSTS if host not in hosts)


UNREACHABLE = {"ansible_host": "127.0.0.1", "ansible_port": 9, "ansible_ssh_common_args": "-o ConnectTimeout=1"}
BAD_WAIVERS = {**SAID, "os_migration_waivers": "{{ 'a text' if h == 'h3' else [] }}"}
UNDEFINED = {"os_migration_target": "{{ nosuch if h == 'h1' else wished }}"}


def _in_one_run() -> Iterator[Construct]:
    yield Construct("role params", {"roles": [{"role": ROLE, "vars": SAID}]}, [])
    yield Construct("play vars", {"vars": SAID, "roles": [ROLE]}, [])
    yield Construct("include_role vars", {}, [role("include")])
    yield Construct("import_role vars", {}, [role()])
    yield Construct("block vars", {}, [{"vars": SAID, "block": [role(said={})]}])
    yield Construct("set_fact", {}, [{"ansible.builtin.set_fact": SAID}, role(said={})])
    other = {"ansible.builtin.set_fact": {"os_migration_target": "anolis-7"}, "when": "h == 'h3'"}
    yield Construct("include_role vars beat set_fact", {}, [other, role("include")])
    yield Construct("role when", {}, [role(when="h != 'h4'")], without("h4"))
    yield Construct(
        "role when, first left out", {"roles": [{"role": ROLE, "vars": SAID, "when": "h != 'h1'"}]}, [], without("h1")
    )
    yield Construct("import_role when, first left out", {}, [role(when="h != 'h1'")], without("h1"))
    yield Construct("include_role when, first left out", {}, [role("include", when="h != 'h1'")], without("h1"))
    yield Construct("include_role when", {}, [role("include", when="h != 'h3'")], without("h3"))
    yield Construct("include_role loop per family", {}, [role("include", loop=["x", "y"], when="item == family")])
    yield Construct(
        "include_role loop over hosts", {}, [role("include", loop=["h2", "h4"], when="item == h")], ("h2", "h4")
    )
    included = {"file": "included.yml", "apply": {"vars": SAID}}
    yield Construct(
        "include_tasks", {}, [{"ansible.builtin.include_tasks": included, "when": "family == 'y'"}], ("h3", "h4")
    )
    yield Construct("serial", {"serial": 2}, [role()])
    yield Construct("serial, with when", {"serial": 2}, [role(when="h in ['h2', 'h3']")], ("h2", "h3"))
    yield Construct("serial, whole wave left out", {"serial": 2}, [role(when="h in ['h3', 'h4']")], ("h3", "h4"))
    yield Construct("failed before", {}, [failing("h2"), role()], without("h2"))
    yield Construct("first failed before", {}, [failing("h1"), role()], without("h1"))
    ping = {"ansible.builtin.ping": {}, "when": "h == 'h1'", "vars": {"ansible_connection": "ssh", **UNREACHABLE}}
    yield Construct("first unreachable before", {}, [ping, role()], without("h1"))
    yield Construct("bad waivers", {}, [role(said=BAD_WAIVERS)], without("h3"))
    yield Construct("undefined variable", {}, [role(said=UNDEFINED)], without("h1"))
    ended = {"ansible.builtin.meta": "end_host", "when": "h == 'h1'"}
    yield Construct("end_host before", {}, [ended, role()], without("h1"))
    yield Construct("rescue", {}, [{"block": [failing("h2", "h4")], "rescue": [role()]}], ("h2", "h4"))
    yield Construct("always", {}, [{"block": [failing("h2", "h4")], "always": [role()]}])
    yield Construct("twice, by family", {}, [role(when="family == 'x'"), role(when="family == 'y'")])
    yield Construct("throttle", {}, [{"block": [role()], "throttle": 1}])
    yield Construct("delegate_to another host", {}, [{"block": [role()], "delegate_to": "localhost"}])
    yield Construct("run_once", {}, [role(run_once=True)], ("h1",))
    become = {"become": True, "become_user": "nobody", "become_exe": "/nonexistent"}
    yield Construct("become", become, [role()])
    yield Construct("missing connection plugin", {"vars": {"ansible_connection": "no.such.plugin"}}, [role()])
    missing = {"ansible_connection": "no.such.plugin", "ansible_python_interpreter": "/no/python"}
    yield Construct("inventory's connection missing", {}, [role()], host=missing)
    sudo = {"ansible_become": True, "ansible_become_method": "no.such.plugin"}
    yield Construct("inventory's become missing", {}, [role()], host=sudo)
    yield Construct("strategy debug", {"strategy": "debug"}, [role()])
    yield Construct("check_mode on the role", {}, [role(check_mode=True)])
    bad = {**SAID, "os_migration_target": "{{ 'no-such-system' if h == 'h3' else wished }}"}
    yield Construct("ignore_errors", {}, [role(said=bad, ignore_errors=True)])
    rescued = {"ansible.builtin.debug": {"msg": "{{ ansible_failed_result.msg }}"}}
    yield Construct("rescue around the role", {}, [{"block": [role(said=bad)], "rescue": [rescued]}])
    yield Construct("timeout", {}, [{"block": [role()], "timeout": 120}])
    told = {"ansible.builtin.assert": {"that": "assess_result.result.name == inventory_hostname"}}
    yield Construct("register read after", {}, [role(), told])


#: These go through one run of ansible-playbook.
TOGETHER = tuple(_in_one_run())
#: These need options of the command line, or end the run.
ALONE = (
    Construct("extra vars", {}, [role(said={})], options=("-e", "os_migration_target='{{ wished }}'")),
    Construct("limit", {}, [role()], ("h2", "h4"), ("--limit", "limit-h2,limit-h4")),
    Construct("one fork", {}, [role()], options=("-f", "1")),
    Construct("bad interpreter", {}, [role()], options=("-e", "ansible_python_interpreter=/no/python")),
    Construct("check mode", {}, [role()], options=("--check",)),
    Construct("tags", {}, [role(tags=["m"])], options=("--tags", "m")),
    Construct("skip tags", {}, [role(tags=["m"])], (), ("--skip-tags", "m")),
    Construct("start at task", {}, [role()], (), ("--start-at-task", f"{ROLE} : Check what would stop the migration")),
    Construct("strategy free", {"strategy": "free"}, [role()], ()),
    Construct("strategy host_pinned", {"strategy": "host_pinned"}, [role()], ()),
    Construct(
        "any_errors_fatal",
        {"any_errors_fatal": True},
        [role(said={"os_migration_target": "{{ 'no-such-system' if h == 'h3' else wished }}"})],
    ),
    Construct(
        "max_fail_percentage",
        {"serial": 2, "max_fail_percentage": 40},
        [role(said={"os_migration_target": "{{ 'no-such-system' if h in ['h1', 'h2'] else wished }}"})],
        ("h1", "h2"),
    ),
)
