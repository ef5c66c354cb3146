# Copyright (c) 2026 evergreen.os_migration contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What was packed for the way through Ansible comes out as it was."""

from __future__ import annotations

from typing import Any

from ansible_collections.evergreen.os_migration.plugins.module_utils._core.codec import pack, unpack
from hypothesis import given
from hypothesis import strategies as st


@given(
    st.recursive(
        st.none() | st.text() | st.integers(), lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner)
    )
)
def test_what_was_packed_comes_out_as_it_was(value: Any) -> None:
    assert unpack(pack(value)) == value


def test_equal_texts_of_a_fleet_become_one() -> None:
    first, second = unpack(pack([{"os": "centos-7 of a fleet"}, {"os": "centos-7 of a fleet"}]))
    assert first["os"] is second["os"]
