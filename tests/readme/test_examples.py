# Copyright (c) 2026 evergreen.os_migration contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The tutorial, the scenarios and the guides of the roles, followed as a reader would, on a simulated cloud.

What they are told beyond the page is where the cloud is and how fast its time runs.
"""

from __future__ import annotations

import http.server
import json
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from threading import Thread
from typing import Any

import pytest
import yaml
from integration.harness import (
    ACCESS_KEY,
    DURATIONS,
    IMPORT_LINUX,
    REQUESTS_PER_SECOND,
    ROOT,
    SECRET_KEY,
    SNAPSHOTS_VALID,
    VISIBILITY,
    Cloud,
    Controller,
    cloud,
    group,
    host,
)
from readme.pages import blocks, commands, exports, files, follow, missing

OFFICE, OFFICE_SECRET = "LTAI5tOffice", "the-key-of-the-office"
SHOP, SHOP_SECRET = "LTAI5tShop", "the-key-of-the-shop"
I686 = {"packages": ["glibc.x86_64", "kernel.x86_64", "openssl.x86_64", "glibc.i686"]}
SCENARIOS = ("centos-before-a-date", "windows-2008r2-to-2022", "one-step-in-a-playbook")
#: A mirror that has the file which is asked for.
MIRROR = '#!/bin/sh\necho archived > "$3"\n'
NIGHTS = {"shop-01": "1", "shop-02": "1", "shop-03": "2"}
SCENARIO = {
    "credentials": [
        {"access_key": ACCESS_KEY, "secret_key": SECRET_KEY, "account": "1001"},
        {"access_key": SHOP, "secret_key": SHOP_SECRET, "account": "1001"},
        {"access_key": OFFICE, "secret_key": OFFICE_SECRET, "account": "2002"},
    ],
    "groups": [
        *(
            group(
                name,
                account="1001",
                tags={"estate": "shop", "night": night},
                **({"guest": I686} if "2" in name else {}),
            )
            for name, night in NIGHTS.items()
        ),
        group("office-01", "windows-2008r2", account="1001", guest={"edition": "Enterprise", "language": "en-US"}),
        group("step-01", account="1001"),
        group("step-02", account="1001"),
        group("both-01", account="1001"),
        group("both-02", account="2002"),
        group("guide-01", account="1001", guest=I686),
        group("guide-02", account="1001", guest={"files": {"/usr/bin/curl": MIRROR}}),
        group("guide-03", "windows-2012r2", account="1001"),
        group("guide-04", "rhel-7", account="1001", smc_source="available"),
    ],
}


def test_what_a_page_shows_has_to_be_printed() -> None:
    page = (
        "```text\nmigrated: 2 hosts (a, b)\nTASK [one] ****\nfailed: c ...\n...\nos_migration: 10:00:00 1/2 done\n```\n"
    )
    assert missing(page, "TASK [one] **********\nmigrated: 2 hosts (b, a)\nfailed: c (d): Locked") == []
    assert missing(page, "TASK [one] **********\nmigrated: 2 hosts (b, e)\n") == [
        "migrated: 2 hosts (a, b)",
        "failed: c ...",
    ]


@pytest.fixture(scope="module")
def simulated(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Cloud]:
    with cloud(SCENARIO, tmp_path_factory.mktemp("cloud")) as running:
        yield running


@dataclass
class Reader:
    """A reader of one page: a directory with its files, and an environment with its credentials."""

    directory: Path
    endpoint: str
    credentials: dict[str, str] = field(
        default_factory=lambda: {
            "ALIBABA_CLOUD_ACCESS_KEY_ID": ACCESS_KEY,
            "ALIBABA_CLOUD_ACCESS_KEY_SECRET": SECRET_KEY,
        }
    )

    @property
    def connection(self) -> dict[str, Any]:
        return {"endpoint": self.endpoint, "visibility": VISIBILITY, "requests_per_second": REQUESTS_PER_SECOND}

    def write(self, page: str) -> None:
        """Write the page's files, each with the simulated cloud where it says how a cloud is reached."""
        variables = {"os_migration_alicloud": self.connection, "os_migration_poll_interval": 0.2}
        variables["os_migration_snapshots_valid"] = SNAPSHOTS_VALID
        for name, text in files(page).items():
            self._write(name.replace("group_vars/all.yml", "group_vars/all/page.yml"), self._connected(text))
        self._write("group_vars/all/simulated.yml", json.dumps(variables))
        for text in blocks(page, "json"):
            self._write(".aliyun/config.json", text)

    def _connected(self, text: str) -> str:
        document = None if text.startswith("[") else yaml.safe_load(text)
        if isinstance(document, dict) and "plugin" in document:
            return json.dumps({**document, "alicloud": {**document.get("alicloud", {}), **self.connection}})
        if isinstance(document, dict) and "os_migration_alicloud" in document:
            return json.dumps(
                {**document, "os_migration_alicloud": {**document["os_migration_alicloud"], **self.connection}}
            )
        return text

    def _write(self, name: str, text: str) -> None:
        path = self.directory / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, "utf-8")

    def environment(self) -> dict[str, str]:
        base = Controller(Cloud(self.endpoint, self.directory), self.directory, {}, credentials=self.credentials)
        kept = base.environment()
        return {**kept, "HOME": str(self.directory), "ANSIBLE_STDOUT_CALLBACK": "evergreen.os_migration.fleet"}


def read(name: str) -> str:
    return (ROOT / "docs" / name).read_text("utf-8")


def followed(page: str, reader: Reader) -> str:
    reader.write(page)
    output = follow(page, reader.directory, reader.environment())
    assert missing(page, output) == [], output
    return output


def test_tutorial(tmp_path: Path) -> None:
    page = read("tutorial.md")
    (start,) = commands(page, "script/cloudsim")
    scenario = yaml.safe_load((ROOT / start.split("--scenario ")[1].split()[0]).read_text("utf-8"))
    quick = {**scenario, "groups": [{**one, "durations": DURATIONS} for one in scenario["groups"]]}
    with cloud({**quick, "credentials": scenario["credentials"]}, tmp_path / "cloud") as running:
        reader = Reader(tmp_path / "reader", running.endpoint, exports(page))
        followed(page, reader)
        assert running.writes("DeleteSnapshot", "DeleteSnapshotGroup"), "the migration is committed"
        assert running.writes("ResetDisk"), "another one is put back"
    assert (tmp_path / "reader/os-migration-report/fleet.html").exists()


@pytest.mark.parametrize("name", SCENARIOS)
def test_scenario(name: str, simulated: Cloud, tmp_path: Path) -> None:
    followed(read(f"scenarios/{name}.md"), Reader(tmp_path, simulated.endpoint))


def test_two_accounts_by_profiles_and_by_keys_of_a_group(simulated: Cloud, tmp_path: Path) -> None:
    page = read("scenarios/two-accounts.md")
    reader = Reader(tmp_path, simulated.endpoint)
    followed(page, reader)
    of_office = [call for call in simulated.calls() if call["access_key"] == OFFICE]
    assert {call["action"] for call in of_office} >= {"CreateSnapshot", "StartReplicationJob"}

    inventory = tmp_path / "inventory.yml"
    text = inventory.read_text("utf-8")
    inventory.write_text(text.replace("os_migration_profile: office", "team: office"), "utf-8")
    verify = "```sh\nansible-playbook evergreen.os_migration.verify -i inventory.yml\n```\n"
    assert "2 verified" in follow(verify, tmp_path, reader.environment())


def test_the_page_on_drills(tmp_path: Path) -> None:
    shop = {"hosts": {"web-01": host("web-01")}}
    with cloud({"groups": [group("web-01")]}, tmp_path / "cloud") as running:
        reader = Reader(tmp_path / "reader", running.endpoint)
        page = read("drill.md")
        imports = {"import_command": {"linux": IMPORT_LINUX}}
        reader.write(page)
        inventory = {"all": {"children": {"shop": shop}, "vars": {"os_migration_smc": imports}}}
        (reader.directory / "inventory.yml").write_text(yaml.safe_dump(inventory), "utf-8")
        output = follow(page, reader.directory, reader.environment())
        assert missing(page, output) == [], output
        assert [len(running.writes(action)) for action in ("RunInstances", "DeleteImage")] == [1, 1]


def test_the_page_on_proof(tmp_path: Path) -> None:
    lost = group("web-01", smc_source="available", guest={"services": ["nginx", "sshd"]}, faults={"loses": ["nginx"]})
    with cloud({"groups": [lost]}, tmp_path / "cloud") as running:
        reader = Reader(tmp_path / "reader", running.endpoint)
        page = read("proof.md")
        reader.write(page)
        inventory = {"all": {"children": {"shop": {"hosts": {"web-01": host("web-01")}}}}}
        (reader.directory / "inventory.yml").write_text(yaml.safe_dump(inventory), "utf-8")
        output = follow(page, reader.directory, reader.environment())
        assert missing(page, output) == [], output


# --- the guides of the roles ------------------------------------------------------------------------------------------

INVENTORY = {
    "shop": {"guide-01": host("guide-01", ansible_host="127.0.0.1")},
    "centos": {"guide-02": host("guide-02")},
    "windows": {"guide-03": host("guide-03", "windows-2012r2", os_migration_target="windows-2019")},
    "rhel": {"guide-04": host("guide-04", os_migration_target="alinux-3")},
}
GUIDES = ("assess", "remediate", "drill", "migrate", "report", "commit", "centos", "windows_server")


@pytest.fixture(scope="module")
def home(simulated: Cloud, tmp_path_factory: pytest.TempPathFactory) -> Controller:
    directory = tmp_path_factory.mktemp("guides")
    (directory / "archive/2026-10").mkdir(parents=True)
    return Controller(simulated, directory, {}, {}, screen="evergreen.os_migration.fleet")


def play(home: Controller, name: str, text: str, *options: str) -> Any:
    """Run the play of a guide on the inventory of all guides."""
    path = home.directory / f"{name}.yml"
    path.write_text(text, "utf-8")
    groups = {group_name: {"hosts": hosts} for group_name, hosts in INVENTORY.items()}
    (home.directory / "guides.yml").write_text(yaml.safe_dump({"all": {"children": groups}}), "utf-8")
    return home.run(str(path), "-i", str(home.directory / "guides.yml"), *options)


def guide(name: str) -> str:
    (text,) = blocks((ROOT / "roles" / name / "README.md").read_text("utf-8"), "yaml")
    return text


#: They follow each other on one fleet.
in_turn = pytest.mark.xdist_group("guides")


@in_turn
@pytest.mark.parametrize("name", GUIDES)
def test_the_example_of_a_guide(name: str, home: Controller) -> None:
    """In their order: what one leads to is what the next begins with."""
    if name == "report":
        earlier = home.reports / "fleet.json"
        (home.directory / "archive/2026-10/fleet.json").write_text(earlier.read_text("utf-8"), "utf-8")
    run = play(home, name, guide(name))
    assert (run.rc == 0) == (name != "assess"), run.output
    if name == "assess":
        assert "linux.i686_packages" in run.output
    if name == "migrate":
        check_guides_of_what_is_migrated(home)


def check_guides_of_what_is_migrated(home: Controller) -> None:
    """The checks of the guide find the application that there is, and tell of what is not there."""
    with shop() as port:
        run = play(home, "verify", guide("verify").replace(":8080/", f":{port}/").replace("retries: 10", "retries: 1"))
    assert run.rc == 2, run.output
    (told,) = run.report("verify").values()
    checks = {check["name"]: check["error"] for check in told["checks"] if not check.get("skipped")}
    assert checks["shop answers"] is None
    assert checks["no old library is left"] is None
    assert checks["database listens"]["code"] == "PortClosed"
    assert checks["certificate of the shop"]["code"]


@contextmanager
def shop() -> Iterator[int]:
    """An application that says that it works."""

    class Handler(http.server.BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            self.send_response(200)
            self.end_headers()
            self.wfile.write(b"shop is open\n")

        def log_message(self, *_words: object) -> None:
            """Print nothing."""

    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        Thread(target=server.serve_forever, daemon=True).start()
        yield server.server_port
        server.shutdown()


@in_turn
def test_the_example_of_rollback_leaves_alone_what_was_not_migrated(home: Controller) -> None:
    run = play(home, "rollback", guide("rollback").replace("app-01:app-02", "guide-02:guide-04"))
    assert run.rc == 0, run.output


@in_turn
def test_the_example_of_sequence_is_a_role_of_one_s_own(home: Controller) -> None:
    path, _line, tasks = guide("sequence").partition("\n")
    role = home.directory / path.removeprefix("# ")
    role.parent.mkdir(parents=True)
    role.write_text(tasks, "utf-8")
    (role.parents[1] / "files").mkdir()
    (role.parents[1] / "files/remove_agent.sh").write_text('echo "removed $1"\n', "utf-8")
    wishes = {"rhel_target": "alinux-3", "rhel_stop_services": [], "rhel_agent": "shop agent"}
    steps = [{"name": "Leave Red Hat", "hosts": "rhel", "gather_facts": False, "vars": wishes, "roles": ["rhel"]}]
    run = play(home, "sequence", yaml.safe_dump(steps))
    assert run.rc == 0, run.output
    assert "1 verified" in run.output


def test_every_scenario_and_every_guide_is_followed_here() -> None:
    named = {path.stem for path in (ROOT / "docs/scenarios").glob("*.md")}
    assert named == {*SCENARIOS, "two-accounts"}
    guides = {path.parent.name for path in (ROOT / "roles").glob("*/README.md")}
    assert guides == {*GUIDES, "verify", "rollback", "sequence"}
