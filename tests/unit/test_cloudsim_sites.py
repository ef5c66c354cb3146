# Copyright (c) 2026 evergreen.os_migration contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What the sites of simulated instances serve: what their guests can, and nothing else."""

from __future__ import annotations

import urllib.error
import urllib.request
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from cloudsim.alicloud.lab import Lab
from cloudsim.core.server import Server
from cloudsim.core.sites import NO_DATABASE, Network, Sites

WEB, ADDRESS = "i-bp1web", "47.96.0.1"
GROUP = {
    "name": "web",
    "os": "centos-7",
    "ids": [WEB],
    "public_address": True,
    "smc_source": "available",
    "durations": {"migrate": 900, "snapshot": 60, "stop": 20, "start": 30, "agent_reconnect": 15},
}
SITE = f"http://{ADDRESS}/wordpress/"
INSTALL = """
yum -y install httpd mariadb-server php wordpress
systemctl enable --now mariadb httpd
mysql "--execute=CREATE DATABASE IF NOT EXISTS shop"
mkdir -p /etc/wordpress /var/www/html
echo "define('DB_NAME', 'shop');" >/etc/wordpress/wp-config.php
echo '<title>Hello</title>' >/var/www/html/index.html
"""


@pytest.fixture
def lab(tmp_path: Path) -> Iterator[Lab]:
    made = Lab({"groups": [GROUP], "command": {"latency": 1}}, tmp_path)
    yield made
    made.close()


@pytest.fixture
def network(lab: Lab) -> Network:
    return Network(lab.worlds.values(), lab.runner.base)


def run(lab: Lab, script: str) -> dict[str, Any]:
    ran = lab.ok("ecs", "RunCommand", InstanceId=[WEB], Type="RunShellScript", CommandContent=script)["InvokeId"]
    found: list[dict[str, Any]] = []

    def ended() -> bool:
        results = lab.ok("ecs", "DescribeInvocationResults", InvokeId=ran, ContentEncoding="PlainText")
        found[:] = results["Invocation"]["InvocationResults"]["InvocationResult"]
        return found[0]["InvocationStatus"] not in ("Pending", "Running")

    lab.until(ended, step=1)
    return found[0]


def test_a_guest_that_installed_nothing_serves_nothing(lab: Lab, network: Network) -> None:
    assert network.page(SITE).status == 502
    run(lab, "true")
    assert network.page(SITE).status == 502
    run(lab, "yum -y install httpd")
    assert network.page(SITE).status == 502, "what is installed does not run by itself"


def test_a_guest_serves_its_files_and_wordpress_when_all_that_it_needs_runs(lab: Lab, network: Network) -> None:
    assert run(lab, INSTALL)["ExitCode"] == 0
    page = network.page(SITE)
    assert (page.status, page.server) == (200, "Apache (CentOS Linux)")
    assert "<title>WordPress" in page.body
    assert "shop" in page.body
    assert network.page(f"http://{ADDRESS}/").body == "<title>Hello</title>\n"
    assert network.page(f"http://{ADDRESS}/../../../etc/passwd").status == 404
    assert network.page(f"http://{ADDRESS}:8080/").status == 502
    assert network.page("http://47.96.9.9/").status == 502


@pytest.mark.parametrize(
    ("script", "status", "says"),
    [
        ("systemctl stop mariadb", 500, NO_DATABASE),
        ("systemctl stop httpd", 502, "refused"),
        ("yum -y remove mariadb-server", 500, NO_DATABASE),
        ("yum -y remove httpd", 502, "refused"),
        ("yum -y remove php", 404, "Not Found"),
        ("rm /etc/wordpress/wp-config.php", 404, "Not Found"),
        ("echo \"define('DB_NAME', 'another');\" >/etc/wordpress/wp-config.php", 500, NO_DATABASE),
    ],
)
def test_what_is_missing_is_missed(lab: Lab, network: Network, script: str, status: int, says: str) -> None:
    run(lab, INSTALL)
    run(lab, script)
    page = network.page(SITE)
    assert (page.status, says in page.body) == (status, True)


def test_no_database_is_made_where_none_runs(lab: Lab) -> None:
    ran = run(lab, "yum -y install mariadb-server; mysql '--execute=CREATE DATABASE shop'")
    assert ran["ExitCode"] == 1
    assert "Can't connect" in ran["Output"]
    assert run(lab, "yum -y remove mariadb-server; mysql '--execute=CREATE DATABASE shop'")["ExitCode"] == 127


def test_a_site_is_away_while_the_guest_is_and_another_system_serves_it_after_a_migration(
    lab: Lab, network: Network
) -> None:
    run(lab, INSTALL)
    lab.ok("ecs", "StopInstances", InstanceId=[WEB])
    lab.wait(1)
    assert network.page(SITE).status == 502
    lab.wait(30)
    lab.ok("ecs", "StartInstances", InstanceId=[WEB])
    lab.wait(31)
    address = lab.world.instances[WEB].public_address.at(lab.time)
    site = SITE.replace(ADDRESS, address)
    assert network.page(site).status == 200
    lab.wait(60)
    source = lab.ok("smc", "DescribeSourceServers")["SourceServers"]["SourceServer"][0]["SourceId"]
    order = {"SourceId": source, "JobType": 1, "InstanceId": WEB, "TargetOsType": "Alibaba Cloud Linux 3"}
    job = lab.ok("smc", "CreateReplicationJob", **order)["JobId"]
    lab.ok("smc", "StartReplicationJob", JobId=job)
    lab.wait(500)
    assert network.page(site).status == 502
    lab.wait(1200)
    assert network.page(site).server == "Apache (Alibaba Cloud Linux)"
    assert network.page(site).status == 200


def test_a_client_reaches_a_public_address_and_the_api_through_the_proxy(lab: Lab, network: Network) -> None:
    run(lab, INSTALL)
    api = Server(lab.cloud, 0)
    api.start()
    sites = Sites(network, api.url, 0)
    sites.start()
    try:
        opener = urllib.request.build_opener(urllib.request.ProxyHandler({"http": sites.url}))
        with opener.open(SITE, timeout=10) as answer:
            assert answer.headers["Server"] == "Apache (CentOS Linux)"
            assert b"WordPress" in answer.read()
        for url, status in ((api.url, 400), ("http://127.0.0.1:9", 502)):
            with pytest.raises(urllib.error.HTTPError) as refused:
                opener.open(url, data=b"Action=Nothing", timeout=10)
            assert refused.value.code == status
    finally:
        sites.stop()
        api.shutdown()
        api.server_close()
