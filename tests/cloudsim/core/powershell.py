# Copyright (c) 2026 evergreen.os_migration contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Windows guests whose scripts a real PowerShell runs, where there is one.

A guest of the scenario becomes a guest of the stand-ins of tests/guest, and the collection's own scripts run in it.
What a script says in one state of a guest is asked once: it is remembered for all processes that share TMPDIR.
"""

from __future__ import annotations

import hashlib
import json
import os
import tempfile
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from guest.windows import CLIENT, CONTROL, CURRENT, SETUP, TOTALS, WINDOWS, Case, World, service

from guest import windows as stand_ins

from .oses import OperatingSystem

#: What stands in every script of the collection; others are answered by the scenario.
OURS = "evergreen.os_migration contributors"
#: What is sent without its comments: the facts script, and users' own hooks in what keeps their marks.
SENT = ("\n'osm-facts 1'\n", "# evergreen.os_migration hook")
#: What the collection's own scripts keep in the registry of a guest.
_KEPT = r"HKLM:\SOFTWARE\evergreen.os_migration"
_ROLES = {
    "cluster": "ClusSvc",
    "rds_connection_broker": "Tssdis",
    "rds_virtualization_host": "VmHostAgent",
    "rds_gateway": "TSGateway",
    "rds_licensing": "TermServLicensing",
}
_DUMPS = {"none": 0, "complete": 1, "kernel": 2, "small": 3, "automatic": 7}
_CHANNELS = {"kms": "VOLUME_KMSCLIENT", "mak": "VOLUME_MAK", "retail": "RETAIL", "oem": "OEM_SLP"}
_INSTALLATIONS = {"server": "Server", "server_core": "Server Core", "nano": "Nano Server", "other": "Client"}


@dataclass
class Changes:
    """What the collection's scripts have changed in a guest, as long as it is the same system.

    `over` says whether the simulation has ended: nothing is asked any more then.
    """

    over: Callable[[], bool]
    system: str = ""
    services: dict[str, str] = field(default_factory=dict)
    registry: dict[str, Any] = field(default_factory=dict)


def _row(name: str, field_name: str, read: Callable[[str], Any] = str) -> Callable[[World, str], None]:
    def put(world: World, value: str) -> None:
        world["wmi"][name][0][field_name] = read(value)

    return put


def _registry(key: str, name: str, read: Callable[[str], Any] = str) -> Callable[[World, str], None]:
    def put(world: World, value: str) -> None:
        world["registry"][key][name] = read(value)

    return put


def _names(value: str) -> list[str]:
    return [] if value == "none" else value.split()


def _roles(world: World, value: str) -> None:
    for name in _names(value):
        if name == "domain_controller":
            world["wmi"]["Win32_ComputerSystem"][0]["DomainRole"] = 5
        elif name == "rds_session_host":
            world["wmi"]["Win32_TerminalServiceSetting"][0]["TerminalServerMode"] = 1
        elif name == "rds_web_access":
            world["files"][r"C:\Windows\Web\RDWeb\Pages"] = ""
        else:
            world["services"].append(service(_ROLES[name]))


def _drivers(world: World, value: str) -> None:
    for name in _names(value):
        path = rf"C:\Windows\system32\drivers\{name}.sys"
        world["wmi"]["Win32_SystemDriver"].append({"Name": name, "PathName": path})
        world["files"][path] = "Somebody Ltd"


def _installers(world: World, value: str) -> None:
    for name in _names(value):
        if name == "msiexec.exe":
            world["registry"][rf"{CURRENT}\Installer\InProgress"] = {}
        else:
            world["wmi"]["Win32_Process"].append({"Name": name})


def _stopped(world: World, value: str) -> None:
    if value != "none":
        world["registry"][_KEPT] = {"build": "", "stopped": _names(value)}


def _hooks(world: World, value: str) -> None:
    if value != "none":
        world["registry"][f"{_KEPT}.hooks"] = {"marks": _names(value)}


def _antivirus(world: World, value: str) -> None:
    world["services"] += [service(name) for name in _names(value)]


def _reboot(world: World, value: str) -> None:
    if value == "yes":
        world["registry"][rf"{CURRENT}\Component Based Servicing\RebootPending"] = {}


def _page_files(world: World, value: str) -> None:
    names = [rf"\??\{name}" for name in _names(value)]
    world["registry"][rf"{CONTROL}\Session Manager\Memory Management"]["ExistingPageFiles"] = names


def _windows_dir(world: World, value: str) -> None:
    world["dir"] = [f"  9 File(s)  {int(value) << 20} bytes", "  9 Dir(s)  9 bytes free"]


def _booted(world: World, value: str) -> None:
    written = time.strftime("%Y%m%d%H%M%S.000000+000", time.gmtime(int(value)))
    world["wmi"]["Win32_OperatingSystem"][0]["LastBootUpTime"] = written


def _former(world: World, value: str) -> None:
    if value != "none":
        world["registry"][rf"{SETUP}\Source OS (Updated)"] = {"CurrentBuild": value, "InstallDate": 1}


def _setup(world: World, value: str) -> None:
    world["registry"][SETUP].update(dict.fromkeys(_names(value), 1))


def _rolled_back(world: World, value: str) -> None:
    if value != "none":
        at = time.strftime("%Y-%m-%dT%H:%M:%S", time.gmtime(int(value)))
        world["files"][r"C:\$WINDOWS.~BT\Sources\Rollback\setupact.log"] = at


def _powershell(world: World, value: str) -> None:
    world["powershell"] = value


#: What makes a guest one of which this fact holds.
FACTS: Mapping[str, Callable[[World, str], None]] = {
    "os_name": _row("Win32_OperatingSystem", "Caption"),
    "os_build": _row("Win32_OperatingSystem", "BuildNumber"),
    "os_sku": _row("Win32_OperatingSystem", "OperatingSystemSKU", int),
    "os_language": _row("Win32_OperatingSystem", "OSLanguage", lambda name: TOTALS[name][0]),
    "memory_available_mib": _row("Win32_OperatingSystem", "FreePhysicalMemory", lambda mib: int(mib) << 10),
    "free_mib.C": _row("Win32_LogicalDisk", "FreeSpace", lambda mib: int(mib) << 20),
    "activation_channel": _row("SoftwareLicensingProduct", "Description", lambda word: f"Windows, {_CHANNELS[word]}"),
    "activated": _row("SoftwareLicensingProduct", "LicenseStatus", lambda word: int(word == "yes")),
    "installation": _registry(rf"{WINDOWS} NT\CurrentVersion", "InstallationType", _INSTALLATIONS.__getitem__),
    "tls12": _registry(CLIENT, "Enabled", lambda word: int(word == "yes")),
    "crash_dump": _registry(rf"{CONTROL}\CrashControl", "CrashDumpEnabled", _DUMPS.__getitem__),
    "crash_dump_file": _registry(rf"{CONTROL}\CrashControl", "DumpFile"),
    "os_booted": _booted,
    "os_installed": _registry(rf"{WINDOWS} NT\CurrentVersion", "InstallDate", int),
    "upgraded_from": _former,
    "setup_state": _setup,
    "setup_rolled_back": _rolled_back,
    "windows_dir_mib": _windows_dir,
    "powershell": _powershell,
    "reboot_required": _reboot,
    "roles": _roles,
    "antivirus": _antivirus,
    "third_party_drivers": _drivers,
    "installers": _installers,
    "stopped_services": _stopped,
    "hooks": _hooks,
    "page_file": _page_files,
}
#: What every guest has, or what is put in afterwards.
_PLAIN = ("time", "arch")


def world_of(system: OperatingSystem, facts: Mapping[str, str]) -> World | None:
    """A guest of which these facts hold; None when it would have to be one that the stand-ins do not know."""
    world = stand_ins.server(system.id)
    for name, value in facts.items():
        if name in _PLAIN:
            continue
        if not value:
            return None
        try:
            FACTS[name](world, value)
        except (KeyError, ValueError):
            return None
    return world


def answer(system: OperatingSystem, facts: Mapping[str, str], script: str, changes: Changes) -> tuple[int, str] | None:
    """Exit code and output of a script of the collection; None where no PowerShell can run it in this guest."""
    world = world_of(system, facts) if any(mark in script for mark in (OURS, *SENT)) and stand_ins.find() else None
    if world is None:
        return None
    if changes.system != system.id:
        changes.system, changes.services = system.id, {}
    for each in world["services"]:
        each["Status"] = changes.services.get(each["Name"], each["Status"])
    world["registry"].update(changes.registry)
    found = _remembered(script, world, changes.over)
    changes.services = found["services"]
    changes.registry = {key: value for key, value in found["registry"].items() if key.startswith(_KEPT)}
    return found["rc"], found["output"]


def _remembered(script: str, world: World, over: Callable[[], bool]) -> dict[str, Any]:
    key = json.dumps([stand_ins.find(), stand_ins.HARNESS.read_text("utf-8"), script, world], sort_keys=True)
    path = _directory() / f"{hashlib.sha256(key.encode()).hexdigest()}.json"
    if not path.exists():
        found = _asked(script, world, over)
        handle, new = tempfile.mkstemp(dir=path.parent)
        with open(handle, "w", encoding="utf-8") as file:
            json.dump(found, file)
        os.replace(new, path)
    known: dict[str, Any] = json.loads(path.read_text("utf-8"))
    return known


def _directory() -> Path:
    """For this user only: what lies there is believed."""
    path = Path(tempfile.gettempdir(), f"cloudsim-powershell-{os.getuid()}")
    path.mkdir(mode=0o700, exist_ok=True)
    state = path.lstat()
    if path.is_symlink() or state.st_uid != os.getuid() or state.st_mode & 0o077:
        raise PermissionError(f"{path} is somebody else's: remove it, or set TMPDIR")
    return path


def _asked(script: str, world: World, over: Callable[[], bool]) -> dict[str, Any]:
    """Run it. `powershell -File` ends with the code of its exit, and with 1 when an error stops it."""
    [told] = stand_ins.run([Case([script], world)], over=over)
    [step] = told.steps
    lines = [*step.output, *([step.trouble] if step.trouble else [])]
    return {
        "rc": 1 if step.trouble else int(step.status or 0),
        "output": "".join(f"{line}\r\n" for line in lines),
        "services": told.services,
        "registry": told.registry,
    }
