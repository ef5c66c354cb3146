# Copyright (c) 2026 evergreen.os_migration contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The supported migration paths as one table, and the planner over it.

A new path is a row. Sources: the provider's page "Migrate the operating system of an ECS instance"
(2025-11-09); where an older page disagrees, the newer one wins.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Iterable
from dataclasses import dataclass

from .catalog import NAMES
from .model import Hop, Problem

X86, ARM = "x86_64", "arm64"


@dataclass(frozen=True)
class Path:
    """One supported direct migration. ``note`` is a condition that the service sets beyond the two OS versions."""

    source: str
    target: str
    architectures: tuple[str, ...] = (X86,)
    provider: str = "alicloud"
    service: str = "smc"
    minutes: int = 30
    note: str = ""


_ALLOW_LIST = "Only for accounts that the provider has put on its allow list, from {0}."

PATHS: tuple[Path, ...] = (
    Path("centos-7", "alinux-3", (X86, ARM)),
    Path("centos-7", "alinux-2"),
    Path("centos-7", "anolis-7", (X86, ARM)),
    Path("centos-7", "anolis-8", (X86, ARM)),
    Path("centos-7", "rhel-7", note=_ALLOW_LIST.format("CentOS 7.9")),
    Path("centos-8", "alinux-3", (X86, ARM)),
    Path("centos-8", "anolis-8", (X86, ARM)),
    Path("centos-8", "rhel-8", note=_ALLOW_LIST.format("CentOS 8.5")),
    Path("rhel-7", "alinux-3"),
    Path("rhel-7", "rhel-8"),
    Path("rhel-8", "alinux-3"),
    Path("rhel-8", "rhel-9"),
    Path("alinux-2", "alinux-3"),
    Path("windows-2008r2", "windows-2012r2"),
    Path("windows-2012r2", "windows-2016"),
    Path("windows-2012r2", "windows-2019"),
    Path("windows-2016", "windows-2019"),
    Path("windows-2016", "windows-2022"),
    Path("windows-2019", "windows-2022"),
)


def _edges(provider: str, architecture: str) -> dict[str, list[Path]]:
    edges: dict[str, list[Path]] = {}
    for path in PATHS:
        if path.provider == provider and architecture in path.architectures:
            edges.setdefault(path.source, []).append(path)
    return edges


def _trails(source: str, provider: str, architecture: str) -> dict[str, tuple[Path, ...]]:
    """Return the shortest trail from ``source`` to every OS that can be reached, breadth first."""
    edges = _edges(provider, architecture)
    trails: dict[str, tuple[Path, ...]] = {source: ()}
    queue = deque([source])
    while queue:
        here = queue.popleft()
        for path in edges.get(here, ()):
            if path.target not in trails:
                trails[path.target] = (*trails[here], path)
                queue.append(path.target)
    return trails


def reachable(source: str, provider: str, architecture: str) -> tuple[str, ...]:
    """Return the canonical ids that can be reached from ``source``, nearest first."""
    return tuple(os_id for os_id in _trails(source, provider, architecture) if os_id != source)


def plan(source: str, target: str, provider: str, architecture: str) -> tuple[Hop, ...] | Problem:
    """Return the shortest allowed hops from ``source`` to ``target``, or the problem that says why there is none."""
    trail = _trails(source, provider, architecture).get(target)
    if trail is None:
        return _no_path(source, target, provider, architecture)
    return tuple(Hop(path.source, path.target, path.service, path.minutes) for path in trail)


def notes(hops: Iterable[Hop]) -> tuple[str, ...]:
    """Return the extra conditions of the given hops."""
    wanted = {(hop.source, hop.target) for hop in hops}
    return tuple(path.note for path in PATHS if path.note and (path.source, path.target) in wanted)


def _no_path(source: str, target: str, provider: str, architecture: str) -> Problem:
    if source not in NAMES:
        return Problem(
            "UnsupportedSource",
            f"The operating system of the instance is not one that can be migrated ({source}).",
            "Check the OS name that the cloud and the guest report; see the table of supported paths.",
        )
    choices = reachable(source, provider, architecture)
    nearest = f"From {source} on {architecture} these can be reached: {', '.join(choices)}." if choices else ""
    return Problem(
        "UnsupportedPath",
        f"There is no supported path from {source} to {target} on {architecture} with provider {provider}.",
        nearest or f"No migration from {source} is supported; keep it as it is or rebuild it on a new instance.",
    )
