# Copyright (c) 2026 evergreen.os_migration contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
#
# evergreen.os_migration guest facts
#
# Prints what the precheck rules want to know about a Windows guest and changes nothing.
# Runs on Windows Server 2008 R2: PowerShell 2.0, WMI and registry only. Each fact is found in a scope of its own: one
# that cannot be found is left out, and a line "why.FACT=..." says why. All that is printed is ASCII, and counted.

$control = 'HKLM:\SYSTEM\CurrentControlSet\Control'
$setupKey = 'HKLM:\SYSTEM\Setup'
$windowsKey = 'HKLM:\SOFTWARE\Microsoft\Windows'
$currentVersion = "$windowsKey\CurrentVersion"
# Under a policy that constrains the language, methods and most types are forbidden.
$constrained = "$($ExecutionContext.SessionState.LanguageMode)" -ne 'FullLanguage'
# What does not answer costs so many seconds, and all of WMI together so many.
$queryLimit = 15
$wmiLimit = 60
$directoryLimit = 30

# ---- How facts are printed -------------------------------------------------------------------------------------------

# One line of ASCII: \uXXXX for what is not, and for a backslash that would be read as the beginning of one.
function ConvertTo-Ascii($Text) {
    $line = ("$Text" -replace '\s+', ' ').Trim()
    $line = $line -creplace '\\(?=u[0-9a-f]{4})', '\u005c'
    if ($line -cmatch '^[ -~]*$') { return $line }
    -join ($line.ToCharArray() | ForEach-Object {
        if ($_ -cmatch '[ -~]') { $_ }
        else { '\u{0:x4}' -f [int]$_ }
    })
}

function Limit-Text($Text, $Length) {
    if ($Text.Length -le $Length) { return $Text }
    $Text.Substring(0, $Length) -creplace '\\(u[0-9a-f]{0,3})?$', ''
}

# The names as one list of bounded length, or the word none.
function Join-Name($Names) {
    $words = @($Names | Where-Object { $_ } | Select-Object -First 20 | ForEach-Object {
        Limit-Text ((ConvertTo-Ascii $_) -replace ' ', '_') 80
    })
    if ($words.Count -eq 0) { return 'none' }
    $words -join ' '
}

function Get-Answer($Yes) {
    if ($Yes) { return 'yes' }
    'no'
}

# What went wrong first: PowerShell wraps it in sentences of its own.
function Get-Reason($Record) {
    $reason = $Record.Exception
    while ($null -ne $reason.InnerException) { $reason = $reason.InnerException }
    $reason.Message
}

# Whatever goes wrong while a fact is looked for, only this fact is left out.
function Write-Known($Name, $Look) {
    $ErrorActionPreference = 'Stop'
    try {
        $value = & $Look
        if ("$value" -eq '') { throw 'it is empty' }
        "$Name=$value"
    }
    catch {
        $why = Limit-Text (ConvertTo-Ascii (Get-Reason $_)) 120
        "why.$Name=$why"
    }
}

function Write-Fact($Name, $Find) { Write-Known $Name { ConvertTo-Ascii (& $Find) } }

function Write-List($Name, $Find) { Write-Known $Name { Join-Name (& $Find) } }

# How many different names there are, no checksum of them all, and the names, each after a letter that says that it
# shares no beginning with the one before; of very many these are the first.
function Join-All($Names) {
    $words = @($Names | Where-Object { $_ } | ForEach-Object { (ConvertTo-Ascii $_) -replace ' ', '_' } |
        Sort-Object -Unique)
    $left = 2500
    $told = @($words | ForEach-Object {
        $left -= $_.Length + 2
        if ($left -ge 0) { "0$_" }
    })
    "$($words.Count) - $($told -join ' ')".Trim()
}

function Write-All($Name, $Find) { Write-Known "all.$Name" { Join-All (& $Find) } }

# ---- Where facts come from -------------------------------------------------------------------------------------------

# The rows of each WMI query that was asked, or its trouble: what failed once is not waited for again.
$asked = @{}
$spent = 0

function Search-Wmi($Query, $Namespace) {
    if ($constrained) {
        return Get-CimInstance -Query $Query -Namespace $Namespace -OperationTimeoutSec $queryLimit
    }
    try { $searcher = [wmisearcher]$Query }
    catch {
        # Without this type: it knows no limit.
        $cmdlet = 'Get-WmiObject'
        return & $cmdlet -Query $Query -Namespace $Namespace -Authentication PacketPrivacy
    }
    $searcher.Scope.Path = "\\.\$Namespace"
    $searcher.Scope.Options.Authentication = 'PacketPrivacy'
    $searcher.Options.Timeout = [timespan]"0:0:$queryLimit"
    foreach ($row in $searcher.Get()) { $row }
}

# The rows of a class: at least one, for each class that is asked here has some on every server.
function Get-Row($Query, $Namespace = 'root\cimv2') {
    if (-not $asked.ContainsKey($Query)) {
        $asked[$Query] = @{ Rows = @(); Trouble = '' }
        if ($spent -ge $wmiLimit) {
            $asked[$Query].Trouble = 'WMI has taken too long before'
        }
        else {
            $began = Get-Date
            try { $asked[$Query].Rows = @(Search-Wmi $Query $Namespace | Where-Object { $_ }) }
            catch { $asked[$Query].Trouble = "WMI: $(Get-Reason $_)" }
            $script:spent += ((Get-Date) - $began).TotalSeconds
        }
    }
    if ($asked[$Query].Trouble) { throw $asked[$Query].Trouble }
    if ($asked[$Query].Rows.Count -eq 0) { throw 'WMI has no such object' }
    $asked[$Query].Rows
}

# Of what there can be one only.
function Get-OnlyRow($Query, $Namespace = 'root\cimv2') {
    $rows = @(Get-Row $Query $Namespace)
    if ($rows.Count -ne 1) { throw "WMI has $($rows.Count) of it" }
    $rows[0]
}

function Get-System {
    $names = 'Caption, BuildNumber, OperatingSystemSKU, OSLanguage, FreePhysicalMemory, LastBootUpTime'
    Get-OnlyRow "SELECT $names FROM Win32_OperatingSystem"
}

function Get-ServiceRow {
    foreach ($row in @(Get-Row 'SELECT Name, State, StartMode FROM Win32_Service')) {
        if (-not $row.State) { throw "the state of $($row.Name) is not known" }
        $row
    }
}

# A 32-bit process on a 64-bit system is shown another registry and other files than the system's own.
function Assert-Native {
    if ([IntPtr]::Size -ne 8) { throw 'the agent runs in 32 bits and is shown another registry and other files' }
}

# Nothing when the key or the value is not there. What is there and cannot be read is an error.
function Get-RegistryValue($Key, $Name) {
    try {
        (Get-ItemProperty -LiteralPath $Key).$Name
    }
    catch {
        if ("$($_.CategoryInfo.Category)" -ne 'ObjectNotFound') { throw }
    }
}

function Get-Mib($Amount, $OfMib) {
    if ($null -eq $Amount) { throw 'it is empty' }
    $whole = [long]$Amount
    [long](($whole - $whole % $OfMib) / $OfMib)
}

# ---- The system ------------------------------------------------------------------------------------------------------

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
function Get-LanguageName($Code) {
    if (-not $Code) { return '' }
    try { [System.Globalization.CultureInfo]::GetCultureInfo([int]$Code).Name }
    catch { "lcid-$Code" }
}

function Get-InstallationType {
    Assert-Native
    $type = Get-RegistryValue "$windowsKey NT\CurrentVersion" 'InstallationType'
    switch ($type) {
        $null { '' }
        'Server' { 'server' }
        'Server Core' { 'server_core' }
        'Nano Server' { 'nano' }
        default { 'other' }
    }
}

# ---- What setup has done ---------------------------------------------------------------------------------------------

function Get-Epoch($Time) { [long]($Time - [datetime]'1970-01-01').TotalSeconds }

# WMI writes 20261125123000.500000+480: local time, and its minutes ahead of UTC; CIM gives a date.
function Get-BootTime {
    $booted = (Get-System).LastBootUpTime
    if ($booted -is [datetime]) { return Get-Epoch $booted.ToUniversalTime() }
    if ("$booted" -notmatch '^(\d{14})\.\d{6}([+-]\d{3})$') { throw 'it is no time' }
    $ahead = [int]$matches[2]
    $local = $matches[1] -replace '(....)(..)(..)(..)(..)(..)', '$1-$2-$3T$4:$5:$6'
    (Get-Epoch ([datetime]$local)) - 60 * $ahead
}

# An upgrade in place writes it anew.
function Get-InstallTime {
    Assert-Native
    Get-RegistryValue "$windowsKey NT\CurrentVersion" 'InstallDate'
}

# What setup has not finished yet.
function Get-SetupState {
    $setup = Get-ItemProperty -LiteralPath $setupKey
    if ($null -eq $setup.SystemSetupInProgress) { throw 'it is empty' }
    foreach ($name in 'SystemSetupInProgress', 'OOBEInProgress', 'UpgradeInProgress', 'RestartSetup', 'SetupType') {
        if ($setup.$name) { $name }
    }
}

# The build of the system that was there before the last upgrade; what wrote no such key tells nothing.
function Get-FormerBuild {
    $former = Get-ChildItem -LiteralPath $setupKey | Where-Object { $_.PSChildName -like 'Source OS (*' } |
        ForEach-Object { Get-ItemProperty -LiteralPath $_.PSPath } | Sort-Object -Property InstallDate |
        Select-Object -Last 1
    if ($null -eq $former) { return 'none' }
    $former.CurrentBuild
}

# When setup put the former system back.
function Get-RollbackTime {
    $log = "$env:SystemDrive\`$WINDOWS.~BT\Sources\Rollback\setupact.log"
    if (-not (Test-Path -LiteralPath $log)) { return 'none' }
    Get-Epoch (Get-Item -LiteralPath $log -Force).LastWriteTimeUtc
}

# ---- Space and settings ----------------------------------------------------------------------------------------------

# The total that "dir" prints last is much faster than adding up 100,000 files here. Its words are translated, so only
# the numbers count: <files> ... <bytes>, then a line about directories. It is run twice, for the first time under a
# limit: what then is in the cache does not stand still.
function Get-DirectoryMib($Path) {
    $words = "/d /c dir /s /a /-c `"$Path`""
    $process = Start-Process -FilePath cmd.exe -ArgumentList "$words >nul 2>nul" -NoNewWindow -PassThru
    try {
        Wait-Process -InputObject $process -Timeout $directoryLimit
    }
    catch {
        Stop-Process -InputObject $process -Force
        throw "dir did not end within $directoryLimit seconds"
    }
    $totals = @(cmd.exe /d /c "dir /s /a /-c `"$Path`" 2>nul" | Select-Object -Last 2)
    if ($totals.Count -ne 2 -or $totals[1] -notmatch '\d+\D+\d+' -or $totals[0] -notmatch '(\d+)\D+(\d+)') {
        throw 'dir gave no total'
    }
    Get-Mib ([long]$matches[2] + 1MB - 1) 1MB
}

# Before Windows Server 2012 the system has TLS 1.2 but does not use it until it is told to; its HTTP library (WinHTTP)
# is told separately, there and on Windows Server 2012.
function Test-Tls12 {
    Assert-Native
    $version = [Environment]::OSVersion.Version
    $client = "$control\SecurityProviders\SCHANNEL\Protocols\TLS 1.2\Client"
    $enabled = Get-RegistryValue $client 'Enabled'
    $byDefault = Get-RegistryValue $client 'DisabledByDefault'
    if ($enabled -eq 0 -or ($null -ne $byDefault -and $byDefault -ne 0)) { return $false }
    if ($version -lt [version]'6.2' -and $null -eq $byDefault) { return $false }
    if ($version -ge [version]'6.3') { return $true }
    $protocols = Get-RegistryValue "$currentVersion\Internet Settings\WinHttp" 'DefaultSecureProtocols'
    return [bool]($protocols -band 0x800)
}

function Test-RebootRequired {
    Assert-Native
    (Test-Path -LiteralPath "$currentVersion\Component Based Servicing\RebootPending") -or
    (Test-Path -LiteralPath "$currentVersion\WindowsUpdate\Auto Update\RebootRequired") -or
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

function Get-BlockingRole {
    $role = (Get-OnlyRow 'SELECT DomainRole FROM Win32_ComputerSystem').DomainRole
    $query = 'SELECT TerminalServerMode FROM Win32_TerminalServiceSetting'
    $terminal = (Get-OnlyRow $query 'root\cimv2\TerminalServices').TerminalServerMode
    if ($null -eq $role -or $null -eq $terminal) { throw 'it is empty' }
    if ($role -ge 4) { 'domain_controller' }
    foreach ($service in @(Get-ServiceRow)) {
        if ($roleServices.ContainsKey($service.Name)) { $roleServices[$service.Name] }
    }
    # 0 is the remote administration that every server has.
    if ($terminal -eq 1) { 'rds_session_host' }
    if (Test-Path -LiteralPath "$env:SystemRoot\Web\RDWeb\Pages") { 'rds_web_access' }
}

# Beginnings of service names. Windows' own Defender is none of them: migration copes with it.
$antivirusServices = '^(' + (@(
    'a2antimalware|aswbidsagent|avast|avg|avp|bdredline|cbdefense|csfalconservice|cylancesvc|ds_agent|ekrn'
    'epsecurityservice|fsma|hipsdaemon|huorong|kxescore|masvc|mbamservice|mcshield|mfe|msmpsvc'
    'nortonsecurity|ntrtscan|psanhost|qhactivedefense|savservice|sentinelagent|sepmasterservice|sophos'
    'symantec antivirus|tmccsf|tmlisten|vipre|wrsvc|xagt|zhudongfangyu'
) -join '|') + ')'

function Get-AntivirusName {
    Get-ServiceRow | Where-Object { $_.State -eq 'Running' -and $_.Name -match $antivirusServices } |
        ForEach-Object { $_.Name }
}

# The programs that change Windows while they run. TrustedInstaller and msiexec also run while there is nothing to do:
# what Windows Installer is at, it says in the registry.
function Get-InstallerName {
    Assert-Native
    Get-Row 'SELECT Name FROM Win32_Process' | ForEach-Object { $_.Name } |
        Where-Object { $_ -match '^(tiworker|wusa|dism|dismhost|setuphost|setupprep|windowsupdatebox)\.exe$' } |
        Select-Object -Unique
    if (Test-Path -LiteralPath "$currentVersion\Installer\InProgress") { 'msiexec.exe' }
}

function Get-DriverFile($Driver) {
    $path = "$($Driver.PathName)" -replace '^\\\?\?\\', ''
    # Where no path is set, the kernel takes this one.
    if ($path -eq '') { $path = "system32\drivers\$($Driver.Name).sys" }
    $path = $path -replace '^\\?SystemRoot\\', "$env:SystemRoot\"
    $path -replace '^system32\\', "$env:SystemRoot\system32\"
}

# Who made a driver is in its file. The clouds' own are virtio and Xen.
function Get-ThirdPartyDriver {
    Assert-Native
    $started = "State='Running' AND (StartMode='Boot' OR StartMode='System')"
    foreach ($driver in @(Get-Row "SELECT Name, PathName FROM Win32_SystemDriver WHERE $started")) {
        $file = Get-Item -LiteralPath (Get-DriverFile $driver)
        if ($null -eq $file) { throw "no file of the driver $($driver.Name)" }
        if ($file.VersionInfo.CompanyName -notmatch 'Microsoft|Red Hat|Alibaba|Amazon|Citrix|Xen') { $driver.Name }
    }
}

# What stop_services.ps1 has stopped and nobody has started since.
function Get-StoppedService {
    Assert-Native
    Get-RegistryValue 'HKLM:\SOFTWARE\evergreen.os_migration' 'stopped'
}

# What hooks have done here, as MARK:WORD:TIME.
function Get-HookMark {
    Assert-Native
    Get-RegistryValue 'HKLM:\SOFTWARE\evergreen.os_migration.hooks' 'marks'
}

# ---- Activation, page file, crash dump -------------------------------------------------------------------------------

# The application is Windows itself. Asked for all properties, the service takes many seconds. Add-ons, such as keys for
# extended security updates, are licences beside it.
function Get-License {
    $windows = "ApplicationID='55c92734-d682-4d71-983e-d6ec3f16059f' AND PartialProductKey IS NOT NULL"
    $query = "SELECT Description, LicenseStatus, LicenseIsAddon FROM SoftwareLicensingProduct WHERE $windows"
    $rows = @(Get-Row $query | Where-Object { -not $_.LicenseIsAddon })
    if ($rows.Count -ne 1) { throw "Windows has $($rows.Count) licences" }
    $rows[0]
}

function Get-ActivationChannel {
    switch -regex -casesensitive ((Get-License).Description) {
        'KMS' { 'kms'; break }
        'MAK' { 'mak'; break }
        'RETAIL' { 'retail'; break }
        'OEM' { 'oem'; break }
        default { 'other' }
    }
}

function Test-Activated {
    $status = (Get-License).LicenseStatus
    if ($null -eq $status) { throw 'it is empty' }
    $status -eq 1
}

# A list that is empty is there all the same; where it is not, nobody knows.
function Get-PageFile {
    $memory = Get-ItemProperty -LiteralPath "$control\Session Manager\Memory Management"
    $files = @($memory.ExistingPageFiles | Where-Object { $_ } | ForEach-Object { $_ -replace '^\\\?\?\\', '' })
    $names = @($memory.PSObject.Properties | ForEach-Object { $_.Name })
    if ($files.Count -eq 0 -and $names -notcontains 'PagingFiles') { throw 'no page file is named' }
    $files
}

function Get-CrashDump {
    switch ((Get-ItemProperty -LiteralPath "$control\CrashControl").CrashDumpEnabled) {
        $null { '' }
        0 { 'none' }
        1 { 'complete' }
        2 { 'kernel' }
        3 { 'small' }
        7 { 'automatic' }
    }
}

# ---- What is compared later ------------------------------------------------------------------------------------------

# The services of each user have a number of the session behind their name.
function Get-ServiceStarted($Mode) {
    foreach ($service in @(Get-ServiceRow)) {
        if (-not $service.StartMode) { throw "the start mode of $($service.Name) is not known" }
        $name = $service.Name -replace '_[0-9a-f]{4,8}$', ''
        if ($service.StartMode -eq 'Auto' -and $service.State -match $Mode) { $name }
    }
}

# What is listened on, as PROTOCOL/PORT in hexadecimal digits, and what only this machine reaches. Ports that the system
# gives away by itself are others after each start. What listens has no other end, whatever the language calls it.
function Get-ListeningPort {
    $rows = @(cmd.exe /d /c 'netstat -an 2>nul')
    if ($rows.Count -eq 0) { throw 'netstat told nothing' }
    foreach ($row in $rows) {
        if ($row -notmatch '^\s*(TCP|UDP)\s+(\S+):(\d+)\s+(?:0\.0\.0\.0:0|\[::\]:0|\*:\*)(?:\s|$)') { continue }
        if ([int]$matches[3] -ge 49152) { continue }
        $port = '{0}/{1:X4}' -f $matches[1], [int]$matches[3]
        if ($matches[2] -match '^(127\.|\[::1\])') { $port = "$port@lo" }
        $port
    }
}

function Get-Volume {
    Get-Row 'SELECT DeviceID, FileSystem FROM Win32_LogicalDisk WHERE DriveType=3' |
        ForEach-Object { "$($_.DeviceID) $($_.FileSystem)" }
}

# What is below a network that only this machine has, and below those for many at once, is in every table.
function Get-Route {
    foreach ($row in @(Get-Row 'SELECT Destination, Mask, NextHop FROM Win32_IP4RouteTable')) {
        if ($row.Mask -ne '255.255.255.255' -and $row.Destination -notmatch '^(127|22[4-9]|23\d)\.') {
            "$($row.Destination),$($row.NextHop),$($row.Mask)"
        }
    }
}

# Tasks of the first two levels; Windows' own are below a folder of their own.
function Get-TaskName {
    Assert-Native
    $tree = "$windowsKey NT\CurrentVersion\Schedule\TaskCache\Tree"
    foreach ($key in @(Get-ChildItem -LiteralPath $tree)) {
        if ($key.PSChildName -eq 'Microsoft') { continue }
        $key.PSChildName
        Get-ChildItem -LiteralPath $key.PSPath | ForEach-Object { "$($key.PSChildName)\$($_.PSChildName)" }
    }
}

# What is listed among the programs, but parts and updates of others.
function Get-Software {
    Assert-Native
    foreach ($key in "$currentVersion\Uninstall", 'HKLM:\SOFTWARE\Wow6432Node\Microsoft\Windows\CurrentVersion\Uninstall') {
        foreach ($entry in @(Get-ChildItem -LiteralPath $key)) {
            $known = Get-ItemProperty -LiteralPath $entry.PSPath
            if ($known.DisplayName -and -not $known.SystemComponent -and -not $known.ParentKeyName) {
                "$($known.DisplayName)/$($known.DisplayVersion)"
            }
        }
    }
}

# ---- All facts -------------------------------------------------------------------------------------------------------

$told = @(
    Write-Fact 'time' { [long]((Get-Date).ToUniversalTime() - [datetime]'1970-01-01').TotalSeconds }
    Write-Fact 'os_name' { (Get-System).Caption }
    Write-Fact 'os_build' { (Get-System).BuildNumber }
    Write-Fact 'os_sku' { (Get-System).OperatingSystemSKU }
    Write-Fact 'os_language' { Get-LanguageName (Get-System).OSLanguage }
    Write-Fact 'installation' { Get-InstallationType }
    Write-Fact 'os_booted' { Get-BootTime }
    Write-Fact 'os_installed' { Get-InstallTime }
    Write-Fact 'upgraded_from' { Get-FormerBuild }
    Write-Fact 'setup_rolled_back' { Get-RollbackTime }
    Write-List 'setup_state' { Get-SetupState }
    Write-Fact 'arch' { Get-Architecture }
    Write-Fact 'memory_available_mib' { Get-Mib (Get-System).FreePhysicalMemory 1KB }
    Write-Fact 'free_mib.C' {
        Get-Mib (Get-OnlyRow "SELECT FreeSpace FROM Win32_LogicalDisk WHERE DeviceID='C:'").FreeSpace 1MB
    }
    Write-Fact 'windows_dir_mib' { Get-DirectoryMib $env:SystemRoot }
    Write-Fact 'powershell' { $PSVersionTable.PSVersion }
    Write-Fact 'tls12' { Get-Answer (Test-Tls12) }
    Write-Fact 'reboot_required' { Get-Answer (Test-RebootRequired) }
    Write-List 'installers' { Get-InstallerName }
    Write-List 'stopped_services' { Get-StoppedService }
    Write-List 'hooks' { Get-HookMark }
    Write-List 'roles' { Get-BlockingRole }
    Write-List 'antivirus' { Get-AntivirusName }
    Write-List 'third_party_drivers' { Get-ThirdPartyDriver }
    Write-Fact 'activation_channel' { Get-ActivationChannel }
    Write-Fact 'activated' { Get-Answer (Test-Activated) }
    Write-List 'page_file' { Get-PageFile }
    Write-Fact 'crash_dump' { Get-CrashDump }
    Write-Fact 'crash_dump_file' { (Get-ItemProperty -LiteralPath "$control\CrashControl").DumpFile }
    Write-All 'services_enabled' { Get-ServiceStarted '.' }
    Write-All 'services_running' { Get-ServiceStarted '^Running$' }
    Write-All 'ports' { Get-ListeningPort }
    Write-All 'mounts' { Get-Volume }
    Write-All 'users' { Get-Row 'SELECT Name FROM Win32_UserAccount WHERE LocalAccount=True' | ForEach-Object { $_.Name } }
    Write-All 'cron' { Get-TaskName }
    Write-All 'routes' { Get-Route }
    Write-All 'package_versions' { Get-Software }
)
'osm-facts 1'
$told
"osm-facts lines $($told.Count) $(($told -join '').Length)"
'osm-facts end'
