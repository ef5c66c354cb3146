#!/bin/sh
# Copyright (c) 2026 evergreen.os_migration contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
#
# Stops the services named as arguments. A fleet has one list of services: one that a guest does not have is no error.

not_loaded=5
status=0
for service in "$@"; do
    systemctl stop "$service"
    case $? in
        0) echo "stopped $service" ;;
        "$not_loaded") echo "no service $service here" ;;
        *)
            echo "cannot stop $service" >&2
            status=1
            ;;
    esac
done
exit $status
