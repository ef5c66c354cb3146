# Copyright (c) 2026 evergreen.os_migration contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What differs in a guest between two moments, and what of it is expected.

A migration brings the packages of its target, another kernel, and what :mod:`.expected` says of its path. A rollback is
expected to bring nothing: it is proven by a guest that is equal to what it was. What is not known is never equal.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from . import contents, expected
from .contents import SETTLED_AFTER, STARTING, WORDS, Contents, Listed

EQUAL, EXPECTED, NOT_EXPECTED, NOT_KNOWN = "equal", "expected", "not_expected", "not_known"
#: The verdict on the whole is that of the first of these that one of its parts has.
VERDICTS = (NOT_EXPECTED, NOT_KNOWN, EXPECTED, EQUAL)


@dataclass(frozen=True)
class Path:
    """From which system to which a guest went. Without both ends nothing is expected to have changed."""

    source: str = ""
    target: str = ""

    @property
    def changes(self) -> bool:
        """Say whether the guest has become another system."""
        return bool(self.source and self.target) and self.source != self.target


#: Where nothing is expected to differ: after a rollback.
BACK = Path()


@dataclass(frozen=True)
class Compared:
    """One list of both moments. Differences begin with ``+`` for new, ``-`` for gone, ``~`` for changed.

    What is missing ``may_come`` where the guest was asked soon after its start.
    """

    verdict: str
    before: int | None = None
    after: int | None = None
    expected: tuple[str, ...] = ()
    not_expected: tuple[str, ...] = ()
    why: str = ""
    may_come: bool = False


@dataclass(frozen=True)
class Proof:
    """What the comparison of two moments has come to. ``by`` says whether names or only digests were compared."""

    facts: Mapping[str, Compared]
    by: str

    @property
    def verdict(self) -> str:
        """Return the verdict on the whole."""
        verdicts = {one.verdict for one in self.facts.values()}
        return next((word for word in VERDICTS if word in verdicts), NOT_KNOWN)

    def named(self, verdict: str) -> tuple[str, ...]:
        """Return the facts with a verdict."""
        return tuple(name for name, one in self.facts.items() if one.verdict == verdict)


def compare(before: Contents, after: Contents, path: Path = BACK) -> Proof:
    """Return what differs between two moments of a guest that went a path between them."""
    by = "names" if before.facts else "digests" if before.digests else ""
    return Proof({name: _compared(name, before, after, path) for name in WORDS.values()}, by)


def as_json(proof: Proof) -> dict[str, Any]:
    """Return a comparison as results show it."""
    return {
        "verdict": proof.verdict,
        "compared": proof.by or None,
        "facts": {name: _shown(one) for name, one in proof.facts.items()},
    }


def _shown(one: Compared) -> dict[str, Any]:
    counts = {"before": one.before, "after": one.after}
    lists = {"expected": list(one.expected), "not_expected": list(one.not_expected)}
    numbers = {f"{name}_count": len(names) for name, names in lists.items()}
    return {"verdict": one.verdict, **counts, **numbers, **lists, "why": one.why or None}


# --- one list ---------------------------------------------------------------------------------------------------------


def _compared(name: str, before: Contents, after: Contents, path: Path) -> Compared:
    was, now = _as_it_should_run(name, before), _as_it_should_run(name, after)
    counts = (_count(was), _count(now))
    if now is None:
        return Compared(NOT_KNOWN, *counts, why=after.why(name) or "the guest does not say it")
    then = was.digest if was else before.digest(name)
    if not then:
        return Compared(NOT_KNOWN, *counts, why=before.why(name) or "nobody has kept what it was before")
    if then == now.digest:
        return Compared(EQUAL, *counts)
    return _by_names(name, was, now, (before, after), path) if was else _by_digest(name, after, path, counts)


def _count(seen: Listed | None) -> int | None:
    return seen.count if seen else None


def _as_it_should_run(name: str, seen: Contents) -> Listed | None:
    """Return a list; what was stopped on purpose counts as running, for it is started again."""
    found = seen.listed(name)
    if found is None or name != "services_running" or not seen.stopped:
        return found
    names = tuple(sorted({*found.names, *seen.stopped}))
    return Listed(names, contents.digest(names), len(names), found.whole)


_DIGEST = "it differs; only its digest is known from before"


def _by_digest(name: str, after: Contents, path: Path, counts: tuple[int | None, int | None]) -> Compared:
    """Return what is known where it differs, and only a digest says what it was."""
    young = _too_young(name, after)
    verdict = NOT_KNOWN if young else _nameless(name, path)
    return Compared(verdict, *counts, why=young or _DIGEST, may_come=bool(young))


def _nameless(name: str, path: Path) -> str:
    """Return the verdict on a difference that has no names: what is another one as a whole may be."""
    if not path.changes:
        return NOT_EXPECTED
    return EXPECTED if name in expected.WHOLLY else NOT_KNOWN


def _by_names(name: str, was: Listed, now: Listed, seen: tuple[Contents, Contents], path: Path) -> Compared:
    differences = _DIFFERENCES.get(name, _names_differ)(was, now, *seen)
    fine = expected.of(name, path.target, *seen) if path.changes else expected.nothing
    good = tuple(filter(fine, differences))
    bad = tuple(one for one in differences if one not in good)
    verdict, why = _judged(name, differences, bad, was.whole and now.whole, path)
    young = _too_young(name, seen[1]) if any(not one.startswith("+") for one in bad) else ""
    return Compared(NOT_KNOWN if young else verdict, was.count, now.count, good, bad, young or why, bool(young))


def _judged(name: str, differences: tuple[str, ...], bad: tuple[str, ...], whole: bool, path: Path) -> tuple[str, str]:
    """Return the verdict on differences, and why; lists may differ in what has no names, too."""
    cut = "" if whole else "these are more names than a guest tells: the first were compared"
    if bad:
        return NOT_EXPECTED, cut
    if cut or not differences:
        return _nameless(name, path), cut or "names are equal, versions are not"
    return EXPECTED, ""


def _too_young(name: str, after: Contents) -> str:
    """Return why what is missing may still come; empty when it had the time."""
    if name not in STARTING or after.uptime is None or after.uptime >= SETTLED_AFTER:
        return ""
    return f"the guest was asked {after.uptime} s after its start: verify compares again"


# --- what differs -----------------------------------------------------------------------------------------------------


def _names_differ(was: Listed, now: Listed, before: Contents, after: Contents) -> tuple[str, ...]:
    return tuple(_differing(dict.fromkeys(was.names, ""), dict.fromkeys(now.names, "")))


def _differing(was: Mapping[str, str], now: Mapping[str, str]) -> Iterable[str]:
    yield from (f"-{name}" for name in was if name not in now)
    yield from (f"+{name}" for name in now if name not in was)
    yield from (f"~{name}: {was[name]} -> {now[name]}" for name in was if name in now and was[name] != now[name])


def _pairs_differ(was: Listed, now: Listed, before: Contents, after: Contents) -> tuple[str, ...]:
    """Return differences of lists whose names are NAME:VALUE."""
    return tuple(_differing(*(dict(_parted(name) for name in seen.names) for seen in (was, now))))


def _parted(name: str) -> tuple[str, str]:
    head, _colon, tail = name.rpartition(":")
    return (head, tail) if head else (tail, "")


def _packages_differ(was: Listed, now: Listed, before: Contents, after: Contents) -> tuple[str, ...]:
    """Return names that came and went, and versions where they are known of both moments."""
    old, new = (_only_versions(seen) for seen in (before, after))
    if "all.package_names" not in after.facts:
        return tuple(_differing(old, new))
    both = old.keys() & new.keys()
    pairs = ({name: version for name, version in seen.items() if name in both} for seen in (old, new))
    return (*_names_differ(was, now, before, after), *_differing(*pairs))


def _only_versions(seen: Contents) -> dict[str, str]:
    return {name: version for name, (version, _kind) in (contents.versions(seen) or {}).items()}


def _kernel_differs(was: Listed, now: Listed, before: Contents, after: Contents) -> tuple[str, ...]:
    return (f"~kernel: {was.names[0]} -> {now.names[0]}",)


_Differences = Callable[[Listed, Listed, Contents, Contents], tuple[str, ...]]
_DIFFERENCES: Mapping[str, _Differences] = {
    "packages": _packages_differ,
    "kernel": _kernel_differs,
    "users": _pairs_differ,
    "cron": _pairs_differ,
}
