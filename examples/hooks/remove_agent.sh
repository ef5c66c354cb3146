#!/bin/sh
# Copyright (c) 2026 evergreen.os_migration contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
#
# Stops an agent and removes it: remove_agent.sh PACKAGE SERVICE. One that is not there is left alone, so it may run twice.

package=$1
service=$2

if ! rpm -q -- "$package" >/dev/null 2>&1; then
    echo "$package is not installed"
    exit 0
fi
systemctl disable --now "$service" || exit
rpm -e -- "$package" || exit
echo "removed $package"
