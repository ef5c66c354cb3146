# Copyright (c) 2026 evergreen.os_migration contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Prechecks: each looks at one thing, never passes what it does not know, and says what to do."""

from __future__ import annotations

from collections import Counter
from dataclasses import replace
from typing import Any

import pytest
from ansible_collections.evergreen.os_migration.plugins.module_utils._core.model import (
    Agent,
    Disk,
    Guest,
    Hop,
    Job,
    Snapshot,
)
from ansible_collections.evergreen.os_migration.plugins.module_utils._core.rules import (
    INFO,
    INHIBITOR,
    NOT_KNOWN,
    RULES,
    WARNING,
    Case,
    examine,
    inhibitors,
)
from hypothesis import given, settings
from hypothesis import strategies as st

from .strategies import FINE, HEALTHY_LINUX, HEALTHY_WINDOWS, guests, instances, jobs, maybe, plans, tuples_of

LINUX = Case(
    FINE["linux"],
    Guest("centos-7", facts=HEALTHY_LINUX),
    Hop("centos-7", "alinux-3"),
    jobs=(),
    has_source=True,
)
WINDOWS = Case(
    FINE["windows"],
    Guest("windows-2008r2", facts=HEALTHY_WINDOWS),
    Hop("windows-2008r2", "windows-2012r2"),
    jobs=(),
    has_source=True,
)
cases = st.builds(
    Case,
    instance=instances,
    guest=maybe(guests),
    hop=plans.map(lambda hops: hops[0] if hops else None),
    jobs=maybe(tuples_of(jobs)),
    has_source=maybe(st.booleans()),
    can_import=st.booleans(),
)


def found(case: Case) -> set[str]:
    return {finding.id for finding in examine(case)}


def about(case: Case, **changes: Any) -> Case:
    """Return the case with another fact of the instance."""
    return replace(case, instance=replace(case.instance, **changes))


def with_facts(case: Case, **facts: str | None) -> Case:
    """Return the case with other facts of the guest; ``None`` takes one away."""
    assert case.guest is not None
    names = {"var": "free_mib./var", "usr": "free_mib./usr", "boot": "free_mib./boot", "c": "free_mib.C"}
    merged = {**case.guest.facts, **{names.get(name, name): value for name, value in facts.items()}}
    known = {name: value for name, value in merged.items() if value is not None}
    return replace(case, guest=replace(case.guest, facts=known))


@pytest.mark.parametrize("case", [LINUX, WINDOWS], ids=["linux", "windows"])
def test_an_instance_that_everything_is_fine_with_has_no_findings(case: Case) -> None:
    assert examine(case) == ()


@pytest.mark.parametrize(
    ("case", "expected"),
    [
        (about(LINUX, status="Stopped"), {"instance.not_running"}),
        (about(LINUX, status=""), {"instance.not_running"}),
        (about(LINUX, locks=("financial", "security")), {"instance.locked"}),
        (about(LINUX, network_type="classic"), {"instance.classic_network"}),
        (about(WINDOWS, vcpus=1), {"instance.too_small"}),
        (about(WINDOWS, memory_mib=2047), {"instance.too_small"}),
        (about(WINDOWS, vcpus=2, memory_mib=2048), set()),
        (about(LINUX, vcpus=1, memory_mib=512), set()),
        (about(LINUX, snapshots_in_progress=(Snapshot("s-1", "d-0"),)), {"instance.snapshot_in_progress"}),
        (about(LINUX, snapshots_in_progress=(Snapshot("s-1", "d-0", label="attempt=1 hop=1"),)), set()),
        (about(LINUX, disks=()), {"disk.none_visible"}),
        *(
            (about(LINUX, disks=(Disk("d-0"), Disk("d-1", category=category))), {"disk.no_snapshots"})
            for category in ("local_ssd_pro", "ephemeral_ssd", "elastic_ephemeral_disk_premium")
        ),
        (about(LINUX, agent=Agent()), {"agent.missing"}),
        (about(LINUX, agent=Agent(installed=True)), {"agent.offline"}),
        (replace(LINUX, jobs=(Job("j-1", "by hand", "Running"),)), {"job.unfinished"}),
        (replace(LINUX, jobs=(Job("j-1", "by hand", "InError"),)), {"job.unfinished"}),
        (replace(LINUX, jobs=(Job("j-1", "by hand", "Finished"),)), set()),
        (replace(LINUX, jobs=(Job("j-1", "osm-i-1-a1-h1", "InError"),)), set()),
        (replace(LINUX, has_source=False, can_import=False), {"source.not_imported"}),
        (replace(LINUX, has_source=False), set()),
        (replace(LINUX, has_source=None, can_import=False), set()),
        (replace(LINUX, hop=Hop("centos-7", "rhel-7")), {"path.condition"}),
    ],
)
def test_what_the_cloud_shows_is_checked(case: Case, expected: set[str]) -> None:
    assert found(case) == expected


@pytest.mark.parametrize(
    ("case", "expected"),
    [
        (replace(LINUX, guest=Guest("unknown", facts=HEALTHY_LINUX)), {"guest.os_not_recognised"}),
        (with_facts(LINUX, memory_available_mib="599"), {"linux.memory"}),
        (with_facts(LINUX, memory_available_mib="600"), set()),
        (with_facts(LINUX, usr="249"), {"linux.space.usr"}),
        (with_facts(LINUX, var="4095"), {"linux.space.var"}),
        (with_facts(LINUX, var="4096", usr="250", boot="100"), set()),
        (with_facts(LINUX, boot="99"), {"linux.space.boot"}),
        (with_facts(LINUX, i686_count="2", i686_packages="a b"), {"linux.i686_packages"}),
        (replace(with_facts(LINUX, i686_count="2"), hop=Hop("rhel-7", "rhel-8")), set()),
        (with_facts(LINUX, package_manager="none"), {"linux.package_manager"}),
        (with_facts(LINUX, package_manager="dnf"), set()),
        (with_facts(WINDOWS, c="20479"), {"windows.space"}),
        (with_facts(WINDOWS, c="20480"), set()),
        (with_facts(WINDOWS, c="30000", windows_dir_mib="30000"), {"windows.space"}),
        (with_facts(WINDOWS, c="30001", windows_dir_mib="30000"), set()),
    ],
)
def test_what_the_guest_says_is_checked(case: Case, expected: set[str]) -> None:
    assert found(case) == expected


@pytest.mark.parametrize(
    ("case", "fact", "rule"),
    [
        (LINUX, "memory_available_mib", "linux.memory"),
        (LINUX, "usr", "linux.space.usr"),
        (LINUX, "var", "linux.space.var"),
        (LINUX, "boot", "linux.space.boot"),
        (LINUX, "i686_count", "linux.i686_packages"),
        (LINUX, "package_manager", "linux.package_manager"),
        (WINDOWS, "c", "windows.space"),
        (WINDOWS, "windows_dir_mib", "windows.space"),
    ],
)
@pytest.mark.parametrize("said", [None, "", "unknown", "-5", "٣", "1e9", "9" * 5000])
def test_a_fact_that_is_not_known_never_passes(case: Case, fact: str, rule: str, said: str | None) -> None:
    (finding,) = examine(with_facts(case, **{fact: said}))
    assert (finding.id, finding.severity) == (rule, INHIBITOR)
    assert said or NOT_KNOWN in finding.evidence


def test_an_agent_that_was_never_heard_is_said_to_be_so() -> None:
    heard = Agent(installed=True, last_heartbeat="2026-01-01T00:00:00Z")
    for agent, said in ((heard, heard.last_heartbeat), (Agent(installed=True), "never")):
        (finding,) = examine(about(LINUX, agent=agent))
        assert said in finding.evidence


def test_an_i686_finding_lists_the_packages() -> None:
    (finding,) = examine(with_facts(LINUX, i686_count="2", i686_packages="glibc.i686 zlib.i686"))
    assert "glibc.i686 zlib.i686" in finding.evidence


def test_without_the_guest_s_own_word_only_the_cloud_is_looked_at() -> None:
    for guest in (None, Guest("unknown", probed=False)):
        assert examine(replace(LINUX, guest=guest)) == ()


@settings(max_examples=300, deadline=None)
@given(cases)
def test_no_case_makes_a_rule_raise_and_each_rule_speaks_once(case: Case) -> None:
    findings = examine(case)
    assert max(Counter(finding.id for finding in findings).values(), default=1) == 1
    assert all(finding.message and finding.remedy for finding in findings)
    assert set(inhibitors(findings)) == {finding for finding in findings if finding.severity == INHIBITOR}


@settings(max_examples=200, deadline=None)
@given(cases, st.frozensets(st.sampled_from([rule.id for rule in RULES])))
def test_waiving_changes_nothing_but_that_an_inhibitor_is_a_warning(case: Case, waived: frozenset[str]) -> None:
    severities = {finding.id: finding.severity for finding in examine(case)}
    expected = {
        name: WARNING if name in waived and severity == INHIBITOR else severity for name, severity in severities.items()
    }
    assert {finding.id: finding.severity for finding in examine(case, waived)} == expected


def test_every_rule_has_an_id_of_its_own_and_the_words_a_user_needs() -> None:
    assert len({rule.id for rule in RULES}) == len(RULES)
    for rule in RULES:
        assert rule.severity in (INHIBITOR, WARNING, INFO)
        assert rule.message.endswith(".")
        assert rule.remedy.endswith(".")
        assert rule.source
