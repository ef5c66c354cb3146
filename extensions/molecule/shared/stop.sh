#!/bin/sh
# Copyright (c) 2026 evergreen.os_migration contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
#
# Stops what start.sh started, also when it has ended already, and removes its files: stop.sh DIRECTORY
set -eu
if [ -e "$1/pid" ]; then
    pid=$(cat "$1/pid")
    kill "$pid" 2>/dev/null || true
    tries=100
    while kill -0 "$pid" 2>/dev/null && [ $tries -gt 0 ]; do
        tries=$((tries - 1))
        sleep 0.1
    done
fi
rm -rf "$1"
