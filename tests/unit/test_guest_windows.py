# Copyright (c) 2026 evergreen.os_migration contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The facts script, run by a real PowerShell in made-up Windows guests.

All guests are asked in one process before the first test. What hangs does so on the guest's own clock.
"""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from ansible_collections.evergreen.os_migration.plugins.module_utils._core.facts import parse
from guest.windows import (
    CLIENT,
    CONTROL,
    CURRENT,
    MISSING,
    RELEASES,
    SETUP,
    SOFTWARE,
    TASKS,
    TOTALS,
    WINDOWS,
    Answer,
    Case,
    World,
    find,
    may,
    run,
    server,
    service,
)

pytestmark = [pytest.mark.skipif(not find(), reason=MISSING), pytest.mark.xdist_group("powershell")]

FACTS = (Path(__file__).resolve().parents[2] / "guest/facts.ps1").read_text("utf-8")
AGENT_SECONDS = 120
HEALTHY = {
    "time": "1795608000",
    "os_name": "Microsoft Windows Server 2008 R2 Standard",
    "os_build": "7601",
    "os_sku": "7",
    "os_language": "en-US",
    "installation": "server",
    "os_booted": "1795521600",
    "os_installed": "1500000000",
    "upgraded_from": "none",
    "setup_rolled_back": "none",
    "setup_state": "none",
    "arch": "x86_64",
    "memory_available_mib": "2048",
    "free_mib.C": "40960",
    "windows_dir_mib": "16384",
    "tls12": "yes",
    "reboot_required": "no",
    "installers": "none",
    "stopped_services": "none",
    "hooks": "none",
    "roles": "none",
    "antivirus": "none",
    "third_party_drivers": "none",
    "activation_channel": "kms",
    "activated": "yes",
    "page_file": r"C:\pagefile.sys",
    "crash_dump": "kernel",
    "crash_dump_file": r"%SystemRoot%\MEMORY.DMP",
    "all.services_enabled": "3 - 0Depends 0W32Time 0Web",
    "all.services_running": "3 - 0Depends 0W32Time 0Web",
    "all.ports": "3 - 0TCP/0D3D 0TCP/1538@lo 0UDP/007B",
    "all.mounts": "1 - 0C:_NTFS",
    "all.users": "2 - 0Administrator 0Guest",
    "all.cron": "1 - 0Nightly",
    "all.routes": "1 - 00.0.0.0,192.168.0.253,0.0.0.0",
    "all.package_versions": "1 - 0Some_App/1.2",
}
SYSTEM = {"os_name", "os_build", "os_sku", "os_language", "memory_available_mib", "os_booted"}
STOPPED = r"HKLM:\SOFTWARE\evergreen.os_migration"
OLDER, NEWER = (rf"{SETUP}\Source OS (Updated on {day} 10:00:00)" for day in ("3/1/2020", "1/5/2024"))
ROLLBACK = r"C:\$WINDOWS.~BT\Sources\Rollback\setupact.log"
MEMORY = rf"{CONTROL}\Session Manager\Memory Management"
DRIVERS = r"C:\Windows\system32\drivers"

#: What a source is called, and the facts that nobody can know without it.
SOURCES: dict[str, set[str]] = {
    "Win32_OperatingSystem": SYSTEM,
    "Win32_ComputerSystem": {"roles"},
    "Win32_TerminalServiceSetting": {"roles"},
    "Win32_LogicalDisk": {"free_mib.C", "all.mounts"},
    "Win32_Service": {"roles", "antivirus", "all.services_enabled", "all.services_running"},
    "Win32_UserAccount": {"all.users"},
    "Win32_IP4RouteTable": {"all.routes"},
    "Win32_Process": {"installers"},
    "Win32_SystemDriver": {"third_party_drivers"},
    "SoftwareLicensingProduct": {"activation_channel", "activated"},
}
#: Cmdlets, keys, files and programs that fail.
FAILING: dict[str, set[str]] = {
    "Get-Item": {"third_party_drivers"},
    rf"{DRIVERS}\bare.sys": {"third_party_drivers"},
    "Get-ChildItem": {"upgraded_from", "all.cron", "all.package_versions"},
    "Get-ItemProperty": {
        *("installation", "tls12", "reboot_required", "page_file", "crash_dump", "crash_dump_file"),
        *("os_installed", "setup_state", "stopped_services", "hooks", "all.package_versions"),
    },
    "Test-Path": {"reboot_required", "installers", "roles", "setup_rolled_back"},
    SETUP: {"setup_state", "upgraded_from"},
    CLIENT: {"tls12"},
    MEMORY: {"page_file"},
    rf"{CONTROL}\CrashControl": {"crash_dump", "crash_dump_file"},
    rf"{CURRENT}\Component Based Servicing\RebootPending": {"reboot_required"},
    r"C:\Windows\Web\RDWeb\Pages": {"roles"},
    "cmd.exe": {"windows_dir_mib", "all.ports"},
    "Start-Process": {"windows_dir_mib"},
    "netstat": {"all.ports"},
    TASKS: {"all.cron"},
    SOFTWARE: {"all.package_versions"},
}


def changed(release: str = "windows-2008r2", **more: Any) -> World:
    """A healthy guest with other parts; what is a dictionary is merged."""
    world = server(release)
    for name, value in more.items():
        world[name] = world[name] | value if isinstance(value, dict) else value
    return world


def wmi(name: str, *rows: dict[str, Any]) -> World:
    world = server()
    world["wmi"][name] = list(rows)
    return world


def system(**more: Any) -> World:
    world = server()
    world["wmi"]["Win32_OperatingSystem"][0].update(more)
    return world


def licences(*rows: tuple[str, int, bool]) -> World:
    names = ("Description", "LicenseStatus", "LicenseIsAddon")
    return wmi("SoftwareLicensingProduct", *(dict(zip(names, row, strict=True)) for row in rows))


def driver(path: str | None, maker: str | None = None) -> World:
    world = server()
    world["wmi"]["Win32_SystemDriver"].append({"Name": "foo", "PathName": path})
    if maker is not None:
        world["files"][r"C:\Program Files\foo\foo.sys"] = maker
    return world


def registry(key: str, **values: Any) -> World:
    return changed(registry={key: values})


def without(key: str) -> World:
    world = server()
    del world["registry"][key]
    return world


SETTING_UP = "OOBEInProgress RestartSetup"
#: Upgraded twice; the newer one is told.
UPGRADED = changed(
    registry={
        NEWER: {"CurrentBuild": "9600", "InstallDate": 1600000000},
        OLDER: {"CurrentBuild": "7601", "InstallDate": 1400000000},
    }
)
OWN = ("Windows Operating System - Windows Server(R), VOLUME_KMSCLIENT channel", 1, False)
ADD_ON = ("Windows(R) Operating System, ESU add-on: VOLUME_MAK channel", 0, True)
#: A guest, and the facts that follow; None is a fact that is left out.
SICK: list[tuple[World, dict[str, str | None]]] = [
    (licences(ADD_ON, OWN), {"activation_channel": "kms", "activated": "yes"}),
    (
        licences((OWN[0].replace("VOLUME_KMSCLIENT", "RETAIL"), 0, False)),
        {"activation_channel": "retail", "activated": "no"},
    ),
    (licences((OWN[0].replace("VOLUME_KMSCLIENT", "OEM_SLP"), 1, False)), {"activation_channel": "oem"}),
    (licences((OWN[0].replace("VOLUME_KMSCLIENT", "VOLUME_MAK"), 1, False)), {"activation_channel": "mak"}),
    (licences((OWN[0].replace("VOLUME_KMSCLIENT", "X"), 1, False)), {"activation_channel": "other"}),
    (licences(OWN, (OWN[0], 0, False)), {"activation_channel": None, "activated": None}),
    (licences(ADD_ON), {"activation_channel": None, "activated": None}),
    (driver(r"\??\C:\Program Files\foo\foo.sys", "Foo Ltd"), {"third_party_drivers": "foo"}),
    (driver(r"\??\C:\Program Files\foo\foo.sys", ""), {"third_party_drivers": "foo"}),
    (driver(r"\??\C:\Program Files\foo\foo.sys"), {"third_party_drivers": None}),
    (driver(None), {"third_party_drivers": None}),
    (
        changed(services=[service("SepMasterService"), service("Sophos", status="Stopped")]),
        {"antivirus": "SepMasterService"},
    ),
    (changed(services=[service("TermServLicensing"), service("ClusSvc")]), {"roles": "rds_licensing cluster"}),
    (wmi("Win32_Service", {"Name": "avp", "State": None}), {"antivirus": None, "roles": None}),
    (
        wmi("Win32_Service", {"Name": "avp", "State": "Stopped"}),
        {"all.services_enabled": None, "all.services_running": None},
    ),
    (
        changed(services=[service("Web", status="Stopped"), service("Cdp_1a2b3", "Auto"), service("X", "Manual")]),
        {"all.services_enabled": "2 - 0Cdp 0Web", "all.services_running": "1 - 0Cdp"},
    ),
    (changed(netstat=[]), {"all.ports": None}),
    (changed(netstat=["  TCP    [::1]:80   [::]:0   LISTENING   4"]), {"all.ports": "1 - 0TCP/0050@lo"}),
    (registry(rf"{TASKS}\Ours\Weekly"), {"all.cron": "1 - 0Nightly"}),
    (
        changed(registry={rf"{TASKS}\Ours": {}, rf"{TASKS}\Ours\Weekly": {}}),
        {"all.cron": "3 - 0Nightly 0Ours 0Ours\\Weekly"},
    ),
    (wmi("Win32_ComputerSystem", {"DomainRole": 5}), {"roles": "domain_controller"}),
    (wmi("Win32_ComputerSystem", {"DomainRole": None}), {"roles": None}),
    (wmi("Win32_TerminalServiceSetting", {"TerminalServerMode": 1}), {"roles": "rds_session_host"}),
    (changed(files={r"C:\Windows\Web\RDWeb\Pages": ""}), {"roles": "rds_web_access"}),
    (wmi("Win32_Process", {"Name": "TiWorker.exe"}, {"Name": "wusa.exe"}), {"installers": "TiWorker.exe wusa.exe"}),
    (registry(rf"{CURRENT}\Installer\InProgress"), {"installers": "msiexec.exe"}),
    (without(CLIENT), {"tls12": "no"}),
    (registry(CLIENT, Enabled=0, DisabledByDefault=0), {"tls12": "no"}),
    (registry(CLIENT, Enabled=1), {"tls12": "no"}),
    (without(rf"{CURRENT}\Internet Settings\WinHttp"), {"tls12": "no"}),
    (registry(rf"{CURRENT}\Component Based Servicing\RebootPending"), {"reboot_required": "yes"}),
    (registry(rf"{CURRENT}\WindowsUpdate\Auto Update\RebootRequired"), {"reboot_required": "yes"}),
    (registry(rf"{CONTROL}\Session Manager", PendingFileRenameOperations=["a", ""]), {"reboot_required": "yes"}),
    (registry(rf"{WINDOWS} NT\CurrentVersion", InstallationType="Server Core"), {"installation": "server_core"}),
    (registry(rf"{WINDOWS} NT\CurrentVersion", InstallationType="Nano Server"), {"installation": "nano"}),
    (registry(rf"{WINDOWS} NT\CurrentVersion", InstallationType="Client"), {"installation": "other"}),
    (registry(rf"{WINDOWS} NT\CurrentVersion", CurrentBuild="7601"), {"installation": None}),
    (registry(MEMORY, ExistingPageFiles=[], PagingFiles=[""]), {"page_file": "none"}),
    (registry(MEMORY, PagingFiles=[]), {"page_file": "none"}),
    (registry(MEMORY, ClearPageFileAtShutdown=0), {"page_file": None}),
    (
        registry(MEMORY, ExistingPageFiles=[r"\??\D:\pagefile.sys", r"\??\E:\p.sys"]),
        {"page_file": r"D:\pagefile.sys E:\p.sys"},
    ),
    *(
        (registry(rf"{CONTROL}\CrashControl", CrashDumpEnabled=code), {"crash_dump": word, "crash_dump_file": None})
        for code, word in ((0, "none"), (1, "complete"), (3, "small"), (7, "automatic"), (9, None))
    ),
    (system(LastBootUpTime="2026-11-24T12:00:00Z"), {"os_booted": "1795521600"}),
    (system(LastBootUpTime="20261124050000.000000-420"), {"os_booted": "1795521600"}),
    (system(LastBootUpTime="yesterday"), {"os_booted": None}),
    (system(LastBootUpTime=None), {"os_booted": None}),
    (registry(rf"{WINDOWS} NT\CurrentVersion", InstallationType="Server"), {"os_installed": None}),
    (registry(SETUP, SystemSetupInProgress=0, OOBEInProgress=1, RestartSetup=2), {"setup_state": SETTING_UP}),
    (registry(SETUP, OOBEInProgress=0), {"setup_state": None}),
    (UPGRADED, {"upgraded_from": "9600"}),
    (registry(STOPPED, build="7601", stopped=["Web", "My App"]), {"stopped_services": "Web My_App"}),
    (changed(files={ROLLBACK: "2026-11-24T12:00:00"}), {"setup_rolled_back": "1795521600"}),
    (system(OSLanguage=1028), {"os_language": "zh-TW"}),
    (system(OSLanguage=3076), {"os_language": "zh-HK"}),
    (system(OSLanguage=None), {"os_language": None}),
    (system(OSLanguage=999999), {"os_language": "lcid-999999"}),
    (system(OperatingSystemSKU=0), {"os_sku": "0"}),
    (system(FreePhysicalMemory=None), {"memory_available_mib": None}),
    (system(FreePhysicalMemory=1023), {"memory_available_mib": "0"}),
    (wmi("Win32_LogicalDisk", {"FreeSpace": None}), {"free_mib.C": None}),
    (wmi("Win32_OperatingSystem", {"BuildNumber": "1"}, {"BuildNumber": "2"}), dict.fromkeys(SYSTEM)),
    (changed(dir=["  1 File(s)  17179869185 bytes", "  1 Dir(s)  9 bytes free"]), {"windows_dir_mib": "16385"}),
    (changed(dir=["", "Not enough memory resources are available."]), {"windows_dir_mib": None}),
    (changed(dir=[]), {"windows_dir_mib": None}),
]
HARD = ["na\u00efve", "\u5b89\u5168", "\U0001f600", r"C:\u00e4", "a b\tc", "x" * 200, "\u4e2d" * 200, "K\u212a"]

Suite = dict[str, Answer]
CASES: dict[str, Case] = {}


def case(name: str, world: World | None = None, **more: Any) -> str:
    CASES[name] = Case([FACTS], world or server(), **more)
    return name


def parameters(rows: dict[str, Any] | list[Any], make: Callable[[Any], Any]) -> list[Any]:
    return [make(row) for row in (rows.items() if isinstance(rows, dict) else enumerate(rows))]


HEALTHY_CASES = [
    (
        case(f"{release} {language} {mode}", server(release, language), constrained=mode == "constrained"),
        release,
        language,
    )
    for release in RELEASES
    for language in TOTALS
    for mode in ("full", "constrained")
    if mode == "full" or language == "de-DE" or release == "windows-2008r2"
]
SICK_CASES = [
    (case(f"sick {number} {mode}", world, constrained=mode == "constrained"), expected)
    for number, (world, expected) in enumerate(SICK)
    for mode in ("full", "constrained")
]
LACKING_CASES = [
    *(
        (case(f"{how} {name}", **{how: [name]}), facts)
        for name, facts in SOURCES.items()
        for how in ("broken", "hanging")
    ),
    *((case(f"empty {name}", wmi(name)), facts) for name, facts in SOURCES.items()),
    *((case(f"broken {name}", broken=[name]), facts) for name, facts in FAILING.items()),
    *(
        (case(f"broken constrained {name}", broken=[name], constrained=True), facts)
        for name, facts in {**SOURCES, **FAILING}.items()
    ),
    *(
        (case(f"gone {name}", gone=[name]), facts)
        for name, facts in FAILING.items()
        if name in ("Get-ChildItem", "Get-Item", "Get-ItemProperty", "Test-Path", "Start-Process")
    ),
    (case("hanging dir", hanging=["cmd.exe"]), {"windows_dir_mib"}),
    (case("hanging all", hanging=[*SOURCES, "cmd.exe"]), set.union(*SOURCES.values(), {"windows_dir_mib"})),
    (
        case("hanging all constrained", hanging=[*SOURCES, "cmd.exe"], constrained=True),
        set.union(*SOURCES.values(), {"windows_dir_mib"}),
    ),
]
CASES["no searcher"] = Case([FACTS.replace("[wmisearcher]", "[no.such.type]")], server())
case("hard names", changed(services=[service(f"avp{name}") for name in HARD]))
case(
    "many names",
    changed(services=[service(f"avp\u4e2d{n}" + "\u6587" * 200) for n in range(90)])
    | {"wmi": server()["wmi"] | {"Win32_Process": [{"Name": "wusa.exe"}] * 90}},
)


@pytest.fixture(scope="module")
def told() -> Suite:
    """What each guest answered."""
    return dict(zip(CASES, run(list(CASES.values()), timeout=280), strict=True))


def facts(answer: Answer) -> dict[str, str]:
    step = answer.steps[0]
    assert (step.trouble, step.errors) == ("", [])
    assert answer.text.isascii()
    guest = parse(answer.text)
    assert guest.trouble == "", guest.trouble_text
    return {name: value for name, value in guest.facts.items() if name != "powershell"}


def known(found: dict[str, str]) -> dict[str, str]:
    return {name: value for name, value in found.items() if not name.startswith("why.")}


@pytest.mark.parametrize(("name", "release", "language"), HEALTHY_CASES)
def test_a_healthy_guest_of_each_version_and_language_says_everything(
    told: Suite, name: str, release: str, language: str
) -> None:
    _version, build, words = RELEASES[release]
    own = {"os_name": f"Microsoft Windows Server {words} Standard", "os_build": build, "os_language": language}
    assert facts(told[name]) == HEALTHY | own
    assert parse(told[name].text).os == release


@pytest.mark.parametrize(("name", "expected"), SICK_CASES)
def test_a_sick_guest_says_so(told: Suite, name: str, expected: dict[str, str | None]) -> None:
    found = facts(told[name])
    assert {fact: found.get(fact) for fact in expected} == expected
    assert all(found[f"why.{fact}"] for fact, value in expected.items() if value is None)


@pytest.mark.parametrize(("name", "lacking"), LACKING_CASES)
def test_what_is_not_seen_is_left_out_with_its_reason_and_costs_nothing_else(
    told: Suite, name: str, lacking: set[str]
) -> None:
    found = facts(told[name])
    assert known(found) == {
        fact: value for fact, value in known(found).items() if HEALTHY.get(fact) == value or fact == "time"
    }
    assert HEALTHY.keys() - known(found).keys() == lacking
    assert {fact for fact in found if fact.startswith("why.")} == {f"why.{fact}" for fact in lacking}
    assert all(0 < len(found[f"why.{fact}"]) <= 120 for fact in lacking)
    assert told[name].clock < AGENT_SECONDS - 15


def test_where_there_is_no_type_to_ask_wmi_a_cmdlet_is_asked(told: Suite) -> None:
    assert facts(told["no searcher"]) == HEALTHY


def test_names_arrive_whole_under_every_code_page(told: Suite) -> None:
    """They are cut at 80 characters of what is sent, and never within a character."""
    found = facts(told["hard names"])["antivirus"].split()
    assert found[:5] == ["avpna\u00efve", "avp\u5b89\u5168", "avp\U0001f600", r"avpC:\u00e4", "avpa_b_c"]
    assert found[5:] == ["avp" + "x" * 77, "avp" + "\u4e2d" * 12, "avpK\u212a"]


def test_lists_have_an_end(told: Suite) -> None:
    """A guest in which everything is wrong many times over still fits into what the agent takes."""
    assert len(told["many names"].text) < 12_000
    assert len(facts(told["many names"])["antivirus"].split()) == 20


def test_the_facts_script_does_what_is_written_and_nothing_else(told: Suite) -> None:
    calls = {call for answer in told.values() for call in answer.calls}
    drivers = {rf"file {DRIVERS}\{name}.sys" for name in ("ACPI", "viostor", "bare", "foo")}
    assert calls == may("guest/facts.ps1") | drivers | {r"file C:\Program Files\foo\foo.sys"}
    for answer in told.values():
        stopped = answer.calls.count("stop cmd.exe")
        assert stopped == 0 or answer.clock >= 30
