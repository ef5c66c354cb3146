#!/bin/sh
# Copyright (c) 2026 evergreen.os_migration contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
#
# Uninstalls the agent of Security Center as its provider documents it, and proves that it is gone. Arguments: apply
# (with anything else it only says what it would do), and the URL of the provider's uninstaller.

PATH="$PATH:/usr/sbin:/usr/bin:/sbin:/bin"
mode=$1
url=$2

guarded() {
    modules=$(limited 10 lsmod) || fail 'lsmod does not tell which kernel modules are loaded'
    echo "$modules" | grep -q '^AliSecGuard'
}

installed() {
    guarded || [ -d /usr/local/aegis/aegis_client ] || grep -qs '^AliYunDun' /proc/[0-9]*/comm
}

fetch() {
    if command -v curl >/dev/null 2>&1; then
        limited 60 curl -fsS -o "$1" "$url"
    else
        limited 60 wget -q -O "$1" "$url"
    fi
}

if ! installed; then
    echo 'the Security Center agent is not installed'
    exit 0
fi
if [ "$mode" != apply ]; then
    echo "would uninstall the Security Center agent with $url"
    exit 0
fi

idle
directory=$(mktemp -d) || fail 'cannot create a temporary directory'
trap 'rm -rf "$directory"' EXIT
fetch "$directory/uninstall.sh" || fail "cannot fetch $url"
case $(sed -n 1p "$directory/uninstall.sh") in
    '#!'*sh*) ;;
    *) fail "what $url answers is no shell script" ;;
esac

(cd "$directory" && limited 300 bash ./uninstall.sh)
code=$?
if guarded; then
    fail "Uninstall Failed (exit code $code), AliSecGuard is loaded: uninstall the agent in the Security Center console"
fi
if installed; then
    fail "Uninstall Failed (exit code $code), the agent is there: uninstall it in the Security Center console"
fi
echo 'Uninstall Success'
