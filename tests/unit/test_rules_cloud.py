# Copyright (c) 2026 evergreen.os_migration contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Prechecks of what the cloud shows: instance, disks, agent, account, jobs, and the conditions of the path."""

from __future__ import annotations

from dataclasses import replace

import pytest
from ansible_collections.evergreen.os_migration.plugins.module_utils._core.model import (
    UNKNOWN,
    Account,
    Agent,
    Disk,
    Enrolment,
    Guest,
    Point,
    Problem,
    Waiver,
    Work,
)
from ansible_collections.evergreen.os_migration.plugins.module_utils._core.paths import Path
from ansible_collections.evergreen.os_migration.plugins.module_utils._core.rules import (
    INHIBITOR,
    NOT_KNOWN,
    WARNING,
    Case,
    examine,
)

from .cases import LINUX, ON_AWS, TO_RED_HAT, WINDOWS, about, in_guest, only, severities, without_target

DAY = 24 * 3600
NOON = 1_795_348_800  # 2026-11-22T12:00:00Z


def with_disk(**changes: object) -> Case:
    return about(LINUX, disks=(replace(Disk("d-0", "system", status="In_use"), **changes),))


def heard(last: str, now: float = NOON, **changes: object) -> Case:
    agent = replace(Agent(installed=True, online=True, last_heartbeat=last), **changes)
    return replace(without_guest(about(LINUX, agent=agent)), now=now)


def without_guest(case: Case) -> Case:
    return replace(case, guest=None)


def on_path(case: Case, **conditions: object) -> Case:
    return replace(case, path=replace(Path("p", "a", "b", "alicloud", "smc"), **conditions))


def account(role: bool | None, snapshots: bool | None) -> Case:
    return replace(LINUX, account=Account(service_role=role, snapshots_used=snapshots))


def work(status: str, said: str, name: str, holds: bool = True) -> Work:
    return Work("smc", "j-1", name, status=status, said=said, holds=holds)


TRAITS = ("scaling_group", "cluster", "spot", "stack")
UNCLEAR = Enrolment("unclear", problem=Problem("SourceUnclear", "s-1 or s-2", "Tag one."))
VIOLATED = [
    ("instance.not_running", INHIBITOR, about(LINUX, status="Stopped")),
    ("instance.not_running", INHIBITOR, about(LINUX, status="")),
    ("instance.clone_of_a_drill", INHIBITOR, about(LINUX, tags={"evergreen:os_migration.made": "of=i-1 what=clone"})),
    ("instance.tags_full", INHIBITOR, about(LINUX, tags={f"key-{n}": "" for n in range(19)})),
    ("instance.tags_full", INHIBITOR, about(LINUX, tags={f"acs:{n}": "" for n in range(19)})),
    ("owner.scaling_group", INHIBITOR, about(LINUX, traits={"scaling_group": "asg-1"})),
    ("owner.cluster", INHIBITOR, about(LINUX, traits={"cluster": "c-1"})),
    ("owner.spot", INHIBITOR, about(LINUX, traits={"spot": "SpotAsPriceGo"})),
    ("owner.stack", INHIBITOR, about(LINUX, traits={"stack": "st-1"})),
    ("disk.multi_attach", INHIBITOR, with_disk(type="data", multi_attach=True)),
    ("instance.tags_full", INHIBITOR, about(replace(ON_AWS, most_tags=50), tags={f"key-{n}": "" for n in range(49)})),
    ("instance.locked", INHIBITOR, about(LINUX, locks=("financial", "security"))),
    ("instance.classic_network", INHIBITOR, about(LINUX, network_type="classic")),
    ("instance.too_small", INHIBITOR, about(WINDOWS, vcpus=1)),
    ("instance.too_small", INHIBITOR, about(WINDOWS, memory_mib=2047)),
    ("instance.too_small", INHIBITOR, without_guest(without_target(about(WINDOWS, os=UNKNOWN, vcpus=1)))),
    ("instance.too_small", WARNING, about(ON_AWS, vcpus=1)),
    ("instance.too_small", WARNING, about(ON_AWS, memory_mib=4095)),
    ("instance.snapshot_in_progress", INHIBITOR, about(LINUX, snapshots_in_progress=(Point("s-1", "d-0"),))),
    ("disk.none_visible", INHIBITOR, about(LINUX, disks=())),
    ("disk.not_in_use", INHIBITOR, with_disk(status="Attaching")),
    ("disk.not_in_use", INHIBITOR, with_disk(status="")),
    ("disk.no_snapshots", INHIBITOR, with_disk(category="local_ssd_pro")),
    ("disk.no_snapshots", INHIBITOR, with_disk(category="ephemeral_ssd")),
    ("disk.no_snapshots", INHIBITOR, with_disk(category="elastic_ephemeral_disk_premium")),
    ("disk.deletes_auto_snapshots", WARNING, with_disk(delete_auto_snapshot=True)),
    ("disk.snapshot_quota", WARNING, with_disk(manual_snapshots=240)),
    ("disk.snapshot_quota", WARNING, with_disk(manual_snapshots=254)),
    ("disk.snapshot_quota", INHIBITOR, with_disk(manual_snapshots=255)),
    ("agent.missing", INHIBITOR, about(LINUX, agent=Agent())),
    ("agent.offline", INHIBITOR, about(LINUX, agent=Agent(installed=True))),
    ("agent.heartbeat_old", INHIBITOR, heard("2026-11-21T11:59:59Z")),
    ("account.service_role_missing", INHIBITOR, account(False, True)),
    ("account.service_role_missing", WARNING, account(None, True)),
    ("account.snapshot_service", WARNING, account(True, False)),
    ("account.snapshot_service", WARNING, account(True, None)),
    ("job.unfinished", INHIBITOR, replace(LINUX, works=(work("running", "Running", "by hand"),))),
    ("job.unfinished", INHIBITOR, replace(LINUX, works=(work("failed", "InError", "by hand"),))),
    ("job.unfinished", INHIBITOR, replace(LINUX, works=(work("failed", "InError", "osm-i-another-a1-h1"),))),
    ("source.not_imported", INHIBITOR, replace(LINUX, enrolment=Enrolment(), can_enrol=False)),
    ("source.unclear", INHIBITOR, replace(LINUX, enrolment=UNCLEAR)),
    ("path.region", INHIBITOR, about(WINDOWS, region="ap-south-1")),
    ("path.region", INHIBITOR, about(WINDOWS, region="")),
    ("path.version", INHIBITOR, in_guest(TO_RED_HAT, version="7.6")),
    ("path.version", INHIBITOR, about(in_guest(TO_RED_HAT, version="7.6"), os_version="7.9")),
    ("path.version", INHIBITOR, in_guest(TO_RED_HAT, version="")),
    ("path.version", INHIBITOR, about(in_guest(TO_RED_HAT, version=""), os=UNKNOWN, os_version="7.9")),
    ("path.edition", INHIBITOR, in_guest(WINDOWS, edition="web")),
    ("path.edition", INHIBITOR, in_guest(WINDOWS, edition="")),
    ("path.language", INHIBITOR, in_guest(WINDOWS, language="ja")),
    ("path.language", INHIBITOR, in_guest(WINDOWS, language="")),
]
FINE = [
    about(LINUX, tags={"evergreen:os_migration": "", **{f"key-{n}": "" for n in range(18)}}),
    about(LINUX, traits={"key_pair": "x"}),
    about(
        replace(ON_AWS, most_tags=50), tags={"aws:cloudformation:stack-name": "", **{f"key-{n}": "" for n in range(48)}}
    ),
    about(WINDOWS, vcpus=2, memory_mib=2048),
    about(LINUX, vcpus=1, memory_mib=512),
    about(LINUX, snapshots_in_progress=(Point("s-1", "d-0", label="attempt=1 hop=1"),)),
    with_disk(type="data", delete_auto_snapshot=True),
    with_disk(manual_snapshots=239),
    with_disk(manual_snapshots=None),
    heard("2026-11-21T12:00:00Z"),
    heard("2036-01-01T00:00:00Z"),
    heard("1970-01-01T00:00:00Z", now=0.0),
    heard(""),
    heard("yesterday"),
    account(True, True),
    replace(LINUX, account=None),
    replace(LINUX, works=(work("done", "Finished", "by hand"),)),
    replace(LINUX, works=(work("failed", "InError", f"osm-{LINUX.instance.instance_id}-a1-h1"),)),
    replace(LINUX, works=(work("running", "Running", "a clone by hand", holds=False),)),
    replace(LINUX, works=None),
    replace(LINUX, enrolment=Enrolment()),
    replace(LINUX, enrolment=None, can_enrol=False),
    about(in_guest(TO_RED_HAT, version=""), os_version="7.9"),
    about(in_guest(TO_RED_HAT, version="7.9"), os_version="7.6"),
    about(in_guest(WINDOWS, edition="", language=""), os_edition="standard", os_language="en"),
    without_guest(about(TO_RED_HAT, os_version="7.6")),
    on_path(LINUX, versions=(), regions=()),
    in_guest(TO_RED_HAT, version="7.9.2009"),
]


@pytest.mark.parametrize(("rule", "severity", "case"), VIOLATED)
def test_what_the_cloud_shows_is_checked(rule: str, severity: str, case: Case) -> None:
    assert severities(case) == {rule: severity}


@pytest.mark.parametrize("case", FINE)
def test_what_is_just_fine_is_passed(case: Case) -> None:
    assert severities(case) == {}


def test_an_allow_list_is_a_warning_in_its_own_words() -> None:
    (finding,) = (found for found in examine(TO_RED_HAT) if found.id == "path.allow_list")
    assert finding.severity == WARNING
    assert TO_RED_HAT.path is not None
    assert finding.evidence == TO_RED_HAT.path.allow_list


def test_the_planner_s_conditions_that_are_not_known_are_said_to_be_so() -> None:
    assert only(in_guest(WINDOWS, language="")).evidence.startswith(NOT_KNOWN)


@pytest.mark.parametrize("trait", TRAITS)
def test_another_owner_is_named_and_can_be_waived(trait: str) -> None:
    owned = about(LINUX, traits={trait: "x-1"})
    assert only(owned).evidence == f"{trait.replace('_', ' ')}: x-1"
    assert "waive" in only(owned).remedy.lower()
    waiver = Waiver(f"owner.{trait}", "taken out", "ops", "2027-01-01")
    assert severities(replace(without_guest(owned), waivers=(waiver,), now=NOON)) == {f"owner.{trait}": WARNING}


def test_what_is_nearest_to_a_source_of_the_instance_is_told() -> None:
    doubtful = replace(LINUX, enrolment=Enrolment(said="s-1 has its address"), can_enrol=False)
    assert only(doubtful).evidence == "s-1 has its address"
    assert only(replace(LINUX, enrolment=UNCLEAR)).evidence == "s-1 or s-2"


def test_a_job_of_somebody_else_is_told_in_the_service_s_own_word() -> None:
    assert only(replace(LINUX, works=(work("failed", "InError", "by hand"),))).evidence == "j-1 is InError"
    assert only(replace(LINUX, works=(work("made", "", "by hand"),))).evidence == "j-1 is made"


def test_a_service_role_that_the_first_import_makes_is_only_told() -> None:
    missing = account(False, True)
    to_come = replace(missing, enrolment=Enrolment())
    assert severities(to_come) == {"account.service_role_missing": WARNING}
    for other in (replace(to_come, can_enrol=False), replace(missing, enrolment=None)):
        assert severities(other)["account.service_role_missing"] == INHIBITOR


def test_the_provider_s_words_stand_in_what_a_rule_says() -> None:
    assert "(Cloud Assistant)" in only(about(LINUX, agent=Agent())).message
    assert only(account(False, True)).message.endswith("Server Migration Center its service role.")
    assert "(agent of a toy)" in only(replace(about(LINUX, agent=Agent()), words={"agent": "agent of a toy"})).message


def test_an_agent_that_was_never_heard_is_said_to_be_so() -> None:
    old = Agent(installed=True, last_heartbeat="2026-01-01T00:00:00Z")
    for agent, said in ((old, old.last_heartbeat), (Agent(installed=True), "never")):
        assert said in only(about(LINUX, agent=agent)).evidence


def test_a_stopped_instance_s_agent_is_judged_by_its_last_heartbeat() -> None:
    case = about(heard("2026-11-20T12:00:00Z", online=False), status="Stopped")
    assert severities(case) == {"instance.not_running": INHIBITOR, "agent.heartbeat_old": INHIBITOR}


def test_every_disk_that_is_wrong_is_named() -> None:
    case = about(LINUX, disks=(Disk("d-0", status="In_use"), Disk("d-1", status="Detaching"), Disk("d-2")))
    assert only(case).evidence == f"d-1 is Detaching, d-2 is {NOT_KNOWN}"


@pytest.mark.parametrize("guest", [None, Guest(UNKNOWN, probed=False), Guest("centos-7", probed=False)])
def test_without_the_guest_s_own_word_only_the_cloud_is_looked_at(guest: Guest | None) -> None:
    assert severities(replace(LINUX, guest=guest)) == {}
