# Copyright (c) 2026 evergreen.os_migration contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The goal assessed: everything that was found, and the plan as far as there is one."""

from __future__ import annotations

from dataclasses import replace

from ansible_collections.evergreen.os_migration.plugins.module_utils._core.goal import Goal
from ansible_collections.evergreen.os_migration.plugins.module_utils._core.migration.view import Migration
from ansible_collections.evergreen.os_migration.plugins.module_utils._core.model import Account, Agent, Enrolment, Guest
from ansible_collections.evergreen.os_migration.plugins.module_utils._core.record import Moment
from ansible_collections.evergreen.os_migration.plugins.module_utils._core.verb import Verb

from .healthy import HEALTHY_WINDOWS
from .situations import (
    FRESH,
    HERE,
    ITEM,
    SILENT,
    START,
    STARTED,
    arrived,
    at,
    code_of,
    end_of,
    linux,
    look_of,
    seen,
    tagged,
    verb_of,
    wanting,
    work,
)

ASSESS = wanting("assessed")
SMALL = FRESH.learns(guest=linux(memory_available_mib="5"))


def assessed(record: Migration, goal: Goal = ASSESS, seconds: float = 0) -> Migration:
    return end_of(record, goal, at(seconds) if seconds else START)


def findings(record: Migration) -> set[str]:
    return {finding.id for finding in record.view.findings}


def test_the_guest_is_asked_whether_or_not_anything_may_be_written() -> None:
    assert look_of(seen(instance=HERE), ASSESS) == "account"
    assert verb_of(FRESH.forgets("guest"), ASSESS) is Verb.ASK
    assert not Verb.ASK.writes
    assert not Verb.ASK.local


def test_after_a_rollback_it_says_what_a_migration_would_say_and_shows_the_plan_all_the_same() -> None:
    back = FRESH.learns(instance=tagged("rolled_back"))
    end = assessed(back)
    assert (end.state, end.problem.code if end.problem else "") == ("blocked", "RolledBack")
    assert [hop.target for hop in end.view.hops] == ["alinux-3"]
    assert assessed(back, replace(ASSESS, retry=True)).state == "ready"
    assert assessed(back.with_(item=replace(ITEM, target="anolis-8"))).state == "ready"
    assert assessed(back.with_(item=replace(ITEM, target=""))).state == "assessed"


def test_points_are_not_looked_for() -> None:
    assert assessed(replace(FRESH, seen={name: 0.0 for name in FRESH.seen if name != "points"})).state == "ready"


def test_an_assessment_without_a_target_looks_at_everything_that_needs_none() -> None:
    record = assessed(FRESH.with_(item=replace(ITEM, target="")))
    assert (record.state, record.view.hops, record.problem) == ("assessed", (), None)
    assert assessed(SMALL.with_(item=replace(ITEM, target=""))).state == "blocked"


def test_an_assessment_plans_and_leaves_the_hops_in_the_record() -> None:
    record = assessed(FRESH)
    assert (record.state, [hop.target for hop in record.view.hops]) == ("ready", ["alinux-3"])


def test_without_a_path_the_findings_are_told_all_the_same() -> None:
    record = assessed(SMALL.with_(item=replace(ITEM, target="windows-2016")))
    assert record.problem is not None
    assert (record.state, record.problem.code) == ("blocked", "UnsupportedPath")
    assert "linux.memory" in findings(record)


def test_every_hop_is_examined_and_each_finding_is_told_once() -> None:
    """Packages of 32 bits stop no way to Red Hat, but the way from there to Alibaba Cloud Linux."""
    packages = FRESH.learns(guest=replace(linux(i686_count="2", i686_packages="a.i686 b.i686"), version="7.9"))
    wished = packages.with_(item=replace(ITEM, target="alinux-3", via=("rhel-7",)))
    assert [hop.target for hop in assessed(wished).view.hops] == ["rhel-7", "alinux-3"]
    found = {finding.id: finding for finding in assessed(wished).view.findings}
    assert code_of(wished, ASSESS) == "linux.i686_packages"
    assert found["linux.i686_packages"].evidence.endswith("(on the way from rhel-7 to alinux-3)")
    assert len(found) == len(assessed(wished).view.findings)


def test_what_a_later_hop_asks_of_a_system_that_is_not_there_yet_is_not_held_against_this_one() -> None:
    guest = Guest("windows-2008r2", facts=HEALTHY_WINDOWS, edition="enterprise", language="en")
    here = replace(HERE, os="windows-2008r2", os_type="windows", region="cn-hangzhou")
    record = FRESH.learns(instance=here, guest=guest, enrolment=Enrolment("ready", "s-0"))
    record = record.with_(item=replace(ITEM, target="windows-2016"))
    assert (assessed(record).state, len(assessed(record).view.hops)) == ("ready", 2)


def test_a_target_that_does_not_exist_hides_no_finding() -> None:
    record = assessed(SMALL.with_(item=replace(ITEM, target="alinux-4")))
    assert (record.state, record.problem and record.problem.code) == ("blocked", "InvalidTarget")
    assert "linux.memory" in findings(record)


def test_an_instance_that_cannot_be_asked_is_planned_by_the_cloud_s_word() -> None:
    record = assessed(FRESH.learns(guest=None, instance=replace(HERE, status="Stopped")).forgets("guest"))
    assert (record.state, [hop.target for hop in record.view.hops]) == ("blocked", ["alinux-3"])
    assert "instance.not_running" in findings(record)


def test_what_is_under_way_is_told_and_not_judged() -> None:
    assert assessed(FRESH.learns(works=(work("running", name="by hand"),))).state == "in_progress"
    started = STARTED.learns(instance=replace(SILENT, tags=tagged("started").tags), guest=None).forgets("guest")
    assert (assessed(started).state, assessed(started).problem) == ("in_progress", None)


def test_who_runs_its_target_is_migrated_already() -> None:
    assert assessed(FRESH.learns(guest=arrived())).state == "migrated"


def test_a_clock_that_was_right_when_the_guest_was_asked_stays_right() -> None:
    record = FRESH.learns(guest=linux(time="1000"), asked=1000.0)
    assert "guest.clock_wrong" not in findings(assessed(record, seconds=90_000))
    assert code_of(record.learns(asked=400_000.0), ASSESS) == "guest.clock_wrong"


def test_a_heartbeat_is_compared_with_the_cloud_s_time_whatever_this_machine_s_clock_says() -> None:
    agent = Agent(installed=True, online=True, last_heartbeat="2026-11-22T12:00:00Z")
    record = FRESH.learns(instance=replace(HERE, agent=agent))
    then, day = 1_795_348_800.0, 86_400.0  # 2026-11-22T12:00:00Z
    assert "agent.heartbeat_old" not in findings(end_of(record, ASSESS, Moment(0, then + 2 * day, -2 * day)))
    assert "agent.heartbeat_old" in findings(end_of(record, ASSESS, Moment(0, then, 2 * day)))


def test_a_service_role_that_the_first_import_makes_stops_nobody_before_it() -> None:
    missing = FRESH.learns(account=Account(service_role=False))
    assert assessed(missing).state == "ready"
    assert code_of(missing.learns(enrolment=Enrolment("ready", "s-0")), ASSESS) == "account.service_role_missing"


def test_the_wishes_for_the_path_are_kept() -> None:
    guest = Guest("windows-2016", facts=HEALTHY_WINDOWS, edition="datacenter", language="en")
    wished = FRESH.learns(instance=replace(HERE, os="windows-2016", os_type="windows"), guest=guest)
    wished = wished.with_(item=replace(ITEM, target="windows-2022", via=("windows-2019",)))
    assert code_of(wished, ASSESS) == "source.not_imported"
    assert [hop.target for hop in assessed(wished).view.hops] == ["windows-2019", "windows-2022"]
    avoided = wished.with_(item=replace(wished.item, via=(), avoid=("windows-2022",)))
    assert assessed(avoided).state == "blocked"
