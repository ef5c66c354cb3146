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
    if [ "$(date +%s)" -ge "$deadline" ]; then
        echo "cannot stop $1: no time is left" >&2
        status=1
        return
    fi
    limited 120 systemctl stop -- "$1"
    case $? in
        0) echo "stopped $1" ;;
        "$not_loaded") echo "no service $1 here" ;;
        *)
            echo "cannot stop $1" >&2
            status=1
            ;;
    esac
}

# What an earlier run stopped. Only root may write into the directory; a link is not followed all the same.
kept() {
    if [ -f "$record" ] && ! [ -h "$record" ]; then sed 1d "$record"; fi
}

# keep UNITS: beside what an earlier run stopped.
keep() {
    if [ -z "$known$1" ]; then
        rm -f "$record"
        return
    fi
    new=$(mktemp "$record.XXXXXX") || return
    printf '%s\n' "$(system)" "$known${known:+${1:+$newline}}$1" >"$new" && mv -f "$new" "$record"
}

# What ran before and does not run any more.
gone() {
    after=$(running)
    printf '%s\n' "$before" | while read -r unit; do
        case $newline$after$newline in
            *"$newline$unit$newline"*) ;;
            *) printf '%s\n' "$unit" ;;
        esac
    done
}

# Those of the units that run, by their whole names.
of_running() {
    for unit in "$@"; do
        id=$(limited 30 systemctl show -p Id -- "$unit" | sed -n 's/^Id=//p')
        case $newline$before$newline in
            *"$newline${id:-none}$newline"*) printf '%s\n' "$id" ;;
        esac
    done
}

idle
deadline=$(($(date +%s) + 600))
known=$(kept)
before=$(running)
gone=
for service in "$@"; do
    case $service in
        '' | -* | *[][*?]*)
            echo "no service $service here"
            continue
            ;;
    esac
    triggers=$(triggers "$service")
    # Names of units hold no blanks.
    # shellcheck disable=SC2086
    next=$(of_running $triggers "$service")
    # Written down before it is stopped: this script may be killed at any time.
    if [ -n "$next" ] && ! keep "${gone:+$gone$newline}$next"; then
        echo "cannot stop $service: cannot write $record" >&2
        status=1
        continue
    fi
    for unit in $triggers; do
        stop "$unit"
    done
    stop "$service"
    gone=$(gone)
done
if ! keep "$gone"; then
    echo "cannot write $record: start by hand what was running" >&2
    status=1
fi
# All that whoever comes next would start again.
kept | sed 's/^/was running: /'
exit $status
