# Copyright (c) 2026 evergreen.os_migration contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""A guest is migrated when it is proven: what is wrong has its time, what is not known is waited for."""

from __future__ import annotations

from dataclasses import replace

import pytest
from ansible_collections.evergreen.os_migration.plugins.module_utils._core.before import from_text, to_text
from ansible_collections.evergreen.os_migration.plugins.module_utils._core.migration.arrive import (
    GRACE,
    known_before,
    seen_before,
    verdict_on,
)
from ansible_collections.evergreen.os_migration.plugins.module_utils._core.migration.ask import AGAIN
from ansible_collections.evergreen.os_migration.plugins.module_utils._core.migration.tables import MIGRATION
from ansible_collections.evergreen.os_migration.plugins.module_utils._core.migration.view import Migration
from ansible_collections.evergreen.os_migration.plugins.module_utils._core.model import Enrolment, Guest
from ansible_collections.evergreen.os_migration.plugins.module_utils._core.verb import Verb

from .healthy import BOOTS, HEALTHY_WINDOWS, linux_signs
from .situations import (
    FRESH,
    GOAL,
    HERE,
    ITEM,
    SAFE,
    START,
    STARTED,
    arrived,
    at,
    code_of,
    end_of,
    linux,
    look_of,
    next_step,
    settled,
    step_of,
    tagged,
    verb_of,
    wanting,
    work,
)

ARRIVED = arrived()
OVER = SAFE.learns(works=(work("done"),), was=seen_before(HERE, linux()))
OLD_KERNEL = {name: linux_signs("centos-7")[name] for name in ("kernel", "kernel_owner", "kernel_builder")}
HALF = {"package_kinds": "100:al8/53fe0598cac33616 300:el7/24c6a8a7f4a80eb5"}
SICK = [(OLD_KERNEL, "OldKernelRuns"), (HALF, "HalfConverted")]
UNSEEN_FACT = {"package_kinds": ""}


def settled_at(record: Migration, ticks: float) -> Migration:
    """Return the record that has waited for the guest since the clock began, and has asked it now."""
    return record.with_(state="verifying").looked(["guest", "instance"], ticks)


@pytest.mark.parametrize(("facts", "code"), SICK)
def test_a_guest_that_is_wrong_is_looked_at_again_until_it_has_had_its_time(facts: dict[str, str], code: str) -> None:
    record = settled_at(OVER.learns(guest=arrived(**facts)), GRACE - 1)
    told, step = next_step(record, now=at(GRACE - 1))
    assert step is not None
    assert (step.verb, step.subject, step.state, step.age) == (Verb.LOOK, "instance", "verifying", AGAIN)
    assert told.view.doubt
    assert verb_of(record.looked(["guest"], GRACE - 1 - AGAIN), now=at(GRACE - 1)) is Verb.ASK
    assert code_of(settled_at(record, GRACE), now=at(GRACE)) == code
    assert verb_of(record.learns(guest=ARRIVED), now=at(GRACE - 1)) is Verb.MARK


@pytest.mark.parametrize(("facts", "code"), SICK)
def test_a_guest_that_is_wrong_is_rolled_back_if_that_is_wanted(facts: dict[str, str], code: str) -> None:
    step = step_of(settled_at(OVER.learns(guest=arrived(**facts)), GRACE), wanting(on_failure="rollback"), at(GRACE))
    assert (step.verb, step.subject.split()[0]) == (Verb.MARK, "rolling_back")


def test_an_old_system_that_works_is_never_rolled_back_by_itself() -> None:
    goal = wanting(on_failure="rollback")
    for guest in (linux(boot_id=BOOTS[1]), linux()):
        assert end_of(settled_at(OVER.learns(guest=guest), GRACE), goal, at(GRACE)).state == "failed"


def test_what_is_not_known_is_waited_for_and_ends_as_not_seen() -> None:
    """It is told which fact is missing; nothing is rolled back, and nothing is marked."""
    goal, late = wanting(on_failure="rollback"), 7201
    record = settled_at(OVER.learns(guest=arrived(**UNSEEN_FACT)), late - AGAIN)
    assert verb_of(record, goal, at(late - 1)) in (Verb.LOOK, Verb.ASK)
    over = end_of(settled_at(record, late), goal, at(late))
    assert over.problem is not None
    assert (over.state, over.problem.code) == ("failed", "NotProven")
    assert "could not be read: package_kinds" in over.problem.message
    assert step_of(record.learns(guest=ARRIVED), goal, at(late)).verb is Verb.MARK


def test_the_reason_for_the_wait_is_told_once() -> None:
    record = OVER.learns(guest=arrived(**HALF))
    step = MIGRATION.decide(record, GOAL, START)
    assert (step.verb, step.state) == (Verb.NOTE, "verifying")
    assert step.event.startswith("looking again: The guest is half converted to Alibaba Cloud Linux 3: 300 packages")
    assert MIGRATION.decide(settled(record, step), GOAL, START).verb is Verb.LOOK


def test_the_next_hop_begins_only_from_a_system_that_is_proven() -> None:
    there = Guest("windows-2012r2", facts=HEALTHY_WINDOWS, edition="datacenter", language="en")
    two_hops = SAFE.learns(
        instance=tagged("started", source="windows-2008r2", target="windows-2016", os_type="windows"),
        guest=there,
        enrolment=Enrolment("ready", "s-0"),
    ).with_(item=replace(ITEM, target="windows-2016"))
    assert verb_of(two_hops) is Verb.ORDER
    half = two_hops.learns(guest=replace(there, facts={**HEALTHY_WINDOWS, "setup_state": "SetupType"}))
    step = step_of(half)
    assert (step.verb, step.subject, step.state) == (Verb.LOOK, "instance", "verifying")


def test_a_guest_that_is_between_two_systems_is_looked_at_again() -> None:
    record = OVER.learns(guest=Guest("anolis-8"))
    assert look_of(record) == "instance"
    assert code_of(settled_at(record, GRACE), now=at(GRACE)) == "UnexpectedOs"


@pytest.mark.parametrize("state", ["migrated", "assessed"])
def test_an_instance_that_nobody_migrated_here_is_the_target_only_if_it_is_proven(state: str) -> None:
    for facts, code in [*SICK, (UNSEEN_FACT, "NotProven")]:
        assert code_of(FRESH.learns(guest=arrived(**facts)), wanting(state)) == code
    assert end_of(FRESH.learns(guest=ARRIVED), wanting(state)).state == "migrated"


@pytest.mark.parametrize("state", ["migrated", "assessed"])
def test_what_was_proven_once_is_not_called_failed_for_what_cannot_be_seen_now(state: str) -> None:
    done = FRESH.learns(instance=tagged("migrated"))
    end = end_of(done.learns(guest=arrived(**UNSEEN_FACT)), wanting(state))
    assert (end.state, [one.id for one in end.view.findings]) == ("migrated", ["verify.not_proven"])
    assert code_of(done.learns(guest=arrived(**HALF)), wanting(state)) == "HalfConverted"


# --- what another run has seen ----------------------------------------------------------------------------------------


def test_what_the_instance_was_is_written_on_every_point() -> None:
    was = seen_before(HERE, linux())
    (take,) = step_of(STARTED.learns(was=was)).subject
    assert take.before == to_text(was)
    assert len(take.before) <= 128
    assert from_text(take.before) == {word: value for word, value in was.items() if word != "time"}


def test_a_later_run_knows_from_the_points_what_the_instance_was() -> None:
    """A guest that was never restarted is not taken for migrated, whoever began the attempt."""
    text = to_text(seen_before(HERE, linux()))
    points = tuple(replace(point, before=text) for point in SAFE.view.points)
    never_restarted = arrived(boot_id=linux().facts["boot_id"])
    resumed = SAFE.learns(works=(work("done"),), guest=never_restarted, points=points)
    assert known_before(resumed) == from_text(text)
    assert known_before(resumed.learns(points=SAFE.view.points)) == {}
    assert not verdict_on(resumed, ITEM.target, "centos-7").proven
    assert verdict_on(resumed.learns(guest=arrived()), ITEM.target, "centos-7").proven
