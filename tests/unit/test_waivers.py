# Copyright (c) 2026 evergreen.os_migration contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Waivers: somebody answers for a finding until a day; a mistake in one is told, never passed over."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest
from ansible_collections.evergreen.os_migration.plugins.module_utils._core.model import Waiver
from ansible_collections.evergreen.os_migration.plugins.module_utils._core.rules import INHIBITOR, WARNING, Case
from ansible_collections.evergreen.os_migration.plugins.module_utils._core.rules.waiving import active
from ansible_collections.evergreen.os_migration.plugins.module_utils._core.waivers import checked
from hypothesis import given
from hypothesis import strategies as st

from .cases import LINUX, about, only, with_facts

LAST_SECOND = 1_795_391_999  # 2026-11-22T23:59:59Z
ROW = {"rule": "instance.locked", "reason": "ticket 7", "owner": "ops@example.com", "expires": "2026-11-22"}
WAIVER = Waiver(**ROW)
LOCKED = about(LINUX, locks=("financial",))


def waived(case: Case, *waivers: Waiver, now: float = LAST_SECOND) -> Any:
    return only(replace(with_facts(case, time=str(int(now))), waivers=waivers, now=now))


def test_a_waiver_turns_its_inhibitor_into_a_warning_that_names_it() -> None:
    finding = waived(LOCKED, WAIVER)
    assert (finding.id, finding.severity, finding.waiver) == ("instance.locked", WARNING, WAIVER)
    assert finding.evidence == "locked for: financial"


def test_a_waiver_counts_through_its_last_day_and_then_its_inhibitor_is_back() -> None:
    finding = waived(LOCKED, WAIVER, now=LAST_SECOND + 1)
    assert (finding.severity, finding.waiver) == (INHIBITOR, None)
    assert finding.evidence == "locked for: financial; waiver of ops@example.com expired on 2026-11-22"


def test_a_renewed_waiver_counts_beside_an_expired_one() -> None:
    renewed = replace(WAIVER, expires="2027-01-31")
    assert waived(LOCKED, WAIVER, renewed, now=LAST_SECOND + 1).waiver == renewed


def test_the_last_of_several_expired_waivers_is_named() -> None:
    older = replace(WAIVER, expires="2026-01-31", owner="somebody")
    assert waived(LOCKED, WAIVER, older, now=LAST_SECOND + 1).evidence.endswith("2026-11-22")


def test_a_waiver_of_another_rule_changes_nothing() -> None:
    assert waived(LOCKED, replace(WAIVER, rule="agent.offline")).severity == INHIBITOR


@pytest.mark.parametrize("expires", ["2026-11-22", "2026-11-21"])
def test_a_warning_needs_no_waiver(expires: str) -> None:
    waiver = replace(WAIVER, rule="linux.rsync", expires=expires)
    finding = waived(with_facts(LINUX, rsync="no"), waiver)
    assert (finding.severity, finding.waiver, finding.evidence) == (WARNING, None, "rsync is no")


def test_what_is_not_known_can_be_waived() -> None:
    waiver = replace(WAIVER, rule="linux.memory")
    assert waived(with_facts(LINUX, memory_available_mib=None), waiver).severity == WARNING


def test_active_waivers_are_those_whose_last_day_is_not_over() -> None:
    later = replace(WAIVER, expires="2026-11-23")
    assert active((WAIVER, later), LAST_SECOND) == (WAIVER, later)
    assert active((WAIVER, later), LAST_SECOND + 1) == (later,)


def test_rows_of_an_inventory_are_read() -> None:
    assert checked([ROW, {**ROW, "rule": " agent.offline "}]) == (WAIVER, replace(WAIVER, rule="agent.offline"))
    assert checked([]) == ()


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"rule": "linux.i686_package"}, "Did you mean linux.i686_packages?"),
        ({"rule": "everything"}, "no precheck rule 'everything'"),
        ({"rule": ""}, "A waiver lacks rule."),
        ({"rule": None, "owner": None}, "A waiver lacks rule, owner."),
        ({"reason": " "}, "The waiver of instance.locked lacks reason."),
        ({"expires": None}, "lacks expires"),
        ({"expires": "22.11.2026"}, "no day of the form YYYY-MM-DD"),
        ({"expires": "2026-02-30"}, "no day of the form YYYY-MM-DD"),
        ({"expires": "20261122"}, "no day of the form YYYY-MM-DD"),
        ({"expires": "2026-11-22T00:00:00Z"}, "no day of the form YYYY-MM-DD"),
        ({"expires": "٢٠٢٦-11-22"}, "no day of the form YYYY-MM-DD"),
    ],
)
def test_a_mistake_in_a_waiver_is_told(changes: dict[str, Any], said: str) -> None:
    with pytest.raises(ValueError, match=r"[Ww]aive") as caught:
        checked([ROW, {**ROW, **changes}])
    assert said in str(caught.value)


@given(st.dictionaries(st.sampled_from([*ROW, "odd"]), st.text() | st.integers() | st.none() | st.lists(st.text())))
def test_a_row_of_anything_is_a_clear_error(row: dict[str, Any]) -> None:
    with pytest.raises(ValueError, match=r"(?s)waive.*[.?]$"):
        checked([row])
