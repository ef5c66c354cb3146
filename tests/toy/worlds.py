# Copyright (c) 2026 evergreen.os_migration contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What is in a toy cloud when a test begins."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from .state import ROOT, World

_OF_THE_CLOUD = {"region": "north", "power": "on", "radio": "on", "radio_hangs": False, "fails": (), "says": {}}


def add_instance(
    world: World,
    system: str = "centos-7",
    sizes: Sequence[int] = (40,),
    tags: Mapping[str, str] | None = None,
    **more: Any,
) -> str:
    """Put a running instance with disks of some sizes into the cloud, and return its id."""
    of_the_cloud = {name: more.pop(name, value) for name, value in _OF_THE_CLOUD.items()}
    shows = {
        "os_type": "windows" if system.startswith("windows") else "linux",
        "architecture": "x86_64",
        "vcpus": 2,
        "memory_mib": 8192,
        "network_type": "vpc",
        "private_addresses": ("10.0.0.1",),
        "image_id": "brick-1",
        **more,
    }
    marked = [{"born": 0.0, "key": key, "value": value} for key, value in (tags or {}).items()]
    made = world.new(world.instances, "toy", **of_the_cloud, tags=marked, shows=shows)
    world.instances[made].update(born=0.0, ready=0.0)
    for number, size in enumerate(sizes):
        place, data = (f"slot-{number}", "precious") if number else (ROOT, "as it was")
        world.new(world.disks, "vol", on=made, place=place, size=size, system=system, data=data)
    return made
