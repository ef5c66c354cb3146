# Copyright (c) 2026 evergreen.os_migration contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Precheck rules: each looks at one thing of one instance before one hop, and says what is wrong and what to do.

A new rule is a function with a ``@rule`` line in the file of what it looks at.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import replace

from ..catalog import is_windows
from ..model import UNKNOWN, Finding, required
from . import cloud, guest, linux, path, windows
from .cloud import LOCAL_DISKS
from .rule import INFO, INHIBITOR, NOT_KNOWN, RULES, WARNING, Case, Rule, Scope
from .waiving import waived

__all__ = [
    "INFO",
    "INHIBITOR",
    "LOCAL_DISKS",
    "NOT_KNOWN",
    "RULES",
    "WARNING",
    "Case",
    "Rule",
    "Scope",
    "cloud",
    "examine",
    "examine_all",
    "guest",
    "inhibitors",
    "linux",
    "path",
    "windows",
]


_WEIGHTS = (INFO, WARNING, INHIBITOR)


def examine(case: Case) -> tuple[Finding, ...]:
    """Return the findings of every rule that applies to ``case``, after its waivers."""
    scopes, route = _scopes(case), case.route
    findings = (
        found
        for rule in RULES
        if rule.scope in scopes
        if (severity := rule.severity(route))
        if (found := rule.look(case, severity))
    )
    return tuple(waived(found, case.waivers, case.now) for found in findings)


def examine_all(cases: Sequence[Case]) -> tuple[Finding, ...]:
    """Return the findings before all hops, each once, as it weighs most.

    The guest is seen before the first hop only. What it has then is what later hops meet, unless a rule knows better.
    """
    worst: dict[str, Finding] = {}
    for place, case in enumerate(cases):
        for found in examine(case):
            known = worst.get(found.id)
            if known is None or _WEIGHTS.index(found.severity) > _WEIGHTS.index(known.severity):
                worst[found.id] = _of_hop(found, case) if place else found
    return tuple(worst.values())


def _of_hop(found: Finding, case: Case) -> Finding:
    return replace(found, evidence=f"{found.evidence} (on the way from {case.source} to {required(case.hop).target})")


def inhibitors(findings: Iterable[Finding]) -> tuple[Finding, ...]:
    """Return the findings that stop a migration."""
    return tuple(found for found in findings if found.severity == INHIBITOR)


def _scopes(case: Case) -> tuple[Scope, ...]:
    """Return whose rules can speak: a guest without a usable answer is one finding, not one for each of its facts."""
    if case.guest is None or not case.guest.probed:
        return (Scope.CLOUD,)
    if case.guest.trouble or case.guest.os == UNKNOWN:
        return (Scope.CLOUD, Scope.ANSWER)
    return (Scope.CLOUD, Scope.GUEST, Scope.WINDOWS if is_windows(case.guest.os) else Scope.LINUX)
