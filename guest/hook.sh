#!/bin/sh
# Copyright (c) 2026 evergreen.os_migration contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
#
# evergreen.os_migration hook
#
# Comes after a user's script, which the function "script" prints, and runs it. A mark says before that it has begun and
# after that it is done, so that a later run, of any controller, knows. Where no mark can be written nothing is run.

PATH="$PATH:/usr/sbin:/usr/bin:/sbin:/bin"
record=/var/lib/os_migration.hooks
restart=194
# What comes before has set these.
: "${mark:?}" "${interpreter:?}"

# keep WORD: the mark of this hook, beside those of the last others. A link in its place is not followed.
keep() {
    new=$(mktemp "$record.XXXXXX") || return
    {
        if [ -f "$record" ] && ! [ -h "$record" ]; then grep -v "^$mark:" "$record" | tail -n 19; fi
        echo "$mark:$1:$(date -u +%s)"
    } >"$new" && mv -f "$new" "$record"
}

if ! keep begun; then
    echo "nothing was run: cannot write $record" >&2
    exit 1
fi
umask 077
file=$(mktemp) && script >"$file" || exit 1
# The interpreter may come with a word of its own.
# shellcheck disable=SC2086
$interpreter "$file" "$@" </dev/null
code=$?
rm -f "$file"
case $code in
    0 | "$restart") keep 'done' ;;
    *) keep failed ;;
esac || echo "cannot write $record: this may be run again" >&2
exit $code
