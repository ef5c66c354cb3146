# Copyright (c) 2026 evergreen.os_migration contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""From the guest's word to the hop that comes next, its admission, and the arrival."""

from __future__ import annotations

from dataclasses import replace

import pytest
from ansible_collections.evergreen.os_migration.plugins.module_utils._core.before import of_instance
from ansible_collections.evergreen.os_migration.plugins.module_utils._core.contents import of_guest
from ansible_collections.evergreen.os_migration.plugins.module_utils._core.migration.arrive import GRACE, seen_before
from ansible_collections.evergreen.os_migration.plugins.module_utils._core.model import (
    UNKNOWN,
    Agent,
    Disk,
    Enrolment,
    Guest,
)
from ansible_collections.evergreen.os_migration.plugins.module_utils._core.verb import Verb

from .healthy import BOOTS, HEALTHY_WINDOWS
from .situations import (
    FRESH,
    HERE,
    ITEM,
    SAFE,
    SILENT,
    STARTED,
    arrived,
    at,
    code_of,
    end_of,
    linux,
    look_of,
    offering,
    step_of,
    tagged,
    verb_of,
    waiving,
    wanting,
    work,
)

READY = Enrolment("ready", "s-0")
WAS = seen_before(HERE, linux())
ARRIVED = arrived()
OVER_TWO_HOPS = SAFE.learns(
    instance=tagged("started", source="windows-2008r2", target="windows-2016", os_type="windows"),
    guest=Guest("windows-2012r2", facts=HEALTHY_WINDOWS, edition="datacenter", language="en"),
).with_(item=replace(ITEM, target="windows-2016"))


# --- the guest's word -------------------------------------------------------------------------------------------------


def test_the_guest_is_asked_what_it_is_and_when_is_kept() -> None:
    step = step_of(FRESH.forgets("guest"), now=at(50))
    assert (step.verb, step.state, step.changes) == (Verb.ASK, "probing", {"asked": 50})


def test_a_guest_is_asked_only_after_a_look_showed_that_it_answers() -> None:
    """And which disks it has by then: a service can attach one of its own while it works."""
    assert look_of(STARTED.forgets("guest", "instance")) == "disks"
    assert look_of(STARTED.learns(instance=tagged("started", status="Starting")).forgets("guest")) == "disks"
    assert verb_of(STARTED.forgets("guest")) is Verb.ASK


def test_a_silent_guest_is_given_up_at_once_unless_it_is_on_its_way_up() -> None:
    silent = waiving(FRESH.learns(instance=SILENT).forgets("guest"), "agent.offline")
    assert code_of(silent) == "GuestUnreachable"
    up = (
        STARTED.learns(instance=tagged("started", agent=Agent(installed=True)))
        .forgets("guest")
        .with_(state="verifying")
    )
    assert look_of(up, now=at(7200)) == "disks"
    assert look_of(up, now=at(7201)) == "disks"
    assert code_of(up.looked(["instance"], 7201), now=at(7201)) == "AgentLost"


@pytest.mark.parametrize("trouble", ["timed_out", "cut_off", "unreadable", "failed"])
@pytest.mark.parametrize("state", ["assessed", "migrated"])
def test_a_guest_that_cannot_be_read_is_one_finding_with_a_remedy(trouble: str, state: str) -> None:
    record = end_of(FRESH.learns(guest=Guest(UNKNOWN, trouble=trouble)), wanting(state))
    assert record.state == "blocked"
    (finding,) = [one for one in record.view.findings if one.severity == "inhibitor"]
    assert finding.id.startswith("guest.probe_")
    assert (record.problem and record.problem.code) == finding.id
    assert finding.remedy


def test_a_number_that_nobody_could_have_counted_is_not_known() -> None:
    assert code_of(FRESH.learns(guest=linux(**{"free_mib./var": "9" * 5000}))) == "linux.space.var"


# --- the way ----------------------------------------------------------------------------------------------------------


def test_an_attempt_that_is_under_way_is_planned_from_where_it_began() -> None:
    step = step_of(OVER_TWO_HOPS, wanting(rollback_to="hop"))
    assert step.subject == "started attempt=1 set=2 try=1 from=windows-2008r2 to=windows-2016"
    assert code_of(OVER_TWO_HOPS.learns(guest=Guest("windows-2019"))) == "UnexpectedOs"


def test_the_hop_that_comes_next_leaves_what_the_guest_runs() -> None:
    order = step_of(OVER_TWO_HOPS.learns(enrolment=READY), wanting(rollback_to="start"))
    assert (order.verb, order.subject.name[-3:], order.subject.hop.source) == (Verb.ORDER, "-h2", "windows-2012r2")


def test_a_guest_off_the_path_stops_its_migration() -> None:
    assert code_of(STARTED.learns(guest=Guest("anolis-8"))) == "UnexpectedOs"
    assert code_of(FRESH.learns(guest=Guest("anolis-8", facts=linux().facts))) == "UnsupportedPath"


def test_a_tag_whose_source_is_its_target_does_not_keep_anybody_busy() -> None:
    assert code_of(STARTED.learns(instance=tagged("started", source="alinux-3"))) == "UnexpectedOs"


def test_a_job_that_says_done_while_the_guest_did_not_change_is_no_success() -> None:
    over = SAFE.learns(works=(work("done"),), was=WAS).with_(state="verifying")
    assert verb_of(over, now=at(GRACE - 1)) is Verb.ASK
    assert code_of(over, now=at(GRACE)) == "VerifyFailed"
    assert code_of(over.learns(guest=linux(boot_id=BOOTS[1])), now=at(GRACE)) == "OldSystemBooted"
    assert code_of(SAFE.learns(works=(work("done", name="by hand"),)), offering()) == "SourceMissing"


def test_an_attempt_is_not_stopped_by_what_it_does_itself() -> None:
    mine = Disk("d-0", "system", status="Attaching", manual_snapshots=256)
    assert verb_of(SAFE.learns(instance=tagged("started", disks=(mine,)))) is Verb.ENROL
    assert code_of(FRESH.learns(instance=replace(HERE, disks=(mine,)))) == "disk.not_in_use"


def test_whoever_waives_that_a_guest_does_not_answer_does_not_waive_what_it_would_have_said() -> None:
    silent = replace(HERE, agent=Agent(installed=True, last_heartbeat="1970-01-01T00:00:00Z"))
    record = waiving(FRESH.learns(instance=silent, guest=None).forgets("guest"), "agent.offline", "agent.heartbeat_old")
    for state in ("assessed", "migrated"):
        assert code_of(record, wanting(state)) == "GuestUnreachable"


# --- admission --------------------------------------------------------------------------------------------------------


def test_the_first_write_is_the_mark_and_it_waits_for_a_place() -> None:
    step = step_of(FRESH)
    assert (step.verb, step.queue, step.state) == (Verb.MARK, "smc", "queued")
    assert step.subject == "started attempt=1 set=1 try=1 from=centos-7 to=alinux-3 by=smc back=disks"
    assert step.changes == {
        "begun": 1,
        "sets": (1,),
        "retried": True,
        "before": HERE,
        "was": WAS,
        "former": of_guest(linux()),
    }
    assert " run=1a2b3c4d " in step_of(FRESH, wanting(run="1a2b3c4d")).subject


def test_a_new_attempt_has_the_next_number() -> None:
    assert "attempt=4 " in step_of(FRESH.learns(instance=tagged("committed", 3, target="centos-7"))).subject


# --- arrival ----------------------------------------------------------------------------------------------------------


def test_a_guest_that_runs_its_target_is_marked_and_then_done() -> None:
    step = step_of(SAFE.learns(guest=ARRIVED, works=(work("done"),)))
    assert (step.verb, step.subject) == (Verb.MARK, "migrated attempt=1 set=1 try=1 from=centos-7 to=alinux-3")
    record = end_of(FRESH.learns(instance=tagged("migrated"), guest=ARRIVED))
    assert (record.state, record.problem, record.view.findings) == ("migrated", None, ())


def test_what_should_have_stayed_and_did_not_is_told() -> None:
    before = replace(HERE, hostname="web-1", private_addresses=("10.0.0.1",), public_addresses=("1.2.3.4",))
    after = replace(tagged("migrated"), disks=(*HERE.disks, Disk("d-9", status="In_use")))
    record = end_of(FRESH.learns(instance=after, guest=ARRIVED, before=before, was=of_instance(before)))
    changed = {f"verify.{what}_changed" for what in ("hostname", "private_addresses", "public_addresses", "disks")}
    assert {one.id for one in record.view.findings} == changed
    assert {one.severity for one in record.view.findings} == {"warning"}
    evidence = {one.id: one.evidence for one in record.view.findings}
    assert evidence["verify.hostname_changed"] == "before web-1, after none"
    assert evidence["verify.disks_changed"] == "before d-0, after d-0, d-9"
    by_digest = end_of(FRESH.learns(instance=after, guest=ARRIVED, was=of_instance(before)))
    assert {one.id for one in by_digest.view.findings} == changed
    assert "before another, after none" in {one.evidence for one in by_digest.view.findings}
    same = end_of(FRESH.learns(instance=tagged("migrated"), guest=ARRIVED, was=of_instance(HERE)))
    assert same.view.findings == ()
