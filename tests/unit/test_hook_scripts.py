# Copyright (c) 2026 evergreen.os_migration contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Hooks as guests get them, run for real by shells and by a PowerShell; the example's agents are stood in for."""

from __future__ import annotations

import re
import shutil
import subprocess
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import pytest
from ansible_collections.evergreen.os_migration.plugins.module_utils._core.hooks import Due, Hook, marks
from ansible_collections.evergreen.os_migration.plugins.module_utils._core.scripts import hook
from ansible_collections.evergreen.os_migration.plugins.plugin_utils._calls import hook_scripts
from cloudsim.core.linux_guest import inside
from guest.windows import CURRENT, MISSING, Answer, Case, World, find, may, run, server, service
from hypothesis import given, settings
from hypothesis import strategies as st

from .guest_root import GuestRoot

ROOT = Path(__file__).resolve().parents[2]
EXAMPLE = ROOT / "examples/hooks"
SHELLS = [["dash"], ["bash", "--posix"], ["busybox", "sh"]]
MARK = "0123456789ab"
RECORD = "var/lib/os_migration.hooks"
TEXTS = hook_scripts()


def due(script: str, *arguments: str, shell: str = "sh", mark: str = MARK, name: str = "agent") -> Due:
    return Due(Hook(name, "before_hop", script, shell, arguments=arguments), mark, "centos-7", "alinux-3")


def text(script: str, *arguments: str, **more: str) -> str:
    return hook(due(script, *arguments, **more), TEXTS)


# --- Linux ------------------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Guest(GuestRoot):
    shell: list[str]

    def run(self, script: str, *arguments: str, **more: str) -> subprocess.CompletedProcess[str]:
        """Run a hook as the agent does, which lets it have no input of its own."""
        self.write("script", inside(text(script, *arguments, **more), self.root))
        temporary = self.root / "tmp"
        temporary.mkdir(exist_ok=True)
        environment = {"PATH": f"{self.root}/bin:/usr/bin:/bin", "ROOT": str(self.root), "TMPDIR": str(temporary)}
        command = [*self.shell, str(self.root / "script")]
        return subprocess.run(
            command, env=environment, input="asked\n", capture_output=True, text=True, timeout=30, check=False
        )

    @property
    def kept(self) -> dict[str, str]:
        """The word of each mark, as the facts script would tell it."""
        lines = (self.root / RECORD).read_text("utf-8").split()
        return {mark: kept.word for mark, kept in marks({"hooks": " ".join(lines)}).items()}


@pytest.fixture(params=SHELLS, ids=lambda words: words[0])
def guest(request: pytest.FixtureRequest, tmp_path: Path) -> Guest:
    if not shutil.which(request.param[0]):
        pytest.skip(f"{request.param[0]} is not installed (apt install {request.param[0]})")
    (tmp_path / "var/lib").mkdir(parents=True)
    return Guest(tmp_path, request.param)


def test_a_hook_gets_its_arguments_and_where_it_stands(guest: Guest) -> None:
    script = 'printf "%s|" "$@"; echo "$OS_MIGRATION_HOOK $OS_MIGRATION_WHEN $OS_MIGRATION_SOURCE $OS_MIGRATION_TARGET"'
    done = guest.run(script, "a b", "$(id)'\"", name="it's ours")
    assert (done.returncode, done.stdout) == (0, "a b|$(id)'\"|it's ours before_hop centos-7 alinux-3\n")
    assert guest.kept == {MARK: "done"}
    assert list((guest.root / "tmp").iterdir()) == []


@pytest.mark.parametrize(("code", "word"), [(0, "done"), (194, "done"), (3, "failed"), (193, "failed")])
def test_a_hook_s_end_is_passed_on_and_kept(guest: Guest, code: int, word: str) -> None:
    """194 asks the agent for a restart: the work is done then."""
    assert guest.run(f"exit {code}").returncode == code
    assert guest.kept == {MARK: word}


def test_that_a_hook_has_begun_is_kept_before_it_runs(guest: Guest) -> None:
    assert f"{MARK}:begun:" in guest.run(f"cat /{RECORD}").stdout


def test_a_hook_is_not_run_where_its_mark_cannot_be_kept(guest: Guest) -> None:
    (guest.root / "var/lib").rmdir()
    done = guest.run("echo it ran")
    assert (done.returncode, done.stdout) == (1, "")
    assert "nothing was run" in done.stderr


def test_the_marks_of_the_last_hooks_are_kept_and_one_for_each(guest: Guest) -> None:
    guest.write(RECORD, "".join(f"{number:012x}:done:5\n" for number in range(30)) + f"{MARK}:failed:6\n")
    guest.run("exit 0")
    assert guest.kept == {**{f"{number:012x}": "done" for number in range(11, 30)}, MARK: "done"}


def test_a_link_in_the_place_of_the_record_is_not_followed(guest: Guest) -> None:
    guest.write("etc/passwd", "root\n")
    (guest.root / RECORD).symlink_to(guest.root / "etc/passwd")
    guest.run("exit 0")
    assert (guest.root / "etc/passwd").read_text("utf-8") == "root\n"
    assert guest.kept == {MARK: "done"}


def test_a_hook_is_run_by_what_its_first_line_names_and_reads_nothing_of_the_wrapper(guest: Guest) -> None:
    assert guest.run('#!/bin/bash\nwords=(a b); echo "${words[1]}"; cat').stdout == "b\n"
    assert guest.run('#!/usr/bin/env bash\necho "$BASH" | wc -l').stdout.strip() == "1"


@pytest.mark.parametrize("script", ["echo 'EOF'\ncat <<EOF\n$HOME\\\nEOF\n", "echo no end of a line", "\n\ntrue\n\n"])
def test_a_hook_arrives_as_it_is(tmp_path: Path, script: str) -> None:
    told = re.search(r"(?ms)^cat <<'(os-migration-\w+)'\n(.*?)^\1$", text(script))
    assert told
    assert told[2].rstrip("\n") == script.rstrip("\n")


AGENT = {
    "rpm": 'case $1 in -q) [ -e "$ROOT/agent" ] ;; -e) echo rpm -e >> "$ROOT/did"; rm "$ROOT/agent" ;; esac',
    "yum": 'echo yum >> "$ROOT/did"; : > "$ROOT/agent"',
    "systemctl": 'echo "systemctl $*" >> "$ROOT/did"; [ ! -e "$ROOT/broken" ]',
}


@pytest.fixture
def with_agent(guest: Guest) -> Guest:
    for name, body in AGENT.items():
        guest.command(name, body)
    guest.write("agent", "")
    return guest


def of_example(name: str) -> str:
    return (EXAMPLE / name).read_text("utf-8")


def test_the_example_for_linux_removes_an_agent_and_installs_it_again_also_when_it_runs_twice(
    with_agent: Guest,
) -> None:
    names = ("monitoring-agent", "monitoring")
    for said in ("removed monitoring-agent", "monitoring-agent is not installed"):
        done = with_agent.run(of_example("remove_agent.sh"), *names)
        assert (done.returncode, said in done.stdout, (with_agent.root / "agent").exists()) == (0, True, False)
    for _time in range(2):
        done = with_agent.run(of_example("install_agent.sh"), *names)
        assert (done.returncode, (with_agent.root / "agent").exists()) == (0, True), done.stderr
    did = (with_agent.root / "did").read_text("utf-8").splitlines()
    assert did[:3] == ["systemctl disable --now monitoring", "rpm -e", "yum"]
    assert (did.count("rpm -e"), did.count("yum")) == (1, 1)


def test_the_example_for_linux_says_when_an_agent_does_not_obey(with_agent: Guest) -> None:
    with_agent.write("broken", "")
    assert with_agent.run(of_example("remove_agent.sh"), "monitoring-agent", "monitoring").returncode != 0
    assert (with_agent.root / "agent").exists()
    assert with_agent.kept == {MARK: "failed"}


# --- Windows ----------------------------------------------------------------------------------------------------------

windows = [pytest.mark.skipif(not find(), reason=MISSING), pytest.mark.xdist_group("powershell")]
MEMORY = r"HKLM:\SOFTWARE\evergreen.os_migration.hooks"
PRODUCT, FILE = "{9F1C2D3E-0000-4A5B-8C6D-7E8F90A1B2C3}", r"C:\Install\agent.msi"
KEY = rf"{CURRENT}\Uninstall\{PRODUCT}"


def powershell(script: str, *arguments: str, **more: str) -> str:
    return text(script, *arguments, shell="powershell", **more)


def guest_with_agent(there: bool = True, release: str = "windows-2008r2", **more: Any) -> World:
    world = server(release)
    world["products"] = {PRODUCT: {"service": "MonitoringAgent", "file": FILE, **more}}
    if there:
        world["registry"][KEY] = {}
        world["services"].append(service("MonitoringAgent"))
    return world


def kept(answer: Answer) -> dict[str, str]:
    told = " ".join(answer.registry[MEMORY]["marks"])
    return {mark: one.word for mark, one in marks({"hooks": told}).items()}


REMOVE = powershell(of_example("remove_agent.ps1"), "MonitoringAgent", PRODUCT)
INSTALL = powershell(of_example("install_agent.ps1"), "MonitoringAgent", PRODUCT, FILE, mark="ba9876543210")
ECHO = '"$($args.Count) $($arguments[1])|$($args -join \',\')"; "$env:OS_MIGRATION_HOOK $env:OS_MIGRATION_TARGET"'
MANY = {"marks": [f"{number:012x}:done:5" for number in range(30)] + [f"{MARK}:failed:6"]}
CASES = {
    "arguments": Case([powershell(ECHO, "a b", "\u2019); 'INJECTED' {", name="Bob\u2019s")]),
    "ends": Case([powershell('"ended"')]),
    "restart": Case([powershell("exit 3010")]),
    "failed": Case([powershell('"tried"\nexit 3')]),
    "thrown": Case([powershell("throw 'no such agent'")]),
    "begun": Case([powershell(f"(Get-ItemProperty -LiteralPath '{MEMORY}').marks")]),
    "error": Case([powershell("Write-Error 'told only'\n'went on'")]),
    "native": Case([powershell("sh -c 'exit 7'\n'went on'")]),
    "no mark": Case([powershell("'it ran'")], broken=["New-ItemProperty"]),
    "many": Case([powershell("exit 0")], {**server(), "registry": {**server()["registry"], MEMORY: MANY}}),
    "agent": Case([REMOVE, REMOVE, INSTALL, INSTALL], guest_with_agent()),
    "agent of 2022": Case([REMOVE, INSTALL], guest_with_agent(release="windows-2022")),
    "agent wants a restart": Case([REMOVE], guest_with_agent(restart=True)),
    "agent without a package": Case([INSTALL], guest_with_agent(there=False, file="elsewhere.msi")),
}


@pytest.fixture(scope="module")
def told() -> dict[str, Answer]:
    return dict(zip(CASES, run(list(CASES.values()), timeout=200), strict=True))


class TestWindows:
    pytestmark = windows

    def test_a_hook_gets_its_arguments_and_where_it_stands(self, told: dict[str, Answer]) -> None:
        words = "\u2019); 'INJECTED' {"
        assert told["arguments"].steps[0].output == [f"2 {words}|a b,{words}", "Bob\u2019s alinux-3"]

    @pytest.mark.parametrize(
        ("case", "status", "word"),
        [
            ("ends", 0, "done"),
            ("restart", 3010, "done"),
            ("failed", 3, "failed"),
            ("thrown", 1, "failed"),
            ("error", 0, "done"),
            ("native", 0, "done"),
        ],
    )
    def test_a_hook_s_end_is_passed_on_and_kept(
        self, told: dict[str, Answer], case: str, status: int, word: str
    ) -> None:
        """What counts is what the script exits with, as PowerShell itself does it for a file."""
        assert (told[case].steps[0].status, kept(told[case])) == (status, {MARK: word})

    def test_that_a_hook_has_begun_is_kept_before_it_runs(self, told: dict[str, Answer]) -> None:
        assert told["begun"].text.startswith(f"{MARK}:begun:")

    def test_a_hook_is_not_run_where_its_mark_cannot_be_kept(self, told: dict[str, Answer]) -> None:
        assert told["no mark"].steps[0].status == 1
        assert "nothing was run" in told["no mark"].text
        assert "it ran" not in told["no mark"].text

    def test_the_marks_of_the_last_hooks_are_kept_and_one_for_each(self, told: dict[str, Answer]) -> None:
        assert kept(told["many"]) == {**{f"{number:012x}": "done" for number in range(11, 30)}, MARK: "done"}

    def test_the_wrapper_does_what_is_written_and_nothing_else(self, told: dict[str, Answer]) -> None:
        calls = {call for case in ("ends", "restart", "many") for call in told[case].calls}
        files = {call for call in calls if re.fullmatch(r"remove .*/os_migration-0123456789ab-\d+\.ps1", call)}
        assert calls - files == may("guest/hook.ps1")

    def test_the_example_removes_an_agent_and_installs_it_again_also_when_it_runs_twice(
        self, told: dict[str, Answer]
    ) -> None:
        for case, times in (("agent", 2), ("agent of 2022", 1)):
            answer = told[case]
            assert [step.status for step in answer.steps] == [0] * 2 * times
            assert answer.services["MonitoringAgent"] == "Running"
            assert kept(answer) == {MARK: "done", "ba9876543210": "done"}
            started = [call.split()[2] for call in answer.calls if call.startswith("start msiexec.exe")]
            assert started == ["/x", "/i"]
        assert f"{PRODUCT} is not installed" in told["agent"].steps[1].output

    def test_the_example_says_what_went_wrong(self, told: dict[str, Answer]) -> None:
        assert told["agent wants a restart"].steps[0].status == 0
        assert "MonitoringAgent" not in told["agent wants a restart"].services
        failed = told["agent without a package"]
        assert (failed.steps[0].status, failed.text) == (1, "msiexec ended with 1605")


@settings(max_examples=30, deadline=None)
@given(st.text(alphabet=st.characters(exclude_categories=["Cs"], exclude_characters="\0"), min_size=1))
def test_what_is_sent_to_windows_is_ascii_and_no_code(script: str) -> None:
    assert powershell(script).isascii()
    sent = re.search(r"(?m)^\$script = ConvertFrom-Sent '(.*)'$", powershell(script))
    assert sent
    assert not set(sent[1]) & set("'{\u2018\u2019\u201a\u201b")


def test_a_hook_leaves_most_of_what_an_agent_takes_to_the_user() -> None:
    for shell in ("sh", "powershell"):
        assert len(hook(replace(due("x"), hook=replace(due("x").hook, shell=shell)), TEXTS)) < 5000
