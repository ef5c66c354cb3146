# Copyright (c) 2026 evergreen.os_migration contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What proves that a guest is what it says, what shows that it is not, and what leaves it open."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest
from ansible_collections.evergreen.os_migration.plugins.module_utils._core import before, signs
from ansible_collections.evergreen.os_migration.plugins.module_utils._core.catalog import SIGNS, is_foreign, is_own
from ansible_collections.evergreen.os_migration.plugins.module_utils._core.model import UNKNOWN, Disk, Guest, Instance
from ansible_collections.evergreen.os_migration.plugins.module_utils._core.paths import PATHS
from ansible_collections.evergreen.os_migration.plugins.module_utils._core.signs import LINUX, Case, judge
from hypothesis import given
from hypothesis import strategies as st

from .healthy import BOOTS, OWN, linux_signs, windows_signs

LINUX_WAYS = [(path.source, path.target) for path in PATHS if path.target in OWN]
WINDOWS_WAYS = [(path.source, path.target) for path in PATHS if path.target.startswith("windows")]
linux_ways, windows_ways = st.sampled_from(LINUX_WAYS), st.sampled_from(WINDOWS_WAYS)
ACROSS = [way for way in LINUX_WAYS if SIGNS[way[0]].generation < SIGNS[way[1]].generation]
WITHIN = [way for way in LINUX_WAYS if SIGNS[way[0]].generation == SIGNS[way[1]].generation]


def linux(source: str, target: str, os: str = "", **facts: str | None) -> Case:
    """Return a guest that has become the target, but for some facts; None is one that could not be read."""
    said = {**linux_signs(target, BOOTS[1]), **facts}
    was = before.of_guest(Guest(source, facts=linux_signs(source, BOOTS[0])))
    read = {name: value for name, value in said.items() if value is not None}
    return Case(Guest(os or target, facts=read), target, source, was)


def windows(source: str, target: str, os: str = "", **facts: str | None) -> Case:
    """Return a Windows guest that has become the target; before, its clock was at 5,000."""
    said = {**windows_signs(target, 9_500, 9_000), **facts}
    was = {**before.of_guest(Guest(source, facts=windows_signs(source))), "time": "5000"}
    read = {name: value for name, value in said.items() if value is not None}
    return Case(Guest(os or target, facts=read, edition="datacenter"), target, source, was)


def word(case: Case) -> str:
    """Return the verdict in one word: proven, unknown, or the code of what is wrong."""
    verdict = judge(case)
    assert verdict.proven == (verdict.problem is None and verdict.unknown == ())
    assert verdict.problem is None or verdict.unknown == ()
    if verdict.problem:
        assert verdict.problem.message.endswith(".")
        assert verdict.problem.remedy.endswith(".")
        return verdict.problem.code
    return "proven" if verdict.proven else "unknown"


def mixed(target: str, source: str, own: int, foreign: int) -> str:
    return f"{own}:{OWN[target][0]} {foreign}:{OWN[source][0]} 40:el7/6a2faea2352c64e5"


# --- the catalogue ----------------------------------------------------------------------------------------------------


def test_every_target_of_a_path_has_its_signs() -> None:
    assert {path.target for path in PATHS if not path.target.startswith("windows")} <= SIGNS.keys()
    assert {path.source for path in PATHS if not path.source.startswith("windows")} <= SIGNS.keys()


@pytest.mark.parametrize(
    ("target", "kind", "whose"),
    [
        ("alinux-3", "al8/none", "own"),
        ("alinux-3", "el8/53fe0598cac33616", "own"),
        ("alinux-3", "el8/21ea45ab2f86d6a1", "nobody's"),  # EPEL
        ("alinux-3", "el7/24c6a8a7f4a80eb5", "another's"),
        ("alinux-3", "al7/eb801c41873141a8", "another's"),
        ("alinux-3", "alios7/none", "nobody's"),  # the client of NAS
        ("alinux-2", "al7/none", "own"),
        ("anolis-8", "el8/6d91c3cf61507e96", "own"),
        ("anolis-8", "an8/none", "own"),
        ("anolis-8", "an7/6d91c3cf61507e96", "another's"),
        ("anolis-8", "el8/05b555b38483c65d", "another's"),
        ("rhel-8", "el8/199e2f91fd431d51", "own"),
        ("rhel-8", "el8/f76f66c3d4082792", "own"),
        ("rhel-8", "el7/199e2f91fd431d51", "another's"),
        ("rhel-8", "el8/none", "nobody's"),
        ("rhel-7", "el7/24c6a8a7f4a80eb5", "another's"),
        ("rhel-9", "el8/199e2f91fd431d51", "another's"),
        ("rhel-8", "none/none", "nobody's"),
    ],
)
def test_tag_and_key_together_say_whose_a_package_is(target: str, kind: str, whose: str) -> None:
    tag, key = kind.split("/")
    assert (is_own(target, tag, key), is_foreign(target, tag, key)) == (whose == "own", whose == "another's")


# --- properties -------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("way", LINUX_WAYS)
def test_a_guest_that_is_nothing_but_the_target_is_proven(way: tuple[str, str]) -> None:
    assert word(linux(*way)) == "proven"
    assert word(replace(linux(*way), before={}, source="")) == "proven"


@given(linux_ways, st.integers(0, 2_000), st.integers(0, 2_000))
def test_nothing_half_converted_is_ever_proven(way: tuple[str, str], own: int, foreign: int) -> None:
    source, target = way
    found = word(linux(source, target, package_kinds=mixed(target, source, own, foreign)))
    if own + foreign < 100:
        assert found == "unknown"
    elif own < 0.5 * (own + foreign):
        assert found == "HalfConverted"
    elif own < SIGNS[target].share * (own + foreign):
        assert found == "unknown"
    else:
        assert found == "proven"


@given(linux_ways, st.data(), st.sampled_from([None, "", "?", "out of time", "a/b"]))
def test_a_missing_fact_is_never_proof_and_never_wrong(
    way: tuple[str, str], data: st.DataObject, value: str | None
) -> None:
    """Whatever else is wrong with the guest."""
    name = data.draw(st.sampled_from(sorted(set(LINUX) - {"kernel_builder", "upgrade_pending"})))
    os = data.draw(st.sampled_from([*way, UNKNOWN]))
    more = data.draw(
        st.sampled_from([{}, {"package_kinds": mixed(way[1], way[0], 100, 900)}, {"packages_twice": "99"}])
    )
    case = linux(*way, os=os, **{**more, name: value})
    assert word(case) == "unknown"
    assert any(name in reason for reason in judge(case).unknown)


@given(windows_ways, st.sampled_from(sorted(signs.WINDOWS)), st.booleans())
def test_a_fact_of_windows_that_is_missing_is_never_proof_and_never_wrong(
    way: tuple[str, str], name: str, there: bool
) -> None:
    case = windows(*way, os=way[there], **{"setup_rolled_back": "9000", name: None})
    assert word(case) == "unknown"


@given(linux_ways, st.dictionaries(st.sampled_from(sorted(LINUX)), st.text(max_size=30), max_size=3))
def test_no_text_makes_the_judgement_fail(way: tuple[str, str], facts: dict[str, str]) -> None:
    case = linux(*way, **facts)
    assert all(reason.isprintable() or reason for reason in judge(case).unknown)
    assert word(case) in ("proven", "unknown", "HalfConverted", "OldKernelRuns")


@given(linux_ways, st.sampled_from(sorted(LINUX)))
def test_the_reason_why_a_fact_could_not_be_read_is_told(way: tuple[str, str], name: str) -> None:
    case = linux(*way, **{name: None, f"why.{name}": "out of time"})
    assert judge(case).unknown == (f"could not be read: {name} (out of time)",)
    assert f"{name} (out of time)" in signs.told(judge(case), way[1]).message


@pytest.mark.parametrize("trouble", ["timed_out", "cut_off", "unreadable", "failed"])
def test_an_answer_that_cannot_be_used_is_not_judged(trouble: str) -> None:
    case = linux("centos-7", "alinux-3")
    assert word(replace(case, guest=replace(case.guest, os=UNKNOWN, trouble=trouble))) == "unknown"
    assert word(replace(case, guest=replace(case.guest, probed=False))) == "unknown"


# --- Linux ------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("way", ACROSS)
def test_the_kernel_of_a_former_generation_is_wrong_whoever_made_it(way: tuple[str, str]) -> None:
    old = linux_signs(way[0])
    for kernel in (old["kernel"], "5.4.278-1.el7.elrepo.x86_64"):
        assert word(linux(*way, kernel=kernel, kernel_owner=old["kernel_owner"])) == "OldKernelRuns"


@pytest.mark.parametrize("way", WITHIN)
def test_an_old_kernel_within_a_generation_works_and_is_not_proof(way: tuple[str, str]) -> None:
    old = linux_signs(way[0])
    case = linux(*way, kernel=old["kernel"], kernel_owner=old["kernel_owner"], kernel_builder=old["kernel_builder"])
    assert word(case) == "unknown"
    assert "the kernel that runs" in " ".join(judge(case).unknown)


@pytest.mark.parametrize("way", LINUX_WAYS)
def test_a_guest_that_booted_its_former_system_again_is_told_as_that(way: tuple[str, str]) -> None:
    case = linux(*way, os=way[0], **linux_signs(way[0], BOOTS[1]))
    assert word(case) == "OldSystemBooted"
    assert word(linux(*way, os=way[0], **linux_signs(way[0], BOOTS[0]))) == "VerifyFailed"
    assert word(linux(*way, os=way[0])) == "unknown"


@pytest.mark.parametrize(
    ("facts", "verdict"),
    [
        ({"release_owner": "centos-release/el7/24c6a8a7f4a80eb5"}, "HalfConverted"),
        ({"release_owner": "unowned"}, "unknown"),
        ({"release_owner": "almalinux-release/el8/51d6647ec21ad6ea"}, "unknown"),
        ({"release_packages": "alinux-release/al8/none centos-release/el7/24c6a8a7f4a80eb5"}, "unknown"),
        ({"release_packages": "none"}, "proven"),
        ({"packages_twice": "9"}, "unknown"),
        ({"packages_twice": "10"}, "HalfConverted"),
        ({"kernel_owner": "unowned"}, "unknown"),
        ({"kernel": "5.11.9-x86_64-linode142", "kernel_owner": "unowned"}, "unknown"),
        ({"kernel_builder": "kbuilder.bsys.centos.org"}, "unknown"),
        ({"kernel_builder": "somebody"}, "proven"),
        ({"boot_id": BOOTS[0]}, "unknown"),
        ({"upgrade_pending": "leapp_resume.service"}, "unknown"),
        ({"package_kinds": "none"}, "unknown"),
    ],
)
def test_each_sign_counts(facts: dict[str, str], verdict: str) -> None:
    assert word(linux("centos-7", "alinux-3", **facts)) == verdict


@pytest.mark.parametrize(
    ("was", "now", "verdict"),
    [("9", "9", "proven"), ("9", "8", "proven"), ("9", "10", "unknown"), ("9", "19", "HalfConverted")],
)
def test_what_was_installed_twice_before_is_nobody_s_fault(was: str, now: str, verdict: str) -> None:
    case = linux("centos-7", "alinux-3", packages_twice=now)
    assert word(replace(case, before={**case.before, "twice": was})) == verdict


@pytest.mark.parametrize(("now", "verdict"), [("9", "proven"), ("10", "unknown"), ("500", "unknown")])
def test_what_is_there_twice_is_wrong_only_where_somebody_looked_before(now: str, verdict: str) -> None:
    assert word(replace(linux("centos-7", "alinux-3", packages_twice=now), before={})) == verdict


def test_the_same_kernel_version_is_another_kernel_when_somebody_else_built_it() -> None:
    """Red Hat's of the same version as CentOS' was installed: it runs after the restart only."""
    assert word(linux("centos-7", "rhel-7")) == "proven"
    case = linux("centos-7", "rhel-7", kernel_builder="kbuilder.bsys.centos.org")
    assert word(case) == "unknown"


@pytest.mark.parametrize("os", ["rocky", UNKNOWN, "anolis-8"])
def test_a_guest_that_names_a_third_system_is_not_judged(os: str) -> None:
    assert word(linux("centos-7", "alinux-3", os=os)) == "unknown"


def test_reports_of_real_conversions_are_judged_as_they_went() -> None:
    good = "1090:el8/199e2f91fd431d51 6:el7/199e2f91fd431d51 12:none/none"
    assert word(linux("rhel-7", "rhel-8", package_kinds=good)) == "proven"
    bad = "516:el8/199e2f91fd431d51 1178:el8/05b555b38483c65d"
    assert word(linux("centos-8", "rhel-8", package_kinds=bad)) == "HalfConverted"
    native = "300:an8/6d91c3cf61507e96 35:el8/6d91c3cf61507e96 20:el8/05b555b38483c65d"
    assert word(linux("centos-8", "anolis-8", package_kinds=native)) == "proven"


# --- Windows ----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("way", WINDOWS_WAYS)
def test_a_windows_that_setup_has_upgraded_is_proven(way: tuple[str, str]) -> None:
    assert word(windows(*way)) == "proven"
    assert word(windows(*way, upgraded_from=windows_signs(way[0])["os_build"])) == "proven"
    assert word(replace(windows(*way), before={}, source="")) == "proven"


@pytest.mark.parametrize(
    ("facts", "verdict"),
    [
        ({"setup_state": "OOBEInProgress"}, "unknown"),
        ({"installation": "server_core"}, "unknown"),
        ({"os_installed": "900"}, "unknown"),
        ({"os_booted": "1000"}, "unknown"),
        ({"upgraded_from": "9600"}, "proven"),
        ({"upgraded_from": "7601"}, "unknown"),
        ({"upgraded_from": "17763"}, "unknown"),
    ],
)
def test_each_sign_of_windows_counts(facts: dict[str, str], verdict: str) -> None:
    assert word(windows("windows-2012r2", "windows-2019", **facts)) == verdict


def test_the_way_over_a_system_in_between_is_known() -> None:
    assert word(windows("windows-2008r2", "windows-2016", upgraded_from="9600")) == "proven"
    assert word(windows("windows-2008r2", "windows-2016", os="windows-2012r2")) == "unknown"


@pytest.mark.parametrize("edition", ["", "Windows Server 2019 Standard Evaluation (SKU 79)"])
def test_an_edition_that_is_none_of_windows_own_is_not_proof(edition: str) -> None:
    case = windows("windows-2016", "windows-2019")
    assert word(replace(case, guest=replace(case.guest, edition=edition))) == "unknown"


@pytest.mark.parametrize(
    ("rolled_back", "looked", "verdict"),
    [
        ("none", "5000", "unknown"),
        ("5001", "5000", "SetupRolledBack"),
        ("5000", "5000", "unknown"),
        ("9000", None, "unknown"),
    ],
)
def test_setup_has_put_the_old_windows_back_only_if_it_did_so_after_the_look_before(
    rolled_back: str, looked: str | None, verdict: str
) -> None:
    case = windows("windows-2012r2", "windows-2016", os="windows-2012r2", setup_rolled_back=rolled_back)
    assert word(replace(case, before={"time": looked} if looked else {})) == verdict


# --- what was before --------------------------------------------------------------------------------------------------

INSTANCE = Instance(
    "i-1",
    "cn-hangzhou",
    "alicloud",
    hostname="web-1",
    private_addresses=("10.0.0.1",),
    image_id="img",
    disks=(Disk("d-0"), Disk("d-1")),
)


def test_what_was_before_fits_into_a_tag_and_comes_back() -> None:
    guest = Guest("centos-7", facts=linux_signs("centos-7") | {"packages_twice": "9" * 7})
    seen = {**before.of_instance(INSTANCE), **before.of_guest(guest)}
    assert list(seen) == ["host", "priv", "pub", "disks", "image", "kernel", "boot", "pkgs", "twice"]
    assert len(before.to_text(seen)) == 128
    assert before.from_text(before.to_text(seen)) == seen


def test_what_was_not_seen_before_is_left_out() -> None:
    assert before.of_guest(Guest("centos-7")) == {}
    assert before.of_instance(replace(INSTANCE, hostname="", image_id="", private_addresses=())).keys() == {
        "pub",
        "disks",
    }


@pytest.mark.parametrize(
    ("changed", "word"),
    [
        ({"hostname": "web-2"}, "host"),
        ({"private_addresses": ("10.0.0.2",)}, "priv"),
        ({"public_addresses": ("1.2.3.4",)}, "pub"),
        ({"disks": (Disk("d-0"),)}, "disks"),
        ({"image_id": "other"}, "image"),
    ],
)
def test_each_thing_that_should_stay_has_its_own_digest(changed: dict[str, Any], word: str) -> None:
    was, now = before.of_instance(INSTANCE), before.of_instance(replace(INSTANCE, **changed))
    assert [name for name in was if was[name] != now[name]] == [word]


@given(st.text(max_size=200))
def test_no_text_of_a_tag_is_read_as_what_it_does_not_say(text: str) -> None:
    assert before.from_text(text).keys() <= {"host", "priv", "pub", "disks", "image", "kernel", "boot", "pkgs", "twice"}


def test_words_of_another_version_are_passed_over() -> None:
    assert before.from_text("host=0a1b2c3d new=1 boot=short twice=3") == {"host": "0a1b2c3d", "twice": "3"}
