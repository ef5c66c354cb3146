# Copyright (c) 2026 evergreen.os_migration contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Operating systems by the names that clouds and guests give them: known or unknown, never a guess."""

from __future__ import annotations

import pytest
from ansible_collections.evergreen.os_migration.plugins.module_utils._core.catalog import (
    NAMES,
    Release,
    is_known,
    is_windows,
    read_name,
    read_os_release,
    read_redhat_release,
    read_ssm,
    read_windows,
)
from ansible_collections.evergreen.os_migration.plugins.module_utils._core.model import UNKNOWN
from cloudsim.core.oses import CATALOG, EDITIONS, LANGUAGES, OperatingSystem
from hypothesis import given
from hypothesis import strategies as st

#: Pieces of real names, so that random texts come close to them.
pieces = st.sampled_from(
    [
        *("Windows", "Server", "2008", "2016", "R2", "CentOS", "Stream", "Red Hat", "RHEL", "Alibaba Cloud Linux"),
        *("Aliyun", "Linux", "Anolis", "OS", "7", "8.", "9", "3.2104", "LTS", "64位", "企业版", "٣", "²", "\n", "\0"),
        *(
            "Amazon Linux",
            "amzn2-ami",
            "Microsoft®",
            "(R)",
            "Datacenter",
            "英文版",
            "10.0.14393",
            "9600",
            "\u00a0",
            "７",
        ),
    ]
)
texts = st.text() | st.lists(pieces, max_size=8).map(" ".join) | st.lists(pieces, max_size=8).map("".join)
IDS = {*NAMES, UNKNOWN}
EDITION_IDS = {"standard", "enterprise", "datacenter", "web", "essentials", "foundation", ""}


def said(release: Release) -> tuple[str, ...]:
    """What was understood, without trailing silence."""
    parts = [release.id, release.version, release.edition, release.language, release.architecture]
    while parts and not parts[-1]:
        parts.pop()
    return tuple(parts)


def check(release: Release) -> None:
    assert release.id in IDS
    assert release.edition in EDITION_IDS or "(SKU " in release.edition
    assert len(release.edition) <= 120
    assert len(release.language) <= 120
    assert release.id != UNKNOWN or said(release) == (UNKNOWN,)


@given(texts, texts, texts, texts)
def test_no_text_makes_a_parser_raise_or_guess(one: str, two: str, three: str, four: str) -> None:
    check(read_name(one))
    check(read_os_release(one, two, three))
    check(read_redhat_release(one))
    check(read_windows(one, two, three, four))
    check(read_ssm(one, two))


@given(texts)
def test_the_text_is_kept_beside_what_was_understood(text: str) -> None:
    assert read_name(text).raw == text[:1000]


@pytest.mark.parametrize("text", ["CentOS 7 " + "x" * 10_000_000, "9" * 10_000_000, "Windows Server " * 1_000_000])
def test_megabytes_are_no_name(text: str) -> None:
    assert said(read_name(text)) == (UNKNOWN,)
    assert len(read_name(text).raw) == 1000


@pytest.mark.parametrize("system", CATALOG.values(), ids=lambda system: system.id)
def test_every_system_is_known_by_every_name_that_ecs_gives_it(system: OperatingSystem) -> None:
    for edition in EDITIONS:
        for language in LANGUAGES:
            for architecture in ("x86_64", "arm64"):
                for name in system.ecs_names(architecture, edition, language):
                    found = read_name(name)
                    expected = (edition.lower(), language[:2], "x86_64") if system.windows else ("", "", architecture)
                    assert (found.id, found.edition, found.language, found.architecture) == (system.id, *expected)


@pytest.mark.parametrize("os_id", NAMES)
def test_every_system_is_known_by_its_own_name(os_id: str) -> None:
    assert read_name(NAMES[os_id]).id == os_id
    assert is_known(os_id)
    assert is_windows(os_id) == NAMES[os_id].startswith("Windows")


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        # The second release behind the edition, and another product's.
        ("Windows Server 2012 Datacenter R2", ("windows-2012r2", "", "datacenter")),
        ("Windows Server  2008 企业版 R2 64位中文版", ("windows-2008r2", "", "enterprise", "zh", "x86_64")),
        ("Windows Server 2012 Standard with SQL Server 2008 R2", ("windows-2012", "", "standard")),
        # Traditional Chinese is no other word for Chinese.
        ("Windows_Server-2019-Chinese_Traditional-Full-Base-2024.05.15", ("windows-2019", "", "", "zh-hant")),
        (
            "Windows Server 2016 Datacenter 64-bit Traditional Chinese",
            ("windows-2016", "", "datacenter", "zh-hant", "x86_64"),
        ),
        ("Windows Server  2016 数据中心版 64位繁體中文版", ("windows-2016", "", "datacenter", "zh-hant", "x86_64")),
        # ECS: OSName and OSNameEn.
        ("CentOS  7.9 64 bit", ("centos-7", "7.9", "", "", "x86_64")),
        ("CentOS  8.5 64位", ("centos-8", "8.5", "", "", "x86_64")),
        ("CentOS  7.9 64位 ARM版", ("centos-7", "7.9", "", "", "arm64")),
        ("CentOS  6.10 64 bit", ("centos-6", "6.10", "", "", "x86_64")),
        ("CentOS  6.8 32位", ("centos-6", "6.8", "", "", "i386")),
        ("Red Hat Enterprise Linux  8.10 64位", ("rhel-8", "8.10", "", "", "x86_64")),
        ("Alibaba Cloud Linux  3.2104 LTS 64位 UEFI版", ("alinux-3", "3.2104", "", "", "x86_64")),
        ("Aliyun Linux  2.1903 64位", ("alinux-2", "2.1903", "", "", "x86_64")),
        ("Anolis OS  8.6 ANCK 64位", ("anolis-8", "8.6", "", "", "x86_64")),
        ("Windows Server  2008 R2 企业版 64位中文版", ("windows-2008r2", "", "enterprise", "zh", "x86_64")),
        ("Windows Server  2008 标准版 SP2 32位中文版", ("windows-2008", "", "standard", "zh", "i386")),
        ("Windows Server  2012 R2 数据中心版 64位英文版", ("windows-2012r2", "", "datacenter", "en", "x86_64")),
        ("Windows Server  2012 数据中心版 64位中文版", ("windows-2012", "", "datacenter", "zh", "x86_64")),
        (
            "Windows Server  2022 Datacenter Edition 64-bit English",
            ("windows-2022", "", "datacenter", "en", "x86_64"),
        ),
        ("Ｗｉｎｄｏｗｓ　Ｓｅｒｖｅｒ　２０１９ 数据中心版", ("windows-2019", "", "datacenter")),
        # The documents' own tables.
        ("CentOS 7.x", ("centos-7",)),
        ("Red Hat 7.9", ("rhel-7", "7.9")),
        ("AnolisOS 8", ("anolis-8",)),
        (
            "Windows Server 2008 R2 Standard Edition 64 ビット 中国語",
            ("windows-2008r2", "", "standard", "zh", "x86_64"),
        ),
        ("Windows Server 2016 Datacenter 64-bit (Chinese/English)", ("windows-2016", "", "datacenter", "", "x86_64")),
        # Images of EC2.
        ("RHEL-7.9_HVM-20220512-x86_64-0-Hourly2-GP2", ("rhel-7", "7.9", "", "", "x86_64")),
        ("RHEL-9.4.0_HVM-20240605-arm64-82-Hourly2-GP3", ("rhel-9", "9.4", "", "", "arm64")),
        ("RHEL-10.0.0_HVM-20250523-x86_64-0-Hourly2-GP3", ("rhel-10", "10.0", "", "", "x86_64")),
        ("CentOS-7-2111-20220825_1.x86_64-d9a3032a", ("centos-7", "", "", "", "x86_64")),
        ("CentOS Linux 7 x86_64 HVM EBS ENA 1901_01", ("centos-7", "", "", "", "x86_64")),
        ("amzn2-ami-hvm-2.0.20230119.1-x86_64-gp2", ("amzn-2", "", "", "", "x86_64")),
        ("al2023-ami-2023.0.20230315.0-kernel-6.1-arm64", ("amzn-2023", "", "", "", "arm64")),
        ("Windows_Server-2012-R2_RTM-English-64Bit-Base-2023.06.14", ("windows-2012r2", "", "", "en", "x86_64")),
        ("Windows_Server-2016-Chinese_Simplified-Full-SQL_2017_Standard-2023.01.11", ("windows-2016", "", "", "zh")),
        ("TPM-Windows_Server-2019-English-Full-Base-2024.05.15", ("windows-2019", "", "", "en")),
        ("EC2LaunchV2-Windows_Server-2022-Japanese-Full-Base-2024.05.15", ("windows-2022", "", "", "ja")),
        # Windows' own captions.
        ("Microsoft Windows Server 2016 Datacenter", ("windows-2016", "", "datacenter")),
        ("Microsoft® Windows Server® 2008 R2 Enterprise ", ("windows-2008r2", "", "enterprise")),
        ("Microsoft(R) Windows(R) Server 2008 Standard", ("windows-2008", "", "standard")),
        ("Microsoftr Windows Serverr 2008 Standard without Hyper-V", ("windows-2008", "", "standard")),
        ("Microsoft\u00a0Windows\u00a0Server\u00a02012\u00a0R2\u00a0Essentials", ("windows-2012r2", "", "essentials")),
        ("Майкрософт Windows Server 2012 Foundation", ("windows-2012", "", "foundation")),
        ("Microsoft Windows Web Server 2008 R2", (UNKNOWN,)),
        ("Microsoft Windows Server 2022 Datacenter Azure Edition", ("windows-2022",)),
        ("Microsoft Windows Server 2019 Standard Evaluation", ("windows-2019",)),
        ("Microsoft Windows Server 2016 资料中心?", ("windows-2016",)),
    ],
)
def test_a_name_is_read_with_all_that_it_says(text: str, expected: tuple[str, ...]) -> None:
    assert said(read_name(text)) == expected


@pytest.mark.parametrize(
    "text",
    [
        "",
        "CentOS",
        "CentOS 5.11",
        "CentOS  Stream 8",
        "CentOS Stream 9",
        "CentOS 8 Stream",
        "CentOS 7/8",
        "CentOS ²",
        "My CentOS 7",
        "CentOS 7.9, migrated to Alibaba Cloud Linux 3",
        "Windows",
        "Windows with SQL Server Standard",
        "Windows Server 2003 R2",
        "Windows Server 2016/2019",
        "Windows Server 2016 Hyper-V",
        "Microsoft Hyper-V Server 2016",
        "Windows Server 2008 R2 for Itanium-Based Systems",
        "Microsoft Windows Storage Server 2012 R2 Standard",
        "Microsoft Windows Server 2025 Standard Preview",
        "Windows Server Version 1909",
        "Windows Server 20160",
        "Windows 10",
        "Microsoft Windows 11 Pro",
        "Alibaba Cloud Linux",
        "Alibaba Cloud Linux 4",
        "Alibaba Cloud Linux 30",
        "Aliyun Linux 17.1 64位",
        "Amazon Linux AMI 2018.03",
        "amzn-ami-hvm-2018.03.0.20230322.0-x86_64-gp2",
        "Linux/UNIX",
        "Red Hat Enterprise Linux",
        "Red Hat Enterprise Linux with HA",
        "Red Hat Enterprise Linux 9.0 Beta (Plow)",
        "Red Hat Enterprise Linux CoreOS 4.14",
        "Red Hat Linux 9",
        "Rocky Linux 8",
        "Rocky Linux 8 (compatible with CentOS 8)",
        "Ubuntu 22.04",
        "Debian 12",
        "Anolis OS 23",
    ],
)
def test_what_is_not_in_the_catalogue_is_unknown(text: str) -> None:
    assert read_name(text) == Release(raw=text)


@pytest.mark.parametrize("system", [one for one in CATALOG.values() if not one.windows], ids=lambda system: system.id)
def test_every_linux_is_known_by_its_own_os_release(system: OperatingSystem) -> None:
    fields = dict(line.split("=", 1) for line in system.os_release.splitlines())
    assert read_os_release(fields["ID"], fields["VERSION_ID"], fields["PRETTY_NAME"]).id == system.id
    assert read_os_release(fields["ID"].strip('"'), fields["VERSION_ID"].strip('"')).id == system.id
    assert read_redhat_release(system.redhat_release).id == system.id


@pytest.mark.parametrize(
    ("fields", "expected"),
    [
        (("centos", "7", "CentOS Linux 7 (Core)"), ("centos-7",)),
        (("rhel", "8.10", "Red Hat Enterprise Linux 8.10 (Ootpa)"), ("rhel-8", "8.10")),
        (('"alinux"', '"3"', "Alibaba Cloud Linux 3 (Soaring Falcon)"), ("alinux-3",)),
        (("alinux", "3.2104", "Alibaba Cloud Linux 3.2104 U9 (OpenAnolis Edition)"), ("alinux-3", "3.2104")),
        (("amzn", "2", "Amazon Linux 2"), ("amzn-2",)),
        (("amzn", "2023", "Amazon Linux 2023.6.20241010"), ("amzn-2023",)),
        (("centos", "8", "CentOS Stream 8"), (UNKNOWN,)),
        (("centos", "7", "Red Hat Enterprise Linux 8.4"), (UNKNOWN,)),
        (("centos", ""), (UNKNOWN,)),
        (("centos", "7 8"), (UNKNOWN,)),
        (("rocky", "8.9"), (UNKNOWN,)),
        (("rhel", "78"), (UNKNOWN,)),
        (("7", "7"), (UNKNOWN,)),
        (("", ""), (UNKNOWN,)),
    ],
)
def test_os_release_is_believed_unless_its_name_contradicts(fields: tuple[str, ...], expected: tuple[str, ...]) -> None:
    assert said(read_os_release(*fields)) == expected


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("CentOS Linux release 7.9.2009 (Core)", ("centos-7", "7.9")),
        ("CentOS Linux release 8.5.2111\n", ("centos-8", "8.5")),
        ("CentOS release 6.10 (Final)", ("centos-6", "6.10")),
        ("Red Hat Enterprise Linux Server release 7.9 (Maipo)", ("rhel-7", "7.9")),
        ("Red Hat Enterprise Linux release 9.4 (Plow)", ("rhel-9", "9.4")),
        ("Alibaba Cloud Linux (Aliyun Linux) release 2.1903 LTS (Hunting Beagle)", ("alinux-2", "2.1903")),
        ("Amazon Linux release 2023.6.20241010 (Amazon Linux)", ("amzn-2023", "2023.6")),
        ("Anolis OS release 8.8", ("anolis-8", "8.8")),
        ("CentOS Stream release 8", (UNKNOWN,)),
        ("Rocky Linux release 8.9 (Green Obsidian)", (UNKNOWN,)),
        ("Windows Server 2016", (UNKNOWN,)),
        ("", (UNKNOWN,)),
    ],
)
def test_redhat_release_names_the_minor_version(text: str, expected: tuple[str, ...]) -> None:
    assert said(read_redhat_release(text)) == expected


@pytest.mark.parametrize(
    ("said_by_wmi", "expected"),
    [
        (("Microsoft Windows Server 2016 Standard", "14393", "7", "zh-CN"), ("windows-2016", "", "standard", "zh")),
        (("Microsoft Windows Server 2019 Datacenter", "17763", "8", "en-US"), ("windows-2019", "", "datacenter", "en")),
        (("Microsoft® Windows Server® 2008 Standard", "6003", "7", "ja-JP"), ("windows-2008", "", "standard", "ja")),
        (("Microsoft Windows Server 2008 R2 Enterprise ", "7601", "10", ""), ("windows-2008r2", "", "enterprise")),
        (("Microsoft Windows Server 2012 R2 Standard", "9600", "13", "en"), ("windows-2012r2", "", "standard", "en")),
        (("Microsoft Windows Server 2012 ??", "9200", "50", ""), ("windows-2012", "", "essentials")),
        (
            ("Microsoft Windows Server 2012 Datacenter R2", "9600", "8", "en-US"),
            ("windows-2012r2", "", "datacenter", "en"),
        ),
        (("Microsoft Windows Server 2012 Datacenter R2", "9200", "8", "en-US"), (UNKNOWN,)),
        (
            ("Microsoft Windows Server 2016 Datacenter", "14393", "8", "zh-TW"),
            ("windows-2016", "", "datacenter", "zh-hant"),
        ),
        (
            ("Microsoft Windows Server 2016 Datacenter", "14393", "8", "zh-HK"),
            ("windows-2016", "", "datacenter", "zh-hant"),
        ),
        (("Microsoft Windows Server 2016 Datacenter", "14393", "8", "zh-SG"), ("windows-2016", "", "datacenter", "zh")),
        (
            ("Microsoft Windows Server 2016 Datacenter", "14393", "8", "9999"),
            ("windows-2016", "", "datacenter", "9999"),
        ),
        (
            ("Microsoft Windows Server 2012 R2 Standard Evaluation", "9600", "79", ""),
            ("windows-2012r2", "", "Microsoft Windows Server 2012 R2 Standard Evaluation (SKU 79)"),
        ),
        (
            ("Microsoft Windows Server 2016 Datacenter Evaluation", "14393", "8", ""),
            ("windows-2016", "", "Microsoft Windows Server 2016 Datacenter Evaluation (SKU 8)"),
        ),
        (
            ("Microsoft Windows Server 2019 Datacenter: Azure Edition", "17763", "407", ""),
            ("windows-2019", "", "Microsoft Windows Server 2019 Datacenter: Azure Edition (SKU 407)"),
        ),
        (
            ("Microsoft Windows Server 2019 Datacenter", "17763", "999", ""),
            ("windows-2019", "", "Microsoft Windows Server 2019 Datacenter (SKU 999)"),
        ),
        (
            ("Microsoft Windows Server 2019 Standard Evaluation", "17763", "", ""),
            ("windows-2019", "", "Microsoft Windows Server 2019 Standard Evaluation (SKU not known)"),
        ),
        (("Microsoft Windows Server 2025 Datacenter", "26100", "", ""), ("windows-2025", "", "datacenter")),
        (("Microsoft Windows Server 2022 Standard",), ("windows-2022", "", "standard")),
        (("", "20348", "8", "zh-CN"), ("windows-2022", "", "datacenter", "zh")),
        (("", "14393", "48", "en-US"), (UNKNOWN,)),
        (("", "", "8", "zh-CN"), (UNKNOWN,)),
        (("Microsoft Windows 10 Pro", "14393", "48", "en-US"), (UNKNOWN,)),
        (("Microsoft Windows Server 2016 Standard", "17763", "7", "en-US"), (UNKNOWN,)),
        (("Microsoft Windows Server 2016 Standard", "14394", "7", "en-US"), (UNKNOWN,)),
        (("Microsoft Windows Server 2016 Standard", "rubbish", "7", "en-US"), (UNKNOWN,)),
        (("CentOS 7.9", "", "", ""), (UNKNOWN,)),
    ],
)
def test_windows_is_what_caption_and_build_agree_on(said_by_wmi: tuple[str, ...], expected: tuple[str, ...]) -> None:
    assert said(read_windows(*said_by_wmi)) == expected


@pytest.mark.parametrize(
    ("name", "version", "expected"),
    [
        ("Microsoft Windows Server 2016 Datacenter", "10.0.14393", ("windows-2016", "", "datacenter")),
        ("Microsoft Windows Server 2012 R2 Standard", "6.3.9600", ("windows-2012r2", "", "standard")),
        ("Microsoft Windows Server 2008 R2 Enterprise", "6.1.7601", ("windows-2008r2", "", "enterprise")),
        ("Microsoft Windows Server 2019 Datacenter", "10.0.17763.5936", ("windows-2019", "", "datacenter")),
        ("Microsoft Windows Server 2019 Datacenter", "10.0.14393", (UNKNOWN,)),
        ("Microsoft Windows 10 Pro", "10.0.17763", (UNKNOWN,)),
        ("Amazon Linux", "2", ("amzn-2",)),
        ("Amazon Linux", "2023", ("amzn-2023",)),
        ("Amazon Linux AMI", "2018.03", (UNKNOWN,)),
        ("CentOS Linux", "7.9.2009", ("centos-7", "7.9")),
        ("CentOS Linux", "7", ("centos-7",)),
        ("CentOS Stream", "8", (UNKNOWN,)),
        ("Red Hat Enterprise Linux Server", "7.9", ("rhel-7", "7.9")),
        ("Red Hat Enterprise Linux", "8.10", ("rhel-8", "8.10")),
        ("Ubuntu", "22.04", (UNKNOWN,)),
        ("", "", (UNKNOWN,)),
    ],
)
def test_systems_manager_names_builds_of_windows_and_versions_of_linux(
    name: str, version: str, expected: tuple[str, ...]
) -> None:
    assert said(read_ssm(name, version)) == expected


@pytest.mark.parametrize(
    ("text", "os_id", "edition"),
    [
        ("Windows Server 2012 Datacenter R2", "windows-2012r2", "datacenter"),
        ("Microsoft Windows Server 2012 Standard Edition R2 64-bit", "windows-2012r2", "standard"),
        ("Windows Server Datacenter 2016", "windows-2016", "datacenter"),
        ("Windows Server Enterprise 2008 R2 64bit", "windows-2008r2", "enterprise"),
        ("Windows 2012 R2 Server Standard", "windows-2012r2", "standard"),
        ("Windows 2019 Server Datacenter", "windows-2019", "datacenter"),
        ("Windows Server 2012 Datacenter SQL Server 2008 R2", "windows-2012", "datacenter"),
    ],
)
def test_words_in_another_order_name_the_same_system(text: str, os_id: str, edition: str) -> None:
    assert (read_name(text).id, read_name(text).edition) == (os_id, edition)


@pytest.mark.parametrize(
    ("distribution", "version", "name"),
    [
        ("centos", "8", "oVirt Node 4.4.10"),
        ("rhel", "8.4", "Red Hat Virtualization Host 4.4.10 (el8.4)"),
        ("rhel", "7.9", "Red Hat Enterprise Virtualization Hypervisor release 7.3"),
        ("centos", "7", "CentOS Atomic Host 7"),
    ],
)
def test_images_of_hypervisors_and_containers_are_none_of_the_systems(
    distribution: str, version: str, name: str
) -> None:
    assert read_os_release(distribution, version, name).id == UNKNOWN
    assert read_name(name).id == UNKNOWN
