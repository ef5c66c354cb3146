# Copyright (c) 2026 evergreen.os_migration contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The scripts that stop and start Windows services, run by a real PowerShell, with names as the role sends them."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path
from typing import Any

import pytest
from ansible_collections.evergreen.os_migration.plugins.module_utils._core.command import stopped_services
from ansible_collections.evergreen.os_migration.plugins.plugin_utils._calls import script_with
from guest.windows import MISSING, WINDOWS, Answer, Case, World, find, may, run, server, service
from hypothesis import Phase, given, settings
from hypothesis import strategies as st

pytestmark = [pytest.mark.skipif(not find(), reason=MISSING), pytest.mark.xdist_group("powershell")]

ROLE = Path(__file__).resolve().parents[2] / "roles/sequence"
MEMORY = r"HKLM:\SOFTWARE\evergreen.os_migration"
SYSTEM = rf"{WINDOWS} NT\CurrentVersion"
STOP, START = ((ROLE / f"files/{verb}_services.ps1").read_text("utf-8") for verb in ("stop", "start"))


def sent(names: Iterable[str]) -> str:
    """What the role puts before a script."""
    return script_with("powershell", "", list(names))


def both(*names: str) -> list[str]:
    return [sent(names) + STOP, sent(names) + START]


def guest(*more: dict[str, Any]) -> World:
    world = server()
    world["services"] += more
    return world


def became(world: World, build: str) -> World:
    world["registry"][SYSTEM] = {"CurrentBuild": build}
    return world


def stopped(build: str, *names: str) -> World:
    """A guest in which an earlier run stopped these services."""
    world = guest(service("Hand", "Manual", "Stopped"), service("Boot", "Auto", "Stopped"))
    world["registry"][MEMORY] = {"build": build, "stopped": list(names)}
    return world


IN_PROGRESS = rf"{WINDOWS}\CurrentVersion\Installer\InProgress"


def at_work(*programs: str) -> World:
    world = server()
    world["wmi"]["Win32_Process"] += [{"Name": name} for name in programs]
    return world


APP = [service("Db"), service("Mid", "Manual", needs=["Db"]), service("App", needs=["Mid"])]
#: Each hangs, and one hangs that another needs.
HANGING = [service("Slow", Hangs="stop"), service("Below"), service("Above", needs=["Below"], Hangs="stop")]
STUCK = [service("Stuck", Stuck=True), service("Needy", needs=["Stuck"])]
CASES = {
    "web": Case(both("Web")),
    "constrained": Case(both("Web"), constrained=True),
    "hand": Case(both("Hand"), guest(service("Hand", "Manual"))),
    "pattern": Case(both("MSSQL*"), guest(service("MSSQL$A"), service("MSSQL$B"))),
    "brackets": Case(both("Br[1]", "br1"), guest(service("Br[1]"))),
    "deep": Case([sent(["Db"]) + STOP], guest(*APP)),
    "deep and back": Case(both("Db"), guest(*APP)),
    "order": Case(both("App", "Db"), guest(*APP)),
    "idle": Case(both("Idle"), guest(service("Idle", status="Stopped"))),
    "stuck": Case(both("Stuck", "Web"), guest(*STUCK)),
    "hanging": Case([sent(["Slow", "Below", "Web"]) + STOP], guest(*HANGING)),
    "hanging constrained": Case([sent(["Slow", "Below", "Web"]) + STOP], guest(*HANGING), constrained=True),
    "all hanging": Case(
        [sent([f"Slow{n}" for n in range(20)]) + STOP], guest(*(service(f"Slow{n}", Hangs="stop") for n in range(20)))
    ),
    "hanging start": Case(
        both("Slow", "Web", "Short"), guest(service("Slow", Hangs="start"), service("Short", Hangs="dies"))
    ),
    "disabled": Case(both("Off"), guest(service("Off", "Disabled"))),
    "twice": Case([sent(["Web"]) + STOP] * 2 + [sent(["Web"]) + START]),
    "no memory": Case(both("Web"), broken=["New-Item"]),
    "no services": Case(both("Web"), broken=["Get-Service"]),
    "injection": Case(
        both("a\u2019); 'INJECTED'; $x = @(\u2018b", "Bob\u2019s Agent"), guest(service("Bob\u2019s Agent"))
    ),
    "installer": Case(both("Web"), at_work("TiWorker.exe", "TiWorker.exe")),
    "installer constrained": Case(both("Web"), at_work("wusa.exe"), constrained=True),
    "transaction": Case(both("Web"), {**server(), "registry": {**server()["registry"], IN_PROGRESS: {}}}),
    "blind": Case(both("Web"), broken=["Get-Process"]),
    "same system": Case([sent(["Other"]) + START], stopped("7601", "Hand", "Boot")),
    "another system": Case([sent(["Other"]) + START], became(stopped("7601", "Hand", "Boot"), "9600")),
    "unreadable": Case([sent(["Boot"]) + START], stopped("7601", "Hand"), broken=[MEMORY]),
    "nothing known": Case(
        [sent(["Hand", "Boot"]) + START], guest(service("Hand", "Manual", "Stopped"), service("Boot", status="Stopped"))
    ),
}


@pytest.fixture(scope="module")
def told() -> dict[str, Answer]:
    return dict(zip(CASES, run(list(CASES.values()), timeout=200), strict=True))


def down(answer: Answer) -> set[str]:
    return {name for name, status in answer.services.items() if status != "Running"}


def said(answer: Answer) -> list[list[str]]:
    assert all((step.trouble, step.errors) == ("", []) for step in answer.steps)
    return [[line for line in step.output if not line.startswith("was running: ")] for step in answer.steps]


def test_what_was_stopped_along_with_a_service_runs_again(told: dict[str, Answer]) -> None:
    for name in ("web", "constrained"):
        assert said(told[name]) == [
            ["stopped Web", "stopped Depends along with it"],
            ["started Web", "started Depends"],
        ]
        assert down(told[name]) == set()
        assert MEMORY not in told[name].registry


def test_what_needs_what_needs_a_service_is_stopped_and_runs_again(told: dict[str, Answer]) -> None:
    assert down(told["deep"]) == {"Db", "Mid", "App"}
    assert down(told["deep and back"]) == set()


@pytest.mark.parametrize("name", ["installer", "installer constrained", "transaction", "blind"])
def test_nothing_is_stopped_while_an_installer_runs_or_where_that_cannot_be_seen(
    told: dict[str, Answer], name: str
) -> None:
    step = told[name].steps[0]
    assert (step.status, down(told[name]), MEMORY in told[name].registry) == (1, set(), False)
    assert len(step.output) == 1
    if name != "blind":
        assert step.output[0].startswith("nothing was changed: wait until these have ended: ")


def test_what_was_stopped_is_told_so_that_another_controller_can_put_it_back(told: dict[str, Answer]) -> None:
    for name, services in {"web": ("Web", "Depends"), "twice": ("Web", "Depends"), "hand": ("Hand",)}.items():
        for step in told[name].steps[:-1]:
            assert stopped_services("\r\n".join(step.output)) == services
    assert stopped_services("\n".join(told["injection"].steps[0].output)) == (r"Bob\u2019s Agent",)


def test_services_are_started_in_the_opposite_order(told: dict[str, Answer]) -> None:
    calls = [call for call in told["order"].calls if " service " in call]
    assert calls[:3] == ["stop service App", "stop service Mid", "stop service Db"]
    assert calls[3:] == ["start service Db", "start service Mid", "start service App"]


def test_what_is_started_by_hand_runs_again_where_the_guest_is_the_same_system(told: dict[str, Answer]) -> None:
    assert said(told["hand"]) == [["stopped Hand"], ["started Hand"]]
    assert said(told["same system"]) == [["started Hand", "started Boot"]]


def test_another_system_starts_what_starts_at_boot(told: dict[str, Answer]) -> None:
    for name in ("another system", "nothing known"):
        assert said(told[name]) == [["Hand does not start at boot: left alone", "started Boot"]]
    assert MEMORY not in told["another system"].registry


def test_a_name_is_no_pattern(told: dict[str, Answer]) -> None:
    assert said(told["pattern"]) == [["no service MSSQL* here"]] * 2
    assert said(told["brackets"]) == [["stopped Br[1]", "no service br1 here"], ["started Br[1]"]]
    assert down(told["pattern"]) == down(told["brackets"]) == set()


def test_a_name_is_no_code(told: dict[str, Answer]) -> None:
    first, second = said(told["injection"])
    assert first[0].startswith(r"no service a\u2019); 'INJECTED'; $x = @(\u2018b")
    assert (first[1:], second) == ([r"stopped Bob\u2019s Agent"], [r"started Bob\u2019s Agent"])


def test_what_did_not_run_is_left_alone(told: dict[str, Answer]) -> None:
    assert said(told["idle"])[0] == ["Idle does not run: left alone"]
    assert said(told["disabled"]) == [["stopped Off"], ["cannot start Off: it is disabled"]]
    assert told["disabled"].registry[MEMORY]["stopped"] == ["Off"]


def test_a_service_that_does_not_obey_is_an_error_and_what_it_took_along_runs_again(told: dict[str, Answer]) -> None:
    first, second = told["stuck"].steps
    assert first.output[:2] == ["stopped Needy along with it", "cannot stop Stuck: it cannot be stopped"]
    assert (first.status, second.status) == (1, 0)
    assert down(told["stuck"]) == set()


@pytest.mark.parametrize("name", ["hanging", "hanging constrained"])
def test_a_service_that_hangs_while_it_stops_costs_itself_and_what_it_needs_only(
    told: dict[str, Answer], name: str
) -> None:
    assert said(told[name])[0] == [
        "cannot stop Slow: after 120 seconds it is StopPending",
        "stopped Above along with it",
        "cannot stop Below: Above: after 120 seconds it is StopPending",
        "stopped Web",
        "stopped Depends along with it",
    ]
    assert (told[name].steps[0].status, down(told[name])) == (1, {"Slow", "Above", "Web", "Depends"})
    kept = told[name].registry[MEMORY]["stopped"]
    assert set(kept) == {"Slow", "Below", "Above", "Web", "Depends"}, "it may stop later, and is started again then"


def test_however_many_services_hang_the_script_comes_to_its_end(told: dict[str, Answer]) -> None:
    assert told["all hanging"].clock < 900 - 150
    assert len(said(told["all hanging"])[0]) == 20
    assert said(told["all hanging"])[0][-1] == "cannot stop Slow19: no time is left, and it is StopPending"
    assert len(told["all hanging"].registry[MEMORY]["stopped"]) == 20


def test_a_service_that_hangs_while_it_starts_or_stops_again_costs_itself_only(told: dict[str, Answer]) -> None:
    assert said(told["hanging start"])[1] == [
        "cannot start Short: it stopped again",
        "started Web",
        "started Depends",
        "cannot start Slow: after 120 seconds it is StartPending",
    ]
    assert set(told["hanging start"].registry[MEMORY]["stopped"]) == {"Slow", "Short"}


def test_what_was_stopped_is_known_after_a_second_run(told: dict[str, Answer]) -> None:
    assert said(told["twice"])[1] == ["Web does not run: left alone"]
    assert down(told["twice"]) == set()


def test_nothing_is_stopped_that_could_not_be_put_back(told: dict[str, Answer]) -> None:
    assert down(told["no memory"]) == down(told["no services"]) == set()
    assert told["no memory"].steps[0].status == told["no services"].steps[0].status == 1
    assert told["no memory"].steps[0].output == ["cannot stop Web: Access is denied."]


def test_a_list_that_cannot_be_read_is_told_and_kept(told: dict[str, Answer]) -> None:
    assert told["unreadable"].steps[0].output[0].startswith("cannot read what was stopped")
    assert told["unreadable"].steps[0].status == 1
    assert MEMORY in told["unreadable"].registry


def test_what_the_scripts_say_is_ascii(told: dict[str, Answer]) -> None:
    assert all(line.isascii() for answer in told.values() for step in answer.steps for line in step.output)


def test_the_scripts_do_what_is_written_and_nothing_else(told: dict[str, Answer]) -> None:
    calls = {call for answer in told.values() for call in answer.calls}
    others = {call for call in calls if not call.startswith(("stop service ", "start service "))}
    starts_at_boot = {call for call in others if r"CurrentControlSet\Services" in call}
    scripts = (f"roles/sequence/files/{verb}_services.ps1" for verb in ("stop", "start"))
    assert others - starts_at_boot == may(*scripts) | {"services", "processes"}
    assert starts_at_boot == {
        rf"registry HKLM:\SYSTEM\CurrentControlSet\Services\{name}" for name in ("Hand", "Boot", "Idle")
    }


QUOTES = "'\"\u2018\u2019\u201a\u201b\u201c\u201d\u201e"
letters = st.sampled_from(QUOTES + "$`[]*?{}%;|&\\ ()@#\u00e9\u4e2d\U0001f600\u00ad\u200b\u212ak") | st.characters(
    exclude_categories=["Cs"]
)
texts = st.text(letters, min_size=1, max_size=200)
CODES = "$arguments | ForEach-Object { ($_.ToCharArray() | ForEach-Object { [int]$_ }) -join ' ' }"


def units(text: str) -> str:
    """The UTF-16 code units of a text, as numbers."""
    data = text.encode("utf-16-le")
    return " ".join(str(int.from_bytes(data[at : at + 2], "little")) for at in range(0, len(data), 2))


@settings(max_examples=2, deadline=None, phases=[Phase.generate], report_multiple_bugs=False)
@given(st.lists(texts, min_size=15, max_size=30))
def test_any_name_arrives_whole_and_as_a_name(names: list[str]) -> None:
    names = ["{{ 7 * 7 }}{% x %}{#", "$(1)`n", "\\u0041", *names]
    script = sent(names) + CODES
    assert script.isascii()
    for answer in run([Case([script]), Case([script], constrained=True)]):
        assert said(answer)[0] == [units(name) for name in names]


@settings(max_examples=2, deadline=None, phases=[Phase.generate], report_multiple_bugs=False)
@given(st.lists(texts, min_size=6, max_size=12, unique_by=str.upper), st.randoms(use_true_random=False))
def test_exactly_the_services_with_these_names_are_stopped_and_started(names: list[str], rng: Any) -> None:
    wanted = rng.sample(names, len(names) // 2)
    world = {**server(), "services": [service(name, "Manual") for name in names]}
    stop, back = run([Case([sent(wanted) + STOP], world), Case(both(*wanted), world)])
    assert down(stop) == set(wanted)
    assert down(back) == set()
