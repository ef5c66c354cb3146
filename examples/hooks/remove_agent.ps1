# Copyright (c) 2026 evergreen.os_migration contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
#
# Stops an agent and removes it: remove_agent.ps1 SERVICE PRODUCT. The product is the code of its MSI package, with braces.
# One that is not there is left alone, so it may run twice.

param($Service, $Product)

$uninstall = "HKLM:\SOFTWARE\Microsoft\Windows\CurrentVersion\Uninstall\$Product"
if (-not (Test-Path -LiteralPath $uninstall)) {
    "$Product is not installed"
    exit 0
}
Get-Service | Where-Object { $_.Name -eq $Service } | ForEach-Object { Stop-Service -InputObject $_ -Force }
$process = Start-Process -FilePath 'msiexec.exe' -ArgumentList "/x $Product /qn /norestart" -Wait -PassThru
# 3010 means that a restart finishes the work: the migration restarts the guest anyway. It is not passed on, since an
# agent of a cloud would restart the guest for it at once.
if (0, 3010 -notcontains $process.ExitCode) {
    "msiexec ended with $($process.ExitCode)"
    exit 1
}
"removed $Product"
exit 0
