# Copyright (c) 2026 evergreen.os_migration contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
#
# Stops the services named in $services. A fleet has one list of services: one that a guest does not have is no error.

$status = 0
foreach ($name in $services) {
    if (-not (Get-Service -Name $name -ErrorAction SilentlyContinue)) {
        "no service $name here"
        continue
    }
    try {
        Stop-Service -Name $name -Force -ErrorAction Stop
        "stopped $name"
    } catch {
        [Console]::Error.WriteLine("cannot stop ${name}: $_")
        $status = 1
    }
}
exit $status
