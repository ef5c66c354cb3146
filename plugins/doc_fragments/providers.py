# Copyright (c) 2026 evergreen.os_migration contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

from collections.abc import Iterable
from importlib import import_module
from typing import Any

import yaml
from ansible_collections.evergreen.os_migration.plugins.module_utils._clouds import PROVIDERS
from ansible_collections.evergreen.os_migration.plugins.module_utils._clouds.base import Provider


def together(providers: Iterable[Provider]) -> str:
    """Return the fragments of some providers as one."""
    whole: dict[str, Any] = {"options": {}, "requirements": []}
    for part in map(_fragment, providers):
        whole["options"] |= part["options"]
        whole["requirements"] += part.get("requirements", [])
    return yaml.safe_dump(whole, sort_keys=False)


def several(providers: Iterable[Provider]) -> str:
    """Return the fragment on calls that reach the clouds in several ways."""
    option = {
        "description": [
            "Several ways to reach the clouds, when hosts have options of their own. Each instance says by its "
            "number, from 0, which one is its own. Set by the roles.",
            "Where an entry has no options of a provider, those of the call count.",
        ],
        "type": "list",
        "elements": "dict",
        "default": [],
        "suboptions": {one.name: _fragment(one)["options"][one.name] for one in providers},
    }
    return yaml.safe_dump({"options": {"connections": option}}, sort_keys=False)


def _fragment(provider: Provider) -> dict[str, Any]:
    """Return the provider's own fragment, a file here that is named as it, or the least that there is to say."""
    try:
        module = import_module(f"ansible_collections.evergreen.os_migration.plugins.doc_fragments.{provider.name}")
    except ModuleNotFoundError:
        return {"options": {provider.name: {"description": f"How to reach {provider.title}.", "type": "dict"}}}
    fragment: dict[str, Any] = yaml.safe_load(module.ModuleDocFragment.DOCUMENTATION)
    return fragment


class ModuleDocFragment:
    """How to reach each provider."""

    # With its type: linters of documentation read plain assignments, and take their values for texts.
    DOCUMENTATION: str = together(PROVIDERS.values())
    SEVERAL: str = several(PROVIDERS.values())
