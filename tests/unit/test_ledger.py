# Copyright (c) 2026 evergreen.os_migration contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What is written into the cloud can be read again, by us and by the cloud's own rules."""

from __future__ import annotations

import re
import uuid

import pytest
from ansible_collections.evergreen.os_migration.plugins.module_utils._core.catalog import NAMES
from ansible_collections.evergreen.os_migration.plugins.module_utils._core.ledger import (
    TAG_KEY,
    UNREADABLE,
    client_token,
    from_tags,
    job_name,
    job_place,
    snapshot_label,
    snapshot_name,
    to_tag,
)
from ansible_collections.evergreen.os_migration.plugins.module_utils._core.model import Disk, Item, Ledger, Record
from hypothesis import given
from hypothesis import strategies as st

from .strategies import ATTEMPT_STATES, ID

numbers = st.integers(1, 9999)
ids = st.from_regex(r"i-[a-z0-9]{8,24}", fullmatch=True)
written = st.builds(Ledger, st.sampled_from(ATTEMPT_STATES), numbers, *[st.sampled_from(sorted(NAMES))] * 2)
JOB_NAME = re.compile(r"[A-Za-z][A-Za-z0-9:_-]{1,127}")
SNAPSHOT_NAME = re.compile(r"[A-Za-z][A-Za-z0-9:._-]{1,127}")


@given(written)
def test_a_tag_is_read_as_it_was_written_and_the_cloud_takes_it(ledger: Ledger) -> None:
    text = to_tag(ledger)
    assert from_tags({"estate": "shop", TAG_KEY: text}) == ledger
    assert 0 < len(text) <= 128
    assert not text.startswith(("aliyun", "acs:"))
    assert "http" not in text


@given(st.text(max_size=128) | st.builds(lambda ledger, tail: to_tag(ledger) + tail, written, st.text(min_size=1)))
def test_any_other_text_is_unreadable_and_no_error(text: str) -> None:
    ledger = from_tags({TAG_KEY: text})
    assert ledger is not None
    assert ledger.state == UNREADABLE or to_tag(ledger) == text


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
    ledger = from_tags({TAG_KEY: text})
    assert ledger is not None
    assert ledger.state == UNREADABLE


def test_no_tag_is_no_attempt() -> None:
    assert from_tags({}) is None
    assert from_tags({"evergreen": "x"}) is None


@given(ids, numbers, numbers)
def test_job_names_are_legal_and_say_where_they_belong(instance_id: str, attempt: int, hop: int) -> None:
    name = job_name(instance_id, attempt, hop)
    assert JOB_NAME.fullmatch(name)
    assert job_place(name) == (attempt, hop)


@given(st.text(max_size=130))
def test_anybody_else_s_job_is_nobody_s_place(name: str) -> None:
    place = job_place(name)
    assert place is None or (name.startswith("osm-") and name.endswith(f"-a{place[0]}-h{place[1]}"))


@given(ids, numbers, numbers)
def test_snapshot_names_and_labels_are_legal_and_differ_by_attempt_and_hop(disk: str, attempt: int, hop: int) -> None:
    name = snapshot_name(Disk(disk), attempt, hop)
    assert SNAPSHOT_NAME.fullmatch(name)
    assert not name.startswith("auto")
    assert len(snapshot_label(attempt, hop)) <= 128
    assert snapshot_label(attempt, hop) != snapshot_label(attempt, hop + 1) != snapshot_label(attempt + 1, hop + 1)


@given(ids, ids, numbers, st.lists(numbers | st.sampled_from(["job", "snapshot"]), max_size=3))
def test_a_step_has_one_token_for_ever_and_no_other_step_has_it(
    one: str, other: str, attempt: int, what: list[object]
) -> None:
    token = client_token(Record(Item(one)), attempt, *what)
    assert uuid.UUID(token)
    assert len(token) <= 64
    assert token == client_token(Record(Item(one), state="migrating"), attempt, *what)
    assert token != client_token(Record(Item(one)), attempt + 1, *what)
    assert token != client_token(Record(Item(one)), attempt, *what, "more")
    assert (token == client_token(Record(Item(other)), attempt, *what)) == (one == other)


def test_a_token_never_changes_between_versions() -> None:
    """A run of the next version must repeat the very call that a killed run of this one may have sent."""
    assert client_token(Record(Item(ID)), 1, 1, "job") == "a6e6014b-ba50-546d-8121-892226e25123"
