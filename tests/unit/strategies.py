# Copyright (c) 2026 evergreen.os_migration contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Hypothesis strategies over the model: values that a cloud or a guest may really show, odd ones among them."""

from __future__ import annotations

from dataclasses import replace
from functools import cache
from typing import Any

from ansible_collections.evergreen.os_migration.plugins.module_utils._core.catalog import NAMES
from ansible_collections.evergreen.os_migration.plugins.module_utils._core.ledger import (
    TAG_KEY,
    UNREADABLE,
    job_name,
    snapshot_label,
)
from ansible_collections.evergreen.os_migration.plugins.module_utils._core.model import (
    UNKNOWN,
    Account,
    Agent,
    Command,
    CommandResult,
    Disk,
    Event,
    Finding,
    Guest,
    Hop,
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
from ansible_collections.evergreen.os_migration.plugins.module_utils._core.paths import PATHS, Start, find, plan
from ansible_collections.evergreen.os_migration.plugins.module_utils._core.rules import RULES
from ansible_collections.evergreen.os_migration.plugins.module_utils._core.rules.forms import FORMS
from ansible_collections.evergreen.os_migration.plugins.module_utils._core.step import Goal
from hypothesis import strategies as st

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
labels = st.builds(snapshot_label, attempts, hop_numbers) | st.sampled_from(["", "of somebody else"])
snapshots = st.builds(
    Snapshot,
    snapshot_id=st.sampled_from(["s-0", "s-1", "s-2", "s-3"]),
    disk_id=disk_ids,
    status=st.sampled_from(["progressing", "accomplished", "failed", ""]),
    label=labels,
)
jobs = st.builds(
    Job,
    job_id=st.sampled_from(["j-0", "j-1", "j-2"]),
    name=st.builds(job_name, st.just(ID), attempts, hop_numbers) | st.sampled_from(["", "of somebody else"]),
    status=st.sampled_from(
        ["Created", "Ready", "Running", "Stopped", "Waiting", "InError", "Finished", "Expired", "Brand New"]
    ),
    progress=st.floats(0, 100),
    created=st.sampled_from(["", "2026-01-01T00:00:00Z", "2026-01-02T00:00:00Z"]),
)
ledgers = st.builds(
    Ledger,
    state=st.sampled_from([*ATTEMPT_STATES, UNREADABLE]),
    attempt=attempts,
    source=sources,
    target=targets.filter(bool),
)
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
    snapshots_in_progress=st.just(()) | st.tuples(snapshots),
    agent=agents,
    locks=st.just(()) | st.just(("security",)),
    tags=st.just({}) | st.dictionaries(st.just(TAG_KEY) | words, words, max_size=2),
)
HEALTHY_LINUX = {
    "os_id": "centos",
    "time": "0",
    "kernel": "3.10.0-1160.119.1.el7.x86_64",
    "kernel_newest": "3.10.0-1160.119.1.el7.x86_64",
    "memory_available_mib": "4000",
    "free_mib./usr": "4000",
    "free_mib./var": "9000",
    "free_mib./boot": "400",
    "package_manager": "yum",
    "package_manager_works": "yes",
    "rpm_database": "sound",
    "i686_count": "0",
    "epel_modular": "no",
    "modules_out_of_tree": "none",
    "modules_unsigned": "none",
    "mysql": "none",
    "local_programs": "0",
    "local_program_names": "none",
    "selinux": "disabled",
    "rsync": "yes",
    "security_center": "no",
    "reboot_required": "no",
    "fstab_device_names": "none",
    "nics": "eth0",
    "net_ifnames": "off",
    "boot_mode": "bios",
    "full_filesystems": "none",
    "nested_filesystems": "none",
    "time_synchronised": "yes",
    "leftovers": "none",
}
HEALTHY_WINDOWS = {
    "time": "0",
    "free_mib.C": "90000",
    "windows_dir_mib": "16000",
    "powershell": "5.1.14409.1005",
    "tls12": "yes",
    "reboot_required": "no",
    "roles": "none",
    "antivirus": "none",
    "third_party_drivers": "none",
    "activation_channel": "kms",
    "activated": "yes",
    "page_file": r"C:\pagefile.sys",
    "crash_dump": "automatic",
    "crash_dump_file": r"%SystemRoot%\MEMORY.DMP",
}
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
plans = st.builds(plan, sources.map(Start), targets).map(lambda hops: hops if isinstance(hops, tuple) else ())
findings = st.builds(Finding, words, st.sampled_from(["inhibitor", "warning", "info"]), words)
problems = st.builds(Problem, words, words, words)
results = st.builds(CommandResult, status=st.sampled_from(["finished", "timed_out", "failed"]), stdout=words)


def maybe(strategy: st.SearchStrategy[Any]) -> st.SearchStrategy[Any]:
    return st.none() | strategy


def tuples_of(strategy: st.SearchStrategy[Any], size: int = 3) -> st.SearchStrategy[tuple[Any, ...]]:
    return st.lists(strategy, max_size=size).map(tuple)


def records(**given: st.SearchStrategy[Any]) -> st.SearchStrategy[Record]:
    """Return records in any state of knowledge; ``given`` replaces fields."""
    fields: dict[str, st.SearchStrategy[Any]] = {
        "item": st.builds(
            Item, st.just(ID), st.just(REGION), st.just("alicloud"), target=targets, waivers=tuples_of(waivers)
        ),
        "state": st.sampled_from(
            ["pending", "probing", "queued", "protecting", "importing", "migrating", "verifying", "rolling_back"]
        ),
        "changed": st.booleans(),
        "problem": maybe(problems),
        "instance": maybe(instances),
        "before": maybe(instances),
        "guest": maybe(guests),
        "account": maybe(accounts),
        "ledger": maybe(ledgers),
        "snapshots": maybe(tuples_of(snapshots, 4)),
        "source": maybe(st.builds(Source, st.just("s-0"), st.sampled_from(["Available", "InUse", "Unavailable", ""]))),
        "jobs": maybe(tuples_of(jobs)),
        "command": maybe(st.builds(Command, st.sampled_from(["probe", "import", "script"]), words)),
        "result": maybe(results),
        "hops": plans,
        "hop": st.integers(0, 2),
        "findings": tuples_of(findings, 2),
        "reset_disks": tuples_of(disk_ids),
        "retried": st.booleans(),
        "imported_for": st.integers(0, 3),
        "seen_at": moments,
        "waiting_since": moments,
        "timeline": tuples_of(st.builds(Event, words, words), 2),
    }
    return st.builds(Record, **{**fields, **given})


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
    {"snapshots_in_progress": (Snapshot("s-9", "d-0"),)},
]
#: What may be odd about a record.
_ODD_RECORDS: list[dict[str, Any]] = [
    {"item": Item(ID, REGION, "alicloud", target="anolis-8")},
    {"item": Item(ID, REGION, "alicloud")},
    *({name: None} for name in ("guest", "ledger", "snapshots", "source", "jobs", "before")),
    *({"guest": Guest(os, facts=HEALTHY_LINUX)} for os in (UNKNOWN, "centos-7", "windows-2012r2")),
    {"guest": Guest("centos-7", probed=False)},
    {"guest": Guest(UNKNOWN, trouble="cut_off")},
    {"account": None},
    {"account": Account(service_role=False)},
    {"problem": Problem("MigrationFailed", "It failed.", "Look.")},
    {"snapshots": ()},
    *({"source": Source("s-0", state)} for state in ("Unavailable", "InUse", "")),
    *({"jobs": (Job("j-9", "of somebody else", status),)} for status in ("Ready", "Running", "Finished")),
    *({"retried": True, "waiting_since": since} for since in (1.0, 90_000.0)),
    {"reset_disks": ("d-0", "d-1")},
    {"imported_for": 1},
    {"hops": (), "hop": 0},
    {"hop": 1},
]


def fine_guest(hop: Hop) -> Guest:
    """Return a guest that everything is fine with, and that the hop may start from."""
    path = find(hop)
    assert path is not None
    said = {name: (*getattr(path, f"{name}s"), "")[0] for name in ("version", "edition", "language")}
    return Guest(hop.source, facts=HEALTHY_LINUX | HEALTHY_WINDOWS, **said)


@cache
def _stages(way: tuple[Hop, ...], number: int, hop: int) -> list[dict[str, Any]]:
    """Return what is known of an instance at each point of its way."""
    disks = FINE["linux"].disks
    marked = {state: Ledger(state, number, way[0].source, way[-1].target) for state in ATTEMPT_STATES}
    before, after = fine_guest(way[hop - 1]), Guest(way[hop - 1].target)

    def taken(status: str) -> tuple[Snapshot, ...]:
        return tuple(Snapshot(f"s-{d.disk_id}", d.disk_id, status, "", snapshot_label(number, hop)) for d in disks)

    def made(status: str) -> dict[str, Any]:
        job = Job("j-0", job_name(ID, number, hop), status, progress=40.0, source_id="s-0", instance_id=ID)
        return {**ready, "jobs": (job,), "state": "migrating"}

    fresh: dict[str, Any] = {"guest": before, "snapshots": (), "jobs": ()}
    begun = {**fresh, "ledger": marked["started"], "state": "protecting"}
    ready = {**begun, "snapshots": taken("accomplished"), "source": Source("s-0", "Available"), "state": "importing"}
    failed = {**made("InError"), "problem": Problem("MigrationFailed", "It failed.", "Look.")}
    back = {**failed, "ledger": marked["rolling_back"], "state": "rolling_back"}
    return [
        fresh,
        begun,
        *({**begun, "snapshots": taken(status)} for status in ("progressing", "failed", "accomplished")),
        ready,
        *(made(status) for status in ("Created", "Ready", "Running", "InError", "Stopped", "Finished", "Brand New")),
        {**made("Finished"), "guest": after, "state": "verifying"},
        {**made("Finished"), "guest": None, "state": "verifying"},
        failed,
        back,
        {**back, "guest": None, "instance_status": "Stopped"},
        {**back, "reset_disks": ("d-0", "d-1"), "instance_status": "Stopped"},
        {**back, "ledger": marked["restored"], "instance_status": "Stopped"},
        {**back, "ledger": marked["restored"]},
        {**fresh, "ledger": marked["rolled_back"], "snapshots": taken("accomplished")},
        {**made("Finished"), "ledger": marked["migrated"], "guest": after},
        {**fresh, "ledger": marked["committed"], "guest": after},
        {**ready, "ledger": marked["rolled_back"], "jobs": (Job("j-0", job_name(ID, number - 1, 1), "InError"),)},
    ]


@st.composite
def likely_records(draw: st.DrawFn) -> Record:
    """Draw a record as a migration leaves it somewhere on its way, with few odd things about it."""
    way = draw(st.sampled_from(_PLANS))
    hop = draw(st.integers(1, len(way)))
    stage = dict(draw(st.sampled_from(_stages(way, draw(st.integers(1, 2)), hop))))
    system = "windows" if way[0].source.startswith("windows") else "linux"
    fine = replace(FINE[system], os=way[0].source, status=stage.pop("instance_status", "Running"))
    odd_here: dict[str, Any] = draw(st.just({}) | st.sampled_from(_ODD_INSTANCES))
    odd: list[dict[str, Any]] = draw(st.lists(st.sampled_from(_ODD_RECORDS), max_size=2))
    known = {
        "item": Item(ID, REGION, "alicloud", target=way[-1].target, waivers=draw(st.just(()) | st.tuples(waivers))),
        "instance": replace(fine, **odd_here),
        "before": fine,
        "account": Account(service_role=True, snapshots_used=True),
        "hops": way,
        "hop": hop - 1,
        **stage,
    }
    for changes in odd:
        known |= changes
    return Record(**known)


goals = st.builds(
    Goal,
    state=st.sampled_from(["migrated", "rolled_back", "assessed", "verified", "committed", "described", "scripted"]),
    transport=st.sampled_from(["api", "watch"]),
    on_failure=st.sampled_from(["keep", "rollback"]),
    rollback_to=st.sampled_from(["start", "hop"]),
    retry=st.booleans(),
    hop_timeout=st.sampled_from([60.0, 7200.0]),
    importable=st.frozensets(st.sampled_from(["linux", "windows"])),
    delete_service_snapshots=st.booleans(),
    shell=st.sampled_from(["sh", "powershell"]),
)
