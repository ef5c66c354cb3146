# Copyright (c) 2026 evergreen.os_migration contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
#
# Stops the services named in $arguments, and with each what depends on it. A fleet has one list of services: one that a
# guest does not have is no error. What was stopped is written down in the registry before it is stopped, so that
# start_services.ps1 can put it back as it was, whoever runs it, and whenever.

$ErrorActionPreference = 'Stop'
$memory = 'HKLM:\SOFTWARE\evergreen.os_migration'
$systemKey = 'HKLM:\SOFTWARE\Microsoft\Windows NT\CurrentVersion'
$status = 0

# What an earlier run stopped in this system and nobody has started since.
function Get-Memory($Build) {
    if (-not (Test-Path -LiteralPath $memory)) { return }
    $found = Get-ItemProperty -LiteralPath $memory
    if ($found.build -eq $Build) { $found.stopped }
}

function Set-Memory($Names, $Build) {
    if (-not (Test-Path -LiteralPath $memory)) { $null = New-Item -Path $memory }
    $null = New-ItemProperty -LiteralPath $memory -Name 'build' -Value $Build -PropertyType String -Force
    $null = New-ItemProperty -LiteralPath $memory -Name 'stopped' -Value $Names -PropertyType MultiString -Force
}

# The names of the first list, then those of the second that are not among them.
function Join-Name($First, $Second) {
    $all = @($First | Where-Object { $_ })
    foreach ($name in @($Second | Where-Object { $_ })) {
        if (-not @($all | Where-Object { Test-SameName $_ $name })) { $all += $name }
    }
    $all
}

# What is about to stop does so some time.
function Get-RunningName { Get-Service | Where-Object { "$($_.Status)" -notlike 'Stop*' } | ForEach-Object { $_.Name } }

# What runs and needs a service: in the order in which it is to be stopped.
function Get-NeedingName($Service) {
    foreach ($each in @($Service.DependentServices | Where-Object { $_ })) {
        foreach ($found in @(Find-Service $each.Name)) {
            Get-NeedingName $found
            if ($found.Status -ne 'Stopped') { $found.Name }
        }
    }
}

# What needs a service was stopped before it.
function Stop-FoundService($Service) {
    if ($constrained) { Stop-Service -InputObject $Service -Force -NoWait }
    else { $Service.Stop() }
    Wait-FoundService $Service.Name 'Stopped'
}

$names = @($arguments | Where-Object { $_ })
try {
    Assert-Rest
}
catch {
    ConvertTo-Ascii $_
    $names = @()
    $status = 1
}
foreach ($name in $names) {
    $shown = ConvertTo-Ascii $name
    try {
        $service = @(Find-Service $name)
        if ($service.Count -eq 0) {
            "no service $shown here"
            continue
        }
        if ($service[0].Status -eq 'Stopped') {
            "$shown does not run: left alone"
            continue
        }
        $build = "$((Get-ItemProperty -LiteralPath $systemKey).CurrentBuild)"
        $earlier = @(Get-Memory $build)
        $running = @(Get-RunningName)
        $needing = @(Join-Name @(Get-NeedingName $service[0]) @())
        # What is stopped last is started first.
        Set-Memory @(Join-Name (@($service[0].Name) + $needing) $earlier) $build
        try {
            foreach ($each in @($needing | ForEach-Object { Find-Service $_ })) {
                try { Stop-FoundService $each }
                catch { throw "$($each.Name): $(Get-Reason $_)" }
            }
            Stop-FoundService $service[0]
            "stopped $shown"
        }
        finally {
            # Also what nobody foresaw, and when the service itself does not obey.
            $left = @(Get-RunningName)
            $along = @($running | Where-Object { $each = $_; -not @($left | Where-Object { Test-SameName $_ $each }) } |
                Where-Object { -not (Test-SameName $_ $name) })
            Set-Memory @(Join-Name (@($service[0].Name) + $along) $earlier) $build
            $along | ForEach-Object { "stopped $(ConvertTo-Ascii $_) along with it" }
        }
    }
    catch {
        "cannot stop ${shown}: $(ConvertTo-Ascii (Get-Reason $_))"
        $status = 1
    }
}
# All that whoever comes next would start again.
if ($names.Count -gt 0) {
    try {
        Get-Memory "$((Get-ItemProperty -LiteralPath $systemKey).CurrentBuild)" | Where-Object { $_ } |
            ForEach-Object { "was running: $(ConvertTo-Ascii $_)" }
    }
    catch {
        "cannot read what was stopped: $(ConvertTo-Ascii $_)"
        $status = 1
    }
}
exit $status
