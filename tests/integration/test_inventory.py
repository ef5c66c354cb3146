# Copyright (c) 2026 evergreen.os_migration contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The inventory plugin lists an account, and the roles' playbooks can use what it lists."""

from __future__ import annotations

import json
import os
import subprocess
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from http.client import HTTPConnection
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread
from typing import Any
from urllib.parse import urlsplit

import pytest
import yaml
from integration.harness import ACCESS_KEY, COMMANDS, SECRET_KEY, Cloud, cloud, group, instance_id

NOT_ENTITLED = {"access_key": "LTAI5tNotEntitled", "secret_key": "secret-of-the-not-entitled", "permissions": ["sts:*"]}
OPERATOR = {"access_key": ACCESS_KEY, "secret_key": SECRET_KEY}
GROUPS = [
    group("web-1", tags={"estate": "shop"}),
    group("web-2", region="cn-shanghai"),
    group("db-1", "alinux-2", status="Stopped"),
    group("erp-1", "windows-2012r2", tags={"estate": "office"}),
    {"name": "crowd-{n}", "os": "centos-8", "count": 120},
]


@pytest.fixture(scope="module")
def simulated(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Cloud]:
    scenario = {"credentials": [OPERATOR, NOT_ENTITLED], "groups": GROUPS}
    with cloud(scenario, tmp_path_factory.mktemp("cloud")) as running:
        yield running


@pytest.fixture(scope="module")
def simulated_twins(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Cloud]:
    """Instances whose names are of no use as names of hosts, and one that is fine."""
    names = {"a-1": "twin", "a-2": "twin", "b-1": "all", "c-1": "os_centos_7", "d-1": "fine"}
    groups = [group(name, host_name=host_name) for name, host_name in names.items()]
    with cloud({"credentials": [OPERATOR], "groups": groups}, tmp_path_factory.mktemp("twins")) as running:
        yield running


Answer = tuple[int, bytes]


@contextmanager
def between(simulated: Cloud, answer: Callable[[bytes], Answer | None]) -> Iterator[Cloud]:
    """Stand between client and cloud: what ``answer`` has no answer for goes to the cloud."""

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["Content-Length"]))
            status, content = answer(body + self.path.encode()) or self._passed_on(body)
            self.send_response(status)
            self.send_header("Content-Length", str(len(content)))
            self.end_headers()
            self.wfile.write(content)

        def _passed_on(self, body: bytes) -> Answer:
            connection = HTTPConnection(urlsplit(simulated.endpoint).netloc)
            connection.request("POST", self.path, body, dict(self.headers))
            answered = connection.getresponse()
            return answered.status, answered.read()

        def log_message(self, *_words: object) -> None:
            """Print nothing."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.daemon_threads = True
    Thread(target=server.serve_forever, daemon=True).start()
    try:
        yield replace(simulated, endpoint=f"http://127.0.0.1:{server.server_port}")
    finally:
        server.shutdown()
        server.server_close()


def down(_request: bytes) -> Answer:
    return 503, json.dumps({"Code": "ServiceUnavailable", "Message": "Down for now.", "RequestId": "1"}).encode()


def hanging(_request: bytes) -> Answer:
    time.sleep(60)
    return down(b"")


@dataclass(frozen=True)
class Listing:
    rc: int
    output: str
    hostvars: dict[str, dict[str, Any]]
    groups: dict[str, set[str]]


def plain(value: dict[str, Any]) -> Any:
    """Texts that may not be templated are marked."""
    return value.get("__ansible_unsafe", value)


def listing(simulated: Cloud, directory: Path, user: dict[str, Any] | None = None, **options: Any) -> Listing:
    user = user or OPERATOR
    path = directory / "fleet.os_migration.yml"
    chosen = {"plugin": "evergreen.os_migration.instances", "alicloud": {"endpoint": simulated.endpoint}, **options}
    path.write_text(yaml.safe_dump(chosen), "utf-8")
    environment = {
        **os.environ,
        "ALIBABA_CLOUD_ACCESS_KEY_ID": user["access_key"],
        "ALIBABA_CLOUD_ACCESS_KEY_SECRET": user["secret_key"],
        "ANSIBLE_INVENTORY_UNPARSED_FAILED": "true",
        "LC_ALL": "C.UTF-8",
    }
    command = [str(COMMANDS / "ansible-inventory"), "-vvv", "-i", str(path), "--list"]
    ran = subprocess.run(command, env=environment, capture_output=True, text=True, timeout=120, check=False)
    found = json.loads(ran.stdout[ran.stdout.index("\n{") :], object_hook=plain) if ran.returncode == 0 else {}
    hostvars = found.pop("_meta", {}).get("hostvars", {})
    groups = {name: set(members.get("hosts", [])) for name, members in found.items()}
    return Listing(ran.returncode, ran.stdout + ran.stderr, hostvars, groups)


def test_every_instance_of_every_region_is_a_host_with_what_the_roles_read(simulated: Cloud, tmp_path: Path) -> None:
    found = listing(simulated, tmp_path)
    assert len(found.hostvars) == 124
    there = found.hostvars[instance_id("web-2")]
    assert (there["instance_id"], there["region"], there["provider"]) == (
        instance_id("web-2"),
        "cn-shanghai",
        "alicloud",
    )
    assert there["os_migration_instance"]["os"] == "centos-7"
    assert "agent" not in there["os_migration_instance"]


def test_hosts_are_grouped_by_provider_region_system_and_support(simulated: Cloud, tmp_path: Path) -> None:
    groups = listing(simulated, tmp_path, keyed_groups=[{"prefix": "estate", "key": "tags.estate"}]).groups
    assert groups["region_cn_shanghai"] == {instance_id("web-2")}
    assert groups["os_centos_7"] == {instance_id("web-1"), instance_id("web-2")}
    assert groups["estate_shop"] == {instance_id("web-1")}
    assert len(groups["support_ended"]) == len(groups["provider_alicloud"]) == 124


@pytest.mark.parametrize(
    ("options", "names"),
    [
        ({"regions": ["cn-shanghai"]}, ["web-2"]),
        ({"filters": {"statuses": ["Stopped"]}}, ["db-1"]),
        ({"filters": {"os": ["windows-2012r2", "alinux-2"]}}, ["db-1", "erp-1"]),
        ({"filters": {"tags": {"estate": "shop"}}}, ["web-1"]),
        (
            {"filters": {"instance_ids": [instance_id("web-1"), instance_id("web-2")], "os": ["centos-7"]}},
            ["web-1", "web-2"],
        ),
    ],
    ids=["region", "status", "os", "tag", "id and os"],
)
def test_filters_choose(simulated: Cloud, tmp_path: Path, options: dict[str, Any], names: list[str]) -> None:
    assert set(listing(simulated, tmp_path, **options).hostvars) == {instance_id(name) for name in names}


def test_a_composed_variable_gives_each_host_its_target(simulated: Cloud, tmp_path: Path) -> None:
    target = {"os_migration_target": "'alinux-3' if os_type == 'linux' else 'windows-2016'"}
    found = listing(simulated, tmp_path, compose=target, host_name="hostname", regions=["cn-hangzhou"]).hostvars
    assert (found["web-1"]["os_migration_target"], found["erp-1"]["os_migration_target"]) == (
        "alinux-3",
        "windows-2016",
    )


def test_the_cache_saves_the_calls(simulated: Cloud, tmp_path: Path) -> None:
    cache = {"cache": True, "cache_plugin": "jsonfile", "cache_connection": str(tmp_path / "cache")}
    first = listing(simulated, tmp_path, **cache)
    before = len(simulated.calls())
    assert listing(simulated, tmp_path, **cache).hostvars == first.hostvars
    assert len(simulated.calls()) == before
    assert SECRET_KEY not in "".join(path.read_text("utf-8") for path in (tmp_path / "cache").iterdir())


@pytest.mark.parametrize(
    ("user", "options", "told"),
    [
        (NOT_ENTITLED, {"regions": ["cn-hangzhou"]}, "Grant the RAM user"),
        ({**OPERATOR, "secret_key": "not-the-secret"}, {}, "Check the secret key"),
        (OPERATOR, {"filters": {"oss": ["centos-7"]}}, "filters.oss"),
        (OPERATOR, {"filters": {"os": ["centos7"]}}, "Did you mean centos-7"),
        (OPERATOR, {"filters": {"statuses": ["running"]}}, "there is no status running. Use one of Pending, Running"),
    ],
    ids=["no permission", "wrong secret", "unknown filter", "unknown system", "unknown status"],
)
def test_what_is_wrong_is_told_without_secrets(
    simulated: Cloud, tmp_path: Path, user: dict[str, Any], options: dict[str, Any], told: str
) -> None:
    found = listing(simulated, tmp_path, user, **options)
    assert found.rc != 0
    assert told in found.output
    assert user["secret_key"] not in found.output
    assert "Traceback" not in found.output


SHANGHAI = b"RegionId=cn-shanghai"


@pytest.mark.parametrize(
    ("fault", "told"),
    [(down, "cn-shanghai: ServiceUnavailable: "), (hanging, "cn-shanghai: DeadlineExceeded: ")],
    ids=["down", "hanging"],
)
def test_a_region_that_fails_is_named_and_costs_its_own_instances_only(
    simulated: Cloud, tmp_path: Path, fault: Callable[[bytes], Answer], told: str
) -> None:
    cache = {"cache": True, "cache_plugin": "jsonfile", "cache_connection": str(tmp_path / "cache")}
    with between(simulated, lambda request: fault(request) if SHANGHAI in request else None) as faulty:
        began = time.monotonic()
        found = listing(faulty, tmp_path, timeout=15, **cache)
        assert time.monotonic() - began < 75
    assert found.rc == 0, found.output
    assert told in " ".join(found.output.split())
    assert len(found.hostvars) == 123
    assert instance_id("web-2") not in found.hostvars
    assert list((tmp_path / "cache").glob("*")) == [], "a list that lacks a region was kept"


def test_regions_that_all_fail_are_an_error(simulated: Cloud, tmp_path: Path) -> None:
    with between(simulated, down) as faulty:
        found = listing(faulty, tmp_path, timeout=15, regions=["cn-hangzhou", "cn-shanghai"])
    assert found.rc != 0
    told = " ".join(found.output.split())
    assert all(f"{region}: ServiceUnavailable: " in told for region in ("cn-hangzhou", "cn-shanghai"))


def test_a_provider_that_there_is_not_is_told(simulated: Cloud, tmp_path: Path) -> None:
    found = listing(simulated, tmp_path, provider="azure")
    assert found.rc != 0
    assert "it can be alicloud" in found.output


def test_host_names_that_are_no_use_do_not_cost_a_host(simulated_twins: Cloud, tmp_path: Path) -> None:
    found = listing(simulated_twins, tmp_path, host_name="hostname")
    assert found.rc == 0, found.output
    ids = {instance_id(name) for name in ("a-1", "a-2", "b-1", "c-1")}
    assert set(found.hostvars) == {*ids, "fine"}
    told = " ".join(found.output.split())
    assert "'twin' is the name of several instances" in told
    assert "'all' is the name of a group" in told


def test_an_empty_answer_says_why(simulated_twins: Cloud, tmp_path: Path) -> None:
    found = listing(simulated_twins, tmp_path, filters={"statuses": ["Starting"]})
    assert found.rc == 0
    assert "statuses lets none through, there are Running" in " ".join(found.output.split())
