#!/bin/sh
# Copyright (c) 2026 evergreen.os_migration contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
#
# Starts again what stop_services.sh has stopped, as long as the guest runs the same system, in the opposite order. On
# another system, and where nothing was kept, it starts those of the services named as arguments that start at boot.
# It does not look whether a package manager runs: what was stopped is put back in any case.

PATH="$PATH:/usr/sbin:/usr/bin:/sbin:/bin"
record=/var/lib/os_migration.stopped
status=0
deadline=$(($(date +%s) + 600))

system() {
    sed -n 's/^\(ID\|VERSION_ID\)=/&/p' /etc/os-release | sort | tr '\n' ' '
}

start() {
    if limited 30 systemctl --quiet is-active -- "$1"; then
        echo "$1 runs"
    elif [ "$(date +%s)" -ge "$deadline" ]; then
        limited 30 systemctl --no-block start -- "$1"
        echo "cannot see whether $1 starts: no time is left" >&2
        status=1
    elif limited 120 systemctl start -- "$1"; then
        echo "started $1"
    else
        echo "cannot start $1" >&2
        status=1
    fi
}

if [ -f "$record" ] && ! [ -h "$record" ] && [ "$(sed -n 1p "$record")" = "$(system)" ]; then
    units=$(sed 1d "$record" | awk 'NF && !seen[$1]++ { unit[++count] = $1 } END { while (count) print unit[count--] }')
    for unit in $units; do
        start "$unit"
    done
    if [ "$status" -eq 0 ]; then rm -f "$record"; fi
    exit $status
fi

for service in "$@"; do
    case $service in
        '' | -* | *[][*?]*)
            echo "no service $service here"
            continue
            ;;
    esac
    if ! limited 30 systemctl --quiet is-enabled -- "$service" 2>/dev/null; then
        echo "$service does not start at boot: left alone"
    else
        start "$service"
    fi
done
if [ "$status" -eq 0 ]; then rm -f "$record"; fi
exit $status
