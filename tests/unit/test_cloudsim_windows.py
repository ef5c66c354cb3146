# Copyright (c) 2026 evergreen.os_migration contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The simulation's Windows guests: a PowerShell runs the collection's scripts in them, once per state of a guest."""

from __future__ import annotations

import time
from collections.abc import Callable
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from ansible_collections.evergreen.os_migration.plugins.module_utils._core.facts import parse
from cloudsim.alicloud.lab import Lab
from cloudsim.core import powershell, windows_guest
from cloudsim.core.clock import Clock
from cloudsim.core.oses import CATALOG, EDITIONS
from cloudsim.core.powershell import FACTS, OURS, world_of
from cloudsim.core.scenario import GroupFaults, Guest
from cloudsim.core.state import BOOTED, Content
from guest.windows import MISSING, TOTALS, Case, find, run

from guest import windows as stand_ins

from .test_cloudsim_guests import SCRIPTS, WINDOWS, make_lab, send
from .test_cloudsim_guests import run as run_in

__all__ = ["make_lab"]

pytestmark = [pytest.mark.skipif(not find(), reason=MISSING), pytest.mark.xdist_group("powershell")]

SYSTEMS = [system for system in CATALOG.values() if system.windows]
#: Every fact that a scenario can set, with values that a healthy guest does not have.
SET = {
    "os_name": ["Microsoft Windows Server 2012 R2 \u6807\u51c6\u7248"],
    "os_build": ["9601"],
    "os_sku": ["12"],
    "os_language": list(TOTALS),
    "os_booted": ["1764000000"],
    "os_installed": ["1764000001"],
    "upgraded_from": ["9600"],
    "setup_state": ["OOBEInProgress RestartSetup"],
    "setup_rolled_back": ["1764000002"],
    "installation": ["server_core", "nano", "other"],
    "installers": ["msiexec.exe", "TiWorker.exe wusa.exe"],
    "stopped_services": ["Web Depends"],
    "tls12": ["no"],
    "reboot_required": ["yes"],
    "roles": ["domain_controller rds_licensing cluster rds_session_host rds_web_access", "rds_gateway"],
    "antivirus": ["SepMasterService ekrn"],
    "third_party_drivers": ["foo bar"],
    "activation_channel": ["mak", "retail", "oem"],
    "activated": ["no"],
    "page_file": ["none", r"D:\pagefile.sys E:\p.sys"],
    "crash_dump": ["none", "complete", "kernel", "small"],
    "crash_dump_file": [r"D:\dump"],
    "memory_available_mib": ["0", "512"],
    "free_mib.C": ["9"],
    "windows_dir_mib": ["1"],
    "powershell": ["5.0"],
    "hooks": ["0123456789ab:done:1795602726"],
}
Make = Callable[..., Lab]


def recorded(system: Any, edition: str, **facts: str) -> dict[str, str]:
    """What a guest without a PowerShell is said to be."""
    guest = Guest(edition=edition, facts=facts)
    group = SimpleNamespace(os=system.id, faults=GroupFaults(), guest=guest)
    instance = SimpleNamespace(group=group, system=lambda now: system, content=lambda now: Content(system.id))
    instance.booted = lambda now, clock: BOOTED
    return windows_guest.facts(instance, 0.0, Clock())  # type: ignore[arg-type]


def test_recorded_facts_are_those_that_the_real_script_finds_in_such_a_guest() -> None:
    one = SYSTEMS[0]
    guests = [recorded(system, "Datacenter") for system in SYSTEMS] + [recorded(one, edition) for edition in EDITIONS]
    guests += [recorded(one, "Standard", **{name: value}) for name, values in SET.items() for value in values]
    systems = [*SYSTEMS, *[one] * (len(guests) - len(SYSTEMS))]
    worlds = [world_of(system, facts) for system, facts in zip(systems, guests, strict=True)]
    answers = run([Case([SCRIPTS["windows"]], world) for world in worlds if world])
    assert len(answers) == len(guests)
    for facts, answer in zip(guests, answers, strict=True):
        found = {name: value for name, value in parse(answer.text).facts.items() if name != "time"}
        contents = {name: found.pop(name) for name in list(found) if name.startswith("all.")}
        assert contents == windows_guest.CONTENTS or facts["antivirus"] != "none" or facts["roles"] != "none"
        assert contents.keys() == windows_guest.CONTENTS.keys()
        said = {name: value for name, value in parse(windows_guest.told(facts)).facts.items() if name != "time"}
        assert {name: sorted(value.split()) for name, value in found.items()} == {
            name: sorted(value.split()) for name, value in said.items()
        }


def test_every_fact_of_a_guest_can_be_made() -> None:
    made = recorded(SYSTEMS[0], "Standard")
    assert set(FACTS) == set(SET) == set(made) - {"time", "arch"}


def test_scripts_of_the_collection_are_run_and_what_they_change_stays(make_lab: Make) -> None:
    lab = make_lab()
    assert run_in(lab, f"# {OURS}\n6 * 7\n", WINDOWS)["Output"] == "42\r\n"
    failed = run_in(lab, f"# {OURS}\n$ErrorActionPreference = 'Stop'\nGet-Nothing\n", WINDOWS)
    assert (failed["ExitCode"], "Get-Nothing" in failed["Output"]) == (1, True)
    stop = f"# {OURS}\nStop-Service -Name Web -Force\n$status = 3\nexit $status\n"
    assert run_in(lab, stop, WINDOWS)["ExitCode"] == 3
    state = f'# {OURS}\nGet-Service | ForEach-Object {{ "$($_.Name) $($_.Status)" }}\n'
    assert run_in(lab, state, WINDOWS)["Output"].split("\r\n")[1] == "Web Stopped"


def test_each_state_of_a_guest_is_asked_once(make_lab: Make, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("TMPDIR", str(tmp_path))
    monkeypatch.setattr(powershell.tempfile, "tempdir", None)
    asked: list[str] = []
    ask = powershell._asked
    monkeypatch.setattr(powershell, "_asked", lambda script, *more: asked.append(script) or ask(script, *more))
    lab = make_lab()
    first, second = (run_in(lab, SCRIPTS["windows"], WINDOWS)["Output"] for _unused in range(2))
    assert len(asked) == 1
    assert parse(first).facts.keys() == parse(second).facts.keys()
    assert parse(first).os == "windows-2008r2"


def test_the_end_does_not_wait_for_powershell(make_lab: Make) -> None:
    lab = make_lab()
    run_in(lab, f"# {OURS}\n1\n", WINDOWS)
    for number in range(3):
        send(lab, f"# {OURS}\n# {number}\n[Threading.Thread]::Sleep(60000)\n", WINDOWS)
    started = time.monotonic()
    lab.close()
    assert time.monotonic() - started < 30
    found = run_in(make_lab(), f"# {OURS}\n2\n# {started}\n", WINDOWS)
    assert found["Output"] == "2\r\n", f"the next one is served: {found}"


def test_a_powershell_that_has_ended_is_started_again(make_lab: Make) -> None:
    lab = make_lab()
    run_in(lab, f"# {OURS}\n1\n", WINDOWS)
    running = stand_ins._SHELL._started()
    running.kill()
    running.wait()
    assert run_in(lab, f"# {OURS}\n3\n# {running.pid}\n", WINDOWS)["Output"] == "3\r\n"


def test_where_there_is_no_powershell_or_no_such_guest_the_recorded_answer_stays(
    make_lab: Make, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert world_of(SYSTEMS[0], {"roles": "something new"}) is None
    assert world_of(SYSTEMS[0], {"tls12": ""}) is None
    monkeypatch.setattr(powershell.stand_ins, "find", lambda: "")
    lab = make_lab()
    assert parse(run_in(lab, SCRIPTS["windows"], WINDOWS)["Output"]).os == "windows-2008r2"
    assert run_in(lab, f"# {OURS}\n6 * 7\n", WINDOWS)["Output"] == ""


def test_a_directory_of_answers_that_is_somebody_else_s_is_refused(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setattr(powershell.tempfile, "tempdir", str(tmp_path))
    powershell._directory().chmod(0o777)
    with pytest.raises(PermissionError, match="somebody else"):
        powershell._directory()
