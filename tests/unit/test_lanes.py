# Copyright (c) 2026 evergreen.os_migration contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What a slow, silent or ambiguous cloud may cost: only the instances of its place, and never a second write."""

from __future__ import annotations

import re
import threading
import time
from collections import Counter
from collections.abc import Callable
from dataclasses import replace
from itertools import pairwise
from random import Random
from typing import Any

import pytest
from ansible_collections.evergreen.os_migration.plugins.module_utils._core.goal import Goal
from ansible_collections.evergreen.os_migration.plugins.module_utils._core.lock import Holder, Lock
from ansible_collections.evergreen.os_migration.plugins.module_utils._core.look import LOOK
from ansible_collections.evergreen.os_migration.plugins.module_utils._core.migration.tables import MIGRATION
from ansible_collections.evergreen.os_migration.plugins.module_utils._core.model import Item, Place, Problem, Work
from ansible_collections.evergreen.os_migration.plugins.module_utils._core.record import Record
from ansible_collections.evergreen.os_migration.plugins.module_utils._core.verb import Step, Verb
from ansible_collections.evergreen.os_migration.plugins.module_utils._engine import Brief, Clock, Engine, Limits
from ansible_collections.evergreen.os_migration.plugins.module_utils._engine.acts import VERBS, Task
from ansible_collections.evergreen.os_migration.plugins.module_utils._engine.admission import Admission
from ansible_collections.evergreen.os_migration.plugins.module_utils._engine.cap import Cap
from ansible_collections.evergreen.os_migration.plugins.module_utils._engine.lane import LATE
from ansible_collections.evergreen.os_migration.plugins.module_utils._engine.leases import Lease, Leases
from ansible_collections.evergreen.os_migration.plugins.module_utils._engine.sights import SIGHTS
from ansible_collections.evergreen.os_migration.plugins.module_utils._errors import (
    CloudError,
    MissingLibrary,
    Moved,
    OptionError,
    Transient,
    Unclear,
)
from hypothesis import given, settings
from hypothesis import strategies as st

from .memory_cloud import KIND, OFFER, MemoryCloud, Works
from .test_engine import PROBES, run

LOST = Unclear(Problem("SDK.HttpError", "no answer"))
Clouds = dict[str, MemoryCloud]


def two_regions() -> Clouds:
    clouds = {region: MemoryCloud(region=region) for region in ("near", "far")}
    for region, cloud in clouds.items():
        for number in range(3):
            cloud.add(f"{region}{number}", "centos-7")
    return clouds


def engine(clouds: Clouds, **given: Any) -> Engine:
    """An engine on the real clock: what is looked at here is who waits for whom."""
    brief = Brief(Goal(offers={"alicloud": OFFER}), PROBES)
    return Engine(LOOK, lambda place: clouds[place.region], brief, **given)


def records(clouds: Clouds) -> list[Record[Any]]:
    items = [Item(name, region, "alicloud") for region, cloud in clouds.items() for name in cloud.machines]
    return [LOOK.record(item) for item in items]


def states(found: list[Record[Any]]) -> dict[str, str]:
    return {record.id: record.state for record in found}


# --- lanes ------------------------------------------------------------------------------------------------------------


def test_a_region_that_hangs_does_not_hold_up_the_others() -> None:
    clouds, release, others_done = two_regions(), threading.Event(), threading.Event()
    clouds["far"].before_call = lambda verb: release.wait(60) and None

    def tell(found: list[Record[Any]]) -> None:
        if {record.state for record in found if record.item.region == "near"} == {"running"}:
            others_done.set()
            release.set()

    found = engine(clouds).run(records(clouds), tell)  # type: ignore[arg-type]
    assert others_done.is_set(), "the healthy region was done only after the hanging one"
    assert set(states(found).values()) == {"running"}


def test_a_region_that_cannot_be_reached_fails_its_own_instances_only() -> None:
    clouds = two_regions()

    def broken(verb: str) -> None:
        raise CloudError(Problem("Forbidden.RAM", "not here"), whole_call=True)

    clouds["far"].before_call = broken
    found = states(engine(clouds).run(records(clouds)))
    assert found == {f"{region}{n}": "running" if region == "near" else "failed" for region in clouds for n in range(3)}


def test_a_place_that_cannot_be_connected_is_told_by_its_instances() -> None:
    clouds = two_regions()

    def connect(place: Place) -> MemoryCloud:
        if place.region == "far":
            raise OptionError("There is no key.", "Set one.")
        return clouds[place.region]

    run_of = Engine(LOOK, connect, Brief(Goal()))
    found = {record.id: record.problem and record.problem.message for record in run_of.run(records(clouds))}
    assert found == {f"{r}{n}": None if r == "near" else "There is no key." for r in clouds for n in range(3)}


def test_a_missing_library_ends_the_run() -> None:
    def connect(place: Place) -> MemoryCloud:
        raise MissingLibrary("some-sdk", "Traceback")

    with pytest.raises(MissingLibrary):
        Engine(LOOK, connect, Brief(Goal())).run(records(two_regions()))


def test_the_records_come_back_in_the_user_s_order() -> None:
    clouds = two_regions()
    mixed = sorted(records(clouds), key=lambda record: record.id[::-1])
    assert [record.id for record in engine(clouds).run(mixed)] == [record.id for record in mixed]


def test_a_call_that_hangs_does_not_hold_up_the_other_calls_of_its_lane() -> None:
    """While one instance's write has no answer, the others of the same place go on to their end."""
    cloud, release = MemoryCloud(capabilities=replace(MemoryCloud.capabilities, visibility=1)), threading.Event()
    names = [f"c{number}" for number in range(4)]
    for name in names:
        cloud.add(name, "centos-7")
    once = threading.Lock()

    def hang(verb: str) -> None:
        if verb == "order" and once.acquire(blocking=False):
            release.wait(60)

    cloud.before_call = hang
    clock = Clock(time.monotonic, lambda: cloud.now, lambda seconds: None)
    cloud.durations = lambda what, who: 0.0
    goal = Goal(offers={"alicloud": OFFER})
    ended: list[int] = []

    def tell(found: Any) -> None:
        ended.append(sum(record.state == "migrated" for record in found))
        if ended[-1] == 3:
            release.set()

    limits = Limits(poll_interval=0.05, until=time.monotonic() + 60)
    items = [MIGRATION.record(Item(name, "r", "alicloud", target="alinux-3")) for name in names]
    found = Engine(MIGRATION, lambda place: cloud, Brief(goal, PROBES), limits, clock=clock).run(items, tell)
    assert 3 in ended
    assert {record.state for record in found} == {"migrated"}


def test_a_run_that_is_stopped_begins_nothing_more_and_loses_no_answer() -> None:
    cloud = MemoryCloud()
    cloud.add("c1", "centos-7")
    goal = Goal(offers={"alicloud": OFFER})
    stop = threading.Event()

    def at_the_first_write(verb: str) -> None:
        if verb == "tag":
            stop.set()

    cloud.before_call = at_the_first_write
    stopped = Engine(MIGRATION, lambda place: cloud, Brief(goal, PROBES), clock=cloud.clock, stop=stop)
    (record,) = stopped.run([MIGRATION.record(Item("c1", "r", "alicloud", target="alinux-3"))])
    assert [verb for verb, _what in cloud.log] == [
        "tag started attempt=1 set=1 try=1 from=centos-7 to=alinux-3 run=0 by=smc back=disks"
    ]
    assert (record.done, record.view.tag.state) == (False, "started")


def test_a_run_ends_at_its_deadline_and_not_before() -> None:
    cloud = MemoryCloud()
    cloud.add("c1", "centos-7")
    calls: list[str] = []
    cloud.before_call = calls.append
    unfinished = run(cloud, {"c1": "alinux-3"}, until=cloud.now + 15)
    assert not unfinished["c1"].done
    assert cloud.now == 1015.0
    assert len(calls) < 20


# --- answers that say nothing -----------------------------------------------------------------------------------------


def losing(verb: str, carried_out: bool, times: int = 1) -> tuple[MemoryCloud, Counter[str]]:
    """Return a cloud with an instance, which loses the answers of a verb."""
    cloud, sent = MemoryCloud(), Counter[str]()
    cloud.add("c1", "centos-7")

    def lose(called: str) -> None:
        if called == verb:
            sent[verb] += 1
            if sent[verb] <= times:
                raise LOST

    if carried_out:
        cloud.after_call = lose
    else:
        cloud.before_call = lose
    return cloud, sent


@pytest.mark.parametrize("verb", ["tag", "begin"])
def test_a_write_whose_answer_was_lost_is_looked_up_and_not_sent_again(verb: str) -> None:
    cloud, sent = losing(verb, carried_out=True)
    done = run(cloud, {"c1": "alinux-3"})["c1"]
    assert done.state == "migrated"
    assert sent[verb] == (2 if verb == "tag" else 1), "the tag is written twice: started and migrated"


@pytest.mark.parametrize("verb", ["tag", "begin"])
def test_a_write_that_was_lost_is_sent_again_only_after_it_could_have_landed_late(verb: str) -> None:
    cloud, sent = losing(verb, carried_out=False)
    times: list[float] = []
    lose = cloud.before_call

    def watched(called: str) -> None:
        if called == verb:
            times.append(cloud.now)
        lose(called)

    cloud.before_call = watched
    assert run(cloud, {"c1": "alinux-3"})["c1"].state == "migrated"
    assert times[1] - times[0] >= LATE * cloud.capabilities.visibility
    assert sent[verb] == (3 if verb == "tag" else 2)


@pytest.mark.parametrize("carried_out", [True, False])
def test_who_was_let_in_keeps_its_place_while_it_is_unclear_whether_it_has_begun(carried_out: bool) -> None:
    cloud, _sent = losing("tag", carried_out)
    cloud.add("c2", "centos-7")
    done = run(cloud, {"c1": "alinux-3", "c2": "alinux-3"}, max_running=1)
    assert {record.state for record in done.values()} == {"migrated"}
    assert cloud.most_running == 1
    begun = [what for verb, what in cloud.log if verb == "begin"]
    assert begun == ["c1 alinux-3", "c2 alinux-3"]


def test_a_resource_that_moved_on_is_looked_at_before_the_write_is_tried_again() -> None:
    """Somebody begins the job between our look and our write: it is followed, not begun twice."""
    cloud = MemoryCloud()
    cloud.add("c1", "centos-7")

    def meddle(verb: str) -> None:
        work, _ready, order = cloud.made.get("j-0", (None, 0.0, None))
        if verb == "begin" and work and order and work.status == "made":
            cloud.made["j-0"] = (replace(work, status="running"), cloud.now + 60, order)

    cloud.before_call = meddle
    assert run(cloud, {"c1": "alinux-3"})["c1"].state == "migrated"
    assert "begin" not in [verb for verb, _what in cloud.log]


def test_a_guest_that_cannot_be_asked_now_is_asked_again_only_at_the_next_poll() -> None:
    cloud, asked = MemoryCloud(), list[float]()
    cloud.add("c1", "centos-7")

    def refuse(verb: str) -> None:
        if verb == "run":
            asked.append(cloud.now)
            if len(asked) <= 3:
                raise Moved(Problem("IncorrectInstanceStatus", "busy"))

    cloud.before_call = refuse
    assert run(cloud, {"c1": "alinux-3"})["c1"].state == "migrated"
    assert [later - sooner for sooner, later in pairwise(asked[:4])] == [20, 20, 20]


def test_what_moves_on_again_and_again_is_given_up_after_the_time_of_a_hop() -> None:
    cloud = MemoryCloud()
    cloud.add("c1", "centos-7")

    def refuse(verb: str) -> None:
        if verb == "take":
            raise Moved(Problem("IncorrectDiskStatus.CreatingSnapshot", "busy"))

    cloud.before_call = refuse
    done = run(cloud, {"c1": "alinux-3"}, hop_timeout=600)["c1"]
    assert done.problem
    assert (done.state, done.problem.code) == ("failed", "IncorrectDiskStatus.CreatingSnapshot")
    assert re.fullmatch(r"busy It was tried again for [0-9]{3,4} s\.", done.problem.message)
    assert 600 < cloud.now - 1000 < 1800


def test_a_long_work_is_looked_at_about_ten_times_and_its_end_is_seen_soon() -> None:
    cloud, looks = MemoryCloud(), list[float]()
    cloud.add("c1", "centos-7")
    cloud.durations = lambda what, who: 3600.0 if what == "work" else 1.0
    began: list[float] = []
    real = Works.work

    def progressing(port: Works, key: str) -> Work:
        work = real(port, key)
        share = (cloud.now - began[0]) / 3600 if work.status == "running" and began else 0.0
        return replace(work, progress=100 * share)

    def watch(verb: str) -> None:
        if verb == "begin":
            began.append(cloud.now)
        if verb == "read_works" and began:
            looks.append(cloud.now)

    cloud.before_call = watch
    with pytest.MonkeyPatch.context() as patched:
        patched.setattr(Works, "work", progressing)
        assert run(cloud, {"c1": "alinux-3"}, poll_interval=120)["c1"].state == "migrated"
    assert 8 <= len(looks) <= 20
    assert looks[-1] - began[0] - 3600 <= 2 * 120


def test_a_fault_while_nothing_is_under_way_is_told_at_once() -> None:
    cloud = MemoryCloud()
    cloud.add("c1", "centos-7")

    def refuse(verb: str) -> None:
        raise Transient(Problem("ServiceUnavailable", "gone"))

    cloud.before_call = refuse
    done = run(cloud, {"c1": "alinux-3"})["c1"]
    assert done.problem
    assert (done.problem.code, cloud.now) == ("ServiceUnavailable", 1000.0)


# --- the tables -------------------------------------------------------------------------------------------------------


def test_every_verb_that_touches_a_cloud_has_a_row_and_every_row_looks_up_with_a_sight() -> None:
    assert set(VERBS) == {verb for verb in Verb if not verb.local} - {Verb.LOOK}
    assert {row.asks for row in VERBS.values()} <= set(SIGHTS)


#: A script is started once by its token: its answer is never unclear. And the guest keeps the mark of a hook.
LOOKED_UP = [verb for verb in Verb if verb.writes and verb not in (Verb.RUN, Verb.HOOK)]


@pytest.mark.parametrize("verb", LOOKED_UP, ids=lambda verb: verb.name.lower())
def test_a_sight_that_shows_what_a_verb_did_shows_an_aspect_that_it_changes(verb: Verb) -> None:
    row = VERBS[verb]
    changed = set(row.forgets) or {"tag"}
    assert changed & set(SIGHTS[row.asks].shows), f"{row.asks} does not show what {verb.name} changes"


def test_check_mode_is_decided_by_the_verb_alone() -> None:
    read: Callable[[Verb], bool] = lambda verb: not verb.local and not verb.writes  # noqa: E731
    assert {verb for verb in Verb if read(verb)} == {Verb.LOOK, Verb.ASK}


def test_nothing_is_written_where_every_look_is_too_old_and_it_is_told_why() -> None:
    cloud = MemoryCloud()
    cloud.add("c1", "centos-7")

    def slow(verb: str) -> None:
        cloud.now += 20

    cloud.after_look = slow
    done = run(cloud, {"c1": "alinux-3"}, hop_timeout=600)["c1"]
    assert done.problem
    assert (done.problem.code, cloud.log) == ("AnswersTooSlow", [])
    assert "visibility" in done.problem.remedy


def test_who_waited_under_the_cap_begins_from_what_is_there_then() -> None:
    cloud = MemoryCloud(foreign_works=frozenset(("j-other",)))
    cloud.add("c1", "centos-7")

    def migrated_meanwhile(verb: str) -> None:
        if cloud.now > 3000:
            cloud.foreign_works = frozenset()
            cloud.machines["c1"].os = "alinux-3"

    cloud.before_call = migrated_meanwhile
    done = run(cloud, {"c1": "alinux-3"}, max_running=1)["c1"]
    assert (done.state, cloud.log) == ("migrated", []), "nothing was ordered, nothing marked"


# --- the cap ----------------------------------------------------------------------------------------------------------


def test_who_has_a_place_is_not_kept_out_by_those_who_look_without_one() -> None:
    """More wait than can be looked at in time, and looks take as long as on a real wire."""
    cloud = MemoryCloud(capabilities=replace(MemoryCloud.capabilities, visibility=5))
    names = [f"c{number}" for number in range(20)]
    for name in names:
        cloud.add(name, "centos-7")

    def slow(verb: str) -> None:
        cloud.now += 0.3

    cloud.before_call = slow
    begun = cloud.now
    done = run(cloud, dict.fromkeys(names, "alinux-3"), max_running=4, until=begun + 4000)
    assert {record.state for record in done.values()} == {"migrated"}, "it takes half of that time"


def test_two_profiles_of_one_account_keep_one_cap() -> None:
    """On the real clock, because each of the two lanes would move the one in memory under the other."""
    quick = replace(MemoryCloud().capabilities, visibility=0.2)
    cloud = MemoryCloud(capabilities=quick, durations=lambda what, who: 2.0 if what == "work" else 0.01)

    def follow(verb: str) -> None:
        cloud.now = time.monotonic()

    cloud.before_call = follow
    for name in ("c1", "c2"):
        cloud.add(name, "centos-7")
    items = [Item("c1", "r", "alicloud", "a", "alinux-3"), Item("c2", "r", "alicloud", "b", "alinux-3")]
    limits = Limits(threads=1, max_running=1, poll_interval=0.05)
    brief = Brief(Goal(offers={"alicloud": OFFER}, poll_interval=0.05), PROBES)
    clock = Clock(date=time.monotonic)
    engine = Engine(MIGRATION, lambda place: Profile(cloud, "one account"), brief, limits, clock=clock)  # type: ignore[arg-type]
    found = engine.run([MIGRATION.record(item) for item in items])
    assert {record.state for record in found} == {"migrated"}
    assert cloud.most_running == 1


def test_a_lane_counts_again_at_its_next_poll_when_a_lock_of_another_waits_for_that() -> None:
    """Else the lock would be held up for as long as a write may come late."""
    cloud, cap = MemoryCloud(), Cap(5)
    leases = Leases(Holder(), lambda lock: None, lambda kind, one, lease: True)
    here, there = (Admission(cloud, Place("alicloud", "", r), "1", cap, leases, cloud.clock) for r in ("here", "there"))
    for lane in (here, there):
        lane.wait(Task(MIGRATION.record(Item("c1", "r", "alicloud")), Step(Verb.LOCK, "queued", queue=KIND)))
        assert lane.admitted(KIND) == {"c1"}
    lease = Lease(Lock(Holder(), 1, 0, 0, "migrated"), cloud.now, cloud.now)
    cloud.now += 60
    assert here.is_within(KIND, "c1", lease) is None
    there.polls()
    assert here.is_within(KIND, "c1", lease) is True


class Profile:
    """A cloud as one of an account's profiles reaches it."""

    def __init__(self, cloud: MemoryCloud, account: str) -> None:
        self._cloud, self._account = cloud, account

    def owner(self) -> str:
        return self._account

    def __getattr__(self, name: str) -> Any:
        return getattr(self._cloud, name)


# --- fresh looks ------------------------------------------------------------------------------------------------------

#: What every write looks at freshly, by the cloud's verbs: the tag and the lock, and the works where one could disturb.
LOOKS = {"tag": ("tags", "describe"), "works": ("find_works", "read_works")}
NEEDS_WORKS = ("tag", "order", "begin", "stop", "start", "restore", "delete_point", "delete_work")


@settings(max_examples=60, deadline=None)
@given(seed=st.integers(0, 9999), slow=st.sampled_from([1.0, 5.0, 9.0]))
def test_every_write_leaves_within_the_time_of_a_look_at_what_it_depends_on(seed: int, slow: float) -> None:
    luck = Random(seed)
    cloud = MemoryCloud(failing=frozenset({("c1", "alinux-3")}) if luck.random() < 0.5 else frozenset())
    cloud.add("c1", "centos-7")
    looked: dict[str, float] = {}
    stale: list[str] = []

    def before(verb: str) -> None:
        for what, verbs in LOOKS.items():
            if verb in verbs:
                looked[what] = cloud.now
        if verb in (*NEEDS_WORKS, "lock", "take", "run"):
            wanted = ("tag", "works") if verb in NEEDS_WORKS else ("tag",) if verb != "run" else ()
            visibility = cloud.capabilities.visibility
            stale.extend(f"{verb}: {what}" for what in wanted if cloud.now - looked[what] > visibility)

    def after(verb: str) -> None:
        cloud.now += luck.uniform(0, slow)

    cloud.before_call, cloud.after_look, cloud.after_call = before, after, after
    done = run(cloud, {"c1": "alinux-3"}, on_failure="rollback")["c1"]
    assert done.state in ("migrated", "rolled_back"), done.problem
    assert stale == []
