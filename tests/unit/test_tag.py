# Copyright (c) 2026 evergreen.os_migration contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What is written into the cloud can be read again, by us and by the cloud's own rules."""

from __future__ import annotations

import re
import uuid
from dataclasses import replace
from random import Random

import pytest
from ansible_collections.evergreen.os_migration.plugins.module_utils._core.catalog import NAMES
from ansible_collections.evergreen.os_migration.plugins.module_utils._core.model import Disk, Tag
from ansible_collections.evergreen.os_migration.plugins.module_utils._core.tag import (
    TAG_KEY,
    UNREADABLE,
    attempt_of,
    client_token,
    disk_name,
    from_tags,
    made_name,
    place_of,
    point_name,
    read_label,
    replaced_disk,
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
counters = st.integers(0, 99)
words = st.sampled_from(["", "smc", "watch", "handover", "setup", "clone"])
systems = st.sampled_from(sorted(NAMES))
#: What this version writes, with the largest numbers and the longest words that it can come to.
written = st.builds(
    Tag,
    st.sampled_from(ATTEMPT_STATES),
    st.integers(1, 99),
    systems,
    systems,
    sets=counters,
    tries=counters,
    start=counters,
    run=st.sampled_from(["", "1a2b3c4d"]),
    by=words,
    back=st.sampled_from(["", "disks", "swap", "root"]),
    reset=st.booleans(),
)
WORK_NAME = re.compile(r"[A-Za-z][A-Za-z0-9:_-]{1,127}")
POINT_NAME = re.compile(r"[A-Za-z][A-Za-z0-9:._-]{1,127}")


@given(written)
def test_a_tag_is_read_as_it_was_written_and_the_cloud_takes_it(tag: Tag) -> None:
    text = to_text(tag)
    assert from_tags({"estate": "shop", TAG_KEY: text}) == tag
    assert 0 < len(text) <= 128
    assert not text.startswith(("aliyun", "acs:"))
    assert "http" not in text


def test_the_longest_tag_fits_into_what_every_cloud_takes() -> None:
    longest = max(NAMES, key=len)
    tag = Tag("rolling_back", 99, longest, longest, 99, 99, 99, "1a2b3c4d", "handover", "disks", reset=True)
    assert len(to_text(tag)) <= 128


@given(st.text(max_size=128) | st.builds(lambda tag, tail: to_text(tag) + tail, written, st.text(min_size=1)))
def test_any_other_text_is_unreadable_and_no_error(text: str) -> None:
    tag = from_tags({TAG_KEY: text})
    assert tag is not None
    assert tag.state == UNREADABLE or set(to_text(tag).split()) == {one for one in text.split() if one[-2:] != "=0"}


@given(written, st.randoms())
def test_pairs_come_in_any_order_and_those_of_later_versions_are_kept(tag: Tag, random: Random) -> None:
    later = replace(tag, others=(("lock_of", "x"), ("later", "a=b")))
    state, *pairs = to_text(later).split()
    random.shuffle(pairs)
    read = from_tags({TAG_KEY: " ".join([state, *pairs])})
    assert read is not None
    assert (replace(read, others=()), set(read.others)) == (tag, set(later.others))
    assert set(to_text(read).split()) == {state, *pairs}


def test_the_texts_of_the_version_before_are_read() -> None:
    assert from_tags({TAG_KEY: "started attempt=2 from=centos-7 to=alinux-3"}) == Tag(
        "started", 2, "centos-7", "alinux-3"
    )
    assert read_label("attempt=2 hop=11") == ("", 2, 11)
    assert work_place("osm-i-1-a2-h3", "i-1") == (2, 3, 1)


def test_what_is_written_is_what_the_documents_say() -> None:
    tag = Tag("started", 1, "centos-7", "alinux-3", 1, 1, run="1a2b3c4d", by="smc", back="disks")
    text = "started attempt=1 set=1 try=1 from=centos-7 to=alinux-3 run=1a2b3c4d by=smc back=disks"
    assert (to_text(tag), from_tags({TAG_KEY: text})) == (text, tag)
    assert to_text(replace(tag, state="rolling_back", reset=True)) == f"rolling_back{text[7:]} reset=1"
    assert to_text(Tag("protected", 1, "", "", 2, run="1a2b3c4d")) == "protected attempt=1 set=2 run=1a2b3c4d"
    back = "rolled_back attempt=1 set=2 run=1a2b3c4d undone=alinux-3"
    assert to_text(Tag("rolled_back", 1, "", "", 2, run="1a2b3c4d", undone="alinux-3")) == back
    assert from_tags({TAG_KEY: back}) == Tag("rolled_back", 1, "", "", 2, run="1a2b3c4d", undone="alinux-3")
    assert set_label("i-1", 1, 2) == "of=i-1 attempt=1 set=2"


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
        "started attempt=0 from=centos-7 to=alinux-3",
        "started attempt=1 attempt=2 from=centos-7 to=alinux-3",
        "started attempt=1 set=one from=centos-7 to=alinux-3",
        "started attempt=1 to=alinux-3",
        "protected set=1",
        "protected attempt=1 from=centos-7",
        "rolled_back attempt=1 to=alinux-3",
        "migrated attempt=1",
    ],
)
def test_a_tag_that_this_version_does_not_write_is_not_taken_for_one(text: str) -> None:
    tag = from_tags({TAG_KEY: text})
    assert tag is not None
    assert tag.state == UNREADABLE


def test_no_tag_is_no_attempt() -> None:
    assert from_tags({}) is None
    assert from_tags({"evergreen": "x"}) is None


@given(ids, numbers, numbers, numbers)
def test_work_names_are_legal_and_say_where_they_belong(instance_id: str, attempt: int, hop: int, tried: int) -> None:
    name = work_name(instance_id, attempt, hop, tried)
    assert WORK_NAME.fullmatch(name)
    assert work_place(name, instance_id) == (attempt, hop, tried)
    assert work_place(name, f"{instance_id}0") is None
    assert (attempt_of(name, instance_id), attempt_of(name, f"{instance_id}0")) == (attempt, None)
    assert name.endswith("-t2") == (tried == 2)


@given(st.text(max_size=130))
def test_anybody_else_s_work_is_nobody_s_place(name: str) -> None:
    place = work_place(name, "i-1")
    assert place is None or work_name("i-1", *place) == name.removesuffix("-t1")


@given(ids, ids, numbers, numbers)
def test_point_names_and_labels_are_legal_and_differ_by_instance_attempt_and_set(
    disk: str, instance_id: str, attempt: int, number: int
) -> None:
    name = point_name(Disk(disk), attempt, number)
    assert POINT_NAME.fullmatch(name)
    assert not name.startswith("auto")
    label = set_label(instance_id, attempt, number)
    assert len(label) <= 128
    assert read_label(label) == (instance_id, attempt, number)
    assert len({label, set_label(instance_id, attempt, number + 1), set_label(instance_id, attempt + 1, number)}) == 3


@given(st.text(max_size=128))
def test_anybody_else_s_label_is_no_set(text: str) -> None:
    label = read_label(text)
    assert label is None or text in (set_label(*label), f"attempt={label.attempt} hop={label.set}")


def test_a_place_is_the_root_or_the_device() -> None:
    assert place_of(Disk("d-0", "system", device="/dev/xvda")) == "root"
    assert place_of(Disk("d-1", device="/dev/xvdb")) == "/dev/xvdb"


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


@given(ids, numbers, ids, numbers, numbers)
def test_a_disk_that_is_made_says_which_it_replaces(
    instance_id: str, attempt: int, disk: str, number: int, tried: int
) -> None:
    name = disk_name(instance_id, attempt, disk, number, tried)
    assert WORK_NAME.fullmatch(name)
    assert replaced_disk(name, instance_id, attempt) == disk
    assert replaced_disk(name, instance_id, attempt + 1) == ""
    assert work_place(name, instance_id) is None
