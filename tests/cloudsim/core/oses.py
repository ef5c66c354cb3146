# Copyright (c) 2026 evergreen.os_migration contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Operating systems as guests and the simulated clouds name them."""

from __future__ import annotations

from dataclasses import dataclass

EDITIONS = {"Standard": ("标准版", 7), "Enterprise": ("企业版", 10), "Datacenter": ("数据中心版", 8)}
LANGUAGES = {"zh-CN": ("中文版", "Chinese"), "en-US": ("英文版", "English")}


@dataclass(frozen=True)
class Making:
    """Who made a system: the tag of its packages' releases, the key that signs them, what brings os-release, and the
    machine that builds its kernels."""

    tag: str = ""
    key: str = ""
    release: str = ""
    builder: str = ""


_MAKINGS = {
    "centos-7": Making("el7", "24c6a8a7f4a80eb5", "centos-release", "kbuilder.bsys.centos.org"),
    "centos-8": Making("el8", "05b555b38483c65d", "centos-linux-release", "kbuilder.bsys.centos.org"),
    "rhel-7": Making("el7", "199e2f91fd431d51", "redhat-release-server", "x86-vm-12.build.eng.bos.redhat.com"),
    "rhel-8": Making("el8", "199e2f91fd431d51", "redhat-release", "x86-vm-12.build.eng.bos.redhat.com"),
    "rhel-9": Making("el9", "199e2f91fd431d51", "redhat-release", "x86-vm-12.build.eng.rdu2.redhat.com"),
    "anolis-7": Making("an7", "6d91c3cf61507e96", "anolis-release", "anolis-build-7"),
    "anolis-8": Making("an8", "6d91c3cf61507e96", "anolis-release", "anolis-build-8"),
    "alinux-2": Making("al7", "eb801c41873141a8", "alinux-release", "koji.alibaba-inc.com"),
    "alinux-3": Making("al8", "53fe0598cac33616", "alinux-release", "koji.alibaba-inc.com"),
}


@dataclass(frozen=True)
class OperatingSystem:
    """One release: how the guest's kernel, ECS and SMC name it."""

    id: str
    service_name: str
    ecs_version: str
    platform: str
    kernel: str
    package_manager: str = "none"
    os_release: str = ""
    redhat_release: str = ""
    making: Making = Making()

    @property
    def windows(self) -> bool:
        return self.id.startswith("windows-")

    @property
    def os_name(self) -> str:
        """The NAME of /etc/os-release, where there is one."""
        return self.os_release.partition('NAME="')[2].partition('"')[0] or self.service_name

    @property
    def os_type(self) -> str:
        return "windows" if self.windows else "linux"

    def ecs_names(self, architecture: str, edition: str, language: str) -> tuple[str, str]:
        """OSName (Chinese, the service's default) and OSNameEn of DescribeInstances."""
        if self.windows:
            edition_zh = EDITIONS[edition][0]
            language_zh, language_en = LANGUAGES[language]
            return (
                f"{self.ecs_version} {edition_zh} 64位{language_zh}",
                f"{self.ecs_version} {edition} Edition 64-bit {language_en}",
            )
        arm_zh, arm_en = (" ARM版", " for ARM") if architecture == "arm64" else ("", "")
        return f"{self.ecs_version} 64位{arm_zh}", f"{self.ecs_version} 64 bit{arm_en}"


def _linux(
    system_id: str,
    service_name: str,
    ecs_version: str,
    platform: str,
    kernel: str,
    release: tuple[str, str, str, str],
    redhat_release: str,
) -> OperatingSystem:
    """A Linux release; `release` holds NAME, VERSION, VERSION_ID and PRETTY_NAME of /etc/os-release."""
    name, version, version_id, pretty = release
    distro, major = system_id.split("-")
    fields = {"NAME": name, "VERSION": version, "ID": distro, "ID_LIKE": "rhel fedora", "VERSION_ID": version_id}
    fields["PRETTY_NAME"] = pretty
    return OperatingSystem(
        system_id,
        service_name,
        ecs_version,
        platform,
        kernel,
        package_manager="yum" if major in ("2", "7") else "dnf",
        os_release="".join(f'{key}="{value}"\n' for key, value in fields.items()),
        redhat_release=redhat_release,
        making=_MAKINGS[system_id],
    )


def _windows(version: str, build: str) -> OperatingSystem:
    name = f"Windows Server {version}"
    system_id = "windows-" + version.replace(" ", "").lower()
    return OperatingSystem(system_id, name, f"Windows Server  {version}", name, build)


_ALL = [
    _linux(
        "centos-7",
        "CentOS 7",
        "CentOS  7.9",
        "CentOS",
        "3.10.0-1160.119.1.el7",
        ("CentOS Linux", "7 (Core)", "7", "CentOS Linux 7 (Core)"),
        "CentOS Linux release 7.9.2009 (Core)",
    ),
    _linux(
        "centos-8",
        "CentOS 8",
        "CentOS  8.5",
        "CentOS",
        "4.18.0-348.7.1.el8_5",
        ("CentOS Linux", "8", "8", "CentOS Linux 8"),
        "CentOS Linux release 8.5.2111",
    ),
    _linux(
        "rhel-7",
        "Red Hat Enterprise Linux 7",
        "Red Hat Enterprise Linux  7.9",
        "RedHat",
        "3.10.0-1160.119.1.el7",
        ("Red Hat Enterprise Linux Server", "7.9 (Maipo)", "7.9", "Red Hat Enterprise Linux Server 7.9 (Maipo)"),
        "Red Hat Enterprise Linux Server release 7.9 (Maipo)",
    ),
    _linux(
        "rhel-8",
        "Red Hat Enterprise Linux 8",
        "Red Hat Enterprise Linux  8.10",
        "RedHat",
        "4.18.0-553.el8_10",
        ("Red Hat Enterprise Linux", "8.10 (Ootpa)", "8.10", "Red Hat Enterprise Linux 8.10 (Ootpa)"),
        "Red Hat Enterprise Linux release 8.10 (Ootpa)",
    ),
    _linux(
        "rhel-9",
        "Red Hat Enterprise Linux 9",
        "Red Hat Enterprise Linux  9.4",
        "RedHat",
        "5.14.0-427.el9_4",
        ("Red Hat Enterprise Linux", "9.4 (Plow)", "9.4", "Red Hat Enterprise Linux 9.4 (Plow)"),
        "Red Hat Enterprise Linux release 9.4 (Plow)",
    ),
    _linux(
        "anolis-7",
        "Anolis OS 7",
        "Anolis OS  7.9",
        "Anolis",
        "4.19.91-26.an7",
        ("Anolis OS", "7.9", "7.9", "Anolis OS 7.9"),
        "Anolis OS release 7.9",
    ),
    _linux(
        "anolis-8",
        "Anolis OS 8",
        "Anolis OS  8.8",
        "Anolis",
        "5.10.134-16.1.an8",
        ("Anolis OS", "8.8", "8.8", "Anolis OS 8.8"),
        "Anolis OS release 8.8",
    ),
    _linux(
        "alinux-2",
        "Alibaba Cloud Linux 2",
        "Alibaba Cloud Linux  2.1903 LTS",
        "Aliyun",
        "4.19.91-27.al7",
        (
            "Alibaba Cloud Linux (Aliyun Linux)",
            "2.1903 LTS (Hunting Beagle)",
            "2.1903",
            "Alibaba Cloud Linux (Aliyun Linux) 2.1903 LTS (Hunting Beagle)",
        ),
        "Alibaba Cloud Linux (Aliyun Linux) release 2.1903 LTS (Hunting Beagle)",
    ),
    _linux(
        "alinux-3",
        "Alibaba Cloud Linux 3",
        "Alibaba Cloud Linux  3.2104 LTS",
        "Aliyun",
        "5.10.134-16.1.al8",
        ("Alibaba Cloud Linux", "3 (Soaring Falcon)", "3", "Alibaba Cloud Linux 3 (Soaring Falcon)"),
        "Alibaba Cloud Linux release 3 (Soaring Falcon)",
    ),
    _windows("2008 R2", "7601"),
    _windows("2012", "9200"),
    _windows("2012 R2", "9600"),
    _windows("2016", "14393"),
    _windows("2019", "17763"),
    _windows("2022", "20348"),
    _windows("2025", "26100"),
]
CATALOG = {system.id: system for system in _ALL}
