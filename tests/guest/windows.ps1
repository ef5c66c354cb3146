# Copyright (c) 2026 evergreen.os_migration contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
#
# Made-up Windows guests for the scripts of the collection: functions stand in front of the cmdlets, and a type in front
# of [wmisearcher]. Usage: pwsh -NoProfile -File windows.ps1; see windows.py. Each line of its input names a file of cases
# and one for the answers, both JSON, with a tab between; it says "done" when the answers are there.
# What hangs does so on the guest's own clock.

Add-Type -TypeDefinition @'
using System;
using System.Collections;
using System.Collections.Generic;
using System.Text.RegularExpressions;
namespace Guests
{
    public class Options { public TimeSpan Timeout = TimeSpan.MaxValue; public string Authentication = ""; }
    public class Scope { public string Path = @"\\.\root\cimv2"; public Options Options = new Options(); }
    public class World
    {
        public static IDictionary Classes;
        public static HashSet<string> Broken, Hanging;
        public static List<string> Calls;
        public static double Clock;
        public static object[] Ask(string query, string space, double limit)
        {
            string name = Regex.Match(query, @"FROM (\w+)").Groups[1].Value;
            Calls.Add("wmi " + name);
            if (Hanging.Contains(name)) { Clock += limit; throw new TimeoutException("Timed out"); }
            if (Broken.Contains(name)) throw new InvalidOperationException("Zugriff verweigert: \u00fc\u4e2d");
            if (name == "Win32_TerminalServiceSetting" && !space.EndsWith("TerminalServices"))
                throw new InvalidOperationException("Invalid class");
            if (!Classes.Contains(name)) return new object[0];
            return (object[])Classes[name];
        }
    }
    public class Searcher
    {
        string query;
        public Scope Scope = new Scope();
        public Options Options = new Options();
        public Searcher(string query) { this.query = query; }
        public object[] Get() { return World.Ask(query, Scope.Path, Options.Timeout.TotalSeconds); }
    }
}
'@
$accelerators = [psobject].Assembly.GetType('System.Management.Automation.TypeAccelerators')
$accelerators::Add('wmisearcher', [Guests.Searcher])

# Everything below runs in the runspace of a case; $case is the case, $world its guest.
$standIns = {
    function Note($Text) { [Guests.World]::Calls.Add($Text) }
    # Whether the command or its object is broken in this case; what hangs has a place of its own.
    function Check($Command, $Object) {
        foreach ($each in $case.broken) {
            if ($each -eq $Command -or $each -eq $Object) { Write-Error 'Access is denied.'; return $true }
        }
        $false
    }
    function Get-Date { param($Date) if ($Date) { [datetime]$Date } else { ([datetime]$world.now).AddSeconds([Guests.World]::Clock) } }
    function Get-CimInstance { param($Query, $Namespace, $OperationTimeoutSec)
        [Guests.World]::Ask($Query, "\\.\$Namespace", $OperationTimeoutSec) }
    function Get-WmiObject { param($Query, $Namespace, $Authentication) [Guests.World]::Ask($Query, "\\.\$Namespace", 0) }
    function Test-Path { param($Path, $LiteralPath)
        $key = "$Path$LiteralPath"
        Note "look $key"
        if (-not (Check 'Test-Path' $key)) {
            $world.registry.Contains($key) -or $world.files.Contains($key) -or
            ($key -notmatch '^HK' -and (Microsoft.PowerShell.Management\Test-Path -LiteralPath $key)) } }
    function Get-ItemProperty { param($Path, $LiteralPath, $Name)
        $key = "$Path$LiteralPath"
        Note "registry $key"
        if (-not (Check 'Get-ItemProperty' $key)) {
            if ($key -match '^HKLM:\\SYSTEM\\CurrentControlSet\\Services\\(.*)$') {
                $mode = @($world.services | Where-Object { $_.Name -eq $matches[1] })[0].StartMode
                return [pscustomobject]@{ Start = @{ Auto = 2; Manual = 3; Disabled = 4 }[$mode] } }
            if (-not $world.registry.Contains($key)) { Write-Error "Cannot find path '$key' because it does not exist." -Category ObjectNotFound; return }
            [pscustomobject]$world.registry[$key] } }
    function Get-ChildItem { param($Path, $LiteralPath, [switch]$Force)
        $key = "$Path$LiteralPath"
        if ($key -notmatch '^HK') { return Microsoft.PowerShell.Management\Get-ChildItem -LiteralPath $key -Force:$Force }
        Note "keys $key"
        if (-not (Check 'Get-ChildItem' $key)) {
            foreach ($each in @($world.registry.Keys) -like "$key\*") {
                $child = $each.Substring($key.Length + 1)
                if ($child -notlike '*\*') { [pscustomobject]@{ PSPath = $each; PSChildName = $child } } } } }
    function New-Item { param($Path, $ItemType, [switch]$Force)
        Note "write $Path"
        if (-not (Check 'New-Item' $Path)) { if (-not $world.registry.Contains($Path)) { $world.registry[$Path] = @{} } } }
    function New-ItemProperty { param($LiteralPath, $Name, $Value, $PropertyType, [switch]$Force)
        Note "write $LiteralPath"
        if (-not (Check 'New-ItemProperty' $LiteralPath)) { $world.registry[$LiteralPath][$Name] = $Value } }
    function Remove-Item { param($Path, $LiteralPath, [switch]$Force, [switch]$Recurse)
        Note "remove $LiteralPath"
        if ($LiteralPath -match '^HK') { $world.registry.Remove($LiteralPath) }
        elseif ($LiteralPath -match '/os_migration-[0-9a-f]+-[0-9]+\.ps1$') { Microsoft.PowerShell.Management\Remove-Item -LiteralPath $LiteralPath }
        else { throw "files are not removed by this: $LiteralPath" } }
    function Get-Item { param($Path, $LiteralPath, [switch]$Force)
        $file = "$Path$LiteralPath"
        Note "file $file"
        if ($world.files.Contains($file)) {
            if (Check 'Get-Item' $file) { return }
            $maker = [pscustomobject]@{ CompanyName = $world.files[$file] }
            return [pscustomobject]@{ VersionInfo = $maker; LastWriteTimeUtc = $world.files[$file] -as [datetime] } }
        if (-not (Check 'Get-Item' $file)) { Microsoft.PowerShell.Management\Get-Item -LiteralPath $file -Force } }
    function Start-Process { param($FilePath, $ArgumentList, [switch]$NoNewWindow, [switch]$PassThru)
        Note "start $FilePath $ArgumentList"
        if ($FilePath -eq 'msiexec.exe' -and $world.products) { return Invoke-Installer "$ArgumentList" }
        if (-not (Check 'Start-Process' $FilePath)) { [pscustomobject]@{ Id = 7; Name = $FilePath; Handle = 1; ExitCode = 3010 } } }
    # Packages by their product code: the file that each comes in, and its service.
    function Invoke-Installer($Words) {
        foreach ($code in @($world.products.Keys)) {
            $product = $world.products[$code]
            $key = "HKLM:\SOFTWARE\Microsoft\Windows\CurrentVersion\Uninstall\$code"
            if ($Words -like "/x $code *") {
                $world.registry.Remove($key)
                $world.services = @($world.services | Where-Object { $_.Name -ne $product.service }) }
            elseif ($Words -like "/i `"$($product.file)`" *") {
                $world.registry[$key] = @{}
                $world.services = @($world.services) + [pscustomobject]@{ Name = $product.service; StartMode = 'Auto'; Status = 'Stopped'; Needs = @() } }
            else { continue }
            return [pscustomobject]@{ ExitCode = $(if ($product.restart) { 3010 } else { 0 }) } }
        [pscustomobject]@{ ExitCode = 1605 } }
    function Wait-Process { param($InputObject, $Timeout)
        if ($case.hanging -contains $InputObject.Name) { [Guests.World]::Clock += $Timeout; Write-Error 'did not stop' } }
    function Stop-Process { param($InputObject, [switch]$Force) Note "stop $($InputObject.Name)" }
    function cmd.exe {
        Note "start cmd.exe $args"
        $asked = if ("$args" -like '*netstat*') { 'netstat' } else { 'dir' }
        if (-not (Check 'cmd.exe' $asked)) { $world[$asked] } }
    function Get-Process {
        Note 'processes'
        if (-not (Check 'Get-Process' '')) {
            foreach ($each in $world.wmi['Win32_Process']) { [pscustomobject]@{ ProcessName = $each.Name -replace '\.exe$', '' } } } }
    # Services: name, status, start mode, and what depends on each.
    function Find-Made($Pattern) { $world.services | Where-Object { $_.Name -like $Pattern } }
    function Get-Service { param($Name = '*')
        Note 'services'
        if (Check 'Get-Service' $Name) { return }
        foreach ($each in @(Find-Made $Name)) {
            $needing = @($world.services | Where-Object { $_.Needs -contains $each.Name } | ForEach-Object { [pscustomobject]@{ Name = $_.Name; Status = $_.Status } })
            # As .NET's: they say what is wanted, and do not wait for it.
            [pscustomobject]@{ Name = $each.Name; Status = $each.Status; DependentServices = $needing; Made = $each } |
                Add-Member -PassThru -MemberType ScriptMethod -Name Stop -Value { Stop-One $this.Made } |
                Add-Member -PassThru -MemberType ScriptMethod -Name Start -Value { Start-One $this.Made } } }
    # Hangs says what a service never comes to the end of.
    function Stop-One($Service) {
        if (@($world.services | Where-Object { $_.Needs -contains $Service.Name -and $_.Status -ne 'Stopped' })) { throw "it has dependent services" }
        if ($Service.Stuck) { throw "it cannot be stopped" }
        $Service.Status = if ($Service.Hangs -eq 'stop') { 'StopPending' } else { 'Stopped' }
        Note "stop service $($Service.Name)" }
    function Stop-Service { param($Name, $InputObject, [switch]$Force, [switch]$NoWait)
        $wanted = if ($InputObject) { $InputObject.Made } else { Find-Made $Name }
        foreach ($each in @($wanted)) {
            if (Check 'Stop-Service' $each.Name) { continue }
            if ($Force) {
                $world.services | Where-Object { $_.Needs -contains $each.Name -and $_.Status -ne 'Stopped' } |
                    ForEach-Object { Stop-Service -Name $_.Name -Force } }
            Stop-One $each
            if ($each.Status -ne 'Stopped' -and -not $NoWait) { throw 'the stand-in would wait for ever' } } }
    function Start-One($Service) {
        foreach ($each in $world.services | Where-Object { $Service.Needs -contains $_.Name -and $_.Status -ne 'Running' }) { Start-One $each }
        if ($Service.StartMode -eq 'Disabled') { throw "it is disabled" }
        $Service.Status = switch ($Service.Hangs) { 'start' { 'StartPending' } 'dies' { 'Stopped' } default { 'Running' } }
        Note "start service $($Service.Name)" }
    function Start-Service { param($Name, $InputObject)
        $wanted = if ($InputObject) { $InputObject.Made } else { Find-Made $Name }
        foreach ($each in @($wanted)) {
            if (Check 'Start-Service' $each.Name) { continue }
            Start-One $each
            if ($each.Status -eq 'StartPending') { throw 'the stand-in would wait for ever' } } }
    function Start-Sleep { param($Seconds) [Guests.World]::Clock += $Seconds }
    foreach ($each in $case.gone) { Set-Item -Path "function:$each" -Value { throw "The term is not recognized" } }
}

# A runspace takes a while to make. One whose language was constrained stays so, and one without a cmdlet is of no more
# use to others.
$shells = @{}
function Get-Shell($Case) {
    $kind = "$($Case.constrained)"
    if ($Case.gone) {
        $kind = 'new'
        if ($shells[$kind]) { $shells[$kind].Runspace.Dispose() }
    }
    if ($kind -ne 'new' -and $shells[$kind]) { $shells[$kind].Commands.Clear(); $shells[$kind].Streams.ClearStreams(); return $shells[$kind] }
    $shell = [powershell]::Create()
    Set-Guest $shell $Case
    $null = $shell.AddScript($standIns.ToString()).Invoke()
    $shell.Commands.Clear()
    if ($Case.constrained) { $shell.Runspace.SessionStateProxy.LanguageMode = 'ConstrainedLanguage' }
    $shells[$kind] = $shell
    $shell
}

function Set-Guest($Shell, $Case) {
    $Shell.Runspace.SessionStateProxy.SetVariable('case', $Case)
    $Shell.Runspace.SessionStateProxy.SetVariable('world', $Case.world)
    # What an earlier script has set for itself is not for this one.
    $Shell.Runspace.SessionStateProxy.SetVariable('status', $null)
    $Shell.Runspace.SessionStateProxy.SetVariable('ErrorActionPreference', 'Continue')
    $env:SystemRoot = $Case.world.root
    $env:SystemDrive = 'C:'
    $env:TEMP = [IO.Path]::GetTempPath()
    $env:PROCESSOR_ARCHITECTURE = 'AMD64'
    $env:PROCESSOR_ARCHITEW6432 = ''
}

# A text that runs many times is read once.
$known = @{}
$texts = [Collections.Generic.List[string]]::new()
function Get-Number($Text) {
    if (-not $texts.Contains($Text)) { $texts.Add($Text) }
    $texts.IndexOf($Text)
}

function Get-Rows($Rows) { ,@($Rows | ForEach-Object { [pscustomobject]$_ }) }

function Invoke-Case($Case) {
    $world = $Case.world
    $classes = @{}
    foreach ($name in $world.wmi.Keys) { $classes[$name] = [object[]](Get-Rows $world.wmi[$name]) }
    $world.services = @($world.services | ForEach-Object { [pscustomobject]$_ })
    [Guests.World]::Classes = $classes
    [Guests.World]::Broken = [string[]]@($Case.broken)
    [Guests.World]::Hanging = [string[]]@($Case.hanging)
    [Guests.World]::Calls = New-Object 'System.Collections.Generic.List[string]'
    [Guests.World]::Clock = 0
    $answers = @()
    foreach ($step in $Case.steps) {
        $classes['Win32_Service'] = [object[]]@($world.services | ForEach-Object { [pscustomobject]@{ Name = $_.Name; State = "$($_.Status)"; StartMode = $_.StartMode } })
        if ($world.wmi.Contains('Win32_Service')) { $classes['Win32_Service'] = [object[]](Get-Rows $world.wmi['Win32_Service']) }
        $shell = Get-Shell $Case
        Set-Guest $shell $Case
        # Exit would end the harness: what a script exits with is in $status.
        $text = $step.text -replace '(?m)^exit \$status', '' -replace '\[Environment\]::OSVersion\.Version', '([version]$world.version)'
        if ($world.powershell) { $text = $text -replace '\$PSVersionTable\.PSVersion', '$world.powershell' }
        $name = "Step$(Get-Number $text)"
        $said = @()
        $trouble = ''
        try {
            if (-not $known.Contains("$($shell.InstanceId) $name")) {
                $known["$($shell.InstanceId) $name"] = 1
                $null = $shell.AddScript("function global:$name { $text }").Invoke()
                $shell.Commands.Clear()
            }
            $said = @($shell.AddScript(". $name").Invoke() | ForEach-Object { "$_" })
        }
        catch { $trouble = "$_" }
        $answers += @{
            output = $said; trouble = $trouble; errors = @($shell.Streams.Error | ForEach-Object { "$_" })
            status = $shell.Runspace.SessionStateProxy.GetVariable('status')
        }
    }
    @{
        steps = $answers; calls = @([Guests.World]::Calls); clock = [Guests.World]::Clock
        services = @($world.services | ForEach-Object { @{ name = $_.Name; status = $_.Status } }); registry = $world.registry
    }
}

while ($line = [Console]::In.ReadLine()) {
    $casesFile, $answersFile = $line -split "`t"
    $cases = [IO.File]::ReadAllText($casesFile) | ConvertFrom-Json -AsHashtable -NoEnumerate
    $answers = @(foreach ($case in $cases) { Invoke-Case $case })
    [IO.File]::WriteAllText($answersFile, (ConvertTo-Json -InputObject $answers -Depth 8 -Compress))
    [Console]::Out.WriteLine('done')
}
