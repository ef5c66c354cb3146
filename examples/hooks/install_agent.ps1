# Copyright (c) 2026 evergreen.os_migration contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
#
# Installs an agent and sees it run: install_agent.ps1 SERVICE PRODUCT PACKAGE. The package is an MSI file on a path that
# the guest reaches.

param($Service, $Product, $Package)

$uninstall = "HKLM:\SOFTWARE\Microsoft\Windows\CurrentVersion\Uninstall\$Product"
if (-not (Test-Path -LiteralPath $uninstall)) {
    $process = Start-Process -FilePath 'msiexec.exe' -ArgumentList "/i `"$Package`" /qn /norestart" -Wait -PassThru
    if (0, 3010 -notcontains $process.ExitCode) {
        "msiexec ended with $($process.ExitCode)"
        exit 1
    }
}
$found = @(Get-Service | Where-Object { $_.Name -eq $Service })
if ($found.Count -eq 0) {
    "there is no service $Service"
    exit 1
}
if ($found[0].Status -ne 'Running') { Start-Service -InputObject $found[0] }
"$Service runs"
exit 0
