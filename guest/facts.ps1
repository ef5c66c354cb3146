# Copyright (c) 2026 evergreen.os_migration contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
#
# evergreen.os_migration guest facts
#
# Prints what the precheck rules want to know about a Windows guest and changes nothing.
# Runs on Windows Server 2008 R2: PowerShell 2.0, WMI and registry only; a fact that cannot be found is left out.

$ErrorActionPreference = 'SilentlyContinue'
# Without a console there is nothing to set; the agent then takes the bytes as they are.
try { [Console]::OutputEncoding = New-Object System.Text.UTF8Encoding($false) } catch { }

$control = 'HKLM:\SYSTEM\CurrentControlSet\Control'
$currentVersion = 'HKLM:\SOFTWARE\Microsoft\Windows\CurrentVersion'

# ---- How facts are printed -------------------------------------------------------------------------------------------

function Write-Fact($Key, $Value) {
    if ("$Value" -ne '') { "$Key=$Value" }
}

# The names as one list of bounded length, or the word none.
function Write-List($Key, $Names) {
    $words = @($Names | Where-Object { $_ } | Select-Object -First 20 | ForEach-Object {
        $word = "$_" -replace '\s+', '_'
        $word.Substring(0, [math]::Min($word.Length, 80))
    })
    if ($words.Count -eq 0) { $words = @('none') }
    Write-Fact $Key ($words -join ' ')
}

function Write-Answer($Key, $Yes) {
    $word = 'no'
    if ($Yes) { $word = 'yes' }
    Write-Fact $Key $word
}

# Nothing when the key or the value is not there.
function Get-RegistryValue($Key, $Name) {
    $item = Get-ItemProperty -Path $Key
    if ($item) { $item.$Name }
}

# ---- The system ------------------------------------------------------------------------------------------------------

function Get-EpochSecond {
    $epoch = New-Object DateTime(1970, 1, 1)
    [math]::Floor(((Get-Date).ToUniversalTime() - $epoch).TotalSeconds)
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

# Before Windows Server 2012 the system has TLS 1.2 but does not use it until it is told to; its HTTP library (WinHTTP)
# is told separately, there and on Windows Server 2012.
function Test-Tls12 {
    $version = [Environment]::OSVersion.Version
    $client = "$control\SecurityProviders\SCHANNEL\Protocols\TLS 1.2\Client"
    $enabled = Get-RegistryValue $client 'Enabled'
    $byDefault = Get-RegistryValue $client 'DisabledByDefault'
    if ($enabled -eq 0 -or ($byDefault -ne $null -and $byDefault -ne 0)) { return $false }
    if ($version -lt [version]'6.2' -and $byDefault -eq $null) { return $false }
    if ($version -ge [version]'6.3') { return $true }
    $protocols = Get-RegistryValue "$currentVersion\Internet Settings\WinHttp" 'DefaultSecureProtocols'
    return [bool]($protocols -band 0x800)
}

function Test-RebootRequired {
    (Test-Path "$currentVersion\Component Based Servicing\RebootPending") -or
    (Test-Path "$currentVersion\WindowsUpdate\Auto Update\RebootRequired") -or
    [bool](Get-RegistryValue "$control\Session Manager" 'PendingFileRenameOperations')
}

# ---- What runs here --------------------------------------------------------------------------------------------------

# The services that come with a role; they are there from the role's installation on.
$roleServices = @{
    'ClusSvc' = 'cluster'
    'Tssdis' = 'rds_connection_broker'
    'VmHostAgent' = 'rds_virtualization_host'
    'TSGateway' = 'rds_gateway'
    'TermServLicensing' = 'rds_licensing'
}

function Get-BlockingRole($Computer, $Terminal, $Services) {
    if ($Computer.DomainRole -ge 4) { 'domain_controller' }
    foreach ($service in $Services) {
        if ($roleServices.ContainsKey($service.Name)) { $roleServices[$service.Name] }
    }
    # 0 is the remote administration that every server has.
    if ($Terminal.TerminalServerMode -eq 1) { 'rds_session_host' }
    if (Test-Path "$env:SystemRoot\Web\RDWeb\Pages") { 'rds_web_access' }
}

# Beginnings of service names. Windows' own Defender is none of them: migration copes with it.
$antivirusServices = '^(a2antimalware|aswbidsagent|avast|avg|avp|bdredline|cbdefense|csfalconservice|cylancesvc' +
    '|ds_agent|ekrn|epsecurityservice|fsma|hipsdaemon|huorong|kxescore|masvc|mbamservice|mcshield|mfe|msmpsvc' +
    '|nortonsecurity|ntrtscan|psanhost|qhactivedefense|savservice|sentinelagent|sepmasterservice|sophos' +
    '|symantec antivirus|tmccsf|tmlisten|vipre|wrsvc|xagt|zhudongfangyu)'

function Get-AntivirusName($Services) {
    $Services | Where-Object { $_.Status -eq 'Running' -and $_.Name -match $antivirusServices } |
        ForEach-Object { $_.Name }
}

function Get-DriverFile($Driver) {
    $path = "$($Driver.PathName)" -replace '^\\\?\?\\', ''
    $path = $path -replace '^\\?SystemRoot\\', "$env:SystemRoot\"
    $path -replace '^system32\\', "$env:SystemRoot\system32\"
}

# Who made a driver is in its file. The clouds' own are virtio and Xen.
function Get-ThirdPartyDriver($Drivers) {
    foreach ($driver in $Drivers) {
        $file = Get-Item -Path (Get-DriverFile $driver)
        if ($file -and $file.VersionInfo.CompanyName -notmatch 'Microsoft|Red Hat|Alibaba|Amazon|Citrix|Xen') {
            $driver.Name
        }
    }
}

# ---- Activation, page file, crash dump -------------------------------------------------------------------------------

function Get-ActivationChannel($Product) {
    switch -regex -casesensitive ($Product.Description) {
        'KMS' { 'kms'; break }
        'MAK' { 'mak'; break }
        'RETAIL' { 'retail'; break }
        'OEM' { 'oem'; break }
        default { 'other' }
    }
}

function Write-ActivationFact {
    # The application is Windows itself. Asked for all properties, the service takes many seconds.
    $product = Get-WmiObject -Query ('SELECT Description, LicenseStatus FROM SoftwareLicensingProduct ' +
        "WHERE ApplicationID='55c92734-d682-4d71-983e-d6ec3f16059f' AND PartialProductKey IS NOT NULL") |
        Select-Object -First 1
    if ($product) {
        Write-Fact 'activation_channel' (Get-ActivationChannel $product)
        Write-Answer 'activated' ($product.LicenseStatus -eq 1)
    }
}

function Write-PageFileFact {
    $memory = Get-ItemProperty -Path "$control\Session Manager\Memory Management"
    if ($memory) {
        Write-List 'page_file' ($memory.ExistingPageFiles | ForEach-Object { $_ -replace '^\\\?\?\\', '' })
    }
}

function Write-CrashDumpFact {
    $crash = Get-ItemProperty -Path "$control\CrashControl"
    switch ($crash.CrashDumpEnabled) {
        0 { Write-Fact 'crash_dump' 'none' }
        1 { Write-Fact 'crash_dump' 'complete' }
        2 { Write-Fact 'crash_dump' 'kernel' }
        3 { Write-Fact 'crash_dump' 'small' }
        7 { Write-Fact 'crash_dump' 'automatic' }
    }
    Write-Fact 'crash_dump_file' $crash.DumpFile
}

# ---- All facts -------------------------------------------------------------------------------------------------------

$system = Get-WmiObject -Class Win32_OperatingSystem
$computer = Get-WmiObject -Class Win32_ComputerSystem
$terminal = Get-WmiObject -Namespace 'root\cimv2\TerminalServices' -Class Win32_TerminalServiceSetting `
    -Authentication PacketPrivacy
$drive = Get-WmiObject -Class Win32_LogicalDisk -Filter "DeviceID='C:'"
$services = @(Get-Service)
$drivers = @(Get-WmiObject -Class Win32_SystemDriver -Filter (
    "State='Running' AND (StartMode='Boot' OR StartMode='System')"))
# A 32-bit process on a 64-bit system is shown another registry and other files than the system's own.
$native = [IntPtr]::Size -eq 8

'osm-facts 1'
Write-Fact 'time' (Get-EpochSecond)
Write-Fact 'os_name' ("$($system.Caption)".Trim())
Write-Fact 'os_build' $system.BuildNumber
Write-Fact 'os_sku' $system.OperatingSystemSKU
Write-Fact 'os_language' (Get-LanguageName $system)
Write-Fact 'arch' (Get-Architecture)
if ($system) { Write-Fact 'memory_available_mib' ([math]::Floor($system.FreePhysicalMemory / 1KB)) }
if ($drive) { Write-Fact 'free_mib.C' ([math]::Floor($drive.FreeSpace / 1MB)) }
Write-Fact 'windows_dir_mib' (Get-DirectoryMib $env:SystemRoot)
Write-Fact 'powershell' $PSVersionTable.PSVersion
if ($native) { Write-Answer 'tls12' (Test-Tls12) }
if ($native) { Write-Answer 'reboot_required' (Test-RebootRequired) }
if ($computer -and $terminal -and $services) {
    Write-List 'roles' (Get-BlockingRole $computer $terminal $services)
}
if ($services) { Write-List 'antivirus' (Get-AntivirusName $services) }
if ($drivers -and $native) { Write-List 'third_party_drivers' (Get-ThirdPartyDriver $drivers) }
Write-ActivationFact
Write-PageFileFact
Write-CrashDumpFact
'osm-facts end'
