# Copyright (c) 2026 evergreen.os_migration contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
#
# Goes before a script that is sent names. They come as JSON writes them, in ASCII, without apostrophes and braces: no
# code page changes them on the way, and nothing in them is code. It holds, too, what the scripts share.

function ConvertFrom-Sent($Text) {
    $signs = @{ 'b' = "`b"; 'f' = "`f"; 'n' = "`n"; 'r' = "`r"; 't' = "`t" }
    $name = ''
    $rest = $Text -replace '^"|"$', ''
    while ($rest -match '(?s)^([^\\]*)\\(?:u([0-9a-f]{4})|(.))(.*)$') {
        $name += $matches[1]
        $rest = $matches[4]
        if ($matches[2]) { $name += [char][int]"0x$($matches[2])" }
        elseif ($signs.ContainsKey($matches[3])) { $name += $signs[$matches[3]] }
        else { $name += $matches[3] }
    }
    $name + $rest
}

# An installer that an earlier script started may have outlived it.
function Assert-Rest {
    $names = @(Get-Process | ForEach-Object { $_.ProcessName } |
        Where-Object { $_ -match '^(tiworker|wusa|dism|dismhost|setuphost|setupprep|windowsupdatebox)$' } |
        Select-Object -Unique)
    if (Test-Path -LiteralPath 'HKLM:\SOFTWARE\Microsoft\Windows\CurrentVersion\Installer\InProgress') {
        $names += 'msiexec'
    }
    if ($names.Count -gt 0) { throw "nothing was changed: wait until these have ended: $names" }
}

# ---- What scripts for services share ----------------------------------------------------------------------------------

# One line of ASCII: every agent and code page brings it whole.
function ConvertTo-Ascii($Text) {
    $line = ("$Text" -replace '\s+', ' ').Trim()
    if ($line -cmatch '^[ -~]*$') { return $line }
    -join ($line.ToCharArray() | ForEach-Object {
        if ($_ -cmatch '[ -~]') { $_ }
        else { '\u{0:x4}' -f [int]$_ }
    })
}

# What went wrong first: PowerShell wraps it in sentences of its own.
function Get-Reason($Record) {
    $reason = $Record.Exception
    while ($null -ne $reason.InnerException) { $reason = $reason.InnerException }
    $reason.Message
}

function Test-SameName($One, $Other) { [string]::Equals($One, $Other, 'OrdinalIgnoreCase') }

# By its whole name: the cmdlets for services take names for patterns, and some letters of a name for none at all.
function Find-Service($Name) { Get-Service | Where-Object { Test-SameName $_.Name $Name } }

# Seconds that one service may take to stop or to start, and all together: less than the command has.
$serviceLimit = 120
$servicesLimit = 700
$servicesBegan = Get-Date

# Under a policy that constrains the language no method may be called; PowerShell is a later one there.
$constrained = "$($ExecutionContext.SessionState.LanguageMode)" -ne 'FullLanguage'

# A service that hangs costs itself only: what was asked of it may still come to its end later.
function Wait-FoundService($Name, $Status) {
    $asked = Get-Date
    while ($true) {
        $state = "$(@(Find-Service $Name)[0].Status)"
        if ($state -eq $Status) { return }
        if ($Status -eq 'Running' -and $state -eq 'Stopped') { throw 'it stopped again' }
        $now = Get-Date
        if (($now - $asked).TotalSeconds -ge $serviceLimit) { throw "after $serviceLimit seconds it is $state" }
        if (($now - $servicesBegan).TotalSeconds -ge $servicesLimit) { throw "no time is left, and it is $state" }
        Start-Sleep -Seconds 1
    }
}
