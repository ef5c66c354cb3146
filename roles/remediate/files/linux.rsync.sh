#!/bin/sh
# Copyright (c) 2026 evergreen.os_migration contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
#
# Installs rsync. Argument: apply; with anything else it only says what it would do.

mode=$1

manager() {
    for candidate in dnf yum; do
        if command -v "$candidate"; then return; fi
    done
    return 1
}

if command -v rsync >/dev/null 2>&1; then
    echo 'rsync is installed'
    exit 0
fi
tool=$(manager) || fail 'neither dnf nor yum is there: install rsync by hand'
tool=${tool##*/}
if [ "$mode" != apply ]; then
    echo "would install rsync with $tool"
    exit 0
fi

idle
limited 500 "$tool" -q -y install rsync || fail "$tool could not install rsync: do its repositories answer?"
command -v rsync >/dev/null 2>&1 || fail "$tool installed no rsync"
echo 'installed rsync'
