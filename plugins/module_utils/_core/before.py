# Copyright (c) 2026 evergreen.os_migration contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What an instance was before a migration, as a text that is short enough for a tag: digests, and one number.

The text stands on the points that are the way back, so that any later run can tell what has changed and what has not.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Mapping
from types import MappingProxyType
from typing import TypeAlias

from .catalog import is_windows
from .model import Guest, Instance

#: By the text's short words. What was not seen is left out.
Before: TypeAlias = Mapping[str, str]

UNSEEN: Before = MappingProxyType({})
#: What a guest is known by: the kernel that runs (of Windows its installation type), its boot, and its packages (of
#: Windows when it was installed, which an upgrade in place writes anew).
_LINUX = {"kernel": ("kernel", "kernel_builder"), "boot": ("boot_id",), "pkgs": ("package_kinds",)}
_WINDOWS = {"kernel": ("installation",), "boot": ("os_booted",), "pkgs": ("os_installed",)}

_DIGITS = 8
_PAIR = re.compile(rf"(host|priv|pub|disks|image|kernel|boot|pkgs)=([0-9a-f]{{{_DIGITS}}})|(twice)=([0-9]{{1,7}})")


def of_instance(instance: Instance) -> Before:
    """Return what the cloud shows of an instance that a migration in place keeps."""
    seen = {
        "host": instance.hostname,
        "priv": " ".join(sorted(instance.private_addresses)),
        "pub": " ".join(sorted(instance.public_addresses)) or "none",
        "disks": " ".join(sorted(disk.disk_id for disk in instance.disks)),
        "image": instance.image_id,
    }
    return {name: _digest(value) for name, value in seen.items() if value}


def of_guest(guest: Guest) -> Before:
    """Return what the guest says of itself that a migration changes, or must not make worse."""
    sources, facts = (_WINDOWS if is_windows(guest.os) else _LINUX), guest.facts
    seen = {name: [facts.get(fact, "") for fact in parts] for name, parts in sources.items()}
    found = {name: _digest(" ".join(values)) for name, values in seen.items() if all(values)}
    twice = facts.get("packages_twice", "")
    return {**found, "twice": twice} if re.fullmatch("[0-9]{1,7}", twice) else found


def to_text(before: Before) -> str:
    """Return the text, of 128 characters at most; a word that has no place in it is left out."""
    pairs = (f"{name}={value}" for name, value in before.items())
    return " ".join(pair for pair in pairs if _PAIR.fullmatch(pair))


def from_text(text: str) -> Before:
    """Return what a text says. Words of another version, and what is damaged, count as not seen."""
    pairs = (found.groups() for word in text.split(" ") if (found := _PAIR.fullmatch(word)))
    return {name or number: value or count for name, value, number, count in pairs}


def _digest(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()[:_DIGITS]
