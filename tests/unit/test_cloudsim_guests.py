# Copyright (c) 2026 evergreen.os_migration contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Guests run what they are sent, inside their root."""

from __future__ import annotations

import base64
import re
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from ansible_collections.evergreen.os_migration.plugins.module_utils._core.before import of_guest
from ansible_collections.evergreen.os_migration.plugins.module_utils._core.facts import parse
from ansible_collections.evergreen.os_migration.plugins.module_utils._core.rules.forms import FORMS, is_known
from ansible_collections.evergreen.os_migration.plugins.module_utils._core.signs import Case, judge
from ansible_collections.evergreen.os_migration.plugins.plugin_utils._calls import guest_scripts
from cloudsim.alicloud.lab import Lab
from cloudsim.core import power
from cloudsim.core.agent_habits import CLOUD_ASSISTANT, CUT_MARK, KEPT, SYSTEMS_MANAGER
from cloudsim.core.linux_guest import inside
from cloudsim.core.scenario import SPOILT_FACTS
from cloudsim.core.state import Content

SCRIPTS = guest_scripts()
LINUX, WINDOWS = "i-bp1linux", "i-bp1windows"
GUEST = {
    "packages": ["glibc.x86_64", "bash.x86_64", "glibc.i686", "zlib.i686"],
    "free_mib": {"/usr": 5000, "/var": 6000, "/boot": 300},
    "memory_available_mib": 3000,
    "answers": [{"contains": "Get-Website", "output": "Stopped\r\n", "rc": 3}],
}
MOUNTED_DATA = {"/proc/mounts": "/dev/vda1 / ext4 rw 0 0\n/dev/vdb1 /data xfs rw 0 0\n"}
HEALTHY_LINUX = {
    **dict.fromkeys(("package_manager_works", "rsync", "time_synchronised"), "yes"),
    **dict.fromkeys(("epel_modular", "reboot_required", "security_center"), "no"),
    **dict.fromkeys(("modules_out_of_tree", "modules_unsigned", "mysql", "local_program_names"), "none"),
    **dict.fromkeys(("full_filesystems", "nested_filesystems", "fstab_device_names", "leftovers"), "none"),
    **dict.fromkeys(("i686_count", "local_programs"), "0"),
    "package_manager": "yum",
    "rpm_database": "sound",
    "selinux": "disabled",
    "nics": "eth0",
    "net_ifnames": "off",
    "boot_mode": "bios",
}
HEALTHY_WINDOWS = {
    **dict.fromkeys(("tls12", "activated"), "yes"),
    **dict.fromkeys(("roles", "antivirus", "third_party_drivers"), "none"),
    "reboot_required": "no",
    "activation_channel": "kms",
    "page_file": "C:\\pagefile.sys",
    "crash_dump": "automatic",
    "crash_dump_file": "C:\\Windows\\MEMORY.DMP",
}
DURATIONS = {"import": 90, "migrate": 1000, "snapshot": 100, "agent_reconnect": 15, "start": 30}
MakeLab = Callable[..., Lab]


@pytest.fixture
def make_lab(tmp_path: Path) -> Iterator[MakeLab]:
    made: list[Lab] = []

    def make(*, scenario: dict[str, Any] | None = None, **group: Any) -> Lab:
        common = {"guest": GUEST, "durations": DURATIONS, **group}
        groups = [
            {"name": "linux", "os": "centos-7", "ids": [LINUX], **common},
            {"name": "win", "os": "windows-2008r2", "vcpus": 4, "ids": [WINDOWS], **common},
        ]
        made.append(Lab({"groups": groups, **(scenario or {})}, tmp_path))
        return made[-1]

    yield make
    for lab in made:
        lab.close()


@pytest.fixture
def lab(make_lab: MakeLab) -> Lab:
    return make_lab()


def result(lab: Lab, invoke_id: str) -> dict[str, Any]:
    answer = lab.ok("ecs", "DescribeInvocationResults", InvokeId=invoke_id, ContentEncoding="PlainText")
    [found] = answer["Invocation"]["InvocationResults"]["InvocationResult"]
    assert isinstance(found, dict)
    return found


def send(lab: Lab, script: str, instance_id: str = LINUX, **more: Any) -> str:
    asked = {
        "Type": "RunShellScript" if instance_id == LINUX else "RunPowerShellScript",
        "CommandContent": base64.b64encode(script.encode()).decode(),
        "ContentEncoding": "Base64",
    }
    return str(lab.ok("ecs", "RunCommand", InstanceId=[instance_id], **asked, **more)["InvokeId"])


def run(lab: Lab, script: str, instance_id: str = LINUX, **more: Any) -> dict[str, Any]:
    invoke_id = send(lab, script, instance_id, **more)
    lab.until(lambda: result(lab, invoke_id)["InvocationStatus"] not in ("Pending", "Running"), step=1)
    return result(lab, invoke_id)


def facts_of(output: str) -> dict[str, str]:
    first, *lines, last = output.splitlines()
    assert (first, last) == ("osm-facts 1", "osm-facts end")
    return dict(line.split("=", 1) for line in lines if not line.startswith("osm-facts lines "))


def test_the_real_facts_script_in_a_linux_guest(lab: Lab) -> None:
    found = facts_of(run(lab, SCRIPTS["linux"])["Output"])
    assert found["os_id"] == "centos"
    assert found["os_release"] == "CentOS Linux release 7.9.2009 (Core)"
    assert found["kernel"].startswith("3.10.0-")
    assert (found["memory_available_mib"], found["free_mib./var"]) == ("3000", "6000")
    assert (found["package_manager"], found["i686_packages"]) == ("yum", "glibc.i686 zlib.i686")


ARRIVED = [("linux", LINUX, "centos-7", "alinux-3"), ("windows", WINDOWS, "windows-2008r2", "windows-2012r2")]


@pytest.mark.parametrize(("family", "instance_id", "source", "target"), ARRIVED)
@pytest.mark.parametrize(
    ("arrival", "linux", "windows"),
    [
        ("", "proven", "proven"),
        ("old_kernel", "OldKernelRuns", "proven"),
        ("half_converted", "HalfConverted", "not known"),
        ("old_system", "OldSystemBooted", "SetupRolledBack"),
    ],
)
def test_guests_show_what_has_become_of_them(
    make_lab: MakeLab, family: str, instance_id: str, source: str, target: str, arrival: str, linux: str, windows: str
) -> None:
    """After a migration and a restart they say what proves it, or what went wrong with it."""
    lab = make_lab()
    was = parse(run(lab, SCRIPTS[family], instance_id)["Output"])
    instance, now = lab.world.instances[instance_id], lab.world.now()
    here = source if arrival == "old_system" else target
    instance.system_disk.contents.plan(now, Content(here, 1, former=source, arrival=arrival))
    power.bounce(lab.world, instance, now)
    lab.wait(300)
    guest = parse(run(lab, SCRIPTS[family], instance_id)["Output"])
    before = {**of_guest(was), "time": was.facts["time"]}
    verdict = judge(Case(guest, target, source, before))
    found = verdict.problem.code if verdict.problem else "proven" if verdict.proven else "not known"
    assert found == {"linux": linux, "windows": windows}[family], verdict


def test_a_guest_is_proven_only_after_it_was_restarted(lab: Lab) -> None:
    was = parse(run(lab, SCRIPTS["linux"])["Output"])
    lab.world.instances[LINUX].system_disk.contents.plan(lab.world.now(), Content("alinux-3", 1, former="centos-7"))
    guest = parse(run(lab, SCRIPTS["linux"])["Output"])
    assert judge(Case(guest, "alinux-3", "centos-7", of_guest(was))).unknown == ("it was not restarted",)


def test_recorded_facts_of_a_windows_guest(lab: Lab) -> None:
    found = facts_of(run(lab, SCRIPTS["windows"], WINDOWS)["Output"])
    assert found["os_build"] == "7601"
    assert found["powershell"] == "2.0"
    website = run(lab, "Get-Website", WINDOWS)
    assert (website["Output"], website["ExitCode"], website["InvocationStatus"]) == ("Stopped\r\n", 3, "Failed")
    assert run(lab, "Write-Output hello", WINDOWS)["Output"] == ""


def test_default_guests_are_healthy_and_say_everything(make_lab: MakeLab) -> None:
    lab = make_lab(guest={})
    linux = facts_of(run(lab, SCRIPTS["linux"])["Output"])
    assert linux["kernel_newest"] == linux["kernel"]
    assert {key: linux[key] for key in HEALTHY_LINUX} == HEALTHY_LINUX
    windows = facts_of(run(lab, SCRIPTS["windows"], WINDOWS)["Output"])
    assert {key: windows[key] for key in HEALTHY_WINDOWS} == HEALTHY_WINDOWS
    assert abs(int(linux["time"]) - int(windows["time"])) < 60
    assert linux.keys() | windows.keys() >= FORMS.keys()
    assert not [key for said in (linux, windows) for key in FORMS.keys() & said if not is_known(key, said[key])]


@pytest.mark.parametrize(
    ("guest", "expected"),
    [
        ({"packages": ["mysql-community-server-8.0.36-1.el7.x86_64"]}, {"mysql": "mysql 8.0.36"}),
        (
            {"packages": ["kernel.x86_64", "kernel-3.10.0-1160.200.1.el7.x86_64"]},
            {"kernel_newest": "3.10.0-1160.200.1.el7.x86_64"},
        ),
        ({"free_mib": {"/": 4200}}, {"free_mib./boot": "4200", "mounted_on./boot": "/", "mounted_on./var": "/"}),
        ({"free_mib": {"/": 9000, "/data": 0}, "files": MOUNTED_DATA}, {"full_filesystems": "/data"}),
        ({"files": {"/proc/modules": "AliSecGuard 1 0 - Live 0x0 (OE)\n"}}, {"security_center": "yes"}),
        ({"files": {"/sys/fs/selinux/enforce": "1"}}, {"selinux": "enforcing"}),
        ({"files": {"/usr/bin/rsync": None}}, {"rsync": "no"}),
        ({"files": {"/usr/bin/yum": "#!/bin/sh\nexit 1\n"}}, {"package_manager_works": "no"}),
        ({"files": {"/usr/bin/yum": "#!/bin/sh\nexit 1\n"}}, {"package_sources": "failed"}),
        ({"files": {"/proc/77/comm": "yum\n"}}, {"package_manager_runs": "yum"}),
        ({"files": {"/.guest/immutable": "/etc/passwd\n"}}, {"immutable_files": "/etc/passwd"}),
        (
            {"files": {"/etc/fstab": "UUID=1 /data xfs\n", "/.guest/missing_devices": "UUID=1\n"}},
            {"missing_devices": "fstab:UUID=1"},
        ),
        ({"files": {"/.guest/units/chronyd": "inactive\n"}}, {"time_synchronised": "no"}),
        ({"files": {"/boot/vmlinuz-upgrade.x86_64": ""}}, {"leftovers": "/boot/vmlinuz-upgrade.x86_64"}),
        ({"files": {"/usr/local/bin/tool": "\x7fELF"}}, {"local_programs": "0"}),
        ({"files": {"/usr/local/lib/libtool.so": "\x7fELF"}}, {"local_program_names": "/usr/local/lib/libtool.so"}),
    ],
)
def test_a_scenario_makes_a_linux_guest_sick(
    make_lab: MakeLab, guest: dict[str, Any], expected: dict[str, str]
) -> None:
    found = facts_of(run(make_lab(guest=guest), SCRIPTS["linux"])["Output"])
    assert {key: found[key] for key in expected} == expected


def test_recorded_facts_are_those_that_the_script_writes(make_lab: MakeLab) -> None:
    script = SCRIPTS["windows"]
    recorded = facts_of(run(make_lab(guest={}), script, WINDOWS)["Output"])
    names = re.findall(r"Write-(Fact|List|All) '([^']+)'", script)
    assert recorded.keys() == {f"all.{name}" if kind == "All" else name for kind, name in names}


def test_a_scenario_replaces_and_leaves_out_recorded_facts(make_lab: MakeLab) -> None:
    lab = make_lab(guest={"facts": {"roles": "cluster", "tls12": ""}})
    found = facts_of(run(lab, SCRIPTS["windows"], WINDOWS)["Output"])
    assert found["roles"] == "cluster"
    assert "tls12" not in found


def test_a_command_that_was_taken_away_is_installed_again(make_lab: MakeLab) -> None:
    lab = make_lab(guest={"files": {"/usr/bin/rsync": None}})
    script = "command -v rsync || echo none; yum -y install rsync >/dev/null; command -v rsync; rpm -q rsync"
    assert run(lab, script)["Output"] == "none\n/usr/bin/rsync\nrsync-1.0-1.x86_64\n"


def test_a_unit_that_is_started_counts(make_lab: MakeLab) -> None:
    lab = make_lab(guest={"files": {"/.guest/units/chronyd": "inactive\n"}})
    assert run(lab, "systemctl enable --now chronyd; timedatectl")["Output"].strip() == "NTP synchronized: yes"


@pytest.mark.parametrize("instance_id", [LINUX, WINDOWS])
def test_a_clock_can_be_off(make_lab: MakeLab, instance_id: str) -> None:
    script = SCRIPTS["linux" if instance_id == LINUX else "windows"]
    for memoise in (False, True):
        lab = make_lab(scenario={"command": {"memoise_facts": memoise}}, faults={"clock_offset": -31536000})
        for _unused in range(2):
            said = int(facts_of(run(lab, script, instance_id)["Output"])["time"])
            assert abs(said + 31536000 - time.time()) < 60


@pytest.mark.parametrize("instance_id", [LINUX, WINDOWS])
@pytest.mark.parametrize("fault", SPOILT_FACTS)
def test_answers_to_the_facts_script_can_go_wrong(make_lab: MakeLab, fault: str, instance_id: str) -> None:
    lab = make_lab(faults={"facts": fault})
    found = run(lab, SCRIPTS["linux" if instance_id == LINUX else "windows"], instance_id)
    output = found["Output"]
    assert found["InvocationStatus"] == ("Timeout" if fault == "hangs" else "Success")
    assert output.startswith("osm-facts 1") == (fault in ("cut_off", "huge", "not_utf8"))
    assert output.rstrip().endswith("osm-facts end") == (fault == "not_utf8")
    assert ("\ufffd" in output) == (fault == "not_utf8")
    assert (found["Dropped"] > 10_000_000) == (fault == "huge")
    assert run(lab, "true", instance_id)["InvocationStatus"] == "Success"


def test_results_arrive_later(lab: Lab) -> None:
    invoke_id = send(lab, "echo done")
    assert result(lab, invoke_id)["InvocationStatus"] == "Running"
    lab.until(lambda: next(iter(lab.world.invocations[invoke_id].results.values())).finishes < 100)
    assert (result(lab, invoke_id)["InvocationStatus"], result(lab, invoke_id)["Output"]) == ("Running", "")
    lab.wait(7)
    found = result(lab, invoke_id)
    assert (found["InvocationStatus"], found["Output"], found["ExitCode"]) == ("Success", "done\n", 0)


@pytest.mark.parametrize(
    ("script", "output"),
    [
        ("cat /etc/hostname", "linux\n"),
        ("echo kept > /var/log/mark; cat </var/log/mark; ls /var/log", "kept\nmark\n"),
        ("pwd; echo $HOME; cd /; ls -d etc", "/root\n/root\netc\n"),
        ("for d in /usr /var; do df -Pm $d | awk 'NR == 2 { print $6, $4 }'; done", "/usr 5000\n/var 6000\n"),
        ("d=boot; df -Pk /$d | awk 'NR == 2 { print $4 }'", "307200\n"),
        ("#!/bin/bash\n/usr/bin/id -u; /bin/uname -m", "0\nx86_64\n"),
        ("rpm -q bash; rpm -q nothing; rpm -qa --qf '%{NAME}\\n' | grep -cv ^base", None),
        ("command -v dnf || command -v apt-get || echo no", "no\n"),
        ("systemctl is-active nginx; systemctl stop nginx; systemctl is-active nginx", "active\ninactive\n"),
        ("sed -n 's/^ID=\"\\(.*\\)\"/\\1/p' /etc/os-release", "centos\n"),
        ("echo err >&2; exit 0", "err\n"),
        ("free -m | awk '/^Mem/ {print $7}'", "3000\n"),
    ],
)
def test_scripts_see_the_guest(lab: Lab, script: str, output: str | None) -> None:
    found = run(lab, script)["Output"]
    assert found == (output or "bash-1.0-1.x86_64\npackage nothing is not installed\n6\n")


def test_a_script_writes_inside_its_root_only(lab: Lab, tmp_path: Path) -> None:
    run(lab, "touch /etc/cloudsim-was-here /tmp/cloudsim-was-here /root/x; rm -rf /var/log /opt")
    assert not Path("/etc/cloudsim-was-here").exists()
    assert not Path("/tmp/cloudsim-was-here").exists()
    assert Path("/var/log").exists()


def test_paths_are_rewritten_where_they_start() -> None:
    root = Path("/r")
    for text, expected in [
        ("cat /etc/passwd", "cat /r/etc/passwd"),
        ("x=/var/lib:/usr/bin", "x=/r/var/lib:/r/usr/bin"),
        ('>"/tmp/x"', '>"/r/tmp/x"'),
        ("a/etc/b ./etc ../etc $x/etc ${x}/etc ~/etc", "a/etc/b ./etc ../etc $x/etc ${x}/etc ~/etc"),
        ("awk '/^MemFree/' </dev/null", "awk '/^MemFree/' </dev/null"),
        ("http://mirrors.example/etc", "http://mirrors.example/etc"),
        ("/etcetera /variable", "/etcetera /variable"),
    ]:
        assert inside(text, root) == expected


def test_facts_are_counted_without_the_root_that_a_guest_does_not_know(lab: Lab) -> None:
    found = parse(run(lab, f"mkdir -p /var/lib/leapp/scratch\n{SCRIPTS['linux']}")["Output"])
    assert (found.trouble, found.facts["leftovers"]) == ("", "/var/lib/leapp/scratch")


def test_failures_and_timeouts(lab: Lab) -> None:
    failed = run(lab, "echo no; exit 7")
    assert [failed[key] for key in ("InvocationStatus", "ErrorCode", "ExitCode")] == ["Failed", "ExitCodeNonzero", 7]
    late = run(lab, "echo begun; sleep 60", Timeout=1)
    assert [late[key] for key in ("InvocationStatus", "ErrorCode", "Output")] == [
        "Timeout",
        "ExecutionTimeout",
        "begun\n",
    ]
    assert "ExitCode" not in late


def test_long_output_is_cut(lab: Lab) -> None:
    found = run(lab, "head -c 30000 /dev/zero | tr '\\0' x")
    assert (len(found["Output"]), found["Dropped"]) == (24576, 30000 - 24576)


def test_users_and_directories_that_are_not_there(lab: Lab) -> None:
    assert run(lab, "true", Username="nobody")["ErrorCode"] == "AccountNotExists"
    assert run(lab, "true", WorkingDir="/nowhere")["ErrorCode"] == "DirectoryNotExists"
    assert run(lab, "pwd", WorkingDir="/var/lib")["Output"] == "/var/lib\n"


@pytest.mark.parametrize(("agent", "code"), [("offline", "ClientNotResponse"), ("missing", "ClientNotRunning")])
def test_agents_that_do_not_answer(make_lab: MakeLab, agent: str, code: str) -> None:
    lab = make_lab(faults={"agent": agent})
    answer = lab.ok("ecs", "DescribeCloudAssistantStatus", InstanceId=[LINUX])
    [status] = answer["InstanceCloudAssistantStatusSet"]["InstanceCloudAssistantStatus"]
    assert status["CloudAssistantStatus"] == "false"
    assert bool(status["LastHeartbeatTime"]) == bool(status["CloudAssistantVersion"]) == (agent == "offline")
    found = run(lab, "true")
    assert (found["InvocationStatus"], found["ErrorCode"]) == ("Aborted", code)


def test_a_command_that_hangs_times_out_by_the_simulated_clock(make_lab: MakeLab) -> None:
    lab = make_lab(faults={"command_hangs": True})
    invoke_id = send(lab, "true", Timeout=600)
    lab.wait(599)
    assert result(lab, invoke_id)["InvocationStatus"] == "Running"
    lab.wait(2)
    assert result(lab, invoke_id)["InvocationStatus"] == "Timeout"


def test_a_stopped_invocation_stays_stopped(make_lab: MakeLab) -> None:
    lab = make_lab(faults={"command_hangs": True})
    invoke_id = send(lab, "true")
    lab.ok("ecs", "StopInvocation", InvokeId=invoke_id)
    lab.wait(100)
    assert result(lab, invoke_id)["InvocationStatus"] == "Terminated"


@pytest.mark.parametrize("instance_id", [LINUX, WINDOWS])
def test_importing_a_guest(lab: Lab, instance_id: str) -> None:
    token = lab.ok("smc", "CreateAccessToken", Count="1")
    command = f"acs-plugin-manager -e -P smc-client-plugin -p --activationcode={token['AccessTokenCode']}"
    refused = run(lab, "acs-plugin-manager -e -P smc-client-plugin -p --activationcode=guess", instance_id)
    assert (refused["ExitCode"], "Failed" in refused["Output"]) == (1, True)
    found = run(lab, command, instance_id)["Output"]
    [source] = lab.ok("smc", "DescribeSourceServers")["SourceServers"]["SourceServer"]
    assert found.strip() == f"Import Source Server [{source['SourceId']}] Successfully!"
    assert source["State"] == "Unavailable"
    assert instance_id not in source["SystemInfo"]
    lab.wait(91)
    assert lab.ok("smc", "DescribeSourceServers", State="Available")["TotalCount"] == 1
    assert run(lab, command, instance_id)["ExitCode"] == 1, "its one use is used up"


def test_activation_codes_expire(lab: Lab) -> None:
    code = lab.ok("smc", "CreateAccessToken", TimeToLiveInDays="1")["AccessTokenCode"]
    lab.wait(86401)
    assert run(lab, f"acs-plugin-manager {code}")["ExitCode"] == 1


def test_activation_codes_are_listed_disabled_and_deleted(lab: Lab) -> None:
    made = [lab.ok("smc", "CreateAccessToken", Name=name, Count="2") for name in ("wave-1", "wave-2")]
    codes = [one["AccessTokenCode"] for one in made]
    assert run(lab, f"acs-plugin-manager {codes[0]}")["ExitCode"] == 0
    [first] = lab.ok("smc", "ListAccessTokens", Name="wave-1")["AccessTokens"]["AccessToken"]
    assert (first["RegisteredCount"], first["Count"], first["Status"]) == ("1", "2", "activated")
    assert not [code for code in codes if code in str(lab.ok("smc", "ListAccessTokens"))]
    lab.ok("smc", "DisableAccessToken", AccessTokenId=made[0]["AccessTokenId"])
    lab.ok("smc", "DeleteAccessToken", AccessTokenId=made[1]["AccessTokenId"])
    [left] = lab.ok("smc", "ListAccessTokens")["AccessTokens"]["AccessToken"]
    assert (left["Name"], left["Status"]) == ("wave-1", "unactivated")
    assert [run(lab, f"acs-plugin-manager {code}")["ExitCode"] for code in codes] == [1, 1]
    assert lab.ok("smc", "DescribeSourceServers")["TotalCount"] == 1, "who has registered stays so"


def test_a_client_that_still_runs_lets_no_guest_register(make_lab: MakeLab) -> None:
    lab = make_lab(guest={"files": {"/run/go2aliyun_client.pid": "1"}})
    code = lab.ok("smc", "CreateAccessToken")["AccessTokenCode"]
    assert "already running" in run(lab, f"acs-plugin-manager {code}")["Output"]
    assert run(lab, f"go2aliyun_client --abort; acs-plugin-manager {code}")["ExitCode"] == 0


def test_somebody_imports_a_guest_by_hand(make_lab: MakeLab) -> None:
    lab = make_lab(events=[{"at": 100, "what": "import"}])
    assert lab.ok("smc", "DescribeSourceServers")["TotalCount"] == 0
    lab.wait(101)
    assert lab.ok("smc", "DescribeSourceServers")["TotalCount"] == len(lab.world.instances)
    lab.wait(600)
    assert lab.ok("smc", "DescribeSourceServers", State="Available")["TotalCount"] == len(lab.world.instances)


def test_importing_again_keeps_the_source(lab: Lab) -> None:
    code = lab.ok("smc", "CreateAccessToken")["AccessTokenCode"]
    first, second = (run(lab, f"acs-plugin-manager --activationcode={code}")["Output"] for _unused in range(2))
    assert first == second
    assert lab.ok("smc", "DescribeSourceServers")["TotalCount"] == 1


def test_what_a_script_changes_counts(lab: Lab) -> None:
    run(lab, "yum -y remove glibc.i686 zlib.i686 && rpm -qa")
    assert "glibc.i686" not in lab.world.instances[LINUX].packages
    run(lab, "reboot")
    lab.wait(1)
    assert lab.ok("ecs", "DescribeInstances", Status="Running")["TotalCount"] == 1


def test_after_a_migration_the_guest_is_another_system(make_lab: MakeLab) -> None:
    lab = make_lab(smc_source="available", guest={"packages": ["glibc.x86_64"]})
    run(lab, "echo mine > /var/lib/data")
    source = lab.world.source_of[LINUX]
    asked = {"SourceId": source.id, "JobType": 1, "TargetOsType": "Alibaba Cloud Linux 3"}
    job_id = lab.ok("smc", "CreateReplicationJob", **asked)["JobId"]
    lab.ok("smc", "StartReplicationJob", JobId=job_id)
    lab.wait(1101)
    found = run(lab, ". /etc/os-release; echo $ID $VERSION_ID; uname -r; command -v dnf; cat /var/lib/data")["Output"]
    assert found.splitlines() == ["alinux 3", "5.10.134-16.1.al8.x86_64", "/usr/bin/dnf", "mine"]


def test_facts_can_be_run_once_per_group(make_lab: MakeLab) -> None:
    lab = make_lab(scenario={"command": {"memoise_facts": True}})
    script = SCRIPTS["linux"]
    first, second = (facts_of(run(lab, script)["Output"]) for _unused in range(2))
    assert {**first, "time": ""} == {**second, "time": ""}  # a clock is never remembered


def test_roots_are_made_when_needed_and_removed_at_the_end(lab: Lab) -> None:
    base = lab.runner.base
    assert list(base.iterdir()) == []
    run(lab, "true")
    assert {entry.name for entry in base.iterdir()} == {"bin", LINUX}
    lab.close()
    assert not base.exists()


def test_the_end_does_not_wait_for_scripts(lab: Lab) -> None:
    send(lab, "sleep 20")
    mark = lab.runner.base / LINUX / ".guest" / "script-1"
    lab.until(mark.exists)
    started = time.monotonic()
    lab.close()
    assert time.monotonic() - started < 5


# --- the agent's own habits ------------------------------------------------------------------------------------------


def test_the_middle_of_a_long_output_is_missing(lab: Lab) -> None:
    result = run(lab, "i=0; while [ $i -lt 6000 ]; do echo $i; i=$((i + 1)); done")
    lines = result["Output"].splitlines()
    assert (lines[0], lines[-1]) == ("0", "5999")
    assert len(result["Output"]) + result["Dropped"] == sum(len(f"{n}\n") for n in range(6000))
    assert "2000" not in lines


@pytest.mark.parametrize(("code", "power"), [(194, "Starting"), (193, "Stopped")])
def test_an_exit_code_restarts_the_guest_or_powers_it_off(make_lab: MakeLab, code: int, power: str) -> None:
    lab = make_lab(guest={})
    assert (run(lab, f"exit {code}")["ExitCode"]) == code
    instance = lab.world.instances[LINUX]
    reached = {instance.power.at(lab.world.now() + seconds) for seconds in range(0, 200, 2)}
    assert power in reached
    assert ("Running" in {instance.power.at(lab.world.now() + 300)}) == (code == 194)


def test_a_child_outlives_the_time_out_of_its_script(make_lab: MakeLab) -> None:
    lab = make_lab(guest={}, faults={"outlives": "yum"})
    assert facts_of(run(lab, SCRIPTS["linux"])["Output"])["package_manager_runs"] == "none"
    assert run(lab, "sleep 5", Timeout=1)["ErrorCode"] == "ExecutionTimeout"
    assert facts_of(run(lab, SCRIPTS["linux"])["Output"])["package_manager_runs"] == "yum"
    lab.wait(700)
    assert facts_of(run(lab, SCRIPTS["linux"])["Output"])["package_manager_runs"] == "none"


def test_a_task_whose_file_is_there_is_refused(make_lab: MakeLab) -> None:
    result = run(make_lab(guest={}, faults={"script": "exists"}), "true")
    assert (result["InvocationStatus"], result["ErrorCode"]) == ("Failed", "ScriptFileExisted")
    assert "ExitCode" not in result


def test_the_other_agent_runs_a_script_again_after_the_restart_that_it_asks_for(lab: Lab) -> None:
    lab.runner.habits = SYSTEMS_MANAGER
    once = "[ -e /var/lib/again ] && exit 0; : > /var/lib/again; exit 194"
    result = run(lab, once)
    assert (result["InvocationStatus"], result["ExitCode"]) == ("Success", 0)
    instance = lab.world.instances[LINUX]
    assert "Starting" in {instance.power.at(lab.world.now() + seconds) for seconds in range(-60, 60, 2)}
    lab.wait(300)
    assert run(lab, "exit 193")["ExitCode"] == 193
    assert instance.power.at(lab.world.now() + 600) == "Running"


def test_the_other_agent_keeps_the_beginning_of_an_output_and_says_that_it_was_cut(lab: Lab) -> None:
    lab.runner.habits = SYSTEMS_MANAGER
    result = run(lab, "head -c 30000 /dev/zero | tr '\\0' x; echo end")
    assert result["Output"] == "x" * KEPT + CUT_MARK.decode()
    assert result["Dropped"] == 30004 - KEPT


def test_the_other_agent_cannot_run_a_script_that_it_cannot_write(make_lab: MakeLab) -> None:
    lab = make_lab(guest={}, faults={"script": "disk_full", "outlives": "yum"})
    lab.runner.habits = SYSTEMS_MANAGER
    assert run(lab, "true")["ErrorInfo"] == "failed to create script file"


@pytest.mark.parametrize(("trouble", "code", "said"), [("noexec", 126, "Permission denied"), ("policy", 1, "signed")])
def test_a_script_that_is_refused_says_why(make_lab: MakeLab, trouble: str, code: int, said: str) -> None:
    result = run(make_lab(guest={}, faults={"script": trouble}), "true")
    assert (result["ExitCode"], result["InvocationStatus"]) == (code, "Failed")
    assert said in result["Output"]


def test_a_full_disk_takes_no_file_and_facts_are_found_all_the_same(make_lab: MakeLab) -> None:
    lab = make_lab(guest={}, faults={"script": "disk_full"})
    found = facts_of(run(lab, SCRIPTS["linux"])["Output"])
    assert found["os_id"] == "centos"
    assert "package_sources" not in found
    assert found["why.package_sources"] == "cannot be read"


@pytest.mark.parametrize(("language", "script", "output"), [("zh-CN", "读取", "鏂囨湰"), ("en-US", "è¯»", "文本")])
def test_code_pages_change_what_is_not_ascii(make_lab: MakeLab, language: str, script: str, output: str) -> None:
    answers = [{"contains": script, "output": "文本"}, {"contains": "ascii", "output": "plain"}]
    lab = make_lab(guest={"language": language, "answers": answers}, scenario={"command": {"code_pages": True}})
    assert run(lab, "读取", WINDOWS)["Output"] == output
    assert run(lab, "ascii", WINDOWS)["Output"] == "plain"


@pytest.mark.parametrize("language", ["en-US", "de-DE", "ja-JP", "zh-TW"])
def test_only_ascii_arrives_whole_in_every_language(language: str) -> None:
    """The file is written in one code page and read in another."""
    assert CLOUD_ASSISTANT.read("plain $x", language) == SYSTEMS_MANAGER.read("plain $x", language) == "plain $x"
    assert CLOUD_ASSISTANT.read("读取", language) != "读取"
    assert SYSTEMS_MANAGER.read("读取", language) == CLOUD_ASSISTANT.read("读取", "zh-CN") == "读取"
