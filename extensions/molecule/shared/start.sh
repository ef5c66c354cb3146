#!/bin/sh
# Copyright (c) 2026 evergreen.os_migration contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
#
# Starts a simulated cloud in the background and waits until it is ready: start.sh DIRECTORY PYTHON
# The scenario comes from standard input. In DIRECTORY are then the journal, and ready.json with the endpoint.
set -eu
project=$(cd "$(dirname "$0")/../../.." && pwd -P)
mkdir -p "$1"
chmod 700 "$1"
cd "$1"
cat >scenario.json
PYTHONPATH=$project/tests setsid "$2" -m cloudsim --speed 600 --scenario scenario.json --journal journal.jsonl \
    </dev/null >ready.json 2>log &
echo $! >pid
until [ -s ready.json ]; do
    if ! kill -0 "$(cat pid)" 2>/dev/null; then
        cat log >&2
        rm pid
        exit 1
    fi
    sleep 0.1
done
