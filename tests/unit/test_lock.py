# Copyright (c) 2026 evergreen.os_migration contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The lock of an instance: whose it is, whether it still counts, and that only its holder writes."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

import pytest
from ansible_collections.evergreen.os_migration.plugins.module_utils import _identity
from ansible_collections.evergreen.os_migration.plugins.module_utils._core import lock
from ansible_collections.evergreen.os_migration.plugins.module_utils._core.lock import LOCK_KEY, Holder, Lock, lock_in
from ansible_collections.evergreen.os_migration.plugins.module_utils._core.record import Moment
from ansible_collections.evergreen.os_migration.plugins.module_utils._core.tag import TAG_KEY
from ansible_collections.evergreen.os_migration.plugins.module_utils._core.verb import Step, Verb, finish, look
from ansible_collections.evergreen.os_migration.plugins.module_utils._engine.leases import Errand, Leases, Outcome
from hypothesis import given
from hypothesis import strategies as st

from .situations import ID, seen, tagged

ME, OTHER = Holder("a1", "c1", 10, "100"), Holder("b2", "c2", 20, "200")
V = 15.0
WRITE = Step(Verb.STOP, "rolling_back")
WORD = st.text("0123456789abcdef", min_size=1, max_size=8)

holders = st.builds(
    Holder, WORD, WORD | st.just(""), st.integers(1, 2**22), st.just("") | st.from_regex("[0-9]{1,10}", fullmatch=True)
)
lock_values = st.builds(
    Lock,
    holders,
    st.integers(1, 99),
    st.integers(0, 2**32),
    st.integers(0, 2**32),
    st.sampled_from(("migrated", "rolled_back")),
)


def value(holder: Holder = OTHER, number: int = 1, until: int = 700) -> Lock:
    return Lock(holder, number, 100, until, "migrated")


def record(tags: Mapping[str, str], looked: float = 0.0) -> Any:
    found = seen(instance=replace(tagged("migrated"), tags=tags))
    return found.looked(("tag", "details", "instance"), looked)


def leases(there: bool | None = None, rank: bool | None = True) -> Leases:
    return Leases(ME, lambda other: there, lambda queue, one, lease: rank, visibility=V)


def held(which: Leases, text: str = "migrated attempt=1 from=centos-7 to=alinux-3") -> dict[str, str]:
    """Have the lock taken and read back; return the instance's tags."""
    tags = {TAG_KEY: text, LOCK_KEY: value(ME).text}
    assert which.taken(record(tags), "", 0.0, 1.0)
    assert which.instead(record(tags, 50.0), WRITE, Moment(50.0, 0.0)) == WRITE
    return tags


@given(lock_values)
def test_a_lock_is_read_as_it_was_written_and_fits_into_a_tag(one: Lock) -> None:
    assert lock_in({LOCK_KEY: one.text}) == one
    assert len(one.text) <= 128
    assert one.is_same(lock_in({LOCK_KEY: one.renewed(5000.0, 600.0).text}))


@given(st.text(max_size=40))
def test_a_text_of_another_form_is_somebody_s_lock_and_an_empty_one_nobody_s(text: str) -> None:
    assert (lock_in({LOCK_KEY: text}) is None) == (text == "")


def test_a_write_needs_the_lock_and_a_look_does_not() -> None:
    which, free = leases(), record({})
    assert which.instead(free, WRITE, Moment(0.0, 0.0)).verb is Verb.LOCK
    assert which.instead(free, look("works", "x"), Moment(0.0, 0.0)) == look("works", "x")


def test_nothing_is_written_before_the_lock_was_read_back_after_the_wait() -> None:
    which = leases()
    tags = {LOCK_KEY: value(ME).text}
    assert which.taken(record(tags), "", 0.0, 1.0)
    early = which.instead(record(tags, 40.0), WRITE, Moment(40.0, 0.0))
    assert (early.verb, early.subject, early.at) == (Verb.LOOK, "tag", 1.0 + 3 * V)
    assert which.instead(record(tags, 46.0), WRITE, Moment(46.0, 0.0)) == WRITE


def test_a_lock_that_reads_back_as_another_s_is_not_ours() -> None:
    which = leases()
    assert which.taken(record({LOCK_KEY: value(ME).text}), "", 0.0, 1.0)
    step = which.instead(record({LOCK_KEY: value().text}, 46.0), WRITE, Moment(46.0, 0.0))
    assert not step.verb.writes
    assert ID not in which


@pytest.mark.parametrize("other", [value(ME, number=2), value(), None])
def test_a_run_whose_lock_is_gone_stops_and_names_who_has_it(other: Lock | None) -> None:
    which = leases()
    tags = {**held(which), LOCK_KEY: other.text if other else ""}
    step = which.instead(record(tags, 60.0), WRITE, Moment(60.0, 0.0))
    assert step.verb is Verb.FAIL
    assert step.problem
    assert step.problem.code == "LockLost"
    assert (other.holder.run if other else "free") in step.problem.message


def test_a_lock_that_was_written_long_after_the_look_is_not_taken() -> None:
    assert not leases().taken(record({LOCK_KEY: value(ME).text}), "", 0.0, V + 1)


def test_another_run_that_is_there_is_named_at_once() -> None:
    step = leases(there=True).instead(record({LOCK_KEY: value().text}), WRITE, Moment(0.0, 0.0))
    assert step.verb is Verb.FAIL
    assert step.problem
    assert (step.problem.code, "b2" in step.problem.message) == ("Locked", True)


def test_another_run_that_renews_its_lock_is_named() -> None:
    which = leases()
    assert which.instead(record({LOCK_KEY: value().text}), WRITE, Moment(0.0, 0.0)).verb is Verb.NOTE
    step = which.instead(record({LOCK_KEY: value(until=999).text}), WRITE, Moment(300.0, 0.0))
    assert step.problem
    assert step.problem.code == "Locked"


@pytest.mark.parametrize(("there", "after"), [(None, 41 * V), (False, 12 * V)])
def test_the_lock_of_a_run_that_is_gone_is_taken_over_after_its_last_write_can_have_come(
    there: bool | None, after: float
) -> None:
    which = leases(there)
    left = record({LOCK_KEY: value().text})
    which.instead(left, WRITE, Moment(0.0, 0.0))
    assert which.instead(left, WRITE, Moment(after - 1, 0.0)).verb is Verb.LOOK
    step = which.instead(left, WRITE, Moment(after, 0.0))
    assert step.verb is Verb.LOCK
    assert "b2" in step.event


def test_nothing_is_written_on_a_lock_that_was_not_renewed_for_long() -> None:
    which = leases()
    tags = held(which)
    assert which.deadline(ID) == 32 * V
    step = which.instead(record(tags, 33 * V), WRITE, Moment(33 * V, 0.0))
    assert (step.verb, step.subject) == (Verb.LOCK, 1)


def test_a_tag_that_somebody_changes_under_the_lock_ends_the_run() -> None:
    which = leases()
    tags = {**held(which), TAG_KEY: "by hand"}
    step = which.instead(record(tags, 60.0), WRITE, Moment(60.0, 0.0))
    assert step.problem
    assert step.problem.code == "TagChanged"


def test_a_late_write_of_another_run_is_written_over() -> None:
    which = leases()
    text = "migrated attempt=1 from=centos-7 to=alinux-3"
    tags = {**held(which, text), TAG_KEY: "rolling_back attempt=1 from=centos-7 to=alinux-3"}
    step = which.instead(record(tags, 60.0), WRITE, Moment(60.0, 0.0))
    assert (step.verb, step.subject) == (Verb.MARK, text)


def test_what_was_just_written_is_not_undone_by_an_older_look_but_by_news() -> None:
    which = leases()
    tags = held(which)
    which.marked(ID, Step(Verb.MARK, "x", "new"), 60.0, answered=True)
    assert which.own_wins(record(tags), 70.0).view.instance.tags[TAG_KEY] == "new"
    assert which.own_wins(record({**tags, TAG_KEY: "news"}), 70.0).view.instance.tags[TAG_KEY] == "news"
    assert which.own_wins(record(tags), 60.0 + V).view.instance.tags[TAG_KEY] == tags[TAG_KEY]


def test_a_lock_is_renewed_at_half_its_time_and_let_go_at_the_end() -> None:
    which = leases()
    held(which)
    assert which.errands(20 * V - 1, 50) == []
    (errand,) = which.errands(20 * V, 50)
    assert (errand.ids, errand.keeps) == ((ID,), True)
    assert which.errands(20 * V, 50) == [], "it is under way"
    renewed = errand.lock.renewed(900.0, 600.0)
    which.came_back(errand, Outcome(renewed, 20 * V, frozenset((ID,))), 20 * V)
    assert which.deadline(ID) == 52 * V
    which.let_go(ID)
    (last,) = which.errands(21 * V, 50)
    assert last == Errand(renewed, (ID,), keeps=False)
    assert which.some_left
    which.came_back(last, Outcome(renewed, 21 * V, frozenset((ID,))), 21 * V)
    assert not which.some_left


def test_who_is_beyond_the_cap_lets_its_lock_go_and_waits() -> None:
    which = leases(rank=False)
    tags = {LOCK_KEY: value(ME).text}
    assert which.taken(record(tags), "smc", 0.0, 1.0)
    step = which.instead(record(tags, 46.0), WRITE, Moment(46.0, 0.0))
    assert (step.verb, step.state) == (Verb.LOOK, "queued")
    assert which.some_left


def test_a_lock_counts_for_the_cap_while_its_run_may_migrate() -> None:
    which = leases(there=False)
    assert not which.counts(ID, value(ME), 0.0), "a former try of ours, which came too late"
    assert which.taken(record({LOCK_KEY: value(ME).text}), "smc", 0.0, 1.0)
    assert which.counts(ID, value(ME), 2.0)
    assert which.counts("i-other", value(), 2.0)
    assert not which.counts("i-other", value(), 2.0 + 12 * V), "that run is gone"
    assert not which.counts("i-back", replace(value(), wish="rolled_back"), 2.0)


def test_an_instance_that_ends_before_the_lock_was_read_back_ends() -> None:
    which = leases()
    assert which.taken(record({LOCK_KEY: value(ME).text}), "", 0.0, 1.0)
    done = finish("migrated")
    assert which.instead(record({}), done, Moment(2.0, 0.0)) == done


def test_what_takes_no_locks_gives_way_to_those_of_others() -> None:
    which = replace(leases(there=True), takes=False)
    run = Step(Verb.RUN, "running")
    assert which.instead(record({}), run, Moment(0.0, 0.0)) == run
    step = which.instead(record({LOCK_KEY: value().text}), run, Moment(0.0, 0.0))
    assert step.problem
    assert step.problem.code == "Locked"


def test_this_process_is_there_and_one_that_ended_is_not() -> None:
    here = _identity.this_process()
    assert _identity.is_there(value(here)) is True
    assert _identity.is_there(value(replace(here, started="1"))) is False
    assert _identity.is_there(value(replace(here, at="elsewhere"))) is None
    assert lock.lost(value(ME), None).code == "LockLost"
