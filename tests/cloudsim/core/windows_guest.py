# Copyright (c) 2026 evergreen.os_migration contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Windows guests: a PowerShell runs the collection's scripts where there is one, else recorded facts are the answer."""

from __future__ import annotations

import re
import time
from collections.abc import Mapping

from . import powershell
from .clock import Clock
from .oses import CATALOG, EDITIONS
from .powershell import Changes
from .state import BOOTED, Instance

FACTS_MARKER = "# evergreen.os_migration guest facts"
IMPORT_MARKS = ("acs-plugin-manager", "smc-client-plugin")
FAILED = "Import Source Server Failed! The activation code is invalid, expired or used up."
_HEALTHY = {
    "installation": "server",
    "installers": "none",
    "stopped_services": "none",
    "hooks": "none",
    "tls12": "yes",
    "reboot_required": "no",
    "roles": "none",
    "antivirus": "none",
    "third_party_drivers": "none",
    "activation_channel": "kms",
    "activated": "yes",
    "page_file": r"C:\pagefile.sys",
    "crash_dump": "automatic",
    "crash_dump_file": r"C:\Windows\MEMORY.DMP",
}
#: What a PowerShell finds in the guests of the stand-ins; with none this is told, without what the scenario stopped.
CONTENTS = {
    "all.services_enabled": "3 - 0Depends 0W32Time 0Web",
    "all.services_running": "3 - 0Depends 0W32Time 0Web",
    "all.ports": "3 - 0TCP/0D3D 0TCP/1538@lo 0UDP/007B",
    "all.mounts": "1 - 0C:_NTFS",
    "all.users": "2 - 0Administrator 0Guest",
    "all.cron": "1 - 0Nightly",
    "all.routes": "1 - 00.0.0.0,192.168.0.253,0.0.0.0",
    "all.package_versions": "1 - 0Some_App/1.2",
}
INSTALLED = 1_600_000_000
_POWERSHELL = {"windows-2008r2": "2.0", "windows-2012": "3.0", "windows-2012r2": "4.0"}


def answer(
    instance: Instance, now: float, script: str, source_id: str | None, known: Mapping[str, str], changes: Changes
) -> tuple[int, str, bool]:
    """(exit code, output, whether it imported the guest); `source_id` when the script holds a code that counts."""
    for recorded in instance.group.guest.answers:
        if recorded.contains in script:
            return recorded.rc, recorded.output, False
    if source_id:
        return _asked_exit(script), f"Import Source Server [{source_id}] Successfully!\r\n", True
    if any(mark in script for mark in IMPORT_MARKS):
        return _asked_exit(script) or 1, FAILED + "\r\n", False
    # Of whatever boot, so that a guest that says the same otherwise is asked once.
    timeless = {name: str(BOOTED) if name == "os_booted" and value else value for name, value in known.items()}
    found = powershell.answer(instance.system(now), timeless, script, changes)
    if found:
        return found[0], re.sub(r"(?m)^(time|os_booted)=\d+", lambda it: f"{it[1]}={known[it[1]]}", found[1]), False
    return 0, told({**known, **CONTENTS}) if FACTS_MARKER in script else "", False


def _asked_exit(script: str) -> int:
    """The code that a script ends with by its last word; 0 without one."""
    found = re.search(r"\bexit (\d+)\s*\Z", script)
    return int(found[1]) if found else 0


def _setup(instance: Instance, now: float, clock: Clock) -> dict[str, str]:
    """What setup has done: each upgrade installs the system anew, one that failed puts the former system back."""
    content, back = instance.content(now), instance.content(now).arrival == "old_system"
    return {
        "os_booted": str(instance.booted(now, clock)),
        "os_installed": str(INSTALLED + (0 if back else 1000 * content.hops)),
        "upgraded_from": CATALOG[content.former].kernel if content.former and not back else "none",
        # Real time hardly passes while simulated time does: it was after whatever was looked at before.
        "setup_rolled_back": str(int(time.time()) + 1) if back else "none",
        "setup_state": "OOBEInProgress" if content.arrival == "half_converted" else "none",
    }


def facts(instance: Instance, now: float, clock: Clock) -> dict[str, str]:
    """What holds of a guest: healthy values, and the scenario's own instead; an empty one cannot be found out."""
    guest, system = instance.group.guest, instance.system(now)
    # Every documented target is the Datacenter edition, whatever the source was.
    edition = guest.edition if system.id == instance.group.os else "Datacenter"
    return {
        "time": str(int(time.time()) + instance.group.faults.clock_offset),
        "os_name": f"Microsoft {system.service_name} {edition}",
        "os_build": system.kernel,
        "os_sku": str(EDITIONS[edition][1]),
        "os_language": guest.language,
        "arch": "x86_64",
        "memory_available_mib": str(guest.memory_available_mib),
        "free_mib.C": str(guest.free_mib.get("C:", 40000)),
        "windows_dir_mib": str(guest.windows_dir_mib),
        "powershell": _POWERSHELL.get(system.id, "5.1"),
        **_HEALTHY,
        **_setup(instance, now, clock),
        **guest.facts,
    }


def told(facts: Mapping[str, str]) -> str:
    """What the facts script would print."""
    lines = [f"{key}={value}" for key, value in facts.items() if value]
    count = f"osm-facts lines {len(lines)} {sum(map(len, lines))}"
    return "\r\n".join(["osm-facts 1", *lines, count, "osm-facts end", ""])
