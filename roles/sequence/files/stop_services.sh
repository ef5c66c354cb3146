#!/bin/sh
# Copyright (c) 2026 evergreen.os_migration contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
#
# Stops the services named as arguments, and the sockets, timers and paths that would start them again. A fleet has one
# list of services: one that a guest does not have is no error. What ran and does not run any more, also what the system
# stopped along with them, is printed and kept in a file, for start_services.sh.

PATH="$PATH:/usr/sbin:/usr/bin:/sbin:/bin"
record=/var/lib/os_migration.stopped
not_loaded=5
status=0
newline='
'

system() {
    sed -n 's/^\(ID\|VERSION_ID\)=/&/p' /etc/os-release | sort | tr '\n' ' '
}

running() {
    limited 30 systemctl list-units --plain --no-legend --full --state=active |
        awk '$1 ~ /\.(service|socket|timer|path|mount|automount)$/ { print $1 }'
}

# What would start a unit again and is active.
triggers() {
    limited 30 systemctl show -p TriggeredBy -- "$1" | sed -n 's/^TriggeredBy=//p' | tr ' ' '\n' | while read -r unit; do
        if [ -n "$unit" ] && limited 30 systemctl --quiet is-active -- "$unit"; then printf '%s\n' "$unit"; fi
    done
}

stop() {
    limited 300 systemctl stop -- "$1"
    case $? in
        0) echo "stopped $1" ;;
        "$not_loaded") echo "no service $1 here" ;;
        *)
            echo "cannot stop $1" >&2
            status=1
            ;;
    esac
}

# Keeps what an earlier run stopped. Only root may write into the directory; a link is not followed all the same.
keep() {
    [ -n "$1" ] || return 0
    known=
    if [ -f "$record" ] && ! [ -h "$record" ]; then known=$(sed 1d "$record"); fi
    new=$(mktemp "$record.XXXXXX") || return
    printf '%s\n' "$(system)" "${known:+$known$newline}$1" >"$new" && mv -f "$new" "$record"
}

idle
before=$(running)
for service in "$@"; do
    case $service in
        '' | -* | *[][*?]*)
            echo "no service $service here"
            continue
            ;;
    esac
    for unit in $(triggers "$service"); do
        stop "$unit"
    done
    stop "$service"
done
after=$(running)
gone=$(printf '%s\n' "$before" | while read -r unit; do
    case $newline$after$newline in
        *"$newline$unit$newline"*) ;;
        *) printf '%s\n' "$unit" ;;
    esac
done)
if keep "$gone"; then
    if [ -f "$record" ] && ! [ -h "$record" ]; then gone=$(sed 1d "$record"); fi
else
    echo "cannot write $record: start by hand what was running" >&2
    status=1
fi
# All that whoever comes next would start again.
if [ -n "$gone" ]; then printf '%s\n' "$gone" | sed 's/^/was running: /'; fi
exit $status
