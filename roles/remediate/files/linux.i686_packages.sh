#!/bin/sh
# Copyright (c) 2026 evergreen.os_migration contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
#
# Removes the installed i386 and i686 packages and nothing else: rpm, unlike yum, removes only what it is told to, and
# refuses when another package needs one of them. Argument: apply; with anything else it only says what it would do.

mode=$1

installed() {
    packages=$(limited 60 rpm -qa --qf '%{NAME}.%{ARCH}\n') || fail 'rpm cannot read its database'
    printf '%s\n' "$packages" | grep '\.i[3-6]86$' | sort -u
}

found=$(installed) || exit 1
if [ -z "$found" ]; then
    echo 'no i386 or i686 package is installed'
    exit 0
fi

# A package's name is one word.
# shellcheck disable=SC2086
set -- $found
limited 120 rpm -e --allmatches --test "$@" || fail 'other packages need some of these: nothing was removed, remove the others first'
if [ "$mode" != apply ]; then
    printf 'would remove %s\n' "$@"
    exit 0
fi

idle
limited 1500 rpm -e --allmatches "$@" || fail 'rpm could not remove all of them'
printf 'removed %s\n' "$@"
