# Copyright (c) 2026 evergreen.os_migration contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
#
# Frees space on the system drive: files in Windows' directories for temporary files and finished update downloads that
# are older than a day. $arguments are apply (with anything else it only says what it would do), and true to remove
# superseded components too.
#
# Every user may write to the first of these directories, and this runs as the system. So no link, junction or mount is
# walked through, and while files of a directory are deleted a file of our own is open in it: a directory that is not
# empty cannot be made a junction, and one in which a file is open cannot be renamed or removed.

$ErrorActionPreference = 'Stop'
$mode, $components = $arguments
$limit = (Get-Date).AddDays(-1)
$reparsePoint = 0x400
$componentsLimit = 3000
$status = 0
$found = @{ Files = 0; Bytes = 0; Deleted = 0; Left = 0; Passed = 0 }

# Whether this is a directory itself and no way to another place.
function Test-OwnDirectory($Path) {
    $item = Get-Item -LiteralPath $Path -Force
    $item.PSIsContainer -and -not ([int]$item.Attributes -band $reparsePoint)
}

# Our file goes when it is closed, whatever becomes of this script.
function Open-Hold($Directory) {
    $name = "osm-$([guid]::NewGuid()).tmp"
    $stream = New-Object System.IO.FileStream("$Directory\$name", 'CreateNew', 'Write', 'None', 8, 'DeleteOnClose')
    @{ Directory = $Directory; Name = $name; Stream = $stream }
}

# Our file is seen where we are about to delete: this still is the directory in which it was made.
function Test-Hold($Hold) {
    (Test-OwnDirectory $Hold.Directory) -and [System.IO.File]::Exists("$($Hold.Directory)\$($Hold.Name)")
}

# A file by its name in a directory that is held; a link is removed itself, and a directory is refused.
function Remove-OldFile($Holds, $Name) {
    foreach ($hold in $Holds) {
        if (-not (Test-Hold $hold)) { throw "$($hold.Directory) was replaced meanwhile" }
    }
    [System.IO.File]::Delete("$($Holds[-1].Directory)\$Name")
}

function Clear-Directory($Directory, $Above) {
    $holds = $Above
    if ($mode -eq 'apply') { $holds = @($Above) + @(Open-Hold $Directory) }
    try {
        if (-not (Test-OwnDirectory $Directory)) { throw "$Directory was replaced meanwhile" }
        foreach ($item in @(Get-ChildItem -LiteralPath $Directory -Force)) {
            if ([int]$item.Attributes -band $reparsePoint) { $found.Passed += 1 }
            elseif ($item.PSIsContainer) { Clear-Below "$Directory\$($item.Name)" $holds }
            elseif ($item.LastWriteTime -lt $limit) { Clear-File $item $holds }
        }
    }
    finally {
        if ($mode -eq 'apply') { $holds[-1].Stream.Close() }
    }
}

function Clear-File($Item, $Holds) {
    $found.Files += 1
    $found.Bytes += $Item.Length
    if ($mode -ne 'apply') { return }
    try {
        Remove-OldFile $Holds $Item.Name
        $found.Deleted += 1
    }
    catch { $found.Left += 1 }
}

# What cannot be looked into or held stays as it is.
function Clear-Below($Directory, $Holds) {
    try { Clear-Directory $Directory $Holds }
    catch { $found.Passed += 1 }
}

function Get-Text {
    $mib = [math]::Floor($found.Bytes / 1MB)
    if ($mode -ne 'apply') { return "would delete $($found.Files) files of $mib MiB" }
    "deleted $($found.Deleted) of $($found.Files) files of $mib MiB, $($found.Left) of them are in use and stay"
}

function Get-FreeMib {
    $searcher = [wmisearcher]"SELECT FreeSpace FROM Win32_LogicalDisk WHERE DeviceID='$env:SystemDrive'"
    $searcher.Options.Timeout = [timespan]'0:0:15'
    foreach ($drive in $searcher.Get()) { [math]::Floor($drive.FreeSpace / 1MB) }
}

function Remove-Component {
    # Windows Server 2008 R2 knows another word for it than its successors.
    $cleanup = '/StartComponentCleanup'
    if ([Environment]::OSVersion.Version -lt [version]'6.2') { $cleanup = '/SPSuperseded' }
    if ($mode -ne 'apply') { return "would run Dism /Online /Cleanup-Image $cleanup" }
    $program = "$env:SystemRoot\System32\Dism.exe"
    $process = Start-Process -FilePath $program -ArgumentList "/Online /Cleanup-Image $cleanup" -NoNewWindow -PassThru
    # Without its handle, nobody would know how it ended.
    $null = $process.Handle
    try { Wait-Process -InputObject $process -Timeout $componentsLimit }
    catch {
        Stop-Process -InputObject $process -Force
        throw "Dism did not end within $componentsLimit seconds and was stopped"
    }
    "Dism /Cleanup-Image $cleanup ended with $($process.ExitCode) (3010: restart the guest before the migration)"
}

foreach ($directory in "$env:SystemRoot\Temp", "$env:SystemRoot\SoftwareDistribution\Download") {
    $found.Files = $found.Bytes = $found.Deleted = $found.Left = $found.Passed = 0
    try {
        if (-not (Test-Path -LiteralPath $directory)) { "no $directory here" }
        elseif (-not (Test-OwnDirectory $directory)) { "$directory leads elsewhere: left alone" }
        else {
            Clear-Directory $directory @()
            "$(Get-Text), $($found.Passed) links and closed directories are passed over, in $directory"
        }
    }
    catch {
        "cannot look through ${directory}: $_"
        $status = 1
    }
}
try {
    if ($components -eq 'true') { Remove-Component }
    "$(Get-FreeMib) MiB are free on $env:SystemDrive now"
}
catch {
    "$_"
    $status = 1
}
exit $status
