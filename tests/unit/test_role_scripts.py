# Copyright (c) 2026 evergreen.os_migration contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The scripts that stop and start services in Linux guests, run for real with a stand-in for systemctl."""

from __future__ import annotations

import subprocess
from pathlib import Path

import pytest
from cloudsim.core.linux_guest import inside

from .guest_root import GuestRoot

ROLES = Path(__file__).resolve().parents[2] / "roles"
SYSTEMCTL = """
case "$*" in
    "stop nginx" | "start nginx") echo "$*" >> "$ROOT/did" ;;
    "--quiet is-enabled nginx" | "--quiet is-enabled broken") ;;
    *broken*) exit 1 ;;
    "--quiet is-enabled by-hand") exit 1 ;;
    *) exit 5 ;;
esac
"""


class Guest(GuestRoot):
    def run(self, script: str, *arguments: str) -> subprocess.CompletedProcess[str]:
        self.write("script", inside((ROLES / script).read_text("utf-8"), self.root))
        environment = {"PATH": f"{self.root}/bin:/usr/bin:/bin", "ROOT": str(self.root)}
        command = ["sh", str(self.root / "script"), *arguments]
        return subprocess.run(command, env=environment, capture_output=True, text=True, timeout=30, check=False)

    @property
    def did(self) -> str:
        return (self.root / "did").read_text("utf-8")


@pytest.fixture
def guest(tmp_path: Path) -> Guest:
    """A guest that runs nginx, and broken, which does not obey."""
    made = Guest(tmp_path)
    made.command("systemctl", SYSTEMCTL)
    return made


@pytest.mark.parametrize("verb", ["stop", "start"])
def test_services_that_a_guest_does_not_have_are_passed_over(guest: Guest, verb: str) -> None:
    done = guest.run(f"sequence/files/{verb}_services.sh", "nginx", "missing")
    assert done.returncode == 0, done.stderr
    assert guest.did == f"{verb} nginx\n"


@pytest.mark.parametrize("verb", ["stop", "start"])
def test_a_service_that_does_not_obey_is_an_error_after_the_others_had_their_turn(guest: Guest, verb: str) -> None:
    done = guest.run(f"sequence/files/{verb}_services.sh", "broken", "nginx")
    assert done.returncode == 1
    assert done.stderr == f"cannot {verb} broken\n"
    assert guest.did == f"{verb} nginx\n"


def test_what_does_not_start_at_boot_is_not_started(guest: Guest) -> None:
    done = guest.run("sequence/files/start_services.sh", "by-hand")
    assert (done.returncode, done.stdout) == (0, "by-hand does not start at boot: left alone\n")
