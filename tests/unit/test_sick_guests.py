# Copyright (c) 2026 evergreen.os_migration contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Made-up guests from their files to the findings: the real facts script, its answer read, the rules."""

from __future__ import annotations

import base64
from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import pytest
from ansible_collections.evergreen.os_migration.plugins.module_utils._core.facts import parse
from ansible_collections.evergreen.os_migration.plugins.module_utils._core.rules import INHIBITOR, WARNING, Case
from ansible_collections.evergreen.os_migration.plugins.plugin_utils._calls import guest_scripts
from cloudsim.alicloud.lab import Lab

from .cases import LINUX, TO_RED_HAT, severities

MOUNTS = "/dev/vda1 / ext4 rw,relatime 0 0\nproc /proc proc rw 0 0\n"
CRYPTTAB = "secret UUID=2f1d7c38 none luks\nswap /dev/vdc /dev/urandom swap,cipher=aes-xts-plain64\n"
RUNS = "3.10.0-1160.119.1.el7"
VERSIONLOCK = "/etc/yum/pluginconf.d/versionlock"


def files(**changes: str) -> dict[str, Any]:
    """A guest with files of these names, in which a double underscore stands for a slash and a single for a dot."""
    return {"files": {f"/{name.replace('__', '/').replace('_', '.')}": text for name, text in changes.items()}}


GUESTS: dict[str, tuple[dict[str, Any], dict[str, str]]] = {
    "healthy": ({}, {}),
    "shared space": ({"free_mib": {"/": 4200}}, {"linux.space.shared": INHIBITOR}),
    "space of its own": ({"free_mib": {"/": 4200, "/var": 9000}}, {}),
    "noexec": (
        files(proc__mounts=f"{MOUNTS}/dev/vda3 /var ext4 rw,noexec 0 0\ntmpfs /tmp tmpfs rw,noexec 0 0\n"),
        {"linux.noexec_filesystems": INHIBITOR},
    ),
    "noexec /tmp": (
        files(proc__mounts=f"{MOUNTS}tmpfs /tmp tmpfs rw,noexec 0 0\n"),
        {"linux.noexec_filesystems": WARNING},
    ),
    "read-only": (files(proc__mounts="/dev/vda1 / ext4 ro 0 0\n"), {"linux.readonly_filesystems": INHIBITOR}),
    "passphrase": (files(etc__crypttab=CRYPTTAB), {"linux.crypttab": INHIBITOR}),
    "swap with a random key": (files(etc__crypttab=CRYPTTAB.splitlines()[1] + "\n"), {}),
    "device that is gone": (
        {"files": {"/etc/fstab": "UUID=1 /data xfs defaults 0 0\n", "/.guest/missing_devices": "UUID=1\n"}},
        {"linux.missing_devices": INHIBITOR},
    ),
    "excludes": (files(etc__yum_conf="[main]\nexclude=kernel* glibc*\n"), {"linux.packages_held": INHIBITOR}),
    "excludes of no weight": (files(etc__yum_conf="[main]\nexclude=php*\n"), {"linux.packages_held": WARNING}),
    "versionlock": (
        {"files": {f"{VERSIONLOCK}.conf": "[main]\nenabled = 1\n", f"{VERSIONLOCK}.list": "0:glibc-2.17-326.el7.*\n"}},
        {"linux.packages_held": INHIBITOR},
    ),
    "duplicates": (
        {"packages": ["glibc-2.17-326.el7.x86_64", "glibc-2.17-317.el7.x86_64", "kernel.x86_64"]},
        {"linux.duplicate_packages": INHIBITOR},
    ),
    "several kernels": ({"packages": [f"kernel-{RUNS}.x86_64", "kernel-3.10.0-957.el7.x86_64"]}, {}),
    "kernel behind": (
        {"packages": ["kernel.x86_64", "kernel-3.10.0-1160.144.1.el7.x86_64"]},
        {"linux.kernel_not_newest": WARNING},
    ),
    "kernel-lt beside": ({"packages": ["kernel.x86_64", "kernel-lt-5.4.278-1.el7.elrepo.x86_64"]}, {}),
    "kernel-rt beside": ({"packages": ["kernel.x86_64", "kernel-rt-3.10.0-1160.144.1.rt56.el7.x86_64"]}, {}),
    "kernel without package": (
        {"packages": ["kernel-3.10.0-957.el7.x86_64"]},
        {"linux.kernel_not_owned": WARNING},
    ),
    "dead mirror": (
        files(usr__bin__yum='#!/bin/sh\ncase "$*" in *grouplist) echo "No more mirrors" >&2; exit 1 ;; esac\n'),
        {"linux.repositories": WARNING},
    ),
    "no repository": (files(etc__yum_repos_d__base_repo="[base]\nenabled=0\n"), {"linux.repositories": WARNING}),
    "immutable": ({"files": {"/.guest/immutable": "/etc/passwd\n"}}, {"linux.immutable_files": INHIBITOR}),
    "update at work": (files(proc__812__comm="yum\n"), {"linux.package_manager_runs": INHIBITOR}),
    "share": (
        files(proc__mounts=f"{MOUNTS}nas:/x /opt nfs4 rw 0 0\n"),
        {"linux.local_programs": WARNING},
    ),
}


@pytest.fixture(scope="module")
def lab(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Lab]:
    groups = [
        {"name": f"g{number}", "os": "centos-7", "ids": [f"i-{number}"], "guest": guest}
        for number, (guest, _expected) in enumerate(GUESTS.values())
    ]
    made = Lab({"groups": groups}, tmp_path_factory.mktemp("lab"))
    yield made
    made.close()


def examined(lab: Lab, name: str, case: Case) -> dict[str, str]:
    script = base64.b64encode(guest_scripts()["linux"].encode()).decode()
    asked = {"Type": "RunShellScript", "CommandContent": script, "ContentEncoding": "Base64"}
    instance_id = f"i-{list(GUESTS).index(name)}"
    invoke_id = lab.ok("ecs", "RunCommand", InstanceId=[instance_id], **asked)["InvokeId"]

    def result() -> dict[str, Any]:
        answer = lab.ok("ecs", "DescribeInvocationResults", InvokeId=invoke_id, ContentEncoding="PlainText")
        found: dict[str, Any] = answer["Invocation"]["InvocationResults"]["InvocationResult"][0]
        return found

    lab.until(lambda: result()["InvocationStatus"] not in ("Pending", "Running"), step=1)
    return severities(replace(case, guest=parse(result()["Output"])))


@pytest.mark.parametrize("name", GUESTS)
def test_what_is_wrong_is_told_and_nothing_else(lab: Lab, name: str) -> None:
    assert examined(lab, name, LINUX) == GUESTS[name][1]


def test_a_system_that_was_never_updated_is_told_on_the_way_to_red_hat(lab: Lab) -> None:
    found = examined(lab, "kernel without package", TO_RED_HAT)
    assert found["linux.kernel_not_updated"] == INHIBITOR
    assert "linux.kernel_not_updated" not in examined(lab, "healthy", TO_RED_HAT)
