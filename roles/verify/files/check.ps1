# Copyright (c) 2026 evergreen.os_migration contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
#
# Makes one check of an application, from inside the guest, and only looks. $arguments are its kind, its seconds, and
#   tcp   ADDRESS PORT
#   http  URL STATUSES TEXT VALIDATE_CERTS
#   tls   ADDRESS PORT SERVER_NAME VALID_DAYS
# The last line says what was found: "check ok: ..." or "check CODE: ...".

$ErrorActionPreference = 'Stop'
$kind, $seconds, $where, $more = $arguments
$more = @($more)
$limit = 1000 * [int]$seconds
$found = @{ Policy = 0; Name = '' }
$protocols = 4032
$mostCharacters = 1048576
$pieceCharacters = 65536

# What a check finds goes up as an error of this form.
function Stop-Check($Code, $Text) { throw "check ${Code}: $Text" }

# The innermost reason: PowerShell and .NET wrap it several times.
function Get-Reason($Exception) {
    while ($Exception.InnerException) { $Exception = $Exception.InnerException }
    $Exception
}

# A name that nobody knows and a port that nobody listens at are numbers of Winsock, the same in every language.
function Stop-Connection($Exception, $Place) {
    $reason = Get-Reason $Exception
    $number = "$($reason.SocketErrorCode)"
    if ($number -match '^(HostNotFound|NoData|TryAgain)$') { Stop-Check 'NameUnknown' "nobody knows the name of $Place" }
    if ($number -eq 'ConnectionRefused') { Stop-Check 'PortClosed' "nothing listens at $Place" }
    if ($number -eq 'TimedOut') { Stop-Check 'NoAnswer' "there was no answer within $seconds s" }
    if ($number) { Stop-Check 'PortClosed' "$Place cannot be reached: $($reason.Message)" }
    Stop-Check 'NoAnswer' "it broke off: $($reason.Message)"
}

function Connect-Port($Address, $Port) {
    $family = 'InterNetwork'
    if ("$Address" -match ':') { $family = 'InterNetworkV6' }
    $client = New-Object System.Net.Sockets.TcpClient([System.Net.Sockets.AddressFamily]$family)
    try {
        $wait = $client.BeginConnect([string]$Address, [int]$Port, $null, $null)
        if (-not $wait.AsyncWaitHandle.WaitOne($limit, $false)) {
            Stop-Check 'NoAnswer' "there was no answer within $seconds s"
        }
        $client.EndConnect($wait)
    }
    catch {
        $client.Close()
        if ("$_" -match '^check \w+: ') { throw }
        Stop-Connection $_.Exception "$Address port $Port"
    }
    $client
}

function Test-Tcp {
    (Connect-Port $where $more[0]).Close()
    "check ok: port $($more[0]) is open"
}

# TLS 1.0 to 1.2 by their numbers: .NET 2.0, which does not know the later ones, chooses by itself.
function Start-Tls($Stream, $Name) {
    if ([System.Enum]::IsDefined([System.Security.Authentication.SslProtocols], 'Tls12')) {
        $Stream.AuthenticateAsClient($Name, $null, $protocols, $false)
    }
    else { $Stream.AuthenticateAsClient($Name) }
}

# What Windows found wrong with the chain and the name is a sum: 2 is the name, 4 the chain, 1 no certificate at all.
function Assert-Certificate($Certificate, $Days) {
    $ends = [datetime]$Certificate.NotAfter
    $text = $ends.ToUniversalTime().ToString('yyyy-MM-dd')
    if ($ends -lt (Get-Date)) { Stop-Check 'CertificateEnds' "the certificate has ended on $text" }
    if ($found.Policy -band 4) {
        Stop-Check 'CertificateNotTrusted' 'no authority that this guest trusts has signed the certificate'
    }
    if ($found.Policy -band 3) { Stop-Check 'CertificateOfAnother' "the certificate is not for $($found.Name)" }
    if ($ends -lt (Get-Date).AddDays([int]$Days)) {
        Stop-Check 'CertificateEnds' "the certificate is valid until $text only, and not for $Days more days"
    }
    "check ok: the certificate is valid until $text"
}

function Test-Tls {
    $port, $name, $days = $more
    $found.Name = $name
    $client = Connect-Port $where $port
    $look = [System.Net.Security.RemoteCertificateValidationCallback]{
        $found.Policy = [int]$args[3]
        $true
    }
    try {
        $client.ReceiveTimeout = $client.SendTimeout = $limit
        $stream = New-Object System.Net.Security.SslStream($client.GetStream(), $false, $look)
        try { Start-Tls $stream $name }
        catch {
            $reason = Get-Reason $_.Exception
            if ($reason.SocketErrorCode) { Stop-Connection $_.Exception "$where port $port" }
            Stop-Check 'NoTls' "$where port $port speaks no TLS that fits: $($reason.Message)"
        }
        $type = 'System.Security.Cryptography.X509Certificates.X509Certificate2'
        $certificate = New-Object $type($stream.RemoteCertificate)
        Assert-Certificate $certificate $days
    }
    finally { $client.Close() }
}

# An answer with a status of error comes as an exception that holds it.
function Get-Answer($Request) {
    try { $Request.GetResponse() }
    catch {
        $reason = $_.Exception
        while ($reason -and $reason -isnot [System.Net.WebException]) { $reason = $reason.InnerException }
        if ($reason.Response) { return $reason.Response }
        if ("$($reason.Status)" -eq 'Timeout') { Stop-Check 'NoAnswer' "there was no answer within $seconds s" }
        if ("$($reason.Status)" -eq 'TrustFailure' -or "$(Get-Reason $reason)" -match 'AuthenticationException') {
            Stop-Check 'CertificateNotTrusted' 'the certificate is refused: a check of kind tls tells more'
        }
        if ("$($reason.Status)" -eq 'NameResolutionFailure') {
            Stop-Check 'NameUnknown' 'nobody knows the name in the address'
        }
        if ("$($reason.Status)" -eq 'ConnectFailure') { Stop-Check 'PortClosed' 'nothing listens there' }
        Stop-Connection $_.Exception 'it'
    }
}

# The beginning of an answer, as long as there is time: a server can send a little for ever.
function Get-Text($Answer) {
    $reader = New-Object System.IO.StreamReader($Answer.GetResponseStream())
    $piece = New-Object char[] $pieceCharacters
    $until = (Get-Date).AddSeconds([int]$seconds)
    $text = ''
    while ($text.Length -lt $mostCharacters) {
        if ((Get-Date) -gt $until) { Stop-Check 'NoAnswer' "there was no whole answer within $seconds s" }
        $read = $reader.Read($piece, 0, $pieceCharacters)
        if ($read -eq 0) { break }
        $text += -join $piece[0..($read - 1)]
    }
    $text
}

function Test-Http {
    $statuses, $contains, $validate = $more
    if ($validate -eq 'false' -and "$where" -match '^https') {
        Stop-Check 'CheckNotPossible' 'PowerShell cannot ask without validating certificates'
    }
    if ([System.Enum]::IsDefined([System.Net.SecurityProtocolType], 'Tls12')) {
        [System.Net.ServicePointManager]::SecurityProtocol = $protocols
    }
    $request = [System.Net.WebRequest]::Create($where)
    $request.AllowAutoRedirect = $false
    $request.Timeout = $request.ReadWriteTimeout = $limit
    $answer = Get-Answer $request
    try {
        $status = [int]$answer.StatusCode
        if (" $statuses " -notmatch " $status ") {
            Stop-Check 'WrongStatus' "it answered $status, and not one of: $statuses"
        }
        if ($contains -and (Get-Text $answer).IndexOf($contains, [StringComparison]'Ordinal') -lt 0) {
            Stop-Check 'TextMissing' 'the answer does not contain the text'
        }
        "check ok: answered $status"
    }
    finally { $answer.Close() }
}

if ("$($ExecutionContext.SessionState.LanguageMode)" -ne 'FullLanguage') {
    'check CheckNotPossible: a policy constrains the language of PowerShell in this guest'
    exit 1
}
try {
    if ($kind -eq 'tcp') { Test-Tcp }
    if ($kind -eq 'http') { Test-Http }
    if ($kind -eq 'tls') { Test-Tls }
    exit 0
}
catch {
    $said = ConvertTo-Ascii "$_"
    if ($said -notmatch '^check \w+: ') { $said = "check NoAnswer: it broke off: $said" }
    $said
    exit 1
}
