# Copyright (c) 2026 evergreen.os_migration contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Until when a system is supported, and who says so."""

from __future__ import annotations

from datetime import date, timedelta

import pytest
from ansible_collections.evergreen.os_migration.plugins.module_utils._core.catalog import NAMES
from ansible_collections.evergreen.os_migration.plugins.module_utils._core.lifecycle import (
    SUPPORT_ENDS,
    Support,
    support,
)
from ansible_collections.evergreen.os_migration.plugins.module_utils._core.paths import PATHS
from hypothesis import given
from hypothesis import strategies as st

#: The days as the documents name them, written out once more.
DOCUMENTED = {
    "centos-6": "2020-11-30",
    "centos-7": "2024-06-30",
    "centos-8": "2021-12-31",
    "rhel-6": "2020-11-30",
    "rhel-7": "2024-06-30",
    "rhel-8": "2029-05-31",
    "rhel-9": "2032-05-31",
    "rhel-10": "2035-05-31",
    "alinux-2": "2026-03-31",
    "alinux-3": "2031-03-31",
    "amzn-2": "2026-06-30",
    "amzn-2023": "2029-06-30",
    "windows-2008": "2020-01-14",
    "windows-2008r2": "2020-01-14",
    "windows-2012": "2023-10-10",
    "windows-2012r2": "2023-10-10",
    "windows-2016": "2027-01-12",
    "windows-2019": "2029-01-09",
    "windows-2022": "2031-10-14",
    "windows-2025": "2034-11-14",
}
NOT_NAMED = {"anolis-7", "anolis-8"}


def test_every_system_has_its_documented_day_or_none() -> None:
    assert {os_id: end.ends.isoformat() for os_id, end in SUPPORT_ENDS.items()} == DOCUMENTED
    assert set(NAMES) == set(DOCUMENTED) | NOT_NAMED


@pytest.mark.parametrize("os_id", SUPPORT_ENDS)
def test_every_day_has_a_document_with_its_date(os_id: str) -> None:
    assert SUPPORT_ENDS[os_id].source.endswith(("(undated page)", "-15)", "-13)", "-14)"))


def test_no_path_leads_to_a_system_whose_support_ends_before_that_of_its_source() -> None:
    ends = {os_id: end.ends for os_id, end in SUPPORT_ENDS.items()}
    assert [p for p in PATHS if {p.source, p.target} <= ends.keys() and ends[p.target] < ends[p.source]] == []


def test_the_last_day_is_still_supported_and_the_next_is_not() -> None:
    last = SUPPORT_ENDS["centos-7"].ends
    assert (support("centos-7", last).state, support("centos-7", last).days) == ("ending", 0)
    assert (support("centos-7", last + timedelta(1)).state, support("centos-7", last + timedelta(1)).days) == (
        "ended",
        -1,
    )
    assert support("centos-7", last - timedelta(366)).state == "supported"
    assert support("centos-7", last - timedelta(30), soon=29).state == "supported"
    assert support("centos-7", last - timedelta(30), soon=30).state == "ending"


@given(st.sampled_from(sorted(SUPPORT_ENDS)), st.dates(), st.dates(), st.integers(0, 1000))
def test_support_never_comes_back(os_id: str, one: date, other: date, soon: int) -> None:
    order = ["supported", "ending", "ended"]
    earlier, later = sorted((one, other))
    assert order.index(support(os_id, earlier, soon).state) <= order.index(support(os_id, later, soon).state)


@given(st.text() | st.sampled_from(sorted(NOT_NAMED)), st.dates())
def test_a_system_whose_day_nobody_names_is_not_guessed(os_id: str, on: date) -> None:
    if os_id not in SUPPORT_ENDS:
        assert support(os_id, on) == Support("unknown")
