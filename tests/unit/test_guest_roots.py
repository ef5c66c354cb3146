# Copyright (c) 2026 evergreen.os_migration contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The facts script as it is, in a root with a real RPM database that holds packages of several architectures."""

from __future__ import annotations

import hashlib
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from guest.roots import ELF, Package, Root, why_not

FACTS = (Path(__file__).resolve().parents[2] / "guest/facts.sh").read_text("utf-8")
SHELLS = {"dash": ["dash"], "bash": ["bash", "--posix"], "busybox": ["busybox", "sh"]}
PACKAGES = [
    Package("glibc", "2.17", "326.el7"),
    Package("kernel", "3.10.0", "957.el7"),
    Package("legacyapp", "4.2", "1", "i686", files=(("/opt/legacy/bin/legacyapp", ELF),)),
    Package("zlib", "1.2.7", "21.el7", "i686"),
    Package("mysql-community-server", "8.0.36", "1.el7"),
    Package("tzdata", "2024a", "1.el7", "noarch"),
    *(Package(f"package{n}") for n in range(40)),
]
FROM_RPM = {
    *("i686_count", "duplicate_packages", "mysql", "kernel_package", "kernel_newest", "reboot_required"),
    *("local_programs", "local_program_names"),
}
# Below this, SQLite keeps what tells one of its files; a damage there is not a database any more.
PAGE = 4096

pytestmark = pytest.mark.skipif(bool(why_not()), reason=why_not())


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Root:
    base = tmp_path_factory.mktemp("made")
    root = Root.make(base / "root")
    root.install(PACKAGES, base)
    root.write("etc/os-release", 'ID="centos"\nVERSION_ID="7"\n')
    root.write("proc/stat", "btime 1700000000\n")
    root.write("usr-local/lib/libhome-made.so", "\x7fELF")
    return root


@pytest.fixture
def root(made: Root, tmp_path: Path) -> Root:
    """A copy of one's own, to be damaged."""
    return made.copy(tmp_path / "root")


@pytest.fixture(params=SHELLS)
def shell(request: pytest.FixtureRequest) -> list[str]:
    if not shutil.which(SHELLS[request.param][0]):
        pytest.skip(f"{request.param} is not installed (apt install {request.param})")
    return SHELLS[request.param]


def facts(root: Root, *shell: str) -> dict[str, str]:
    done = root.run(*(shell or ("sh",)), text=FACTS)
    assert (done.returncode, done.stderr) == (0, "")
    first, *lines, count, last = done.stdout.splitlines()
    counted = f"osm-facts lines {len(lines)} {sum(map(len, lines))}"
    assert (first, count, last) == ("osm-facts 1", counted, "osm-facts end")
    return dict(line.split("=", 1) for line in lines)


def database(root: Root) -> Path:
    [found] = [path for path in (root.path / "var/lib/rpm").iterdir() if path.name in ("rpmdb.sqlite", "Packages")]
    return found


def tree(root: Root) -> dict[str, str]:
    """What every file of the root holds; but not what SQLite keeps beside its database while it reads."""
    return {
        str(path): hashlib.sha256(path.read_bytes()).hexdigest()
        for path in sorted(root.path.rglob("*"))
        if path.is_file() and not path.is_symlink() and not path.name.endswith(("-shm", "-wal"))
    }


def test_the_database_is_read(root: Root, shell: list[str]) -> None:
    found = facts(root, *shell)
    assert {key: found[key] for key in ("rpm_database", *sorted(FROM_RPM), "i686_packages")} == {
        "rpm_database": "sound",
        "i686_count": "2",
        "i686_packages": "legacyapp.i686 zlib.i686",
        "duplicate_packages": "none",
        "kernel_package": "none",
        "kernel_newest": "3.10.0-957.el7.x86_64",
        "local_programs": "1",
        "local_program_names": "/usr/local/lib/libhome-made.so",
        "mysql": "mysql 8.0.36",
        "reboot_required": "yes",
    }


def damage_pages(path: Path) -> None:
    content = path.read_bytes()
    path.write_bytes(content[:PAGE] + b"\xff" * (len(content) - PAGE))


@pytest.mark.parametrize(
    "damage",
    [
        damage_pages,
        lambda path: path.write_bytes(b"not a database at all" * 1000),
        lambda path: path.write_bytes(path.read_bytes()[:PAGE]),
        lambda path: path.write_bytes(b""),
        lambda path: path.unlink(),
    ],
    ids=["pages", "rubbish", "truncated", "empty", "gone"],
)
def test_a_damaged_database_is_not_taken_for_one_without_packages(root: Root, damage: Callable[[Path], Any]) -> None:
    damage(database(root))
    found = facts(root)
    assert found["rpm_database"] == "damaged"
    assert not FROM_RPM & found.keys()


def test_nothing_in_the_root_changes(root: Root, shell: list[str]) -> None:
    before = tree(root)
    facts(root, *shell)
    assert tree(root) == before


def test_no_database_is_made_where_there_is_none(root: Root) -> None:
    shutil.rmtree(root.path / "var/lib/rpm")
    before = tree(root)
    facts(root)
    assert tree(root) == before
