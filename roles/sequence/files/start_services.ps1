# Copyright (c) 2026 evergreen.os_migration contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
#
# Starts those of the services named in $services that also start at boot, as a reboot would have done.

$status = 0
foreach ($name in $services) {
    $service = Get-WmiObject -Class Win32_Service -Filter "Name='$($name -replace "'", "\'")'"
    if (-not $service -or $service.StartMode -ne 'Auto') {
        "$name does not start at boot: left alone"
        continue
    }
    try {
        Start-Service -Name $name -ErrorAction Stop
        "started $name"
    } catch {
        [Console]::Error.WriteLine("cannot start ${name}: $_")
        $status = 1
    }
}
exit $status
