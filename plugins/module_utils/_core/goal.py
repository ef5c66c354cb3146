# Copyright (c) 2026 evergreen.os_migration contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What is wanted for every instance of a call, and what each provider offers for it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace

from .approval import Approval
from .contents import Kept
from .drilled import Prices
from .durations import Lasted
from .hooks import Hook
from .model import Problem
from .paths import PATHS, Path

#: What an agent does to the guest after some exit codes of a script.
RESTART, POWER_OFF = "restart", "power_off"


@dataclass(frozen=True)
class Offer:
    """What a provider offers, and how its user wants it.

    ``methods`` names for each service of the path table the methods that do its hops, the wanted one first; ``back``
    the ways back, the wanted one first; whoever only ``follows`` works that somebody else began writes nothing.
    ``enrols`` are the types of systems for which an import command is given; where there is none, ``awaits`` is for how
    many seconds somebody's own import is waited for.
    ``words`` is what the core's texts call the provider's things, by the names that stand in them in braces.
    ``most_tags`` is how many tags an instance can have. ``drills`` are the types of systems whose migrations the
    service itself drills; it is ``drill_proven`` when the user has seen that the service takes the
    request for a drill as one. ``exit_codes`` are those of scripts after which the agent
    restarts the guest or powers it off, by the type of its system.
    """

    methods: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    back: tuple[str, ...] = ()
    follows: bool = False
    enrols: frozenset[str] = frozenset()
    awaits: float = 0.0
    words: Mapping[str, str] = field(default_factory=dict)
    most_tags: int = 20
    drills: frozenset[str] = frozenset()
    drill_proven: bool = False
    exit_codes: Mapping[str, Mapping[int, str]] = field(default_factory=dict)


@dataclass(frozen=True)
class Goal:
    """What the user wants for every instance of a call. Times in seconds; ``offers`` are by provider.

    ``run`` is the id of the run, which what it writes in a cloud bears. A set is too old ``set_valid`` after the
    instance began to serve again; a stop is forced after ``stop_grace``. A set that is to be there may be of any age
    unless ``most_age`` is given; only with ``to_protected`` is one gone back to that no migration took. A maintenance
    window that opens within ``window_wait`` is waited for; ``lasted`` is how long hops and hooks are known to take,
    and ``kept`` by instance what earlier runs have kept of guests. With an ``approval`` nothing is begun that is not
    planned as it was approved. A migration is committed when it is over for ``soak``. ``price`` is what a GiB of
    snapshots costs a month, in the user's currency. ``hooks`` run in guests around hops; after ``most_hops`` of them
    an instance stops, to go on in a later call. With ``drill_first`` the service drills each hop in its work before it
    migrates. Nothing is begun whose path was not drilled within ``drill_days``. A clone releases itself after
    ``clone_hours``; what it costs is reckoned by ``prices``.
    """

    state: str = "migrated"
    on_failure: str = "keep"
    rollback_to: str = "start"
    retry: bool = False
    paths: tuple[Path, ...] = PATHS
    hop_timeout: float = 7200
    poll_interval: float = 20
    set_valid: float = 3600
    stop_grace: float = 300
    most_age: float = float("inf")
    to_protected: bool = False
    delete_service_points: bool = False
    shell: str = "sh"
    window_wait: float = 0
    lasted: Lasted = field(default_factory=dict)
    kept: Mapping[str, Kept] = field(default_factory=dict)
    approval: Approval | None = None
    soak: float = 0
    price: float = 0
    hooks: tuple[Hook, ...] = ()
    most_hops: float = float("inf")
    drill_first: bool = False
    drill_days: float = float("inf")
    clone_hours: float = 24
    prices: Prices = field(default_factory=Prices)
    offers: Mapping[str, Offer] = field(default_factory=dict)
    run: str = ""

    def offer(self, provider: str) -> Offer:
        """Return what a provider offers; nothing when it is not known."""
        return self.offers.get(provider, _NOTHING)


_NOTHING = Offer()


def told(problem: Problem, words: Mapping[str, str]) -> Problem:
    """Return a problem with the provider's words in it."""
    return replace(problem, message=in_words(problem.message, words), remedy=in_words(problem.remedy, words))


def in_words(text: str, words: Mapping[str, str]) -> str:
    """Return a text of the core with the provider's words in it."""
    for name, word in words.items():
        text = text.replace(f"{{{name}}}", word)
    return text
