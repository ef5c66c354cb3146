# Copyright (c) 2026 evergreen.os_migration contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What a rule is, what it looks at, and what it can answer."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from enum import Enum, auto
from fnmatch import fnmatchcase
from typing import TypeAlias

from ..goal import in_words
from ..model import UNKNOWN, Account, Enrolment, Finding, Guest, Hop, Instance, Waiver, Work
from ..paths import Path
from .forms import is_known

INHIBITOR, WARNING, INFO = "inhibitor", "warning", "info"
NOT_KNOWN = "not known"


@dataclass(frozen=True)
class Case:
    """What the rules look at: one instance before one hop.

    ``now`` and ``probed_at``, when the guest was asked, are in epoch seconds; 0 when nobody looked at a clock. What was
    not looked at is ``None``. ``awaits`` is for how many seconds an enrolment by somebody else is waited for. ``words``
    is what the provider's things are called in the rules' texts, ``most_tags`` how many tags an instance can have
    there.
    """

    instance: Instance
    guest: Guest | None = None
    hop: Hop | None = None
    path: Path | None = None
    works: tuple[Work, ...] | None = None
    enrolment: Enrolment | None = None
    can_enrol: bool = True
    awaits: float = 0.0
    account: Account | None = None
    now: float = 0.0
    probed_at: float = 0.0
    waivers: tuple[Waiver, ...] = ()
    words: Mapping[str, str] = field(default_factory=dict)
    in_drill: bool = False
    most_tags: int = 20

    @property
    def source(self) -> str:
        """Return the OS that is left: what the hop says, else the guest, else the cloud."""
        if self.hop:
            return self.hop.source
        return self.guest.os if self.guest and self.guest.os != UNKNOWN else self.instance.os

    @property
    def route(self) -> str:
        """Return provider, source and target as one text, for the severities' patterns."""
        return f"{self.instance.provider}:{self.source}>{self.hop.target if self.hop else ''}"

    def fact(self, name: str) -> str:
        """Return a fact as the guest wrote it, empty when it did not."""
        return self.guest.facts.get(name, "") if self.guest else ""

    def number(self, name: str) -> int:
        """Return a fact that the rule needs, and that therefore is a number."""
        return int(self.fact(name))


class Scope(Enum):
    """What must be there for a rule to have a say.

    CLOUD needs nothing but the cloud's facts, ANSWER a guest that was asked but gave no usable answer, GUEST one that
    gave any, LINUX and WINDOWS one of that kind.
    """

    CLOUD = auto()
    ANSWER = auto()
    GUEST = auto()
    LINUX = auto()
    WINDOWS = auto()


@dataclass(frozen=True)
class Weighed:
    """Evidence that weighs otherwise than its rule says."""

    evidence: str
    severity: str


Verdict: TypeAlias = str | Weighed | None
Check: TypeAlias = Callable[[Case], Verdict]


@dataclass(frozen=True)
class Rule:
    """A rule's own words, and the function that finds the evidence.

    ``severities`` maps patterns of the route, ``provider:source>target``, to severities. The first that matches
    counts; the rule does not apply where none does. ``needs`` names the facts without which it cannot judge.
    """

    id: str
    severities: Mapping[str, str]
    message: str
    remedy: str
    source: str
    scope: Scope
    needs: tuple[str, ...]
    check: Check

    def severity(self, route: str) -> str | None:
        """Return how much the rule weighs on this route, ``None`` where it does not apply."""
        return next((word for pattern, word in self.severities.items() if fnmatchcase(route, pattern)), None)

    def look(self, case: Case, severity: str) -> Finding | None:
        """Return what is wrong, if anything is. What is not known is never fine, and never only a remark."""
        facts = {name: value for name in self.needs if is_known(name, value := case.fact(name))}
        if len(facts) < len(self.needs):
            evidence = ", ".join(f"{name}: {facts.get(name) or _not_known(case, name)}" for name in self.needs)
            return self._finding(case, evidence, INHIBITOR if severity == INHIBITOR else WARNING)
        verdict = self.check(case)
        if isinstance(verdict, Weighed):
            return self._finding(case, verdict.evidence, verdict.severity)
        return None if verdict is None else self._finding(case, verdict, severity)

    def _finding(self, case: Case, evidence: str, severity: str) -> Finding:
        message, remedy = (in_words(text, case.words) for text in (self.message, self.remedy))
        return Finding(self.id, severity, message, evidence, remedy, self.source)


def _not_known(case: Case, name: str) -> str:
    """Return that a fact is not known, with the guest's own reason where it gave one."""
    reason = "".join(character for character in case.fact(f"why.{name}")[:160] if " " <= character <= "~")
    return f"{NOT_KNOWN} ({reason})" if reason else NOT_KNOWN


RULES: list[Rule] = []


def rule(
    rule_id: str,
    severities: str | Mapping[str, str],
    message: str,
    remedy: str,
    source: str,
    scope: Scope = Scope.CLOUD,
    needs: tuple[str, ...] = (),
) -> Callable[[Check], Check]:
    """Register the decorated check under ``rule_id``; one word as its severity counts on every route."""
    weights = {"*": severities} if isinstance(severities, str) else severities

    def register(check: Check) -> Check:
        RULES.append(Rule(rule_id, weights, message, remedy, source, scope, needs, check))
        return check

    return register


def says(case: Case, fact: str, *bad: str) -> str | None:
    """Return the evidence when a fact is one of the ``bad`` words."""
    value = case.fact(fact)
    return f"{fact} is {value}" if value in bad else None


def names(case: Case, fact: str) -> str | None:
    """Return the names that a fact lists, if it lists any."""
    value = case.fact(fact)
    return None if value == "none" else value


def below(case: Case, fact: str, minimum: int) -> str | None:
    """Return the evidence when a number is too small."""
    value = case.number(fact)
    return f"{fact} is {value}, needed is {minimum}" if value < minimum else None
