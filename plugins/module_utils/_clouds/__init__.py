# Copyright (c) 2026 evergreen.os_migration contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The clouds that the collection knows: a package here, and a row in PROVIDERS. Nothing else lists them."""

from __future__ import annotations

from collections.abc import Mapping

from . import alicloud
from .base import Provider

PROVIDERS: Mapping[str, Provider] = {alicloud.PROVIDER.name: alicloud.PROVIDER}
