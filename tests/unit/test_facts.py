# Copyright (c) 2026 evergreen.os_migration contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What is made of a guest's answer: facts, or an unknown guest."""

from __future__ import annotations

import pytest
from ansible_collections.evergreen.os_migration.plugins.module_utils._core.facts import FIRST_LINE, LAST_LINE, parse
from ansible_collections.evergreen.os_migration.plugins.module_utils._core.model import UNKNOWN, Guest
from hypothesis import given
from hypothesis import strategies as st

GOOD = "osm-facts 1\nos_id=centos\nos_version=7\nfree_mib./var=9000\nosm-facts end\n"
lines = st.text() | st.sampled_from(
    [FIRST_LINE, LAST_LINE, "os_id=centos", "os_version=7", "os_name=Windows Server 2016", "=", "a=b=c", "\ufeff", "\0"]
)


@given(st.text() | st.lists(lines).map("\n".join))
def test_no_answer_makes_the_parser_raise(text: str) -> None:
    guest = parse(text)
    assert guest.probed
    assert guest.os != UNKNOWN or not guest.facts or FIRST_LINE in text


@given(st.text(), st.text())
def test_noise_before_and_after_the_facts_is_passed_over(before: str, after: str) -> None:
    noise = [text for text in (before, after) if FIRST_LINE in text or LAST_LINE in text]
    if not noise:
        assert parse(f"{before}\n{GOOD}{after}") == parse(GOOD)


def test_facts_are_read_as_they_are_written() -> None:
    assert parse(GOOD) == Guest("centos-7", facts={"os_id": "centos", "os_version": "7", "free_mib./var": "9000"})


def test_windows_line_ends_and_a_byte_order_mark_are_passed_over() -> None:
    text = "\ufeffosm-facts 1\r\nos_name=Microsoft Windows Server 2012 R2 Standard\r\nfree_mib.C=9\r\nosm-facts end\r\n"
    assert parse(text) == Guest(
        "windows-2012r2", facts={"os_name": "Microsoft Windows Server 2012 R2 Standard", "free_mib.C": "9"}
    )


def test_a_value_may_hold_the_sign_between_key_and_value() -> None:
    assert parse("osm-facts 1\nos_name=a=b\nosm-facts end").facts == {"os_name": "a=b"}


@pytest.mark.parametrize(
    "text",
    [
        "",
        GOOD.replace("osm-facts end", ""),
        GOOD.replace("osm-facts 1", "osm-facts 2"),
        "osm-facts end\nos_id=centos\nos_version=7\nosm-facts 1\n",
        "bash: facts.sh: No such file",
    ],
)
def test_an_answer_that_was_cut_off_or_is_not_ours_says_nothing(text: str) -> None:
    assert parse(text) == Guest(UNKNOWN)


def test_a_guest_without_a_name_is_unknown_but_keeps_its_facts() -> None:
    assert parse("osm-facts 1\nkernel=6.1\nosm-facts end") == Guest(UNKNOWN, facts={"kernel": "6.1"})
