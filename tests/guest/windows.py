# Copyright (c) 2026 evergreen.os_migration contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Made-up Windows guests in which a real PowerShell runs the scripts of the collection: many in one process."""

from __future__ import annotations

import atexit
import json
import os
import shutil
import subprocess
import tempfile
import threading
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import yaml

HARNESS = Path(__file__).with_name("windows.ps1")
MISSING = "no PowerShell found: install pwsh, or name one by the variable PWSH"
World = dict[str, Any]

CONTROL = r"HKLM:\SYSTEM\CurrentControlSet\Control"
WINDOWS = r"HKLM:\SOFTWARE\Microsoft\Windows"
CURRENT = rf"{WINDOWS}\CurrentVersion"
SETUP = r"HKLM:\SYSTEM\Setup"
CLIENT = rf"{CONTROL}\SecurityProviders\SCHANNEL\Protocols\TLS 1.2\Client"
TASKS = rf"{WINDOWS} NT\CurrentVersion\Schedule\TaskCache\Tree"
SOFTWARE = rf"{CURRENT}\Uninstall"
#: In German: only the ends of a connection tell what listens.
NETSTAT = [
    "",
    "Aktive Verbindungen",
    "",
    "  Proto  Lokale Adresse         Remoteadresse          Status",
    "  TCP    0.0.0.0:3389           0.0.0.0:0              ABH\u00d6REN",
    "  TCP    10.0.0.5:3389          10.0.0.9:50000         HERGESTELLT",
    "  TCP    127.0.0.1:5432         0.0.0.0:0              ABH\u00d6REN",
    "  TCP    0.0.0.0:49664          0.0.0.0:0              ABH\u00d6REN",
    "  TCP    [::]:3389              [::]:0                 ABH\u00d6REN",
    "  UDP    0.0.0.0:123            *:*                    ",
]
#: Each Windows Server of the documents: version, build, the name behind "Windows Server".
RELEASES = {
    "windows-2008r2": ("6.1.7601", "7601", "2008 R2"),
    "windows-2012": ("6.2.9200", "9200", "2012"),
    "windows-2012r2": ("6.3.9600", "9600", "2012 R2"),
    "windows-2016": ("10.0.14393", "14393", "2016"),
    "windows-2019": ("10.0.17763", "17763", "2019"),
    "windows-2022": ("10.0.20348", "20348", "2022"),
    "windows-2025": ("10.0.26100", "26100", "2025"),
}
#: What "dir" prints last, in the languages of the clouds' images and of those that come with others.
TOTALS = {
    "en-US": (1033, "   54321 File(s)    17179869184 bytes", "   12345 Dir(s)  42949672960 bytes free"),
    "zh-CN": (2052, "   54321 个文件    17179869184 字节", "   12345 个目录  42949672960 可用字节"),
    "zh-TW": (1028, "   54321 個檔案   17179869184 位元組", "   12345 個目錄  42949672960 位元組可用"),
    "ja-JP": (
        1041,
        "   54321 個のファイル   17179869184 バイト",
        "   12345 個のディレクトリ  42949672960 バイトの空き領域",
    ),
    "de-DE": (1031, "   54321 Datei(en), 17179869184 Bytes", "   12345 Verzeichnis(se), 42949672960 Bytes frei"),
}


def may(*scripts: str) -> set[str]:
    """What these scripts may do, as it is seen in the calls of an answer."""
    rows = yaml.safe_load(HARNESS.with_name("windows.yml").read_text("utf-8"))
    return {f"{verb} {thing}" for script in scripts for verb, things in rows[script].items() for thing in things}


def find() -> str:
    """The PowerShell to run; empty where there is none."""
    return os.environ.get("PWSH") or shutil.which("pwsh") or ""


def server(release: str = "windows-2008r2", language: str = "en-US") -> World:
    """A healthy Windows Server."""
    version, build, name = RELEASES[release]
    code, *totals = TOTALS[language]
    return {
        "now": "2026-11-25T12:00:00",
        "root": r"C:\Windows",
        "version": version,
        "wmi": {
            "Win32_OperatingSystem": [
                {
                    "Caption": f"Microsoft Windows Server {name} Standard ",
                    "BuildNumber": build,
                    "OperatingSystemSKU": 7,
                    "OSLanguage": code,
                    "FreePhysicalMemory": 2097152,
                    "LastBootUpTime": "20261124200000.500000+480",
                }
            ],
            "Win32_ComputerSystem": [{"DomainRole": 2}],
            "Win32_TerminalServiceSetting": [{"TerminalServerMode": 0}],
            "Win32_LogicalDisk": [{"DeviceID": "C:", "FreeSpace": 42949672960, "FileSystem": "NTFS"}],
            "Win32_UserAccount": [{"Name": "Administrator"}, {"Name": "Guest"}],
            "Win32_IP4RouteTable": [
                {"Destination": "0.0.0.0", "Mask": "0.0.0.0", "NextHop": "192.168.0.253"},
                {"Destination": "127.0.0.0", "Mask": "255.0.0.0", "NextHop": "127.0.0.1"},
                {"Destination": "192.168.0.10", "Mask": "255.255.255.255", "NextHop": "192.168.0.10"},
            ],
            "Win32_Process": [{"Name": "services.exe"}, {"Name": "TrustedInstaller.exe"}, {"Name": "msiexec.exe"}],
            "Win32_SystemDriver": [
                {"Name": "ACPI", "PathName": r"C:\Windows\system32\drivers\ACPI.sys"},
                {"Name": "viostor", "PathName": r"\SystemRoot\system32\drivers\viostor.sys"},
                {"Name": "bare", "PathName": None},
            ],
            "SoftwareLicensingProduct": [
                {
                    "Description": "Windows Operating System - Windows Server(R), VOLUME_KMSCLIENT channel",
                    "LicenseStatus": 1,
                    "LicenseIsAddon": False,
                }
            ],
        },
        "registry": {
            rf"{CONTROL}\Session Manager": {},
            rf"{CONTROL}\Session Manager\Memory Management": {
                "ExistingPageFiles": [r"\??\C:\pagefile.sys"],
                "PagingFiles": [r"?:\pagefile.sys"],
            },
            rf"{CONTROL}\CrashControl": {"CrashDumpEnabled": 2, "DumpFile": r"%SystemRoot%\MEMORY.DMP"},
            CLIENT: {"Enabled": 1, "DisabledByDefault": 0},
            rf"{CURRENT}\Internet Settings\WinHttp": {"DefaultSecureProtocols": 0xA00},
            rf"{WINDOWS} NT\CurrentVersion": {
                "InstallationType": "Server",
                "CurrentBuild": build,
                "InstallDate": 1500000000,
            },
            SETUP: dict.fromkeys(("SystemSetupInProgress", "OOBEInProgress", "SetupType"), 0),
            rf"{TASKS}\Microsoft": {},
            rf"{TASKS}\Nightly": {},
            rf"{SOFTWARE}\App": {"DisplayName": "Some App", "DisplayVersion": "1.2"},
            rf"{SOFTWARE}\Part": {"DisplayName": "Part of it", "SystemComponent": 1},
        },
        "files": {
            rf"C:\Windows\system32\drivers\{file}.sys": maker
            for file, maker in (("ACPI", "Microsoft Corporation"), ("viostor", "Red Hat, Inc."), ("bare", "Microsoft"))
        },
        "services": [service("W32Time"), service("Web"), service("Depends", needs=["Web"])],
        "netstat": NETSTAT,
        "dir": totals,
    }


def service(name: str, mode: str = "Auto", status: str = "Running", needs: Sequence[str] = (), **more: Any) -> World:
    return {"Name": name, "StartMode": mode, "Status": status, "Needs": list(needs), **more}


@dataclass
class Case:
    """Scripts that run in a guest one after the other, and what is wrong with it.

    ``broken`` and ``hanging`` name WMI classes, cmdlets, or what a cmdlet is asked for; ``gone`` names cmdlets.
    """

    steps: list[str]
    world: World = field(default_factory=server)
    broken: list[str] = field(default_factory=list)
    hanging: list[str] = field(default_factory=list)
    gone: list[str] = field(default_factory=list)
    constrained: bool = False


@dataclass(frozen=True)
class Step:
    output: list[str]
    trouble: str
    errors: list[str]
    status: Any


@dataclass(frozen=True)
class Answer:
    steps: list[Step]
    calls: list[str]
    clock: float
    services: dict[str, str]
    registry: dict[str, Any]

    @property
    def text(self) -> str:
        return "\n".join(self.steps[-1].output)


class PowerShell:
    """One process that runs all cases; to start it costs as much as dozens of them."""

    def __init__(self) -> None:
        self._base = tempfile.TemporaryDirectory(prefix="powershell-")
        self._turn = threading.Lock()
        self._process: subprocess.Popen[str] | None = None
        atexit.register(self.close)

    def close(self) -> None:
        with self._turn:
            self._end()
        self._base.cleanup()

    def _end(self) -> None:
        if self._process:
            self._process.kill()
            self._process.communicate()
            self._process = None

    def _started(self) -> subprocess.Popen[str]:
        if self._process and self._process.poll() is not None:
            self._end()  # it was interrupted while nothing was asked
        if self._process is None:
            command = [find(), "-NoProfile", "-NonInteractive", "-File", str(HARNESS)]
            pipe, into_it = subprocess.PIPE, subprocess.STDOUT
            # To look for what is worth compiling better costs more here than that saves: a seventh of all time.
            environment = {**os.environ, "DOTNET_TieredPGO": "0"}
            self._process = subprocess.Popen(
                command, env=environment, stdin=pipe, stdout=pipe, stderr=into_it, text=True, start_new_session=True
            )
        return self._process

    def interrupt(self) -> None:
        """End what is asked now; who asks next starts another process."""
        process = self._process
        if process and self._turn.locked():
            process.kill()
            process.wait()  # one that has not ended yet would be given the next cases

    def ask(self, cases: Sequence[World], seconds: float, over: Callable[[], bool]) -> list[dict[str, Any]]:
        """Return the answers; what else the process says is a fault of the stand-ins, and told."""
        asked, told = Path(self._base.name, "cases.json"), Path(self._base.name, "answers.json")
        with self._turn:
            told.unlink(missing_ok=True)
            asked.write_text(json.dumps(cases), "utf-8")
            process = self._started()
            if over():  # after the start: who interrupts from now on finds the process
                raise InterruptedError("nobody waits for an answer any more")
            watch = threading.Timer(seconds, process.kill)
            watch.start()
            assert process.stdin
            assert process.stdout
            process.stdin.write(f"{asked}\t{told}\n")
            process.stdin.flush()
            said = process.stdout.readline()
            watch.cancel()
            if said != "done\n":
                process.kill()
                rest = process.communicate()[0]
                self._process = None
                raise AssertionError(f"PowerShell gave no answers within {seconds} s: {said}{rest}")
            answers: list[dict[str, Any]] = json.loads(told.read_text("utf-8"))
            return answers


_SHELL = PowerShell()


def interrupt() -> None:
    """End what is asked now."""
    _SHELL.interrupt()


def run(cases: Sequence[Case], timeout: int = 120, over: Callable[[], bool] = lambda: False) -> list[Answer]:
    """Run all cases in one PowerShell, unless it is over before their turn comes."""
    sent = [
        {
            "world": case.world,
            "steps": [{"text": text} for text in case.steps],
            **{name: getattr(case, name) for name in ("broken", "hanging", "gone", "constrained")},
        }
        for case in cases
    ]
    return [
        Answer(
            [Step(**step) for step in answer["steps"]],
            answer["calls"],
            answer["clock"],
            {one["name"]: one["status"] for one in answer["services"]},
            answer["registry"],
        )
        for answer in _SHELL.ask(sent, timeout, over)
    ]
