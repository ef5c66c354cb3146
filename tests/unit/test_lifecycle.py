# Copyright (c) 2026 evergreen.os_migration contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Until when a system is supported, and the filters over catalogue and paths."""

from __future__ import annotations

from datetime import date, timedelta

import pytest
from ansible.errors import AnsibleFilterError
from ansible_collections.evergreen.os_migration.plugins.filter.os_path import os_path
from ansible_collections.evergreen.os_migration.plugins.filter.os_support import os_support
from ansible_collections.evergreen.os_migration.plugins.filter.os_targets import os_targets
from ansible_collections.evergreen.os_migration.plugins.module_utils._core.catalog import NAMES
from ansible_collections.evergreen.os_migration.plugins.module_utils._core.lifecycle import SUPPORT_ENDS, support
from ansible_collections.evergreen.os_migration.plugins.module_utils._core.paths import PATHS
from hypothesis import given
from hypothesis import strategies as st


def test_only_known_systems_have_a_date_and_every_date_has_a_source() -> None:
    assert set(SUPPORT_ENDS) <= set(NAMES)
    assert all(end.source for end in SUPPORT_ENDS.values())


def test_no_path_leads_to_a_system_whose_support_ends_before_that_of_its_source() -> None:
    ends = {os_id: end.ends for os_id, end in SUPPORT_ENDS.items()}
    assert [p for p in PATHS if {p.source, p.target} <= ends.keys() and ends[p.target] < ends[p.source]] == []


def test_the_last_day_is_still_supported_and_the_next_is_not() -> None:
    last = SUPPORT_ENDS["centos-7"].ends
    assert (support("centos-7", last).state, support("centos-7", last).days) == ("ending", 0)
    assert support("centos-7", last + timedelta(1)).state == "ended"
    assert support("centos-7", last - timedelta(366)).state == "supported"


@given(st.sampled_from(sorted(SUPPORT_ENDS)), st.dates(), st.dates(), st.integers(0, 1000))
def test_support_never_comes_back(os_id: str, one: date, other: date, soon: int) -> None:
    order = ["supported", "ending", "ended"]
    earlier, later = sorted((one, other))
    assert order.index(support(os_id, earlier, soon).state) <= order.index(support(os_id, later, soon).state)


@given(st.text())
def test_a_system_that_is_not_known_has_no_date(text: str) -> None:
    if text not in SUPPORT_ENDS:
        assert os_support(text) == {"state": "unknown", "ends": None, "days": None, "source": ""}


def test_the_filters_tell_what_the_planner_knows() -> None:
    assert os_support("windows-2016", date="2027-01-13")["state"] == "ended"
    assert os_targets("windows-2019") == ["windows-2022"]
    assert [hop["target"] for hop in os_path("windows-2008r2", "windows-2016")] == ["windows-2012r2", "windows-2016"]
    assert os_path("alinux-3", "alinux-3") == []


def test_the_filters_say_what_is_wrong() -> None:
    with pytest.raises(AnsibleFilterError, match="not a day such as"):
        os_support("centos-7", date="soon")
    with pytest.raises(AnsibleFilterError, match="these can be reached: windows-2022"):
        os_path("windows-2019", "alinux-3")
