# Copyright (c) 2026 evergreen.os_migration contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
#
# Frees space on the system drive: temporary files older than a day, finished update downloads, and superseded
# components. Nothing that Windows or an application still uses.

$ErrorActionPreference = 'SilentlyContinue'

function Get-FreeMib {
    $drive = Get-WmiObject -Class Win32_LogicalDisk -Filter "DeviceID='$env:SystemDrive'"
    [math]::Floor($drive.FreeSpace / 1MB)
}

function Remove-OldFile($Path) {
    $limit = (Get-Date).AddDays(-1)
    Get-ChildItem -Path $Path -Recurse -Force |
        Where-Object { -not $_.PSIsContainer -and $_.LastWriteTime -lt $limit } |
        Remove-Item -Force
}

$before = Get-FreeMib
Remove-OldFile "$env:SystemRoot\Temp"
Remove-OldFile "$env:SystemRoot\SoftwareDistribution\Download"

# Windows Server 2008 R2 knows another word for it than its successors.
$cleanup = '/StartComponentCleanup'
if ([Environment]::OSVersion.Version -lt [version]'6.2') { $cleanup = '/SPSuperseded' }
& "$env:SystemRoot\System32\Dism.exe" /Online /Cleanup-Image $cleanup | Out-Null
$code = $LASTEXITCODE

"freed $((Get-FreeMib) - $before) MiB, $(Get-FreeMib) MiB are free now"
if ($code -ne 0) { "Dism /Cleanup-Image $cleanup ended with $code" }
