# Copyright (c) 2026 evergreen.os_migration contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The shell scripts that run inside guests: every fact of a healthy guest, a sick one, and one that lacks a tool.

The facts script runs in a made-up root: its absolute paths are put under a directory, and PATH leads to stubs and to
the few commands that it may use.
"""

from __future__ import annotations

import re
import shutil
import subprocess
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from ansible_collections.evergreen.os_migration.plugins.module_utils._core.facts import parse
from ansible_collections.evergreen.os_migration.plugins.module_utils._engine.acts import FACTS_TIMEOUT
from ansible_collections.evergreen.os_migration.plugins.plugin_utils._calls import as_sent
from cloudsim.core.linux_guest import inside, outside

ROOT = Path(__file__).resolve().parents[2]
FACTS = ROOT / "guest/facts.sh"
SHELLS = {"dash": ["dash"], "bash": ["bash", "--posix"], "busybox": ["busybox", "sh"]}
SHELL_SCRIPTS = sorted([*ROOT.glob("guest/*.sh"), *ROOT.glob("roles/*/files/*.sh")])
ALL_SCRIPTS = sorted([*SHELL_SCRIPTS, *ROOT.glob("guest/*.ps1"), *ROOT.glob("roles/*/files/*.ps1")])
#: Cloud Assistant takes the least: 24 KiB of Base64.
LEAST_SCRIPT = 18 * 1024
#: And brings the least: 24 KiB, of which the lists of what is compared leave some to the facts.
MOST_OUTPUT = 23_000
COMMANDS = ["awk", "cat", "cksum", "date", "find", "grep", "mktemp", "rm", "sed", "sh", "sort", "timeout", "true"]


def _without_sum(value: str) -> str:
    """A list of what is compared, without the checksum of it."""
    count, checksum, *names = value.split(" ")
    assert checksum.isdecimal()
    return " ".join([count, *names])


def checksum(text: str) -> str:
    done = subprocess.run(["cksum"], input=text, capture_output=True, text=True, check=True)
    return done.stdout.strip()


SOCKETS = "  sl  local_address rem_address   st\n   0: {}\n   1: {}\n"


def summed(*names: str) -> str:
    """What the script makes of a list, its checksum aside."""
    last, told = "", [str(len(names))]
    for name in sorted(each.replace(" ", "_") for each in names):
        same = next((n for n, (a, b) in enumerate(zip(name, last, strict=False)) if a != b), min(len(name), len(last)))
        told.append("0123456789abcdefghijklmnopqrstuvwxyz"[min(same, 35)] + name[min(same, 35) :])
        last = name
    return " ".join(told)


BACKUP = "0 3 * * * root backup --password=secret\n"
FILES = {
    "etc/os-release": 'NAME="CentOS Linux"\nID="centos"\nVERSION_ID="7"\nPRETTY_NAME="CentOS Linux 7 (Core)"\n',
    "etc/redhat-release": "CentOS Linux release 7.9.2009 (Core)\n",
    "etc/fstab": "# /dev/sda1 is what it was\nUUID=6634633e-001d / xfs defaults 0 0\n",
    "etc/yum.repos.d/base.repo": "[base]\nenabled=1\n",
    "etc/passwd": "root:x:0:0:root:/root:/bin/bash\n",
    "proc/1/comm": "systemd\n",
    "proc/cmdline": "BOOT_IMAGE=/vmlinuz ro net.ifnames=0 quiet\n",
    "proc/filesystems": "nodev\tselinuxfs\n\txfs\n",
    "proc/meminfo": "MemTotal: 8000000 kB\nMemFree: 1024 kB\nMemAvailable: 4096000 kB\n",
    "etc/cron.d/backup": BACKUP,
    "proc/net/tcp": SOCKETS.format("00000000:0016 00000000:0000 0A", "0100007F:0019 00000000:0000 0A"),
    "proc/net/tcp6": SOCKETS.format(f"{'0' * 32}:0016 {'0' * 32}:0000 0A", f"{'0' * 32}:C350 {'0' * 32}:0000 0A"),
    "proc/net/udp": SOCKETS.format("00000000:007B 00000000:0000 07", "0500000A:0035 0900000A:0035 01"),
    "proc/net/route": "Iface Destination Gateway Flags RefCnt Use Metric Mask\n"
    "eth0 00000000 FD00A8C0 0003 0 0 0 00000000 0 0 0\n",
    "proc/modules": "virtio_net 28096 0 - Live 0x0\nxfs 997127 1 - Live 0x0\n",
    "proc/mounts": "/dev/vda1 / xfs rw 0 0\nproc /proc proc rw 0 0\n/dev/sr0 /cd iso9660 ro 0 0\n",
    "proc/stat": "cpu 1 2 3\nbtime 1700000000\n",
    "proc/sys/kernel/random/boot_id": "6f0d3e0c-1b51-4c0a-9c3e-5d1f0a7c2b11\n",
    "proc/version": "Linux version 3.10.0-1160.el7.x86_64 (mockbuild@kbuilder.bsys.centos.org) (gcc version 4.8.5)\n",
    "sys/class/net/eth0/device/vendor": "0x1af4\n",
    "sys/class/net/lo/mtu": "65536\n",
    "sys/firmware/acpi/tables": "",
    "var/lib/rpm/Packages": "db",
}
#: What rpm prints of the signature by CentOS 7's key.
SIGNED = "RSA/SHA256, Thu 10 Aug 2017 16:13:04 UTC, Key ID 24c6a8a7f4a80eb5"
PACKAGES = f"""
@ kernel 3.10.0-1160.el7 x86_64 1600000000 {SIGNED}
@ kernel 3.10.0-1160.119.1.el7 x86_64 1600000000 {SIGNED}
@ centos-release 7-9.2009.1.el7.centos x86_64 1600000000 {SIGNED}
@ mariadb-libs 5.5.68-1.el7 x86_64 1600000000 {SIGNED}
@ gpg-pubkey f4a80eb5-53a7ff4b (none) 1600000000 -
"""
INSTALLED = [
    "kernel-3.10.0-1160.el7.x86_64",
    "kernel-3.10.0-1160.119.1.el7.x86_64",
    "centos-release-7-9.2009.1.el7.centos.x86_64",
    "mariadb-libs-5.5.68-1.el7.x86_64",
    "gpg-pubkey-f4a80eb5-53a7ff4b.(none)",
]
DF = """
echo 'Filesystem 1024-blocks Used Available Capacity Mounted on'
for path in "$@"; do case $path in -*) ;; *) echo "/dev/vda1 9 9 4198400 1% ${path#"$ROOT"}" ;; esac; done
"""


def rpm(*packages: str, owned: str = "", release: str = "centos-release", complaint: str = "", code: int = 0) -> str:
    """The body of a stub that knows `packages` (NAME VERSION-RELEASE ARCH TIME) and the files that match `owned`."""
    listed = "\n".join(f"@ {package}" for package in packages) or PACKAGES.strip()
    return f"""
    if [ "$1 $2" = "-qf --qf" ]; then
        echo {release}
        exit
    fi
    if [ "$1" = -qf ]; then
        shift
        for file in "$@"; do
            case $file in
                {owned or "''"}) echo its-package-1-1 ;;
                *) echo "file $file is not owned by any package" ;;
            esac
        done
        exit 1
    fi
    printf '%s' '{complaint}' >&2
    cat <<'END'\n{listed}\nEND
    exit {code}"""


STUBS = {
    "df": DF,
    "findfs": "exit 0",
    "lsattr": 'shift; for path in "$@"; do echo "-------------e-- $path"; done',
    "rpm": rpm(),
    "rsync": "exit 0",
    "systemctl": """case $* in
        *list-unit-files*) printf 'sshd.service enabled\\nfstrim.timer enabled\\n' ;;
        *) printf 'sshd.service loaded active running OpenSSH\\ncrond.service loaded active running Cron\\n' ;;
    esac""",
    "timedatectl": "echo 'NTP enabled: yes'; echo 'NTP synchronized: yes'",
    "uname": '[ "$1" = -m ] && echo x86_64 || echo 3.10.0-1160.119.1.el7.x86_64',
    "yum": "echo 3.4.3",
}
HEALTHY = {
    "os_id": "centos",
    "os_version": "7",
    "os_name": "CentOS Linux 7 (Core)",
    "os_release": "CentOS Linux release 7.9.2009 (Core)",
    "arch": "x86_64",
    "kernel": "3.10.0-1160.119.1.el7.x86_64",
    "os_booted": "1700000000",
    "kernel_builder": "kbuilder.bsys.centos.org",
    "boot_id": "6f0d3e0c-1b51-4c0a-9c3e-5d1f0a7c2b11",
    "boot_mode": "bios",
    "selinux": "disabled",
    "time_synchronised": "yes",
    "memory_available_mib": "4000",
    "free_mib./usr": "4100",
    "free_mib./var": "4100",
    "free_mib./boot": "4100",
    "mounted_on./usr": "/usr",
    "mounted_on./var": "/var",
    "mounted_on./boot": "/boot",
    "full_filesystems": "none",
    "readonly_filesystems": "none",
    "noexec_filesystems": "none",
    "missing_devices": "none",
    "crypttab_asks": "none",
    "crypttab_keys": "none",
    "immutable_files": "none",
    "package_manager_runs": "none",
    "package_sources": "answer",
    "held_packages": "none",
    "unfinished_transactions": "none",
    "duplicate_packages": "none",
    "kernel_package": "kernel",
    "nested_filesystems": "none",
    "fstab_device_names": "none",
    "nics": "eth0",
    "net_ifnames": "off",
    "modules_out_of_tree": "none",
    "modules_unsigned": "none",
    "security_center": "no",
    "stopped_services": "none",
    "hooks": "none",
    "rsync": "yes",
    "package_manager": "yum",
    "package_manager_works": "yes",
    "epel_modular": "no",
    "rpm_database": "sound",
    "i686_count": "0",
    "mysql": "none",
    "kernel_newest": "3.10.0-1160.119.1.el7.x86_64",
    "kernel_owner": "kernel/el7/24c6a8a7f4a80eb5",
    "packages_twice": "0",
    "package_kinds": "2:el7/24c6a8a7f4a80eb5",
    "release_packages": "centos-release/el7/24c6a8a7f4a80eb5",
    "release_owner": "centos-release/el7/24c6a8a7f4a80eb5",
    "reboot_required": "no",
    "local_programs": "0",
    "local_program_names": "none",
    "leftovers": "none",
    "upgrade_pending": "none",
    "all.services_enabled": summed("fstrim.timer", "sshd"),
    "all.services_running": summed("crond", "sshd"),
    "all.ports": summed("tcp/0016", "tcp/0019@lo", "udp/007B"),
    "all.mounts": summed("/ xfs", "/cd iso9660"),
    "all.users": summed("root:0"),
    "all.cron": summed(f"cron.d/backup:{checksum(BACKUP).split()[0]}"),
    "all.routes": summed("eth0,00000000,FD00A8C0,00000000"),
    "all.package_names": summed("centos-release", "kernel", "mariadb-libs"),
    "all.package_versions": summed(),
    "package_sum": checksum("".join(f"{line}\n" for line in sorted(INSTALLED))),
}
COMPARED = {name for name in HEALTHY if name.startswith("all.")}
FROM_RPM = {
    *("kernel_owner", "packages_twice", "package_kinds", "release_packages", "release_owner"),
    *("i686_count", "duplicate_packages", "mysql", "kernel_package", "kernel_newest", "reboot_required"),
    *("local_programs", "local_program_names", "all.package_names", "all.package_versions", "package_sum"),
}


def installed(name: str) -> list[str]:
    found = shutil.which(SHELLS[name][0])
    if not found:
        pytest.skip(f"{name} is not installed (apt install {name})")
    return [found, *SHELLS[name][1:]]


@pytest.fixture(params=SHELLS)
def any_shell(request: pytest.FixtureRequest) -> list[str]:
    return installed(request.param)


class Guest:
    """A made-up root, its commands, and the shell that the script runs in."""

    def __init__(self, base: Path, shell: list[str]) -> None:
        self.root, self.commands, self.shell = base / "root", base / "bin", shell
        self.commands.mkdir()
        for command in COMMANDS:
            (self.commands / command).symlink_to(str(shutil.which(command)))
        for name, body in STUBS.items():
            self.stub(name, body)
        for name, text in FILES.items():
            self.write(name, text)

    def stub(self, name: str, body: str) -> None:
        path = self.commands / name
        path.unlink(missing_ok=True)
        path.write_text(f"#!/bin/sh\nROOT={self.root}\n{body}\n", "utf-8")
        path.chmod(0o755)

    def lack(self, name: str) -> None:
        (self.commands / name).unlink()

    def write(self, name: str, text: str, mode: int = 0o644) -> None:
        path = self.root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(text.encode("latin-1"))
        path.chmod(mode)

    def remove(self, *names: str) -> None:
        for name in names:
            path = self.root / name
            if path.is_dir():
                shutil.rmtree(path)
            else:
                path.unlink()

    def output(self) -> str:
        script = inside(as_sent(FACTS.read_text("utf-8")), self.root)
        done = subprocess.run(
            [*self.shell, "-c", script],
            env={"PATH": str(self.commands), "TMPDIR": str(self.commands.parent)},
            capture_output=True,
            timeout=30,
            check=False,
        )
        assert (done.returncode, done.stderr) == (0, b"")
        return outside(done.stdout, self.root).decode()

    def facts(self) -> dict[str, str]:
        lines = self.output().splitlines()
        assert (lines[0], lines[-1]) == ("osm-facts 1", "osm-facts end")
        assert lines[-2] == f"osm-facts lines {len(lines) - 3} {sum(map(len, lines[1:-2]))}"
        found = dict(line.split("=", 1) for line in lines[1:-2])
        return {name: _without_sum(value) if name.startswith("all.") else value for name, value in found.items()}


@pytest.fixture(params=["dash", "bash"])
def guest(request: pytest.FixtureRequest, tmp_path: Path) -> Guest:
    """In a shell that looks for commands in PATH only; busybox prefers its own."""
    return Guest(tmp_path, installed(request.param))


Change = Callable[[Guest], Any]


def write(name: str, text: str = "", mode: int = 0o644) -> Change:
    return lambda guest: guest.write(name, text, mode)


def stub(name: str, body: str) -> Change:
    return lambda guest: guest.stub(name, body)


def less(*names: str) -> Change:
    return lambda guest: guest.remove(*names)


def packages(*names: str, **more: Any) -> Change:
    return stub("rpm", rpm(*names, **more))


def mounts(*lines: str) -> Change:
    return write("proc/mounts", "\n".join(["/dev/vda1 / xfs rw 0 0", *lines, ""]))


def full(column: str) -> Change:
    """Everything but the root is full, of blocks (k) or of inodes (i)."""
    body = f'{DF.rstrip()} | sed "/ \\/$/!{{ /dev/ s/ 1% / 95% / }}"'
    return stub("df", f'case $1 in -P{column}) ;; *) set -- "$1" / ;; esac\n{body}')


def kernels(*versions: str) -> Change:
    return packages(*(f"kernel {version} x86_64 1" for version in versions))


def held(file: str, names: str) -> str:
    return " ".join(f"/etc/{file}:{name}" for name in names.split())


def versionlock(enabled: str, listed: str) -> Change:
    """Both files of yum's plugin."""
    place = "etc/yum/pluginconf.d/versionlock"
    return lambda guest: (
        guest.write(f"{place}.conf", f"[main]\nenabled = {enabled}\n"),
        guest.write(f"{place}.list", listed),
    )


RUNS = "3.10.0-1160.119.1.el7"
RT = ("kernel 5.14.0-3.el9 x86_64 1", "kernel-rt-core 5.14.0-1.el9 x86_64 1", "kernel-rt-core 5.14.0-2.el9 x86_64 1")
SHARED = {f"mounted_on./{name}": "/" for name in ("usr", "var", "boot")}
GROUPS = {"package_sources": "answer"}
DEAD = {"package_manager_works": "yes", "package_sources": "Cannot find a valid baseurl"}
LOCKED = {"held_packages": held("yum/pluginconf.d/versionlock.list", "kernel java")}
FSTAB = """UUID=gone /data xfs defaults 0 0
/dev/gone /srv ext4 defaults
"UUID=there" /there xfs defaults 0 0
UUID=gone / xfs defaults 0 0
UUID=gone /maybe xfs nofail,ro 0 0
UUID=gone /later xfs noauto 0 0
UUID=gone none swap sw 0 0
nas:/x /mnt nfs defaults 0 0
"""
CRYPTTAB = """# comment
secret UUID=there none luks
lost /dev/null /etc/keys/lost luks
data /dev/gone /etc/keys/data luks
chip /dev/null - tpm2-device=auto
swap /dev/vdc /dev/urandom swap,cipher=aes-xts-plain64
maybe /dev/gone none nofail
"""
ELF = "\x7fELF\x02\x01"
LEFT = ("boot/vmlinuz-upgrade.x86_64", "root/tmp_leapp_py3/.leapp_upgrade_failed")
ALIBABA = {"kernel_builder": "host-1.x Alibaba"}
#: Packages of several systems: tags in all their places, keys as old and new versions of rpm print them.
MIXED = (
    "a 1-1.el8 x86_64 1 RSA/SHA256, Mon 1 Jan 2024, Key ID 199e2f91fd431d51",
    "b 1-1.module+el8.5.0+1+fc89227e x86_64 1 RSA/SHA256, Mon 1 Jan 2024, Key ID 199e2f91fd431d51",
    "c 1-1.module_el8.5.0+1+bbd5d70c x86_64 1 RSA/SHA256, x, Key Fingerprint: 567e347ad0044ade55ba8a5f199e2f91fd431d51",
    "d 1-1.el8_10 noarch 1 RSA/SHA256, Mon 1 Jan 2024, Key ID 199e2f91fd431d51",
    "e 1-1.1.al7 noarch 1 RSA/SHA256, Mon 1 Jan 2024, Key ID eb801c41873141a8",
    "e 1-1.2.al7 noarch 1 RSA/SHA256, Mon 1 Jan 2024, Key ID eb801c41873141a8",
    "f 1.el6-1.alnx4 noarch 1 -",
    "g 1-1 noarch 1 (none)",
    "gpg-pubkey fd431d51-4ae0493b (none) 1 -",
    "kernel 4.18.0-1.el8 x86_64 1 -",
    "kmod-nvidia 1-1.el8 x86_64 1 -",
)
KINDS = "4:el8/199e2f91fd431d51 2:al7/eb801c41873141a8 1:none/none 1:alnx4/none"
#: One change of the healthy guest, and the facts that follow from it.
SICK: list[tuple[Change, dict[str, str]]] = [
    (write("etc/os-release", "ID=rhel\nVERSION_ID='8.10'\n"), {"os_id": "rhel", "os_version": "8.10"}),
    (write("etc/os-release", 'PRETTY_NAME="$(reboot) `x`"\n'), {"os_name": "$(reboot) `x`"}),
    (write("etc/redhat-release", "CentOS Linux release 8.5.2111\n"), {"os_release": "CentOS Linux release 8.5.2111"}),
    (stub("uname", "echo aarch64"), {"arch": "aarch64", "kernel": "aarch64"}),
    (write("sys/firmware/efi/systab"), {"boot_mode": "uefi"}),
    (
        write("var/lib/os_migration.stopped", "ID=centos\nb.service\na.socket\n"),
        {"stopped_services": "b.service a.socket"},
    ),
    (write("var/lib/os_migration.hooks", "1a2b:done:1700000000\n"), {"hooks": "1a2b:done:1700000000"}),
    (write("proc/stat", "btime 1700000001\n"), {"os_booted": "1700000001"}),
    (write("sys/fs/selinux/enforce", "1"), {"selinux": "enforcing"}),
    (write("sys/fs/selinux/enforce", "0"), {"selinux": "permissive"}),
    (stub("timedatectl", "echo 'System clock synchronized: no'"), {"time_synchronised": "no"}),
    (write("proc/meminfo", "MemFree: 10240 kB\nCached: 10240 kB\n"), {"memory_available_mib": "20"}),
    (stub("df", DF.replace("4198400", "1024")), {f"free_mib./{name}": "1" for name in ("usr", "var", "boot")}),
    *(
        (
            lambda guest, c=c: (mounts("/dev/vdb /data ext4 rw 0 0")(guest), full(c)(guest)),
            {"full_filesystems": "/data"},
        )
        for c in "ki"
    ),
    (lambda guest: (mounts("nas:/v /var/www nfs rw 0 0")(guest), full("k")(guest)), {"full_filesystems": "none"}),
    (
        mounts("/dev/vdb /var/lib/my\\040sql xfs rw 0 0", "nas:/v /var/www nfs rw 0 0", "/dev/vdc /opt xfs rw 0 0"),
        {"nested_filesystems": "/var/lib/my_sql /var/www"},
    ),
    (
        lambda guest: (mounts("/dev/vdb /srv/my\\040data ext4 rw 0 0")(guest), full("k")(guest)),
        {"full_filesystems": "/srv/my_data"},
    ),
    (stub("df", DF.replace('"/dev/vda1 9', '"/dev/vda1 9').replace('${path#"$ROOT"}"', '/"')), SHARED),
    (
        mounts(
            "/dev/vda2 /boot ext4 ro,relatime 0 0", "/dev/vdb /srv/a\\040b xfs rw,ro 0 0", "/dev/sr0 /cd iso9660 ro 0 0"
        ),
        {"readonly_filesystems": "/boot /srv/a_b"},
    ),
    (write("proc/mounts", "/dev/vda1 / ext4 ro,errors=remount-ro 0 0\n"), {"readonly_filesystems": "/"}),
    (
        mounts(
            "/dev/vda3 /var ext4 rw,noexec 0 0", "tmpfs /tmp tmpfs rw,noexec 0 0", "/dev/vda4 /usr/local xfs noexec 0 0"
        ),
        {"noexec_filesystems": "/var /tmp /usr/local"},
    ),
    (mounts("/dev/vda3 /var ext4 noexec 0 0", "/dev/vda4 /var/tmp ext4 rw 0 0"), {"noexec_filesystems": "/var"}),
    (mounts("/dev/vda3 /variety ext4 noexec 0 0", "/dev/vdb /home xfs noexec 0 0"), {"noexec_filesystems": "none"}),
    (
        lambda guest: (write("etc/fstab", FSTAB)(guest), stub("findfs", '[ "$1" != UUID=gone ]')(guest)),
        {"missing_devices": "fstab:UUID=gone fstab:/dev/gone"},
    ),
    (
        lambda guest: (
            guest.write("etc/crypttab", CRYPTTAB.replace("/etc", f"{guest.root}/etc")),
            guest.write("etc/keys/data", ""),
        ),
        {"crypttab_asks": "secret lost", "crypttab_keys": "data chip", "missing_devices": "crypttab:/dev/gone"},
    ),
    (
        lambda guest: (
            write("etc/crypttab", "data /dev/gone none\n")(guest),
            guest.write("sys/class/block/dm-0/dm/name", "data\n"),
        ),
        {"missing_devices": "none", "crypttab_asks": "data"},
    ),
    (
        stub("lsattr", 'shift; for path in "$@"; do echo "----i--------e-- $path"; done'),
        {"immutable_files": "/etc/passwd /etc/fstab /etc/yum.repos.d /var/lib/rpm"},
    ),
    (
        stub("yum", 'case "$*" in *grouplist) echo "No Groups Available"; exit 1 ;; esac'),
        GROUPS,
    ),
    (write("proc/77/comm", "yum\n"), {"package_manager_runs": "yum"}),
    (write("proc/77/comm", "yummy\n"), {"package_manager_runs": "none"}),
    (stub("yum", 'case "$*" in *grouplist) echo "Cannot find a valid baseurl" >&2; exit 1 ;; esac'), DEAD),
    (write("etc/yum.repos.d/base.repo", "[base]\nenabled = 0\n"), {"package_sources": "no repository is enabled"}),
    (
        write("etc/yum.conf", "[main]\nexclude=kernel* glibc*,php\n"),
        {"held_packages": held("yum.conf", "kernel* glibc* php")},
    ),
    (write("etc/dnf/dnf.conf", "[main]\nexcludepkgs = nginx\n"), {"held_packages": held("dnf/dnf.conf", "nginx")}),
    (
        write(
            "etc/yum.repos.d/a.repo", "[a]\nexclude=glibc* openssl*\n  systemd*\nname=a\n[b]\nexclude=x\nenabled=0\n"
        ),
        {"held_packages": held("yum.repos.d/a.repo", "glibc* openssl* systemd*")},
    ),
    (versionlock("1", "# comment\n0:kernel-3.10.0-1160.el7.*\n!0:java-1.8.0-openjdk-1.8-1.*\n"), LOCKED),
    (versionlock("0", "0:kernel-3.10.0-1160.el7.*\n"), {"held_packages": "none"}),
    (versionlock("1", ""), {"held_packages": "none"}),
    (
        write("var/lib/yum/transaction-all.2026-11-02.03:14.15"),
        {"unfinished_transactions": "transaction-all.2026-11-02.03:14.15"},
    ),
    (write("var/lib/yum/transaction-all.2026.disabled"), {"unfinished_transactions": "none"}),
    (
        packages(
            *("glibc 2-1 x86_64 1", "glibc 2-2 x86_64 1", "glibc 2-1 i686 1", "kernel-devel 1-1 x86_64 1"),
            *(
                "kernel-devel 1-2 x86_64 1",
                "gpg-pubkey a-1 (none) 1",
                "gpg-pubkey b-1 (none) 1",
                "kernel-headers 1-1 x86_64 1",
            ),
        ),
        {"duplicate_packages": "glibc"},
    ),
    (packages("kernel-tools 1-1 x86_64 1", "kernel-tools 1-2 x86_64 1"), {"duplicate_packages": "kernel-tools"}),
    (
        mounts(
            "/dev/vda2 /boot/efi vfat rw 0 0", "/dev/vda1 /var/named/etc xfs rw 0 0", "overlay /var/x overlay rw 0 0"
        ),
        {"nested_filesystems": "none"},
    ),
    (
        write("etc/fstab", "/dev/vda1 / xfs\n/dev/nvme0n1p2 /a xfs\n /dev/mapper/vg-x /b xfs\n#/dev/sdc /c xfs\n"),
        {"fstab_device_names": "/dev/vda1 /dev/nvme0n1p2"},
    ),
    (write("sys/class/net/ens5/device/vendor"), {"nics": "ens5 eth0"}),
    (write("proc/cmdline", "BOOT_IMAGE=/vmlinuz\n"), {"net_ifnames": "on"}),
    (
        write("proc/modules", "wl 1 0 - Live 0x0 (POE)\nzfs 1 0 - Live 0x0 (PO)\nnew 1 0 - Loading 0x0 (E+)\n"),
        {"modules_out_of_tree": "wl zfs", "modules_unsigned": "wl new"},
    ),
    (write("proc/modules", "AliSecGuard 1 0 - Live 0x0 (OE)\n"), {"security_center": "yes"}),
    (write("proc/812/comm", "AliYunDunMonito\n"), {"security_center": "yes"}),
    (write("usr/local/aegis/aegis_client/conf"), {"security_center": "yes"}),
    (lambda guest: guest.lack("rsync"), {"rsync": "no"}),
    (stub("dnf", "exit 0"), {"package_manager": "dnf", "package_manager_works": "yes"}),
    (lambda guest: guest.lack("yum"), {"package_manager": "none", "package_manager_works": "no"}),
    (stub("yum", "echo 'SyntaxError: invalid syntax' >&2; exit 1"), {"package_manager_works": "no"}),
    (
        write("etc/yum.repos.d/e.repo", "[x]\nenabled=0\n[epel-modular]\nname=E\n[y]\nenabled=0\n"),
        {"epel_modular": "yes"},
    ),
    (write("etc/yum.repos.d/e.repo", "[epel-modular]\nenabled = 1\r\n"), {"epel_modular": "yes"}),
    (write("etc/yum.repos.d/e.repo", "[epel-modular]\nenabled = 0\n[epel]\nenabled=1\n"), {"epel_modular": "no"}),
    (
        packages("zlib 1-1 i686 1", "glibc 1-1 x86_64 1", "glibc 1-1 i686 1", "tzdata 1-1 noarch 1", "old 1-1 i386 1"),
        {"i686_count": "3", "i686_packages": "glibc.i686 old.i386 zlib.i686"},
    ),
    (packages("mysql-community-server 8.0.36-1.el7 x86_64 1"), {"mysql": "mysql 8.0.36"}),
    (packages("MariaDB-server 10.11.6-1.el7 x86_64 1"), {"mysql": "mariadb 10.11.6"}),
    (packages("rh-mariadb105-mariadb-server 10.5.22-1.el7 x86_64 1"), {"mysql": "mariadb 10.5.22"}),
    (packages("Percona-Server-server-57 5.7.44-48.1 x86_64 1"), {"mysql": "mysql 5.7.44"}),
    (
        packages(
            "mysql-community-server 5.7.44-1 x86_64 1", "MariaDB-server 10.5.1-1 x86_64 1", "MySQL-server 5.6-1 i386 1"
        ),
        {"mysql": "mysql 5.7.44, mariadb 10.5.1, mysql 5.6"},
    ),
    (packages("percona-server-client 8.0-1 x86_64 1", "mariadb-server-utils 10-1 x86_64 1"), {"mysql": "none"}),
    (kernels("3.10.0-957.el7", "3.10.0-957.1.3.el7", "3.10.0-99.el7"), {"kernel_newest": "3.10.0-957.1.3.el7.x86_64"}),
    (kernels("5.10.134-16.1.al8", "5.10-99.al8", "4.19.91-27.al7"), {"kernel_newest": "5.10.134-16.1.al8.x86_64"}),
    (kernels("4.18.0-80.el8", "4.18.0-80.el8_0", "4.18.0-080.el8"), {"kernel_newest": "4.18.0-80.el8_0.x86_64"}),
    (
        packages(
            "kernel 4.18.0-553.el8 x86_64 1", "kernel-core 4.18.0-553.1.el8 x86_64 1", "kernel-tools 9-9 x86_64 1"
        ),
        {"kernel_newest": "4.18.0-553.1.el8.x86_64"},
    ),
    *(
        (packages(f"kernel {RUNS} x86_64 1", *more), {"kernel_package": "kernel", "kernel_newest": newest})
        for more, newest in (
            (["kernel 3.10.0-1160.144.1.el7 x86_64 1"], "3.10.0-1160.144.1.el7.x86_64"),
            (["kernel-lt 5.4.278-1.el7.elrepo x86_64 1"], f"{RUNS}.x86_64"),
            (["kernel-rt 3.10.0-1160.144.1.rt56.1296.el7 x86_64 1", f"kernel-debug {RUNS} x86_64 1"], f"{RUNS}.x86_64"),
        )
    ),
    (
        packages(f"kernel-lt {RUNS} x86_64 1", "kernel-lt 3.10.0-1161.el7 x86_64 1", "kernel 4-1 x86_64 1"),
        {"kernel_package": "kernel-lt", "kernel_newest": "3.10.0-1161.el7.x86_64"},
    ),
    (
        lambda guest: (stub("uname", "echo 5.14.0-1.el9.x86_64+rt")(guest), packages(*RT)(guest)),
        {"kernel_package": "kernel-rt", "kernel_newest": "5.14.0-2.el9.x86_64+rt"},
    ),
    (kernels("3.10.0-957.el7"), {"kernel_package": "none", "kernel_newest": "3.10.0-957.el7.x86_64"}),
    (packages("kernel 3-1 x86_64 1", "glibc 2.17-326.el7 x86_64 1700000001"), {"reboot_required": "yes"}),
    (packages("kernel 3-1 x86_64 1", "nginx 1-1 x86_64 1700000001"), {"reboot_required": "no"}),
    (packages(complaint="error: rpmdb: BDB0113 Thread died in Berkeley DB library"), {"rpm_database": "damaged"}),
    (packages(complaint="warning: Found bdb Packages database"), {"rpm_database": "sound"}),
    (packages(code=1), {"rpm_database": "damaged"}),
    (stub("rpm", ""), {"rpm_database": "damaged"}),
    (lambda guest: guest.remove("var/lib/rpm/Packages"), {"rpm_database": "damaged"}),
    (
        write("usr/local/bin/my tool", ELF, 0o755),
        {"local_programs": "1", "local_program_names": "/usr/local/bin/my_tool"},
    ),
    (write("opt/app/lib/libapp.so.1", ELF), {"local_programs": "1", "local_program_names": "/opt/app/lib/libapp.so.1"}),
    (write("usr/local/bin/script", "#!/bin/sh\necho ELF\n", 0o755), {"local_programs": "0"}),
    (write("opt/data", ELF), {"local_programs": "0"}),
    (write("usr/local/aegis/aegis_client/a", ELF, 0o755), {"local_programs": "0"}),
    (
        lambda guest: (packages(owned="*/opt/*")(guest), guest.write("opt/app/run", ELF, 0o755)),
        {"local_programs": "0", "local_program_names": "none"},
    ),
    (lambda guest: [guest.write(name, "") for name in LEFT], {"leftovers": f"/{LEFT[0]} /root/tmp_leapp_py3"}),
    *(
        (write(f"etc/{name}-release", f"{text}\n"), {"os_release": text})
        for name, text in (
            ("alinux", "Alibaba Cloud Linux release 3 (Soaring Falcon)"),
            ("anolis", "Anolis OS release 8.8"),
            ("oracle", "Oracle Linux Server release 7.9"),
            ("rocky", "Rocky Linux release 8.10 (Green Obsidian)"),
            ("system", "Amazon Linux release 2 (Karoo)"),
            ("centos", "CentOS Linux release 7.9.2009 (Core)"),
        )
    ),
    (write("proc/version", "Linux version 5 (a@host-1.x) (gcc (GCC) 10.2.1 (Alibaba 10.2.1-3))"), ALIBABA),
    (write("proc/version", "Linux version 5.11.9-x86_64-linode142 () #1 SMP"), {"kernel_builder": "unknown"}),
    (write("proc/sys/kernel/random/boot_id", "another\n"), {"boot_id": "another"}),
    (packages(*MIXED), {"package_kinds": KINDS, "packages_twice": "1"}),
    (
        packages("a 1-1.el7 x86_64 1", "b 1-1.el7 x86_64 1", "app 2-1 x86_64 1 a, Key ID 1111222233334444"),
        {
            "all.package_names": summed("a", "app", "b"),
            "all.package_versions": summed("app-2-1.x86_64/none/1111222233334444"),
            "package_sum": checksum("a-1-1.el7.x86_64\napp-2-1.x86_64\nb-1-1.el7.x86_64\n"),
        },
    ),
    (
        stub("systemctl", "echo postgresql-14.service x; echo postgresql-15.service x; echo php-fpm.service x"),
        {
            "all.services_enabled": "3 0php-fpm 1ostgresql-14 c5",
            "all.services_running": "3 0php-fpm 1ostgresql-14 c5",
        },
    ),
    (
        write(
            "proc/net/tcp6",
            SOCKETS.format(
                "0000000000000000FFFF00000100007F:1F90 0:0000 0A", "00000000000000000000000001000000:0019 0:0000 0A"
            ),
        ),
        {"all.ports": summed("tcp/0016", "tcp/0019@lo", "tcp/1F90@lo", "udp/007B")},
    ),
    (
        mounts("/dev/vdb1 /data xfs rw 0 0", "nas:/x /mnt nfs rw 0 0"),
        {"all.mounts": summed("/ xfs", "/data xfs", "/mnt nfs")},
    ),
    (
        write("etc/passwd", "root:x:0:0::/root:/bin/sh\n\nweb:x:1001:1001::/:/bin/sh\n"),
        {"all.users": summed("root:0", "web:1001")},
    ),
    (less("etc/cron.d/backup"), {"all.cron": "0"}),
    (
        write("var/spool/cron/web", "* * * * * x\n"),
        {
            "all.cron": summed(
                f"cron.d/backup:{checksum(BACKUP).split()[0]}",
                f"spool/cron/web:{checksum('* * * * * x' + chr(10)).split()[0]}",
            )
        },
    ),
    (write("proc/net/route", "Iface Destination\n"), {"all.routes": "0"}),
    (
        packages(*(f"p{n} 1-1.el{n} x86_64 1" for n in range(10, 30))),
        {"package_kinds": " ".join([*(f"1:el{n}/none" for n in range(29, 17, -1)), "8:other"])},
    ),
    (
        packages(f"kernel-core {RUNS} x86_64 1 a, Key ID 199e2f91fd431d51", release="redhat-release"),
        {"kernel_owner": "kernel-core/el7/199e2f91fd431d51", "release_owner": "unowned", "release_packages": "none"},
    ),
    (kernels("3.10.0-957.el7"), {"kernel_owner": "unowned"}),
    (
        packages(
            "redhat-release-server 7.9-8.el7_9 x86_64 1 Key ID 199e2f91fd431d51",
            "oraclelinux-release-el8 8.7-1.0.1.el8 x86_64 1 Key ID 82562ea9ad986da3",
            "epel-release 7-14 noarch 1",
            release="'redhat-release-server\nother'",
        ),
        {
            "release_packages": "redhat-release-server/el7/199e2f91fd431d51 "
            "oraclelinux-release-el8/el8/82562ea9ad986da3 epel-release/none/none",
            "release_owner": "redhat-release-server/el7/199e2f91fd431d51",
        },
    ),
    *(
        (write(name, text), {"upgrade_pending": told})
        for name, text, told in (
            ("proc/cmdline", "BOOT_IMAGE=/vmlinuz-upgrade.x86_64 ro\n", "runs_upgrade_kernel"),
            ("boot/grub2/grubenv", "# x\nsaved_entry=4f-upgrade.x86_64\n", "saved_entry=4f-upgrade.x86_64"),
            ("boot/efi/EFI/redhat/grubenv", "next_entry=4f-upgrade.x86_64\n", "next_entry=4f-upgrade.x86_64"),
            ("boot/grub2/grubenv", "saved_entry=4f-3.10\nkernelopts=root=/dev/vg/upgrade\n", "none"),
            ("etc/systemd/system/leapp_resume.service", "[Unit]\n", "leapp_resume.service"),
        )
    ),
]


def without(*commands: str) -> Change:
    return lambda guest: [guest.lack(command) for command in commands]


def hanging(command: str) -> Change:
    """As `timeout` reports it, without the wait."""
    return stub(
        "timeout", f'case $1 in -k*) shift ;; esac; shift; case "$*" in {command}*) exit 124 ;; esac; exec "$@"'
    )


FREE = {"free_mib./usr", "free_mib./var", "free_mib./boot"}
FROM_MOUNTS = {
    *("full_filesystems", "readonly_filesystems", "noexec_filesystems", "nested_filesystems", "missing_devices"),
    "all.mounts",
}

#: What is taken from the healthy guest, and the facts that nobody can know then.
LACKING: list[tuple[Change, set[str]]] = [
    (less("etc/os-release"), {"os_id", "os_version", "os_name"}),
    (less("etc/redhat-release"), {"os_release"}),
    (without("uname"), {"arch", "kernel"}),
    (less("sys/firmware"), {"boot_mode"}),
    (less("proc/filesystems"), {"selinux"}),
    (without("timedatectl"), {"time_synchronised"}),
    (hanging("timedatectl"), {"time_synchronised"}),
    (less("proc/meminfo"), {"memory_available_mib"}),
    (without("df"), {*FREE, *SHARED, "full_filesystems"}),
    (hanging("df"), {*FREE, *SHARED, "full_filesystems"}),
    (stub("df", DF + '[ "$1" != -Pi ]'), {"full_filesystems"}),
    (less("proc/mounts"), FROM_MOUNTS),
    (less("etc/fstab"), {"fstab_device_names", "missing_devices"}),
    (
        lambda guest: (write("etc/fstab", "UUID=x /data xfs\n")(guest), without("findfs")(guest)),
        {"missing_devices"},
    ),
    (
        lambda guest: (write("etc/fstab", "UUID=x /data xfs\n")(guest), hanging("findfs")(guest)),
        {"missing_devices"},
    ),
    (lambda guest: guest.write("etc/crypttab/x", ""), {"crypttab_asks", "crypttab_keys", "missing_devices"}),
    (without("lsattr"), {"immutable_files"}),
    (hanging("lsattr"), {"immutable_files"}),
    (less("proc/1"), {"package_manager_runs", "security_center"}),
    (lambda guest: guest.write("etc/yum.conf/x", ""), {"held_packages"}),
    (without("mktemp"), {"package_sources"}),
    (hanging("yum\\ -q"), {"package_sources"}),
    (mounts("nas:/l /usr/local nfs4 rw 0 0"), {"security_center", "local_programs", "local_program_names"}),
    (mounts("nas:/o /opt cifs rw 0 0"), {"local_programs", "local_program_names"}),
    (
        mounts("nas:/o /var fuse.sshfs rw 0 0"),
        {"unfinished_transactions", "leftovers", "stopped_services", "hooks", "all.cron"},
    ),
    (
        lambda guest: (hanging("find\\ *")(guest), guest.write("opt/app/run", ELF, 0o755)),
        {"local_programs", "local_program_names"},
    ),
    (less("sys/class/net"), {"nics"}),
    (less("proc/cmdline"), {"net_ifnames", "upgrade_pending"}),
    (mounts("nas:/b /boot nfs rw 0 0"), {"leftovers", "upgrade_pending"}),
    (lambda guest: guest.write("boot/grub2/grubenv/x", ""), {"upgrade_pending"}),
    (less("proc/version"), {"kernel_builder"}),
    (less("proc/sys"), {"boot_id"}),
    (less("proc/modules"), {"modules_out_of_tree", "modules_unsigned", "security_center"}),
    (hanging("yum"), {"package_manager_works", "package_sources"}),
    (lambda guest: guest.remove("etc/yum.repos.d"), {"epel_modular"}),
    (without("rpm"), {"rpm_database", *FROM_RPM}),
    (hanging("rpm"), {"rpm_database", *FROM_RPM}),
    (packages(complaint="error: cannot open Packages index", code=1), FROM_RPM),
    (packages("glibc 1-1 x86_64 1"), {"kernel_newest"}),
    (
        lambda guest: (hanging("rpm\\ -qf")(guest), guest.write("opt/app/run", ELF, 0o755)),
        {"local_programs", "local_program_names", "release_owner"},
    ),
    (less("proc/stat"), {"os_booted", "reboot_required"}),
    (without("systemctl"), {"all.services_enabled", "all.services_running"}),
    (hanging("systemctl"), {"all.services_enabled", "all.services_running"}),
    (less("proc/net"), {"all.ports", "all.routes"}),
    (less("etc/passwd"), {"all.users"}),
    (without("cksum"), COMPARED | {"package_sum"}),
    (mounts("nas:/v /var/spool nfs rw 0 0"), {"all.cron"}),
]
#: These cannot be missing: the shell itself finds them out, or every guest has what they need.
ALWAYS = {"package_manager", "rsync", "i686_packages"}


def test_a_healthy_guest_says_everything_and_nothing_bad(guest: Guest) -> None:
    found = guest.facts()
    assert int(found.pop("time")) > 1_700_000_000
    assert found == HEALTHY


class Touched:
    """Takes a change as a guest does, and keeps only what it is about."""

    root = Path("/")

    def __init__(self, change: Change) -> None:
        self.names: set[str] = set()
        change(self)  # type: ignore[arg-type]

    def stub(self, name: str, body: str = "") -> None:
        self.names.add(name)

    lack = stub

    def write(self, name: str, text: str, mode: int = 0o644) -> None:
        self.names.add(name)

    def remove(self, *names: str) -> None:
        self.names.update(names)


#: These say something of what other changes are about, so their guests have no other change.
ALONE = {"immutable_files", "missing_devices", "package_sources", "local_programs", "rpm_database"}


def together() -> list[dict[str, Any]]:
    """Changes of different things that show in different facts are made in one guest: a run costs half a second."""
    groups: list[dict[str, Any]] = []
    for change, expected in SICK:
        touched = Touched(change).names
        fits = (g for g in groups if not touched & g["touched"] and not expected.keys() & g["expected"].keys())
        group = None if ALONE & expected.keys() else next((g for g in fits if not ALONE & g["expected"].keys()), None)
        if group is None:
            group = {"changes": [], "touched": set(), "expected": {}}
            groups.append(group)
        group["changes"].append(change)
        group["touched"] |= touched
        group["expected"] |= expected
    return groups


@pytest.mark.parametrize("group", together())
def test_a_sick_guest_says_so(guest: Guest, group: dict[str, Any]) -> None:
    for change in group["changes"]:
        change(guest)
    found = guest.facts()
    assert {key: found.get(key) for key in group["expected"]} == group["expected"]


@pytest.mark.parametrize(("change", "unknown"), LACKING)
def test_what_cannot_be_found_is_left_out(guest: Guest, change: Change, unknown: set[str]) -> None:
    change(guest)
    assert HEALTHY.keys() - guest.facts().keys() == unknown


def test_every_fact_has_been_seen_sick_and_missing() -> None:
    assert {key for _change, expected in SICK for key in expected} >= HEALTHY.keys()
    assert {key for _change, unknown in LACKING for key in unknown} | ALWAYS >= HEALTHY.keys()


def test_without_timeout_the_facts_are_the_same(guest: Guest) -> None:
    guest.lack("timeout")
    assert HEALTHY.items() <= guest.facts().items()


def test_lists_have_an_end(guest: Guest) -> None:
    """A guest in which everything is wrong many times over still fits into what the agent takes."""
    long, many = "n" * 150, range(90)
    packages(*(f"{long}{n} 1-1 i686 1" for n in many), *(f"p{n} 1-1 i686 1" for n in many))(guest)
    mounts(*(f"/dev/vd{n} /var/{long}{n} xfs rw 0 0" for n in many))(guest)
    full("k")(guest)
    guest.write("etc/fstab", "".join(f"/dev/vda{long}{n} / xfs\n" for n in many))
    guest.write("proc/modules", "".join(f"{long}{n} 1 0 - Live 0x0 (OE)\n" for n in many))
    for n in many:
        guest.write(f"sys/class/net/{long}{n}/device/vendor", "")
        guest.write(f"opt/{long}/{n}", ELF, 0o755)
        guest.write(f"boot/vmlinuz-upgrade.{long}{n}", "")
        guest.write(f"etc/cron.d/{long}{n}", "")
    guest.write("etc/passwd", "".join(f"u{hash((n, long))}{n}:x:{n}:\n" for n in range(900)))
    output = guest.output()
    assert output.isascii()
    assert len(output) < MOST_OUTPUT
    found = parse(output).facts
    assert (found["i686_count"], found["local_programs"]) == ("180", "90")


def test_whatever_a_value_is_its_characters_are_counted(guest: Guest) -> None:
    """Blanks at the end, other letters, and more than fits: the reader finds as many characters as were counted."""
    guest.write("etc/os-release", 'ID=centos\nVERSION_ID="7"\nPRETTY_NAME="CentOS \xe9\xff  "\n')
    guest.write("etc/redhat-release", "CentOS Linux release 7.9 " + " x" * 2000 + "  \n")
    output = guest.output()
    assert parse(output).trouble == ""
    assert parse(output).facts["os_name"] == "CentOS ??"
    assert parse(output.replace("os_name=CentOS ??", "os_name=CentOS ?")).trouble == "cut_off"


def test_fifty_packages_of_usual_names_are_named(guest: Guest) -> None:
    packages(*(f"compat-library-{n} 1-1 i686 1" for n in range(120)))(guest)
    assert len(guest.facts()["i686_packages"].split()) == 50


def test_the_protocol_holds_on_this_machine_in_any_shell(any_shell: list[str], tmp_path: Path) -> None:
    environment = {"PATH": "/usr/bin:/bin", "HOME": str(tmp_path)}
    command = [*any_shell, str(FACTS)]
    done = subprocess.run(command, env=environment, capture_output=True, text=True, timeout=30, check=False)
    lines = done.stdout.splitlines()
    assert (done.returncode, done.stderr, lines[0], lines[-1]) == (0, "", "osm-facts 1", "osm-facts end")
    assert {"time", "os_id", "arch", "kernel", "memory_available_mib", "free_mib./usr"} <= parse(
        done.stdout
    ).facts.keys()


def test_the_script_needs_no_interpreter_and_writes_no_file() -> None:
    code = re.sub(r"(?m)^\s*#.*$", "", FACTS.read_text("utf-8"))
    only = code.replace("cache=$(mktemp -d) || return\n    trap 'rm -rf \"$cache\"' EXIT\n", "")
    assert only != code
    assert not re.search(r"\b(python\d?|perl|ruby|bash|mktemp|tee|touch|mkdir|rm|mv|cp)\b", only)
    assert not re.search(r">+\s*(?!/dev/null|&)[\"$/\w]", re.sub(r"'[^']*'", "", code))


def test_both_facts_scripts_carry_the_marker() -> None:
    for name in ("facts.sh", "facts.ps1"):
        assert "# evergreen.os_migration guest facts\n" in (ROOT / "guest" / name).read_text("utf-8")


@pytest.mark.parametrize("script", SHELL_SCRIPTS, ids=lambda path: path.name)
def test_shell_scripts_parse_in_every_shell(any_shell: list[str], script: Path) -> None:
    subprocess.run([*any_shell, "-n", str(script)], check=True)


@pytest.mark.parametrize("script", ALL_SCRIPTS, ids=lambda path: path.name)
def test_scripts_fit_into_one_command_of_the_agent(script: Path) -> None:
    assert len(as_sent(script.read_text("utf-8")).encode()) < LEAST_SCRIPT


def test_a_script_is_sent_without_what_only_its_readers_need() -> None:
    sent = as_sent(FACTS.read_text("utf-8"))
    assert sent.startswith("#!/bin/sh\n# evergreen.os_migration guest facts\nLC_ALL=C\n")
    assert sum(line.startswith((" ", "#")) or not line for line in sent.splitlines()) == 2


SLEEPERS = ("df", "findfs", "lsattr", "rpm", "systemctl", "timedatectl", "yum")


@pytest.mark.parametrize("sleepers", [SLEEPERS, *((name,) for name in SLEEPERS)], ids="-".join)
def test_what_hangs_costs_itself_only(guest: Guest, sleepers: tuple[str, ...]) -> None:
    """The limits of time are short here; a command that does not hear a TERM is killed."""
    (guest.commands / "sleep").symlink_to(str(shutil.which("sleep")))
    guest.stub("timeout", f'case $1 in -k*) shift ;; esac; shift; exec {shutil.which("timeout")} -k 0.2 0.3 "$@"')
    guest.write("etc/fstab", "UUID=1 /data xfs\n")
    for name in sleepers:
        guest.stub(name, "trap '' TERM; sleep 20; sleep 20")
    began = time.monotonic()
    found = guest.facts()
    assert time.monotonic() - began < 20
    lost = {fact for name in sleepers for fact in LOST[name]}
    assert HEALTHY.keys() - found.keys() == lost
    assert {found[f"why.{fact}"] for fact in lost if f"why.{fact}" in found} <= {"out of time", "cannot be read"}
    assert {f"why.{fact}" for name in sleepers for fact in LOST[name][:1]} <= found.keys()


LOST: dict[str, list[str]] = {
    "df": ["full_filesystems", *sorted(FREE | SHARED.keys())],
    "findfs": ["missing_devices"],
    "lsattr": ["immutable_files"],
    "rpm": ["rpm_database", *sorted(FROM_RPM)],
    "systemctl": ["all.services_enabled", "all.services_running"],
    "timedatectl": ["time_synchronised"],
    "yum": ["package_manager_works", "package_sources"],
}


def test_all_limits_of_time_together_are_below_that_of_the_command() -> None:
    """Each limit with its grace; df is asked for three directories, systemctl twice."""
    code = re.sub(r"(?m)^\s*#.*$", "", FACTS.read_text("utf-8"))
    limits = [int(seconds) for seconds in re.findall(r"\blimited (\d+) ", code)]
    assert len(limits) == 14
    assert sum(seconds + 2 for seconds in limits) + 2 * (3 + 2) + (3 + 2) < FACTS_TIMEOUT
