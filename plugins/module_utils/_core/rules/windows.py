# Copyright (c) 2026 evergreen.os_migration contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What a Windows guest says of itself."""

from __future__ import annotations

from functools import partial

from .documents import AWS, ECS, OWN
from .rule import INFO, INHIBITOR, WARNING, Case, Scope, Verdict, Weighed, below, names, rule, says

_windows = partial(rule, scope=Scope.WINDOWS)


@_windows(
    "windows.space",
    INHIBITOR,
    "Drive C: needs 20 GiB of free space, and more than the size of C:\\Windows.",
    "Free space on C:, or extend the system disk.",
    f"{ECS}; {AWS}",
    needs=("free_mib.C", "windows_dir_mib"),
)
def _space(case: Case) -> Verdict:
    return below(case, "free_mib.C", max(20 * 1024, case.number("windows_dir_mib") + 1))


@_windows(
    "windows.service_pack",
    INHIBITOR,
    "Windows Server 2008 R2 is upgraded in place from its Service Pack 1 only.",
    "Install Service Pack 1 (KB976932), restart the instance, and run again.",
    OWN,
    needs=("os_build",),
)
def _service_pack(case: Case) -> Verdict:
    return says(case, "os_build", "7600")


@_windows(
    "windows.installation",
    WARNING,
    "The server was installed without its desktop (Server Core or Nano), which the provider's documents do not name.",
    "Migrate a copy of the instance first. Nano Server cannot be upgraded in place: rebuild it on a new instance.",
    OWN,
    needs=("installation",),
)
def _installation(case: Case) -> Verdict:
    found = says(case, "installation", "server_core", "nano", "other")
    return Weighed(found, INHIBITOR) if found and not found.endswith("server_core") else found


#: The Windows Management Framework that a system comes with; the later ones bring 5.1 and take no other.
_OWN_FRAMEWORK = {"windows-2008r2": "2", "windows-2012": "3", "windows-2012r2": "4"}


@_windows(
    "windows.wmf",
    WARNING,
    "Another Windows Management Framework is installed than the system came with. Such updates are known to disturb "
    "upgrades in place; no document of the provider or of Microsoft forbids them.",
    "Uninstall the update of the framework before the migration, and restart. Install it again after it if the target "
    "does not bring it.",
    OWN,
    needs=("powershell",),
)
def _framework(case: Case) -> Verdict:
    version, own = case.fact("powershell"), _OWN_FRAMEWORK.get(case.source)
    return f"PowerShell is {version}" if own and version.partition(".")[0] != own else None


@_windows(
    "windows.installer_running",
    WARNING,
    "An installer is at work in the guest; a migration that starts meanwhile finds half a system.",
    "Wait until the installation is over, restart if it asks for it, and run again.",
    OWN,
    needs=("installers",),
)
def _installer_running(case: Case) -> Verdict:
    found = names(case, "installers")
    return Weighed(found, INHIBITOR) if found else None


@_windows(
    "windows.powershell",
    {"aws:*": INHIBITOR},
    "The upgrade runbook needs PowerShell 3.0 or newer.",
    "Install the Windows Management Framework 3.0 or newer.",
    AWS,
    needs=("powershell",),
)
def _powershell(case: Case) -> Verdict:
    version = case.fact("powershell")
    return f"PowerShell is {version}" if int(version.partition(".")[0]) < 3 else None


@_windows(
    "windows.tls12",
    {"aws:*": INHIBITOR},
    "The upgrade runbook needs TLS 1.2.",
    "Install the updates that bring TLS 1.2, and enable it for WinHTTP and .NET.",
    AWS,
    needs=("tls12",),
)
def _tls12(case: Case) -> Verdict:
    return says(case, "tls12", "no")


@_windows(
    "windows.reboot_required",
    WARNING,
    "Windows waits for a restart; its setup can refuse to start meanwhile.",
    "Restart the instance before the migration.",
    OWN,
    needs=("reboot_required",),
)
def _reboot_required(case: Case) -> Verdict:
    return says(case, "reboot_required", "yes")


#: The roles that the upgrade runbook refuses.
_REFUSED = {
    "domain_controller",
    "cluster",
    "rds_session_host",
    "rds_connection_broker",
    "rds_virtualization_host",
    "rds_web_access",
}


@_windows(
    "windows.blocking_roles",
    {"aws:*": INHIBITOR, "*": WARNING},
    "The server has roles that do not survive an upgrade in place well.",
    "Move the roles to another server first.",
    AWS,
    needs=("roles",),
)
def _blocking_roles(case: Case) -> Verdict:
    found = names(case, "roles")
    if found is None or _REFUSED & set(found.split()):
        return found
    return Weighed(found, WARNING)


@_windows(
    "windows.antivirus",
    WARNING,
    "Antivirus services are running; they can hold up the setup of the new system.",
    "Stop or uninstall the antivirus software for the migration.",
    OWN,
    needs=("antivirus",),
)
def _antivirus(case: Case) -> Verdict:
    return names(case, "antivirus")


@_windows(
    "windows.third_party_drivers",
    WARNING,
    "Drivers are running that come neither from Microsoft nor from the cloud.",
    "Update the drivers to versions for the target, or remove them.",
    OWN,
    needs=("third_party_drivers",),
)
def _third_party_drivers(case: Case) -> Verdict:
    return names(case, "third_party_drivers")


@_windows(
    "windows.activation",
    WARNING,
    "The target is the Datacenter edition; an activation that the cloud does not provide may not carry over.",
    "Have a key for the target's edition at hand, or use the cloud's activation (KMS).",
    ECS,
    needs=("activation_channel", "activated"),
)
def _activation(case: Case) -> Verdict:
    return says(case, "activation_channel", "mak", "retail", "oem", "other") or says(case, "activated", "no")


@_windows(
    "windows.page_file",
    INFO,
    "There is no page file on C:, or a complete crash dump is set up, which takes as much room as the memory.",
    "Put the page file on C: for the migration, and set the crash dump to automatic or kernel.",
    OWN,
    needs=("page_file", "crash_dump"),
)
def _page_file(case: Case) -> Verdict:
    place = case.fact("page_file")
    if not any(file.upper().startswith("C:") for file in place.split()):
        return f"page file: {place}"
    return says(case, "crash_dump", "complete")
