# Copyright (c) 2026 evergreen.os_migration contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The script that frees space on Windows, run by a real PowerShell on real directories, with links in every place.

What Windows adds cannot be seen here: that a directory in which a file is open is neither renamed nor made a junction.
The script also looks before each deletion, and that is what these tests see.
"""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path

import pytest
from guest.sent import as_given
from guest.windows import MISSING, Answer, Case, find, may, run, server

pytestmark = [pytest.mark.skipif(not find(), reason=MISSING), pytest.mark.xdist_group("powershell")]

SCRIPT = as_given(Path(__file__).resolve().parents[2] / "roles/remediate/files/windows.space.ps1")
TEMP, DOWNLOADS = "Windows/Temp", "Windows/SoftwareDistribution/Download"
OLD = [f"{TEMP}/old", f"{TEMP}/sub/deep/old", f"{TEMP}/br[1]/a*?", f"{DOWNLOADS}/x/old"]
NEW = [f"{TEMP}/new", f"{TEMP}/sub/deep/new"]
OUTSIDE = ["outside/old", "outside/deep/old"]
#: As Windows PowerShell lists a directory behind a link, and then somebody puts a link in the directory's place.
FOLLOWING = """
function Get-ChildItem { param($LiteralPath, [switch]$Force)
    $items = @(Microsoft.PowerShell.Management\\Get-ChildItem -LiteralPath $LiteralPath -Force -FollowSymlink)
    if ($LiteralPath -like '*SWAPPED') {
        [System.IO.Directory]::Move($LiteralPath, "$LiteralPath.away")
        $null = Microsoft.PowerShell.Management\\New-Item -ItemType SymbolicLink -Path $LiteralPath -Target 'OUTSIDE'
    }
    $items
}
"""


def grow(base: Path) -> Path:
    for name in [*OLD, *NEW, *OUTSIDE]:
        path = base / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(b"x" * 600_000)
        if not name.endswith("new"):
            os.utime(path, (1, 1))
    return base


def free(base: Path, mode: str, before: str = "", components: str = "false", **more: object) -> Case:
    world = server() | {"root": str(base / "Windows"), "now": "2030-01-01T00:00:00"}
    for name in NEW:
        os.utime(base / name, (1_893_456_000, 1_893_456_000))
    if before:
        more["gone"] = ["Get-Nothing"]  # what is put before the script is for no other case
    return Case([f"{before}\n$arguments = @('{mode}', '{components}')\n{SCRIPT}"], world, **more)  # type: ignore[arg-type]


def files(base: Path) -> set[str]:
    return {str(path.relative_to(base)) for path in base.rglob("*") if path.is_file() and not path.is_symlink()}


Prepare = Callable[[Path], object]
LINKS: dict[str, Prepare] = {
    "a link to a directory": lambda base: (base / TEMP / "link").symlink_to(base / "outside"),
    "a link deep below": lambda base: (base / TEMP / "sub/deep/link").symlink_to(base / "outside"),
    "a link to a file": lambda base: (base / TEMP / "link").symlink_to(base / "outside/old"),
    "a link among the downloads": lambda base: (base / DOWNLOADS / "link").symlink_to(base / "outside"),
    "a link to itself": lambda base: (base / TEMP / "link").symlink_to(base / TEMP),
}


@pytest.fixture(scope="module")
def told(tmp_path_factory: pytest.TempPathFactory) -> dict[str, tuple[Path, Answer]]:
    """What was said, and the directories after it: all in one process."""
    cases: dict[str, tuple[Path, Case]] = {}
    for name, prepare in LINKS.items():
        base = grow(tmp_path_factory.mktemp("guest"))
        prepare(base)
        cases[name] = (base, free(base, "apply", FOLLOWING.replace("SWAPPED", "\0")))
    for swapped in ("sub", "deep"):
        base = grow(tmp_path_factory.mktemp("guest"))
        text = FOLLOWING.replace("SWAPPED", swapped).replace("OUTSIDE", str(base / "outside"))
        cases[f"swapped {swapped}"] = (base, free(base, "apply", text))
    for mode in ("show", "apply"):
        base = grow(tmp_path_factory.mktemp("guest"))
        cases[mode] = (base, free(base, mode, components="true"))
    base = grow(tmp_path_factory.mktemp("guest"))
    cases["constrained"] = (base, free(base, "apply", components="true", constrained=True))
    base = grow(tmp_path_factory.mktemp("guest"))
    cases["hanging"] = (base, free(base, "apply", components="true", hanging=[f"{base}/Windows\\System32\\Dism.exe"]))
    base = grow(tmp_path_factory.mktemp("guest"))
    cases["installer"] = (base, free(base, "apply", components="true"))
    cases["installer"][1].world["wmi"]["Win32_Process"].append({"Name": "Dism.exe"})
    base = grow(tmp_path_factory.mktemp("guest"))
    os.rename(base / TEMP, base / "elsewhere")
    (base / TEMP).symlink_to(base / "elsewhere")
    world_free = server() | {"root": str(base / "Windows"), "now": "2030-01-01T00:00:00"}
    cases["root"] = (base, Case([f"$arguments = @('apply', 'false')\n{SCRIPT}"], world_free))
    answers = run([case for _base, case in cases.values()], timeout=200)
    return {name: (base, answer) for (name, (base, _case)), answer in zip(cases.items(), answers, strict=True)}


@pytest.mark.parametrize("name", LINKS)
def test_no_link_is_walked_through_and_everything_else_is_deleted(
    told: dict[str, tuple[Path, Answer]], name: str
) -> None:
    base, answer = told[name]
    assert answer.steps[0].trouble == ""
    assert files(base) == {*NEW, *OUTSIDE}


@pytest.mark.parametrize("swapped", ["sub", "deep"])
def test_nothing_is_deleted_behind_a_link_that_is_put_there_after_the_look(
    told: dict[str, tuple[Path, Answer]], swapped: str
) -> None:
    base, answer = told[f"swapped {swapped}"]
    assert answer.steps[0].trouble == ""
    assert {name for name in files(base) if name.startswith("outside")} == set(OUTSIDE)
    assert any("deep" in name and name.endswith("/old") for name in files(base) - set(OUTSIDE))


def test_to_show_changes_nothing(told: dict[str, tuple[Path, Answer]]) -> None:
    base, answer = told["show"]
    assert files(base) == {*OLD, *NEW, *OUTSIDE}
    assert answer.steps[0].output[0].startswith("would delete 3 files of 1 MiB, 0 links")
    assert not [call for call in answer.calls if call.startswith(("start", "write", "remove"))]


def test_to_apply_deletes_what_is_old_and_leaves_nothing_of_its_own(told: dict[str, tuple[Path, Answer]]) -> None:
    base, answer = told["apply"]
    assert files(base) == {*NEW, *OUTSIDE}
    output = answer.steps[0].output
    assert output[0].startswith("deleted 3 of 3 files of 1 MiB, 0 of them are in use and stay, 0 links")
    assert output[2].startswith("Dism /Cleanup-Image /SPSuperseded ended with 3010 (3010: restart")
    assert output[3] == "40960 MiB are free on C: now"
    assert answer.steps[0].status == 0
    calls = {call.replace(f"{base}/Windows", r"C:\Windows") for call in answer.calls if not call.startswith("file ")}
    calls -= {"processes"}
    assert calls | {r"stop C:\Windows\System32\Dism.exe"} == may("roles/remediate/files/windows.space.ps1")


def test_where_the_language_is_constrained_nothing_is_deleted_and_that_is_told(
    told: dict[str, tuple[Path, Answer]],
) -> None:
    base, answer = told["constrained"]
    assert files(base) == {*OLD, *NEW, *OUTSIDE}
    assert answer.steps[0].output[0].startswith("a policy constrains the language")
    assert answer.steps[0].status == 1


def test_a_program_that_hangs_is_ended(told: dict[str, tuple[Path, Answer]]) -> None:
    _base, answer = told["hanging"]
    assert "Dism did not end within 3000 seconds and was stopped" in answer.steps[0].output
    assert answer.steps[0].status == 1


def test_a_directory_of_windows_that_leads_elsewhere_is_left_alone(told: dict[str, tuple[Path, Answer]]) -> None:
    base, answer = told["root"]
    assert answer.steps[0].output[0].endswith("leads elsewhere: left alone")
    assert "elsewhere/old" in files(base)


def test_nothing_is_deleted_while_an_installer_runs(told: dict[str, tuple[Path, Answer]]) -> None:
    base, answer = told["installer"]
    assert files(base) == {*OLD, *NEW, *OUTSIDE}
    assert answer.steps[0].output == ["nothing was changed: wait until these have ended: Dism"]
    assert answer.steps[0].status == 1
