# Copyright (c) 2026 evergreen.os_migration contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The scenario file's mistakes, the command line, and the program's start and end."""

from __future__ import annotations

import json
import math
import os
import signal
import subprocess
import sys
import time
import urllib.parse
import urllib.request
from pathlib import Path
from typing import Any

import pytest
import yaml
from cloudsim.alicloud.account import Account
from cloudsim.alicloud.build import open_accounts
from cloudsim.alicloud.lab import signed
from cloudsim.core.clock import Clock, Timeline
from cloudsim.core.readers import ScenarioError
from cloudsim.core.scenario import Credential, Scenario
from cloudsim.core.scenario_file import load, parse

TESTS = Path(__file__).parents[1]
FLEET = TESTS.parent / "examples" / "fleet" / "scenario.yml"
WEB = {"name": "web", "os": "centos-7", "count": 1}


def build(scenario: Scenario, seed: int | None = None) -> Account:
    [account] = open_accounts(scenario, Clock(), seed).values()
    return account


def group(**changes: Any) -> dict[str, Any]:
    return {"groups": [{**WEB, **changes}]}


@pytest.mark.parametrize(
    ("document", "words"),
    [
        ([], "scenario: expected a mapping"),
        ({}, "'groups' is missing"),
        ({"groups": [], "colour": 1}, "unknown key 'colour'"),
        (group(os="centos-6"), "groups[0].os: expected one of"),
        (group(count="two"), "groups[0].count: expected a whole number"),
        (group(count=0), "give either 'ids' or a 'count'"),
        (group(ids=["i-1"]), "give either 'ids' or a 'count'"),
        (group(name="web-{x}"), "groups[0].name: only {n}"),
        (group(region="cn-mars"), "groups[0].region: 'cn-mars' is not in scenario.regions"),
        (group(disks=[]), "groups[0].disks: exactly one system disk"),
        (group(disks=[{"type": "system", "size_gib": -1}]), "disks[0].size_gib: expected a whole number"),
        (group(durations={"lunch": 1}), "durations (key): expected one of migrate"),
        (group(durations={"migrate": {"distribution": "normal"}}), "durations.migrate.distribution"),
        (group(durations={"migrate": {"distribution": "lognormal"}}), "needs 'mean'"),
        (group(durations={"migrate": {"distribution": "uniform", "min": 2, "max": 1}}), "min must not exceed max"),
        (group(faults={"agent": "asleep"}), "faults.agent: expected one of online"),
        (group(public_address=1), "groups[0].public_address"),
        (group() | {"faults": [{"match": {}, "effect": "explode"}]}, "faults[0].effect"),
        (group() | {"credentials": [{"access_key": "a"}]}, "credentials[0]: 'secret_key' is missing"),
        (
            group() | {"credentials": [{"access_key": "a", "secret_key": "b", "expired": True}]},
            "only a credential with a security_token expires",
        ),
        (group() | {"credentials": []}, "credentials: at least one is needed"),
        (group(account="1"), "groups[0].account: no credential is of account '1'"),
        (group(events=[{"at": 1, "what": "detach_disk"}]), "events[0].disk: 0 is not a data disk of the group"),
        (group(events=[{"at": 1, "what": "explode"}]), "events[0].what: expected one of attach_disk"),
        (group(faults={"agent_silent": [{"since": "soon"}]}), "faults.agent_silent[0].since: expected a number"),
        (group() | {"stale_reads": {"prices": 1}}, "stale_reads (key): expected one of instances"),
        (group() | {"faults": [{"match": {"kind": "rite"}, "effect": "cut"}]}, "faults[0].match.kind"),
    ],
)
def test_mistakes_are_named_with_their_place(document: Any, words: str) -> None:
    with pytest.raises(ScenarioError) as caught:
        parse(document)
    assert words in str(caught.value)
    assert "\n" not in str(caught.value)


def test_ids_are_not_used_twice() -> None:
    twice = {"groups": [{"name": "a", "os": "centos-7", "ids": ["i-1", "i-1"]}]}
    with pytest.raises(ScenarioError, match="i-1 is used twice"):
        build(parse(twice))


def test_the_demo_fleet_is_what_its_table_says() -> None:
    world = build(load(FLEET))
    lines = [line.split() for line in FLEET.read_text().splitlines() if line.startswith("# ") and " i-bp1" in line]
    assert {(line[1], line[2]) for line in lines} == {(one.name, one.id) for one in world.instances.values()}
    assert all(len(instance_id) == 22 for instance_id in world.instances)


def test_the_same_seed_gives_the_same_world() -> None:
    def sample(seed: int) -> list[object]:
        world = build(load(FLEET), seed)
        instance = world.instances["i-bp1web01a7k2m9q4x8tz"]
        return [sorted(world.disks), [world.sample(instance, "migrate") for _unused in range(3)]]

    assert sample(1) == sample(1) != sample(2)


def test_durations_keep_their_mean() -> None:
    world = build(parse(group(count=2000, durations={"migrate": {"distribution": "lognormal", "mean": 1200}})))
    drawn = [world.sample(instance, "migrate") for instance in world.instances.values()]
    assert 1150 < sum(drawn) / len(drawn) < 1250


def test_a_timeline() -> None:
    line = Timeline("a")
    line.plan(10, "b")
    line.plan(20, "c")
    assert [line.at(now) for now in (9, 10, 19, 20)] == ["a", "b", "b", "c"]
    assert (line.since(15), line.last()) == (10, "c")
    assert line.changes(15) == [-math.inf, 10]
    line.cancel_after(10)
    assert line.at(30) == "b"


def cloudsim(*arguments: object, **more: Any) -> subprocess.Popen[str]:
    return subprocess.Popen(
        [sys.executable, "-m", "cloudsim", *map(str, arguments)],
        cwd="/",
        env={**os.environ, "PYTHONPATH": str(TESTS)},
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        **more,
    )


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_it_starts_serves_and_ends_cleanly(tmp_path: Path, number: signal.Signals) -> None:
    journal, temporary = tmp_path / "calls.jsonl", tmp_path / "tmp"
    temporary.mkdir()
    os.environ["TMPDIR"] = str(temporary)
    try:
        process = cloudsim("--scenario", FLEET, "--journal", journal, "--speed", 50)
    finally:
        del os.environ["TMPDIR"]
    assert process.stdout
    ready = json.loads(process.stdout.readline())
    assert (ready["ready"], ready["aws"], ready["journal"]) == (True, None, str(journal))
    credential = Credential(ready["access_key"], ready["secret_key"])
    assert post(ready["alicloud"], credential, Action="GetCallerIdentity", Version="2015-04-01")["AccountId"]
    process.send_signal(number)
    output, errors = process.communicate(timeout=20)
    assert (process.returncode, output, errors) == (0, "", "")
    assert list(temporary.iterdir()) == []
    assert len(journal.read_text().splitlines()) == 1


def post(url: str, credential: Credential, **flat: str) -> Any:
    form = urllib.parse.urlencode(signed(credential, flat))
    with urllib.request.urlopen(url, data=form.encode(), timeout=10) as answer:
        return json.load(answer)


def test_a_late_write_takes_effect_also_when_nobody_calls_any_more(tmp_path: Path) -> None:
    late = {"match": {"action": "CreateAccessToken"}, "effect": "applied_late", "seconds": 40}
    scenario, journal = tmp_path / "scenario.yml", tmp_path / "journal.jsonl"
    scenario.write_text(yaml.safe_dump(group() | {"faults": [late]}))
    process = cloudsim("--scenario", scenario, "--journal", journal, "--speed", 200)
    assert process.stdout
    ready = json.loads(process.stdout.readline())
    credential = Credential(ready["access_key"], ready["secret_key"])
    with pytest.raises(ConnectionResetError):
        post(ready["alicloud"], credential, Action="CreateAccessToken", Version="2019-06-01")
    deadline = time.monotonic() + 30
    while len(lines := journal.read_text().splitlines()) < 2 and time.monotonic() < deadline:
        time.sleep(0.05)
    process.terminate()
    process.communicate(timeout=20)
    lost, applied = map(json.loads, lines)
    assert (lost["status"], applied["status"]) == (0, 200)
    assert applied["ts"] - lost["ts"] == pytest.approx(40, abs=5)


@pytest.mark.parametrize(
    ("scenario", "arguments", "words"),
    [
        (group(), ["--speed", "fast"], "argument --speed: invalid speed value: 'fast'"),
        (group(), ["--alicloud-port", "70000"], "argument --alicloud-port"),
        (group(), ["--what"], "unrecognized arguments: --what"),
        (group(os="dos"), [], "scenario.groups[0].os: expected one of"),
        (group() | {"quotas": {"DescribeEverything": 1}}, [], "'DescribeEverything' is not a simulated action"),
        ("a: b: c", [], "not valid YAML"),
    ],
)
def test_what_it_cannot_use_is_one_line_and_exit_2(
    tmp_path: Path, scenario: Any, arguments: list[str], words: str
) -> None:
    file = tmp_path / "scenario.yml"
    file.write_text(scenario if isinstance(scenario, str) else yaml.safe_dump(scenario))
    process = cloudsim("--scenario", file, "--journal", tmp_path / "j", *arguments)
    output, errors = process.communicate(timeout=20)
    assert (process.returncode, output) == (2, "")
    assert words in errors
    assert errors.count("\n") == 1
