#!/bin/sh
# Copyright (c) 2026 evergreen.os_migration contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
#
# Starts the time service that is installed, now and at every boot, and waits until the clock is synchronised.
# Argument: apply; with anything else it only says what it would do.

mode=$1
tries=12
interval=5

synchronised() {
    limited 10 timedatectl 2>/dev/null | grep -Eq '(NTP|System clock) synchronized: yes'
}

service() {
    for candidate in chronyd ntpd; do
        if limited 10 systemctl cat "$candidate.service" >/dev/null 2>&1; then
            echo "$candidate"
            return
        fi
    done
    return 1
}

if synchronised; then
    echo 'the clock is synchronised'
    exit 0
fi
name=$(service) || fail 'neither chronyd nor ntpd is installed: install chrony'
if [ "$mode" != apply ]; then
    echo "would enable and restart $name"
    exit 0
fi

idle
limited 30 systemctl enable "$name" || fail "cannot enable $name"
limited 30 systemctl restart "$name" || fail "cannot start $name"
while ! synchronised; do
    tries=$((tries - 1))
    [ "$tries" -gt 0 ] || fail "$name runs, but the clock is not synchronised: does it reach its time servers?"
    sleep "$interval"
done
echo "enabled and restarted $name: the clock is synchronised"
