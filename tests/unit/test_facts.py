# Copyright (c) 2026 evergreen.os_migration contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What is made of a guest's answer: facts, or an unknown guest."""

from __future__ import annotations

from dataclasses import replace

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
def test_no_answer_makes_the_parser_raise_or_passes_without_a_word(text: str) -> None:
    guest = parse(text)
    assert guest.probed
    assert guest.trouble in ("", "unreadable", "cut_off")
    assert not guest.trouble or (guest.os, guest.facts) == (UNKNOWN, {})
    assert guest.trouble or FIRST_LINE in text


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
        "windows-2012r2",
        facts={"os_name": "Microsoft Windows Server 2012 R2 Standard", "free_mib.C": "9"},
        edition="standard",
    )


def test_a_value_may_hold_the_sign_between_key_and_value() -> None:
    assert parse("osm-facts 1\nos_name=a=b\nosm-facts end").facts == {"os_name": "a=b"}


@pytest.mark.parametrize(
    ("text", "trouble"),
    [
        ("", "unreadable"),
        ("bash: facts.sh: No such file", "unreadable"),
        ("osm-facts end\n", "unreadable"),
        (GOOD.replace("osm-facts 1", "osm-facts 2"), "unreadable"),
        (GOOD.replace("osm-facts end", ""), "cut_off"),
        (GOOD.replace("osm-facts end", "osm-fac"), "cut_off"),
        ("osm-facts end\nos_id=centos\nos_version=7\nosm-facts 1\n", "cut_off"),
        ("\ufffd\ufffd rubbish \x00\n" * 1000, "unreadable"),
    ],
)
def test_an_answer_that_was_cut_off_or_is_not_ours_says_nothing_but_that(text: str, trouble: str) -> None:
    assert parse(text) == Guest(UNKNOWN, trouble=trouble)


COUNTED = GOOD.replace("osm-facts end", "osm-facts lines 3 42\nosm-facts end")


def test_an_answer_that_counts_its_lines_is_the_same_answer() -> None:
    assert parse(COUNTED) == parse(COUNTED.replace(" 42", "")) == parse(COUNTED.replace("\n", "\r\n")) == parse(GOOD)


@given(st.integers(0, COUNTED.index("osm-facts lines")), st.integers(0, COUNTED.index("osm-facts lines")))
def test_no_hole_in_an_answer_makes_another_fact(start: int, end: int) -> None:
    """Agents keep both ends of what a script printed: the middle is missing, in a line or over many."""
    found = parse(COUNTED[:start] + COUNTED[max(start, end) :])
    assert found == parse(GOOD) or (found.facts, found.os) == ({}, UNKNOWN)


@pytest.mark.parametrize(
    ("text", "told"),
    [
        (COUNTED.replace("os_version=7\n", ""), "2 of its 3 lines arrived"),
        (COUNTED.replace("9000", "900"), "41 of its 42 characters arrived"),
        (COUNTED.replace("osm-facts lines 3 42", "osm-facts lines 4"), "3 of its 4 lines arrived"),
    ],
)
def test_a_hole_in_the_middle_is_told_with_its_size(text: str, told: str) -> None:
    assert parse(text) == Guest(UNKNOWN, trouble="cut_off", trouble_text=told)


@pytest.mark.parametrize(
    ("sent", "read"),
    [
        (r"Gr\u00f6\u00dfe \u4e2d", "Gr\u00f6\u00dfe \u4e2d"),
        (r"\ud83d\ude00", "\U0001f600"),
        (r"C:\u005cu00e4.sys", r"C:\u00e4.sys"),
        (r"C:\users\a.sys", r"C:\users\a.sys"),
        (r"a\ud800b", r"a\ufffdb"),
        ("\x1b[2J\ufffd", r"\u001b[2J\ufffd"),
    ],
)
def test_what_is_not_ascii_comes_escaped_and_what_is_no_text_stays_so(sent: str, read: str) -> None:
    assert parse(f"osm-facts 1\nos_name={sent}\nosm-facts end\n").facts == {"os_name": read}


@pytest.mark.parametrize("filler", ["x" * 10_000_000, "a=b\n" * 2_500_000])
def test_only_the_beginning_of_megabytes_is_looked_at(filler: str) -> None:
    assert parse(filler + GOOD).trouble == "unreadable"
    assert parse(GOOD + filler) == parse(GOOD)
    assert parse(GOOD.replace("osm-facts end", filler + "\nosm-facts end")).trouble == "cut_off"


def test_a_guest_without_a_name_is_unknown_but_keeps_its_facts() -> None:
    assert parse("osm-facts 1\nkernel=6.1\nosm-facts end") == Guest(UNKNOWN, facts={"kernel": "6.1"})


CENTOS_7 = {"os_id": "centos", "os_version": "7", "os_name": "CentOS Linux 7 (Core)"}
WINDOWS = {"os_name": "Microsoft Windows Server 2016 Standard", "os_build": "14393", "os_sku": "7"}


@pytest.mark.parametrize(
    ("facts", "expected"),
    [
        (CENTOS_7, Guest("centos-7")),
        (CENTOS_7 | {"os_release": "CentOS Linux release 7.9.2009 (Core)"}, Guest("centos-7", version="7.9")),
        ({"os_release": "CentOS release 6.10 (Final)"}, Guest("centos-6", version="6.10")),
        ({"os_id": "alinux", "os_version": "2.1903", "os_release": ""}, Guest("alinux-2", version="2.1903")),
        (
            {"os_id": "rhel", "os_version": "8.10", "os_release": "Red Hat Enterprise Linux release 8 (Ootpa)"},
            Guest("rhel-8", version="8.10"),
        ),
        (CENTOS_7 | {"os_release": "Red Hat Enterprise Linux Server release 7.9 (Maipo)"}, Guest(UNKNOWN)),
        ({"os_id": "centos", "os_version": "8", "os_release": "CentOS Stream release 8"}, Guest(UNKNOWN)),
        ({"os_id": "ubuntu", "os_version": "22.04"}, Guest(UNKNOWN)),
        (WINDOWS | {"os_language": "zh-CN"}, Guest("windows-2016", edition="standard", language="zh")),
        (WINDOWS | {"os_sku": "8"}, Guest("windows-2016", edition="datacenter")),
        (WINDOWS | {"os_build": "17763"}, Guest(UNKNOWN)),
    ],
)
def test_everything_that_names_the_system_has_to_agree(facts: dict[str, str], expected: Guest) -> None:
    text = "\n".join([FIRST_LINE, *(f"{key}={value}" for key, value in facts.items()), LAST_LINE])
    assert parse(text) == replace(expected, facts=facts)
