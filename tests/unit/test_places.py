# Copyright (c) 2026 evergreen.os_migration contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What others run in the account counts in the plan: it is counted before the plan is told, by reads only."""

from __future__ import annotations

from collections import Counter
from functools import partial
from threading import Event
from typing import Any

import pytest
from ansible_collections.evergreen.os_migration.plugins.module_utils._core.goal import Goal
from ansible_collections.evergreen.os_migration.plugins.module_utils._core.lock import LOCK_KEY, Holder, Lock
from ansible_collections.evergreen.os_migration.plugins.module_utils._core.migration.tables import MIGRATION
from ansible_collections.evergreen.os_migration.plugins.module_utils._core.model import Item, Problem
from ansible_collections.evergreen.os_migration.plugins.module_utils._core.plan import wants_count
from ansible_collections.evergreen.os_migration.plugins.module_utils._core.progress import Progress
from ansible_collections.evergreen.os_migration.plugins.module_utils._core.record import Record
from ansible_collections.evergreen.os_migration.plugins.module_utils._engine import Brief, Engine, Limits
from ansible_collections.evergreen.os_migration.plugins.module_utils._errors import CloudError

from .memory_cloud import OFFER, MemoryCloud

MINE = ("c1", "c2", "c3")
PROBES = {"linux": "# facts", "windows": "# facts"}
COUNTS = ("running", "listed")


def filled(**more: Any) -> MemoryCloud:
    cloud = MemoryCloud(**more)
    for name in (*MINE, "theirs"):
        cloud.add(name, "centos-7")
    return cloud


def locked(cloud: MemoryCloud, name: str) -> None:
    lock = Lock(Holder("beef"), 1, int(cloud.now), int(cloud.now + 600), "migrated")
    cloud.tag([name], {LOCK_KEY: lock.text})


def told(cloud: MemoryCloud, check: bool = True, most: int = 4, **item: Any) -> tuple[str, Counter[str]]:
    """Return the line on the pace as a run tells it, and how often each of the cloud's ports was called."""
    calls, seen = Counter[str](), Event()
    cloud.before_call = _both(calls, cloud.before_call, seen)
    goal = Goal(offers={"alicloud": OFFER})
    brief, limits = Brief(goal, PROBES, holder=Holder("cafe")), Limits(max_running=most, until=cloud.now + 50_000)
    engine = Engine(
        MIGRATION, lambda place: cloud, brief, limits, check, cloud.clock, foresees=partial(wants_count, goal=goal)
    )
    progress, lines = Progress(15.0, cloud.now, goal, most, engine.taken), list[str]()

    def tell(records: list[Record[Any]]) -> None:
        lines.extend(progress.lines(records, cloud.now, 0.0))
        if lines:
            seen.set()

    engine.run([MIGRATION.record(Item(name, "r", "alicloud", target="alinux-3", **item)) for name in MINE], tell)  # type: ignore[arg-type]
    return next(line for line in lines if "at a time" in line), calls


def _both(calls: Counter[str], before: Any, seen: Event) -> Any:
    """Return what counts calls; a run's first order waits until its plan was told, as simulated time does not."""

    def call(verb: str) -> None:
        calls[verb] += 1
        before(verb)
        if verb == "order":
            seen.wait(10)

    return call


def test_jobs_of_others_and_locks_of_other_runs_are_counted_in_check_mode() -> None:
    cloud = filled(foreign_works=frozenset(("j-console", "j-other")))
    locked(cloud, "theirs")
    line, calls = told(cloud, most=5)
    assert line == "3 instances, at most 5 at a time, 3 of these places are used by others now: about 60 min"
    assert [calls[one] for one in COUNTS] == [1, 1], "one count for the whole fleet"


def test_where_nobody_else_is_nothing_is_told_of_others() -> None:
    assert told(filled())[0] == "3 instances, at most 4 at a time: about 30 min"


def test_where_others_use_all_places_the_plan_says_so() -> None:
    line, _calls = told(filled(foreign_works=frozenset(("j-1", "j-2"))), most=2)
    assert "all of these places are used by others now: they begin when places get free" in line


@pytest.mark.parametrize("refused", COUNTS)
def test_what_may_not_be_listed_is_told_as_not_known_and_is_no_error(refused: str) -> None:
    cloud = filled()

    def refuse(verb: str) -> None:
        if verb == refused:
            raise CloudError(Problem("Forbidden.RAM", "You may not list them."))

    cloud.before_call = refuse
    assert told(cloud)[0].endswith(", more if others use places, which is not known")


def test_a_run_tells_of_its_count_at_the_admission_and_counts_nothing_twice() -> None:
    """Without a plan that somebody reads the same calls are made."""
    cloud, alone = (filled(foreign_works=frozenset(("j-console",))) for _once in range(2))
    line, calls = told(cloud, check=False)
    assert line == "3 instances, at most 4 at a time, 1 of these places is used by others now: about 30 min"
    goal, counts, unseen = Goal(offers={"alicloud": OFFER}), Counter[str](), Event()
    unseen.set()
    alone.before_call = _both(counts, alone.before_call, unseen)
    limits = Limits(max_running=4, until=alone.now + 50_000)
    engine = Engine(MIGRATION, lambda place: alone, Brief(goal, PROBES), limits, False, alone.clock)
    engine.run([MIGRATION.record(Item(name, "r", "alicloud", target="alinux-3")) for name in MINE])
    assert [calls[one] for one in COUNTS] == [counts[one] for one in COUNTS]
