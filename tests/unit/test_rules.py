# Copyright (c) 2026 evergreen.os_migration contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Prechecks as a whole: what is not known never passes, each rule speaks once, waivers change nothing else."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import replace

import pytest
from ansible_collections.evergreen.os_migration.plugins.module_utils._core.catalog import NAMES
from ansible_collections.evergreen.os_migration.plugins.module_utils._core.goal import in_words
from ansible_collections.evergreen.os_migration.plugins.module_utils._core.model import Enrolment
from ansible_collections.evergreen.os_migration.plugins.module_utils._core.paths import PATHS
from ansible_collections.evergreen.os_migration.plugins.module_utils._core.rules import (
    INFO,
    INHIBITOR,
    NOT_KNOWN,
    RULES,
    WARNING,
    Case,
    Rule,
    Scope,
    examine,
    inhibitors,
)
from ansible_collections.evergreen.os_migration.plugins.module_utils._core.rules.forms import FORMS
from ansible_collections.evergreen.os_migration.plugins.module_utils._core.rules.waiving import active
from hypothesis import given, settings
from hypothesis import strategies as st

from . import test_rules_cloud, test_rules_guest
from .cases import LINUX, ON_AWS, TO_ALINUX, TO_RED_HAT, WINDOWS, in_guest, only, severities, with_facts
from .strategies import accounts, guests, instances, maybe, moments, offer, plans, tuples_of, waivers, works

WORDS = offer().words
cases = st.builds(
    Case,
    instance=instances,
    guest=maybe(guests),
    hop=plans.map(lambda hops: hops[0] if hops else None),
    path=maybe(st.sampled_from(PATHS)),
    works=maybe(tuples_of(works)),
    enrolment=maybe(st.sampled_from([Enrolment(), Enrolment("ready", "s-0")])),
    can_enrol=st.booleans(),
    account=maybe(accounts),
    now=moments,
    waivers=tuples_of(waivers, 5),
    words=st.just(WORDS),
)
WHERE = {Scope.LINUX: (LINUX, TO_ALINUX, TO_RED_HAT), Scope.WINDOWS: (WINDOWS, ON_AWS), Scope.GUEST: (LINUX, WINDOWS)}
NEEDED = [
    pytest.param(case, rule, fact, id=f"{rule.id}-{fact}-{case.route}")
    for rule in RULES
    for fact in rule.needs
    for case in WHERE[rule.scope]
    if rule.severity(case.route)
]


class Watched(Mapping[str, str]):
    """Facts that remember who was asked for."""

    def __init__(self, facts: Mapping[str, str]) -> None:
        self.facts, self.asked = facts, set[str]()

    def __getitem__(self, name: str) -> str:
        self.asked.add(name)
        return self.facts[name]

    def __iter__(self) -> Iterator[str]:
        return iter(self.facts)

    def __len__(self) -> int:
        return len(self.facts)


@pytest.mark.parametrize(("case", "rule", "fact"), NEEDED)
def test_a_fact_that_is_not_known_never_passes(case: Case, rule: Rule, fact: str) -> None:
    expected = INHIBITOR if rule.severity(case.route) == INHIBITOR else WARNING
    for said in (None, "", " "):
        found = {finding.id: finding for finding in examine(with_facts(case, {fact: said}))}
        assert found[rule.id].severity == expected
        assert f"{fact}: {NOT_KNOWN}" in found[rule.id].evidence


def test_why_a_fact_is_not_known_is_told_where_the_guest_can_say() -> None:
    found = only(
        with_facts(WINDOWS, {"reboot_required": None, "why.reboot_required": "Access is denied. " + "x" * 500})
    )
    assert found.evidence.startswith(f"reboot_required: {NOT_KNOWN} (Access is denied. xxx")
    assert len(found.evidence) < 250


#: Any word can be the name of an interface; and when a guest was booted no rule asks.
NO_RULE_S = {"nics", "os_booted"}


@pytest.mark.parametrize("fact", sorted(FORMS.keys() - NO_RULE_S))
@pytest.mark.parametrize("said", ["unknown", "-5", "٣", "1e9", "9" * 5000, "x" * 5000])
def test_a_fact_in_an_odd_form_never_passes(fact: str, said: str) -> None:
    users = [rule for rule in RULES if fact in rule.needs]
    cases = [case for rule in users for case in WHERE[rule.scope] if rule.severity(case.route)]
    assert cases
    for case in cases:
        assert {rule.id for rule in users} & severities(with_facts(case, {fact: said})).keys()


@pytest.mark.parametrize("case", [LINUX, TO_ALINUX, TO_RED_HAT, WINDOWS, ON_AWS])
def test_a_rule_judges_by_no_fact_that_it_does_not_need(case: Case) -> None:
    assert case.guest is not None
    for rule in RULES:
        facts = Watched(case.guest.facts)
        if rule.scope in WHERE and case in WHERE[rule.scope] and rule.severity(case.route):
            rule.check(in_guest(case, facts=facts))
        assert facts.asked <= set(rule.needs)


def test_every_rule_is_seen_to_find_something() -> None:
    remarks = {"linux.kernel_incompatible", "path.allow_list"}
    found = {rule for rule, *_more in test_rules_cloud.VIOLATED + test_rules_guest.VIOLATED}
    assert found | remarks == {rule.id for rule in RULES}


@settings(max_examples=300, deadline=None)
@given(cases)
def test_no_case_makes_a_rule_raise_and_each_rule_speaks_once(case: Case) -> None:
    findings = examine(case)
    assert max(Counter(finding.id for finding in findings).values(), default=1) == 1
    assert all(finding.message and finding.remedy and finding.source for finding in findings)
    assert not any("{" in text for finding in findings for text in (finding.message, finding.remedy))
    assert all(finding.severity in (INHIBITOR, WARNING, INFO) for finding in findings)
    assert set(inhibitors(findings)) == {finding for finding in findings if finding.severity == INHIBITOR}


@settings(max_examples=300, deadline=None)
@given(cases)
def test_waiving_changes_nothing_but_that_an_inhibitor_is_a_warning_until_the_waiver_expires(case: Case) -> None:
    still = {waiver.rule for waiver in active(case.waivers, case.now)}
    plain = examine(replace(case, waivers=()))
    for before, after in zip(plain, examine(case), strict=True):
        turned = before.severity == INHIBITOR and before.id in still
        assert after.severity == (WARNING if turned else before.severity)
        assert (after.waiver is not None) == turned
        assert after.evidence.startswith(before.evidence)
        assert replace(after, severity="", evidence="", waiver=None) == replace(before, severity="", evidence="")


def test_every_rule_has_an_id_of_its_own_and_the_words_a_user_needs() -> None:
    assert len({rule.id for rule in RULES}) == len(RULES)
    for rule in RULES:
        assert set(rule.severities.values()) <= {INHIBITOR, WARNING, INFO}
        assert rule.message.endswith(".")
        assert in_words(rule.remedy, WORDS).endswith(".")
        assert rule.source
        assert set(rule.needs) <= FORMS.keys()


def test_every_pattern_of_a_severity_fits_a_path_or_any_target() -> None:
    routes = {f"{path.provider}:{path.source}>{path.target}" for path in PATHS}
    routes |= {f"{path.provider}:{path.source}>" for path in PATHS}
    for rule in RULES:
        assert set(rule.severities.values()) == {rule.severity(route) for route in routes} - {None}


def test_a_system_without_paths_is_examined_all_the_same() -> None:
    for name in NAMES:
        assert examine(replace(LINUX, hop=None, path=None, instance=replace(LINUX.instance, os=name))) is not None
