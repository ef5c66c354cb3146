# Copyright (c) 2026 evergreen.os_migration contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What a guest consists of at one moment: packages, services, ports, mounts, users, schedules, kernel and routes.

It comes from the facts script's answer. The whole of it is kept in a file; digests of it, short enough for a tag, stand
on the points that are the way back, so that a controller which has no such file can still tell equal from not.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any, TypeAlias

from .model import UNKNOWN, Guest

#: What is compared, by the word of its digest.
WORDS: Mapping[str, str] = {
    "pk": "packages",
    "ke": "kernel",
    "en": "services_enabled",
    "ru": "services_running",
    "po": "ports",
    "mo": "mounts",
    "us": "users",
    "cr": "cron",
    "ro": "routes",
}
#: What is settled some time after a start only.
STARTING = ("services_running", "ports")
#: Seconds after a start in which what is not there yet may still come.
SETTLED_AFTER = 300
#: What the lists are made from, and what else tells how to read them.
_LISTS = ("services_enabled", "services_running", "ports", "mounts", "users", "cron", "routes")
_KEPT = (
    *(f"all.{name}" for name in (*_LISTS, "package_names", "package_versions")),
    *(f"why.all.{name}" for name in _LISTS),
    *("package_sum", "rpm_database", "kernel", "os_build", "stopped_services", "time", "os_booted"),
)
_LIST = re.compile(r"([0-9]{1,9}) ([0-9]{1,12}|-)((?: [0-9a-z]\S+)*)")
_PAIR = re.compile(rf"({'|'.join(WORDS)})=([0-9a-f]{{8}})")
#: Services that come and go while a system runs, so that two looks a minute apart differ.
_PASSING = re.compile(
    r"(?:user|user-runtime-dir|session|getty|serial-getty|container-getty)@.*|session-.*|systemd-(?:hostnamed|timedated|"
    r"localed|ask-password.*|fsck.*|tmpfiles.*|update-done|udev-settle)|packagekit|fwupd|dnf-makecache|polkit|upower|"
    r"sppsvc|gpsvc|TrustedInstaller|BITS|wuauserv|RemoteRegistry|MapsBroker|edgeupdate|gupdate|ShellHWDetection|"
    r"tiledatamodelsvc|CDPSvc|CDPUserSvc|WbioSrvc|UsoSvc|WaaSMedicSvc|DoSvc|OneSyncSvc|WpnUserService|StateRepository",
    re.IGNORECASE,
)
_REMOVABLE = ("_iso9660", "_udf")

Json: TypeAlias = Mapping[str, Any]


@dataclass(frozen=True)
class Listed:
    """One list of a guest. ``digest`` is equal where all of it is equal; not ``whole`` are names of very many."""

    names: tuple[str, ...]
    digest: str
    count: int
    whole: bool = True


@dataclass(frozen=True)
class Contents:
    """What a guest consists of: by its facts, or only digests of them. ``os`` is its system then."""

    os: str = UNKNOWN
    facts: Mapping[str, str] = field(default_factory=dict)
    digests: Mapping[str, str] = field(default_factory=dict)

    def __bool__(self) -> bool:
        """Say whether anything is known."""
        return bool(self.facts or self.digests)

    def listed(self, name: str) -> Listed | None:
        """Return a list; nothing where it could not be read, or only its digest is known."""
        return _READ.get(name, _plain)(self.facts, name)

    def digest(self, name: str) -> str:
        """Return the digest of a list; empty where nobody knows."""
        found = self.listed(name)
        return found.digest if found else self.digests.get(name, "")

    def why(self, name: str) -> str:
        """Return why a list is not known, as far as the guest has told."""
        return self.facts.get(f"why.all.{name}", "")[:120]

    @property
    def stopped(self) -> frozenset[str]:
        """Return the services that were stopped on purpose, to be started again."""
        found = self.facts.get("stopped_services", "none")
        return frozenset(map(_service, found.split())) if found != "none" else frozenset()

    @property
    def uptime(self) -> int | None:
        """Return the seconds since the guest had started, by its own clock."""
        now, booted = self.facts.get("time", ""), self.facts.get("os_booted", "")
        return int(now) - int(booted) if now.isdecimal() and booted.isdecimal() else None


@dataclass(frozen=True)
class Kept:
    """What was kept of an instance's guest before an attempt."""

    attempt: int
    contents: Contents


def of_guest(guest: Guest | None) -> Contents:
    """Return what a guest consists of by its answer; nothing of one that gave no usable answer."""
    if guest is None or not guest.probed or guest.trouble:
        return Contents()
    return Contents(guest.os, {name: guest.facts[name] for name in _KEPT if name in guest.facts})


# --- as texts ---------------------------------------------------------------------------------------------------------


def to_text(contents: Contents) -> str:
    """Return the digests as a text of 107 characters at most; what is not known is left out.

    Where services were stopped on purpose, what runs and listens then says nothing of what should.
    """
    left = STARTING if contents.stopped else ()
    found = ((word, contents.digest(name)) for word, name in WORDS.items() if name not in left)
    return " ".join(f"{word}={digest}" for word, digest in found if digest)


def from_text(text: str, os: str = UNKNOWN) -> Contents:
    """Return what a text says. Words of another version, and what is damaged, count as not seen."""
    pairs = (found.groups() for word in text.split(" ") if (found := _PAIR.fullmatch(word)))
    return Contents(os, digests={WORDS[word]: digest for word, digest in pairs})


def agree(one: Contents, other: Contents) -> bool:
    """Say whether two contents can be of one moment: nothing of which both have a digest differs."""
    pairs = ((one.digest(name), other.digest(name)) for name in WORDS.values())
    return all(mine == theirs for mine, theirs in pairs if mine and theirs)


# --- lists ------------------------------------------------------------------------------------------------------------


def _read_list(text: str) -> tuple[int, str, list[str]] | None:
    """Return how many, the checksum and the names of a list as the facts scripts print it."""
    found = _LIST.fullmatch(text)
    if not found:
        return None
    names: list[str] = []
    for word in found[3].split():
        shared = int(word[0], 36)
        names.append((names[-1] if names else "")[:shared] + word[1:])
    return int(found[1]), found[2], names


def _plain(facts: Mapping[str, str], name: str) -> Listed | None:
    read = _read_list(facts.get(f"all.{name}", ""))
    if read is None:
        return None
    count, checksum, names = read
    told, whole = _told(names, name), len(names) == count
    made = digest(told) if whole else digest([str(count), checksum, *told])
    return Listed(told, made, len(told) if whole else count, whole)


def _told(names: Iterable[str], name: str) -> tuple[str, ...]:
    """Return the names as people know them, without those that come and go."""
    say = _SAID.get(name, str)
    return tuple(sorted({said for word in names if (said := say(word))}))


def _service(name: str) -> str:
    return name.removesuffix(".service")


def _running(name: str) -> str:
    return "" if _PASSING.fullmatch(name) else name


def _mount(name: str) -> str:
    return "" if name.endswith(_REMOVABLE) else name


def _port(name: str) -> str:
    """Return the port of the kernel's hexadecimal digits."""
    found = re.fullmatch(r"(tcp|udp)/([0-9a-f]{1,4})(@lo)?", name.lower())
    return f"{found[1]}/{int(found[2], 16)}{found[3] or ''}" if found else name


def _route(name: str) -> str:
    """Return a route; the kernel of Linux writes addresses as hexadecimal digits, the last part first."""
    found = re.fullmatch(r"([^,]+),([0-9A-Fa-f]{8}),([0-9A-Fa-f]{8}),([0-9A-Fa-f]{8})", name)
    if not found:
        return name
    network, gateway, mask = (".".join(str(part) for part in bytes.fromhex(word)[::-1]) for word in found.groups()[1:])
    length = sum(int(part).bit_count() for part in mask.split("."))
    return f"{network}/{length} via {gateway} dev {found[1]}"


_SAID: Mapping[str, Callable[[str], str]] = {
    "services_running": _running,
    "mounts": _mount,
    "ports": _port,
    "routes": _route,
}


def _packages(facts: Mapping[str, str], name: str) -> Listed | None:
    """Return the packages; what tells whether all are equal are their versions too."""
    versions = _read_list(facts.get("all.package_versions", ""))
    if "all.package_names" not in facts:  # Windows: programs with their versions are all there is
        return _plain({"all.packages": facts.get("all.package_versions", "")}, name)
    names = _plain({"all.packages": facts["all.package_names"]}, name)
    checksum = facts.get("package_sum", "")
    if names is None or versions is None or not checksum:
        return None
    return Listed(names.names, digest([checksum]), names.count, names.whole)


def _kernel(facts: Mapping[str, str], name: str) -> Listed | None:
    found = facts.get("kernel") or facts.get("os_build") or ""
    return Listed((found,), digest([found]), 1) if found else None


_READ: Mapping[str, Callable[[Mapping[str, str], str], Listed | None]] = {"packages": _packages, "kernel": _kernel}


def versions(contents: Contents) -> Mapping[str, tuple[str, str]] | None:
    """Return version and kind of packages by their names, of those that are not the system's usual kind.

    Windows' programs have no kind. Nothing where they are not known, or more than were told.
    """
    read = _read_list(contents.facts.get("all.package_versions", ""))
    if read is None or len(read[2]) != read[0]:
        return None
    return dict(_versioned(word) for word in read[2])


def _versioned(word: str) -> tuple[str, tuple[str, str]]:
    """Return NAME-VERSION-RELEASE.ARCH/TAG/KEY, or NAME/VERSION, in parts."""
    found = re.fullmatch(r"(.+)-([^-]+-[^-]+)/(\w+/(?:none|[0-9a-f]{16}))", word)
    if found:
        return found[1], (found[2], found[3])
    name, _slash, version = word.rpartition("/")
    return name or word, (version, "")


def digest(words: Iterable[str]) -> str:
    return hashlib.sha256("\n".join(words).encode()).hexdigest()[:8]
