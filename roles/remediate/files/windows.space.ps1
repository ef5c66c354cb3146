# Copyright (c) 2026 evergreen.os_migration contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
#
# Frees space on the system drive: files in Windows' directories for temporary files and finished update downloads that
# are older than a day. $arguments are apply (with anything else it only says what it would do), and true to remove
# superseded components too.

$ErrorActionPreference = 'SilentlyContinue'
$mode, $components = $arguments
$limit = (Get-Date).AddDays(-1)

function Get-OldFile($Path) {
    Get-ChildItem -Path $Path -Recurse -Force |
        Where-Object { -not $_.PSIsContainer -and $_.LastWriteTime -lt $limit }
}

function Get-TotalMib($File) {
    [math]::Floor(($File | Measure-Object -Property Length -Sum).Sum / 1MB)
}

function Get-FreeMib {
    $drive = Get-WmiObject -Class Win32_LogicalDisk -Filter "DeviceID='$env:SystemDrive'"
    [math]::Floor($drive.FreeSpace / 1MB)
}

foreach ($directory in "$env:SystemRoot\Temp", "$env:SystemRoot\SoftwareDistribution\Download") {
    $old = @(Get-OldFile $directory)
    $text = "$($old.Count) files of $(Get-TotalMib $old) MiB in $directory"
    if ($mode -eq 'apply') {
        $old | Remove-Item -Force
        $left = @(Get-OldFile $directory).Count
        "deleted $text, $left of them are in use and stay"
    } else {
        "would delete $text"
    }
}

if ($components -eq 'true') {
    # Windows Server 2008 R2 knows another word for it than its successors.
    $cleanup = '/StartComponentCleanup'
    if ([Environment]::OSVersion.Version -lt [version]'6.2') { $cleanup = '/SPSuperseded' }
    if ($mode -eq 'apply') {
        & "$env:SystemRoot\System32\Dism.exe" /Online /Cleanup-Image $cleanup | Out-Null
        "Dism /Cleanup-Image $cleanup ended with $LASTEXITCODE"
    } else {
        "would run Dism /Online /Cleanup-Image $cleanup"
    }
}
"$(Get-FreeMib) MiB are free on $env:SystemDrive now"
