#!/bin/sh
# Copyright (c) 2026 evergreen.os_migration contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
#
# Starts those of the services named as arguments that also start at boot, as a reboot would have done.

status=0
for service in "$@"; do
    if ! systemctl --quiet is-enabled "$service" 2>/dev/null; then
        echo "$service does not start at boot: left alone"
    elif systemctl start "$service"; then
        echo "started $service"
    else
        echo "cannot start $service" >&2
        status=1
    fi
done
exit $status
