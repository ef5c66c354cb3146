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
    $path = [System.IO.Path]::Combine($Directory, "osm-$([guid]::NewGuid()).tmp")
    $own = [System.IO.FileOptions]::DeleteOnClose
    $stream = New-Object System.IO.FileStream($path, 'CreateNew', 'Write', 'None', 8, $own)
    @{ Directory = $Directory; Path = $path; Stream = $stream }
}

# Our file is seen where we are about to delete: this still is the directory in which it was made.
function Test-Hold($Hold) {
    (Test-OwnDirectory $Hold.Directory) -and [System.IO.File]::Exists($Hold.Path)
}

function Assert-Hold($Holds) {
    foreach ($hold in $Holds) {
        if (-not (Test-Hold $hold)) { throw "$($hold.Directory) was replaced meanwhile" }
    }
}

function Assert-OwnDirectory($Path) {
    if (-not (Test-OwnDirectory $Path)) { throw "$Path was replaced meanwhile" }
}

# A file by its name in a directory that is held; a link is removed itself, and a directory is refused.
function Remove-OldFile($Holds, $Name) {
    Assert-Hold $Holds
    [System.IO.File]::Delete([System.IO.Path]::Combine($Holds[-1].Directory, $Name))
}

function Clear-Directory($Directory, $Above) {
    $holds = $Above
    $own = ''
    Assert-Hold $Above
    Assert-OwnDirectory $Directory
    if ($mode -eq 'apply') {
        $holds = @($Above) + @(Open-Hold $Directory)
        $own = $holds[-1].Path
    }
    try {
        # Once more, now that it is held and nobody can replace it any more.
        Assert-OwnDirectory $Directory
        foreach ($item in @(Get-ChildItem -LiteralPath $Directory -Force)) {
            if ($item.FullName -eq $own) { continue }
            if ([int]$item.Attributes -band $reparsePoint) { $found.Passed += 1 }
            elseif ($item.PSIsContainer) { Clear-Below $item.FullName $holds }
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

function Clear-Root($Directory) {
    $found.Files = $found.Bytes = $found.Deleted = $found.Left = $found.Passed = 0
    try {
        if (-not (Test-Path -LiteralPath $Directory)) { return "no $Directory here" }
        if (-not (Test-OwnDirectory $Directory)) { return "$Directory leads elsewhere: left alone" }
        Clear-Directory (Get-Item -LiteralPath $Directory -Force).FullName @()
        "$(Get-Text), $($found.Passed) links and closed directories are passed over, in $Directory"
    }
    catch {
        "cannot look through ${Directory}: $_"
        $script:status = 1
    }
}

try {
    if ($mode -eq 'apply') { Assert-Rest }
}
catch {
    "$_"
    $status = 1
}

# A policy that forbids methods and types also forbids to hold a directory.
if ($status -ne 0) { $components = 'false' }
elseif ("$($ExecutionContext.SessionState.LanguageMode)" -eq 'FullLanguage') {
    foreach ($directory in "$env:SystemRoot\Temp", "$env:SystemRoot\SoftwareDistribution\Download") {
        Clear-Root $directory
    }
}
else {
    'a policy constrains the language of PowerShell here: nothing is deleted, free the space by hand'
    $components = 'false'
    $status = 1
}
try {
    if ($components -eq 'true') { Remove-Component }
    if ($status -eq 0) { "$(Get-FreeMib) MiB are free on $env:SystemDrive now" }
}
catch {
    "$_"
    $status = 1
}
exit $status
