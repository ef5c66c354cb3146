# Copyright (c) 2026 evergreen.os_migration contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Operating systems by the names that clouds and guests give them: known or unknown, never a guess."""

from __future__ import annotations

import pytest
from ansible_collections.evergreen.os_migration.plugins.module_utils._core.catalog import (
    NAMES,
    is_known,
    is_windows,
    parse_name,
    parse_os_release,
)
from ansible_collections.evergreen.os_migration.plugins.module_utils._core.model import UNKNOWN
from cloudsim.oses import CATALOG, EDITIONS, LANGUAGES, OperatingSystem
from hypothesis import given
from hypothesis import strategies as st

#: Pieces of real names, so that random texts come close to them.
pieces = st.sampled_from(
    [
        *("Windows", "Server", "2008", "2016", "R2", "CentOS", "Stream", "Red Hat", "RHEL", "Alibaba Cloud Linux"),
        *("Aliyun", "Linux", "Anolis", "OS", "7", "8.", "9", "3.2104", "LTS", "64位", "企业版", "٣", "²", "\n", "\0"),
    ]
)
texts = st.text() | st.lists(pieces, max_size=8).map(" ".join) | st.lists(pieces, max_size=8).map("".join)


@given(texts)
def test_no_text_makes_the_parser_raise_or_guess_an_id_that_is_none(text: str) -> None:
    assert parse_name(text) in {*NAMES, UNKNOWN}


@given(texts, texts)
def test_no_os_release_makes_the_parser_raise_or_guess_an_id_that_is_none(distribution: str, version: str) -> None:
    assert parse_os_release(distribution, version) in {*NAMES, UNKNOWN}


@pytest.mark.parametrize("system", CATALOG.values(), ids=lambda system: system.id)
def test_every_system_is_known_by_every_name_that_a_cloud_gives_it(system: OperatingSystem) -> None:
    names = {
        name
        for edition in EDITIONS
        for language in LANGUAGES
        for architecture in ("x86_64", "arm64")
        for name in system.ecs_names(architecture, edition, language)
    }
    assert {parse_name(name) for name in names} == {system.id}


@pytest.mark.parametrize("os_id", NAMES)
def test_every_system_is_known_by_its_own_name(os_id: str) -> None:
    assert parse_name(NAMES[os_id]) == os_id
    assert is_known(os_id)
    assert is_windows(os_id) == NAMES[os_id].startswith("Windows")


@pytest.mark.parametrize(
    ("text", "os_id"),
    [
        ("CentOS  7.9 64 bit", "centos-7"),
        ("CentOS Linux release 7.9.2009 (Core)", "centos-7"),
        ("CentOS  8.5 64位", "centos-8"),
        ("Windows Server  2008 R2 企业版 64位中文版", "windows-2008r2"),
        ("Windows Server  2012 R2 数据中心版 64位中文版", "windows-2012r2"),
        ("Windows Server  2012 数据中心版 64位中文版", "windows-2012"),
        ("Microsoft Windows Server 2016 Datacenter", "windows-2016"),
        ("Microsoft Windows Server 2012 R2 Standard", "windows-2012r2"),
        ("Microsoft® Windows Server® 2008 R2 Enterprise ", "windows-2008r2"),
        ("windows server 2019 datacenter edition 64-bit chinese", "windows-2019"),
        ("Alibaba Cloud Linux  3.2104 LTS 64位", "alinux-3"),
        ("Alibaba Cloud Linux (Aliyun Linux) 2.1903 LTS (Hunting Beagle)", "alinux-2"),
        ("Aliyun Linux  2.1903 64位", "alinux-2"),
        ("Anolis OS  8.6 ANCK 64位", "anolis-8"),
        ("Red Hat Enterprise Linux Server 7.9 (Maipo)", "rhel-7"),
        ("RHEL 9.4", "rhel-9"),
    ],
)
def test_real_names_are_recognised(text: str, os_id: str) -> None:
    assert parse_name(text) == os_id


@pytest.mark.parametrize(
    "text",
    [
        "",
        "CentOS",
        "CentOS 6.10",
        "CentOS  Stream 8",
        "CentOS Stream 9",
        "Windows Server 2003 R2",
        "Windows Server 2008",
        "Windows Server Version 1909",
        "Windows 10",
        "Alibaba Cloud Linux",
        "Alibaba Cloud Linux 4",
        "Alibaba Cloud Linux 30",
        "Aliyun Linux 17.1 64位",
        "Red Hat Enterprise Linux 10",
        "Ubuntu 22.04",
        "Debian 12",
        "Anolis OS 23",
    ],
)
def test_what_is_not_in_the_catalogue_is_unknown(text: str) -> None:
    assert parse_name(text) == UNKNOWN


@pytest.mark.parametrize("system", [one for one in CATALOG.values() if not one.windows], ids=lambda system: system.id)
def test_every_linux_is_known_by_its_own_os_release(system: OperatingSystem) -> None:
    fields = dict(line.split("=", 1) for line in system.os_release.splitlines())
    assert parse_os_release(fields["ID"], fields["VERSION_ID"]) == system.id
    assert parse_os_release(fields["ID"].strip('"'), fields["VERSION_ID"].strip('"')) == system.id


@pytest.mark.parametrize(
    ("distribution", "version"),
    [("", ""), ("centos", ""), ("centos", "6"), ("ubuntu", "7"), ("rhel", "78"), ("7", "7")],
)
def test_an_os_release_that_is_not_in_the_catalogue_is_unknown(distribution: str, version: str) -> None:
    assert parse_os_release(distribution, version) == UNKNOWN
