# Copyright (c) 2026 evergreen.os_migration contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What a test of a gate starts from: one record in which all that is given is seen, and the next step from there."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from ansible_collections.evergreen.os_migration.plugins.module_utils._core.goal import Goal
from ansible_collections.evergreen.os_migration.plugins.module_utils._core.migration.tables import MIGRATION
from ansible_collections.evergreen.os_migration.plugins.module_utils._core.migration.view import Migration, View
from ansible_collections.evergreen.os_migration.plugins.module_utils._core.model import (
    Account,
    Agent,
    Disk,
    Enrolment,
    Guest,
    Instance,
    Item,
    Point,
    Tag,
    Waiver,
    Work,
)
from ansible_collections.evergreen.os_migration.plugins.module_utils._core.record import Moment, Record
from ansible_collections.evergreen.os_migration.plugins.module_utils._core.tag import (
    TAG_KEY,
    set_label,
    to_text,
    work_name,
)
from ansible_collections.evergreen.os_migration.plugins.module_utils._core.verb import Step, Verb
from ansible_collections.evergreen.os_migration.plugins.module_utils._core.workflow import Workflow

from .healthy import BOOTS, HEALTHY_LINUX, linux_signs
from .strategies import ID, REGION, offer

#: What each look shows beside what it is called after.
_SHOWN_TOO = {"instance": ("details", "tag"), "works": ("enrolment",)}
#: Enough for the longest way of local steps; a record that needs more would keep an engine busy for ever.
PATIENCE = 20


def record(item: Item, view: Any, *seen: str) -> Record[Any]:
    """Return a record in which these aspects were seen at the start of the clock."""
    names = [shown for name in seen for shown in (name, *_SHOWN_TOO.get(name, ()))]
    return Record(item, view, seen=dict.fromkeys(names, 0.0))


def seen(**view: Any) -> Migration:
    """Return a record of CentOS 7 on its way to Alibaba Cloud Linux 3, of which this was seen, and nothing else."""
    return record(ITEM, View(**view), *view)


def tagged(state: str, attempt: int = 1, source: str = "centos-7", target: str = "alinux-3", **more: Any) -> Instance:
    """Return the instance with our tag; ``more`` is what else is special about the tag, or the instance."""
    pairs = {name: more.pop(name) for name in ("sets", "tries", "start", "reset", "run", "by", "back") if name in more}
    tag = Tag(state, attempt, source, target, **{"sets": 1, "tries": 1, **pairs})
    return replace(HERE, tags={TAG_KEY: to_text(tag)}, **more)


def work(status: str, said: str = "so", name: str = "", **more: Any) -> Work:
    """Return the work of the first hop of the first attempt, if it has no other name."""
    return Work("smc", "j-0", name or work_name(ID, 1, 1), ID, status, said, **more)


def arrived(os: str = "alinux-3", **facts: str) -> Guest:
    """Return a guest that has become another system and proves it, but for some facts."""
    return Guest(os, facts={**HEALTHY_LINUX, **linux_signs(os, BOOTS[1]), **facts})


def linux(**facts: str) -> Guest:
    """Return a CentOS 7 that everything is fine with, but for some facts."""
    return Guest("centos-7", facts={**HEALTHY_LINUX, **facts})


HERE = Instance(
    ID,
    REGION,
    "alicloud",
    status="Running",
    os="centos-7",
    os_type="linux",
    architecture="x86_64",
    vcpus=2,
    memory_mib=4096,
    network_type="vpc",
    disks=(Disk("d-0", "system", status="In_use", device="/dev/xvda"),),
    agent=Agent(installed=True, online=True),
)
SILENT = replace(HERE, agent=Agent(installed=True))
ITEM = Item(ID, REGION, "alicloud", target="alinux-3")
GOAL = Goal(offers={"alicloud": offer(enrols=frozenset({"linux"}))})
#: All was looked at and is fine, and nothing is written yet.
FRESH = seen(instance=HERE, account=Account(True, True), works=(), points=(), enrolment=Enrolment(), guest=linux())
STARTED = FRESH.learns(instance=tagged("started"), begun=1, sets=(1,))
POINT = Point("s-0", "d-0", "accomplished", label=set_label(ID, 1, 1), created="1970-01-01T00:00:00Z", place="root")
#: All disks have a point.
SAFE = STARTED.learns(points=(POINT,))


def at(seconds: float) -> Moment:
    """Return a moment, the same on both clocks."""
    return Moment(seconds, seconds)


START = at(0)


def wanting(state: str = "migrated", **changes: Any) -> Goal:
    """Return the goal with another state."""
    return replace(GOAL, state=state, **changes)


def offering(goal: Goal = GOAL, **options: Any) -> Goal:
    """Return the goal with another offer of the provider."""
    return replace(goal, offers={"alicloud": offer(**options)})


def settled(record: Record[Any], step: Step, workflow: Workflow[Any] = MIGRATION) -> Record[Any]:
    """Return the record after a local step, as the engine leaves it."""
    if step.verb is Verb.FAIL:
        assert step.problem is not None
        return workflow.failed(record, step.problem)
    after = record.learns(**step.changes)
    if step.verb is Verb.FINISH:
        return after.with_(state=step.state, done=True, problem=step.problem or record.problem)
    return after.with_(state=step.state)


def next_step(
    record: Record[Any], goal: Goal = GOAL, now: Moment = START, workflow: Workflow[Any] = MIGRATION
) -> tuple[Record[Any], Step | None]:
    """Return the record and its next step that touches the cloud; None when it is done."""
    for _unused in range(PATIENCE):
        if record.done:
            return record, None
        step = workflow.decide(record, goal, now)
        if not step.verb.local:
            return record, step
        record = settled(record, step, workflow)
    raise AssertionError(f"local steps without an end, the last is {step}")


def step_of(record: Record[Any], goal: Goal = GOAL, now: Moment = START, workflow: Workflow[Any] = MIGRATION) -> Step:
    """Return the next step that touches the cloud."""
    after, step = next_step(record, goal, now, workflow)
    assert step is not None, after.problem
    return step


def verb_of(record: Record[Any], goal: Goal = GOAL, now: Moment = START) -> Verb:
    """Return what is done next."""
    return step_of(record, goal, now).verb


def look_of(record: Record[Any], goal: Goal = GOAL, now: Moment = START) -> str:
    """Return what is looked at next."""
    step = step_of(record, goal, now)
    assert step.verb is Verb.LOOK, step
    return str(step.subject)


def end_of(
    record: Record[Any], goal: Goal = GOAL, now: Moment = START, workflow: Workflow[Any] = MIGRATION
) -> Record[Any]:
    """Return the record after its end, which needs nothing of the cloud."""
    after, step = next_step(record, goal, now, workflow)
    assert step is None, step
    return after


def code_of(
    record: Record[Any], goal: Goal = GOAL, now: Moment = START, workflow: Workflow[Any] = MIGRATION
) -> str | None:
    """Return the code of the problem that a record ends in."""
    problem = end_of(record, goal, now, workflow).problem
    return problem.code if problem else None


def waiving(record: Migration, *rules: str) -> Migration:
    """Return the record with waivers for the findings of rules."""
    waivers = tuple(Waiver(rule, "goes with the host", "ops", "2099-12-31") for rule in rules)
    return record.with_(item=replace(record.item, waivers=waivers))
