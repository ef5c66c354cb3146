# Copyright (c) 2026 evergreen.os_migration contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
#
# evergreen.os_migration guest facts
#
# Prints what the precheck rules want to know about a Windows guest and changes nothing.
# Runs on Windows Server 2008 R2: PowerShell 2.0, WMI only; a fact that cannot be found is left out.

$ErrorActionPreference = 'SilentlyContinue'
# Without a console there is nothing to set; the agent then takes the bytes as they are.
try { [Console]::OutputEncoding = New-Object System.Text.UTF8Encoding($false) } catch { }

function Write-Fact($Key, $Value) {
    if ("$Value" -ne '') { "$Key=$Value" }
}

function Get-Architecture {
    $name = $env:PROCESSOR_ARCHITECTURE
    if ($env:PROCESSOR_ARCHITEW6432) { $name = $env:PROCESSOR_ARCHITEW6432 }
    switch ($name) {
        'AMD64' { 'x86_64' }
        'ARM64' { 'aarch64' }
        default { $name }
    }
}

# The language the system was installed in: migration cannot cross it, whatever language users see.
function Get-LanguageName($OperatingSystem) {
    if ($OperatingSystem.OSLanguage) {
        [System.Globalization.CultureInfo]::GetCultureInfo([int]$OperatingSystem.OSLanguage).Name
    }
}

# The total that "dir" prints last is much faster than adding up 100,000 files here. Its words are translated, so only
# the numbers count: <files> ... <bytes>, then a line about directories.
function Get-DirectoryMib($Path) {
    $lines = @(cmd.exe /c "dir /s /a /-c `"$Path`" 2>nul" | Select-Object -Last 2)
    if ($lines.Count -eq 2 -and $lines[0] -match '(\d+)\D+(\d+)') {
        [math]::Ceiling([double]$matches[2] / 1MB)
    }
}

$system = Get-WmiObject -Class Win32_OperatingSystem
$drive = Get-WmiObject -Class Win32_LogicalDisk -Filter "DeviceID='C:'"

'osm-facts 1'
Write-Fact 'os_name' ("$($system.Caption)".Trim())
Write-Fact 'os_build' $system.BuildNumber
Write-Fact 'os_sku' $system.OperatingSystemSKU
Write-Fact 'os_language' (Get-LanguageName $system)
Write-Fact 'arch' (Get-Architecture)
if ($system) { Write-Fact 'memory_available_mib' ([math]::Floor($system.FreePhysicalMemory / 1KB)) }
if ($drive) { Write-Fact 'free_mib.C' ([math]::Floor($drive.FreeSpace / 1MB)) }
Write-Fact 'windows_dir_mib' (Get-DirectoryMib $env:SystemRoot)
Write-Fact 'powershell' $PSVersionTable.PSVersion
'osm-facts end'
