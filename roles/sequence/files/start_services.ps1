# Copyright (c) 2026 evergreen.os_migration contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
#
# Puts the services back that stop_services.ps1 stopped: as they were when the guest is the system that it was, and as
# after any start of the system when it has become another one. Where nothing is written down, those of $arguments are
# started that start at boot.

$ErrorActionPreference = 'Stop'
$memory = 'HKLM:\SOFTWARE\evergreen.os_migration'
$systemKey = 'HKLM:\SOFTWARE\Microsoft\Windows NT\CurrentVersion'
$serviceKey = 'HKLM:\SYSTEM\CurrentControlSet\Services'
$status = 0

# Where the language is constrained, the cmdlet waits as long as the service takes.
function Start-FoundService($Service) {
    if ($constrained) { Start-Service -InputObject $Service }
    else { $Service.Start() }
    Wait-FoundService $Service.Name 'Running'
}

function Test-StartsAtBoot($Name) { (Get-ItemProperty -LiteralPath "$serviceKey\$Name").Start -eq 2 }

$names = @($arguments | Where-Object { $_ })
$asTheyWere = $false
$found = $null
$failed = @()
try {
    if (Test-Path -LiteralPath $memory) {
        $found = Get-ItemProperty -LiteralPath $memory
        $names = @($found.stopped | Where-Object { $_ })
        $asTheyWere = $found.build -eq "$((Get-ItemProperty -LiteralPath $systemKey).CurrentBuild)"
    }
}
catch {
    "cannot read what was stopped: $(ConvertTo-Ascii $_)"
    $status = 1
}
foreach ($name in $names) {
    $shown = ConvertTo-Ascii $name
    try {
        $service = @(Find-Service $name)
        if ($service.Count -eq 0) { "no service $shown here" }
        elseif ($service[0].Status -eq 'Running') { "$shown runs" }
        elseif (-not $asTheyWere -and -not (Test-StartsAtBoot $service[0].Name)) {
            "$shown does not start at boot: left alone"
        }
        else {
            Start-FoundService $service[0]
            "started $shown"
        }
    }
    catch {
        "cannot start ${shown}: $(ConvertTo-Ascii (Get-Reason $_))"
        $failed += $name
        $status = 1
    }
}
if ($found -and $failed.Count -gt 0) {
    $null = New-ItemProperty -LiteralPath $memory -Name 'stopped' -Value $failed -PropertyType MultiString -Force
}
elseif ($found) {
    Remove-Item -LiteralPath $memory -Force
}
exit $status
