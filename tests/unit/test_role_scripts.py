# Copyright (c) 2026 evergreen.os_migration contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The scripts that stop and start services in Linux guests, run for real with a stand-in for systemctl."""

from __future__ import annotations

import shutil
import subprocess
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from ansible_collections.evergreen.os_migration.plugins.module_utils._core.command import stopped_services
from ansible_collections.evergreen.os_migration.plugins.module_utils._core.scripts import with_arguments
from cloudsim.core.linux_guest import inside
from guest.sent import as_given
from hypothesis import given, settings
from hypothesis import strategies as st

from .guest_root import GuestRoot

ROLES = Path(__file__).resolve().parents[2] / "roles"
#: Units are files: their word is what they do. web and cache listen by sockets; stopping web stops its exporter along.
SYSTEMCTL = """
units=$ROOT/units
verb=
for argument in "$@"; do
    case $argument in
        --quiet) quiet=yes ;;
        TriggeredBy | Id) asked=$argument ;;
        --* | -p) ;;
        *) if [ -z "$verb" ]; then verb=$argument; else unit=${argument%.service}; fi ;;
    esac
done
case $unit in *.*) ;; *) unit=$unit.service ;; esac
case $verb in
    list-units) cd "$units" && grep -lx active * | sed 's/$/ loaded active running It runs/' ;;
    show)
        if [ "$asked" = Id ]; then echo "Id=$unit"; exit; fi
        if [ -e "$units/${unit%.service}.socket" ]; then echo "TriggeredBy=${unit%.service}.socket"; fi ;;
    is-active) grep -qsx active "$units/$unit" ;;
    is-enabled) [ -e "$units/$unit" ] && ! grep -qx "${unit%.service}" "$ROOT/by-hand" ;;
    stop | start)
        [ -e "$units/$unit" ] || exit 5
        case $unit in broken*) exit 1 ;; esac
        echo "$verb $unit" >> "$ROOT/did"
        if [ $verb = stop ]; then echo inactive > "$units/$unit"; else echo active > "$units/$unit"; fi
        if [ "$verb $unit" = "stop web.service" ]; then echo inactive > "$units/exporter.service"; fi ;;
esac
"""
RECORD = "var/lib/os_migration.stopped"


SHELLS = [["dash"], ["bash", "--posix"], ["busybox", "sh"]]


@dataclass(frozen=True)
class Guest(GuestRoot):
    shell: list[str]

    def run(self, script: str, *arguments: str) -> subprocess.CompletedProcess[str]:
        self.write("script", inside(as_given(ROLES / script), self.root))
        environment = {"PATH": f"{self.root}/bin:/usr/bin:/bin", "ROOT": str(self.root)}
        command = [*self.shell, str(self.root / "script"), *arguments]
        return subprocess.run(command, env=environment, capture_output=True, text=True, timeout=30, check=False)

    @property
    def did(self) -> str:
        return (self.root / "did").read_text("utf-8")


@pytest.fixture(params=SHELLS, ids=lambda words: words[0])
def guest(request: pytest.FixtureRequest, tmp_path: Path) -> Guest:
    """A guest with services, of which one does not obey and one is started by hand."""
    if not shutil.which(request.param[0]):
        pytest.skip(f"{request.param[0]} is not installed (apt install {request.param[0]})")
    made = Guest(tmp_path, request.param)
    made.command("systemctl", SYSTEMCTL)
    for unit in ("nginx", "web", "exporter", "broken", "tool"):
        made.write(f"units/{unit}.service", "active\n")
    made.write("units/web.socket", "active\n")
    made.write("units/idle.service", "inactive\n")
    made.write("by-hand", "tool\nidle\n")
    made.write("proc/1/comm", "systemd\n")
    made.write("did", "")
    made.write("etc/os-release", 'ID="centos"\nVERSION_ID="7"\n')
    (made.root / "var/lib").mkdir(parents=True)
    return made


def runs(guest: Guest) -> set[str]:
    units = (guest.root / "units").iterdir()
    return {path.name for path in units if path.read_text("utf-8") == "active\n"}


def stop(guest: Guest, *names: str, code: int = 0) -> str:
    done = guest.run("sequence/files/stop_services.sh", *names)
    assert done.returncode == code, done.stderr
    return done.stdout + done.stderr


def start(guest: Guest, *names: str, code: int = 0) -> str:
    done = guest.run("sequence/files/start_services.sh", *names)
    assert done.returncode == code, done.stderr
    return done.stdout + done.stderr


@pytest.mark.parametrize("verb", [stop, start])
@pytest.mark.parametrize("name", ["missing", "*", "ngin[x]", "-h", "", "o'brien", "dä$(reboot)`x`", "a b"])
def test_services_that_a_guest_does_not_have_are_passed_over(guest: Guest, verb: Any, name: str) -> None:
    before = runs(guest)
    told = verb(guest, name)
    assert "no service" in told or "does not start at boot" in told
    assert runs(guest) == before


def test_a_service_that_does_not_obey_is_an_error_after_the_others_had_their_turn(guest: Guest) -> None:
    assert stop(guest, "broken", "nginx", code=1).endswith("cannot stop broken\n")
    assert guest.did == "stop nginx.service\n"
    guest.write("units/broken.service", "inactive\n")
    (guest.root / RECORD).unlink()
    assert start(guest, "broken", "nginx", code=1).endswith("cannot start broken\n")
    assert guest.did.endswith("start nginx.service\n")


def test_services_are_put_back_as_they_were(guest: Guest) -> None:
    """Also what was started by hand and what stopped along; not what did not run; the last one first."""
    before = runs(guest)
    told = stop(guest, "tool", "web", "idle", "missing")
    assert runs(guest) == before - {"tool.service", "web.service", "web.socket", "exporter.service"}
    assert {line for line in told.splitlines() if line.startswith("was running: ")} == {
        f"was running: {unit}" for unit in before - runs(guest)
    }
    start(guest, "tool", "web", "idle", "missing")
    assert runs(guest) == before
    assert not (guest.root / RECORD).exists()


def test_nothing_is_stopped_while_a_package_manager_runs_and_what_was_stopped_is_started_all_the_same(
    guest: Guest,
) -> None:
    stop(guest, "tool")
    before = runs(guest)
    guest.write("proc/7/comm", "dnf-automatic\n")
    assert stop(guest, "nginx", code=1) == "nothing was changed: wait until these have ended: dnf-automatic\n"
    assert runs(guest) == before
    start(guest)
    assert "tool.service" in runs(guest)


def test_a_service_that_hangs_costs_itself_only(guest: Guest) -> None:
    """The limit is shortened here; without one the script would wait until the agent gives it up."""
    guest.command("systemctl", f'case "$*" in "stop -- tool") sleep 30 ;; esac\n{SYSTEMCTL}')
    guest.command("timeout", f'shift; exec {shutil.which("timeout")} 2 "$@"')
    assert "cannot stop tool\n" in stop(guest, "tool", "nginx", code=1)
    assert "nginx.service" not in runs(guest)


def test_what_is_about_to_be_stopped_is_written_down_before(guest: Guest) -> None:
    """Whoever kills the script, and whenever: what it stopped is known."""
    seen = f'case "$*" in stop*) cat "$ROOT/{RECORD}" >> "$ROOT/seen" ;; esac\n{SYSTEMCTL}'
    guest.command("systemctl", seen)
    stop(guest, "web", "missing", "nginx")
    first, *_between, last = (guest.root / "seen").read_text("utf-8").split('ID="centos"')[1:]
    assert first.splitlines()[1:] == ["web.socket", "web.service"]
    assert set(last.splitlines()[1:]) == {"web.socket", "web.service", "exporter.service", "nginx.service"}
    guest.command("mktemp", "exit 1")
    before = runs(guest)
    assert "cannot stop tool: cannot write" in stop(guest, "tool", code=1)
    assert runs(guest) == before


def test_what_does_not_stop_is_not_said_to_be_stopped(guest: Guest) -> None:
    guest.command("systemctl", f'case "$*" in "stop -- nginx") exit 1 ;; esac\n{SYSTEMCTL}')
    assert stopped_services(stop(guest, "nginx", code=1)) == ()
    assert not (guest.root / RECORD).exists()


def test_however_many_services_hang_the_script_comes_to_its_end(guest: Guest) -> None:
    guest.command("date", 'echo $(($(cat "$ROOT/clock") + 0))')
    guest.write("clock", "100\n")
    guest.command("systemctl", f'case "$*" in stop*) echo 900 > "$ROOT/clock" ;; esac\n{SYSTEMCTL}')
    told = stop(guest, "nginx", "tool", code=1)
    assert "cannot stop tool: no time is left" in told
    assert stopped_services(told) == ("nginx.service",)

    stop(guest, "tool")
    guest.write("clock", "100\n")
    guest.command("systemctl", f'case "$*" in start*) echo 900 > "$ROOT/clock" ;; esac\n{SYSTEMCTL}')
    assert "cannot see whether nginx.service starts: no time is left" in start(guest, code=1)
    assert (guest.root / RECORD).exists()
    assert {"tool.service", "nginx.service"} <= runs(guest), "it was asked to start all the same"


def test_a_socket_is_stopped_before_what_it_would_start_again(guest: Guest) -> None:
    stop(guest, "web")
    assert guest.did.splitlines() == ["stop web.socket", "stop web.service"]


def test_what_two_runs_have_stopped_is_started_by_the_third(guest: Guest) -> None:
    before = runs(guest)
    stop(guest, "nginx")
    told = stop(guest, "nginx", "tool")
    assert set(stopped_services(told)) == {"nginx.service", "tool.service"}, "whoever comes next would start both"
    start(guest)
    assert runs(guest) == before


def test_on_another_system_what_starts_at_boot_is_started(guest: Guest) -> None:
    stop(guest, "nginx", "tool")
    guest.write("etc/os-release", 'ID="alinux"\nVERSION_ID="3"\n')
    assert start(guest, "nginx", "tool") == "started nginx\ntool does not start at boot: left alone\n"
    assert not (guest.root / RECORD).exists()


def test_what_could_not_be_started_is_kept_for_the_next_run(guest: Guest) -> None:
    guest.write("units/broken.service", "active\n")
    stop(guest, "nginx")
    record = (guest.root / RECORD).read_text("utf-8")
    guest.write(RECORD, f"{record}broken.service\n")
    guest.write("units/broken.service", "inactive\n")
    assert "cannot start broken.service" in start(guest, code=1)
    assert (guest.root / RECORD).exists()
    guest.write("units/broken.service", "active\n")
    start(guest)
    assert not (guest.root / RECORD).exists()


def test_a_link_in_the_place_of_the_record_is_not_followed(guest: Guest) -> None:
    guest.write("home/user/precious", "kept")
    (guest.root / RECORD).symlink_to(guest.root / "home/user/precious")
    stop(guest, "nginx")
    assert (guest.root / "home/user/precious").read_text("utf-8") == "kept"
    start(guest)
    assert "nginx.service" in runs(guest)


@pytest.mark.parametrize("shell", SHELLS, ids=lambda words: words[0])
def test_a_name_is_a_name_and_what_is_sent_stays_ascii(shell: list[str]) -> None:
    if not shutil.which(shell[0]):
        pytest.skip(f"{shell[0]} is not installed (apt install {shell[0]})")
    letters = st.characters(exclude_categories=["Cs"], exclude_characters="\0\r\n")
    odd = st.sampled_from("'\"$`\\*?[]{}()<>|&;#~! \u2018\u201cä日")

    @settings(max_examples=60, deadline=None)
    @given(st.lists(st.text(letters | odd, max_size=200), min_size=1, max_size=4))
    def check(names: list[str]) -> None:
        script = with_arguments("sh", 'for name in "$@"; do printf \'%s\\n\' "$name"; done', names, "")
        assert script.isascii()
        done = subprocess.run([*shell, "-c", script], capture_output=True, timeout=30, check=True)
        assert done.stdout.decode() == "".join(f"{name}\n" for name in names)

    check()
