# Copyright (c) 2026 evergreen.os_migration contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Hypothesis strategies over the model: values that a cloud or a guest may really show, odd ones among them."""

from __future__ import annotations

from dataclasses import replace
from functools import cache
from typing import Any

from ansible_collections.evergreen.os_migration.plugins.module_utils._clouds import PROVIDERS
from ansible_collections.evergreen.os_migration.plugins.module_utils._core.catalog import NAMES
from ansible_collections.evergreen.os_migration.plugins.module_utils._core.goal import Goal, Offer
from ansible_collections.evergreen.os_migration.plugins.module_utils._core.migration.view import Migration, View
from ansible_collections.evergreen.os_migration.plugins.module_utils._core.model import (
    UNKNOWN,
    Account,
    Agent,
    CommandResult,
    Disk,
    Enrolment,
    Event,
    Finding,
    Guest,
    Hop,
    Instance,
    Invocation,
    Item,
    Point,
    Problem,
    Tag,
    Waiver,
    Work,
)
from ansible_collections.evergreen.os_migration.plugins.module_utils._core.paths import PATHS, Start, find, plan
from ansible_collections.evergreen.os_migration.plugins.module_utils._core.record import Moment, Record
from ansible_collections.evergreen.os_migration.plugins.module_utils._core.rules import RULES
from ansible_collections.evergreen.os_migration.plugins.module_utils._core.rules.forms import FORMS
from ansible_collections.evergreen.os_migration.plugins.module_utils._core.tag import (
    TAG_KEY,
    disk_name,
    set_label,
    to_text,
    work_name,
)
from hypothesis import strategies as st

from .healthy import HEALTHY_LINUX, HEALTHY_WINDOWS, OWN_POWERSHELL, signs_of

ID = "i-bp1abcdefghij0123456"
REGION = "cn-hangzhou"
ATTEMPT_STATES = ("started", "migrated", "rolling_back", "restored", "rolled_back", "committed")

words = st.text(max_size=12)
known_systems = st.sampled_from(sorted(NAMES))
systems = st.sampled_from([*sorted(NAMES), UNKNOWN])
#: Mostly systems that have paths, so that plans are not always empty.
sources = st.sampled_from([path.source for path in PATHS]) | systems
targets = st.sampled_from([path.target for path in PATHS]) | systems | st.sampled_from(["", "beos"])
moments = st.floats(0, 100_000)
#: The same number on both clocks.
now_and_then = st.sampled_from([0.0, 1000.0, 90_000.0, 200_000.0]).map(lambda at: Moment(at, at))
attempts, hop_numbers = st.integers(0, 3), st.integers(1, 3)
disk_ids = st.sampled_from(["d-0", "d-1", "d-2"])

versions = st.sampled_from(["", "7.9", "7.6", "8.5"])
editions = st.sampled_from(["", "standard", "datacenter", "essentials"])
languages = st.sampled_from(["", "en", "zh", "ja"])
heartbeats = st.sampled_from(["", "1970-01-01T00:00:00Z", "2026-11-22T10:00:00Z", "soon", "0001-01-01T00:00:00Z"])
agents = st.builds(Agent, st.booleans(), st.booleans(), heartbeats) | st.just(Agent(True, True))
accounts = st.builds(Account, st.none() | st.booleans(), st.none() | st.booleans())
#: Some rules and days, the day of the moments among them.
waivers = st.builds(
    Waiver,
    rule=st.sampled_from([rule.id for rule in RULES]),
    reason=words,
    owner=words,
    expires=st.sampled_from(["1969-12-31", "1970-01-01", "1970-01-02", "2099-12-31"]),
)
disks = st.builds(
    Disk,
    disk_id=disk_ids,
    type=st.sampled_from(["system", "data"]),
    category=st.sampled_from(["cloud_essd", "cloud_efficiency", "local_ssd_pro", "ephemeral_ssd"]),
    status=st.sampled_from(["In_use", "In_use", "ReIniting", ""]),
    delete_auto_snapshot=st.booleans(),
    manual_snapshots=st.sampled_from([None, 0, 239, 240, 254, 255, 256]),
)
former_labels = st.builds("attempt={} hop={}".format, attempts, hop_numbers)
labels = (
    st.builds(set_label, st.just(ID), attempts, hop_numbers)
    | st.builds(set_label, st.just("i-other"), attempts, hop_numbers)
    | former_labels
    | st.sampled_from(["", "of somebody else"])
)
points = st.builds(
    Point,
    snapshot_id=st.sampled_from(["s-0", "s-1", "s-2", "s-3"]),
    disk_id=disk_ids,
    status=st.sampled_from(["progressing", "accomplished", "failed", ""]),
    label=labels,
    created=st.sampled_from(["", "soon", "1970-01-01T00:00:00Z", "1970-01-01T00:09:00Z", "1970-01-02T00:00:00Z"]),
    place=st.sampled_from(["", "root", "/dev/xvdb"]),
)
works = st.builds(
    Work,
    kind=st.just("smc"),
    id=st.sampled_from(["j-0", "j-1", "j-2"]),
    name=st.builds(work_name, st.just(ID), attempts, hop_numbers, st.integers(1, 2))
    | st.sampled_from(["", "of somebody else", "osm-i-other-a1-h1"]),
    status=st.sampled_from(["made", "running", "done", "failed", "stopped", "gone"]),
    said=st.sampled_from(["", "Ready", "Brand New"]),
    progress=st.floats(0, 100),
    began=st.sampled_from(["", "1970-01-01T00:10:00Z", "2026-01-01T00:00:00Z", "2026-01-02T00:00:00Z"]),
    ended=st.sampled_from(["", "1970-01-01T00:40:00Z"]),
    holds=st.booleans(),
)
#: Disks that are made from points.
made_disks = st.builds(
    lambda disk, attempt, status: Work(
        "disk",
        f"w-{disk}",
        disk_name(ID, attempt, disk, 1, 1),
        status=status,
        holds=False,
        outputs={"disk": f"{disk}-new", "place": "/dev/xvda"},
    ),
    disk_ids,
    attempts,
    st.sampled_from(["made", "running", "done", "failed"]),
)
counters = st.sampled_from([0, 0, 1, 1, 2, 3])
tags = st.builds(
    Tag,
    state=st.sampled_from(ATTEMPT_STATES),
    attempt=st.integers(1, 3),
    source=sources,
    target=targets.filter(bool),
    sets=counters,
    tries=counters,
    start=counters,
    run=st.sampled_from(["", "1a2b3c4d"]),
    by=st.sampled_from(["", "smc", "watch", "handover"]),
    back=st.sampled_from(["", "disks", "swap", "root"]),
    reset=st.booleans(),
    others=st.sampled_from([(), (("later", "1"),)]),
).map(to_text)
instances = st.builds(
    Instance,
    instance_id=st.just(ID),
    region=st.just(REGION),
    provider=st.just("alicloud"),
    status=st.sampled_from(["Running", "Running", "Running", "Stopped", "Stopping", "Starting", "Pending", ""]),
    os=sources,
    os_version=versions,
    os_edition=editions,
    os_language=languages,
    os_type=st.sampled_from(["linux", "windows", ""]),
    architecture=st.sampled_from(["x86_64", "x86_64", "arm64", UNKNOWN]),
    vcpus=st.integers(0, 4),
    memory_mib=st.sampled_from([0, 1024, 2048, 8192]),
    network_type=st.sampled_from(["vpc", "vpc", "classic", ""]),
    private_addresses=st.just(("10.0.0.1",)) | st.just(()),
    disks=st.lists(disks, max_size=3, unique_by=lambda disk: disk.disk_id).map(tuple),
    snapshots_in_progress=st.just(()) | st.tuples(points),
    agent=agents,
    locks=st.just(()) | st.just(("security",)),
    tags=st.just({}) | st.dictionaries(st.just(TAG_KEY), tags | words, max_size=1),
)
fact_values = (
    st.integers(0, 50_000).map(str)
    | st.sampled_from([*HEALTHY_LINUX.values(), *HEALTHY_WINDOWS.values()])
    | st.sampled_from(["", "unknown", "-1", "1e9", "٣", "9" * 5000, "mysql 8.4.0", "mysql " + "9" * 5000, "yes", "no"])
    | words
)
facts = st.dictionaries(st.sampled_from(["os_id", *FORMS]), fact_values) | st.builds(
    lambda healthy, odd: {**healthy, **odd},
    st.sampled_from([HEALTHY_LINUX, HEALTHY_WINDOWS]),
    st.dictionaries(st.sampled_from(sorted(FORMS)), fact_values, max_size=3),
)
guests = st.builds(
    Guest,
    os=sources,
    probed=st.booleans(),
    facts=facts | st.just(HEALTHY_LINUX) | st.just(HEALTHY_WINDOWS),
    version=versions,
    edition=editions,
    language=languages,
    trouble=st.sampled_from(["", "", "", "timed_out", "cut_off", "unreadable", "failed", "brand new"]),
    trouble_text=words,
)
plans = st.builds(lambda source, target: plan(Start(source, "alicloud"), target), sources, targets).map(
    lambda hops: hops if isinstance(hops, tuple) else ()
)
findings = st.builds(Finding, words, st.sampled_from(["inhibitor", "warning", "info"]), words)
problems = st.builds(Problem, words, words, words)
results = st.builds(
    CommandResult,
    status=st.sampled_from(["finished", "timed_out", "failed"]),
    exit_code=st.none() | st.integers(0, 2),
    stdout=words,
    stderr=words,
)
invocations = st.builds(Invocation, st.sampled_from(["facts", "enrol", "script"]), words)
items = st.builds(
    Item, st.just(ID), st.just(REGION), st.just("alicloud"), target=targets, waivers=st.lists(waivers).map(tuple)
)


def maybe(strategy: st.SearchStrategy[Any]) -> st.SearchStrategy[Any]:
    return st.none() | strategy


def seldom(strategy: st.SearchStrategy[Any], usual: Any) -> st.SearchStrategy[Any]:
    return st.sampled_from([st.just(usual), st.just(usual), strategy]).flatmap(lambda chosen: chosen)


def tuples_of(strategy: st.SearchStrategy[Any], size: int = 3) -> st.SearchStrategy[tuple[Any, ...]]:
    return st.lists(strategy, max_size=size).map(tuple)


#: What is looked at on its own: aspects of a view, and the look at all details of an instance.
ASPECTS = ("details", "instance", "tag", "account", "guest", "points", "works", "enrolment")
views = st.builds(
    View,
    instance=maybe(instances),
    account=maybe(accounts),
    guest=maybe(guests),
    command=maybe(invocations),
    points=tuples_of(points, 4),
    works=tuples_of(works | made_disks),
    enrolment=maybe(
        st.builds(
            Enrolment,
            st.sampled_from(["absent", "pending", "ready", "busy", "lost"]),
            st.sampled_from(["", "s-0"]),
            ours=st.booleans(),
        )
    ),
    before=maybe(instances),
    hops=plans,
    hop=st.integers(0, 2),
    findings=tuples_of(findings, 2),
    restored=tuples_of(disk_ids),
    retried=st.booleans(),
    begun=st.integers(0, 2),
    sets=st.sampled_from([(), (1,), (1, 2), (2,)]),
    turned=st.booleans(),
    stopping=maybe(moments),
    forced=st.booleans(),
    stuck=st.booleans(),
    unsettled=maybe(moments),
    enrolled_for=st.integers(0, 3),
    imports=st.integers(0, 2),
    import_again=st.booleans(),
    restart_code=st.sampled_from([None, None, 194]),
)


def records(view: st.SearchStrategy[Any] = views) -> st.SearchStrategy[Record[Any]]:
    """Return records in any state of knowledge; what was seen to be nothing is only an account, points or works."""
    return st.builds(
        Record,
        item=items,
        view=view,
        state=st.sampled_from(
            [
                "pending",
                "probing",
                "queued",
                "protecting",
                "importing",
                "migrating",
                "verifying",
                "rolling_back",
                "restarting",
            ]
        ),
        changed=st.booleans(),
        problem=maybe(problems),
        timeline=tuples_of(st.builds(Event, words, words), 2),
        seen=st.dictionaries(st.sampled_from(ASPECTS), maybe(moments)),
        since=moments,
    ).map(_possible)


def _possible(record: Record[Any]) -> Record[Any]:
    never = {name for name in ("instance", "guest") if getattr(record.view, name, None) is None}
    return record.with_(seen={name: when for name, when in record.seen.items() if name not in never})


#: An instance, and the ways in which it may differ from one that everything is fine with.
FINE = {
    "linux": Instance(
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
        hostname="web-1",
        private_addresses=("10.0.0.1",),
        disks=(Disk("d-0", "system", status="In_use"), Disk("d-1", status="In_use")),
        agent=Agent(installed=True, online=True),
    )
}
FINE["windows"] = replace(FINE["linux"], os="windows-2008r2", os_type="windows")
_PLANS = [
    hops
    for source in sorted(NAMES)
    for target in sorted(NAMES)
    if source != target and isinstance(hops := plan(Start(source, "alicloud"), target), tuple)
]
#: What may be odd about an instance.
_ODD_INSTANCES: list[dict[str, Any]] = [
    *({"status": status} for status in ("Stopped", "Stopped", "Stopping", "Starting")),
    {"locks": ("security",)},
    {"network_type": "classic"},
    {"architecture": "arm64"},
    {"agent": Agent(installed=True)},
    {"agent": Agent()},
    {"disks": ()},
    {"disks": (Disk("d-0", "system", status="ReIniting"),)},
    {"disks": (Disk("d-0", "system", status="In_use"), Disk("d-2", status="In_use", category="local_ssd_pro"))},
    {"vcpus": 1},
    {"hostname": "renamed"},
    {"snapshots_in_progress": (Point("s-9", "d-0"),)},
    {"tags": {}},
]
#: What may be odd about what is known of it.
_ODD_VIEWS: list[dict[str, Any]] = [
    {"before": None},
    *({"guest": Guest(os, facts=HEALTHY_LINUX)} for os in (UNKNOWN, "centos-7", "windows-2012r2")),
    {"guest": Guest("centos-7", probed=False)},
    {"guest": Guest(UNKNOWN, trouble="cut_off")},
    {"account": Account(service_role=False)},
    {"points": ()},
    *({"enrolment": Enrolment(state, "s-0")} for state in ("pending", "busy", "lost")),
    {"enrolment": Enrolment()},
    *({"works": (Work("smc", "j-9", "of somebody else", status=status),)} for status in ("made", "running", "done")),
    {"retried": True},
    {"restored": ("d-0", "d-1")},
    {"enrolled_for": 1},
    {"enrolled_for": 1, "imports": 1, "import_again": True},
    {"restart_code": 194},
    {"enrolment": Enrolment("ready", "s-0", ours=True)},
    {"sets": ()},
    {"turned": True},
    *({"stopping": since} for since in (0.0, 900.0)),
    {"stopping": 0.0, "forced": True},
    {"stuck": True},
    {"unsettled": 500.0},
    {"hops": (), "hop": 0},
    {"hop": 1},
]
#: What may be odd about a record.
_ODD_RECORDS: list[dict[str, Any]] = [
    {"item": Item(ID, REGION, "alicloud", target="anolis-8")},
    {"item": Item(ID, REGION, "alicloud")},
    {"problem": Problem("MigrationFailed", "It failed.", "Look.")},
    *({"since": since} for since in (1.0, 90_000.0)),
]


def fine_guest(hop: Hop) -> Guest:
    """Return a guest that everything is fine with, and that the hop may start from."""
    path = find(hop)
    assert path is not None
    said = {name: (*getattr(path, f"{name}s"), "")[0] for name in ("version", "edition", "language")}
    own = {"powershell": OWN_POWERSHELL.get(hop.source, HEALTHY_WINDOWS["powershell"])}
    return Guest(hop.source, facts=HEALTHY_LINUX | HEALTHY_WINDOWS | signs_of(hop.source) | own, **said)


def fine_end(hop: Hop) -> Guest:
    """Return a guest that has become the hop's target and proves it."""
    facts = HEALTHY_LINUX | HEALTHY_WINDOWS | signs_of(hop.target)
    return Guest(hop.target, facts=facts, edition="datacenter")


@cache
def _stages(way: tuple[Hop, ...], number: int, hop: int) -> list[dict[str, Any]]:
    """Return what is known of an instance at each point of its way; ``tag`` and ``status`` are the instance's."""
    disks = FINE["linux"].disks
    counted = {"sets": hop, "tries": 1, "by": "smc"}
    tag = {state: to_text(Tag(state, number, way[0].source, way[-1].target, **counted)) for state in ATTEMPT_STATES}
    before, after = fine_guest(way[hop - 1]), fine_end(way[hop - 1])

    def taken(status: str) -> tuple[Point, ...]:
        label, then = set_label(ID, number, hop), "1970-01-01T00:00:00Z"
        return tuple(Point(f"s-{d.disk_id}", d.disk_id, status, "", label, then) for d in disks)

    def made(status: str, said: str = "so") -> dict[str, Any]:
        work = Work("smc", "j-0", work_name(ID, number, hop), ID, status, said, progress=40.0)
        return {**ready, "works": (work,), "state": "migrating"}

    def replaced(status: str, *disk_ids: str) -> dict[str, Any]:
        works = tuple(
            Work(
                "disk",
                f"w-{disk_id}",
                disk_name(ID, number, disk_id, hop, 1),
                status=status,
                holds=False,
                outputs={"disk": f"{disk_id}-new"},
            )
            for disk_id in disk_ids
        )
        return {**back, "status": "Stopped", "works": works}

    fresh: dict[str, Any] = {"guest": before, "enrolment": Enrolment(), "state": "pending"}
    own = {"begun": number, "sets": (hop,)}
    begun = {**fresh, "tag": tag["started"], "state": "protecting", **own}
    ready = {**begun, "points": taken("accomplished"), "enrolment": Enrolment("ready", "s-0"), "state": "importing"}
    failed = {**made("failed"), "problem": Problem("MigrationFailed", "It failed.", "Look.")}
    back = {**failed, "tag": tag["rolling_back"], "state": "rolling_back"}
    return [
        fresh,
        begun,
        *({**begun, "points": taken(status)} for status in ("progressing", "failed", "accomplished")),
        ready,
        made("made", said=""),
        *(made(status) for status in ("made", "running", "failed", "stopped", "done", "gone")),
        {**made("done"), "guest": after, "state": "verifying"},
        {**made("done"), "forgotten": ("guest", "instance"), "state": "verifying"},
        failed,
        back,
        {**back, "forgotten": ("guest",), "status": "Stopped"},
        {**back, "restored": ("d-0", "d-1"), "status": "Stopped"},
        replaced("running", "d-0"),
        replaced("done", "d-0", "d-1"),
        {**back, "tag": tag["restored"], "status": "Stopped"},
        {**back, "tag": tag["restored"]},
        {**fresh, "tag": tag["rolled_back"], "points": taken("accomplished")},
        {**made("done"), "tag": tag["migrated"], "guest": after},
        {**fresh, "tag": tag["committed"], "guest": after},
        {
            **ready,
            "tag": tag["rolled_back"],
            "works": (Work("smc", "j-0", work_name(ID, number - 1, 1), status="failed"),),
        },
    ]


@st.composite
def likely_records(draw: st.DrawFn) -> Migration:
    """Draw a record as a migration leaves it somewhere on its way, with few odd things about it."""
    way = draw(st.sampled_from(_PLANS))
    hop = draw(st.integers(1, len(way)))
    stage = dict(draw(st.sampled_from(_stages(way, draw(st.integers(1, 2)), hop))))
    system = "windows" if way[0].source.startswith("windows") else "linux"
    tag = stage.pop("tag", "")
    tags = {TAG_KEY: tag} if tag else {}
    fine = replace(FINE[system], os=way[0].source, tags=tags, status=stage.pop("status", "Running"))
    known: dict[str, Any] = {
        "instance": replace(fine, **draw(seldom(st.sampled_from(_ODD_INSTANCES), {}))),
        "before": fine,
        "account": Account(service_role=True, snapshots_used=True),
        "hops": way,
        "hop": hop - 1,
    }
    forgotten = {*stage.pop("forgotten", ()), *draw(seldom(st.lists(st.sampled_from(ASPECTS), max_size=1), []))}
    waiving = draw(st.just(()) | st.tuples(waivers))
    about: dict[str, Any] = {"item": Item(ID, REGION, "alicloud", target=way[-1].target, waivers=waiving)}
    about |= {name: stage.pop(name) for name in ("state", "problem") if name in stage}
    known |= stage
    for changes in draw(seldom(st.lists(st.sampled_from(_ODD_VIEWS), max_size=2), [])):
        known |= changes
    for changes in draw(seldom(st.lists(st.sampled_from(_ODD_RECORDS), max_size=1), [])):
        about |= changes
    never = draw(seldom(st.sets(st.sampled_from(["account", "guest", "points", "works"]), max_size=1), set()))
    seen = {name: None if name in forgotten else 0.0 for name in ASPECTS if name not in never}
    return Record(view=View(**known), seen=seen, **about)


def offer(
    transport: str = "api",
    enrols: frozenset[str] = frozenset(),
    back: str = "reset_disks",
    awaits: float = 0.0,
) -> Offer:
    """Return what Alibaba Cloud offers for options of the SMC, with another way back."""
    commands = dict.fromkeys(enrols, "import {activation_code}")
    smc = {"transport": transport, "import_command": commands, "wait_for_source": awaits}
    offered = PROVIDERS["alicloud"].offer({"smc": smc})
    return replace(offered, back=(back,))


offers = st.builds(
    offer,
    st.sampled_from(["api", "watch"]),
    st.sampled_from(
        [frozenset({"linux", "windows"}), frozenset({"linux", "windows"}), frozenset({"linux"}), frozenset()]
    ),
    st.sampled_from(["reset_disks", "replace_disks"]),
    st.sampled_from([0.0, 0.0, 600.0]),
)


def goals_of(*states: str, offered: st.SearchStrategy[Offer] = offers, **given: Any) -> st.SearchStrategy[Goal]:
    """Return goals of these states; ``given`` are fields that are the same for all."""
    fields = {
        "on_failure": st.sampled_from(["keep", "rollback"]),
        "rollback_to": st.sampled_from(["start", "hop"]),
        "retry": st.booleans(),
        "hop_timeout": st.sampled_from([60.0, 7200.0]),
        "delete_service_points": st.booleans(),
    }
    fields |= {name: st.just(value) for name, value in given.items()}
    return st.builds(Goal, state=st.sampled_from(states), offers=offered.map(lambda one: {"alicloud": one}), **fields)


goals = goals_of("migrated", "rolled_back", "assessed", "verified", "committed")
