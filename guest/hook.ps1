# Copyright (c) 2026 evergreen.os_migration contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
#
# evergreen.os_migration hook
#
# Comes after a user's script, which is in $script, and runs it. A mark says before that it has begun and after that it is
# done, so that a later run, of any controller, knows. Where no mark can be written nothing is run.

$ErrorActionPreference = 'Stop'
$memory = 'HKLM:\SOFTWARE\evergreen.os_migration.hooks'
$restart = 3010
$status = 1

# The mark of this hook, beside those of the last others.
function Set-Mark($Word) {
    $others = @()
    if (Test-Path -LiteralPath $memory) {
        $others = @((Get-ItemProperty -LiteralPath $memory).marks | Where-Object { $_ -and $_ -notlike "${mark}:*" } |
            Select-Object -Last 19)
    }
    else {
        $null = New-Item -Path $memory
    }
    $time = [long]((Get-Date).ToUniversalTime() - [datetime]'1970-01-01').TotalSeconds
    $all = @($others) + "${mark}:${Word}:$time"
    $null = New-ItemProperty -LiteralPath $memory -Name 'marks' -Value $all -PropertyType MultiString -Force
}

$file = Join-Path $env:TEMP "os_migration-$mark-$PID.ps1"
$ready = $false
try {
    Set-Mark 'begun'
    Set-Content -LiteralPath $file -Value $script -Encoding UTF8
    $ready = $true
}
catch {
    "nothing was run: $_"
}
if ($ready) {
    try {
        $ErrorActionPreference = 'Continue'
        & $file @arguments
        # What the script exits with; what the last program in it returned is not meant.
        if ($?) { $status = 0 }
        elseif ($LASTEXITCODE) { $status = $LASTEXITCODE }
    }
    catch {
        "$_"
    }
    $ErrorActionPreference = 'Stop'
    try {
        if (0, $restart -contains $status) { Set-Mark 'done' }
        else { Set-Mark 'failed' }
        Remove-Item -LiteralPath $file -Force
    }
    catch {
        "$_ This may be run again."
    }
}
exit $status
