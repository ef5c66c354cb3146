# Copyright (c) 2026 evergreen.os_migration contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""A checkpoint is what it was made of: nothing is lost on the way through JSON."""

from __future__ import annotations

import json
from typing import Any

from ansible_collections.evergreen.os_migration.plugins.module_utils._core.codec import (
    freeze_to_dict,
    pack,
    thaw,
    unpack,
)
from ansible_collections.evergreen.os_migration.plugins.module_utils._core.model import Instance, Item, Record
from hypothesis import given, settings
from hypothesis import strategies as st

from .strategies import likely_records, records


@settings(max_examples=300, deadline=None)
@given(records() | likely_records())
def test_a_record_survives_the_round_trip(record: Record) -> None:
    assert thaw(Record, freeze_to_dict(record)) == record


@settings(max_examples=300, deadline=None)
@given(records() | likely_records())
def test_a_record_survives_the_round_trip_through_json(record: Record) -> None:
    text = json.dumps(freeze_to_dict(record))
    again = thaw(Record, json.loads(text))
    assert again == record
    assert json.dumps(freeze_to_dict(again)) == text


def test_what_another_version_wrote_is_read_as_far_as_it_is_known() -> None:
    data: dict[str, Any] = freeze_to_dict(Record(Item("i-1"), instance=Instance("i-1", "r", "alicloud")))
    data |= {"of_tomorrow": 1, "item": {**data["item"], "of_tomorrow": 2}}
    del data["timeline"], data["instance"]["tags"]
    assert thaw(Record, data) == Record(Item("i-1"), instance=Instance("i-1", "r", "alicloud"))


@given(
    st.recursive(
        st.none() | st.text() | st.integers(), lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner)
    )
)
def test_what_was_packed_comes_out_as_it_was(value: Any) -> None:
    assert unpack(pack(value)) == value


def test_not_looked_up_is_told_from_looked_up_and_empty() -> None:
    for known in (None, ()):
        assert thaw(Record, json.loads(json.dumps(freeze_to_dict(Record(Item("i-1"), jobs=known))))).jobs == known
