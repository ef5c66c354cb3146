# Copyright (c) 2026 evergreen.os_migration contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

from collections.abc import Iterable
from importlib import import_module
from typing import Any

import yaml
from ansible_collections.evergreen.os_migration.plugins.module_utils._clouds import PROVIDERS


def together(names: Iterable[str]) -> str:
    """Return the fragments of some providers as one; each is a file here, named as the provider."""
    package = "ansible_collections.evergreen.os_migration.plugins.doc_fragments"
    whole: dict[str, Any] = {"options": {}, "requirements": []}
    for name in names:
        part = yaml.safe_load(import_module(f"{package}.{name}").ModuleDocFragment.DOCUMENTATION)
        whole["options"] |= part["options"]
        whole["requirements"] += part["requirements"]
    return yaml.safe_dump(whole, sort_keys=False)


class ModuleDocFragment:
    """How to reach each provider."""

    DOCUMENTATION = together(PROVIDERS)
