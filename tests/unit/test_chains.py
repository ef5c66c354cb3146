# Copyright (c) 2026 evergreen.os_migration contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What holds for every record and every goal, whatever a cloud, a guest, a tag or a user says."""

from __future__ import annotations

import re
from dataclasses import replace
from typing import Any

import pytest
from ansible_collections.evergreen.os_migration.plugins.module_utils._core import rules
from ansible_collections.evergreen.os_migration.plugins.module_utils._core.goal import Goal
from ansible_collections.evergreen.os_migration.plugins.module_utils._core.migration.sets import (
    ONE_MOMENT,
    number_of_set,
    sets,
)
from ansible_collections.evergreen.os_migration.plugins.module_utils._core.migration.tables import (
    BACK,
    GOALS,
    METHODS,
    MIGRATION,
)
from ansible_collections.evergreen.os_migration.plugins.module_utils._core.migration.view import (
    ACTIVE,
    Migration,
    case,
    protectable_disks,
    stands,
)
from ansible_collections.evergreen.os_migration.plugins.module_utils._core.model import (
    Account,
    Enrolment,
    Guest,
    Instance,
)
from ansible_collections.evergreen.os_migration.plugins.module_utils._core.record import Moment, epoch
from ansible_collections.evergreen.os_migration.plugins.module_utils._core.verb import Step, Verb
from ansible_collections.evergreen.os_migration.plugins.module_utils._engine.sights import SIGHTS
from hypothesis import given, settings
from hypothesis import strategies as st

from .healthy import HEALTHY_LINUX
from .situations import FRESH, GOAL, HERE, PATIENCE, START, next_step, step_of
from .strategies import goals, goals_of, likely_records, now_and_then, offer, offers, records

thorough = settings(max_examples=250, deadline=None)
#: A name in braces that a provider's word should have replaced.
PLACEHOLDER = re.compile(r"\{[a-z_]{3,}\}")
migrating = goals_of("migrated")
ordering = goals_of("migrated", offered=offers.filter(lambda one: not one.follows))
following = goals_of("migrated", offered=st.just(offer("watch")))
looking = goals_of("assessed", "verified")
#: What is written for a migration before the first of its works is ordered, and what begins it.
ONWARD = (Verb.SNAPSHOT, Verb.ENROL, Verb.ORDER, Verb.BEGIN)
UNDER_A_STOPPED_INSTANCE = (Verb.RESTORE, Verb.DETACH, Verb.ATTACH)


# --- every chain ------------------------------------------------------------------------------------------------------


@thorough
@given(records() | likely_records(), goals, now_and_then)
def test_every_record_has_a_next_step_and_local_steps_come_to_an_end(
    record: Migration, goal: Goal, now: Moment
) -> None:
    assert isinstance(MIGRATION.decide(record, goal, now), Step)
    next_step(record, goal, now)


@thorough
@given(likely_records(), goals, now_and_then)
def test_every_problem_has_code_message_and_remedy(record: Migration, goal: Goal, now: Moment) -> None:
    after, _unused = next_step(record.with_(problem=None), goal, now)
    if after.problem is not None:
        assert after.problem.code
        assert after.problem.message.endswith((".", ".)"))
        assert after.problem.remedy


@thorough
@given(likely_records(), goals, now_and_then)
def test_whatever_is_told_is_told_in_the_words_of_the_provider(record: Migration, goal: Goal, now: Moment) -> None:
    told = [step.event for step in steps_of(record, goal, now)]
    after, _unused = next_step(record.with_(problem=None), goal, now)
    if after.problem is not None:
        told += (after.problem.message, after.problem.remedy)
    told += [text for one in after.view.findings for text in (one.message, one.evidence, one.remedy)]
    assert [text for text in told if PLACEHOLDER.search(text)] == []


def steps_of(record: Migration, goal: Goal, now: Moment) -> list[Step]:
    """Return the steps of every gate of every chain that has one for the record, whether it is its turn or not."""
    gates = {gate for chain in (*GOALS.values(), *METHODS.values(), *BACK.values()) for gate in chain}
    found = []
    for gate in gates:
        try:
            step = gate(record, goal, now)
        except (AssertionError, IndexError):
            continue  # it is never this gate's turn for such a record
        found += [step] if step is not None and step.problem is None else []
    return found


@thorough
@given(likely_records(), goals, now_and_then)
def test_every_write_leaves_a_line_in_the_timeline(record: Migration, goal: Goal, now: Moment) -> None:
    _unused, step = next_step(record, goal, now)
    assert step is None or step.event or not step.verb.writes


@thorough
@given(likely_records(), goals, now_and_then)
def test_what_was_forgotten_is_looked_at_again_before_it_is_built_upon(
    record: Migration, goal: Goal, now: Moment
) -> None:
    after, step = next_step(record.forgets("guest"), goal, now)
    if step is not None and step.verb.writes and not stands(after, "rolling_back", "restored"):
        assert "rolling_back" in str(step.subject) or followed(step)
    after, step = next_step(record.forgets("instance"), goal, now)
    assert step is None or step.verb not in (Verb.ASK, *UNDER_A_STOPPED_INSTANCE, Verb.STOP, Verb.START)


def followed(step: Step) -> bool:
    """Say whether the step is about a work that failed, which is followed whatever the guest says."""
    return step.verb is Verb.MARK and step.event.startswith("began try")


@pytest.mark.parametrize("state", sorted(GOALS))
@pytest.mark.parametrize("transport", ["api", "watch"])
@pytest.mark.parametrize("back", sorted(BACK))
def test_every_chain_begins_with_a_look_at_the_instance(state: str, transport: str, back: str) -> None:
    goal = Goal(state, offers={"alicloud": offer(transport, back=back)})
    step = MIGRATION.decide(MIGRATION.record(FRESH.item), goal, Moment(0, 0))
    assert (step.verb, step.subject, step.patient) == (Verb.LOOK, "details", False)


# --- what is never done -----------------------------------------------------------------------------------------------


@thorough
@given(likely_records(), ordering, now_and_then)
def test_what_the_cloud_s_rules_refuse_is_never_written_to(record: Migration, goal: Goal, now: Moment) -> None:
    if stands(record, *ACTIVE):
        record = record.learns(instance=replace(record.view.instance, tags={}))
    found = rules.examine(case(record.learns(guest=None), goal, now))
    _unused, step = next_step(record, goal, now)
    if rules.inhibitors(found):
        assert step is None or not step.verb.writes


@thorough
@given(likely_records(), looking, now_and_then)
def test_looking_never_changes_anything(record: Migration, goal: Goal, now: Moment) -> None:
    _unused, step = next_step(record, goal, now)
    assert step is None or not step.verb.writes


@thorough
@given(likely_records(), following, now_and_then)
def test_watching_never_writes_to_the_migration_service(record: Migration, goal: Goal, now: Moment) -> None:
    _unused, step = next_step(record, goal, now)
    assert step is None or step.verb not in ONWARD
    assert step is None or step.verb is not Verb.DELETE_WORKS or stands(record, "rolling_back")


@thorough
@given(likely_records(), goals, now_and_then)
def test_nothing_is_written_before_the_tag_says_so(record: Migration, goal: Goal, now: Moment) -> None:
    record, step = next_step(record, goal, now)
    if step is None or not step.verb.writes or step.verb is Verb.MARK or goal.state == "committed":
        return
    states = ("started",) if step.verb in ONWARD else ("rolling_back", "restored")
    assert stands(record, *states) or (
        (step.verb is Verb.ORDER and step.subject.kind == "disk" and stands(record, "rolling_back"))
        or (step.verb is Verb.DELETE_WORKS and stands(record, "started"))
    )


@thorough
@given(likely_records(), ordering, now_and_then)
def test_a_job_is_ordered_only_for_a_marked_instance_whose_disks_are_all_safe(
    record: Migration, goal: Goal, now: Moment
) -> None:
    record, step = next_step(record, goal, now)
    if step is None or step.verb is not Verb.ORDER or step.subject.kind == "disk":
        return
    assert stands(record, "started")
    last = sets(record)[-1]
    assert last.number == number_of_set(record)
    assert {disk.disk_id for disk in protectable_disks(record)} <= last.points.keys()
    assert {point.status for point in last.points.values()} == {"accomplished"}
    times = [epoch(point.created) or 0.0 for point in last.points.values()]
    assert max(times) - min(times) <= ONE_MOMENT


@thorough
@given(likely_records(), ordering, now_and_then)
def test_a_job_is_begun_only_after_a_look_showed_that_nobody_has_begun_it(
    record: Migration, goal: Goal, now: Moment
) -> None:
    record, step = next_step(record, goal, now)
    if step is None or step.verb is not Verb.BEGIN:
        return
    assert step.subject.status == "made"
    assert step.subject.said
    assert record.knows("works")


@thorough
@given(likely_records(), goals, now_and_then)
def test_a_disk_is_put_back_only_under_a_stopped_instance_that_is_marked_for_it(
    record: Migration, goal: Goal, now: Moment
) -> None:
    record, step = next_step(record, goal, now)
    if step is None or step.verb not in UNDER_A_STOPPED_INSTANCE:
        return
    assert record.view.instance is not None
    assert record.knows("instance")
    assert record.view.instance.status == "Stopped"
    assert stands(record, "rolling_back")
    if step.verb is Verb.RESTORE:
        assert all(point.status == "accomplished" for point in step.subject)
        assert len({point.label for point in step.subject}) == 1


@thorough
@given(likely_records(), goals, now_and_then)
def test_points_are_deleted_only_to_commit_a_guest_that_runs_its_target(
    record: Migration, goal: Goal, now: Moment
) -> None:
    record, step = next_step(record, goal, now)
    if step is None or step.verb is not Verb.DELETE_POINTS:
        return
    assert goal.state == "committed"
    assert record.knows("guest")
    assert record.view.guest is not None
    assert record.view.guest.os == record.item.target
    assert record.view.tag is None or stands(record, "migrated", "committed")


# --- without a write --------------------------------------------------------------------------------------------------


def answered(record: Migration, step: Step, goal: Goal, now: Moment = START) -> Migration:
    """Return the record after a look or a question that found that all is over and well."""
    view, here = record.view, record.view.instance or HERE
    if step.verb is Verb.ASK:
        return record.learns(guest=Guest(here.os, facts=HEALTHY_LINUX), **step.changes).looked(["guest"], now.ticks)
    after = {"running": "done", "made": "running" if goal.offer("alicloud").follows else "made"}
    found: dict[str, dict[str, Any]] = {
        "details": {"instance": here},
        "instance": {"instance": rested(here)},
        "disks": {"instance": rested(here)},
        "account": {"account": Account(True, True)},
        "works": {"works": (), "enrolment": Enrolment()},
        "work": {
            "works": tuple(replace(one, status=after.get(one.status, one.status), said="so") for one in view.works)
        },
        "points": {"points": ()},
        "point": {"points": tuple(replace(one, status="accomplished") for one in view.points)},
        "enrolment": {"enrolment": Enrolment("ready", "s-0")},
        "command": {"command": None},
    }
    return record.learns(**found[step.subject]).looked(SIGHTS[step.subject].shows, now.ticks)


def rested(instance: Instance) -> Instance:
    """Return the instance when nothing of it is on the way any more."""
    agent = replace(instance.agent, installed=True, online=True)
    disks = tuple(replace(disk, status="In_use") for disk in instance.disks)
    return replace(instance, status="Stopped" if instance.status == "Stopping" else "Running", agent=agent, disks=disks)


@thorough
@given(likely_records(), goals, now_and_then)
def test_looks_alone_lead_to_the_end_or_to_a_write(record: Migration, goal: Goal, now: Moment) -> None:
    """So check mode, which sends no writes, comes to an end, and a run comes to its next write."""
    for _unused in range(PATIENCE):
        record, step = next_step(record, goal, now)
        if step is None or step.verb.writes:
            return
        record = answered(record, step, goal, now).with_(
            state=step.state, since=record.since if record.state == step.state else now.ticks
        )
        if step.awaits:
            now = Moment(now.ticks + goal.hop_timeout, now.date + goal.hop_timeout)
    raise AssertionError(f"still looking: {step}")


def test_check_mode_asks_the_guest_and_plans_with_what_it_says() -> None:
    record = FRESH.forgets("guest")
    step = step_of(record)
    assert (step.verb, step.verb.writes, step.changes) == (Verb.ASK, False, {"asked": 0.0})
    record, step = next_step(answered(record, step, GOAL))
    assert step is not None
    assert step.verb is Verb.MARK
    assert [hop.target for hop in record.view.hops] == ["alinux-3"]
