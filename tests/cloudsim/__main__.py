# Copyright (c) 2026 evergreen.os_migration contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Run the simulated clouds in the foreground until a signal comes."""

from __future__ import annotations

import argparse
import json
import signal
import sys
import threading
from pathlib import Path
from typing import NoReturn

from .alicloud.build import open_accounts
from .alicloud.service import AlibabaCloud
from .aws import service as aws
from .core.clock import Clock
from .core.guests import Runner
from .core.journal import Journal
from .core.readers import ScenarioError
from .core.scenario_file import load
from .core.server import Server
from .core.sites import Network, Sites

LOOK = 0.1  # real seconds between two looks for calls that take effect late


class _Parser(argparse.ArgumentParser):
    def error(self, message: str) -> NoReturn:
        """One line, not the usage text as well."""
        self.exit(2, f"{self.prog}: {message}\n")


def _port(text: str) -> int:
    port = int(text)
    if not 0 <= port <= 65535:
        raise ValueError
    return port


def _speed(text: str) -> float:
    speed = float(text)
    if not 0 < speed < 1e6:
        raise ValueError
    return speed


def arguments(given: list[str] | None = None) -> argparse.Namespace:
    parser = _Parser(prog="cloudsim", description=__doc__)
    _port.__name__, _speed.__name__ = "port", "speed"
    parser.add_argument("--scenario", type=Path, required=True, metavar="FILE", help="what exists and what goes wrong")
    parser.add_argument("--journal", type=Path, required=True, metavar="FILE", help="one JSON object per API call")
    parser.add_argument("--speed", type=_speed, default=1.0, metavar="N", help="simulated seconds per second")
    parser.add_argument("--seed", type=int, metavar="N", help="instead of the scenario's own")
    parser.add_argument("--alicloud-port", type=_port, default=0, metavar="P", help="0: any free port")
    parser.add_argument(
        "--site-port",
        type=_port,
        metavar="P",
        help="serve instances' sites by an HTTP proxy, too; 0: any free port",
    )
    parser.add_argument("--aws-port", type=_port, metavar="P", help="serve AWS (moto), too; 0: any free port")
    return parser.parse_args(given)


def serve(options: argparse.Namespace, stop: threading.Event) -> None:
    """Start everything, say where it is, and clean up once told to stop."""
    scenario = load(options.scenario)
    clock = Clock(options.speed, offset=scenario.clock_offset)
    accounts = open_accounts(scenario, clock, options.seed)
    journal = Journal(options.journal)
    runner = Runner()
    try:
        cloud = AlibabaCloud(scenario, accounts, runner, journal, options.seed)
        server = Server(cloud, options.alicloud_port)
        server.start()
        sites = None
        if options.site_port is not None:
            sites = Sites(Network(accounts.values(), runner.base), server.url, options.site_port)
            sites.start()
        aws_url = None if options.aws_port is None else aws.start(options.aws_port, journal, clock)
        credential = scenario.credentials[0]
        ready = {
            "ready": True,
            "alicloud": server.url,
            "aws": aws_url,
            "sites": sites.url if sites else None,
            "access_key": credential.access_key,
            "secret_key": credential.secret_key,
            "journal": str(options.journal),
            "guests": str(runner.base),
        }
        print(json.dumps(ready), flush=True)
        while not stop.wait(LOOK):
            cloud.tick()
        cloud.close()
        if sites:
            sites.stop()
        server.shutdown()
        server.server_close()
    finally:
        runner.close()
        journal.close()


def main() -> int:
    stop = threading.Event()
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, lambda *_arguments: stop.set())
    try:
        serve(arguments(), stop)
    except (ScenarioError, aws.AwsMissing, OSError) as error:
        print(f"cloudsim: {error}", file=sys.stderr)
        return 2
    return 0


if __name__ == "__main__":
    sys.exit(main())
