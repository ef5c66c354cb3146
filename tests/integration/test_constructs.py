# Copyright (c) 2026 evergreen.os_migration contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Exactly those hosts are touched that took part, each once and with its own wish, whatever decides who does.

With ``OS_MIGRATION_CONSTRUCTS=all`` in the environment all constructs run, also those that need a run of their own.
"""

from __future__ import annotations

import json
import os
from collections import Counter
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml
from integration.constructs import ALONE, FAMILY, HOSTS, ROLE, TOGETHER, WISHES, Construct
from integration.harness import Cloud, Controller, Run, cloud, group, instance_id

# The first test waits for all plays.
pytestmark = pytest.mark.timeout(1200)

QUICK = (
    *("role params", "include_role vars", "set_fact", "role when, first left out", "include_role when, first left out"),
    *("include_role loop per family", "include_tasks", "serial, whole wave left out", "first failed before"),
    *("first unreachable before", "bad waivers", "undefined variable", "rescue", "always", "twice, by family"),
    *("become", "inventory's connection missing", "register read after"),
    *("extra vars", "limit", "strategy free", "start at task", "check mode"),
)
EVERY = os.environ.get("OS_MIGRATION_CONSTRUCTS") == "all"
IN_ONE_RUN = [construct for construct in TOGETHER if EVERY or construct.name in QUICK]
RUNS = [construct for construct in ALONE if EVERY or construct.name in QUICK]


def name(construct: Construct, host: str) -> str:
    return f"{construct.group.replace('_', '')}-{host}"


def inventory(constructs: Iterable[Construct]) -> dict[str, Any]:
    """The hosts of some constructs, in a group for each."""
    return {
        construct.group: {
            "hosts": {
                name(construct, host): {
                    "instance_id": identity(construct, host),
                    "region": "cn-hangzhou",
                    "h": host,
                    "family": FAMILY[host],
                    "wished": WISHES[host],
                    **(construct.host or {}),
                }
                for host in HOSTS
            }
        }
        for construct in constructs
    }


def identity(construct: Construct, host: str) -> str:
    number = [*TOGETHER, *ALONE].index(construct)
    return instance_id(f"c{number:03}{host}")


class Fleet(Controller):
    """A user with a group of hosts for each construct."""

    def __init__(self, simulated: Cloud, directory: Path, constructs: Iterable[Construct]) -> None:
        super().__init__(simulated, directory, {})
        self.groups = inventory(constructs)

    def command(self, playbook: str, *options: str, **variables: Any) -> list[str]:
        made = super().command(playbook, *options, **variables)
        (self.directory / "inventory.yml").write_text(yaml.safe_dump({"all": {"children": self.groups}}), "utf-8")
        return made

    def go(self, constructs: Iterable[Construct], *options: str) -> Run:
        """Run the plays of some constructs."""
        self.directory.mkdir(parents=True, exist_ok=True)
        plays = [play for construct in constructs for play in construct.plays()]
        (self.directory / "play.yml").write_text(yaml.safe_dump(plays, sort_keys=False), "utf-8")
        included = [{"ansible.builtin.import_role": {"name": ROLE}}]
        (self.directory / "included.yml").write_text(yaml.safe_dump(included), "utf-8")
        return self.run(str(self.directory / "play.yml"), *options)


@pytest.fixture(scope="module")
def simulated(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Cloud]:
    ids = [(construct, host) for construct in (*IN_ONE_RUN, *RUNS) for host in HOSTS]
    groups = [group(identity(*one), ids=[identity(*one)]) for one in ids]
    with cloud({"groups": groups}, tmp_path_factory.mktemp("cloud")) as running:
        yield running


@pytest.fixture(scope="module")
def together(simulated: Cloud, tmp_path_factory: pytest.TempPathFactory) -> tuple[Run, Fleet]:
    user = Fleet(simulated, tmp_path_factory.mktemp("user"), IN_ONE_RUN)
    return user.go(IN_ONE_RUN), user


def touched(simulated: Cloud, construct: Construct) -> Counter[str]:
    """How often something was written to each host: the script that reads facts is sent to its guest."""
    names = {identity(construct, host): host for host in HOSTS}
    return Counter(names[one] for call in simulated.writes() for one in call["resources"] if one in names)


def wishes(user: Fleet, construct: Construct) -> dict[str, str]:
    """The wish that each host was assessed with."""
    results = {one["name"]: one for one in json.loads((user.reports / "assess.json").read_text("utf-8"))["results"]}
    return {host: results[name(construct, host)]["target_os"] for host in HOSTS if name(construct, host) in results}


@pytest.mark.parametrize("construct", IN_ONE_RUN, ids=lambda construct: construct.name)
def test_who_took_part_is_touched_and_nobody_else(
    simulated: Cloud, together: tuple[Run, Fleet], construct: Construct
) -> None:
    run, user = together
    assert touched(simulated, construct) == dict.fromkeys(construct.right, 1), run.output
    if "check_mode" not in construct.name and not {"ignore_errors", "rescue around the role"} & {construct.name}:
        assert wishes(user, construct) == {host: WISHES[host] for host in construct.right}


def alone(construct: Construct, simulated: Cloud, directory: Path) -> Run:
    run = Fleet(simulated, directory, [construct]).go([construct], *construct.options)
    assert touched(simulated, construct) == dict.fromkeys(construct.right, 1), run.output
    return run


@pytest.mark.parametrize("construct", RUNS, ids=lambda construct: construct.name)
def test_so_it_is_with_options_of_the_command_line(simulated: Cloud, tmp_path: Path, construct: Construct) -> None:
    run = alone(construct, simulated, tmp_path)
    if "strategy" in construct.name:
        assert len(run.failures) == len(HOSTS)
        assert all("Use strategy: linear" in message for message in run.failures.values())
    elif construct.name == "start at task":
        assert all("it took no part" in message for message in run.failures.values())
    elif construct.name in ("any_errors_fatal", "max_fail_percentage"):
        assert all("InvalidTarget" in message for message in run.failures.values())
    else:
        assert run.failures == {}


def test_what_was_wrong_is_told_by_the_host_that_it_is_of(together: tuple[Run, Fleet]) -> None:
    run, _user = together
    failures = run.failures
    assert "os_migration_waivers" in failures["badwaivers-h3"]
    assert "nosuch" in failures["undefinedvariable-h1"]
    assert {host for host in failures if host.startswith(("badwaivers", "undefinedvariable"))} == {
        "badwaivers-h3",
        "undefinedvariable-h1",
    }
