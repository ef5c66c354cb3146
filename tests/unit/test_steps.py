# Copyright (c) 2026 evergreen.os_migration contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What is asked of a cloud for each step, and what a record learns from the answer."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, fields, replace
from typing import Any

import pytest
from ansible_collections.evergreen.os_migration.plugins.module_utils._clouds.base import (
    Capabilities,
    JobRequest,
    Script,
)
from ansible_collections.evergreen.os_migration.plugins.module_utils._core.ledger import TAG_KEY, to_tag
from ansible_collections.evergreen.os_migration.plugins.module_utils._core.model import (
    Agent,
    Command,
    CommandResult,
    Disk,
    Guest,
    Hop,
    Item,
    Job,
    Ledger,
    Problem,
    Record,
    Snapshot,
    Source,
)
from ansible_collections.evergreen.os_migration.plugins.module_utils._core.outcome import outcome
from ansible_collections.evergreen.os_migration.plugins.module_utils._core.step import Goal, Kind, Step, Verb
from ansible_collections.evergreen.os_migration.plugins.module_utils._errors import CloudError
from ansible_collections.evergreen.os_migration.plugins.module_utils._steps import OPERATIONS, Brief, Task

from .memory_cloud import LIMITS, MemoryCloud
from .strategies import FINE, ID
from .test_engine import run

HERE = FINE["linux"]
RECORD = Record(Item(ID, "r", "alicloud", target="alinux-3"), instance=HERE, jobs=(), snapshots=())
STARTED = Ledger("started", 1, "centos-7", "alinux-3")
HOP = Hop("centos-7", "alinux-3")


@dataclass
class Told:
    """A cloud that answers what it was told and remembers what it was asked."""

    answers: dict[str, Any] = field(default_factory=dict)
    asked: list[tuple[str, tuple[Any, ...]]] = field(default_factory=list)
    capabilities: Capabilities = LIMITS

    def __getattr__(self, verb: str) -> Any:
        def answer(*given: Any, **named: Any) -> Any:
            self.asked.append((verb, (*given, *named.values())))
            told = self.answers[verb]
            return told(*given) if callable(told) else told

        return answer


def task(verb: Verb, record: Record = RECORD, subject: Any = None) -> Task:
    return Task(record, Step(verb, record.state, subject=subject))


def act(cloud: Any, *tasks: Task, brief: Brief | None = None) -> dict[str, Record | Problem]:
    given = brief or Brief(Goal(), {"linux": "# facts", "windows": "# facts"})
    return dict(OPERATIONS[tasks[0].step.verb].run(cloud, tasks, given))


def learnt(cloud: Any, one: Task, brief: Brief | None = None) -> Record:
    answer = act(cloud, one, brief=brief)[ID]
    assert isinstance(answer, Record)
    return answer


def refused(cloud: Any, one: Task, brief: Brief | None = None) -> Problem:
    answer = act(cloud, one, brief=brief)[ID]
    assert isinstance(answer, Problem)
    assert answer.code
    assert answer.message
    assert answer.remedy
    return answer


def refuse_after(good: int, result: Any = None) -> Any:
    """Return a verb that works ``good`` times."""
    left = [good]

    def answer(*given: Any) -> Any:
        left[0] -= 1
        if left[0] < 0:
            raise CloudError(Problem("Refused", "No.", "Ask."))
        return result(*given) if result else None

    return answer


# --- the table --------------------------------------------------------------------------------------------------------


def test_every_step_that_touches_the_cloud_has_its_way_of_being_done() -> None:
    assert set(OPERATIONS) == {verb for verb in Verb if verb.kind is not Kind.LOCAL}


@pytest.mark.parametrize("operation", OPERATIONS.values(), ids=[verb.value[0] for verb in OPERATIONS])
def test_a_call_never_holds_more_than_the_cloud_takes(operation: Any) -> None:
    """Sizes follow the cloud's limits, or are one, or the operation cuts its calls itself."""
    small = Capabilities(*[1] * len(fields(Capabilities)))
    size = operation.size(small)
    assert size == 1 or (size > 1000 and operation.size(LIMITS) == size)


# --- looking ----------------------------------------------------------------------------------------------------------


def test_who_is_not_found_is_told_why_and_the_others_are_described() -> None:
    cloud = Told({"describe": {ID: HERE}, "diagnose": {"i-2": Problem("InstanceNotFound", "No.")}})
    answers = act(cloud, task(Verb.DESCRIBE), task(Verb.DESCRIBE, Record(Item("i-2"))))
    assert isinstance(answers[ID], Record)
    assert answers["i-2"] == Problem("InstanceNotFound", "No.")
    assert cloud.asked == [("describe", ([ID, "i-2"], True)), ("diagnose", (["i-2"],))]


def test_nobody_is_diagnosed_when_all_are_found_and_a_script_needs_no_details() -> None:
    cloud = Told({"describe": {ID: HERE}})
    act(cloud, task(Verb.DESCRIBE), brief=Brief(Goal("scripted")))
    assert cloud.asked == [("describe", ([ID], False))]


@pytest.mark.parametrize("state", ["started", "migrated", "rolled_back", "committed"])
def test_the_tag_is_read_and_what_an_attempt_has_changed_is_not_taken_for_what_was_before(state: str) -> None:
    ledger = replace(STARTED, state=state)
    tagged = replace(HERE, tags={TAG_KEY: to_tag(ledger)})
    record = learnt(Told({"describe": {ID: tagged}}), task(Verb.DESCRIBE, Record(Item(ID))))
    assert (record.ledger, record.instance) == (ledger, tagged)
    assert (record.before is None) == (state == "started")


def test_a_light_look_keeps_what_it_does_not_show() -> None:
    busy = (Snapshot("s-1", "d-0"),)
    before = RECORD.with_(instance=replace(HERE, snapshots_in_progress=busy))
    light = replace(HERE, status="Stopped", architecture="unknown", disks=(), snapshots_in_progress=())
    for disks in ({ID: ()}, {}):
        record = learnt(Told({"describe": {ID: light}, "disks": disks}), task(Verb.POLL_INSTANCE, before))
        assert record.instance == replace(light, architecture="x86_64", disks=HERE.disks, snapshots_in_progress=busy)
    fresh = {ID: (Disk("d-0", status="ReIniting"),)}
    record = learnt(Told({"describe": {ID: light}, "disks": fresh}), task(Verb.POLL_INSTANCE, before))
    assert record.instance is not None
    assert record.instance.disks == fresh[ID]


def test_an_instance_that_is_not_shown_for_a_moment_is_as_it_was() -> None:
    for found in ({}, {ID: Problem("Odd", "x")}):
        assert learnt(Told({"describe": found, "disks": {}}), task(Verb.POLL_INSTANCE)) == RECORD


def test_only_snapshots_in_progress_are_asked_for_and_never_too_many_at_once() -> None:
    made = tuple(Snapshot(f"s-{n}", f"d-{n}", "progressing", label="attempt=1 hop=1") for n in range(5))
    record = RECORD.with_(snapshots=(*made, Snapshot("s-9", "d-9", "accomplished")))
    cloud = Told({"snapshots": lambda ids: {one: Snapshot(one, "", "accomplished", created="now") for one in ids}})
    after = learnt(cloud, task(Verb.POLL_SNAPSHOTS, record))
    asked = [given[0] for verb, given in cloud.asked]
    assert [one for ids in asked for one in ids] == [one.snapshot_id for one in made]
    assert max(map(len, asked)) <= LIMITS.snapshots
    assert after.snapshots == (
        *(replace(one, status="accomplished", created="now") for one in made),
        Snapshot("s-9", "d-9", "accomplished"),
    )


def test_a_finished_job_makes_everything_that_is_known_of_the_guest_old() -> None:
    job = Job("j-1", "osm", "Running")
    record = RECORD.with_(jobs=(Job("j-0"), job), guest=Guest("centos-7"), source=Source("s-1", "InUse"))
    for status, stale in (("Running", False), ("InError", False), ("Finished", True)):
        seen = replace(job, status=status, progress=50)
        after = learnt(Told({"jobs": {"j-1": seen}}), task(Verb.POLL_JOB, record, job))
        assert after.jobs == (Job("j-0"), seen)
        assert (after.guest is None) == stale
        assert after.instance is not None
        assert after.instance.agent.online != stale
        assert after.source == Source("s-1", "unknown" if stale else "InUse")


def test_a_job_that_no_list_shows_yet_is_looked_up_again_before_it_is_started() -> None:
    job = Job("j-1", "osm")
    record = RECORD.with_(jobs=(job,))
    assert act(Told({"jobs": {}}), task(Verb.CONFIRM_JOB, record, job)) == {}
    assert learnt(Told({"jobs": {}}), task(Verb.POLL_JOB, record, job)) == record
    seen = replace(job, status="Ready")
    assert learnt(Told({"jobs": {"j-1": seen}}), task(Verb.CONFIRM_JOB, record, job)).jobs == (seen,)


def test_a_source_is_refreshed_when_it_is_shown() -> None:
    record = RECORD.with_(source=Source("s-1", "Unavailable"))
    assert learnt(Told({"sources": {}}), task(Verb.POLL_SOURCE, record)) == record
    fresh = Source("s-1", "Available")
    assert learnt(Told({"sources": {"s-1": fresh}}), task(Verb.POLL_SOURCE, record)).source == fresh


# --- the agent --------------------------------------------------------------------------------------------------------

FACTS = CommandResult("finished", 0, "osm-facts 1\nos_id=centos\nos_version=7\nosm-facts end\n")


def ended(record: Record, purpose: str, result: CommandResult, source: Source | None = None) -> Record | Problem:
    """Return what is made of a script that has ended."""
    cloud = Told({"script_results": {ID: result}, "imported_source": source})
    return act(cloud, task(Verb.POLL_COMMAND, record.with_(command=Command(purpose, "t-1"))))[ID]


@pytest.mark.parametrize(("os_type", "shell"), [("linux", "sh"), ("windows", "powershell")])
def test_a_guest_is_probed_with_its_own_system_s_script(os_type: str, shell: str) -> None:
    cloud = Told({"run_script": Command("probe", "t-1")})
    record = RECORD.with_(instance=replace(HERE, os_type=os_type))
    after = learnt(cloud, task(Verb.PROBE, record), Brief(Goal(), {os_type: f"# {os_type}"}))
    (_verb, (ids, script, token, purpose)) = cloud.asked[0]
    assert (ids, script.content, script.shell, purpose) == ([ID], f"# {os_type}", shell, "probe")
    assert token
    assert (after.command, after.changed) == (Command("probe", "t-1"), False)


def test_a_probe_that_ended_well_says_what_the_guest_is() -> None:
    after = ended(RECORD, "probe", FACTS)
    assert isinstance(after, Record)
    assert (after.command, after.guest and after.guest.os) == (None, "centos-7")


USELESS = [
    (replace(FACTS, exit_code=1), "failed"),
    (CommandResult("timed_out"), "timed_out"),
    (CommandResult("failed", stderr="No such user.", error_code="AccountNotExists"), "failed"),
    (replace(FACTS, stdout="rubbish"), "unreadable"),
    (replace(FACTS, stdout="osm-facts 1\nos_id=centos\n"), "cut_off"),
    (replace(FACTS, stdout="osm-facts 1\n", dropped_bytes=10_000_000), "cut_off"),
]


@pytest.mark.parametrize(("result", "trouble"), USELESS)
def test_a_probe_of_no_use_is_the_guest_s_trouble(result: CommandResult, trouble: str) -> None:
    after = ended(RECORD, "probe", result)
    assert isinstance(after, Record)
    assert after.guest is not None
    assert (after.guest.os, after.guest.trouble, after.problem, after.command) == ("unknown", trouble, None, None)
    assert result.stderr in after.guest.trouble_text


@pytest.mark.parametrize(("result", "trouble"), USELESS)
def test_a_probe_of_no_use_is_repeated_while_the_guest_is_just_coming_up(result: CommandResult, trouble: str) -> None:
    after = ended(RECORD.with_(ledger=STARTED), "probe", result)
    assert isinstance(after, Record)
    assert (after.command, after.guest, after.problem) == (None, None, None)
    assert after.instance is not None
    assert not after.instance.agent.online


def test_a_script_that_is_still_running_is_waited_for() -> None:
    for results in ({}, {ID: CommandResult("running")}):
        record = RECORD.with_(command=Command("script", "t-1"))
        assert learnt(Told({"script_results": results}), task(Verb.POLL_COMMAND, record)) == record


@pytest.mark.parametrize(
    ("result", "code"),
    [
        (CommandResult("finished", 3, "what it said"), "ScriptFailed"),
        (CommandResult("timed_out", None, "what it said"), "ScriptTimeout"),
        (CommandResult("failed", None, "what it said", "No such user.", error_code="AccountNotExists"), "AgentFailed"),
    ],
)
def test_a_script_that_failed_keeps_its_output(result: CommandResult, code: str) -> None:
    after = ended(RECORD, "script", result)
    assert isinstance(after, Record)
    assert after.problem is not None
    assert (after.problem.code, after.state, after.done, after.result) == (code, "failed", True, result)
    assert after.problem.remedy
    assert result.error_code in after.problem.message


def test_a_script_that_ended_well_is_no_problem() -> None:
    after = ended(RECORD, "script", CommandResult("finished", 0, "hello"))
    assert isinstance(after, Record)
    assert (after.problem, after.done, after.command) == (None, False, None)


@pytest.mark.parametrize(("content", "fits"), [("x" * 2000, True), ("x" * 2001, False), ("é" * 1001, False)])
def test_a_script_is_measured_in_bytes_before_it_is_sent(content: str, fits: bool) -> None:
    cloud = Told({"run_script": Command("script", "t-1")})
    brief = Brief(Goal("scripted"), {}, Script(content))
    if fits:
        assert learnt(cloud, task(Verb.RUN_SCRIPT), brief).changed
    else:
        assert refused(cloud, task(Verb.RUN_SCRIPT), brief).code == "ScriptTooLarge"
    assert bool(cloud.asked) == fits


def test_an_import_that_names_no_source_is_a_problem_that_does_not_show_its_output() -> None:
    record = RECORD.with_(command=Command("import", "t-1"))
    said = CommandResult("finished", 1, "the code is 4711", "exit code 1")
    problem = refused(Told({"script_results": {ID: said}, "imported_source": None}), task(Verb.POLL_COMMAND, record))
    assert "4711" not in str(problem)


def test_an_import_is_remembered_for_its_hop() -> None:
    cloud = Told({"import_source": Command("import", "t-1")})
    after = learnt(cloud, task(Verb.IMPORT, RECORD.with_(hop=1)))
    assert (after.imported_for, after.changed, after.command) == (2, True, Command("import", "t-1"))
    done = ended(after, "import", CommandResult("finished", 0, "x"), Source("s-1", "Unavailable"))
    assert isinstance(done, Record)
    assert (done.source, done.command) == (Source("s-1", "Unavailable"), None)
    assert "x" not in json.dumps(outcome(done)["timeline"])


# --- writing ----------------------------------------------------------------------------------------------------------


def test_a_mark_is_written_before_it_is_believed() -> None:
    cloud = Told({"tag": None})
    after = learnt(cloud, task(Verb.MARK, subject=STARTED))
    assert cloud.asked == [("tag", ([ID], TAG_KEY, to_tag(STARTED)))]
    assert (after.ledger, after.changed) == (STARTED, True)
    with pytest.raises(CloudError):
        act(Told({"tag": refuse_after(0)}), task(Verb.MARK, subject=STARTED))


def test_a_snapshot_is_asked_for_with_the_same_token_until_one_has_failed() -> None:
    record = RECORD.with_(ledger=STARTED)
    failed = Snapshot("s-0", "d-0", "failed", label="attempt=1 hop=1")
    tokens = []
    for known in ((), (), (failed,)):
        cloud = Told({"create_snapshot": lambda disk, name, tag, token: Snapshot("s-1", disk.disk_id, label=tag[1])})
        after = learnt(cloud, task(Verb.SNAPSHOT, record.with_(snapshots=known), HERE.disks[:1]))
        (_verb, (_disk, _name, tag, token)) = cloud.asked[0]
        assert tag == (TAG_KEY, "attempt=1 hop=1")
        assert after.snapshots == (*known, Snapshot("s-1", "d-0", label="attempt=1 hop=1"))
        tokens.append(token)
    assert tokens[0] == tokens[1] != tokens[2]


def test_what_was_done_before_a_refusal_is_not_lost() -> None:
    made = refuse_after(1, lambda disk, *rest: Snapshot("s-1", disk.disk_id))
    after = learnt(Told({"create_snapshot": made}), task(Verb.SNAPSHOT, RECORD, HERE.disks))
    assert after.snapshots == (Snapshot("s-1", "d-0"),)
    three = tuple(Snapshot(f"s-{n}", "d-0") for n in range(3))
    cloud = Told({"delete_snapshot": refuse_after(1)})
    left = learnt(cloud, task(Verb.DELETE_SNAPSHOTS, RECORD.with_(snapshots=three), three))
    assert (left.snapshots, left.changed) == (three[1:], True)
    jobs = (Job("j-0"), Job("j-1"))
    assert learnt(
        Told({"delete_job": refuse_after(1)}), task(Verb.DELETE_JOBS, RECORD.with_(jobs=jobs), jobs)
    ).jobs == (Job("j-1"),)


def test_a_refusal_of_the_very_first_is_one() -> None:
    for verb, name in ((Verb.SNAPSHOT, "create_snapshot"), (Verb.RESET_DISKS, "reset_disk")):
        with pytest.raises(CloudError):
            act(Told({name: refuse_after(0)}), task(verb, subject=(Snapshot("s-1", "d-0"),)))


def test_a_job_is_asked_for_by_the_name_and_token_of_its_hop() -> None:
    record = RECORD.with_(ledger=STARTED, source=Source("s-1", "Available"), hop=1)
    tokens = set()
    for _unused in range(2):
        cloud = Told({"create_job": lambda request: Job("j-1", request.name)})
        after = learnt(cloud, task(Verb.CREATE_JOB, record, HOP))
        (_verb, (request,)) = cloud.asked[0]
        assert isinstance(request, JobRequest)
        assert (request.name, request.source_id, request.hop) == (f"osm-{ID}-a1-h2", "s-1", HOP)
        assert after.jobs == (Job("j-1", f"osm-{ID}-a1-h2"),)
        tokens.add(request.token)
    assert len(tokens) == 1


def test_a_started_job_runs() -> None:
    job = Job("j-1", status="Ready")
    after = learnt(Told({"start_job": None}), task(Verb.START_JOB, RECORD.with_(jobs=(Job("j-0"), job)), job))
    assert after.jobs == (Job("j-0"), replace(job, status="Running"))


@pytest.mark.parametrize(
    ("verb", "name", "status"), [(Verb.STOP, "stop", "Stopping"), (Verb.START, "start", "Starting")]
)
def test_power_is_switched_for_all_but_the_refused(verb: Verb, name: str, status: str) -> None:
    other = RECORD.with_(item=Item("i-2"), instance=replace(HERE, instance_id="i-2"))
    refusal = Problem("Locked", "It is locked.", "Unlock it.")
    answers = act(Told({name: {"i-2": refusal}}), task(verb), task(verb, other))
    assert answers["i-2"] == refusal
    switched = answers[ID]
    assert isinstance(switched, Record)
    assert switched.instance == replace(HERE, status=status, agent=Agent(installed=True))


def test_reset_disks_are_remembered_and_the_guest_is_forgotten() -> None:
    record = RECORD.with_(guest=Guest("alinux-3"))
    snapshots = (Snapshot("s-0", "d-0", "accomplished"), Snapshot("s-1", "d-1", "accomplished"))
    after = learnt(Told({"reset_disk": refuse_after(1)}), task(Verb.RESET_DISKS, record, snapshots))
    assert (after.reset_disks, after.guest, after.changed) == (("d-0",), None, True)
    assert after.instance is not None
    assert [disk.status for disk in after.instance.disks] == ["ReIniting", "In_use"]


# --- together with the engine -----------------------------------------------------------------------------------------


class NoSecondImport(MemoryCloud):
    """A hop takes the client away, and the import that is to bring it back fails as long as ``broken``."""

    broken = True

    def imported_source(self, result: CommandResult) -> Source | None:
        imports = [key for key, (purpose, *_rest) in self.commands.items() if purpose == "import"]
        return None if self.broken and len(imports) > 1 else super().imported_source(result)

    def sources(self, source_ids: Sequence[str]) -> Mapping[str, Source]:
        found = super().sources(source_ids)
        gone = self.broken and any(job.status == "Finished" for job, *_rest in self.made_jobs.values())
        return {key: replace(one, state="Unavailable") if gone else one for key, one in found.items()}


def test_an_import_that_fails_half_way_is_told_once_and_the_next_run_goes_on() -> None:
    cloud = NoSecondImport()
    cloud.add("w1", "windows-2008r2")
    record = run(cloud, {"w1": "windows-2016"})["w1"]
    assert (record.state, record.problem and record.problem.code) == ("failed", "AgentFailed")
    assert len([event for event in record.timeline if event.event.startswith("failed")]) == 1
    assert cloud.machines["w1"].os == "windows-2012r2"
    cloud.broken = False
    assert run(cloud, {"w1": "windows-2016"})["w1"].state == "migrated"
    assert len([entry for entry in cloud.log if entry[0] == "snapshot"]) == 1
