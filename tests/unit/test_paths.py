# Copyright (c) 2026 evergreen.os_migration contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The planner: the shortest way over listed paths and no other, or the reason why there is none."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import pytest
from ansible_collections.evergreen.os_migration.plugins.module_utils._core.catalog import NAMES
from ansible_collections.evergreen.os_migration.plugins.module_utils._core.model import Hop, Problem
from ansible_collections.evergreen.os_migration.plugins.module_utils._core.paths import (
    ARM,
    PATHS,
    PROVIDER,
    SERVICES,
    X86,
    Path,
    Start,
    after,
    find,
    plan,
    reachable,
    refused,
    rows,
    with_rows,
)
from cloudsim.alicloud.paths import PATHS as SIMULATED
from hypothesis import given, settings
from hypothesis import strategies as st

# --- the documents' tables, written out once more -------------------------------------------------------------------

#: Migrate the operating system of an instance (2025-11-09), Linux: architecture, source, targets.
LINUX_ROWS = [
    ("x86_64", "CentOS 7.x", ["AnolisOS 7", "AnolisOS 8", "Alibaba Cloud Linux 2", "Alibaba Cloud Linux 3"]),
    ("x86_64", "CentOS 7.9, allow list", ["Red Hat 7"]),
    ("x86_64", "CentOS 8.x", ["AnolisOS 8", "Alibaba Cloud Linux 3"]),
    ("x86_64", "CentOS 8.5, allow list", ["Red Hat 8"]),
    ("arm64", "CentOS 7.x", ["AnolisOS 7", "AnolisOS 8", "Alibaba Cloud Linux 3"]),
    ("arm64", "CentOS 8.x", ["AnolisOS 8", "Alibaba Cloud Linux 3"]),
    ("x86_64", "Red Hat 7.9", ["Alibaba Cloud Linux 3", "Red Hat 8"]),
    ("x86_64", "Red Hat 8.x", ["Red Hat 9", "Alibaba Cloud Linux 3"]),
    ("x86_64", "Alibaba Cloud Linux 2", ["Alibaba Cloud Linux 3"]),
]
#: The same document, Windows: source, its editions, targets. All are x86, 64 bit, Chinese or English, to Datacenter.
WINDOWS_ROWS = [
    ("2008 R2", ["Standard", "Enterprise"], ["2012 R2"]),
    ("2012 R2", ["Standard", "Datacenter"], ["2016", "2019"]),
    ("2016", ["Standard", "Datacenter"], ["2019", "2022"]),
    ("2019", ["Datacenter"], ["2022"]),
]
WINDOWS_REGIONS = {
    "China (Hangzhou)": "cn-hangzhou",
    "China (Shanghai)": "cn-shanghai",
    "China (Qingdao)": "cn-qingdao",
    "China (Beijing)": "cn-beijing",
    "China (Zhangjiakou)": "cn-zhangjiakou",
    "China (Hohhot)": "cn-huhehaote",
    "China (Ulanqab)": "cn-wulanchabu",
    "China (Shenzhen)": "cn-shenzhen",
    "China (Heyuan)": "cn-heyuan",
    "China (Guangzhou)": "cn-guangzhou",
    "China (Chengdu)": "cn-chengdu",
    "China (Hong Kong)": "cn-hongkong",
    "China (Wuhan - Local Region)": "cn-wuhan-lr",
    "Japan (Tokyo)": "ap-northeast-1",
    "South Korea (Seoul)": "ap-northeast-2",
    "Singapore": "ap-southeast-1",
    "Malaysia (Kuala Lumpur)": "ap-southeast-3",
    "Indonesia (Jakarta)": "ap-southeast-5",
    "Philippines (Manila)": "ap-southeast-6",
    "Thailand (Bangkok)": "ap-southeast-7",
    "Germany (Frankfurt)": "eu-central-1",
    "UK (London)": "eu-west-1",
    "US (Silicon Valley)": "us-west-1",
    "US (Virginia)": "us-east-1",
    "SAU (Riyadh - Partner Region)": "me-central-1",
}
#: AWSEC2-CloneInstanceAndUpgradeWindows: source, targets.
RUNBOOK_ROWS = [
    ("2008 R2", ["2016"]),
    ("2012 R2", ["2016", "2019", "2022", "2025"]),
    ("2016", ["2019", "2022", "2025"]),
    ("2019", ["2022", "2025"]),
    ("2022", ["2025"]),
]
FAMILIES = {"CentOS": "centos", "AnolisOS": "anolis", "Alibaba Cloud Linux": "alinux", "Red Hat": "rhel"}


def linux_id(name: str) -> str:
    family, number = name.split(",")[0].rsplit(" ", 1)
    return f"{FAMILIES[family]}-{number.split('.')[0]}"


def windows_id(name: str) -> str:
    return f"windows-{name.replace(' ', '').lower()}"


def of(provider: str, windows: bool) -> list[Path]:
    return [p for p in PATHS if p.provider == provider and p.source.startswith("windows-") == windows]


def test_the_linux_paths_are_the_documented_ones() -> None:
    documented = {
        (architecture, linux_id(source), linux_id(target))
        for architecture, source, targets in LINUX_ROWS
        for target in targets
    }
    ours = of("alicloud", windows=False)
    assert {(a, p.source, p.target) for p in ours for a in p.architectures} == documented
    versions = {
        linux_id(source): source.partition(",")[0].rpartition(" ")[2]
        for _architecture, source, _targets in LINUX_ROWS
        if source[-1] != "x"
    }
    assert {(p.source, p.versions) for p in ours if p.versions} == {
        (source, (version,)) for source, version in versions.items() if "." in version
    }
    assert [(p.source, p.target) for p in ours if p.allow_list] == [("centos-7", "rhel-7"), ("centos-8", "rhel-8")]
    assert all((p.regions, p.editions, p.languages) == ((), (), ()) for p in ours)


def test_the_windows_paths_are_the_documented_ones() -> None:
    documented = {
        (windows_id(source), windows_id(target), frozenset(edition.lower() for edition in editions))
        for source, editions, targets in WINDOWS_ROWS
        for target in targets
    }
    ours = of("alicloud", windows=True)
    assert {(p.source, p.target, frozenset(p.editions)) for p in ours} == documented
    for path in ours:
        assert (path.architectures, path.languages, path.target_edition) == ((X86,), ("zh", "en"), "datacenter")
        assert (set(path.regions), path.versions) == (set(WINDOWS_REGIONS.values()), ())


def test_where_documents_disagree_the_newer_one_wins() -> None:
    assert not [p for p in PATHS if (p.source, p.target) == ("windows-2016", "windows-2012r2")]


def test_the_runbook_s_paths_are_the_documented_ones() -> None:
    ours = of("aws", windows=True)
    assert {(p.source, p.target) for p in ours} == {
        (windows_id(source), windows_id(target)) for source, targets in RUNBOOK_ROWS for target in targets
    }
    assert {(p.service, p.minutes, p.editions, p.target_edition) for p in ours} == {
        ("ssm", 120, ("standard", "datacenter"), "")
    }
    assert of("aws", windows=False) == []


def test_the_simulated_cloud_follows_the_same_table() -> None:
    for architecture in (X86, ARM):
        ours = {(p.source, p.target) for p in PATHS if p.provider == "alicloud" and architecture in p.architectures}
        assert ours == {(one, other) for one, others in SIMULATED[architecture].items() for other in others}


def test_every_path_is_listed_once_between_known_systems_and_names_its_document() -> None:
    assert {name for path in PATHS for name in (path.source, path.target)} <= set(NAMES)
    assert [path.id for path in PATHS] == [f"{p.provider}.{p.source}.{p.target}" for p in PATHS]
    assert len({path.id for path in PATHS}) == len(PATHS)
    assert all(path.source != path.target and path.minutes > 0 and path.document for path in PATHS)
    assert {path.date for path in PATHS if path.provider == "alicloud"} == {"2025-11-09"}


# --- the planner ----------------------------------------------------------------------------------------------------

SYSTEMS = sorted(NAMES)[:4]


def some(*values: str) -> st.SearchStrategy[tuple[str, ...]]:
    return st.just(()) | st.sampled_from([(value,) for value in values] + [values])


tables = st.lists(
    st.builds(
        lambda **row: Path(f"{row['provider']}.{row['source']}.{row['target']}", **row),
        source=st.sampled_from(SYSTEMS),
        target=st.sampled_from(SYSTEMS),
        architectures=st.sampled_from([(X86,), (X86, ARM)]),
        provider=st.sampled_from(["alicloud", "alicloud", "aws"]),
        service=st.just("smc"),
        regions=some("r-1", "r-2"),
        versions=some("7.8", "7.9"),
        editions=some("standard", "datacenter"),
        languages=some("zh", "en"),
        target_edition=st.sampled_from(["", "standard", "datacenter"]),
    ),
    max_size=10,
)
starts = st.builds(
    Start,
    os=st.sampled_from(SYSTEMS),
    provider=st.sampled_from(["alicloud", "alicloud", "aws"]),
    architecture=st.sampled_from([X86, X86, ARM, "unknown"]),
    region=st.sampled_from(["", "r-1", "r-2", "r-3"]),
    version=st.sampled_from(["", "7.8", "7.9"]),
    edition=st.sampled_from(["", "standard", "datacenter", "web"]),
    language=st.sampled_from(["", "zh", "en", "ja"]),
)
detours = st.lists(st.sampled_from(SYSTEMS), max_size=2)


def allowed(path: Path, start: Start) -> bool:
    """The conditions, spelled out."""
    return (
        path.provider == start.provider
        and path.source == start.os
        and start.architecture in path.architectures
        and (not path.regions or start.region in ("", *path.regions))
        and (not path.versions or start.version in ("", *path.versions))
        and (not path.editions or start.edition in ("", *path.editions))
        and (not path.languages or start.language in ("", *path.languages))
    )


def walked(path: Path, start: Start) -> Start:
    return replace(start, os=path.target, version="", edition=path.target_edition or start.edition)


def shortest(table: Sequence[Path], start: Start, target: str, via: list[str], avoid: list[str]) -> int | None:
    """The length of the shortest way, found by walking all ways at once until nothing new turns up."""

    def arrived(at: Start, left: tuple[str, ...]) -> tuple[Start, tuple[str, ...]]:
        return (at, left[1:]) if left[:1] == (at.os,) else (at, left)

    here, seen, length = {arrived(start, tuple(via))}, set(), 0
    while here:
        if any(at.os == target and not left for at, left in here):
            return length
        seen |= here
        steps = [(p, at, left) for at, left in here for p in table if allowed(p, at) and p.target not in avoid]
        here = {arrived(walked(path, at), left) for path, at, left in steps} - seen
        length += 1
    return None


def visited(way: Sequence[str], via: Sequence[str]) -> bool:
    places = iter(way)
    return all(wanted in places for wanted in via)


@settings(max_examples=300, deadline=None)
@given(tables, starts, st.sampled_from(SYSTEMS), detours, detours)
def test_the_shortest_listed_way_is_found_whenever_there_is_one(
    table: list[Path], start: Start, target: str, via: list[str], avoid: list[str]
) -> None:
    found = plan(start, target, table, via, avoid)
    if isinstance(found, Problem):
        assert found.message
        assert found.remedy
        if found.code == "InvalidPath":
            assert set(avoid) & {target, *via} or (via and start.os == target)
        else:
            assert found.code == "UnsupportedPath"
            assert shortest(table, start, target, via, avoid) is None
        return
    assert len(found) == shortest(table, start, target, via, avoid)
    way = [start.os, *(hop.target for hop in found)]
    assert way[-1] == target
    assert visited(way, via)
    assert not set(way[1:]) & set(avoid)
    here = [start]
    for hop in found:
        rows_of_hop = [path for path in table if path.hop == hop]
        here = [walked(path, at) for at in here for path in rows_of_hop if allowed(path, at)]
        assert here, "the plan follows a path whose conditions are not met"


@settings(max_examples=200, deadline=None)
@given(tables, starts, detours)
def test_what_can_be_reached_is_what_can_be_planned(table: list[Path], start: Start, avoid: list[str]) -> None:
    planned = {
        target
        for target in SYSTEMS
        if target != start.os and target not in avoid and isinstance(plan(start, target, table, (), avoid), tuple)
    }
    assert set(reachable(start, table, avoid)) == planned


@settings(max_examples=200, deadline=None)
@given(tables, starts, st.sampled_from(SYSTEMS), st.sampled_from(["region", "version", "edition", "language"]))
def test_what_is_not_known_rules_nothing_out(table: list[Path], start: Start, target: str, field: str) -> None:
    if isinstance(plan(start, target, table), tuple):
        unsure: dict[str, Any] = {field: ""}
        assert isinstance(plan(replace(start, **unsure), target, table), tuple)


@pytest.mark.parametrize("provider", ["alicloud", "aws"])
@pytest.mark.parametrize("architecture", [X86, ARM, "unknown"])
@pytest.mark.parametrize("source", [*NAMES, "unknown", "beos"])
def test_the_real_table_is_searched_like_any_other(source: str, architecture: str, provider: str) -> None:
    start = Start(source, provider, architecture)
    for target in NAMES:
        found, length = plan(start, target), shortest(PATHS, start, target, [], [])
        assert (len(found) if isinstance(found, tuple) else None) == (length if source in NAMES else None)


def leaving(os_id: str, **known: str) -> Start:
    """A start at Alibaba Cloud."""
    return Start(os_id, "alicloud", **known)


def targets(found: tuple[Hop, ...] | Problem) -> list[str]:
    assert isinstance(found, tuple), found
    return [hop.target for hop in found]


def problem(found: tuple[Hop, ...] | Problem, code: str = "UnsupportedPath") -> Problem:
    assert isinstance(found, Problem), found
    assert found.code == code
    return found


def test_several_hops_are_planned_over_what_lies_between() -> None:
    assert targets(plan(leaving("windows-2008r2"), "windows-2016")) == ["windows-2012r2", "windows-2016"]
    assert targets(plan(leaving("centos-7"), "rhel-9")) == ["rhel-7", "rhel-8", "rhel-9"]
    assert plan(leaving("alinux-3"), "alinux-3") == ()


def test_via_and_avoid_choose_the_way() -> None:
    long = ["windows-2012r2", "windows-2016", "windows-2019", "windows-2022"]
    start = leaving("windows-2008r2")
    assert len(targets(plan(start, "windows-2022"))) == 3
    assert targets(plan(start, "windows-2022", via=["windows-2016", "windows-2019"])) == long
    assert targets(plan(start, "windows-2022", avoid=["windows-2016"])) == [long[0], *long[2:]]
    assert "windows-2016" not in reachable(start, avoid=["windows-2016"])


def test_an_edition_counts_only_until_the_first_hop_has_changed_it() -> None:
    assert problem(plan(leaving("windows-2019", edition="standard"), "windows-2022"))
    by_2019 = plan(leaving("windows-2016", edition="standard"), "windows-2022", via=["windows-2019"])
    assert targets(by_2019) == ["windows-2019", "windows-2022"]


def test_a_hop_names_its_row() -> None:
    (hop,) = plan(leaving("centos-7", version="7.9"), "rhel-7")
    path = find(hop)
    assert path is not None
    assert (path.id, path.versions, "ticket" in path.allow_list) == ("alicloud.centos-7.rhel-7", ("7.9",), True)
    assert find(replace(hop, path="")) is None
    assert after(path, leaving("centos-7", version="7.9")) == leaving("rhel-7")


@pytest.mark.parametrize(
    ("start", "target", "condition"),
    [
        (
            leaving("windows-2016", edition="essentials"),
            "windows-2019",
            "windows-2016 -> windows-2019 is for the editions standard, datacenter; this is essentials.",
        ),
        (
            leaving("windows-2008r2", language="ja"),
            "windows-2022",
            "windows-2008r2 -> windows-2012r2 is for the languages zh, en; this is ja.",
        ),
        (leaving("centos-7", version="7.6"), "rhel-9", "centos-7 -> rhel-7 is for the versions 7.9; this is 7.6."),
        (
            leaving("rhel-8", architecture=ARM),
            "rhel-9",
            "rhel-8 -> rhel-9 is for the architectures x86_64; this is arm64.",
        ),
        (
            leaving("windows-2016", region="cn-nanjing"),
            "windows-2019",
            "cn-zhangjiakou and 20 more; this is cn-nanjing.",
        ),
        (leaving("windows-2025"), "alinux-3", "No document lists one"),
    ],
)
def test_a_refusal_names_the_condition_that_failed(start: Start, target: str, condition: str) -> None:
    assert condition in problem(plan(start, target)).message


def test_a_refusal_names_what_can_be_reached_instead() -> None:
    remedy = problem(plan(leaving("centos-7", architecture=ARM), "windows-2016")).remedy
    assert all(target in remedy for target in ("alinux-3", "anolis-7", "anolis-8"))
    assert "alinux-2" not in remedy
    assert "nothing can be reached" in problem(plan(leaving("windows-2025"), "alinux-3")).remedy


def test_a_refusal_names_the_way_that_via_and_avoid_rule_out() -> None:
    refusal = problem(plan(leaving("windows-2008r2"), "windows-2016", avoid=["windows-2012r2"]))
    assert "avoiding windows-2012r2" in refusal.message
    assert "windows-2008r2 -> windows-2012r2 -> windows-2016" in refusal.message
    through = problem(plan(leaving("centos-7"), "alinux-3", via=["rhel-9"]))
    assert "through rhel-9" in through.message
    assert "centos-7 -> alinux-3" in through.message


@pytest.mark.parametrize(
    ("arguments", "code", "words"),
    [
        ((leaving("centos-7"), "alinux-4"), "InvalidTarget", "Did you mean alinux-3"),
        ((leaving("centos-7"), ""), "InvalidTarget", "Known are"),
        ((leaving("centos-7"), "alinux-3", PATHS, ["anolis8"]), "InvalidPath", "Did you mean anolis-8"),
        ((leaving("centos-7"), "alinux-3", PATHS, (), ["rehl-7"]), "InvalidPath", "Did you mean rhel-7"),
        ((leaving("unknown"), "alinux-3"), "UnsupportedSource", "(unknown)"),
        ((leaving("centos-7"), "rhel-8", PATHS, ["rhel-7"], ["rhel-7"]), "InvalidPath", "rhel-7, and to avoid it"),
        ((leaving("centos-7"), "rhel-7", PATHS, (), ["rhel-7"]), "InvalidPath", "rhel-7, and to avoid it"),
        ((leaving("centos-7"), "centos-7", PATHS, ["rhel-7"]), "InvalidPath", "already"),
    ],
)
def test_what_contradicts_itself_is_told_with_a_remedy(arguments: tuple[Any, ...], code: str, words: str) -> None:
    found = problem(plan(*arguments), code)
    assert words in found.message
    assert found.remedy


def test_a_version_may_be_written_longer_than_the_condition() -> None:
    path = next(path for path in PATHS if path.versions == ("7.9",))
    assert not refused(path, leaving("centos-7", version="7.9.2009"))
    assert set(refused(path, leaving("centos-7", version="7.90"))) == {"versions"}


# --- rows of users --------------------------------------------------------------------------------------------------


def test_a_row_adds_a_path() -> None:
    table = with_rows([{"source": "rhel-9", "target": "rhel-10", "architectures": [X86, ARM], "minutes": 45}])
    assert table[:-1] == PATHS
    assert table[-1] == Path(
        "alicloud.rhel-9.rhel-10",
        "rhel-9",
        "rhel-10",
        "alicloud",
        "smc",
        architectures=(X86, ARM),
        minutes=45,
        document="added by the user",
    )
    assert targets(plan(leaving("rhel-8", architecture=X86), "rhel-10", table)) == ["rhel-9", "rhel-10"]


def test_a_row_replaces_the_one_between_the_same_systems() -> None:
    table = with_rows([{"source": "centos-7", "target": "rhel-7"}])
    assert len(table) == len(PATHS)
    assert targets(plan(leaving("centos-7", version="7.6"), "rhel-7", table)) == ["rhel-7"]


def test_a_row_of_another_provider_stands_beside_it() -> None:
    (path,) = rows([{"source": "centos-7", "target": "rhel-7", "provider": "aws", "allow_list": "Ask first."}])
    assert (path.id, path.service, path.allow_list) == ("aws.centos-7.rhel-7", "ssm", "Ask first.")
    assert len(with_rows([{"source": "centos-7", "target": "rhel-7", "provider": "aws"}])) == len(PATHS) + 1
    assert with_rows([]) == PATHS


def test_a_row_names_a_provider_and_a_service_that_there_are() -> None:
    services = {"alicloud": ("smc", "other"), "toy": ("toy",)}
    given = {"source": "centos-7", "target": "rhel-7"}
    raw = [given, {**given, "target": "rhel-8", "service": "other"}, {**given, "provider": "toy"}]
    assert [path.service for path in rows(raw, services)] == ["smc", "other", "toy"]
    assert len(with_rows(raw, services)) == len(PATHS) + 2
    with pytest.raises(ValueError, match="alicloud or toy"):
        rows([{**given, "provider": "aws"}], services)


def test_rows_that_name_no_provider_are_of_one_that_the_table_knows() -> None:
    assert PROVIDER in SERVICES
    assert {path.provider for path in PATHS} == set(SERVICES)
    assert all(path.service in SERVICES[path.provider] for path in PATHS)


GOOD = {"source": "rhel-9", "target": "rhel-10"}


@pytest.mark.parametrize(
    ("raw", "words"),
    [
        (["rhel-9"], "row 1: 'rhel-9' is not a dictionary"),
        ([GOOD, {"source": "rhel-9"}], "row 2: target is missing"),
        ([{"target": "rhel-9"}], "row 1: source is missing"),
        ([{**GOOD, "target": "rehl-10"}], "Did you mean rhel-10"),
        ([{**GOOD, "target": ["rhel-10"]}], "target is"),
        ([{**GOOD, "target": "rhel-9"}], "both rhel-9"),
        ([{**GOOD, "provider": "azure"}], "alicloud or aws"),
        ([{**GOOD, "service": "ssm"}], "alicloud has smc"),
        ([{**GOOD, "provider": None}], "provider is None"),
        ([{**GOOD, "minuets": 5}], "no key 'minuets'"),
        ([{**GOOD, "minutes": "5"}], "minutes is '5'"),
        ([{**GOOD, "minutes": True}], "minutes is True"),
        ([{**GOOD, "minutes": 0}], "minutes is 0"),
        ([{**GOOD, "versions": "7.9"}], "list of texts"),
        ([{**GOOD, "versions": [7.9]}], "quote numbers"),
        ([{**GOOD, "date": 2026}], "quote numbers and dates"),
        ([GOOD, GOOD], "row 2: rhel-9 -> rhel-10 is there twice"),
    ],
)
def test_a_row_that_cannot_be_meant_is_refused_with_its_number(raw: list[Any], words: str) -> None:
    with pytest.raises(ValueError, match=r"row [12]: ") as refusal:
        rows(raw)
    assert words in str(refusal.value)


def outcome(raw: list[dict[str, Any]]) -> str:
    try:
        return f"{len(rows(raw))} rows"
    except ValueError as refusal:
        return str(refusal)


@given(st.lists(st.dictionaries(st.text() | st.sampled_from(["source", "target", "minutes"]), st.text() | st.none())))
def test_no_row_makes_anything_but_a_clear_refusal(raw: list[dict[str, Any]]) -> None:
    assert outcome(raw) == f"{len(raw)} rows" or outcome(raw).startswith("row ")
