# Copyright (c) 2026 evergreen.os_migration contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Remedies for findings: each has the name of a rule and a script of that name, which the role remediate brings."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from typing import Any

#: States of instances that nothing has been done to yet: only there an assessment tells what is to be remedied.
_OPEN = ("ready", "blocked", "assessed")


@dataclass(frozen=True)
class Remedy:
    """What can be done about a finding.

    ``options`` are the options of the role that its script gets after the mode. A remedy with ``systems`` answers no
    finding: it is for all hosts that run one of them.
    """

    name: str
    does: str
    options: tuple[str, ...] = ()
    shell: str = "sh"
    timeout: int = 60
    systems: tuple[str, ...] = ()

    @property
    def file(self) -> str:
        """Return the name of its script."""
        return f"{self.name}.{'ps1' if self.shell == 'powershell' else 'sh'}"

    def arguments(self, mode: str, options: Mapping[str, Any]) -> list[str]:
        """Return what its script gets."""
        return [mode, *(_text(options.get(name)) for name in self.options)]

    def is_for(self, result: Mapping[str, Any]) -> bool:
        """Say by the result of an assessment whether this is for the instance."""
        if result.get("state") not in _OPEN:
            return False
        if self.systems:
            return result.get("source_os") in self.systems
        return any(found["id"] == self.name for found in result.get("findings") or ())


def _text(value: Any) -> str:
    return str(value).lower() if isinstance(value, bool) else str(value)


#: In the order in which they run.
REMEDIES: tuple[Remedy, ...] = (
    Remedy(
        "linux.repositories",
        "point yum or dnf of CentOS to a mirror",
        options=("mirror", "update_packages"),
        systems=("centos-7", "centos-8"),
        timeout=3600,
    ),
    Remedy("linux.i686_packages", "remove the i386 and i686 packages", timeout=1800),
    Remedy("linux.security_center", "uninstall the Security Center agent", options=("uninstaller",), timeout=600),
    Remedy("linux.rsync", "install rsync", timeout=600),
    Remedy("linux.time_not_synchronised", "start the time service", timeout=180),
    Remedy("linux.fstab_device_names", "name file systems in /etc/fstab by UUID"),
    Remedy("linux.leftovers", "remove what an earlier attempt left behind", timeout=600),
    Remedy(
        "windows.space",
        "delete old temporary files and update downloads",
        options=("clean_components",),
        shell="powershell",
        timeout=3600,
    ),
)


def wanted(rules: Collection[str]) -> tuple[Remedy, ...]:
    """Return the remedies of these rules."""
    return tuple(remedy for remedy in REMEDIES if remedy.name in rules)
