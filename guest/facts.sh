#!/bin/sh
# Copyright (c) 2026 evergreen.os_migration contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
#
# evergreen.os_migration guest facts
#
# Prints what the precheck rules want to know about a Linux guest and changes nothing.
# Runs on end-of-life systems: POSIX sh, no Python, no bash; a fact that cannot be found is left out.

LC_ALL=C
LANG=C
PATH="$PATH:/usr/sbin:/usr/bin:/sbin:/bin"
export LC_ALL LANG PATH

fact() {
    if [ -n "$2" ]; then
        printf '%s=%s\n' "$1" "$2"
    fi
}

# os-release is read, not sourced: it is data.
os_release() {
    [ -r /etc/os-release ] || return 0
    sed -n "s/^$1=[\"']\{0,1\}\([^\"']*\).*/\1/p" /etc/os-release | sed -n 1p
}

first_line() {
    [ -r "$1" ] || return 0
    sed -n 1p "$1"
}

memory_available_mib() {
    [ -r /proc/meminfo ] || return 0
    awk '
        /^MemAvailable:/ { available = $2 }
        /^(MemFree|Buffers|Cached):/ { reclaimable += $2 }
        END { printf "%d", (available ? available : reclaimable) / 1024 }
    ' /proc/meminfo
}

free_mib() {
    df -Pk "$1" 2>/dev/null | awk 'NR == 2 { printf "%d", $4 / 1024 }'
}

package_manager() {
    for candidate in dnf yum; do
        if command -v "$candidate" >/dev/null 2>&1; then
            echo "$candidate"
            return
        fi
    done
    echo none
}

# No answer from rpm (missing, or its database is damaged) is not the same as no 32-bit packages: say nothing then.
i686_facts() {
    packages=$(rpm -qa --qf '%{NAME}.%{ARCH}\n' 2>/dev/null) || return 0
    i686=$(printf '%s\n' "$packages" | grep '\.i[3-6]86$' | sort)
    fact i686_count "$(printf '%s\n' "$i686" | grep -c .)"
    fact i686_packages "$(printf '%s\n' "$i686" | sed -n 1,50p | tr '\n' ' ' | sed 's/ *$//')"
}

echo 'osm-facts 1'
fact os_id "$(os_release ID)"
fact os_version "$(os_release VERSION_ID)"
fact os_name "$(os_release PRETTY_NAME)"
fact os_release "$(first_line /etc/redhat-release)"
fact arch "$(uname -m)"
fact kernel "$(uname -r)"
fact memory_available_mib "$(memory_available_mib)"
for directory in usr var boot; do
    fact "free_mib./$directory" "$(free_mib "/$directory")"
done
fact package_manager "$(package_manager)"
i686_facts
echo 'osm-facts end'
