# Copyright (c) 2026 evergreen.os_migration contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What is decided, whatever a cloud, a guest, a tag or a user says."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest
from ansible_collections.evergreen.os_migration.plugins.module_utils._core import rules
from ansible_collections.evergreen.os_migration.plugins.module_utils._core.decide import decide, fail, predict
from ansible_collections.evergreen.os_migration.plugins.module_utils._core.ledger import snapshot_label
from ansible_collections.evergreen.os_migration.plugins.module_utils._core.model import (
    Account,
    Agent,
    Disk,
    Guest,
    Instance,
    Item,
    Job,
    Ledger,
    Problem,
    Record,
    Snapshot,
    Source,
    Waiver,
)
from ansible_collections.evergreen.os_migration.plugins.module_utils._core.position import (
    ACTIVE,
    attempt,
    case,
    protectable_disks,
)
from ansible_collections.evergreen.os_migration.plugins.module_utils._core.step import Goal, Kind, Step, Verb
from hypothesis import given, settings
from hypothesis import strategies as st

from .strategies import HEALTHY_LINUX, HEALTHY_WINDOWS, ID, goals, likely_records, records

thorough = settings(max_examples=250, deadline=None)
any_moment = st.sampled_from([0.0, 1000.0, 90_000.0, 200_000.0])
#: Enough for the longest way of local steps; a record that needs more would keep an engine busy for ever.
PATIENCE = 20


def settled(record: Record, step: Step) -> Record:
    """Return the record after a local step, as the engine leaves it."""
    if step.verb is Verb.FAIL:
        return fail(record, step.subject)
    changed = record.with_(**step.changes)
    return changed.with_(state=step.state, done=True) if step.verb is Verb.FINISH else changed


def next_real_step(record: Record, goal: Goal, now: float) -> tuple[Record, Step | None]:
    """Return the record and its next step that touches the cloud; None when it is done."""
    for _unused in range(PATIENCE):
        if record.done:
            return record, None
        step = decide(record, goal, now)
        if step.verb.kind is not Kind.LOCAL:
            return record, step
        record = settled(record, step)
    raise AssertionError(f"local steps without an end, the last is {step}")


@thorough
@given(records() | likely_records(), goals, any_moment)
def test_every_record_has_a_next_step_and_local_steps_come_to_an_end(record: Record, goal: Goal, now: float) -> None:
    assert isinstance(decide(record, goal, now), Step)
    next_real_step(record, goal, now)


@thorough
@given(likely_records(), goals, any_moment)
def test_every_problem_has_code_message_and_remedy(record: Record, goal: Goal, now: float) -> None:
    after, _unused = next_real_step(record.with_(problem=None), goal, now)
    if after.problem is not None:
        assert after.problem.code
        assert after.problem.message.endswith((".", ".)"))
        assert after.problem.remedy


@thorough
@given(likely_records(), goals, any_moment)
def test_what_the_cloud_s_rules_refuse_is_never_written_to(record: Record, goal: Goal, now: float) -> None:
    goal = replace(goal, state="migrated", transport="api")
    if record.ledger is not None and record.ledger.state in ACTIVE:
        record = record.with_(ledger=None)
    found = rules.examine(case(record.with_(guest=None), goal, now))
    _unused, step = next_real_step(record, goal, now)
    if rules.inhibitors(found):
        assert step is None or step.verb.kind is not Kind.WRITE


@thorough
@given(likely_records(), goals, any_moment)
def test_looking_never_changes_anything(record: Record, goal: Goal, now: float) -> None:
    for state in ("assessed", "verified", "described"):
        _unused, step = next_real_step(record, replace(goal, state=state), now)
        assert step is None or step.verb.kind is not Kind.WRITE or step.verb is Verb.PROBE


@thorough
@given(likely_records(), goals, any_moment)
def test_watching_never_writes_to_the_migration_service(record: Record, goal: Goal, now: float) -> None:
    _unused, step = next_real_step(record, replace(goal, state="migrated", transport="watch"), now)
    never = (Verb.IMPORT, Verb.CREATE_JOB, Verb.START_JOB, Verb.DELETE_JOBS, Verb.SNAPSHOT)
    assert step is None or step.verb not in never


@thorough
@given(likely_records(), goals, any_moment)
def test_a_job_is_created_only_for_a_marked_instance_whose_disks_are_all_safe(
    record: Record, goal: Goal, now: float
) -> None:
    record, step = next_real_step(record, replace(goal, state="migrated"), now)
    if step is None or step.verb is not Verb.CREATE_JOB:
        return
    assert record.ledger is not None
    assert record.ledger.state == "started"
    if record.hop == 0 or goal.rollback_to == "hop":
        label = snapshot_label(attempt(record), record.hop + 1)
        safe = {s.disk_id for s in record.snapshots or () if (s.label, s.status) == (label, "accomplished")}
        assert {disk.disk_id for disk in protectable_disks(record)} <= safe


@thorough
@given(likely_records(), goals, any_moment)
def test_a_disk_is_reset_only_under_a_stopped_instance_that_is_marked_for_it(
    record: Record, goal: Goal, now: float
) -> None:
    record, step = next_real_step(record, goal, now)
    if step is None or step.verb is not Verb.RESET_DISKS:
        return
    assert record.instance is not None
    assert record.ledger is not None
    assert (record.instance.status, record.ledger.state) == ("Stopped", "rolling_back")
    assert all(snapshot.status == "accomplished" for snapshot in step.subject)
    assert len({snapshot.label for snapshot in step.subject}) == 1


@thorough
@given(likely_records(), goals, any_moment)
def test_snapshots_are_deleted_only_to_commit_a_guest_that_runs_its_target(
    record: Record, goal: Goal, now: float
) -> None:
    record, step = next_real_step(record, goal, now)
    if step is None or step.verb is not Verb.DELETE_SNAPSHOTS:
        return
    assert goal.state == "committed"
    assert record.guest is not None
    assert record.guest.os == record.item.target
    assert record.ledger is None or record.ledger.state in ("migrated", "committed")


# --- check mode -------------------------------------------------------------------------------------------------------


def looked_up(record: Record, step: Step, seen: Instance) -> Record:
    """Return the record after a read that found nothing special."""
    ready = tuple(replace(job, status="Ready") for job in record.jobs or ())
    found: dict[Verb, dict[str, Any]] = {
        Verb.DESCRIBE: {"instance": seen},
        Verb.LOOK_AT_ACCOUNT: {"account": Account(True, True)},
        Verb.FIND_MIGRATION: {"jobs": ()},
        Verb.FIND_SNAPSHOTS: {"snapshots": ()},
        Verb.CONFIRM_JOB: {"jobs": ready},
    }
    return record.with_(**found[step.verb], **step.changes)


@thorough
@given(likely_records(), goals, any_moment)
def test_check_mode_comes_to_an_end_without_a_write(record: Record, goal: Goal, now: float) -> None:
    record = record.with_(command=None)
    for _unused in range(PATIENCE):
        record, step = next_real_step(record, goal, now)
        if step is None:
            break
        record = looked_up(record, step, HERE) if step.verb.kind is Kind.READ else predict(record, step)
    assert record.done


@thorough
@given(likely_records(), goals, any_moment)
def test_a_prediction_says_changed_only_where_something_would_be_written(
    record: Record, goal: Goal, now: float
) -> None:
    record, step = next_real_step(record.with_(changed=False), goal, now)
    if step is not None and step.verb.kind is not Kind.READ:
        wrote = step.verb.kind is Kind.WRITE and step.verb is not Verb.PROBE
        assert predict(record, step).changed == wrote


def test_check_mode_plans_a_healthy_instance_without_the_facts_that_only_a_script_could_tell() -> None:
    record, step = next_real_step(FRESH.with_(guest=None), GOAL, 0)
    assert step is not None
    assert step.verb is Verb.PROBE
    record, step = next_real_step(predict(record, step), GOAL, 0)
    assert step is not None
    record = predict(record, step)
    assert (record.state, record.changed, record.findings) == ("planned", True, ())
    assert [hop.target for hop in record.hops] == ["alinux-3"]


# --- single decisions -------------------------------------------------------------------------------------------------

HERE = Instance(
    ID,
    "r",
    "alicloud",
    status="Running",
    os="centos-7",
    os_type="linux",
    architecture="x86_64",
    vcpus=2,
    memory_mib=4096,
    network_type="vpc",
    disks=(Disk("d-0", "system", status="In_use"),),
    agent=Agent(installed=True, online=True),
)
ITEM = Item(ID, "r", "alicloud", target="alinux-3")
CENTOS = Guest("centos-7", facts=HEALTHY_LINUX)
FRESH = Record(ITEM, instance=HERE, account=Account(True, True), jobs=(), snapshots=(), guest=CENTOS)
STARTED = FRESH.with_(ledger=Ledger("started", 1, "centos-7", "alinux-3"))
SNAPSHOT = Snapshot("s-0", "d-0", "accomplished", label="attempt=1 hop=1")
GOAL = Goal(importable=frozenset({"linux"}))


def code_of(record: Record, goal: Goal = GOAL, now: float = 0) -> str | None:
    """Return the code of the problem that a record ends in."""
    record, step = next_real_step(record, goal, now)
    assert step is None
    return record.problem.code if record.problem else None


def waived(record: Record, rule: str) -> Record:
    """Return the record with a waiver for the rule's finding."""
    waiver = Waiver(rule, "goes with the host", "ops", "2099-12-31")
    return record.with_(item=replace(record.item, waivers=(waiver,)))


def verb_of(record: Record, goal: Goal = GOAL, now: float = 0) -> Verb:
    record, step = next_real_step(record, goal, now)
    assert step is not None, record.problem
    return step.verb


def test_the_first_write_is_the_mark() -> None:
    assert verb_of(FRESH) is Verb.MARK
    assert verb_of(STARTED) is Verb.SNAPSHOT
    assert verb_of(STARTED.with_(snapshots=(replace(SNAPSHOT, status="progressing"),))) is Verb.POLL_SNAPSHOTS
    assert verb_of(STARTED.with_(snapshots=(SNAPSHOT,))) is Verb.IMPORT


def test_an_attempt_that_goes_on_without_a_source_or_an_import_command_is_told_so() -> None:
    """The run that started it had a command; the one that resumes it has none."""
    resumed = STARTED.with_(snapshots=(SNAPSHOT,))
    for one in (resumed, waived(resumed, "source.not_imported")):
        assert code_of(one, Goal()) == "SourceMissing"
    assert code_of(FRESH, Goal()) == "source.not_imported"
    assert verb_of(waived(FRESH, "source.not_imported"), Goal()) is Verb.MARK


def test_a_tag_whose_source_is_its_target_does_not_keep_anybody_busy() -> None:
    odd = FRESH.with_(ledger=Ledger("started", 1, "alinux-3", "alinux-3"))
    assert code_of(odd) == "UnexpectedOs"


def test_a_number_that_nobody_could_have_counted_is_not_known() -> None:
    guest = Guest("centos-7", facts={**HEALTHY_LINUX, "free_mib./var": "9" * 5000})
    assert code_of(FRESH.with_(guest=guest)) == "linux.space.var"


def test_a_waived_finding_does_not_stop_a_migration() -> None:
    stopped = FRESH.with_(guest=Guest("centos-7", facts={**HEALTHY_LINUX, "i686_count": "3", "i686_packages": "a b c"}))
    assert code_of(stopped) == "linux.i686_packages"
    assert verb_of(waived(stopped, "linux.i686_packages")) is Verb.MARK
    assert code_of(waived(stopped, "linux.memory")) == "linux.i686_packages"


def test_every_finding_is_told_and_the_first_inhibitor_is_the_error() -> None:
    guest = Guest("centos-7", facts={**HEALTHY_LINUX, "i686_count": "3", "free_mib./var": "1", "free_mib./usr": "1"})
    record, _unused = next_real_step(FRESH.with_(guest=guest), GOAL, 0)
    assert record.state == "blocked"
    assert {"linux.space.usr", "linux.space.var", "linux.i686_packages"} <= {found.id for found in record.findings}
    assert record.problem is not None
    assert record.problem.code in {found.id for found in record.findings}
    assert record.problem.message.endswith("Findings that stop it: 3.")


def test_a_failed_first_job_is_rolled_back_only_when_asked_and_only_with_a_full_set() -> None:
    job = Job("j-0", f"osm-{ID}-a1-h1", "InError", instance_id=ID)
    failed = STARTED.with_(problem=Problem("MigrationFailed", "x"), jobs=(job,))
    asked = replace(GOAL, on_failure="rollback")
    assert code_of(failed.with_(snapshots=(SNAPSHOT,))) == "MigrationFailed"
    assert verb_of(failed.with_(snapshots=(SNAPSHOT,)), asked) is Verb.MARK
    assert code_of(failed.with_(snapshots=(replace(SNAPSHOT, disk_id="d-9"),)), asked) == "MigrationFailed"
    running = failed.with_(snapshots=(SNAPSHOT,), jobs=(replace(job, status="Running"),))
    assert code_of(running, asked) == "MigrationFailed"


def test_the_target_of_the_attempt_cannot_be_changed_half_way() -> None:
    assert code_of(STARTED.with_(item=replace(ITEM, target="anolis-8"))) == "TargetChanged"


def test_a_job_that_nobody_started_yet_is_looked_at_before_it_is_started() -> None:
    job = Job("j-0", f"osm-{ID}-a1-h1", "Created", instance_id=ID)
    made = STARTED.with_(snapshots=(SNAPSHOT,), jobs=(job,))
    assert verb_of(made) is Verb.CONFIRM_JOB
    assert verb_of(made.with_(jobs=(replace(job, status="Ready"),))) is Verb.START_JOB
    assert verb_of(made.with_(jobs=(replace(job, status="Running"),))) is Verb.POLL_JOB
    assert code_of(made.with_(jobs=(replace(job, status="InError"),))) == "MigrationFailed"
    assert verb_of(made.with_(jobs=(replace(job, status="InError"),)), replace(GOAL, retry=True)) is Verb.START_JOB


def test_what_takes_too_long_is_called_stuck_and_goes_on_in_the_next_run() -> None:
    job = Job("j-0", f"osm-{ID}-a1-h1", "Running", instance_id=ID)
    waiting = STARTED.with_(snapshots=(SNAPSHOT,), jobs=(job,), state="migrating", waiting_since=1.0)
    assert verb_of(waiting, now=7000) is Verb.POLL_JOB
    assert code_of(waiting, now=7300) == "JobStuck"
    assert verb_of(waiting.with_(state="pending", waiting_since=0.0), now=7300) is Verb.POLL_JOB


def test_a_second_attempt_deletes_the_job_that_the_first_one_left_unfinished() -> None:
    second = Ledger("started", 2, "centos-7", "alinux-3")
    safe = tuple(replace(SNAPSHOT, label=f"attempt={number} hop=1") for number in (1, 2))
    former = Job("j-0", f"osm-{ID}-a1-h1", "InError", instance_id=ID)
    here = STARTED.with_(ledger=second, snapshots=safe, source=Source("s-0", "Available"), jobs=(former,))
    _record, step = next_real_step(here, GOAL, 0)
    assert step is not None
    assert (step.verb, step.subject) == (Verb.DELETE_JOBS, (former,))
    for status in ("Finished", "InError"):
        foreign = replace(former, name="of somebody else", status=status)
        assert verb_of(here.with_(jobs=(foreign, replace(former, status="Finished")))) is Verb.CREATE_JOB


def test_a_rollback_whose_snapshots_are_gone_is_told_so_before_anything_is_started() -> None:
    here = replace(HERE, status="Stopped")
    back = STARTED.with_(instance=here, ledger=Ledger("rolling_back", 1, "centos-7", "alinux-3"), guest=None)
    assert code_of(back, replace(GOAL, state="rolled_back")) == "NoSnapshots"
    assert verb_of(back.with_(snapshots=(SNAPSHOT,)), replace(GOAL, state="rolled_back")) is Verb.RESET_DISKS


def test_every_write_leaves_a_line_in_the_timeline() -> None:
    for record in (FRESH, STARTED, STARTED.with_(snapshots=(SNAPSHOT,))):
        _record, step = next_real_step(record, GOAL, 0)
        assert step is not None
        assert step.event
    job = Job("j-0", f"osm-{ID}-a1-h1", "Ready", instance_id=ID)
    _record, step = next_real_step(STARTED.with_(snapshots=(SNAPSHOT,), jobs=(job,)), GOAL, 0)
    assert step is not None
    assert "j-0" in step.event


# --- assessing --------------------------------------------------------------------------------------------------------

ASSESS = replace(GOAL, state="assessed")


def assessed(record: Record, goal: Goal = ASSESS, now: float = 0) -> Record:
    after, step = next_real_step(record, goal, now)
    assert step is None
    return after


def test_an_assessment_without_a_target_looks_at_everything_that_needs_none() -> None:
    record = assessed(FRESH.with_(item=replace(ITEM, target="")))
    assert (record.state, record.hops, record.problem) == ("assessed", (), None)
    small = Guest("centos-7", facts={**HEALTHY_LINUX, "memory_available_mib": "5"})
    assert assessed(FRESH.with_(item=replace(ITEM, target=""), guest=small)).state == "blocked"


def test_an_assessment_plans_and_leaves_the_hops_in_the_record() -> None:
    record = assessed(FRESH)
    assert (record.state, [hop.target for hop in record.hops]) == ("ready", ["alinux-3"])


def test_without_a_path_the_findings_are_told_all_the_same() -> None:
    guest = Guest("centos-7", facts={**HEALTHY_LINUX, "memory_available_mib": "5"})
    record = assessed(FRESH.with_(item=replace(ITEM, target="windows-2016"), guest=guest))
    assert record.problem is not None
    assert (record.state, record.problem.code) == ("blocked", "UnsupportedPath")
    assert "linux.memory" in {finding.id for finding in record.findings}


def test_an_instance_that_cannot_be_asked_is_planned_by_the_cloud_s_word() -> None:
    stopped = FRESH.with_(guest=None, instance=replace(HERE, status="Stopped"))
    record = assessed(stopped)
    assert (record.state, [hop.target for hop in record.hops]) == ("blocked", ["alinux-3"])
    assert "instance.not_running" in {finding.id for finding in record.findings}


@pytest.mark.parametrize("trouble", ["timed_out", "cut_off", "unreadable", "failed"])
@pytest.mark.parametrize("state", ["assessed", "migrated"])
def test_a_guest_that_cannot_be_read_is_one_finding_with_a_remedy(trouble: str, state: str) -> None:
    record = assessed(FRESH.with_(guest=Guest("unknown", trouble=trouble)), replace(GOAL, state=state))
    assert record.state == "blocked"
    (finding,) = [one for one in record.findings if one.severity == "inhibitor"]
    assert finding.id.startswith("guest.probe_")
    assert (record.problem and record.problem.code) == finding.id
    assert finding.remedy


@pytest.mark.parametrize("state", ["verified", "committed"])
def test_a_guest_that_cannot_be_read_is_never_taken_for_one_that_runs_its_target(state: str) -> None:
    record = FRESH.with_(instance=replace(HERE, os="alinux-3"), guest=Guest("unknown", trouble="cut_off"))
    assert code_of(record, replace(GOAL, state=state)) == "GuestUnreadable"


@pytest.mark.parametrize("state", ["assessed", "migrated"])
def test_whoever_waives_that_a_guest_does_not_answer_does_not_waive_what_it_would_have_said(state: str) -> None:
    waivers = tuple(Waiver(f"agent.{rule}", "r", "ops", "2099-12-31") for rule in ("offline", "heartbeat_old"))
    silent = replace(HERE, agent=Agent(installed=True, last_heartbeat="1970-01-01T00:00:00Z"))
    record = FRESH.with_(guest=None, instance=silent, item=replace(ITEM, waivers=waivers))
    assert code_of(record, replace(GOAL, state=state)) == "GuestUnreachable"


def test_a_target_that_does_not_exist_hides_no_finding() -> None:
    guest = Guest("centos-7", facts={**HEALTHY_LINUX, "memory_available_mib": "5"})
    record = assessed(FRESH.with_(item=replace(ITEM, target="alinux-4"), guest=guest))
    assert (record.state, record.problem and record.problem.code) == ("blocked", "InvalidTarget")
    assert "linux.memory" in {finding.id for finding in record.findings}


def test_a_clock_that_was_right_when_the_guest_was_asked_stays_right() -> None:
    guest = replace(CENTOS, facts={**HEALTHY_LINUX, "time": "1000"})
    record = FRESH.with_(guest=guest, probed_at=1000.0)
    assert "guest.clock_wrong" not in {one.id for one in assessed(record, now=90_000.0).findings}
    assert code_of(record.with_(probed_at=400_000.0), ASSESS) == "guest.clock_wrong"


def test_a_service_role_that_the_first_import_makes_stops_nobody_before_it() -> None:
    missing = FRESH.with_(account=Account(service_role=False), source=None)
    assert assessed(missing).state == "ready"
    assert code_of(missing.with_(source=Source("s-0", "Available")), ASSESS) == "account.service_role_missing"


def test_the_wishes_for_the_path_are_kept() -> None:
    guest = Guest("windows-2016", facts=HEALTHY_WINDOWS, edition="datacenter", language="en")
    here = replace(HERE, os="windows-2016", os_type="windows", region="cn-hangzhou")
    wished = FRESH.with_(instance=here, guest=guest, item=replace(ITEM, target="windows-2022", via=("windows-2019",)))
    assert [hop.target for hop in assessed(wished).hops] == ["windows-2019", "windows-2022"]
    avoided = wished.with_(item=replace(wished.item, via=(), avoid=("windows-2022",)))
    assert assessed(avoided).state == "blocked"
