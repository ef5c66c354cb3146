# Copyright (c) 2026 evergreen.os_migration contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The planner: the shortest way over listed paths and no other, or the reason why there is none."""

from __future__ import annotations

from collections.abc import Sequence
from unittest.mock import patch

import pytest
from ansible_collections.evergreen.os_migration.plugins.module_utils._core import paths
from ansible_collections.evergreen.os_migration.plugins.module_utils._core.catalog import NAMES
from ansible_collections.evergreen.os_migration.plugins.module_utils._core.model import Hop, Problem
from ansible_collections.evergreen.os_migration.plugins.module_utils._core.paths import (
    ARM,
    PATHS,
    X86,
    Path,
    notes,
    plan,
    reachable,
)
from cloudsim.oses import PATHS as DOCUMENTED
from hypothesis import given, settings
from hypothesis import strategies as st

SYSTEMS = sorted(NAMES)[:6]
tables = st.lists(
    st.builds(
        Path,
        st.sampled_from(SYSTEMS),
        st.sampled_from(SYSTEMS),
        st.sampled_from([(X86,), (ARM,), (X86, ARM)]),
        st.sampled_from(["alicloud", "aws"]),
    ),
    max_size=10,
)


def shortest(table: Sequence[Path], source: str, target: str, provider: str, architecture: str) -> int | None:
    """Return the length of the shortest way by walking all ways at once, one step after the other."""
    edges = {(p.source, p.target) for p in table if p.provider == provider and architecture in p.architectures}
    here = {source}
    for length in range(len(edges) + 1):
        if target in here:
            return length
        here = {there for place, there in edges if place in here}
    return None


def check(
    table: Sequence[Path], found: tuple[Hop, ...] | Problem, source: str, target: str, provider: str, architecture: str
) -> None:
    best = shortest(table, source, target, provider, architecture)
    if isinstance(found, Problem):
        assert best is None
        assert found.code in ("UnsupportedSource", "UnsupportedPath")
        assert found.message
        assert found.remedy
        return
    assert len(found) == best
    assert [hop.source for hop in found] == [source, *(hop.target for hop in found)][: len(found)]
    assert not found or found[-1].target == target
    listed = {(p.source, p.target) for p in table if p.provider == provider and architecture in p.architectures}
    assert {(hop.source, hop.target) for hop in found} <= listed


@settings(max_examples=200, deadline=None)
@given(
    tables,
    st.sampled_from(SYSTEMS),
    st.sampled_from([*SYSTEMS, "unknown"]),
    st.sampled_from(["alicloud", "aws"]),
    st.sampled_from([X86, ARM, "unknown"]),
)
def test_in_any_table_the_shortest_listed_way_is_found_whenever_there_is_one(
    table: list[Path], source: str, target: str, provider: str, architecture: str
) -> None:
    with patch.object(paths, "PATHS", tuple(table)):
        check(table, plan(source, target, provider, architecture), source, target, provider, architecture)


@pytest.mark.parametrize("architecture", [X86, ARM, "unknown"])
@pytest.mark.parametrize("source", [*NAMES, "unknown", "beos"])
def test_in_the_real_table_the_shortest_listed_way_is_found_whenever_there_is_one(
    source: str, architecture: str
) -> None:
    reached = set()
    for target in [*NAMES, "unknown"]:
        found = plan(source, target, "alicloud", architecture)
        check(PATHS, found, source, target, "alicloud", architecture)
        if isinstance(found, tuple) and found:
            reached.add(target)
    assert set(reachable(source, "alicloud", architecture)) == reached


def test_the_table_is_the_one_that_the_provider_documents() -> None:
    for architecture in (X86, ARM):
        ours = {(path.source, path.target) for path in PATHS if architecture in path.architectures}
        assert ours == {
            (source, target) for source in DOCUMENTED[architecture] for target in DOCUMENTED[architecture][source]
        }


def test_every_path_is_between_two_known_systems_and_listed_once() -> None:
    assert {name for path in PATHS for name in (path.source, path.target)} <= set(NAMES)
    assert len({(path.provider, path.source, path.target) for path in PATHS}) == len(PATHS)
    assert all(path.source != path.target and path.minutes > 0 for path in PATHS)


def test_windows_2008_r2_reaches_2016_over_2012_r2() -> None:
    hops = plan("windows-2008r2", "windows-2016", "alicloud", X86)
    assert isinstance(hops, tuple)
    assert [hop.target for hop in hops] == ["windows-2012r2", "windows-2016"]


def test_a_target_that_cannot_be_reached_names_those_that_can() -> None:
    problem = plan("centos-7", "windows-2016", "alicloud", ARM)
    assert isinstance(problem, Problem)
    assert problem.code == "UnsupportedPath"
    assert all(target in problem.remedy for target in ("alinux-3", "anolis-7", "anolis-8"))
    assert "alinux-2" not in problem.remedy


def test_a_system_that_leads_nowhere_is_told_apart_from_one_that_is_not_known() -> None:
    nowhere, unknown = (plan(source, "alinux-3", "alicloud", X86) for source in ("windows-2025", "unknown"))
    assert isinstance(nowhere, Problem)
    assert isinstance(unknown, Problem)
    assert (nowhere.code, unknown.code) == ("UnsupportedPath", "UnsupportedSource")
    assert nowhere.remedy


def test_conditions_belong_to_their_own_path() -> None:
    (note,) = notes((Hop("centos-7", "rhel-7"), Hop("rhel-7", "rhel-8")))
    assert "allow list" in note
    assert notes((Hop("centos-7", "alinux-3"),)) == ()
