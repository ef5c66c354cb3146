# Copyright (c) 2026 evergreen.os_migration contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Prechecks of what the guest says: whether its answer can be used, Linux, Windows."""

from __future__ import annotations

from dataclasses import replace

import pytest
from ansible_collections.evergreen.os_migration.plugins.module_utils._core.model import UNKNOWN, Guest
from ansible_collections.evergreen.os_migration.plugins.module_utils._core.rules import (
    INFO,
    INHIBITOR,
    NOT_KNOWN,
    WARNING,
    Case,
    examine,
)

from .cases import (
    LINUX,
    ON_AWS,
    TO_ALINUX,
    TO_RED_HAT,
    WINDOWS,
    about,
    in_guest,
    only,
    severities,
    towards,
    with_facts,
    without_target,
)

FROM_2012R2 = towards("windows-2012r2", "windows-2016")
BETWEEN_RED_HATS = towards("rhel-7", "rhel-8")
NOW = 1_795_348_800


def at(case: Case, seconds_off: int) -> Case:
    return replace(with_facts(case, time=str(NOW + seconds_off)), now=NOW)


def answered(**changes: str) -> Case:
    return replace(LINUX, guest=Guest(UNKNOWN, **changes))


OLD_KERNEL = "3.10.0-957.el7.x86_64"
SHARED = dict.fromkeys(("mounted_on./usr", "mounted_on./var", "mounted_on./boot"), "/")
SHARED |= dict.fromkeys(("free_mib./usr", "free_mib./var", "free_mib./boot"), "4446")

VIOLATED = [
    ("guest.probe_timed_out", INHIBITOR, answered(trouble="timed_out")),
    ("guest.probe_cut_off", INHIBITOR, answered(trouble="cut_off")),
    ("guest.probe_unreadable", INHIBITOR, answered(trouble="unreadable")),
    ("guest.probe_failed", INHIBITOR, answered(trouble="failed", trouble_text="exit code 1")),
    ("guest.probe_failed", INHIBITOR, in_guest(LINUX, trouble="failed")),
    ("guest.os_not_recognised", INHIBITOR, answered()),
    ("guest.os_not_recognised", INHIBITOR, in_guest(LINUX, os=UNKNOWN)),
    ("guest.os_differs", WARNING, about(LINUX, os="centos-8")),
    ("guest.clock_wrong", WARNING, at(LINUX, 301)),
    ("guest.clock_wrong", WARNING, at(LINUX, -24 * 3600)),
    ("guest.clock_wrong", INHIBITOR, at(LINUX, 24 * 3600 + 1)),
    ("guest.clock_wrong", INHIBITOR, at(WINDOWS, -365 * 24 * 3600)),
    ("guest.services_stopped", WARNING, with_facts(LINUX, stopped_services="nginx.service web.socket")),
    ("guest.services_stopped", WARNING, with_facts(WINDOWS, stopped_services="Web Depends")),
    ("guest.clock_wrong", WARNING, replace(at(LINUX, 0), probed_at=NOW - 301)),
    ("linux.memory", INHIBITOR, with_facts(LINUX, memory_available_mib="599")),
    ("linux.space.usr", INHIBITOR, with_facts(LINUX, {"free_mib./usr": "249"})),
    ("linux.space.var", INHIBITOR, with_facts(LINUX, {"free_mib./var": "4095"})),
    ("linux.space.boot", INHIBITOR, with_facts(LINUX, {"free_mib./boot": "99"})),
    ("linux.space.shared", INHIBITOR, with_facts(LINUX, SHARED, **{"free_mib./var": "4345"})),
    ("linux.space.shared", INHIBITOR, with_facts(LINUX, {"mounted_on./boot": "/", "free_mib./boot": "349"})),
    ("linux.repositories", INHIBITOR, with_facts(BETWEEN_RED_HATS, package_sources="Cannot find a valid baseurl")),
    ("linux.repositories", WARNING, with_facts(LINUX, package_sources="Cannot find a valid baseurl for repo: base")),
    ("linux.package_manager_runs", INHIBITOR, with_facts(LINUX, package_manager_runs="yum")),
    ("linux.packages_held", INHIBITOR, with_facts(LINUX, held_packages="/etc/yum.conf:nginx /etc/yum.conf:kernel*")),
    ("linux.packages_held", INHIBITOR, with_facts(LINUX, held_packages="/etc/yum.repos.d/b.repo:*")),
    ("linux.packages_held", WARNING, with_facts(LINUX, held_packages="/etc/yum.conf:nginx* /etc/yum.conf:kernel-lt*")),
    ("linux.duplicate_packages", INHIBITOR, with_facts(LINUX, duplicate_packages="glibc")),
    ("linux.unfinished_transactions", WARNING, with_facts(LINUX, unfinished_transactions="transaction-all.2026")),
    ("linux.i686_packages", INHIBITOR, with_facts(LINUX, i686_count="1")),
    ("linux.i686_packages", INHIBITOR, with_facts(TO_ALINUX, i686_count="2", i686_packages="a b")),
    ("linux.package_manager", INHIBITOR, with_facts(LINUX, package_manager="none")),
    ("linux.package_manager", INHIBITOR, with_facts(LINUX, package_manager="none", package_manager_works=None)),
    ("linux.package_manager", INHIBITOR, with_facts(LINUX, package_manager_works="no")),
    ("linux.rpm_database", INHIBITOR, with_facts(LINUX, rpm_database="damaged")),
    ("linux.epel_modular", WARNING, with_facts(TO_ALINUX, epel_modular="yes")),
    ("linux.modules_out_of_tree", WARNING, with_facts(LINUX, modules_out_of_tree="lustre")),
    ("linux.modules_unsigned", WARNING, with_facts(LINUX, modules_unsigned="lustre zfs")),
    ("linux.mysql_newer", INHIBITOR, with_facts(TO_ALINUX, mysql="mysql 8.4.0")),
    ("linux.mysql_newer", INHIBITOR, with_facts(TO_ALINUX, mysql="mariadb 10.5.22")),
    ("linux.mysql_newer", INHIBITOR, with_facts(TO_ALINUX, mysql="mariadb 11.0-rc1")),
    ("linux.mysql_newer", WARNING, with_facts(TO_ALINUX, mysql="mysql 8.0.36")),
    ("linux.mysql_newer", INHIBITOR, with_facts(TO_ALINUX, mysql="mysql 5.7.44, mariadb 10.5.22")),
    ("linux.mysql_newer", WARNING, with_facts(TO_ALINUX, mysql="mariadb 5.5.68, mysql 8.0.36")),
    ("linux.local_programs", INFO, with_facts(LINUX, local_programs="1", local_program_names="/opt/a")),
    ("linux.selinux", WARNING, with_facts(LINUX, selinux="enforcing")),
    ("linux.rsync", WARNING, with_facts(LINUX, rsync="no")),
    ("linux.security_center", INHIBITOR, with_facts(TO_RED_HAT, security_center="yes")),
    ("linux.security_center", INFO, with_facts(BETWEEN_RED_HATS, security_center="yes")),
    ("linux.security_center", INFO, with_facts(without_target(LINUX), security_center="yes")),
    ("linux.kernel_not_newest", INHIBITOR, with_facts(TO_RED_HAT, kernel_newest="3.10.0-1160.120.1.el7.x86_64")),
    ("linux.kernel_not_newest", WARNING, with_facts(LINUX, kernel_newest="3.10.0-1160.120.1.el7.x86_64")),
    (
        "linux.kernel_not_owned",
        WARNING,
        with_facts(LINUX, kernel_package="none", kernel_newest="3.10.0-957.el7.x86_64"),
    ),
    ("linux.kernel_not_updated", INHIBITOR, with_facts(TO_RED_HAT, kernel=OLD_KERNEL, kernel_newest=OLD_KERNEL)),
    ("linux.reboot_required", WARNING, with_facts(LINUX, reboot_required="yes")),
    ("linux.fstab_device_names", WARNING, with_facts(LINUX, fstab_device_names="/dev/vdb1")),
    ("linux.nic_names", WARNING, with_facts(LINUX, nics="eth0 eth1", net_ifnames="on")),
    ("linux.boot_mode", INFO, with_facts(LINUX, boot_mode="uefi")),
    ("linux.full_filesystems", WARNING, with_facts(LINUX, full_filesystems="/data")),
    ("linux.readonly_filesystems", WARNING, with_facts(LINUX, readonly_filesystems="/data /srv/my_sql")),
    *(
        ("linux.readonly_filesystems", INHIBITOR, with_facts(LINUX, readonly_filesystems=point))
        for point in ("/", "/boot", "/data /var")
    ),
    ("linux.noexec_filesystems", INHIBITOR, with_facts(LINUX, noexec_filesystems="/var /tmp")),
    ("linux.noexec_filesystems", WARNING, with_facts(LINUX, noexec_filesystems="/tmp /usr/local")),
    ("linux.missing_devices", INHIBITOR, with_facts(LINUX, missing_devices="fstab:UUID=1")),
    ("linux.crypttab", INHIBITOR, with_facts(LINUX, crypttab_asks="secret", crypttab_keys="other")),
    ("linux.crypttab", WARNING, with_facts(LINUX, crypttab_keys="other")),
    ("linux.immutable_files", INHIBITOR, with_facts(LINUX, immutable_files="/etc/resolv.conf /etc/passwd")),
    ("linux.immutable_files", WARNING, with_facts(LINUX, immutable_files="/etc/resolv.conf")),
    ("linux.nested_filesystems", INFO, with_facts(LINUX, nested_filesystems="/var/log")),
    ("linux.time_not_synchronised", WARNING, with_facts(LINUX, time_synchronised="no")),
    ("linux.leftovers", WARNING, with_facts(LINUX, leftovers="/root/tmp_leapp_py3")),
    ("windows.space", INHIBITOR, with_facts(WINDOWS, {"free_mib.C": "20479"})),
    ("windows.space", INHIBITOR, with_facts(WINDOWS, {"free_mib.C": "30000", "windows_dir_mib": "30000"})),
    ("windows.service_pack", INHIBITOR, with_facts(WINDOWS, os_build="7600")),
    ("windows.installation", WARNING, with_facts(WINDOWS, installation="server_core")),
    ("windows.installation", INHIBITOR, with_facts(WINDOWS, installation="nano")),
    ("windows.installation", INHIBITOR, with_facts(WINDOWS, installation="other")),
    ("windows.wmf", WARNING, with_facts(WINDOWS, powershell="5.1.14409.1018")),
    ("windows.wmf", WARNING, with_facts(FROM_2012R2, powershell="5.0.10586.117")),
    ("windows.wmf", WARNING, with_facts(FROM_2012R2, powershell="5.1.14409.1018")),
    ("windows.installer_running", INHIBITOR, with_facts(WINDOWS, installers="TiWorker.exe")),
    ("windows.powershell", INHIBITOR, with_facts(ON_AWS, powershell="2.0")),
    ("windows.tls12", INHIBITOR, with_facts(ON_AWS, tls12="no")),
    ("windows.reboot_required", WARNING, with_facts(WINDOWS, reboot_required="yes")),
    ("windows.blocking_roles", WARNING, with_facts(WINDOWS, roles="domain_controller")),
    ("windows.blocking_roles", INHIBITOR, with_facts(ON_AWS, roles="rds_licensing rds_web_access")),
    ("windows.blocking_roles", WARNING, with_facts(ON_AWS, roles="rds_licensing")),
    ("windows.antivirus", WARNING, with_facts(WINDOWS, antivirus="ekrn")),
    ("windows.third_party_drivers", WARNING, with_facts(WINDOWS, third_party_drivers="vmci")),
    ("windows.activation", WARNING, with_facts(WINDOWS, activation_channel="mak")),
    ("windows.activation", WARNING, with_facts(WINDOWS, activated="no")),
    ("windows.page_file", INFO, with_facts(WINDOWS, page_file=r"D:\pagefile.sys")),
    ("windows.page_file", INFO, with_facts(WINDOWS, page_file="none")),
    ("windows.page_file", INFO, with_facts(WINDOWS, crash_dump="complete")),
]
FINE = [
    with_facts(LINUX, SHARED, **{"free_mib./var": "4446"}),
    with_facts(LINUX, {**SHARED, "mounted_on./var": "/var", "free_mib./usr": "350"}),
    with_facts(LINUX, kernel=OLD_KERNEL, kernel_newest=OLD_KERNEL),
    with_facts(TO_RED_HAT, kernel="5.4.1-1.el7.x86_64", kernel_newest="5.4.1-1.el7.x86_64", kernel_package="kernel-lt"),
    LINUX,
    TO_ALINUX,
    TO_RED_HAT,
    BETWEEN_RED_HATS,
    WINDOWS,
    ON_AWS,
    without_target(LINUX),
    without_target(WINDOWS),
    about(LINUX, os=UNKNOWN),
    at(LINUX, 300),
    at(WINDOWS, -300),
    replace(with_facts(LINUX, time=str(NOW)), now=0.0),
    replace(at(LINUX, 0), now=NOW + 365 * 24 * 3600, probed_at=NOW + 300),
    with_facts(LINUX, memory_available_mib="600"),
    with_facts(LINUX, {"free_mib./usr": "250", "free_mib./var": "4096", "free_mib./boot": "100"}),
    with_facts(BETWEEN_RED_HATS, i686_count="2"),
    with_facts(without_target(LINUX), i686_count="2", i686_packages="a b"),
    with_facts(LINUX, package_manager="dnf"),
    with_facts(LINUX, epel_modular="yes", mysql="mysql 8.4.0"),
    with_facts(TO_ALINUX, mysql="mysql 5.7.44"),
    with_facts(TO_ALINUX, mysql="mariadb 5.5.68"),
    with_facts(LINUX, selinux="permissive"),
    with_facts(LINUX, nics="eth0 eth1", net_ifnames="off"),
    with_facts(LINUX, nics="eth0", net_ifnames="on"),
    with_facts(LINUX, nics="eth0 ens5 enp0s3", net_ifnames="on"),
    about(with_facts(LINUX, boot_mode="uefi"), architecture="arm64"),
    with_facts(WINDOWS, {"free_mib.C": "20480", "windows_dir_mib": "20479"}),
    with_facts(WINDOWS, powershell="2.0", tls12="no"),
    with_facts(ON_AWS, powershell="3.0"),
    with_facts(FROM_2012R2, powershell="4.0"),
    with_facts(ON_AWS, powershell="5.1.14393.7426"),
    with_facts(WINDOWS, page_file=r"D:\pagefile.sys c:\pagefile.sys"),
    with_facts(WINDOWS, crash_dump="none"),
]


@pytest.mark.parametrize(("rule", "severity", "case"), VIOLATED)
def test_what_the_guest_says_is_checked(rule: str, severity: str, case: Case) -> None:
    assert severities(case) == {rule: severity}


@pytest.mark.parametrize("case", FINE)
def test_what_is_just_fine_is_passed(case: Case) -> None:
    assert severities(case) == {}


@pytest.mark.parametrize(
    ("source", "target", "said"),
    [("centos-7", "alinux-2", "4.19"), ("centos-7", "alinux-3", "5.10"), ("centos-8", "alinux-3", "glibc 2.32")],
)
def test_the_kernels_of_a_documented_incompatible_pair_are_told(source: str, target: str, said: str) -> None:
    finding = only(towards(source, target))
    assert (finding.id, finding.severity) == ("linux.kernel_incompatible", INFO)
    assert said in finding.evidence


def test_a_guest_whose_answer_is_no_use_is_one_finding() -> None:
    for trouble in ("timed_out", "cut_off", "unreadable", "failed"):
        assert len(examine(answered(trouble=trouble))) == 1


def test_what_the_agent_says_of_a_failed_script_is_told() -> None:
    assert only(answered(trouble="failed", trouble_text="exit code 1")).evidence == "exit code 1"


def test_the_name_of_a_system_that_was_not_recognised_is_told() -> None:
    assert only(with_facts(in_guest(LINUX, os=UNKNOWN), os_name="BeOS 5")).evidence == "BeOS 5"


@pytest.mark.parametrize(("seconds", "said"), [(600, "10 minutes ahead of"), (-600, "10 minutes behind")])
def test_a_wrong_clock_is_told_with_its_direction(seconds: int, said: str) -> None:
    assert only(at(LINUX, seconds)).evidence.startswith(said)


def test_packages_and_programs_that_stand_in_the_way_are_listed() -> None:
    i686 = with_facts(LINUX, i686_count="2", i686_packages="glibc.i686 zlib.i686")
    assert only(i686).evidence == "2 installed: glibc.i686 zlib.i686"
    programs = with_facts(LINUX, local_programs="1", local_program_names="/usr/local/bin/app")
    assert only(programs).evidence == "1 found: /usr/local/bin/app"


def test_a_number_without_its_list_says_that_the_list_is_not_known() -> None:
    assert NOT_KNOWN in only(with_facts(LINUX, i686_count="2")).evidence
    assert NOT_KNOWN in only(with_facts(LINUX, local_programs="2", local_program_names=None)).evidence


def test_both_databases_of_a_comparison_are_named() -> None:
    evidence = {found.id: found.evidence for found in examine(with_facts(TO_ALINUX, mysql="mysql 8.4.0"))}
    assert "mysql 8.4.0" in evidence["linux.mysql_newer"]
    assert "8.0" in evidence["linux.mysql_newer"].replace("8.4.0", "")
