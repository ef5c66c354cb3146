# Copyright (c) 2026 evergreen.os_migration contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""No instance is ever taken for the machine of another one's migration source."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import replace

from ansible_collections.evergreen.os_migration.plugins.module_utils._clouds.alicloud.identity import (
    Owners,
    Source,
    candidates,
    own_source,
)
from ansible_collections.evergreen.os_migration.plugins.module_utils._core.model import Enrolment, Instance
from ansible_collections.evergreen.os_migration.plugins.module_utils._core.tag import of_label, owner_of
from hypothesis import given
from hypothesis import strategies as st

NAMES = st.sampled_from(["web", "db", ""])
ADDRESSES = st.sampled_from(["10.0.0.1", "10.0.0.2", "10.0.0.3"])
IDS = st.sampled_from(["i-1", "i-2", "i-3"])
HERE = Instance("i-1", "r", "alicloud", hostname="web", private_addresses=("10.0.0.1",))


def known_as(source_id: str, state: str = "ready") -> Enrolment:
    return Enrolment(state, source_id, "said")


OWN = Source(known_as("s-1"), "web", frozenset({"10.0.0.1"}))


@st.composite
def fleets(draw: st.DrawFn) -> list[Instance]:
    ids = draw(st.lists(IDS, min_size=1, unique=True))
    address = st.lists(ADDRESSES, min_size=1, max_size=2).map(tuple)
    return [Instance(one, "r", "alicloud", hostname=draw(NAMES), private_addresses=draw(address)) for one in ids]


@st.composite
def source_lists(draw: st.DrawFn) -> list[Source]:
    made = st.tuples(st.sampled_from(["ready", "busy", "lost", "pending"]), NAMES, st.frozensets(ADDRESSES))
    owners = st.just("") | IDS
    drawn = draw(st.lists(st.tuples(made, owners), max_size=5))
    return [
        Source(known_as(f"s-{number}", state), name, addresses, owner)
        for number, ((state, name, addresses), owner) in enumerate(drawn)
    ]


def owners_of(fleet: list[Instance]) -> Owners:
    owners: dict[str, set[str]] = defaultdict(set)
    for one in fleet:
        for address in one.private_addresses:
            owners[address].add(one.instance_id)
    return owners


def chosen(one: Instance, sources: list[Source], fleet: list[Instance]) -> Enrolment:
    return own_source(one, candidates(one, sources), owners_of(fleet))


@given(fleets(), source_lists())
def test_a_source_is_chosen_for_one_instance_at_the_most(fleet: list[Instance], sources: list[Source]) -> None:
    named = [found.id for one in fleet if (found := chosen(one, sources, fleet)).id]
    assert len(named) == len(set(named))


@given(fleets(), source_lists())
def test_what_is_chosen_is_the_only_one_that_lives_or_that_there_is(
    fleet: list[Instance], sources: list[Source]
) -> None:
    for one in fleet:
        found = chosen(one, sources, fleet)
        rivals = [s for s in sources if s.owner in ("", one.instance_id) and s.id != found.id]
        own = next((s for s in sources if s.id == found.id), None)
        if own is None:
            continue
        assert own.owner in ("", one.instance_id)
        matching = [s for s in rivals if s.owner == own.owner and (s.owner or s.addresses & {*one.private_addresses})]
        assert all(rival.gone for rival in matching) != bool(matching and own.gone)


@given(source_lists())
def test_another_name_never_leads_to_another_source(sources: list[Source]) -> None:
    """A guest or an instance may be renamed at any time: then there is no source, or the same one."""
    before = chosen(HERE, sources, [HERE])
    after = chosen(replace(HERE, hostname="elsewhere"), sources, [HERE])
    assert after.id in ("", before.id)
    assert (after.state == "unclear") == (before.state == "unclear")


@given(source_lists(), fleets())
def test_a_refusal_names_all_that_it_is_about(sources: list[Source], fleet: list[Instance]) -> None:
    for one in fleet:
        found = candidates(one, sources)
        refusal = chosen(one, sources, fleet).problem
        if refusal:
            assert all(each.id in refusal.message for each in found)
            assert one.instance_id in refusal.message
            assert of_label(one.instance_id) in refusal.remedy


def test_one_source_and_one_instance_belong_together() -> None:
    assert chosen(HERE, [OWN], [HERE]) == OWN.enrolment
    for name in ("WEB", "web.example.org"):
        assert chosen(HERE, [replace(OWN, hostname=name)], [HERE]) == OWN.enrolment


def test_a_source_at_the_address_of_two_instances_is_neither_s() -> None:
    twin = replace(HERE, instance_id="i-2")
    for one in (HERE, twin):
        found = chosen(one, [OWN], [HERE, twin])
        assert found.state == "unclear"
        assert found.problem
        assert all(named in found.problem.message for named in ("s-1", "i-1", "i-2"))


def test_two_sources_at_one_address_are_told_apart_by_our_tag_only() -> None:
    other = replace(OWN, enrolment=known_as("s-2"), hostname="db")
    assert chosen(HERE, [OWN, other], [HERE]).state == "unclear"
    assert chosen(HERE, [OWN, replace(other, owner="i-1")], [HERE]).id == "s-2"
    assert chosen(HERE, [OWN, replace(other, owner="i-2")], [HERE]).id == "s-1"


def test_a_source_that_another_name_is_on_is_named_and_not_taken() -> None:
    found = chosen(HERE, [replace(OWN, hostname="old")], [HERE])
    assert (found.state, found.id) == ("absent", "")
    assert found.said == "s-1 has its address, but the host name old, not web"


def test_sources_that_are_gone_do_not_count_beside_a_live_one() -> None:
    old = [replace(OWN, enrolment=known_as(f"s-{number}", "lost")) for number in (2, 3)]
    assert chosen(HERE, [*old, OWN], [HERE]).id == "s-1"
    assert chosen(HERE, [*old, replace(OWN, owner="i-1")], [HERE]).id == "s-1"
    assert chosen(HERE, [replace(old[0], owner="i-1"), OWN], [HERE]).id == "s-1"
    assert chosen(HERE, old[:1], [HERE]) == old[0].enrolment
    several = chosen(HERE, old, [HERE])
    assert several.state == "absent"
    assert "s-2" in several.said
    assert "s-3" in several.said


def test_a_mark_names_its_owner_whatever_stands_beside_it() -> None:
    assert owner_of(of_label("i-1")) == owner_of("attempt=1 of=i-1 later=x") == "i-1"
    assert owner_of("") == owner_of("by hand") == owner_of("of") == ""
