# Copyright (c) 2026 evergreen.os_migration contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Roots with a real RPM database, which scripts see as / by chroot.

The root has this machine's /usr, read-only, and its own /boot, /etc, /opt, /proc, /sys, /usr/local and /var.
"""

from __future__ import annotations

import os
import shutil
import subprocess
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

ELF = "\\177ELF"
_NEEDED = {"rpm": "rpm", "rpmbuild": "rpm", "unshare": "util-linux", "chroot": "coreutils", "mount": "mount"}
_DIRECTORIES = "boot dev etc/alternatives opt proc root sys usr usr-local var/lib/rpm var/tmp"
_LINKS = ("bin", "lib", "lib32", "lib64", "libx32", "sbin")
_ENTER = """
set -e
root=$1
shift
mount --bind /usr "$root/usr"
mount --bind "$root/usr-local" "$root/usr/local"
mount -o remount,bind,ro "$root/usr" 2>/dev/null || true
mount --bind /dev/null "$root/dev/null"
exec env -i PATH=/usr/bin:/usr/sbin HOME=/root chroot "$root" "$@"
"""


@dataclass(frozen=True)
class Package:
    """A package, and the files that it owns: paths, and what printf makes their content of."""

    name: str
    version: str = "1.0"
    release: str = "1.el7"
    arch: str = "x86_64"
    files: tuple[tuple[str, str], ...] = ()


def _unshare() -> list[str]:
    return ["unshare", "--mount", *([] if os.geteuid() == 0 else ["--map-root-user"])]


def why_not() -> str:
    """Why no root can be made on this machine; empty when one can."""
    for command, package in _NEEDED.items():
        if not shutil.which(command):
            return f"{command} is missing: apt install {package}"
    tried = subprocess.run([*_unshare(), "true"], capture_output=True, text=True, check=False)
    return f"no mount namespace here: {tried.stderr.strip()}" if tried.returncode else ""


@dataclass(frozen=True)
class Root:
    """One root; `run` runs a command in it."""

    path: Path

    @classmethod
    def make(cls, path: Path) -> Root:
        for name in _DIRECTORIES.split():
            (path / name).mkdir(parents=True)
        for name in _LINKS:
            (path / name).symlink_to(f"usr/{name}")
        (path / "dev/null").touch()
        root = cls(path)
        # Debian's rpm keeps its database at home, and its awk is a link into /etc.
        root.write("etc/rpm/macros", "%_dbpath /var/lib/rpm\n")
        (path / "etc/alternatives/awk").symlink_to(Path(str(shutil.which("awk"))).resolve())
        return root

    def copy(self, path: Path) -> Root:
        return Root(Path(shutil.copytree(self.path, path, symlinks=True)))

    def write(self, name: str, text: str) -> None:
        path = self.path / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, "utf-8")

    def run(self, *command: str, text: str = "") -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            [*_unshare(), "sh", "-c", _ENTER, "sh", str(self.path), *command],
            input=text,
            capture_output=True,
            text=True,
            timeout=120,
            check=False,
        )

    def install(self, packages: Iterable[Package], scratch: Path) -> None:
        built = _build(list(packages), scratch)
        target = self.path / "var/tmp/packages"
        target.mkdir(parents=True)
        for package in built:
            shutil.copy(package, target)
        options = ["--nodeps", "--ignorearch", "--nosignature", "--nodigest"]
        done = self.run("sh", "-c", f"rpm -i {' '.join(options)} /var/tmp/packages/*.rpm")
        assert done.returncode == 0, done.stderr
        shutil.rmtree(target)


def _build(packages: list[Package], scratch: Path) -> list[Path]:
    """All packages of an architecture come from one source package."""
    for arch in sorted({package.arch for package in packages}):
        spec = scratch / f"{arch}.spec"
        spec.write_text(_spec([package for package in packages if package.arch == arch]), "utf-8")
        subprocess.run(
            ["rpmbuild", "-bb", "--quiet", "--target", arch, "--define", f"_topdir {scratch}", str(spec)],
            env={"PATH": os.environ["PATH"], "HOME": str(scratch)},
            capture_output=True,
            timeout=120,
            check=True,
        )
    return sorted(scratch.glob("RPMS/*/*.rpm"))


def _spec(packages: list[Package]) -> str:
    files = [(name, text) for package in packages for name, text in package.files]
    made = "".join(
        f"mkdir -p %{{buildroot}}{os.path.dirname(name)}\n"
        f"printf '{text}' > %{{buildroot}}{name}\nchmod 755 %{{buildroot}}{name}\n"
        for name, text in files
    )
    head = "Name: tests\nVersion: 1\nRelease: 1\nSummary: tests\nLicense: GPLv3+\n%description\ntests\n"
    quick = "%global debug_package %{nil}\n%global __os_install_post %{nil}\n%global _build_id_links none\n"
    plain = "%global __requires_exclude .*\n%global __provides_exclude .*\nAutoReqProv: no\n"
    return (
        f"{quick}{head.replace('%description', plain + '%description')}{''.join(map(_part, packages))}%install\n{made}"
    )


def _part(package: Package) -> str:
    listed = "".join(f"{name}\n" for name, _text in package.files)
    return (
        f"%package -n {package.name}\nVersion: {package.version}\nRelease: {package.release}\nSummary: a package\n"
        f"AutoReqProv: no\n%description -n {package.name}\na package\n%files -n {package.name}\n{listed}"
    )
