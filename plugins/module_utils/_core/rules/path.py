# Copyright (c) 2026 evergreen.os_migration contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The conditions that the provider sets on a path, beyond the two operating systems.

The planner holds back a path whose condition is known to fail; here what is not known stops the instance as well.
"""

from __future__ import annotations

from ..model import required
from ..paths import admits
from .documents import AWS, ECS
from .rule import INHIBITOR, NOT_KNOWN, WARNING, Case, Scope, Verdict, rule


@rule(
    "path.allow_list",
    WARNING,
    "The provider offers this path only to accounts on its allow list.",
    "Ask the provider by a ticket to put the account on the list before you start.",
    ECS,
)
def _allow_list(case: Case) -> Verdict:
    return (case.path.allow_list or None) if case.path else None


@rule(
    "path.region",
    INHIBITOR,
    "The provider offers this path only in some regions.",
    "Choose a target that can be reached in this region, or ask the provider.",
    ECS,
)
def _region(case: Case) -> Verdict:
    return _outside(case.instance.region, case.path.regions) if case.path else None


@rule(
    "path.version",
    INHIBITOR,
    "The path starts from a certain minor version only.",
    "Update the guest to that minor version, restart it, and run again.",
    ECS,
    Scope.GUEST,
)
def _version(case: Case) -> Verdict:
    return _outside(_said(case, "version"), case.path.versions) if case.path and _is_next(case) else None


@rule(
    "path.edition",
    INHIBITOR,
    "The path starts from certain editions of Windows Server only.",
    "Choose a target that this edition can be migrated to, or rebuild the instance.",
    f"{ECS}; {AWS}",
    Scope.GUEST,
)
def _edition(case: Case) -> Verdict:
    return _outside(_said(case, "edition"), case.path.editions) if case.path and _is_next(case) else None


@rule(
    "path.language",
    INHIBITOR,
    "The path exists for certain languages of Windows only; a migration cannot change the language.",
    "Keep the instance as it is, or rebuild it on a new instance.",
    ECS,
    Scope.GUEST,
)
def _language(case: Case) -> Verdict:
    return _outside(_said(case, "language"), case.path.languages) if case.path else None


def _is_next(case: Case) -> bool:
    """Say whether the path starts from what the guest runs now; what an earlier hop leaves behind is not seen yet."""
    return case.source == required(case.guest).os


def _said(case: Case, name: str) -> str:
    """Return what the guest says of itself, else what the cloud says of the same operating system."""
    guest = required(case.guest)
    own = str(getattr(guest, name))
    return own or (str(getattr(case.instance, f"os_{name}")) if case.instance.os == guest.os else "")


def _outside(value: str, allowed: tuple[str, ...]) -> str | None:
    if not allowed or admits(allowed, value):
        return None
    return f"{value or NOT_KNOWN}, allowed: {', '.join(allowed)}"
