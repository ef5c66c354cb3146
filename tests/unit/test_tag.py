# Copyright (c) 2026 evergreen.os_migration contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What is written into the cloud can be read again, by us and by the cloud's own rules."""

from __future__ import annotations

import re
import uuid

import pytest
from ansible_collections.evergreen.os_migration.plugins.module_utils._core.catalog import NAMES
from ansible_collections.evergreen.os_migration.plugins.module_utils._core.model import Disk, Tag
from ansible_collections.evergreen.os_migration.plugins.module_utils._core.tag import (
    TAG_KEY,
    UNREADABLE,
    client_token,
    from_tags,
    is_of_attempt,
    made_name,
    point_name,
    set_label,
    to_text,
    work_name,
    work_place,
)
from hypothesis import given
from hypothesis import strategies as st

from .strategies import ATTEMPT_STATES, ID

numbers = st.integers(1, 9999)
ids = st.from_regex(r"i-[a-z0-9]{8,24}", fullmatch=True)
written = st.builds(Tag, st.sampled_from(ATTEMPT_STATES), numbers, *[st.sampled_from(sorted(NAMES))] * 2)
WORK_NAME = re.compile(r"[A-Za-z][A-Za-z0-9:_-]{1,127}")
POINT_NAME = re.compile(r"[A-Za-z][A-Za-z0-9:._-]{1,127}")


@given(written)
def test_a_tag_is_read_as_it_was_written_and_the_cloud_takes_it(tag: Tag) -> None:
    text = to_text(tag)
    assert from_tags({"estate": "shop", TAG_KEY: text}) == tag
    assert 0 < len(text) <= 128
    assert not text.startswith(("aliyun", "acs:"))
    assert "http" not in text


@given(st.text(max_size=128) | st.builds(lambda tag, tail: to_text(tag) + tail, written, st.text(min_size=1)))
def test_any_other_text_is_unreadable_and_no_error(text: str) -> None:
    tag = from_tags({TAG_KEY: text})
    assert tag is not None
    assert tag.state == UNREADABLE or to_text(tag) == text


@pytest.mark.parametrize(
    "text",
    [
        "",
        "started",
        "paused attempt=1 from=centos-7 to=alinux-3",
        "started attempt=x from=centos-7 to=alinux-3",
        "started attempt=١ from=centos-7 to=alinux-3",
        "started attempt=1 from=centos-7 to=alinux-3\n",
        " started attempt=1 from=centos-7 to=alinux-3",
    ],
)
def test_a_tag_that_this_version_does_not_write_is_not_taken_for_one(text: str) -> None:
    tag = from_tags({TAG_KEY: text})
    assert tag is not None
    assert tag.state == UNREADABLE


def test_no_tag_is_no_attempt() -> None:
    assert from_tags({}) is None
    assert from_tags({"evergreen": "x"}) is None


@given(ids, numbers, numbers)
def test_work_names_are_legal_and_say_where_they_belong(instance_id: str, attempt: int, hop: int) -> None:
    name = work_name(instance_id, attempt, hop)
    assert WORK_NAME.fullmatch(name)
    assert work_place(name, instance_id) == (attempt, hop)
    assert work_place(name, f"{instance_id}0") is None


@given(st.text(max_size=130))
def test_anybody_else_s_work_is_nobody_s_place(name: str) -> None:
    place = work_place(name, "i-1")
    assert place is None or name == f"osm-i-1-a{place[0]}-h{place[1]}"


@given(ids, numbers, numbers)
def test_point_names_and_labels_are_legal_and_differ_by_attempt_and_hop(disk: str, attempt: int, hop: int) -> None:
    name = point_name(Disk(disk), attempt, hop)
    assert POINT_NAME.fullmatch(name)
    assert not name.startswith("auto")
    assert len(set_label(attempt, hop)) <= 128
    assert set_label(attempt, hop) != set_label(attempt, hop + 1) != set_label(attempt + 1, hop + 1)


@given(ids, ids, numbers, st.lists(numbers | st.sampled_from(["job", "snapshot"]), max_size=3))
def test_a_step_has_one_token_for_ever_and_no_other_step_has_it(
    one: str, other: str, attempt: int, what: list[object]
) -> None:
    token = client_token(one, attempt, *what)
    assert uuid.UUID(token)
    assert len(token) <= 64
    assert token == client_token(str(one), attempt, *what)
    assert token != client_token(one, attempt + 1, *what)
    assert token != client_token(one, attempt, *what, "more")
    assert (token == client_token(other, attempt, *what)) == (one == other)


def test_a_token_never_changes_between_versions() -> None:
    """A run of the next version must repeat the very call that a killed run of this one may have sent."""
    assert client_token(ID, 1, 1, "job") == "a6e6014b-ba50-546d-8121-892226e25123"


@given(ids, numbers, ids)
def test_what_is_made_beside_the_hops_has_a_name_of_its_own_and_no_hop(
    instance_id: str, number: int, disk: str
) -> None:
    name = made_name(instance_id, number, f"disk-{disk}")
    assert WORK_NAME.fullmatch(name)
    assert name != made_name(instance_id, number + 1, f"disk-{disk}")
    assert not name.startswith(made_name(instance_id, number * 10, "disk-"))


@given(numbers, numbers)
def test_a_label_is_of_its_own_attempt_only(attempt: int, hop: int) -> None:
    label = set_label(attempt, hop)
    assert is_of_attempt(label, attempt)
    assert not is_of_attempt(label, attempt + 1)
    assert not is_of_attempt(label, attempt * 10 + 1)
