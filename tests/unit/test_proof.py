# Copyright (c) 2026 evergreen.os_migration contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What a guest consists of, before and after: what differs, what of it is expected, and what nobody knows."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

import pytest
from ansible_collections.evergreen.os_migration.plugins.module_utils._core import contents
from ansible_collections.evergreen.os_migration.plugins.module_utils._core.contents import (
    SETTLED_AFTER,
    WORDS,
    Contents,
    from_text,
    of_guest,
    to_text,
)
from ansible_collections.evergreen.os_migration.plugins.module_utils._core.model import UNKNOWN, Guest
from ansible_collections.evergreen.os_migration.plugins.module_utils._core.proof import BACK, Path, as_json, compare
from hypothesis import given
from hypothesis import strategies as st

from .healthy import OWN, linux_signs, listed, windows_signs

CENTOS, ALIBABA = "centos-7", "alinux-3"
WAY = Path(CENTOS, ALIBABA)


def linux(system: str = CENTOS, **facts: str) -> Contents:
    """What a Linux guest says; the names of lists are given without ``all.``."""
    named = {name if name in PLAIN else f"all.{name}": value for name, value in facts.items()}
    return of_guest(Guest(system, facts={**linux_signs(system), **named}))


PLAIN = ("package_sum", "stopped_services", "time", "os_booted", "kernel", "rpm_database")


def windows(system: str, **facts: str) -> Contents:
    named = {f"all.{name}": value for name, value in facts.items()}
    return of_guest(Guest(system, facts={**windows_signs(system), **named}))


def verdicts(before: Contents, after: Contents, path: Path = BACK) -> dict[str, str]:
    return {name: one.verdict for name, one in compare(before, after, path).facts.items()}


BEFORE, AFTER = linux(), linux(ALIBABA)


def test_a_guest_that_was_put_back_is_equal_in_everything_that_is_compared() -> None:
    proof = compare(BEFORE, linux())
    assert (proof.verdict, proof.by, set(proof.named("equal"))) == ("equal", "names", set(WORDS.values()))


def test_a_migration_is_expected_to_change_kernel_and_the_packages_of_the_systems() -> None:
    proof = compare(BEFORE, AFTER, WAY)
    assert proof.verdict == "expected"
    assert set(proof.named("expected")) == {"packages", "kernel"}
    assert proof.facts["kernel"].expected == ("~kernel: 3.10.0-1160.119.1.el7.x86_64 -> 5.10.134-16.1.al8.x86_64",)
    assert proof.facts["packages"].expected == ("-centos-release", "+alinux-release")


#: What the guest says after a migration instead, the fact, and its differences that are not expected.
NOT_EXPECTED: list[tuple[Mapping[str, str], str, tuple[str, ...]]] = [
    ({"services_enabled": listed("crond", "sshd")}, "services_enabled", ("-httpd",)),
    ({"services_running": listed("crond", "sshd")}, "services_running", ("-httpd",)),
    ({"ports": listed("tcp/0016", "tcp/0019@lo")}, "ports", ("-tcp/80",)),
    ({"ports": listed("tcp/0016", "tcp/0019", "tcp/0050")}, "ports", ("-tcp/25@lo", "+tcp/25")),
    ({"mounts": listed("/_xfs")}, "mounts", ("-/data_xfs",)),
    ({"users": listed("root:0", "sshd:74")}, "users", ("-web",)),
    ({"users": listed("root:0", "sshd:74", "web:1002")}, "users", ("~web: 1001 -> 1002",)),
    ({"users": listed("root:0", "sshd:74", "web:1001", "eve:1002")}, "users", ("+eve",)),
    ({"cron": listed("cron.d/0hourly:9")}, "cron", ("-spool/cron/web",)),
    ({"cron": listed("cron.d/0hourly:9", "spool/cron/web:3")}, "cron", ("~spool/cron/web: 2 -> 3",)),
    (
        {"routes": listed("ens5,00000000,FD00A8C0,00000000", "eth0,0000A8C0,00000000,00FFFFFF")},
        "routes",
        ("-0.0.0.0/0 via 192.168.0.253 dev eth0", "+0.0.0.0/0 via 192.168.0.253 dev ens5"),
    ),
    (
        {"package_names": listed("bash", "httpd", "alinux-release"), "package_versions": "0 1"},
        "packages",
        ("-app",),
    ),
    (
        {"package_versions": listed("app-3.0-1.x86_64/none/1111222233334444")},
        "packages",
        ("~app: 2.0-1.x86_64 -> 3.0-1.x86_64",),
    ),
]


@pytest.mark.parametrize(("facts", "name", "told"), NOT_EXPECTED)
def test_what_a_migration_should_have_kept_is_told_apart(
    facts: Mapping[str, str], name: str, told: tuple[str, ...]
) -> None:
    proof = compare(BEFORE, linux(ALIBABA, **facts), WAY)
    assert (proof.verdict, proof.named("not_expected")) == ("not_expected", (name,))
    assert proof.facts[name].not_expected == told


#: What is fine: as before the migration, and as after it.
EXPECTED: list[tuple[Mapping[str, str], Mapping[str, str], str]] = [
    ({"services_enabled": listed("network", "ntpd", "sshd")}, {"services_enabled": listed("sshd")}, "services_enabled"),
    ({}, {"services_enabled": listed("chronyd", "crond", "httpd", "sshd")}, "services_enabled"),
    ({}, {"users": listed("chrony:998", "root:0", "sshd:74", "web:1001")}, "users"),
    ({}, {"cron": listed("cron.d/0hourly:7", "spool/cron/web:2")}, "cron"),
    ({"ports": listed("tcp/0016", "udp/007B")}, {"ports": listed("tcp/0016", "udp/0143@lo")}, "ports"),
    ({"routes": listed("eth0,0000FEA9,00000000,0000FFFF")}, {"routes": "0 1"}, "routes"),
    (
        {"package_versions": listed("app-2.0-1.el7.x86_64/el7/1111222233334444")},
        {"package_versions": listed("app-2.0-3.el8.x86_64/el8/1111222233334444")},
        "packages",
    ),
]


@pytest.mark.parametrize(("was", "now", "name"), EXPECTED)
def test_what_the_newer_system_has_in_another_way_is_expected(
    was: Mapping[str, str], now: Mapping[str, str], name: str
) -> None:
    found = compare(linux(**was), linux(ALIBABA, **now), WAY).facts[name]
    assert (found.verdict, found.not_expected) == ("expected", ())
    assert found.expected


@pytest.mark.parametrize(("was", "now", "name"), EXPECTED)
def test_a_rollback_is_expected_to_change_nothing(was: Mapping[str, str], now: Mapping[str, str], name: str) -> None:
    found = compare(linux(**was), linux(**now)).facts[name]
    assert found.verdict == "not_expected" or name == "packages"


def test_after_a_rollback_versions_count_too() -> None:
    found = compare(BEFORE, linux(package_sum="1 1")).facts["packages"]
    assert (found.verdict, found.why) == ("not_expected", "names are equal, versions are not")


# --- what is not known ------------------------------------------------------------------------------------------------


def test_what_nobody_kept_is_not_known_and_never_equal() -> None:
    proof = compare(Contents(), AFTER, WAY)
    assert (proof.verdict, proof.by, set(proof.named("not_known"))) == ("not_known", "", set(WORDS.values()))


def test_what_the_guest_does_not_say_now_is_not_known_with_its_reason() -> None:
    silent = {f"all.{name}": "" for name in ("users", "cron")} | {"why.all.users": "out of time"}
    after = of_guest(Guest(CENTOS, facts={**linux_signs(CENTOS), **silent}))
    proof = compare(BEFORE, after)
    assert (proof.verdict, proof.named("not_known")) == ("not_known", ("users", "cron"))
    assert proof.facts["users"].why == "out of time"


def test_a_difference_weighs_more_than_what_is_not_known() -> None:
    after = linux(users="", mounts=listed("/_xfs"))
    assert compare(BEFORE, after).verdict == "not_expected"


@pytest.mark.parametrize("guest", [None, Guest(UNKNOWN, trouble="cut_off"), Guest(CENTOS, probed=False)])
def test_of_a_guest_without_a_usable_answer_nothing_is_known(guest: Guest | None) -> None:
    assert not of_guest(guest)
    assert compare(BEFORE, of_guest(guest)).verdict == "not_known"


@pytest.mark.parametrize("value", ["", "3", "x 1 0a", "2 1 0a Ab", "1 1 0a\t0b", "- 1", "1 9999999999999 0a"])
def test_a_damaged_list_is_not_known(value: str) -> None:
    assert linux(users=value).listed("users") is None
    assert verdicts(BEFORE, linux(users=value))["users"] == "not_known"


def test_of_more_names_than_a_guest_tells_number_and_checksum_count() -> None:
    was = linux(users="900 77 0root:0 0web:1001")
    assert verdicts(was, linux(users="900 77 0root:0 0web:1001"))["users"] == "equal"
    found = compare(was, linux(users="900 78 0root:0 0web:1001")).facts["users"]
    assert (found.verdict, found.before, found.after) == ("not_expected", 900, 900)
    migrated = compare(was, linux(ALIBABA, users="900 78 0root:0 0web:1001"), WAY).facts["users"]
    assert (migrated.verdict, migrated.why) == (
        "not_known",
        "these are more names than a guest tells: the first were compared",
    )


# --- a start takes time -----------------------------------------------------------------------------------------------


def young(seconds: int, **facts: str) -> Contents:
    return linux(ALIBABA, time=str(5000 + seconds), os_booted="5000", **facts)


@pytest.mark.parametrize(("seconds", "verdict"), [(20, "not_known"), (SETTLED_AFTER, "not_expected")])
def test_what_has_not_been_started_yet_is_not_called_lost(seconds: int, verdict: str) -> None:
    gone = {"services_running": listed("crond", "sshd"), "ports": listed("tcp/0016", "tcp/0019@lo")}
    found = verdicts(BEFORE, young(seconds, **gone), WAY)
    assert (found["services_running"], found["ports"]) == (verdict, verdict)
    assert found["services_enabled"] == "equal"


def test_a_port_that_is_new_is_told_however_young_the_system_is() -> None:
    found = verdicts(BEFORE, young(20, ports=listed("tcp/0016", "tcp/0019@lo", "tcp/0050", "tcp/1F90")), WAY)
    assert found["ports"] == "not_expected"


def test_services_that_were_stopped_on_purpose_count_as_running() -> None:
    stopped = linux(
        services_running=listed("crond", "sshd"), ports=listed("tcp/0016", "tcp/0019@lo"), stopped_services="httpd"
    )
    found = verdicts(stopped, AFTER, WAY)
    assert (found["services_running"], found["ports"]) == ("equal", "expected")
    assert not {"ru", "po"} & {pair.split("=")[0] for pair in to_text(stopped).split()}


def test_services_that_come_and_go_are_no_difference() -> None:
    after = linux(services_running=listed("crond", "httpd", "packagekit", "sshd", "user@0"))
    assert verdicts(BEFORE, after)["services_running"] == "equal"


# --- digests ----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("system", [*OWN, "windows-2008r2", "windows-2025"])
def test_digests_prove_that_a_guest_is_equal_without_the_file(system: str) -> None:
    here = windows(system) if system.startswith("windows") else linux(system)
    text = to_text(here)
    assert len(text) <= 128
    assert len(text.split()) == len(WORDS)
    proof = compare(from_text(text), here)
    assert (proof.verdict, proof.by) == ("equal", "digests")


def test_a_difference_that_only_a_digest_shows_is_told_without_names() -> None:
    known = from_text(to_text(BEFORE))
    back = compare(known, linux(mounts=listed("/_xfs"))).facts["mounts"]
    assert (back.verdict, back.not_expected) == ("not_expected", ())
    there = compare(known, linux(ALIBABA, mounts=listed("/_xfs")), WAY)
    assert there.facts["mounts"].verdict == "not_known", "it may be one that is expected"
    assert (there.facts["packages"].verdict, there.facts["kernel"].verdict) == ("expected", "expected")


def test_a_digest_that_is_missing_or_damaged_is_not_known() -> None:
    words = to_text(BEFORE).split()
    known = from_text(" ".join([words[0][:-1], "xx=11111111", *words[2:]]))
    assert compare(known, linux()).named("not_known") == ("packages", "kernel")


def test_only_what_agrees_with_the_digests_is_of_that_moment() -> None:
    digests = from_text(to_text(BEFORE))
    assert contents.agree(BEFORE, digests)
    assert not contents.agree(linux(users=listed("root:0")), digests)
    assert contents.agree(BEFORE, Contents())


# --- Windows ----------------------------------------------------------------------------------------------------------


def test_windows_is_compared_in_the_same_facts() -> None:
    before = windows("windows-2012r2")
    after = windows("windows-2019", ports=listed("tcp/0050", "tcp/0D3D", "tcp/1761"), users=listed("Administrator"))
    proof = compare(before, after, Path("windows-2012r2", "windows-2019"))
    assert proof.named("not_expected") == ("users",)
    assert proof.facts["users"].not_expected == ("-Guest",)
    assert proof.facts["ports"].expected == ("+tcp/5985",)
    assert compare(before, windows("windows-2012r2")).verdict == "equal"


def test_programs_of_windows_are_nobody_s_to_change() -> None:
    after = windows("windows-2019", package_versions=listed("Some_App/1.3"))
    found = compare(windows("windows-2016"), after, Path("windows-2016", "windows-2019")).facts["packages"]
    assert found.not_expected == ("~Some_App: 1.2 -> 1.3",)


# --- results and properties -------------------------------------------------------------------------------------------


def test_a_result_counts_and_names_what_differs() -> None:
    told = as_json(compare(BEFORE, linux(ALIBABA, mounts=listed("/_xfs")), WAY))
    assert (told["verdict"], told["compared"]) == ("not_expected", "names")
    assert told["facts"]["mounts"] == {
        "verdict": "not_expected",
        "before": 2,
        "after": 1,
        "expected_count": 0,
        "not_expected_count": 1,
        "expected": [],
        "not_expected": ["-/data_xfs"],
        "why": None,
    }


words = st.text("abcdefghij-.", min_size=1, max_size=12)


def coded(names: set[str]) -> str:
    """What the shell's script makes of a list."""
    last, told = "", [str(len(names)), "5"]
    for name in sorted(names):
        same = 0
        while same < min(len(name), len(last), 35) and name[same] == last[same]:
            same += 1
        told.append("0123456789abcdefghijklmnopqrstuvwxyz"[same] + name[same:])
        last = name
    return " ".join(told)


@given(st.sets(words, max_size=30), st.sets(words, max_size=30))
def test_what_is_the_same_is_equal_and_every_difference_is_told(was: set[str], now: set[str]) -> None:
    found = compare(linux(mounts=coded(was)), linux(mounts=coded(now))).facts["mounts"]
    assert {one[1:] for one in found.not_expected if one[0] == "-"} == was - now
    assert {one[1:] for one in found.not_expected if one[0] == "+"} == now - was
    assert (found.verdict == "equal") == (was == now)


@given(st.lists(st.sampled_from(sorted(WORDS.values())), max_size=3))
def test_nothing_that_is_missing_makes_a_proof(missing: list[str]) -> None:
    known = from_text(to_text(BEFORE))
    left = replace(known, digests={name: one for name, one in known.digests.items() if name not in missing})
    assert compare(left, linux()).verdict == ("not_known" if missing else "equal")
