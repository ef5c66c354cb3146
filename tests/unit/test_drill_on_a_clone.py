# Copyright (c) 2026 evergreen.os_migration contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""A drill on a clone: its original is only looked at, locked and tagged, and whatever happens nothing is left."""

from __future__ import annotations

from collections import Counter
from dataclasses import replace
from itertools import count
from typing import Any

import pytest
from ansible_collections.evergreen.os_migration.plugins.module_utils._core import drilled
from ansible_collections.evergreen.os_migration.plugins.module_utils._core.drilled import Cost, Prices
from ansible_collections.evergreen.os_migration.plugins.module_utils._core.goal import Goal
from ansible_collections.evergreen.os_migration.plugins.module_utils._core.lock import LOCK_KEY, Holder, Lock
from ansible_collections.evergreen.os_migration.plugins.module_utils._core.migration.tables import MIGRATION
from ansible_collections.evergreen.os_migration.plugins.module_utils._core.migration.view import Migration
from ansible_collections.evergreen.os_migration.plugins.module_utils._core.model import Disk, Hop, Item
from ansible_collections.evergreen.os_migration.plugins.module_utils._core.tag import TAG_KEY
from ansible_collections.evergreen.os_migration.plugins.module_utils._engine import Brief, Engine, Limits

from .controllers import PROBES
from .memory_cloud import OFFER, Copies, Killed, MemoryCloud

ID = "web"
CLONED = Goal("cloned", hop_timeout=3600, offers={"alicloud": OFFER})
HOPS = [Hop("centos-7", "alinux-3", path="x")]
TEXT = drilled.drilled(True, 0, HOPS, drilled.CLONE, "1").text


def cloud(os: str = "centos-7", **more: Any) -> MemoryCloud:
    made = MemoryCloud(**more)
    made.add(ID, os, disks=2)
    return made


def run(
    there: MemoryCloud, goal: Goal, number: int = 1, check: bool = False, others_live: bool = False, **item: Any
) -> Migration:
    """Bring one instance to a goal by one engine; ``others_live`` says what it finds out of others' processes."""
    os = there.machines[item.get("name", ID)].os
    target = "windows-2016" if os.startswith("windows") else "alinux-3"
    brief, limits = Brief(goal, PROBES, holder=Holder(f"{number:08x}", "a1", number, "1")), Limits(threads=1)
    engine = Engine(MIGRATION, lambda place: there, brief, limits, check, there.clock, there=lambda lock: others_live)  # type: ignore[arg-type,return-value]
    name = item.pop("name", ID)
    (record,) = engine.run([MIGRATION.record(Item(name, "cn-hangzhou", "alicloud", target=target, **item))])
    return record


def drill(there: MemoryCloud, number: int = 1) -> list[Migration]:
    """Do what a drill on a clone does: clear what was left, clone, migrate the clone, clear."""
    clear(there, number)
    made = run(there, CLONED, number)
    records = [made]
    for work in made.view.copies:
        if work.kind == "clone" and made.state == "cloned":
            records.append(run(there, replace(CLONED, state="migrated"), number, name=work.id, clone_of=ID))
    passed = [record.state for record in records] == ["cloned", "migrated"]
    return [*records, clear(there, number, TEXT if passed else TEXT.replace("passed", "failed"))]


def clear(there: MemoryCloud, number: int = 1, text: str = "") -> Migration:
    found = run(there, replace(CLONED, state="copied"), number)
    discard = replace(CLONED, state="discarded", delete_service_points=True)
    for work in found.view.copies:
        if work.kind == "clone" and work.id in there.machines:
            assert run(there, discard, number, name=work.id, clone_of=ID).problem is None
    return run(there, replace(CLONED, state="cleared"), number, drilled=text)


def left(there: MemoryCloud) -> dict[str, Any]:
    """Everything that a drill makes."""
    return {
        "copies": dict(there.copied),
        "points": dict(there.taken),
        "works": dict(there.made),
        # Of an import that was killed before its source was tagged nobody knows whose that is: it is told, and left.
        "sources": {key: one for key, one in there.registered.items() if key in there.imported},
        "machines": [name for name in there.machines if name != ID],
    }


NOTHING: dict[str, Any] = {"copies": {}, "points": {}, "works": {}, "sources": {}, "machines": []}


def untouched(there: MemoryCloud, os: str) -> bool:
    """Whether the original was never stopped, changed, or marked otherwise than by its lock and what came of drills."""
    own = [(verb, what) for verb, what in there.log if what == ID]
    tags = {key: value for key, value in there.machines[ID].instance.tags.items() if value}
    keys = {drilled.DRILL_KEY, LOCK_KEY}
    return own == [] and set(tags) <= keys and (there.machines[ID].os, there.facts(ID).status) == (os, "Running")


@pytest.mark.parametrize("os", ["centos-7", "windows-2012r2"])
def test_a_drill_migrates_a_clone_and_leaves_only_a_tag_of_the_original(os: str) -> None:
    there = cloud(os)
    records = drill(there)
    assert [(record.state, record.problem) for record in records] == [
        ("cloned", None),
        ("migrated", None),
        ("cleared", None),
    ]
    assert left(there) == NOTHING
    assert untouched(there, os)
    assert there.machines[ID].instance.tags[drilled.DRILL_KEY] == TEXT


def test_everything_is_made_of_the_points_of_one_moment_and_goes_in_its_order() -> None:
    there = cloud()
    drill(there)
    order = [verb for verb, _what in there.log if verb.startswith(("take", "order", "delete"))]
    assert order[:5] == ["take", "take", "order_image", "order_security_group", "order_clone"]
    assert [verb for verb in order if verb.startswith("delete_")][-5:] == [
        "delete_clone",
        "delete_image",
        "delete_security_group",
        "delete_point",
        "delete_point",
    ]


#: What a memory cloud is asked that changes nothing.
LOOKS = ("account", "describe", "holders", "left_points", "listed", "refusal", "results", "running", "tags")


def kill_at(there: MemoryCloud, write: int, applied: bool) -> None:
    """Let the controller die at a write, before or after it took effect; looks are no writes."""
    left = [write]

    def die(verb: str) -> None:
        left[0] -= not (verb in LOOKS or verb.startswith(("find_", "read_")))
        if left[0] < 0:
            raise Killed

    there.before_call, there.after_call = (lambda verb: None, die) if applied else (die, lambda verb: None)


@pytest.mark.parametrize(("os", "applied"), [("centos-7", False), ("centos-7", True), ("windows-2012r2", True)])
def test_killed_at_any_write_the_next_drill_leaves_nothing_of_both(os: str, applied: bool) -> None:
    for calls in count():
        there = cloud(os)
        kill_at(there, calls, applied)
        try:
            drill(there)
        except Killed:
            pass
        else:
            assert calls > 20
            return
        there.before_call = there.after_call = lambda verb: None
        records = drill(there, number=2)
        assert [record.state for record in records] == ["cloned", "migrated", "cleared"], (calls, records[-1].timeline)
        assert left(there) == NOTHING, calls
        assert untouched(there, os), calls


def test_killed_at_any_write_a_clean_up_alone_leaves_nothing() -> None:
    for calls in count():
        there = cloud(lag=10.0)
        kill_at(there, calls, applied=True)
        try:
            drill(there)
        except Killed:
            pass
        else:
            return
        there.before_call = there.after_call = lambda verb: None
        there.now += 20.0
        assert clear(there, number=2).state == "cleared", calls
        assert left(there) == NOTHING, calls


def holds(there: MemoryCloud, name: str, goal: str, number: int = 9) -> None:
    """Let another run hold the lock of an instance."""
    lock = Lock(Holder(f"{number:08x}", "b2", number, "1"), 1, 0, 600, goal)
    seen = there.machines[name].instance
    there.machines[name].instance = replace(seen, tags={**seen.tags, LOCK_KEY: lock.text})


def clone_of(record: Migration) -> str:
    (clone,) = [work.id for work in record.view.copies if work.kind == "clone"]
    return clone


def test_a_clone_that_another_run_works_on_is_not_cleared_away_from_it() -> None:
    there = cloud()
    clone = clone_of(run(there, CLONED))
    holds(there, clone, "migrated")
    before = list(there.log)
    discard = replace(CLONED, state="discarded", delete_service_points=True)
    record = run(there, discard, number=2, others_live=True, name=clone, clone_of=ID)
    assert record.problem is not None
    assert (record.problem.code, there.log) == ("Locked", before)


def test_a_clone_that_another_run_is_making_is_not_cleared_away_from_it() -> None:
    there = cloud()
    run(there, CLONED)
    holds(there, ID, "cloned")
    before = list(there.log)
    record = run(there, replace(CLONED, state="copied"), number=2, others_live=True)
    assert record.problem is not None
    assert (record.problem.code, there.log) == ("Locked", before)


def test_nothing_is_begun_on_a_clone_that_another_run_is_about_to_delete() -> None:
    there = cloud()
    clone = clone_of(run(there, CLONED))
    run(there, replace(CLONED, state="discarded", delete_service_points=True), number=2, name=clone, clone_of=ID)
    before = list(there.log)
    record = run(there, replace(CLONED, state="migrated"), name=clone, clone_of=ID)
    assert record.problem is not None
    assert (record.problem.code, there.log) == ("CloneGoing", before)
    assert clear(there).state == "cleared"
    assert left(there) == NOTHING


def test_what_is_listed_although_it_was_deleted_just_now_is_waited_for(monkeypatch: pytest.MonkeyPatch) -> None:
    there = cloud()
    made = {work.id: work for work in run(there, CLONED).view.copies}
    deleted: Counter[str] = Counter()
    listed_until: dict[str, float] = {}
    find, delete = Copies.find, Copies.delete

    def late(port: Copies, instances: Any) -> Any:
        left = [made[key] for key, until in listed_until.items() if there.now < until and made[key].kind == port.kind]
        return {one: ((*works, *left), None) for one, (works, _none) in find(port, instances).items()}

    def counted(port: Copies, key: str) -> None:
        deleted[port.kind] += 1
        listed_until.setdefault(key, there.now + 45)
        delete(port, key)

    monkeypatch.setattr(Copies, "find", late)
    monkeypatch.setattr(Copies, "delete", counted)
    run(there, replace(CLONED, state="cleared", poll_interval=20.0), number=2)
    assert left(there) == NOTHING
    assert all(1 < times <= 4 for times in deleted.values()), deleted


def test_points_and_works_of_others_stay() -> None:
    there = cloud()
    run(there, replace(CLONED, state="protected"))
    kept = dict(there.taken)
    drill(there, number=2)
    assert there.taken == kept


def test_check_mode_tells_what_a_drill_takes_and_writes_nothing() -> None:
    there = cloud()
    there.machines[ID].instance = replace(
        there.machines[ID].instance,
        disks=tuple(replace(disk, size_gib=40) for disk in there.machines[ID].instance.disks),
    )
    goal = replace(CLONED, prices=Prices(0.1, 0.5))
    record = run(there, goal, check=True)
    assert (record.state, record.changed, there.log) == ("planned", True, [])
    assert record.view.cost == Cost(2, 80, 1.5, round(0.1 * 2 * 80 * 1.5 / 730 + 0.5 * 1.5, 2))
    assert "2 snapshots and an image of 80 GiB, and a clone with as much for about 1.5 h" in record.timeline[-1].event


def test_a_quota_that_is_full_is_told_before_anything_is_made() -> None:
    there = cloud(no_room=frozenset({"clone"}))
    record = run(there, CLONED)
    assert record.problem is not None
    assert (record.state, record.problem.code, there.log) == ("blocked", "QuotaExceed.ElasticQuota", [])


@pytest.mark.parametrize("kind", ["image", "security_group"])
def test_what_is_refused_later_fails_the_drill_and_is_cleared(kind: str) -> None:
    there = cloud(no_room=frozenset({kind}))
    records = drill(there)
    assert [record.state for record in records] == ["failed", "cleared"]
    assert left(there) == NOTHING
    assert there.machines[ID].instance.tags[drilled.DRILL_KEY].startswith("failed")


def test_an_image_that_fails_fails_the_drill_and_is_cleared() -> None:
    there = cloud(image_fails=True)
    records = drill(there)
    assert records[0].problem is not None
    assert (records[0].problem.code, left(there)) == ("CloneFailed", NOTHING)


def test_a_clone_whose_agent_never_answers_is_given_up_at_its_deadline_and_cleared() -> None:
    there = cloud(silent_clones=True)
    records = drill(there)
    assert records[0].problem is not None
    assert (records[0].problem.code, left(there)) == ("CloneSilent", NOTHING)


def test_a_clone_that_cannot_be_migrated_fails_the_drill_and_nothing_else() -> None:
    there = cloud(failing=frozenset({("cx1", "alinux-3")}))
    records = drill(there)
    assert [record.state for record in records] == ["cloned", "failed", "cleared"]
    assert (left(there), untouched(there, "centos-7")) == (NOTHING, True)


def test_an_instance_that_is_being_migrated_is_not_cloned() -> None:
    there = cloud(durations=lambda what, who: 10_000.0 if what == "work" else 60.0)
    run(there, replace(CLONED, state="migrated", hop_timeout=3000))
    before = list(there.log)
    record = run(there, CLONED, number=2)
    assert record.problem is not None
    assert (record.problem.code, there.log) == ("AttemptUnderWay", before)


def test_a_clone_is_not_migrated_outside_its_drill() -> None:
    there = cloud()
    made = run(there, CLONED)
    (clone,) = [work.id for work in made.view.copies if work.kind == "clone"]
    record = run(there, replace(CLONED, state="migrated"), name=clone)
    assert record.problem is not None
    assert record.problem.code == "instance.clone_of_a_drill"


def test_nothing_but_a_clone_is_ever_discarded() -> None:
    there = cloud()
    before = list(there.log)
    record = run(there, replace(CLONED, state="discarded", delete_service_points=True), clone_of=ID)
    assert record.problem is not None
    assert (record.problem.code, there.log) == ("NotAClone", before)


def test_an_instance_without_room_for_tags_or_with_local_disks_is_not_cloned() -> None:
    there = cloud()
    whole = there.machines[ID].instance
    full = {f"team-{number}": "x" for number in range(18)}
    full[TAG_KEY] = "committed attempt=1 from=centos-6 to=centos-7"
    there.machines[ID].instance = replace(whole, tags=full)
    record = run(there, CLONED)
    assert record.problem is not None
    assert (record.problem.code, there.log) == ("NoRoomForTags", [])
    there.machines[ID].instance = replace(whole, disks=(*whole.disks, Disk("d-local", category="local_ssd_pro")))
    record = run(there, CLONED)
    assert record.problem is not None
    assert (record.state, there.log) == ("blocked", [])


class WithoutCopies(MemoryCloud):
    """A cloud whose adapter copies no instances."""

    @property
    def copies(self) -> dict[str, Any]:  # type: ignore[override]
        return {}


def test_where_no_instances_are_copied_a_drill_is_refused_before_anything_is_made() -> None:
    there = WithoutCopies()
    there.add(ID, "centos-7")
    record = run(there, CLONED)
    assert record.problem is not None
    assert (record.problem.code, there.log) == ("NotOffered", [])
