# Copyright (c) 2026 evergreen.os_migration contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Cases for the precheck rules: healthy ones, and small changes that make one thing bad."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from ansible_collections.evergreen.os_migration.plugins.module_utils._core.model import Account, Enrolment
from ansible_collections.evergreen.os_migration.plugins.module_utils._core.paths import PATHS
from ansible_collections.evergreen.os_migration.plugins.module_utils._core.rules import Case, examine

from .strategies import FINE, fine_guest, offer

_ROWS = {path.id: path for path in PATHS}


def towards(source: str, target: str, provider: str = "alicloud") -> Case:
    """Return a case that everything is fine with, before a hop of the path table."""
    path = _ROWS[f"{provider}.{source}.{target}"]
    windows = source.startswith("windows")
    return Case(
        instance=replace(FINE["windows" if windows else "linux"], os=source, provider=provider),
        guest=fine_guest(path.hop),
        hop=path.hop,
        path=path,
        works=(),
        enrolment=Enrolment("ready", "s-0"),
        account=Account(service_role=True, snapshots_used=True),
        words=offer().words,
    )


LINUX = towards("centos-7", "anolis-8")
TO_ALINUX = towards("centos-7", "alinux-3")
TO_RED_HAT = towards("centos-7", "rhel-7")
WINDOWS = towards("windows-2008r2", "windows-2012r2")
ON_AWS = towards("windows-2016", "windows-2019", "aws")


def severities(case: Case) -> dict[str, str]:
    """Return the severity of each finding, without the remarks that the path itself brings along."""
    findings = {finding.id: finding.severity for finding in examine(case)}
    remarks = {"linux.kernel_incompatible", "path.allow_list"}
    return {rule: severity for rule, severity in findings.items() if rule not in remarks}


def only(case: Case) -> Any:
    """Return the one finding of a case."""
    (finding,) = examine(case)
    return finding


def about(case: Case, **changes: Any) -> Case:
    """Return the case with another instance."""
    return replace(case, instance=replace(case.instance, **changes))


def in_guest(case: Case, **changes: Any) -> Case:
    """Return the case with another guest."""
    assert case.guest is not None
    return replace(case, guest=replace(case.guest, **changes))


def with_facts(case: Case, facts: dict[str, str | None] | None = None, **more: str | None) -> Case:
    """Return the case with other facts of the guest; ``None`` takes one away."""
    assert case.guest is not None
    merged = {**case.guest.facts, **(facts or {}), **more}
    return in_guest(case, facts={name: value for name, value in merged.items() if value is not None})


def without_target(case: Case) -> Case:
    """Return the case of an assessment that names no target."""
    return replace(case, hop=None, path=None)
