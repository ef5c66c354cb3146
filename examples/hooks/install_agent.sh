#!/bin/sh
# Copyright (c) 2026 evergreen.os_migration contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
#
# Installs an agent and starts it: install_agent.sh PACKAGE SERVICE. The package comes from a repository of the new system.

package=$1
service=$2

if command -v dnf >/dev/null 2>&1; then manager=dnf; else manager=yum; fi
if ! rpm -q -- "$package" >/dev/null 2>&1; then
    "$manager" -y install -- "$package" || exit
fi
systemctl enable --now "$service" || exit
systemctl is-active "$service" || exit
echo "$package runs"
