#!/bin/sh
# Copyright (c) 2026 evergreen.os_migration contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
#
# Makes one check of an application, from inside the guest, and only looks. Arguments: its kind, its seconds, and
#   tcp   ADDRESS PORT
#   http  URL STATUSES TEXT VALIDATE_CERTS
#   tls   ADDRESS PORT SERVER_NAME VALID_DAYS
# The last line says what was found: "check ok: ..." or "check CODE: ...".

kind=$1
seconds=$2
shift 2
LC_ALL=C
export LC_ALL

good() {
    echo "check ok: $1"
    exit 0
}

bad() {
    echo "check $1: $2"
    exit 1
}

have() {
    command -v "$1" >/dev/null 2>&1
}

silent() {
    bad NoAnswer "there was no answer within $seconds s"
}

# What a program says when it could not connect, in the words of the C library.
unconnected() {
    case $1 in
        *'not known'* | *'o address'* | *'emporary failure in name'* | *'nknown host'* | *'bad address'* | *'BIO_lookup'*)
            bad NameUnknown "nobody knows the name of $2" ;;
        *efused*) bad PortClosed "nothing listens at $2" ;;
        *'imed out'*) silent ;;
    esac
    bad PortClosed "$2 cannot be reached"
}

# No other shell opens connections, and every kind of nc has other options.
tcp() {
    have bash || bad CheckToolMissing 'bash is not in this guest'
    # shellcheck disable=SC2016 # it is bash that reads its arguments
    said=$(limited "$seconds" bash -c ': < "/dev/tcp/$1/$2"' check "$1" "$2" 2>&1)
    case $? in
        0) good "port $2 is open" ;;
        124 | 143) silent ;;
    esac
    unconnected "$said" "$1 port $2"
}

# curl's own numbers of what went wrong.
unanswered() {
    case $1 in
        3) bad NameUnknown 'curl does not understand the address' ;;
        6) bad NameUnknown 'nobody knows the name in the address' ;;
        7) bad PortClosed 'nothing listens there' ;;
        28 | 124 | 143) silent ;;
        35) bad NoTls 'what answers speaks no TLS that fits' ;;
        51) bad CertificateOfAnother 'the certificate is for another name' ;;
        58 | 60 | 77)
            case $2 in
                *'does not match'* | *'no alternative certificate'*)
                    bad CertificateOfAnother 'the certificate is for another name' ;;
                *expired*) bad CertificateEnds 'the certificate has ended' ;;
            esac
            bad CertificateNotTrusted 'no authority that this guest trusts has signed the certificate' ;;
    esac
    bad NoAnswer "it broke off (curl ends with $1)"
}

http() {
    have curl || bad CheckToolMissing 'curl is not in this guest'
    insecure=
    if [ "$4" = false ]; then insecure=--insecure; fi
    # What curl says of itself goes to the end, after the status: only a failed curl is asked for it.
    answer=$(limited "$((seconds + 5))" curl -q -s -S -g $insecure --max-time "$seconds" -w '\n%{http_code}' -- "$1" 2>&1)
    code=$?
    [ "$code" -eq 0 ] || unanswered "$code" "$answer"
    status=$(printf '%s\n' "$answer" | tail -n 1)
    case " $2 " in
        *" $status "*) ;;
        *) bad WrongStatus "it answered $status, and not one of: $2" ;;
    esac
    if [ -n "$3" ]; then
        printf '%s\n' "$answer" | sed '$d' | grep -qF -e "$3" || bad TextMissing 'the answer does not contain the text'
    fi
    good "answered $status"
}

# What OpenSSL found when it verified the chain.
verified() {
    found=$(printf '%s\n' "$1" | sed -n 's/^ *Verify return code: \([0-9]*\) (\(.*\))$/\1 \2/p' | tail -n 1)
    case $found in
        '0 '*) ;;
        '9 '* | '10 '*) bad CertificateEnds "the certificate is refused: ${found#* }" ;;
        *) bad CertificateNotTrusted "the certificate is refused: ${found#* }" ;;
    esac
}

tls() {
    have openssl || bad CheckToolMissing 'openssl is not in this guest'
    place=$1:$2
    named=-checkhost
    sent=$3
    case $1 in *:*) place=[$1]:$2 ;; esac
    case $3 in *:* | *[!0-9.]*) ;; *) named=-checkip ;; esac
    case $3 in *:*) named=-checkip ;; esac
    if [ $named = -checkip ]; then sent=; fi
    answer=$(limited "$seconds" openssl s_client -connect "$place" ${sent:+-servername "$sent"} 2>&1)
    code=$?
    case $code in 124 | 143) silent ;; esac
    case $answer in
        *'BEGIN CERTIFICATE'*) ;;
        *CONNECTED*) bad NoTls "$1 port $2 speaks no TLS that fits" ;;
        *) unconnected "$answer" "$1 port $2" ;;
    esac
    verified "$answer"
    case $(printf '%s\n' "$answer" | openssl x509 -noout $named "$3" 2>&1) in
        *'does match'*) ;;
        *) bad CertificateOfAnother "the certificate is not for $3" ;;
    esac
    ends=$(printf '%s\n' "$answer" | openssl x509 -noout -enddate)
    printf '%s\n' "$answer" | openssl x509 -noout -checkend "$(($4 * 86400))" >/dev/null ||
        bad CertificateEnds "the certificate is valid until ${ends#*=} only, and not for $4 more days"
    good "the certificate is valid until ${ends#*=}"
}

case $kind in
    tcp) tcp "$@" ;;
    http) http "$@" ;;
    tls) tls "$@" ;;
esac
