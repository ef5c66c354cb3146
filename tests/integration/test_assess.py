# Copyright (c) 2026 evergreen.os_migration contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Whatever is wrong with a wish or a guest is told of that instance, with a remedy; the others are assessed."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import pytest
from benchmark import assess, fleet
from integration.harness import SECRET_KEY, Cloud, Controller, Run, cloud, group, host, instance_id

YEAR = 365 * 24 * 3600
I686 = {"guest": {"packages": ["glibc.x86_64", "glibc.i686"]}}
NO_SYSTEM = {"/etc/os-release": 'ID=gentoo\nPRETTY_NAME="Gentoo {{ 7 * 7 }}"\n', "/etc/redhat-release": None}
OWN_ROW = {"source": "anolis-7", "target": "rhel-8", "minutes": 45, "versions": ["7"], "document": "ticket 4711"}


@dataclass(frozen=True)
class Told:
    """How an assessment ends, and of what: the system, what is wished for it, and what the cloud has of it."""

    code: str
    words: tuple[str, ...]
    os: str = "centos-7"
    wish: Mapping[str, Any] = field(default_factory=dict)
    there: Mapping[str, Any] | None = field(default_factory=dict)


def target(os_id: str, **more: Any) -> dict[str, Any]:
    return {"os_migration_target": os_id, **{f"os_migration_{name}": value for name, value in more.items()}}


def waivers(expires: str, **more: str) -> list[dict[str, str]]:
    return [{"rule": "linux.i686_packages", "reason": "a vendor", "owner": "jane.doe", "expires": expires, **more}]


def faults(**named: Any) -> dict[str, Any]:
    return {"faults": named}


def windows(edition: str, **facts: str) -> dict[str, Any]:
    return {"guest": {"edition": edition, "facts": facts}}


def answering(rc: int) -> dict[str, Any]:
    """A Windows guest that prints nothing when it is asked for facts."""
    return {"guest": {"answers": [{"contains": "osm-facts", "rc": rc}]}}


OLD, NEWER = "windows-2008r2", "windows-2012r2"
TO_2016 = target("windows-2016")
WISHES = {
    "unreachable": Told("UnsupportedPath", ("No document lists", "can be reached: alinux-3"), wish=TO_2016),
    "backwards": Told("UnsupportedPath", ("nothing can be reached",), "alinux-3", target("alinux-2")),
    "translated": Told(
        "UnsupportedPath", ("languages zh, en; this is ja",), NEWER, TO_2016, windows("Standard", os_language="ja-JP")
    ),
    "contradicted": Told(
        "InvalidPath", ("from avoid",), OLD, target("windows-2016", via=[NEWER], avoid=[NEWER]), windows("Standard")
    ),
    "avoided": Told("InvalidPath", ("Remove alinux-3 from avoid",), wish=target("alinux-3", avoid=["alinux-3"])),
    "surrounded": Told(
        "UnsupportedPath",
        (f"avoiding {NEWER}", f"Without via and avoid it is {OLD} -> {NEWER} -> windows-2016"),
        OLD,
        target("windows-2016", avoid=[NEWER]),
        windows("Standard"),
    ),
    "misspelt": Told(
        "InvalidTarget", ("Did you mean alinux-3 or alinux-2? Remedy: Name one of",), wish=target("alinux3")
    ),
    "oddvia": Told("InvalidPath", ("Did you mean anolis-7",), wish=target("alinux-3", via=["anolis-77"])),
    "oddavoid": Told("InvalidPath", ("Did you mean centos-7",), wish=target("alinux-3", avoid=["centos7"])),
    "nobody": Told("InstanceNotFound", ("Check the id",), there=None),
    "elsewhere": Told("WrongRegion", ("Set its region to cn-shanghai",), there={"region": "cn-shanghai"}),
    "nowhere": Told("InvalidRegionId.NotFound", ("Check the region",), wish={"region": "cn-nowhere"}, there=None),
    "profiled": Told("InvalidOptions", ("The profile no-such",), wish=target("alinux-3", profile="no-such")),
}
GUESTS = {
    "hangs": Told("guest.probe_timed_out", ("ExecutionTimeout", "the guest's load"), there=faults(facts="hangs")),
    "cut": Told("guest.probe_cut_off", ("login messages",), there=faults(facts="cut_off")),
    "rubbish": Told("guest.probe_unreadable", ("by hand",), there=faults(facts="rubbish")),
    "huge": Told("guest.probe_cut_off", ("bytes were dropped", "login messages"), there=faults(facts="huge")),
    "codepage": Told("guest.probe_cut_off", ("characters arrived",), there=faults(facts="not_utf8")),
    "winhangs": Told("guest.probe_timed_out", ("ExecutionTimeout",), NEWER, TO_2016, faults(facts="hangs")),
    "winhuge": Told("guest.probe_cut_off", ("login messages",), NEWER, TO_2016, faults(facts="huge")),
    "winfails": Told("guest.probe_failed", ("ExitCodeNonzero",), NEWER, TO_2016, answering(rc=1)),
    "winsilent": Told("guest.probe_unreadable", ("by hand",), NEWER, TO_2016, answering(rc=0)),
    "wincodepage": Told("guest.probe_cut_off", ("characters arrived",), NEWER, TO_2016, faults(facts="not_utf8")),
    "strange": Told("guest.os_not_recognised", ("Gentoo {{ 7 * 7 }}",), there={"guest": {"files": NO_SYSTEM}}),
    "slow": Told("guest.clock_wrong", ("minutes behind", "Set the clock"), there=faults(clock_offset=-YEAR)),
    "fast": Told("guest.clock_wrong", ("minutes ahead", "Set the clock"), there=faults(clock_offset=YEAR)),
    "stopped": Told(
        "instance.not_running", ("Findings that stop it: 2. Remedy: Start the instance",), there={"status": "Stopped"}
    ),
    "expired": Told(
        "linux.i686_packages",
        ("waiver of jane.doe expired on 2026-01-31", "Remove the listed packages"),
        wish={"os_migration_waivers": waivers("2026-01-31")},
        there=I686,
    ),
}
SOUND = {
    "good": Told("ready", ()),
    "chinese": Told(
        "ready", (), NEWER, TO_2016, windows("Standard", os_name="Microsoft Windows Server 2012 R2 标准版")
    ),
    "waived": Told("ready", (), wish={"os_migration_waivers": waivers("2999-12-31")}, there=I686),
    "ownrow": Told("ready", (), "anolis-7", target("rhel-8")),
    "detour": Told("ready", (), NEWER, target("windows-2022", via=["windows-2019"]), windows("Standard")),
    "roundabout": Told("ready", (), NEWER, target("windows-2022", avoid=["windows-2016"]), windows("Standard")),
    "undecided": Told("assessed", (), wish=target("")),
}
BAD = {**WISHES, **GUESTS}
FLEET = {**BAD, **SOUND}


@pytest.fixture(scope="module")
def simulated(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Cloud]:
    groups = [group(name, told.os, **told.there) for name, told in FLEET.items() if told.there is not None]
    with cloud({"groups": groups}, tmp_path_factory.mktemp("cloud")) as running:
        yield running


@pytest.fixture(scope="module")
def controller(simulated: Cloud, tmp_path_factory: pytest.TempPathFactory) -> Controller:
    hosts = {name: {**host(name), **told.wish} for name, told in FLEET.items()}
    return Controller(simulated, tmp_path_factory.mktemp("user"), hosts, {"os_migration_paths": [OWN_ROW]})


@pytest.fixture(scope="module")
def assessed(controller: Controller) -> Run:
    return controller.play("assess", "-vvv")


@pytest.fixture(scope="module")
def results(assessed: Run) -> dict[str, dict[str, Any]]:
    return {result["name"]: result for result in assessed.report("assess").values()}


@pytest.mark.parametrize("name", BAD)
def test_cause_and_remedy_are_told_of_the_instance(assessed: Run, results: dict[str, Any], name: str) -> None:
    error, message = results[name]["error"], assessed.failures[name]
    assert error["code"] == BAD[name].code
    assert message.startswith(f"{instance_id(name)} ({name}): {error['code']}: ")
    assert [word for word in (*BAD[name].words, f"Remedy: {error['remedy']}") if word not in message] == []
    assert error["remedy"]


@pytest.mark.parametrize("name", GUESTS)
def test_what_is_wrong_with_a_guest_is_a_finding_with_a_remedy(results: dict[str, Any], name: str) -> None:
    stopping = [found for found in results[name]["findings"] if found["severity"] == "inhibitor"]
    assert results[name]["state"] == "blocked"
    assert stopping[0]["id"] == GUESTS[name].code
    assert all(found["remedy"] and found["evidence"] for found in stopping)


def test_the_others_are_assessed(assessed: Run, results: dict[str, Any]) -> None:
    assert sorted(assessed.failures) == sorted(BAD)
    assert {name: results[name]["state"] for name in SOUND} == {name: told.code for name, told in SOUND.items()}


def targets(result: Mapping[str, Any]) -> list[str]:
    return [hop["target"] for hop in result["hops"]]


def test_a_stopped_instance_is_planned_by_the_clouds_word(results: dict[str, Any]) -> None:
    assert results["stopped"]["source_os"] == "centos-7"
    assert targets(results["stopped"]) == ["alinux-3"]
    assert results["stopped"]["guest"] is None


def test_a_host_without_a_target_is_told_what_it_could_become(results: dict[str, Any]) -> None:
    assert {"alinux-3", "anolis-8"} <= set(results["undecided"]["targets"])
    assert results["undecided"]["hops"] == []


def test_via_and_avoid_choose_the_way(results: dict[str, Any]) -> None:
    assert targets(results["detour"]) == ["windows-2019", "windows-2022"]
    assert targets(results["roundabout"]) == ["windows-2019", "windows-2022"]


def test_a_row_of_the_users_own_is_a_path(results: dict[str, Any]) -> None:
    hop = results["ownrow"]["hops"][0]
    assert (hop["source"], hop["target"], hop["minutes"]) == ("anolis-7", "rhel-8", 45)


def test_localised_output_is_understood(results: dict[str, Any]) -> None:
    guest = results["chinese"]["guest"]
    assert (guest["os"], guest["edition"], guest["language"]) == (NEWER, "standard", "zh")


def test_a_waived_finding_is_a_warning_that_names_its_owner(results: dict[str, Any]) -> None:
    found = {name: finding(results[name], "linux.i686_packages") for name in ("waived", "expired")}
    assert found["waived"]["severity"] == "warning"
    assert found["waived"]["waiver"] == waivers("2999-12-31")[0]
    assert (found["expired"]["severity"], found["expired"]["waiver"]) == ("inhibitor", None)


def finding(result: Mapping[str, Any], rule: str) -> dict[str, Any]:
    return next(dict(found) for found in result["findings"] if found["id"] == rule)


def test_the_most_verbose_output_has_no_secret_and_no_traceback(assessed: Run) -> None:
    assert SECRET_KEY not in assessed.output
    assert "Traceback" not in assessed.output


def test_nothing_but_the_facts_script_is_sent(assessed: Run, simulated: Cloud) -> None:
    assert assessed.rc != 0
    assert {call["action"] for call in simulated.writes()} == {"RunCommand"}


@pytest.mark.parametrize(
    ("variables", "told"),
    [
        (
            {"os_migration_waivers": waivers("2999-12-31", rule="linux.i686_package")},
            "Did you mean linux.i686_packages",
        ),
        ({"os_migration_waivers": waivers("2999-12-31", owner=" ")}, "The waiver of linux.i686_packages lacks owner"),
        ({"os_migration_waivers": waivers("soon")}, "expires on 'soon'"),
        ({"os_migration_paths": [{**OWN_ROW, "target": "rhel8"}]}, "row 1: target: 'rhel8'"),
        ({"os_migration_paths": [{**OWN_ROW, "hours": 1}]}, "row 1: there is no key 'hours'"),
    ],
    ids=["unknown rule", "nobody answers", "no day", "unknown system", "unknown key"],
)
def test_what_cannot_be_meant_is_refused_before_anything_is_asked(
    controller: Controller, simulated: Cloud, tmp_path: Path, variables: dict[str, Any], told: str
) -> None:
    before = len(simulated.calls())
    lonely = replace(controller, directory=tmp_path, hosts={"good": host("good")}, variables=variables)
    run = lonely.play("assess", "-vvv")
    assert told in run.failures["good"]
    assert len(simulated.calls()) == before
    assert "Traceback" not in run.output


@pytest.mark.variant
def test_a_generated_estate_ends_as_it_was_made(tmp_path: Path) -> None:
    cost = assess.measure(200, tmp_path)
    results = json.loads((tmp_path / "assess.json").read_text("utf-8"))["results"]
    assert cost.states == fleet.states(200)
    assert {(result["name"].rpartition("-")[0], result["state"]) for result in results} == {
        (kind.name, kind.state) for kind in fleet.KINDS
    }
