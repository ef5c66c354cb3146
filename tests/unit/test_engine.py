# Copyright (c) 2026 evergreen.os_migration contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What the engine promises, on a cloud in memory."""

from __future__ import annotations

from collections import Counter
from dataclasses import replace
from itertools import count
from typing import Any
from zlib import crc32

import pytest
from ansible_collections.evergreen.os_migration.plugins.module_utils._core.goal import Goal
from ansible_collections.evergreen.os_migration.plugins.module_utils._core.lock import Holder
from ansible_collections.evergreen.os_migration.plugins.module_utils._core.migration.tables import MIGRATION
from ansible_collections.evergreen.os_migration.plugins.module_utils._core.model import (
    Agent,
    Hop,
    Item,
    Order,
    Problem,
    Work,
)
from ansible_collections.evergreen.os_migration.plugins.module_utils._core.record import Record
from ansible_collections.evergreen.os_migration.plugins.module_utils._engine import Brief, Engine, Limits
from ansible_collections.evergreen.os_migration.plugins.module_utils._errors import CloudError, Transient
from hypothesis import given, settings
from hypothesis import strategies as st

from .memory_cloud import KIND, OFFER, Killed, MemoryCloud, Works

RUNS = count(1)
PROBES = {"linux": "# facts", "windows": "# facts"}
WATCHING = replace(OFFER, methods={"smc": ("smc_watch",)}, follows=True)


def run(cloud: MemoryCloud, targets: dict[str, str], check: bool = False, **given: Any) -> dict[str, Record[Any]]:
    confirm = given.pop("confirm", "")
    limits = {k: given.pop(k) for k in ("max_running", "hop_timeout", "until", "threads") if k in given}
    limits |= {k: given[k] for k in ("poll_interval",) if k in given}
    goal = Goal(**{"offers": {"alicloud": OFFER}, **given})
    items = [Item(name, "r", "alicloud", target=target, confirm=confirm) for name, target in targets.items()]
    engine = Engine(
        workflow=MIGRATION,
        connect=lambda place: cloud,
        brief=Brief(goal, PROBES, holder=Holder(f"{next(RUNS):x}")),
        limits=Limits(**{"threads": 1, "until": cloud.now + 100_000, **limits}),
        check_mode=check,
        clock=cloud.clock,
    )
    return {record.id: record for record in engine.run([MIGRATION.record(item) for item in items])}


def fleet() -> tuple[MemoryCloud, dict[str, str]]:
    cloud = MemoryCloud()
    cloud.add("c1", "centos-7", disks=2)
    cloud.add("c2", "centos-7")
    cloud.add("w1", "windows-2008r2", disks=2)
    cloud.add("w2", "windows-2012r2")
    return cloud, {"c1": "alinux-3", "c2": "alinux-3", "w1": "windows-2016", "w2": "windows-2016"}


def test_a_mixed_fleet_reaches_its_targets_over_one_and_two_hops() -> None:
    cloud, targets = fleet()
    done = run(cloud, targets)
    assert {name: record.state for name, record in done.items()} == dict.fromkeys(targets, "migrated")
    assert {name: machine.os for name, machine in cloud.machines.items()} == targets
    assert [hop.target for hop in done["w1"].view.hops] == ["windows-2012r2", "windows-2016"]


def test_every_disk_is_snapshotted_before_the_job_is_created() -> None:
    cloud, _unused = fleet()
    run(cloud, {"c1": "alinux-3"})
    verbs = [verb for verb, what in cloud.log]
    assert verbs.index("order") > max(i for i, verb in enumerate(verbs) if verb == "take")
    assert Counter(what for verb, what in cloud.log if verb == "take") == {
        "d-c1-0 of=c1 attempt=1 set=1": 1,
        "d-c1-1 of=c1 attempt=1 set=1": 1,
    }


def test_a_second_run_changes_nothing() -> None:
    cloud, targets = fleet()
    run(cloud, targets)
    before = list(cloud.log)
    again = run(cloud, targets)
    assert cloud.log == before
    assert not any(record.changed for record in again.values())


@pytest.mark.parametrize("state", ["assessed", "migrated", "verified", "rolled_back", "committed"])
def test_check_mode_writes_nothing_and_asks_guests_only_for_facts(state: str) -> None:
    cloud, targets = fleet()
    for migrated in (False, True):
        if migrated:
            run(cloud, targets)
        before, asked = list(cloud.log), len(cloud.commands)
        run(cloud, targets, check=True, state=state)
        assert cloud.log == before
        assert {purpose for purpose, _names, _ready in list(cloud.commands.values())[asked:]} <= {"facts"}


@settings(max_examples=100, deadline=None)
@given(
    kills=st.lists(st.tuples(st.integers(0, 60), st.booleans()), max_size=4),
    failing=st.sampled_from([(), (("c1", "alinux-3"),), (("w1", "windows-2016"),), (("w1", "windows-2012r2"),)]),
    rollback=st.booleans(),
    seed=st.integers(0, 7),
    max_running=st.integers(1, 4),
    lag=st.sampled_from([0.0, 45.0]),
)
def test_a_run_killed_anywhere_and_repeated_starts_nothing_twice(
    kills: list[tuple[int, bool]], failing: tuple[Any, ...], rollback: bool, seed: int, max_running: int, lag: float
) -> None:
    cloud, targets = fleet()
    cloud.failing, cloud.lag = frozenset(failing), lag
    cloud.durations = lambda what, who: 30.0 + 17.0 * (crc32(f"{what}{who}{seed}".encode()) % 5)
    wanted = {"on_failure": "rollback" if rollback else "keep", "max_running": max_running}
    for kill in kills:
        cloud.kills_after(*kill)
        try:
            run(cloud, targets, **wanted)
        except Killed:
            cloud.now += 25
    _disarm(cloud)
    done = run(cloud, targets, **wanted)
    once = [entry for entry in cloud.log if entry[0] in ("take", "order", "begin")]
    assert not [entry for entry, times in Counter(once).items() if times > 1]
    _check_end(cloud, done, targets, rollback)


def _check_end(cloud: MemoryCloud, done: dict[str, Record[Any]], targets: dict[str, str], rollback: bool) -> None:
    broken = {name for name, _unused in cloud.failing}
    for name, record in done.items():
        if name not in broken:
            assert (record.state, cloud.machines[name].os) == ("migrated", targets[name])
            continue
        assert record.problem is not None
        assert record.state == ("rolled_back" if rollback else "failed")
        if rollback:
            assert cloud.machines[name].os == {"c1": "centos-7", "w1": "windows-2008r2"}[name]
            assert cloud.facts(name).status == "Running"


def _disarm(cloud: MemoryCloud) -> None:
    cloud.before_call = cloud.after_call = lambda verb: None


def test_no_more_than_the_cap_runs_counting_jobs_of_others() -> None:
    cloud = MemoryCloud(foreign_works=frozenset(("j-other",)))
    targets = {}
    for number in range(7):
        cloud.add(f"c{number}", "centos-7")
        targets[f"c{number}"] = "alinux-3"
    done = run(cloud, targets, max_running=3)
    assert {record.state for record in done.values()} == {"migrated"}
    assert cloud.most_running == 3


def test_a_refused_instance_is_never_written_to_and_the_others_go_on() -> None:
    cloud, targets = fleet()
    refused = {
        "stopped": {"status": "Stopped"},
        "locked": {"locks": ("security",)},
        "classic": {"network_type": "classic"},
        "noagent": {"agent": Agent()},
    }
    for name, facts in refused.items():
        cloud.add(name, "centos-7", **facts)
    cloud.add("full", "centos-7")
    cloud.machines["full"].healthy = False
    cloud.add("old", "windows-2012")
    names = [*refused, "full", "old", "unknown"]
    done = run(cloud, {**targets, **dict.fromkeys(names, "alinux-3")})
    problems = {name: done[name].problem for name in names}
    assert {name: problem.code if problem else None for name, problem in problems.items()} == {
        "stopped": "instance.not_running",
        "locked": "instance.locked",
        "classic": "instance.classic_network",
        "noagent": "agent.missing",
        "full": "linux.space.var",
        "old": "UnsupportedPath",
        "unknown": "InstanceNotFound",
    }
    assert not [entry for entry in cloud.log if any(name in entry[1] for name in names)]
    assert {done[name].state for name in targets} == {"migrated"}


def test_an_instance_that_was_rolled_back_is_tried_again_only_when_asked() -> None:
    cloud, _unused = fleet()
    cloud.failing = frozenset({("c1", "alinux-3")})
    targets = {"c1": "alinux-3"}
    assert run(cloud, targets, on_failure="rollback")["c1"].state == "rolled_back"
    cloud.failing = frozenset()
    before = list(cloud.log)
    refused = run(cloud, targets, on_failure="rollback")["c1"]
    assert (refused.state, refused.problem.code if refused.problem else None) == ("rolled_back", "RolledBack")
    assert cloud.log == before
    assert run(cloud, targets, retry=True)["c1"].state == "migrated"
    assert ("take", "d-c1-0 of=c1 attempt=2 set=1") in cloud.log


def test_a_failed_job_that_was_kept_is_restarted_when_asked() -> None:
    cloud, _unused = fleet()
    cloud.failing = frozenset({("c2", "alinux-3")})
    assert run(cloud, {"c2": "alinux-3"})["c2"].state == "failed"
    cloud.failing = frozenset()
    assert run(cloud, {"c2": "alinux-3"})["c2"].state == "failed"
    assert run(cloud, {"c2": "alinux-3"}, retry=True)["c2"].state == "migrated"
    assert len(cloud.made) == 1


def test_rollback_and_commit_after_a_migration() -> None:
    cloud, targets = fleet()
    run(cloud, targets)
    back = run(cloud, {"w1": "windows-2016"}, state="rolled_back")["w1"]
    assert (back.state, cloud.machines["w1"].os) == ("rolled_back", "windows-2008r2")
    kept = run(cloud, {"c1": "alinux-3"}, state="committed")["c1"]
    assert kept.state == "committed"
    assert not [s for s, _unused, owner in cloud.taken.values() if owner == "c1"]
    refused = run(cloud, {"c1": "alinux-3"}, state="rolled_back")["c1"]
    assert refused.problem is not None
    assert refused.problem.code == "NothingToRollBack"


def test_commit_deletes_nothing_while_the_guest_does_not_run_the_target() -> None:
    cloud, targets = fleet()
    run(cloud, targets)
    cloud.machines["c1"].os = "centos-7"
    before = list(cloud.log)
    refused = run(cloud, {"c1": "alinux-3"}, state="committed")["c1"]
    assert refused.problem is not None
    assert refused.problem.code == "WrongOs"
    assert cloud.log == before


def test_a_job_that_says_finished_while_the_guest_did_not_change_is_no_success() -> None:
    cloud, _unused = fleet()
    cloud.add("x", "centos-7")

    def unchanged(verb: str) -> None:
        cloud.machines["x"].os = "centos-7"

    cloud.before_call = unchanged
    done = run(cloud, {"x": "alinux-3"})["x"]
    assert done.problem is not None
    assert (done.state, done.problem.code) == ("failed", "VerifyFailed")


SICK = [
    ({"package_kinds": "100:al8/53fe0598cac33616 300:el7/24c6a8a7f4a80eb5"}, "HalfConverted"),
    ({"kernel": "3.10.0-1160.119.1.el7.x86_64"}, "OldKernelRuns"),
]


@pytest.mark.parametrize(("facts", "code"), SICK)
def test_a_guest_that_is_the_target_by_its_name_only_is_never_migrated(facts: dict[str, str], code: str) -> None:
    cloud, _unused = fleet()
    cloud.says = {"alinux-3": facts}
    began = cloud.now
    done = run(cloud, {"c1": "alinux-3"})["c1"]
    assert done.problem is not None
    assert (done.state, done.problem.code) == ("failed", code)
    assert cloud.now - began > 600
    assert not [verb for verb, _unused in cloud.log if verb.startswith("tag migrated")]
    back = run(cloud, {"c1": "alinux-3"}, on_failure="rollback")["c1"]
    assert (back.state, cloud.machines["c1"].os) == ("rolled_back", "centos-7")


def test_a_guest_that_comes_right_in_time_is_migrated() -> None:
    cloud, _unused = fleet()
    cloud.says = {"alinux-3": SICK[0][0]}
    asked = 0

    def mend(verb: str) -> None:
        nonlocal asked
        asked += verb == "results" and cloud.machines["c1"].os == "alinux-3"
        cloud.says = {} if asked > 8 else cloud.says

    cloud.before_call = mend
    done = run(cloud, {"c1": "alinux-3"})["c1"]
    assert (done.state, done.problem) == ("migrated", None)
    assert [event.event for event in done.timeline if "looking again" in event.event]


def test_what_cannot_be_read_rolls_nothing_back_and_a_later_run_goes_on() -> None:
    cloud, _unused = fleet()
    cloud.says = {"alinux-3": {"package_kinds": "?"}}
    done = run(cloud, {"c1": "alinux-3"}, on_failure="rollback")["c1"]
    assert done.problem is not None
    assert (done.state, done.problem.code, cloud.machines["c1"].os) == ("failed", "NotProven", "alinux-3")
    assert "package_kinds" in done.problem.message
    assert "stop" not in [verb for verb, _unused in cloud.log]
    cloud.says = {}
    assert run(cloud, {"c1": "alinux-3"})["c1"].state == "migrated"


def test_commit_deletes_nothing_of_a_guest_that_is_not_proven() -> None:
    cloud, targets = fleet()
    run(cloud, targets)
    for facts in (SICK[0][0], SICK[1][0], {"package_kinds": "?"}):
        cloud.says, before = {"alinux-3": facts}, list(cloud.log)
        refused = run(cloud, {"c1": "alinux-3"}, state="committed")["c1"]
        assert refused.problem is not None
        assert refused.problem.code in ("HalfConverted", "OldKernelRuns", "NotProven")
        assert cloud.log == before


def test_trouble_with_an_api_never_rolls_a_migrated_guest_back() -> None:
    cloud, _unused = fleet()

    def refuse(verb: str) -> None:
        if verb == "describe" and cloud.machines["c1"].os == "alinux-3":
            raise CloudError(Problem("Forbidden.RAM", "no more"), whole_call=True)

    cloud.before_call = refuse
    done = run(cloud, {"c1": "alinux-3"}, on_failure="rollback")["c1"]
    assert done.problem is not None
    assert (done.state, done.problem.code, cloud.machines["c1"].os) == ("failed", "Forbidden.RAM", "alinux-3")
    assert "stop" not in [verb for verb, _unused in cloud.log]


def test_an_answer_of_an_unknown_form_is_the_problem_of_its_instance_alone(monkeypatch: pytest.MonkeyPatch) -> None:
    cloud, targets = fleet()
    real = Works.order

    def odd(port: Works, order: Order) -> Work:
        if order.of.instance_id == "c1":
            raise KeyError("JobId")
        return real(port, order)

    monkeypatch.setattr(Works, "order", odd)
    done = run(cloud, targets)
    assert done["c1"].problem is not None
    assert done["c1"].problem.code == "UnexpectedAnswer"
    assert {record.state for name, record in done.items() if name != "c1"} == {"migrated"}


def test_a_call_with_nothing_to_do_lasts_as_long_as_it_was_given() -> None:
    """Else a progress line more frequent than the polls would make it a busy loop."""
    cloud, targets = fleet()
    calls: list[str] = []
    cloud.before_call = calls.append
    unfinished = run(cloud, targets, until=cloud.now + 15)
    assert not all(record.done for record in unfinished.values())
    assert cloud.now == 1015.0
    assert len(calls) < 20


def test_an_outage_of_the_api_is_waited_out_while_a_job_runs() -> None:
    cloud, _unused = fleet()

    def break_down(verb: str) -> None:
        if verb == "read_works" and 1200 < cloud.now < 2400:
            raise BROKEN

    cloud.before_call = break_down
    cloud.durations = lambda what, who: 600.0 if what == "work" else 60.0
    assert run(cloud, {"c1": "alinux-3"})["c1"].state == "migrated"
    assert cloud.now > 2400


def test_an_instance_without_visible_disks_is_not_migrated_unprotected() -> None:
    cloud, _unused = fleet()
    cloud.add("bare", "centos-7", disks=0)
    refused = run(cloud, {"bare": "alinux-3"})["bare"]
    assert refused.problem is not None
    assert refused.problem.code == "disk.none_visible"
    assert cloud.log == []


def test_an_instance_that_queued_for_long_is_looked_at_again_before_it_starts() -> None:
    cloud, _unused = fleet()
    cloud.durations = lambda what, who: 3000.0 if what == "work" else 60.0

    def stop_the_second(verb: str) -> None:
        if cloud.now > 2000:
            machine = cloud.machines["c2"]
            machine.instance = replace(machine.instance, status="Stopped")

    cloud.before_call = stop_the_second
    done = run(cloud, {"c1": "alinux-3", "c2": "alinux-3"}, max_running=1)
    assert done["c1"].state == "migrated"
    assert done["c2"].problem is not None
    assert done["c2"].problem.code == "instance.not_running"
    assert not [entry for entry in cloud.log if entry[1].startswith("c2")]


def console_work(cloud: MemoryCloud, name: str) -> Work:
    hop = Hop("centos-7", "alinux-3")
    return cloud.works[KIND].order(Order(KIND, cloud.machines[name].instance, "made-in-the-console", "token", hop))


def test_watch_follows_a_job_of_the_console_and_writes_nothing() -> None:
    cloud, _unused = fleet()
    cloud.works[KIND].begin(console_work(cloud, "c1").id)
    before = list(cloud.log)
    done = run(cloud, {"c1": "alinux-3"}, offers={"alicloud": WATCHING})["c1"]
    assert (done.state, cloud.machines["c1"].os) == ("migrated", "alinux-3")
    assert cloud.log == before


def test_watch_starts_no_job_itself() -> None:
    cloud, _unused = fleet()
    none = run(cloud, {"c1": "alinux-3"}, offers={"alicloud": WATCHING})["c1"]
    assert none.problem is not None
    assert none.problem.code == "JobNotStarted"
    assert cloud.log == []


def test_a_job_of_somebody_else_stops_transport_api() -> None:
    cloud, _unused = fleet()
    console_work(cloud, "c1")
    refused = run(cloud, {"c1": "alinux-3"})["c1"]
    assert refused.problem is not None
    assert refused.problem.code == "job.unfinished"


def test_a_changed_target_of_a_running_attempt_is_refused() -> None:
    cloud, _unused = fleet()

    def die(verb: str) -> None:
        if verb == "take":
            raise Killed

    cloud.after_call = die
    with pytest.raises(Killed):
        run(cloud, {"c1": "alinux-3"})
    _disarm(cloud)
    refused = run(cloud, {"c1": "anolis-8"})["c1"]
    assert refused.problem is not None
    assert refused.problem.code == "TargetChanged"


BROKEN = Transient(Problem("InternalError", ""))
