#!/bin/sh
# Copyright (c) 2026 evergreen.os_migration contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
#
# Goes before each script of the roles: what they share.

fail() {
    echo "$1" >&2
    exit 1
}

# A package manager that an earlier script started may have outlived it.
idle() {
    processes=$(cat /proc/[0-9]*/comm 2>/dev/null)
    [ -n "$processes" ] || fail 'nothing was changed: /proc does not tell which programs run'
    names=$(printf '%s\n' "$processes" | grep -xE 'yum|yum-cron|dnf|dnf-3|dnf-automatic|rpm|leapp|convert2rhel' |
        sort -u | tr '\n' ' ')
    [ -z "$names" ] || fail "nothing was changed: wait until these have ended: ${names% }"
}

# limited SECONDS COMMAND...: after that time a command is asked to end; a package manager ends what it has begun first.
limited() {
    if command -v timeout >/dev/null 2>&1; then
        timeout "$@" </dev/null
    else
        shift
        "$@" </dev/null
    fi
}
