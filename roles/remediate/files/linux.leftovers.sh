#!/bin/sh
# Copyright (c) 2026 evergreen.os_migration contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
#
# Removes what an in-place upgrade (Leapp) left behind when it did not come to its end: exactly the paths that the guest
# facts tell. Argument: apply; with anything else it only says what it would do.

mode=$1

leftovers() {
    for path in /boot/vmlinuz-upgrade.* /boot/initramfs-upgrade.* /root/tmp_leapp_py3 \
        /var/lib/leapp/scratch /var/lib/leapp/el[789]userspace /var/lib/leapp/el10userspace; do
        if [ -e "$path" ]; then
            echo "$path"
        fi
    done
}

found=$(leftovers)
if [ -z "$found" ]; then
    echo 'no leftovers'
    exit 0
fi
if [ "$mode" = apply ]; then idle; fi
if limited 60 grep -rqs 'vmlinuz-upgrade\.' /boot/loader/entries /boot/grub2/grub.cfg /boot/efi/EFI; then
    fail 'a boot entry starts the upgrade: nothing was removed, remove the entry first (grubby --remove-kernel)'
fi

# None of these names holds a space.
# shellcheck disable=SC2086
set -- $found
for path in "$@"; do
    awk -v path="$path" 'index($2 "/", path "/") == 1 { found = 1 } END { exit found ? 3 : 0 }' /proc/mounts
    case $? in
        0) ;;
        3) fail "something is mounted in $path: nothing was removed, unmount it first" ;;
        *) fail 'nothing was removed: /proc/mounts cannot be read' ;;
    esac
done
if [ "$mode" != apply ]; then
    printf 'would remove %s\n' "$@"
    exit 0
fi
for directory in /boot /root /var/lib /var/lib/leapp; do
    if [ -h "$directory" ]; then fail "$directory is a link: nothing was removed"; fi
done
limited 400 rm -rf --one-file-system "$@" || fail 'could not remove all of them'
printf 'removed %s\n' "$@"
