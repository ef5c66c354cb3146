# Copyright (c) 2026 evergreen.os_migration contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The scripts with which roles prepare Linux guests, run for real in a throw-away root with stand-ins for commands."""

from __future__ import annotations

import subprocess
from dataclasses import dataclass
from pathlib import Path

import pytest
from cloudsim.linux_guest import inside

ROLES = Path(__file__).resolve().parents[2] / "roles"
MIRROR = "http://mirror.example/repo"
NEW, OLD = "etc/yum.repos.d", "etc/yum.repos.d.before-os-migration"
SYSTEMCTL = """
case "$*" in
    "stop nginx" | "start nginx") echo "$*" >> "$ROOT/did" ;;
    "--quiet is-enabled nginx" | "--quiet is-enabled broken") ;;
    *broken*) exit 1 ;;
    "--quiet is-enabled by-hand") exit 1 ;;
    *) exit 5 ;;
esac
"""


@dataclass(frozen=True)
class Guest:
    root: Path

    def write(self, name: str, text: str) -> None:
        path = self.root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, "utf-8")

    def command(self, name: str, body: str) -> None:
        self.write(f"bin/{name}", f"#!/bin/sh\n{body}\n")
        (self.root / "bin" / name).chmod(0o755)

    def run(self, script: str, *arguments: str) -> subprocess.CompletedProcess[str]:
        self.write("script", inside((ROLES / script).read_text("utf-8"), self.root))
        environment = {"PATH": f"{self.root}/bin:/usr/bin:/bin", "ROOT": str(self.root)}
        command = ["sh", str(self.root / "script"), *arguments]
        return subprocess.run(command, env=environment, capture_output=True, text=True, timeout=30, check=False)

    def files(self, directory: str) -> dict[str, str]:
        found = sorted((self.root / directory).glob("*"))
        return {path.name: path.read_text("utf-8") for path in found if path.is_file()}


@pytest.fixture
def guest(tmp_path: Path) -> Guest:
    """CentOS 7 with a working yum and a mirror that answers."""
    made = Guest(tmp_path)
    made.write("etc/redhat-release", "CentOS Linux release 7.9.2009 (Core)\n")
    made.write("etc/yum.repos.d/CentOS-Base.repo", "old base")
    made.command("yum", "exit 0")
    made.command("curl", f'[ "$1 $2" = "-fsS -o" ] && echo "${{4#{MIRROR}/}}" > "$3"')
    made.command("systemctl", SYSTEMCTL)
    return made


def switch(guest: Guest) -> subprocess.CompletedProcess[str]:
    return guest.run("centos/files/switch_repositories.sh", MIRROR)


def test_repositories_are_replaced_and_the_old_ones_kept(guest: Guest) -> None:
    assert switch(guest).returncode == 0
    assert guest.files(NEW) == {"CentOS-Base.repo": "Centos-7.repo\n"}
    assert guest.files(OLD) == {"CentOS-Base.repo": "old base"}


def test_epel_comes_along_if_it_was_there(guest: Guest) -> None:
    guest.write("etc/yum.repos.d/epel.repo", "old epel")
    assert switch(guest).returncode == 0
    assert guest.files(NEW) == {"CentOS-Base.repo": "Centos-7.repo\n", "epel.repo": "epel-7.repo\n"}


def test_centos_8_has_files_of_its_own(guest: Guest) -> None:
    guest.write("etc/redhat-release", "CentOS Linux release 8.5.2111\n")
    assert switch(guest).returncode == 0
    assert guest.files(NEW) == {"CentOS-Base.repo": "Centos-8.repo\n"}


def test_the_second_time_nothing_happens(guest: Guest) -> None:
    switch(guest)
    guest.command("curl", "exit 7")
    again = switch(guest)
    assert (again.returncode, again.stdout) == (0, "the repositories were switched before\n")
    assert guest.files(OLD) == {"CentOS-Base.repo": "old base"}


@pytest.mark.parametrize(
    ("command", "told"), [("curl", f"cannot fetch {MIRROR}/Centos-7.repo"), ("yum", "the old ones are back")]
)
def test_when_it_does_not_work_everything_is_as_before(guest: Guest, command: str, told: str) -> None:
    guest.command(command, "exit 7")
    failed = switch(guest)
    assert failed.returncode == 1
    assert told in failed.stderr
    assert guest.files(NEW) == {"CentOS-Base.repo": "old base"}
    assert [path.name for path in (guest.root / "etc").glob("yum.repos.d*")] == ["yum.repos.d"]


def test_other_systems_are_left_alone(guest: Guest) -> None:
    guest.write("etc/redhat-release", "Alibaba Cloud Linux release 3 (Soaring Falcon)\n")
    failed = switch(guest)
    assert failed.returncode == 1
    assert "this is not CentOS 7 or 8" in failed.stderr
    assert guest.files(NEW) == {"CentOS-Base.repo": "old base"}


@pytest.mark.parametrize("verb", ["stop", "start"])
def test_services_that_a_guest_does_not_have_are_passed_over(guest: Guest, verb: str) -> None:
    done = guest.run(f"sequence/files/{verb}_services.sh", "nginx", "missing")
    assert done.returncode == 0, done.stderr
    assert guest.files(".")["did"] == f"{verb} nginx\n"


@pytest.mark.parametrize("verb", ["stop", "start"])
def test_a_service_that_does_not_obey_is_an_error_after_the_others_had_their_turn(guest: Guest, verb: str) -> None:
    done = guest.run(f"sequence/files/{verb}_services.sh", "broken", "nginx")
    assert done.returncode == 1
    assert done.stderr == f"cannot {verb} broken\n"
    assert guest.files(".")["did"] == f"{verb} nginx\n"


def test_what_does_not_start_at_boot_is_not_started(guest: Guest) -> None:
    done = guest.run("sequence/files/start_services.sh", "by-hand")
    assert (done.returncode, done.stdout) == (0, "by-hand does not start at boot: left alone\n")
