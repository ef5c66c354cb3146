# Copyright (c) 2026 evergreen.os_migration contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The scripts that remedy findings, run for real in a throw-away root with stand-ins for commands.

Whatever the script: to show changes nothing, to apply does what was shown, and to apply again changes nothing.
"""

from __future__ import annotations

import re
import shlex
import shutil
import subprocess
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import pytest
import yaml
from ansible_collections.evergreen.os_migration.plugins.module_utils._core.remedies import REMEDIES
from cloudsim.core.linux_guest import inside
from guest.sent import SHARED, as_given, function

from .guest_root import GuestRoot

ROLE = Path(__file__).resolve().parents[2] / "roles/remediate"
MIRROR = "http://mirror.example/repo"
UNINSTALLER = "http://update.example/uninstall.sh"
TOOLS = [
    *("awk", "bash", "cat", "cp", "find", "grep", "mkdir", "mktemp", "mv", "rm", "sed", "sh", "sort", "timeout", "tr"),
]
Done = subprocess.CompletedProcess[str]


@dataclass(frozen=True)
class Guest(GuestRoot):
    shell: str

    def lacks(self, command: str) -> None:
        (self.root / "bin" / command).unlink()

    def run(self, rule: str, *arguments: str) -> Done:
        text = as_given(ROLE / f"files/{rule}.sh")
        self.write("script", inside(f"set -- {shlex.join(arguments)}\n{text}", self.root))
        environment = {"PATH": f"{self.root}/bin:{self.root}/tools", "ROOT": str(self.root)}
        command = [str(shutil.which(self.shell)), str(self.root / "script")]
        return subprocess.run(command, env=environment, capture_output=True, text=True, timeout=30, check=False)

    def show(self, rule: str, *arguments: str) -> str:
        """What would be done; nothing is."""
        before = self.files()
        done = self.run(rule, "show", *arguments)
        assert done.returncode == 0, done.stderr
        assert self.files() == before
        return done.stdout.replace(str(self.root), "")

    def apply(self, rule: str, *arguments: str) -> str:
        """What was done; a second time there is nothing left to do."""
        done = self.run(rule, "apply", *arguments)
        assert done.returncode == 0, done.stderr
        after = self.files()
        again = self.run(rule, "apply", *arguments)
        assert again.returncode == 0, again.stderr
        assert self.files() == after
        return done.stdout.replace(str(self.root), "")

    def refuses(self, rule: str, *arguments: str) -> str:
        """The last line of a script that changes nothing and fails."""
        before = self.files()
        done = self.run(rule, "apply", *arguments)
        assert done.returncode == 1, done.stdout
        assert self.files() == before
        return done.stderr.replace(str(self.root), "").splitlines()[-1]

    def files(self) -> Mapping[str, str]:
        """The texts of all files but the script and the commands."""
        found = {str(path.relative_to(self.root)): path for path in self.root.rglob("*") if path.is_file()}
        return {
            name: path.read_text("utf-8")
            for name, path in found.items()
            if name != "script" and not name.startswith(("bin/", "tools/", "proc/1/"))
        }


@pytest.fixture(params=["dash", "bash"])
def guest(request: pytest.FixtureRequest, tmp_path: Path) -> Guest:
    """A root with this machine's basic commands, and none of those that know the machine."""
    if not shutil.which(request.param):
        pytest.skip(f"{request.param} is not installed (apt install {request.param})")
    tools = tmp_path / "tools"
    tools.mkdir()
    for name in TOOLS:
        (tools / name).symlink_to(str(shutil.which(name)))
    made = Guest(tmp_path, request.param)
    made.write("proc/1/comm", "systemd\n")
    return made


def test_every_remedy_has_its_script_and_is_offered() -> None:
    options = yaml.safe_load((ROLE / "meta/argument_specs.yml").read_text("utf-8"))["argument_specs"]["main"]["options"]
    names = sorted(remedy.name for remedy in REMEDIES)
    assert names == sorted(options["remediate_rules"]["choices"])
    assert sorted(remedy.file for remedy in REMEDIES) == sorted(path.name for path in (ROLE / "files").iterdir())


# --- 32-bit packages ------------------------------------------------------------------------------------------------

I686 = "linux.i686_packages"
RPM = r"""
case "$*" in
    -qa*) cat "$ROOT/packages" 2>/dev/null ;;
    "-e --allmatches --test "*) [ ! -e "$ROOT/needed" ] ;;
    "-e --allmatches "*)
        shift 2
        for name in "$@"; do
            grep -vxF "$name" "$ROOT/packages" > "$ROOT/left"
            mv "$ROOT/left" "$ROOT/packages"
        done ;;
    *) exit 9 ;;
esac
"""


@pytest.fixture
def mixed(guest: Guest) -> Guest:
    """A guest with packages of both kinds."""
    guest.write("packages", "glibc.i686\nglibc.x86_64\nold.i386\nnot-i686.noarch\n")
    guest.command("rpm", RPM)
    return guest


def test_exactly_the_32_bit_packages_are_removed(mixed: Guest) -> None:
    assert mixed.show(I686) == "would remove glibc.i686\nwould remove old.i386\n"
    assert mixed.apply(I686) == "removed glibc.i686\nremoved old.i386\n"
    assert mixed.files()["packages"] == "glibc.x86_64\nnot-i686.noarch\n"


def test_what_another_package_needs_is_not_removed(mixed: Guest) -> None:
    mixed.write("needed", "(installed) steam.x86_64")
    assert mixed.refuses(I686).startswith("other packages need some of these: nothing was removed")


def test_a_damaged_package_database_is_not_taken_for_nothing_to_do(guest: Guest) -> None:
    guest.command("rpm", "echo 'rpmdb open failed' >&2; exit 1")
    assert guest.refuses(I686) == "rpm cannot read its database"


INSTALLED = ("-qa", "--qf", r"%{NAME}.%{ARCH}\n")


def build(topdir: Path, name: str, architecture: str, relations: str = "") -> None:
    """A real package without files."""
    spec = topdir / f"{name}-{architecture}.spec"
    head = f"Name: {name}\nVersion: 1\nRelease: 1\nSummary: {name}\nLicense: GPL\nAutoReqProv: no\n{relations}"
    spec.write_text(f"{head}\n%description\n{name}\n%files\n", "utf-8")
    command = ["rpmbuild", "-bb", "--target", architecture, "--define", f"_topdir {topdir}", str(spec)]
    subprocess.run(command, check=True, capture_output=True, timeout=60)


@pytest.fixture
def real_rpm(guest: Guest) -> Guest:
    """A guest whose rpm is this machine's, with a database of its own: two 32-bit packages, one of them needed."""
    if not shutil.which("rpmbuild"):
        pytest.skip("rpmbuild is not installed (apt install rpm)")
    topdir = guest.root / "tools/build"
    topdir.mkdir()
    build(topdir, "glibc", "i686")
    build(topdir, "glibc", "x86_64")
    build(topdir, "zlib", "i686", "Provides: libz.so.1")
    build(topdir, "steam", "x86_64", "Requires: libz.so.1")
    guest.command("rpm", f'exec {shutil.which("rpm")} --root "$ROOT/tools/system" --dbpath /var/lib/rpm "$@"')
    (guest.root / "tools/system").mkdir()
    made = sorted(str(path) for path in topdir.rglob("*.rpm"))
    rpm(guest, "-i", "--ignorearch", "--nodeps", *made)
    return guest


def rpm(guest: Guest, *options: str) -> list[str]:
    command = [str(guest.root / "bin/rpm"), *options]
    done = subprocess.run(
        command, env={"ROOT": str(guest.root)}, capture_output=True, text=True, timeout=60, check=True
    )
    return sorted(done.stdout.splitlines())


def test_a_real_rpm_keeps_all_when_a_package_is_needed_and_else_removes_only_those(real_rpm: Guest) -> None:
    installed = ["glibc.i686", "glibc.x86_64", "steam.x86_64", "zlib.i686"]
    assert real_rpm.refuses(I686).startswith("other packages need some of these")
    assert rpm(real_rpm, *INSTALLED) == installed
    rpm(real_rpm, "-e", "steam")
    assert real_rpm.show(I686).endswith("would remove glibc.i686\nwould remove zlib.i686\n")
    assert rpm(real_rpm, *INSTALLED) == installed[:2] + installed[3:]
    real_rpm.apply(I686)
    assert rpm(real_rpm, *INSTALLED) == ["glibc.x86_64"]


# --- Security Center ------------------------------------------------------------------------------------------------

AGENT = "linux.security_center"
UNINSTALL = """#!/bin/bash
rm -rf "$ROOT/usr/local/aegis" "$ROOT/loaded"
"""


@pytest.fixture
def guarded(guest: Guest) -> Guest:
    """A guest with the agent and its kernel module, and a provider that answers."""
    guest.write("usr/local/aegis/aegis_client/version", "12")
    guest.write("loaded", "AliSecGuard 155648 0\n")
    guest.write("tools/uninstall.sh", UNINSTALL)
    guest.command("lsmod", 'echo "ext4 1 0"; [ ! -e "$ROOT/loaded" ] || cat "$ROOT/loaded"')
    guest.command("curl", f'[ "$4" = {UNINSTALLER} ] && cp "$ROOT/tools/uninstall.sh" "$3"')
    return guest


def test_the_agent_is_uninstalled_by_its_providers_script(guarded: Guest) -> None:
    assert guarded.show(AGENT, UNINSTALLER) == f"would uninstall the Security Center agent with {UNINSTALLER}\n"
    assert guarded.apply(AGENT, UNINSTALLER) == "Uninstall Success\n"
    assert not (guarded.root / "usr/local/aegis").exists()


def test_wget_will_do_where_there_is_no_curl(guarded: Guest) -> None:
    guarded.lacks("curl")
    guarded.command("wget", f'[ "$1 $2" = "-q -O" ] && [ "$4" = {UNINSTALLER} ] && cp "$ROOT/tools/uninstall.sh" "$3"')
    assert guarded.apply(AGENT, UNINSTALLER) == "Uninstall Success\n"


@pytest.mark.parametrize(
    ("script", "told"),
    [
        ("#!/bin/bash\nexit 3\n", "Uninstall Failed (exit code 3), AliSecGuard is loaded"),
        ('#!/bin/bash\nrm "$ROOT/loaded"\n', "Uninstall Failed (exit code 0), the agent is there"),
        ("<html>Sign in</html>\n", "is no shell script"),
    ],
)
def test_an_agent_that_stays_is_never_called_gone(guarded: Guest, script: str, told: str) -> None:
    guarded.write("tools/uninstall.sh", script)
    done = guarded.run(AGENT, "apply", UNINSTALLER)
    assert done.returncode == 1
    assert told in done.stderr.splitlines()[-1]


def test_without_the_list_of_modules_there_is_no_proof(guarded: Guest) -> None:
    guarded.lacks("lsmod")
    assert guarded.refuses(AGENT, UNINSTALLER) == "lsmod does not tell which kernel modules are loaded"


# --- repositories ---------------------------------------------------------------------------------------------------

REPOSITORIES = "linux.repositories"
NEW, OLD = "etc/yum.repos.d", "etc/yum.repos.d.before-os-migration"


@pytest.fixture
def centos(guest: Guest) -> Guest:
    """CentOS 7 with a working yum and a mirror that answers."""
    guest.write("etc/redhat-release", "CentOS Linux release 7.9.2009 (Core)\n")
    guest.write(f"{NEW}/CentOS-Base.repo", "old base")
    guest.write(f"{NEW}/epel.repo", "old epel")
    guest.command("yum", 'case "$*" in *update) : > "$ROOT/updated" ;; esac')
    guest.command("curl", f'[ "$1 $2" = "-fsS -o" ] && echo "${{4#{MIRROR}/}}" > "$3"')
    return guest


def test_repositories_are_replaced_and_the_old_ones_kept(centos: Guest) -> None:
    assert centos.show(REPOSITORIES, MIRROR, "false").splitlines() == [
        f"would move /{NEW} to /{OLD}",
        f"would write /{NEW}/CentOS-Base.repo from {MIRROR}",
        f"would write /{NEW}/epel.repo from {MIRROR}",
    ]
    assert centos.apply(REPOSITORIES, MIRROR, "false") == f"switched to {MIRROR}\n"
    assert centos.files() == {
        "etc/redhat-release": "CentOS Linux release 7.9.2009 (Core)\n",
        f"{NEW}/CentOS-Base.repo": "Centos-7.repo\n",
        f"{NEW}/epel.repo": "epel-7.repo\n",
        f"{OLD}/CentOS-Base.repo": "old base",
        f"{OLD}/epel.repo": "old epel",
    }


def test_epel_is_fetched_only_where_it_was(centos: Guest) -> None:
    (centos.root / NEW / "epel.repo").unlink()
    centos.apply(REPOSITORIES, MIRROR, "false")
    assert f"{NEW}/epel.repo" not in centos.files()


def test_centos_8_has_files_of_its_own(centos: Guest) -> None:
    centos.write("etc/redhat-release", "CentOS Linux release 8.5.2111\n")
    centos.apply(REPOSITORIES, MIRROR, "false")
    assert centos.files()[f"{NEW}/CentOS-Base.repo"] == "Centos-8.repo\n"
    assert centos.files()[f"{NEW}/epel.repo"] == "epel-archive-8.repo\n"


def test_packages_are_updated_only_if_asked(centos: Guest) -> None:
    centos.apply(REPOSITORIES, MIRROR, "false")
    assert "updated" not in centos.files()
    assert centos.show(REPOSITORIES, MIRROR, "true").endswith("would update all packages\n")
    assert "restart the guest" in centos.apply(REPOSITORIES, MIRROR, "true")
    assert "updated" in centos.files()


@pytest.mark.parametrize(
    ("command", "told"),
    [("curl", f"cannot fetch {MIRROR}/Centos-7.repo"), ("yum", f"yum cannot use the repositories of {MIRROR}")],
)
def test_when_the_mirror_does_not_work_everything_is_as_before(centos: Guest, command: str, told: str) -> None:
    centos.command(command, "exit 7")
    assert centos.refuses(REPOSITORIES, MIRROR, "true").startswith(told)


def test_other_systems_keep_their_repositories(centos: Guest) -> None:
    centos.write("etc/redhat-release", "Alibaba Cloud Linux release 3 (Soaring Falcon)\n")
    assert centos.refuses(REPOSITORIES, MIRROR, "true").startswith("this is not CentOS 7 or 8")


# --- rsync ----------------------------------------------------------------------------------------------------------

RSYNC = "linux.rsync"
INSTALL = 'printf "#!/bin/sh\\n" > "$ROOT/bin/rsync"; /bin/chmod 755 "$ROOT/bin/rsync"; echo "$0 $*" >> "$ROOT/did"'


@pytest.mark.parametrize(("managers", "used"), [(["yum"], "yum"), (["yum", "dnf"], "dnf")])
def test_rsync_is_installed_once(guest: Guest, managers: list[str], used: str) -> None:
    for manager in managers:
        guest.command(manager, INSTALL)
    assert guest.show(RSYNC) == f"would install rsync with {used}\n"
    assert guest.apply(RSYNC) == "installed rsync\n"
    assert guest.files()["did"].endswith(f"/{used} -q -y install rsync\n")


def test_an_rsync_that_cannot_be_installed_is_an_error(guest: Guest) -> None:
    assert guest.refuses(RSYNC) == "neither dnf nor yum is there: install rsync by hand"
    guest.command("yum", "exit 1")
    assert guest.refuses(RSYNC).startswith("yum could not install rsync")
    guest.command("yum", "exit 0")
    assert guest.refuses(RSYNC) == "yum installed no rsync"


# --- the clock ------------------------------------------------------------------------------------------------------

CLOCK = "linux.time_not_synchronised"
SYSTEMCTL = """
case "$*" in
    "cat ntpd.service") ;;
    "enable ntpd" | "restart ntpd") echo "$*" >> "$ROOT/did" ;;
    *) exit 1 ;;
esac
"""


@pytest.fixture
def drifting(guest: Guest) -> Guest:
    """A guest with ntpd, which takes a while."""
    guest.command("systemctl", SYSTEMCTL)
    guest.command("sleep", 'echo slept >> "$ROOT/did"')
    guest.command("timedatectl", 'grep -qs slept "$ROOT/did" && echo "     NTP synchronized: yes"')
    return guest


def test_the_time_service_that_is_there_is_started_and_waited_for(drifting: Guest) -> None:
    assert drifting.show(CLOCK) == "would enable and restart ntpd\n"
    assert drifting.apply(CLOCK) == "enabled and restarted ntpd: the clock is synchronised\n"
    assert drifting.files()["did"] == "enable ntpd\nrestart ntpd\nslept\n"


def test_a_clock_that_stays_wrong_is_an_error(drifting: Guest) -> None:
    drifting.command("timedatectl", "echo 'System clock synchronized: no'")
    done = drifting.run(CLOCK, "apply")
    assert done.returncode == 1
    assert done.stderr.splitlines()[-1].startswith("ntpd runs, but the clock is not synchronised")


def test_without_a_time_service_nothing_is_started(drifting: Guest) -> None:
    drifting.command("systemctl", "exit 1")
    assert drifting.refuses(CLOCK) == "neither chronyd nor ntpd is installed: install chrony"


# --- fstab ----------------------------------------------------------------------------------------------------------

FSTAB = "linux.fstab_device_names"
TABLE = """# /dev/vda1 is the root
UUID=1111 / ext4 defaults 1 1
/dev/vdb1\t/data\txfs\tdefaults,nofail 0 0
  /dev/vdc none swap sw 0 0
/dev/mapper/vg-home /home xfs defaults 0 0
nas:/export /mnt/with\\040space nfs ro 0 0"""
REWRITTEN = TABLE.replace("/dev/vdb1", "UUID=of-vdb1").replace("  /dev/vdc", "UUID=of-vdc") + "\n"


@pytest.fixture
def mounted(guest: Guest) -> Guest:
    """A guest with a file system and a swap area that are named by device."""
    guest.write("etc/fstab", TABLE)
    guest.write("proc/mounts", "rootfs / rootfs rw 0 0\n/dev/vda1 / ext4 rw 0 0\n/dev/vdb1 /data xfs rw 0 0\n")
    guest.command("blkid", '[ "$1 $2 $3 $4 $5 $6" = "-c /dev/null -s UUID -o value" ] && echo "of-${7#/dev/}"')
    return guest


def test_devices_are_named_by_uuid_and_the_old_table_kept(mounted: Guest) -> None:
    new = "UUID=of-vdb1\t/data\txfs\tdefaults,nofail 0 0\nUUID=of-vdc none swap sw 0 0\n"
    assert mounted.show(FSTAB) == f"would write into /etc/fstab:\n{new}"
    assert mounted.apply(FSTAB).endswith(new)
    assert mounted.files()["etc/fstab"] == REWRITTEN
    assert mounted.files()["etc/fstab.before-os-migration"] == TABLE


def test_the_new_table_has_the_rights_of_the_old_one(mounted: Guest) -> None:
    (mounted.root / "etc/fstab").chmod(0o640)
    mounted.apply(FSTAB)
    assert (mounted.root / "etc/fstab").stat().st_mode & 0o777 == 0o640


def test_a_device_without_uuid_leaves_the_table_alone(mounted: Guest) -> None:
    mounted.command("blkid", "exit 2")
    assert mounted.refuses(FSTAB) == "/dev/vdb1 has no UUID: correct /etc/fstab by hand"


def test_a_table_that_is_wrong_already_is_left_alone(mounted: Guest) -> None:
    mounted.write("proc/mounts", "/dev/vdd1 /data xfs rw 0 0\n")
    assert mounted.refuses(FSTAB).startswith("/data is mounted from /dev/vdd1, not from /dev/vdb1")


# --- leftovers ------------------------------------------------------------------------------------------------------

LEFTOVERS = "linux.leftovers"


@pytest.fixture
def abandoned(guest: Guest) -> Guest:
    """A guest where Leapp has stopped half-way."""
    guest.write("boot/vmlinuz-upgrade.x86_64", "kernel")
    guest.write("boot/vmlinuz-3.10.0", "kernel")
    guest.write("var/lib/leapp/el8userspace/usr/bin/sh", "sh")
    guest.write("var/lib/leapp/leapp.db", "history")
    guest.write("proc/mounts", "/dev/vda1 / ext4 rw 0 0\n")
    guest.write("proc/77/comm", "sshd\n")
    return guest


def test_exactly_the_leftovers_are_removed(abandoned: Guest) -> None:
    paths = ["/boot/vmlinuz-upgrade.x86_64", "/var/lib/leapp/el8userspace"]
    assert abandoned.show(LEFTOVERS) == "".join(f"would remove {path}\n" for path in paths)
    assert abandoned.apply(LEFTOVERS) == "".join(f"removed {path}\n" for path in paths)
    assert sorted(abandoned.files()) == ["boot/vmlinuz-3.10.0", "proc/77/comm", "proc/mounts", "var/lib/leapp/leapp.db"]


def test_the_paths_are_those_of_the_guest_facts() -> None:
    facts = (ROLE.parents[1] / "guest/facts.sh").read_text("utf-8")
    paths = [
        text[text.index("for path in /boot/vmlinuz-upgrade") :].split("; do")[0]
        for text in (facts, (ROLE / f"files/{LEFTOVERS}.sh").read_text("utf-8"))
    ]
    assert paths[0] == paths[1]


@pytest.mark.parametrize(
    ("name", "text", "told"),
    [
        ("proc/77/comm", "leapp\n", "nothing was changed: wait until these have ended: leapp"),
        ("boot/grub2/grub.cfg", "linux16 /boot/vmlinuz-upgrade.x86_64 ro\n", "a boot entry starts the upgrade"),
        ("boot/loader/entries/up.conf", "linux /vmlinuz-upgrade.x86_64\n", "a boot entry starts the upgrade"),
        (
            "proc/mounts",
            "none /var/lib/leapp/el8userspace/proc proc rw 0 0\n",
            "something is mounted in /var/lib",
        ),
    ],
)
def test_what_is_still_in_use_is_not_removed(abandoned: Guest, name: str, text: str, told: str) -> None:
    abandoned.write(name, text.replace(" /var", f" {abandoned.root}/var"))
    assert abandoned.refuses(LEFTOVERS).startswith(told)


@pytest.mark.parametrize(
    ("rule", "told"), [(I686, "no i386 or i686 package is installed"), (LEFTOVERS, "no leftovers"), (FSTAB, "names no")]
)
def test_where_there_is_nothing_to_remedy_nothing_happens(guest: Guest, rule: str, told: str) -> None:
    guest.command("rpm", RPM)
    guest.write("packages", "glibc.x86_64\n")
    guest.write("etc/fstab", "UUID=1 / ext4 defaults 1 1\n")
    assert told in guest.apply(rule)


# --- nothing follows what still runs, and nothing leaves its place --------------------------------------------------


@pytest.mark.parametrize("manager", ["yum", "dnf", "rpm"])
@pytest.mark.parametrize("rule", [I686, REPOSITORIES, RSYNC, LEFTOVERS, AGENT])
def test_nothing_is_written_while_a_package_manager_runs(guest: Guest, rule: str, manager: str) -> None:
    guest.write("packages", "old.i386\n")
    guest.write(f"{NEW}/base.repo", "[base]")
    guest.write("boot/vmlinuz-upgrade.x86_64", "kernel")
    guest.write("usr/local/aegis/aegis_client/version", "12")
    guest.write("proc/mounts", "/dev/vda1 / ext4 rw 0 0\n")
    for name, body in {"rpm": RPM, "lsmod": "exit 0", "yum": "exit 0", "curl": "exit 1"}.items():
        guest.command(name, body)
    guest.write("proc/77/comm", f"{manager}\n")
    assert guest.refuses(rule, MIRROR, "false") == f"nothing was changed: wait until these have ended: {manager}"
    shutil.rmtree(guest.root / "proc/77")
    shutil.rmtree(guest.root / "proc/1")
    assert guest.refuses(rule, MIRROR, "false") == "nothing was changed: /proc does not tell which programs run"


def outside(guest: Guest) -> Path:
    """A directory of somebody else's, with something in it."""
    guest.write("home/user/precious", "kept")
    return guest.root / "home/user"


@pytest.mark.parametrize("name", ["var/lib/leapp", "boot"])
def test_leftovers_are_not_removed_through_a_link(abandoned: Guest, name: str) -> None:
    place = abandoned.root / name
    shutil.move(place, outside(abandoned) / "moved")
    place.symlink_to(abandoned.root / "home/user/moved")
    assert abandoned.refuses(LEFTOVERS).endswith("is a link: nothing was removed")


def test_without_the_list_of_mounts_nothing_is_removed(abandoned: Guest) -> None:
    (abandoned.root / "proc/mounts").unlink()
    assert abandoned.refuses(LEFTOVERS) == "nothing was removed: /proc/mounts cannot be read"


def test_a_leftover_that_is_a_link_goes_alone(abandoned: Guest) -> None:
    (abandoned.root / "var/lib/leapp/scratch").symlink_to(outside(abandoned))
    assert "removed /var/lib/leapp/scratch\n" in abandoned.apply(LEFTOVERS)
    assert abandoned.files()["home/user/precious"] == "kept"


@pytest.mark.parametrize("name", ["etc/fstab", "etc/fstab.before-os-migration"])
def test_a_table_that_is_a_link_is_left_alone(mounted: Guest, name: str) -> None:
    target = outside(mounted) / "precious"
    (mounted.root / name).unlink(missing_ok=True)
    if name == "etc/fstab":
        mounted.write("home/user/precious", TABLE)
    (mounted.root / name).symlink_to(target)
    assert "is a link: correct /etc/fstab by hand" in mounted.refuses(FSTAB)


def test_a_file_that_waits_beside_the_table_is_not_written_through(mounted: Guest) -> None:
    (mounted.root / "etc/fstab.new").symlink_to(outside(mounted) / "precious")
    mounted.apply(FSTAB)
    assert mounted.files()["home/user/precious"] == "kept"


def test_repositories_that_are_a_link_are_left_alone(centos: Guest) -> None:
    place = centos.root / NEW
    shutil.move(place, outside(centos) / "repositories")
    place.symlink_to(centos.root / "home/user/repositories")
    assert centos.refuses(REPOSITORIES, MIRROR, "false").startswith(f"/{NEW} is a link")


def test_no_script_has_a_predictable_name_where_everybody_may_write() -> None:
    """Directories of one's own come from mktemp."""
    for script in [*ROLE.glob("files/*.sh"), *ROLE.parent.glob("sequence/files/*.sh")]:
        assert not re.search(r"/(?:var/)?tmp/", script.read_text("utf-8")), script


WRITING = [*ROLE.glob("files/*.sh"), ROLE.parent / "sequence/files/stop_services.sh"]
#: What may stand still, or is asked over the network: it is started with a limit, wherever it is started.
HANGING = "blkid|curl|dnf|lsmod|rpm|systemctl|timedatectl|wget|yum"


def test_what_scripts_share_is_the_same_in_each() -> None:
    for name in SHARED:
        assert len({function(as_given(path), name) for path in WRITING}) == 1, name
    managers = re.search(r"grep -xE '(.*)'", function(as_given(WRITING[0]), "idle"))
    assert managers
    assert managers[0] in (ROLE.parents[1] / "guest/facts.sh").read_text("utf-8")


def test_every_script_that_changes_a_guest_asks_first_whether_a_package_manager_runs() -> None:
    for path in WRITING:
        text = path.read_text("utf-8")
        assert re.search(r"(?m)^(if .* then )?idle\b", text), path


def test_what_a_script_starts_has_a_limit_inside_the_guest() -> None:
    for path in [*WRITING, ROLE.parent / "sequence/files/start_services.sh"]:
        code = re.sub(r"(?m)^\s*#.*$|'[^']*'|(?:echo|fail|for) .*|command -v \S+", "", as_given(path))
        started = re.finditer(rf"(\S+ \S+ )?(?<![\w./$\"=-])\b(?:{HANGING})\b", code)
        assert [found[0] for found in started if not re.match(r"\S*limited \d+ ", found[0])] == [], path


@pytest.mark.parametrize("manager", ["yum", "yum-cron", "dnf-automatic", "rpm", "leapp", "convert2rhel"])
def test_the_time_service_and_the_table_wait_for_package_managers_too(mounted: Guest, manager: str) -> None:
    mounted.write("proc/1/comm", f"systemd\n{manager}\n")
    assert mounted.refuses(FSTAB) == f"nothing was changed: wait until these have ended: {manager}"
