# Copyright (c) 2026 evergreen.os_migration contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The documents that the rules cite."""

from __future__ import annotations

ECS = "ECS: Migrate the operating system of an instance (2025-11-09)"
ECS_ENGLISH = "ECS: Migrate or upgrade an operating system, the older English edition"
ECS_LIMITS = "ECS: Limits, on snapshots"
ECS_SNAPSHOT = "ECS API reference: CreateSnapshot"
SMC = "SMC: Migrate an operating system by using SMC"
AWS = "AWS Systems Manager: AWSEC2-CloneInstanceAndUpgradeWindows"
OWN = "A check of this collection; the provider's documents do not name it"
