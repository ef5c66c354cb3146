#!/bin/sh
# Copyright (c) 2026 evergreen.os_migration contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
#
# Names file systems in /etc/fstab by UUID instead of by device: devices may be called otherwise after the migration.
# The old file is kept. Argument: apply; with anything else it only says what it would do.

PATH="$PATH:/usr/sbin:/usr/bin:/sbin:/bin"
mode=$1
fstab=/etc/fstab
backup=$fstab.before-os-migration

# What is mounted from elsewhere now must not get the UUID of what the table says.
uuid() {
    mounted=$(awk -v place="$2" '$2 == place && $1 != "rootfs" { device = $1 } END { print device }' /proc/mounts)
    [ -z "$mounted" ] || [ "$mounted" = "$1" ] || fail "$2 is mounted from $mounted, not from $1: correct $fstab by hand"
    found=$(limited 20 blkid -c /dev/null -s UUID -o value "$1")
    [ -n "$found" ] || fail "$1 has no UUID: correct $fstab by hand"
    echo "$found"
}

rewritten() {
    while IFS= read -r line || [ -n "$line" ]; do
        device=$(printf '%s\n' "$line" | awk '{ print $1 }')
        case $device in
            /dev/sd[a-z]* | /dev/vd[a-z]* | /dev/xvd[a-z]* | /dev/hd[a-z]* | /dev/nvme[0-9]*)
                found=$(uuid "$device" "$(printf '%s\n' "$line" | awk '{ print $2 }')") || exit 1
                printf '%s\n' "UUID=$found${line#*"$device"}"
                ;;
            *) printf '%s\n' "$line" ;;
        esac
    done <"$fstab"
}

table=$(rewritten) || exit 1
if ! changes=$(printf '%s\n' "$table" | grep -vxFf "$fstab"); then
    echo "$fstab names no device"
    exit 0
fi
if [ "$mode" != apply ]; then
    printf '%s\n' "would write into $fstab:" "$changes"
    exit 0
fi

idle
for file in "$fstab" "$backup"; do
    if [ -h "$file" ]; then fail "$file is a link: correct $fstab by hand"; fi
done
[ -e "$backup" ] || cp -p "$fstab" "$backup" || fail "cannot write $backup"
new=$(mktemp "$fstab.XXXXXX") || fail "cannot write beside $fstab"
trap 'rm -f "$new"' EXIT
{ cp -p "$fstab" "$new" && printf '%s\n' "$table" >"$new" && mv "$new" "$fstab"; } || fail "cannot write $fstab"
printf '%s\n' "wrote into $fstab, the old one is $backup:" "$changes"
