# Copyright (c) 2026 evergreen.os_migration contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What each shell script may read, write and start, held against its text and against what it was seen to do."""

from __future__ import annotations

import re
import shutil
import subprocess
from pathlib import Path
from typing import Any

import pytest
import yaml
from cloudsim.core.linux_guest import inside
from guest.opened import opened
from guest.sent import as_given, as_used

from .guest_root import GuestRoot

ROOT = Path(__file__).resolve().parents[2]
CONTRACT: dict[str, dict[str, list[str]]] = yaml.safe_load((ROOT / "tests/guest/scripts.yml").read_text("utf-8"))
SCRIPTS = sorted(str(path.relative_to(ROOT)) for path in [*ROOT.glob("guest/*.sh"), *ROOT.glob("roles/*/files/*.sh")])
PAGE = (ROOT / "docs/inside-guests.md").read_text("utf-8")
MIRROR = "http://mirror.example/repo"
#: Where commands are looked for; devices are asked for by commands that are named.
SEARCHED = {"/bin", "/sbin", "/usr/bin", "/usr/sbin"}
PATH = re.compile(r"(?<![\w.\-/}~*?\]\\^:])/(?:bin|boot|etc|opt|proc|root|sbin|sys|usr|var)(?:/[\w.\-*\[\]]+)*")
SYSTEMCTL = """
case "$*" in
    list-units*) [ -e "$ROOT/off" ] || echo nginx.service ;;
    *stop*) : > "$ROOT/off" ;;
esac
"""
YUM = """
case "$*" in
    *"install rsync") printf '#!/bin/sh\\n' > "$ROOT/bin/rsync"; chmod 755 "$ROOT/bin/rsync" ;;
esac
"""
#: Programs that are stood in for; the others are this machine's.
STAND_INS = {
    "bash": "exit 0",
    "blkid": "echo of-${7#/dev/}",
    "curl": f'[ "$1 $2" = "-fsS -o" ] && case $4 in {MIRROR}/*) echo "[x]" ;; *) echo "#!/bin/sh" ;; esac > "$3"',
    "df": 'echo head; for last in "$@"; do :; done; echo /dev/vda1 9 9 4198400 1% /',
    "dnf": "exit 0",
    "findfs": "exit 0",
    "lsattr": 'shift; for path in "$@"; do echo "-------------e-- $path"; done',
    "lsmod": "exit 0",
    "openssl": "while read -r _; do :; done; echo BEGIN CERTIFICATE; echo 'Verify return code: 0 (ok)'; echo match",
    "rpm": 'case "$*" in *-qf*) exit 1 ;; -qa*@*) echo "@ old 1-1 i386 1" ;; -qa*) echo old.i386 ;; esac',
    "rsync": "exit 0",
    "sleep": "exit 0",
    "systemctl": SYSTEMCTL,
    "timedatectl": '[ -e "$ROOT/synchronised" ] && echo "NTP synchronized: yes"; : > "$ROOT/synchronised"',
    "uname": "echo 3.10",
    "wget": "exit 1",
    "yum": YUM,
}
ARGUMENTS = {"repositories": [MIRROR, "true"], "security_center": ["http://update.example/uninstall.sh"]}
#: What is run several times, each time with other arguments.
RUNS = {
    "check": [
        ["tcp", "1", "127.0.0.1", "9"],
        ["http", "1", "http://127.0.0.1:9/", "200", "open", "true"],
        ["tls", "1", "127.0.0.1", "9", "localhost", "0"],
    ]
}


#: What only defines functions has them called.
CALLED = {"sent.sh": "\nidle\nlimited 9 true\n"}


class Seen(GuestRoot):
    """A guest in which there is something to do for every script; it writes down which programs were started."""

    def __init__(self, root: Path) -> None:
        super().__init__(root)
        for name, text in {
            "boot/vmlinuz-upgrade.x86_64": "kernel",
            "etc/crypttab": "data /dev/null none\n",
            "etc/fstab": "/dev/vdb1 /data xfs defaults 0 0\nUUID=1 /x xfs defaults 0 0\n",
            "etc/os-release": "ID=centos\nVERSION_ID=7\n",
            "etc/passwd": "root:x:0:0\n",
            "etc/redhat-release": "CentOS Linux release 7.9.2009 (Core)\n",
            "etc/yum.repos.d/base.repo": "[base]\n",
            "opt/tool": "\x7fELF",
            "proc/1/comm": "systemd\n",
            "proc/mounts": "/dev/vda1 / ext4 rw 0 0\n",
            "usr/local/aegis/aegis_client/version": "12",
            "var/lib/leapp/scratch/file": "left",
            "var/lib/rpm/Packages": "db",
        }.items():
            self.write(name, text)
        (root / "opt/tool").chmod(0o755)

    def provide(self, names: set[str]) -> None:
        for name in names:
            real = f'exec {shutil.which(name)} "$@"'
            self.command(name, f'echo {name} >> "$ROOT/started"\n{STAND_INS.get(name, real)}')

    def run(self, script: str, *arguments: str) -> None:
        text = inside(as_given(ROOT / script), self.root) + CALLED.get(Path(script).name, "")
        command = [str(shutil.which("dash") or "sh"), "-c", text, script, *arguments]
        environment = {"PATH": f"{self.root}/bin", "ROOT": str(self.root), "TMPDIR": str(self.root.parent)}
        done = subprocess.run(command, env=environment, capture_output=True, text=True, timeout=60, check=False)
        assert "not found" not in done.stderr, done.stderr

    def state(self) -> dict[str, Any]:
        ours = ("bin/", "started", "off", "synchronised")
        files = {f"/{path.relative_to(self.root)}": path for path in self.root.rglob("*") if path.is_file()}
        return {name: path.read_bytes() for name, path in files.items() if not name[1:].startswith(ours)}


def known(path: str) -> bool:
    """What stands in for commands, and what they keep."""
    return path.startswith(("/bin", "/started", "/off", "/synchronised"))


def test_every_script_is_in_the_list_and_on_the_page() -> None:
    assert sorted(CONTRACT) == SCRIPTS
    assert [name for name in SCRIPTS if f"`{Path(name).name}`" not in PAGE] == []


@pytest.mark.parametrize("script", SCRIPTS)
def test_a_script_names_no_path_that_it_may_not_touch(script: str) -> None:
    code = re.sub(r"(?m)^\s*#.*$", "", as_used(ROOT / script))
    allowed = [*CONTRACT[script]["reads"], *CONTRACT[script]["writes"]]
    named = set(PATH.findall(code)) - SEARCHED
    assert {path for path in named if not path.startswith(tuple(allowed))} == set()


@pytest.mark.parametrize("script", SCRIPTS)
def test_a_script_starts_reads_and_writes_nothing_that_it_may_not(script: str, tmp_path: Path) -> None:
    seen = Seen(tmp_path / "root")
    may = CONTRACT[script]
    seen.provide({*STAND_INS, *may["starts"], "chmod"} - ({"rsync"} if "rsync" in script else set()))
    before = seen.state()
    key = Path(script).stem.removeprefix("linux.")
    arguments = ["nginx"] if "sequence" in script else ["apply", *ARGUMENTS.get(key, [])]
    with opened(seen.root) as read:
        for words in RUNS.get(key, [arguments]):
            seen.run(script, *words)
    after = seen.state()
    allowed = (*may["reads"], *may["writes"])
    above = {str(above) for path in allowed for above in Path(path).parents}
    assert {path for path in read if not known(path) and not path.startswith(allowed)} - above == set()
    started = set((seen.root / "started").read_text("utf-8").split())
    assert started - set(may["starts"]) == set()
    changed = {name for name in before.keys() | after.keys() if before.get(name) != after.get(name)}
    assert {name for name in changed if not name.startswith(tuple(may["writes"]))} == set()
    assert list(tmp_path.iterdir()) == [seen.root], "a temporary directory was left"


def test_the_list_of_programs_is_no_longer_than_it_has_to_be() -> None:
    for script, may in CONTRACT.items():
        code = as_used(ROOT / script)
        assert [name for name in may["starts"] if not re.search(rf"\b{re.escape(name)}\b", code)] == [], script


def test_the_list_of_what_is_read_is_no_longer_than_it_has_to_be() -> None:
    for script, may in CONTRACT.items():
        named = PATH.findall(re.sub(r"(?m)^\s*#.*$", "", as_used(ROOT / script)))
        assert [path for path in may["reads"] if not any(name.startswith(path) for name in named)] == [], script


def test_what_is_read_is_seen(tmp_path: Path) -> None:
    seen = Seen(tmp_path / "root")
    with opened(seen.root) as read:
        (seen.root / "etc/passwd").read_text("utf-8")
        list((seen.root / "opt").iterdir())
        (seen.root / "etc/fstab").exists()
    assert read == {"/etc/passwd", "/opt"}
