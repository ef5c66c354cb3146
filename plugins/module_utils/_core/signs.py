# Copyright (c) 2026 evergreen.os_migration contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Whether a guest is the system that it says it is: proven, wrong, or not known.

A name proves nothing: os-release can say the new system while the old kernel runs, or while half of the packages are
the old ones. What cannot be read is never taken for proof, nor for the contrary. The signs of each system are in the
catalogue, the reasons for the numbers in docs/how-it-works.md.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from typing import NamedTuple, TypeAlias

from . import before
from .before import Before
from .catalog import GENERATIONS, NAMES, SIGNS, builds, is_foreign, is_own, is_windows
from .model import Guest, Problem

#: Fewer packages of known systems than this say nothing of the whole.
_ENOUGH = 100
#: Below this share of own packages a system is half converted, below the second it is still the former one.
_HALF, _HARDLY_ANY = 0.5, 0.1
#: So many packages installed twice that were not before are a transaction that broke.
_TWICE = 10

_NUMBER, _TEXT = re.compile(r"[0-9]{1,15}"), re.compile(r"\S.*", re.DOTALL)
_OWNED = r"(?:unowned|[\w.+-]+/\w+/(?:none|[0-9a-f]{16}))"
_COUNTED = r"[0-9]{1,7}:(?:other|\w+/(?:none|[0-9a-f]{16}))"
_NUMBER_OR_NONE = re.compile(r"none|[0-9]{1,15}")

#: The facts that are asked for, with their forms. In any other form a fact could not be read.
LINUX: Mapping[str, re.Pattern[str]] = {
    "kernel": re.compile(r"[0-9]+\.\S+"),
    "kernel_owner": re.compile(_OWNED),
    "kernel_builder": _TEXT,
    "boot_id": re.compile(r"[0-9a-f-]{36}"),
    "package_kinds": re.compile(rf"none|{_COUNTED}(?: {_COUNTED})*"),
    "packages_twice": _NUMBER,
    "release_owner": re.compile(_OWNED),
    "release_packages": re.compile(rf"none|{_OWNED}(?: {_OWNED})*"),
    "upgrade_pending": _TEXT,
}
WINDOWS: Mapping[str, re.Pattern[str]] = {
    "os_build": _NUMBER,
    "installation": re.compile(r"server|server_core|nano|other"),
    "os_booted": _NUMBER,
    "os_installed": _NUMBER,
    "upgraded_from": _NUMBER_OR_NONE,
    "setup_rolled_back": _NUMBER_OR_NONE,
    "setup_state": _TEXT,
}


@dataclass(frozen=True)
class Verdict:
    """What the signs say. With a problem it is wrong, with ``unknown`` not known and why; with neither it is proven."""

    problem: Problem | None = None
    unknown: tuple[str, ...] = ()

    @property
    def proven(self) -> bool:
        """Say whether nothing speaks against it, and nothing is missing."""
        return self.problem is None and not self.unknown


@dataclass(frozen=True)
class Case:
    """A guest that should have become ``target`` and was ``source`` (empty where nobody knows).

    ``before`` is what was seen before; only the run that saw it knows what the guest's own clock said then (``time``).
    """

    guest: Guest
    target: str
    source: str = ""
    before: Before = field(default_factory=dict)

    def fact(self, name: str) -> str:
        """Return a fact."""
        return self.guest.facts[name]

    def same(self, name: str) -> bool:
        """Say whether something is known to be as it was before."""
        now = before.of_guest(self.guest)
        return name in self.before and self.before[name] == now.get(name)


Doubt: TypeAlias = Callable[["Case"], "str | None"]
Fault: TypeAlias = Callable[["Case"], "Problem | None"]


def judge(case: Case) -> Verdict:
    """Return the verdict on a guest."""
    missing = tuple(_missing(case))
    if missing:
        return Verdict(unknown=missing)
    faults, doubts = _looks(case)
    problem = next(filter(None, (fault(case) for fault in faults)), None)
    if problem:
        return Verdict(problem)
    return Verdict(unknown=tuple(filter(None, (doubt(case) for doubt in doubts))))


def _looks(case: Case) -> tuple[tuple[Fault, ...], tuple[Doubt, ...]]:
    """Return what is asked of a guest that names the target, its former system, or another one."""
    windows, named = is_windows(case.target), case.guest.os
    if named == case.target:
        return ((), _WINDOWS_DOUBTS) if windows else (_LINUX_FAULTS, _LINUX_DOUBTS)
    if named == case.source:
        return ((_setup_rolled_back,) if windows else (_former_system, _half_converted)), (_named,)
    return (), (_named,)


def _missing(case: Case) -> Iterable[str]:
    """Name what could not be read, with the reason where there is one."""
    guest, forms = case.guest, WINDOWS if is_windows(case.target) else LINUX
    if guest.trouble or not guest.probed:
        return [f"the guest's answer could not be read ({guest.trouble or 'it was not asked'})"]
    return [_unread(guest, name) for name, form in forms.items() if not form.fullmatch(guest.facts.get(name, ""))]


def _unread(guest: Guest, name: str) -> str:
    reason = guest.facts.get(f"why.{name}", "")[:120]
    return f"could not be read: {name} ({reason})" if reason else f"could not be read: {name}"


def _named(case: Case) -> str:
    return f"it says that it is {case.guest.os}"


def told(verdict: Verdict, target: str) -> Problem:
    """Return the problem of a verdict that proves nothing."""
    return verdict.problem or Problem(
        "NotProven",
        f"It could not be proven that the guest is {NAMES.get(target, target)}: {'; '.join(verdict.unknown)}.",
        "Look at the guest; nothing is rolled back and nothing is deleted meanwhile. When it is right, run again.",
    )


# --- Linux ----------------------------------------------------------------------------------------------------------


class Count(NamedTuple):
    """Packages that are the target's own, and those of other systems."""

    own: int
    foreign: int

    @property
    def share(self) -> float:
        """Return the share of own packages in those that are any system's."""
        return self.own / (self.own + self.foreign) if self.own + self.foreign else 0.0

    @property
    def enough(self) -> bool:
        """Say whether there are so many that their share says something."""
        return self.own + self.foreign >= _ENOUGH


def _counted(case: Case) -> Count:
    own = foreign = 0
    for word in case.fact("package_kinds").split():
        number, _colon, kind = word.partition(":")
        tag, _slash, key = kind.partition("/")
        own += int(number or 0) if is_own(case.target, tag, key) else 0
        foreign += int(number or 0) if is_foreign(case.target, tag, key) else 0
    return Count(own, foreign)


def _owner(text: str) -> tuple[str, str]:
    """Return tag and key of a package NAME/TAG/KEY; of nothing they are empty."""
    _name, _slash, kind = text.partition("/")
    tag, _slash, key = kind.partition("/")
    return tag, key


def _former_system(case: Case) -> Problem | None:
    """The former system, with its own packages: it was booted again, or never left."""
    count = _counted(case)
    if not count.enough or count.share >= _HARDLY_ANY:
        return None
    if case.same("boot"):
        return Problem(
            "VerifyFailed",
            f"The job finished, but the guest still runs {case.source}: it was not even restarted.",
            "Look at the guest and at the job's log; roll back, or run again when the guest is right.",
        )
    return Problem(
        "OldSystemBooted",
        f"The job finished, but the guest has booted the old system again: {case.source}, with its own packages.",
        "Look at the instance's console and at what its boot loader starts. Nothing is rolled back by itself: "
        "the old system works and writes data. Roll back yourself, or run again when the guest is right.",
    )


def _half_converted(case: Case) -> Problem | None:
    """A part of the packages, or what names the system, is another system's; or a transaction broke."""
    count, twice = _counted(case), _twice_more(case)
    if not count.enough:
        return None
    if count.share < _HALF:
        what = f"{count.foreign} packages are another system's and {count.own} its own"
    elif is_foreign(case.target, *_owner(case.fact("release_owner"))):
        what = f"/etc/os-release belongs to {case.fact('release_owner').partition('/')[0]} of another system"
    elif twice is not None and twice >= _TWICE:
        what = f"{twice} packages are installed twice that were not before"
    else:
        return None
    return Problem(
        "HalfConverted",
        f"The guest is half converted to {NAMES[case.target]}: {what}.",
        "Read the job's log in the {console} and the guest's own; roll back, or finish the conversion by hand "
        "and verify again.",
    )


def _twice_more(case: Case) -> int | None:
    """Return how many more packages are there twice than before; nothing where nobody looked before."""
    return int(case.fact("packages_twice")) - int(case.before["twice"]) if "twice" in case.before else None


_KERNEL_TAG = re.compile(r"[._+]((?:el|alnx|alios|al|an|amzn|oe|fc)[0-9]+)")


def _old_kernel(case: Case) -> Problem | None:
    """A kernel of a former generation, whoever made it. Within a generation an old one works, and is a doubt."""
    found = _KERNEL_TAG.search(case.fact("kernel"))
    if not found or GENERATIONS.get(found[1], SIGNS[case.target].generation) >= SIGNS[case.target].generation:
        return None
    return Problem(
        "OldKernelRuns",
        f"The guest names itself {NAMES[case.target]}, but the old kernel {case.fact('kernel')} runs.",
        "Look which entry the boot loader starts, boot the new system's kernel and verify again; or roll back.",
    )


def _few_packages(case: Case) -> str | None:
    count = _counted(case)
    if not count.enough:
        return f"only {count.own + count.foreign} of its packages tell a system"
    share, wanted = count.share, SIGNS[case.target].share
    return f"{share:.0%} of its packages are its own, {wanted:.0%} are wanted" if share < wanted else None


def _strange_kernel(case: Case) -> str | None:
    owner = case.fact("kernel_owner")
    if is_own(case.target, *_owner(owner)):
        return None
    return f"the kernel that runs, {case.fact('kernel')}, is not its own (package: {owner})"


def _strange_builder(case: Case) -> str | None:
    """A machine that nobody knows says nothing: Alibaba's have any name."""
    builder = case.fact("kernel_builder")
    if any(name in builder for name in SIGNS[case.target].builders):
        return None
    others = {name for signs in SIGNS.values() for name in signs.builders}
    known = any(name in builder for name in others)
    return f"the kernel that runs was built by another system's {builder}" if known else None


def _same_kernel(case: Case) -> str | None:
    return "the kernel of before still runs" if case.same("kernel") else None


def _strange_release(case: Case) -> str | None:
    owner = case.fact("release_owner")
    return None if is_own(case.target, *_owner(owner)) else f"/etc/os-release is not its own (package: {owner})"


def _foreign_release(case: Case) -> str | None:
    words = case.fact("release_packages").split()
    foreign = [word.partition("/")[0] for word in words if is_foreign(case.target, *_owner(word))]
    return f"packages name another system: {', '.join(foreign)}" if foreign else None


def _broken_transaction(case: Case) -> str | None:
    """Some may have been there twice before. Where nobody looked then, a few say nothing."""
    more, now = _twice_more(case), int(case.fact("packages_twice"))
    broken = now >= _TWICE if more is None else more > 0
    return f"{now} packages are installed twice" if broken else None


def _same_boot(case: Case) -> str | None:
    return "it was not restarted" if case.same("boot") else None


def _unfinished_upgrade(case: Case) -> str | None:
    pending = case.fact("upgrade_pending")
    return None if pending == "none" else f"an upgrade has not come to its end: {pending}"


_LINUX_FAULTS: tuple[Fault, ...] = (_half_converted, _old_kernel)
_LINUX_DOUBTS: tuple[Doubt, ...] = (
    _few_packages,
    _strange_kernel,
    _strange_builder,
    _same_kernel,
    _strange_release,
    _foreign_release,
    _broken_transaction,
    _same_boot,
    _unfinished_upgrade,
)


# --- Windows --------------------------------------------------------------------------------------------------------

_EDITIONS = ("standard", "datacenter", "enterprise", "web", "foundation", "essentials")
#: What setup passes on the way from a system that cannot be upgraded to the target at once.
_BETWEEN = {"windows-2008r2": "windows-2012r2"}


def _setup_rolled_back(case: Case) -> Problem | None:
    """The former system is back because setup put it back, after it was looked at before the migration."""
    when = case.fact("setup_rolled_back")
    if when == "none" or int(when) <= int(case.before.get("time", when)):
        return None
    return Problem(
        "SetupRolledBack",
        f"The job finished, but Windows setup put the old system back: the guest runs {case.source}.",
        "Read C:\\$WINDOWS.~BT\\Sources\\Rollback\\setupact.log and setuperr.log beside it, correct the cause, "
        "then roll back or run again with retry true.",
    )


def _setup_runs(case: Case) -> str | None:
    state = case.fact("setup_state")
    return None if state == "none" else f"setup has not come to its end: {state}"


def _other_installation(case: Case) -> str | None:
    unlike = "kernel" in case.before and not case.same("kernel")
    return f"the installation type was another one before, now it is {case.fact('installation')}" if unlike else None


def _other_edition(case: Case) -> str | None:
    edition = case.guest.edition
    return None if edition in _EDITIONS else f"the edition is not known: {edition or 'it is not told'}"


def _same_installation(case: Case) -> str | None:
    return "it was not installed anew" if case.same("pkgs") else None


def _other_way(case: Case) -> str | None:
    former = case.fact("upgraded_from")
    fitting = builds(case.source) | builds(_BETWEEN.get(case.source, ""))
    if former == "none" or not case.source or former in fitting:
        return None
    return f"it was upgraded from the build {former}, which is not {case.source}"


_WINDOWS_DOUBTS: tuple[Doubt, ...] = (
    _setup_runs,
    _other_installation,
    _other_edition,
    _same_boot,
    _same_installation,
    _other_way,
)
