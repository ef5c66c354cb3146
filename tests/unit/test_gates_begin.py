# Copyright (c) 2026 evergreen.os_migration contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The first gates: what is looked at before anything is decided, and who is refused at once."""

from __future__ import annotations

from dataclasses import replace

import pytest
from ansible_collections.evergreen.os_migration.plugins.module_utils._core.goal import Offer
from ansible_collections.evergreen.os_migration.plugins.module_utils._core.model import Account, Enrolment, Point
from ansible_collections.evergreen.os_migration.plugins.module_utils._core.tag import TAG_KEY, set_label
from ansible_collections.evergreen.os_migration.plugins.module_utils._core.verb import Verb

from .situations import (
    FRESH,
    HERE,
    ID,
    ITEM,
    POINT,
    SAFE,
    STARTED,
    code_of,
    end_of,
    linux,
    look_of,
    next_step,
    offering,
    seen,
    step_of,
    tagged,
    verb_of,
    waiving,
    wanting,
    work,
)


def test_one_thing_after_another_is_looked_at_before_the_first_write() -> None:
    looked = seen()
    for sight, more in (
        ("details", {"instance": HERE}),
        ("account", {"account": Account(True, True)}),
        ("works", {"works": (), "enrolment": Enrolment()}),
        ("points", {"points": ()}),
    ):
        assert look_of(looked) == sight
        looked = looked.learns(**more).looked([sight, *more], 0.0)
    assert verb_of(looked) is Verb.ASK
    assert verb_of(looked.learns(guest=linux()).looked(["guest"], 0.0)) is Verb.MARK


def test_nothing_is_decided_while_a_script_runs_in_the_guest() -> None:
    step = step_of(FRESH.learns(command="running"))
    assert (step.verb, step.subject, step.patient) == (Verb.LOOK, "command", True)


@pytest.mark.parametrize("target", ["", "beos"])
@pytest.mark.parametrize("state", ["migrated", "verified", "committed"])
def test_an_instance_without_a_target_that_exists_is_refused(target: str, state: str) -> None:
    begun = FRESH if state == "migrated" else SAFE.learns(instance=tagged("migrated"))
    assert code_of(begun.with_(item=replace(ITEM, target=target)), wanting(state)) == "InvalidTarget"


@pytest.mark.parametrize("text", ["", "by hand", "paused attempt=1 from=centos-7 to=alinux-3"])
def test_a_tag_that_is_not_ours_is_never_overwritten(text: str) -> None:
    assert code_of(FRESH.learns(instance=replace(HERE, tags={TAG_KEY: text}))) == "TagUnreadable"


def test_the_target_of_the_attempt_cannot_be_changed_half_way() -> None:
    assert code_of(STARTED.with_(item=replace(ITEM, target="anolis-8"))) == "TargetChanged"
    assert verb_of(FRESH.learns(instance=tagged("committed")).with_(item=replace(ITEM, target="anolis-8"))) is Verb.MARK


STARTED_ANEW = "started attempt=2 set=1 try=1 from=centos-7 to=alinux-3 by=smc back=disks"


def test_a_tag_that_was_copied_or_did_nothing_is_no_attempt_that_is_under_way() -> None:
    """The point and the work of another instance are seen too, by disks that changed hands and by shared sources."""
    others = (replace(POINT, label=set_label("i-other", 1, 1)),)
    record = FRESH.learns(instance=tagged("started", target="anolis-8"), points=others)
    record = record.learns(works=(work("done", name="osm-i-other-a1-h1"),))
    step = step_of(record)
    assert (step.verb, step.subject) == (Verb.MARK, STARTED_ANEW)
    assert step.changes["begun"] == 2


def test_a_new_attempt_has_a_number_that_neither_tag_nor_label_nor_name_had_before() -> None:
    for what in (
        {"points": (replace(POINT, label=set_label(ID, 7, 1)),)},
        {"works": (work("done", name=f"osm-{ID}-a7-h1"),)},
    ):
        step = step_of(FRESH.learns(instance=tagged("rolled_back"), **what), wanting(retry=True))
        assert step.subject.startswith("started attempt=8 ")


def test_an_attempt_stays_under_way_once_something_of_it_was_seen() -> None:
    """A list that lacks what was there before does not make it another's."""
    after, _unused = next_step(STARTED.learns(begun=0, points=(POINT,)))
    assert after.view.begun == 1
    assert verb_of(after.learns(points=())) is Verb.SNAPSHOT


def test_an_attempt_that_was_rolled_back_is_repeated_only_when_asked() -> None:
    back = FRESH.learns(instance=tagged("rolled_back"))
    assert (end_of(back).state, code_of(back)) == ("rolled_back", "RolledBack")
    step = step_of(back, wanting(retry=True))
    assert (step.verb, step.subject) == (Verb.MARK, STARTED_ANEW)
    assert verb_of(back.with_(item=replace(ITEM, target="anolis-8"))) is Verb.MARK


def test_the_account_is_looked_at_once_and_not_for_an_attempt_that_is_under_way() -> None:
    unseen = replace(FRESH, seen={name: 0.0 for name in FRESH.seen if name != "account"})
    assert look_of(unseen) == "account"
    assert verb_of(unseen.learns(instance=tagged("started"), begun=1, sets=(1,))) is Verb.SNAPSHOT
    assert verb_of(FRESH.forgets("account")) is Verb.MARK


@pytest.mark.parametrize("aspect", ["works", "points"])
def test_what_the_instance_has_is_found_once_and_then_followed(aspect: str) -> None:
    assert look_of(replace(SAFE, seen={name: 0.0 for name in SAFE.seen if name != aspect})) == aspect
    assert verb_of(SAFE.forgets(aspect)) is Verb.ENROL


def test_what_the_cloud_refuses_is_refused_before_the_guest_is_asked() -> None:
    locked = replace(FRESH.learns(instance=replace(HERE, locks=("financial",))).forgets("guest"))
    assert code_of(locked) == "instance.locked"
    assert end_of(locked).state == "blocked"
    assert (
        verb_of(STARTED.learns(instance=replace(tagged("started"), locks=("financial",))).forgets("guest")) is Verb.ASK
    )


def test_who_only_follows_a_job_is_not_refused_for_what_the_job_does() -> None:
    busy = replace(HERE, status="Stopping")
    watch = offering(transport="watch")
    assert look_of(FRESH.learns(instance=busy, works=(work("running", name="by hand"),)), watch) == "work"
    assert (
        look_of(FRESH.learns(instance=busy).forgets("instance", "guest").with_(state="migrating"), watch) == "instance"
    )
    assert code_of(FRESH.learns(instance=busy), watch) == "instance.not_running"


def test_points_without_a_tag_belong_to_an_attempt_that_nobody_may_repeat() -> None:
    for state in ("migrated", "rolled_back", "committed"):
        assert code_of(FRESH.learns(points=(POINT,)), wanting(state)) == "TagMissing"
    problem = end_of(FRESH.learns(points=(POINT,))).problem
    assert problem is not None
    assert "delete" not in problem.remedy
    step = step_of(FRESH.learns(points=(POINT,)), wanting(retry=True))
    assert (step.verb, step.subject) == (Verb.MARK, STARTED_ANEW)
    assert verb_of(FRESH.learns(points=(Point("s-9", "d-0", "accomplished", "by hand"),))) is Verb.MARK


def test_a_waived_finding_does_not_stop_a_migration() -> None:
    stopped = FRESH.learns(guest=linux(i686_count="3", i686_packages="a b c"))
    assert code_of(stopped) == "linux.i686_packages"
    assert verb_of(waiving(stopped, "linux.i686_packages")) is Verb.MARK
    assert code_of(waiving(stopped, "linux.memory")) == "linux.i686_packages"


def test_every_finding_is_told_and_the_first_inhibitor_is_the_error() -> None:
    record = end_of(FRESH.learns(guest=linux(i686_count="3", **{"free_mib./var": "1", "free_mib./usr": "1"})))
    assert record.state == "blocked"
    assert {"linux.space.usr", "linux.space.var", "linux.i686_packages"} <= {one.id for one in record.view.findings}
    assert record.problem is not None
    assert record.problem.code in {found.id for found in record.view.findings}
    assert record.problem.message.endswith("Findings that stop it: 3.")


def test_the_words_of_the_provider_stand_in_problems_and_findings() -> None:
    record = end_of(replace(FRESH.learns(instance=replace(HERE, disks=()))))
    assert record.problem is not None
    assert "RAM user" in record.problem.remedy
    assert "ecs:DescribeDisks" in record.view.findings[0].remedy
    resumed = end_of(SAFE, offering())
    assert resumed.problem is not None
    assert "smc.import_command" in resumed.problem.remedy


@pytest.mark.parametrize("state", ["migrated", "rolled_back"])
def test_a_provider_that_offers_no_way_is_told_to_be_so_before_anything_is_written(state: str) -> None:
    nothing = replace(wanting(state), offers={"alicloud": Offer()})
    fresh = SAFE.learns(instance=tagged("migrated")) if state == "rolled_back" else FRESH
    for record in (waiving(fresh, "source.not_imported"), SAFE, FRESH.learns(instance=tagged("rolling_back"))):
        assert code_of(record, nothing) == "NotOffered"
