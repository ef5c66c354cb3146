# Copyright (c) 2026 evergreen.os_migration contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The throw-away root of a Linux guest, and one script run in it with `sh`.

This is a directory, not a container: absolute paths in the script are rewritten to lie inside it, PATH leads to
stand-ins and to a chosen few commands of this machine, and under root the script runs as nobody. It keeps honest
scripts inside; it does not hold a hostile one.
"""

from __future__ import annotations

import contextlib
import os
import re
import shutil
import signal
import subprocess
import threading
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from .agent_habits import CLOUD_ASSISTANT, Habits
from .oses import CATALOG
from .state import Content, Instance

STAND_INS = Path(__file__).with_name("guest_bin")
OUTPUT_LIMIT = 24 * 1024
NOBODY = 65534
_BASE_PACKAGES = 120
_FILE_BLOCKS = 20480  # 512-byte blocks that a script may write into one file
_DIRECTORIES = (
    *(
        "boot",
        "etc/yum.repos.d",
        "home",
        "mnt",
        "opt",
        "proc/1",
        "proc/net",
        "proc/sys/kernel/random",
        "root",
        "run",
        "srv",
        "tmp",
    ),
    *("sys/class/net/eth0/device", "sys/class/net/lo", "sys/firmware"),
    *("usr/bin", "usr/lib", "usr/local", "usr/share", "var/lib/rpm", "var/log", "var/tmp"),
)
_BOOT_ID, _STAT = "proc/sys/kernel/random/boot_id", "proc/stat"
_FILES = {
    "etc/fstab": "UUID=6634633e-001d-43ba-8fab-202f1df93339 / ext4 defaults 1 1\n",
    "etc/passwd": "root:x:0:0:root:/root:/bin/bash\n",
    "etc/yum.repos.d/base.repo": "[base]\nname=base\nbaseurl=http://mirrors.cloud.aliyuncs.com/\nenabled=1\n",
    "proc/1/comm": "systemd\n",
    "proc/cmdline": "BOOT_IMAGE=/boot/vmlinuz root=UUID=6634633e-001d-43ba-8fab-202f1df93339 ro net.ifnames=0\n",
    "proc/filesystems": "nodev\tproc\n\text4\n",
    "proc/modules": "virtio_net 28096 0 - Live 0x0000000000000000\n",
    "proc/net/route": "Iface Destination Gateway Flags RefCnt Use Metric Mask\n"
    "eth0 00000000 FD00A8C0 0003 0 0 0 00000000 0 0 0\n",
    "proc/net/tcp": "sl local_address rem_address st\n0: 00000000:0016 00000000:0000 0A\n",
    "proc/mounts": "/dev/vda1 / ext4 rw,relatime 0 0\nproc /proc proc rw 0 0\n",
    "var/lib/rpm/Packages": "see .guest/packages\n",
}
_TOP = "bin|boot|etc|home|lib|lib64|media|mnt|opt|proc|root|run|sbin|smc|srv|sys|tmp|usr|var"
# A slash that starts an absolute path: nothing before it that could be the rest of a longer path or of an expression.
_ABSOLUTE = re.compile(rf"(?<![\w.\-/}}~*?\]\\^])/(?=(?:{_TOP})(?![\w-]))")
_SHEBANG = re.compile(r"\A#!.*\n")
_BASIC_COMMANDS = """
    [ awk base64 basename bash cat chgrp chmod chown cksum cmp comm cp cut date dd diff dirname echo egrep env expr
    false find fold grep gunzip gzip head install join kill ln ls md5sum mkdir mktemp mv nl nproc od paste printf ps pwd
    readlink realpath rev rm rmdir sed seq sh sha256sum sleep sort split stat sync tac tail tar tee test timeout touch
    tr true uniq wc xargs
"""


@dataclass(frozen=True)
class Ran:
    """What a script did; rc is None when it ran out of time."""

    rc: int | None
    output: bytes
    dropped: int = 0
    imported: bool = False
    rebooted: bool = False


class LinuxGuest:
    """One guest's root; made at the first script, refreshed when the operating system has changed."""

    def __init__(self, instance: Instance, root: Path, bin_dir: Path, habits: Habits = CLOUD_ASSISTANT) -> None:
        self.instance = instance
        self.root = root
        self._bin_dir = bin_dir
        self._content: Content | None = None
        self._habits = habits
        self._starting = threading.Lock()
        self._process: subprocess.Popen[bytes] | None = None
        self._closed = False

    def prepare(self, content: Content, boot_id: str, booted: int) -> None:
        """Make the root what is on the disk, as it was booted."""
        if self._content == content:
            self._boot(boot_id, booted)
            return
        new = self._content is None
        if new:
            self._make()
        self._describe(content)
        if new:
            self._place_files()
        self._boot(boot_id, booted)
        self._content = content
        if os.geteuid() == 0:
            subprocess.run(["chown", "-hR", f"{NOBODY}:{NOBODY}", str(self.root)], check=True)

    def _boot(self, boot_id: str, booted: int) -> None:
        """What a boot writes, unless the scenario says otherwise."""
        for name, text in {_BOOT_ID: f"{boot_id}\n", _STAT: f"btime {booted}\n"}.items():
            if f"/{name}" not in self.instance.group.guest.files:
                self._write(name, text)

    def _make(self) -> None:
        for name in _DIRECTORIES:
            (self.root / name).mkdir(parents=True, exist_ok=True)
        for name, target in (("bin", "usr/bin"), ("sbin", "usr/bin"), ("lib", "usr/lib"), ("usr/sbin", "bin")):
            (self.root / name).symlink_to(target)
        (self.root / ".guest/taken").mkdir(parents=True)
        (self.root / "tmp").chmod(0o1777)
        group = self.instance.group
        free = "".join(f"{path} {mib}\n" for path, mib in group.guest.free_mib.items())
        available = group.guest.memory_available_mib * 1024
        memory = {"MemTotal": group.memory_mib * 1024, "MemFree": available, "MemAvailable": available}
        self._write(".guest/free_mib", free)
        self._write(".guest/arch", f"{group.machine}\n")
        self._write(".guest/packages", "".join(f"{package}\n" for package in self.instance.packages))
        self._write(".guest/clock_offset", f"{group.faults.clock_offset}\n")
        self._write("etc/hostname", f"{self.instance.host_name}\n")
        self._write("proc/meminfo", "".join(f"{name}: {kib} kB\n" for name, kib in memory.items()))
        if group.architecture == "arm64":
            (self.root / "sys/firmware/efi").mkdir()
        for name, text in _FILES.items():
            self._write(name, text)

    def _place_files(self) -> None:
        """What the scenario wants in the root; a command that it takes away is kept for the package of its name."""
        for name, text in self.instance.group.guest.files.items():
            path = self.root / name.lstrip("/")
            if text is not None:
                path.parent.mkdir(parents=True, exist_ok=True)
                path.unlink(missing_ok=True)
                self._write(name.lstrip("/"), text)
                path.chmod(0o755 if text.startswith("#!") else 0o644)
            elif path.parent == self.root / "usr/bin":
                path.rename(self.root / ".guest/taken" / path.name)
            else:
                path.unlink()

    def _describe(self, content: Content) -> None:
        """Everything that tells the operating system."""
        system = CATALOG[content.os]
        runs = CATALOG[content.former] if content.arrival == "old_kernel" else system
        architecture = (self.root / ".guest/arch").read_text().strip()
        self._write("etc/os-release", system.os_release)
        self._write("etc/redhat-release", f"{system.redhat_release}\n")
        self._write(".guest/kernel", f"{runs.kernel}.{architecture}\n")
        self._write(".guest/keys", f"{system.making.key} {runs.making.key}\n")
        base = list(_base(content, self.instance.group.machine))
        if not any(name.startswith("kernel") for name in self.instance.packages):
            base.append(f"kernel {runs.kernel} {architecture} {runs.making.key}")
        self._write(".guest/base", "".join(f"{line}\n" for line in base))
        self._write(".guest/release", f"{system.making.release}\n")
        lost = self.instance.group.faults.loses if content.hops else ()
        services = [name for name in self.instance.group.guest.services if name not in lost]
        self._write(".guest/services", "".join(f"{name}\n" for name in services))
        self._write(
            "proc/version", f"Linux version {runs.kernel}.{architecture} (mockbuild@{runs.making.builder}) (gcc)\n"
        )
        commands = self.root / "usr/bin"
        (commands / "dnf").unlink(missing_ok=True)
        kept = {path.name for directory in (commands, self.root / ".guest/taken") for path in directory.iterdir()}
        absent = kept | ({"dnf"} if system.package_manager == "yum" else set())
        for command in self._bin_dir.iterdir():
            if command.name not in absent:
                (commands / command.name).symlink_to(command)

    def _write(self, name: str, text: str) -> None:
        path = self.root / name
        path.write_text(text, encoding="utf-8")
        path.chmod(0o644)

    def outlive(self, program: str, alive: bool) -> None:
        """A program that an earlier script left behind is among the processes, or has ended."""
        place = self.root / "proc/4711"
        if alive and not place.exists():
            place.mkdir()
            self._write("proc/4711/comm", f"{program}\n")
        elif not alive:
            shutil.rmtree(place, ignore_errors=True)

    def fill(self) -> None:
        """No directory takes a new file any more; the simulator's own still does."""
        for directory in (self.root / "tmp", self.root / "var/tmp", self.root / "var/lib", self.root / "etc"):
            directory.chmod(0o555)

    def has_directory(self, path: str) -> bool:
        return (self.root / path.lstrip("/")).is_dir()

    def run(self, script: str, *, timeout: float, cwd: str, activation: str | None) -> Ran:
        """Run a script; `activation` is the line "CODE SOURCE" that the plug-in manager's stand-in believes."""
        state = self.root / ".guest"
        number = self.instance.invocations
        source, output = state / f"script-{number}", state / f"output-{number}"
        self._write(f".guest/{source.name}", inside(script, self.root))
        if activation:
            self._write(".guest/activation", f"{activation}\n")
        try:
            rc = self._execute(source, output, self.root / cwd.lstrip("/"), timeout)
            text = outside(output.read_bytes(), self.root)
            arrived, dropped = self._habits.arrives(text, OUTPUT_LIMIT)
            return Ran(rc, arrived, dropped, self._flag("imported"), self._flag("reboot"))
        finally:
            for leftover in (source, output, state / "activation"):
                leftover.unlink(missing_ok=True)
            self.instance.packages = tuple((state / "packages").read_text().split())

    def _flag(self, name: str) -> bool:
        """Whether a stand-in left its mark; the mark is wiped."""
        mark = self.root / ".guest" / name
        seen = mark.exists()
        mark.unlink(missing_ok=True)
        return seen

    def close(self) -> None:
        """End the script that runs, and start no other."""
        with self._starting:
            self._closed = True
            if self._process:
                _kill(self._process)

    def _execute(self, source: Path, output: Path, cwd: Path, timeout: float) -> int | None:
        root = str(self.root)
        commands = f"{root}/usr/bin"
        environment = {"PATH": commands, "HOME": f"{root}/root", "TMPDIR": f"{root}/tmp", "CLOUDSIM_ROOT": root}
        with self._starting, output.open("wb") as sink:
            if self._closed:
                return None
            self._process = process = subprocess.Popen(
                ["/bin/sh", "-c", f'ulimit -f {_FILE_BLOCKS}; exec /bin/sh "$0"', str(source)],
                cwd=cwd,
                env=environment | {"LANG": "C.UTF-8", "USER": "root"},
                stdin=subprocess.DEVNULL,
                stdout=sink,
                stderr=subprocess.STDOUT,
                start_new_session=True,
                user=_user(),
                group=_user(),
            )
        try:
            return process.wait(timeout)
        except subprocess.TimeoutExpired:
            return None
        finally:
            _kill(process)
            process.wait()


def _base(content: Content, machine: str) -> Iterator[str]:
    """The packages that every system has beside those of the scenario: NAME VERSION-RELEASE ARCH KEY."""
    new, old = CATALOG[content.os].making, CATALOG[content.former or content.os].making
    converted = _BASE_PACKAGES // 4 if content.arrival == "half_converted" else _BASE_PACKAGES
    for number in range(_BASE_PACKAGES):
        making = new if number < converted else old
        yield f"base-{number} 1.0-1.{making.tag} {machine} {making.key}"
    yield f"{new.release} 1-1.{new.tag} noarch {new.key}"


def _kill(process: subprocess.Popen[bytes]) -> None:
    with contextlib.suppress(ProcessLookupError):
        os.killpg(process.pid, signal.SIGKILL)


def _user() -> int | None:
    """Nobody when the simulator runs as root, else who we are."""
    return NOBODY if os.geteuid() == 0 else None


def inside(script: str, root: Path) -> str:
    """The script with its absolute paths (but /dev) put under the root."""
    return _ABSOLUTE.sub(lambda _match: f"{root}/", _SHEBANG.sub("\n", script))


def outside(output: bytes, root: Path) -> bytes:
    """What the script printed without the root before its paths, which it counted as characters of its own."""
    name = str(root).encode()
    fewer = output.count(name) * len(name)
    counted = re.compile(rb"^(osm-facts lines \d+) (\d+)$", re.MULTILINE)
    return counted.sub(lambda found: b"%s %d" % (found[1], int(found[2]) - fewer), output.replace(name, b""))


def collect_commands(target: Path) -> None:
    """Copies of the stand-ins and links to this machine's basic commands, shared by all guests."""
    target.mkdir()
    for stand_in in STAND_INS.iterdir():
        shutil.copy2(stand_in, target / stand_in.name)
        (target / stand_in.name).chmod(0o755)
    for name in _BASIC_COMMANDS.split():
        found = shutil.which(name, path="/usr/local/bin:/usr/bin:/bin")
        if found and not (target / name).exists():
            (target / name).symlink_to(found)
